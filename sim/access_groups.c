/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of groups and roles. What is deleted takes its entries of the access list with it.
 */
#include "access.h"

#include <string.h>
#include <strings.h>

static const char *const comment[] = {"comment", NULL};

/* ---- groups ---- */

static struct json_object *groups(struct sim_call *call)
{
    return sim_at(call->state, "/access/groups");
}

int sim_group_create(struct sim_call *call)
{
    const char *name = sim_arg(call, "groupid");
    struct json_object *entry;

    if (sim_get(groups(call), name))
        return sim_fail(call, 500, "create group failed: group '%s' already exists\n", name);
    entry = json_object_new_object();
    sim_put_texts(call, entry, comment);
    sim_set(entry, "users", json_object_new_array());
    sim_set(groups(call), name, entry);
    sim_touch(call->sim);
    return 0;
}

int sim_group_update(struct sim_call *call)
{
    const char *name = sim_arg(call, "groupid");
    struct json_object *entry = sim_get(groups(call), name);

    if (!entry)
        return sim_fail(call, 500, "update group failed: group '%s' does not exist\n", name);
    sim_put_texts(call, entry, comment);
    sim_touch(call->sim);
    return 0;
}

int sim_group_delete(struct sim_call *call)
{
    const char *name = sim_arg(call, "groupid");

    if (!sim_get(groups(call), name))
        return sim_fail(call, 500, "delete group failed: group '%s' does not exist\n", name);
    sim_acl_forget_of(call->state, "group", name);
    json_object_object_del(groups(call), name);
    sim_touch(call->sim);
    return 0;
}

/* ---- roles: a list of privileges each ---- */

static struct json_object *roles(struct sim_call *call)
{
    return sim_at(call->state, "/access/roles");
}

static bool is_builtin(const char *name)
{
    for (size_t i = 0; i < sim_builtin_role_count; i++) {
        if (strcmp(sim_builtin_roles[i].name, name) == 0)
            return true;
    }
    return false;
}

/* The given privileges, and with `kept` those too, each once and in their order. */
static struct json_object *privileges(struct sim_call *call, const char *kept_of)
{
    struct json_object *list = json_object_new_array();
    const char *given = sim_arg(call, "privs");
    struct sim_privs kept;
    bool has_kept = kept_of && sim_acl_role_privs(call->state, kept_of, &kept);

    for (size_t i = 0; i < sim_priv_count; i++) {
        const char *name = sim_priv_names[i];

        if ((has_kept && kept.held[i] >= 0) || (given && sim_word_in(given, ",; ", name, strlen(name))))
            json_object_array_add(list, json_object_new_string(name));
    }
    return list;
}

int sim_role_create(struct sim_call *call)
{
    const char *name = sim_arg(call, "roleid");

    if (strncasecmp(name, "PVE", 3) == 0)
        return sim_fail_param(call, "roleid",
                              "cannot use role ID starting with the (case-insensitive) 'PVE' namespace");
    if (is_builtin(name) || sim_get(roles(call), name))
        return sim_fail(call, 500, "create role failed: role '%s' already exists\n", name);
    sim_set(roles(call), name, privileges(call, NULL));
    sim_touch(call->sim);
    return 0;
}

int sim_role_update(struct sim_call *call)
{
    const char *name = sim_arg(call, "roleid");

    if (is_builtin(name))
        return sim_fail(call, 500, "auto-generated role '%s' cannot be modified\n", name);
    if (!sim_get(roles(call), name))
        return sim_fail(call, 500, "update role failed: role '%s' does not exist\n", name);
    sim_set(roles(call), name, privileges(call, sim_arg_int(call, "append", 0) ? name : NULL));
    sim_touch(call->sim);
    return 0;
}

int sim_role_delete(struct sim_call *call)
{
    const char *name = sim_arg(call, "roleid");

    if (is_builtin(name))
        return sim_fail(call, 500, "auto-generated role '%s' cannot be deleted\n", name);
    if (!sim_get(roles(call), name))
        return sim_fail(call, 500, "delete role failed: role '%s' does not exist\n", name);
    sim_acl_forget_of(call->state, "role", name);
    json_object_object_del(roles(call), name);
    sim_touch(call->sim);
    return 0;
}
