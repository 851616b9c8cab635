/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that another process began and did not end: what its journal says, completed by what Proxmox says.
 * Nothing here sends a change, not even an `always` step: what was left undone is named instead. The journal
 * itself is only read, so that this can be done again, by anybody.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/run_inner.h"

/* How far one step came. */
enum phase { NOT_BEGUN, SENDING, LOST, ANSWERED, ENDED };

struct trace {
    enum phase phase;
    int64_t sent_us;
    bool result; /* the answer held something */
};

/* ---- what the journal says */

static const char *entry_text(struct json_object *entry, const char *name)
{
    const char *text = "";
    (void)json_get_string(entry, name, &text, NULL);
    return text;
}

static void take_upid(struct step_run *s, struct json_object *entry)
{
    const char *text = NULL;
    size_t len = 0;
    struct upid upid;
    if (json_get_string(entry, "upid", &text, &len) == 0 && upid_parse(text, len, &upid) == 0)
        memcpy(s->upid, text, len + 1);
}

/* The numbers of a command's result, without its text. */
static void take_output(struct step_run *s, struct json_object *result)
{
    if (strcmp(s->kind, "executor") != 0 || s->output || !json_object_is_type(result, json_type_object))
        return;
    s->output = json_object_new_object();
    json_object_object_foreach(result, key, value)
    {
        if (s->output && strcmp(key, "stdout") != 0 && strcmp(key, "stderr") != 0)
            (void)json_object_object_add(s->output, key, json_object_get(value));
    }
}

static void take_result(struct run *run, struct step_run *s, struct trace *trace, struct json_object *entry)
{
    struct json_object *result = NULL;
    if (!json_object_object_get_ex(entry, "result", &result) || !result)
        return;
    trace->result = true;
    (void)json_object_object_add(run->results, s->name, json_object_get(result));
    (void)json_object_object_add(run->shown, s->name, json_object_get(result));
    take_output(s, result);
}

static void end_step(struct run *run, struct step_run *s, struct trace *trace, enum step_outcome outcome,
                     const char *why)
{
    trace->phase = ENDED;
    s->outcome = outcome;
    step_say(run, s, "%s", why);
}

static void take_entry(struct run *run, struct step_run *s, struct trace *trace, struct json_object *entry)
{
    const char *event = entry_text(entry, "event");
    const char *why = entry_text(entry, "why");
    int64_t time = 0;
    (void)json_get_int(entry, "time", &time);
    if (!s->started_us)
        s->started_us = time;
    s->ended_us = time;
    take_upid(s, entry);
    take_result(run, s, trace, entry);
    if (strcmp(event, "sending") == 0) {
        trace->phase = SENDING;
        trace->sent_us = time;
    } else if (strcmp(event, "lost") == 0) {
        trace->phase = LOST;
        step_say(run, s, "%s", why);
    } else if (strcmp(event, "answered") == 0) {
        trace->phase = ANSWERED;
    } else if (strcmp(event, "task-ended") == 0) {
        trace->phase = ENDED;
        follow_ended(run, s, why);
    } else if (strcmp(event, "done") == 0) {
        end_step(run, s, trace, STEP_OK, why);
    } else if (strcmp(event, "refused") == 0 || strcmp(event, "failed") == 0) {
        end_step(run, s, trace, STEP_FAILED, why);
    } else if (strcmp(event, "skipped") == 0) {
        end_step(run, s, trace, STEP_SKIPPED, why);
        s->started_us = s->ended_us = 0;
    }
}

/* 0 and *ret_sent: whether anything may have left; -EBADMSG: it is not the journal of this plan. */
static int replay(struct run *run, struct trace *traces, struct json_object *journal, bool *ret_sent)
{
    for (size_t i = 0; i < json_object_array_length(journal); i++) {
        struct json_object *entry = json_object_array_get_idx(journal, i);
        int64_t step = 0;
        if (json_get_int(entry, "step", &step) < 0 || step < 0 || (size_t)step >= run->count)
            return -EBADMSG;
        take_entry(run, &run->runs[step], &traces[step], entry);
        *ret_sent = *ret_sent || traces[step].sent_us;
    }
    return 0;
}

/* ---- what Proxmox says */

static bool plan_has_secrets(const struct run *run)
{
    struct json_object *list = NULL;
    return json_get(run->request->plan->root, "secrets", json_type_array, &list) == 0 &&
           json_object_array_length(list) > 0;
}

