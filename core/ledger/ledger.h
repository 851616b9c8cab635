/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: what was planned, consented, refused, executed and what came of it, one JSON record a line,
 * each chained to the one before by a hash and by an HMAC over the exact bytes, and each a leaf of an RFC
 * 6962 tree whose checkpoints are signed. Several processes may write one ledger; a lock file keeps them
 * apart. A ledger that could not be written or synced once is dead for this process: reads go on, changes are
 * refused.
 *
 * A line: {"v":1,"seq":N,"time":MICROSECONDS,"epoch":E,"key":"16 hex","kind":"planned","prev":"64 hex",
 * BODY,"leaf":"64 hex","hash":"64 hex","mac":"64 hex"} and a newline. P is the line up to (not including)
 * `,"leaf"`. leaf = SHA-256(0x00 || P), the leaf of RFC 6962; mac = HMAC-SHA256(the epoch's key,
 * "proximo/ledger/v1/mac" 0x00 || the previous record's mac || P); hash = SHA-256("proximo/ledger/v1/hash"
 * 0x00 || prev's 32 bytes || leaf's || mac's). The tail from `,"leaf"` on has a fixed length, so verification
 * parses no JSON. docs/ledger.md has segments, epochs and checkpoints. All functions may be called from any
 * thread.
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
#define LEDGER_CONSENT   "consent" /* how: "plan-id", "client-attested", "approver-signed" */
#define LEDGER_REFUSED   "refused"
#define LEDGER_EXECUTING "executing"
#define LEDGER_OUTCOME   "outcome"
#define LEDGER_IN_DOUBT  "in-doubt"
#define LEDGER_PRUNED    "pruned"
#define LEDGER_RECOVERED "recovered" /* a torn tail was set aside: offset, length, sha256 */
#define LEDGER_FREEZE    "freeze"
#define LEDGER_THAW      "thaw"
#define LEDGER_LEASE     "lease"   /* act: "granted", "ended" */
#define LEDGER_VERDICT   "verdict" /* a person's word on an execution that was in doubt */
/* Of the ledger itself: nobody else may write these. */
#define LEDGER_EPOCH_END     "epoch-end"     /* size, root, next_key, first, records */
#define LEDGER_SEGMENT_START "segment-start" /* size, root, segment, bytes, sha256 of the file before */

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
/* Signs a checkpoint over what this process appended, if there is anything. Before ledger_free. */
void ledger_close(struct ledger *ledger);
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
/* 32 bytes for another use, the same as long as this ledger lives (HKDF-SHA256, info = purpose). The caller
 * wipes them. */
int ledger_derive(struct ledger *ledger, const char *purpose, unsigned char ret_key[32], struct problem *p);
/* Redaction on: "name":{"redacted":"hmac-sha256:<32 hex>","bytes":N}; off: "name":json. With a comma before
 * it unless at the start of out or behind an opening brace. */
void ledger_put_body(struct ledger *ledger, struct buf *out, const char *name, const char *json, size_t len);
/* The record with this number as JSON text; -ENOENT. Reads backwards as ledger_each_back does. */
int ledger_find(struct ledger *ledger, uint64_t seq, struct buf *ret_line, struct problem *p);
/*
 * Calls f for every record from the newest on, until it returns non-zero, which is returned. line has no
 * newline. Each line is checked against the hash that the one after it names, the newest against the sealed
 * head: a record that was changed or left out is PX-LEDGER. May be called by a function that
 * ledger_append_with runs under the lock.
 */
int ledger_each_back(struct ledger *ledger, int (*f)(void *arg, const char *line, size_t len), void *arg,
                     struct problem *p);

/* ---- verification */

enum ledger_verdict {
    LEDGER_OK = 0,
    LEDGER_BROKEN = 3, /* at record `seq`: edited, reordered, inserted, cut out, or not what was anchored */
    LEDGER_TORN_TAIL = 4,   /* the last line is incomplete; everything before it is good */
    LEDGER_KEY_MISSING = 5, /* chain of hashes good, MACs not checked */
    LEDGER_BEHIND = 6,  /* good, but what was there once is missing: cut, replaced or older than an anchor */
    LEDGER_MISSING = 7, /* no such file */
    LEDGER_UNREADABLE = 8,
    LEDGER_MACS_UNCHECKED =
        9,                  /* good; the seals of the first `unchecked` records need the escrowed first key */
    LEDGER_UNANCHORED = 10, /* good; the last `unanchored` records came after the newest anchor */
};                          /* also the exit codes of `proximo audit verify` */

struct ledger_report {
    enum ledger_verdict verdict;
    uint64_t records;    /* good ones */
    uint64_t seq;        /* BROKEN: where */
    uint64_t unchecked;  /* records whose seals were not checked */
    uint64_t unanchored; /* records behind the newest anchor or expected head, if one was given */
    uint64_t segments, epochs, checkpoints;
    bool anchored;    /* an anchor or an expected head was given, and is in it */
    bool signed_good; /* the newest checkpoint's signature was checked */
    int64_t bytes;    /* of good records */
    char head[65];    /* hash of the last good record; "" for an empty ledger */
    char root[65];    /* of the tree of all good records */
    int64_t first_us, last_us;
    char why[256];
};

/* A checkpoint that was kept elsewhere, whose signature the caller has checked. */
struct ledger_anchor_point {
    uint64_t size;
    unsigned char root[32];
};

struct ledger_verify_options {
    const char *file;
    const char *key_file;          /* the ledger's, or the escrowed first key; NULL: none */
    const char *expected_head;     /* NULL: none */
    const struct note_key *signer; /* checks the newest checkpoint's signature; NULL: not checked */
    const struct ledger_anchor_point *anchors; /* any order */
    size_t anchor_count;
};
/*
 * Verifies a ledger, all its segments, without writing, or locking for longer than its size is read. Result
 * in ret; negative only without memory, or for an expected head that is none. Needs no site and no plane.
 */
int ledger_verify_with(const struct ledger_verify_options *options, struct ledger_report *ret,
                       struct problem *p);
/* The same with less to check by. */
int ledger_verify(const char *file, const char *key_file, const char *expected_head,
                  struct ledger_report *ret, struct problem *p);
/* The ledger of this configuration, by its key, its expected head (or the one that is given) and the public
 * key beside its signing key. PX-LEDGER when it is not known where it is. */
int ledger_verify_configured(const struct config *config, const char *expected_head,
                             struct ledger_report *ret, struct problem *p);
/* "ok", "broken", ...; and is what is there good, whatever could not be checked? */
const char *ledger_verdict_name(enum ledger_verdict verdict);
bool ledger_verdict_good(enum ledger_verdict verdict);
/* {"verdict":"ok","records":N,"head":"...",...} for audit_verify and `proximo audit verify --json`. */
void ledger_report_json(const struct ledger_report *report, struct buf *out);
/* The first key (K0) as the text of a key file, to be kept off this machine: with it all seals can be checked
 * later. -ENOKEY (PX-LEDGER): its epoch has ended, and it is gone. The caller wipes *out. */
int ledger_escrow(struct ledger *ledger, struct buf *out, struct problem *p);
/* Where the ledger of this configuration and its key are; malloc'd. */
char *ledger_file(const struct config *config);
char *ledger_key_file(const struct config *config);
char *ledger_sign_file(const struct config *config);

/* ---- the tree and its signed checkpoints (note.h, merkle.h) */

#define LEDGER_CHECKPOINT "checkpoint" /* size, root, note: the tree before this very record */

struct merkle_proof;
struct note_key;

struct ledger_checkpoint {
    uint64_t size; /* records it covers: 1 to size */
    int64_t time_us;
    unsigned char root[32];
    struct buf note; /* C2SP signed note; the caller's: buf_done */
};
/*
 * Signs the tree as it is now; recorded, and written to "<ledger>.checkpoint", unless the newest record is a
 * checkpoint, which is then returned. ret->note is to be BUF_INIT(NOTE_LIMIT). PX-LEDGER, PX-SECRET-FILE.
 */
int ledger_checkpoint(struct ledger *ledger, struct ledger_checkpoint *ret, struct problem *p);
/* The newest recorded checkpoint, without making one; -ENOENT when there is none. */
int ledger_last_checkpoint(struct ledger *ledger, struct ledger_checkpoint *ret, struct problem *p);
/* The root over the first `size` records, out of the stored tree; -ENOENT: there are not so many. */
int ledger_root_at(struct ledger *ledger, uint64_t size, unsigned char ret_root[32], struct problem *p);
/* A record, and its inclusion proof in the tree of `size` records. */
int ledger_prove(struct ledger *ledger, uint64_t seq, uint64_t size, struct buf *ret_line,
                 struct merkle_proof *ret, struct problem *p);
int ledger_prove_consistency(struct ledger *ledger, uint64_t first, uint64_t second, struct merkle_proof *ret,
                             struct problem *p);
/* The key that signs checkpoints; its name is the origin. Public half only. */
int ledger_note_key(struct ledger *ledger, struct note_key *ret, struct problem *p);
/* Calls f for every file of the ledger, the oldest segment first, the live one last, until f returns
 * non-zero, which is returned. By file name alone: no key, no lock. */
int ledger_each_segment(const char *file, int (*f)(void *arg, const char *path, bool live), void *arg,
                        struct problem *p);

#endif
