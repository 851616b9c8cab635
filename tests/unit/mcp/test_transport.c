/* SPDX-License-Identifier: Apache-2.0 */
/* Lines in, lines out, and calls on threads of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/thread.h"
#include "mcp/calls.h"
#include "mcp/line.h"
#include "mcp/output.h"

/* ---------------------------------------------------------------- lines */

static void expect_line(struct line_reader *reader, const char *text)
{
    const char *line;
    size_t len;
    enum line_state state;

    while ((state = line_next(reader, &line, &len)) == LINE_MORE)
        assert_int_equal(line_fill(reader), 0);
    assert_int_equal(state, LINE_HERE);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(line, text, len);
}

/* However the bytes arrive: here one by one. */
static void test_lines(void **state)
{
    static const char input[] = "one\ntwo\r\n\nfour";
    static const char *const expected[] = {"one", "two", "", "four"};
    struct line_reader reader;
    const char *line;
    size_t len, seen = 0;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    line_init(&reader, fds[0]);
    for (size_t i = 0; i < sizeof(input); i++) {
        if (i + 1 < sizeof(input))
            assert_int_equal(write(fds[1], input + i, 1), 1);
        else
            close(fds[1]);
        assert_int_equal(line_fill(&reader), 0);
        while (line_next(&reader, &line, &len) == LINE_HERE) {
            assert_true(seen < 4);
            assert_int_equal(len, strlen(expected[seen]));
            assert_memory_equal(line, expected[seen], len);
            seen++;
        }
    }
    assert_int_equal(seen, 4);
    assert_int_equal(line_next(&reader, &line, &len), LINE_END);
    line_done(&reader);
    close(fds[0]);
}

static void test_crlf_and_rest(void **state)
{
    struct line_reader reader;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    line_init(&reader, fds[0]);
    assert_int_equal(write(fds[1], "a\r\n\nb\nrest", 10), 10);
    close(fds[1]);
    expect_line(&reader, "a");
    expect_line(&reader, "");
    expect_line(&reader, "b");
    expect_line(&reader, "rest");
    line_done(&reader);
    close(fds[0]);
}

/* A line over the limit is told once, skipped, and the next one is read. */
static void test_too_long(void **state)
{
    char *input = malloc(2 * LINE_LIMIT);
    char name[] = "/tmp/proximo-line-XXXXXX";
    int fd = mkstemp(name);
    struct line_reader reader;
    const char *line;
    size_t len, told = 0;
    enum line_state got;

    (void)state;
    assert_non_null(input);
    assert_true(fd >= 0);
    unlink(name);
    memset(input, 'x', 2 * LINE_LIMIT);
    assert_int_equal(write(fd, input, 2 * LINE_LIMIT), 2 * LINE_LIMIT);
    assert_int_equal(write(fd, "\nnext\n", 6), 6);
    input[LINE_LIMIT] = '\n'; /* exactly the limit is allowed */
    assert_int_equal(write(fd, input, LINE_LIMIT + 1), LINE_LIMIT + 1);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    line_init(&reader, fd);
    while ((got = line_next(&reader, &line, &len)) != LINE_HERE) {
        told += got == LINE_TOO_LONG;
        if (got == LINE_MORE)
            assert_int_equal(line_fill(&reader), 0);
    }
    assert_int_equal(told, 1);
    assert_int_equal(len, 4);
    assert_memory_equal(line, "next", 4);
    while (line_next(&reader, &line, &len) == LINE_MORE)
        assert_int_equal(line_fill(&reader), 0);
    assert_int_equal(len, LINE_LIMIT);
    line_done(&reader);
    close(fd);
    free(input);
}

/* ---------------------------------------------------------------- output */

struct sender {
    struct output *output;
    char letter;
};

static void *send_lines(void *arg)
{
    const struct sender *sender = arg;
    char line[3000];

    memset(line, sender->letter, sizeof(line));
    line[sizeof(line) - 1] = '\n';
    for (int i = 0; i < 200; i++)
        assert_int_equal(output_send(sender->output, line, sizeof(line)), 0);
    return NULL;
}

