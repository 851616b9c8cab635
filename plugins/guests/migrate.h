/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving a guest to another node: what stands in the way, what comes along, what it costs. The same findings
 * serve the class guest.migrate, which tells all of them, and plan functions, which need to know what Proxmox
 * would refuse. The rules are Proxmox's, in our words; its own preconditions are asked as a help.
 */
#ifndef PROXIMO_GUESTS_MIGRATE_H
#define PROXIMO_GUESTS_MIGRATE_H

#include "../common/guest_disks.h"
#include "guests.h"

/* Details beside the guest: where to, and how. */
#define MIGRATE_SUBJECT_SCHEMA                                                                               \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"target\":{\"type\":\"string\"},\"online\":{\"type\":\"boolean\"},"                                    \
    "\"with_local_disks\":{\"type\":\"boolean\"}},\"required\":[\"kind\",\"vmid\",\"target\"]}"

/* Lists of the cluster and of the target that the findings rest on; each is read when it is first needed. */
enum migrate_list {
    MIGRATE_NODES,
    MIGRATE_STORAGES,       /* as configured */
    MIGRATE_TARGET_STORAGE, /* with what is free on the target */
    MIGRATE_NETWORK,        /* bridges and vnets of the target */
    MIGRATE_GUESTS,
    MIGRATE_HA_RESOURCES,
    MIGRATE_HA_RULES,  /* Proxmox VE 9 */
    MIGRATE_HA_GROUPS, /* Proxmox VE 8 */
    MIGRATE_REPLICATION,
    MIGRATE_PCI,
    MIGRATE_USB,
    MIGRATE_DIR,
    MIGRATE_LISTS
};
struct migrate_view {
    struct asking ask;
    const char *target;
    struct looked lists[MIGRATE_LISTS];
    bool have[MIGRATE_LISTS];
};
void migrate_open(const struct asking *a, const char *target, struct migrate_view *ret);
void migrate_close(struct migrate_view *view);
/* Rows of a list (borrowed), or NULL in *ret_rows when it could not be read. Negative: the call is over. */
int32_t migrate_list(struct migrate_view *view, enum migrate_list list, struct json_object **ret_rows);
/* Is it all there is, as far as this token's privileges go? */
bool migrate_complete(const struct migrate_view *view, enum migrate_list list);
/* The row whose member `key` is this text; borrowed, NULL. */
struct json_object *migrate_row(struct json_object *rows, const char *key, const char *text);

/* One move. g has state and configuration read, and is not on the target. */
struct migration {
    struct migrate_view *view;
    struct guest *g;
    bool online, with_local_disks;
    bool tell; /* all findings to host->affected and ->incomplete; otherwise refusals alone are kept */
    /* Filled in by migrate_look: */
    const char *refused; /* why Proxmox would refuse it: the first reason found; NULL: none is known */
    uint32_t copies;     /* disks that are copied */
    uint64_t memory;     /* bytes that it is given */
    uint64_t free;       /* bytes of the target's memory that are not used; 0: not known */
};
int32_t migrate_look(struct migration *m);

/* What a request for it has beside node, kind and vmid: at most 3. */
uint32_t migrate_fields(const struct migration *m, struct proximo_field ret[3]);
/* More members of its subject: ",\"target\":...". Arena; NULL: no memory. */
const char *migrate_details(const struct migration *m);

/* State and configuration for a blast function. PROXIMO_ENOTFOUND after host->incomplete: without them
 * nothing can be said but that. */
int32_t migrate_read_guest(struct guest *g);

/* ---- for the parts of it */

#define MIGRATE_RUNNING(m) guest_running((m)->g)

/* facts is taken over and may be NULL. */
int32_t migrate_say(struct migration *m, uint32_t risk, const char *resource, const char *effect,
                    struct json_object *facts);
int32_t migrate_refuse(struct migration *m, const char *resource, const char *why);
/* It could not be seen: told as incomplete. */
int32_t migrate_unknown(struct migration *m, const char *what, const char *why);
/* Why a list could not be read, or is shorter than it is. */
const char *migrate_why(const struct migrate_view *view, enum migrate_list list);
/* The value of key in "a,key=value,b"; arena; NULL. `first` is the value without a key, may be NULL. */
const char *migrate_part(const struct asking *a, const char *text, const char *key);

/* "disk/105/scsi0"; arena; NULL: no memory. */
const char *migrate_disk_name(const struct migration *m, const struct guest_disk *disk);

int32_t migrate_disks(struct migration *m); /* migrate_disks.c */
/* Of a disk that is copied; type: of its storage (migrate_snapshots.c). */
int32_t migrate_snapshots(struct migration *m, const struct guest_disk *disk, const char *type);
int32_t migrate_devices(struct migration *m); /* migrate_devices.c */
int32_t migrate_ha(struct migration *m);      /* migrate_ha.c: HA and replication */
/* Is the guest replicated to the target? Negative: the call is over. */
int32_t migrate_is_replica(struct migration *m, bool *ret);

int32_t guests_plan_migrate(void *instance, struct proximo_call *call);
int32_t guests_undo_migrate(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_blast_migrate(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
