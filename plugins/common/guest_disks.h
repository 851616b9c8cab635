/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disks in a guest's configuration, and which guests have one on a storage. Sources:
 * GET /nodes/{node}/{qemu,lxc}/{vmid}/config, GET /nodes/{node}/storage/{storage}/content.
 */
#ifndef PROXIMO_PLUGINS_GUEST_DISKS_H
#define PROXIMO_PLUGINS_GUEST_DISKS_H

#include "../rows.h"

#define DISK_CDROM (1u << 0) /* media=cdrom, cloud-init drive: no data of the guest's own */
#define DISK_BOOT                                                                                            \
    (1u << 1) /* the guest boots from it, or may: where that cannot be told, every disk has it */
#define DISK_STATE  (1u << 2) /* EFI variables or TPM state: the guest does not start without it */
#define DISK_UNUSED (1u << 3) /* unusedN: not attached */
#define DISK_BIND   (1u << 4) /* a directory of the node (mount point of a container with a path) */
#define DISK_DEVICE (1u << 5) /* a device of the node passed through */
#define DISK_SHARED (1u << 6) /* declared to be the same on all nodes (shared=1) */
#define DISK_LINKED                                                                                          \
    (1u << 7) /* a linked clone's: its base volume is another guest's (storage:BASE/VOLUME)                  \
               */
#define DISK_NO_BACKUP  (1u << 8)  /* backup=0; of a container: without backup=1 */
#define DISK_NO_REPLICA (1u << 9)  /* replicate=0 */
#define DISK_VMSTATE    (1u << 10) /* the memory of a suspended or snapshotted machine */

struct guest_disk {
    const char *slot;    /* "scsi0", "rootfs", "mp3", "unused1" */
    const char *volid;   /* "local-lvm:vm-100-disk-0"; what stands before the first comma */
    const char *storage; /* before the first colon; NULL: a path or device */
    const char *size;    /* "32G"; NULL: not said */
    uint32_t flags;
};
#define GUEST_DISKS_MOST 600u

/* All disks of a configuration, in the order of their slots; texts in the call's arena. PROXIMO_ENOMEM also
 * when there are more than `most`. A configuration without a digest is unread, not empty: PROXIMO_EPROTO. */
int32_t guest_disks(const struct asking *a, struct json_object *config, bool lxc, struct guest_disk *ret,
                    uint32_t most, uint32_t *ret_count);
/* "32G", "4194304K", "512M" or plain bytes as bytes; 0: none of these. */
uint64_t disk_bytes(const char *size);

/* A guest as GET /cluster/resources lists it (who and where: its state is seconds old). */
struct known_guest {
    int64_t vmid;
    const char *node, *name; /* name may be NULL */
    bool lxc, template, running;
    struct json_object *config; /* after guests_read_configs; NULL: not read */
    const char *why;            /* why not */
};
struct known_guests {
    struct known_guest *rows; /* by vmid */
    uint32_t count;
    bool complete; /* this token sees all guests */
};
/* Every guest of the cluster. Negative when the call is over; a list that cannot be read is told as
 * incomplete and gives none. guests_done drops what was read. */
int32_t guests_list(const struct asking *a, struct known_guests *ret);
void guests_done(struct known_guests *guests);
struct known_guest *guests_find(const struct known_guests *guests, int64_t vmid);
/* Reads the configurations of those rows for which wanted[i] is true, four beside each other, with progress;
 * at most `budget` of them: the rest keep config NULL and why "over the budget". Negative when the call is
 * over. */
int32_t guests_read_configs(const struct asking *a, struct known_guests *guests, const bool *wanted,
                            uint32_t budget, const char *progress);

/*
 * The guests that may have something on a storage: the owners of the volumes its content lists, on every node
 * where it can be looked at (a shared storage on one). wanted has guests->count elements, set where true.
 * Where the content of a node cannot be listed, all guests of that node (of a shared storage: of the cluster)
 * are wanted, and it is told as incomplete only if `tell`. *ret_volumes (may be NULL): the rows of content,
 * an array, the caller's.
 */
int32_t storage_owners(const struct asking *a, const char *storage, struct json_object *config,
                       const struct known_guests *guests, bool *wanted, bool tell,
                       struct json_object **ret_volumes);

#endif
