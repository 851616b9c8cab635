/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: the frozen program of a change, and its building. Its canonical bytes are one line of compact JSON;
 * its id is keyed over them (so a file that was edited has the wrong name), its hash stands in the ledger.
 *
 * Members, in this order (absent when empty unless said otherwise):
 *   "format":"proximo-plan-1", "nonce":32 hex, "created":epoch s, "expires":epoch s,
 *   "site", "principal", "config":64 hex, "planes":[{"name","version","sha256"}],
 *   "tool", "arguments":{...}            secrets replaced by {"secret":true}
 *   "undo_of":plan id,
 *   "action":class name, "subject":canonical words, "subjects":[{"class","subject","label"}],
 *   "sentence":the plane's own words (labelled as such when shown), "facts":[{"name","value"}],
 *   "incomplete":[{"what","why"}],
 *   "risk":{"level":1..3,"reasons":[{"from":"core|class|plan|blast|completeness","level","text"}]},
 *   "flags":bits of PROXIMO_CLASS_... and RISK_COMMAND, "consent":"plan|human|approver",
 *   "consent_why":what demands it,
 *   "affected":[{"resource","name","effect","risk","facts"}],
 *   "guards":[guard], "steps":[step], "postcondition":[step of kind wait],
 *   "undo":{"kind":"none|template|function","class":NAME,"steps":[raw steps],"note":text},
 *   "undo_point":{"guest":words,"name":snapshot,"disks":[{"disk","storage","volume"}]}   the first two steps
 *           are the core's own then: the snapshot, and that it is there (trust/undo_point.h)
 *   "secrets":[{"name","commitment":64 hex,"file":path} | {"name","generate":characters}], "idempotent":bool
 *
 * guard: {"path":encoded,"query":[{"name","value"}],"fields":[selector],"except":[selector],"tolerate":bool,
 *         "after_undo_point":true   a copy without what the plan's own snapshot changes, for its later steps
 *         "status":HTTP status,"value":{selector: value or {"absent":true}}}   no fields: {"": the whole}
 * step:  {"name","kind":"request|read|wait|executor", ...}
 *   all     "always":true, "on_failure":"continue" (absent: stop)
 *   request "method","path","params":[field],"follow":bool,"atomic":bool,"recheck":[guard index],"risk":level
 *   read    "path","params","guard":index or absent,"select":[selector] (must equal the
 * guard),"keep":[selector] wait
 * "path","params","whole":true (selectors begin at the whole answer, not at its
 * data),"select","test":"exists|equals|in|count","value":json,"interval_ms","deadline_ms",
 *           "fail_if":"selector=value","tolerate":[status],"keep":[selector]
 *   executor "executor","plane":whose it is,"target":{...},"argv":[field without a name],
 *           "stdin":text,"stdin_sha256","stdin_bytes" or "stdin_secret":PARAMETER, "deadline_ms",
 *           "output_limit","recheck","risk"
 * field: {"name","value":text} | {"name","ref":"STEP:SELECTOR"} | {"name","secret":PARAMETER}
 * In a path, {STEP:SELECTOR} is a reference that becomes one percent-encoded segment.
 * "recheck": guards that are read again immediately before a request that is not atomic.
 */
#ifndef PROXIMO_TRUST_PLAN_H
#define PROXIMO_TRUST_PLAN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct cancel;
struct crypto_module;
struct read_cache;
struct site;
struct site_call;
struct tool;
struct trust;

#define PLAN_ID_SIZE     33 /* 32 hex digits: 128 bits of HMAC-SHA256 */
#define PLAN_LIMIT       ((size_t)4 << 20)
#define PLAN_STEPS_MOST  512
#define PLAN_WAIT_S      600   /* a plan whose id is consent enough is good for so long */
#define PLAN_WAIT_LONG_S 86400 /* one that a person must look at */

struct plan {
    char *bytes; /* canonical, no newline */
    size_t len;
    struct json_object *root; /* parsed; shared by nobody, read-only */
    char id[PLAN_ID_SIZE];
    char sha256[65];
    /* borrowed from root */
    const char *site, *tool, *principal, *action, *subject, *consent, *consent_why, *undo_of;
    unsigned risk;
    uint64_t flags;
    int64_t created_s, expires_s;
};
void plan_free(struct plan *plan);
/* 32 lower-case hexadecimal digits. */
bool plan_id_is_good(const char *id);

struct plan_request {
    const struct tool *tool; /* a change */
    struct site *site;
    struct json_object *arguments; /* as the client gave them, without site and confirm; borrowed */
    struct json_object *record;    /* an undo file's content: make the way back of that; else NULL */
    const char *notice;            /* said beside the answer; may be NULL */
    int64_t deadline_ms;
    struct cancel *cancel;
    void (*progress)(void *arg, uint32_t done, uint32_t total, const char *message);
    void *progress_arg;
};
/*
 * Builds, freezes, stores and records a plan: arguments against the schema, the guest resolved, preflight
 * (privileges with the pveum line, root-only, token-refused), the row or the plane's plan function, guards,
 * blast, risk. Nothing is changed. Secrets go to trust's memory. On failure nothing is stored; refusals of
 * preflight are recorded by the caller. A plan that has nothing to do (already so) is PX-ARG-free: 0 with
 * *ret NULL and *ret_nothing (may be NULL) saying why, appended.
 */
