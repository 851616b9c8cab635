/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prune: of one group, answered with what stays and what goes, and of a datastore or a part of it, as a task.
 */
#include "pbs.h"
#include "retention.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool keeps_something(struct json_object *numbers)
{
    for (int i = 0; i < SIM_KEEP_COUNT; i++) {
        if (sim_int(numbers, sim_keep_names[i], 0) > 0)
            return true;
    }
    return false;
}

/* The marks of a group's snapshots in their order; owned by the caller. */
static struct sim_retained *marks_of(struct json_object *group, struct json_object *numbers,
                                     size_t *ret_count)
{
    struct json_object *list = sim_get(group, "snapshots");
    size_t count = json_object_array_length(list);
    struct sim_retained *marks = calloc(count + 1, sizeof *marks);
    int64_t keep[SIM_KEEP_COUNT];

    if (!marks)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct json_object *snapshot = json_object_array_get_idx(list, i);

        marks[i].time = sim_int(snapshot, "backup-time", 0);
        marks[i].is_protected = sim_int(snapshot, "protected", 0) != 0;
        marks[i].unfinished = sim_int(snapshot, "unfinished", 0) != 0;
    }
    for (int i = 0; i < SIM_KEEP_COUNT; i++)
        keep[i] = sim_int(numbers, sim_keep_names[i], 0);
    sim_retention(marks, count, keep, sim_local_here);
    *ret_count = count;
    return marks;
}

static struct json_object *item_of(const char *name, const char *ns, const struct sim_retained *mark)
{
    struct json_object *item = json_object_new_object();
    char type[8], id[160];

    pbs_group_split(name, type, id, sizeof id);
    sim_set_str(item, "backup-type", type);
    sim_set_str(item, "backup-id", id);
    sim_set_int(item, "backup-time", mark->time);
    sim_set(item, "keep", json_object_new_boolean(mark->mark != SIM_MARK_REMOVE));
    sim_set(item, "protected", json_object_new_boolean(mark->mark == SIM_MARK_PROTECTED));
    if (*ns)
        sim_set_str(item, "ns", ns);
    return item;
}

/* What stays and what goes of a group, oldest first. */
static struct json_object *plan(const char *name, const char *ns, struct json_object *group,
                                struct json_object *numbers)
{
    struct json_object *out = json_object_new_array();
    size_t count;
    struct sim_retained *marks = marks_of(group, numbers, &count);

    while (count-- > 0)
        json_object_array_add(out, item_of(name, ns, &marks[count]));
    free(marks);
    return out;
}

/* Carries a plan out, with a line in the log for each snapshot. */
static void carry_out(struct sim_job *job, struct json_object *store, struct json_object *group,
                      struct json_object *list, bool dry)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        bool keep = sim_int(item, "keep", 1) != 0;
        char when[32];

        pbs_time_text(sim_int(item, "backup-time", 0), when);
        sim_job_log(job, false, "%s/%s/%s %s", sim_str(item, "backup-type", ""),
                    sim_str(item, "backup-id", ""), when,
                    sim_int(item, "protected", 0) ? "protected"
                    : keep                        ? "keep"
                                                  : "remove");
        if (!keep && !dry &&
            pbs_forget(store, group, pbs_snapshot_find(group, sim_int(item, "backup-time", 0))) < 0) {
            sim_job_log(job, false, "failed to remove dir %s - possibly running or in use", when);
            job->warn = true;
        }
    }
}

#define KEEPING "No prune selection - keeping all files."

static struct json_object *store_of(struct sim *sim, const char *name)
{
    return sim_get(sim_get(sim->state, "datastores"), name);
}

/* ---- one group ---- */

static int end_group(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *store = store_of(sim, sim_str(job->args, "store", "")),
                       *group = sim_get(sim_get(pbs_space(store, sim_str(job->args, "ns", "")), "groups"),
                                        sim_str(job->args, "group", ""));

    if (!group)
        return sim_why(why, "backup group is gone");
    sim_job_log(job, false, keeps_something(job->args) ? "Starting prune on %s" : KEEPING " (%s)",
                sim_str(job->args, "id", ""));
    carry_out(job, store, group, sim_get(job->args, "plan"), false);
    return 0;
}

static const struct sim_work prune_group = {.type = "prune", .end = end_group};

