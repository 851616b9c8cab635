/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a doubt by a person's word: for an execution of which Proxmox cannot say any more what came of
 * it. It is recorded as what it is, a verdict, and the plan is done with it; nothing is sent, and there is no
 * way back of it through proximo_undo, since what it left behind was not seen.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "trust/apply.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define VERDICTS "applied,not-applied,partial"

static int given(const char *verdict, const struct buf *reason, struct problem *p)
{
    if (!text_in_list(VERDICTS, verdict)) {
        problem_set(p, -EINVAL, PX_ARG, "\"%.40s\" is no verdict", verdict);
        problem_next(p, "say what the cluster shows");
        problem_valid(p, "%s", VERDICTS);
        return -EINVAL;
    }
    if (reason->len && buf_ok(reason))
        return 0;
    problem_set(p, -EINVAL, PX_ARG, "a verdict needs its reason");
    problem_next(p, "say with --reason what was looked at, and what it showed");
    return -EINVAL;
}

static int verdict_record(struct trust *trust, const struct plan *plan, const char *verdict,
                          const char *reason, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(16384);

    answer_put_plan(&body, plan);
    json_put_key_string(&body, "plan_sha256", plan->sha256);
    json_put_key_string(&body, "verdict", verdict);
    json_put_key_string(&body, "reason", reason);
    json_put_key_int(&body, "uid", (long long)getuid());
    if (!buf_ok(&body))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a record");
    return ledger_append(trust->ledger, LEDGER_VERDICT, body.data, body.len, NULL, p);
}

static int not_in_doubt(const char *plan_id, enum plan_state state, struct problem *p)
{
    problem_set(p, -EALREADY, PX_PLAN, "plan %s is not in doubt: it is %s", plan_id,
                state == PLAN_DONE ? "done" : "waiting, nothing was done");
    problem_next(p, "`proximo plan show %s` has what came of it", plan_id);
    return -EALREADY;
}

/* With the lock of its run held. */
static int close_locked(struct trust *trust, const char *plan_id, const char *verdict, const char *reason,
                        struct problem *p)
{
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);
    enum plan_state state = PLAN_WAITING;
    struct plan *plan = NULL;

    int r = store_load(trust, plan_id, &plan, &state, p);
    if (r == 0 && state != PLAN_EXECUTING)
        r = not_in_doubt(plan_id, state, p);
    if (r == 0) {
        r = outcome_finish(trust, plan, &facts, p); /* its end stands in the ledger already */
        r = r == 0 ? not_in_doubt(plan_id, PLAN_DONE, p) : r == -ENOENT ? 0 : r;
    }
    if (r == 0)
        r = verdict_record(trust, plan, verdict, reason, p);
    if (r == 0) {
        buf_reset(&facts);
        r = outcome_finish(trust, plan, &facts, p);
    }
    plan_free(plan);
    return r;
}

int trust_doubt_close(struct trust *trust, const char *plan_id, const char *verdict, const char *reason,
                      struct problem *p)
{
    CLEANUP_BUF struct buf words = BUF_INIT(4 * LIMITS_WORDS);
    struct problem local = PROBLEM_INIT;
    enum plan_state state = PLAN_WAITING;
    struct plan *plan = NULL;
    int lock = -1;

    if (!p)
        p = &local;
    limits_words(reason, &words);
    int r = given(verdict, &words, p);
    if (r == 0)
        r = trust_ready(trust, p);
    if (r == 0)
        r = store_load(trust, plan_id, &plan, &state, p); /* no lock file for a name that is none */
    plan_free(plan);
    if (r == 0 && state != PLAN_EXECUTING)
        r = not_in_doubt(plan_id, state, p);
    if (r == 0)
        r = doubt_lock(trust, plan_id, &lock, p);
    if (r < 0)
        return r;
    r = close_locked(trust, plan_id, verdict, words.data, p);
    doubt_unlock(trust, plan_id, &lock);
    return r;
}
