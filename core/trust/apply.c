/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying: the gates in their order, each refusal recorded, then the record that makes the plan single-use,
 * then the run. The order is the design's: plan and binding, echo, mode, frozen, allow and deny, lease, rate,
 * anchors, consent, guards, the affected things again if the risk is high. Frozen, lease and rate are asked a
 * second time under the ledger's lock, where nobody can come in between: there they bind.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "ledger/anchor.h"
#include "ledger/ledger.h"
#include "plane/read_cache.h"
#include "plane/site.h"
#include "trust/apply.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/secret_source.h"
#include "trust/trust_inner.h"

#define GUARDS_MS  30000 /* for reading everything again */
#define DIFF_LIMIT ((size_t)64 << 10)

struct applying {
    struct trust *trust;
    const struct trust_call *call;
    struct plan *plan; /* owned until the run takes it */
    struct site *site;
    int lock_fd;
    const char *consent;       /* that was needed when it was asked for */
    char lease[LEASE_ID_SIZE]; /* "": none is required */
    struct buf diff;
};

int plan_used(const char *plan_id, enum plan_state state, struct problem *p)
{
    problem_set(p, -EALREADY, PX_PLAN, "plan %s was used: it is %s", plan_id,
                state == PLAN_DONE ? "done" : "being applied, or in doubt");
    problem_next(p, "proximo_status {\"plan_id\":\"%s\"} has its outcome; plan again for another change",
                 plan_id);
    return -EALREADY;
}

/* ---- guards */

static int guards_hold(struct applying *a, struct problem *p)
{
    const struct site_call call = {.deadline_ms = clock_ms() + GUARDS_MS, .cancel = a->call->cancel};
    struct json_object *guards = NULL;
    struct read_cache *cache = NULL;
    bool all_same = true;

    (void)json_get(a->plan->root, "guards", json_type_array, &guards);
    int r = read_cache_new(a->site, &cache);
    if (r < 0)
        return problem_set(p, r, PX_INTERNAL, "no memory to read the guards again");
    for (size_t i = 0; r == 0 && guards && i < json_object_array_length(guards); i++) {
        CLEANUP_JSON struct json_object *now = NULL;
        bool same = true;
        if (guard_is_copy(json_object_array_get_idx(guards, i)))
            continue;
        r = guard_read(a->plan, i, cache, &call, &now, p);
        if (r == 0)
            r = guard_compare(a->plan, i, now, &a->diff, &same, p);
        all_same &= same;
    }
    if (r == 0 && !all_same) {
        r = problem_set(p, -ESTALE, PX_DRIFT,
                        "what plan %s was made from has changed since; nothing was done", a->plan->id);
        problem_next(p, "look at error.drift, then plan the change again");
    }
    if (r == 0 && (a->plan->risk >= 3 || limits_targets_deny(a->trust)))
        r = plan_blast_again(a->trust, a->plan, cache, &call, &a->diff, p);
    read_cache_free(cache);
    return r;
}

/* ---- the record that makes it single-use */

/* The limits that others may have used up, or switched, meanwhile. Under the ledger's lock. */
static int limits_again(struct applying *a, struct problem *p)
{
    char lease[LEASE_ID_SIZE];

    int r = limits_frozen(a->trust, p);
    if (r == 0)
        r = limits_room(a->trust, a->plan, lease, p);
    if (r < 0 || strcmp(lease, a->lease) == 0)
        return r;
    problem_set(p, -EAGAIN, PX_LEASE, "another lease was granted while plan %s was being applied",
                a->plan->id);
    problem_next(p, "call proximo_apply again; a person sees the lease with `proximo lease show`");
    return -EAGAIN;
}

/* Under the ledger's lock. */
static int claim(void *arg, struct problem *p)
{
    struct applying *a = arg;
    enum plan_state state = PLAN_WAITING;
    struct plan *plan = NULL;

    int r = limits_again(a, p);
    if (r == 0)
        r = store_load(a->trust, a->plan->id, &plan, &state, p);
    if (r < 0)
        return r;
    plan_free(plan);
    if (state != PLAN_WAITING)
        return plan_used(a->plan->id, state, p);
    r = doubt_lock(a->trust, a->plan->id, &a->lock_fd, p);
    if (r == 0)
        r = store_move(a->trust, a->plan->id, PLAN_WAITING, PLAN_EXECUTING, p);
    if (r < 0 && a->lock_fd >= 0)
        doubt_unlock(a->trust, a->plan->id, &a->lock_fd);
    return r;
}

static void unclaim(void *arg)
{
    struct applying *a = arg;

    (void)store_move(a->trust, a->plan->id, PLAN_EXECUTING, PLAN_WAITING, NULL);
    doubt_unlock(a->trust, a->plan->id, &a->lock_fd);
}

/* The classes of a plan that has several; what an hour may have is counted by them. */
static void put_classes(const struct plan *plan, struct buf *out)
{
    struct json_object *subjects = NULL;
    bool several = false;

    (void)json_get(plan->root, "subjects", json_type_array, &subjects);
    const size_t count = subjects ? json_object_array_length(subjects) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *class = "", *before = "";
        bool told = false;
        (void)json_get_string(json_object_array_get_idx(subjects, i), "class", &class, NULL);
        for (size_t k = 0; !told && k < i; k++)
            told = json_get_string(json_object_array_get_idx(subjects, k), "class", &before, NULL) == 0 &&
                   strcmp(class, before) == 0;
        if (told || strcmp(class, plan->action) == 0)
            continue;
        if (!several) {
            json_put_key(out, "classes");
            buf_char(out, '[');
            json_put_cstr(out, plan->action);
        }
        several = true;
        json_put_comma(out);
        json_put_cstr(out, class);
    }
    if (several)
        buf_char(out, ']');
}

