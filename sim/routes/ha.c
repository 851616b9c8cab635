/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: high availability.
 */
#include "routes.h"

static const struct sim_route rows[] = {
    {.method = "GET",
     .path = "/cluster/ha",
     .params = NO_PARAMS,
     .rule = PERM("/", "Sys.Audit"),
     .run = sim_index,
     .source = "id:groups,resources,rules,status"},
};
const struct sim_route_table sim_routes_ha = {rows, sizeof rows / sizeof *rows};
