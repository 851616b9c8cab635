/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a change of a storage affects: the classes storage.*, in parts. */
#ifndef PROXIMO_STORAGE_BLAST_H
#define PROXIMO_STORAGE_BLAST_H

#include "../common/guest_disks.h"

/* ---- the classes' functions */

int32_t storage_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t storage_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t storage_blast_disable(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t storage_blast_restrict(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t storage_blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json);

/* ---- between the parts */

/*
 * Configurations read in one plan: four beside each other 10,240 take some 15 s at 5 ms each. A blast
 * function has half of a call's 60 s; what there is no time for is left as well (guest_disks.h), and both are
 * incomplete.
 */
#define STORAGE_CONFIGS_MOST 10240u
/* In a cluster of at most so many guests all of them are read: who owns nothing on the storage can still
 * refer to it (a CD image, a hook script, a disk of another's). */
#define STORAGE_ALL_GUESTS_MOST 512u

/* How the storage goes. */
#define LOSS_GONE    0u /* removed, disabled, or not on this node any more */
#define LOSS_CONTENT 1u /* may not hold this kind of thing any more */
#define LOSS_MOVED   2u /* looks for its data somewhere else */
#define LOSS_KINDS   3u

/* What a guest has on it. */
#define HIT_BOOT      (1u << 0) /* boot disk, root file system, EFI variables, TPM state */
#define HIT_DATA      (1u << 1)
#define HIT_ALL       (1u << 2) /* all its disks with data */
#define HIT_CD        (1u << 3)
#define HIT_CLOUDINIT (1u << 4)
#define HIT_FILE      (1u << 5) /* hook script, cloud-init snippet */
#define HIT_UNUSED    (1u << 6)
#define HIT_VMSTATE   (1u << 7)
#define HIT_BIND      (1u << 8)
#define HIT_LEFT      (1u << 9) /* volumes of its own that its configuration does not name */
#define HIT_UNREAD    (1u << 10)
#define HIT_TEMPLATE  (1u << 11)

struct storage_hit {
    const struct known_guest *guest;
    uint32_t what;
    struct json_object *slots; /* ["scsi0", "efidisk0"] */
    bool only_copy;            /* no disk with data of the guest is anywhere else */
    bool boot_unknown;         /* its boot disk is not said: assumed to be here */
    bool replicated_disk;      /* a disk here that replication jobs copy */
    const char *base;          /* a linked clone's base volume here */
};

/* Rows of what a guest has there, the worst first; the texts by how the storage goes. The last is met by all.
 */
extern const struct hit_words {
    uint32_t what;
    uint32_t risk[LOSS_KINDS];
    const char *effect[LOSS_KINDS];
} hit_words[];

struct storage_clone {
    int64_t template, clone;
};

struct storage_blast {
    struct asking ask;
    const char *storage;
    struct json_object *subject, *entries, *entry; /* entry: of this storage, borrowed from entries */
    const char *entries_why;                       /* why entries is not whole */
    uint32_t loss;
    const char *nodes;           /* the nodes that keep it; NULL: none does */
    const char *content_removed; /* LOSS_CONTENT: which kinds */
    struct known_guests guests;
    struct json_object *volumes;
    bool *owner;              /* by row of guests: its content lists a volume of it */
    bool *suspect;            /* the same, or what is on its node could not be listed */
    uint32_t *backups;        /* by row of guests: how many backups there */
    uint32_t strange_backups; /* of guests that are none any more */
    struct json_object *jobs; /* backup jobs; NULL: not read */
    bool *only_backups;       /* by row of guests: has backups nowhere else; NULL: none goes */
    uint32_t job_count, only_backup_count;
    struct storage_hit *hits; /* in the order of the guests */
    uint32_t hit_count;
    struct storage_clone *clones; /* guests->count at most are kept */
    uint32_t clone_count;
};

/* Does this kind of content go? Always, unless only some kinds do. */
bool blast_loses(const struct storage_blast *b, const char *content);
/* Does a node lose it? */
bool blast_loses_node(const struct storage_blast *b, const char *node);

/* Reads guests, volumes and configurations into hits. */
int32_t blast_find_guests(struct storage_blast *b);
int32_t blast_tell_guests(struct storage_blast *b);
uint32_t blast_hit_risk(const struct storage_blast *b, const struct storage_hit *hit);
int32_t blast_find_backups(struct storage_blast *b);
int32_t blast_tell_jobs(struct storage_blast *b); /* backup jobs that write there */
int32_t blast_tell_only_backups(struct storage_blast *b);
int32_t blast_tell_retention(struct storage_blast *b); /* what the next backup prunes */
int32_t blast_tell_rest(struct storage_blast *b);      /* counted content, replication, tasks */
int32_t blast_tell_alike(struct storage_blast *b);     /* other storages */

/* A list of the cluster; NULL after host->incomplete(what, why) when it is not there; a short one is told
 * too. Negative when the call is over. */
int32_t blast_list(const struct storage_blast *b, const struct proximo_get *get, const char *what,
                   struct json_object **ret);

#endif
