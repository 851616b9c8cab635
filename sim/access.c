/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users, tokens, groups, roles, ACL, realms and effective permissions.
 */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

static struct json_object *users(struct sim_call *call)
{
    return sim_at(call->state, "/access/users");
}

static struct json_object *groups_of(struct sim_call *call, const char *user)
{
    struct json_object *list = json_object_new_array();

    json_object_object_foreach(sim_at(call->state, "/access/groups"), name, group)
    {
        struct json_object *members = sim_get(group, "users");

        for (size_t i = 0; members && i < json_object_array_length(members); i++) {
            if (strcmp(json_object_get_string(json_object_array_get_idx(members, i)), user) == 0)
                json_object_array_add(list, json_object_new_string(name));
        }
    }
    return list;
}

/* A user without its tokens. */
static struct json_object *plain_user(struct json_object *user)
{
    struct json_object *out = sim_copy(user);

    json_object_object_del(out, "tokens");
    return out;
}

/* Text of a list, commas between. */
static struct json_object *comma_list(struct json_object *list)
{
    char text[2048] = "";
    size_t used = 0;

    for (size_t i = 0; i < json_object_array_length(list) && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "," : "",
                                 json_object_get_string(json_object_array_get_idx(list, i)));
    return json_object_new_string(text);
}

static struct json_object *token_list(struct json_object *tokens)
{
    struct json_object *list = json_object_new_array();

    if (!tokens)
        return list;
    json_object_object_foreach(tokens, name, token)
    {
        struct json_object *item = sim_copy(token);

        sim_set_str(item, "tokenid", name);
        json_object_array_add(list, item);
    }
    return list;
}

/* A caller sees itself, and those in groups that it may administer or audit. */
static bool may_see(struct sim_call *call, const char *userid)
{
    static const struct sim_rule either[] = {
        {.kind = SIM_RULE_SELF},
        {.kind = SIM_RULE_USERID_GROUP, .privs = "User.Modify|Sys.Audit"},
        {.kind = SIM_RULE_END},
    };
    static const struct sim_rule rule = {.kind = SIM_RULE_OR, .sub = either};
    SIM_FREE_WITH(sim_json_freep) struct json_object *params = json_object_new_object();
    char why[256];

    sim_set_str(params, "userid", userid);
    return sim_rule_check(call->state, &rule, call->who, params, why, sizeof why) == 0;
}

int sim_users_list(struct sim_call *call)
{
    bool full = sim_arg_int(call, "full", 0) != 0;
    int64_t enabled = sim_arg_int(call, "enabled", -1);

    call->data = json_object_new_array();
    json_object_object_foreach(users(call), id, user)
    {
        const char *at = strrchr(id, '@');
        struct json_object *item, *realm;

        if (!may_see(call, id) || (enabled >= 0 && (sim_int(user, "enable", 1) != 0) != (enabled != 0)))
            continue;
        item = plain_user(user);
        sim_set_str(item, "userid", id);
        realm = at ? sim_get(sim_at(call->state, "/access/realms"), at + 1) : NULL;
        if (realm)
            sim_set_str(item, "realm-type", sim_str(realm, "type", ""));
        if (full) {
            SIM_FREE_WITH(sim_json_freep) struct json_object *groups = groups_of(call, id);

            sim_set(item, "groups", comma_list(groups));
            sim_set(item, "tokens", sim_get(user, "tokens") ? token_list(sim_get(user, "tokens")) : NULL);
        }
        json_object_array_add(call->data, item);
    }
    return 0;
}

int sim_user_show(struct sim_call *call)
{
    const char *id = sim_arg(call, "userid");
    struct json_object *user = sim_get(users(call), id);

    if (!user)
        return sim_fail(call, 500, "no such user ('%s')\n", id);
    call->data = plain_user(user);
    sim_set(call->data, "groups", groups_of(call, id));
    sim_set(call->data, "tokens", sim_copy(sim_get(user, "tokens")));
    return 0;
}

int sim_tokens_list(struct sim_call *call)
{
    call->data = token_list(sim_get(sim_get(users(call), sim_arg(call, "userid")), "tokens"));
    return 0;
}

int sim_token_show(struct sim_call *call)
{
    const char *id = sim_arg(call, "userid"), *token = sim_arg(call, "tokenid");

    call->data = sim_copy(sim_get(sim_get(sim_get(users(call), id), "tokens"), token));
    return call->data ? 0 : sim_fail(call, 500, "no such token '%s' for user '%s'\n", token, id);
}

