/* SPDX-License-Identifier: Apache-2.0 */
/* A receipt made out of the ledger. */
#include <errno.h>

#include "base/crypto.h"
#include "ledger/merkle.h"
#include "ledger/receipt.h"

/* A checkpoint that covers the record: the newest there is, else one that is signed now. */
static int covering(struct ledger *ledger, uint64_t seq, struct ledger_checkpoint *ret, struct problem *p)
{
    struct problem none = PROBLEM_INIT;
    int r = ledger_last_checkpoint(ledger, ret, &none);

    if (r < 0 && r != -ENOENT) {
        *p = none;
        return r;
    }
    if (r < 0 || ret->size < seq) {
        r = ledger_checkpoint(ledger, ret, p);
        if (r < 0)
            return r;
    }
    if (ret->size >= seq)
        return 0;
    r = problem_set(p, -ENOENT, PX_LEDGER, "no checkpoint covers record %llu: the newest is of %llu records",
                    (unsigned long long)seq, (unsigned long long)ret->size);
    problem_next(p, "the newest record is a checkpoint itself; the one after the next record covers it");
    return r;
}

int receipt_make(struct ledger *ledger, uint64_t seq, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    struct ledger_checkpoint checkpoint = {.note = BUF_INIT(NOTE_LIMIT)};
    const struct crypto_module *crypto = crypto_module_get(p);
    struct merkle_proof proof;

    int r = crypto ? ledger_find(ledger, seq, &line, p)
                   : -ELIBACC; /* before a checkpoint is signed for nothing */
    if (r == 0)
        r = covering(ledger, seq, &checkpoint, p);
    if (r == 0)
        r = ledger_prove(ledger, seq, checkpoint.size, &line, &proof, p);
    if (r == 0) {
        receipt_put(crypto, line.data, line.len, seq - 1, &proof, checkpoint.note.data, checkpoint.note.len,
                    out);
        r = buf_ok(out)
                ? 0
                : problem_set(p, out->error, PX_LEDGER, "the receipt is too large, or no memory is left");
    }
    buf_done(&checkpoint.note);
    return r;
}
