/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: guests that come and go.
 */
#include "routes.h"

/* clang-format off */
#define FLAG(what) {.name = (what), .type = SIM_BOOLEAN, .optional = true}

static const struct sim_route rows[] = {
    {.method = "POST", .path = "/nodes/{node}/qemu", .params = sim_qemu_create_params, .rule = ALL, .flags = SIM_NODE,
     .run = sim_qemu_create},
    {.method = "POST", .path = "/nodes/{node}/lxc", .params = sim_lxc_create_params, .rule = ALL, .flags = SIM_NODE,
     .run = sim_lxc_create},
    {.method = "DELETE", .path = "/nodes/{node}/qemu/{vmid}",
     .params = PARAMS(NODE, VMID, FLAG("destroy-unreferenced-disks"), FLAG("purge"), FLAG("skiplock")),
     .rule = PERM("/vms/{vmid}", "VM.Allocate"), .flags = SIM_NODE, .run = sim_guest_destroy},
    {.method = "DELETE", .path = "/nodes/{node}/lxc/{vmid}",
     .params = PARAMS(NODE, VMID, FLAG("destroy-unreferenced-disks"), FLAG("force"), FLAG("purge")),
     .rule = PERM("/vms/{vmid}", "VM.Allocate"), .flags = SIM_NODE, .run = sim_guest_destroy},
};
/* clang-format on */
const struct sim_route_table sim_routes_guest_life = {rows, sizeof rows / sizeof *rows};