static int ask_task(struct run *run, struct step_run *s, struct problem *p)
{
    struct problem why = PROBLEM_INIT;
    double percent = -1;
    uint64_t next = 0;
    int r = follow_look(run, s, &why);
    if (r == -EAGAIN || r == -EACCES) {
        if (p)
            *p = why;
        return -EAGAIN;
    }
    if (r < 0) {
        s->outcome = STEP_UNKNOWN;
        step_say_problem(run, s, "what became of the task cannot be seen: ", &why);
        return 0;
    }
    if (r == 0) {
        s->outcome = STEP_RUNNING;
        step_say(run, s, "task %.300s still runs at Proxmox", s->upid);
    }
    if (!run->secrets_gone)
        follow_log(run, s, &next, &percent);
    return 0;
}

/*
 * A command that was begun: nothing at Proxmox knows what came of it. What the run itself saw to be lost is
 * unknown; what nobody saw the end of stays in doubt, until a person has looked.
 */
static int ask_nobody(struct run *run, struct step_run *s, const struct trace *trace, struct problem *p)
{
    s->outcome = STEP_UNKNOWN;
    if (trace->phase == LOST)
        return 0;
    problem_set(
        p, -EAGAIN, PX_PLAN,
        "the command of step '%.40s' was started, what came of it was not recorded, and it may run still",
        s->name);
    problem_next(p,
                 "a person looks whether it has run, and closes the plan with `proximo doubt close %s "
                 "--verdict ...`; nothing runs it again",
                 run->request->plan->id);
    return -EAGAIN;
}

/* Sent, and no answer is known. */
static int ask_lost(struct run *run, struct step_run *s, const struct trace *trace, struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT + 1);
    struct json_object *params = NULL;
    struct field_list list = {0};
    const char *method = "";
    const char *template = "";
    bool several = false;
    char id[128];
    (void)json_get_string(s->step, "method", &method, NULL);
    (void)json_get_string(s->step, "path", &template, NULL);
    (void)json_get(s->step, "params", json_type_array, &params);
    s->outcome = STEP_UNKNOWN;
    if (reference_fill_path(template, run->results, &path, NULL) < 0) {
        step_say(run, s, "the answer is not known, nor where it was sent to");
        return 0;
    }
    /* Without its secrets, which are gone, the id may be too: then any id fits. */
    (void)field_list_make(run, params, &list, NULL);
    int r = lost_find(run, false, method, path.data, &list, trace->sent_us, s->upid, &several, p);
    s->no_answer = !lost_types(method, path.data, &list, id);
    field_list_done(&list);
    if (r == 1)
        return ask_task(run, s, p);
    s->upid[0] = '\0';
    step_say(run, s, "%s",
             several        ? "the answer was lost and several tasks fit"
             : s->no_answer ? "it may have been sent; the answer was lost"
                            : "it may have been sent; the answer was lost and no task of it is listed");
    return r < 0 ? -EAGAIN : 0;
}

static int ask_answered(struct run *run, struct step_run *s, const struct trace *trace, struct problem *p)
{
    bool follow = false;
    (void)json_get_bool(s->step, "follow", &follow);
    if (follow && s->upid[0])
        return ask_task(run, s, p);
    s->outcome = follow && trace->result ? STEP_UNKNOWN : STEP_OK;
    if (s->outcome == STEP_UNKNOWN)
        step_say(run, s, "Proxmox took it but did not name a task to follow");
    return 0;
}

/* Waits change nothing: the ones that came next get their look. */
static void look_at_waits(struct run *run, struct trace *traces)
{
    for (size_t i = 0; i < run->count; i++) {
        struct step_run *s = &run->runs[i];
        if (traces[i].phase == NOT_BEGUN && strcmp(s->kind, "wait") == 0) {
            run_wait_look(run, s);
            if (s->outcome != STEP_OK)
                s->outcome = STEP_SKIPPED;
        }
        if (s->outcome != STEP_OK && !s->go_on)
            return;
    }
}