/* A dry run only answers, also where the namespace is not told otherwise. */
int pbs_prune(struct sim_call *call)
{
    struct json_object *list, *args, *task;
    struct pbs_place place;
    const char *status;
    char id[400];

    if (pbs_enter(call, "Datastore.Modify", "Datastore.Prune", PBS_WRITE, &place) < 0)
        return -1;
    list = plan(place.group_name, place.ns, place.group, call->params);
    if (sim_arg_int(call, "dry-run", 0)) {
        call->data = list;
        return 0;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++)
        json_object_object_del(json_object_array_get_idx(list, i), "ns");
    args = sim_copy(call->params);
    (void)snprintf(id, sizeof id, "%s:%s:%s", place.name, place.ns, place.group_name);
    sim_set_str(args, "id", id);
    sim_set_str(args, "store", place.name);
    sim_set_str(args, "ns", place.ns);
    sim_set_str(args, "group", place.group_name);
    sim_set(args, "plan", json_object_get(list));
    task = sim_task_start(call->sim, &prune_group, call->who, call->sim->node, args);
    if (sim_arg_int(call, "use-task", 0)) {
        json_object_put(list);
        call->data = sim_copy(sim_get(task, "upid"));
        return 0;
    }
    (void)sim_task_wait(call->sim, task, INT64_MAX / 4);
    status = sim_str(task, "status", "OK");
    /* What is in use stays, with a warning in the log: the answer is as if it had gone. */
    if (strcmp(status, "OK") != 0 && strncmp(status, "WARNINGS: ", 10) != 0) {
        json_object_put(list);
        return sim_fail(call, 400, "%s", status);
    }
    call->data = list;
    return 0;
}

/* ---- a datastore ---- */

/* The groups of one namespace: all with Datastore.Modify there, one's own with Datastore.Prune. */
static void prune_space(struct sim *sim, struct sim_job *job, struct json_object *store, const char *ns)
{
    struct pbs_rights rights;
    char owner[200], path[400];
    bool all, own;

    pbs_task_owner(job->task, owner, sizeof owner);
    pbs_path(sim_str(job->args, "store", ""), ns, path, sizeof path);
    pbs_rights(sim->state, owner, path, &rights);
    all = (rights.held & pbs_privs("Datastore.Modify")) != 0;
    own = (rights.held & pbs_privs("Datastore.Prune")) != 0;
    json_object_object_foreach(sim_get(pbs_space(store, ns), "groups"), id, group)
    {
        struct json_object *list;

        if (!all && !(own && pbs_owns(owner, sim_str(group, "owner", ""))))
            continue;
        sim_job_log(job, false, "Pruning group %s%s\"%s\"", ns, *ns ? ":" : "", id);
        list = plan(id, ns, group, job->args);
        carry_out(job, store, group, list, sim_int(job->args, "dry-run", 0) != 0);
        json_object_put(list);
    }
}

int pbs_prune_below(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "store", ""), *top = sim_str(job->args, "ns", "");
    struct json_object *store = store_of(sim, name);

    if (!store)
        return sim_why(why, "no such datastore '%s'", name);
    sim_job_log(job, false, "Starting datastore prune on %s%s%s", name, *top ? ":" : "", top);
    if (!keeps_something(job->args)) {
        sim_job_log(job, false, KEEPING);
        return 0;
    }
    json_object_object_foreach(sim_get(store, "namespaces"), ns, space)
    {
        (void)space;
        if (pbs_below(ns, top, sim_int(job->args, "max-depth", PBS_DEPTH_MAX)))
            prune_space(sim, job, store, ns);
    }
    return 0;
}

static const struct sim_work prune_store = {.type = "prune", .end = pbs_prune_below};

int pbs_prune_store(struct sim_call *call)
{
    const char *store = sim_arg(call, "store"), *ns = sim_str(call->params, "ns", "");
    struct json_object *args;
    char path[400], id[400];

    pbs_path(store, ns, path, sizeof path);
    if (!pbs_can(call, path, "Datastore.Modify|Datastore.Prune"))
        return pbs_lacks(call, "Datastore.Modify|Datastore.Prune", path);
    if (!pbs_store(call, store, PBS_WRITE))
        return -1;
    args = sim_copy(call->params);
    (void)snprintf(id, sizeof id, "%s:%s", store, ns);
    sim_set_str(args, "id", id);
    return pbs_call_task(call, &prune_store, args);
}
