/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes of storages. Sources: GET /storage/{storage}, GET /nodes/{node}/storage/{storage}/content.
 */
#ifndef PROXIMO_STORAGE_VOLUMES_H
#define PROXIMO_STORAGE_VOLUMES_H

#include "../common/archives.h"
#include "storage.h"

#define VOLUME_PATH CONTENT_PATH "/{volume}"

/* ---- one volume: storage:name, split at the first colon */

/* The volume that the arguments storage, volid and node name. */
struct volume {
    const char *volid, *storage, *node;
    const char *name;           /* behind the colon */
    struct proximo_field at[3]; /* node, storage, volume */
    struct json_object *row;    /* of the storage's content; NULL: it is not in the list */
    struct json_object *list;   /* that holds row */
    struct json_object *config; /* of the storage, of GET /storage/{storage}; NULL: not readable */
};
/* Reads the arguments and looks the volume up. 0, or negative after host->fail: the volume is of another
 * storage, or the storage could not be read. row NULL: not there. volume_done drops what was read. */
int32_t volume_open(const struct asking *a, struct volume *ret);
void volume_done(struct volume *v);
/* The kinds of content that Proxmox lists: "iso", "vztmpl", "backup", "images", "rootdir", "snippets",
 * "import"; "" when it is not in the list. */
const char *volume_content(const struct volume *v);
/* The row of this volid in a content list; NULL: none. */
struct json_object *volume_row(struct json_object *list, const char *volid);
/* "[volid=X]/MEMBER"; NULL: no memory, or the name has a character that a selector cannot hold. */
const char *volume_select(const struct asking *a, const char *volid, const char *member);
/* {"kind":"volume","volid":..,"node":..} told as the subject of this class. */
int32_t volume_subject(const struct volume *v, const struct asking *a, const char *operation_class);
/* DELETE, followed; the guard of what it is now, and the look that it is gone. */
int32_t volume_lay_out_delete(const struct volume *v, const struct asking *a, const char *operation_class,
                              const char *guarded);

#endif
