/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: high availability.
 */
#include "routes.h"

/* clang-format off */
#define FLAG(what)     {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define COUNT(what)    {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true}
#define COMMENT        {.name = "comment", .optional = true, .max_length = 4096}
#define DIGEST         {.name = "digest", .optional = true, .max_length = 64}
#define DELETE         {.name = "delete", .optional = true, .format = "pve-configid-list", .max_length = 4096}
#define SID            {.name = "sid", .format = "pve-ha-resource-or-vm-id"}
#define GROUP          {.name = "group", .format = "pve-configid"}
#define RULE           {.name = "rule", .format = "pve-configid"}
#define KIND           {.name = "type", .optional = true, .values = "ct, vm"}
#define HA_OPTIONS \
    {.name = "state", .optional = true, .values = "started, stopped, enabled, disabled, ignored"}, \
    {.name = "group", .optional = true, .format = "pve-configid"}, COUNT("max_restart"), COUNT("max_relocate"), \
    FLAG("failback"), FLAG("auto-rebalance"), COMMENT
#define GROUP_OPTIONS  GROUP, COMMENT, FLAG("nofailback"), FLAG("restricted")
#define NODES(may)     {.name = "nodes", .optional = (may), .format = "pve-ha-node-list"}
/* The options of a rule are those of its type; `must` says that they have to be there. */
#define BOTH           "node-affinity, resource-affinity"
#define RULE_OPTIONS(must) \
    RULE, {.name = "type", .values = BOTH}, \
    {.name = "affinity", .optional = true, .values = "positive, negative", .of = "resource-affinity", .of_needs = (must)}, \
    {.name = "comment", .optional = true, .max_length = 4096, .of = BOTH}, \
    {.name = "disable", .type = SIM_BOOLEAN, .optional = true, .of = BOTH}, \
    {.name = "nodes", .optional = true, .format = "pve-ha-node-list", .of = "node-affinity", .of_needs = (must)}, \
    {.name = "resources", .optional = !(must), .format = "pve-ha-resource-id-list", .of = BOTH, .of_needs = (must)}, \
    {.name = "strict", .type = SIM_BOOLEAN, .optional = true, .of = "node-affinity"}
#define READ(where, handler, ...) \
    {.method = "GET", .path = (where), .run = (handler), .rule = PERM("/", "Sys.Audit"), .params = PARAMS(__VA_ARGS__)}
#define WRITE(verb, where, handler, ...) \
    {.method = (verb), .path = (where), .run = (handler), .rule = PERM("/", "Sys.Console"), .params = PARAMS(__VA_ARGS__)}

static const struct sim_route rows[] = {
    {.method = "GET", .path = "/cluster/ha", .params = NO_PARAMS, .rule = PERM("/", "Sys.Audit"), .run = sim_index,
     .source = "id:groups,resources,rules,status"},
    {.method = "GET", .path = "/cluster/ha/status", .params = NO_PARAMS, .rule = ALL, .run = sim_index,
     .source = "name:arm-ha,current,disarm-ha,manager_status"},
    {.method = "GET", .path = "/cluster/ha/groups", .params = NO_PARAMS, .rule = PERM("/", "Sys.Audit"),
     .run = sim_ha_groups},
    READ("/cluster/ha/groups/{group}", sim_ha_groups, GROUP),
    WRITE("POST", "/cluster/ha/groups", sim_ha_group_create, GROUP_OPTIONS, NODES(false),
          {.name = "type", .optional = true, .values = "group"}),
    WRITE("PUT", "/cluster/ha/groups/{group}", sim_ha_group_update, GROUP_OPTIONS, NODES(true), DELETE, DIGEST),
    WRITE("DELETE", "/cluster/ha/groups/{group}", sim_ha_group_delete, GROUP),
    READ("/cluster/ha/resources", sim_ha_resources, KIND),
    READ("/cluster/ha/resources/{sid}", sim_ha_resource, SID),
    WRITE("POST", "/cluster/ha/resources", sim_ha_resource_create, {.name = "sid"}, KIND, HA_OPTIONS),
    WRITE("PUT", "/cluster/ha/resources/{sid}", sim_ha_resource_update, SID, HA_OPTIONS, DELETE, DIGEST),
    WRITE("DELETE", "/cluster/ha/resources/{sid}", sim_ha_resource_delete, SID, FLAG("purge")),
    WRITE("POST", "/cluster/ha/resources/{sid}/migrate", sim_ha_resource_move, SID,
          {.name = "node", .format = "pve-node"}),
    WRITE("POST", "/cluster/ha/resources/{sid}/relocate", sim_ha_resource_move, SID,
          {.name = "node", .format = "pve-node"}),
    READ("/cluster/ha/rules", sim_ha_rules, {.name = "resource", .optional = true},
         {.name = "type", .optional = true, .values = BOTH}),
    READ("/cluster/ha/rules/{rule}", sim_ha_rule, RULE),
    WRITE("POST", "/cluster/ha/rules", sim_ha_rule_create, RULE_OPTIONS(true)),
    WRITE("PUT", "/cluster/ha/rules/{rule}", sim_ha_rule_update, RULE_OPTIONS(false), DELETE, DIGEST),
    WRITE("DELETE", "/cluster/ha/rules/{rule}", sim_ha_rule_delete, RULE),
    {.method = "GET", .path = "/cluster/ha/status/current", .params = NO_PARAMS, .rule = PERM("/", "Sys.Audit"),
     .run = sim_ha_current},
    {.method = "GET", .path = "/cluster/ha/status/manager_status", .params = NO_PARAMS,
     .rule = PERM("/", "Sys.Audit"), .run = sim_ha_manager},
    WRITE("POST", "/cluster/ha/status/disarm-ha", sim_ha_disarm,
          {.name = "resource-mode", .values = "freeze, ignore"}),
    {.method = "POST", .path = "/cluster/ha/status/arm-ha", .params = NO_PARAMS, .rule = PERM("/", "Sys.Console"),
     .run = sim_ha_arm},
};
/* clang-format on */
const struct sim_route_table sim_routes_ha = {rows, sizeof rows / sizeof *rows};
