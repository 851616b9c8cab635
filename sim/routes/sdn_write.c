/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: changes of software-defined networks, their lock, what applies them and takes them back.
 */
#include "routes.h"

/* clang-format off */
#define TEXT(what)     {.name = (what), .optional = true}
#define OF(what, how)  {.name = (what), .optional = true, .format = (how)}
#define FLAG(what)     {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define NUMBER(what)   {.name = (what), .type = SIM_INTEGER, .optional = true}
#define FROM(what, from) {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true, .min = (from)}
#define BETWEEN(what, from, to) \
    {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true, .min = (from), .has_max = true, .max = (to)}
#define TOKEN          TEXT("lock-token")
#define CHANGES \
    {.name = "delete", .optional = true, .format = "pve-configid-list", .max_length = 4096}, \
    {.name = "digest", .optional = true, .max_length = 64}
#define TYPE(words)    {.name = "type", .format = "pve-configid", .values = (words)}
#define SHORT(what)    {.name = (what), .pattern = "[a-zA-Z][a-zA-Z0-9]*[a-zA-Z0-9]", .min_length = 2, .max_length = 8}
#define PLAIN(what)    {.name = (what), .pattern = "[a-zA-Z][a-zA-Z0-9]*[a-zA-Z0-9]", .min_length = 2}
#define LONG_PATTERN   .pattern = "[a-zA-Z][a-zA-Z0-9_-]*[a-zA-Z0-9]", .min_length = 2, .max_length = 64
#define CONTROLLER     {.name = "controller", LONG_PATTERN}
#define FINGERPRINT    {.name = "fingerprint", .optional = true, .pattern = "([A-Fa-f0-9]{2}:){31}[A-Fa-f0-9]{2}"}

#define ZONE_OPTIONS \
    FLAG("advertise-subnets"), TEXT("bridge"), FLAG("bridge-disable-mac-learning"), TEXT("controller"), \
    {.name = "dhcp", .optional = true, .values = "dnsmasq"}, FLAG("disable-arp-nd-suppression"), TEXT("dns"), \
    OF("dnszone", "dns-name"), NUMBER("dp-id"), OF("exitnodes", "pve-node-list"), FLAG("exitnodes-local-routing"), \
    OF("exitnodes-primary", "pve-node"), OF("fabric", "pve-sdn-fabric-id"), TEXT("ipam"), TOKEN, \
    OF("mac", "mac-addr"), NUMBER("mtu"), OF("nodes", "pve-node-list"), OF("peers", "ip-list"), TEXT("reversedns"), \
    OF("rt-import", "pve-sdn-bgp-rt-list"), \
    {.name = "secondary-controllers", .type = SIM_ARRAY, .optional = true, LONG_PATTERN}, FROM("tag", 0), \
    {.name = "vlan-protocol", .optional = true, .values = "802.1q, 802.1ad"}, BETWEEN("vrf-vxlan", 1, 16777215), \
    BETWEEN("vxlan-port", 1, 65536), SHORT("zone")
#define VNET_OPTIONS \
    {.name = "alias", .optional = true, .pattern = "[-()_.[:alnum:][:space:]]{0,255}", .max_length = 256}, \
    FLAG("isolate-ports"), TOKEN, BETWEEN("tag", 1, 16777215), FLAG("vlanaware"), SHORT("vnet")
#define SUBNET_OPTIONS \
    OF("dhcp-dns-server", "ip"), \
    {.name = "dhcp-range", .type = SIM_ARRAY, .optional = true, .format = "pve-sdn-dhcp-range"}, \
    OF("dnszoneprefix", "dns-name"), OF("gateway", "ip"), TOKEN, FLAG("snat"), \
    {.name = "subnet", .format = "pve-sdn-subnet-id"}
#define CONTROLLER_OPTIONS \
    BETWEEN("asn", 0, 4294967295), {.name = "bgp-mode", .optional = true, .values = "auto, external, internal"}, \
    FLAG("bgp-multipath-as-path-relax"), CONTROLLER, FLAG("ebgp"), NUMBER("ebgp-multihop"), \
    OF("fabric", "pve-sdn-fabric-id"), TEXT("isis-domain"), OF("isis-ifaces", "pve-iface-list"), \
    {.name = "isis-net", .optional = true, .format = "pve-sdn-isis-net", .min_length = 20, .max_length = 50}, TOKEN, \
    TEXT("loopback"), OF("node", "pve-node"), OF("nodes", "pve-node-list"), OF("peer-group-name", "pve-configid"), \
    OF("peers", "ip-list"), OF("route-map-in", "pve-sdn-route-map-id"), OF("route-map-out", "pve-sdn-route-map-id")
#define IPAM_OPTIONS   FINGERPRINT, PLAIN("ipam"), TOKEN, NUMBER("section"), TEXT("token"), TEXT("url")
#define DNS_OPTIONS    PLAIN("dns"), FINGERPRINT, TOKEN, NUMBER("reversemaskv6"), NUMBER("ttl")
#define IP             {.name = "ip", .format = "ip"}, OF("mac", "mac-addr"), SHORT("vnet"), SHORT("zone")

