/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the step runner share: one run, one step of it, the journal, references, UPIDs. */
#ifndef PROXIMO_TRUST_RUN_INNER_H
#define PROXIMO_TRUST_RUN_INNER_H

#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "http/http.h"
#include "plane/site.h"
#include "trust/follow_percent.h"
#include "trust/plan.h"
#include "trust/run.h"
#include "trust/trust_inner.h"

#define UPID_LIMIT        512
#define JOURNAL_LIMIT     ((size_t)16 << 20)  /* bytes of a journal that is read back */
#define RUN_RESULT_LIMIT  ((size_t)64 << 10)  /* bytes of one step's result that are kept */
#define RUN_OUTPUT_MOST   ((size_t)256 << 10) /* bytes of one stream of a command that are kept, cleaned */
#define RUN_OUTPUT_TOTAL  ((size_t)2 << 20)   /* of all commands of a run */
#define RUN_OUTPUT_RESULT (4 * RUN_OUTPUT_MOST + 4096) /* the JSON of both */
#define RUN_LOG_LINES     20u                          /* last lines of a task's log that are kept */
#define RUN_LOG_LINE      300u                         /* bytes of one of them */
#define RUN_VALUE_LIMIT   ((size_t)64 << 10)           /* bytes of one field's value */
#define RUN_SEGMENT_LIMIT 512u                         /* bytes of a reference in a path, before encoding */
#define RUN_FIELDS_MOST   256u
#define RUN_WHY           sizeof(((struct run_result *)0)->why)

/* All in milliseconds. run_plan uses run_times_default; tests have their own. */
struct run_times {
    int64_t follow_first, follow_most; /* between two looks at a task: from, to */
    int64_t follow_silent;             /* a site that has not answered for so long is no longer asked */
    int64_t stop_answer;               /* after a stop, for the answer of a request in flight */
    int64_t stop_end;                  /* after a stop, for everything */
    int64_t always;                    /* for one `always` step after a stop */
    int64_t wait, wait_interval;       /* where a wait does not say */
    int64_t lost, lost_pause;          /* looking for the task of a lost answer */
    int64_t request;                   /* one request; the site's own timeout is the other bound */
    int64_t after;                     /* reading the after-state */
};
extern const struct run_times run_times_default;

/* ---- run_stop.c: two tokens that become set some time after the caller's */

struct run_stop {
    struct cancel *asked; /* borrowed; may be NULL */
    struct cancel *answer, *end;
    const struct run_times *times;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool done;
};
int run_stop_begin(struct run_stop *stop, struct cancel *asked, const struct run_times *times);
void run_stop_done(struct run_stop *stop);

/* ---- journal.c */

struct journal {
    int fd;
};
struct journal_more {
    const char *upid, *why;
    int status;
    struct json_object *result;
};
/* Makes it: 0600, folder synced. -EEXIST: there is one, so this plan was run already. */
int journal_open(struct journal *journal, const char *path, struct problem *p);
void journal_close(struct journal *journal);
/* One line, synced before it returns. more may be NULL. */
int journal_write(struct journal *journal, size_t step, const char *event, const struct journal_more *more);
/* New array of its objects; a torn last line is left out. -ENOENT; -EBADMSG for what no journal is. */
int journal_read(const char *path, struct json_object **ret);

/* ---- one step, one run */

enum step_outcome { STEP_OK, STEP_FAILED, STEP_RUNNING, STEP_UNKNOWN, STEP_SKIPPED };
const char *step_outcome_name(enum step_outcome outcome);

struct step_run {
    size_t index;
    struct json_object *step; /* borrowed from the plan */
    const char *name, *kind;
    bool always, go_on;
    enum step_outcome outcome;
    int64_t started_us, ended_us; /* wall clock; 0: it did not run */
    bool no_answer;               /* it is `unknown` because its answer was lost and no task was found */
    unsigned warnings;
    struct json_object *log; /* last lines of its task, owned */
    char upid[UPID_LIMIT];
    char exitstatus[256];
    char message[1024];
    /* Of a command: how it ended, bytes and hashes of what it wrote, no text of it; owned. Its result has the
     * text. */
    struct json_object *output;
};

struct run_secret {
    char *value;
    size_t len;
    struct run_secret *next;
};

