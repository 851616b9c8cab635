/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks as a Backup Server names and lists them: nine parts in a UPID, the worker's id escaped in it, lists
 * that show one's own tasks unless one may audit all.
 */
#include "pbs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* '/' becomes '-', and what is neither letter, digit, '_' nor '.' its number. */
static void escape(const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (; *text && n + 5 < size; text++) {
        if (*text == '/')
            out[n++] = '-';
        else if (isalnum((unsigned char)*text) || *text == '_' || (*text == '.' && n > 0))
            out[n++] = *text;
        else
            n += (size_t)snprintf(out + n, size - n, "\\x%02x", (unsigned char)*text);
    }
    out[n] = 0;
}

static void owner_of(struct json_object *task, char *owner, size_t size)
{
    const char *token = sim_str(task, "tokenid", NULL);

    (void)snprintf(owner, size, "%s%s%s", sim_str(task, "user", ""), token ? "!" : "", token ? token : "");
}

void pbs_task_name(struct json_object *task)
{
    char upid[700], id[300], owner[200];

    escape(sim_str(task, "id", ""), id, sizeof id);
    owner_of(task, owner, sizeof owner);
    (void)snprintf(upid, sizeof upid, "UPID:%s:%08X:%08X:%08X:%08X:%s:%s:%s:", sim_str(task, "node", ""),
                   (unsigned)sim_int(task, "pid", 0), (unsigned)sim_int(task, "pstart", 0),
                   (unsigned)(sim_int(task, "pid", 0) % 100000), (unsigned)sim_int(task, "starttime", 0),
                   sim_str(task, "type", ""), id, owner);
    sim_set_str(task, "upid", upid);
    sim_set_int(task, "stamped", 1);
}

int pbs_call_task(struct sim_call *call, const struct sim_work *work, struct json_object *args)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *job = sim_copy(sim_get(args, "job"));
    struct json_object *task = sim_task_start(call->sim, work, call->who, call->sim->node, args);

    if (job)
        sim_set(task, "job", json_object_get(job));
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}

static bool mine(struct sim_call *call, struct json_object *task)
{
    char owner[200];

    owner_of(task, owner, sizeof owner);
    return pbs_owns(call->who, owner);
}

static void set_worker_id(struct json_object *task, struct json_object *item, const char *name)
{
    if (*sim_str(task, "id", ""))
        sim_set_str(item, name, sim_str(task, "id", ""));
    else
        sim_set(item, name, NULL);
}

static struct json_object *list_item(struct json_object *task)
{
    static const char *const same[] = {"upid", "node", "pid", "pstart", "starttime"};
    struct json_object *item = json_object_new_object();
    char owner[200];

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        sim_set(item, same[i], sim_copy(sim_get(task, same[i])));
    owner_of(task, owner, sizeof owner);
    sim_set_str(item, "worker_type", sim_str(task, "type", ""));
    set_worker_id(task, item, "worker_id");
    sim_set_str(item, "user", owner);
    if (sim_get(task, "status")) {
        sim_set(item, "endtime", sim_copy(sim_get(task, "endtime")));
        sim_set(item, "status", sim_copy(sim_get(task, "status")));
    }
    return item;
}

static bool status_wanted(struct json_object *filter, const char *status)
{
    const char *kind = "error";

    if (strcmp(status, "OK") == 0)
        kind = "ok";
    else if (strncmp(status, "WARNINGS: ", 10) == 0)
        kind = "warning";
    else if (strcmp(status, "unknown") == 0)
        kind = "unknown";
    for (size_t i = 0; i < json_object_array_length(filter); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(filter, i)), kind) == 0)
            return true;
    }
    return false;
}

/* Is the task about this datastore? Its worker's id is the name, or begins with it. */
static bool of_store(struct json_object *task, const char *store)
{
    const char *id = sim_str(task, "id", "");
    size_t n = strlen(store);

    if (strncmp(id, store, n) == 0 && (id[n] == 0 || id[n] == ':'))
        return true;
    return strcmp(sim_str(task, "store", ""), store) == 0;
}

