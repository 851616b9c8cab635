/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trust spine as the faces use it: plan, apply, undo, status. One per server. All functions may be called
 * from any thread; plan, apply and undo block.
 */
#ifndef PROXIMO_TRUST_TRUST_H
#define PROXIMO_TRUST_TRUST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct cancel;
struct config;
struct ledger;
struct planes;
struct site;
struct sites;
struct tool;
struct trust;

#define TRUST_APPLY_ANSWER_MS 45000 /* an apply that is not finished by then is answered `running` */
#define TRUST_FORM_MS         45000 /* a legacy form unanswered by then is cancelled */
#define TRUST_STATE_LIMIT     512   /* characters of a sealed request state */

struct trust_options {
    const struct config *config;
    struct sites *sites;
    struct planes *planes;
    /* Is this tool (name, plane, class) offered? mcp's allow and deny lists; NULL: all. */
    bool (*allowed)(void *arg, const struct tool *tool, const char *operation_class); /* class NULL: at all */
    void *allowed_arg;
    /* The end of a plan's run was recorded. On the run's own thread, without a lock; may be NULL. */
    void (*ended)(void *arg, const char *plan_id);
    void *ended_arg;
    /* A face that others reach by a network: plans belong to this bearer, and only an approver's signature
     * lets one run. NULL: the process's own user. Borrowed; [A-Za-z0-9._-]{1,64}. */
    const char *bearer;
};
/* Opens nothing yet. */
int trust_new(const struct trust_options *options, struct trust **ret);
/* No new step begins; what runs is brought to a recorded end. Waits at most until deadline_ms; false:
 * something still runs (the process is to exit all the same; it is in doubt then). */
bool trust_stop(struct trust *trust, int64_t deadline_ms);
void trust_free(struct trust *trust);
struct ledger *trust_ledger(struct trust *trust);
/* The first record of this run, once, with the first call of any tool: version, mode, configuration hash,
 * planes with hashes; a `config` record when they differ from the last run's. Failure is kept and shown,
 * reads go on. */
void trust_first_call(struct trust *trust);
/* Waits at most until deadline_ms for what trust_first_call began to be written; whether it could be is not
 * said. Any thread. */
void trust_wait_first(struct trust *trust, int64_t deadline_ms);

struct trust_call {
    int64_t deadline_ms; /* of planning; apply answers by TRUST_APPLY_ANSWER_MS */
    /* Of apply, once the run has begun: for how long it is waited for; 0: until TRUST_APPLY_ANSWER_MS,
     * negative: not at all. */
    int64_t wait_ms;
    /* Of apply and status: the answer goes out, so that what is shown once (generated secrets, new tokens)
     * may stand in it. */
    bool once;
    struct cancel *cancel;
    /* Of apply: hundredths of steps, done and in all (run.h). */
    void (*progress)(void *arg, uint32_t done, uint32_t total, const char *message);
    void *progress_arg;
};

/* {tool, arguments} -> the plan's answer members in `out` (one JSON object). confirm: the argument was given;
 * it is ignored with a notice unless trust.confirm is direct and the plan's consent is `plan`. */
int trust_plan(struct trust *trust, const struct trust_call *call, const struct tool *tool, struct site *site,
               struct json_object *arguments, bool confirm, struct buf *out, struct problem *p);

/* What a person was asked and said. */
enum trust_reply { TRUST_NOT_ASKED, TRUST_ACCEPTED, TRUST_DECLINED, TRUST_DISMISSED };
struct trust_consent {
    bool can_ask; /* this client takes forms */
    enum trust_reply reply;
    const char *typed;        /* of ACCEPTED: what the person typed as the subject */
    const char *sealed_state; /* modern era: as echoed by the client; legacy: of the last ask. A reply without
                               * one is refused */
};
enum trust_result { TRUST_DONE, TRUST_ASK };
struct trust_ask { /* what to put before a person; owned by the caller */
    char *message;
    char *subject;
    char *sealed_state; /* expiring, bound to plan, principal and question */
};
void trust_ask_done(struct trust_ask *ask);
/*
 * Gates in their order, guards, blast again if high, `executing` under the ledger's lock, then the steps in a
 * thread of their own. *ret_result TRUST_ASK: ret_ask says what to ask; come again with the reply.
 * TRUST_DONE: out has the receipt, or {"outcome":"running"} after 45 s or wait_ms. On failure `details` (may
 * be NULL) may get further members of the error, comma separated (the drift). The call's cancellation before
 * the run has begun means that nothing is done; after that it ends the waiting alone, and the run goes on.
 */
int trust_apply(struct trust *trust, const struct trust_call *call, const char *plan_id, const char *action,
                const char *subject, const struct trust_consent *consent, enum trust_result *ret_result,
                struct trust_ask *ret_ask, struct buf *out, struct buf *details, struct problem *p);
/* key: a receipt ("r<seq>-<16 hex>"), a plan id or a sequence number. -> the plan of the way back, as
 * trust_plan. */
int trust_undo(struct trust *trust, const struct trust_call *call, const char *key, struct buf *out,
               struct problem *p);
/* A call that was refused before it came here (a tool that the mode or the lists leave out): recorded like
 * any other refusal. */
