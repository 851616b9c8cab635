/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of HA resources. What is requested here is only written down; the guests follow by the manager
 * (ha_manager.c), where the seed has one.
 */
#include "ha.h"
#include "handlers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UPDATE "update resources config failed: "

static const char *const numbers[] = {"max_restart", "max_relocate", "failback", "auto-rebalance"};

static struct json_object *resources(struct sim_call *call)
{
    return sim_at(call->state, "/ha/resources");
}

static struct json_object *rules(struct sim_call *call)
{
    return sim_at(call->state, "/ha/rules");
}

static bool old(struct sim_call *call)
{
    return call->sim->release && strcmp(call->sim->release, "8.4") == 0;
}

static const char *kind_of(struct sim_call *call, const char *vmid)
{
    const char *type = sim_str(sim_get(sim_get(call->state, "guests"), vmid), "type", NULL);

    if (!type)
        return NULL;
    return strcmp(type, "qemu") == 0 ? "vm" : "ct";
}

/* "vm:101", "ct:105", or the bare number of a guest. */
static int sid_new(struct sim_call *call, char *sid, size_t size)
{
    const char *given = sim_arg(call, "sid"), *colon = strchr(given, ':'), *kind;

    if (!colon) {
        kind = kind_of(call, given);
        if (!kind)
            return sim_fail(call, 500, "unable to detect SID from VMID - VM/CT %s does not exist\n", given);
        (void)snprintf(sid, size, "%s:%s", kind, given);
        return 0;
    }
    if (strncmp(given, "vm:", 3) != 0 && strncmp(given, "ct:", 3) != 0)
        return sim_fail(call, 500, "unknown section type '%.*s'\n", (int)(colon - given), given);
    (void)snprintf(sid, size, "%s", given);
    return 0;
}

static int sid_check(struct sim_call *call, const char *sid)
{
    const char *kind = kind_of(call, sid + 3), *type = sim_arg(call, "type");

    if (type && strncmp(type, sid, 2) != 0)
        return sim_fail(call, 500, "types does not match\n");
    if (!kind)
        return sim_fail(call, 500, "resource '%s' does not exist in cluster\n", sid);
    if (strncmp(kind, sid, 2) != 0)
        return sim_fail(call, 500, "resource '%s' - guest with ID %s is not a %s\n", sid, sid + 3,
                        *sid == 'v' ? "VM" : "CT");
    return 0;
}

static void put_given(struct sim_call *call, struct json_object *entry)
{
    const char *state = sim_arg(call, "state");

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sim_arg(call, numbers[i]))
            sim_set_int(entry, numbers[i], sim_arg_int(call, numbers[i], 0));
    }
    if (sim_arg(call, "comment"))
        sim_set_str(entry, "comment", sim_arg(call, "comment"));
    if (state)
        sim_set_str(entry, "state", strcmp(state, "enabled") == 0 ? "started" : state);
}

/* Groups are rules of node affinity (ha_groups.c), their resources the members. */
static int check_group(struct sim_call *call)
{
    const char *group = sim_arg(call, "group");

    if (!group)
        return 0;
    if (!old(call))
        return sim_fail(call, 500, "invalid parameter 'group': ha groups have been migrated to rules\n");
    if (strcmp(sim_str(sim_get(rules(call), group), "type", ""), "node-affinity") != 0)
        return sim_fail(call, 500, "ha group '%s' does not exist\n", group);
    return 0;
}

/* `group` NULL: in none. */
static void put_group(struct sim_call *call, const char *sid, const char *group)
{
    json_object_object_foreach(rules(call), name, rule)
    {
        if (strcmp(sim_str(rule, "type", ""), "node-affinity") == 0)
            sim_ha_list_word(rule, sid, group && strcmp(name, group) == 0);
    }
}

static void changed(struct sim_call *call)
{
    sim_touch(call->sim);
    sim_ha_wake(call->sim);
}

int sim_ha_resource_create(struct sim_call *call)
{
    struct json_object *entry;
    char sid[SIM_SID_MAX] = "";

    if (sid_new(call, sid, sizeof sid) < 0 || sid_check(call, sid) < 0 || check_group(call) < 0)
        return -EINVAL;
    if (sim_get(resources(call), sid))
        return sim_fail(call, 500, "create resource failed: resource ID '%s' already defined\n", sid);
    entry = json_object_new_object();
    sim_set_str(entry, "type", *sid == 'v' ? "vm" : "ct");
    put_given(call, entry);
    sim_set(resources(call), sid, entry);
    if (sim_arg(call, "group"))
        put_group(call, sid, sim_arg(call, "group"));
    changed(call);
    return 0;
}

