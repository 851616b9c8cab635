/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of a change of an alias, an IP set or a security group. An alias is written as a whole: without
 * its comment that is gone. A set or group is renamed, and its comment changed, by POST with rename. A new
 * entry or rule comes first, so contents come back from their end. Sources: POST, PUT, DELETE
 * .../firewall/aliases,
 * .../firewall/ipset, /cluster/firewall/groups.
 */
#include "objects.h"

#define RESTORED_MOST 200u

static const struct asking *asks(const struct object_change *c)
{
    return &c->at.ask;
}

static const char *list_path(const struct object_change *c)
{
    return object_path(&c->at, c->kind);
}

static const char *one_path(const struct object_change *c)
{
    return ask_text(asks(c), "%s/{%s}", list_path(c), c->kind->key);
}

static size_t length_of(struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* The row is read again at once before; its digest is handed on. */
static int32_t state(const struct object_change *c)
{
    const char *key = c->kind->key;
    const char *select = ask_text(asks(c), "[%s=%s]/%s", key, c->was, key);
    for (const char *const *field = c->kind->fields; select && *field; field++)
        select = ask_text(asks(c), "%s,[%s=%s]/%s", select, key, c->was, *field);
    return place_state(&c->at, "state", list_path(c), NULL, select,
                       ask_text(asks(c), "[%s=%s]/digest", key, c->was));
}

static struct proximo_field digest(const struct object_change *c)
{
    return REFERENCE("digest", ask_text(asks(c), "state:[%s=%s]/digest", c->kind->key, c->was));
}

static uint32_t put_fields(struct json_object *row, const char *const *names, struct proximo_field *fields)
{
    uint32_t count = 0;
    for (const char *const *name = names; *name; name++) {
        const char *value = object_text(row, *name);
        if (value)
            fields[count++] = FIELD(*name, value);
    }
    return count;
}

/* ---- something new, with a content */

static int32_t step_content(const struct object_change *c)
{
    const size_t count = length_of(c->restored);
    int32_t r = PROXIMO_OK;
    if (count > RESTORED_MOST)
        return asks(c)->host->fail(asks(c)->call, PROXIMO_EINVAL,
                                   "it held more than %u things, which are too many for one plan",
                                   RESTORED_MOST);
    for (size_t i = count; r == PROXIMO_OK && i > 0; i--) {
        struct proximo_field fields[RULE_FIELDS + 1] = {FIELD(c->kind->key, c->name)};
        struct json_object *row = json_object_array_get_idx(c->restored, i - 1);
        const uint32_t n = put_fields(row, c->kind->content_fields, fields + 1);
        r = place_request(&c->at, ask_text(asks(c), "%s%zu", c->kind->content, i - 1), "POST", one_path(c),
                          fields, n + 1, 0);
    }
    return r;
}

static int32_t step_create(const struct object_change *c)
{
    struct proximo_field fields[4] = {FIELD(c->kind->key, c->name)};
    const uint32_t count = put_fields(c->value, c->kind->fields, fields + 1);
    int32_t r = place_request(&c->at, "change", "POST", list_path(c), fields, count + 1, 0);
    return r == PROXIMO_OK ? step_content(c) : r;
}

/* ---- changed */

static int32_t step_update_alias(const struct object_change *c)
{
    struct proximo_field fields[6] = {FIELD("name", c->was)};
    uint32_t count = 1 + put_fields(c->value, c->kind->fields, fields + 1);
    if (strcmp(c->was, c->name) != 0)
        fields[count++] = FIELD("rename", c->name);
    fields[count++] = digest(c);
    return place_request(&c->at, "change", "PUT", one_path(c), fields, count, PROXIMO_STEP_ATOMIC);
}

static int32_t step_update(const struct object_change *c)
{
    const char *from = object_text(c->before, "comment"), *to = object_text(c->value, "comment");
    struct proximo_field fields[4] = {FIELD(c->kind->key, c->name), FIELD("rename", c->was)};
    uint32_t count = 2;
    int32_t r = state(c);
    if (r < 0)
        return r;
    if (c->kind == &object_alias)
        return step_update_alias(c);
    if (from && to ? strcmp(from, to) != 0 : from || to)
        fields[count++] = FIELD("comment", to ? to : "");
    fields[count++] = digest(c);
    return place_request(&c->at, "change", "POST", list_path(c), fields, count, PROXIMO_STEP_ATOMIC);
}

/* ---- removed */

/* A group goes when it is empty: its rules from the last one on, each by the digest of that moment. */
static int32_t step_empty_group(const struct object_change *c)
{
    const size_t count = length_of(c->content);
    const struct proximo_field more[] = {FIELD("group", c->was), {0}};
    const char *path = ask_text(asks(c), "%s/{group}/{pos}", list_path(c));
    int32_t r = path ? PROXIMO_OK : PROXIMO_ENOMEM;
    if (count > RESTORED_MOST)
        return asks(c)->host->fail(asks(c)->call, PROXIMO_EINVAL,
                                   "it has more than %u rules, which are too many for one plan",
                                   RESTORED_MOST);
    for (size_t i = count; r == PROXIMO_OK && i > 0; i--) {
        const char *look = ask_text(asks(c), "left%zu", i), *pos = ask_text(asks(c), "%zu", i - 1);
        if (!look || !pos)
            return PROXIMO_ENOMEM;
        const struct proximo_field fields[] = {more[0], FIELD("pos", pos),
                                               REFERENCE("digest", ask_text(asks(c), "%s:/0/digest", look))};
        r = place_wait(&c->at, look, one_path(c), more, "", PROXIMO_WAIT_COUNT, ask_text(asks(c), "%zu", i),
                       "/0/digest");
        if (r == PROXIMO_OK)
            r = place_request(&c->at, ask_text(asks(c), "rule%zu", i - 1), "DELETE", path, fields, 3,
                              PROXIMO_STEP_ATOMIC);
    }
    return r;
}

static int32_t step_delete(const struct object_change *c)
{
    struct proximo_field fields[3] = {FIELD(c->kind->key, c->was)};
    const bool alias = c->kind == &object_alias;
    uint32_t count = 1;
    int32_t r = alias ? state(c) : c->kind == &object_group ? step_empty_group(c) : PROXIMO_OK;
    if (alias)
        fields[count++] = digest(c);
    else if (c->kind == &object_ipset && length_of(c->content))
        fields[count++] = FIELD("force", "1");
    return r == PROXIMO_OK ? place_request(&c->at, "change", "DELETE", one_path(c), fields, count,
                                           alias ? PROXIMO_STEP_ATOMIC : 0)
                           : r;
}

int32_t object_change_steps(struct object_change *c)
{
    return !c->was ? step_create(c) : !c->name ? step_delete(c) : step_update(c);
}
