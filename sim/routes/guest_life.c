/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: guests that come and go.
 */
#include "routes.h"

/* clang-format off */
#define FLAG(what) {.name = (what), .type = SIM_BOOLEAN, .optional = true}

#define TEXT(what) {.name = (what), .optional = true}
#define MAY_CLONE AND(PERM("/vms/{vmid}", "VM.Clone"), \
    OR(PERM("/vms/{newid}", "VM.Allocate"), PERM("/pool/{pool}", "VM.Allocate")))
#define NEWID {.name = "newid", .type = SIM_INTEGER, .format = "pve-vmid", .has_min = true, .min = 100, \
    .has_max = true, .max = 999999999}
#define CLONE(kind, limit, ...) {.method = "POST", .path = "/nodes/{node}/" kind "/{vmid}/clone", \
    .params = PARAMS(NODE, VMID, NEWID, {.name = "bwlimit", .type = (limit), .optional = true, .has_min = true}, \
        TEXT("description"), FLAG("full"), \
        {.name = "pool", .optional = true, .format = "pve-poolid"}, \
        {.name = "snapname", .optional = true, .format = "pve-configid", .max_length = 40}, \
        {.name = "storage", .optional = true, .format = "pve-storage-id"}, \
        {.name = "target", .optional = true, .format = "pve-node"}, __VA_ARGS__), \
    .rule = MAY_CLONE, .flags = SIM_NODE, .run = sim_guest_clone}
#define NAME(what) {.name = (what), .optional = true, .format = "dns-name"}
#define TEMPLATE(kind, ...) {.method = "POST", .path = "/nodes/{node}/" kind "/{vmid}/template", \
    .params = PARAMS(NODE, __VA_ARGS__), .rule = PERM("/vms/{vmid}", "VM.Allocate"), \
    .flags = SIM_NODE, .run = sim_guest_template}
#define DISKS "ide0, ide1, ide2, ide3, scsi0, scsi1, scsi2, scsi3, scsi4, scsi5, scsi6, scsi7, scsi8, scsi9, scsi10, " \
    "scsi11, scsi12, scsi13, scsi14, scsi15, scsi16, scsi17, scsi18, scsi19, scsi20, scsi21, scsi22, scsi23, scsi24, " \
    "scsi25, scsi26, scsi27, scsi28, scsi29, scsi30, virtio0, virtio1, virtio2, virtio3, virtio4, virtio5, virtio6, " \
    "virtio7, virtio8, virtio9, virtio10, virtio11, virtio12, virtio13, virtio14, virtio15, sata0, sata1, sata2, " \
    "sata3, sata4, sata5, efidisk0, tpmstate0"

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
    CLONE("qemu", SIM_INTEGER, NAME("name"), {.name = "format", .optional = true, .values = "raw, qcow2, vmdk"}),
    CLONE("lxc", SIM_NUMBER, NAME("hostname")),
    TEMPLATE("qemu", VMID, {.name = "disk", .optional = true, .values = DISKS}),
    TEMPLATE("lxc", VMID),
};
/* clang-format on */
const struct sim_route_table sim_routes_guest_life = {rows, sizeof rows / sizeof *rows};
