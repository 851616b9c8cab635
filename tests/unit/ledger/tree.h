/* SPDX-License-Identifier: Apache-2.0 */
/* A Merkle tree for tests: leaves, and MTH, PATH and PROOF written down as RFC 6962 section 2.1 defines them,
 * by OpenSSL alone. */
#ifndef PROXIMO_TESTS_LEDGER_TREE_H
#define PROXIMO_TESTS_LEDGER_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/merkle.h"

#define TREE_LEAVES 300u

extern unsigned char tree_leaves[TREE_LEAVES][32]; /* hashes of leaves */

void tree_fill(void);                                                 /* leaf i is "leaf i" */
void tree_leaf(const void *bytes, size_t len, unsigned char ret[32]); /* SHA-256(0x00 || bytes) */
void tree_mth(size_t start, size_t end, unsigned char ret[32]);
void tree_path(size_t index, size_t size, struct merkle_proof *ret);
void tree_consistency(size_t first, size_t second, struct merkle_proof *ret);
/* A merkle_read over tree_leaves. */
int tree_read(void *arg, unsigned level, uint64_t index, unsigned char ret[32]);
/* A hasher of this thread. */
const struct merkle_hasher *tree_hasher(void);

#endif