struct run {
    const struct run_request *request;
    const struct run_times *times;
    struct json_object *steps;   /* borrowed from the plan; never NULL */
    struct json_object *results; /* by step's name, as later steps use them */
    struct json_object *shown;   /* the same without secrets: the record's */
    struct step_run *runs;       /* one per step */
    size_t count;
    struct journal journal;
    struct run_stop stop;
    struct run_secret *secrets; /* values that must not be in any text; wiped at the end */
    unsigned warnings;
    enum run_halt halted; /* what request->halted has said */
    bool client_stop;     /* and a step was not run for a client's */
    uint32_t told;        /* the most progress */
    size_t output_kept;   /* of RUN_OUTPUT_TOTAL */
    bool secrets_gone;    /* the plan has some and they are not in memory: no text could be cleared of them */
    char why[400];
};

int run_begin(struct run *run, const struct run_request *request, const struct run_times *times,
              struct problem *p);
void run_done(struct run *run);
int run_plan_timed(const struct run_request *request, const struct run_times *times, struct run_result *ret,
                   struct problem *p);
int run_resolve_timed(const struct run_request *request, const struct run_times *times,
                      struct run_result *ret, struct problem *p);
bool run_stopped(const struct run *run);
/* A deadline and the token that fits: what began before a stop is given up earlier. */
struct site_call run_call(struct run *run, bool always, int64_t ms);
/* Sleeps; false: stopped (an `always` step sleeps all the same, until the end token), or deadline_ms is over.
 */
bool run_sleep(struct run *run, bool always, int64_t ms, int64_t deadline_ms);
/* Progress in hundredths of a step: `done` steps and `percent` (0..100) of the next. What was told does not
 * go down; a step is whole only when it is done. */
