/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Garbage collection: what nothing refers to any more goes when it was not touched for long enough; what was
 * touched later waits as pending.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#define CUTOFF_MINUTES (24 * 60 + 5)
#define CHUNK          (4 * 1048576)

/* Minutes that must have passed, from "gc-atime-cutoff=N" among the datastore's tuning options. */
static int64_t cutoff(struct json_object *state, const char *name)
{
    const char *tuning = sim_str(sim_get(sim_at(state, "/config/datastore"), name), "tuning", ""),
               *at = strstr(tuning, "gc-atime-cutoff=");
    char digits[8];
    uint64_t minutes;

    if (!at)
        return CUTOFF_MINUTES;
    at += strlen("gc-atime-cutoff=");
    (void)snprintf(digits, sizeof digits, "%.*s", (int)strspn(at, "0123456789"), at);
    return sim_parse_uint(digits, 10, 2880, &minutes) < 0 ? CUTOFF_MINUTES : (int64_t)minutes;
}

static int64_t files_of(struct json_object *store)
{
    int64_t count = 0;

    json_object_object_foreach(sim_get(store, "namespaces"), ns, space)
    {
        (void)ns;
        json_object_object_foreach(sim_get(space, "groups"), name, group)
        {
            (void)name;
            count += (int64_t)json_object_array_length(sim_get(group, "snapshots"));
        }
    }
    return count;
}

/* Sorts the garbage: what is old enough goes, the rest waits. */
static void sweep(struct json_object *store, int64_t oldest, int64_t *ret_removed, int64_t *ret_pending)
{
    struct json_object *garbage = sim_get(store, "garbage"), *left = json_object_new_array();

    for (size_t i = 0; garbage && i < json_object_array_length(garbage); i++) {
        struct json_object *item = json_object_array_get_idx(garbage, i);
        int64_t bytes = sim_int(item, "bytes", 0);

        if (sim_int(item, "touched", 0) < oldest) {
            *ret_removed += bytes;
        } else {
            *ret_pending += bytes;
            json_object_array_add(left, json_object_get(item));
        }
    }
    sim_set(store, "garbage", left);
}

static int end(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "id", "");
    struct json_object *store = sim_get(sim_get(sim->state, "datastores"), name), *gc;
    int64_t removed = 0, pending = 0, now = (int64_t)time(NULL);

    if (!store)
        return sim_why(why, "no such datastore '%s'", name);
    sweep(store, now - cutoff(sim->state, name) * 60, &removed, &pending);
    gc = sim_get(store, "gc");
    sim_set_int(store, "used", sim_int(store, "used", 0) - removed);
    sim_set_int(gc, "index-file-count", files_of(store));
    sim_set_int(gc, "disk-bytes", sim_int(store, "used", 0) - sim_int(store, "used", 0) / 50);
    sim_set_int(gc, "disk-chunks", sim_int(store, "used", 0) / CHUNK);
    sim_set_int(gc, "index-data-bytes", sim_int(store, "used", 0) * 4);
    sim_set_int(gc, "removed-bytes", removed);
    sim_set_int(gc, "removed-chunks", removed / CHUNK);
    sim_set_int(gc, "pending-bytes", pending);
    sim_set_int(gc, "pending-chunks", pending / CHUNK);
    sim_set_int(gc, "touched", now);
    sim_job_log(job, false, "Start GC phase2 (sweep unused chunks)");
    sim_job_log(job, false, "Removed garbage: %lld bytes", (long long)removed);
    sim_job_log(job, false, "Pending removals: %lld bytes", (long long)pending);
    return 0;
}

static int begin(struct sim *sim, struct sim_job *job, char *why)
{
    (void)sim;
    (void)why;
    sim_job_log(job, false, "starting garbage collection on store %s", sim_str(job->args, "id", ""));
    sim_job_log(job, false, "Start GC phase1 (mark used chunks)");
    return 0;
}

static const struct sim_work collect = {.type = "garbage_collection", .begin = begin, .end = end};

bool pbs_job_runs(struct json_object *state, const char *job)
{
    struct json_object *tasks = sim_get(state, "tasks");

    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);

        if (!sim_get(task, "status") && strcmp(sim_str(task, "job", ""), job) == 0)
            return true;
    }
    return false;
}

int pbs_gc_start(struct sim_call *call)
{
    const char *store = sim_arg(call, "store");
    struct json_object *args;
    char job[100];

    if (!pbs_store(call, store, PBS_WRITE))
        return -1;
    (void)snprintf(job, sizeof job, "gc/%s", store);
    if (pbs_job_runs(call->state, job))
        return sim_fail(call, 400, "garbage collection already running");
    args = json_object_new_object();
    sim_set_str(args, "id", store);
    sim_set_str(args, "job", job);
    return pbs_call_task(call, &collect, args);
}
