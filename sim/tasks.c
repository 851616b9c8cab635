/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task lists, task status and task logs.
 */
#include "tasks.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

#define CLUSTER_TASKS_MAX 25

/* Members that a list shows; the log stays inside. */
static const char *const shown[] = {"upid", "node", "pid",  "pstart", "starttime",
                                    "type", "id",   "user", "tokenid"};

void sim_task_set_upid(struct json_object *task)
{
    const char *token = sim_str(task, "tokenid", NULL);
    char upid[512];

    (void)snprintf(upid, sizeof upid, "UPID:%s:%08X:%08X:%08X:%s:%s:%s%s%s:", sim_str(task, "node", ""),
                   (unsigned)sim_int(task, "pid", 0), (unsigned)sim_int(task, "pstart", 0),
                   (unsigned)sim_int(task, "starttime", 0), sim_str(task, "type", ""),
                   sim_str(task, "id", ""), sim_str(task, "user", ""), token ? "!" : "", token ? token : "");
    sim_set_str(task, "upid", upid);
}

struct json_object *sim_task_find(struct json_object *state, const char *upid)
{
    struct json_object *tasks = sim_get(state, "tasks");

    for (size_t i = 0; tasks && i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);

        if (strcmp(sim_str(task, "upid", ""), upid) == 0)
            return task;
    }
    return NULL;
}

/* Does the task belong to the caller? A token owns what it started; a user also what its tokens started. */
static bool owns(const char *who, struct json_object *task)
{
    const char *user = sim_str(task, "user", ""), *token = sim_str(task, "tokenid", "");
    const char *bang = strchr(who, '!');

    if (!bang)
        return strcmp(who, user) == 0;
    return strlen(user) == (size_t)(bang - who) && strncmp(who, user, strlen(user)) == 0 &&
           strcmp(bang + 1, token) == 0;
}

bool sim_task_visible(struct sim_call *call, struct json_object *task)
{
    char path[128];

    (void)snprintf(path, sizeof path, "/nodes/%s", sim_str(task, "node", ""));
    return owns(call->who, task) || sim_can(call, path, "Sys.Audit");
}

static struct json_object *summary(struct json_object *task)
{
    struct json_object *out = json_object_new_object();

    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        if (sim_get(task, shown[i]))
            sim_set(out, shown[i], sim_copy(sim_get(task, shown[i])));
    }
    return out;
}

static bool status_wanted(const char *filter, const char *status)
{
    const char *kind = "error";

    if (strcmp(status, "OK") == 0)
        kind = "ok";
    else if (strncmp(status, "WARNINGS: ", 10) == 0)
        kind = "warning";
    else if (strcmp(status, "unexpected status") == 0)
        kind = "unknown";
    return sim_word_in(filter, ",; ", kind, strlen(kind));
}

static bool contains(const char *text, const char *part)
{
    return !part || strstr(text, part) != NULL;
}

static bool wanted(struct sim_call *call, struct json_object *task)
{
    const char *status = sim_str(task, "status", NULL), *source = sim_arg(call, "source");
    const char *filter = sim_arg(call, "statusfilter"), *type = sim_arg(call, "typefilter"),
               *vmid = sim_arg(call, "vmid");
    int64_t start = sim_int(task, "starttime", 0);
    bool all = source && strcmp(source, "all") == 0, active = source && strcmp(source, "active") == 0;

    if (!all && active != (status == NULL))
        return false;
    if (strcmp(sim_str(task, "node", ""), sim_arg(call, "node")) != 0)
        return false;
    if (sim_arg_int(call, "errors", 0) && (!status || strcmp(status, "OK") == 0))
        return false;
    if (filter && (!status || !status_wanted(filter, status)))
        return false;
    if (vmid && strcmp(sim_str(task, "id", ""), vmid) != 0)
        return false;
    if (type && strcmp(sim_str(task, "type", ""), type) != 0)
        return false;
    return contains(sim_str(task, "user", ""), sim_arg(call, "userfilter")) &&
           start >= sim_arg_int(call, "since", 0) && start <= sim_arg_int(call, "until", INT64_MAX) &&
           sim_task_visible(call, task);
}

/* Lists do not split the owner of a running task. */
static void join_owner(struct json_object *task, struct json_object *item)
{
    const char *token = sim_str(task, "tokenid", NULL);
    char owner[256];

    (void)snprintf(owner, sizeof owner, "%s%s%s", sim_str(task, "user", ""), token ? "!" : "",
                   token ? token : "");
    sim_set_str(item, "user", owner);
    json_object_object_del(item, "tokenid");
}

