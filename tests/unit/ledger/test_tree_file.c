/* SPDX-License-Identifier: Apache-2.0 */
/* The stored hashes: order, edge, what was cut, what is wrong, what is no regular file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/tree_file.h"
#include "place.h"
#include "tree.h"

#define SIZE 100u

static struct place place;
static char path[128];

static int setup(void **state)
{
    (void)state;
    place_make(&place);
    (void)snprintf(path, sizeof path, "%s/audit.log.tree", place.folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    place_done(&place);
    return 0;
}

/* Leaves `from` to `to`, behind what the file has. */
static void fill(struct tree_file *file, size_t from, size_t to)
{
    struct merkle tree;

    assert_int_equal(tree_file_edge(file, from, &tree), 0);
    for (size_t i = from; i < to; i++)
        assert_int_equal(tree_file_add(file, tree_hasher(), &tree, tree_leaves[i]), 0);
    assert_int_equal(tree.size, to);
}

static void check(struct tree_file *file, size_t size)
{
    unsigned char root[32], wanted[32];
    struct merkle tree;

    assert_int_equal(tree_file_edge(file, size, &tree), 0);
    assert_int_equal(merkle_root(tree_hasher(), &tree, root), 0);
    tree_mth(0, size, wanted);
    assert_memory_equal(root, wanted, 32);
}

static void test_stored(void **state)
{
    struct tree_file file = {.fd = -1};
    unsigned char hash[32], wanted[32];
    struct merkle_proof proof, by_hand;
    struct stat st;

    (void)state;
    assert_int_equal(tree_file_open(path, false, &file), -ENOENT);
    assert_int_equal(tree_file_open(path, true, &file), 0);
    fill(&file, 0, 41);
    tree_file_close(&file);
    assert_int_equal(file.fd, -1);
    assert_int_equal(tree_file_open(path, true, &file), 0);
    fill(&file, 41, SIZE);
    assert_int_equal(tree_file_flush(&file), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 32 * merkle_stored_count(SIZE));
    for (size_t n = 0; n <= SIZE; n++)
        check(&file, n);
    for (unsigned level = 0; level < 7; level++) {
        for (size_t i = 0; (i + 1) << level <= SIZE; i++) {
            assert_int_equal(tree_file_read(&file, level, i, hash), 0);
            tree_mth(i << level, (i + 1) << level, wanted);
            assert_memory_equal(hash, wanted, 32);
        }
    }
    assert_int_equal(merkle_inclusion(tree_hasher(), 37, 99, tree_file_read, &file, &proof), 0);
    tree_path(37, 99, &by_hand);
    assert_int_equal(proof.count, by_hand.count);
    assert_memory_equal(proof.hashes, by_hand.hashes, 32 * proof.count);
    tree_file_close(&file);
}

/* A tail that belongs to another tree is written over, from any size. */
static void test_wrong_tail(void **state)
{
    struct tree_file file = {.fd = -1};
    unsigned char other[32];
    struct merkle tree;

    (void)state;
    memset(other, 0x5a, sizeof other);
    for (size_t from = 0; from < 40; from++) {
        assert_int_equal(tree_file_open(path, true, &file), 0);
        fill(&file, 0, from);
        assert_int_equal(tree_file_edge(&file, from, &tree), 0);
        for (size_t i = 0; i < 17; i++)
            assert_int_equal(tree_file_add(&file, tree_hasher(), &tree, other), 0);
        fill(&file, from, from + 9);
        check(&file, from + 9);
        fill(&file, from + 9, from + 30);
        check(&file, from + 30);
        tree_file_close(&file);
        assert_int_equal(unlink(path), 0);
    }
}

static void test_short(void **state)
{
    struct tree_file file = {.fd = -1};
    unsigned char hash[32];
    struct merkle tree;

    (void)state;
    assert_int_equal(tree_file_open(path, true, &file), 0);
    assert_int_equal(tree_file_edge(&file, 0, &tree), 0);
    assert_int_equal(tree.size, 0);
    assert_int_equal(tree_file_edge(&file, 1, &tree), -ENODATA);
    fill(&file, 0, 20);
    assert_int_equal(tree_file_edge(&file, 21, &tree), -ENODATA);
    assert_int_equal(tree_file_edge(&file, UINT64_MAX, &tree), -ENODATA);
    assert_int_equal(tree_file_edge(&file, ((uint64_t)1 << 63) + 5, &tree), -ENODATA);
    assert_int_equal(tree_file_read(&file, 0, 20, hash), -ENODATA);
    assert_int_equal(tree_file_read(&file, 5, 0, hash), -ENODATA);
    assert_int_equal(tree_file_read(&file, 63, 1, hash), -EOVERFLOW);
    assert_int_equal(tree_file_read(&file, 64, 0, hash), -EOVERFLOW);
    assert_int_equal(tree_file_read(&file, 0, UINT64_MAX, hash), -EOVERFLOW);
    for (off_t cut = 1; cut <= 70; cut++) { /* half a hash is none */
        assert_int_equal(ftruncate(file.fd, (off_t)(32 * merkle_stored_count(20)) - cut), 0);
        assert_int_equal(tree_file_edge(&file, 20, &tree), -ENODATA);
    }
    check(&file, 18);
    fill(&file, 18, 40);
    check(&file, 40);
    tree_file_close(&file);
}

static void test_strange(void **state)
{
    struct tree_file file = {.fd = -1};
    struct merkle tree = {.size = 0};
    char target[160];

    (void)state;
    (void)snprintf(target, sizeof target, "%s/elsewhere", place.folder);
    place_write(target, "", 0);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(tree_file_open(path, true, &file), -ELOOP);
    assert_int_equal(tree_file_open(path, false, &file), -ELOOP);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(tree_file_open(path, true, &file), -EINVAL);
    assert_int_equal(tree_file_open(path, false, &file), -EINVAL);
    assert_int_equal(unlink(path), 0);
    place_write(path, "", 0);
    assert_int_equal(tree_file_open(path, false, &file), 0);
    assert_int_equal(tree_file_add(&file, tree_hasher(), &tree, tree_leaves[0]), -EBADF);
    assert_int_equal(tree.size, 0);
    tree_file_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_tail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strange, setup, teardown),
    };

    tree_fill();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
