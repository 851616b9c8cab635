/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access-control evaluator: which privileges does a user or token hold at a path?
 *
 * Reads /access/{users,groups,roles,acl}, /pools and /guests of the state. A walk goes from / down to the
 * path; a level that yields at least one role replaces everything above it; within a level entries of the
 * token win over those of the user, those of the user over those of his groups; NoAccess means nothing.
 * Guests and storages gain the roles held on their pools. A token with privilege separation never holds more
 * than its user.
 */
#include "sim.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROLES_MAX 64
#define NO_ACCESS "NoAccess"

/* The roles that one walk has found. */
struct role_set {
    struct {
        const char *name;
        int propagate;
    } roles[ROLES_MAX];
    size_t count;
};

int sim_priv_index(const char *name, size_t len)
{
    for (size_t i = 0; i < sim_priv_count; i++) {
        if (strlen(sim_priv_names[i]) == len && memcmp(sim_priv_names[i], name, len) == 0)
            return (int)i;
    }
    return -1;
}

static const struct sim_role *builtin_role(const char *name)
{
    for (size_t i = 0; i < sim_builtin_role_count; i++) {
        if (strcmp(sim_builtin_roles[i].name, name) == 0)
            return &sim_builtin_roles[i];
    }
    return NULL;
}

static bool good_name(const char *name)
{
    if (!*name || strcmp(name, "0") == 0)
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") == strlen(name);
}

/* A letter and at least one more character. */
static bool good_token(const char *name)
{
    return isalpha((unsigned char)*name) && name[1] && good_name(name) && !strchr(name, '!');
}

static bool role_known(struct json_object *state, const char *name)
{
    return builtin_role(name) || (good_name(name) && sim_get(sim_at(state, "/access/roles"), name));
}

static void roles_add(struct role_set *set, const char *name, int propagate, bool keep_flag)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->roles[i].name, name) == 0) {
            if (!keep_flag && propagate)
                set->roles[i].propagate = 1;
            return;
        }
    }
    if (set->count < ROLES_MAX) {
        set->roles[set->count].name = name;
        set->roles[set->count++].propagate = propagate;
    }
}

static bool roles_have(const struct role_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->roles[i].name, name) == 0)
            return true;
    }
    return false;
}

int sim_acl_normalize(const char *path, char *ret_path, size_t size)
{
    size_t n = 0;

    for (const char *at = path; *at; at++) {
        if (!isalnum((unsigned char)*at) && !strchr(".-_/", *at))
            return -EINVAL;
        if (*at == '/' && (n == 0 || ret_path[n - 1] == '/') && n != 0)
            continue;
        if (n == 0 && *at != '/') {
            if (size < 2)
                return -EINVAL;
            ret_path[n++] = '/';
        }
        if (n + 1 >= size)
            return -EINVAL;
        ret_path[n++] = *at;
    }
    if (n > 1 && ret_path[n - 1] == '/')
        n--;
    if (n == 0)
        ret_path[n++] = '/';
    ret_path[n] = 0;
    return 0;
}

/* Is the path of an ACL entry the level `level` (of `len` characters)? Elements "0" and doubled slashes do
 * not count. */
static bool entry_at(const char *entry, const char *level, size_t len)
{
    size_t at = 0;

    if (*entry == '/' && len == 1 && entry[1] == 0)
        return true;
    while (*entry) {
        size_t n;

        entry += strspn(entry, "/");
        n = strcspn(entry, "/");
        if (n == 0)
            break;
        if (n == 1 && *entry == '0') {
            entry++;
            continue;
        }
        if (at + 1 + n > len || level[at] != '/' || memcmp(level + at + 1, entry, n) != 0)
            return false;
        at += 1 + n;
        entry += n;
    }
    return at == len || (at == 0 && len == 1);
}

static bool entry_path_good(const char *path)
{
    return strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_/") == strlen(path);
}

bool sim_acl_entry_counts(struct json_object *state, struct json_object *entry)
{
    const char *ugid = sim_str(entry, "ugid", ""), *bang = strchr(ugid, '!');
    char user[256];

    if (!role_known(state, sim_str(entry, "roleid", "")) || !entry_path_good(sim_str(entry, "path", "")))
        return false;
    if (strcmp(sim_str(entry, "type", ""), "token") != 0)
        return true;
    if (!bang || (size_t)(bang - ugid) >= sizeof user)
        return false;
    (void)snprintf(user, sizeof user, "%.*s", (int)(bang - ugid), ugid);
    return sim_get(sim_get(sim_get(sim_at(state, "/access/users"), user), "tokens"), bang + 1) != NULL;
}

