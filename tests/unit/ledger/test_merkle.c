/* SPDX-License-Identifier: Apache-2.0 */
/* The tree against published vectors and, for all pairs up to 100, against the definitions of RFC 6962. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "ledger/merkle.h"
#include "ledger/record.h"
#include "tree.h"

#define ALL     100u
#define VECTORS 8u

/* The test data of the Certificate Transparency project: leaves, the tree's nodes, the roots of the first n.
 */
static const char *const ct_leaves[VECTORS] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const ct_nodes[4][VECTORS] = {
    {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
     "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
     "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
     "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
     "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
     "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
     "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
     "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1"},
    {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
     "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
     "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
     "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"},
    {"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
     "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"},
    {"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};
static const char *const ct_roots[VECTORS + 1] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};
/* Proofs of the same project; each hash is a node: level, index. */
static const struct {
    bool consistency;
    uint64_t a, b;
    size_t count;
    unsigned nodes[3][2];
} ct_proofs[] = {
    {false, 0, 1, 0, {{0}}},
    {false, 0, 8, 3, {{0, 1}, {1, 1}, {2, 1}}},
    {false, 5, 8, 3, {{0, 4}, {1, 3}, {2, 0}}},
    {false, 2, 3, 1, {{1, 0}}},
    {false, 1, 5, 3, {{0, 0}, {1, 1}, {0, 4}}},
    {true, 1, 1, 0, {{0}}},
    {true, 1, 8, 3, {{0, 1}, {1, 1}, {2, 1}}},
    {true, 6, 8, 3, {{1, 2}, {1, 3}, {2, 0}}},
    {true, 2, 5, 2, {{1, 1}, {0, 4}}},
    {true, 6, 7, 3, {{1, 2}, {0, 6}, {2, 0}}},
};

static void bytes_of(const char *hex, unsigned char *ret)
{
    assert_true(hex_read(hex, strlen(hex), ret));
}

static int ct_read(void *arg, unsigned level, uint64_t index, unsigned char ret[32])
{
    (void)arg;
    assert_true(level < 4 && index < VECTORS >> level);
    bytes_of(ct_nodes[level][index], ret);
    return 0;
}

static int ct_made(void *arg, unsigned level, uint64_t index, const unsigned char hash[32])
{
    unsigned char wanted[32];
    size_t *count = arg;

    (void)ct_read(NULL, level, index, wanted);
    assert_memory_equal(hash, wanted, 32);
    assert_int_equal(merkle_stored_index(level, index), *count);
    ++*count;
    return 0;
}

static void test_published(void **state)
{
    const struct merkle_hasher *hasher = tree_hasher();
    struct merkle tree = {.size = 0};
    unsigned char bytes[16], hash[32], root[32], first[32];
    struct merkle_proof proof;
    size_t made = 0;

    (void)state;
    for (size_t n = 0; n <= VECTORS; n++) {
        bytes_of(ct_roots[n], root);
        assert_int_equal(merkle_root(hasher, &tree, hash), 0);
        assert_memory_equal(hash, root, 32);
        if (n == VECTORS)
            break;
        bytes_of(ct_leaves[n], bytes);
        tree_leaf(bytes, strlen(ct_leaves[n]) / 2, hash);
        assert_int_equal(merkle_add(hasher, &tree, hash, ct_made, &made), 0);
        assert_int_equal(made, merkle_stored_count(n + 1));
    }
    for (size_t i = 0; i < sizeof ct_proofs / sizeof ct_proofs[0]; i++) {
        const uint64_t a = ct_proofs[i].a, b = ct_proofs[i].b;
        const bool consistency = ct_proofs[i].consistency;
        int r = consistency ? merkle_consistency(hasher, a, b, ct_read, NULL, &proof)
                            : merkle_inclusion(hasher, a, b, ct_read, NULL, &proof);
        assert_int_equal(r, 0);
        assert_int_equal(proof.count, ct_proofs[i].count);
        for (size_t k = 0; k < proof.count; k++) {
            (void)ct_read(NULL, ct_proofs[i].nodes[k][0], ct_proofs[i].nodes[k][1], hash);
            assert_memory_equal(proof.hashes[k], hash, 32);
        }
        bytes_of(ct_roots[b], root);
        bytes_of(consistency ? ct_roots[a] : ct_nodes[0][a], first);
        assert_true(consistency ? merkle_consistency_holds(hasher, a, b, first, root, &proof)
                                : merkle_inclusion_holds(hasher, a, b, first, &proof, root));
    }
}

static void same(const struct merkle_proof *a, const struct merkle_proof *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->hashes, b->hashes, 32 * a->count);
}

