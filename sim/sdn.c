/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software-defined networks as a node sees them: zones, their vnets and bridges.
 */
#include "sdn.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

static bool zone_visible(struct sim_call *call, const char *zone)
{
    char path[200];

    (void)snprintf(path, sizeof path, "/sdn/zones/%s", zone);
    return sim_can_any(call, path, "SDN.Audit|SDN.Allocate|SDN.Use");
}

/* A node that has not taken over what was applied last is behind, or failed to. */
static const char *node_status(struct sim_call *call)
{
    const char *node = sim_arg(call, "node");

    if (sim_sdn_of_node(call->state, node) == sim_sdn_running(call->state))
        return "available";
    return sim_atf(call->state, "/nodes/%s/sdn-error", node) ? "error" : "pending";
}

int sim_sdn_node_zones(struct sim_call *call)
{
    struct json_object *zones = sim_get(sim_sdn_running(call->state), "zones");
    const char *node = sim_arg(call, "node");

    call->data = json_object_new_array();
    if (!zones)
        return 0;
    json_object_object_foreach(zones, name, zone)
    {
        const char *nodes = sim_str(zone, "nodes", NULL);
        struct json_object *item;

        if (!zone_visible(call, name) || (nodes && !sim_word_in(nodes, ",; ", node, strlen(node))))
            continue;
        item = json_object_new_object();
        sim_set_str(item, "zone", name);
        sim_set_str(item, "status", node_status(call));
        json_object_array_add(call->data, item);
    }
    return 0;
}

/* Calls `add` for each vnet of the zone in the request. */
static void each_vnet(struct sim_call *call, void (*add)(struct json_object *item, const char *vnet))
{
    struct json_object *vnets = sim_get(sim_sdn_of_node(call->state, sim_arg(call, "node")), "vnets");
    const char *zone = sim_arg(call, "zone");

    call->data = json_object_new_array();
    if (!vnets)
        return;
    json_object_object_foreach(vnets, name, vnet)
    {
        struct json_object *item;

        if (strcmp(sim_str(vnet, "zone", ""), zone) != 0)
            continue;
        item = json_object_new_object();
        add(item, name);
        json_object_array_add(call->data, item);
    }
}

static void as_bridge(struct json_object *item, const char *vnet)
{
    sim_set_str(item, "name", vnet);
    sim_set(item, "ports", json_object_new_array());
    sim_set(item, "vlan_filtering", NULL);
}

static void as_content(struct json_object *item, const char *vnet)
{
    sim_set_str(item, "vnet", vnet);
    sim_set_str(item, "status", "available");
    sim_set(item, "statusmsg", NULL);
}

int sim_sdn_bridges(struct sim_call *call)
{
    each_vnet(call, as_bridge);
    return 0;
}

int sim_sdn_content(struct sim_call *call)
{
    each_vnet(call, as_content);
    return 0;
}

static bool evpn(struct sim_call *call, const char *zone)
{
    return strcmp(sim_str(sim_get(sim_at(call->state, "/sdn/zones"), zone), "type", ""), "evpn") == 0;
}

int sim_sdn_ip_vrf(struct sim_call *call)
{
    if (!evpn(call, sim_arg(call, "zone")))
        return sim_fail_param(call, "zone", "zone is not an EVPN zone");
    call->data = json_object_new_array();
    return 0;
}

int sim_sdn_mac_vrf(struct sim_call *call)
{
    const char *zone =
        sim_str(sim_get(sim_at(call->state, "/sdn/vnets"), sim_arg(call, "vnet")), "zone", NULL);

    if (!zone)
        return sim_fail(call, 500, "sdn vnet '%s' does not exist\n", sim_arg(call, "vnet"));
    if (!evpn(call, zone))
        return sim_fail_param(call, "zone", "zone %s is not an EVPN zone.", zone);
    call->data = json_object_new_array();
    return 0;
}

int sim_sdn_fabrics_all(struct sim_call *call)
{
    call->data = json_object_new_object();
    sim_set(call->data, "fabrics", json_object_new_array());
    sim_set(call->data, "nodes", json_object_new_array());
    return 0;
}
