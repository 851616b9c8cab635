/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: changes of firewalls. What is said of rules, aliases and IP sets is the same wherever they are.
 */
#include "routes.h"

/* clang-format off */
#define TEXT(what)     {.name = (what), .optional = true}
#define FLAG(what)     {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define COUNT(what)    {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true}
#define DIGEST         {.name = "digest", .optional = true, .max_length = 64}
#define DELETE         {.name = "delete", .optional = true, .format = "pve-configid-list"}
#define LEVELS         "emerg, alert, crit, err, warning, notice, info, debug, nolog"
#define LEVEL(what)    {.name = (what), .optional = true, .values = LEVELS}
#define POLICY(what)   {.name = (what), .optional = true, .values = "ACCEPT, REJECT, DROP"}
#define POLICY_FORWARD {.name = "policy_forward", .optional = true, .values = "ACCEPT, DROP"}
#define WORD           "[A-Za-z][A-Za-z0-9_-]+"
#define NAMED(what, may_miss, longest) \
    {.name = (what), .optional = (may_miss), .pattern = WORD, .min_length = 2, .max_length = (longest)}
#define NAME           NAMED("name", false, 64)
#define GROUP          NAMED("group", false, 18)
#define VNET           {.name = "vnet", .pattern = "[a-zA-Z][a-zA-Z0-9]*[a-zA-Z0-9]", .min_length = 2, .max_length = 8}
#define SPEC(what, of) {.name = (what), .optional = true, .format = "pve-fw-" of "-spec"}
#define ADDRESS(what)  {.name = (what), .optional = true, .format = "pve-fw-addr-spec", .max_length = 512}

/* What comes before in every path of a place, as parameters. */
#define OF_CLUSTER
#define OF_NODE        NODE,
#define OF_GUEST       NODE, VMID,
#define OF_VNET        VNET,
#define OF_GROUP       GROUP,

#define RULE(may_miss) \
    {.name = "action", .optional = (may_miss), .pattern = WORD, .min_length = 2, .max_length = 20}, \
    TEXT("comment"), ADDRESS("dest"), DIGEST, SPEC("dport", "dport"), COUNT("enable"), \
    SPEC("icmp-type", "icmp-type"), \
    {.name = "iface", .optional = true, .format = "pve-iface", .min_length = 2, .max_length = 20}, LEVEL("log"), \
    {.name = "macro", .optional = true, .max_length = 128}, COUNT("pos"), SPEC("proto", "protocol"), \
    ADDRESS("source"), SPEC("sport", "sport"), \
    {.name = "type", .optional = (may_miss), .values = "in, out, forward, group"}
#define ROW(verb, where, may, how, handler, ...) \
    {.method = (verb), .path = where, .params = PARAMS(__VA_ARGS__), .rule = RULE_OF may, .flags = (how), .run = (handler)}
#define RULES(where, may, how, of) \
    ROW("POST", where, may, how, sim_fw_rule_create, of RULE(false)), \
    ROW("PUT", where "/{pos}", may, how, sim_fw_rule_update, of RULE(true), COUNT("moveto"), DELETE), \
    ROW("DELETE", where "/{pos}", may, how, sim_fw_rule_delete, of COUNT("pos"), DIGEST)
#define OPTIONS(where, may, how, of, ...) \
    ROW("PUT", where "/options", may, how, sim_fw_options_update, of DELETE, DIGEST, __VA_ARGS__)

#define CIDR           {.name = "cidr", .format = "IPorCIDR"}
#define MEMBER         {.name = "cidr", .format = "IPorCIDRorAlias"}
#define OBJECTS(where, may, of) \
    ROW("POST", where "/aliases", may, 0, sim_fw_named_create, of CIDR, TEXT("comment"), NAME), \
    ROW("PUT", where "/aliases/{name}", may, 0, sim_fw_alias_update, \
        of CIDR, TEXT("comment"), DIGEST, NAME, NAMED("rename", true, 64)), \
    ROW("DELETE", where "/aliases/{name}", may, 0, sim_fw_alias_delete, of DIGEST, NAME), \
    ROW("POST", where "/ipset", may, 0, sim_fw_named_create, \
        of TEXT("comment"), DIGEST, NAME, NAMED("rename", true, 64)), \
    ROW("DELETE", where "/ipset/{name}", may, 0, sim_fw_list_delete, of FLAG("force"), NAME), \
    ROW("POST", where "/ipset/{name}", may, 0, sim_fw_entry_create, \
        of MEMBER, TEXT("comment"), NAME, FLAG("nomatch")), \
    ROW("PUT", where "/ipset/{name}/{cidr}", may, 0, sim_fw_entry_update, \
        of MEMBER, TEXT("comment"), DIGEST, NAME, FLAG("nomatch")), \
    ROW("DELETE", where "/ipset/{name}/{cidr}", may, 0, sim_fw_entry_delete, of MEMBER, DIGEST, NAME)

