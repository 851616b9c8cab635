/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a run: the postcondition, the judgement, the after-state, the record and the undo file. The
 * record holds what an undo needs and what a person asks later; it holds no secret.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/read_cache.h"
#include "trust/run_inner.h"
#include "trust/undo_point.h"

/* ---- judgement */

static bool changes(const struct step_run *s)
{
    return strcmp(s->kind, "request") == 0 || strcmp(s->kind, "executor") == 0;
}

enum run_outcome run_judge(struct run *run)
{
    size_t count[STEP_SKIPPED + 1] = {0};
    size_t done = 0;
    for (size_t i = 0; i < run->count; i++) {
        const struct step_run *s = &run->runs[i];
        count[s->outcome]++;
        done += s->outcome == STEP_OK && changes(s);
    }
    if (count[STEP_UNKNOWN])
        return RUN_UNKNOWN;
    if (count[STEP_RUNNING])
        return count[STEP_SKIPPED] || count[STEP_FAILED] ? RUN_PARTIAL : RUN_RUNNING;
    if (count[STEP_OK] == run->count)
        return RUN_OK;
    return done ? RUN_PARTIAL : RUN_FAILED;
}

/* An answer was lost, no task would tell, and nothing came after it: the effect itself may be there to see.
 */
static void look_for_effect(struct run *run, bool once)
{
    struct step_run *lost = NULL;
    char why[300];
    for (size_t i = 0; i < run->count; i++) {
        struct step_run *s = &run->runs[i];
        if (s->outcome == STEP_UNKNOWN && lost)
            return;
        if (s->outcome == STEP_UNKNOWN)
            lost = s;
        else if (lost && !s->always)
            return;
    }
    if (!lost || !lost->no_answer || !run_has_postcondition(run) ||
        !run_postcondition(run, once, why, sizeof(why)))
        return;
    lost->outcome = STEP_OK;
    step_say(run, lost, "the answer was lost; the effect was seen");
    (void)journal_write(&run->journal, lost->index, "done", &(struct journal_more){.why = lost->message});
}

static void explain(struct run *run)
{
    if (run->why[0])
        return;
    for (size_t i = 0; i < run->count; i++) {
        const struct step_run *s = &run->runs[i];
        if (s->outcome == STEP_OK)
            continue;
        (void)snprintf(run->why, sizeof(run->why), "step '%.40s' (%zu of %zu) %s%s%.280s", s->name, i + 1,
                       run->count, step_outcome_name(s->outcome), s->message[0] ? ": " : "", s->message);
        return;
    }
}

/* ---- record */

static void put(struct json_object *record, const char *name, struct json_object *value)
{
    (void)json_object_object_add(record, name, value);
}

static struct json_object *text(const char *value)
{
    return value ? json_object_new_string(value) : NULL;
}

static void put_plan_member(struct json_object *record, const struct run *run, const char *name)
{
    struct json_object *value = NULL;
    if (json_object_object_get_ex(run->request->plan->root, name, &value))
        put(record, name, json_object_get(value));
}

static struct json_object *step_record(const struct step_run *s)
{
    struct json_object *o = json_object_new_object();
    put(o, "name", text(s->name));
    put(o, "outcome", text(step_outcome_name(s->outcome)));
    if (s->upid[0])
        put(o, "upid", text(s->upid));
    if (s->exitstatus[0])
        put(o, "exitstatus", text(s->exitstatus));
    if (s->warnings)
        put(o, "warnings", json_object_new_int64(s->warnings));
    if (s->started_us)
        put(o, "started", json_object_new_int64(s->started_us));
    if (s->ended_us)
        put(o, "ended", json_object_new_int64(s->ended_us));
    if (s->message[0])
        put(o, "message", text(s->message));
    if (s->output)
        put(o, "output", json_object_get(s->output));
    if (s->log && json_object_array_length(s->log) > 0)
        put(o, "log", json_object_get(s->log));
    return o;
}

/* A guard without its value: what an undo plan reads again. */
static struct json_object *guard_head(struct json_object *guard)
{
    static const char *const names[] = {"path", "query", "fields", "tolerate"};
    struct json_object *head = json_object_new_object();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct json_object *value = NULL;
        if (json_object_object_get_ex(guard, names[i], &value))
            put(head, names[i], json_object_get(value));
    }
    return head;
}

/* Value and status of guard i as it is now; both null where it cannot be read. */
static void after_state(struct run *run, size_t i, struct read_cache *cache, const struct site_call *call,
                        struct json_object *values, struct json_object *statuses)
{
    struct json_object *now CLEANUP_JSON = NULL;
    struct json_object *value = NULL;
    struct json_object *status = NULL;
    if (cache && guard_read(run->request->plan, i, cache, call, &now, NULL) == 0) {
        (void)json_object_object_get_ex(now, "value", &value);
        (void)json_object_object_get_ex(now, "status", &status);
    }
    (void)json_object_array_add(values, run_redact(run, value, NULL));
    (void)json_object_array_add(statuses, json_object_get(status));
}

