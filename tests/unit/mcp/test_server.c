/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversations with the server: what is answered, calls beside each other, cancellation, progress, limits,
 * hostile input.
 */
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

static void test_conversation(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
               "call\",\"params\":{\"name\":\"proximo_find\",\"arguments\":"
               "{\"query\":\"container state\"}}}");
    expect(&talk, 1, "pve_guest_status");
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
               "call\",\"params\":{\"name\":\"proximo_describe\",\"arguments\":"
               "{\"tool\":\"pve_guest_status\"}}}");
    expect(
        &talk, 2,
        "\"example\":{\"name\":\"proximo_read\",\"arguments\":{\"tool\":\"pve_guest_status\",\"arguments\":"
        "{\"vmid\":\"105\"}}}");
    call_read(&talk, 3, 0, "");
    expect(&talk, 3, "\"structuredContent\":{\"tool\":\"pve_guest_status\"");
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"pve_list_guests\"}}");
    expect(&talk, 4, "\"structuredContent\":{\"tool\":\"pve_list_guests\"");
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"pve_lst_guests\"}}");
    expect(&talk, 5, "Near: pve_list_guests");
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"tools/call\",\"params\":{\"name\":\"pve_guest_power\"}}");
    expect(&talk, 6, "PX-READ-ONLY");
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/"
               "call\",\"params\":{\"name\":\"proximo_read\",\"arguments\":"
               "{\"tool\":\"pve_list_guests\",\"site\":\"mars\"}}}");
    expect(&talk, 7, "PX-SITE");
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/"
               "call\",\"params\":{\"name\":\"pve_list_guests\",\"arguments\":"
               "{\"site\":\"lab\",\"limit\":3}}}");
    expect(&talk, 8, "\"arguments\":{\"limit\":3}"); /* without the site */
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/"
               "call\",\"params\":{\"name\":\"proximo_read\",\"arguments\":"
               "{\"tool\":\"proximo_status\"}}}");
    expect(&talk, 9, "Call proximo_status itself");
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":10,\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_status\"}}");
    expect(&talk, 10, "\"tools\":3");
    /* A tool of the server's own, by itself and through proximo_read; it knows the tools that are offered. */
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":11,\"method\":\"tools/call\",\"params\":{\"name\":\"pve_doctor\"}}");
    expect(&talk, 11, "\"structuredContent\":{\"ok\":true,\"site\":\"\",\"tools\":3}");
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":12,\"method\":\"tools/"
        "call\",\"params\":{\"name\":\"proximo_read\",\"arguments\":{\"tool\":\"pve_doctor\",\"arguments\":{"
        "\"vmid\":\"105\"}}}}");
    expect(&talk, 12, "PX-ARG");
    assert_true(talk_finish(&talk, SERVER_ENDED) < 200);
}

static void test_full_surface_and_denied(void **state)
{
    char denied[] = "pve_list_guests", *list[] = {denied};
    struct json_object *tools CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk.config.surface = CONFIG_FULL;
    talk.config.deny = (struct config_strings){list, 1};
    talk_begin(&talk);
    hello(&talk);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
    tools = hear(&talk);
    assert_true(has(tools, "pve_guest_status"));
    assert_false(has(tools, "\"pve_list_guests\""));
    assert_false(has(tools, "\"pve_guest_power\"")); /* mode read */
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"pve_list_guests\"}}");
    expect(&talk, 2, "not enabled");
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_fifty_at_once(void **state)
{
    bool seen[50] = {false};
    struct talk talk;
    int64_t before;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    before = clock_ms();
    for (int i = 0; i < 50; i++)
        call_read(&talk, 100 + i, 300, "");
    for (int i = 0; i < 50; i++) {
        struct json_object *message CLEANUP_JSON = hear(&talk);
        int64_t id = id_of(message);

        assert_true(id >= 100 && id < 150 && !seen[id - 100]);
        assert_true(has(message, "structuredContent"));
        seen[id - 100] = true;
    }
    assert_true(clock_ms() - before < 3000); /* one after the other would be 15 s */
    assert_int_equal(fake_planes.most_at_once, 50);
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_busy_and_duplicates(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk.config.max_calls = 2;
    talk_begin(&talk);
    hello(&talk);
    call_read(&talk, 1, 1000, "");
    call_read(&talk, 2, 1000, "");
    call_read(&talk, 3, 1000, "");
    expect(&talk, 3, "PX-BUSY");
    call_read(&talk, 1, 0, "");
    expect(&talk, 1, "-32600");
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"ping\"}"); /* another id: a string */
    struct json_object *ping CLEANUP_JSON = hear(&talk);
    assert_true(has(ping, "\"id\":\"1\"") && has(ping, "\"result\""));
    for (int i = 0; i < 2; i++) {
        struct json_object *message CLEANUP_JSON = hear(&talk);
        assert_true(has(message, "structuredContent"));
    }
    call_read(&talk, 1, 0, ""); /* free again */
    expect(&talk, 1, "structuredContent");
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_cancelled(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    call_read(&talk, 1, 5000, ",\"_meta\":{\"progressToken\":\"t\"}");
    struct json_object *progress CLEANUP_JSON = hear(&talk);
    assert_true(has(progress, "notifications/progress"));
    say(&talk, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
               "cancelled\",\"params\":{\"requestId\":\"1\"}}"); /* not it */
    say(&talk, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}");
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}");
    for (;;) { /* progress may have been under way */
        struct json_object *message CLEANUP_JSON = hear(&talk);

        if (id_of(message) == 2)
            break;
        assert_true(has(message, "notifications/progress"));
    }
    assert_null(hear_within(&talk, 300)); /* nothing more for the cancelled call */
    assert_true(talk_finish(&talk, SERVER_ENDED) < 500);
}

