/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs of jobs share with what is started by hand.
 */
#ifndef PROXIMO_SIM_PBS_RUN_H
#define PROXIMO_SIM_PBS_RUN_H

#include "pbs.h"

/* The end of a verification: of `store` below `ns`, of one `group` or one `backup-time` of it. */
int pbs_verify_end(struct sim *sim, struct sim_job *job, char *why);
/* Does a task of this job ("gc/STORE", "prune/ID") run? (gc.c) */
bool pbs_job_runs(struct json_object *state, const char *job);

#endif
