/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replication jobs: /replication/ID holds what was given and, in `state`, how it goes: last_sync, last_try,
 * fail_count, duration, error and the log of the last run. `broken` is an error that every run ends with.
 */
#ifndef PROXIMO_SIM_REPLICATION_H
#define PROXIMO_SIM_REPLICATION_H

#include "guest.h"

/* The job with this id, or NULL. Borrowed. */
struct json_object *sim_replication_job(struct json_object *state, const char *id);
/* Can the volume of a disk option be sent as differences? */
bool sim_replication_can(struct json_object *state, const char *option);
/* What a run comes to now; NULL: it is good. Borrowed. */
const char *sim_replication_trouble(struct sim *sim, struct json_object *job);
/* A run of the job at this time. */
void sim_replication_run(struct sim *sim, const char *id, struct json_object *job, int64_t when);
/* The runs that were due since somebody looked. */
void sim_replication_catch_up(struct sim *sim, const char *id, struct json_object *job);
/* After a migration: jobs of the guest start at its new node, and one whose target that was goes back to the
 * old node. */
void sim_replication_moved(struct sim *sim, const char *vmid, const char *from, const char *to);

#endif
