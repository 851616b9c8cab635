/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replication jobs. What their schedule made them do is caught up with when somebody looks.
 */
#include "replication.h"
#include "handlers.h"
#include "schedule.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 2000 /* how many missed runs are caught up with */

struct json_object *sim_replication_job(struct json_object *state, const char *id)
{
    return sim_get(sim_get(state, "replication"), id);
}

/* Storages whose volumes can be sent as differences. */
bool sim_replication_can(struct json_object *state, const char *option)
{
    char storage[64];
    const char *type;

    (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(option, ":"), option);
    type = sim_str(sim_get(sim_get(state, "storage"), storage), "type", "");
    return strcmp(type, "zfspool") == 0 && !strstr(option, "replicate=0");
}

/* ---- runs ---- */

static struct json_object *state_of(struct json_object *job)
{
    if (!sim_get(job, "state"))
        sim_set(job, "state", json_object_new_object());
    return sim_get(job, "state");
}

static void log_line(struct json_object *log, const char *id, int64_t when, const char *text)
{
    time_t at = (time_t)when;
    char line[600], stamp[32];
    struct tm tm;

    (void)gmtime_r(&at, &tm);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &tm);
    (void)snprintf(line, sizeof line, "%s %s: %s", stamp, id, text);
    json_object_array_add(log, json_object_new_string(line));
}

static void log_run(struct sim *sim, const char *id, struct json_object *job, int64_t when, const char *error)
{
    struct json_object *log = json_object_new_array(), *entry;
    const char *vmid = sim_str(job, "guest", "");
    struct sim_guest guest = {0};
    char text[400];

    entry = sim_get(sim_get(sim->state, "guests"), vmid);
    log_line(log, id, when, "start replication job");
    if (entry) {
        sim_guest_view(vmid, entry, &guest);
        (void)snprintf(text, sizeof text, "guest => %s %s, running => %d", guest.qemu ? "VM" : "CT", vmid,
                       guest.running);
        log_line(log, id, when, text);
        json_object_object_foreach(guest.config, key, value)
        {
            const char *option = json_object_get_string(value);

            if (!sim_disk_key(guest.qemu, key) || !sim_replication_can(sim->state, option))
                continue;
            (void)snprintf(text, sizeof text, "incremental sync '%.*s' to %s", (int)strcspn(option, ","),
                           option, sim_str(job, "target", ""));
            log_line(log, id, when + 1, text);
        }
    }
    if (error)
        (void)snprintf(text, sizeof text, "end replication job with error: %s", error);
    else
        (void)snprintf(text, sizeof text, "end replication job");
    log_line(log, id, when + 3, text);
    sim_set(state_of(job), "log", log);
}

/* What a run at this time comes to; NULL: it is good. */
const char *sim_replication_trouble(struct sim *sim, struct json_object *job)
{
    if (sim_str(job, "broken", NULL))
        return sim_str(job, "broken", NULL);
    if (!sim_node_online(sim->state, sim_str(job, "target", "")))
        return "command '/usr/bin/ssh' failed: exit code 255";
    return NULL;
}

void sim_replication_run(struct sim *sim, const char *id, struct json_object *job, int64_t when)
{
    struct json_object *state = state_of(job);
    const char *error = sim_replication_trouble(sim, job);

    sim_set_int(state, "last_try", when);
    sim_set_num(state, "duration", 3.25);
    if (error) {
        sim_set_int(state, "fail_count", sim_int(state, "fail_count", 0) + 1);
        sim_set_str(state, "error", error);
    } else {
        sim_set_int(state, "last_sync", when);
        sim_set_int(state, "fail_count", 0);
        json_object_object_del(state, "error");
    }
    log_run(sim, id, job, when, error);
}

/* When it runs next: by its schedule, sooner after a failure; 0: never, as it is disabled. */
static int64_t next_run(struct json_object *job)
{
    struct json_object *state = sim_get(job, "state");
    int64_t last = sim_int(state, "last_try", sim_int(job, "made", 0)), fails, next = 0;

    if (sim_int(job, "disable", 0))
        return 0;
    fails = sim_int(state, "fail_count", 0);
    if (fails > 0)
        return last + (fails < 6 ? fails : 6) * 300;
    return sim_schedule_next(sim_str(job, "schedule", "*/15"), last, &next) == 0 ? next : 0;
}

void sim_replication_catch_up(struct sim *sim, const char *id, struct json_object *job)
{
    struct json_object *guest = sim_get(sim_get(sim->state, "guests"), sim_str(job, "guest", ""));
    int64_t now = (int64_t)time(NULL), next;

    if (!sim_get(job, "made")) { /* of the seed: it was good an hour ago */
        sim_set_int(job, "made", now - 3600);
        sim_set_int(state_of(job), "last_sync", now - 3600);
        sim_set_int(state_of(job), "last_try", now - 3600);
    }
    if (!guest || sim_str(job, "remove_job", NULL) ||
        !sim_node_online(sim->state, sim_str(guest, "node", "")))
        return;
    for (int runs = 0; runs < RUNS_MAX; runs++) {
        next = next_run(job);
        if (next == 0 || next > now)
            return;
        sim_replication_run(sim, id, job, next);
    }
}

