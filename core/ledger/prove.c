/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs out of the stored hashes. These are a cache: what is made of them is checked against the tree that
 * was built from checked records, and they are made anew when it does not hold.
 */
#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "ledger/ledger_inner.h"

struct wish {
    uint64_t first, second;
    bool inclusion; /* of record `first` (from 1) in `second`; else that tree `first` is a prefix of it */
    unsigned char leaf[32];
    unsigned char root[32]; /* found: of the tree of `second`, or of `first` for a prefix */
    struct merkle_proof proof;
};

static int edge_root(struct ledger *ledger, const struct merkle_hasher *hasher, uint64_t size,
                     unsigned char ret[32])
{
    struct merkle edge = {0};

    if (size == ledger->tree.size)
        return merkle_root(hasher, &ledger->tree, ret);
    int r = tree_file_edge(&ledger->tree_file, size, &edge);
    return r < 0 ? r : merkle_root(hasher, &edge, ret);
}

/* Is the tree of `size` leaves, by the stored hashes, a prefix of the one that stands? *ret: its root. */
static int prefix_root(struct ledger *ledger, const struct merkle_hasher *hasher, uint64_t size,
                       unsigned char ret[32])
{
    struct merkle_proof proof;
    unsigned char now[32];

    int r = edge_root(ledger, hasher, size, ret);
    if (r == 0)
        r = merkle_root(hasher, &ledger->tree, now);
    if (r == 0 && size > 0)
        r = merkle_consistency(hasher, size, ledger->tree.size, tree_file_read, &ledger->tree_file, &proof);
    if (r < 0)
        return r;
    return size == 0 || merkle_consistency_holds(hasher, size, ledger->tree.size, ret, now, &proof)
               ? 0
               : -EBADMSG;
}

static int try_once(struct ledger *ledger, struct wish *wish)
{
    const struct merkle_hasher hasher = {ledger->seal.crypto, ledger->seal.sha256};
    unsigned char second[32];

    int r = prefix_root(ledger, &hasher, wish->second, second);
    if (r == 0 && wish->inclusion) {
        r = merkle_inclusion(&hasher, wish->first - 1, wish->second, tree_file_read, &ledger->tree_file,
                             &wish->proof);
        memcpy(wish->root, second, 32);
        if (r == 0 &&
            !merkle_inclusion_holds(&hasher, wish->first - 1, wish->second, wish->leaf, &wish->proof, second))
            r = -EBADMSG;
    } else if (r == 0) {
        r = prefix_root(ledger, &hasher, wish->first, wish->root);
        if (r == 0)
            r = merkle_consistency(&hasher, wish->first, wish->second, tree_file_read, &ledger->tree_file,
                                   &wish->proof);
        if (r == 0 && wish->first > 0 &&
            !merkle_consistency_holds(&hasher, wish->first, wish->second, wish->root, second, &wish->proof))
            r = -EBADMSG;
    }
    return r;
}

/* The stored hashes anew; what comes out must be the tree that stands. */
static int rebuild(struct ledger *ledger, struct problem *p)
{
    const struct merkle_hasher hasher = {ledger->seal.crypto, ledger->seal.sha256};
    unsigned char before[32], after[32];

    int r = merkle_root(&hasher, &ledger->tree, before);
    if (r == 0)
        r = ledger_tree_rebuild_locked(ledger, ledger->tree.size, p);
    if (r == 0)
        r = merkle_root(&hasher, &ledger->tree, after);
    if (r == 0 && memcmp(before, after, 32) != 0)
        return ledger_fail(ledger, -EBADMSG, p, "was changed: its records do not make its tree");
    return r;
}

static int grant(struct ledger *ledger, struct wish *wish, struct problem *p)
{
    int r = ledger_lock(ledger, p);

    if (r < 0)
        return r;
    r = ledger_follow_locked(ledger, p);
    if (r == 0 &&
        (wish->second > ledger->tree.size || wish->first > wish->second || (wish->inclusion && !wish->first)))
        r = problem_set(p, -ENOENT, PX_LEDGER, "the ledger has %llu records, and %llu in %llu was asked for",
                        (unsigned long long)ledger->tree.size, (unsigned long long)wish->first,
                        (unsigned long long)wish->second);
    else if (r == 0) {
        r = try_once(ledger, wish);
        if (r < 0 && r != -ENOMEM) {
            r = rebuild(ledger, p);
            if (r == 0)
                r = try_once(ledger, wish);
        }
        if (r < 0 && p && !p->code[0])
            (void)problem_set(p, r, PX_LEDGER, "no proof could be made of the ledger's hashes: %s",
                              strerror(-r));
    }
    ledger_unlock(ledger);
    return r;
}

int ledger_root_at(struct ledger *ledger, uint64_t size, unsigned char ret_root[32], struct problem *p)
{
    struct wish wish = {.first = size, .second = size};
    int r = grant(ledger, &wish, p);

    if (r == 0)
        memcpy(ret_root, wish.root, 32);
    return r;
}

int ledger_prove_consistency(struct ledger *ledger, uint64_t first, uint64_t second, struct merkle_proof *ret,
                             struct problem *p)
{
    struct wish wish = {.first = first, .second = second};
    int r = grant(ledger, &wish, p);

    if (r == 0)
        *ret = wish.proof;
    return r;
}

int ledger_prove(struct ledger *ledger, uint64_t seq, uint64_t size, struct buf *ret_line,
                 struct merkle_proof *ret, struct problem *p)
{
    struct wish wish = {.first = seq, .second = size, .inclusion = true};
    struct record record;

    int r = ledger_find(ledger, seq, ret_line, p);
    if (r == 0 && !record_read(ret_line->data, ret_line->len, &record))
        r = problem_set(p, -EBADMSG, PX_LEDGER, "record %llu is damaged", (unsigned long long)seq);
    if (r < 0)
        return r;
    memcpy(wish.leaf, record.leaf, 32);
    r = grant(ledger, &wish, p);
    if (r == 0)
        *ret = wish.proof;
    return r;
}
