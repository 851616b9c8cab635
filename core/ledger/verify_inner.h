/* SPDX-License-Identifier: Apache-2.0 */
/* Verification in two parts: lines, which need only the one before and are checked side by side, and what
 * needs all before: the tree, epochs, segments. */
#ifndef PROXIMO_LEDGER_VERIFY_INNER_H
#define PROXIMO_LEDGER_VERIFY_INNER_H

#include "ledger/ledger.h"
#include "ledger/ledger_inner.h"

#define VERIFY_SLICE ((size_t)1 << 20)

/* A record that says where the tree stands, within a slice. */
struct verify_mark {
    size_t at, len; /* its line */
    size_t index;   /* which of the slice's records */
};

/* Some lines of one file. */
struct verify_slice {
    const char *bytes;
    size_t len;
    struct head before;            /* what the first line must follow */
    const unsigned char *expected; /* hash to look for, or NULL */
    /* results */
    struct head after; /* behind the last good line */
    const char *why;   /* NULL: all are good; "" no memory */
    size_t bad_at, bad_len;
    uint64_t unchecked, seen; /* seq of the record with the expected hash; 0: none */
    int64_t first_us;
    unsigned char (*leaves)[32];
    size_t count, room;
    struct verify_mark *marks;
    size_t mark_count, mark_room;
};

/* Checks the lines; results are kept in slice, whose arrays are used again. */
void verify_slice(struct seal *seal, struct verify_slice *slice);
void verify_slice_done(struct verify_slice *slice);

struct verification {
    const struct ledger_verify_options *options;
    struct ledger_report *report;
    struct ledger_key key;
    bool has_key;
    char no_key[200];
    struct seal seal; /* of this thread; its sha256 for the tree */
    struct head head;
    struct merkle tree;
    uint64_t epoch_first;
    unsigned char expected[32];
    bool expects;
    uint64_t anchor;                     /* newest good size of an anchor or the expected head */
    struct ledger_anchor_point *anchors; /* sorted by size */
    size_t anchor_at;                    /* next to be compared */
    struct buf newest_note;              /* of the newest checkpoint */
    unsigned char newest_root[32];
    uint64_t newest_size;
    uint32_t segment; /* of the file being read */
    int64_t file_bytes_before;
};

/* Sets the verdict, with a reason; 1. */
int verify_verdict(struct verification *v, enum ledger_verdict what, const char *why, ...)
    __attribute__((format(printf, 3, 4)));
/* verify_tree.c: takes the good lines of a slice in; 1: the verdict stands; -ENOMEM. */
int verify_take(struct verification *v, struct verify_slice *slice);
/* verify_read.c: one file; `live`: it may end in a torn line. 0, 1 or -ENOMEM. */
struct verify_pool;
int verify_pool_new(struct verify_pool **ret);
void verify_pool_free(struct verify_pool *pool);
int verify_file(struct verification *v, struct verify_pool *pool, int fd, int64_t size, bool live);

#endif
