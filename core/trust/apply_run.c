/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of this process: each has a thread of its own, so that it goes on when the call that began it has been
 * answered or cancelled. What came of it stays here for whoever asks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread.h"
#include "trust/apply.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define STACK_BYTES ((size_t)512 << 10)
#define LOOK_MS     50
#define KEPT_MOST   256u /* ended runs whose facts are kept; older ones are in their files */

struct apply {
    struct apply *next;
    struct trust *trust;
    struct plan *plan;
    struct site *site;
    struct cancel *stop;
    int lock_fd;
    bool ended;       /* with trust->applies_mutex, as all below */
    bool client_stop; /* a client wants no further step */
    struct buf facts;
    uint32_t done, total;
    char message[200];
    char upid[300];                  /* of the task that is followed; "": none */
    const struct trust_call *waiter; /* who is told of progress */
};

static struct apply *find(struct trust *trust, const char *plan_id)
{
    struct apply *apply = trust->applies;

    while (apply && strcmp(apply->plan->id, plan_id) != 0)
        apply = apply->next;
    return apply;
}

static void apply_free(struct apply *apply)
{
    plan_free(apply->plan);
    if (apply->stop)
        cancel_unref(apply->stop);
    buf_done(&apply->facts);
    free(apply);
}

/* Forgets the oldest ended ones. With the mutex. */
static void drop_old(struct trust *trust)
{
    size_t ended = 0;

    for (struct apply **at = &trust->applies; *at;) {
        struct apply *apply = *at;
        if (apply->ended && !apply->waiter && ++ended > KEPT_MOST) {
            *at = apply->next;
            apply_free(apply);
        } else {
            at = &apply->next;
        }
    }
}

static size_t running(const struct trust *trust)
{
    size_t count = 0;

    for (const struct apply *apply = trust->applies; apply; apply = apply->next)
        count += !apply->ended;
    return count;
}

static void on_progress(void *arg, uint32_t done, uint32_t total, const char *message)
{
    struct apply *apply = arg;
    const char *text = message ? message : "";
    const size_t len = text_utf8_cut(text, strnlen(text, sizeof(apply->message) - 1));

    (void)pthread_mutex_lock(&apply->trust->applies_mutex);
    apply->done = done;
    apply->total = total;
    memcpy(apply->message, text, len);
    apply->message[len] = '\0';
    if (apply->waiter && apply->waiter->progress)
        apply->waiter->progress(apply->waiter->progress_arg, done, total, apply->message);
    (void)pthread_mutex_unlock(&apply->trust->applies_mutex);
}

static void on_follows(void *arg, const char *upid)
{
    struct apply *apply = arg;

    (void)pthread_mutex_lock(&apply->trust->applies_mutex);
    (void)snprintf(apply->upid, sizeof(apply->upid), "%s", upid ? upid : "");
    (void)pthread_mutex_unlock(&apply->trust->applies_mutex);
}

/* What is said when not even a result could be made. */
static void facts_without_result(struct apply *apply, const struct problem *p, struct buf *facts)
{
    buf_reset(facts);
    buf_char(facts, '{');
    answer_put_plan(facts, apply->plan);
    json_put_key_string(facts, "outcome", "unknown");
    json_put_key_string(facts, "why", p->cause);
    buf_char(facts, '}');
}

/* Frozen while it runs, or not wanted any more: what has begun is followed to its end, what has not does not
 * begin. */
static enum run_halt is_halted(void *arg)
{
    struct apply *apply = arg;
    struct problem p = PROBLEM_INIT;

    (void)pthread_mutex_lock(&apply->trust->applies_mutex);
    const bool stopped = apply->client_stop;
    (void)pthread_mutex_unlock(&apply->trust->applies_mutex);
    if (stopped)
        return RUN_HALT_CLIENT;
    return limits_frozen(apply->trust, &p) < 0 ? RUN_HALT_FROZEN : RUN_HALT_NO;
}

static void *apply_thread(void *arg)
{
    struct apply *apply = arg;
    struct trust *trust = apply->trust;
    const struct run_request request = {
        .trust = trust,
        .plan = apply->plan,
        .site = apply->site,
        .stop = apply->stop,
        .halted = is_halted,
        .halted_arg = apply,
        .progress = on_progress,
        .follows = on_follows,
        .progress_arg = apply,
    };
    struct run_result result = {0};
    struct problem p = PROBLEM_INIT;
    struct buf facts = BUF_INIT(APPLY_ANSWER);

    int r = run_plan(&request, &result, &p);
    if (r == 0) {
        r = outcome_record(trust, apply->plan, &result, false, &facts, &p);
        run_result_done(&result);
        if (r < 0)
            log_error("the outcome of plan %s could not be recorded: %s", apply->plan->id, p.cause);
    } else {
        facts_without_result(apply, &p, &facts);
        log_error("plan %s could not be run: %s", apply->plan->id, p.cause);
    }
    if (!buf_ok(&facts))
        facts_without_result(apply, &p, &facts);
    doubt_unlock(trust, apply->plan->id, &apply->lock_fd);
    (void)pthread_mutex_lock(&trust->applies_mutex);
    apply->facts = facts;
    apply->ended = true;
    (void)pthread_cond_broadcast(&trust->applies_changed);
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return NULL;
}

