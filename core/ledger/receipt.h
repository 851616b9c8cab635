/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A receipt: one record of the ledger, with what shows anybody who has the ledger's public key that the
 * record is in it. JSON:
 *
 *     {"format":"proximo-receipt-1","record":"LINE","proof":"TLOG-PROOF"}
 *
 * LINE is the record's line without its newline, byte for byte; TLOG-PROOF is c2sp.org/tlog-proof@v1 without
 * extra data: the index, the hashes of the inclusion proof, an empty line, and the checkpoint. The leaf
 * covers the line up to `,"leaf"`. `hash` and `mac` behind it must fit the rest and each other; that this is
 * the seal takes the ledger's secret key to check.
 */
#ifndef PROXIMO_LEDGER_RECEIPT_H
#define PROXIMO_LEDGER_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "ledger/ledger.h"
#include "ledger/note.h"

struct crypto_module;
struct merkle_proof;

#define RECEIPT_FORMAT "proximo-receipt-1"
#define RECEIPT_LIMIT  (2 * LEDGER_RECORD_LIMIT + ((size_t)64 << 10)) /* a line has no control characters */

/* What a good receipt shows. */
struct receipt_facts {
    uint64_t seq, size; /* record `seq` of a ledger that had `size` records when its checkpoint was signed */
    int64_t time_us;    /* of the record, by the clock of the server */
    char kind[33];
    char hash[65];               /* of the record */
    char origin[NOTE_NAME_SIZE]; /* name of the ledger */
    int64_t witness_s;           /* when the witness signed, seconds since 1970; -1: none was asked for */
    struct buf record;           /* the line; the caller's: receipt_facts_done */
};
#define RECEIPT_FACTS_INIT ((struct receipt_facts){.record = BUF_INIT(LEDGER_RECORD_LIMIT)})
void receipt_facts_done(struct receipt_facts *facts);

/* Writes a receipt of its parts, which are not checked. A failure sticks to out. Any thread. */
void receipt_put(const struct crypto_module *crypto, const char *line, size_t len, uint64_t index,
                 const struct merkle_proof *proof, const char *note, size_t note_len, struct buf *out);
/*
 * The receipt of record `seq`, by the newest checkpoint that covers it; when none does, one is signed, which
 * adds a record. 0, or negative and p: -ENOENT: no such record; PX-LEDGER. Any thread; blocks on the disk.
 */
int receipt_make(struct ledger *ledger, uint64_t seq, struct buf *out, struct problem *p);
/* The name of the ledger that a receipt claims to be of. Not verified: only to complete a key that came
 * without a name, before receipt_check. -EBADMSG and PX-RECEIPT. */
int receipt_origin(const char *bytes, size_t len, char ret[NOTE_NAME_SIZE], struct problem *p);
/*
 * Is it the receipt of a record in the ledger of exactly this key? witness (may be NULL): and has this
 * witness cosigned the checkpoint? 0 and *ret; -EBADMSG and PX-RECEIPT with what is wrong; -EINVAL and
 * PX-ARG: the keys cannot be used so; -ENOMEM. Pure: no file, no server. Any thread. ret is
 * RECEIPT_FACTS_INIT.
 */
int receipt_check(const char *bytes, size_t len, const struct note_key *key, const struct note_key *witness,
                  struct receipt_facts *ret, struct problem *p);

#endif