static int executing(struct applying *a, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(65536);

    answer_put_plan(&body, a->plan);
    put_classes(a->plan, &body);
    json_put_key_string(&body, "plan_sha256", a->plan->sha256);
    json_put_key_string(&body, "consent", a->consent);
    json_put_key_string(&body, "principal", a->plan->principal);
    if (a->lease[0])
        json_put_key_string(&body, "lease", a->lease);
    limits_taint_put(a->trust, &body);
    if (!buf_ok(&body))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a record");
    return ledger_append_with(a->trust->ledger, claim, unclaim, a, LEDGER_EXECUTING, body.data, body.len,
                              NULL, p);
}

/* ---- the road */

static int load(struct applying *a, const char *plan_id, struct problem *p)
{
    enum plan_state state = PLAN_WAITING;
    bool ended = false;

    /* Before its file is looked for: one that this very process runs. */
    if (applies_has(a->trust, plan_id, &ended))
        return plan_used(plan_id, ended ? PLAN_DONE : PLAN_EXECUTING, p);
    int r = store_load(a->trust, plan_id, &a->plan, &state, p);
    if (r < 0)
        return r;
    return state == PLAN_WAITING ? 0 : plan_used(plan_id, state, p);
}

/* 1: go on; 0: ask a person; negative: refused. */
static int gates(struct applying *a, const char *action, const char *subject,
                 const struct trust_consent *consent, struct trust_ask *ret_ask, struct problem *p)
{
    int r = policy_binding(a->trust, a->plan, clock_wall_us() / 1000000, &a->site, p);

    if (r == 0)
        r = policy_echo(a->plan, action, subject, p);
    if (r == 0)
        r = policy_plan(a->trust, a->plan, p);
    if (r == 0)
        r = secret_sources_check(a->trust, a->plan, p);
    if (r == 0)
        r = applies_room(a->trust, p);
    if (r == 0)
        r = limits_room(a->trust, a->plan, a->lease, p);
    if (r == 0)
        r = anchors_gate(a->trust->anchors, clock_ms() + ANCHOR_GATE_MS, a->call->cancel, p);
    if (r < 0)
        return r;
    a->consent = limits_consent(a->trust, a->plan->consent);
    return consent_check(a->trust, a->plan, a->consent, consent, ret_ask, p);
}

static int apply_now(struct applying *a, const char *action, const char *subject,
                     const struct trust_consent *consent, enum trust_result *ret_result,
                     struct trust_ask *ret_ask, struct problem *p)
{
    int r = gates(a, action, subject, consent, ret_ask, p);

    if (r <= 0) {
        *ret_result = TRUST_ASK;
        return r;
    }
    r = guards_hold(a, p);
    if (r == 0 && cancel_is_set(a->call->cancel))
        r = problem_set(p, -ECANCELED, PX_CANCELLED,
                        "the call was cancelled before plan %s began; nothing was done", a->plan->id);
    if (r == 0)
        r = executing(a, p);
    if (r < 0)
        return r;
    struct plan *plan = a->plan;
    a->plan = NULL;
    r = applies_start(a->trust, plan, a->site, a->lock_fd, p);
    if (r < 0)
        fd_close(&a->lock_fd); /* in doubt until somebody looks: its journal says that nothing was sent */
    *ret_result = TRUST_DONE;
    return r;
}

/* How long the end of a run that has begun is waited for. */
static int64_t wait_until(const struct trust_call *call, int64_t answer_ms)
{
    const int64_t until = clock_ms() + (call->wait_ms > 0 ? call->wait_ms : 0);

    return call->wait_ms == 0 || until > answer_ms ? answer_ms : until;
}

int trust_apply(struct trust *trust, const struct trust_call *call, const char *plan_id, const char *action,
                const char *subject, const struct trust_consent *consent, enum trust_result *ret_result,
                struct trust_ask *ret_ask, struct buf *out, struct buf *details, struct problem *p)
{
    const int64_t answer_ms = clock_ms() + TRUST_APPLY_ANSWER_MS;
    struct applying a = {.trust = trust, .call = call, .lock_fd = -1, .diff = BUF_INIT(DIFF_LIMIT)};
    struct problem local = PROBLEM_INIT;
    enum trust_result result = TRUST_DONE;

    if (!p)
        p = &local;
    int r = trust_begin(trust, p);
    if (r < 0)
        return r;
    r = load(&a, plan_id, p);
    if (r == 0)
        r = apply_now(&a, action, subject, consent, &result, ret_ask, p);
    if (r < 0 && details && a.diff.len && buf_ok(&a.diff))
        buf_printf(details, "\"drift\":[%s]", a.diff.data);
    if (r < 0 && outcome_refused(trust, a.plan, plan_id, p) < 0 && details)
        buf_printf(details, "%s\"recorded\":false", details->len ? "," : "");
    plan_free(a.plan);
    buf_done(&a.diff);
    if (r < 0)
        return r;
    *ret_result = result;
    if (result == TRUST_DONE)
        r = applies_wait(trust, call, plan_id, wait_until(call, answer_ms), out);
    /* Where it runs on, a task of the client's may take the place of this answer. */
    if (result == TRUST_DONE && r == 0 && call->once && !cancel_is_set(call->cancel) && buf_ok(out) &&
        !strstr(out->data, OUTCOME_RUNNING))
        once_show(trust, plan_id, out);
    if (result == TRUST_DONE)
        limits_taint_answer(trust, "proximo_apply", out);
    return r < 0 ? problem_set(p, r, PX_INTERNAL, "the run of plan %s is not known", plan_id) : 0;
}