/* ---- reads ---- */

static const char hidden[] = "state broken made";

static struct json_object *shown_job(const char *id, struct json_object *job)
{
    struct json_object *item = json_object_new_object();

    json_object_object_foreach(job, name, value)
    {
        if (!sim_word_in(hidden, " ", name, strlen(name)))
            sim_set(item, name, sim_copy(value));
    }
    sim_set_str(item, "id", id);
    return item;
}

static bool may(struct sim_call *call, struct json_object *job, const char *priv)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/vms/%s", sim_str(job, "guest", ""));
    return sim_can(call, path, priv);
}

int sim_replication_list(struct sim_call *call)
{
    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "replication"), id, job)
    {
        if (may(call, job, "VM.Audit"))
            json_object_array_add(call->data, shown_job(id, job));
    }
    return 0;
}

/* The job of the path; fails the call if there is none or the caller may not see it. */
static struct json_object *job_of_call(struct sim_call *call)
{
    const char *id = sim_arg(call, "id");
    struct json_object *job = sim_replication_job(call->state, id);

    if (!job)
        (void)sim_fail(call, 500, "no such replication job '%s'\n", id);
    else if (!may(call, job, "VM.Audit")) {
        (void)sim_fail_perm(call, "");
        job = NULL;
    }
    return job;
}

int sim_replication_show(struct sim_call *call)
{
    struct json_object *job = job_of_call(call);
    char digest[41];

    if (!job)
        return -EINVAL;
    call->data = shown_job(sim_arg(call, "id"), job);
    sim_digest(sim_get(call->state, "replication"), digest);
    sim_set_str(call->data, "digest", digest);
    return 0;
}

/* A job as its node tells of it: how it goes beside what it is. */
static struct json_object *status_of(struct sim_call *call, const char *id, struct json_object *job)
{
    static const char *const parts[] = {"last_sync", "last_try", "fail_count", "error", "duration", "pid"};
    const char *vmid = sim_str(job, "guest", "");
    struct json_object *item, *state;
    int64_t next;

    sim_replication_catch_up(call->sim, id, job);
    item = shown_job(id, job);
    state = state_of(job);
    sim_set_int(item, "last_sync", 0);
    sim_set_int(item, "last_try", 0);
    sim_set_int(item, "fail_count", 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (sim_get(state, parts[i]))
            sim_set(item, parts[i], sim_copy(sim_get(state, parts[i])));
    }
    next = next_run(job);
    if (next > 0)
        sim_set_int(item, "next_sync", next);
    sim_set_str(item, "vmtype", sim_str(sim_get(sim_get(call->state, "guests"), vmid), "type", "qemu"));
    return item;
}

/* Jobs run on the node where their guest is. */
static bool runs_on(struct sim_call *call, struct json_object *job)
{
    struct json_object *guest = sim_get(sim_get(call->state, "guests"), sim_str(job, "guest", ""));

    return guest && strcmp(sim_str(guest, "node", ""), sim_arg(call, "node")) == 0;
}

int sim_node_replication(struct sim_call *call)
{
    const char *wanted = sim_arg(call, "guest");

    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "replication"), id, job)
    {
        if (runs_on(call, job) && may(call, job, "VM.Audit") &&
            (!wanted || strcmp(wanted, sim_str(job, "guest", "")) == 0))
            json_object_array_add(call->data, status_of(call, id, job));
    }
    return 0;
}

int sim_node_replication_status(struct sim_call *call)
{
    struct json_object *job = sim_replication_job(call->state, sim_arg(call, "id"));

    if (!job || !runs_on(call, job))
        return sim_fail(call, 500, "no such replication job '%s'\n", sim_arg(call, "id"));
    if (!may(call, job, "VM.Audit"))
        return sim_fail_perm(call, "");
    call->data = status_of(call, sim_arg(call, "id"), job);
    return 0;
}

int sim_node_replication_log(struct sim_call *call)
{
    struct json_object *job = sim_replication_job(call->state, sim_arg(call, "id"));
    char node[128];

    if (!job)
        return sim_fail(call, 500, "no such replication job '%s'\n", sim_arg(call, "id"));
    (void)snprintf(node, sizeof node, "/nodes/%s", sim_arg(call, "node"));
    if (!may(call, job, "VM.Audit") && !sim_can(call, node, "Sys.Audit"))
        return sim_fail_perm(call, "");
    if (runs_on(call, job))
        sim_replication_catch_up(call->sim, sim_arg(call, "id"), job);
    return sim_log_lines(call, runs_on(call, job) ? sim_get(sim_get(job, "state"), "log") : NULL, 50);
}