static void test_progress(void **state)
{
    int64_t last = -1, value;
    int told = 0;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    call_read(&talk, 1, 400, ",\"_meta\":{\"progressToken\":77}");
    for (;;) {
        struct json_object *message CLEANUP_JSON = hear(&talk), *params;

        if (id_of(message) == 1)
            break;
        assert_true(has(message, "\"method\":\"notifications/progress\""));
        assert_int_equal(json_get(message, "params", json_type_object, &params), 0);
        assert_int_equal(json_get_int(params, "progressToken", &value), 0);
        assert_int_equal(value, 77);
        assert_int_equal(json_get_int(params, "progress", &value), 0);
        assert_true(value > last);
        last = value;
        told++;
    }
    assert_true(told >= 3);
    assert_null(hear_within(&talk, 100)); /* none after the answer */
    call_read(&talk, 2, 100, "");         /* none without a token */
    expect(&talk, 2, "structuredContent");
    call_read(&talk, 3, 0, ",\"_meta\":{\"progressToken\":{}}");
    expect(&talk, 3, "-32602");
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* A plane that says all the time that it is done does not flood the client. */
static void test_progress_flood(void **state)
{
    int told = 0;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"pve_guest_status\","
        "\"arguments\":{\"sleep_ms\":400,\"whole\":true},\"_meta\":{\"progressToken\":77}}}");
    for (;; told++) {
        struct json_object *message CLEANUP_JSON = hear(&talk);
        if (id_of(message) == 1)
            break;
    }
    assert_in_range(told, 2, 30); /* one in 20 ms, of 80 */
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* Local calls before the planes are loaded wait in a queue, however many; the limit of calls does not count
 * for them. */
static void test_local_calls_wait(void **state)
{
    struct talk talk;

    (void)state;
    fake_planes.load_ms = 200;
    talk_open(&talk);
    talk.config.max_calls = 2;
    talk_begin(&talk);
    hello(&talk);
    for (int i = 1; i <= 100; i++)
        say(&talk,
            "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/"
            "call\",\"params\":{\"name\":\"proximo_status\"}}",
            i);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":500,\"method\":\"ping\"}");
    expect(&talk, 500, "\"result\":{}"); /* not held up by them */
    for (int i = 1; i <= 100; i++)
        expect(&talk, i, "structuredContent");
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* More lists than may wait for the planes: the answer is an error of the protocol, not of a tool. */
static void test_lists_wait(void **state)
{
    const int most = 8192 + 1; /* and the one that a thread has taken */
    struct talk talk;

    (void)state;
    fake_planes.load_ms = 1500;
    talk_open(&talk);
    talk.config.surface = CONFIG_FULL;
    talk_begin(&talk);
    hello(&talk);
    for (int i = 1; i <= most + 1; i++)
        say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/list\"}", i);
    expect(&talk, most + 1, "-32603");
    for (int i = 1; i <= most; i++)
        expect(&talk, i, "\"tools\":[");
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_deadline(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk.config.call_timeout_s = 1;
    talk_begin(&talk);
    hello(&talk);
    call_read(&talk, 1, 4000, "");
    expect(&talk, 1, "PX-TIMEOUT");
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* Both eras on one connection, byte by byte, with an oversized line between. */
static void test_hostile_input(void **state)
{
    static const char modern[] =
        "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/"
        "call\",\"params\":{\"name\":\"proximo_status\",\"_meta\":"
        "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/"
        "clientCapabilities\":{}}}}\r\n";
    size_t big = LINE_LIMIT + 100;
    char *line = malloc(big);
    struct talk talk;

    (void)state;
    assert_non_null(line);
    memset(line, '[', big);
    line[big - 1] = '\n';
    talk_open(&talk);
    talk_begin(&talk);
    for (size_t i = 0; i < sizeof(modern) - 1; i++)
        assert_int_equal(write(talk.to, modern + i, 1), 1);
    expect(&talk, 5, "\"resultType\":\"complete\"");
    assert_int_equal(write(talk.to, line, big), (ssize_t)big);
    expect(&talk, -1, "longer than 4 MiB");
    memset(line, '[', 100000);
    line[100000 - 1] = '\n';
    assert_int_equal(write(talk.to, line, 100000), 100000);
    expect(&talk, -1, "-32700"); /* too deep */
    hello(&talk);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"ping\"}");
    expect(&talk, 6, "\"result\":{}");
    free(line);
    (void)talk_finish(&talk, SERVER_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_conversation, talk_setup),
        cmocka_unit_test_setup(test_full_surface_and_denied, talk_setup),
        cmocka_unit_test_setup(test_fifty_at_once, talk_setup),
        cmocka_unit_test_setup(test_busy_and_duplicates, talk_setup),
        cmocka_unit_test_setup(test_cancelled, talk_setup),
        cmocka_unit_test_setup(test_progress, talk_setup),
        cmocka_unit_test_setup(test_progress_flood, talk_setup),
        cmocka_unit_test_setup(test_local_calls_wait, talk_setup),
        cmocka_unit_test_setup(test_lists_wait, talk_setup),
        cmocka_unit_test_setup(test_deadline, talk_setup),
        cmocka_unit_test_setup(test_hostile_input, talk_setup),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