void trust_refused(struct trust *trust, const char *what, const struct problem *problem);
/* Free text of a guest, a log, a note or a task was read by this process: `tool` gave it, `what` names where
 * in its answer. Said before the answer goes out. */
void trust_taint(struct trust *trust, const char *tool, const char *what);

/* ---- the operator's switches (limits_freeze.c, lease.c) */

/* Are changes frozen in this state folder (NULL: none) or on this machine? 0, or -EPERM and p. */
int trust_frozen(const char *state_dir, struct problem *p);
/* Freezes: file first, whatever the ledger says. Servers refuse changes from the next call on. */
int trust_freeze_file(const char *state_dir, const char *reason, struct problem *p);
int trust_freeze_record(struct trust *trust, const char *reason, struct problem *p);
/* The record first, then the file goes. PX-FROZEN when it is frozen all the same. */
int trust_thaw(struct trust *trust, bool *ret_was, struct problem *p);
struct trust_lease {
    int64_t for_s;               /* at most 7 days */
    uint32_t changes;            /* 0: any number */
    const char *operation_class; /* "guest.stop", "guest.*"; NULL: all */
    const char *site;            /* NULL: all */
};
/* A lease takes the place of the one before. out: as trust_lease_show. */
int trust_lease_grant(struct trust *trust, const struct trust_lease *lease, struct buf *out,
                      struct problem *p);
int trust_lease_end(struct trust *trust, bool *ret_was, struct problem *p);
/* One JSON object: "state" (none, good, over, used up, ended), "lease", "until", "left_s", "changes", "used",
 * "class", "site". */
int trust_lease_show(struct trust *trust, struct buf *out, struct problem *p);

/* ---- executions in doubt (doubt_list.c, doubt_close.c) */

/* A JSON array of the plans in `executing`: "state" (in doubt, running), what, since, "why", "evidence". Asks
 * no site. */
int trust_doubts(struct trust *trust, struct buf *out, struct problem *p);
/* A person's verdict ("applied", "not-applied", "partial") ends the doubt: recorded, the plan is done.
 * -EBUSY: a living process holds it. */
int trust_doubt_close(struct trust *trust, const char *plan_id, const char *verdict, const char *reason,
                      struct problem *p);

/* State, outcome and receipt of one plan, at any time. Resolves what is in doubt if it can. */
int trust_plan_status(struct trust *trust, const struct trust_call *call, const char *plan_id,
                      struct buf *out, struct problem *p);

/* ---- runs as tasks of a client (task.c) */

enum trust_task_state {
    TRUST_TASK_WORKING,
    TRUST_TASK_ENDED,   /* facts say how */
    TRUST_TASK_STOPPED, /* the same, and a client's stop kept steps from being run */
};
struct trust_task {
    enum trust_task_state state;
    int64_t created_s, updated_s; /* wall clock */
    int64_t keep_ms;   /* from created_s on it can be asked for; negative: for as long as it lasts */
    bool stopping;     /* a client asked to stop, and what has begun goes on */
    struct buf facts;  /* as trust_plan_status says it; owned */
    char message[400]; /* for a person: what it does, or what came of it */
};
void trust_task_done(struct trust_task *task);
/*
 * The run of a plan as a task, in this process, in another one, or long ended. -ENOENT and p: no plan of this
 * user and token with this id was ever applied (or it is none at all). As trust_plan_status, it may ask the
 * site.
 */
int trust_task(struct trust *trust, const struct trust_call *call, const char *plan_id,
               struct trust_task *ret, struct problem *p);
/*
 * A client's stop: of the run of this plan no step begins any more but `always` ones, and its record says so
 * ("stopped_by"). What has begun is followed to its end: a task at Proxmox goes on. 0 also when it is asked
 * again, has ended, or is in doubt (no step of it begins then either); -ENOENT as trust_task; -EBUSY: another
 * living process runs it.
 */
int trust_stop_plan(struct trust *trust, const char *plan_id, struct problem *p);

/* Members for proximo_status: ledger, waiting, running, in doubt. Asks no site. */
void trust_put_status(struct trust *trust, struct buf *out);
/* [{"plan_id","state","action","subject","risk","consent","expires_in_s","outcome"}] for `proximo plans`. */
int trust_plans(struct trust *trust, struct buf *out, struct problem *p);
/* A plan's canonical bytes, those that its hash is of; *ret_waits: it was not used yet. PX-PLAN. */
int trust_plan_raw(struct trust *trust, const char *plan_id, struct buf *out, bool *ret_waits,
                   struct problem *p);
/*
 * Verifies an approval (approval.h) against the approver's public key and the waiting plan, and puts it
 * beside the plan for the next apply. ret_words: what was done, for a person. What is refused is recorded. A
 * good one that is there already stays: -EEXIST, unless it is the same.
 */
int trust_consent_add(struct trust *trust, const char *plan_id, const char *text, size_t len,
                      struct buf *ret_words, struct problem *p);
/* The whole of one plan for a person: rendered text, and what came of it. */
int trust_plan_show(struct trust *trust, const char *plan_id, struct buf *out, struct problem *p);

#endif
