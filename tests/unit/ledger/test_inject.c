/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call that writes fails once, one after the other, while records, epochs, segments and checkpoints are
 * written: what was acknowledged is there afterwards, and the ledger verifies.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "place.h"

#define RECORDS 14

static long calls, fail_at; /* 0: never */
static int fail_with;       /* an errno; -1: a write stops half way */

static bool fails(void)
{
    return ++calls == fail_at;
}

#define WRAP(name, signature, arguments)                                                                     \
    int __real_##name signature;                                                                             \
    int __wrap_##name signature;                                                                             \
    int __wrap_##name signature                                                                              \
    {                                                                                                        \
        if (!fails() || fail_with < 0)                                                                       \
            return __real_##name arguments;                                                                  \
        errno = fail_with;                                                                                   \
        return -1;                                                                                           \
    }

/* A sync that succeeds need not reach a disk here. */
static int sync_or_fail(void)
{
    if (!fails() || fail_with < 0)
        return 0;
    errno = fail_with;
    return -1;
}

int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    (void)fd;
    return sync_or_fail();
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    (void)fd;
    return sync_or_fail();
}

WRAP(rename, (const char *from, const char *to), (from, to))
WRAP(link, (const char *from, const char *to), (from, to))

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (fd <= 2 || !fails())
        return __real_write(fd, bytes, len);
    if (fail_with < 0)
        return __real_write(fd, bytes, len / 2);
    errno = fail_with;
    return -1;
}

static long network_magic; /* of the file system that statfs claims */

int __real_fstatfs(int fd, struct statfs *ret);
int __wrap_fstatfs(int fd, struct statfs *ret);
int __wrap_fstatfs(int fd, struct statfs *ret)
{
    int r = __real_fstatfs(fd, ret);

    if (network_magic)
        ret->f_type = network_magic;
    return r;
}

static void place_make_tiny(struct place *place)
{
    place_make(place);
    place->config.ledger.segment_kib = 3;
    place->config.ledger.epoch_records = 4;
    place->config.ledger.checkpoint_records = 3;
}

/* How many were acknowledged; each says its own number. */
static int fill(struct place *place)
{
    struct ledger *ledger = place_open(place);
    char body[32];
    int acknowledged = 0;

    for (int i = 0; i < RECORDS; i++) {
        struct problem p = PROBLEM_INIT;
        const int len = snprintf(body, sizeof body, "\"mine\":%d", i);
        if (ledger_append(ledger, LEDGER_PLANNED, body, (size_t)len, NULL, &p) < 0) {
            assert_true(*p.code != '\0');
            break;
        }
        acknowledged++;
    }
    ledger_free(ledger);
    return acknowledged;
}

struct seen {
    bool mine[RECORDS];
};

static int note_mine(void *arg, const char *line, size_t len)
{
    struct seen *seen = arg;
    char word[32];

    for (int i = 0; i < RECORDS; i++) {
        const int n = snprintf(word, sizeof word, "\"mine\":%d,", i);
        if (memmem(line, len, word, (size_t)n))
            seen->mine[i] = true;
    }
    return 0;
}

/* design 3: "If the ledger cannot be written, nothing is changed" */
static void every_call(int error)
{
    for (long at = 1;; at++) {
        struct seen seen = {0};
        struct problem p = PROBLEM_INIT;
        struct ledger_report report;
        struct place place;

        place_make_tiny(&place);
        calls = 0;
        fail_with = error;
        fail_at = at;
        const int acknowledged = fill(&place);
        const bool over = calls < at;
        fail_at = 0;
        if (error == EINTR && acknowledged < RECORDS && over)
            fail_msg("call %ld: a signal ended it", at);
        /* the next process */
        struct ledger *ledger = place_open(&place);
        if (ledger_append(ledger, LEDGER_OUTCOME, "", 0, NULL, &p) < 0)
            fail_msg("error %d at call %ld (%d acknowledged): %s", error, at, acknowledged, p.cause);
        assert_int_equal(ledger_each_back(ledger, note_mine, &seen, &p), 0);
        ledger_free(ledger);
        for (int i = 0; i < acknowledged; i++) {
            if (!seen.mine[i])
                fail_msg("error %d at call %ld: record %d was acknowledged and is gone", error, at, i);
        }
        if (!ledger_verdict_good(place_verify(&place, &report)))
            fail_msg("error %d at call %ld: verdict %d: %s", error, at, report.verdict, report.why);
        place_done(&place);
        if (over)
            break;
    }
}

static void test_errors(void **state)
{
    static const int errors[] = {EIO, ENOSPC, EROFS, EINTR, -1};

    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        every_call(errors[i]);
}

static void test_network(void **state)
{
    static const long magics[] = {0x6969, 0x517B, (long)0xFF534D42, (long)0xFE534D42, 0x5346414F};
    struct problem p = PROBLEM_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        struct place place;
        place_make(&place);
        struct ledger *ledger = place_open(&place);
        network_magic = magics[i];
        assert_true(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p) < 0);
        assert_string_equal(p.code, PX_LEDGER);
        assert_non_null(strstr(p.cause, "network file system"));
        network_magic = 0;
        ledger_free(ledger);
        place_done(&place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_errors), cmocka_unit_test(test_network)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
