/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-ins: every function of trust.h that the server uses, and the verifier of ledger.h. */
#include "fake_trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "plane/manifest.h"
#include "trust/trust.h"

struct trust {
    struct trust_options options;
    atomic_bool stopping;
};

struct fake_trust fake_trust;

void fake_trust_reset(void)
{
    memset(&fake_trust, 0, sizeof(fake_trust));
}

int trust_new(const struct trust_options *options, struct trust **ret)
{
    *ret = calloc(1, sizeof(**ret));
    if (!*ret)
        return -ENOMEM;
    (*ret)->options = *options;
    atomic_fetch_add(&fake_trust.made, 1);
    return 0;
}

bool trust_stop(struct trust *trust, int64_t deadline_ms)
{
    atomic_store(&trust->stopping, true);
    atomic_fetch_add(&fake_trust.stops, 1);
    while (atomic_load(&fake_trust.slow_running) > 0 && clock_ms() < deadline_ms)
        usleep(1000);
    return atomic_load(&fake_trust.slow_running) == 0;
}

void trust_free(struct trust *trust)
{
    atomic_fetch_add(&fake_trust.freed, 1);
    free(trust);
}

void trust_refused(struct trust *trust, const char *what, const struct problem *problem)
{
    (void)trust;
    (void)what;
    (void)problem;
    atomic_fetch_add(&fake_trust.refused, 1);
}

void trust_taint(struct trust *trust, const char *tool, const char *what)
{
    (void)trust;
    (void)tool;
    (void)what;
    atomic_fetch_add(&fake_trust.tainted, 1);
}

void trust_wait_first(struct trust *trust, int64_t deadline_ms)
{
    (void)trust;
    (void)deadline_ms;
}

void trust_first_call(struct trust *trust)
{
    (void)trust;
    atomic_fetch_add(&fake_trust.first_calls, 1);
}

int trust_plan(struct trust *trust, const struct trust_call *call, const struct tool *tool, struct site *site,
               struct json_object *arguments, bool confirm, struct buf *out, struct problem *p)
{
    (void)site;
    atomic_fetch_add(&fake_trust.plans, 1);
    atomic_store(&fake_trust.last_confirm, confirm);
    if (!trust->options.allowed(trust->options.allowed_arg, tool, "guest.stop"))
        return problem_set(p, -EPERM, PX_TOOL, "guest.stop is denied");
    if (call->deadline_ms <= clock_ms())
        return problem_set(p, -ETIMEDOUT, PX_TIMEOUT, "no time to plan");
    buf_str(out, "{\"plan_id\":\"ask-1\",\"action\":\"guest.stop\",\"subject\":\"guest/105\"");
    json_put_key_string(out, "tool", tool->name);
    json_put_key(out, "arguments");
    json_put_value(out, arguments);
    json_put_key_bool(out, "confirm", confirm);
    buf_char(out, '}');
    return 0;
}

/* ---------------------------------------------------------------- apply */

void trust_ask_done(struct trust_ask *ask)
{
    free(ask->message);
    free(ask->subject);
    free(ask->sealed_state);
    *ask = (struct trust_ask){0};
}

static int ask_person(const char *plan_id, const char *subject, struct trust_ask *ask)
{
    char state[200];

    (void)snprintf(state, sizeof(state), "sealed:%s", plan_id);
    ask->message = text_dup("Stop guest 105 \"web\"?");
    ask->subject = text_dup(subject);
    ask->sealed_state = text_dup(state);
    atomic_fetch_add(&fake_trust.asked, 1);
    return 0;
}

static int take_reply(const char *plan_id, const char *subject, const struct trust_consent *consent,
                      struct problem *p)
{
    char state[200];

    (void)snprintf(state, sizeof(state), "sealed:%s", plan_id);
    if (!consent->sealed_state)
        return problem_set(p, -EPERM, PX_CONSENT, "a reply without state");
    if (strcmp(consent->sealed_state, state) != 0)
        return problem_set(p, -EPERM, PX_CONSENT, "the state is not ours");
    if (consent->reply == TRUST_DECLINED)
        return problem_set(p, -EPERM, PX_CONSENT, "the person declined");
    if (consent->reply == TRUST_DISMISSED)
        return problem_set(p, -EPERM, PX_CONSENT, "the person dismissed it");
    if (!consent->typed || strcmp(consent->typed, subject) != 0)
        return problem_set(p, -EPERM, PX_CONSENT, "other words were typed");
    return 0;
}

static int slow(struct trust *trust, const struct trust_call *call, const char *plan_id, struct buf *out)
{
    const int64_t until = call->wait_ms == 0 ? INT64_MAX : call->wait_ms < 0 ? 0 : clock_ms() + call->wait_ms;

    atomic_fetch_add(&fake_trust.slow_running, 1);
    for (uint32_t n = 0; !cancel_is_set(call->cancel) && !atomic_load(&trust->stopping) && clock_ms() < until;
         n++) {
        char words[40];

        (void)snprintf(words, sizeof(words), "stop: %u%%", n);
        call->progress(call->progress_arg, n < 100 ? 0 : 1, 2, words);
        usleep(5000);
    }
    usleep((useconds_t)atomic_load(&fake_trust.slow_ms) * 1000);
    if (cancel_is_set(call->cancel))
        atomic_fetch_add(&fake_trust.slow_cancelled, 1);
    else
        atomic_fetch_add(&fake_trust.slow_stopped, 1);
    buf_char(out, '{');
    json_put_key_string(out, "plan_id", plan_id);
    json_put_key_string(out, "outcome", atomic_load(&trust->stopping) ? "partial" : "running");
    buf_char(out, '}');
    atomic_fetch_sub(&fake_trust.slow_running, 1);
    return 0;
}

