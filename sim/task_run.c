/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts, finishes and stops tasks, with the troubles that were asked for.
 */
#include "task_run.h"
#include "handlers.h"
#include "tasks.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TASKS_MAX 5000
#define LOG_MAX   1000

int64_t sim_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What an ending job starts begins when it ended, not when somebody came to ask. */
static int64_t moment(const struct sim *sim)
{
    return sim->moment ? sim->moment : sim_now_ms();
}

int sim_why(char *why, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(why, SIM_WHY_MAX, format, ap);
    va_end(ap);
    return -EINVAL;
}

/* Tasks of a Backup Server say on each line when it was written. */
static void log_line(struct json_object *task, const char *text)
{
    char stamped[1100];
    time_t now = time(NULL);
    size_t n = 0;
    struct tm tm;

    if (sim_get(task, "stamped") && localtime_r(&now, &tm))
        n = strftime(stamped, sizeof stamped, "%Y-%m-%dT%H:%M:%S%z: ", &tm);
    if (n > 5) { /* "+0100: " reads "+01:00: " */
        memmove(stamped + n - 3, stamped + n - 4, 5);
        stamped[n - 4] = ':';
        n++;
    }
    (void)snprintf(stamped + n, sizeof stamped - n, "%s", text);
    json_object_array_add(sim_get(task, "log"), json_object_new_string(stamped));
}

void sim_job_log(struct sim_job *job, bool later, const char *format, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (!job->task)
        return;
    if (later)
        json_object_array_add(job->lines, json_object_new_string(text));
    else
        log_line(job->task, text);
}

void sim_job_flush(struct sim_job *job)
{
    for (; job->shown < json_object_array_length(job->lines); job->shown++)
        log_line(job->task, json_object_get_string(json_object_array_get_idx(job->lines, job->shown)));
    json_object_put(job->lines);
    job->lines = json_object_new_array();
    job->shown = 0;
}

/* ---- how long, and what goes wrong ---- */

static int duration(struct sim *sim, const char *type)
{
    for (size_t i = 0; i < sim->task_time_count; i++) {
        if (strcmp(sim->task_times[i].type, type) == 0)
            return sim->task_times[i].ms;
    }
    return sim->task_ms;
}

static void apply_trouble(struct sim *sim, struct sim_job *job)
{
    for (size_t i = 0; i < sim->trouble_count; i++) {
        struct sim_trouble *trouble = &sim->troubles[i];

        if (trouble->left == 0 ||
            (strcmp(trouble->type, "*") != 0 && strcmp(trouble->type, job->work->type) != 0))
            continue;
        if (trouble->left > 0)
            trouble->left--;
        switch (trouble->kind) {
        case SIM_TROUBLE_FAIL:
            (void)snprintf(job->failure, sizeof job->failure, "command '%s' failed: exit code 1",
                           job->work->type);
            return;
        case SIM_TROUBLE_WARN: job->warn = true; return;
        case SIM_TROUBLE_HANG: job->due = INT64_MAX; return;
        case SIM_TROUBLE_SLOW: job->due = job->started + (job->due - job->started) * 10; return;
        }
    }
}

int sim_trouble_parse(const char *spec, struct sim_trouble *ret_trouble)
{
    static const char *const names[] = {"fail", "warn", "hang", "slow"};
    struct sim_trouble trouble = {.left = -1};
    size_t n = strcspn(spec, ":"), kind;
    const char *at = spec + n;
    uint64_t count;

    if (n == 0 || n >= sizeof trouble.type || *at != ':')
        return -EINVAL;
    memcpy(trouble.type, spec, n);
    at++;
    n = strcspn(at, ":");
    for (kind = 0; kind < 4; kind++) {
        if (strlen(names[kind]) == n && memcmp(names[kind], at, n) == 0)
            break;
    }
    if (kind == 4)
        return -EINVAL;
    trouble.kind = (enum sim_trouble_kind)kind;
    if (at[n] == ':') {
        if (sim_parse_uint(at + n + 1, 10, 1000000, &count) < 0)
            return -EINVAL;
        trouble.left = (long)count;
    }
    *ret_trouble = trouble;
    return 0;
}

