/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a plan: its record in the ledger, and the facts that apply and status answer, in a file beside
 * the plan. The record is the truth; the file saves looking for it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/problem_table.h"
#include "base/text.h"
#include "ledger/anchor.h"
#include "ledger/receipt.h"
#include "trust/apply.h"
#include "trust/outcome_output.h"
#include "trust/plan.h"
#include "trust/secret_source.h"
#include "trust/store.h"
#include "trust/trust_inner.h"
#include "trust/undo_point.h"

#define BODY_MOST     (LEDGER_RECORD_LIMIT - 4096)
#define STEPS_MOST    100u /* steps of one record or answer; the undo file has all */
#define MESSAGE_SHOWN 600u
#define PROOF_ROOM    20000u /* bytes of the facts with their proof: an answer says them twice, below 50,000 */

/* Does it say what somebody can do who is not the one that was refused? */
static bool names_a_person(const char *next)
{
    static const char *const words[] = {"person", "operator", "administrator", "`proximo ", "pveum"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(next, words[i]))
            return true;
    }
    return false;
}

static void next_complete(const struct plan *plan, struct problem *problem)
{
    CLEANUP_BUF struct buf next = BUF_INIT(1024);
    const struct problem_row *row = problem->next[0] || plan ? NULL : problem_table_find(problem->code);

    if (row) { /* nothing was planned: what is wrong is what was asked for */
        problem_next(problem, "%s", row->next);
    } else if (!problem->next[0]) {
        problem_next(problem,
                     "a person can look with `proximo audit show` and `proximo doctor`, mend the cause, "
                     "or make the change in Proxmox itself");
    } else if (plan && !names_a_person(problem->next)) {
        buf_str(&next, problem->next);
        problem_next(problem, "%s; a person sees the plan with `proximo plan show %s`",
                     buf_ok(&next) ? next.data : "", plan->id);
    }
}

int outcome_refused(struct trust *trust, const struct plan *plan, const char *what, struct problem *problem)
{
    CLEANUP_BUF struct buf body = BUF_INIT(16384);
    struct problem p = PROBLEM_INIT;

    next_complete(plan, problem);
    if (plan) {
        json_put_key_string(&body, "plan_id", plan->id);
        json_put_key_string(&body, "action", plan->action);
        json_put_key_string(&body, "subject", plan->subject);
    } else {
        CLEANUP_BUF struct buf clean = BUF_INIT(1024);
        text_clean(&clean, what, text_utf8_cut(what, strnlen(what, 200)), false);
        json_put_key_string(&body, "what", clean.data ? clean.data : "");
    }
    json_put_key_string(&body, "code", problem->code);
    CLEANUP_BUF struct buf cause = BUF_INIT(8192);
    json_put_cstr(&cause, problem->cause);
    ledger_put_body(trust->ledger, &body, "cause", cause.data ? cause.data : "\"\"",
                    cause.data ? cause.len : 2);
    int r =
        buf_ok(&body) ? ledger_append(trust->ledger, LEDGER_REFUSED, body.data, body.len, NULL, &p) : -ENOMEM;
    if (r < 0)
        log_warn("a refusal (%s) could not be recorded: %s", problem->code, p.cause);
    return r;
}

void trust_refused(struct trust *trust, const char *what, const struct problem *problem)
{
    struct problem unready = PROBLEM_INIT, copy = *problem;

    if (trust_begin(trust, &unready) == 0)
        (void)outcome_refused(trust, NULL, what, &copy);
    else
        log_warn("a refusal (%s) could not be recorded: %s", problem->code, unready.cause);
}

/* ---- the record */

static void put_copied(struct buf *out, struct json_object *from, const char *name)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(from, name, &value) || !value)
        return;
    json_put_key(out, name);
    json_put_value(out, value);
}

/* ledger NULL: for people and models, with words and log lines; else as that ledger keeps it. */
static void put_steps(struct buf *out, struct json_object *record, struct ledger *ledger)
{
    static const char *const always[] = {"name", "outcome", "upid", "exitstatus", "warnings"};
    struct json_object *steps = NULL;
    const bool shown = !ledger;
    size_t room = OUTPUT_ROOM;

    (void)json_get(record, "steps", json_type_array, &steps);
    const size_t count = steps ? json_object_array_length(steps) : 0;
    json_put_key(out, "steps");
    buf_char(out, '[');
    for (size_t i = 0; i < count && i < STEPS_MOST; i++) {
        struct json_object *step = json_object_array_get_idx(steps, i);
        const char *message = NULL;
        size_t len = 0;
        json_put_comma(out);
        buf_char(out, '{');
        for (size_t k = 0; k < sizeof(always) / sizeof(always[0]); k++)
            put_copied(out, step, always[k]);
        if (shown && json_get_string(step, "message", &message, &len) == 0) {
            json_put_key(out, "message");
            json_put_string(out, message, len <= MESSAGE_SHOWN ? len : text_utf8_cut(message, MESSAGE_SHOWN));
        }
        outcome_put_output(out, record, step, ledger, &room);
        if (shown && count <= 10)
            put_copied(out, step, "log");
        buf_char(out, '}');
    }
    buf_char(out, ']');
    if (count > STEPS_MOST)
        json_put_key_int(out, "steps_total", (long long)count);
}

