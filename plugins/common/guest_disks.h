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
#define DISK_NO_BACKUP  (1u << 8)  /* backup=0; of a container's mount point: without backup=1 */
#define DISK_NO_REPLICA (1u << 9)  /* replicate=0 */
#define DISK_VMSTATE    (1u << 10) /* the memory of a suspended or snapshotted machine */
#define DISK_EMPTY      (1u << 11) /* a CD drive without a disc ("none"): volid is no volume */

/* Set in every disk that holds no data of the guest's own or is not attached. */
#define DISK_NO_DATA (DISK_CDROM | DISK_UNUSED | DISK_VMSTATE)

struct guest_disk {
    const char *slot;    /* "scsi0", "rootfs", "mp3", "unused1", "vmstate" */
    const char *volid;   /* "local-lvm:vm-100-disk-0", "/dev/sdb", "none" */
    const char *storage; /* before the FIRST colon; NULL: a path, a device or nothing */
    const char *size;    /* "32G"; NULL: not said */
    const char *base;    /* of a linked clone: "base-9000-disk-0.qcow2"; NULL: none, or it cannot be told */
    uint32_t flags;
};
#define GUEST_DISKS_MOST 600u

/*
 * All disks of a configuration, in the order of their slots (ide, sata, scsi, virtio, efidisk, tpmstate;
 * rootfs, mp; then unused, vmstate); texts in the call's arena. A snapshot's configuration (GET config with
 * snapshot=NAME) has its vmstate. PROXIMO_ENOMEM also when there are more than `most`. A configuration
 * without a digest is unread, not empty: PROXIMO_EPROTO.
 */
int32_t guest_disks(const struct asking *a, struct json_object *config, bool lxc, struct guest_disk *ret,
                    uint32_t most, uint32_t *ret_count);
/* "32G", "4194304K", "1.5T" or plain bytes as bytes; 0: none of these, or more than a uint64_t holds. */
uint64_t disk_bytes(const char *size);
/* The vmid in a volume's name: 100 of "local:100/vm-100-disk-0.qcow2"; 0: none can be seen there. */
int64_t volume_owner(const char *volid);

/* Files of a storage that a configuration names beside its disks: hookscript, cicustom. */
struct guest_file {
    const char *slot;    /* "hookscript", "cicustom user" */
    const char *volid;   /* "local:snippets/hook.pl" */
    const char *storage; /* "local" */
};
#define GUEST_FILES_MOST 8u
/* At most GUEST_FILES_MOST; texts in the call's arena. */
int32_t guest_files(const struct asking *a, struct json_object *config, struct guest_file *ret,
                    uint32_t *ret_count);

/* A guest as GET /cluster/resources lists it (who and where: its state is seconds old). */
struct known_guest {
    int64_t vmid;
    const char *node, *name; /* name may be NULL */
    const char *ha;          /* its HA state ("started", "error"); NULL: not managed */
    bool lxc, template, running;
    uint64_t maxmem; /* bytes; 0: not known */
    uint32_t maxcpu;
    struct json_object *config; /* after guests_read_configs; NULL: not read */
    const char *why;            /* why not */
};
struct known_guests {
    struct known_guest *rows; /* by vmid */
    uint32_t count;
    bool complete; /* this token sees all guests */
};
/* Every guest of the cluster. Negative when the call is over; a list that cannot be read, or is not whole, is
 * told as incomplete (the first gives none). guests_done drops what was read. */
int32_t guests_list(const struct asking *a, struct known_guests *ret);
/* The same of a site (NULL: the call's) without telling; *ret_why: why the list is none, or not whole; NULL:
 * it is whole. */
int32_t guests_list_of(const struct asking *a, const char *site, struct known_guests *ret,
                       const char **ret_why);
void guests_done(struct known_guests *guests);
struct known_guest *guests_find(const struct known_guests *guests, int64_t vmid);

/* Reads the configurations of those rows for which wanted[i] is true, four beside each other, with progress;
 * at most `budget` of them: the rest keep config NULL and why GUESTS_OVER_BUDGET or GUESTS_NO_TIME. Negative
 * when the call is over. For many guests guests_visit_configs needs less memory. */
int32_t guests_read_configs(const struct asking *a, struct known_guests *guests, const bool *wanted,
                            uint32_t budget, const char *progress);
/* The same, but visit is called for each wanted row in the order of their vmids, also for those that could
 * not be read (config NULL, why set), and the configuration is dropped after it. visit: 0, or negative to end
 * it. */
int32_t guests_visit_configs(const struct asking *a, struct known_guests *guests, const bool *wanted,
                             uint32_t budget, const char *progress,
                             int32_t (*visit)(void *context, struct known_guest *guest), void *context);
#define GUESTS_OVER_BUDGET "more configurations than this looks at"
/* The same in time: with less than GUESTS_RESERVE_MS left of the call nothing more is read, so that what is
 * there can still be told. */
#define GUESTS_NO_TIME    "the time of this call (limits.call_timeout) was nearly over"
#define GUESTS_RESERVE_MS 6000

/* Is a storage the same on all nodes? By its entry in storage.cfg: shared, or a type that always is. */
bool storage_is_shared(struct json_object *config);
/* May a storage be used on this node, by the "nodes" of its entry? */
bool storage_on_node(struct json_object *config, const char *node);

/*
 * The guests that may have something on a storage: the owners of the volumes its content lists, on every node
 * where it can be looked at (a shared storage on one). config: its entry in storage.cfg, or NULL. wanted has
 * guests->count elements, set where true and left alone elsewhere. Where the content of a node cannot be
 * listed whole, all guests of that node (of a shared storage: of the cluster) are wanted, and it is told as
 * incomplete only if `tell`. A guest that uses a volume of another's (its owner is in the volume's name), an
 * image file or a snippet is not found by its owner. *ret_volumes (may be NULL): the rows of content as an
 * array, each with the "node" that listed it; the caller's.
 */
int32_t storage_owners(const struct asking *a, const char *storage, struct json_object *config,
                       const struct known_guests *guests, bool *wanted, bool tell,
                       struct json_object **ret_volumes);
/* The rows of content alone, each with the "node" that listed it, the caller's. content: only this kind
 * ("backup"); NULL: all. *ret_why: why not all of it is there; NULL: all is. Nothing is told. */
int32_t storage_volumes(const struct asking *a, const char *storage, struct json_object *config,
                        const char *content, struct json_object **ret_volumes, const char **ret_why);

#endif
