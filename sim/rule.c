/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluates the permission rule of a route for one caller. A refusal carries the text that Proxmox gives:
 * path and privilege where a single rule failed, nothing where a choice of rules did.
 */
#include "access.h"

#include <errno.h>
#include <string.h>

static int refuse(char *why, size_t size, const char *path, const char *privs, size_t len)
{
    (void)snprintf(why, size, " (%s, %.*s)", path, (int)len, privs);
    return -EACCES;
}

static int check_path(struct json_object *state, const struct sim_rule *rule, const char *who,
                      struct json_object *params, char *why, size_t size)
{
    SIM_FREE_WITH(sim_freep) char *filled = sim_fill(rule->path, params, NULL);
    struct sim_privs held;
    char path[512];

    if (!filled || sim_acl_normalize(filled, path, sizeof path) < 0)
        return refuse(why, size, "", rule->privs, strlen(rule->privs));
    sim_acl_privs(state, who, path, &held);
    for (const char *at = rule->privs; *at;) {
        size_t n = strcspn(at, "|");
        int index = sim_priv_index(at, n);
        bool has = index >= 0 && held.held[index] >= 0;

        if (has && rule->kind == SIM_RULE_ANY)
            return 0;
        if (!has && rule->kind == SIM_RULE_PERM)
            return refuse(why, size, path, at, n);
        at += n + (at[n] == '|');
    }
    return rule->kind == SIM_RULE_PERM ? 0 : refuse(why, size, path, rule->privs, strlen(rule->privs));
}

/* No path in the request reads as the root; a path that cannot be one is refused without a word. */
static int check_modify(struct json_object *state, const struct sim_rule *rule, const char *who,
                        struct json_object *params, char *why, size_t size)
{
    SIM_FREE_WITH(sim_freep) char *filled = sim_fill(rule->path, params, NULL);
    struct sim_rule any = {.kind = SIM_RULE_ANY};
    char path[512];

    if (sim_acl_normalize(filled ? filled : "/", path, sizeof path) < 0)
        return -EACCES;
    any.path = path;
    any.privs = sim_acl_modify_privs(path);
    return check_path(state, &any, who, NULL, why, size);
}

static bool holds_any(struct json_object *state, const char *who, const char *path, const char *privs)
{
    struct sim_rule rule = {.kind = SIM_RULE_ANY, .path = path, .privs = privs};
    char why[512];

    return check_path(state, &rule, who, NULL, why, sizeof why) == 0;
}

/* One of the privileges on /access/groups, or on a group that the user is in. */
static int check_userid_group(struct json_object *state, const struct sim_rule *rule, const char *who,
                              struct json_object *params)
{
    const char *userid = sim_str(params, "userid", "");
    struct json_object *groups = sim_at(state, "/access/groups");

    if (!sim_get(sim_at(state, "/access/users"), userid))
        return -ENOENT;
    if (holds_any(state, who, "/access/groups", rule->privs))
        return 0;
    if (!groups)
        return -EACCES;
    json_object_object_foreach(groups, name, group)
    {
        struct json_object *users = sim_get(group, "users");
        char path[300];

        (void)snprintf(path, sizeof path, "/access/groups/%s", name);
        for (size_t i = 0; users && i < json_object_array_length(users); i++) {
            if (strcmp(json_object_get_string(json_object_array_get_idx(users, i)), userid) == 0 &&
                holds_any(state, who, path, rule->privs))
                return 0;
        }
    }
    return -EACCES;
}

/* A name that is none is told first. -EPERM is final: no other rule of a choice makes up for it. */
static int check_userid_realm(struct json_object *state, const struct sim_rule *rule, const char *who,
                              struct json_object *params, char *why, size_t size)
{
    const char *userid = sim_str(params, "userid", "");
    char path[128];

    if (sim_username_check(userid, why, size) < 0)
        return -EBADMSG;
    (void)snprintf(path, sizeof path, "/access/realm/%s", strrchr(userid, '@') + 1);
    if (holds_any(state, who, path, rule->privs))
        return 0;
    (void)refuse(why, size, path, rule->privs, strlen(rule->privs));
    return -EPERM;
}

/* Whoever may not do it to all groups names those that he puts the user into, and may do it there. */
static int check_groups(struct json_object *state, const struct sim_rule *rule, const char *who,
                        struct json_object *params, char *why, size_t size)
{
    const char *at = sim_str(params, "groups", "");
    char group[256], path[300];
    bool any = false;

    if (rule->kind == SIM_RULE_GROUPS_SET &&
        !sim_get(sim_at(state, "/access/users"), sim_str(params, "userid", "")))
        return -ENOENT;
    if (holds_any(state, who, "/access/groups", rule->privs))
        return 0;
    while (sim_next_word(&at, group, sizeof group)) {
        any = true;
        (void)snprintf(path, sizeof path, "/access/groups/%s", group);
        if (!holds_any(state, who, path, rule->privs))
            return refuse(why, size, path, rule->privs, strlen(rule->privs));
    }
    if (!any)
        return refuse(why, size, "/access/groups", rule->privs, strlen(rule->privs));
    return rule->kind == SIM_RULE_GROUPS_SET ? check_userid_group(state, rule, who, params) : 0;
}

static int check(struct json_object *state, const struct sim_rule *rule, const char *who,
                 struct json_object *params, char *why, size_t size)
{
    why[0] = 0;
    switch (rule->kind) {
    case SIM_RULE_PERM:
    case SIM_RULE_ANY: return check_path(state, rule, who, params, why, size);
    case SIM_RULE_PERM_MODIFY: return check_modify(state, rule, who, params, why, size);
    case SIM_RULE_AND:
        for (const struct sim_rule *sub = rule->sub; sub->kind != SIM_RULE_END; sub++) {
            int r = check(state, sub, who, params, why, size);

            if (r < 0)
                return r;
        }
        return 0;
    case SIM_RULE_OR:
        for (const struct sim_rule *sub = rule->sub; sub->kind != SIM_RULE_END; sub++) {
            int r = check(state, sub, who, params, why, size);

            if (r == 0 || r == -EPERM || r == -EBADMSG)
                return r;
        }
        why[0] = 0;
        return -EACCES;
    case SIM_RULE_SELF:
        return sim_get(sim_at(state, "/access/users"), sim_str(params, "userid", "")) &&
                       strcmp(sim_str(params, "userid", ""), who) == 0
                   ? 0
                   : -EACCES;
    case SIM_RULE_USERID_GROUP: return check_userid_group(state, rule, who, params);
    case SIM_RULE_USERID_REALM: return check_userid_realm(state, rule, who, params, why, size);
    case SIM_RULE_GROUPS_NEW:
    case SIM_RULE_GROUPS_SET: return check_groups(state, rule, who, params, why, size);
    case SIM_RULE_ALL:
    case SIM_RULE_WORLD: return 0;
    case SIM_RULE_ROOT:
    case SIM_RULE_END: break;
    }
    (void)snprintf(why, size, " (user != root@pam)");
    return -EACCES;
}

int sim_rule_check(struct json_object *state, const struct sim_rule *rule, const char *who,
                   struct json_object *params, char *why, size_t why_size)
{
    int r;

    if (!who)
        return rule->kind == SIM_RULE_WORLD ? 0 : -EACCES;
    if (strcmp(who, "root@pam") == 0)
        return 0;
    why[0] = 0;
    r = check(state, rule, who, params, why, why_size);
    return r == -EPERM ? -EACCES : r;
}