static bool in_group(struct json_object *state, const char *user, const char *group)
{
    struct json_object *members;

    if (!good_name(group))
        return false;
    members = sim_get(sim_get(sim_at(state, "/access/groups"), group), "users");
    if (!members)
        return false;
    for (size_t i = 0; i < json_object_array_length(members); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(members, i)), user) == 0)
            return true;
    }
    return false;
}

/* Collects the roles that entries of one type give at one level. */
static void level_roles(struct json_object *state, const char *type, const char *who, const char *level,
                        size_t len, bool final, struct role_set *set)
{
    struct json_object *acl = sim_at(state, "/access/acl");
    size_t count = acl ? json_object_array_length(acl) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);
        const char *ugid = sim_str(entry, "ugid", "");
        const char *role = sim_str(entry, "roleid", "");
        int propagate = (int)sim_int(entry, "propagate", 1);

        if ((!propagate && !final) || strcmp(sim_str(entry, "type", ""), type) != 0)
            continue;
        if (strcmp(type, "group") == 0 ? !in_group(state, who, ugid) : strcmp(ugid, who) != 0)
            continue;
        if (!entry_path_good(sim_str(entry, "path", "")) || !entry_at(sim_str(entry, "path", ""), level, len))
            continue;
        if (role_known(state, role))
            roles_add(set, role, propagate, false);
    }
}

/* The walk: `token` is given for tokens with privilege separation, `user` for everybody else. */
static void walk(struct json_object *state, const char *user, const char *token, const char *path,
                 struct role_set *set)
{
    size_t len = strlen(path);

    set->count = 0;
    for (size_t end = 1; end <= len; end++) {
        struct role_set found = {.count = 0};
        bool final = end == len;

        if (end != 1 && path[end] != '/' && !final)
            continue;
        if (token) {
            level_roles(state, "token", token, path, end, final, &found);
        } else {
            level_roles(state, "user", user, path, end, final, &found);
            if (found.count == 0)
                level_roles(state, "group", user, path, end, final, &found);
        }
        if (found.count > 0)
            *set = found;
    }
}

static bool pool_good(const char *name)
{
    int depth = 1;

    for (const char *at = name; *at; at++)
        depth += *at == '/';
    if (depth > 3 || strcmp(name, "0") == 0)
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_/") == strlen(name);
}

static void add_pool(struct json_object *state, const char *user, const char *token, const char *pool,
                     struct role_set *set)
{
    struct role_set roles;
    char path[512];

    if (!pool_good(pool) || snprintf(path, sizeof path, "/pool/%s", pool) >= (int)sizeof path)
        return;
    walk(state, user, token, path, &roles);
    if (roles_have(&roles, NO_ACCESS)) {
        roles_add(set, NO_ACCESS, 0, true);
        return;
    }
    for (size_t i = 0; i < roles.count; i++)
        roles_add(set, roles.roles[i].name, 0, true);
}

static void add_pools(struct json_object *state, const char *user, const char *token, const char *path,
                      struct role_set *set)
{
    if (strncmp(path, "/vms/", 5) == 0 && !strchr(path + 5, '/')) {
        const char *pool = sim_str(sim_get(sim_get(state, "guests"), path + 5), "pool", NULL);

        if (pool)
            add_pool(state, user, token, pool, set);
        return;
    }
    if (strncmp(path, "/storage/", 9) != 0 || strchr(path + 9, '/'))
        return;
    if (!sim_get(state, "pools"))
        return;
    json_object_object_foreach(sim_get(state, "pools"), name, pool)
    {
        struct json_object *members = sim_get(pool, "storage");

        for (size_t i = 0; members && i < json_object_array_length(members); i++) {
            if (strcmp(json_object_get_string(json_object_array_get_idx(members, i)), path + 9) == 0)
                add_pool(state, user, token, name, set);
        }
    }
}

