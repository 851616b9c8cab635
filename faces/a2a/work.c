/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A read runs and ends. A change is planned and then needs input: the signature of an approver, which comes
 * by another way than this one (`proximo approve`). What is sent here is never looked at for consent; once
 * the signature lies beside the plan, the plan is applied, and the trust spine checks it.
 */
#include "work.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/thread.h"
#include "engine.h"
#include "skills.h"
#include "tasks.h"

#define WORKERS_MOST 32u
#define STACK_BYTES  ((size_t)1 << 20)
#define LOOK_MS      1000  /* between two looks for an approval */
#define REFUSED_MS   60000 /* after a refusal that may pass */
#define TEXT_MS      500   /* an agent that only talks does not spin */

struct work {
    struct engine *engine;
    struct tasks *tasks;
    pthread_t looker;
    bool looks;
    atomic_uint running;
};
struct job {
    struct work *work;
    struct task *task;
    bool approved; /* go on with a plan */
};

static void set_failure(struct task *task, const struct engine_answer *answer)
{
    struct json_object *error = NULL;
    const char *code = "PX-INTERNAL", *cause = "no memory";
    CLEANUP_BUF struct buf words = BUF_INIT(8192);

    if (json_get(answer->facts, "error", json_type_object, &error) == 0) {
        (void)json_get_string(error, "code", &code, NULL);
        (void)json_get_string(error, "cause", &cause, NULL);
    }
    buf_printf(&words, "%s: %s", code, cause);
    (void)task_finish(task, TASK_FAILED, words.data ? words.data : code, answer->facts);
}

/* ---- text alone */

static void say_skills(struct work *work, struct task *task)
{
    CLEANUP_JSON struct json_object *facts = json_object_new_object();
    struct json_object *ids = json_object_new_array();
    const struct skill *skill;

    task_pause(task, TEXT_MS);
    for (size_t i = 0; ids && (skill = skill_at(i)) != NULL; i++) {
        if (engine_offers(work->engine, skill))
            (void)json_object_array_add(ids, json_object_new_string(skill->id));
    }
    if (facts && ids)
        (void)json_object_object_add(facts, "skills", ids);
    (void)task_finish(
        task, TASK_COMPLETED,
        "text is not read here: send one data part {\"skill\": ID, \"params\": {...}}; the card describes "
        "the skills",
        facts);
}

/* ---- changes */

static void ask_for_approval(struct task *task, const char *before)
{
    CLEANUP_BUF struct buf words = BUF_INIT(4096);
    const char *id = "", *action = "", *subject = "";
    struct json_object *plan = task_plan(task);

    (void)json_get_string(plan, "plan_id", &id, NULL);
    (void)json_get_string(plan, "action", &action, NULL);
    (void)json_get_string(plan, "subject", &subject, NULL);
    buf_printf(
        &words,
        "%sPlanned, nothing was done yet: %.100s of %.400s. Ask the operator of this server, who holds the "
        "approver's key, to look at it and sign it with `proximo approve %s`; then it runs by itself. "
        "Nothing that "
        "is sent here counts as consent.",
        before, action, subject, id);
    (void)task_set(task, TASK_INPUT_REQUIRED, words.data ? words.data : "an approver must sign the plan",
                   plan);
}

static struct json_object *plan_words(struct json_object *plan, bool echo)
{
    static const char *const keys[] = {"plan_id", "action", "subject"};
    struct json_object *arguments = json_object_new_object(), *value = NULL;

    for (size_t i = 0; arguments && i < (echo ? 3u : 1u); i++) {
        if (json_object_object_get_ex(plan, keys[i], &value))
            (void)json_object_object_add(arguments, keys[i], json_object_get(value));
    }
    return arguments;
}

/* Is this a refusal after which the plan is as good as before? */
static bool may_pass(const struct engine_answer *answer)
{
    static const char *const codes[] = {"PX-CONSENT", "PX-RATE",   "PX-LEASE",   "PX-FROZEN",
                                        "PX-BUSY",    "PX-ANCHOR", "PX-CONNECT", "PX-TIMEOUT"};
    struct json_object *error = NULL;
    const char *code = "";

    if (json_get(answer->facts, "error", json_type_object, &error) == 0)
        (void)json_get_string(error, "code", &code, NULL);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(code, codes[i]) == 0)
            return true;
    }
    return false;
}

/* The end of a run; false: it still goes on. */
static bool take_outcome(struct task *task, const struct engine_answer *answer)
{
    const char *outcome = "", *state = "";
    CLEANUP_BUF struct buf words = BUF_INIT(256);

    if (answer->failed) {
        set_failure(task, answer);
        return true;
    }
    (void)json_get_string(answer->facts, "outcome", &outcome, NULL);
    (void)json_get_string(answer->facts, "state", &state, NULL);
    if (strcmp(outcome, "running") == 0 || strcmp(state, "executing") == 0)
        return false;
    buf_printf(&words, "the change ended: %.40s", *outcome ? outcome : state);
    (void)task_finish(task, strcmp(outcome, "ok") == 0 ? TASK_COMPLETED : TASK_FAILED,
                      words.data ? words.data : outcome, answer->facts);
    return true;
}

static int ask_status(struct work *work, struct task *task, struct engine_answer *ret)
{
    return engine_call(work->engine, "proximo_status", plan_words(task_plan(task), false), NULL, ret);
}

