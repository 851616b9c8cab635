/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the topic of backup jobs. Source: GET /cluster/backup. */
#ifndef PROXIMO_STORAGE_JOBS_H
#define PROXIMO_STORAGE_JOBS_H

#include "../common/backup_jobs.h"
#include "../common/guest_disks.h"
#include "storage.h"

int32_t storage_read_job_guests(void *instance, struct proximo_call *call);
int32_t storage_read_uncovered(void *instance, struct proximo_call *call);

int32_t storage_plan_job_create(void *instance, struct proximo_call *call);
int32_t storage_plan_job_update(void *instance, struct proximo_call *call);
int32_t storage_plan_job_delete(void *instance, struct proximo_call *call);
int32_t storage_undo_job(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t storage_plan_job_run(void *instance, struct proximo_call *call);

int32_t storage_blast_job(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t storage_blast_job_gone(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t storage_blast_job_run(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
