/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for the rows of route tables: parameters that many methods share, permission rules.
 */
#ifndef PROXIMO_SIM_ROUTES_H
#define PROXIMO_SIM_ROUTES_H

#include "../handlers.h"

/* clang-format off */
#define PARAMS(...) (const struct sim_param[]){__VA_ARGS__, {.name = NULL}}
#define NO_PARAMS   (const struct sim_param[]){{.name = NULL}}
#define NODE        {.name = "node", .format = "pve-node"}
#define VMID        {.name = "vmid", .type = SIM_INTEGER, .format = "pve-vmid", .has_min = true, .min = 100, \
                     .has_max = true, .max = 999999999}

#define ROOT                 {.kind = SIM_RULE_ROOT}
#define ALL                  {.kind = SIM_RULE_ALL}
#define WORLD                {.kind = SIM_RULE_WORLD}
#define PERM(where, what)    {.kind = SIM_RULE_PERM, .path = (where), .privs = (what)}
#define ANY(where, what)     {.kind = SIM_RULE_ANY, .path = (where), .privs = (what)}
#define PERM_MODIFY(where)   {.kind = SIM_RULE_PERM_MODIFY, .path = (where)}
#define SELF                 {.kind = SIM_RULE_SELF}
#define USERID_GROUP(what)   {.kind = SIM_RULE_USERID_GROUP, .privs = (what)}
#define USERID_REALM(what)   {.kind = SIM_RULE_USERID_REALM, .privs = (what)}
#define GROUPS_NEW(what)     {.kind = SIM_RULE_GROUPS_NEW, .privs = (what)}
#define GROUPS_SET(what)     {.kind = SIM_RULE_GROUPS_SET, .privs = (what)}
#define AND(...) {.kind = SIM_RULE_AND, .sub = (const struct sim_rule[]){__VA_ARGS__, {.kind = SIM_RULE_END}}}
#define OR(...)  {.kind = SIM_RULE_OR, .sub = (const struct sim_rule[]){__VA_ARGS__, {.kind = SIM_RULE_END}}}
/* clang-format on */

extern const struct sim_route_table sim_routes_access, sim_routes_firewall, sim_routes_sdn,
    sim_routes_notifications, sim_routes_ceph, sim_routes_cluster, sim_routes_qemu, sim_routes_lxc,
    sim_routes_storage, sim_routes_nodes, sim_routes_guest_write, sim_routes_pools, sim_routes_jobs,
    sim_routes_node_write, sim_routes_cluster_write, sim_routes_options, sim_routes_bulk,
    sim_routes_guest_disks, sim_routes_guest_agent, sim_routes_guest_life, sim_routes_firewall_write,
    sim_routes_sdn_write, sim_routes_network, sim_routes_access_write, sim_routes_ha;

#endif
