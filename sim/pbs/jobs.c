/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs that are run by hand: prune, verification, and the copying from another server.
 */
#include "config.h"
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a run does ---- */

static struct json_object *far_store(struct sim *sim, struct json_object *args, char *why)
{
    const char *remote = sim_str(args, "remote", NULL), *name = sim_str(args, "remote-store", "");
    struct json_object *config = sim_get(sim_at(sim->state, "/config/remote"), remote ? remote : ""), *stores,
                       *store;

    if (!remote)
        return sim_get(sim_get(sim->state, "datastores"), name);
    stores = sim_get(sim_get(sim_at(sim->state, "/outside"), sim_str(config, "host", "")), "datastores");
    store = sim_get(stores, name);
    if (!stores)
        (void)sim_why(why, "remote connection to '%s' failed - error trying to connect: tcp connect error",
                      remote);
    else if (!store)
        (void)sim_why(why, "no such datastore '%s'", name);
    return store;
}

static int newest_first(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;
    int64_t x = sim_int(*left, "backup-time", 0), y = sim_int(*right, "backup-time", 0);

    return x < y ? 1 : x > y ? -1 : 0;
}

/* Copies what is newer than the newest that is here, and with remove-vanished takes away what is not there.
 */
static void copy_group(struct sim_job *job, struct json_object *store, struct json_object *space,
                       const char *name, struct json_object *from)
{
    struct json_object *groups = sim_get(space, "groups"), *group = sim_get(groups, name), *list,
                       *source = sim_get(from, "snapshots");
    int64_t newest = 0;

    if (!group) {
        group = json_object_new_object();
        sim_set_str(group, "owner", sim_str(job->args, "owner", "root@pam"));
        sim_set(group, "snapshots", json_object_new_array());
        sim_set(groups, name, group);
    }
    list = sim_get(group, "snapshots");
    if (json_object_array_length(list) > 0)
        newest = sim_int(json_object_array_get_idx(list, 0), "backup-time", 0);
    for (size_t i = 0; sim_int(job->args, "remove-vanished", 0) && i < json_object_array_length(list);) {
        struct json_object *snapshot = json_object_array_get_idx(list, i);

        if (pbs_snapshot_find(from, sim_int(snapshot, "backup-time", 0)) ||
            sim_int(snapshot, "protected", 0) || pbs_forget(store, group, snapshot) < 0)
            i++;
    }
    for (size_t i = 0; i < json_object_array_length(source); i++) {
        struct json_object *snapshot = json_object_array_get_idx(source, i);

        if (sim_int(snapshot, "backup-time", 0) <= newest)
            continue;
        sim_job_log(job, false, "sync snapshot %s", name);
        json_object_array_add(list, sim_copy(snapshot));
        sim_set_int(store, "used", sim_int(store, "used", 0) + sim_int(snapshot, "unique", 0));
    }
    json_object_array_sort(list, newest_first);
}

static int end_sync(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "store", "");
    struct json_object *store = sim_get(sim_get(sim->state, "datastores"), name), *from, *here, *there;
    char text[300];
    const char *bar = pbs_maintenance(sim->state, name, PBS_WRITE, text, sizeof text);
    bool push = strcmp(sim_str(job->args, "sync-direction", "pull"), "push") == 0;

    if (bar && !push)
        return sim_why(why, "datastore '%s' is unavailable: %s", name, bar);
    from = far_store(sim, job->args, why);
    if (!from)
        return -EINVAL;
    here = pbs_space(store, sim_str(job->args, "ns", ""));
    there = pbs_space(from, sim_str(job->args, "remote-ns", ""));
    if (!here || !there)
        return sim_why(why, "namespace not found");
    json_object_object_foreach(sim_get(push ? here : there, "groups"), id, group)
    {
        copy_group(job, push ? from : store, push ? there : here, id, group);
    }
    return 0;
}

static const struct sim_work prune_job = {.type = "prunejob", .end = pbs_prune_below},
                             verify_job = {.type = "verificationjob", .end = pbs_verify_end},
                             sync_job = {.type = "syncjob", .end = end_sync};

/* ---- the request ---- */

/* The job of the request; NULL: the call has failed. */
static struct json_object *job_of(struct sim_call *call, const char *kind)
{
    const struct pbs_section *section = pbs_section_of(call);
    const char *id = sim_arg(call, "id");
    struct json_object *config = sim_get(pbs_sections_of(call->state, kind), id);

    if (!config)
        (void)sim_fail(call, 400, "no such %s '%s'", section->type, id);
    return config;
}

static int start(struct sim_call *call, const struct sim_work *work, const char *kind,
                 struct json_object *config, const char *worker)
{
    struct json_object *args;
    char job[100];

    (void)snprintf(job, sizeof job, "%s/%s", kind, sim_arg(call, "id"));
    if (pbs_job_runs(call->state, job))
        return sim_fail(call, 400, "unable to start job '%s' - it is already running", sim_arg(call, "id"));
    args = sim_copy(config);
    sim_set_str(args, "id", worker);
    sim_set_str(args, "job", job);
    return pbs_call_task(call, work, args);
}

static int run_local(struct sim_call *call, const char *kind, const char *priv, const struct sim_work *work)
{
    struct json_object *config = job_of(call, kind);
    const char *store = sim_str(config, "store", ""), *ns = sim_str(config, "ns", "");
    char path[400], worker[400];

    if (!config)
        return -1;
    pbs_path(store, ns, path, sizeof path);
    if (!pbs_can(call, path, priv))
        return pbs_lacks(call, priv, path);
    (void)snprintf(worker, sizeof worker, "%s:%s:%s", store, ns, sim_arg(call, "id"));
    return start(call, work, kind, config, worker);
}

int pbs_prune_run(struct sim_call *call)
{
    return run_local(call, "prune", "Datastore.Modify", &prune_job);
}

int pbs_verify_run(struct sim_call *call)
{
    return run_local(call, "verify", "Datastore.Verify", &verify_job);
}

int pbs_sync_run(struct sim_call *call)
{
    struct json_object *config = job_of(call, "sync");
    char worker[500];

    if (!config)
        return -1;
    if (!pbs_may_sync(call, config))
        return sim_fail(call, 400, "permission check failed, '%s' is missing access", call->who);
    (void)snprintf(worker, sizeof worker, "%s:%s:%s:%s:%s", sim_str(config, "remote", "-"),
                   sim_str(config, "remote-store", ""), sim_str(config, "store", ""),
                   sim_str(config, "ns", ""), sim_arg(call, "id"));
    return start(call, &sync_job, "sync", config, worker);
}