void run_tell(struct run *run, size_t done, double percent, const char *message);
/* Remembers a value that no text may show; run_scrub replaces it. */
void run_secret_add(struct run *run, const char *value, size_t len);
void run_scrub(const struct run *run, char *text);
void run_scrub_bytes(const struct run *run, char *text, size_t len); /* NULs within are bytes like others */
/* What is wrong in a few words, cleaned and scrubbed. */
void step_say(struct run *run, struct step_run *s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void step_say_problem(struct run *run, struct step_run *s, const char *before, const struct problem *p);
/* Takes a value as the step's result: checks its size, tells what of it is secret. Owned by the caller. */
void run_result_set(struct run *run, struct step_run *s, struct json_object *value);
/* A copy in which {"secret":true} stands for what no text may show. path: where the value is from; NULL. */
struct json_object *run_redact(const struct run *run, struct json_object *value, const char *path);
/* Does this member of an answer from `path` (or NULL) hold a secret, by its name? */
bool run_member_is_secret(struct json_object *object, const char *name, const char *path);
/* Secrets in the answer of a step that changes something, and that no later step uses, are kept to be shown
 * once (run_once.c). */
void run_once_take(struct run *run, const struct step_run *s, struct json_object *value, const char *path);
/* {selector: value} of the step's "keep"; nothing when it keeps nothing. */
void run_keep(struct run *run, struct step_run *s, struct json_object *data);

/* Each runs one step to its end and fills in outcome and message. */
void run_step(struct run *run, struct step_run *s);
void run_request_step(struct run *run, struct step_run *s);
void run_read_step(struct run *run, struct step_run *s);
void run_wait_step(struct run *run, struct step_run *s);
void run_wait_look(struct run *run, struct step_run *s); /* a single look */
void run_executor_step(struct run *run, struct step_run *s);
/* The guards that the step names, once more: negative, and said why, when one has changed. */
int run_recheck(struct run *run, struct step_run *s);

/* ---- run_output.c: what a command wrote, untrusted: valid UTF-8, without control characters and secrets */

struct plane_exec_result;
/* The step's result and s->output from what an executor gave. */
void run_output_take(struct run *run, struct step_run *s, const struct plane_exec_result *result,
                     size_t most);
/* The same of GET agent/exec-status; the step's keep, and its outcome by how the command ended. */
void run_output_agent(struct run *run, struct step_run *s, struct json_object *data);
/* "exit status 3", "ended by signal KILL"; NULL: it ended well. */
const char *run_output_fault(struct json_object *output, char words[80]);
/* All postconditions; false and `why`: not seen. once: one look each, for a run that is resolved later. */
bool run_postcondition(struct run *run, bool once, char *why, size_t size);
bool run_has_postcondition(const struct run *run);

/* ---- run_fields.c */

struct field_list {
    struct http_field *fields;
    size_t count;
};
int field_list_make(struct run *run, struct json_object *params, struct field_list *ret, struct problem *p);
/* The words of a command: fields without names. */
int word_list_make(struct run *run, struct json_object *argv, struct field_list *ret, struct problem *p);
/* The value of a secret, the field's to wipe (field_list_done). */
int field_take_secret(struct run *run, const char *name, struct http_field *field, struct problem *p);
void field_list_done(struct field_list *list); /* wipes */
/* GET of a step's path and params: status and body, errors of Proxmox too. Negative: no answer came. */
int run_step_get(struct run *run, struct json_object *step, const struct site_call *call,
                 struct site_answer *ret, struct problem *p);
/*
 * A status of what stands between: the node, or a proxy, that passed the request on and did not get the
 * answer. 595 is not among them: there the other node was never reached.
 */
bool run_answer_lost(int status);
/* What Proxmox said of an error answer, cleaned. */
void run_answer_words(const struct site_answer *answer, char *ret, size_t size);

/* ---- reference.c: "STEP:SELECTOR" */

int reference_parse(const char *reference, char ret_name[64], const char **ret_selector);
/* The value in `results` ({name: value}); borrowed. -ENOENT and p when there is none. */
int reference_find(struct json_object *results, const char *reference, struct json_object **ret,
                   struct problem *p);
/* A string, number or boolean (1, 0) as text; anything else is -EINVAL. */
int reference_text(struct json_object *value, struct buf *out);
/* {STEP:SELECTOR} in a path becomes one percent-encoded segment. */
int reference_fill_path(const char *path, struct json_object *results, struct buf *out, struct problem *p);
/* Kept values ({selector: value}) or a whole answer: the value at a selector. */
int result_find(struct json_object *value, const char *selector, struct json_object **ret);

/* ---- wait.c */

bool wait_holds(const char *test, bool found, struct json_object *value, struct json_object *expected);
/* "selector=value": does it hold in data? */
bool wait_fails(const char *fail_if, struct json_object *data);

/* ---- follow.c, follow_upid.c, follow_log.c */

struct upid {
    char node[64], type[64], id[128], user[256];
    uint64_t pstart, starttime;
};
/* UPID:NODE:PID:PSTART:START:TYPE:ID:USER: of PVE, with a task id before START of Backup Server. */
int upid_parse(const char *text, size_t len, struct upid *ret);
/* "WARNINGS: n" gives n; 0: not of that form. */
unsigned follow_warnings(const char *exitstatus);
void step_log_add(struct run *run, struct step_run *s, const char *line, size_t len);
/* What became of the task, as its exit status says. */
void follow_ended(struct run *run, struct step_run *s, const char *exitstatus);
/* Follows the task s->upid to its end; outcome ok, failed, running or unknown. */
void follow_task(struct run *run, struct step_run *s);
/* One look: 1 ended (outcome set), 0 still running, -EAGAIN no answer, -ENOENT Proxmox does not know it,
 * -EACCES this token may not see it. */
int follow_look(struct run *run, struct step_run *s, struct problem *p);
/* The log from *next on: lines kept, *ret_percent the most seen (a task of several disks begins anew with
 * each). Failure is not told: it is only a log. */
void follow_log(struct run *run, struct step_run *s, uint64_t *next, double *ret_percent);

/* ---- lost.c */

/* The types of task that a request starts, comma separated; NULL: none is known. *ret_id: its id, or "" for
 * any. */
const char *lost_types(const char *method, const char *path, const struct field_list *fields,
                       char ret_id[128]);
/* Is `part` one of the parts with colons between them of a Backup Server's task id, where other bytes are
 * "\xNN"? */
bool lost_id_has(const char *id, const char *part);
/*
 * The task of a request whose answer was lost: by type, id, user and start time (sent_us, wall clock). 1 and
 * ret_upid; 0: none or several (*ret_several); -EAGAIN and p: the site could not be asked.
 */
int lost_find(struct run *run, bool always, const char *method, const char *path,
              const struct field_list *fields, int64_t sent_us, char ret_upid[UPID_LIMIT], bool *ret_several,
              struct problem *p);

/* ---- run_record.c */

/* The record of the run; after-state read here. New object, NULL without memory. */
struct json_object *run_record(struct run *run, enum run_outcome outcome);
enum run_outcome run_judge(struct run *run);
/* Postcondition, record, undo file, *ret. */
int run_finish(struct run *run, bool once, struct run_result *ret, struct problem *p);
/* Texts cut in the middle of a character are mended. */
void run_why_clean(char why[RUN_WHY]);

/* ---- undo_template.c */

/* The plan's own steps from `first` on as an undo table of its undo (a redo); NULL where they cannot be said
 * again. New. */
struct json_object *undo_redo_steps(struct json_object *plan_steps, size_t first);
/* A value that Proxmox shows as asterisks, or that was a secret: it can never be written back. */
bool undo_is_masked(struct json_object *value);

#endif
