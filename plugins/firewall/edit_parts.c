/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, options, aliases, IP sets and security groups as an edit leaves them. */
#include "edit_parts.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "../rows.h"

#define RULES_MOST 20000

int edit_wrong(struct edit *edit, const char *words)
{
    edit->words = words;
    return -EINVAL;
}

static bool is_op(const struct edit *edit, const char *op)
{
    return strcmp(edit->op, op) == 0;
}

/* ---- rules */

/* A position in the list (one behind its end with `end`); -1: none. */
static int64_t position(const struct edit *edit, const char *key, size_t count, bool end)
{
    struct json_object *value = member_of(edit->json, key);
    const int64_t pos = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
    return pos >= 0 && pos < (int64_t)count + end ? pos : -1;
}

/* A new list: the rule at `without` (-1: none) left out, `rule` (NULL: none) put before what stands at
 * `before` in the old one. */
static struct json_object *relisted(struct json_object *list, int64_t without, int64_t before,
                                    struct json_object *rule)
{
    const int64_t count = (int64_t)json_object_array_length(list);
    struct json_object *out = json_object_new_array();
    bool good = out != NULL;
    for (int64_t i = 0; good && i <= count; i++) {
        if (rule && i == before)
            good = json_object_array_add(out, json_object_get(rule)) == 0;
        if (good && i < count && i != without)
            good =
                json_object_array_add(out, json_object_get(json_object_array_get_idx(list, (size_t)i))) == 0;
    }
    if (good)
        return out;
    json_object_put(out);
    return NULL;
}

int edit_rules(struct edit *edit, struct json_object **part)
{
    const size_t count = json_object_array_length(*part);
    const int64_t pos = position(edit, "pos", count, false);
    struct json_object *rule = edit->value, *list = NULL;
    const bool insert = is_op(edit, "insert"), replace = is_op(edit, "replace");
    if ((insert || replace) && !json_object_is_type(rule, json_type_object))
        return edit_wrong(edit, "\"value\" is a whole rule");
    if (!insert && pos < 0)
        return edit_wrong(edit, "no rule stands at this \"pos\"");
    if (insert && count >= RULES_MOST)
        return edit_wrong(edit, "more rules than are looked at");
    if (insert) {
        list = relisted(*part, -1, 0, rule);
    } else if (replace) {
        list = relisted(*part, pos, pos, rule);
    } else if (is_op(edit, "remove")) {
        list = relisted(*part, pos, -1, NULL);
    } else if (is_op(edit, "move")) {
        const int64_t to = position(edit, "to", count, true);
        if (to < 0)
            return edit_wrong(edit, "\"to\" is no position of this list");
        list = relisted(*part, pos, to, json_object_array_get_idx(*part, (size_t)pos));
    } else {
        return edit_wrong(edit, "rules are edited by insert, replace, remove and move");
    }
    if (!list)
        return -ENOMEM;
    json_object_put(*part);
    *part = list;
    return 0;
}

/* ---- options */

