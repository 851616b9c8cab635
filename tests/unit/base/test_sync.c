/* SPDX-License-Identifier: Apache-2.0 */
/* Cancellation between threads, clocks, log lines, and the modules. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/module.h"
#include "base/problem.h"

static void count(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
}

static void test_cancel(void **state)
{
    atomic_int hooks = 0;
    struct cancel *c = cancel_new();

    (void)state;
    assert_non_null(c);
    assert_false(cancel_is_set(c));
    assert_false(cancel_is_set(NULL));
    cancel_hook(c, count, &hooks);
    cancel_unhook(c);
    cancel_hook(c, count, &hooks);
    assert_int_equal(hooks, 0);
    cancel_set(c);
    cancel_set(c);
    assert_int_equal(hooks, 1);
    assert_true(cancel_is_set(c));
    cancel_unhook(c);
    cancel_hook(c, count, &hooks); /* set already: runs here and now */
    assert_int_equal(hooks, 2);
    cancel_unhook(c);
    cancel_hook(NULL, count, &hooks);
    cancel_unhook(NULL);
    cancel_set(NULL);
    cancel_unref(cancel_ref(c));
    cancel_unref(c);
    cancel_unref(NULL);
}

/* A hook that is slow on purpose: whoever unhooks must find it ended. */
static void slow(void *arg)
{
    (void)usleep(2000);
    *(int *)arg += 1;
}

static void *set_it(void *arg)
{
    struct cancel *c = arg;

    cancel_set(c);
    cancel_unref(c);
    return NULL;
}

static void test_cancel_race(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct cancel *c = cancel_new();
        pthread_t thread;
        int ran = 0;
        assert_int_equal(pthread_create(&thread, NULL, set_it, cancel_ref(c)), 0);
        cancel_hook(c, slow, &ran);
        (void)usleep((useconds_t)(i * 20));
        cancel_unhook(c);
        const int then = ran; /* not touched by the hook any more */
        (void)usleep(100);
        assert_int_equal(ran, then);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(ran, then);
        cancel_unref(c);
    }
}

static void test_clock(void **state)
{
    int64_t a = clock_us(), ms = clock_ms();
    struct timespec ts = clock_timespec(1234567);

    (void)state;
    assert_true(clock_us() >= a);
    assert_true(ms >= a / 1000);
    assert_true(clock_wall_us() > INT64_C(1600000000000000));
    assert_int_equal(ts.tv_sec, 1234);
    assert_int_equal(ts.tv_nsec, 567000000);
}

static void test_log(void **state)
{
    CLEANUP_BUF struct buf got = BUF_INIT(16384);
    char lengthy[5000];
    int pipes[2];

    (void)state;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    int kept = dup(STDERR_FILENO);
    assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
    (void)close(pipes[1]);
    log_info("not shown");
    log_warn("a\nb\x1b"
             "c %d",
             7);
    memset(lengthy, 'x', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    log_error("%s", lengthy);
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("shown");
    log_set_level(LOG_LEVEL_WARN);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    assert_int_equal(fd_read_all(pipes[0], &got), 0);
    (void)close(pipes[0]);
    assert_memory_equal(got.data, "proximo: warning: a b c 7\nproximo: error: xxx", 44);
    assert_non_null(strstr(got.data, "x\nproximo: debug: shown\n"));
    assert_true(got.len < 2200);
}

static void test_crypto(void **state)
{
    static const unsigned char abc[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                          0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                          0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    struct problem p = PROBLEM_INIT;
    const struct crypto_module *crypto = crypto_module_get(&p);
    unsigned char digest[32];
    char hex[65], name[] = "/tmp/proximo-test-XXXXXX";

    (void)state;
    if (!crypto)
        fail_msg("%s", p.cause);
    assert_ptr_equal(crypto_module_get(NULL), crypto); /* once */
    assert_int_equal(crypto->sha256("abc", 3, digest), 0);
    assert_memory_equal(digest, abc, 32);
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    (void)unlink(name);
    assert_int_equal(fd_write_all(fd, "abc", 3), 0); /* the position is at the end: it must not matter */
    assert_int_equal(crypto->sha256_fd(fd, hex), 0);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 3);
    (void)close(fd);
    assert_int_equal(crypto->sha256_fd(-1, hex), -EBADF);
}

static void test_module_missing(void **state)
{
    struct problem p = PROBLEM_INIT;

    (void)state;
    assert_null(module_load("nothing", 1, &p));
    assert_string_equal(p.code, PX_INTERNAL);
    assert_non_null(strstr(p.cause, "proximo-nothing.so"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancel), cmocka_unit_test(test_cancel_race),
        cmocka_unit_test(test_clock),  cmocka_unit_test(test_log),
        cmocka_unit_test(test_crypto), cmocka_unit_test(test_module_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