static void put_head(struct buf *out, const struct plan *plan, const struct run_result *result)
{
    answer_put_plan(out, plan);
    json_put_key_string(out, "outcome", run_outcome_name(result->outcome));
    if (result->client_stop)
        json_put_key_string(out, "stopped_by", "client");
    if (result->warnings)
        json_put_key_int(out, "warnings", result->warnings);
}

static int record_append(struct trust *trust, const struct plan *plan, const struct run_result *result,
                         bool later, struct ledger_receipt *ret, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(BODY_MOST);
    CLEANUP_BUF struct buf why = BUF_INIT(4096);

    put_head(&body, plan, result);
    json_put_key_string(&body, "plan_sha256", plan->sha256);
    if (result->undo_sha256[0])
        json_put_key_string(&body, "undo_sha256", result->undo_sha256);
    if (later)
        json_put_key_bool(&body, "resolved_later", true);
    if (result->why[0]) {
        json_put_cstr(&why, result->why);
        ledger_put_body(trust->ledger, &body, "why", why.data ? why.data : "\"\"", why.data ? why.len : 2);
    }
    put_steps(&body, result->record, trust->ledger);
    if (!buf_ok(&body))
        return problem_set(p, -ENOMEM, PX_LEDGER, "the record of an outcome could not be made");
    return ledger_append(trust->ledger, LEDGER_OUTCOME, body.data, body.len, ret, p);
}

/* ---- the facts */

/* Did any step begin? Then Proxmox may have been asked, and may have changed something before it failed. */
static bool any_begun(struct json_object *record)
{
    struct json_object *steps = NULL, *started = NULL;

    (void)json_get(record, "steps", json_type_array, &steps);
    for (size_t i = 0; steps && i < json_object_array_length(steps); i++) {
        if (json_object_object_get_ex(json_object_array_get_idx(steps, i), "started", &started))
            return true;
    }
    return false;
}

static const char *next_words(const struct run_result *result)
{
    switch (result->outcome) {
    case RUN_RUNNING: return "Its task still runs: ask proximo_status with this plan_id.";
    case RUN_UNKNOWN:
        return "What came of it is not known: look at the state with the read tools before anything else.";
    case RUN_UNCONFIRMED: return "The task ended well, but its effect was not seen: look again in a moment.";
    case RUN_PARTIAL:
        if (result->client_stop)
            return "The client stopped it between two steps; the steps say which ran. A task of them that "
                   "still runs "
                   "goes on at Proxmox; pve_task_stop ends it.";
        return "Some steps ran and some did not; the steps say which.";
    case RUN_FAILED:
        return any_begun(result->record)
                   ? "It failed, and may have changed something before it did: look at the state first."
                   : "Nothing was changed by it; why says the reason.";
    case RUN_OK: break;
    }
    return NULL;
}

static void put_way_back(struct buf *out, const struct run_result *result,
                         const struct ledger_receipt *receipt)
{
    struct json_object *undo = NULL;
    const char *kind = "none", *note = NULL;

    if (json_get(result->record, "undo", json_type_object, &undo) == 0) {
        (void)json_get_string(undo, "kind", &kind, NULL);
        (void)json_get_string(undo, "note", &note, NULL);
    }
    const bool back = strcmp(kind, "none") != 0 || undo_point_is_way_back(result->record);
    const bool possible =
        back && result->undo_sha256[0] && receipt->seq && !undo_left_nothing(result->record);
    json_put_key(out, "undo");
    buf_char(out, '{');
    json_put_key_bool(out, "possible", possible);
    if (note && !possible)
        json_put_key_string(out, "note", note);
    if (possible)
        buf_printf(out, ",\"how\":\"proximo_undo {\\\"receipt\\\":\\\"r%llu-%.16s\\\"}\"",
                   (unsigned long long)receipt->seq, receipt->hash);
    buf_char(out, '}');
}