/* A run that takes longer than one answer. */
static void follow(struct work *work, struct task *task)
{
    bool ended = false;

    while (!ended && !tasks_stopping(work->tasks)) {
        struct engine_answer answer;
        task_pause(task, 2 * LOOK_MS);
        ended = ask_status(work, task, &answer) == 0 && take_outcome(task, &answer);
        engine_answer_done(&answer);
    }
}

static void apply(struct work *work, struct task *task)
{
    struct engine_answer answer = {0};
    int64_t again = 0;

    if (!task_set(task, TASK_WORKING, "approved; the plan is being applied", NULL)) {
        task_release(task, 0); /* cancelled meanwhile */
        return;
    }
    if (engine_call(work->engine, "proximo_apply", plan_words(task_plan(task), true), NULL, &answer) < 0) {
        set_failure(task, &answer);
    } else if (answer.failed && may_pass(&answer)) {
        struct json_object *error = NULL;
        CLEANUP_BUF struct buf before = BUF_INIT(2048);
        const char *cause = "";
        (void)json_get(answer.facts, "error", json_type_object, &error);
        (void)json_get_string(error, "cause", &cause, NULL);
        buf_printf(&before, "It could not run yet (%.600s). ", cause);
        ask_for_approval(task, before.data ? before.data : "");
        again = clock_ms() + REFUSED_MS;
    } else if (!take_outcome(task, &answer)) {
        follow(work, task);
    }
    engine_answer_done(&answer);
    task_release(task, again);
}

static void *work_run(void *arg)
{
    struct job *job = arg;
    struct work *work = job->work;
    struct task *task = job->task;
    const struct skill *skill = task_skill(task);
    struct engine_answer answer = {0};
    const char *id = NULL;

    if (job->approved) {
        apply(work, task);
    } else if (task_set(task, TASK_WORKING, NULL, NULL)) {
        if (!skill)
            say_skills(work, task);
        else if (engine_call(work->engine, skill->tool, json_object_get(task_arguments(task)),
                             task_cancel(task), &answer) < 0 ||
                 answer.failed)
            set_failure(task, &answer);
        else if (skill->changes && json_get_string(answer.facts, "plan_id", &id, NULL) == 0) {
            task_set_plan(task, json_object_get(answer.facts));
            ask_for_approval(task, "");
        } else
            (void)task_finish(task, TASK_COMPLETED, NULL, answer.facts);
    }
    engine_answer_done(&answer);
    task_unref(task);
    free(job);
    atomic_fetch_sub(&work->running, 1);
    return NULL;
}

/* Takes a reference of the task, on success. */
static int start(struct work *work, struct task *task, bool approved)
{
    struct job *job = calloc(1, sizeof(*job));
    int r = job ? 0 : -ENOMEM;

    if (r == 0 && atomic_fetch_add(&work->running, 1) >= WORKERS_MOST)
        r = -EBUSY;
    if (r == 0) {
        *job = (struct job){work, task, approved};
        r = thread_start(work_run, job, STACK_BYTES);
    }
    if (r < 0) {
        if (job)
            atomic_fetch_sub(&work->running, 1);
        free(job);
    }
    return r;
}

int work_start(struct work *work, struct task *task)
{
    return start(work, task, false);
}

/* Of a claimed task. Takes the reference. */
static void look(struct work *work, struct task *task)
{
    struct engine_answer answer = {0};
    struct json_object *approval = NULL;
    const char *state = "", *there = "";

    if (ask_status(work, task, &answer) == 0 && !answer.failed) {
        (void)json_get_string(answer.facts, "state", &state, NULL);
        if (json_get(answer.facts, "approval", json_type_object, &approval) == 0)
            (void)json_get_string(approval, "state", &there, NULL);
    }
    if (strcmp(there, "there") == 0 && start(work, task, true) == 0) {
        engine_answer_done(&answer);
        return;
    }
    if (strcmp(state, "expired") == 0)
        (void)task_finish(task, TASK_FAILED,
                          "the plan expired before an approver signed it; nothing was changed", answer.facts);
    else if (answer.failed && !may_pass(&answer))
        set_failure(task, &answer);
    else if (strcmp(state, "done") == 0)
        (void)take_outcome(task, &answer);
    engine_answer_done(&answer);
    task_release(task, clock_ms() + LOOK_MS);
    task_unref(task);
}

static void *look_always(void *arg)
{
    struct work *work = arg;
    struct task *task;

    while (!tasks_stopping(work->tasks)) {
        while ((task = tasks_due(work->tasks, clock_ms())) != NULL)
            look(work, task);
        tasks_sleep(work->tasks, LOOK_MS / 2);
    }
    return NULL;
}

void work_nudge(struct work *work, struct task *task)
{
    struct task *own = tasks_find(work->tasks, task_id(task));

    if (own && task_claim(own))
        look(work, own);
    else if (own)
        task_unref(own);
}

int work_new(struct engine *engine, struct tasks *tasks, struct work **ret)
{
    struct work *work = calloc(1, sizeof(*work));

    if (!work)
        return -ENOMEM;
    work->engine = engine;
    work->tasks = tasks;
    work->looks = pthread_create(&work->looker, NULL, look_always, work) == 0;
    if (!work->looks) {
        free(work);
        return -EAGAIN;
    }
    *ret = work;
    return 0;
}

void work_stop(struct work *work)
{
    (void)pthread_join(work->looker, NULL);
}

void work_free(struct work *work)
{
    free(work);
}