int plan_build(struct trust *trust, const struct plan_request *request, struct plan **ret,
               struct buf *ret_nothing, struct problem *p);
/* From a file's bytes; checks the id (keyed) and the members. */
int plan_parse(struct trust *trust, const char *id, const char *bytes, size_t len, struct plan **ret,
               struct problem *p);
/*
 * The same without the key that ids are made with: what an approver is shown and signs, who has no such key.
 * Whether the id belongs to the bytes is the server's to check; the hash is made here.
 */
int plan_read(const struct crypto_module *crypto, const char *id, const char *bytes, size_t len,
              struct plan **ret, struct problem *p);

/* ---- guards (guard.c) */

/* Reads guard i afresh through the cache and gives the value as the plan would hold it: {"status","value"}.
 * New object. */
int guard_read(const struct plan *plan, size_t i, struct read_cache *cache, const struct site_call *call,
               struct json_object **ret, struct problem *p);
/* Appends {"guard":path,"field":selector,"planned":..,"now":..} objects, comma separated, to diff for what
 * differs. *ret_same says whether nothing does. Volatile values are never guarded. */
int guard_compare(const struct plan *plan, size_t i, struct json_object *now, struct buf *diff,
                  bool *ret_same, struct problem *p);
/* Canonical form for comparison: keys sorted, arrays sorted by their elements' canonical text. */
void json_canonical(struct json_object *value, struct buf *out);
/* Is it a copy for what comes after the plan's own snapshot? Its original says the same and more. */
bool guard_is_copy(struct json_object *guard);
/*
 * Runs the blast functions of the plan again and compares what is affected and what is incomplete with the
 * plan's: -ESTALE and p (PX-DRIFT) when they differ; the differences appended to diff as above.
 */
int plan_blast_again(struct trust *trust, const struct plan *plan, struct read_cache *cache,
                     const struct site_call *call, struct buf *diff, struct problem *p);

/* ---- what people and models see (render.c) */

/* Text for a person, made by the core from the steps; every name, note and tag from Proxmox quoted and
 * escaped. */
void plan_render(const struct plan *plan, struct buf *out);
/* Members (comma separated, no braces) of the answer of a plan tool:
 * "plan_id","action","subject","risk","consent",
 * "expires_in_s","incomplete","affected","steps","undo","text",... */
void plan_put_members(const struct plan *plan, struct buf *out);
/* Body of the ledger's "planned" record: ids, hash, action, subject, risk, consent, step lines; values
 * redacted. */
void plan_put_record(struct trust *trust, const struct plan *plan, struct buf *out);

/* ---- the store (store.c): state_dir/plans/{waiting,executing,done}/ID.json, 0600, atomic; beside it
 * ID.journal, ID.outcome.json, ID.approval */

enum plan_state { PLAN_WAITING, PLAN_EXECUTING, PLAN_DONE };
int store_save(struct trust *trust, const struct plan *plan, struct problem *p); /* into waiting */
int store_load(struct trust *trust, const char *id, struct plan **ret, enum plan_state *ret_state,
               struct problem *p); /* PX-PLAN: unknown, edited; an expired one is loaded all the same */
/* rename; -ENOENT when it is not in `from`. */
int store_move(struct trust *trust, const char *id, enum plan_state from, enum plan_state to,
               struct problem *p);
/* The path of a file beside the plan, "ID.<suffix>" in the folder of `state`; malloc'd. */
char *store_path(struct trust *trust, const char *id, enum plan_state state, const char *suffix);
/* Appends a file beside a plan to out (up to its limit): -ENOENT; -EACCES or -ELOOP: not a plain file of this
 * user alone; -EFBIG; other -errno. */
int store_load_beside(struct trust *trust, const char *id, enum plan_state state, const char *suffix,
                      struct buf *out);
/* Calls f for every plan of a state; unreadable files are skipped with a log line. */
int store_each(struct trust *trust, enum plan_state state, int (*f)(void *arg, const struct plan *plan),
               void *arg);
/* Removes waiting plans past their expiry and done ones older than undo.keep, recorded in the ledger. */
void store_prune(struct trust *trust);

/* ---- secrets (secret.c): values in memory under the plan's id */

int secret_keep(struct trust *trust, const char *plan_id, int64_t expires_s, const char *name,
                const char *value, size_t len);
/* Calls use with the value; -ENOENT when it is not there any more (restart, expiry). */
int secret_use(struct trust *trust, const char *plan_id, const char *name,
               int (*use)(void *arg, const char *value, size_t len), void *arg);
void secret_forget(struct trust *trust, const char *plan_id); /* wipes; NULL: all of them */
/* 64 hex digits: HMAC-SHA256(key, nonce 0x00 || name 0x00 || value). */
int secret_commitment(struct trust *trust, const char *nonce, const char *name, const char *value, size_t len,
                      char ret_hex[65]);

#endif
