/* SPDX-License-Identifier: Apache-2.0 */
/* A Merkle tree for tests, slow and by definition. */
#include "tree.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/problem.h"

unsigned char tree_leaves[TREE_LEAVES][32];

static void hash(unsigned char first, const void *a, size_t a_len, const void *b, size_t b_len,
                 unsigned char ret[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestInit_ex(context, EVP_sha256(), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(context, &first, 1), 1);
    assert_int_equal(EVP_DigestUpdate(context, a, a_len), 1);
    assert_int_equal(EVP_DigestUpdate(context, b, b_len), 1);
    assert_int_equal(EVP_DigestFinal_ex(context, ret, NULL), 1);
    EVP_MD_CTX_free(context);
}

void tree_leaf(const void *bytes, size_t len, unsigned char ret[32])
{
    hash(0x00, bytes, len, "", 0, ret);
}

void tree_fill(void)
{
    char text[32];

    for (size_t i = 0; i < TREE_LEAVES; i++) {
        int n = snprintf(text, sizeof text, "leaf %zu", i);
        tree_leaf(text, (size_t)n, tree_leaves[i]);
    }
}

static size_t half(size_t size) /* the largest power of two below it */
{
    size_t k = 1;

    while (2 * k < size)
        k *= 2;
    return k;
}

void tree_mth(size_t start, size_t end, unsigned char ret[32])
{
    unsigned char left[32], right[32];

    if (end == start) {
        assert_int_equal(EVP_Digest("", 0, ret, NULL, EVP_sha256(), NULL), 1);
        return;
    }
    if (end - start == 1) {
        memcpy(ret, tree_leaves[start], 32);
        return;
    }
    tree_mth(start, start + half(end - start), left);
    tree_mth(start + half(end - start), end, right);
    hash(0x01, left, 32, right, 32, ret);
}

static void push(struct merkle_proof *proof, size_t start, size_t end)
{
    tree_mth(start, end, proof->hashes[proof->count++]);
}

static void path(size_t m, size_t start, size_t end, struct merkle_proof *ret)
{
    if (end - start == 1)
        return;
    const size_t k = half(end - start);
    if (m < k) {
        path(m, start, start + k, ret);
        push(ret, start + k, end);
    } else {
        path(m - k, start + k, end, ret);
        push(ret, start, start + k);
    }
}

void tree_path(size_t index, size_t size, struct merkle_proof *ret)
{
    ret->count = 0;
    path(index, 0, size, ret);
}

static void subproof(size_t m, size_t start, size_t end, bool known, struct merkle_proof *ret)
{
    if (m == end - start) {
        if (!known)
            push(ret, start, end);
        return;
    }
    const size_t k = half(end - start);
    if (m <= k) {
        subproof(m, start, start + k, known, ret);
        push(ret, start + k, end);
    } else {
        subproof(m - k, start + k, end, false, ret);
        push(ret, start, start + k);
    }
}

void tree_consistency(size_t first, size_t second, struct merkle_proof *ret)
{
    ret->count = 0;
    if (first != 0)
        subproof(first, 0, second, true, ret);
}

int tree_read(void *arg, unsigned level, uint64_t index, unsigned char ret[32])
{
    (void)arg;
    assert_true((index + 1) << level <= TREE_LEAVES);
    tree_mth((size_t)(index << level), (size_t)((index + 1) << level), ret);
    return 0;
}

const struct merkle_hasher *tree_hasher(void)
{
    static _Thread_local struct merkle_hasher hasher;
    struct problem p = PROBLEM_INIT;

    if (!hasher.crypto) {
        hasher.crypto = crypto_module_get(&p);
        assert_non_null(hasher.crypto);
        hasher.sha256 = hasher.crypto->sha256_new();
        assert_non_null(hasher.sha256);
    }
    return &hasher;
}
