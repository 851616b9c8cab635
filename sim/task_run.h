/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running tasks. A write that takes time becomes a job: its task is in the list at once, `begin` runs at once
 * (what a worker checks first; an error text ends the task), `end` when the job's time has come. Time passes
 * on requests alone: whoever answers one finishes first, in order, what is due. Everything here is called
 * under sim->lock.
 */
#ifndef PROXIMO_SIM_TASK_RUN_H
#define PROXIMO_SIM_TASK_RUN_H

#include "sim.h"

#define SIM_WHY_MAX 512
#define SIM_GOES_ON 1

struct sim_job;

/* Returns 0, or -EINVAL with the error text in `why` (SIM_WHY_MAX). The end of a job may return SIM_GOES_ON:
 * it has set `due` anew and is called again then. */
typedef int sim_step(struct sim *sim, struct sim_job *job, char *why);

struct sim_work {
    const char *type; /* of the task; NULL: a timer that shows nowhere */
    const char *lock; /* the guest's lock from begin to end; NULL: none */
    sim_step *begin, *end;
};

struct sim_job {
    struct sim_job *next;
    const struct sim_work *work;
    struct json_object *task;  /* owned reference; NULL for a timer */
    struct json_object *args;  /* owned; node, vmid and what the steps need */
    struct json_object *lines; /* owned; log lines that appear evenly until the end */
    size_t shown;
    int64_t started, due; /* milliseconds of a monotonic clock */
    bool locked, warn;
    /* Set by `begin`: takes back what it did when the task fails or is stopped; NULL: nothing. */
    void (*undo)(struct sim *sim, struct sim_job *job);
    char failure[128];
};

int64_t sim_now_ms(void);
/* Starts a task of `who` on the node; takes `args`, whose member "id" is the task's. Returns the task
 * (borrowed). */
struct json_object *sim_task_start(struct sim *sim, const struct sim_work *work, const char *who,
                                   const char *node, struct json_object *args);
/* The same for a request: owner, node and vmid are the request's; answers the UPID. Returns 0. */
int sim_call_task(struct sim_call *call, const struct sim_work *work, struct json_object *args);
/* The same for what is no guest's: takes `args`, whose "id" is the task's. */
int sim_call_task_of(struct sim_call *call, const struct sim_work *work, struct json_object *args);
/* Runs work->end after `ms`; takes `args`. */
void sim_timer_start(struct sim *sim, const struct sim_work *work, int ms, struct json_object *args);
/* A line of the task's log, now or (`later`) on the way to its end. */
void sim_job_log(struct sim_job *job, bool later, const char *format, ...) SIM_PRINTF(3, 4);
/* Logs all lines that were still on their way. */
void sim_job_flush(struct sim_job *job);
/* Formats an error text for a step and returns -EINVAL. */
int sim_why(char *why, const char *format, ...) SIM_PRINTF(2, 3);
/* Takes the guest's lock for the job until its next step; the guest becomes the job's. Returns 0, or -EINVAL
 * with the text in `why` where another holds it. */
int sim_job_lock(struct sim *sim, struct sim_job *job, const char *vmid, const char *lock, char *why);
/* Lets `ms` pass at once for a task that ends within that time. Has it ended? */
bool sim_task_wait(struct sim *sim, struct json_object *task, int64_t ms);
/* Stops all running tasks of this kind on the node. */
void sim_jobs_stop(struct sim *sim, const struct sim_work *work, const char *node);
/* Stops the task, if it runs; `why` is what it ends with. */
void sim_task_abort(struct sim *sim, struct json_object *task, const char *why);
/* Finishes what is due. */
void sim_tasks_advance(struct sim *sim);
/* Ends all jobs without their effects. */
void sim_tasks_done(struct sim *sim);

#endif
