/* SPDX-License-Identifier: Apache-2.0 */
/* What a disk may do to a ledger while it is written, and what must not grow with its length. fdatasync() of
 * the library under test is this file's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "place.h"

static int sync_error; /* what the next syncs fail with; 0: they do what they say */
static int syncs;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    syncs++;
    if (!sync_error)
        return __real_fdatasync(fd);
    errno = sync_error;
    return -1;
}

static int undone;

static int first(void *arg, struct problem *p)
{
    (void)arg;
    (void)p;
    return 0;
}

static void undo(void *arg)
{
    (void)arg;
    undone++;
}

static int add(struct ledger *ledger, struct problem *p)
{
    return ledger_append(ledger, LEDGER_PLANNED, "\"a\":1", 5, NULL, p);
}

/* A sync that failed once may have dropped the pages: it is never tried again, and nothing is changed any
 * more. */
static void sync_fails(int error)
{
    struct problem p = PROBLEM_INIT, dead = PROBLEM_INIT;
    struct ledger_report report;
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    struct place place;

    place_make(&place);
    struct ledger *ledger = place_open(&place);
    assert_int_equal(add(ledger, &p), 0);
    undone = 0;
    sync_error = error;
    assert_true(ledger_append_with(ledger, first, undo, NULL, LEDGER_EXECUTING, "\"a\":2", 5, NULL, &p) < 0);
    assert_string_equal(p.code, PX_LEDGER);
    assert_int_equal(undone, 1);
    sync_error = 0;
    const int before = syncs;
    assert_true(add(ledger, &p) < 0);
    assert_string_equal(p.code, PX_LEDGER);
    assert_int_equal(syncs, before);
    ledger_state(ledger, &dead);
    assert_string_equal(dead.code, PX_LEDGER);
    assert_int_equal(ledger_find(ledger, 1, &line, &p), 0); /* reads go on */
    ledger_free(ledger);
    /* the next process begins from what is really there */
    ledger = place_open(&place);
    assert_int_equal(add(ledger, &p), 0);
    ledger_free(ledger);
    assert_int_equal(place_verify(&place, &report), LEDGER_OK);
    place_done(&place);
}

/* design 3: "If the ledger cannot be written, nothing is changed" */
static void test_sync(void **state)
{
    (void)state;
    sync_fails(EIO);
    sync_fails(ENOSPC);
}

/* A disk that is full in the middle of a record. Root may mount a small one; else a limit of the process
 * does. */
static void test_full_disk(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct ledger_report report;
    struct place place;
    int r = 0;

    (void)state;
    place_make(&place);
    if (mount("tmpfs", place.folder, "tmpfs", 0, "size=64k") < 0) {
        print_message("no mount here (%s): the test of a short write has the limit of a file instead\n",
                      strerror(errno));
        place_done(&place);
        skip();
    }
    struct ledger *ledger = place_open(&place);
    for (int i = 0; r == 0 && i < 1000; i++)
        r = add(ledger, &p);
    assert_true(r < 0);
    assert_string_equal(p.code, PX_LEDGER);
    assert_true(add(ledger, &p) < 0);
    ledger_free(ledger);
    assert_int_equal(place_verify(&place, &report), LEDGER_OK); /* the half record was taken back */
    assert_true(report.records > 10);
    assert_int_equal(umount(place.folder), 0);
    place_done(&place);
}

static uint64_t bytes_read(void)
{
    CLEANUP_BUF struct buf text = BUF_INIT(4096);
    uint64_t n = 0;

    assert_int_equal(file_read("/proc/self/io", &text), 0);
    text.data[strcspn(text.data, "\n")] = '\0';
    assert_int_equal(text_to_u64(text.data + strlen("rchar: "), UINT64_MAX - 1, &n), 0);
    return n;
}

/* What twenty appends to a ledger of so many records read, opening it included. */
static uint64_t cost(size_t records, size_t *ret_size)
{
    struct problem p = PROBLEM_INIT;
    struct stat st;
    struct place place;

    place_make(&place);
    place.config.ledger.epoch_records = 50; /* opening checks the records of the last epoch */
    place_fill(&place, records);
    assert_int_equal(stat(place.file, &st), 0);
    *ret_size = (size_t)st.st_size;
    const uint64_t before = bytes_read();
    struct ledger *ledger = place_open(&place);
    for (int i = 0; i < 20; i++)
        assert_int_equal(add(ledger, &p), 0);
    ledger_free(ledger);
    const uint64_t after = bytes_read();
    place_done(&place);
    return after - before;
}

static void test_length_does_not_matter(void **state)
{
    size_t small = 0, large = 0;

    (void)state;
    const uint64_t few = cost(2000, &small), many = cost(8000, &large);
    print_message("20 appends read %llu bytes at %zu, %llu at %zu\n", (unsigned long long)few, small,
                  (unsigned long long)many, large);
    assert_true(large > 3 * small);
    assert_true(many < few + 65536);
}

/* Two processes that take turns, each with the ledger open all the time. */
static void test_turns(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct ledger_report report;
    struct place place;
    int go[2], back[2];
    char c = 'x';

    (void)state;
    place_make(&place);
    place_fill(&place, 1);
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(back), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    struct ledger *ledger = place_open(&place);
    for (int i = 0; i < 25; i++) {
        if (pid == 0 && read(go[0], &c, 1) != 1)
            _exit(1);
        if (add(ledger, &p) < 0)
            pid == 0 ? _exit(2) : fail();
        if (pid == 0) {
            if (write(back[1], &c, 1) != 1)
                _exit(3);
            continue;
        }
        assert_int_equal(write(go[1], &c, 1), 1);
        assert_int_equal(read(back[0], &c, 1), 1);
    }
    if (pid == 0)
        _exit(0);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    ledger_free(ledger);
    assert_int_equal(place_verify(&place, &report), LEDGER_OK);
    assert_int_equal(report.records, 51);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sync), cmocka_unit_test(test_full_disk),
                                       cmocka_unit_test(test_length_does_not_matter),
                                       cmocka_unit_test(test_turns)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
