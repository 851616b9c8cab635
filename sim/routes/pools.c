/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: changes of pools.
 */
#include "routes.h"

/* clang-format off */
#define POOLID {.name = "poolid", .format = "pve-poolid"}
#define UPDATE PARAMS(POOLID, {.name = "comment", .optional = true}, \
    {.name = "vms", .optional = true, .format = "pve-vmid-list"}, \
    {.name = "storage", .optional = true, .format = "pve-storage-id-list"}, \
    {.name = "allow-move", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "delete", .type = SIM_BOOLEAN, .optional = true})
#define MAY PERM("/pool/{poolid}", "Pool.Allocate")

static const struct sim_route rows[] = {
    {.method = "POST", .path = "/pools", .params = PARAMS(POOLID, {.name = "comment", .optional = true}), .rule = MAY,
     .run = sim_pool_create},
    {.method = "PUT", .path = "/pools", .params = UPDATE, .rule = MAY, .run = sim_pool_update},
    {.method = "PUT", .path = "/pools/{poolid}", .params = UPDATE, .rule = MAY, .run = sim_pool_update},
    {.method = "DELETE", .path = "/pools", .params = PARAMS(POOLID), .rule = MAY, .run = sim_pool_delete},
    {.method = "DELETE", .path = "/pools/{poolid}", .params = PARAMS(POOLID), .rule = MAY, .run = sim_pool_delete},
};
/* clang-format on */
const struct sim_route_table sim_routes_pools = {rows, sizeof rows / sizeof *rows};
