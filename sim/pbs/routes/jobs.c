/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes of the Backup Server: jobs, as they run.
 */
#include "words.h"

static const struct sim_route rows[] = {
    {.method = "GET", .path = "/admin/prune", .params = PARAMS(P_STORE_OPT), .rule = ALL, .run = pbs_jobs},
    {.method = "GET",
     .path = "/admin/sync",
     .params = PARAMS(P_STORE_OPT, {.name = "sync-direction", .values = "all, push, pull", .optional = true}),
     .rule = ALL,
     .run = pbs_jobs},
    {.method = "GET", .path = "/admin/verify", .params = PARAMS(P_STORE_OPT), .rule = ALL, .run = pbs_jobs},
    {.method = "GET",
     .path = "/admin/traffic-control",
     .params = NO_PARAMS,
     .rule = PERM("/", "Sys.Audit"),
     .run = pbs_traffic},
    {.method = "POST",
     .path = "/admin/prune/{id}/run",
     .params = PARAMS(P_ID),
     .rule = ALL,
     .run = pbs_prune_run},
    {.method = "POST",
     .path = "/admin/verify/{id}/run",
     .params = PARAMS(P_ID),
     .rule = ALL,
     .run = pbs_verify_run},
    {.method = "POST",
     .path = "/admin/sync/{id}/run",
     .params = PARAMS(P_ID),
     .rule = ALL,
     .run = pbs_sync_run},
};

const struct sim_route_table pbs_routes_jobs = {rows, sizeof rows / sizeof *rows};