int sim_groups_list(struct sim_call *call)
{
    call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/access/groups"), name, group)
    {
        struct json_object *item, *members = sim_get(group, "users");
        char path[300];

        (void)snprintf(path, sizeof path, "/access/groups/%s", name);
        if (!sim_can_any(call, path, "User.Modify|Sys.Audit|Group.Allocate"))
            continue;
        item = sim_copy(group);
        sim_set_str(item, "groupid", name);
        sim_set(item, "users", members ? comma_list(members) : json_object_new_string(""));
        json_object_array_add(call->data, item);
    }
    return 0;
}

int sim_group_show(struct sim_call *call)
{
    const char *name = sim_arg(call, "groupid");
    struct json_object *group = sim_get(sim_at(call->state, "/access/groups"), name);

    if (!group)
        return sim_fail(call, 500, "group '%s' does not exist\n", name);
    call->data = sim_copy(group);
    json_object_object_del(call->data, "users");
    sim_set(call->data, "members",
            sim_get(group, "users") ? sim_copy(sim_get(group, "users")) : json_object_new_array());
    return 0;
}

static void add_role(struct sim_call *call, const char *name, struct json_object *privs, int special)
{
    struct json_object *item = json_object_new_object();

    sim_set_str(item, "roleid", name);
    sim_set(item, "privs", privs);
    sim_set_int(item, "special", special);
    json_object_array_add(call->data, item);
}

int sim_roles_list(struct sim_call *call)
{
    call->data = json_object_new_array();
    for (size_t i = 0; i < sim_builtin_role_count; i++)
        add_role(call, sim_builtin_roles[i].name, json_object_new_string(sim_builtin_roles[i].privs), 1);
    json_object_object_foreach(sim_at(call->state, "/access/roles"), name, privs)
    {
        add_role(call, name, comma_list(privs), 0);
    }
    return 0;
}

int sim_role_show(struct sim_call *call)
{
    const char *name = sim_arg(call, "roleid");
    struct json_object *privs = sim_get(sim_at(call->state, "/access/roles"), name);

    call->data = json_object_new_object();
    for (size_t i = 0; privs && i < json_object_array_length(privs); i++)
        sim_set_int(call->data, json_object_get_string(json_object_array_get_idx(privs, i)), 1);
    if (privs)
        return 0;
    for (size_t i = 0; i < sim_builtin_role_count; i++) {
        if (strcmp(sim_builtin_roles[i].name, name) != 0)
            continue;
        for (const char *at = sim_builtin_roles[i].privs; *at;) {
            size_t n = strcspn(at, ",");
            char priv[64];

            (void)snprintf(priv, sizeof priv, "%.*s", (int)n, at);
            sim_set_int(call->data, priv, 1);
            at += n + (at[n] == ',');
        }
        return 0;
    }
    return sim_fail(call, 500, "role '%s' does not exist\n", name);
}

static int rank(struct json_object *entry)
{
    const char *type = sim_str(entry, "type", "");

    return strcmp(type, "user") == 0 ? 0 : strcmp(type, "group") == 0 ? 1 : 2;
}

/* Down the tree, what is above first ('/' before any letter); of one path users, groups, tokens. */
static int by_place(const void *a, const void *b)
{
    struct json_object *left = *(struct json_object *const *)a, *right = *(struct json_object *const *)b;
    const char *one = sim_str(left, "path", "/"), *other = sim_str(right, "path", "/");
    int r;

    while (*one && *one == *other) {
        one++;
        other++;
    }
    r = (*one == '/' ? 1 : (unsigned char)*one) - (*other == '/' ? 1 : (unsigned char)*other);
    if (r == 0)
        r = rank(left) - rank(right);
    if (r == 0)
        r = strcmp(sim_str(left, "ugid", ""), sim_str(right, "ugid", ""));
    return r ? r : strcmp(sim_str(left, "roleid", ""), sim_str(right, "roleid", ""));
}

/* Without Sys.Audit on /access a caller sees the entries of paths whose permissions it may change. */
int sim_acl_list(struct sim_call *call)
{
    struct json_object *acl = sim_at(call->state, "/access/acl");
    bool all = sim_can(call, "/access", "Sys.Audit");

    call->data = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(acl); i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);
        const char *path = sim_str(entry, "path", "/");

        if (all || sim_can_any(call, path, sim_acl_modify_privs(path)))
            json_object_array_add(call->data, sim_copy(entry));
    }
    json_object_array_sort(call->data, by_place);
    return 0;
}

static struct json_object *privs_object(struct sim_call *call, const char *who, const char *path)
{
    struct json_object *out = json_object_new_object();
    struct sim_privs privs;

    sim_acl_privs(call->state, who, path, &privs);
    for (size_t i = 0; i < sim_priv_count; i++) {
        if (privs.held[i] >= 0)
            sim_set_int(out, sim_priv_names[i], privs.held[i]);
    }
    return out;
}

