/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: what was planned, consented, refused, executed and what came of it, one JSON record a line,
 * each chained to the one before by a hash and by an HMAC over the exact bytes. Several processes may write
 * one ledger; a lock file keeps them apart. A ledger that could not be written or synced once is dead for
 * this process: reads go on, changes are refused.
 *
 * A line: {"v":1,"seq":N,"time":MICROSECONDS,"epoch":0,"key":"16 hex","kind":"planned","prev":"64 hex",
 * BODY,"leaf":"64 hex","hash":"64 hex","mac":"64 hex"} and a newline. P is the line up to (not including)
 * `,"leaf"`. leaf = SHA-256(0x00 || P), the leaf of RFC 6962; hash = SHA-256("proximo/ledger/v1/hash" 0x00 ||
 * prev's 32 bytes || leaf's 32 bytes); mac = HMAC-SHA256(key, "proximo/ledger/v1/mac" 0x00 || the previous
 * record's mac || P). The tail from `,"leaf"` on has a fixed length, so verification parses no JSON. All
 * functions may be called from any thread.
 */
#ifndef PROXIMO_LEDGER_LEDGER_H
#define PROXIMO_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

#define LEDGER_RECORD_LIMIT ((size_t)256 << 10) /* bytes of one line */

/* Kinds of records; `body` in docs/ledger.md. */
#define LEDGER_RUN_START "run-start" /* version, mode, config hash, principal, planes with hashes */
#define LEDGER_CONFIG    "config"    /* configuration or mode differs from the last run's */
#define LEDGER_PLANNED   "planned"
#define LEDGER_CONSENT   "consent" /* how: "plan-id", "client-attested" */
#define LEDGER_REFUSED   "refused"
#define LEDGER_EXECUTING "executing"
#define LEDGER_OUTCOME   "outcome"
#define LEDGER_IN_DOUBT  "in-doubt"
#define LEDGER_PRUNED    "pruned"
#define LEDGER_RECOVERED "recovered" /* a torn tail was set aside: offset, length, sha256 */

struct config;
struct ledger;

struct ledger_receipt {
    uint64_t seq; /* from 1 */
    int64_t time_us;
    char hash[65]; /* the head of the ledger at this record */
};

/* Nothing is opened or made yet. Copies what it needs (ledger.*, state_dir). */
int ledger_new(const struct config *config, struct ledger **ret);
void ledger_free(struct ledger *ledger);
/*
 * Opens or makes the ledger and its key, checks the tail, sets a torn one aside. Called by the others by
 * itself. 0, or negative and p (PX-LEDGER; PX-SECRET-FILE for the key): then nothing may be changed.
 */
int ledger_ready(struct ledger *ledger, struct problem *p);
/*
 * Appends a record and syncs it (fdatasync) before it returns. `body`: members as JSON text without the outer
 * braces ("\"a\":1,\"b\":2"), checked to be such and cut nowhere: too long is an error. ret may be NULL.
 */
int ledger_append(struct ledger *ledger, const char *kind, const char *body, size_t len,
                  struct ledger_receipt *ret, struct problem *p);
/*
 * The same, with `first` run under the ledger's lock before the record is written: what makes a plan
 * single-use. first returning negative ends it (its p, nothing written). When writing fails afterwards,
 * `undo` is run under the lock.
 */
int ledger_append_with(struct ledger *ledger, int (*first)(void *arg, struct problem *p),
                       void (*undo)(void *arg), void *arg, const char *kind, const char *body, size_t len,
                       struct ledger_receipt *ret, struct problem *p);
/* Why the ledger is dead; code "" while it is not. */
void ledger_state(struct ledger *ledger, struct problem *ret);
/* 32 bytes derived from the ledger's key for another use (HKDF-SHA256, info = purpose). The caller wipes
 * them. */
int ledger_derive(struct ledger *ledger, const char *purpose, unsigned char ret_key[32], struct problem *p);
/* Redaction on: "name":{"redacted":"hmac-sha256:<32 hex>","bytes":N}; off: "name":json. With a comma before
 * it unless at the start of out or behind an opening brace. */
void ledger_put_body(struct ledger *ledger, struct buf *out, const char *name, const char *json, size_t len);
/* The record with this number as JSON text; -ENOENT. May read the whole file. */
int ledger_find(struct ledger *ledger, uint64_t seq, struct buf *ret_line, struct problem *p);
/* Calls f for every record from the newest on, until it returns non-zero, which is returned. line has no
 * newline. */
int ledger_each_back(struct ledger *ledger, int (*f)(void *arg, const char *line, size_t len), void *arg,
                     struct problem *p);

/* ---- verification */

enum ledger_verdict {
    LEDGER_OK = 0,
    LEDGER_BROKEN = 3,      /* at record `seq`: edited, reordered, inserted, cut out */
    LEDGER_TORN_TAIL = 4,   /* the last line is incomplete; everything before it is good */
    LEDGER_KEY_MISSING = 5, /* chain of hashes good, MACs not checked */
    LEDGER_BEHIND = 6,      /* good, but the expected head is not in it: cut or replaced */
    LEDGER_MISSING = 7,     /* no such file */
    LEDGER_UNREADABLE = 8,
}; /* also the exit codes of `proximo audit verify` */

struct ledger_report {
    enum ledger_verdict verdict;
    uint64_t records; /* good ones */
    uint64_t seq;     /* BROKEN: where */
    int64_t bytes;    /* of good records */
    char head[65];    /* hash of the last good record; "" for an empty ledger */
    int64_t first_us, last_us;
    char why[256];
};
/* Verifies a ledger without writing or locking for longer than its size is read. key_file NULL: no key.
 * expected_head NULL: none. Result in ret; negative only without memory. Needs no site and no plane. */
int ledger_verify(const char *file, const char *key_file, const char *expected_head,
                  struct ledger_report *ret, struct problem *p);
/* {"verdict":"ok","records":N,"head":"...",...} for audit_verify and `proximo audit verify --json`. */
void ledger_report_json(const struct ledger_report *report, struct buf *out);
/* Where the ledger of this configuration and its key are; malloc'd. */
char *ledger_file(const struct config *config);
char *ledger_key_file(const struct config *config);

#endif
