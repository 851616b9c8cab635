/* SPDX-License-Identifier: Apache-2.0 */
/* Plans looked at: one at any time, all of them, the counts for proximo_status. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/anchor.h"
#include "ledger/ledger.h"
#include "trust/apply.h"
#include "trust/approver.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/risk.h"
#include "trust/secret_source.h"
#include "trust/trust_inner.h"
#include "trust/undo_point.h"

static const char *const state_names[] = {
    [PLAN_WAITING] = "waiting", [PLAN_EXECUTING] = "executing", [PLAN_DONE] = "done"};

/* ---- one plan */

/* {"plan_id","state",...} around the facts, whose brace is opened here. */
static void put_state(struct buf *out, const char *state, const struct buf *facts)
{
    buf_char(out, '{');
    json_put_key_string(out, "state", state);
    if (facts->data && facts->len > 2) {
        buf_char(out, ',');
        buf_add(out, facts->data + 1, strlen(facts->data + 1));
        while (out->len && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == ' '))
            out->data[--out->len] = '\0';
    } else {
        buf_char(out, '}');
    }
}

static void waiting_put(struct trust *trust, const struct plan *plan, struct buf *out)
{
    CLEANUP_BUF struct buf members = BUF_INIT(APPLY_ANSWER);
    const bool expired = plan->expires_s <= clock_wall_us() / 1000000;

    plan_put_members(plan, &members);
    buf_char(out, '{');
    json_put_key_string(out, "state", expired ? "expired" : "waiting");
    if (!expired)
        approver_put_status(trust, plan, out);
    buf_char(out, ',');
    buf_add(out, members.data, members.len);
    buf_char(out, '}');
}

/* Run by another process, or left in doubt by one. */
static int executing_put(struct trust *trust, const struct trust_call *call, const struct plan *plan,
                         struct buf *out)
{
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);
    CLEANUP_BUF struct buf head = BUF_INIT(65536);
    struct problem why = PROBLEM_INIT;

    int r = doubt_resolve(trust, call, plan->id, &facts, &why);
    if (r == 0) {
        put_state(out, strstr(facts.data ? facts.data : "", OUTCOME_RUNNING) ? "executing" : "done", &facts);
        return 0;
    }
    buf_char(&head, '{');
    answer_put_plan(&head, plan);
    json_put_key_string(&head, "outcome", "running");
    if (r != -EBUSY) {
        json_put_key_string(&head, "why", why.cause);
        json_put_key_string(
            &head, "next",
            "What came of it could not be found out. Look at the state with the read tools; ask "
            "again when the site answers. A person who has looked can close it: `proximo doubt close`.");
        doubt_put_evidence(trust, plan, false, &head, NULL); /* why is said: what was found out just now */
    }
    buf_char(&head, '}');
    put_state(out, r == -EBUSY ? "executing" : "in doubt", &head);
    return 0;
}

static int done_put(struct trust *trust, const struct plan *plan, struct buf *out)
{
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);

    if (outcome_load(trust, plan->id, &facts) < 0) {
        buf_char(&facts, '{');
        answer_put_plan(&facts, plan);
        json_put_key_string(&facts, "next", "Its outcome is in the ledger: `proximo audit show`.");
        buf_char(&facts, '}');
    }
    put_state(out, "done", &facts);
    return 0;
}

static int plan_status(struct trust *trust, const struct trust_call *call, const char *plan_id,
                       struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf here = BUF_INIT(APPLY_ANSWER);
    struct plan *plan = NULL;
    enum plan_state state = PLAN_WAITING;
    bool ended = false;

    int r = trust_begin(trust, p);
    if (r < 0)
        return r;
    if (applies_has(trust, plan_id, &ended) && applies_wait(trust, call, plan_id, 0, &here) == 0) {
        /* One whose task outlived its run is asked about again below. */
        const bool open = ended && strstr(here.data, OUTCOME_RUNNING);
        if (!open) {
            put_state(out, ended ? "done" : "executing", &here);
            return buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for an answer");
        }
    }
    r = store_load(trust, plan_id, &plan, &state, p);
    if (r < 0)
        return r;
    if (state == PLAN_WAITING)
        waiting_put(trust, plan, out);
    else if (state == PLAN_EXECUTING)
        r = executing_put(trust, call, plan, out);
    else
        r = done_put(trust, plan, out);
    plan_free(plan);
    limits_taint_answer(trust, "proximo_status", out);
    return buf_ok(out) ? r : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for an answer");
}

int trust_plan_status(struct trust *trust, const struct trust_call *call, const char *plan_id,
                      struct buf *out, struct problem *p)
{
    static const char runs[] = "{\"state\":\"executing\"";
    int r = plan_status(trust, call, plan_id, out, p);

