/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the ledger: made, taken apart and checked by position, without parsing JSON. Pure functions. */
#ifndef PROXIMO_LEDGER_RECORD_H
#define PROXIMO_LEDGER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct seal;

#define RECORD_TAIL      ((size_t)222) /* from `,"leaf"` to the brace that ends the line */
#define RECORD_TAIL_LEAF 9u            /* where the digits of leaf, hash and mac begin in the tail */
#define RECORD_TAIL_HASH 83u
#define RECORD_TAIL_MAC  156u
#define RECORD_KEY_ID    17u

/* Where the chain stands after a record; all zero before the first. */
struct head {
    uint64_t seq;
    int64_t time_us;
    int64_t end; /* offset behind the record's newline, in its segment */
    unsigned char hash[32], mac[32];
    uint64_t epoch;
    char key_id[RECORD_KEY_ID];   /* of the key that seals what follows in this epoch */
    bool sealed;                  /* the record ended its epoch: what follows is of the next one, */
    char next_key[RECORD_KEY_ID]; /* sealed with this key */
};

struct record {
    uint64_t seq, epoch;
    int64_t time_us;
    char key_id[RECORD_KEY_ID];
    char kind[33];
    size_t body;    /* where BODY starts; equal to `covered` when there is none */
    size_t covered; /* length of P */
    unsigned char prev[32], leaf[32], hash[32], mac[32];
};

/* What the records that say where the tree stands begin their bodies with: checkpoint, epoch-end,
 * segment-start. The tree is that of the records before. */
struct record_tree {
    uint64_t size;
    unsigned char root[32];
    char next_key[RECORD_KEY_ID]; /* epoch-end alone */
    uint64_t first, records;      /* epoch-end: its first record and how many, itself counted */
    uint64_t segment, bytes;      /* segment-start: its number; length and hash of the file before */
    unsigned char sha256[32];
};

/* An even number of lower-case hexadecimal digits as bytes; false: others stand there (ret is then anything).
 */
bool hex_read(const char *text, size_t digits, unsigned char *ret);
bool record_kind_ok(const char *kind); /* 1 to 32 of a-z and - */

/* The framing of a line without its newline; false: not a record of this format. */
bool record_read(const char *line, size_t len, struct record *ret);
/* Does a record of this kind say where the tree stands? */
bool record_has_tree(const struct record *record);
/* Its members; false: they are not as they must be. */
bool record_tree_read(const char *line, const struct record *record, struct record_tree *ret);
/* The line, newline included, that follows `before`; *ret is the head behind it. 0, -ENOMEM or -EFBIG. */
int record_write(struct seal *seal, const struct head *before, int64_t time_us, const char *kind,
                 const char *body, size_t body_len, struct buf *out, struct head *ret);
/* What the chain is after a record that is believed: its own hash and seal are not checked. */
bool record_head(const char *line, size_t len, int64_t end, struct head *ret);
/* Does the line (without newline) follow `before`? NULL, *ret and *ret_record, else what is wrong; "" without
 * memory. ret may be before. */
const char *record_check(struct seal *seal, const struct head *before, const char *line, size_t len,
                         struct head *ret, struct record *ret_record);
/* Are leaf and hash what the line's own bytes and its `prev` make? NULL, else what is wrong. */
const char *record_check_hash(struct seal *seal, const char *line, const struct record *record);

#endif