/* Whether there is one now is what its step says. */
static void put_undo_point(struct buf *out, const struct run_result *result)
{
    struct json_object *point, *steps = NULL;
    const char *name = NULL, *outcome = "skipped";

    point = undo_point_of(result->record, &name);
    if (!point)
        return;
    if (json_get(result->record, "steps", json_type_array, &steps) == 0)
        (void)json_get_string(json_object_array_get_idx(steps, 0), "outcome", &outcome, NULL);
    json_put_key(out, "undo_point");
    buf_char(out, '{');
    put_copied(out, point, "guest");
    json_put_key_string(out, "snapshot", name);
    json_put_key_string(out, "taken",
                        strcmp(outcome, "ok") == 0        ? "yes"
                        : strcmp(outcome, "unknown") == 0 ? "unknown"
                        : strcmp(outcome, "running") == 0 ? "running"
                                                          : "no");
    buf_char(out, '}');
}

/*
 * "proof": the receipt of the record, for whoever has the ledger's public key (receipt.h). Making it signs a
 * checkpoint over the record, so the end of every change, one that destroys among them, is signed at once.
 * That it cannot be made costs nothing but itself: "proof_missing" says why.
 */
static void put_proof(struct trust *trust, uint64_t seq, struct buf *out)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT);
    struct problem p = PROBLEM_INIT;

    int r = receipt_make(trust->ledger, seq, &receipt, &p);
    if (r == 0 && receipt.len + out->len <= PROOF_ROOM) {
        json_put_key(out, "proof");
        buf_add(out, receipt.data, receipt.len);
        return;
    }
    if (r == 0)
        (void)problem_set(&p, -EFBIG, PX_TOO_LARGE,
                          "it is too large for an answer: `proximo audit prove %llu` prints it",
                          (unsigned long long)seq);
    else
        log_warn("the receipt of record %llu could not be made: %s", (unsigned long long)seq, p.cause);
    json_put_key_string(out, "proof_missing", p.cause);
}

static void facts_make(struct trust *trust, const struct plan *plan, const struct run_result *result,
                       const struct ledger_receipt *receipt, const struct problem *unrecorded,
                       struct buf *out)
{
    const char *next = next_words(result);

    buf_char(out, '{');
    put_head(out, plan, result);
    if (result->why[0])
        json_put_key_string(out, "why", result->why);
    if (next)
        json_put_key_string(out, "next", next);
    if (receipt->seq) {
        buf_printf(out, ",\"receipt\":\"r%llu-%.16s\"", (unsigned long long)receipt->seq, receipt->hash);
        json_put_key_int(out, "seq", (long long)receipt->seq);
        json_put_key_string(out, "head", receipt->hash);
    } else if (unrecorded->code[0]) {
        json_put_key_string(out, "not_recorded", unrecorded->cause);
    }
    put_steps(out, result->record, NULL);
    put_way_back(out, result, receipt);
    put_undo_point(out, result);
    once_put_names(trust, plan, out);
    if (receipt->seq)
        put_proof(trust, receipt->seq, out);
    buf_char(out, '}');
}

static void facts_save(struct trust *trust, const struct plan *plan, const struct buf *facts)
{
    CLEANUP_FREE char *path = store_path(trust, plan->id, PLAN_DONE, "outcome.json");
    CLEANUP_FREE char *marker = store_path(trust, plan->id, PLAN_EXECUTING, "outcome.json");
    struct problem p = PROBLEM_INIT;
    CLEANUP_FD int folder = -1;

    if (!path || store_folder_open(trust, PLAN_DONE, &folder, &p) < 0 ||
        file_write_atomic(path, facts->data, facts->len, 0600) < 0)
        log_warn("the outcome of plan %s could not be stored beside it; the ledger has it", plan->id);
    if (marker)
        (void)unlink(marker);
}

int outcome_record(struct trust *trust, const struct plan *plan, const struct run_result *result, bool later,
                   struct buf *ret_facts, struct problem *p)
{
    struct ledger_receipt receipt = {0};
    struct problem unrecorded = PROBLEM_INIT;
    const bool runs_on = result->outcome == RUN_RUNNING;
    int r = 0;

    /* That it still runs was recorded by the process that began it. */
    if (!later || !runs_on)
        r = record_append(trust, plan, result, later, &receipt, &unrecorded);
    facts_make(trust, plan, result, &receipt, &unrecorded, ret_facts);
    if (r == 0 && trust->anchors)
        anchors_changed(trust->anchors);
    if (r < 0) {
        if (p)
            *p = unrecorded;
        return r;
    }
    if (!runs_on && buf_ok(ret_facts)) {
        facts_save(trust, plan, ret_facts);
        r = store_move(trust, plan->id, PLAN_EXECUTING, PLAN_DONE, &unrecorded);
        if (r < 0)
            log_warn("plan %s could not be put away: %s", plan->id, unrecorded.cause);
        secret_forget(trust, plan->id);
        secret_once_end(trust, plan->id, clock_wall_us() / 1000000 + SECRET_ONCE_S);
    }
    if (trust->options.ended)
        trust->options.ended(trust->options.ended_arg, plan->id);
    return 0;
}