    if (r == 0 && call->once && !cancel_is_set(call->cancel) && buf_ok(out) &&
        strncmp(out->data, runs, sizeof(runs) - 1) != 0)
        once_show(trust, plan_id, out);
    return r;
}

/* ---- counts */

/* Plans in a folder, by names alone; the folder need not be there. */
static size_t count_plans(const struct trust *trust, enum plan_state state, struct buf *ids)
{
    char path[4096];
    size_t count = 0;

    if (!trust->plans_dir ||
        snprintf(path, sizeof(path), "%s/%s", trust->plans_dir, state_names[state]) >= (int)sizeof(path))
        return 0;
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        const size_t len = strlen(entry->d_name);
        if (len != PLAN_ID_SIZE - 1 + 5 || strcmp(entry->d_name + PLAN_ID_SIZE - 1, ".json") != 0)
            continue;
        if (ids && count < 20) {
            json_put_comma(ids);
            json_put_string(ids, entry->d_name, PLAN_ID_SIZE - 1);
        }
        count++;
    }
    closedir(dir);
    return count;
}

static void put_ledger(struct trust *trust, struct buf *out)
{
    CLEANUP_FREE char *file = ledger_file(trust->config);
    CLEANUP_FREE char *key = ledger_key_file(trust->config);
    struct problem dead = PROBLEM_INIT, start;
    bool over;

    (void)pthread_mutex_lock(&trust->applies_mutex);
    start = trust->start_problem;
    over = trust->start_over;
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    ledger_state(trust->ledger, &dead);
    const struct problem *problem = dead.code[0] ? &dead : &start;
    json_put_key(out, "ledger");
    buf_char(out, '{');
    json_put_key_string(out, "file", file ? file : "");
    json_put_key_string(out, "key_file", key ? key : "");
    json_put_key_string(out, "state", problem->code[0] ? "refused" : over ? "open" : "not opened yet");
    if (problem->code[0]) {
        json_put_key_string(out, "code", problem->code);
        json_put_key_string(out, "cause", problem->cause);
        json_put_key_string(out, "next",
                            problem->next[0] ? problem->next : "changes are refused, reads go on");
    }
    json_put_key_bool(out, "redact", trust->config->ledger.redact);
    buf_char(out, '}');
}

void trust_put_status(struct trust *trust, struct buf *out)
{
    CLEANUP_BUF struct buf open = BUF_INIT(4096);
    const size_t running = applies_running(trust);
    const size_t executing = count_plans(trust, PLAN_EXECUTING, &open);

    put_ledger(trust, out);
    json_put_key(out, "anchors");
    anchors_json(trust->anchors, out);
    json_put_key(out, "plans");
    buf_char(out, '{');
    json_put_key_int(out, "waiting", (long long)count_plans(trust, PLAN_WAITING, NULL));
    json_put_key_int(out, "running_here", (long long)running);
    json_put_key_int(out, "executing_or_in_doubt", (long long)executing);
    if (open.len) {
        json_put_key(out, "open");
        buf_printf(out, "[%s]", open.data);
    }
    json_put_key_string(out, "consent",
                        trust->config->trust.approver_key ? "plan, human, approver" : "plan, human");
    json_put_key_string(out, "confirm", trust->config->trust.confirm_direct ? "direct" : "plan");
    if (executing > running)
        doubt_put_status(trust, out);
    buf_char(out, '}');
    undo_points_put(trust, out);
    limits_put_status(trust, out);
}

/* ---- for `proximo plans` and `proximo plan show` */

struct listing {
    struct trust *trust;
    struct buf *out;
    enum plan_state state;
};

static int list_one(void *arg, const struct plan *plan)
{
    struct listing *listing = arg;
    struct buf *out = listing->out;
    const int64_t now = clock_wall_us() / 1000000;
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);
    CLEANUP_JSON struct json_object *outcome = NULL;
    const char *word = NULL;

    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "plan_id", plan->id);
    json_put_key_string(out, "state", state_names[listing->state]);
    json_put_key_string(out, "site", plan->site);
    json_put_key_string(out, "action", plan->action);
    json_put_key_string(out, "subject", plan->subject);
    json_put_key_string(out, "risk", risk_level_name(plan->risk));
    json_put_key_string(out, "consent", plan->consent);
    json_put_key_int(out, "created", plan->created_s);
    if (listing->state == PLAN_WAITING)
        json_put_key_int(out, "expires_in_s", plan->expires_s > now ? plan->expires_s - now : 0);
    if (listing->state == PLAN_DONE && outcome_load(listing->trust, plan->id, &facts) == 0 &&
        json_parse(facts.data, facts.len, &outcome, NULL) == 0) {
        if (json_get_string(outcome, "outcome", &word, NULL) == 0)
            json_put_key_string(out, "outcome", word);
        if (json_get_string(outcome, "receipt", &word, NULL) == 0)
            json_put_key_string(out, "receipt", word);
    }
    buf_char(out, '}');
    return buf_ok(out) ? 0 : -ENOMEM;
}

