/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of planning, for build*.c, preflight.c, guard*.c, freeze.c and canonical.c alone: a plan in the
 * making. It belongs to one thread.
 */
#ifndef PROXIMO_TRUST_BUILD_H
#define PROXIMO_TRUST_BUILD_H

#include "blast/blast.h"
#include "plane/manifest.h"
#include "plane/read_cache.h"
#include "plane/read_inner.h"
#include "trust/plan.h"
#include "trust/risk.h"
#include "trust/trust_inner.h"

#define BUILD_SECRETS_MOST  16u
#define BUILD_SECRET_LIMIT  ((size_t)64 << 10)
#define BUILD_SUBJECTS_MOST 512u
#define BUILD_GUARDS_MOST   1024u
#define BUILD_REASONS_MOST  64u

struct build_secret {
    const char *name; /* the parameter's; borrowed from the tool */
    char *value;      /* owned, wiped; NULL: it is made when the plan is applied */
    size_t len;
    char *file; /* owned; where the value is from; NULL: an argument */
};

struct build {
    struct trust *trust;
    const struct plan_request *request;
    const struct tool *tool;
    struct read_call read_call;
    struct reading reading; /* arguments in it: secrets replaced by {"secret":true} */
    struct read_cache *cache;
    struct json_object *draft;
    size_t draft_guards; /* the first of guards are the draft's, in its order: before.N counts on it */
    bool literal; /* the text at hand is a function's: braces in it are its own, no {names} of a table */
    bool snapshot_first;           /* asked for; taken out of the arguments */
    bool snapshot_given;           /* the argument was there, whatever it said */
    bool request_destroys;         /* a request of the API does, not a command */
    size_t own_steps;              /* the core's own, which come first: an undo point */
    bool stale[BUILD_GUARDS_MOST]; /* guards that hold what the plan's own snapshot changes */
    char nonce[33];
    char principal[320];

    struct build_secret secrets[BUILD_SECRETS_MOST];
    size_t secret_count;

    /* members of the plan, made in this order */
    struct json_object *guards, *steps, *postcondition, *undo, *undo_point, *subjects, *facts;
    struct json_object *incomplete, *reasons, *affected;
    struct buf subject; /* canonical words */
    const char *action;
    unsigned risk;
    uint64_t flags;
    enum config_consent consent;
    char consent_why[CONSENT_WHY_SIZE];
};

/* ---- build_text.c: small things */

