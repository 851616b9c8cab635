/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request step: the only place from which a change leaves. Parameters, the guards once more where Proxmox
 * checks nothing itself, the journal, one request, then what came back - or the search for what came of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "plane/read_cache.h"
#include "trust/risk.h"
#include "trust/run_inner.h"

struct sending {
    struct run *run;
    struct step_run *s;
    const char *method;
    struct buf path;
    struct field_list list;
    int64_t sent_us;
};

static void note(struct sending *send, const char *event, int status, const char *why)
{
    struct json_object *result = NULL;
    (void)json_object_object_get_ex(send->run->shown, send->s->name, &result);
    (void)journal_write(
        &send->run->journal, send->s->index, event,
        &(struct journal_more){.upid = send->s->upid, .status = status, .why = why, .result = result});
}

static int recheck_one(struct run *run, struct step_run *s, size_t guard, struct read_cache *cache)
{
    CLEANUP_BUF struct buf diff = BUF_INIT(16384);
    struct json_object *now CLEANUP_JSON = NULL;
    struct problem p = PROBLEM_INIT;
    struct site_call call = run_call(run, s->always, run->times->request);
    bool same = false;
    int r = guard_read(run->request->plan, guard, cache, &call, &now, &p);
    if (r == 0)
        r = guard_compare(run->request->plan, guard, now, &diff, &same, &p);
    if (r < 0) {
        step_say_problem(run, s, "not sent; what the plan rests on could not be read again: ", &p);
        return r;
    }
    if (same)
        return 0;
    step_say(run, s, "not sent: what the plan was made from has changed: %.700s", diff.data ? diff.data : "");
    return -ESTALE;
}

/* Where Proxmox does not check a digest on this very call, the core looks again at once before. */
int run_recheck(struct run *run, struct step_run *s)
{
    struct json_object *list = NULL;
    struct read_cache *cache = NULL;
    if (json_get(s->step, "recheck", json_type_array, &list) < 0 || json_object_array_length(list) == 0)
        return 0;
    int r = read_cache_new(run->request->site, &cache);
    if (r < 0) {
        step_say(run, s, "not sent: no memory to read the guards again");
        return r;
    }
    for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++)
        r = recheck_one(run, s, (size_t)json_object_get_int64(json_object_array_get_idx(list, i)), cache);
    read_cache_free(cache);
    return r;
}

/* Path and parameters as they are sent; negative: said why. */
static int prepare(struct sending *send)
{
    struct json_object *params = NULL;
    struct problem p = PROBLEM_INIT;
    const char *template = NULL;
    if (json_get_string(send->s->step, "method", &send->method, NULL) < 0 ||
        json_get_string(send->s->step, "path", &template, NULL) < 0) {
        step_say(send->run, send->s, "the step has no method or path");
        return -EINVAL;
    }
    (void)json_get(send->s->step, "params", json_type_array, &params);
    int r = reference_fill_path(template, send->run->results, &send->path, &p);
    if (r == 0)
        r = field_list_make(send->run, params, &send->list, &p);
    if (r < 0)
        step_say_problem(send->run, send->s, "not sent: ", &p);
    return r;
}

static void follow_named(struct sending *send)
{
    follow_task(send->run, send->s);
}

static void resolve_lost(struct sending *send, const struct problem *lost)
{
    struct run *run = send->run;
    struct step_run *s = send->s;
    struct problem p = PROBLEM_INIT;
    bool several = false;
    char upid[UPID_LIMIT];
    char id[128];
    int r = lost_find(run, s->always, send->method, send->path.data, &send->list, send->sent_us, upid,
                      &several, &p);
    if (r == 1) {
        memcpy(s->upid, upid, sizeof(upid));
        note(send, "answered", 0, "answer lost; its task was found in the task list");
        follow_named(send);
        return;
    }
    s->outcome = STEP_UNKNOWN;
    s->no_answer = !lost_types(send->method, send->path.data, &send->list, id);
    if (r < 0)
        step_say_problem(run, s, "the answer was lost and the task list cannot be read: ", &p);
    else if (several)
        step_say(run, s, "the answer was lost and several tasks fit");
    else
        step_say_problem(run, s, "the answer was lost: ", lost);
}

