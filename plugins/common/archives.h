/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The storages that a token sees, and the backups of guests on them. Sources: GET /storage, GET /nodes,
 * GET /nodes/{node}/storage/{storage}/content.
 */
#ifndef PROXIMO_PLUGINS_ARCHIVES_H
#define PROXIMO_PLUGINS_ARCHIVES_H

#include "../rows.h"

#define CONTENT_PATH  "/nodes/{node}/storage/{storage}/content"
#define STORAGES_MOST 512u /* definitions that are looked at */

/* ---- needs of a content list */

/* What a full list needs of this token: content is one of the kinds, NULL: all; vmid NULL: of all guests.
 * Rows are in the arena. *ret_count at most 3. Negative only when the call is over. */
int32_t content_needs(const struct asking *a, const char *storage, const char *content, const char *vmid,
                      struct proximo_need ret[3], uint32_t *ret_count);

/* ---- storages */

struct known_storage {
    const char *storage, *type, *nodes; /* nodes NULL: all */
    bool shared, disabled, backups;     /* backups: its content has them */
    struct json_object *config;         /* borrowed from the list */
};
struct known_storages {
    struct known_storage *rows;
    uint32_t count;
    bool complete; /* this token sees every storage */
    const char *why;
    struct json_object *list;
};
/* Every storage definition that this token sees. Negative only when the call is over; a list that cannot be
 * read gives none, with `complete` false and why. storages_done drops what was read. */
int32_t storages_read(const struct asking *a, struct known_storages *ret);
/* The same of a site; NULL: the call's. */
int32_t storages_read_of(const struct asking *a, const char *site, struct known_storages *ret);
void storages_done(struct known_storages *s);
const struct known_storage *storages_find(const struct known_storages *s, const char *storage);
/* Is the storage meant to be on this node? */
bool known_storage_on(const struct known_storage *s, const char *node);

/* ---- backups of guests */

#define VERIFIED_NOT    0u /* nobody verified it (only Backup Servers do) */
#define VERIFIED_OK     1u
#define VERIFIED_FAILED 2u

struct archive {
    const char *volid, *storage, *node; /* node: that listed it */
    int64_t vmid, ctime, size;          /* vmid 0: it names none */
    uint32_t verified;
    bool protected, encrypted, shared;
};
/* A part of the storages that was not seen; node NULL: on no node. */
struct unseen {
    const char *storage, *node, *why;
};
struct archives {
    struct archive *rows; /* by guest, the newest first */
    uint32_t count, space;
    struct unseen *unseen;
    uint32_t unseen_count, unseen_space;
    uint32_t looked; /* lists that were read */
};
/*
 * All backups that can be listed, of one guest (vmid; 0: of all), on the storages with content backup: a
 * shared storage by one node, a local one by each of its nodes. `node`: only what this node can reach; NULL:
 * all. Negative only when the call is over. archives_done drops what was read.
 */
int32_t archives_read(const struct asking *a, int64_t vmid, const char *node, struct archives *ret);
/* The same of a site (NULL: the call's), on those of these storages whose `backups` is true. */
int32_t archives_read_of(const struct asking *a, const char *site, const struct known_storages *storages,
                         int64_t vmid, const char *node, struct archives *ret);
void archives_done(struct archives *archives);
/* The first of this guest; *ret_count: how many. NULL: none. */
const struct archive *archives_of(const struct archives *archives, int64_t vmid, uint32_t *ret_count);
uint32_t verified_of(struct json_object *row);
const char *verified_word(uint32_t verified); /* "ok", "failed", "not" */

/* "3 days 4 h" of seconds; "in the future" of negative ones. In the arena. */
const char *age_text(const struct asking *a, int64_t seconds);
/* "2026-11-19 02:00 UTC". In the arena. */
const char *time_text(const struct asking *a, int64_t epoch);
int64_t now_epoch(void);

/* Each part that was not seen, told as incomplete in a plan or blast function. */
int32_t archives_tell_unseen(const struct asking *a, const struct archives *archives);
/* Facts of a plan: newest_backup, or newest_other_backup beside `except` (a backup that goes; NULL: none),
 * and no_way_back, which begins "a GONE cannot be brought back". Reads the guest's backups on all storages.
 */
int32_t archives_tell_way_back(const struct asking *a, int64_t vmid, const char *gone, const char *except);

#endif
