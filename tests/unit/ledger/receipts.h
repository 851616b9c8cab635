/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers and receipts for tests, made by OpenSSL from the description in docs/ledger.md. */
#ifndef PROXIMO_TESTS_LEDGER_RECEIPTS_H
#define PROXIMO_TESTS_LEDGER_RECEIPTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ledger/note.h"

#define RECEIPTS_RECORDS 13u

struct receipts {
    unsigned char seed[32];
    struct note_key key;
    char lines[RECEIPTS_RECORDS][1024];
    size_t lens[RECEIPTS_RECORDS], covered[RECEIPTS_RECORDS];
    unsigned char leaves[RECEIPTS_RECORDS][32];
};

/* A ledger of this name with a key of its own; its records speak of guest `guest`. */
void receipts_make(struct receipts *ledger, const char *name, unsigned guest);
/* The signed checkpoint over the first `size` records. */
void receipts_note(const struct receipts *ledger, size_t size, struct buf *out);
/* The receipt of record `seq` in the tree of `size`. */
void receipts_put(const struct receipts *ledger, size_t seq, size_t size, struct buf *out);
/* Of parts: any line, index and note over this ledger's tree. */
void receipts_put_parts(const struct receipts *ledger, size_t line, size_t index, size_t size,
                        const char *note, struct buf *out);

#endif
