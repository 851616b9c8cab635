/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: power, snapshots, configuration and migration of guests.
 */
#include "routes.h"

/* clang-format off */
#define SKIPLOCK  {.name = "skiplock", .type = SIM_BOOLEAN, .optional = true}
#define FLAG(what) {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define TIMEOUT   {.name = "timeout", .type = SIM_INTEGER, .optional = true, .has_min = true}
#define SNAPNAME  {.name = "snapname", .format = "pve-configid", .max_length = 40}
#define TEXT(what) {.name = (what), .optional = true}
#define POWER(kind, verb, ...) {.method = "POST", .path = "/nodes/{node}/" kind "/{vmid}/status/" verb, \
     .params = PARAMS(NODE, VMID, __VA_ARGS__), .rule = PERM("/vms/{vmid}", "VM.PowerMgmt"), \
     .flags = SIM_NODE, .run = sim_power}
#define PLAIN_POWER(kind, verb) {.method = "POST", .path = "/nodes/{node}/" kind "/{vmid}/status/" verb, \
     .params = PARAMS(NODE, VMID), .rule = PERM("/vms/{vmid}", "VM.PowerMgmt"), \
     .flags = SIM_NODE, .run = sim_power}
#define SNAPSHOT(kind, verb, where, who, handler, ...) {.method = (verb), \
     .path = "/nodes/{node}/" kind "/{vmid}/snapshot" where, .params = PARAMS(NODE, VMID, __VA_ARGS__), \
     .rule = who, .flags = SIM_NODE, .run = (handler)}
#define MAY_SNAPSHOT PERM("/vms/{vmid}", "VM.Snapshot")
#define QEMU_CONFIG "VM.Config.Disk|VM.Config.CDROM|VM.Config.CPU|VM.Config.Memory|VM.Config.Network|" \
    "VM.Config.HWType|VM.Config.Options|VM.Config.Cloudinit"
#define LXC_CONFIG "VM.Config.Disk|VM.Config.CPU|VM.Config.Memory|VM.Config.Network|VM.Config.Options"
#define MAY_ROLLBACK ANY("/vms/{vmid}", "VM.Snapshot|VM.Snapshot.Rollback")

static const struct sim_route rows[] = {
    POWER("qemu", "start", SKIPLOCK, TIMEOUT, TEXT("force-cpu"), TEXT("machine"),
          {.name = "migratedfrom", .optional = true, .format = "pve-node"}, TEXT("migration_network"),
          {.name = "migration_type", .optional = true, .values = "secure, insecure"}, TEXT("nets-host-mtu"),
          {.name = "stateuri", .optional = true, .max_length = 128}, TEXT("targetstorage"),
          FLAG("with-conntrack-state")),
    POWER("qemu", "stop", SKIPLOCK, TIMEOUT, FLAG("keepActive"), FLAG("overrule-shutdown"),
          {.name = "migratedfrom", .optional = true, .format = "pve-node"}),
    POWER("qemu", "shutdown", SKIPLOCK, TIMEOUT, FLAG("forceStop"), FLAG("keepActive")),
    POWER("qemu", "reboot", TIMEOUT),
    POWER("qemu", "reset", SKIPLOCK),
    POWER("qemu", "suspend", SKIPLOCK, FLAG("todisk"),
          {.name = "statestorage", .optional = true, .format = "pve-storage-id", .needs = "todisk"}),
    POWER("qemu", "resume", SKIPLOCK, FLAG("nocheck")),
    POWER("lxc", "start", SKIPLOCK, FLAG("debug")),
    POWER("lxc", "stop", SKIPLOCK, FLAG("overrule-shutdown")),
    POWER("lxc", "shutdown", TIMEOUT, FLAG("forceStop")),
    POWER("lxc", "reboot", TIMEOUT),
    PLAIN_POWER("lxc", "suspend"),
    PLAIN_POWER("lxc", "resume"),
    SNAPSHOT("qemu", "POST", "", MAY_SNAPSHOT, sim_snapshot_create, SNAPNAME, TEXT("description"), FLAG("vmstate")),
    SNAPSHOT("lxc", "POST", "", MAY_SNAPSHOT, sim_snapshot_create, SNAPNAME, TEXT("description")),
    SNAPSHOT("qemu", "DELETE", "/{snapname}", MAY_SNAPSHOT, sim_snapshot_delete, SNAPNAME, FLAG("force")),
    SNAPSHOT("lxc", "DELETE", "/{snapname}", MAY_SNAPSHOT, sim_snapshot_delete, SNAPNAME, FLAG("force")),
    SNAPSHOT("qemu", "PUT", "/{snapname}/config", MAY_SNAPSHOT, sim_snapshot_update, SNAPNAME, TEXT("description")),
    SNAPSHOT("lxc", "PUT", "/{snapname}/config", MAY_SNAPSHOT, sim_snapshot_update, SNAPNAME, TEXT("description")),
    SNAPSHOT("qemu", "POST", "/{snapname}/rollback", MAY_ROLLBACK, sim_snapshot_rollback, SNAPNAME, FLAG("start")),
    SNAPSHOT("lxc", "POST", "/{snapname}/rollback", MAY_ROLLBACK, sim_snapshot_rollback, SNAPNAME, FLAG("start")),
    {.method = "PUT", .path = "/nodes/{node}/qemu/{vmid}/config", .params = sim_qemu_options,
     .rule = ANY("/vms/{vmid}", QEMU_CONFIG), .flags = SIM_NODE, .run = sim_guest_update},
    {.method = "POST", .path = "/nodes/{node}/qemu/{vmid}/config", .params = sim_qemu_options_task,
     .rule = ANY("/vms/{vmid}", QEMU_CONFIG), .flags = SIM_NODE, .run = sim_guest_update},
    {.method = "PUT", .path = "/nodes/{node}/lxc/{vmid}/config", .params = sim_lxc_options,
     .rule = ANY("/vms/{vmid}", LXC_CONFIG), .flags = SIM_NODE, .run = sim_guest_update},
    {.method = "POST", .path = "/nodes/{node}/qemu/{vmid}/migrate",
     .params = PARAMS(NODE, VMID, {.name = "bwlimit", .type = SIM_INTEGER, .optional = true, .has_min = true},
        FLAG("force"), {.name = "migration_network", .optional = true, .format = "CIDR"},
        {.name = "migration_type", .optional = true, .values = "secure, insecure"}, FLAG("online"),
        {.name = "target", .format = "pve-node"},
        {.name = "targetstorage", .optional = true, .format = "storage-pair-list"}, FLAG("with-conntrack-state"),
        FLAG("with-local-disks")),
     .rule = PERM("/vms/{vmid}", "VM.Migrate"), .flags = SIM_NODE, .run = sim_migrate},
    {.method = "POST", .path = "/nodes/{node}/lxc/{vmid}/migrate",
     .params = PARAMS(NODE, VMID, {.name = "bwlimit", .type = SIM_NUMBER, .optional = true, .has_min = true},
        FLAG("online"), FLAG("restart"), {.name = "target", .format = "pve-node"},
        {.name = "target-storage", .optional = true, .format = "storage-pair-list"},
        {.name = "timeout", .type = SIM_INTEGER, .optional = true}),
     .rule = PERM("/vms/{vmid}", "VM.Migrate"), .flags = SIM_NODE, .run = sim_migrate},
};
/* clang-format on */
const struct sim_route_table sim_routes_guest_write = {rows, sizeof rows / sizeof *rows};
