/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: changes of a node's interfaces.
 */
#include "routes.h"

/* clang-format off */
#define TEXT(what)       {.name = (what), .optional = true}
#define OF(what, how)    {.name = (what), .optional = true, .format = (how)}
#define FLAG(what)       {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define NUMBER(what, from, to) \
    {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true, .min = (from), .has_max = true, .max = (to)}
#define IFACE            {.name = "iface", .format = "pve-iface", .min_length = 2, .max_length = 20}
/* That an address needs its mask is said by the handler, in other words than by a schema. */
#define OPTIONS \
    OF("address", "ipv4"), OF("address6", "ipv6"), FLAG("autostart"), OF("bond-primary", "pve-iface"), \
    {.name = "bond_mode", .optional = true, \
     .values = "balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb, balance-slb, " \
               "lacp-balance-slb, lacp-balance-tcp"}, \
    {.name = "bond_xmit_hash_policy", .optional = true, .values = "layer2, layer2+3, layer3+4"}, \
    OF("bridge_ports", "pve-iface-list"), OF("bridge_vids", "pve-vlan-id-or-range-list"), \
    FLAG("bridge_vlan_aware"), OF("cidr", "CIDRv4"), OF("cidr6", "CIDRv6"), TEXT("comments"), TEXT("comments6"), \
    OF("gateway", "ipv4"), OF("gateway6", "ipv6"), NUMBER("mtu", 1280, 65520), OF("netmask", "ipv4mask"), \
    NUMBER("netmask6", 0, 128), OF("ovs_bonds", "pve-iface-list"), OF("ovs_bridge", "pve-iface"), \
    {.name = "ovs_options", .optional = true, .max_length = 1024}, OF("ovs_ports", "pve-iface-list"), \
    NUMBER("ovs_tag", 1, 4094), OF("slaves", "pve-iface-list"), \
    {.name = "type", .values = "bridge, bond, eth, alias, vlan, fabric, OVSBridge, OVSBond, OVSPort, OVSIntPort, " \
                               "vnet, unknown"}, \
    NUMBER("vlan-id", 1, 4094), OF("vlan-raw-device", "pve-iface")
#define ROW(verb, where, handler, ...) \
    {.method = (verb), .path = "/nodes/{node}/network" where, .params = PARAMS(NODE, __VA_ARGS__), \
     .rule = PERM("/nodes/{node}", "Sys.Modify"), .flags = SIM_NODE, .run = (handler)}

static const struct sim_route rows[] = {
    ROW("POST", "", sim_network_create, IFACE, OPTIONS),
    ROW("PUT", "/{iface}", sim_network_update, IFACE, OPTIONS, OF("delete", "pve-configid-list")),
    ROW("DELETE", "/{iface}", sim_network_delete, IFACE),
    ROW("PUT", "", sim_network_apply, FLAG("regenerate-frr")),
    {.method = "DELETE", .path = "/nodes/{node}/network", .params = PARAMS(NODE), .flags = SIM_NODE,
     .rule = PERM("/nodes/{node}", "Sys.Modify"), .run = sim_network_revert},
};
/* clang-format on */
const struct sim_route_table sim_routes_network = {rows, sizeof rows / sizeof *rows};
