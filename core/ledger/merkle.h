/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Merkle tree of RFC 6962 section 2.1 over the ledger's records: leaf i is record i + 1. Pure functions;
 * what is stored is read through a callback. Callable from any thread.
 */
#ifndef PROXIMO_LEDGER_MERKLE_H
#define PROXIMO_LEDGER_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERKLE_LEVELS 64u

struct crypto_sha256;
struct crypto_module;

/* What hashes: one context, one thread at a time. */
struct merkle_hasher {
    const struct crypto_module *crypto;
    struct crypto_sha256 *sha256;
};

/* The right edge of a tree: the roots of its complete subtrees, those of bit k of `size` at peaks[k]. */
struct merkle {
    uint64_t size;
    unsigned char peaks[MERKLE_LEVELS][32];
};

struct merkle_proof {
    size_t count;
    unsigned char hashes[2 * MERKLE_LEVELS][32];
};

/* The root of the complete subtree of 2^level leaves that begins at leaf index * 2^level. 0 or negative. */
typedef int merkle_read(void *arg, unsigned level, uint64_t index, unsigned char ret[32]);
/* Told of every complete subtree that a new leaf makes, level 0 (the leaf itself) first; may be NULL. */
typedef int merkle_made(void *arg, unsigned level, uint64_t index, const unsigned char hash[32]);

/* Adds a leaf hash. 0, -ENOMEM, or what made returns (the tree is then unchanged). */
int merkle_add(const struct merkle_hasher *hasher, struct merkle *tree, const unsigned char leaf[32],
               merkle_made *made, void *arg);
/* MTH; of an empty tree SHA-256 of nothing. */
int merkle_root(const struct merkle_hasher *hasher, const struct merkle *tree, unsigned char ret[32]);
/* The right edge of the tree of `size` leaves out of stored hashes. */
int merkle_edge(uint64_t size, merkle_read *read, void *arg, struct merkle *ret);

/* PATH(index, D[size]); -EINVAL when index is not below size. */
int merkle_inclusion(const struct merkle_hasher *hasher, uint64_t index, uint64_t size, merkle_read *read,
                     void *arg, struct merkle_proof *ret);
/* PROOF(first, D[second]); empty when first is 0 or equal; -EINVAL when first is above second. */
int merkle_consistency(const struct merkle_hasher *hasher, uint64_t first, uint64_t second, merkle_read *read,
                       void *arg, struct merkle_proof *ret);
/* RFC 9162 sections 2.1.3.2 and 2.1.4.2. */
bool merkle_inclusion_holds(const struct merkle_hasher *hasher, uint64_t index, uint64_t size,
                            const unsigned char leaf[32], const struct merkle_proof *proof,
                            const unsigned char root[32]);
bool merkle_consistency_holds(const struct merkle_hasher *hasher, uint64_t first, uint64_t second,
                              const unsigned char first_root[32], const unsigned char second_root[32],
                              const struct merkle_proof *proof);

/* Where a stored hash stands when every complete subtree is written down as it is made, and how many there
 * are for so many leaves. */
uint64_t merkle_stored_index(unsigned level, uint64_t index);
uint64_t merkle_stored_count(uint64_t leaves);

#endif