/* A task of another node than the request went to is not the task of this request. */
static bool names_task(const struct sending *send, struct json_object *data)
{
    static const char head[] = "/nodes/";
    struct upid upid;
    if (!json_object_is_type(data, json_type_string) ||
        upid_parse(json_object_get_string(data), (size_t)json_object_get_string_len(data), &upid) < 0)
        return false;
    const char *node = send->path.data + sizeof(head) - 1;
    if (strncmp(send->path.data, head, sizeof(head) - 1) != 0 || strncmp(node, "localhost/", 10) == 0)
        return true;
    size_t len = strcspn(node, "/");
    return strlen(upid.node) == len && memcmp(node, upid.node, len) == 0;
}

static void take_answer(struct sending *send, struct site_answer *answer)
{
    struct run *run = send->run;
    struct step_run *s = send->s;
    struct json_object *data = NULL;
    bool follow = false;
    if (answer->body)
        (void)json_object_object_get_ex(answer->body, "data", &data);
    (void)json_get_bool(s->step, "follow", &follow);
    bool named = names_task(send, data);
    if (named)
        memcpy(s->upid, json_object_get_string(data), (size_t)json_object_get_string_len(data) + 1);
    run_result_set(run, s, data);
    note(send, "answered", answer->status, NULL);
    if (follow && !named && data) {
        /* Sent and taken, but not as the plan says. */
        s->outcome = STEP_UNKNOWN;
        step_say(run, s, "Proxmox took it but did not name a task to follow");
    } else if (follow && named) {
        follow_named(send);
    } else {
        s->outcome = STEP_OK; /* some methods start no task when there is nothing to do */
    }
}

bool run_answer_lost(int status)
{
    return status == 502 || status == 504 || (status >= 596 && status <= 599);
}

static void send_it(struct sending *send)
{
    struct run *run = send->run;
    struct step_run *s = send->s;
    struct site_answer answer = {0};
    struct problem refusal = PROBLEM_INIT;
    struct problem p = PROBLEM_INIT;
    bool sent = false;
    send->sent_us = clock_wall_us();
    if (journal_write(&run->journal, s->index, "sending", NULL) < 0) {
        step_say(run, s, "not sent: the journal cannot be written");
        return;
    }
    struct site_call call =
        run_call(run, s->always, run_stopped(run) ? run->times->always : run->times->request);
    int r = site_change(run->request->site, &call, send->method, send->path.data, send->list.fields,
                        send->list.count, &answer, &sent, &refusal, &p);
    if (r < 0 && !sent) {
        step_say_problem(run, s, "not sent: ", &p);
        note(send, "refused", 0, s->message);
    } else if (r < 0) {
        step_say_problem(run, s, "", &p);
        note(send, "lost", 0, s->message);
        resolve_lost(send, &p);
    } else if (run_answer_lost(answer.status)) {
        step_say_problem(run, s, "", &refusal);
        note(send, "lost", answer.status, s->message);
        resolve_lost(send, &refusal);
    } else if (answer.status >= 300) {
        step_say_problem(run, s, "", &refusal);
        note(send, "refused", answer.status, s->message);
    } else {
        take_answer(send, &answer);
    }
    site_answer_done(&answer);
}

void run_request_step(struct run *run, struct step_run *s)
{
    struct sending send = {.run = run, .s = s, .path = BUF_INIT(HTTP_PATH_LIMIT + 1)};
    s->outcome = STEP_FAILED;
    if (prepare(&send) == 0 && run_recheck(run, s) == 0)
        send_it(&send);
    field_list_done(&send.list);
    buf_done(&send.path);
}