#define ROW(verb, where, may, handler, ...) \
    {.method = (verb), .path = "/cluster/sdn" where, .params = PARAMS(__VA_ARGS__), .rule = RULE_OF may, .run = (handler)}
/* In parentheses a rule stays one argument. */
#define RULE_OF(which, where, what) {.kind = (which), .path = (where), .privs = (what)}
#define MAY(where)     (SIM_RULE_PERM, where, "SDN.Allocate")
#define MAY_ALL        (SIM_RULE_ALL, NULL, NULL) /* the handler looks at the zone */

static const struct sim_route rows[] = {
    ROW("POST", "/zones", MAY("/sdn/zones"), sim_sdn_create, ZONE_OPTIONS,
        TYPE("evpn, faucet, qinq, simple, vlan, vxlan")),
    ROW("PUT", "/zones/{zone}", MAY("/sdn/zones/{zone}"), sim_sdn_update, ZONE_OPTIONS, CHANGES),
    ROW("DELETE", "/zones/{zone}", MAY("/sdn/zones/{zone}"), sim_sdn_delete, SHORT("zone"), TOKEN),
    ROW("POST", "/vnets", MAY("/sdn/zones/{zone}"), sim_sdn_create, VNET_OPTIONS, {.name = "zone"},
        {.name = "type", .optional = true, .values = "vnet"}),
    ROW("PUT", "/vnets/{vnet}", MAY_ALL, sim_sdn_update, VNET_OPTIONS, TEXT("zone"), CHANGES),
    ROW("DELETE", "/vnets/{vnet}", MAY_ALL, sim_sdn_delete, SHORT("vnet"), TOKEN),
    ROW("POST", "/vnets/{vnet}/subnets", MAY_ALL, sim_sdn_subnet_create, SUBNET_OPTIONS, {.name = "vnet"},
        {.name = "type", .values = "subnet"}),
    ROW("PUT", "/vnets/{vnet}/subnets/{subnet}", MAY_ALL, sim_sdn_subnet_update, SUBNET_OPTIONS, TEXT("vnet"), CHANGES),
    ROW("DELETE", "/vnets/{vnet}/subnets/{subnet}", MAY_ALL, sim_sdn_subnet_delete,
        {.name = "subnet", .format = "pve-sdn-subnet-id"}, SHORT("vnet"), TOKEN),
    ROW("POST", "/vnets/{vnet}/ips", MAY("/sdn/zones/{zone}/{vnet}"), sim_sdn_ip_create, IP),
    ROW("PUT", "/vnets/{vnet}/ips", MAY("/sdn/zones/{zone}/{vnet}"), sim_sdn_ip_update, IP,
        {.name = "vmid", .type = SIM_INTEGER, .optional = true, .format = "pve-vmid", .has_min = true, .min = 100,
         .has_max = true, .max = 999999999}),
    ROW("DELETE", "/vnets/{vnet}/ips", MAY("/sdn/zones/{zone}/{vnet}"), sim_sdn_ip_delete, IP),
    ROW("POST", "/controllers", MAY("/sdn/controllers"), sim_sdn_create, CONTROLLER_OPTIONS,
        TYPE("bgp, evpn, faucet, isis")),
    ROW("PUT", "/controllers/{controller}", MAY("/sdn/controllers"), sim_sdn_update, CONTROLLER_OPTIONS, CHANGES),
    ROW("DELETE", "/controllers/{controller}", MAY("/sdn/controllers"), sim_sdn_delete, CONTROLLER, TOKEN),
    ROW("POST", "/ipams", MAY("/sdn/ipams"), sim_sdn_create, IPAM_OPTIONS, TYPE("netbox, phpipam, pve")),
    ROW("PUT", "/ipams/{ipam}", MAY("/sdn/ipams"), sim_sdn_update, IPAM_OPTIONS, CHANGES),
    ROW("DELETE", "/ipams/{ipam}", MAY("/sdn/ipams"), sim_sdn_delete, PLAIN("ipam"), TOKEN),
    ROW("POST", "/dns", MAY("/sdn/dns"), sim_sdn_create, DNS_OPTIONS, NUMBER("reversev6mask"), {.name = "key"},
        {.name = "url"}, TYPE("powerdns")),
    ROW("PUT", "/dns/{dns}", MAY("/sdn/dns"), sim_sdn_update, DNS_OPTIONS, TEXT("key"), TEXT("url"), CHANGES),
    ROW("DELETE", "/dns/{dns}", MAY("/sdn/dns"), sim_sdn_delete, PLAIN("dns"), TOKEN),
    ROW("POST", "/lock", MAY("/sdn"), sim_sdn_lock, FLAG("allow-pending")),
    ROW("DELETE", "/lock", MAY("/sdn"), sim_sdn_unlock, FLAG("force"), TOKEN),
    ROW("PUT", "", MAY("/sdn"), sim_sdn_apply, TOKEN, FLAG("release-lock")),
    ROW("POST", "/rollback", MAY("/sdn"), sim_sdn_rollback, TOKEN, FLAG("release-lock")),
};
/* clang-format on */
const struct sim_route_table sim_routes_sdn_write = {rows, sizeof rows / sizeof *rows};
