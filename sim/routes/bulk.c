/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: many guests at once.
 */
#include "routes.h"

/* clang-format off */
#define FLAG(what)    {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define NUMBER(what)  {.name = (what), .type = SIM_INTEGER, .optional = true}
#define WORKERS(what) {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1, \
                       .has_max = true, .max = 64}
#define VMS           {.name = "vms", .optional = true, .format = "pve-vmid-list"}
#define VMS_ARRAY     {.name = "vms", .type = SIM_ARRAY, .item = SIM_INTEGER, .optional = true, .format = "pve-vmid"}
#define TARGET        {.name = "target", .format = "pve-node"}
#define OF_NODE(verb, ...) {.method = "POST", .path = "/nodes/{node}/" verb, \
    .params = PARAMS(NODE, VMS, WORKERS("max-workers"), __VA_ARGS__), .rule = ALL, .flags = SIM_NODE, .run = sim_bulk}
#define OF_CLUSTER(verb, ...) {.method = "POST", .path = "/cluster/bulk-action/guest/" verb, \
    .params = PARAMS(VMS_ARRAY, WORKERS("max-workers"), __VA_ARGS__), .rule = ALL, .run = sim_bulk}

static const struct sim_route rows[] = {
    OF_NODE("startall", FLAG("force")),
    OF_NODE("stopall", FLAG("force-stop"),
            {.name = "timeout", .type = SIM_INTEGER, .optional = true, .has_min = true, .has_max = true, .max = 7200}),
    {.method = "POST", .path = "/nodes/{node}/suspendall", .params = PARAMS(NODE, VMS, WORKERS("max-workers")),
     .rule = ALL, .flags = SIM_NODE, .run = sim_bulk},
    OF_NODE("migrateall", TARGET, WORKERS("maxworkers"), FLAG("with-local-disks")),
    OF_CLUSTER("start", WORKERS("maxworkers"), NUMBER("timeout")),
    OF_CLUSTER("shutdown", WORKERS("maxworkers"), NUMBER("timeout"), FLAG("force-stop")),
    OF_CLUSTER("suspend", WORKERS("maxworkers"), FLAG("to-disk"),
               {.name = "statestorage", .optional = true, .format = "pve-storage-id", .needs = "to-disk"}),
    OF_CLUSTER("migrate", WORKERS("maxworkers"), TARGET, FLAG("online"), FLAG("with-local-disks")),
};
/* clang-format on */
const struct sim_route_table sim_routes_bulk = {rows, sizeof rows / sizeof *rows};
