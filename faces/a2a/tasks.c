/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks and what happened to them. One mutex and one condition for all: there are few. */
#include "tasks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"

#define TASKS_MOST  500u
#define EVENTS_MOST 64u
#define TEXT_LIMIT  ((size_t)2 << 20)

struct task {
    struct tasks *tasks;
    unsigned refs;
    char id[TASK_ID_SIZE];
    char *context, *message; /* message: its JSON */
    const struct skill *skill;
    struct json_object *arguments, *plan;
    struct cancel *cancel;
    enum task_state state;
    int64_t time_us, again_ms;
    bool claimed;
    char *status, *artifact; /* their JSON */
    char *events[EVENTS_MOST];
    size_t event_count;
};

struct tasks {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
    struct task *all[TASKS_MOST]; /* the oldest first */
    size_t count;
};

static const char *const names[TASK_STATES] = {[TASK_SUBMITTED] = "TASK_STATE_SUBMITTED",
                                               [TASK_WORKING] = "TASK_STATE_WORKING",
                                               [TASK_INPUT_REQUIRED] = "TASK_STATE_INPUT_REQUIRED",
                                               [TASK_COMPLETED] = "TASK_STATE_COMPLETED",
                                               [TASK_FAILED] = "TASK_STATE_FAILED",
                                               [TASK_CANCELED] = "TASK_STATE_CANCELED",
                                               [TASK_REJECTED] = "TASK_STATE_REJECTED"};

const char *task_state_name(enum task_state state)
{
    return names[state];
}

