/* SPDX-License-Identifier: Apache-2.0 */
/* A change while it runs: the first record, progress, cancellation, the end of the server, what it leaves to
 * others. */
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
#include "fake_trust.h"
#include "mcp/server.h"
#include "talk.h"

#define APPLY(id) "\"plan_id\":\"" id "\",\"action\":\"guest.stop\",\"subject\":\"guest/105\""

static void open_guarded(struct talk *talk)
{
    talk_open(talk);
    talk_guarded(talk);
    talk_begin(talk);
    hello(talk);
}

/* The first record of a run comes with the first call of any tool, once, and not before. */
static void test_first_call(void **state)
{
    struct json_object *list CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
    list = hear(&talk);
    usleep(50000);
    assert_int_equal(fake_trust.made, 1);
    assert_int_equal(fake_trust.first_calls, 0);
    /* What could be answered at once still writes it, when it comes first. */
    call_tool(&talk, 2, "proximo_status", "", "");
    expect(&talk, 2, "structuredContent");
    assert_int_equal(fake_trust.first_calls, 1);
    for (int i = 10; i < 30; i++)
        call_tool(&talk, i, i % 2 ? "proximo_status" : "pve_list_guests", "", "");
    for (int i = 10; i < 30; i++) {
        struct json_object *message CLEANUP_JSON = hear(&talk);
        assert_true(has(message, "structuredContent"));
    }
    assert_int_equal(fake_trust.first_calls, 1);
    (void)talk_finish(&talk, SERVER_ENDED);
    assert_int_equal(fake_trust.stops, 1);
    assert_int_equal(fake_trust.freed, 1);
}

/* ---------------------------------------------------------------- the end in the middle */

static void wait_for_slow(int count)
{
    int64_t deadline = clock_ms() + 3000;

    while (fake_trust.slow_running < count && clock_ms() < deadline)
        usleep(1000);
    assert_int_equal(fake_trust.slow_running, count);
}

/* design 3: "At end of input, SIGTERM or cancellation no new step starts" */
static void test_end_during_apply(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct talk talk;
        int64_t before;

        fake_trust_reset();
        fake_trust.slow_ms = 1500; /* longer than reads get */
        open_guarded(&talk);
        call_tool(&talk, 1, "proximo_apply", APPLY("slow-1"), "");
        wait_for_slow(1);
        before = clock_ms();
        if (how == 0)
            talk_hang_up(&talk);
        else /* the thread of the server must be the one that runs the handler */
            assert_int_equal(pthread_kill(talk.thread, SIGTERM),
                             0); // NOLINT(bugprone-bad-signal-to-kill-thread)
        expect(&talk, 1, "\"outcome\":\"partial\"");
        (void)talk_finish(&talk, SERVER_ENDED);
        assert_true(clock_ms() - before >= 1500);
        assert_int_equal(fake_trust.slow_stopped, 1);
        assert_int_equal(fake_trust.slow_cancelled, 0);
    }
}

static void test_cancel_during_apply(void **state)
{
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    call_tool(&talk, 1, "proximo_apply", APPLY("slow-1"), "");
    wait_for_slow(1);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}");
    assert_null(hear_within(&talk, 300));
    assert_int_equal(fake_trust.slow_cancelled, 1);
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* What a task says while it works on one and the same step reaches the client, in numbers that grow. */
static void test_progress(void **state)
{
    double last = -1;
    int told = 0;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    call_tool(&talk, 1, "proximo_apply", APPLY("slow-1"), "\"_meta\":{\"progressToken\":\"t\"}");
    for (; last < 1; told++) {
        struct json_object *message CLEANUP_JSON = hear(&talk);
        double value = json_object_get_double(at(message, "params/progress"));

        assert_string_equal(text_at(message, "method"), "notifications/progress");
        assert_int_equal(strncmp(text_at(message, "params/message"), "stop: ", 6), 0);
        assert_true(value > last && value < 2);
        last = value;
    }
    assert_in_range(told, 3, 50); /* of a hundred of the first step: not one alone, not all */
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* Changes that take long leave the places of reads alone. */
static void test_apply_takes_no_place(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_guarded(&talk);
    talk.config.max_calls = 2;
    talk_begin(&talk);
    hello(&talk);
    call_tool(&talk, 1, "proximo_apply", APPLY("slow-1"), "");
    call_tool(&talk, 2, "proximo_apply", APPLY("slow-2"), "");
    wait_for_slow(2);
    call_tool(&talk, 3, "proximo_apply", APPLY("slow-3"), "");
    expect(&talk, 3, "PX-BUSY");
    call_read(&talk, 4, 0, "");
    expect(&talk, 4, "structuredContent");
    (void)talk_finish(&talk, SERVER_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_first_call, talk_setup),
        cmocka_unit_test_setup(test_end_during_apply, talk_setup),
        cmocka_unit_test_setup(test_cancel_during_apply, talk_setup),
        cmocka_unit_test_setup(test_progress, talk_setup),
        cmocka_unit_test_setup(test_apply_takes_no_place, talk_setup),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