static void grant(struct sim_privs *privs, const char *name, size_t len, int propagate)
{
    int index = sim_priv_index(name, len);

    if (index >= 0 && privs->held[index] < propagate)
        privs->held[index] = (signed char)propagate;
}

static void grant_role(struct json_object *state, const char *name, int propagate, struct sim_privs *privs)
{
    const struct sim_role *builtin = builtin_role(name);
    struct json_object *list;

    if (builtin) {
        for (const char *at = builtin->privs; *at;) {
            size_t n = strcspn(at, ",");

            grant(privs, at, n, propagate);
            at += n + (at[n] == ',');
        }
    }
    /* A role of the same name in the file adds to a builtin one. */
    list = sim_get(sim_at(state, "/access/roles"), name);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *priv = json_object_get_string(json_object_array_get_idx(list, i));

        grant(privs, priv, strlen(priv), propagate);
    }
}

bool sim_acl_role_privs(struct json_object *state, const char *name, struct sim_privs *ret_privs)
{
    if (!role_known(state, name))
        return false;
    memset(ret_privs->held, -1, sizeof ret_privs->held);
    grant_role(state, name, 1, ret_privs);
    return true;
}

static void evaluate(struct json_object *state, const char *user, const char *token, const char *path,
                     struct sim_privs *privs)
{
    struct role_set set;

    memset(privs->held, -1, sizeof privs->held);
    if (!token && strcmp(user, "root@pam") == 0) {
        memset(privs->held, 1, sim_priv_count);
        return;
    }
    if (*path != '/')
        return;
    walk(state, user, token, path, &set);
    if (roles_have(&set, NO_ACCESS))
        return;
    add_pools(state, user, token, path, &set);
    if (roles_have(&set, NO_ACCESS))
        return;
    for (size_t i = 0; i < set.count; i++)
        grant_role(state, set.roles[i].name, set.roles[i].propagate, privs);
}

void sim_acl_privs(struct json_object *state, const char *who, const char *path, struct sim_privs *ret_privs)
{
    const char *bang = strchr(who, '!');
    struct json_object *token;
    struct sim_privs of_user;
    char user[256];

    if (!bang) {
        evaluate(state, who, NULL, path, ret_privs);
        return;
    }
    memset(ret_privs->held, -1, sizeof ret_privs->held);
    if ((size_t)(bang - who) >= sizeof user || !good_token(bang + 1))
        return;
    (void)snprintf(user, sizeof user, "%.*s", (int)(bang - who), who);
    token = sim_get(sim_get(sim_get(sim_at(state, "/access/users"), user), "tokens"), bang + 1);
    if (!token)
        return;
    evaluate(state, user, NULL, path, &of_user);
    if (!sim_int(token, "privsep", 1)) {
        *ret_privs = of_user;
        return;
    }
    evaluate(state, user, who, path, ret_privs);
    for (size_t i = 0; i < sim_priv_count; i++) {
        if (of_user.held[i] < ret_privs->held[i])
            ret_privs->held[i] = of_user.held[i];
    }
}

bool sim_acl_has(struct json_object *state, const char *who, const char *path, const char *priv)
{
    int index = sim_priv_index(priv, strlen(priv));
    struct sim_privs privs;

    if (index < 0)
        return false;
    sim_acl_privs(state, who, path, &privs);
    return privs.held[index] >= 0;
}

int sim_acl_enabled(struct json_object *state, const char *who)
{
    const char *bang = strchr(who, '!');
    size_t len = bang ? (size_t)(bang - who) : strlen(who);
    struct json_object *user, *token;
    int64_t expire, now = (int64_t)time(NULL);
    char name[256];

    if (len >= sizeof name)
        return -EACCES;
    (void)snprintf(name, sizeof name, "%.*s", (int)len, who);
    user = sim_get(sim_at(state, "/access/users"), name);
    if (!user || !sim_int(user, "enable", 1))
        return -EACCES;
    expire = sim_int(user, "expire", 0);
    if (expire != 0 && expire <= now)
        return -EACCES;
    if (!bang)
        return 0;
    token = sim_get(sim_get(user, "tokens"), bang + 1);
    if (!token || !good_token(bang + 1))
        return -EACCES;
    expire = sim_int(token, "expire", 0);
    return expire != 0 && expire <= now ? -EACCES : 0;
}
