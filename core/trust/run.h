/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step runner: runs exactly the steps of a plan whose "executing" record is written, follows tasks, keeps
 * a journal, and makes the undo file. It alone calls site_change().
 *
 * The journal (ID.journal beside the executing plan, one JSON object a line, synced before a request leaves
 * and after it was answered) is what a later process resolves an interrupted run from:
 *   {"step":i,"event":"sending|answered|refused|lost|task-ended|done|failed|skipped","time":us,
 * "upid":..,"status":.., "why":..} The undo file (state_dir/undo/ID.json, 0600), also the record that
 * plan_undo gets:
 *   {"format":"proximo-undo-1","plan_id","plan_sha256","tool","action","subject","site","arguments","undo_of",
 *    "outcome","before":[value of each guard],"after":[...],"results":{step name: kept values or answer},
 *    "steps":[{"name","outcome","upid","exitstatus","started","ended","message","log":[last lines]}],
 *    "undo":the plan's undo member,"kept_until":epoch s}
 */
#ifndef PROXIMO_TRUST_RUN_H
#define PROXIMO_TRUST_RUN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct cancel;
struct plan;
struct site;
struct trust;

#define RUN_STEP_PARTS 100u /* of progress */

enum run_outcome { RUN_OK, RUN_FAILED, RUN_PARTIAL, RUN_RUNNING, RUN_UNCONFIRMED, RUN_UNKNOWN };
const char *run_outcome_name(enum run_outcome outcome); /* "ok", "failed", ... */

enum run_halt { RUN_HALT_NO, RUN_HALT_FROZEN, RUN_HALT_CLIENT };

struct run_request {
    struct trust *trust;
    const struct plan *plan;
    struct site *site;
    struct cancel *stop; /* end of input, SIGTERM, cancellation: no new step but `always` ones */
    /* Asked before each step, until it says yes: no new step but `always` ones from then on. May be NULL. */
    enum run_halt (*halted)(void *arg);
    void *halted_arg;
    /* done and total in RUN_STEP_PARTS of a step: the steps that are done and, of the one at hand, what its
     * task's log says; done never goes down. From the running thread; may be NULL */
    void (*progress)(void *arg, uint32_t done, uint32_t total, const char *message);
    /* The task that is followed from now on; NULL: none. As progress. */
    void (*follows)(void *arg, const char *upid);
    void *progress_arg;
};

struct run_result {
    enum run_outcome outcome;
    unsigned warnings;          /* WARNINGS: n of tasks */
    bool client_stop;           /* a client's stop kept a step from being run */
    struct json_object *record; /* the undo file's content; owned */
    char undo_sha256[65];       /* of the undo file; "" when it could not be written (why says so) */
    char why[400];              /* why it is not ok */
};
void run_result_done(struct run_result *result);
/* Runs the plan to its end. 0 and *ret always, but for lack of memory before the first step. */
int run_plan(const struct run_request *request, struct run_result *ret, struct problem *p);
/*
 * What came of a run that another process began and did not end: from its journal, and by asking Proxmox (the
 * task by its UPID, or looked for by type, id, user and start time). Never sends a change. 0 and *ret
 * (outcome unknown if it cannot be found); -EAGAIN and p when the site cannot be asked: still in doubt.
 */
int run_resolve(const struct run_request *request, struct run_result *ret, struct problem *p);

/* ---- undo (undo.c) */

/* Writes the undo file, 0600, atomic. */
int undo_write(struct trust *trust, const struct plan *plan, struct json_object *record, char ret_sha256[65],
               struct problem *p);
/* The undo file of a plan; its hash is compared with expected_sha256 (NULL: not). PX-UNDO: none, pruned,
 * changed. */
int undo_load(struct trust *trust, const char *plan_id, const char *expected_sha256, struct json_object **ret,
              struct problem *p);
/* From an undo table and a record: a draft (as in plane/planes.h) with literal values, guards taken from the
 * record by the caller. PX-UNDO when a reference has no value (masked, absent). */
int undo_from_template(struct json_object *record, struct json_object **ret_draft, struct problem *p);
/* A plan that failed, and of which nothing is seen in the guards: before and after are the same. */
bool undo_left_nothing(struct json_object *record);
void undo_prune(struct trust *trust); /* older than 90 days; recorded in the ledger */

#endif