/* In parentheses they stay one argument. */
#define RULE_OF(which, where, what) {.kind = (which), .path = (where), .privs = (what)}
#define MAY_CLUSTER    (SIM_RULE_PERM, "/", "Sys.Modify")
#define MAY_NODE       (SIM_RULE_PERM, "/nodes/{node}", "Sys.Modify")
#define MAY_GUEST      (SIM_RULE_PERM, "/vms/{vmid}", "VM.Config.Network")
#define MAY_ALL        (SIM_RULE_ALL, NULL, NULL) /* the handler looks at the vnet's zone */
#define AT_GUEST(kind) "/nodes/{node}/" kind "/{vmid}/firewall"
#define GUEST(kind) \
    RULES(AT_GUEST(kind) "/rules", MAY_GUEST, 0, OF_GUEST), OBJECTS(AT_GUEST(kind), MAY_GUEST, OF_GUEST), \
    OPTIONS(AT_GUEST(kind), MAY_GUEST, SIM_NODE, OF_GUEST, FLAG("dhcp"), FLAG("enable"), FLAG("ipfilter"), \
            LEVEL("log_level_in"), LEVEL("log_level_out"), FLAG("macfilter"), FLAG("ndp"), POLICY("policy_in"), \
            POLICY("policy_out"), FLAG("radv"))

static const struct sim_param ratelimit[] = {
    {.name = "enable", .unnamed = true, .type = SIM_BOOLEAN},
    {.name = "burst", .type = SIM_INTEGER, .optional = true, .has_min = true},
    {.name = "rate", .optional = true, .pattern = "[1-9][0-9]*/(second|minute|hour|day)"},
    {.name = NULL},
};

static const struct sim_route rows[] = {
    RULES("/cluster/firewall/rules", MAY_CLUSTER, 0, OF_CLUSTER),
    OBJECTS("/cluster/firewall", MAY_CLUSTER, OF_CLUSTER),
    OPTIONS("/cluster/firewall", MAY_CLUSTER, 0, OF_CLUSTER, FLAG("ebtables"), COUNT("enable"),
            {.name = "log_ratelimit", .optional = true, .sub = ratelimit}, POLICY_FORWARD, POLICY("policy_in"),
            POLICY("policy_out")),
    RULES("/cluster/firewall/groups/{group}", MAY_CLUSTER, 0, OF_GROUP),
    ROW("POST", "/cluster/firewall/groups", MAY_CLUSTER, 0, sim_fw_named_create,
        TEXT("comment"), DIGEST, GROUP, NAMED("rename", true, 18)),
    ROW("DELETE", "/cluster/firewall/groups/{group}", MAY_CLUSTER, 0, sim_fw_list_delete, GROUP),
    RULES("/nodes/{node}/firewall/rules", MAY_NODE, SIM_NODE, OF_NODE),
    OPTIONS("/nodes/{node}/firewall", MAY_NODE, SIM_NODE, OF_NODE, FLAG("enable"), LEVEL("log_level_forward"),
            LEVEL("log_level_in"), LEVEL("log_level_out"), FLAG("log_nf_conntrack"), FLAG("ndp"),
            FLAG("nf_conntrack_allow_invalid"),
            {.name = "nf_conntrack_helpers", .optional = true, .format = "pve-fw-conntrack-helper"},
            {.name = "nf_conntrack_max", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 32768},
            {.name = "nf_conntrack_tcp_timeout_established", .type = SIM_INTEGER, .optional = true, .has_min = true,
             .min = 7875},
            {.name = "nf_conntrack_tcp_timeout_syn_recv", .type = SIM_INTEGER, .optional = true, .has_min = true,
             .min = 30, .has_max = true, .max = 60},
            FLAG("nftables"), FLAG("nosmurfs"), FLAG("protection_synflood"),
            {.name = "protection_synflood_burst", .type = SIM_INTEGER, .optional = true},
            {.name = "protection_synflood_rate", .type = SIM_INTEGER, .optional = true},
            LEVEL("smurf_log_level"), LEVEL("tcp_flags_log_level"), FLAG("tcpflags")),
    GUEST("qemu"), GUEST("lxc"),
    RULES("/cluster/sdn/vnets/{vnet}/firewall/rules", MAY_ALL, 0, OF_VNET),
    OPTIONS("/cluster/sdn/vnets/{vnet}/firewall", MAY_ALL, 0, OF_VNET, FLAG("enable"), LEVEL("log_level_forward"),
            POLICY_FORWARD),
};
/* clang-format on */
const struct sim_route_table sim_routes_firewall_write = {rows, sizeof rows / sizeof *rows};
