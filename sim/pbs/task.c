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

void pbs_task_owner(struct json_object *task, char *owner, size_t size)
{
    const char *token = sim_str(task, "tokenid", NULL);

    (void)snprintf(owner, size, "%s%s%s", sim_str(task, "user", ""), token ? "!" : "", token ? token : "");
}

void pbs_task_name(struct json_object *task)
{
    char upid[700], id[300], owner[200];

    escape(sim_str(task, "id", ""), id, sizeof id);
    pbs_task_owner(task, owner, sizeof owner);
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

    pbs_task_owner(task, owner, sizeof owner);
    return pbs_owns(call->who, owner);
}

/* The part number `index` of a worker's id, which has colons between them. */
static void part(const char *id, int index, char *text, size_t size)
{
    for (; index > 0 && *id; index--) {
        id += strcspn(id, ":");
        id += *id == ':';
    }
    (void)snprintf(text, size, "%.*s", (int)strcspn(id, ":"), id);
}

/* Types of tasks that are about a datastore, which part of the worker's id it is, and what lets somebody else
 * look at them: the privilege to do the same. */
static const struct {
    const char *type;
    int store, ns; /* ns -1: privileges are those on the datastore */
    const char *privs;
} kinds[] = {
    {"backup", 0, -1, NULL},
    {"garbage_collection", 0, -1, "Datastore.Modify"},
    {"prune", 0, 1, "Datastore.Modify"},
    {"prunejob", 0, 1, "Datastore.Modify"},
    {"syncjob", 2, 3, "Datastore.Backup"},
    {"verificationjob", 0, -1, "Datastore.Verify"},
    {"verify", 0, -1, NULL},
    {"verify_group", 0, -1, NULL},
    {"verify_snapshot", 0, -1, NULL},
};

static size_t kind_of(struct json_object *task)
{
    size_t i = 0;

    while (i < sizeof kinds / sizeof *kinds && strcmp(kinds[i].type, sim_str(task, "type", "")) != 0)
        i++;
    return i;
}

static bool could_do(struct sim_call *call, struct json_object *task)
{
    size_t kind = kind_of(task);
    char store[100], ns[300] = "", path[500], remote[100], far[200];

    if (kind == sizeof kinds / sizeof *kinds || !kinds[kind].privs)
        return false;
    part(sim_str(task, "id", ""), kinds[kind].store, store, sizeof store);
    if (kinds[kind].ns >= 0)
        part(sim_str(task, "id", ""), kinds[kind].ns, ns, sizeof ns);
    pbs_path(store, ns, path, sizeof path);
    if (!pbs_can(call, path, kinds[kind].privs))
        return false;
    part(sim_str(task, "id", ""), 0, remote, sizeof remote);
    (void)snprintf(far, sizeof far, "/remote/%s", remote);
    return strcmp(kinds[kind].type, "syncjob") != 0 || strcmp(remote, "-") == 0 ||
           pbs_can_below(call, far, "Remote.Read");
}

static bool may_look(struct sim_call *call, struct json_object *task)
{
    return mine(call, task) || pbs_can(call, "/system/tasks", "Sys.Audit") || could_do(call, task);
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
    static const char *const same[] = {"upid", "pid", "pstart", "starttime"};
    struct json_object *item = json_object_new_object();
    char owner[200];

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        sim_set(item, same[i], sim_copy(sim_get(task, same[i])));
    pbs_task_owner(task, owner, sizeof owner);
    sim_set_str(item, "node", "localhost"); /* whatever its name is */
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

static bool of_store(struct json_object *task, const char *store)
{
    size_t kind = kind_of(task);
    char text[100];

    if (kind == sizeof kinds / sizeof *kinds)
        return false;
    part(sim_str(task, "id", ""), kinds[kind].store, text, sizeof text);
    return strcmp(text, store) == 0;
}

static bool wanted(struct sim_call *call, struct json_object *task)
{
    const char *status = sim_str(task, "status", NULL), *type = sim_arg(call, "typefilter"),
               *user = sim_arg(call, "userfilter"), *store = sim_arg(call, "store");
    int64_t start = sim_int(task, "starttime", 0);
    struct json_object *filter = sim_get(call->params, "statusfilter");
    char owner[200];

    pbs_task_owner(task, owner, sizeof owner);
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

    call->data = json_object_new_array();
    /* What runs comes first; a limit of 0 is none. */
    for (int ended = 0; ended < 2; ended++) {
        for (size_t i = 0; i < json_object_array_length(tasks); i++) {
            struct json_object *task = json_object_array_get_idx(tasks, i);

            if ((sim_get(task, "status") != NULL) != (ended != 0) || !may_look(call, task) ||
                !wanted(call, task) || total++ < skip || (sim_arg_int(call, "limit", 50) != 0 && left-- <= 0))
                continue;
            json_object_array_add(call->data, list_item(task));
        }
    }
    sim_total(call, total);
    return 0;
}

/* The task of the request, if the caller may look at it. NULL: the call has failed. */
static struct json_object *find(struct sim_call *call)
{
    struct json_object *task = sim_task_find(call->state, sim_arg(call, "upid"));

    if (!task ? !pbs_can(call, "/system/tasks", "Sys.Audit") : !may_look(call, task))
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
    struct json_object *task = find(call);

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
    struct json_object *task = find(call);

    if (!task)
        return -1;
    /* The first line is number 1, and `start` is such a number; 0 is the first as well. */
    if (sim_arg_int(call, "start", 0) > 0)
        sim_set_int(call->params, "start", sim_arg_int(call, "start", 0) - 1);
    (void)sim_log_lines(call, sim_get(task, "log"), 50);
    if (sim_arg_int(call, "test-status", 0))
        sim_set(call->extra, "active", json_object_new_boolean(sim_get(task, "status") == NULL));
    return 0;
}

/* Only its owner to the letter, or whoever may manage all of them. */
int pbs_task_stop(struct sim_call *call)
{
    struct json_object *task = sim_task_find(call->state, sim_arg(call, "upid"));
    char owner[200] = "";

    if (task)
        pbs_task_owner(task, owner, sizeof owner);
    if (strcmp(owner, call->who) != 0 && !pbs_can(call, "/system/tasks", "Sys.Modify"))
        return pbs_lacks(call, "Sys.Modify", "/system/tasks");
    if (task)
        sim_task_abort(call->sim, task, "abort requested - aborting task");
    return 0;
}
