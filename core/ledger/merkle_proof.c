/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of inclusion and of consistency: made by RFC 6962 sections 2.1.1 and 2.1.2, checked by RFC 9162
 * sections 2.1.3.2 and 2.1.4.2. */
#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "ledger/merkle_inner.h"

/* The way from the root down to a leaf; what it leaves aside is the proof. */
struct way {
    const struct merkle_hasher *hasher;
    merkle_read *read;
    void *arg;
    uint64_t start, end; /* the range that the way has come to */
    struct merkle_proof proof;
};

static uint64_t split_of(uint64_t size) /* the largest power of two below it; size is above 1 */
{
    return (uint64_t)1 << (63 - __builtin_clzll(size - 1));
}

static int add_range(struct way *way, uint64_t start, uint64_t end)
{
    int r = merkle_range(way->hasher, start, end - start, way->read, way->arg,
                         way->proof.hashes[way->proof.count]);

    way->proof.count += r == 0;
    return r;
}

/* One step down, towards the leaf; the other half goes into the proof. 1: to the left, 2: to the right. */
static int step_down(struct way *way, uint64_t leaf)
{
    const uint64_t middle = way->start + split_of(way->end - way->start);
    const bool left = leaf < middle;
    int r = left ? add_range(way, middle, way->end) : add_range(way, way->start, middle);

    if (r < 0)
        return r;
    if (left)
        way->end = middle;
    else
        way->start = middle;
    return left ? 1 : 2;
}

/* Proofs run from the leaf to the root; the way was the other one. */
static void hand_over(const struct way *way, struct merkle_proof *ret)
{
    ret->count = way->proof.count;
    for (size_t i = 0; i < ret->count; i++)
        memcpy(ret->hashes[i], way->proof.hashes[ret->count - 1 - i], 32);
}

int merkle_inclusion(const struct merkle_hasher *hasher, uint64_t index, uint64_t size, merkle_read *read,
                     void *arg, struct merkle_proof *ret)
{
    struct way way = {.hasher = hasher, .read = read, .arg = arg, .end = size};

    if (index >= size)
        return -EINVAL;
    while (way.end - way.start > 1) {
        int r = step_down(&way, index);
        if (r < 0)
            return r;
    }
    hand_over(&way, ret);
    return 0;
}

int merkle_consistency(const struct merkle_hasher *hasher, uint64_t first, uint64_t second, merkle_read *read,
                       void *arg, struct merkle_proof *ret)
{
    struct way way = {.hasher = hasher, .read = read, .arg = arg, .end = second};
    bool known = true; /* the subtree come to is the first tree itself, whose root the other side has */

    if (first > second)
        return -EINVAL;
    while (first && way.end != first) {
        int r = step_down(&way, first - 1);
        if (r < 0)
            return r;
        known = known && r == 1;
    }
    int r = first && !known ? add_range(&way, way.start, way.end) : 0;
    if (r == 0)
        hand_over(&way, ret);
    return r;
}

/* Up from the leaf, by the bits of two indexes of a level; RFC 9162 calls them fn and sn. */
struct climb {
    uint64_t at, last;
};

static void up(struct climb *climb)
{
    climb->at >>= 1;
    climb->last >>= 1;
}

/* Is the next hash of the proof the left sibling? Then climbs over the levels that have no right one. */
static bool is_left(struct climb *climb)
{
    if (!(climb->at & 1) && climb->at != climb->last)
        return false;
    while (!(climb->at & 1) && climb->at)
        up(climb);
    return true;
}

bool merkle_inclusion_holds(const struct merkle_hasher *hasher, uint64_t index, uint64_t size,
                            const unsigned char leaf[32], const struct merkle_proof *proof,
                            const unsigned char root[32])
{
    struct climb climb = {index, size - 1};
    unsigned char hash[32];

    if (index >= size || proof->count > MERKLE_LEVELS)
        return false;
    memcpy(hash, leaf, 32);
    for (size_t i = 0; i < proof->count; i++) {
        if (climb.last == 0)
            return false;
        int r = is_left(&climb) ? merkle_node(hasher, proof->hashes[i], hash, hash)
                                : merkle_node(hasher, hash, proof->hashes[i], hash);
        if (r < 0)
            return false;
        up(&climb);
    }
    return climb.last == 0 && memcmp(hash, root, 32) == 0;
}

/* Trees of one size, or an empty first one: the proof is empty. */
static bool trivially_holds(const struct merkle_hasher *hasher, uint64_t first, uint64_t second,
                            const unsigned char first_root[32], const unsigned char second_root[32],
                            const struct merkle_proof *proof)
{
    const struct merkle empty = {.size = 0};
    unsigned char none[32];

    if (proof->count != 0 || (first == second && memcmp(first_root, second_root, 32) != 0))
        return false;
    return first != 0 || (merkle_root(hasher, &empty, none) == 0 && memcmp(first_root, none, 32) == 0);
}

bool merkle_consistency_holds(const struct merkle_hasher *hasher, uint64_t first, uint64_t second,
                              const unsigned char first_root[32], const unsigned char second_root[32],
                              const struct merkle_proof *proof)
{
    const bool whole = (first & (first - 1)) == 0; /* a power of two: its root stands for the first hash */
    unsigned char old[32], new[32];
    size_t i = whole ? 0 : 1;

    if (first > second || proof->count > 2 * (size_t)MERKLE_LEVELS)
        return false;
    if (first == 0 || first == second)
        return trivially_holds(hasher, first, second, first_root, second_root, proof);
    if (proof->count == 0)
        return false;
    struct climb climb = {first - 1, second - 1};
    while (climb.at & 1)
        up(&climb);
    memcpy(old, whole ? first_root : proof->hashes[0], 32);
    memcpy(new, old, 32);
    for (; i < proof->count; i++) {
        const unsigned char *hash = proof->hashes[i];
        if (climb.last == 0)
            return false;
        bool left = is_left(&climb);
        if (left && merkle_node(hasher, hash, old, old) < 0)
            return false;
        if ((left ? merkle_node(hasher, hash, new, new) : merkle_node(hasher, new, hash, new)) < 0)
            return false;
        up(&climb);
    }
    return climb.last == 0 && memcmp(old, first_root, 32) == 0 && memcmp(new, second_root, 32) == 0;
}