int build_no_memory(struct problem *p);
/* The plane made something that the core does not accept. */
int build_plane_fault(const struct build *b, struct problem *p, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* object[key] = value, which is taken over; a NULL value is lack of memory. */
int build_add(struct json_object *object, const char *key, struct json_object *value);
int build_add_text(struct json_object *object, const char *key, const char *text);
/* "a,b[c=d,e],f" -> ["a","b[c=d,e]","f"]: commas outside of [ ]. Each is a selector. New array. */
int build_selectors(const struct build *b, const char *list, struct json_object **ret, struct problem *p);
/* A template of a row's text with {names} filled in; without any it is copied. A value that would change the
 * meaning of a selector is refused. */
int build_fill_text(const struct build *b, const char *text, struct buf *out, struct problem *p);
/* Appends {"what","why"} unless it is there. */
int build_incomplete(struct build *b, const char *what, const char *why);
/* Appends a reason and raises the risk. */
int build_reason(struct build *b, const char *from, unsigned level, const char *text);
/* The path's leading elements that name the object it is about, in bytes: "/nodes/N/lxc/105", "/pools/x". */
size_t build_object_prefix(const char *path);
bool build_path_is_below(const char *path, const char *prefix, size_t prefix_len);

/* ---- the road, one file each */

int build_arguments(struct build *b, struct problem *p); /* build_arguments.c */
int build_secrets(struct build *b, struct problem *p); /* build_secrets.c: takes them out of the arguments */
int preflight_needs(struct build *b, struct problem *p); /* preflight.c */
/* One privilege on a path: PX-PRIVILEGE with the line that grants it; what cannot be read is incomplete. */
int preflight_need(struct build *b, const char *who, const char *path_template, const char *path,
                   const char *privilege, struct problem *p);
int preflight_request(struct build *b, const char *method, const char *path,
                      const struct risk_verdict *verdict, struct problem *p);
/* A tool's flags PROXIMO_CHANGE_ROOT_ONLY and _NO_TOKEN. */
int preflight_tool(struct build *b, struct problem *p);
int build_draft(struct build *b, struct problem *p); /* build_draft.c: into b->draft */
int build_row_draft(struct build *b, struct json_object **ret, struct problem *p); /* build_row.c */
/* Is the draft one of the plane's function that has nothing to do? Then *ret_why is its summary. */
bool build_is_nothing(const struct build *b, const char **ret_why);
/* Guards of the draft, the row and the core, not read yet; b->guards. */
int build_guards(struct build *b, struct problem *p);
/* Reads them, when every field that somebody needs is named. In the plan of a way back what is there now must
 * be what the change left behind: PX-DRIFT. */
int build_guards_take(struct build *b, struct problem *p);
/* Appends one that is complete; b->guards takes a reference. */
int build_guard_append(struct build *b, struct json_object *guard, struct problem *p);
/* snapshot_first: the core's own steps before those of the draft, or PX-SNAPSHOT (build_undo_point.c). */
int build_undo_point(struct build *b, struct problem *p);
/* [{"disk","storage","volume"}] of a guest's configuration. New array (build_undo_disks.c). */
int build_undo_disks(struct json_object *config, const char *kind, struct json_object **ret);
/* In words, which of them cannot be snapshotted; storages: GET /nodes/{node}/storage, or NULL. */
void build_undo_culprits(struct json_object *disks, const char *kind, struct json_object *storages,
                         struct buf *words);
/* Is it a field that the plan's own snapshot changes? (build_undo_guards.c) */
bool build_is_moved(const struct build *b, const char *path, const char *selector);
/* Copies of the guards for what comes after the snapshot. Before build_guards_take. */
int build_undo_guards(struct build *b, struct problem *p);
/* With the steps judged: what must not come after a snapshot. */
int build_undo_point_settle(struct build *b, struct problem *p);
/* Steps of the draft as the plan has them, b->steps, b->postcondition, b->undo. */
int build_steps(struct build *b, struct problem *p);
/* One step; `earlier`: the steps whose results it may use. New object. */
int build_step(struct build *b, struct json_object *raw, struct json_object *earlier,
               struct json_object **ret, struct problem *p);
/* Path and other fields of a step or guard: {x} filled in. params (may be NULL): draft fields. ret_rest: new
 * array of plan fields that the path did not use. `earlier` NULL: references are refused. */
int build_path(struct build *b, const char *path, struct json_object *params, struct json_object *earlier,
               struct buf *ret_path, struct json_object **ret_rest, struct problem *p);
int build_field(struct build *b, struct json_object *raw, struct json_object *earlier,
                struct json_object **ret, struct problem *p);
/* The value alone ("value", "ref" or "secret") into field; `name` is for what may stand there and for words.
 */
int build_field_value(struct build *b, const char *name, struct json_object *raw, struct json_object *earlier,
                      struct json_object *field, struct problem *p);
/* Members of an executor step; a step of an executor of another plane is refused (build_exec.c). */
int build_executor(struct build *b, struct json_object *raw, struct json_object *earlier,
                   struct json_object *step, struct problem *p);
/* The core's judgement of a step of kind executor, into b and the step's "risk". */
int build_judge_executor(struct build *b, struct json_object *step, struct problem *p);
/* Is it of a class exec.*? With the subjects built. */
bool build_is_command(const struct build *b);
/* Is every change that the draft plans a command that is known as a read? Before the steps are built. */
bool build_draft_reads(const struct build *b);
/* What the way back will be; the fields that it needs are guarded. Before build_guards_take. */
int build_undo(struct build *b, struct problem *p);
/* With the guards read: a way back that needs what Proxmox does not show is none. */
int build_undo_settle(struct build *b, struct problem *p);
int build_subjects(struct build *b, struct problem *p);
int build_blast(struct build *b, struct problem *p);
/* Which requests read which guards again at once before they are sent. */
int build_rechecks(struct build *b, struct problem *p);
/* The core's own judgement of every request step. */
int build_judge(struct build *b, struct problem *p);
/* What the plane says of risk, completeness, and the consent that all this needs. */
int build_risk(struct build *b, struct problem *p);
int build_freeze(struct build *b, struct plan **ret, struct problem *p); /* freeze.c */

/*
 * Runs the blast functions of subjects ([{"class","subject"}]) one after the other. What they say goes into
 * the arrays affected and incomplete, each entry once; `report` (may be NULL) is called for each.
 */
struct blast_all {
    struct trust *trust;
    struct site *site;
    struct read_cache *cache;
    const struct site_call *call;
    struct json_object *affected, *incomplete;
    int (*report)(void *arg, const char *class_name, const struct blast_report *report);
    void *arg;
    void (*progress)(void *arg, uint32_t done, uint32_t total, const char *message); /* may be NULL */
    void *progress_arg;
};
int blast_all(const struct blast_all *all, struct json_object *subjects,
              struct problem *p); /* build_blast.c */

/* ---- guard.c, guard_find.c */

/* Reads the guard object (path, query, fields, tolerate) through the cache: {"status","value"}. New. */
int guard_take(struct json_object *guard, struct read_cache *cache, const struct site_call *call,
               struct json_object **ret, struct problem *p);
/* Index of the guard with this path and query; -1. */
int guard_find(struct json_object *guards, const char *path, struct json_object *query);
/* Adds a selector to a guard's fields unless the guard is of the whole or has it. */
int guard_add_field(struct json_object *guard, const char *selector);

/* ---- canonical.c */

/* Compact JSON in the order of the objects' members, without floating point: such a number is its text. */
void canonical_put(struct buf *out, struct json_object *value);
int canonical_id(const struct trust *trust, const char *bytes, size_t len, char ret_id[PLAN_ID_SIZE],
                 char ret_sha256[65]);

#endif
