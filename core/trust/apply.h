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
#include "trust/run.h"
#include "trust/trust.h"

#define APPLIES_MOST 32u               /* runs at once in one process */
#define APPLY_ANSWER ((size_t)1 << 20) /* bytes of the facts of one outcome */

struct plan;
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
 * negative and p: refused.
 */
int consent_check(struct trust *trust, const struct plan *plan, const struct trust_consent *consent,
                  struct trust_ask *ret_ask, struct problem *p);

/* ---- propose.c */

/* The plan of the way back of an undo file's content; its answer as of trust_plan. */
int propose_way_back(struct trust *trust, const struct trust_call *call, const struct tool *tool,
                     struct site *site, struct json_object *record, struct buf *out, struct problem *p);

/* ---- outcome.c: what came of a plan, beside it in its folder and in the ledger */

/* Records a refusal; plan may be NULL (then `what` names the tool or the id). A ledger that cannot be written
 * is no reason to say anything else than the refusal itself. */
void outcome_refused(struct trust *trust, const struct plan *plan, const char *what,
                     const struct problem *problem);
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
 * Waits for a run of this process until deadline_ms; the call's cancellation asks the run to stop and ends
 * the waiting soon after. out: the facts, or {"outcome":"running",..}. -ENOENT: no such run here.
 */
int applies_wait(struct trust *trust, const struct trust_call *call, const char *plan_id, int64_t deadline_ms,
                 struct buf *out);
bool applies_has(struct trust *trust, const char *plan_id, bool *ret_ended);
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

/* ---- plan members that the answers of apply and status share */

void answer_put_plan(struct buf *out, const struct plan *plan);

#endif
