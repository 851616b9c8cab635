/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests in the state: /guests/VMID with type, node, status, config, pending, snapshots, lock, pool and,
 * while it runs, `run` (pid, started, cpu, mem and traffic counters).
 */
#ifndef PROXIMO_SIM_GUEST_H
#define PROXIMO_SIM_GUEST_H

#include "sim.h"

struct sim_guest {
    struct json_object *entry, *config, *run;
    const char *vmid, *node, *type, *status, *name;
    bool qemu, running;
    char fallback_name[32]; /* "VM 100" or "CT100" of a guest without a name */
};

/* Looks at one entry of /guests. The result borrows from it and must stay where it is. */
void sim_guest_view(const char *vmid, struct json_object *entry, struct sim_guest *guest);
/* The guest that {node}, {vmid} and the route's type (qemu or lxc) name; fails the call as Proxmox does if
 * there is none. Returns 0 or -EINVAL. */
int sim_guest_find(struct sim_call *call, struct sim_guest *guest);

/* Sizes in bytes and counts from the configuration. */
int64_t sim_guest_maxmem(const struct sim_guest *guest);
int64_t sim_guest_maxdisk(const struct sim_guest *guest);
int64_t sim_guest_cpus(struct json_object *state, const struct sim_guest *guest);
/* "size=4G" of a disk option in bytes; 0: none. */
int64_t sim_disk_size(const char *option);
/* Is this configuration key a disk (scsi0, virtio1, rootfs, mp0, efidisk0, ...)? */
bool sim_disk_key(bool qemu, const char *key);
/* Live numbers shared by lists, status and resources: cpu, mem, disk, uptime, traffic. */
void sim_guest_numbers(const struct sim_guest *guest, struct json_object *out, bool with_io);
/* "vm:101" or "ct:105" in the HA resources; NULL: not managed. Borrowed. */
struct json_object *sim_guest_ha(struct json_object *state, const struct sim_guest *guest);
/* Can every volume of the guest be snapshotted? */
bool sim_guest_can_snapshot(struct json_object *state, const struct sim_guest *guest);
/* The digest of its configuration file. */
void sim_guest_digest(const struct sim_guest *guest, char ret_hex[41]);

#endif
