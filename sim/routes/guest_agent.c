/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: what the agent inside of a VM does. (What it tells is among the reads of VMs.)
 */
#include "routes.h"

/* clang-format off */
#define ACTION(what, who, handler, ...) {.method = "POST", .path = "/nodes/{node}/qemu/{vmid}/agent" what, \
    .params = PARAMS(NODE, VMID, __VA_ARGS__), .rule = who, .flags = SIM_NODE, .run = (handler)}
#define MAY(privs) ANY("/vms/{vmid}", privs)
#define ANYTHING "VM.GuestAgent.Unrestricted"

static const struct sim_route rows[] = {
    ACTION("", MAY(ANYTHING), sim_agent, {.name = "command", .values = "fsfreeze-freeze, fsfreeze-status, "
        "fsfreeze-thaw, fstrim, get-fsinfo, get-host-name, get-memory-block-info, get-memory-blocks, get-osinfo, "
        "get-time, get-timezone, get-users, get-vcpus, info, network-get-interfaces, ping, shutdown, suspend-disk, "
        "suspend-hybrid, suspend-ram"}),
    ACTION("/ping", MAY("VM.GuestAgent.Audit|" ANYTHING), sim_agent, {.name = NULL}),
    ACTION("/fstrim", MAY("VM.GuestAgent.FileSystemMgmt|" ANYTHING), sim_agent, {.name = NULL}),
    ACTION("/fsfreeze-freeze", MAY("VM.GuestAgent.FileSystemMgmt|" ANYTHING), sim_agent, {.name = NULL}),
    ACTION("/fsfreeze-thaw", MAY("VM.GuestAgent.FileSystemMgmt|" ANYTHING), sim_agent, {.name = NULL}),
    ACTION("/fsfreeze-status", MAY("VM.GuestAgent.Audit|VM.GuestAgent.FileSystemMgmt|" ANYTHING), sim_agent,
        {.name = NULL}),
    ACTION("/shutdown", MAY("VM.PowerMgmt|" ANYTHING), sim_agent, {.name = NULL}),
    ACTION("/suspend-disk", MAY("VM.PowerMgmt|" ANYTHING), sim_agent, {.name = NULL}),
    ACTION("/suspend-hybrid", MAY("VM.PowerMgmt|" ANYTHING), sim_agent, {.name = NULL}),
    ACTION("/suspend-ram", MAY("VM.PowerMgmt|" ANYTHING), sim_agent, {.name = NULL}),
    ACTION("/set-user-password", PERM("/vms/{vmid}", ANYTHING), sim_agent,
        {.name = "crypted", .type = SIM_BOOLEAN, .optional = true},
        {.name = "password", .min_length = 5, .max_length = 1024}, {.name = "username"}),
    ACTION("/exec", PERM("/vms/{vmid}", ANYTHING), sim_agent_exec, {.name = "command", .type = SIM_ARRAY},
        {.name = "input-data", .optional = true, .max_length = 65536}),
    ACTION("/file-write", MAY("VM.GuestAgent.FileWrite|" ANYTHING), sim_agent_file_write,
        {.name = "content", .max_length = 61440}, {.name = "encode", .type = SIM_BOOLEAN, .optional = true},
        {.name = "file"}),
};
/* clang-format on */
const struct sim_route_table sim_routes_guest_agent = {rows, sizeof rows / sizeof *rows};
