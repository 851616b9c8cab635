/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of one guest's disks: what each of them has to see. Sources: GET
 * /nodes/{node}/{qemu,lxc}/{vmid}/config and /snapshot, GET /storage, GET /nodes/{node}/storage, GET
 * /nodes/{node}/storage/{storage}/content.
 */
#ifndef PROXIMO_GUESTS_DISKS_H
#define PROXIMO_GUESTS_DISKS_H

#include "../common/guest_disks.h"
#include "guests.h"
#include "migrate.h"

/* A guest with its disks, and the lists that its node's storages are looked up in. */
struct disk_look {
    struct guest g;
    struct migrate_view view; /* its target is the guest's own node */
    struct guest_disk *disks;
    uint32_t count;
};
/* From the call's arguments: state, configuration and disks are read. 0, or negative after host->fail;
 * disk_done in any case. */
int32_t disk_open(void *instance, struct proximo_call *call, struct disk_look *ret);
/* Of a blast's subject; PROXIMO_ENOTFOUND: what is missing was told as incomplete. */
int32_t disk_open_subject(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                          struct disk_look *ret);
void disk_done(struct disk_look *l);
/* The disk in this slot; NULL: none. */
const struct guest_disk *disk_find(const struct disk_look *l, const char *slot);
/* The same, or a failure that names those there are. cdrom: a CD or cloud-init drive is one as well. */
int32_t disk_wanted(const struct disk_look *l, const char *slot, const struct guest_disk **ret);
/* Its size in bytes, from the configuration or else from what its storage lists; 0: not known. Negative: the
 * call is over. */
int32_t disk_size(struct disk_look *l, const struct guest_disk *disk, uint64_t *ret_bytes);
/* As Proxmox writes a size: in the largest unit that holds it whole, "42G"; arena, NULL: no memory. */
const char *disk_size_text(const struct asking *a, uint64_t bytes);

/* ---- parts of plans */

/* Subject guest with details: `,"disk":"scsi0"`. */
int32_t disk_subject(const struct disk_look *l, const char *operation_class, const char *details);
/* "/digest,/lock,/scsi0": guard 0 on the configuration; then the state. */
int32_t disk_guards(const struct disk_look *l, const char *select);
/* The read at once before a change: asserts `select` and keeps the digest, which later steps send as
 * "state:/digest". */
struct proximo_step disk_state_step(const struct disk_look *l, const char *select);
/* Fails with the line that grants it unless the token holds the privilege on the storage. */
int32_t disk_check_storage(const struct disk_look *l, const char *storage, const char *privilege,
                           const char *what);
/* "disk/105/scsi0" */
const char *disk_name(const struct disk_look *l, const char *slot);

/* ---- disk_room.c: is there room for so much more on a storage? */

#define ROOM_FITS    0u
#define ROOM_TIGHT   1u /* less than 10 GiB or a tenth stays free */
#define ROOM_NOT     2u /* as much as is free, or more */
#define ROOM_UNKNOWN 3u

struct disk_room {
    const char *storage;
    struct json_object *config,
        *state; /* its entry in storage.cfg, its row on the node; borrowed; NULL: not seen */
    uint64_t avail, total, more, provisioned;
    bool avail_known, total_known;
    uint32_t verdict;
    const char *why; /* of ROOM_UNKNOWN */
    bool thin;       /* volumes take what is written, so together they may be promised more than there is */
    struct json_object *volumes; /* rows of its content; NULL: not listed. Dropped by disk_room_done */
    const char *volumes_why;     /* why they are not all there; NULL: they are */
    bool overcommits;
};
/* more: bytes; 0: not known. Negative: the call is over. disk_room_done in any case. */
int32_t disk_room(struct disk_look *l, const char *storage, uint64_t more, struct disk_room *ret);
void disk_room_done(struct disk_room *room);
/* The fact `name` of a plan, in bytes. */
int32_t disk_room_fact(const struct disk_look *l, const struct disk_room *room, const char *name);
/* In blast functions: the storage, what could not be seen, and when there is no room the guests that share
 * it. */
int32_t disk_room_tell(struct disk_look *l, const struct disk_room *room);

/* ---- disk_ties.c */

#define DISK_HOLDERS_MOST 16u
/* Names of the snapshots that hold the volume. */
struct disk_holders {
    const char *names[DISK_HOLDERS_MOST];
    uint32_t count;  /* of names */
    uint32_t all;    /* of the guest's snapshots */
    const char *why; /* what was not seen: then any may hold it; NULL: all were looked into */
};
int32_t disk_holders(const struct disk_look *l, const char *volid, struct disk_holders *ret);
/* "pre-release, tuned"; arena. */
const char *disk_holders_text(const struct disk_look *l, const struct disk_holders *h);
/* In blast functions: each snapshot that holds it, with this effect. */
int32_t disk_holders_tell(const struct disk_look *l, const struct disk_holders *h, uint32_t risk,
                          const char *effect);
/* In blast functions: each replication job of the guest, with this effect. */
int32_t disk_replication_tell(struct disk_look *l, uint32_t risk, const char *effect);

/* ---- plan and blast functions */

int32_t guests_plan_disk_resize(void *instance, struct proximo_call *call);
int32_t guests_plan_disk_move(void *instance, struct proximo_call *call);
int32_t guests_undo_disk_move(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_plan_disk_unlink(void *instance, struct proximo_call *call);

int32_t guests_blast_disk_resize(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_disk_move(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_disk_unlink(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_disk_destroy(void *instance, struct proximo_call *call,
                                  struct proximo_text subject_json);

#endif