/* The full id of the path; NULL entry when nobody manages it. */
static struct json_object *find(struct sim_call *call, char *sid, size_t size)
{
    const char *given = sim_arg(call, "sid"), *kind = strchr(given, ':') ? NULL : kind_of(call, given);

    (void)snprintf(sid, size, "%s%s%s", kind ? kind : "", kind ? ":" : "", given);
    return sim_get(resources(call), sid);
}

static int check_deleted(struct sim_call *call)
{
    static const char known[] = "auto-rebalance comment failback group max_relocate max_restart state";
    const char *at = sim_arg(call, "delete");
    char word[64];

    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!sim_word_in(known, " ", word, strlen(word)))
            return sim_fail(call, 500, UPDATE "no such option '%s'\n", word);
        if (sim_arg(call, word))
            return sim_fail(call, 500, UPDATE "cannot set and delete property '%s' at the same time!\n",
                            word);
    }
    return 0;
}

/* What the manager has given up is to be disabled before anything else is asked of it. */
static int check_error(struct sim_call *call, const char *sid, struct json_object *entry)
{
    if (!entry || strcmp(sim_str(entry, "crm_state", ""), "error") != 0 ||
        strcmp(sim_arg(call, "state") ? sim_arg(call, "state") : "", "disabled") == 0)
        return 0;
    return sim_fail(call, 500, "service '%s' in error state, must be disabled and fixed first\n", sid);
}

int sim_ha_resource_update(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = sim_ha_config(resources(call));
    const char *group = sim_arg(call, "delete");
    struct json_object *entry;
    char sid[SIM_SID_MAX] = "";

    entry = find(call, sid, sizeof sid);
    if (check_error(call, sid, entry) < 0 || check_group(call) < 0 ||
        sim_check_digest(call, file, UPDATE) < 0)
        return -EINVAL;
    if (!entry)
        return sim_fail(call, 500, UPDATE "no such resource '%s'\n", sid);
    if (check_deleted(call) < 0)
        return -EINVAL;
    put_given(call, entry);
    sim_drop_deleted(call, entry);
    if (group && sim_word_in(group, ",; ", "group", 5))
        put_group(call, sid, NULL);
    if (sim_arg(call, "group"))
        put_group(call, sid, sim_arg(call, "group"));
    changed(call);
    return 0;
}

/* With `purge` (the default on 9) the resource leaves its rules too; a rule that is left without any goes. */
static void leave_rules(struct sim_call *call, const char *sid)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *all = sim_copy(rules(call));

    json_object_object_foreach(all, name, copy)
    {
        struct json_object *rule = sim_get(rules(call), name);

        if (!sim_word_in(sim_str(copy, "resources", ""), ",; ", sid, strlen(sid)))
            continue;
        sim_ha_list_word(rule, sid, false);
        if (!old(call) && !*sim_str(rule, "resources", ""))
            json_object_object_del(rules(call), name);
    }
}

int sim_ha_resource_delete(struct sim_call *call)
{
    char sid[SIM_SID_MAX] = "";

    if (!find(call, sid, sizeof sid))
        return sim_fail(call, 500, "cannot delete service '%s', not HA managed!\n", sid);
    if (old(call) || sim_arg_int(call, "purge", 1))
        leave_rules(call, sid);
    json_object_object_del(resources(call), sid);
    changed(call);
    return 0;
}

int sim_ha_resource_move(struct sim_call *call)
{
    const char *node = sim_arg(call, "node");
    struct json_object *entry, *together, *blocking;
    char sid[SIM_SID_MAX] = "";

    entry = find(call, sid, sizeof sid);
    if (!entry)
        return sim_fail(call, 500, "no such resource '%s'\n", sid);
    if (check_error(call, sid, entry) < 0)
        return -EINVAL;
    call->data = json_object_new_object();
    sim_set_str(call->data, "requested-node", node);
    sim_set_str(call->data, "sid", sid);
    if (!old(call)) {
        together = sim_ha_together(call->state, sid);
        blocking = sim_ha_blocking(call->state, sid, node);
        if (together)
            sim_set(call->data, "comigrated-resources", together);
        if (blocking)
            sim_set(call->data, "blocking-resources", blocking);
    }
    sim_ha_request_node(call->sim, sid, node);
    return 0;
}
