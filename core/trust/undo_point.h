/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undo points: snapshots that the core puts before the steps of a plan (snapshot_first). What a snapshot
 * itself changes of a guest, which is no drift; and what of them is known without asking a site: one small
 * file each, undo/NAME.point in the state folder, from the run that took it until the run that deletes it.
 * All functions may be called from any thread.
 */
#ifndef PROXIMO_TRUST_UNDO_POINT_H
#define PROXIMO_TRUST_UNDO_POINT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct trust;

#define UNDO_POINT_STEP  "undo-point"      /* names of the core's own two steps: the snapshot, */
#define UNDO_POINT_SEEN  "undo-point-seen" /* and that it is in the list */
#define UNDO_POINT_STEPS 2u
#define UNDO_POINT_NAME  "proximo-"                    /* how the snapshots' names begin, */
#define UNDO_POINT_WORDS "Proximo undo point of plan " /* and their descriptions, before the plan's nonce */

/*
 * Does a snapshot of the guest, taken or deleted, change what the selector finds in the answer to GET path?
 * name: the snapshot's; NULL: not known. The digest of a configuration covers its snapshots as well.
 */
bool undo_point_moves(const char *path, const char *selector, const char *name);
/* What of a whole answer it changes: new array of selectors, NULL: nothing, or no memory (*ret_error). */
struct json_object *undo_point_moved(const char *path, const char *name, int *ret_error);
/* Takes what `except` (an array of selectors "/member" or "[member=value]") names out of a value. */
void undo_point_drop(struct json_object *value, struct json_object *except);

/* "undo_point" of an undo file's record, with its name; NULL: the plan had none. Borrowed. */
struct json_object *undo_point_of(struct json_object *record, const char **ret_name);
/* The plan has no way back of its own, and its undo point was taken: going back to that is the way. */
bool undo_point_is_way_back(struct json_object *record);
/* The plan's own steps changed nothing, and all but what the snapshot changes is as it was before. */
bool undo_point_left_nothing(struct json_object *record);

/* After a run: keeps the file of a snapshot that was taken, or may have been, and removes those of snapshots
 * that the run deleted. Failure is logged: the snapshots themselves are the truth. */
void undo_points_follow(struct trust *trust, struct json_object *steps, struct json_object *record);
/* "undo_points":{"count","newest":[{"guest","snapshot","site","plan_id","taken"}]} for proximo_status. */
void undo_points_put(struct trust *trust, struct buf *out);

#endif
