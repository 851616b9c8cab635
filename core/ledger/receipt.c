/* SPDX-License-Identifier: Apache-2.0 */
/* A receipt checked, with nothing but itself and a public key. */
#include "ledger/receipt.h"

#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "ledger/merkle.h"
#include "ledger/receipt_inner.h"
#include "ledger/record.h"
#include "ledger/seal.h"

#define CLEANUP_RECEIPT __attribute__((cleanup(receipt_done)))

void receipt_facts_done(struct receipt_facts *facts)
{
    buf_done(&facts->record);
}

static int no_memory(struct problem *p)
{
    return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a receipt");
}

int receipt_origin(const char *bytes, size_t len, char ret[NOTE_NAME_SIZE], struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    CLEANUP_RECEIPT struct receipt receipt = {.json = NULL};
    struct problem why = PROBLEM_INIT;
    struct checkpoint checkpoint;

    if (!crypto)
        return -ELIBACC;
    int r = receipt_parse(crypto, bytes, len, &receipt, p);
    if (r < 0)
        return r;
    if (checkpoint_parse(crypto, receipt.note, receipt.note_len, &checkpoint, &why) < 0)
        return receipt_bad(p, "its checkpoint cannot be read: %s", why.cause);
    memcpy(ret, checkpoint.origin, sizeof checkpoint.origin);
    return 0;
}

/* The line by itself: its form, and that leaf and hash are those of its own bytes. */
static int record_holds(struct seal *seal, const struct receipt *receipt, struct record *ret,
                        struct problem *p)
{
    if (!record_read(receipt->line, receipt->line_len, ret))
        return receipt_bad(p, "its record is not one of this ledger's format");
    const char *wrong = record_check_hash(seal, receipt->line, ret);
    if (wrong && !*wrong)
        return no_memory(p);
    return wrong ? receipt_bad(p, "its record was changed: %s", wrong) : 0;
}

/* The checkpoint: signed by exactly this key, and of the ledger that the key is named after. */
static int signature_holds(const struct crypto_module *crypto, const struct receipt *receipt,
                           const struct note_key *key, struct checkpoint *ret, struct problem *p)
{
    struct problem why = PROBLEM_INIT;

    if (checkpoint_parse(crypto, receipt->note, receipt->note_len, ret, &why) < 0)
        return receipt_bad(p, "its checkpoint cannot be read: %s", why.cause);
    switch (note_verify(crypto, receipt->note, receipt->note_len, key, NULL)) {
    case 0: break;
    case -ENOENT:
        return receipt_bad(p, "its checkpoint, of %s, is not signed by this key of %s", ret->origin,
                           key->name);
    case -ENOMEM: return no_memory(p);
    default: return receipt_bad(p, "its checkpoint was changed: a signature is wrong or a line is none");
    }
    if (strcmp(ret->origin, key->name) != 0)
        return receipt_bad(p, "its checkpoint is of another ledger, %s, than its key, %s", ret->origin,
                           key->name);
    return 0;
}

static int inclusion_holds(const struct seal *seal, const struct receipt *receipt,
                           const struct record *record, const struct checkpoint *checkpoint,
                           struct problem *p)
{
    const struct merkle_hasher hasher = {seal->crypto, seal->sha256};

    if (record->seq == 0 || receipt->index != record->seq - 1)
        return receipt_bad(p, "its proof is of another record: of %llu, not of %llu",
                           (unsigned long long)receipt->index + 1, (unsigned long long)record->seq);
    if (receipt->index >= checkpoint->size)
        return receipt_bad(p, "its checkpoint is older than the record: it covers %llu records",
                           (unsigned long long)checkpoint->size);
    if (!merkle_inclusion_holds(&hasher, receipt->index, checkpoint->size, record->leaf, &receipt->proof,
                                checkpoint->root))
        return receipt_bad(p, "its record is not in the tree that was signed, at this place");
    return 0;
}

static int witness_holds(const struct crypto_module *crypto, const struct receipt *receipt,
                         const struct note_key *witness, int64_t *ret_time_s, struct problem *p)
{
    *ret_time_s = -1;
    if (!witness)
        return 0;
    switch (note_verify(crypto, receipt->note, receipt->note_len, witness, ret_time_s)) {
    case 0: return 0;
    case -ENOENT: return receipt_bad(p, "the witness %s has not signed its checkpoint", witness->name);
    case -ENOMEM: return no_memory(p);
    default: return receipt_bad(p, "the signature of the witness %s is wrong", witness->name);
    }
}

static int keys_fit(const struct note_key *key, const struct note_key *witness, struct problem *p)
{
    int r = 0;

    if (key->algorithm != NOTE_ED25519)
        r = problem_set(p, -EINVAL, PX_ARG, "the key of %s is a witness's, not a ledger's", key->name);
    else if (witness && witness->algorithm != NOTE_COSIGNATURE)
        r = problem_set(p, -EINVAL, PX_ARG, "the key of %s is not a witness's: it signs no cosignature/v1",
                        witness->name);
    if (r < 0)
        problem_next(p, "take the keys as they were handed out: the ledger's, and the witness's beside it");
    return r;
}

int receipt_check(const char *bytes, size_t len, const struct note_key *key, const struct note_key *witness,
                  struct receipt_facts *ret, struct problem *p)
{
    CLEANUP_RECEIPT struct receipt receipt = {.json = NULL};
    struct checkpoint checkpoint = {.size = 0};
    struct record record = {.seq = 0};
    struct seal seal; /* without a key: what everybody can compute */
    int64_t witness_s = -1;

    int r = seal_init(&seal, NULL, p);
    if (r < 0)
        return r;
    r = keys_fit(key, witness, p);
    if (r == 0)
        r = receipt_parse(seal.crypto, bytes, len, &receipt, p);
    if (r == 0)
        r = record_holds(&seal, &receipt, &record, p);
    if (r == 0)
        r = signature_holds(seal.crypto, &receipt, key, &checkpoint, p);
    if (r == 0)
        r = inclusion_holds(&seal, &receipt, &record, &checkpoint, p);
    if (r == 0)
        r = witness_holds(seal.crypto, &receipt, witness, &witness_s, p);
    seal_done(&seal);
    if (r < 0)
        return r;
    buf_reset(&ret->record);
    buf_add(&ret->record, receipt.line, receipt.line_len);
    if (!buf_ok(&ret->record))
        return no_memory(p);
    ret->seq = record.seq;
    ret->size = checkpoint.size;
    ret->time_us = record.time_us;
    memcpy(ret->kind, record.kind, sizeof ret->kind);
    text_hex(record.hash, 32, ret->hash);
    memcpy(ret->origin, checkpoint.origin, sizeof ret->origin);
    ret->witness_s = witness_s;
    return 0;
}
