/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a dry run, line by line: "adding user 'anna@ldap'". Versions of Proxmox differ in their words,
 * so a line counts by its first word's beginning and by whether it names a user or a group.
 */
#include <ctype.h>
#include <stddef.h>
#include <strings.h>

#include "realm_sync.h"

#define ODD_MOST 20u

static const struct verb {
    const char *begins;
    size_t users, groups; /* where it belongs */
} verbs[] = {
#define LISTS(what) offsetof(struct sync_result, users_##what), offsetof(struct sync_result, groups_##what)
    {"add", LISTS(added)},        {"creat", LISTS(added)},   {"updat", LISTS(changed)},
    {"overwrit", LISTS(changed)}, {"remov", LISTS(removed)}, {"delet", LISTS(removed)},
    {"purg", LISTS(purged)},
};

static struct json_object **list_at(struct sync_result *result, size_t offset)
{
    return (struct json_object **)((char *)result + offset);
}

static void *all_lists(struct sync_result *result, size_t i)
{
    struct json_object **lists[] = {&result->users_added,
                                    &result->users_changed,
                                    &result->users_removed,
                                    &result->users_purged,
                                    &result->groups_added,
                                    &result->groups_changed,
                                    &result->groups_removed,
                                    &result->groups_purged,
                                    &result->odd,
                                    &result->log};
    return i < sizeof(lists) / sizeof(lists[0]) ? lists[i] : NULL;
}

int32_t sync_result_new(struct sync_result *ret)
{
    struct json_object **list;
    *ret = (struct sync_result){0};
    for (size_t i = 0; (list = all_lists(ret, i)); i++) {
        if (!(*list = json_object_new_array())) {
            sync_result_done(ret);
            return PROXIMO_ENOMEM;
        }
    }
    return PROXIMO_OK;
}

void sync_result_done(struct sync_result *result)
{
    struct json_object **list;
    for (size_t i = 0; (list = all_lists(result, i)); i++) {
        json_object_put(*list);
        *list = NULL;
    }
}

/* What stands between the quotes behind the word; NULL: it is not there. */
static const char *quoted(const char *line, const char *word, size_t *ret_len)
{
    const char *at = strstr(line, word);
    const char *end = at ? strchr(at + strlen(word), '\'') : NULL;
    if (!end || end == at + strlen(word))
        return NULL;
    *ret_len = (size_t)(end - at) - strlen(word);
    return at + strlen(word);
}

static bool has_id(struct json_object *list, const char *id, size_t len)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *other = json_object_get_string(json_object_array_get_idx(list, i));
        if (strlen(other) == len && memcmp(other, id, len) == 0)
            return true;
    }
    return false;
}

void sync_take_line(struct sync_result *result, const char *line)
{
    size_t len = 0;
    while (isspace((unsigned char)*line))
        line++;
    const char *user = quoted(line, "user '", &len);
    const char *id = user ? user : quoted(line, "group '", &len);
    json_object_array_add(result->log, json_object_new_string(line));
    if (!id)
        return;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strncasecmp(line, verbs[i].begins, strlen(verbs[i].begins)) != 0)
            continue;
        struct json_object *list = *list_at(result, user ? verbs[i].users : verbs[i].groups);
        if (!has_id(list, id, len))
            json_object_array_add(list, json_object_new_string_len(id, (int)len));
        return;
    }
    if (json_object_array_length(result->odd) < ODD_MOST)
        json_object_array_add(result->odd, json_object_new_string(line));
}
