/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users, tokens, roles, the access list and what it gives, as they are read.
 */
#include "pbs.h"

#include <stdlib.h>
#include <string.h>

static struct json_object *token_item(const char *user, const char *name, struct json_object *token,
                                      bool named)
{
    struct json_object *item = sim_copy(token);
    char id[200];

    (void)snprintf(id, sizeof id, "%s!%s", user, name);
    sim_set_str(item, "tokenid", id);
    if (named)
        sim_set_str(item, "token-name", name);
    return item;
}

static struct json_object *token_list(const char *user, struct json_object *entry, bool named)
{
    struct json_object *list = json_object_new_array(), *tokens = sim_get(entry, "tokens");

    if (!tokens)
        return list;
    json_object_object_foreach(tokens, name, token)
    {
        json_object_array_add(list, token_item(user, name, token, named));
    }
    return list;
}

static struct json_object *user_item(const char *name, struct json_object *entry)
{
    struct json_object *item = sim_copy(entry);

    json_object_object_del(item, "tokens");
    sim_set_str(item, "userid", name);
    return item;
}

static void add_digest(struct sim_call *call, const char *place)
{
    char digest[65];

    sim_digest_sha256(sim_at(call->state, place), digest);
    if (!call->extra)
        call->extra = json_object_new_object();
    sim_set_str(call->extra, "digest", digest);
}

/* Whoever may not audit users sees itself. */
int pbs_users(struct sim_call *call)
{
    bool all = pbs_can(call, "/access/users", "Sys.Audit");

    call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/access/users"), name, entry)
    {
        struct json_object *item;

        if (!all && strcmp(name, call->who) != 0)
            continue;
        item = user_item(name, entry);
        if (sim_arg_int(call, "include_tokens", 0))
            sim_set(item, "tokens", token_list(name, entry, false));
        json_object_array_add(call->data, item);
    }
    add_digest(call, "/access/users");
    return 0;
}

static struct json_object *find_user(struct sim_call *call)
{
    struct json_object *entry = sim_get(sim_at(call->state, "/access/users"), sim_arg(call, "userid"));

    if (!entry)
        (void)sim_fail(call, 400, "no such user '%s'", sim_arg(call, "userid"));
    return entry;
}

int pbs_user(struct sim_call *call)
{
    struct json_object *entry = find_user(call);

    if (!entry)
        return -1;
    call->data = user_item(sim_arg(call, "userid"), entry);
    add_digest(call, "/access/users");
    return 0;
}

int pbs_user_tokens(struct sim_call *call)
{
    call->data = token_list(sim_arg(call, "userid"),
                            sim_get(sim_at(call->state, "/access/users"), sim_arg(call, "userid")), true);
    add_digest(call, "/access/users");
    return 0;
}

int pbs_user_token(struct sim_call *call)
{
    const char *name = sim_arg(call, "token-name"), *user = sim_arg(call, "userid");
    struct json_object *token =
        sim_get(sim_get(sim_get(sim_at(call->state, "/access/users"), user), "tokens"), name);

    if (!token)
        return sim_fail(call, 400, "no such token '%s!%s'", user, name);
    call->data = token_item(user, name, token, false);
    add_digest(call, "/access/users");
    return 0;
}

/* Without Sys.Audit on /access/acl only entries of one's own are listed. */
int pbs_acl(struct sim_call *call)
{
    struct json_object *list = sim_at(call->state, "/access/acl");
    bool all = pbs_can(call, "/access/acl", "Sys.Audit"), exact = sim_arg_int(call, "exact", 0) != 0;
    const char *top = sim_arg(call, "path");
    size_t n = top && strcmp(top, "/") != 0 ? strlen(top) : 0;

    call->data = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i), *item;
        const char *path = sim_str(entry, "path", ""), *who = sim_str(entry, "ugid", "");

        if ((!all && !pbs_owns(call->who, who)) || (top && exact && strcmp(path, top) != 0) ||
            (n > 0 && (strncmp(path, top, n) != 0 || (path[n] && path[n] != '/'))))
            continue;
        item = json_object_new_object();
        sim_set_str(item, "path", path);
        sim_set_str(item, "ugid", who);
        sim_set_str(item, "ugid_type", "user");
        sim_set(item, "propagate", json_object_new_boolean(sim_int(entry, "propagate", 1) != 0));
        sim_set_str(item, "roleid", sim_str(entry, "roleid", ""));
        json_object_array_add(call->data, item);
    }
    add_digest(call, "/access/acl");
    return 0;
}

int pbs_role_list(struct sim_call *call)
{
    call->data = json_object_new_array();
    for (size_t i = 0; i < pbs_role_count; i++) {
        struct json_object *item = json_object_new_object(), *privs = json_object_new_array();
        uint64_t bits = pbs_privs(pbs_roles[i].privs);

        for (size_t k = 0; k < pbs_priv_count; k++) {
            if (bits & (UINT64_C(1) << k))
                json_object_array_add(privs, json_object_new_string(pbs_priv_names[k]));
        }
        sim_set_str(item, "roleid", pbs_roles[i].name);
        sim_set(item, "privs", privs);
        json_object_array_add(call->data, item);
    }
    return 0;
}

static void put_rights(struct sim_call *call, const char *who, const char *path)
{
    struct json_object *privs;
    struct pbs_rights rights;

    pbs_rights(call->state, who, path, &rights);
    if (!rights.held)
        return;
    privs = json_object_new_object();
    for (size_t k = 0; k < pbs_priv_count; k++) {
        uint64_t bit = UINT64_C(1) << k;

        if (rights.held & bit)
            sim_set(privs, pbs_priv_names[k], json_object_new_boolean((rights.propagated & bit) != 0));
    }
    sim_set(call->data, path, privs);
}

/* The path and all above it. */
static void put_path(struct sim_call *call, const char *who, const char *path)
{
    size_t n = 1;
    char part[400];

    while (path[n]) {
        n += strcspn(path + n, "/");
        (void)snprintf(part, sizeof part, "%.*s", (int)n, path);
        put_rights(call, who, part);
        n += path[n] == '/';
    }
}

/* Of others only with Sys.Audit on /access, or of one's own tokens. */
int pbs_permissions(struct sim_call *call)
{
    static const char *const always[] = {"/", "/access", "/datastore", "/remote", "/system"};
    const char *who = sim_str(call->params, "auth-id", call->who), *path = sim_arg(call, "path");
    struct json_object *list = sim_at(call->state, "/access/acl");

    if (!pbs_owns(call->who, who) && !pbs_can(call, "/access", "Sys.Audit"))
        return sim_fail(call, 400, "not allowed to list permissions of %s", who);
    call->data = json_object_new_object();
    if (path) {
        put_rights(call, who, path);
        return 0;
    }
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        put_rights(call, who, always[i]);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        put_path(call, who, sim_str(json_object_array_get_idx(list, i), "path", "/"));
    return 0;
}

int pbs_domains(struct sim_call *call)
{
    call->data = sim_copy(sim_at(call->state, "/access/domains"));
    return 0;
}
