/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step runner: exactly the steps of the plan, one after the other. After a failure, and after a stop,
 * only `always` steps still run. What came of it is judged from the steps alone, then from the postcondition.
 */
#include "trust/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/json.h"
#include "trust/run_inner.h"

const struct run_times run_times_default = {
    .follow_first = 200,
    .follow_most = 2000,
    .follow_silent = 600000,
    .stop_answer = 1500,
    .stop_end = 6500,
    .always = 5000,
    .wait = 30000,
    .wait_interval = 1000,
    .lost = 8000,
    .lost_pause = 1000,
    .request = 600000,
    .after = 20000,
};

const char *run_outcome_name(enum run_outcome outcome)
{
    static const char *const names[] = {"ok", "failed", "partial", "running", "unconfirmed", "unknown"};
    return names[outcome];
}

void run_result_done(struct run_result *result)
{
    if (result->record)
        json_object_put(result->record);
    memset(result, 0, sizeof(*result));
}

void run_tell(struct run *run, size_t done, double percent, const char *message)
{
    const uint32_t part = percent >= 99 ? 99 : percent > 0 ? (uint32_t)percent : 0;
    const uint32_t value = (uint32_t)done * RUN_STEP_PARTS + part;

    if (value > run->told)
        run->told = value;
    if (run->request->progress)
        run->request->progress(run->request->progress_arg, run->told, (uint32_t)run->count * RUN_STEP_PARTS,
                               message);
}

static void step_init(struct run *run, size_t i)
{
    struct step_run *s = &run->runs[i];
    const char *on_failure = "stop";
    *s = (struct step_run){.index = i, .outcome = STEP_SKIPPED, .name = "", .kind = ""};
    s->step = json_object_array_get_idx(run->steps, i);
    (void)json_get_string(s->step, "name", &s->name, NULL);
    (void)json_get_string(s->step, "kind", &s->kind, NULL);
    (void)json_get_bool(s->step, "always", &s->always);
    (void)json_get_string(s->step, "on_failure", &on_failure, NULL);
    s->go_on = strcmp(on_failure, "continue") == 0;
}

int run_begin(struct run *run, const struct run_request *request, const struct run_times *times,
              struct problem *p)
{
    memset(run, 0, sizeof(*run));
    run->request = request;
    run->times = times;
    run->journal.fd = -1;
    if (json_get(request->plan->root, "steps", json_type_array, &run->steps) < 0 ||
        json_object_array_length(run->steps) == 0 || json_object_array_length(run->steps) > PLAN_STEPS_MOST)
        return problem_set(p, -EINVAL, PX_PLAN, "the plan has no steps, or too many");
    run->count = json_object_array_length(run->steps);
    run->runs = calloc(run->count, sizeof(*run->runs));
    run->results = json_object_new_object();
    run->shown = json_object_new_object();
    if (!run->runs || !run->results || !run->shown || run_stop_begin(&run->stop, request->stop, times) < 0) {
        run_done(run);
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory to run a plan; nothing was sent");
    }
    for (size_t i = 0; i < run->count; i++)
        step_init(run, i);
    return 0;
}

void run_done(struct run *run)
{
    run_stop_done(&run->stop);
    journal_close(&run->journal);
    for (size_t i = 0; run->runs && i < run->count; i++) {
        json_object_put(run->runs[i].log);
        json_object_put(run->runs[i].output);
    }
    free(run->runs);
    if (run->results)
        json_object_put(run->results);
    if (run->shown)
        json_object_put(run->shown);
    while (run->secrets) {
        struct run_secret *s = run->secrets;
        run->secrets = s->next;
        explicit_bzero(s->value, s->len);
        free(s->value);
        free(s);
    }
    memset(run, 0, sizeof(*run));
    run->journal.fd = -1;
}

static int open_journal(struct run *run, struct problem *p)
{
    char *path = store_path(run->request->trust, run->request->plan->id, PLAN_EXECUTING, "journal");
    if (!path)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the name of the journal");
    int r = journal_open(&run->journal, path, p);
    free(path);
    return r;
}

/* An `always` step ends what earlier steps began; where none was begun there is nothing to end. */
static bool is_due(struct run *run, const struct step_run *s, bool go, bool begun)
{
    if (cancel_is_set(run->stop.end))
        return false;
    if (run->halted == RUN_HALT_NO && run->request->halted)
        run->halted = run->request->halted(run->request->halted_arg);
    bool stopped = run_stopped(run) || run->halted != RUN_HALT_NO;
    return s->always ? begun || !stopped : go && !stopped;
}

static void walk(struct run *run)
{
    bool go = true;
    bool begun = false;
    for (size_t i = 0; i < run->count; i++) {
        struct step_run *s = &run->runs[i];
        if (!is_due(run, s, go, begun)) {
            const bool client = go && !run_stopped(run) && run->halted == RUN_HALT_CLIENT;
            run->client_stop = run->client_stop || client;
            step_say(run, s, "%s",
                     run_stopped(run)                 ? "stopped before it"
                     : client                         ? "the client stopped the run before it"
                     : run->halted == RUN_HALT_FROZEN ? "changes were frozen before it"
                                                      : "an earlier step did not succeed");
            (void)journal_write(&run->journal, i, "skipped", &(struct journal_more){.why = s->message});
            continue;
        }
        run_step(run, s);
        begun = true;
        /* A task that goes on is no end of the step: what comes after it must not begin. */
        if (s->outcome != STEP_OK && !s->always && (!s->go_on || s->outcome == STEP_RUNNING))
            go = false;
    }
}

int run_plan_timed(const struct run_request *request, const struct run_times *times, struct run_result *ret,
                   struct problem *p)
{
    struct run run;
    struct problem journal = PROBLEM_INIT;
    int r = run_begin(&run, request, times, p);
    if (r < 0)
        return r;
    if (open_journal(&run, &journal) < 0)
        (void)snprintf(run.why, sizeof(run.why), "%s: %.300s", journal.code, journal.cause);
    else
        walk(&run);
    r = run_finish(&run, false, ret, p);
    run_done(&run);
    return r;
}

int run_plan(const struct run_request *request, struct run_result *ret, struct problem *p)
{
    return run_plan_timed(request, &run_times_default, ret, p);
}