static int ask(struct run *run, struct trace *traces, struct problem *p)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < run->count; i++) {
        struct step_run *s = &run->runs[i];
        if (traces[i].phase == NOT_BEGUN)
            step_say(run, s, "the run was interrupted before it");
        else if (traces[i].phase != ENDED && strcmp(s->kind, "executor") == 0)
            r = ask_nobody(run, s, &traces[i], p);
        else if (traces[i].phase == SENDING || traces[i].phase == LOST)
            r = ask_lost(run, s, &traces[i], p);
        else if (traces[i].phase == ANSWERED)
            r = ask_answered(run, s, &traces[i], p);
    }
    if (r == 0)
        look_at_waits(run, traces);
    for (size_t i = 0; i < run->count; i++)
        run->warnings += run->runs[i].warnings;
    return r;
}

/* Is the site there at all? Otherwise "not found" would mean nothing. */
static int reach(struct run *run, struct problem *p)
{
    struct site_answer answer = {0};
    struct problem why = PROBLEM_INIT;
    struct site_call call = run_call(run, false, run->times->lost);
    int r = site_get(run->request->site, &call, "/version", NULL, 0, false, &answer, &why);
    site_answer_done(&answer);
    if (r == 0)
        return 0;
    if (p)
        *p = why;
    return -EAGAIN;
}

/* ---- words */

static void add_why(struct run_result *ret, const char *text)
{
    size_t len = strlen(ret->why);
    (void)snprintf(ret->why + len, sizeof(ret->why) - len, "%s%s", len ? "; " : "", text);
    run_why_clean(ret->why);
}

/* `always` steps release what earlier ones took: that they did not run is what a person must know. */
static void name_undone(const struct run *run, const struct trace *traces, struct run_result *ret)
{
    CLEANUP_BUF struct buf names = BUF_INIT(400);
    for (size_t i = 0; i < run->count; i++) {
        if (run->runs[i].always && traces[i].phase == NOT_BEGUN)
            buf_printf(&names, "%s'%.40s'", names.len ? ", " : "", run->runs[i].name);
    }
    if (!names.len)
        return;
    char rest[sizeof(ret->why)];
    memcpy(rest, ret->why, sizeof(rest));
    (void)snprintf(ret->why, sizeof(ret->why), "left undone, to be done by hand: %.180s; %.180s", names.data,
                   rest);
    run_why_clean(ret->why);
}

static void say_states(struct run_result *ret)
{
    struct json_object *before = NULL;
    struct json_object *after = NULL;
    if (ret->outcome == RUN_UNKNOWN && json_get(ret->record, "before", json_type_array, &before) == 0 &&
        json_get(ret->record, "after", json_type_array, &after) == 0 &&
        json_object_array_length(before) > 0 && json_object_equal(before, after))
        add_why(ret, "what the plan was made from is as it was before");
}

/* ---- */

static int resolve(struct run *run, struct trace *traces, struct run_result *ret, struct problem *p)
{
    struct json_object *journal CLEANUP_JSON = NULL;
    bool sent = false;
    run->secrets_gone = plan_has_secrets(run);
    char *path = store_path(run->request->trust, run->request->plan->id, PLAN_EXECUTING, "journal");
    int r = path ? journal_read(path, &journal) : -ENOMEM;
    free(path);
    if (r == 0)
        r = replay(run, traces, journal, &sent);
    if (r == -ENOENT) {
        (void)snprintf(run->why, sizeof(run->why), "interrupted before its first step; nothing was sent");
        r = 0;
    } else if (r < 0 && r != -ENOMEM) {
        /* Nothing is believed of a journal that is not what was written. */
        run->runs[0].outcome = STEP_UNKNOWN;
        (void)snprintf(run->why, sizeof(run->why), "the journal of the run cannot be read: %s", strerror(-r));
        return run_finish(run, true, ret, p);
    }
    if (r == 0 && sent)
        r = reach(run, p);
    if (r == 0)
        r = ask(run, traces, p);
    if (r == 0)
        r = run_finish(run, true, ret, p);
    if (r < 0)
        return r;
    say_states(ret);
    if (sent)
        name_undone(run, traces, ret);
    return 0;
}

int run_resolve_timed(const struct run_request *request, const struct run_times *times,
                      struct run_result *ret, struct problem *p)
{
    struct run run;
    int r = run_begin(&run, request, times, p);
    if (r < 0)
        return r;
    struct trace *traces = calloc(run.count, sizeof(*traces));
    r = traces ? resolve(&run, traces, ret, p)
               : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory to resolve a run");
    free(traces);
    run_done(&run);
    return r;
}

int run_resolve(const struct run_request *request, struct run_result *ret, struct problem *p)
{
    return run_resolve_timed(request, &run_times_default, ret, p);
}