/* Roots, edges and inclusion for every size to 100. */
static void test_all_inclusion(void **state)
{
    const struct merkle_hasher *hasher = tree_hasher();
    struct merkle tree = {.size = 0}, edge;
    struct merkle_proof proof, wanted;
    unsigned char root[32], hash[32];

    (void)state;
    for (size_t n = 0; n <= ALL; n++) {
        tree_mth(0, n, root);
        assert_int_equal(merkle_root(hasher, &tree, hash), 0);
        assert_memory_equal(hash, root, 32);
        assert_int_equal(merkle_edge(n, tree_read, NULL, &edge), 0);
        assert_int_equal(edge.size, n);
        assert_int_equal(merkle_root(hasher, &edge, hash), 0);
        assert_memory_equal(hash, root, 32);
        for (size_t m = 0; m < n; m++) {
            tree_path(m, n, &wanted);
            assert_int_equal(merkle_inclusion(hasher, m, n, tree_read, NULL, &proof), 0);
            same(&proof, &wanted);
            assert_true(merkle_inclusion_holds(hasher, m, n, tree_leaves[m], &proof, root));
            for (size_t other = 0; other <= n; other++) /* of no other leaf, at no other place */
                assert_int_equal(merkle_inclusion_holds(hasher, other, n, tree_leaves[m], &proof, root),
                                 m == other);
        }
        assert_int_equal(merkle_inclusion(hasher, n, n, tree_read, NULL, &proof), -EINVAL);
        assert_int_equal(merkle_add(hasher, &tree, tree_leaves[n], NULL, NULL), 0);
    }
}

static void test_all_consistency(void **state)
{
    const struct merkle_hasher *hasher = tree_hasher();
    static unsigned char roots[ALL + 1][32];
    struct merkle_proof proof, wanted;

    (void)state;
    for (size_t n = 0; n <= ALL; n++)
        tree_mth(0, n, roots[n]);
    for (size_t n = 0; n <= ALL; n++) {
        for (size_t m = 0; m <= n; m++) {
            tree_consistency(m, n, &wanted);
            assert_int_equal(merkle_consistency(hasher, m, n, tree_read, NULL, &proof), 0);
            same(&proof, &wanted);
            assert_true(merkle_consistency_holds(hasher, m, n, roots[m], roots[n], &proof));
            if (m != n)
                assert_false(merkle_consistency_holds(hasher, n, m, roots[n], roots[m], &proof));
            if (m != n && m != 0)
                assert_false(merkle_consistency_holds(hasher, m, n, roots[m - 1], roots[n], &proof));
            if (m != 0) /* what is after the empty tree is anything */
                assert_false(merkle_consistency_holds(hasher, m, n, roots[m], roots[n - 1], &proof));
        }
        assert_int_equal(merkle_consistency(hasher, n + 1, n, tree_read, NULL, &proof), -EINVAL);
    }
}

struct claim {
    bool consistency;
    uint64_t a, b;
    unsigned char first[32], root[32];
    struct merkle_proof proof;
};

static bool holds(const struct claim *claim)
{
    const struct merkle_hasher *hasher = tree_hasher();

    return claim->consistency
               ? merkle_consistency_holds(hasher, claim->a, claim->b, claim->first, claim->root,
                                          &claim->proof)
               : merkle_inclusion_holds(hasher, claim->a, claim->b, claim->first, &claim->proof, claim->root);
}

static void no_bit_may_change(struct claim *claim, unsigned char *bytes, size_t len)
{
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_false(holds(claim));
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    assert_true(holds(claim));
}

/* Hashes left out, added, put twice, swapped. */
static void no_length_may_change(struct claim *claim)
{
    const struct claim good = *claim;
    const size_t count = claim->proof.count;

    for (size_t i = 0; i < count; i++) {
        memmove(claim->proof.hashes[i], claim->proof.hashes[i + 1], 32 * (count - i - 1));
        claim->proof.count--;
        assert_false(holds(claim));
        *claim = good;
    }
    for (size_t i = 0; i <= count; i++) {
        memmove(claim->proof.hashes[i + 1], claim->proof.hashes[i], 32 * (count - i));
        memcpy(claim->proof.hashes[i], claim->root, 32);
        claim->proof.count++;
        assert_false(holds(claim));
        *claim = good;
    }
    for (size_t i = 1; i < count; i++) {
        memcpy(claim->proof.hashes[i - 1], good.proof.hashes[i], 32);
        memcpy(claim->proof.hashes[i], good.proof.hashes[i - 1], 32);
        assert_false(holds(claim));
        *claim = good;
    }
    for (size_t n = count + 1; n <= sizeof claim->proof.hashes / 32; n++) {
        claim->proof.count = n;
        assert_false(holds(claim));
    }
    *claim = good;
}