int edit_options(struct edit *edit, struct json_object **part)
{
    struct json_object *gone = member_of(edit->json, "delete");
    if (!is_op(edit, "set") || (edit->value && !json_object_is_type(edit->value, json_type_object)) ||
        (gone && !json_object_is_type(gone, json_type_array)))
        return edit_wrong(edit, "options are edited by set, with \"value\" {} and \"delete\" []");
    for (size_t i = 0; gone && i < json_object_array_length(gone); i++) {
        const char *key = json_object_get_string(json_object_array_get_idx(gone, i));
        if (key)
            json_object_object_del(*part, key);
    }
    if (!edit->value)
        return 0;
    json_object_object_foreach(edit->value, key, value)
    {
        if (json_object_object_add(*part, key, json_object_get(value)) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* ---- aliases: a list of {name, cidr}, names in any case */

static struct json_object *alias_named(struct json_object *list, const char *name, size_t *ret_index)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *have = member_text(row, "name");
        if (!have || strcasecmp(have, name) != 0)
            continue;
        *ret_index = i;
        return row;
    }
    return NULL;
}

static int add_text(struct json_object *object, const char *key, const char *text)
{
    struct json_object *value = json_object_new_string(text);
    if (value && json_object_object_add(object, key, value) == 0)
        return 0;
    json_object_put(value);
    return -ENOMEM;
}

static int add_alias(struct json_object *list, const char *name, const char *cidr)
{
    struct json_object *row = json_object_new_object();
    if (row && add_text(row, "name", name) == 0 && add_text(row, "cidr", cidr) == 0 &&
        json_object_array_add(list, row) == 0)
        return 0;
    json_object_put(row);
    return -ENOMEM;
}

int edit_aliases(struct edit *edit, struct json_object **part)
{
    const char *cidr = member_text(edit->value, "cidr"), *to = member_text(edit->json, "to");
    const bool put = is_op(edit, "put"), rename = is_op(edit, "rename");
    size_t at = 0;
    if (!edit->name || (put && !cidr) || (rename && !to))
        return edit_wrong(edit,
                          "an alias has a \"name\"; put needs a \"value\" with its cidr, rename \"to\"");
    struct json_object *row = alias_named(*part, edit->name, &at);
    if (!row && !put)
        return is_op(edit, "remove") ? 0 : edit_wrong(edit, "there is no alias of this name");
    if (is_op(edit, "remove"))
        return json_object_array_del_idx(*part, at, 1) == 0 ? 0 : -ENOMEM;
    if (!put && !rename)
        return edit_wrong(edit, "aliases are edited by put, remove and rename");
    if (!row)
        return add_alias(*part, edit->name, cidr);
    int r = cidr ? add_text(row, "cidr", cidr) : 0;
    return r == 0 && rename ? add_text(row, "name", to) : r;
}

/* ---- what is kept by name: sets and groups; Proxmox stores these names in small letters */

static bool small(const char *name, char *out, size_t size)
{
    const size_t len = name ? strlen(name) : size;
    if (len >= size)
        return false;
    for (size_t i = 0; i <= len; i++)
        out[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    return true;
}

/* create, remove, rename of a map; `fresh` is what a new one holds. -ENOENT: another operation. */
static int edit_map(struct edit *edit, struct json_object *map)
{
    char name[128], to[128];
    struct json_object *held = NULL;
    if (!small(edit->name, name, sizeof(name)))
        return edit_wrong(edit, "a set or group has a \"name\"");
    if (is_op(edit, "create")) {
        if (json_object_object_get_ex(map, name, &held))
            return edit_wrong(edit, "there is one of this name already");
        struct json_object *rules = member_of(edit->value, "rules");
        held = json_object_is_type(rules, json_type_array) ? json_object_get(rules) : json_object_new_array();
        return held && json_object_object_add(map, name, held) == 0 ? 0 : -ENOMEM;
    }
    if (!json_object_object_get_ex(map, name, &held))
        return is_op(edit, "remove") ? 0 : edit_wrong(edit, "there is none of this name");
    if (is_op(edit, "remove")) {
        json_object_object_del(map, name);
        return 0;
    }
    if (!is_op(edit, "rename"))
        return -ENOENT;
    if (!small(member_text(edit->json, "to"), to, sizeof(to)))
        return edit_wrong(edit, "rename needs \"to\"");
    if (strcmp(name, to) == 0)
        return 0;
    if (json_object_object_add(map, to, json_object_get(held)) < 0)
        return -ENOMEM;
    json_object_object_del(map, name);
    return 0;
}

int edit_groups(struct edit *edit, struct json_object **part)
{
    const int r = edit_map(edit, *part);
    return r == -ENOENT ? edit_wrong(edit, "groups are edited by create, remove and rename") : r;
}

/* The entry of a set by its address, and the list without it. */
static int set_entry(struct edit *edit, struct json_object *map)
{
    char name[128];
    const char *cidr = member_text(edit->value, "cidr");
    const bool add = is_op(edit, "entry");
    if (!cidr || (!add && !is_op(edit, "entry-remove")))
        return edit_wrong(edit, "sets are edited by create, remove, rename, entry and entry-remove; entries "
                                "need a \"value\" with their cidr");
    struct json_object *list = small(edit->name, name, sizeof(name)) ? member_of(map, name) : NULL;
    if (!json_object_is_type(list, json_type_array))
        return -ENODATA; /* there, but not read */
    for (size_t i = json_object_array_length(list); i > 0; i--) {
        if (member_is(json_object_array_get_idx(list, i - 1), "cidr", cidr) &&
            json_object_array_del_idx(list, i - 1, 1) < 0)
            return -ENOMEM;
    }
    return !add || json_object_array_add(list, json_object_get(edit->value)) == 0 ? 0 : -ENOMEM;
}

int edit_ipset(struct edit *edit, struct json_object **part)
{
    const int r = edit_map(edit, *part);
    return r == -ENOENT ? set_entry(edit, *part) : r;
}
