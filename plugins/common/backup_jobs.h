/* SPDX-License-Identifier: Apache-2.0 */
/* Backup jobs: all of them as they are. Source: GET /cluster/backup, GET /pools?poolid=X. */
#ifndef PROXIMO_PLUGINS_BACKUP_JOBS_H
#define PROXIMO_PLUGINS_BACKUP_JOBS_H

#include "job_selection.h"

struct backup_job {
    struct job_pick pick;
    const char *storage, *schedule, *mode; /* NULL: not set */
    const char *prune;                     /* "keep-last=3,keep-daily=7"; NULL: not set */
    bool prunes;                           /* remove is not off */
    struct json_object *json;              /* as it was answered */
};
#define JOB_POOLS_MOST 200u /* pools whose members are read */
struct backup_jobs {
    struct backup_job *rows;
    uint32_t count;
    const char *why; /* why they could not be read, or not all of it; NULL: they were */
    struct json_object *list;
    struct job_pool *pools;
    uint32_t pool_count;
};
/* Every backup job, with the members of the pools that they name. Negative only when the call is over.
 * backup_jobs_done drops what was read. */
int32_t backup_jobs_read(const struct asking *a, struct backup_jobs *ret);
void backup_jobs_done(struct backup_jobs *jobs);
const struct backup_job *backup_jobs_find(const struct backup_jobs *jobs, const char *id);
/* A job that is not there yet, or will be otherwise, in the same form; pools that no job named so far are
 * read. Negative only when the call is over. */
int32_t backup_job_of(const struct asking *a, struct backup_jobs *jobs, struct json_object *job,
                      struct backup_job *ret);
/* "keep-last=3,keep-daily=7" of a text or of an object, always in the same order; NULL: nothing is said. In
 * the call's arena. */
const char *prune_text(const struct asking *a, struct json_object *value);

#endif
