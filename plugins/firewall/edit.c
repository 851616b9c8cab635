/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a firewall, applied to the input of a model. */
#include "edit.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "../rows.h"
#include "edit_parts.h"

enum fw_edit_scope fw_edit_scope(const char *word)
{
    static const char *const words[] = {"cluster", "node", "guest", "vnet", "group"};
    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0)
            return (enum fw_edit_scope)i;
    }
    return EDIT_SCOPES;
}

static const struct part {
    const char *name;
    json_type type;
    int (*apply)(struct edit *edit, struct json_object **part);
} parts[] = {
    {"rules", json_type_array, edit_rules},     {"options", json_type_object, edit_options},
    {"aliases", json_type_array, edit_aliases}, {"ipset", json_type_object, edit_ipset},
    {"groups", json_type_object, edit_groups},
};

/* The object that holds the part, copied along the way down, so that `input` stays as it is. NULL: it is not
 * there, or no memory. */
static struct json_object *step_down(struct json_object *parent, const char *key)
{
    struct json_object *child = member_of(parent, key), *copy = NULL;
    if (!json_object_is_type(child, json_type_object))
        return NULL;
    copy = json_object_new_object();
    if (!copy)
        return NULL;
    json_object_object_foreach(child, name, value)
    {
        if (json_object_object_add(copy, name, json_object_get(value)) < 0) {
            json_object_put(copy);
            return NULL;
        }
    }
    if (json_object_object_add(parent, key, copy) == 0)
        return copy;
    json_object_put(copy);
    return NULL;
}

static struct json_object *holder_of(struct json_object *after, const struct fw_edit_place *place)
{
    switch (place->scope) {
    case EDIT_CLUSTER: return step_down(after, "cluster");
    case EDIT_NODE: return step_down(after, "host");
    case EDIT_GUEST: return step_down(step_down(after, "guests"), place->name);
    case EDIT_VNET: return step_down(step_down(after, "vnets"), place->name);
    case EDIT_GROUP: return step_down(step_down(after, "cluster"), "groups");
    case EDIT_SCOPES: break;
    }
    return NULL;
}

static int apply_one(struct edit *edit, struct json_object *after, const struct fw_edit_place *place)
{
    const char *word = member_text(edit->json, "part");
    const struct part *part = NULL;
    edit->op = member_text(edit->json, "op");
    edit->name = member_text(edit->json, "name");
    edit->value = member_of(edit->json, "value");
    for (size_t i = 0; word && i < sizeof(parts) / sizeof(parts[0]); i++)
        part = strcmp(parts[i].name, word) == 0 ? &parts[i] : part;
    if (!part || !edit->op)
        return edit_wrong(edit, "an edit needs \"part\" (rules, options, aliases, ipset, groups) and \"op\"");
    if (place->scope == EDIT_GROUP && part->apply != edit_rules)
        return edit_wrong(edit, "a security group has rules only");
    if (part->apply == edit_groups && place->scope != EDIT_CLUSTER)
        return edit_wrong(edit, "security groups are the datacenter's");
    const char *key = place->scope == EDIT_GROUP ? place->name : part->name;
    struct json_object *holder = holder_of(after, place);
    struct json_object *old = holder && key ? member_of(holder, key) : NULL, *copy = NULL;
    if (!json_object_is_type(old, part->type))
        return -ENODATA;
    if (json_object_deep_copy(old, &copy, NULL) < 0)
        return -ENOMEM;
    const int r = part->apply(edit, &copy);
    if (r == 0 && json_object_object_add(holder, key, copy) == 0)
        return 0;
    json_object_put(copy);
    return r ? r : -ENOMEM;
}

/* ---- errors that a change of names may cause or cure */

static bool about_names(struct json_object *errors)
{
    if (!json_object_is_type(errors, json_type_object))
        return false;
    json_object_object_foreach(errors, key, value)
    {
        (void)value;
        if (strcmp(key, "source") != 0 && strcmp(key, "dest") != 0)
            return false;
    }
    return true;
}

/* A copy of the list without such errors, or the list itself once more. */
static struct json_object *forget_errors(struct json_object *list)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= about_names(member_of(json_object_array_get_idx(list, i), "errors"));
    struct json_object *copy = NULL;
    if (!any || json_object_deep_copy(list, &copy, NULL) < 0)
        return json_object_get(list);
    for (size_t i = 0; i < count; i++) {
        struct json_object *rule = json_object_array_get_idx(copy, i);
        if (about_names(member_of(rule, "errors")))
            json_object_object_del(rule, "errors");
    }
    return copy;
}

static int forget_in(struct json_object *holder, const char *key)
{
    struct json_object *list = member_of(holder, key);
    return !list || json_object_object_add(holder, key, forget_errors(list)) == 0 ? 0 : -ENOMEM;
}

/* Each member of parent[key], or with `rules` the rules in each of them. */
static int forget_each(struct json_object *parent, const char *key, bool rules)
{
    struct json_object *all = step_down(parent, key);
    int r = 0;
    if (!all)
        return 0;
    json_object_object_foreach(all, name, value)
    {
        (void)value;
        if (r == 0)
            r = rules ? forget_in(step_down(all, name), "rules") : forget_in(all, name);
    }
    return r;
}

static int forget_all(struct json_object *after)
{
    struct json_object *cluster = step_down(after, "cluster"), *host = step_down(after, "host");
    int r = forget_in(cluster, "rules");
    r = r ? r : forget_each(cluster, "groups", false);
    r = r ? r : forget_in(host, "rules");
    return r ? r : forget_each(after, "guests", true);
}

/* ---- all of it */

int fw_edit_apply(struct json_object *input, const struct fw_edit_place *place, struct json_object *edits,
                  struct json_object **ret_after, const char **ret_words)
{
    struct json_object *top = json_object_new_object(), *after = NULL;
    const size_t count = json_object_is_type(edits, json_type_array) ? json_object_array_length(edits) : 0;
    bool names = false;
    int r = top && json_object_object_add(top, "top", json_object_get(input)) == 0 ? 0 : -ENOMEM;
    *ret_words = NULL;
    after = r ? NULL : step_down(top, "top");
    if (count == 0 || count > FW_EDITS_MOST) {
        *ret_words = "edits are an array of 1 to 256 objects";
        r = -EINVAL;
    } else if (r == 0 && !after) {
        r = -ENOMEM;
    }
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct edit edit = {.json = json_object_array_get_idx(edits, i)};
        r = apply_one(&edit, after, place);
        *ret_words = edit.words;
        names |= member_is(edit.json, "part", "aliases") || member_is(edit.json, "part", "ipset");
    }
    if (r == 0 && names)
        r = forget_all(after);
    if (r == 0)
        *ret_after = json_object_get(after);
    json_object_put(top);
    return r;
}