/* Lines of several threads arrive whole, whatever the descriptor is. */
static void whole_lines(int read_fd, int write_fd)
{
    struct output_options options = {.fd = write_fd, .in_fd = -1, .stop_fd = -1, .stop_write = -1};
    struct line_reader reader;
    struct sender senders[4];
    pthread_t threads[4];
    int counts[4] = {0};

    assert_int_equal(output_new(&options, &senders[0].output), 0);
    for (int i = 0; i < 4; i++) {
        senders[i] = (struct sender){senders[0].output, (char)('a' + i)};
        assert_int_equal(pthread_create(&threads[i], NULL, send_lines, &senders[i]), 0);
    }
    line_init(&reader, read_fd);
    for (int n = 0; n < 800;) {
        const char *line;
        size_t len;
        enum line_state got = line_next(&reader, &line, &len);

        if (got == LINE_MORE) {
            assert_int_equal(line_fill(&reader), 0);
            continue;
        }
        assert_int_equal(got, LINE_HERE);
        assert_int_equal(len, 2999);
        assert_memory_equal(line, line + 1, len - 1);
        counts[line[0] - 'a']++;
        n++;
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(counts[i], 200);
    }
    line_done(&reader);
    output_free(senders[0].output);
}

static void test_output_pipe(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    whole_lines(fds[0], fds[1]);
    close(fds[0]);
    close(fds[1]);
}

static void test_output_socket(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    whole_lines(fds[0], fds[1]);
    close(fds[0]);
    close(fds[1]);
}

