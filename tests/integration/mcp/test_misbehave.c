/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that do not behave, against the real program: that never read, that go in the middle of things,
 * that flood. The server keeps its memory bounded, answers what can be answered and ends when it is told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "child.h"
#include "mcp/line.h"

#define ANSWER_MS 20000
#define FLOOD     100000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EXIT_MS   5000
#define GROWTH_KB 600000 /* sanitizers keep what was freed */
#else
#define EXIT_MS   2000 /* a second, and the grace for an output that nobody reads */
#define GROWTH_KB 32768
#endif

static const char *const serve[] = {"serve", NULL};
static const char *const serve_demo[] = {"serve", "--demo", NULL};

static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n";
static const char list[] = "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/list\"}\n";
static const char status[] =
    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_status\"}}\n";
static const char unknown_tool[] =
    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"nobody\"}}\n";
static const char unknown_cancel[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                                     "\"params\":{\"requestId\":%d}}\n";
static const char guests[] = "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/"
                             "call\",\"params\":{\"name\":\"pve_list_guests\"}}\n";

static void begin(struct child *child, const char *const *argv)
{
    struct json_object *answer CLEANUP_JSON = NULL;

    child_start(child, argv);
    child_say(child, "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"initialize\",\"params\":{"
                     "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}}}");
    answer = child_hear(child, ANSWER_MS);
    assert_non_null(answer);
    child_say(child, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
}

/* Its resident memory in kB: VmRSS, or the highest there ever was. */
static uint64_t memory_kb(const struct child *child, const char *name)
{
    struct buf text CLEANUP_BUF = BUF_INIT(1 << 16);
    char path[64], wanted[32];
    uint64_t kb = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)child->pid);
    (void)snprintf(wanted, sizeof(wanted), "\n%s:", name);
    assert_int_equal(file_read(path, &text), 0);
    buf_char(&text, '\0');
    char *at = strstr(text.data, wanted);
    assert_non_null(at);
    at += strlen(wanted);
    at += strspn(at, " \t");
    at[strcspn(at, " \n")] = '\0';
    assert_int_equal(text_to_u64(at, UINT64_MAX, &kb), 0);
    return kb;
}

/* Says the formats in turn, numbered from `first`, until nothing has gone for `ms` or `most` are said. A line
 * that was begun is ended, unless that is stuck. Returns how many were begun. */
static int flood(struct child *child, const char *const *formats, size_t count, int first, int most, int ms)
{
    char line[512];
    int said = 0;

    assert_int_equal(fcntl(child->to, F_SETFL, O_NONBLOCK), 0);
    for (bool stuck = false; !stuck && said < most; said++) {
        int len = 0;
        size_t sent = 0;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        len = snprintf(line, sizeof(line), formats[(size_t)said % count], first + said);
#pragma GCC diagnostic pop
        child->called = child->called || strstr(line, "tools/call");
        while (!stuck && sent < (size_t)len) {
            struct pollfd p = {.fd = child->to, .events = POLLOUT};
            ssize_t n = write(child->to, line + sent, (size_t)len - sent);

            sent += n > 0 ? (size_t)n : 0;
            stuck = n < 0 && (errno != EAGAIN || poll(&p, 1, ms) <= 0);
        }
    }
    return said;
}

/* It must end by itself, in time, with nothing of it left. */
static void ends(struct child *child, int expected_status)
{
    int64_t before = clock_ms();
    char *errors;
    int got = child_end(child, EXIT_MS + 3000, &errors);

    if (got != expected_status)
        print_error("status %d, stderr: %s\n", got, errors);
    free(errors);
    assert_int_equal(got, expected_status);
    assert_true(clock_ms() - before < EXIT_MS);
    assert_int_equal(child_remains(child), 0);
}

/* ---------------------------------------------------------------- never reads */

/* Requests and no reading: memory stays, and the end comes at once, however it is told. */
static void test_never_reads(void **state)
{
    static const char *const all[] = {ping, list, status, unknown_tool, unknown_cancel};
    struct child child;

    (void)state;
    for (int way = 0; way < 3; way++) {
        uint64_t before;
        int said;

        begin(&child, serve);
        before = memory_kb(&child, "VmRSS");
        said = flood(&child, all, 5, 1, FLOOD, 500);
        assert_in_range(said, 100, FLOOD - 1); /* it stopped taking more */
        assert_true(memory_kb(&child, "VmHWM") < before + GROWTH_KB);
        if (way == 0)
            child_close_input(&child);
        else if (way == 1)
            assert_int_equal(kill(child.pid, SIGTERM), 0);
        else
            fd_close(&child.from);
        ends(&child, 1); /* what was to be said did not reach anybody */
    }
}

/* The same while a site is asked: the calls in progress end too. */
static void test_never_reads_calls(void **state)
{
    static const char *const calls[] = {guests};
    struct child child;

    (void)state;
    begin(&child, serve_demo);
    assert_true(flood(&child, calls, 1, 1, 20000, 1000) >= 100);
    assert_true(memory_kb(&child, "VmHWM") < 400000);
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    ends(&child, 1);
}

/* ---------------------------------------------------------------- floods */

/* Says everything at once and reads only when nothing goes any more: every answer comes, once and in order.
 */