static void dump_path(struct sim_call *call, const char *who, const char *path)
{
    struct json_object *privs;

    if (sim_get(call->data, path))
        return;
    privs = privs_object(call, who, path);
    if (json_object_object_length(privs) > 0)
        sim_set(call->data, path, privs);
    else
        json_object_put(privs);
}

/* The path and all above it. */
static void dump_upwards(struct sim_call *call, const char *who, const char *path)
{
    char level[512];

    (void)snprintf(level, sizeof level, "%s", path);
    while (level[1]) {
        char *slash = strrchr(level, '/');

        dump_path(call, who, level);
        if (slash == level)
            break;
        *slash = 0;
    }
    dump_path(call, who, "/");
}

/* The usual paths, every path of an entry with those above it, and every member of a pool. */
void sim_permissions_dump(struct sim_call *call, const char *who)
{
    static const char *const usual[] = {"/",     "/access", "/access/groups", "/nodes",
                                        "/pool", "/sdn",    "/storage",       "/vms"};
    struct json_object *acl = sim_at(call->state, "/access/acl");
    char path[512];

    call->data = json_object_new_object();
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        dump_path(call, who, usual[i]);
    for (size_t i = 0; acl && i < json_object_array_length(acl); i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);

        if (sim_acl_entry_counts(call->state, entry) &&
            sim_acl_normalize(sim_str(entry, "path", "/"), path, sizeof path) == 0)
            dump_upwards(call, who, path);
    }
    if (sim_get(call->state, "guests")) {
        json_object_object_foreach(sim_get(call->state, "guests"), vmid, guest)
        {
            if (!sim_str(guest, "pool", NULL))
                continue;
            (void)snprintf(path, sizeof path, "/vms/%s", vmid);
            dump_path(call, who, path);
        }
    }
    if (!sim_get(call->state, "pools"))
        return;
    json_object_object_foreach(sim_get(call->state, "pools"), name, pool)
    {
        struct json_object *storage = sim_get(pool, "storage");

        (void)name;
        for (size_t i = 0; storage && i < json_object_array_length(storage); i++) {
            (void)snprintf(path, sizeof path, "/storage/%s",
                           json_object_get_string(json_object_array_get_idx(storage, i)));
            dump_path(call, who, path);
        }
    }
}

/* USER@REALM or USER@REALM!TOKEN */
static bool good_id(const char *id)
{
    const char *at = strrchr(id, '@'), *bang = strchr(id, '!');

    return at && at != id && at[1] && !strpbrk(id, " \t\n:/") && (!bang || (bang[1] && bang[2]));
}

int sim_permissions(struct sim_call *call)
{
    const char *who = sim_arg(call, "userid"), *path = sim_arg(call, "path");

    if (who && strcmp(who, call->who) != 0) {
        size_t n = strlen(who);

        /* A user may ask about its own tokens. */
        if (!good_id(who))
            return sim_fail_param(call, "userid", "value does not look like a valid user or token ID");
        if (!(strlen(call->who) < n && strncmp(who, call->who, strlen(call->who)) == 0 &&
              who[strlen(call->who)] == '!') &&
            !sim_can(call, "/access", "Sys.Audit"))
            return sim_fail_perm(call, " (/access, Sys.Audit)");
    }
    if (!who)
        who = call->who;
    if (!path || !*path || strcmp(path, "0") == 0) {
        sim_permissions_dump(call, who);
        return 0;
    }
    call->data = json_object_new_object();
    sim_set(call->data, path, privs_object(call, who, path));
    return 0;
}

/* Fields of a realm that the list shows. */
int sim_domains_list(struct sim_call *call)
{
    static const char *const fields[] = {"type", "comment", "default", "tfa"};

    call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/access/realms"), name, realm)
    {
        struct json_object *item = json_object_new_object();

        sim_set_str(item, "realm", name);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            if (sim_get(realm, fields[i]))
                sim_set(item, fields[i], sim_copy(sim_get(realm, fields[i])));
        }
        json_object_array_add(call->data, item);
    }
    return 0;
}

int sim_user_tfa(struct sim_call *call)
{
    const char *id = sim_arg(call, "userid");
    struct json_object *user = sim_get(users(call), id);
    const char *at = strrchr(id, '@');

    if (!user)
        return sim_fail(call, 500, "no such user ('%s')\n", id);
    call->data = json_object_new_object();
    if (at && sim_str(sim_get(sim_at(call->state, "/access/realms"), at + 1), "tfa", NULL))
        sim_set_str(call->data, "realm",
                    sim_str(sim_get(sim_at(call->state, "/access/realms"), at + 1), "tfa", NULL));
    return 0;
}
