/* SPDX-License-Identifier: Apache-2.0 */
/* How a server begins and ends: probes, the planes after the first answer, and every way to stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "fake_planes.h"
#include "mcp/line.h"
#include "mcp/server.h"
#include "talk.h"

/* A client that only probes costs no plane. */
static void test_probe_starts_nothing(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
               "\"2025-11-25\"}}");
    talk_hang_up(&talk);
    talk_begin(&talk);
    expect(&talk, 0, "serverInfo");
    assert_true(talk_finish(&talk, SERVER_ENDED) < 200);
    assert_int_equal(fake_planes.started, 0);
}

static void test_planes_start_after_first_answer(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    usleep(50000);
    assert_int_equal(fake_planes.started, 0);
    hello(&talk);
    usleep(100000);
    assert_int_equal(fake_planes.started, 1);
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_refused_start(void **state)
{
    struct talk talk;

    (void)state;
    fake_planes.refuse = true;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    call_read(&talk, 1, 0, "");
    expect(&talk, 1, "a required plane is missing");
    talk_join(&talk, SERVER_REFUSED); /* by itself */
}

/* What is quick is still answered after the end of input; what is not is cancelled, and the end comes within
 * a second. */
static void test_end_of_input(void **state)
{
    struct talk talk;
    int64_t took;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    call_read(&talk, 1, 100, "");
    call_read(&talk, 2, 60000, "");
    talk_hang_up(&talk);
    took = clock_ms();
    expect(&talk, 1, "structuredContent");
    expect(&talk, 2, "PX-CANCELLED");
    (void)talk_finish(&talk, SERVER_ENDED);
    assert_true(clock_ms() - took < 1000);
}

static void test_end_in_the_middle(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    assert_int_equal(write(talk.to, "{\"jsonrpc\":\"2.0\",\"id\":1,\"met", 28), 28);
    talk_hang_up(&talk);
    expect(&talk, -1, "-32700");
    assert_true(talk_finish(&talk, SERVER_ENDED) < 200);
}

static void test_output_closed(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    close(talk.from); /* while nothing is being written */
    talk.from = -1;
    talk_join(&talk, SERVER_OUTPUT_GONE);
}

/* A client that has stopped reading does not keep the server alive after it has hung up. */
static void test_reader_stuck(void **state)
{
    struct talk talk;
    int64_t before;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    for (int i = 0; i < 300; i++)
        say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/list\"}", i);
    usleep(50000);
    before = clock_ms();
    close(talk.to);
    talk_join(&talk, SERVER_OUTPUT_GONE);
    assert_true(clock_ms() - before < 1500);
}

static void test_signal(void **state)
{
    struct talk talk;
    int64_t before;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    call_read(&talk, 1, 60000, "");
    usleep(50000);
    before = clock_ms();
    /* SIGTERM is caught, and it must be that thread which runs the handler. */
    assert_int_equal(pthread_kill(talk.thread, SIGTERM), 0); // NOLINT(bugprone-bad-signal-to-kill-thread)
    expect(&talk, 1, "PX-CANCELLED");
    talk_join(&talk, SERVER_ENDED);
    assert_true(clock_ms() - before < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_probe_starts_nothing, talk_setup),
        cmocka_unit_test_setup(test_planes_start_after_first_answer, talk_setup),
        cmocka_unit_test_setup(test_refused_start, talk_setup),
        cmocka_unit_test_setup(test_end_of_input, talk_setup),
        cmocka_unit_test_setup(test_end_in_the_middle, talk_setup),
        cmocka_unit_test_setup(test_output_closed, talk_setup),
        cmocka_unit_test_setup(test_reader_stuck, talk_setup),
        cmocka_unit_test_setup(test_signal, talk_setup),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
