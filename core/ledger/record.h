/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the ledger: made, taken apart and checked by position, without parsing JSON. Pure functions. */
#ifndef PROXIMO_LEDGER_RECORD_H
#define PROXIMO_LEDGER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct crypto_module;
struct crypto_hmac;

#define RECORD_TAIL ((size_t)222) /* from `,"leaf"` to the brace that ends the line */

/* Where the chain stands after a record; all zero before the first. */
struct head {
    uint64_t seq;
    int64_t time_us;
    int64_t end; /* offset behind the record's newline */
    unsigned char hash[32], mac[32];
};

struct record {
    uint64_t seq, epoch;
    int64_t time_us;
    char key_id[17];
    char kind[33];
    size_t body;    /* where BODY starts; equal to `covered` when there is none */
    size_t covered; /* length of P */
    unsigned char prev[32], leaf[32], hash[32], mac[32];
};

/* What is hashed with; hmac NULL: MACs are not checked. */
struct seal {
    const struct crypto_module *crypto;
    struct crypto_hmac *hmac;
    char key_id[17];
};

bool hex_read(const char *text, size_t digits, unsigned char *ret);
bool record_kind_ok(const char *kind); /* 1 to 32 of a-z and - */

/* The framing of a line without its newline; false: not a record of this format. */
bool record_read(const char *line, size_t len, struct record *ret);
/* The line, newline included, that follows `before`; *ret is the head behind it. 0, -ENOMEM or -EFBIG. */
int record_write(const struct seal *seal, const struct head *before, int64_t time_us, const char *kind,
                 const char *body, size_t body_len, struct buf *out, struct head *ret);
/* Does the line (without newline) follow `before`? NULL and *ret, else what is wrong; "" without memory. */
const char *record_check(const struct seal *seal, const struct head *before, const char *line, size_t len,
                         struct head *ret);

#endif