static void put_states(struct run *run, struct json_object *record)
{
    struct json_object *guards = NULL;
    struct json_object *before = json_object_new_array();
    struct json_object *after = json_object_new_array();
    struct json_object *statuses = json_object_new_array();
    struct json_object *heads = json_object_new_array();
    struct read_cache *cache = NULL;
    (void)json_get(run->request->plan->root, "guards", json_type_array, &guards);
    (void)read_cache_new(run->request->site, &cache);
    struct site_call call = run_call(run, false, run->times->after);
    for (size_t i = 0; guards && i < json_object_array_length(guards); i++) {
        struct json_object *guard = json_object_array_get_idx(guards, i);
        struct json_object *value = NULL;
        if (guard_is_copy(guard)) /* they stand behind the draft's, so that before.N is guard N */
            continue;
        (void)json_object_object_get_ex(guard, "value", &value);
        (void)json_object_array_add(before, json_object_get(value));
        (void)json_object_array_add(heads, guard_head(guard));
        after_state(run, i, cache, &call, after, statuses);
    }
    if (cache)
        read_cache_free(cache);
    put(record, "before", before);
    put(record, "after", after);
    put(record, "after_status", statuses);
    put(record, "guards", heads);
}

struct json_object *run_record(struct run *run, enum run_outcome outcome)
{
    const struct plan *plan = run->request->plan;
    struct json_object *record = json_object_new_object();
    struct json_object *steps = json_object_new_array();
    struct json_object *point = NULL;
    const bool own = json_get(plan->root, "undo_point", json_type_object, &point) == 0;
    struct json_object *redo = undo_redo_steps(run->steps, own ? UNDO_POINT_STEPS : 0);
    if (!record || !steps) {
        json_object_put(record);
        json_object_put(steps);
        json_object_put(redo);
        return NULL;
    }
    put(record, "format", text("proximo-undo-1"));
    put(record, "plan_id", text(plan->id));
    put(record, "plan_sha256", text(plan->sha256));
    put(record, "tool", text(plan->tool));
    put(record, "action", text(plan->action));
    put(record, "subject", text(plan->subject));
    put_plan_member(record, run, "subjects");
    put(record, "site", text(plan->site));
    put_plan_member(record, run, "arguments");
    put(record, "undo_of", text(plan->undo_of));
    put(record, "outcome", text(run_outcome_name(outcome)));
    put_states(run, record);
    put(record, "results", json_object_get(run->shown));
    for (size_t i = 0; i < run->count; i++)
        (void)json_object_array_add(steps, step_record(&run->runs[i]));
    put(record, "steps", steps);
    put_plan_member(record, run, "undo");
    put_plan_member(record, run, "undo_point");
    if (redo)
        put(record, "redo", redo);
    const struct config *config = run->request->trust->config;
    int64_t days = config && config->undo_keep_days ? config->undo_keep_days : 90;
    put(record, "kept_until", json_object_new_int64(clock_wall_us() / 1000000 + days * 86400));
    return record;
}

void run_why_clean(char why[RUN_WHY])
{
    CLEANUP_BUF struct buf clean = BUF_INIT(RUN_WHY * 4);
    text_clean(&clean, why, strlen(why), false);
    size_t cut = clean.len < RUN_WHY ? clean.len : text_utf8_cut(clean.data, RUN_WHY - 1);
    if (cut)
        memcpy(why, clean.data, cut);
    why[cut] = '\0';
}

int run_finish(struct run *run, bool once, struct run_result *ret, struct problem *p)
{
    struct run_result result = {0};
    struct problem undo = PROBLEM_INIT;
    look_for_effect(run, once);
    run_once_tell_missed(run);
    result.outcome = run_judge(run);
    explain(run);
    if (result.outcome == RUN_OK && run_has_postcondition(run)) {
        char why[300] = "";
        run_tell(run, run->count, 0, "looking whether it took effect");
        if (!run_postcondition(run, once, why, sizeof(why))) {
            result.outcome = RUN_UNCONFIRMED;
            (void)snprintf(run->why, sizeof(run->why),
                           "the steps ended well, the effect was not seen: %.300s", why);
        }
    }
    result.warnings = run->warnings;
    result.client_stop = run->client_stop;
    result.record = run_record(run, result.outcome);
    if (!result.record)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the record of a run");
    memcpy(result.why, run->why, sizeof(result.why));
    if (undo_write(run->request->trust, run->request->plan, result.record, result.undo_sha256, &undo) < 0) {
        size_t len = strlen(result.why);
        (void)snprintf(result.why + len, sizeof(result.why) - len, "%sthere will be no way back: %.200s",
                       len ? "; " : "", undo.cause);
        result.undo_sha256[0] = '\0';
    }
    undo_points_follow(run->request->trust, run->steps, result.record);
    run_why_clean(result.why);
    run_tell(run, run->count, 0, run_outcome_name(result.outcome));
    *ret = result;
    return 0;
}