static void test_reads_late(void **state)
{
    struct child child;
    int said = 0, heard = 0;

    (void)state;
    begin(&child, serve);
    while (heard < FLOOD) {
        struct json_object *answer;
        int64_t id = -1;

        if (said < FLOOD) {
            /* Between two lines only: a line that is stuck half way would be torn. */
            struct pollfd p = {.fd = child.to, .events = POLLOUT};
            while (said < FLOOD && poll(&p, 1, heard == said ? ANSWER_MS : 50) > 0) {
                char line[128];
                int len = snprintf(line, sizeof(line), ping, said++);
                assert_int_equal(write(child.to, line, (size_t)len), len); /* a pipe takes PIPE_BUF whole */
            }
        }
        for (int n = 0; n < 5000 && heard < said; n++, heard++) {
            answer = child_hear(&child, ANSWER_MS);
            assert_non_null(answer);
            assert_int_equal(json_get_int(answer, "id", &id), 0);
            assert_int_equal(id, heard);
            json_object_put(answer);
        }
    }
    child_close_input(&child);
    ends(&child, 0);
}

/* Cancels of what never was, in every form of id: not a word, and the server goes on. */
static void test_cancels_of_nothing(void **state)
{
    static const char *const ids[] = {
        "1.5", "-1", "\"\"", "null", "[]", "9223372036854775807", "\"\\ud83d\\ude00\""};
    struct json_object *answer CLEANUP_JSON = NULL;
    struct child child;
    char line[256];

    (void)state;
    begin(&child, serve);
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(
            line, sizeof(line),
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%s}}",
            ids[(size_t)i % (sizeof(ids) / sizeof(ids[0]))]);
        child_say(&child, line);
    }
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":\"after\",\"method\":\"ping\"}");
    answer = child_hear(&child, ANSWER_MS);
    assert_non_null(answer);
    assert_non_null(strstr(json_object_to_json_string(answer), "\"after\""));
    child_close_input(&child);
    ends(&child, 0);
}

/* Lines around the limit, and ids as long as them: an answer for each, and the memory is given back. */
static void test_huge_lines(void **state)
{
    static const struct {
        size_t len;
        const char *expected;
    } ids[] = {{1000, "\"result\""}, {100000, NULL}, {LINE_LIMIT - 100, NULL}, {LINE_LIMIT + 100, "-32600"}};
    struct child child;
    char *huge = malloc(LINE_LIMIT + 1000);
    uint64_t before;

    (void)state;
    assert_non_null(huge);
    begin(&child, serve);
    before = memory_kb(&child, "VmRSS");
    for (size_t i = 0; i < 3 * sizeof(ids) / sizeof(ids[0]); i++) {
        static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":\"", tail[] = "\",\"method\":\"ping\"}\n";
        size_t len = ids[i % 4].len;
        struct json_object *answer CLEANUP_JSON = NULL;

        memcpy(huge, head, sizeof(head) - 1);
        memset(huge + sizeof(head) - 1, 'x', len);
        memcpy(huge + sizeof(head) - 1 + len, tail, sizeof(tail) - 1);
        child_write(&child, huge, sizeof(head) - 1 + len + sizeof(tail) - 1);
        answer = child_hear(&child, ANSWER_MS);
        assert_non_null(answer);
        if (ids[i % 4].expected)
            assert_non_null(strstr(json_object_to_json_string(answer), ids[i % 4].expected));
    }
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"); /* small again */
    json_object_put(child_hear(&child, ANSWER_MS));
    assert_true(memory_kb(&child, "VmRSS") < before + GROWTH_KB);
    free(huge);
    child_close_input(&child);
    ends(&child, 0);
}

/* ---------------------------------------------------------------- goes early */

/* Each row: what is said last, how much of the answer is read, and what is closed. */
static void test_goes_early(void **state)
{
    static const struct {
        const char *last;
        bool read_some, close_input, close_output;
    } ways[] = {
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n", true, true, true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n", false, true, true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n", true, false, true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
         "call\",\"params\":{\"name\":\"proximo_status\"}}\n",
         false, true, true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
         "call\",\"params\":{\"name\":\"proximo_status\"}}\n",
         false, false, true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"meth", false, true, true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"meth", false, false, true},
    };
    char some[16];

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct child child;
        int got;
        int64_t before;

        begin(&child, serve);
        child_write(&child, ways[i].last, strlen(ways[i].last));
        if (ways[i].read_some)
            assert_true(read(child.from, some, sizeof(some)) > 0);
        if (ways[i].close_output)
            fd_close(&child.from);
        if (ways[i].close_input)
            child_close_input(&child);
        before = clock_ms();
        got = child_end(&child, EXIT_MS + 3000, NULL);
        assert_in_range(got, 0, 1); /* whether it was lost depends on who was first */
        assert_true(clock_ms() - before < EXIT_MS);
        assert_int_equal(child_remains(&child), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_reads), cmocka_unit_test(test_never_reads_calls),
        cmocka_unit_test(test_reads_late),  cmocka_unit_test(test_cancels_of_nothing),
        cmocka_unit_test(test_huge_lines),  cmocka_unit_test(test_goes_early),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
