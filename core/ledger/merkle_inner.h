/* SPDX-License-Identifier: Apache-2.0 */
/* What the tree (merkle.c) and its proofs (merkle_proof.c) share. */
#ifndef PROXIMO_LEDGER_MERKLE_INNER_H
#define PROXIMO_LEDGER_MERKLE_INNER_H

#include <stdint.h>

#include "ledger/merkle.h"

/* SHA-256(0x01 || left || right); ret may be one of them. 0 or -ENOMEM. */
int merkle_node(const struct merkle_hasher *hasher, const unsigned char left[32],
                const unsigned char right[32], unsigned char ret[32]);
/* MTH(D[start:start + size]) out of stored hashes, for a range as the recursion of RFC 6962 makes them: start
 * is a multiple of a power of two that is not below size, which is not 0. */
int merkle_range(const struct merkle_hasher *hasher, uint64_t start, uint64_t size, merkle_read *read,
                 void *arg, unsigned char ret[32]);

#endif
