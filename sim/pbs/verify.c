/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verification of one snapshot, a group, a namespace or all of a datastore. A snapshot that is `corrupt` in
 * the state fails.
 */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* When a snapshot was verified: the start of the task that its state names. */
static int64_t verified_at(const char *upid)
{
    uint64_t start = 0;
    char hex[20] = "";

    for (int i = 0; i < 5 && upid; i++) {
        upid = strchr(upid, ':');
        upid = upid ? upid + 1 : NULL;
    }
    if (upid)
        (void)snprintf(hex, sizeof hex, "%.*s", (int)strcspn(upid, ":"), upid);
    return sim_parse_uint(hex, 16, UINT32_MAX, &start) < 0 ? 0 : (int64_t)start;
}

/* Is it left out, because it was verified, and not too long ago? */
static bool skipped(struct json_object *args, struct json_object *snapshot)
{
    struct json_object *verification = sim_get(snapshot, "verification");
    int64_t days;

    if (!verification || !sim_int(args, "ignore-verified", 1))
        return false;
    if (!sim_get(args, "outdated-after"))
        return true;
    days = ((int64_t)time(NULL) - verified_at(sim_str(verification, "upid", ""))) / 86400;
    return days <= sim_int(args, "outdated-after", 0);
}

static bool verify_one(struct sim_job *job, const char *name, struct json_object *snapshot)
{
    struct json_object *verification = json_object_new_object();
    bool good = !sim_int(snapshot, "corrupt", 0);
    char when[32];

    pbs_time_text(sim_int(snapshot, "backup-time", 0), when);
    sim_job_log(job, false, "verify %s:%s/%s", sim_str(job->args, "store", ""), name, when);
    if (!good)
        sim_job_log(job, false, "chunk could not be read: %s/%s is corrupt", name, when);
    sim_set_str(verification, "state", good ? "ok" : "failed");
    sim_set(verification, "upid", sim_copy(sim_get(job->task, "upid")));
    sim_set(snapshot, "verification", verification);
    return good;
}

static bool verify_group(struct sim_job *job, const char *name, struct json_object *group)
{
    struct json_object *list = sim_get(group, "snapshots");
    int64_t only = sim_int(job->args, "backup-time", 0);
    bool good = true;

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *snapshot = json_object_array_get_idx(list, i);

        if ((only && sim_int(snapshot, "backup-time", 0) != only) || (!only && skipped(job->args, snapshot)))
            continue;
        good = verify_one(job, name, snapshot) && good;
    }
    return good;
}

int pbs_verify_end(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *store = sim_get(sim_get(sim->state, "datastores"), sim_str(job->args, "store", ""));
    const char *top = sim_str(job->args, "ns", ""), *only = sim_str(job->args, "group", NULL),
               *owner = sim_str(job->args, "only-of", NULL);
    int64_t depth = only ? 0 : sim_int(job->args, "max-depth", PBS_DEPTH_MAX);
    bool good = true;

    if (!store)
        return sim_why(why, "no such datastore '%s'", sim_str(job->args, "store", ""));
    json_object_object_foreach(sim_get(store, "namespaces"), ns, space)
    {
        if (!pbs_below(ns, top, depth))
            continue;
        json_object_object_foreach(sim_get(space, "groups"), name, group)
        {
            if ((!only || strcmp(only, name) == 0) &&
                (!owner || pbs_owns(owner, sim_str(group, "owner", ""))))
                good = verify_group(job, name, group) && good;
        }
    }
    return good ? 0 : sim_why(why, "verification failed - please check the log for details");
}

/* Which of the three, by how much of the snapshot is named. */
static const struct sim_work works[] = {{.type = "verify", .end = pbs_verify_end},
                                        {.type = "verify_group", .end = pbs_verify_end},
                                        {.type = "verify_snapshot", .end = pbs_verify_end}};

int pbs_verify(struct sim_call *call)
{
    const char *type = sim_arg(call, "backup-type"), *id = sim_arg(call, "backup-id"),
               *when = sim_arg(call, "backup-time");
    struct json_object *args;
    struct pbs_place place;
    char worker[500];
    int which = when ? 2 : type ? 1 : 0;

    if ((type != NULL) != (id != NULL) || (when && !type))
        return sim_fail(call, 400, "parameters do not specify a backup group or snapshot");
    if (pbs_enter(call, "Datastore.Verify", "Datastore.Backup", PBS_READ, &place) < 0)
        return -1;
    args = sim_copy(call->params);
    if (which == 2)
        (void)snprintf(worker, sizeof worker, "%s:%s/%s/%08llX", place.name, place.ns, place.group_name,
                       (unsigned long long)sim_arg_int(call, "backup-time", 0));
    else if (which == 1)
        (void)snprintf(worker, sizeof worker, "%s:%s/%s", place.name, place.ns, place.group_name);
    else
        (void)snprintf(worker, sizeof worker, "%s%s%s", place.name, *place.ns ? ":" : "", place.ns);
    sim_set_str(args, "id", worker);
    if (type)
        sim_set_str(args, "group", place.group_name);
    if (place.limited)
        sim_set_str(args, "only-of", call->who);
    return pbs_call_task(call, &works[which], args);
}
