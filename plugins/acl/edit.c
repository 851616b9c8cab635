/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edits. What goes along with a removal: Proxmox VE takes a user out of his groups and drops the entries
 * of what no longer exists when it reads its configuration again.
 */
#include "edit.h"

#include <stdlib.h>

static size_t length_of(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

/* ---- rows */

struct json_object *access_row(struct json_object *list, const char *key, const char *value)
{
    for (size_t i = 0; i < length_of(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (member_is(row, key, value))
            return row;
    }
    return NULL;
}

struct json_object *access_entry(struct json_object *acl, const char *path, const char *role,
                                 const char *type, const char *ugid)
{
    for (size_t i = 0; i < length_of(acl); i++) {
        struct json_object *row = json_object_array_get_idx(acl, i);
        if (member_is(row, "path", path) && member_is(row, "roleid", role) && member_is(row, "type", type) &&
            member_is(row, "ugid", ugid))
            return row;
    }
    return NULL;
}

static void rows_drop(struct json_object *list, const char *key, const char *value)
{
    for (size_t i = length_of(list); i-- > 0;) {
        if (member_is(json_object_array_get_idx(list, i), key, value))
            (void)json_object_array_del_idx(list, i, 1);
    }
}

/* The entries of one principal; of a user whose tokens go as well: those that begin with "user!". */
static void entries_drop(struct json_object *acl, const char *type, const char *ugid, bool tokens_of)
{
    const size_t len = strlen(ugid);
    for (size_t i = length_of(acl); i-- > 0;) {
        struct json_object *row = json_object_array_get_idx(acl, i);
        const char *who = member_text(row, "ugid");
        if (who && member_is(row, "type", type) &&
            (tokens_of ? strncmp(who, ugid, len) == 0 && who[len] == '!' && !strchr(who + len + 1, '!')
                       : strcmp(who, ugid) == 0))
            (void)json_object_array_del_idx(acl, i, 1);
    }
}

static int32_t set(struct json_object *row, const char *key, struct json_object *value)
{
    if (value && json_object_object_add(row, key, value) == 0)
        return PROXIMO_OK;
    json_object_put(value);
    return PROXIMO_ENOMEM;
}

static int32_t set_text(struct json_object *row, const char *key, const char *text)
{
    return set(row, key, json_object_new_string(text));
}

static int32_t row_add(struct json_object *list, const char *key, const char *value, struct json_object **ret)
{
    struct json_object *row = json_object_new_object();
    if (!row || set_text(row, key, value) < 0 || json_object_array_add(list, row) < 0) {
        json_object_put(row);
        return PROXIMO_ENOMEM;
    }
    *ret = row;
    return PROXIMO_OK;
}

/* ---- lists of names: "a,b" or ["a", "b"] */

/* The next of a member's texts: its elements, or itself alone; NULL: no more. */
static const char *names_text(struct json_object *row, const char *key, size_t i)
{
    struct json_object *value = member_of(row, key);
    if (json_object_is_type(value, json_type_array))
        return i < json_object_array_length(value)
                   ? json_object_get_string(json_object_array_get_idx(value, i))
                   : NULL;
    return i == 0 ? member_text(row, key) : NULL;
}

/* Sets a member to its names without this one, and with it again if `in`. */
static int32_t names_set(struct json_object *row, const char *key, const char *name, bool in)
{
    size_t size = strlen(name) + 2, used = 0;
    const char *at = NULL;
    for (size_t i = 0; (at = names_text(row, key, i)); i++)
        size += strlen(at) + 1;
    char *text = calloc(1, size);
    for (size_t i = 0; text && (at = names_text(row, key, i)); i++) {
        while (*at) {
            const size_t len = strcspn(at, ",; ");
            if (len && (len != strlen(name) || memcmp(at, name, len) != 0))
                used += (size_t)snprintf(text + used, size - used, "%s%.*s", used ? "," : "", (int)len, at);
            at += len + (at[len] != '\0');
        }
    }
    if (text && in)
        (void)snprintf(text + used, size - used, "%s%s", used ? "," : "", name);
    const int32_t r = text ? set_text(row, key, text) : PROXIMO_ENOMEM;
    free(text);
    return r;
}

static bool names_have(struct json_object *list, const char *name)
{
    for (size_t i = 0; i < length_of(list); i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(list, i));
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

/* ---- the edits */

static int32_t entry(struct access *access, struct json_object *edit)
{
    const char *path = member_text(edit, "path"), *role = member_text(edit, "role");
    const char *type = member_text(edit, "type"), *ugid = member_text(edit, "ugid");
    struct json_object *row = access_entry(access->acl, path, role, type, ugid);
    int32_t r = access->acl && !row ? row_add(access->acl, "path", path, &row) : PROXIMO_OK;
    if (r == PROXIMO_OK && row)
        r = set(row, "propagate", json_object_new_int(member_true(edit, "propagate")));
    if (r == PROXIMO_OK && row && !member_of(row, "roleid"))
        r = set_text(row, "roleid", role) | set_text(row, "type", type) | set_text(row, "ugid", ugid);
    return r;
}

static int32_t entry_remove(struct access *access, struct json_object *edit)
{
    const char *path = member_text(edit, "path"), *role = member_text(edit, "role");
    const char *type = member_text(edit, "type"), *ugid = member_text(edit, "ugid");
    for (size_t i = length_of(access->acl); i-- > 0;) {
        struct json_object *row = json_object_array_get_idx(access->acl, i);
        if (member_is(row, "path", path) && member_is(row, "roleid", role) && member_is(row, "type", type) &&
            member_is(row, "ugid", ugid))
            (void)json_object_array_del_idx(access->acl, i, 1);
    }
    return PROXIMO_OK;
}

static int32_t take(struct json_object *row, struct json_object *value, const char *key)
{
    struct json_object *member = member_of(value, key);
    return member ? set(row, key, json_object_get(member)) : PROXIMO_OK;
}

/* The groups say who is in them, and the user's row says it again. */
static int32_t memberships(struct access *access, struct json_object *row, const char *userid,
                           struct json_object *groups)
{
    int32_t r = set_text(row, "groups", "");
    for (size_t i = 0; r == PROXIMO_OK && i < length_of(groups); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(groups, i));
        if (name)
            r = names_set(row, "groups", name, true);
    }
    for (size_t i = 0; r == PROXIMO_OK && i < length_of(access->groups); i++) {
        struct json_object *group = json_object_array_get_idx(access->groups, i);
        const char *name = member_text(group, "groupid");
        if (name)
            r = names_set(group, "users", userid, names_have(groups, name));
    }
    return r;
}

static int32_t user(struct access *access, struct json_object *edit)
{
    const char *userid = member_text(edit, "userid");
    struct json_object *value = member_of(edit, "value"), *groups = member_of(value, "groups");
    struct json_object *row = access_row(access->users, "userid", userid);
    int32_t r = access->users && !row ? row_add(access->users, "userid", userid, &row) : PROXIMO_OK;
    if (r < 0 || !row)
        return r;
    r = take(row, value, "enable");
    if (r == PROXIMO_OK)
        r = take(row, value, "expire");
    return r == PROXIMO_OK && groups ? memberships(access, row, userid, groups) : r;
}

static int32_t user_remove(struct access *access, struct json_object *edit)
{
    const char *userid = member_text(edit, "userid");
    int32_t r = PROXIMO_OK;
    rows_drop(access->users, "userid", userid);
    for (size_t i = 0; r == PROXIMO_OK && i < length_of(access->groups); i++)
        r = names_set(json_object_array_get_idx(access->groups, i), "users", userid, false);
    entries_drop(access->acl, "user", userid, false);
    entries_drop(access->acl, "token", userid, true);
    return r;
}

static int32_t group(struct access *access, struct json_object *edit)
{
    const char *groupid = member_text(edit, "groupid");
    struct json_object *row = NULL;
    if (!access->groups || access_row(access->groups, "groupid", groupid))
        return PROXIMO_OK;
    return row_add(access->groups, "groupid", groupid, &row);
}

static int32_t group_remove(struct access *access, struct json_object *edit)
{
    const char *groupid = member_text(edit, "groupid");
    int32_t r = PROXIMO_OK;
    rows_drop(access->groups, "groupid", groupid);
    for (size_t i = 0; r == PROXIMO_OK && i < length_of(access->users); i++)
        r = names_set(json_object_array_get_idx(access->users, i), "groups", groupid, false);
    entries_drop(access->acl, "group", groupid, false);
    return r;
}

static int32_t role(struct access *access, struct json_object *edit)
{
    const char *roleid = member_text(edit, "roleid");
    struct json_object *row = access_row(access->roles, "roleid", roleid);
    int32_t r = access->roles && !row ? row_add(access->roles, "roleid", roleid, &row) : PROXIMO_OK;
    return r == PROXIMO_OK && row ? set_text(row, "privs", member_text(edit, "privs")) : r;
}

static int32_t role_remove(struct access *access, struct json_object *edit)
{
    const char *roleid = member_text(edit, "roleid");
    rows_drop(access->roles, "roleid", roleid);
    rows_drop(access->acl, "roleid", roleid);
    return PROXIMO_OK;
}

/* The row of the token's user, borrowed; NULL: not among those read. *ret_name: what follows the "!". */
static struct json_object *owner_of(const struct access *access, const char *tokenid, const char **ret_name)
{
    const char *bang = strrchr(tokenid, '!');
    *ret_name = bang ? bang + 1 : tokenid;
    for (size_t i = 0; bang && i < length_of(access->users); i++) {
        struct json_object *row = json_object_array_get_idx(access->users, i);
        const char *id = member_text(row, "userid");
        if (id && strlen(id) == (size_t)(bang - tokenid) && strncmp(id, tokenid, strlen(id)) == 0)
            return row;
    }
    return NULL;
}

struct json_object *access_token(const struct access *access, const char *tokenid)
{
    const char *name = NULL;
    struct json_object *owner = owner_of(access, tokenid, &name);
    return access_row(member_of(owner, "tokens"), "tokenid", name);
}

static int32_t token(struct access *access, struct json_object *edit)
{
    const char *name = NULL;
    struct json_object *value = member_of(edit, "value"), *row = NULL, *tokens = NULL;
    struct json_object *owner = owner_of(access, member_text(edit, "tokenid"), &name);
    if (!owner)
        return access->users && !(access->incomplete & ACL_PART_USERS) ? PROXIMO_ENOTFOUND : PROXIMO_OK;
    tokens = member_of(owner, "tokens");
    if (!json_object_is_type(tokens, json_type_array)) {
        if (set(owner, "tokens", json_object_new_array()) < 0)
            return PROXIMO_ENOMEM;
        tokens = member_of(owner, "tokens");
    }
    row = access_row(tokens, "tokenid", name);
    int32_t r = row ? PROXIMO_OK : row_add(tokens, "tokenid", name, &row);
    if (r == PROXIMO_OK)
        r = take(row, value, "privsep");
    return r == PROXIMO_OK ? take(row, value, "expire") : r;
}

static int32_t token_remove(struct access *access, struct json_object *edit)
{
    const char *tokenid = member_text(edit, "tokenid"), *name = NULL;
    struct json_object *owner = owner_of(access, tokenid, &name);
    rows_drop(member_of(owner, "tokens"), "tokenid", name);
    entries_drop(access->acl, "token", tokenid, false);
    return PROXIMO_OK;
}

static int32_t realm_remove(struct access *access, struct json_object *edit)
{
    (void)access;
    (void)edit;
    return PROXIMO_OK;
}

static const struct op {
    const char *name;
    const char *texts[4]; /* members that it needs */
    bool value;
    int32_t (*apply)(struct access *access, struct json_object *edit);
} ops[] = {
    {"entry", {"path", "role", "type", "ugid"}, false, entry},
    {"entry-remove", {"path", "role", "type", "ugid"}, false, entry_remove},
    {"user", {"userid"}, true, user},
    {"user-remove", {"userid"}, false, user_remove},
    {"group", {"groupid"}, false, group},
    {"group-remove", {"groupid"}, false, group_remove},
    {"role", {"roleid", "privs"}, false, role},
    {"role-remove", {"roleid"}, false, role_remove},
    {"token", {"tokenid"}, true, token},
    {"token-remove", {"tokenid"}, false, token_remove},
    {"realm-remove", {"realm"}, false, realm_remove},
};

static const struct op *op_find(struct json_object *edit)
{
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (member_is(edit, "op", ops[i].name))
            return &ops[i];
    }
    return NULL;
}

static bool is_whole(const struct op *op, struct json_object *edit)
{
    for (size_t i = 0; i < 4 && op->texts[i]; i++) {
        if (!member_text(edit, op->texts[i]))
            return false;
    }
    if (op->apply == entry && !member_of(edit, "propagate"))
        return false;
    return !op->value || json_object_is_type(member_of(edit, "value"), json_type_object);
}

int32_t access_edit(struct access *access, struct json_object *edits, char *ret_why, size_t size)
{
    if (!json_object_is_type(edits, json_type_array)) {
        (void)snprintf(ret_why, size, "the edits are no list");
        return PROXIMO_EINVAL;
    }
    for (size_t i = 0; i < json_object_array_length(edits); i++) {
        struct json_object *edit = json_object_array_get_idx(edits, i);
        const struct op *op = op_find(edit);
        if (!op || !is_whole(op, edit)) {
            (void)snprintf(ret_why, size, "edit %zu, %.40s, is none that is known, or lacks a member", i,
                           member_text(edit, "op") ? member_text(edit, "op") : "without op");
            return PROXIMO_EINVAL;
        }
        const int32_t r = op->apply(access, edit);
        if (r == PROXIMO_ENOTFOUND)
            (void)snprintf(ret_why, size, "edit %zu, %s: there is no such user", i, op->name);
        if (r < 0)
            return r == PROXIMO_ENOTFOUND ? PROXIMO_EINVAL : PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

struct json_object *edit_entry(const char *path, const char *role, const char *type, const char *ugid,
                               int propagate)
{
    struct json_object *edit = json_object_new_object();
    if (edit && set_text(edit, "op", propagate < 0 ? "entry-remove" : "entry") == PROXIMO_OK &&
        set_text(edit, "path", path) == PROXIMO_OK && set_text(edit, "role", role) == PROXIMO_OK &&
        set_text(edit, "type", type) == PROXIMO_OK && set_text(edit, "ugid", ugid) == PROXIMO_OK &&
        (propagate < 0 || set(edit, "propagate", json_object_new_int(propagate)) == PROXIMO_OK))
        return edit;
    json_object_put(edit);
    return NULL;
}