int sim_tasks_list(struct sim_call *call)
{
    struct json_object *tasks = sim_get(call->state, "tasks");
    int64_t skip = sim_arg_int(call, "start", 0), left = sim_arg_int(call, "limit", 50), total = 0;

    call->data = json_object_new_array();
    /* What runs comes first. */
    for (int ended = 0; ended < 2; ended++) {
        for (size_t i = 0; i < json_object_array_length(tasks); i++) {
            struct json_object *task = json_object_array_get_idx(tasks, i), *item;

            if ((sim_get(task, "status") != NULL) != (ended != 0) || !wanted(call, task) || total++ < skip ||
                left-- <= 0)
                continue;
            item = summary(task);
            if (ended) {
                sim_set(item, "endtime", sim_copy(sim_get(task, "endtime")));
                sim_set(item, "status", sim_copy(sim_get(task, "status")));
            } else {
                join_owner(task, item);
                sim_set_str(item, "status", "RUNNING");
                sim_set_str(item, "saved", "0");
            }
            json_object_array_add(call->data, item);
        }
    }
    if (total > 0)
        sim_total(call, total);
    return 0;
}

int sim_cluster_tasks(struct sim_call *call)
{
    static const char *const extra[] = {"pid", "pstart"};
    struct json_object *tasks = sim_get(call->state, "tasks");
    /* Unlike a node's list, this one asks for the privilege on / and no other path. */
    bool all = sim_can(call, "/", "Sys.Audit");

    call->data = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i), *item;

        if (!(all || owns(call->who, task)) || json_object_array_length(call->data) >= CLUSTER_TASKS_MAX)
            continue;
        item = summary(task);
        for (size_t k = 0; k < sizeof extra / sizeof *extra; k++)
            json_object_object_del(item, extra[k]);
        if (sim_get(task, "status")) {
            sim_set(item, "endtime", sim_copy(sim_get(task, "endtime")));
            sim_set(item, "status", sim_copy(sim_get(task, "status")));
        } else {
            join_owner(task, item);
        }
        sim_set_str(item, "saved", sim_get(task, "status") ? "1" : "0");
        json_object_array_add(call->data, item);
    }
    return 0;
}

/* UPID:node:pid:pstart:starttime:type:id:user: */
static bool well_formed(const char *upid)
{
    int colons = 0;

    if (strncmp(upid, "UPID:", 5) != 0)
        return false;
    for (const char *at = upid; *at; at++)
        colons += *at == ':';
    return colons == 8 && upid[strlen(upid) - 1] == ':';
}

int sim_task_of_call(struct sim_call *call, const char *priv, struct json_object **ret_task)
{
    const char *upid = sim_arg(call, "upid"), *user;
    struct json_object *task;
    char path[128], why[200], owner[128] = "";
    size_t n;

    if (!well_formed(upid))
        return sim_fail_param(call, "upid", "unable to parse worker upid");
    task = sim_task_find(call->state, upid);
    if (!task) {
        /* The name in the upid decides who may ask. */
        for (user = upid + strlen(upid) - 1; user > upid && user[-1] != ':'; user--)
            continue;
        n = strcspn(user, ":");
        (void)snprintf(owner, sizeof owner, "%.*s", (int)n, user);
    }
    (void)snprintf(path, sizeof path, "/nodes/%s", sim_arg(call, "node"));
    if (!(task ? owns(call->who, task) : strcmp(owner, call->who) == 0) && !sim_can(call, path, priv)) {
        (void)snprintf(why, sizeof why, " (%s, %s)", path, priv);
        return sim_fail_perm(call, why);
    }
    *ret_task = task;
    return 0;
}

int sim_task_status(struct sim_call *call)
{
    struct json_object *task = NULL;

    if (sim_task_of_call(call, "Sys.Audit", &task) < 0)
        return -1;
    if (!task)
        return sim_fail_param(call, "upid", "no such task");
    call->data = summary(task);
    sim_set_str(call->data, "status", sim_get(task, "status") ? "stopped" : "running");
    if (sim_get(task, "status"))
        sim_set(call->data, "exitstatus", sim_copy(sim_get(task, "status")));
    return 0;
}

/* Answers a log as numbered lines, `start` and `limit` applied, with the total beside. */
int sim_log_lines(struct sim_call *call, struct json_object *lines, int64_t default_limit)
{
    int64_t start = sim_arg_int(call, "start", 0), limit = sim_arg_int(call, "limit", default_limit);
    int64_t count = lines ? (int64_t)json_object_array_length(lines) : 0;

    call->data = json_object_new_array();
    if (!lines) {
        struct json_object *item = json_object_new_object();

        sim_set_int(item, "n", 1);
        sim_set_str(item, "t", "unable to open file - No such file or directory");
        json_object_array_add(call->data, item);
        sim_total(call, 1);
        return 0;
    }
    for (int64_t i = start; i < count && (limit == 0 || i < start + limit); i++) {
        struct json_object *item = json_object_new_object();

        sim_set_int(item, "n", i + 1);
        sim_set(item, "t", sim_copy(json_object_array_get_idx(lines, (size_t)i)));
        json_object_array_add(call->data, item);
    }
    sim_total(call, count);
    return 0;
}

int sim_task_log(struct sim_call *call)
{
    struct json_object *task = NULL;

    if (sim_task_of_call(call, "Sys.Audit", &task) < 0)
        return -1;
    return sim_log_lines(call, task ? sim_get(task, "log") : NULL, 50);
}
