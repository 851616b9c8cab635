/* SPDX-License-Identifier: Apache-2.0 */
/* The tree as it grows: RFC 6962 section 2.1. */
#include "ledger/merkle.h"

#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "ledger/merkle_inner.h"

int merkle_node(const struct merkle_hasher *hasher, const unsigned char left[32],
                const unsigned char right[32], unsigned char ret[32])
{
    unsigned char both[65] = {0x01}; /* a node, not a leaf; one piece is hashed faster than three */
    const struct crypto_piece piece = {both, sizeof both};

    memcpy(both + 1, left, 32);
    memcpy(both + 33, right, 32);
    return hasher->crypto->sha256_with(hasher->sha256, &piece, 1, ret);
}

int merkle_add(const struct merkle_hasher *hasher, struct merkle *tree, const unsigned char leaf[32],
               merkle_made *made, void *arg)
{
    unsigned char hash[32];
    unsigned level = 0;

    if (tree->size == UINT64_MAX)
        return -EOVERFLOW;
    memcpy(hash, leaf, 32);
    int r = made ? made(arg, 0, tree->size, hash) : 0;
    for (; r == 0 && tree->size >> level & 1; r = made ? made(arg, level, tree->size >> level, hash) : 0) {
        r = merkle_node(hasher, tree->peaks[level], hash, hash);
        if (r < 0)
            return r;
        level++;
    }
    if (r != 0)
        return r;
    memcpy(tree->peaks[level], hash,
           32); /* the bit of this level was clear: nothing of the old tree is lost */
    tree->size++;
    return 0;
}

int merkle_root(const struct merkle_hasher *hasher, const struct merkle *tree, unsigned char ret[32])
{
    unsigned char hash[32];
    unsigned level = 0;

    if (tree->size == 0)
        return hasher->crypto->sha256_with(hasher->sha256, NULL, 0, ret);
    while (!(tree->size >> level & 1))
        level++;
    memcpy(hash, tree->peaks[level], 32);
    for (level++; level < MERKLE_LEVELS && tree->size >> level; level++) {
        int r = tree->size >> level & 1 ? merkle_node(hasher, tree->peaks[level], hash, hash) : 0;
        if (r < 0)
            return r;
    }
    memcpy(ret, hash, 32);
    return 0;
}

/* The complete subtrees of the `size` leaves from leaf `start` on, which is a multiple of a power of two that
 * is not below size. */
static int edge_of(uint64_t start, uint64_t size, merkle_read *read, void *arg, struct merkle *ret)
{
    ret->size = size;
    for (unsigned level = 0; level < MERKLE_LEVELS && size >> level; level++) {
        if (!(size >> level & 1))
            continue;
        int r = read(arg, level, (start >> level) + (size >> level) - 1, ret->peaks[level]);
        if (r != 0)
            return r;
    }
    return 0;
}

int merkle_edge(uint64_t size, merkle_read *read, void *arg, struct merkle *ret)
{
    struct merkle tree = {.size = 0};
    int r = edge_of(0, size, read, arg, &tree);

    if (r == 0)
        *ret = tree;
    return r;
}

int merkle_range(const struct merkle_hasher *hasher, uint64_t start, uint64_t size, merkle_read *read,
                 void *arg, unsigned char ret[32])
{
    struct merkle tree = {.size = 0};
    int r = edge_of(start, size, read, arg, &tree);

    return r == 0 ? merkle_root(hasher, &tree, ret) : r;
}

uint64_t merkle_stored_count(uint64_t leaves)
{
    return 2 * leaves - (uint64_t)__builtin_popcountll(leaves);
}

/* A subtree is made by its last leaf: after everything that was made before this leaf, and after its own
 * subtrees that end there, one of each level below. */
uint64_t merkle_stored_index(unsigned level, uint64_t index)
{
    return merkle_stored_count(((index + 1) << level) - 1) + level;
}