static bool wanted(struct sim_call *call, struct json_object *task)
{
    const char *status = sim_str(task, "status", NULL), *type = sim_arg(call, "typefilter"),
               *user = sim_arg(call, "userfilter"), *store = sim_arg(call, "store");
    int64_t start = sim_int(task, "starttime", 0);
    struct json_object *filter = sim_get(call->params, "statusfilter");
    char owner[200];

    owner_of(task, owner, sizeof owner);
    if ((user && !strstr(owner, user)) || (type && !strstr(sim_str(task, "type", ""), type)) ||
        (store && !of_store(task, store)) || (sim_arg_int(call, "running", 0) && status) ||
        (sim_arg_int(call, "errors", 0) && status && strcmp(status, "OK") == 0))
        return false;
    if (filter && (!status || !status_wanted(filter, status)))
        return false;
    return start >= sim_arg_int(call, "since", 0) && start <= sim_arg_int(call, "until", INT64_MAX);
}

int pbs_tasks(struct sim_call *call)
{
    struct json_object *tasks = sim_get(call->state, "tasks");
    int64_t skip = sim_arg_int(call, "start", 0), left = sim_arg_int(call, "limit", 50), total = 0;
    bool all = pbs_can(call, "/system/tasks", "Sys.Audit");

    call->data = json_object_new_array();
    /* What runs comes first; a limit of 0 is none. */
    for (int ended = 0; ended < 2; ended++) {
        for (size_t i = 0; i < json_object_array_length(tasks); i++) {
            struct json_object *task = json_object_array_get_idx(tasks, i);

            if ((sim_get(task, "status") != NULL) != (ended != 0) || !(all || mine(call, task)) ||
                !wanted(call, task) || total++ < skip || (sim_arg_int(call, "limit", 50) != 0 && left-- <= 0))
                continue;
            json_object_array_add(call->data, list_item(task));
        }
    }
    sim_total(call, total);
    return 0;
}

/* The task of the request, if the caller may. NULL: the call has failed. */
static struct json_object *find(struct sim_call *call, const char *priv)
{
    struct json_object *task = sim_task_find(call->state, sim_arg(call, "upid"));

    if (!(task && mine(call, task)) && !pbs_can(call, "/system/tasks", priv))
        (void)sim_fail(call, 400, "task access not allowed");
    else if (!task)
        (void)sim_fail(call, 400, "unable to open file - No such file or directory (os error 2)");
    else
        return task;
    return NULL;
}

int pbs_task_status(struct sim_call *call)
{
    static const char *const same[] = {"upid",      "node", "pid",  "pstart",
                                       "starttime", "type", "user", "tokenid"};
    struct json_object *task = find(call, "Sys.Audit");

    if (!task)
        return -1;
    call->data = json_object_new_object();
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        if (sim_get(task, same[i]))
            sim_set(call->data, same[i], sim_copy(sim_get(task, same[i])));
    }
    set_worker_id(task, call->data, "id");
    sim_set_str(call->data, "status", sim_get(task, "status") ? "stopped" : "running");
    if (sim_get(task, "status")) {
        sim_set(call->data, "exitstatus", sim_copy(sim_get(task, "status")));
        sim_set(call->data, "endtime", sim_copy(sim_get(task, "endtime")));
    }
    return 0;
}

int pbs_task_log(struct sim_call *call)
{
    struct json_object *task = find(call, "Sys.Audit");

    if (!task)
        return -1;
    (void)sim_log_lines(call, sim_get(task, "log"), 50);
    if (sim_arg_int(call, "test-status", 0))
        sim_set(call->extra, "active", json_object_new_boolean(sim_get(task, "status") == NULL));
    return 0;
}

int pbs_task_stop(struct sim_call *call)
{
    struct json_object *task = find(call, "Sys.Modify");

    if (!task)
        return -1;
    sim_task_abort(call->sim, task, "abort requested - aborting task");
    return 0;
}