static void test_output_gone(void **state)
{
    struct output *output;
    int fds[2], stop[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(pipe(stop), 0);
    struct output_options options = {.fd = fds[1], .in_fd = -1, .stop_fd = stop[0], .stop_write = stop[1]};
    assert_int_equal(output_new(&options, &output), 0);
    assert_int_equal(output_send(output, "x\n", 2), 0);
    assert_false(output_gone(output));
    close(fds[0]);
    assert_int_equal(output_send(output, "y\n", 2), -EPIPE);
    assert_true(output_gone(output));
    assert_int_equal(read(stop[0], &byte, 1), 1);
    output_free(output);
    close(fds[1]);
    close(stop[0]);
    close(stop[1]);
}

/* A reader that takes nothing does not hold up the end. */
static void test_output_stuck(void **state)
{
    size_t len = (size_t)1 << 20;
    char *line = calloc(1, len);
    struct output *output;
    int fds[2], stop[2];
    int64_t before;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(pipe(stop), 0);
    assert_int_equal(write(stop[1], "", 1), 1);
    struct output_options options = {.fd = fds[1], .in_fd = -1, .stop_fd = stop[0], .stop_write = -1};
    assert_int_equal(output_new(&options, &output), 0);
    before = clock_ms();
    assert_int_equal(output_send(output, line, len), -EPIPE);
    assert_true(clock_ms() - before < 2000);
    output_free(output);
    free(line);
    close(fds[0]);
    close(fds[1]);
    close(stop[0]);
    close(stop[1]);
}

/* Progress never waits. */
static void test_output_offer(void **state)
{
    struct output_options options = {.in_fd = -1, .stop_fd = -1, .stop_write = -1};
    struct output *output;
    char line[1000];
    int fds[2], refused = 0;

    (void)state;
    memset(line, 'p', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    assert_int_equal(pipe(fds), 0);
    options.fd = fds[1];
    assert_int_equal(output_new(&options, &output), 0);
    for (int i = 0; i < 1000; i++)
        refused += output_offer(output, line, sizeof(line)) == -EAGAIN;
    assert_true(refused > 0 && refused < 1000);
    output_free(output);
    close(fds[0]);
    close(fds[1]);
}

/* ---------------------------------------------------------------- calls */

static atomic_int running, most_running, ran, cancelled;

static void run_until_cancelled(void *arg, struct call *call)
{
    int now = atomic_fetch_add(&running, 1) + 1, seen = atomic_load(&most_running);

    (void)arg;
    while (now > seen && !atomic_compare_exchange_weak(&most_running, &seen, now))
        ;
    for (int i = 0; i < 2000 && !cancel_is_set(call->cancel); i++)
        usleep(1000);
    atomic_fetch_add(&cancelled, cancel_is_set(call->cancel));
    atomic_fetch_add(&ran, 1);
    atomic_fetch_sub(&running, 1);
}

static int start(struct calls *calls, const char *id, enum call_lane lane)
{
    struct call *call;
    int r;

    assert_int_equal(call_new(id, &call), 0);
    call->lane = lane;
    r = calls_start(calls, call);
    if (r < 0)
        call_free(call);
    return r;
}

static void test_calls(void **state)
{
    struct calls *calls;
    char id[16];

    (void)state;
    atomic_store(&most_running, 0);
    atomic_store(&ran, 0);
    assert_int_equal(calls_new(50, run_until_cancelled, NULL, &calls), 0);
    for (int i = 0; i < 50; i++) {
        (void)snprintf(id, sizeof(id), "%d", i);
        assert_int_equal(start(calls, id, CALL_WAITS), 0);
    }
    assert_int_equal(start(calls, "51", CALL_WAITS), -EBUSY);
    assert_true(calls_has(calls, "7"));
    assert_false(calls_has(calls, "\"7\""));
    assert_false(calls_cancel(calls, "99"));
    for (int i = 0; i < 500 && atomic_load(&most_running) < 50; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&most_running), 50); /* all at once */
    assert_true(calls_cancel(calls, "7"));
    for (int i = 0; i < 500 && calls_has(calls, "7"); i++)
        usleep(1000);
    assert_false(calls_has(calls, "7"));
    assert_int_equal(start(calls, "7", CALL_WAITS), 0); /* the id is free again */
    assert_false(calls_wait_idle(calls, clock_ms() + 20, -1));
    calls_stop(calls);
    assert_true(calls_wait_idle(calls, clock_ms() + 2000, -1));
    assert_int_equal(atomic_load(&ran), 51);
    calls_free(calls);
    assert_true(threads_settle(clock_ms() + 5000));
}

static void run_quickly(void *arg, struct call *call)
{
    (void)arg;
    int now = atomic_fetch_add(&running, 1) + 1, seen = atomic_load(&most_running);

    while (now > seen && !atomic_compare_exchange_weak(&most_running, &seen, now))
        ;
    usleep(100);
    atomic_fetch_add(&ran, 1);
    atomic_fetch_sub(&running, 1);
    assert_true(call_claim_answer(call));
    assert_false(call_claim_answer(call));
}

/* Local calls stand in a queue of their own: many at once, one after the other. */
static void test_local_calls(void **state)
{
    struct calls *calls;
    char id[16];

    (void)state;
    atomic_store(&most_running, 0);
    atomic_store(&ran, 0);
    assert_int_equal(calls_new(2, run_quickly, NULL, &calls), 0);
    for (int i = 0; i < 500; i++) {
        (void)snprintf(id, sizeof(id), "%d", i);
        assert_int_equal(start(calls, id, CALL_LOCAL), 0);
    }
    assert_true(calls_wait_idle(calls, clock_ms() + 5000, -1));
    assert_int_equal(atomic_load(&ran), 500);
    assert_int_equal(atomic_load(&most_running), 1);
    calls_free(calls);
    assert_true(threads_settle(clock_ms() + 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),         cmocka_unit_test(test_crlf_and_rest),
        cmocka_unit_test(test_too_long),      cmocka_unit_test(test_output_pipe),
        cmocka_unit_test(test_output_socket), cmocka_unit_test(test_output_gone),
        cmocka_unit_test(test_output_stuck),  cmocka_unit_test(test_output_offer),
        cmocka_unit_test(test_calls),         cmocka_unit_test(test_local_calls),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