/* Nothing is made by looking: without a folder of plans there are none. */
static bool has_plans(const struct trust *trust)
{
    return trust->plans_dir && access(trust->plans_dir, F_OK) == 0;
}

int trust_plans(struct trust *trust, struct buf *out, struct problem *p)
{
    struct listing listing = {.trust = trust, .out = out};
    int r = 0;

    buf_char(out, '[');
    if (has_plans(trust)) {
        r = trust_ready(trust, p);
        for (listing.state = PLAN_WAITING; r == 0 && listing.state <= PLAN_DONE; listing.state++)
            r = store_each(trust, listing.state, list_one, &listing);
    }
    buf_char(out, ']');
    if (r < 0 && p && !p->code[0])
        problem_set(p, r, PX_PLAN, "the plans cannot be read: %s", strerror(-r));
    return r;
}

static void show_outcome(struct trust *trust, const struct plan *plan, struct buf *out)
{
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);
    CLEANUP_JSON struct json_object *outcome = NULL;

    if (outcome_load(trust, plan->id, &facts) < 0 || json_parse(facts.data, facts.len, &outcome, NULL) < 0) {
        buf_str(out, "Its outcome is in the ledger: `proximo audit show`.\n");
        return;
    }
    static const char *const shown[] = {"outcome", "why", "receipt"};
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        const char *text = NULL;
        size_t len = 0;
        if (json_get_string(outcome, shown[i], &text, &len) < 0)
            continue;
        buf_printf(out, "%-8s ", shown[i]);
        text_clean(out, text, len, false);
        buf_char(out, '\n');
    }
}

int plans_ready(struct trust *trust, struct problem *p)
{
    if (has_plans(trust))
        return trust_ready(trust, p);
    problem_set(p, -ENOENT, PX_PLAN, "there are no plans in %s",
                trust->config->state_dir ? trust->config->state_dir : "the state folder");
    problem_next(p, "is it the same user and configuration as the server's?");
    return -ENOENT;
}

/* One plan, for a command that only looks. */
static int look_at(struct trust *trust, const char *plan_id, struct plan **ret, enum plan_state *ret_state,
                   struct problem *p)
{
    int r = plans_ready(trust, p);

    return r < 0 ? r : store_load(trust, plan_id, ret, ret_state, p);
}

int trust_plan_raw(struct trust *trust, const char *plan_id, struct buf *out, bool *ret_waits,
                   struct problem *p)
{
    struct plan *plan = NULL;
    enum plan_state state = PLAN_WAITING;

    int r = look_at(trust, plan_id, &plan, &state, p);
    if (r < 0)
        return r;
    buf_add(out, plan->bytes, plan->len);
    *ret_waits = state == PLAN_WAITING;
    plan_free(plan);
    return buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
}

/* What lies beside a plan that needs the approver. */
static void show_approval(struct trust *trust, const struct plan *plan, struct buf *out)
{
    CLEANUP_BUF struct buf members = BUF_INIT(8192);
    CLEANUP_JSON struct json_object *root = NULL;
    struct json_object *approval = NULL;
    const char *state = "", *why = NULL;

    buf_char(&members, '{');
    approver_put_status(trust, plan, &members);
    buf_char(&members, '}');
    if (!buf_ok(&members) || json_parse(members.data, members.len, &root, NULL) < 0 ||
        json_get(root, "approval", json_type_object, &approval) < 0)
        return;
    (void)json_get_string(approval, "state", &state, NULL);
    buf_printf(out, "Approval %s", state);
    if (json_get_string(approval, "why", &why, NULL) == 0)
        buf_printf(out, ": %s", why);
    buf_char(out, '\n');
}

int trust_plan_show(struct trust *trust, const char *plan_id, struct buf *out, struct problem *p)
{
    struct plan *plan = NULL;
    enum plan_state state = PLAN_WAITING;
    const int64_t now = clock_wall_us() / 1000000;

    int r = look_at(trust, plan_id, &plan, &state, p);
    if (r < 0)
        return r;
    plan_render(plan, out);
    buf_printf(out, "\nState    %s", state_names[state]);
    if (state == PLAN_WAITING && plan->expires_s > now)
        buf_printf(out, ", good for %lld more seconds", (long long)(plan->expires_s - now));
    else if (state == PLAN_WAITING)
        buf_str(out, ", expired");
    buf_char(out, '\n');
    if (state == PLAN_WAITING)
        show_approval(trust, plan, out);
    if (state == PLAN_DONE)
        show_outcome(trust, plan, out);
    plan_free(plan);
    return buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
}
