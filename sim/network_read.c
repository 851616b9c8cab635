/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's interfaces with what waits to be applied; vnets count as bridges.
 */
#include "handlers.h"
#include "network.h"
#include "sdn.h"

#include <stdlib.h>
#include <string.h>

/* Vnets count as bridges for those who may use them. */
static void add_vnets(struct sim_call *call)
{
    struct json_object *sdn = sim_sdn_of_node(call->state, sim_arg(call, "node"));
    struct json_object *zones = sim_get(sdn, "zones"), *vnets = sim_get(sdn, "vnets");

    if (!zones || !vnets)
        return;
    json_object_object_foreach(vnets, name, vnet)
    {
        const char *zone = sim_str(vnet, "zone", "");
        struct json_object *item;
        char path[200];

        (void)snprintf(path, sizeof path, "/sdn/zones/%s/%s", zone, name);
        if (!sim_can_any(call, path, "SDN.Audit|SDN.Use"))
            continue;
        item = json_object_new_object();
        sim_set_str(item, "iface", name);
        sim_set_str(item, "type", "vnet");
        sim_set_str(item, "active", "1");
        if (sim_str(vnet, "alias", NULL))
            sim_set_str(item, "comments", sim_str(vnet, "alias", NULL));
        sim_set_int(item, "vlanaware", sim_int(vnet, "vlanaware", 0));
        sim_set_int(item, "ipam", sim_str(sim_get(zones, zone), "ipam", NULL) != NULL);
        json_object_array_add(call->data, item);
    }
}

/* Which interface types a value of the filter stands for. */
static bool iface_wanted(const char *filter, const char *type)
{
    if (!filter)
        return true;
    if (strcmp(filter, "any_bridge") == 0 || strcmp(filter, "any_local_bridge") == 0)
        return strcmp(type, "bridge") == 0 || strcmp(type, "OVSBridge") == 0;
    if (strcmp(filter, "include_sdn") == 0)
        return true;
    return strcmp(filter, type) == 0;
}

static void add_changes(struct sim_call *call, struct json_object *node)
{
    SIM_FREE_WITH(sim_freep) char *changes = sim_network_changes(node);

    if (!changes)
        return;
    if (!call->extra)
        call->extra = json_object_new_object();
    sim_set_str(call->extra, "changes", changes);
}

int sim_node_network(struct sim_call *call)
{
    struct json_object *node = sim_get(sim_at(call->state, "/nodes"), sim_arg(call, "node"));
    struct json_object *network = sim_get(node, "network");
    const char *filter = sim_arg(call, "type");
    char path[128];

    (void)snprintf(path, sizeof path, "/nodes/%s", sim_arg(call, "node"));
    call->data = json_object_new_array();
    if (filter && (strcmp(filter, "any_bridge") == 0 || strcmp(filter, "include_sdn") == 0))
        add_vnets(call);
    if (!network)
        return 0;
    json_object_object_foreach(network, name, iface)
    {
        const char *type = sim_str(iface, "type", "");
        bool bridge = strcmp(type, "bridge") == 0 || strcmp(type, "OVSBridge") == 0;
        struct json_object *item;
        char zone[128];

        /* A bridge is part of the zone of local networks: it takes a right on it to see one. */
        (void)snprintf(zone, sizeof zone, "/sdn/zones/localnetwork/%s", name);
        if (!iface_wanted(filter, type) ||
            (bridge && !sim_can(call, path, "Sys.Audit") && !sim_can_any(call, zone, "SDN.Audit|SDN.Use")))
            continue;
        item = sim_copy(iface);
        sim_set_str(item, "iface", name);
        json_object_array_add(call->data, item);
    }
    add_changes(call, node);
    return 0;
}