/* ---- locks ---- */

static struct json_object *guest_of(struct sim *sim, struct sim_job *job)
{
    return sim_get(sim_get(sim->state, "guests"), sim_str(job->args, "vmid", ""));
}

static int take_lock(struct sim *sim, struct sim_job *job, const char *lock, char *why)
{
    struct json_object *guest = guest_of(sim, job);
    const char *held = sim_str(guest, "lock", NULL);

    if (!lock || !guest)
        return 0;
    if (held)
        return sim_why(why, "%s is locked (%s)",
                       strcmp(sim_str(guest, "type", ""), "qemu") == 0 ? "VM" : "CT", held);
    sim_set_str(guest, "lock", lock);
    job->locked = true;
    return 0;
}

int sim_job_lock(struct sim *sim, struct sim_job *job, const char *vmid, const char *lock, char *why)
{
    sim_set_str(job->args, "vmid", vmid);
    return take_lock(sim, job, lock, why);
}

static void drop_lock(struct sim *sim, struct sim_job *job)
{
    struct json_object *guest = guest_of(sim, job);

    if (job->locked && guest)
        json_object_object_del(guest, "lock");
    job->locked = false;
}

static void undo(struct sim *sim, struct sim_job *job)
{
    if (job->undo)
        job->undo(sim, job);
}

/* ---- the cluster's log ---- */

static void log_cluster(struct sim *sim, struct json_object *task, const char *what, const char *end)
{
    struct json_object *log = sim_get(sim->state, "log"), *list, *entry;
    const char *node = sim_str(task, "node", "");
    char text[1400];

    if (!log)
        return;
    list = json_object_new_array();
    entry = json_object_new_object();
    sim_set_int(entry, "time", (int64_t)time(NULL));
    sim_set_int(entry, "pri", end && strcmp(end, "OK") != 0 ? 3 : 6);
    sim_set_str(entry, "tag", "pvedaemon");
    sim_set_str(entry, "user", sim_str(task, "user", ""));
    sim_set_str(entry, "node", node);
    sim_set_int(entry, "pid", 1200);
    (void)snprintf(text, sizeof text, "%s task %s%s%s", what, sim_str(task, "upid", ""), end ? " " : "",
                   end ? end : "");
    sim_set_str(entry, "msg", text);
    (void)snprintf(text, sizeof text, "%zu:%s", json_object_array_length(log) + 1, node);
    sim_set_str(entry, "id", text);
    text[strcspn(text, ":")] = 0;
    sim_set_str(entry, "uid", text);
    json_object_array_add(list, entry);
    for (size_t i = 0; i < json_object_array_length(log) && i < LOG_MAX; i++)
        json_object_array_add(list, json_object_get(json_object_array_get_idx(log, i)));
    sim_set(sim->state, "log", list);
}

/* ---- start ---- */

static void link_job(struct sim *sim, struct sim_job *job)
{
    struct sim_job **at = &sim->jobs;

    while (*at && (*at)->due <= job->due)
        at = &(*at)->next;
    job->next = *at;
    *at = job;
}

static void free_job(struct sim_job *job)
{
    json_object_put(job->task);
    json_object_put(job->args);
    json_object_put(job->lines);
    free(job);
}

static void set_owner(struct json_object *task, const char *who)
{
    const char *bang = strchr(who, '!');
    size_t n = bang ? (size_t)(bang - who) : strlen(who);

    sim_set(task, "user", json_object_new_string_len(who, (int)n));
    if (bang)
        sim_set_str(task, "tokenid", bang + 1);
}

/* Puts the task before all others and forgets the oldest that have ended. */
static void list_task(struct sim *sim, struct json_object *task)
{
    struct json_object *tasks = sim_get(sim->state, "tasks"), *list = json_object_new_array();

    json_object_array_add(list, task);
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *other = json_object_array_get_idx(tasks, i);

        if (i < TASKS_MAX || !sim_get(other, "endtime"))
            json_object_array_add(list, json_object_get(other));
    }
    sim_set(sim->state, "tasks", list);
}