int task_state_find(const char *name)
{
    for (int i = 0; i < TASK_STATES; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

bool task_ended(enum task_state state)
{
    return state >= TASK_COMPLETED;
}

int tasks_new(struct tasks **ret)
{
    struct tasks *tasks = calloc(1, sizeof(*tasks));

    if (!tasks)
        return -ENOMEM;
    (void)pthread_mutex_init(&tasks->mutex, NULL);
    (void)pthread_cond_init(&tasks->changed, NULL);
    *ret = tasks;
    return 0;
}

static void lock(struct tasks *tasks)
{
    (void)pthread_mutex_lock(&tasks->mutex);
}

static void unlock(struct tasks *tasks)
{
    (void)pthread_mutex_unlock(&tasks->mutex);
}

/* False: time is over. With the lock. */
static bool wait_change(struct tasks *tasks, int64_t deadline_ms)
{
    const struct timespec until = clock_timespec(deadline_ms);

    return clock_ms() < deadline_ms &&
           pthread_cond_clockwait(&tasks->changed, &tasks->mutex, CLOCK_MONOTONIC, &until) == 0;
}

static void task_free(struct task *task)
{
    for (size_t i = 0; i < task->event_count; i++)
        free(task->events[i]);
    json_object_put(task->arguments);
    json_object_put(task->plan);
    if (task->cancel)
        cancel_unref(task->cancel);
    free(task->context);
    free(task->message);
    free(task->status);
    free(task->artifact);
    free(task);
}

/* With the lock. */
static void drop(struct task *task)
{
    if (--task->refs == 0)
        task_free(task);
}

void tasks_stop(struct tasks *tasks)
{
    lock(tasks);
    tasks->stopping = true;
    for (size_t i = 0; i < tasks->count; i++)
        cancel_set(tasks->all[i]->cancel);
    (void)pthread_cond_broadcast(&tasks->changed);
    unlock(tasks);
}

void tasks_free(struct tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++)
        drop(tasks->all[i]);
    (void)pthread_cond_destroy(&tasks->changed);
    (void)pthread_mutex_destroy(&tasks->mutex);
    free(tasks);
}

bool tasks_stopping(struct tasks *tasks)
{
    lock(tasks);
    const bool stopping = tasks->stopping;
    unlock(tasks);
    return stopping;
}

/* ---- what is on the wire; with the lock */

static void put_time(int64_t us, struct buf *out)
{
    const time_t s = (time_t)(us / 1000000);
    struct tm tm;
    char text[32] = "";

    (void)gmtime_r(&s, &tm);
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(out, ",\"timestamp\":\"%s.%03dZ\"", text, (int)(us / 1000 % 1000));
}

static void put_ids(const struct task *task, const char *key, struct buf *out)
{
    json_put_key_string(out, key, task->id);
    json_put_key_string(out, "contextId", task->context);
}

static char *status_text(const struct task *task, const char *words, struct json_object *facts)
{
    struct buf out = BUF_INIT(TEXT_LIMIT);

    buf_char(&out, '{');
    json_put_key_string(&out, "state", names[task->state]);
    put_time(task->time_us, &out);
    if (words) {
        buf_printf(&out, ",\"message\":{\"messageId\":\"%s-%zu\",\"role\":\"ROLE_AGENT\"", task->id,
                   task->event_count);
        put_ids(task, "taskId", &out);
        buf_str(&out, ",\"parts\":[{\"text\":");
        json_put_cstr(&out, words);
        buf_char(&out, '}');
        if (facts) {
            buf_str(&out, ",{\"data\":");
            json_put_value(&out, facts);
            buf_char(&out, '}');
        }
        buf_str(&out, "]}");
    }
    buf_char(&out, '}');
    return buf_take(&out, NULL);
}

static void add_event(struct task *task, const char *kind, const char *key, const char *value,
                      const char *more)
{
    struct buf out = BUF_INIT(TEXT_LIMIT);

    if (task->event_count == EVENTS_MOST) { /* the last place is the end's */
        free(task->events[--task->event_count]);
        task->events[task->event_count] = NULL;
    }
    buf_printf(&out, "{\"%s\":{", kind);
    put_ids(task, "taskId", &out);
    json_put_key(&out, key);
    buf_str(&out, value);
    buf_printf(&out, "%s}}", more);
    char *text = buf_take(&out, NULL);
    if (text)
        task->events[task->event_count++] = text;
}

static void set_state(struct task *task, enum task_state state, const char *words, struct json_object *facts)
{
    task->state = state;
    task->time_us = clock_wall_us();
    char *status = status_text(task, words, facts);
    if (status) {
        free(task->status);
        task->status = status;
    }
    add_event(task, "statusUpdate", "status", task->status ? task->status : "{}", "");
    (void)pthread_cond_broadcast(&task->tasks->changed);
}

static void put_task(const struct task *task, bool history, bool artifacts, struct buf *out)
{
    buf_char(out, '{');
    json_put_key_string(out, "id", task->id);
    json_put_key_string(out, "contextId", task->context);
    json_put_key(out, "status");
    buf_str(out, task->status ? task->status : "{}");
    if (artifacts && task->artifact)
        buf_printf(out, ",\"artifacts\":[%s]", task->artifact);
    if (history)
        buf_printf(out, ",\"history\":[%s]", task->message);
    buf_char(out, '}');
}

/* ---- adding and finding */

/* Room for one more: the oldest that ended goes. */
static bool make_room(struct tasks *tasks)
{
    if (tasks->count < TASKS_MOST)
        return true;
    for (size_t i = 0; i < tasks->count; i++) {
        if (task_ended(tasks->all[i]->state) && !tasks->all[i]->claimed) {
            drop(tasks->all[i]);
            tasks->count--;
            memmove(&tasks->all[i], &tasks->all[i + 1], (tasks->count - i) * sizeof(tasks->all[0]));
            return true;
        }
    }
    return false;
}

static bool new_id(char ret[TASK_ID_SIZE])
{
    const struct crypto_module *crypto = crypto_module_get(NULL);
    unsigned char bytes[16];
    char hex[33];

    if (!crypto || crypto->random(bytes, sizeof(bytes)) < 0)
        return false;
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* RFC 9562, version 4 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    text_hex(bytes, sizeof(bytes), hex);
    for (size_t i = 0, at = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            ret[at++] = '-';
        ret[at++] = hex[i];
    }
    ret[TASK_ID_SIZE - 1] = '\0';
    return true;
}

int tasks_add(struct tasks *tasks, const struct skill *skill, struct json_object *arguments,
              const char *context, struct json_object *message, struct task **ret)
{
    struct task *task = calloc(1, sizeof(*task));
    char own[TASK_ID_SIZE];
    int r = -ENOMEM;

    if (!task) {
        json_object_put(arguments);
        return r;
    }
    *task = (struct task){.tasks = tasks, .refs = 2, .skill = skill, .arguments = arguments};
    task->cancel = cancel_new();
    task->message = text_dup(json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN));
    if (task->cancel && task->message && new_id(task->id) && new_id(own) &&
        (task->context = text_dup(context && *context ? context : own)) != NULL)
        r = 0;
    lock(tasks);
    if (r == 0 && (tasks->stopping || !make_room(tasks)))
        r = -EBUSY;
    if (r == 0) {
        tasks->all[tasks->count++] = task;
        set_state(task, TASK_SUBMITTED, NULL, NULL);
    }
    unlock(tasks);
    if (r < 0) {
        task_free(task);
        return r;
    }
    *ret = task;
    return 0;
}

