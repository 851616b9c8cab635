/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of all route tables.
 */
#include "routes.h"

const struct sim_route_table *const sim_route_tables[] = {
    &sim_routes_access,
    &sim_routes_firewall,
    &sim_routes_sdn,
    &sim_routes_notifications,
    &sim_routes_ceph,
    &sim_routes_cluster,
    &sim_routes_qemu,
    &sim_routes_lxc,
    &sim_routes_storage,
    &sim_routes_nodes,
    &sim_routes_guest_write,
    &sim_routes_pools,
    &sim_routes_jobs,
    &sim_routes_node_write,
    &sim_routes_cluster_write,
    &sim_routes_options,
    &sim_routes_bulk,
    &sim_routes_guest_disks,
    &sim_routes_guest_agent,
    &sim_routes_guest_life,
    &sim_routes_firewall_write,
    &sim_routes_sdn_write,
    &sim_routes_network,
    &sim_routes_access_write,
    &sim_routes_ha,
};
/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers. */
const size_t sim_route_table_count = sizeof sim_route_tables / sizeof *sim_route_tables;