static struct json_object *new_task(struct sim *sim, const char *type, const char *who, const char *node,
                                    const char *id)
{
    struct json_object *task = json_object_new_object();

    sim->last_pid++;
    sim_set_str(task, "node", node);
    sim_set_int(task, "pid", 400000 + (int64_t)sim->last_pid);
    sim_set_int(task, "pstart", 90000000 + (sim_now_ms() / 10) % 1000000000 + (int64_t)sim->last_pid);
    sim_set_int(task, "starttime", (int64_t)time(NULL));
    sim_set_str(task, "type", type);
    sim_set_str(task, "id", id);
    set_owner(task, who);
    sim_set(task, "log", json_object_new_array());
    sim->product->name_task(task);
    return task;
}

static void finish(struct sim *sim, struct sim_job *job, const char *error)
{
    char text[SIM_WHY_MAX + 32];

    for (; job->shown < json_object_array_length(job->lines) && !error; job->shown++)
        log_line(job->task, json_object_get_string(json_object_array_get_idx(job->lines, job->shown)));
    if (error)
        (void)snprintf(text, sizeof text, "TASK ERROR: %s", error);
    else if (job->warn)
        (void)snprintf(text, sizeof text, "TASK WARNINGS: 1");
    else
        (void)snprintf(text, sizeof text, "TASK OK");
    if (job->warn && !error)
        log_line(job->task, "WARN: something went not quite as it should");
    log_line(job->task, text);
    sim_set_int(job->task, "endtime", (int64_t)time(NULL));
    sim_set_str(job->task, "status", error ? error : job->warn ? "WARNINGS: 1" : "OK");
    log_cluster(sim, job->task, "end", sim_str(job->task, "status", ""));
}

/* What the seed and the command line let tasks of this type say on their way. */
static void add_lines(struct sim *sim, struct sim_job *job)
{
    struct json_object *lines = sim_get(sim_get(sim->state, "task_lines"), job->work->type);
    const char *vmid = sim_str(job->args, "vmid", "");

    for (size_t i = 0; lines && i < json_object_array_length(lines); i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(lines, i)),
                   *hole = strstr(text, "{vmid}");

        if (hole)
            sim_job_log(job, true, "%.*s%s%s", (int)(hole - text), text, vmid, hole + 6);
        else
            sim_job_log(job, true, "%s", text);
    }
    for (size_t i = 0; i < sim->task_line_count; i++) {
        if (strcmp(sim->task_lines[i].type, job->work->type) == 0)
            sim_job_log(job, true, "%s", sim->task_lines[i].text);
    }
}

struct json_object *sim_task_start(struct sim *sim, const struct sim_work *work, const char *who,
                                   const char *node, struct json_object *args)
{
    struct sim_job *job = calloc(1, sizeof *job);
    char why[SIM_WHY_MAX] = "";
    struct json_object *task;

    if (!job)
        abort();
    task = new_task(sim, work->type, who, node, sim_str(args, "id", ""));
    list_task(sim, task);
    log_cluster(sim, task, "starting", NULL);
    *job = (struct sim_job){.work = work, .task = json_object_get(task), .args = args};
    job->lines = json_object_new_array();
    job->started = moment(sim);
    job->due = job->started + duration(sim, work->type);
    apply_trouble(sim, job);
    sim_touch(sim);
    if (take_lock(sim, job, work->lock, why) < 0 || (work->begin && work->begin(sim, job, why) < 0)) {
        drop_lock(sim, job);
        undo(sim, job);
        finish(sim, job, why);
        free_job(job);
        return task;
    }
    add_lines(sim, job);
    link_job(sim, job);
    return task;
}

