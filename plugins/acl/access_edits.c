/* SPDX-License-Identifier: Apache-2.0 */
/* Edits: what a change does to users, groups, roles, tokens and entries, as data for the blast functions. */
#include "access.h"

static void put_text(struct json_object *to, const char *name, const char *text)
{
    if (to && text)
        json_object_object_add(to, name, json_object_new_string(text));
}

struct json_object *edit_new(const char *op, const char *member, const char *id)
{
    struct json_object *edit = json_object_new_object();
    put_text(edit, "op", op);
    put_text(edit, member, id);
    return edit;
}

static void put_number(struct json_object *to, const char *name, const char *text, const char *otherwise)
{
    if (to)
        json_object_object_add(
            to, name,
            json_object_new_int64((int64_t)digits_of(text ? text : otherwise, UINT64_C(99999999999))));
}

struct json_object *edit_user(const char *userid, const char *enable, const char *expire,
                              struct json_object *groups)
{
    struct json_object *edit = edit_new("user", "userid", userid), *value = json_object_new_object();
    put_number(value, "enable", enable, "1");
    put_number(value, "expire", expire, "0");
    if (value)
        json_object_object_add(value, "groups", groups);
    if (edit)
        json_object_object_add(edit, "value", value);
    return edit;
}

struct json_object *edit_token(const char *tokenid, const char *privsep, const char *expire)
{
    struct json_object *edit = edit_new("token", "tokenid", tokenid), *value = json_object_new_object();
    put_number(value, "privsep", privsep, "1");
    put_number(value, "expire", expire, "0");
    if (edit)
        json_object_object_add(edit, "value", value);
    return edit;
}

struct json_object *edit_names(const char *list)
{
    struct json_object *names = json_object_new_array();
    while (names && list && *list) {
        list += strspn(list, ",; ");
        const size_t len = strcspn(list, ",; ");
        if (len)
            json_object_array_add(names, json_object_new_string_len(list, (int)len));
        list += len;
    }
    return names;
}

bool edit_has(struct json_object *names, const char *name)
{
    const size_t count = json_object_is_type(names, json_type_array) ? json_object_array_length(names) : 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(names, i)), name) == 0)
            return true;
    }
    return false;
}

struct json_object *edit_list(struct json_object *edit)
{
    struct json_object *edits = json_object_new_array();
    if (edits && edit)
        json_object_array_add(edits, edit);
    return edits;
}

int32_t edit_put(struct json_object **details, const char *member, struct json_object *edits)
{
    if (!*details)
        *details = json_object_new_object();
    if (!*details || !edits) {
        json_object_put(edits);
        return PROXIMO_ENOMEM;
    }
    json_object_object_add(*details, member, json_object_new_string(json_text(edits).ptr));
    json_object_put(edits);
    return PROXIMO_OK;
}
