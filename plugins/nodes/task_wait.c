/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_task_wait: looks at a task until it has ended or the time is over. A task that failed is an answer, no
 * failure of this tool. Meanwhile it tells how far the task is, as its log says. Sources: GET
 * /nodes/{node}/tasks/{upid}/status and .../log.
 */
#include <time.h>

#include "nodes.h"

#define SLICE_MS  200   /* how soon a cancellation is seen */
#define LOG_LINES "200" /* at once */
#define MARGIN_MS 1500  /* left of the call's own time for the answer */

struct waiting {
    struct asking ask;
    const char *upid, *node;
    int64_t deadline, interval;
    int64_t polls;
    int64_t lines;  /* of the log, read so far */
    double percent; /* the most that one of them said; negative: none did */
    char last[200]; /* the newest */
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

/* Takes what the log has got since. That it cannot be read costs nothing but the words. Negative: the call is
 * over. */
static int32_t look_at_log(struct waiting *w)
{
    const char *start = ask_text(&w->ask, "%lld", (long long)w->lines);
    const struct proximo_field fields[] = {FIELD("node", w->node), FIELD("upid", w->upid),
                                           FIELD("start", start), FIELD("limit", LOG_LINES)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/tasks/{upid}/log",
                                    .fields = fields, .field_count = 4};
    struct looked log = {0};
    int32_t r = start ? ask_look(&w->ask, &get, &log) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(log.data, json_type_array) ? json_object_array_length(log.data) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *line = member_text(json_object_array_get_idx(log.data, i), "t");
        /* An empty log is one line that says so. */
        if (!line || (w->lines == 0 && count == 1 && strcmp(line, "no content") == 0))
            continue;
        const double percent = follow_percent(line);
        if (percent > w->percent)
            w->percent = percent;
        (void)snprintf(w->last, sizeof(w->last), "%s", line);
        w->lines++;
    }
    json_object_put(log.data);
    return PROXIMO_OK;
}

/* In percent, which a task reaches when it has ended; the words have the line of the log. */
static void tell(const struct waiting *w, int64_t seconds_waited)
{
    const uint32_t percent = w->percent >= 99 ? 99 : w->percent > 0 ? (uint32_t)w->percent : 0;
    char words[300];
    if (w->last[0])
        (void)snprintf(words, sizeof(words), "the task runs: \"%s\"", w->last);
    else
        (void)snprintf(words, sizeof(words), "the task runs, looked at for %llds", (long long)seconds_waited);
    (void)w->ask.host->progress(w->ask.call, percent, 100, words);
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
    struct waiting w = {.ask = {((struct plane_instance *)instance)->host, call}, .percent = -1};
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
        if ((r = look_at_log(&w)) < 0)
            return r;
        tell(&w, (now_ms() - begin) / 1000);
        if ((r = rest(&w, next < w.deadline ? next : w.deadline)) < 0)
            return r;
    }
}