int sim_call_task(struct sim_call *call, const struct sim_work *work, struct json_object *args)
{
    struct json_object *task;

    if (!args)
        args = json_object_new_object();
    sim_set_str(args, "vmid", sim_arg(call, "vmid"));
    sim_set_str(args, "node", sim_arg(call, "node"));
    sim_set_str(args, "id", sim_arg(call, "vmid"));
    task = sim_task_start(call->sim, work, call->who, sim_arg(call, "node"), args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}

int sim_call_task_of(struct sim_call *call, const struct sim_work *work, struct json_object *args)
{
    struct json_object *task;

    sim_set_str(args, "node", sim_arg(call, "node"));
    task = sim_task_start(call->sim, work, call->who, sim_arg(call, "node"), args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}

void sim_timer_start(struct sim *sim, const struct sim_work *work, int ms, struct json_object *args)
{
    struct sim_job *job = calloc(1, sizeof *job);

    if (!job)
        abort();
    *job = (struct sim_job){.work = work, .args = args, .started = moment(sim)};
    job->due = job->started + ms;
    link_job(sim, job);
}

/* ---- end ---- */

/* Log lines of running tasks appear as their time passes. */
static void show_lines(struct sim_job *job, int64_t now)
{
    size_t count = job->lines ? json_object_array_length(job->lines) : 0, upto = count;

    if (job->due == INT64_MAX)
        upto = count ? 1 : 0;
    else if (job->due > job->started)
        upto = (size_t)((int64_t)(count + 1) * (now - job->started) / (job->due - job->started));
    for (; job->shown < upto && job->shown < count; job->shown++)
        log_line(job->task, json_object_get_string(json_object_array_get_idx(job->lines, job->shown)));
}

static void end_job(struct sim *sim, struct sim_job *job)
{
    char why[SIM_WHY_MAX] = "";
    int r = 0;

    drop_lock(sim, job);
    if (*job->failure)
        r = sim_why(why, "%s", job->failure);
    else if (job->work->end)
        r = job->work->end(sim, job, why);
    if (r == SIM_GOES_ON) {
        link_job(sim, job);
        sim_touch(sim);
        return;
    }
    if (r < 0)
        undo(sim, job);
    if (job->task)
        finish(sim, job, r < 0 ? why : NULL);
    free_job(job);
    sim_touch(sim);
}

void sim_tasks_advance(struct sim *sim)
{
    int64_t now = sim_now_ms();

    while (sim->jobs && sim->jobs->due <= now) {
        struct sim_job *job = sim->jobs;

        sim->jobs = job->next;
        sim->moment = job->due;
        end_job(sim, job);
    }
    sim->moment = 0;
    for (struct sim_job *job = sim->jobs; job; job = job->next)
        show_lines(job, now);
}

bool sim_task_wait(struct sim *sim, struct json_object *task, int64_t ms)
{
    for (struct sim_job **at = &sim->jobs; *at; at = &(*at)->next) {
        struct sim_job *job = *at;

        if (job->task != task)
            continue;
        if (job->due > sim_now_ms() + ms)
            return false;
        *at = job->next;
        end_job(sim, job);
        break;
    }
    return sim_get(task, "status") != NULL;
}

void sim_tasks_done(struct sim *sim)
{
    while (sim->jobs) {
        struct sim_job *job = sim->jobs;

        sim->jobs = job->next;
        free_job(job);
    }
}

/* The worker is interrupted; what it had not done yet stays undone. */
static void interrupt(struct sim *sim, struct sim_job **at, const char *why)
{
    struct sim_job *job = *at;

    *at = job->next;
    drop_lock(sim, job);
    undo(sim, job);
    finish(sim, job, why);
    free_job(job);
    sim_touch(sim);
}

void sim_jobs_stop(struct sim *sim, const struct sim_work *work, const char *node)
{
    for (struct sim_job **at = &sim->jobs; *at;) {
        if ((*at)->work == work && strcmp(sim_str((*at)->task, "node", ""), node) == 0)
            interrupt(sim, at, "received interrupt");
        else
            at = &(*at)->next;
    }
}

void sim_task_abort(struct sim *sim, struct json_object *task, const char *why)
{
    for (struct sim_job **at = &sim->jobs; *at; at = &(*at)->next) {
        if ((*at)->task == task) {
            interrupt(sim, at, why);
            break;
        }
    }
}

/* DELETE of a task. */
int sim_task_stop(struct sim_call *call)
{
    struct json_object *task = NULL;

    if (sim_task_of_call(call, "Sys.Modify", &task) < 0)
        return -1;
    if (!task)
        return sim_fail_param(call, "upid", "no such task");
    sim_task_abort(call->sim, task, "received interrupt");
    return 0;
}
