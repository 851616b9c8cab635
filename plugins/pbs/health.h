/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the parts of pbs_health: the backups of all Backup Servers group by group, the guests of all
 * clusters with the places that they are backed up to, and what is judged of them. Everything is read before
 * anything is judged.
 */
#ifndef PROXIMO_PBS_HEALTH_H
#define PROXIMO_PBS_HEALTH_H

#include "../common/archives.h"
#include "../common/diagnosis.h"
#include "../common/guest_disks.h"
#include "place.h"

#define HOUR_S       3600
#define DAY_S        86400
#define SITES_MOST   32u
#define STORES_MOST  256u
#define GROUPS_MOST  200000u /* of all Backup Servers together */
#define TARGETS_MOST 512u    /* storages for backups, of all clusters together */

/* ---- the backups of Backup Servers (health_contents.c) */

struct health_group {
    const char *type, *id, *owner; /* owner NULL: not told */
    int64_t newest, oldest;        /* finished backups, epoch seconds; 0: none */
    int64_t verified;              /* the newest that was verified and is whole; 0: none */
    int64_t unfinished;            /* the newest of all, when it was not finished; 0: it was */
    uint32_t count;                /* finished backups */
    uint32_t failed;               /* of them, those that failed their verification */
    bool newest_failed;
};
/* A namespace. */
struct health_space {
    const char *site; /* NULL: the call's */
    const char *store, *ns;
    bool read, whole;   /* its list was read; it has all groups */
    uint32_t at, count; /* its groups, sorted by type and id */
};
struct health_contents {
    struct health_space *spaces;
    struct health_group *groups;
    uint32_t space_count, space_room, group_count, group_room;
};

/* ---- the clusters (health_clusters.c) */

/* A storage of a cluster that backups go to. */
struct health_target {
    uint32_t cluster;
    const struct known_storage *storage;
    const char *server; /* of a Backup Server or a share; NULL: it is the cluster's own */
    const char *part;   /* what of it: the datastore and namespace, or the export */
    const char *print;  /* fingerprint of the Backup Server's certificate; NULL: not given */
    int64_t space;      /* index of the namespace, read from its Backup Server; -1: that was not seen */
    const char *at;     /* the name of that Backup Server's site; NULL: none was recognised */
    uint32_t others;    /* clusters that have the same place, as bits */
};
struct health_cluster {
    const char *site;
    struct known_guests guests;
    struct known_storages storages;
    struct archives archives;
    bool unseen; /* something of its guests' backups could not be read */
};

/* ---- the call */

struct health {
    struct diagnosis d;
    const char *site;  /* the call's, by its name */
    const char *store; /* only this datastore; NULL: all */
    int64_t stale_s, verified_s;
    int64_t reserve_ms;          /* of the call's time, for telling what is there */
    struct json_object *stores;  /* rows of GET /admin/datastore of the call's site; NULL: not read */
    struct json_object *running; /* tasks; NULL: not read */
    struct health_contents contents;
    struct health_cluster clusters[SITES_MOST];
    struct health_target targets[TARGETS_MOST];
    uint32_t cluster_count, target_count, server_count; /* server_count: other Backup Servers */
    struct json_object *coverage; /* a row for each cluster; NULL: guests were not compared */
    const char *note;
};

/* Text in the arena; never NULL, but "" when there is no memory, which is noted. */
PROXIMO_PRINTF(2, 3)
const char *health_text(struct health *h, const char *format, ...);
/* What could not be read of a site; NULL: the call's, whose source it then counts for. */
void health_unread(struct health *h, const char *site, uint32_t source, const char *what, const char *why);
/* Is the call's time nearly over? Then nothing more is asked. */
bool health_is_late(const struct health *h);
/* Many GETs with the words of their failures; as ask_look. Negative only when the call is over; when its time
 * is nearly over nothing is asked and each says so. rets: count elements, whose data are the caller's. */
int32_t health_look(struct health *h, const struct proximo_get *gets, uint32_t count, struct looked *rets);
#define HEALTH_BATCH 16u
/* Of the call's site: the list at the path, with this privilege on its datastores, as source; told when it is
 * not there or not whole. remote: Remote.Audit on all remotes is needed too. *ret NULL: none; the caller's.
 */
int32_t health_list(struct health *h, uint32_t source, const char *path, const char *privilege, bool remote,
                    struct json_object **ret);
/* The row is about a datastore that was asked for. */
bool health_wants(const struct health *h, struct json_object *row, const char *key);

/* A namespace, unless it is known already. site, store: must last as long as the call. */
void health_add_space(struct health *h, const char *site, const char *store, const char *ns);
/* The groups of the namespace, from the rows of its list; what makes no sense in it is told. */
int32_t health_fold(struct health *h, uint32_t index, struct json_object *list);
/* Reads all groups of a Backup Server; NULL: the call's, of which h->stores is kept. */
int32_t health_read_server(struct health *h, const char *site);
const struct health_group *health_group_find(const struct health *h, uint32_t space, const char *type,
                                             const char *id);
/* Index of the namespace of a site (NULL: the call's); -1: not known. */
int64_t health_space_find(const struct health *h, const char *site, const char *store, const char *ns);
void health_contents_done(struct health_contents *c);

/* Other Backup Servers, and the clusters with their guests, storages and backups. */
int32_t health_read_sites(struct health *h);
/* Does the cluster have a guest of this type ("vm", "ct") and id, or may it have one that is not seen? */
bool health_may_have(const struct health_cluster *c, const char *type, const char *id);
void health_sites_done(struct health *h);

/* Each judges what was read, or asks for it first. Negative only when the call is over. */
int32_t health_judge_stores(struct health *h);
int32_t health_judge_jobs(struct health *h);
int32_t health_judge_tasks(struct health *h);
void health_judge_groups(struct health *h);
int32_t health_judge_cover(struct health *h);

#endif
