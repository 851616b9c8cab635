/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storages in the state: /storage/NAME is the definition that everybody sees, /secret/storage/NAME what is
 * kept outside of it (passwords, keys), /nodes/NODE/storage/NAME the use (total, used, rrd), /volumes/NAME
 * the list of volumes. A volume has volid, content, format, size, ctime and, where they apply, vmid, subtype,
 * notes, protected, parent, verification and encrypted. Its members node (of a storage that is not shared:
 * where it lies), path and archive (the configuration inside a backup) are not shown.
 * /outside has what lies beyond the cluster: hosts (address -> words for their services), datastores
 * (address -> names), vgs (name -> thin pools), zpools (names; absent: no ZFS on the nodes), mounts.
 */
#ifndef PROXIMO_SIM_STORAGE_H
#define PROXIMO_SIM_STORAGE_H

#include "sim.h"

#include <string.h>

/* Lists are words with spaces between. nodes, disable and content go with every type. */
struct sim_storage_type {
    const char *name;
    const char *required; /* must be given, cannot be changed */
    const char *fixed;    /* may be given, cannot be changed */
    const char *needed;   /* must be given, can be changed */
    const char *optional;
    const char *contents;        /* that it can have; the first ones up to '|' are the default */
    const char *secrets;         /* of the above: kept outside of the definition */
    const char *formats;         /* of images */
    bool files, shared, mounted; /* mounted: below /mnt/pve unless a path is given */
};

/* NULL: no such type. (storage_types.c) */
const struct sim_storage_type *sim_storage_type(const char *name);
bool sim_storage_key_fixed(const struct sim_storage_type *type, const char *key);
bool sim_storage_key_known(const struct sim_storage_type *type, const char *key);
/* Is `word` among the words of `list` (NULL: none)? */
bool sim_listed(const char *list, const char *word);

/* ---- definitions (storage.c) ---- */

struct json_object *sim_storage_config(struct json_object *state, const char *name);
const struct sim_storage_type *sim_storage_type_of(struct json_object *config);
bool sim_storage_is_shared(struct json_object *config);
bool sim_storage_takes(struct json_object *config, const char *content);
/* Can the node use the storage: is it there, enabled, of this node? Returns 0, or -EINVAL with the text (and
 * its line break) in `why`. */
int sim_storage_check(struct json_object *state, const char *name, const char *node, char *why, size_t size);
/* The same for the storage and node of a request, which fails. */
int sim_storage_usable(struct sim_call *call, const char *name);

/* Checks that what a definition points to can be reached from the nodes. Returns 0, or -EINVAL with the text
 * in `why`. (storage_activate.c) */
int sim_storage_activate(struct json_object *state, const char *name, struct json_object *config, char *why,
                         size_t size);

/* ---- volumes (storage_volumes.c) ---- */

/* What the name of a volume says. */
struct sim_volume_name {
    char storage[128];
    const char *name;    /* after the first colon; borrowed */
    const char *content; /* as far as a name tells: images for the disks of containers as well */
    char vmid[16];       /* "": nobody's */
};
/* Takes a volume's name apart. Returns 0, or -EINVAL with the text in `why`. */
int sim_volume_parse(struct json_object *state, const char *volid, struct sim_volume_name *ret_name,
                     char *why, size_t size);
/* The {volume} of a request as STORAGE:NAME. Returns 0 or fails the call. */
int sim_volume_of_call(struct sim_call *call, char *volid, size_t size, struct sim_volume_name *ret_name);
/* Where the volume lies. */
void sim_volume_path(struct json_object *state, const struct sim_volume_name *name, char *path, size_t size);
/* A volume as the node sees it; NULL: none. Borrowed. */
struct json_object *sim_volume_at(struct json_object *state, const char *node, const char *volid);
bool sim_volume_here(struct json_object *volume, const char *node);
/* Puts a volume (taken) on the storage that its volid names, seen from `node`. */
void sim_volume_add(struct json_object *state, const char *node, struct json_object *volume);
/* Removes it and gives its space back. */
void sim_volume_remove(struct json_object *state, const char *node, const char *volid);
/* Does a linked clone use this base volume? */
bool sim_volume_has_clones(struct json_object *state, const struct sim_volume_name *name);
/* May the caller read the volume? Returns 0 or fails the call. */
int sim_volume_readable(struct sim_call *call, const struct sim_volume_name *name);

/* ---- retention (storage_prune.c) ---- */

/* "keep-last=3,keep-daily=7": the sum of the counts; 0 for none or keep-all. */
int64_t sim_keep_total(const char *rules);
/* The backups of a guest on a storage (vmid, type NULL: of all), newest first within a guest, each with
 * volid, ctime, vmid, type and mark: keep, remove, protected, renamed. Owned. */
struct json_object *sim_prune_list(struct json_object *state, const char *node, const char *storage,
                                   const char *vmid, const char *type, const char *rules);

#endif