struct task *tasks_find(struct tasks *tasks, const char *id)
{
    struct task *found = NULL;

    lock(tasks);
    for (size_t i = 0; !found && i < tasks->count; i++) {
        if (strcmp(tasks->all[i]->id, id) == 0)
            found = tasks->all[i];
    }
    if (found)
        found->refs++;
    unlock(tasks);
    return found;
}

void task_unref(struct task *task)
{
    struct tasks *tasks = task->tasks;

    lock(tasks);
    drop(task);
    unlock(tasks);
}

const char *task_id(const struct task *task)
{
    return task->id;
}

const char *task_context(const struct task *task)
{
    return task->context;
}

const struct skill *task_skill(const struct task *task)
{
    return task->skill;
}

struct json_object *task_arguments(const struct task *task)
{
    return task->arguments;
}

struct cancel *task_cancel(const struct task *task)
{
    return task->cancel;
}

struct json_object *task_plan(const struct task *task)
{
    return task->plan;
}

void task_set_plan(struct task *task, struct json_object *plan)
{
    json_object_put(task->plan);
    task->plan = plan;
}

/* ---- states */

enum task_state task_state_now(struct task *task)
{
    lock(task->tasks);
    const enum task_state state = task->state;
    unlock(task->tasks);
    return state;
}

bool task_set(struct task *task, enum task_state state, const char *words, struct json_object *facts)
{
    lock(task->tasks);
    const bool open = !task_ended(task->state);
    if (open)
        set_state(task, state, words, facts);
    unlock(task->tasks);
    return open;
}

bool task_finish(struct task *task, enum task_state state, const char *words, struct json_object *result)
{
    struct buf out = BUF_INIT(TEXT_LIMIT);

    buf_printf(&out, "{\"artifactId\":\"%s-result\",\"name\":\"result\",\"parts\":[{\"data\":", task->id);
    json_put_value(&out, result);
    buf_str(&out, ",\"mediaType\":\"application/json\"}]}");
    char *artifact = buf_take(&out, NULL);
    lock(task->tasks);
    const bool open = !task_ended(task->state);
    if (open && artifact) {
        task->artifact = artifact;
        artifact = NULL;
        add_event(task, "artifactUpdate", "artifact", task->artifact, ",\"lastChunk\":true");
    }
    if (open)
        set_state(task, state, words, NULL);
    unlock(task->tasks);
    free(artifact);
    return open;
}

bool task_claim(struct task *task)
{
    lock(task->tasks);
    const bool mine = !task->claimed && task->state == TASK_INPUT_REQUIRED && !task->tasks->stopping;
    if (mine)
        task->claimed = true;
    unlock(task->tasks);
    return mine;
}

