/* SPDX-License-Identifier: Apache-2.0 */
/* Planning as the faces use it: the gates, the plan, its answer, and the one-call change where it is allowed.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/site.h"
#include "trust/apply.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define MEMBERS_LIMIT ((size_t)1 << 20)
#define NOTHING_LIMIT 4096

static int put_nothing(const char *why, struct buf *out)
{
    buf_char(out, '{');
    json_put_key_string(out, "outcome", "nothing to do");
    json_put_key_string(out, "why", why);
    buf_str(out, ",\"changed\":false}");
    return buf_ok(out) ? 0 : -ENOMEM;
}

/* One call that plans and applies: `trust.confirm: direct`, and only where the plan's id is consent enough.
 */
static int apply_at_once(struct trust *trust, const struct trust_call *call, const struct plan *plan,
                         struct buf *out, struct problem *p)
{
    const struct trust_consent consent = {.can_ask = false};
    enum trust_result result = TRUST_DONE;
    struct trust_ask ask = {0};
    CLEANUP_BUF struct buf applied = BUF_INIT(APPLY_ANSWER);

    int r = trust_apply(trust, call, plan->id, plan->action, plan->subject, &consent, &result, &ask, &applied,
                        NULL, p);
    trust_ask_done(&ask);
    if (r < 0)
        return r;
    buf_char(out, '{');
    plan_put_members(plan, out);
    json_put_key(out, "applied");
    buf_add(out, applied.data, applied.len);
    buf_char(out, '}');
    return buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for an answer");
}

static int put_plan(struct trust *trust, const struct plan *plan, const char *notice, struct buf *out,
                    struct problem *p)
{
    CLEANUP_BUF struct buf members = BUF_INIT(MEMBERS_LIMIT);

    plan_put_members(plan, &members);
    buf_char(out, '{');
    buf_add(out, members.data, members.len);
    if (notice)
        json_put_key_string(out, "notice", notice);
    limits_taint_put(trust, out);
    buf_char(out, '}');
    return buf_ok(out) && buf_ok(&members) ? 0
                                           : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for an answer");
}

/* The answer to a new plan. confirm: the argument was given. */
static int answer(struct trust *trust, const struct trust_call *call, const struct plan *plan,
                  const char *notice, bool confirm, struct buf *out, struct problem *p)
{
    const bool direct = trust->config->trust.confirm_direct;

    if (confirm && direct && strcmp(limits_consent(trust, plan->consent), "plan") == 0)
        return apply_at_once(trust, call, plan, out, p);
    if (!confirm)
        return put_plan(trust, plan, notice, out, p);
    return put_plan(
        trust, plan,
        direct ? "confirm was ignored: this plan needs more consent than its id. Nothing was done; "
                 "call proximo_apply."
               : "confirm was ignored: nothing was done. The plan is applied by proximo_apply, which "
                 "repeats plan_id, action and subject.",
        out, p);
}

static int build(struct trust *trust, const struct trust_call *call, const struct plan_request *request,
                 bool confirm, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf nothing = BUF_INIT(NOTHING_LIMIT);
    struct plan *plan = NULL;

    int r = plan_build(trust, request, &plan, &nothing, p);
    if (r < 0) {
        (void)outcome_refused(trust, NULL, request->tool->name, p);
        return r;
    }
    if (!plan)
        return put_nothing(nothing.data ? nothing.data : "it is so already", out);
    r = answer(trust, call, plan, request->notice, confirm, out, p);
    plan_free(plan);
    return r;
}

static int propose(struct trust *trust, const struct trust_call *call, struct plan_request *request,
                   bool confirm, struct buf *out, struct problem *p)
{
    struct problem unready = PROBLEM_INIT;
    int r = policy_tool(trust, request->tool, p);

    if (r < 0) { /* a refusal like any other, where the ledger can take it */
        if (trust_begin(trust, &unready) == 0)
            (void)outcome_refused(trust, NULL, request->tool->name, p);
        return r;
    }
    r = trust_begin(trust, p);
    if (r < 0)
        return r;
    store_prune(trust);
    request->deadline_ms = call->deadline_ms;
    request->cancel = call->cancel;
    request->progress = call->progress;
    request->progress_arg = call->progress_arg;
    return build(trust, call, request, confirm, out, p);
}

int trust_plan(struct trust *trust, const struct trust_call *call, const struct tool *tool, struct site *site,
               struct json_object *arguments, bool confirm, struct buf *out, struct problem *p)
{
    struct problem local = PROBLEM_INIT;
    struct plan_request request = {.tool = tool, .site = site, .arguments = arguments};

    return propose(trust, call, &request, confirm, out, p ? p : &local);
}

int propose_rollback(struct trust *trust, const struct trust_call *call, const struct tool *tool,
                     struct site *site, struct json_object *arguments, const char *notice, struct buf *out,
                     struct problem *p)
{
    struct plan_request request = {.tool = tool, .site = site, .arguments = arguments, .notice = notice};

    return propose(trust, call, &request, false, out, p);
}

int propose_way_back(struct trust *trust, const struct trust_call *call, const struct tool *tool,
                     struct site *site, struct json_object *record, struct buf *out, struct problem *p)
{
    struct plan_request request = {.tool = tool, .site = site, .record = record};

    return propose(trust, call, &request, false, out, p);
}