int applies_room(struct trust *trust, struct problem *p)
{
    int r = 0;

    (void)pthread_mutex_lock(&trust->applies_mutex);
    if (trust->stopping)
        r = problem_set(p, -ECANCELED, PX_CANCELLED, "the server is ending; nothing was changed");
    else if (running(trust) >= APPLIES_MOST)
        r = problem_set(p, -EBUSY, PX_BUSY, "%u plans are being applied already", APPLIES_MOST);
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    if (r == -EBUSY)
        problem_next(p, "wait until one has ended: proximo_status");
    return r;
}

int applies_start(struct trust *trust, struct plan *plan, struct site *site, int lock_fd, struct problem *p)
{
    struct apply *apply = calloc(1, sizeof(*apply));
    struct json_object *steps = NULL;

    if (!apply || !(apply->stop = cancel_new())) {
        plan_free(plan);
        free(apply);
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory to run a plan; nothing was sent");
    }
    apply->trust = trust;
    apply->plan = plan;
    apply->site = site;
    apply->lock_fd = lock_fd;
    apply->facts = BUF_INIT(APPLY_ANSWER);
    if (json_get(plan->root, "steps", json_type_array, &steps) == 0) /* before anything is told */
        apply->total = (uint32_t)json_object_array_length(steps) * RUN_STEP_PARTS;
    (void)pthread_mutex_lock(&trust->applies_mutex);
    drop_old(trust);
    int r = thread_start(apply_thread, apply, STACK_BYTES);
    if (r == 0) {
        apply->next = trust->applies;
        trust->applies = apply;
        if (trust->stopping) /* the run sees it before its first step */
            cancel_set(apply->stop);
    }
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    if (r < 0) {
        apply_free(apply);
        return problem_set(p, r, PX_BUSY, "no thread to run a plan; nothing was sent");
    }
    return 0;
}

/* Of all steps, and which one is at hand. */
static void put_progress(const struct apply *apply, struct buf *out)
{
    const uint32_t steps = apply->total / RUN_STEP_PARTS, done = apply->done / RUN_STEP_PARTS;

    json_put_key_int(out, "step", done < steps ? done + 1 : steps);
    json_put_key_int(out, "steps", steps);
    json_put_key_int(out, "percent", apply->total ? (int64_t)apply->done * 100 / apply->total : 0);
    json_put_key_string(out, "message", apply->message);
    if (apply->upid[0])
        json_put_key_string(out, "upid", apply->upid);
}

static void put_running(const struct apply *apply, struct buf *out)
{
    buf_char(out, '{');
    answer_put_plan(out, apply->plan);
    json_put_key_string(out, "outcome", "running");
    json_put_key(out, "progress");
    buf_char(out, '{');
    put_progress(apply, out);
    buf_char(out, '}');
    if (apply->client_stop)
        json_put_key_string(out, "stopped_by", "client");
    json_put_key_string(
        out, "next",
        apply->client_stop
            ? "No further step begins. A task at Proxmox that has begun goes on; pve_task_stop, a "
              "change with a consent of its own, ends it. proximo_status has the outcome."
            : "It goes on: proximo_status with this plan_id has the outcome and the receipt.");
    buf_char(out, '}');
}

int applies_wait(struct trust *trust, const struct trust_call *call, const char *plan_id, int64_t deadline_ms,
                 struct buf *out)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    struct apply *apply = find(trust, plan_id);
    if (apply && !apply->waiter)
        apply->waiter = call;
    while (apply && !apply->ended && clock_ms() < deadline_ms && !cancel_is_set(call->cancel)) {
        const int64_t slice = clock_ms() + LOOK_MS;
        struct timespec until = clock_timespec(slice < deadline_ms ? slice : deadline_ms);
        (void)pthread_cond_clockwait(&trust->applies_changed, &trust->applies_mutex, CLOCK_MONOTONIC, &until);
    }
    if (apply && apply->ended)
        buf_add(out, apply->facts.data, apply->facts.len);
    else if (apply)
        put_running(apply, out);
    if (apply && apply->waiter == call)
        apply->waiter = NULL;
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return apply ? 0 : -ENOENT;
}

bool applies_has(struct trust *trust, const char *plan_id, bool *ret_ended)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    const struct apply *apply = find(trust, plan_id);
    if (apply)
        *ret_ended = apply->ended;
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return apply != NULL;
}

bool applies_stop_one(struct trust *trust, const char *plan_id)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    struct apply *apply = find(trust, plan_id);
    const bool runs = apply && !apply->ended;
    if (runs)
        apply->client_stop = true;
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return runs;
}

bool applies_stopping(struct trust *trust, const char *plan_id)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    const struct apply *apply = find(trust, plan_id);
    const bool stopping = apply && !apply->ended && apply->client_stop;
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return stopping;
}

size_t applies_running(struct trust *trust)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    const size_t count = running(trust);
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return count;
}

bool applies_stop(struct trust *trust, int64_t deadline_ms)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    trust->stopping = true;
    for (struct apply *apply = trust->applies; apply; apply = apply->next) {
        if (!apply->ended)
            cancel_set(apply->stop);
    }
    while (running(trust) && clock_ms() < deadline_ms) {
        struct timespec until = clock_timespec(deadline_ms);
        (void)pthread_cond_clockwait(&trust->applies_changed, &trust->applies_mutex, CLOCK_MONOTONIC, &until);
    }
    const bool all = running(trust) == 0;
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return all;
}

void applies_free(struct trust *trust)
{
    while (trust->applies) {
        struct apply *apply = trust->applies;
        trust->applies = apply->next;
        apply_free(apply);
    }
}
