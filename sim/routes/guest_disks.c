/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: disks of guests that grow, move, are unlinked.
 */
#include "routes.h"

/* All names of a container's volumes as one enumeration are longer than what every compiler must take. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* clang-format off */
/* The numbered names of a family, as the enumerations have them. */
#define TEN(p)   p "0, " p "1, " p "2, " p "3, " p "4, " p "5, " p "6, " p "7, " p "8, " p "9, "
#define HUNDRED(p) TEN(p "0") TEN(p "1") TEN(p "2") TEN(p "3") TEN(p "4") TEN(p "5") TEN(p "6") TEN(p "7") \
    TEN(p "8") TEN(p "9")
#define ALL_256(p) TEN(p) TEN(p "1") TEN(p "2") TEN(p "3") TEN(p "4") TEN(p "5") TEN(p "6") TEN(p "7") TEN(p "8") \
    TEN(p "9") HUNDRED(p "1") TEN(p "20") TEN(p "21") TEN(p "22") TEN(p "23") TEN(p "24") \
    p "250, " p "251, " p "252, " p "253, " p "254, " p "255"
#define DRIVES "ide0, ide1, ide2, ide3, " TEN("scsi") TEN("scsi1") TEN("scsi2") "scsi30, " TEN("virtio") \
    "virtio10, virtio11, virtio12, virtio13, virtio14, virtio15, sata0, sata1, sata2, sata3, sata4, sata5, " \
    "efidisk0, tpmstate0"
#define MOUNTS "rootfs, " ALL_256("mp")
#define UNUSED ALL_256("unused")
#define DIGEST(what) {.name = (what), .optional = true, .max_length = 40}
#define FLAG(what) {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define SIZE {.name = "size", .pattern = "[+]?[0-9]+([.][0-9]+)?[KMGT]?"}
#define TARGET_VMID {.name = "target-vmid", .type = SIM_INTEGER, .optional = true, .format = "pve-vmid", \
    .has_min = true, .min = 100, .has_max = true, .max = 999999999}
#define STORAGE {.name = "storage", .optional = true, .format = "pve-storage-id"}
#define MAY_DISK PERM("/vms/{vmid}", "VM.Config.Disk")

static const struct sim_route rows[] = {
    {.method = "PUT", .path = "/nodes/{node}/qemu/{vmid}/resize", .rule = MAY_DISK, .flags = SIM_NODE,
     .params = PARAMS(NODE, VMID, DIGEST("digest"), {.name = "disk", .values = DRIVES}, SIZE, FLAG("skiplock")),
     .run = sim_disk_resize},
    {.method = "PUT", .path = "/nodes/{node}/lxc/{vmid}/resize", .rule = MAY_DISK, .flags = SIM_NODE,
     .params = PARAMS(NODE, VMID, DIGEST("digest"), {.name = "disk", .values = MOUNTS}, SIZE),
     .run = sim_disk_resize},
    {.method = "PUT", .path = "/nodes/{node}/qemu/{vmid}/unlink", .rule = MAY_DISK, .flags = SIM_NODE,
     .params = PARAMS(NODE, VMID, FLAG("force"), {.name = "idlist", .format = "pve-configid-list"}),
     .run = sim_disk_unlink},
    {.method = "POST", .path = "/nodes/{node}/qemu/{vmid}/move_disk", .rule = MAY_DISK, .flags = SIM_NODE,
     .params = PARAMS(NODE, VMID, {.name = "bwlimit", .type = SIM_INTEGER, .optional = true, .has_min = true},
        FLAG("delete"), DIGEST("digest"), {.name = "disk", .values = DRIVES ", " UNUSED},
        {.name = "format", .optional = true, .values = "raw, qcow2, vmdk"}, STORAGE, DIGEST("target-digest"),
        {.name = "target-disk", .optional = true, .values = DRIVES ", " UNUSED}, TARGET_VMID),
     .run = sim_disk_move},
    {.method = "POST", .path = "/nodes/{node}/lxc/{vmid}/move_volume", .rule = MAY_DISK, .flags = SIM_NODE,
     .params = PARAMS(NODE, VMID, {.name = "bwlimit", .type = SIM_NUMBER, .optional = true, .has_min = true},
        FLAG("delete"), DIGEST("digest"), STORAGE, DIGEST("target-digest"), TARGET_VMID,
        {.name = "target-volume", .optional = true, .values = MOUNTS ", " UNUSED},
        {.name = "volume", .values = MOUNTS ", " UNUSED}),
     .run = sim_disk_move},
};
/* clang-format on */
const struct sim_route_table sim_routes_guest_disks = {rows, sizeof rows / sizeof *rows};
