/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All route tables of the Backup Server.
 */
#include "words.h"

const struct sim_route_table *const sim_pbs_route_tables[] = {
    &pbs_routes_store, &pbs_routes_jobs,        &pbs_routes_config,       &pbs_routes_access,
    &pbs_routes_node,  &pbs_routes_store_write, &pbs_routes_config_write,
};
const size_t sim_pbs_route_table_count = sizeof sim_pbs_route_tables / sizeof *sim_pbs_route_tables;
