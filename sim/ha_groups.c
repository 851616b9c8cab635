/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HA groups: 8.4 has them where 9 has rules of node affinity, and the state keeps them as such a rule, whose
 * resources are the members. On 9 every request about a group fails.
 */
#include "ha.h"
#include "handlers.h"
#include "release.h"

#include <errno.h>
#include <string.h>

static int migrated(struct sim_call *call, const char *what)
{
    return sim_fail(call, 500, "cannot %s: ha groups have been migrated to rules\n", what);
}

static bool old(struct sim_call *call)
{
    return call->sim->release && strcmp(call->sim->release, "8.4") == 0;
}

static struct json_object *groups(struct sim_call *call)
{
    return sim_at(call->state, "/ha/rules");
}

static struct json_object *find(struct sim_call *call, const char *name)
{
    struct json_object *rule = sim_get(groups(call), name);

    return rule && strcmp(sim_str(rule, "type", ""), "node-affinity") == 0 ? rule : NULL;
}

int sim_ha_groups(struct sim_call *call)
{
    if (!old(call))
        return migrated(call, sim_arg(call, "group") ? "read group" : "index groups");
    return sim_release_ha_groups(call);
}

static int check_nodes(struct sim_call *call, const char *prefix)
{
    const char *at = sim_arg(call, "nodes");
    char node[SIM_NODE_MAX];

    while (at && sim_next_word(&at, node, sizeof node)) {
        node[strcspn(node, ":")] = 0;
        if (!sim_get(sim_get(call->state, "nodes"), node))
            return sim_fail(call, 500, "%sno such cluster node '%s'\n", prefix, node);
    }
    return 0;
}

static void put_given(struct sim_call *call, struct json_object *rule)
{
    sim_put_given(call, rule, "group type digest delete restricted");
    if (sim_arg(call, "restricted"))
        sim_set_int(rule, "strict", sim_arg_int(call, "restricted", 0));
}

int sim_ha_group_create(struct sim_call *call)
{
    static const char prefix[] = "create ha group failed: ";
    const char *name = sim_arg(call, "group");
    struct json_object *rule;

    if (!old(call))
        return migrated(call, "create group");
    if (find(call, name))
        return sim_fail(call, 500, "%sha group ID '%s' already defined\n", prefix, name);
    if (check_nodes(call, prefix) < 0)
        return -EINVAL;
    rule = json_object_new_object();
    sim_set_str(rule, "type", "node-affinity");
    sim_set_str(rule, "resources", "");
    put_given(call, rule);
    sim_set(groups(call), name, rule);
    sim_touch(call->sim);
    return 0;
}

int sim_ha_group_update(struct sim_call *call)
{
    static const char prefix[] = "update ha group failed: ", known[] = "comment nofailback restricted";
    const char *name = sim_arg(call, "group"), *at = sim_arg(call, "delete");
    struct json_object *rule = find(call, name);
    char word[64];

    if (!old(call))
        return migrated(call, "update group");
    if (sim_check_digest(call, groups(call), prefix) < 0)
        return -EINVAL;
    if (!rule)
        return sim_fail(call, 500, "%sno such ha group '%s'\n", prefix, name);
    if (check_nodes(call, prefix) < 0)
        return -EINVAL;
    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!sim_word_in(known, " ", word, strlen(word)))
            return sim_fail(call, 500, "%sno such option '%s'\n", prefix, word);
        json_object_object_del(rule, strcmp(word, "restricted") == 0 ? "strict" : word);
    }
    put_given(call, rule);
    sim_touch(call->sim);
    sim_ha_wake(call->sim);
    return 0;
}

int sim_ha_group_delete(struct sim_call *call)
{
    static const char prefix[] = "delete ha group failed: ";
    const char *name = sim_arg(call, "group"), *members;
    struct json_object *rule = find(call, name);
    char sid[SIM_SID_MAX];

    if (!old(call))
        return migrated(call, "delete group");
    members = sim_str(rule, "resources", "");
    if (sim_next_word(&members, sid, sizeof sid))
        return sim_fail(call, 500, "%sha group is used by service '%s'\n", prefix, sid);
    json_object_object_del(groups(call), name);
    sim_touch(call->sim);
    return 0;
}