int trust_apply(struct trust *trust, const struct trust_call *call, const char *plan_id, const char *action,
                const char *subject, const struct trust_consent *consent, enum trust_result *ret_result,
                struct trust_ask *ret_ask, struct buf *out, struct buf *details, struct problem *p)
{
    bool again = strncmp(plan_id, "again-", 6) == 0, ask = again || strncmp(plan_id, "ask-", 4) == 0;
    int r = 0;

    atomic_fetch_add(&fake_trust.applies, 1);
    atomic_store(&fake_trust.last_wait_ms, call->wait_ms);
    *ret_result = TRUST_DONE;
    if (atomic_load(&trust->stopping))
        return problem_set(p, -ECANCELED, PX_CANCELLED, "the server ends");
    if (strcmp(action, "guest.stop") != 0)
        return problem_set(p, -EINVAL, PX_ECHO, "the plan's action is guest.stop");
    if (strncmp(plan_id, "drift-", 6) == 0) {
        buf_str(details, "\"drift\":[{\"guard\":\"/nodes/a/lxc/105/config\",\"field\":\"/memory\","
                         "\"planned\":512,\"now\":1024}]");
        return problem_set(p, -ESTALE, PX_DRIFT, "what the plan was made from has changed");
    }
    if (strncmp(plan_id, "slow-", 5) == 0)
        return slow(trust, call, plan_id, out);
    if (ask && !consent->can_ask)
        return problem_set(p, -EPERM, PX_CONSENT, "this client cannot ask a person");
    if (ask && (again || consent->reply == TRUST_NOT_ASKED)) {
        *ret_result = TRUST_ASK;
        return ask_person(plan_id, subject, ret_ask);
    }
    if (ask)
        r = take_reply(plan_id, subject, consent, p);
    if (r == 0)
        buf_str(out, "{\"outcome\":\"ok\",\"receipt\":\"r7-0011223344556677\"}");
    return r;
}

/* ---------------------------------------------------------------- tasks */

void trust_task_done(struct trust_task *task)
{
    buf_done(&task->facts);
    *task = (struct trust_task){0};
}

static int task_known(const char *plan_id, struct problem *p)
{
    static const char *const known[] = {"slow-", "done-", "gone-", "busy-"};

    if (strncmp(plan_id, "odd-", 4) == 0)
        return problem_set(p, -EIO, PX_INTERNAL, "the plan cannot be read");
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strncmp(plan_id, known[i], 5) == 0)
            return 0;
    }
    return problem_set(p, -ENOENT, PX_PLAN, "there is no such task");
}

int trust_task(struct trust *trust, const struct trust_call *call, const char *plan_id,
               struct trust_task *ret, struct problem *p)
{
    (void)trust;
    (void)call;
    atomic_fetch_add(&fake_trust.tasks, 1);
    const int r = task_known(plan_id, p);
    if (r < 0)
        return r;
    *ret = (struct trust_task){
        .state = plan_id[0] == 'd'   ? TRUST_TASK_ENDED
                 : plan_id[0] == 'g' ? TRUST_TASK_STOPPED
                                     : TRUST_TASK_WORKING,
        .created_s = 1767323045, /* 2026-01-02 03:04:05 */
        .updated_s = 1767323046,
        .keep_ms = plan_id[0] == 'd' ? -1 : 86400000,
        .facts = BUF_INIT(4096),
        .message = "12%, step 1 of 2: stop",
    };
    buf_str(&ret->facts, "{\"state\":\"done\",\"outcome\":\"ok\"}");
    return 0;
}

int trust_stop_plan(struct trust *trust, const char *plan_id, struct problem *p)
{
    (void)trust;
    const int r = task_known(plan_id, p);
    if (r == 0 && plan_id[0] == 'b')
        return problem_set(p, -EBUSY, PX_PLAN, "another process runs it");
    atomic_fetch_add(&fake_trust.stopped_plans, r == 0);
    return r;
}

/* ---------------------------------------------------------------- the rest */

int trust_undo(struct trust *trust, const struct trust_call *call, const char *key, struct buf *out,
               struct problem *p)
{
    (void)trust;
    (void)call;
    (void)p;
    atomic_fetch_add(&fake_trust.undos, 1);
    buf_str(out, "{\"plan_id\":\"back\"");
    json_put_key_string(out, "undo_of", key);
    buf_char(out, '}');
    return 0;
}

int trust_plan_status(struct trust *trust, const struct trust_call *call, const char *plan_id,
                      struct buf *out, struct problem *p)
{
    (void)trust;
    (void)call;
    atomic_fetch_add(&fake_trust.statuses, 1);
    if (strcmp(plan_id, "ask-1") != 0)
        return problem_set(p, -ENOENT, PX_PLAN, "there is no such plan");
    buf_str(out, "{\"plan_id\":\"ask-1\",\"state\":\"waiting\"}");
    return 0;
}

void trust_put_status(struct trust *trust, struct buf *out)
{
    (void)trust;
    buf_str(out, "\"ledger\":{\"state\":\"ok\"},\"waiting\":0");
}

int ledger_verify_configured(const struct config *config, const char *expected_head,
                             struct ledger_report *ret, struct problem *p)
{
    (void)config;
    (void)p;
    *ret = (struct ledger_report){.verdict = fake_trust.broken ? LEDGER_BROKEN
                                             : expected_head   ? LEDGER_BEHIND
                                                               : LEDGER_OK};
    return 0;
}

void ledger_report_json(const struct ledger_report *report, struct buf *out)
{
    buf_printf(out, "{\"verdict\":%d}", (int)report->verdict);
}
