/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of applying, for trust.c, start.c, policy.c, consent.c, apply*.c, outcome.c, status.c, way_back.c
 * alone.
 */
#ifndef PROXIMO_TRUST_APPLY_H
#define PROXIMO_TRUST_APPLY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "ledger/ledger.h"
#include "trust/plan.h"
#include "trust/run.h"
#include "trust/trust.h"

#define APPLIES_MOST 32u               /* runs at once in one process */
#define APPLY_ANSWER ((size_t)1 << 20) /* bytes of the facts of one outcome */

/* As facts are written; quotes of a text in them are escaped. */
#define OUTCOME_RUNNING "\"outcome\":\"running\""

struct tool;

/* ---- policy.c: the gates that need no word with Proxmox, each 0 or a refusal in p */

/* May this change tool be used: mode, allow and deny? */
int policy_tool(struct trust *trust, const struct tool *tool, struct problem *p);
/* The same for the tool and every class of a plan. */
int policy_plan(struct trust *trust, const struct plan *plan, struct problem *p);
/* Expiry, site, principal, configuration, planes. now_s: wall clock. */
int policy_binding(struct trust *trust, const struct plan *plan, int64_t now_s, struct site **ret_site,
                   struct problem *p);
int policy_echo(const struct plan *plan, const char *action, const char *subject, struct problem *p);

/* ---- consent.c */

/*
 * 1: the plan has the consent it needs, and that is recorded; 0: a person is to be asked as *ret_ask says;
 * negative and p: refused. needed: "plan", "human" or "approver", the plan's own or more (limits_consent).
 */
int consent_check(struct trust *trust, const struct plan *plan, const char *needed,
                  const struct trust_consent *consent, struct trust_ask *ret_ask, struct problem *p);
/* Records that a plan has its consent, and how. more (may be NULL): further members. 1, or negative and p. */
int consent_record(struct trust *trust, const struct plan *plan, const char *how, const struct buf *more,
                   struct problem *p);

/* ---- apply.c */

/* The refusal of a plan that does not wait any more: -EALREADY. */
int plan_used(const char *plan_id, enum plan_state state, struct problem *p);

/* ---- propose.c */

/* The plan of the way back of an undo file's content; its answer as of trust_plan. */
/* A plan of the tool that goes back to a snapshot; notice is said beside it. As trust_plan otherwise. */
int propose_rollback(struct trust *trust, const struct trust_call *call, const struct tool *tool,
                     struct site *site, struct json_object *arguments, const char *notice, struct buf *out,
                     struct problem *p);
int propose_way_back(struct trust *trust, const struct trust_call *call, const struct tool *tool,
                     struct site *site, struct json_object *record, struct buf *out, struct problem *p);

/* ---- outcome.c: what came of a plan, beside it in its folder and in the ledger */

/* Records a refusal; plan may be NULL (then `what` names the tool or the id). A problem whose next step
 * says nothing of it is given one: what a person can do. Negative: the ledger could not be written, which is
 * no reason to say anything else than the refusal itself. */
int outcome_refused(struct trust *trust, const struct plan *plan, const char *what, struct problem *problem);
/*
 * The record of the end, the file ID.outcome.json and the plan's move to `done` (it stays in `executing`
 * while its task still runs). ret_facts: the members that apply and status answer, as an object's text.
 * later: found out by another process than the one that began it. On failure p says that the end could not be
 * recorded; ret_facts is filled in all the same.
 */
int outcome_record(struct trust *trust, const struct plan *plan, const struct run_result *result, bool later,
                   struct buf *ret_facts, struct problem *p);
/* Of a plan in `executing` whose end was recorded before its process was killed: the facts, and what was left
 * to do. -ENOENT: no end is recorded. */
int outcome_finish(struct trust *trust, const struct plan *plan, struct buf *ret_facts, struct problem *p);
/* The facts of a plan that ended, in this or another process; -ENOENT: none are there. */
int outcome_load(struct trust *trust, const char *plan_id, struct buf *ret_facts);

/* ---- apply_run.c: runs of this process */

/* Begins the run of a plan whose `executing` record is written. Takes plan (also on failure) and the lock of
 * its file. */
int applies_start(struct trust *trust, struct plan *plan, struct site *site, int lock_fd, struct problem *p);
/* Is there room for one more? PX-BUSY. */
int applies_room(struct trust *trust, struct problem *p);
/*
 * Waits for a run of this process until deadline_ms or the call's cancellation, which is nothing to the run.
 * out: the facts, or {"outcome":"running",..}. -ENOENT: no such run here.
 */
int applies_wait(struct trust *trust, const struct trust_call *call, const char *plan_id, int64_t deadline_ms,
                 struct buf *out);
bool applies_has(struct trust *trust, const char *plan_id, bool *ret_ended);
/* No new step of this run but `always` ones, by a client's wish, which its outcome tells. False: no such run
 * here, or it has ended. */
bool applies_stop_one(struct trust *trust, const char *plan_id);
bool applies_stopping(struct trust *trust, const char *plan_id); /* is it asked to, and has not ended? */
size_t applies_running(struct trust *trust);
bool applies_stop(struct trust *trust, int64_t deadline_ms);
void applies_free(struct trust *trust);

/* ---- doubt.c: plans in `executing` that no living process runs */

/* The lock of a plan's run, held as long as it runs; -EBUSY: another process holds it. */
int doubt_lock(struct trust *trust, const char *plan_id, int *ret_fd, struct problem *p);
void doubt_unlock(struct trust *trust, const char *plan_id, int *fd);
/*
 * Finds out what came of a plan, by its journal and by asking Proxmox, and records it. 0 and ret_facts;
 * -EBUSY: it still runs somewhere; -EAGAIN and p: still in doubt, which is recorded once.
 */
int doubt_resolve(struct trust *trust, const struct trust_call *call, const char *plan_id,
                  struct buf *ret_facts, struct problem *p);
/* All of them. Any thread; blocks. */
void doubt_resolve_all(struct trust *trust, struct cancel *cancel);

/* ---- doubt_list.c */

/* What is known of a plan in `executing`, as members: "in_doubt_since", with_why: "why" (the last record's,
 * of what could not be found out), "steps" with the last event of each. Files of the state folder alone.
 * *ret_doubt (may be NULL): it was recorded to be in doubt. */
void doubt_put_evidence(struct trust *trust, const struct plan *plan, bool with_why, struct buf *out,
                        bool *ret_doubt);
/* The member "in_doubt" of proximo_status: some of those that were recorded to be so. */
void doubt_put_status(struct trust *trust, struct buf *out);

/* ---- status.c */

/* trust_ready() for commands on plans that a server made: PX-PLAN where there never were any, and nothing is
 * made by looking. */
int plans_ready(struct trust *trust, struct problem *p);

/* ---- plan members that the answers of apply and status share */

void answer_put_plan(struct buf *out, const struct plan *plan);

#endif