/* ---- recorded, and then killed */

struct recorded {
    struct trust *trust;
    const struct plan *plan;
    struct buf *facts;
    uint64_t seq;
};

/* 1: its end, as facts whose brace is still open; 2: the record of its beginning, so there is no end. */
static int recorded_take(void *arg, const char *line, size_t len)
{
    struct recorded *recorded = arg;
    CLEANUP_JSON struct json_object *record = NULL;
    const char *kind = "", *id = "", *outcome = "", *hash = "";
    int64_t seq = 0;

    if (!memmem(line, len, recorded->plan->id, PLAN_ID_SIZE - 1) ||
        json_parse(line, len, &record, NULL) < 0 || json_get_string(record, "plan_id", &id, NULL) < 0 ||
        strcmp(id, recorded->plan->id) != 0)
        return 0;
    (void)json_get_string(record, "kind", &kind, NULL);
    (void)json_get_string(record, "outcome", &outcome, NULL);
    if (strcmp(kind, LEDGER_EXECUTING) == 0)
        return 2;
    const bool verdict = strcmp(kind, LEDGER_VERDICT) == 0;
    if ((!verdict && strcmp(kind, LEDGER_OUTCOME) != 0) ||
        strcmp(outcome, run_outcome_name(RUN_RUNNING)) == 0)
        return 0;
    (void)json_get_string(record, "hash", &hash, NULL);
    (void)json_get_int(record, "seq", &seq);
    buf_char(recorded->facts, '{');
    answer_put_plan(recorded->facts, recorded->plan);
    json_put_key_string(recorded->facts, "outcome", verdict ? run_outcome_name(RUN_UNKNOWN) : outcome);
    put_copied(recorded->facts, record, "stopped_by");
    put_copied(recorded->facts, record, "verdict");
    put_copied(recorded->facts, record, "reason");
    if (verdict)
        json_put_key_string(recorded->facts, "why",
                            "Proximo did not see what came of it; the verdict is a person's, who looked.");
    buf_printf(recorded->facts, ",\"receipt\":\"r%lld-%.16s\"", (long long)seq, hash);
    json_put_key_int(recorded->facts, "seq", (long long)seq);
    json_put_key_string(recorded->facts, "head", hash);
    put_copied(recorded->facts, record, "steps");
    once_put_names(recorded->trust, recorded->plan, recorded->facts);
    recorded->seq = (uint64_t)seq;
    return 1;
}

int outcome_finish(struct trust *trust, const struct plan *plan, struct buf *ret_facts, struct problem *p)
{
    struct recorded recorded = {.trust = trust, .plan = plan, .facts = ret_facts};

    if (outcome_load(trust, plan->id, ret_facts) < 0) {
        const int r = ledger_each_back(trust->ledger, recorded_take, &recorded, p);
        if (r != 1)
            return r < 0 ? r : -ENOENT;
        put_proof(trust, recorded.seq, ret_facts);
        buf_char(ret_facts, '}');
        facts_save(trust, plan, ret_facts);
    }
    secret_forget(trust, plan->id);
    return store_move(trust, plan->id, PLAN_EXECUTING, PLAN_DONE, p);
}

int outcome_load(struct trust *trust, const char *plan_id, struct buf *ret_facts)
{
    CLEANUP_FREE char *path = store_path(trust, plan_id, PLAN_DONE, "outcome.json");
    CLEANUP_JSON struct json_object *facts = NULL;
    CLEANUP_BUF struct buf text = BUF_INIT(APPLY_ANSWER);
    int r = path ? file_read(path, &text) : -ENOMEM;

    if (r == 0)
        r = json_parse(text.data ? text.data : "", text.len, &facts, NULL);
    if (r == 0 && !json_object_is_type(facts, json_type_object))
        r = -EBADMSG;
    if (r == 0 && text.data)
        buf_add(ret_facts, text.data, text.len);
    return r;
}

void answer_put_plan(struct buf *out, const struct plan *plan)
{
    json_put_key_string(out, "plan_id", plan->id);
    json_put_key_string(out, "tool", plan->tool);
    json_put_key_string(out, "action", plan->action);
    json_put_key_string(out, "subject", plan->subject);
    json_put_key_string(out, "site", plan->site);
    if (plan->undo_of)
        json_put_key_string(out, "undo_of", plan->undo_of);
}