void task_release(struct task *task, int64_t again_ms)
{
    lock(task->tasks);
    task->claimed = false;
    task->again_ms = again_ms;
    unlock(task->tasks);
}

bool task_cancel_now(struct task *task)
{
    lock(task->tasks);
    /* Claimed and working: the plan is being applied, which is followed to its end. */
    const bool can = !task_ended(task->state) && !(task->claimed && task->state == TASK_WORKING);
    if (can) {
        set_state(task, TASK_CANCELED, "cancelled; nothing was changed", NULL);
        cancel_set(task->cancel);
    }
    unlock(task->tasks);
    return can;
}

struct task *tasks_due(struct tasks *tasks, int64_t now_ms)
{
    struct task *due = NULL;

    lock(tasks);
    for (size_t i = 0; !due && !tasks->stopping && i < tasks->count; i++) {
        struct task *task = tasks->all[i];
        if (task->state == TASK_INPUT_REQUIRED && !task->claimed && task->again_ms <= now_ms)
            due = task;
    }
    if (due) {
        due->claimed = true;
        due->refs++;
    }
    unlock(tasks);
    return due;
}

/* ---- waiting */

void tasks_sleep(struct tasks *tasks, int64_t ms)
{
    const int64_t until = clock_ms() + ms;

    lock(tasks);
    while (!tasks->stopping && clock_ms() < until)
        (void)wait_change(tasks, until);
    unlock(tasks);
}

void task_wait(struct task *task, int64_t deadline_ms)
{
    lock(task->tasks);
    while (!task_ended(task->state) && task->state != TASK_INPUT_REQUIRED && !task->tasks->stopping &&
           clock_ms() < deadline_ms)
        (void)wait_change(task->tasks, deadline_ms);
    unlock(task->tasks);
}

void task_pause(struct task *task, int64_t ms)
{
    const int64_t until = clock_ms() + ms;

    lock(task->tasks);
    while (!task_ended(task->state) && !task->tasks->stopping && clock_ms() < until)
        (void)wait_change(task->tasks, until);
    unlock(task->tasks);
}

int task_event(struct task *task, size_t *cursor, bool waits, int64_t ms, struct buf *out)
{
    const int64_t until = clock_ms() + ms;
    int r = 0;

    lock(task->tasks);
    for (;;) {
        const bool over = task_ended(task->state) || task->tasks->stopping ||
                          (!waits && task->state == TASK_INPUT_REQUIRED);
        if (*cursor < task->event_count)
            r = 1;
        else if (over)
            r = -1;
        if (r || clock_ms() >= until)
            break;
        (void)wait_change(task->tasks, until);
    }
    if (r == 1)
        buf_str(out, task->events[(*cursor)++]);
    unlock(task->tasks);
    return r;
}

void task_put(struct task *task, bool history, bool artifacts, struct buf *out, size_t *ret_cursor)
{
    lock(task->tasks);
    put_task(task, history, artifacts, out);
    if (ret_cursor)
        *ret_cursor = task->event_count;
    unlock(task->tasks);
}

void tasks_put(struct tasks *tasks, const struct tasks_query *query, struct buf *out)
{
    size_t total = 0, shown = 0;

    lock(tasks);
    buf_str(out, "\"tasks\":[");
    for (size_t i = tasks->count; i-- > 0;) {
        const struct task *task = tasks->all[i];
        if ((query->context && strcmp(query->context, task->context) != 0) ||
            (query->state >= 0 && (int)task->state != query->state))
            continue;
        if (total++ < query->from || shown == query->most)
            continue;
        shown++;
        json_put_comma(out);
        put_task(task, query->history, query->artifacts, out);
    }
    unlock(tasks);
    buf_str(out, "],\"nextPageToken\":\"");
    if (query->from + shown < total)
        buf_u64(out, query->from + shown);
    buf_printf(out, "\",\"pageSize\":%zu,\"totalSize\":%zu", query->most, total);
}
