/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups of one guest: a new one, and the way back to one. What the plan function and the class share: the
 * storage that an archive is on, the archives that are there. Sources: GET /storage, GET
 * /nodes/{node}/storage, GET /nodes/{node}/storage/{storage}/content.
 */
#ifndef PROXIMO_GUESTS_BACKUP_H
#define PROXIMO_GUESTS_BACKUP_H

#include "../common/archives.h"
#include "migrate.h"

#define VOLUME_PATH CONTENT_PATH "/{volume}"

#define BACKUP_SUBJECT_SCHEMA                                                                                \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"storage\":{\"type\":\"string\"},\"mode\":{\"type\":\"string\"}},\"required\":[\"kind\",\"vmid\","     \
    "\"storage\"]}"

/* Fails with the reason unless this storage may be used for `content` ("backup", "images", "rootdir") on the
 * view's node, as far as it can be seen. *ret_entry: as configured, borrowed from the view; NULL: not seen.
 */
int32_t backup_check_storage(struct migrate_view *view, const char *storage, const char *content,
                             struct json_object **ret_entry);
/* What is free there, in bytes; *ret NULL: not known. Borrowed from the view. */
int32_t backup_free(struct migrate_view *view, const char *storage, struct json_object **ret);

/* The archives of this guest on a storage, as the node lists them; the caller's. */
int32_t backup_archives(const struct guest *g, const char *storage, struct looked *ret);
/* The row with the greatest ctime; NULL: none. Borrowed. */
struct json_object *backup_newest(struct json_object *archives);

/* Bytes of all disks that a backup takes; 0: not known. Tells of those that it does not take, if `tell`. */
int32_t backup_disks(const struct guest *g, bool tell, uint64_t *ret_bytes);

/* Guard, DELETE and the look that it is gone, of the archive `volid`; class backup.delete. */
int32_t backup_lay_out_delete(const struct guest *g, const char *storage, const char *volid);

int32_t guests_plan_backup(void *instance, struct proximo_call *call);
int32_t guests_undo_backup(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_blast_backup(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
