/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes that do not answer: what is to be asked of them fails on the way, their guests and storages are
 * unknown, and without more than half of the nodes nothing can be changed.
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool sim_node_online(struct json_object *state, const char *node)
{
    struct json_object *entry = sim_get(sim_get(state, "nodes"), node);

    return entry && strcmp(sim_str(entry, "status", "online"), "online") == 0;
}

bool sim_quorate(struct json_object *state)
{
    int all = 0, online = 0;

    json_object_object_foreach(sim_get(state, "nodes"), name, node)
    {
        (void)node;
        all++;
        online += sim_node_online(state, name);
    }
    return online * 2 > all;
}

/* Its part in HA ends: another node is the master. */
static void leave_ha(struct sim *sim, const char *node)
{
    struct json_object *manager = sim_at(sim->state, "/ha/manager");

    if (!manager)
        return;
    if (sim_get(sim_get(manager, "node_status"), node))
        sim_set_str(sim_get(manager, "node_status"), node, "unknown");
    if (strcmp(sim_str(manager, "master_node", ""), node) == 0)
        sim_set_str(manager, "master_node", sim->node);
}

int sim_node_switch_off(struct sim *sim, const char *node)
{
    struct json_object *entry = sim_get(sim_get(sim->state, "nodes"), node);

    if (!entry || strcmp(node, sim->node) == 0)
        return -EINVAL;
    sim_set_str(entry, "status", "offline");
    leave_ha(sim, node);
    sim_touch(sim);
    return 0;
}
