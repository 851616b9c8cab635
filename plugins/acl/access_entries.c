/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Proxmox takes away with a user, group, role or token, and what else several topics look at. Sources:
 * GET /access/acl, GET /access/users?full=1, GET /access/domains.
 */
#include "access.h"

#define GUARDED_MOST 60u
#define LISTED_MOST  100u

static bool is_of_token(const char *ugid, const char *userid)
{
    const size_t len = strlen(userid);
    return ugid && strncmp(ugid, userid, len) == 0 && ugid[len] == '!';
}

static bool is_own(struct json_object *entry, const char *type, const char *id)
{
    return strcmp(type, "role") == 0 ? member_is(entry, "roleid", id)
                                     : member_is(entry, "type", type) && member_is(entry, "ugid", id);
}

int32_t access_entries_look(const struct asking *a, const char *type, const char *id,
                            struct access_entries *ret)
{
    struct looked acl;
    int32_t r = grants_look(a, &acl);
    *ret = (struct access_entries){.own = json_object_new_array(), .tokens = json_object_new_array()};
    if (r < 0)
        return r;
    ret->complete = acl.data && acl.complete;
    ret->why = !acl.data ? acl.why : "this token does not hold Sys.Audit on /access, so the list is shorter";
    const size_t count =
        json_object_is_type(acl.data, json_type_array) ? json_object_array_length(acl.data) : 0;
    for (size_t i = 0; ret->own && ret->tokens && i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(acl.data, i);
        if (!member_text(entry, "path") || !member_text(entry, "roleid") || !member_text(entry, "type"))
            continue;
        if (is_own(entry, type, id))
            json_object_array_add(ret->own, json_object_get(entry));
        else if (strcmp(type, "user") == 0 && member_is(entry, "type", "token") &&
                 is_of_token(member_text(entry, "ugid"), id))
            json_object_array_add(ret->tokens, json_object_get(entry));
    }
    json_object_put(acl.data);
    return ret->own && ret->tokens ? PROXIMO_OK : PROXIMO_ENOMEM;
}

void access_entries_done(struct access_entries *entries)
{
    json_object_put(entries->own);
    json_object_put(entries->tokens);
}

/* Selectors are written with brackets and commas. */
static bool can_be_named(const char *text)
{
    return text && !strpbrk(text, "[]=>,/\"~") && *text;
}

/* Each entry on its own, because they have no order. NULL: no memory. */
static const char *own_fields(const struct asking *a, const struct access_entries *entries)
{
    const char *text = "";
    for (size_t i = 0; text && i < json_object_array_length(entries->own) && i < GUARDED_MOST; i++) {
        struct json_object *entry = json_object_array_get_idx(entries->own, i);
        const char *path = member_text(entry, "path"), *ugid = member_text(entry, "ugid");
        if (!path || strpbrk(path, "[]=>,\"~") || !can_be_named(ugid) ||
            !can_be_named(member_text(entry, "roleid")))
            continue;
        text = ask_text(a, "%s%s[path=%s][roleid=%s][type=%s][ugid=%s]/propagate", text, *text ? "," : "",
                        path, member_text(entry, "roleid"), member_text(entry, "type"), ugid);
    }
    return text;
}

int32_t access_tell_list(const struct asking *a, const char *name, struct json_object *list)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    struct json_object *fact = NULL, *first = NULL;
    if (count <= LISTED_MOST)
        return count ? tell_fact(a, name, json_object_get(list)) : PROXIMO_OK;
    fact = json_object_new_object();
    first = json_object_new_array();
    if (!fact || !first) {
        json_object_put(fact);
        json_object_put(first);
        return PROXIMO_ENOMEM;
    }
    for (size_t i = 0; i < LISTED_MOST; i++)
        json_object_array_add(first, json_object_get(json_object_array_get_idx(list, i)));
    json_object_object_add(fact, "count", json_object_new_int64((int64_t)count));
    json_object_object_add(fact, "the_first", first);
    return tell_fact(a, name, fact);
}

int32_t access_entries_tell(const struct asking *a, const struct access_entries *entries, const char *type,
                            const char *id, bool undoing, struct proximo_guard *ret_guard)
{
    const bool none = json_object_array_length(entries->own) == 0;
    int32_t r = PROXIMO_OK;
    *ret_guard = (struct proximo_guard){ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE};
    if (!entries->complete)
        r = a->host->incomplete(a->call, "the entries of the access list that go with it", entries->why);
    if (r == PROXIMO_OK)
        r = access_tell_list(a, "entries_that_go", entries->own);
    if (r < 0)
        return r;
    const char *any = ask_text(a, "[%s=%s]", strcmp(type, "role") == 0 ? "roleid" : "ugid", id);
    ret_guard->fields = none || undoing ? any : own_fields(a, entries);
    if (ret_guard->fields && *ret_guard->fields)
        ret_guard->path = "/access/acl";
    return ret_guard->fields ? PROXIMO_OK : PROXIMO_ENOMEM;
}

void access_entries_edit(const struct access_entries *entries, struct json_object *edits)
{
    for (size_t i = 0; edits && i < json_object_array_length(entries->own); i++) {
        struct json_object *entry = json_object_array_get_idx(entries->own, i);
        struct json_object *edit = edit_new("entry", "path", member_text(entry, "path"));
        if (!edit)
            continue;
        json_object_object_add(edit, "role", json_object_get(member_of(entry, "roleid")));
        json_object_object_add(edit, "type", json_object_get(member_of(entry, "type")));
        json_object_object_add(edit, "ugid", json_object_get(member_of(entry, "ugid")));
        json_object_object_add(
            edit, "propagate",
            json_object_new_int(!member_of(entry, "propagate") || member_true(entry, "propagate")));
        json_object_array_add(edits, edit);
    }
}

/* ---- looks that several topics need */

int32_t access_users_look(const struct asking *a, struct looked *ret)
{
    static const struct proximo_need need[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};
    const struct proximo_field full = FIELD("full", "1");
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/users", .fields = &full,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    int32_t r = ask_look(a, &get, ret);
    if (r == PROXIMO_OK && ret->data && !json_object_is_type(ret->data, json_type_array)) {
        json_object_put(ret->data);
        *ret = (struct looked){.why = "the list of users is no list"};
    }
    return r;
}

int32_t access_realm_look(const struct asking *a, const char *realm, struct json_object **ret_all,
                          struct json_object **ret_realm)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/domains"};
    int32_t r = ask_get(a, &get, json_type_array, ret_all);
    *ret_realm = NULL;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(*ret_all); i++) {
        struct json_object *row = json_object_array_get_idx(*ret_all, i);
        if (member_is(row, "realm", realm))
            *ret_realm = row;
    }
    return r;
}

struct proximo_step access_request(const char *name, const char *method, const char *path,
                                   const struct proximo_field *fields, uint32_t count)
{
    return (struct proximo_step){ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,
                                 .name = name,      .method = method,
                                 .path = path,      .params = ROWS(fields, count)};
}
