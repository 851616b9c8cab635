/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that seal records, epoch by epoch. The key of an epoch makes three others by HKDF-SHA256: the one
 * of its seals (HMAC), its id, and the key of the next epoch. Who has the key of an epoch can make all later
 * ones and none of the earlier.
 */
#ifndef PROXIMO_LEDGER_SEAL_H
#define PROXIMO_LEDGER_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "ledger/record.h"

struct crypto_module;
struct crypto_hmac;
struct crypto_sha256;

#define LEDGER_ORIGIN_SIZE 64u /* of the name of a ledger, with its NUL */

/* What a key file holds. The escrowed first key (K0) is such a file of epoch 0 without `derive`. */
struct ledger_key {
    uint64_t epoch;
    unsigned char key[32];
    char origin[LEDGER_ORIGIN_SIZE]; /* the ledger's name in its checkpoints */
    bool has_derive;
    unsigned char derive[32]; /* for what must outlive epochs: ids of plans, commitments, redaction */
};

struct seal_key {
    uint64_t epoch;
    unsigned char key[32];
};

/* One thread at a time. Without a key (has_key false) MACs are not checked. */
struct seal {
    const struct crypto_module *crypto;
    struct crypto_sha256 *sha256;
    bool has_key;
    struct seal_key base, now; /* the earliest that is known, the one in use */
    struct crypto_hmac *hmac;  /* of `now` */
    char key_id[RECORD_KEY_ID];
    uint64_t
        unchecked; /* records that record_check let pass without checking their MAC: of epochs before base */
};

/* key NULL: none. 0, or negative and p (no module, no memory). */
int seal_init(struct seal *seal, const struct ledger_key *key, struct problem *p);
void seal_done(struct seal *seal);
/* Makes `now` the key of this epoch. 0; -ENOKEY: it is of before what is known; -ENOMEM. */
int seal_move(struct seal *seal, uint64_t epoch);
/* The next epoch's key takes the place of this one's, which is wiped, in key as well. -ENOMEM: nothing
 * changed. */
int seal_evolve(struct seal *seal, struct ledger_key *key);
/* The id of the key after `now`. */
int seal_next_id(struct seal *seal, char ret[RECORD_KEY_ID]);

#endif