static void attack(struct claim *claim)
{
    const struct claim good = *claim;

    assert_true(holds(claim));
    no_bit_may_change(claim, claim->root, 32);
    no_bit_may_change(claim, claim->first, 32);
    no_bit_may_change(claim, claim->proof.hashes[0], 32 * claim->proof.count);
    no_length_may_change(claim);
    for (unsigned bit = 0; bit < 64; bit++) {
        claim->a = good.a ^ (uint64_t)1 << bit;
        assert_false(holds(claim));
        claim->a = good.a;
    }
    static const uint64_t sizes[] = {0, 1, UINT64_MAX, (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        claim->b = sizes[i];
        assert_true(!holds(claim) || sizes[i] == good.b);
        claim->b = good.b;
    }
}

static void test_attacks(void **state)
{
    const struct merkle_hasher *hasher = tree_hasher();
    struct claim claim;

    (void)state;
    for (size_t n = 1; n <= 20; n++) {
        for (size_t m = 0; m < n; m++) {
            claim = (struct claim){.a = m, .b = n};
            memcpy(claim.first, tree_leaves[m], 32);
            tree_mth(0, n, claim.root);
            assert_int_equal(merkle_inclusion(hasher, m, n, tree_read, NULL, &claim.proof), 0);
            attack(&claim);
            if (m == 0)
                continue;
            claim = (struct claim){.consistency = true, .a = m, .b = n};
            tree_mth(0, m, claim.first);
            tree_mth(0, n, claim.root);
            assert_int_equal(merkle_consistency(hasher, m, n, tree_read, NULL, &claim.proof), 0);
            attack(&claim);
        }
    }
}

static int refuse(void *arg, unsigned level, uint64_t index, const unsigned char hash[32])
{
    (void)index, (void)hash;
    return level == *(unsigned *)arg ? -ENOSPC : 0;
}

static int unreadable(void *arg, unsigned level, uint64_t index, unsigned char ret[32])
{
    (void)arg, (void)level, (void)index, (void)ret;
    return -EIO;
}

/* What fails leaves the tree as it was; the largest one takes no more. */
static void test_failures(void **state)
{
    const struct merkle_hasher *hasher = tree_hasher();
    struct merkle tree = {.size = 0}, before;
    struct merkle_proof proof;

    (void)state;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(merkle_add(hasher, &tree, tree_leaves[i], NULL, NULL), 0);
    before = tree;
    for (unsigned level = 0; level <= 3; level++)
        assert_int_equal(merkle_add(hasher, &tree, tree_leaves[7], refuse, &level), -ENOSPC);
    assert_memory_equal(&tree, &before, sizeof tree);
    assert_int_equal(merkle_edge(5, unreadable, NULL, &tree), -EIO);
    assert_memory_equal(&tree, &before, sizeof tree);
    assert_int_equal(merkle_inclusion(hasher, 2, 5, unreadable, NULL, &proof), -EIO);
    assert_int_equal(merkle_consistency(hasher, 3, 5, unreadable, NULL, &proof), -EIO);
    tree.size = UINT64_MAX;
    assert_int_equal(merkle_add(hasher, &tree, tree_leaves[7], NULL, NULL), -EOVERFLOW);
}

/* Large indexes: shifts and numbers at the edge of their type. */
static int mark(void *arg, unsigned level, uint64_t index, unsigned char ret[32])
{
    (void)arg;
    memset(ret, (int)level, 32);
    memcpy(ret, &index, sizeof index);
    return 0;
}

static void test_large(void **state)
{
    const struct merkle_hasher *hasher = tree_hasher();
    const uint64_t sizes[] = {UINT64_MAX, (uint64_t)1 << 63, ((uint64_t)1 << 63) + 1,
                              ((uint64_t)1 << 62) - 1};
    struct merkle_proof proof;
    struct merkle tree;
    unsigned char root[32], leaf[32];

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(merkle_edge(sizes[i], mark, NULL, &tree), 0);
        assert_int_equal(merkle_root(hasher, &tree, root), 0);
        assert_int_equal(merkle_inclusion(hasher, sizes[i] - 1, sizes[i], mark, NULL, &proof), 0);
        assert_true(proof.count <= MERKLE_LEVELS);
        assert_int_equal(mark(NULL, 0, sizes[i] - 1, leaf), 0);
        if (sizes[i] % 2) /* the last leaf is a peak of its own */
            assert_true(merkle_inclusion_holds(hasher, sizes[i] - 1, sizes[i], leaf, &proof, root));
    }
}

static int setup(void **state)
{
    (void)state;
    tree_fill();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),       cmocka_unit_test(test_all_inclusion),
        cmocka_unit_test(test_all_consistency), cmocka_unit_test(test_attacks),
        cmocka_unit_test(test_failures),        cmocka_unit_test(test_large),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
