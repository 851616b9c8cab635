/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_task_wait: looks at a task until it has ended or the time is over. A task that failed is an answer, no
 * failure of this tool. Source: GET /nodes/{node}/tasks/{upid}/status.
 */
#include <time.h>

#include "nodes.h"

#define SLICE_MS  200  /* how soon a cancellation is seen */
#define MARGIN_MS 1500 /* left of the call's own time for the answer */

struct waiting {
    struct asking ask;
    const char *upid, *node;
    int64_t deadline, interval;
    int64_t polls;
};

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t seconds(const struct asking *a, const char *name, int64_t otherwise)
{
    const char *text = ask_argument(a, name);
    return text ? (int64_t)digits_of(text, 600) : otherwise;
}

/* Until the next look, in slices. 0; negative when the call is over. */
static int32_t rest(const struct waiting *w, int64_t until)
{
    for (int64_t left = until - now_ms(); left > 0; left = until - now_ms()) {
        int64_t slice = left < SLICE_MS ? left : SLICE_MS;
        const struct timespec t = {.tv_sec = 0, .tv_nsec = (long)slice * 1000000};
        if (w->ask.host->cancelled(w->ask.call))
            return PROXIMO_ECANCELLED;
        (void)nanosleep(&t, NULL);
    }
    return PROXIMO_OK;
}

static int32_t look(struct waiting *w, struct json_object **ret)
{
    const struct proximo_field fields[] = {FIELD("node", w->node), FIELD("upid", w->upid)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/tasks/{upid}/status",
                                    .fields = fields, .field_count = 2};
    w->polls++;
    return ask_get(&w->ask, &get, json_type_object, ret);
}

static int32_t answer(const struct waiting *w, struct json_object *task, bool finished)
{
    struct json_object *out DROP_JSON = json_object_new_object();
    const char *status = member_text(task, "status"), *exitstatus = member_text(task, "exitstatus");
    const char *outcome = finished ? nodes_outcome(exitstatus ? exitstatus : "") : "running";
    if (!out)
        return PROXIMO_ENOMEM;
    json_object_object_add(out, "upid", json_object_new_string(w->upid));
    json_object_object_add(out, "finished", json_object_new_boolean(finished));
    json_object_object_add(out, "succeeded", json_object_new_boolean(strcmp(outcome, "ok") == 0));
    json_object_object_add(out, "outcome", json_object_new_string(outcome));
    json_object_object_add(out, "status", json_object_new_string(status ? status : "unknown"));
    if (exitstatus) {
        struct json_object *untrusted = json_object_new_array();
        json_object_object_add(out, "exitstatus", json_object_new_string(exitstatus));
        json_object_array_add(untrusted, json_object_new_string("exitstatus"));
        json_object_object_add(out, "untrusted", untrusted);
    }
    json_object_object_add(out, "timed_out", json_object_new_boolean(!finished));
    json_object_object_add(out, "polls", json_object_new_int64(w->polls));
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .data = json_text(out)};
    return w->ask.host->reply(w->ask.call, &block, 1);
}

int32_t nodes_read_task_wait(void *instance, struct proximo_call *call)
{
    struct waiting w = {.ask = {((struct nodes_plane *)instance)->host, call}};
    const int64_t begin = now_ms();
    const int64_t wanted = seconds(&w.ask, "timeout", 120) * 1000;
    const int64_t given = w.ask.host->deadline_ms(call) - MARGIN_MS;
    w.upid = ask_argument(&w.ask, "upid");
    w.node = ask_argument(&w.ask, "node");
    w.interval = seconds(&w.ask, "interval", 2) * 1000;
    w.deadline = begin + (wanted < given ? wanted : given);
    if (!w.upid || !w.node)
        return w.ask.host->fail(call, PROXIMO_EINVAL, "the task's %s is not known", w.upid ? "node" : "upid");
    for (;;) {
        struct json_object *task DROP_JSON = NULL;
        int32_t r = look(&w, &task);
        if (r < 0)
            return r;
        const bool finished = member_is(task, "status", "stopped");
        const int64_t next = now_ms() + w.interval;
        if (finished || now_ms() >= w.deadline)
            return answer(&w, task, finished);
        (void)w.ask.host->progress(call, (uint32_t)((now_ms() - begin) / 1000), (uint32_t)(wanted / 1000),
                                   "the task is running");
        if ((r = rest(&w, next < w.deadline ? next : w.deadline)) < 0)
            return r;
    }
}
