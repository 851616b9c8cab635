/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person is asked: requests to the client in the legacy era, input_required in the modern one; every kind
 * of answer, and none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "fake_trust.h"
#include "mcp/server.h"
#include "talk.h"

#define APPLY(id) "\"plan_id\":\"" id "\",\"action\":\"guest.stop\",\"subject\":\"guest/105\""
#define MODERN_AS(capabilities)                                                                              \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                                 \
    "\"io.modelcontextprotocol/clientCapabilities\":" capabilities "}"
#define MODERN   MODERN_AS("{\"elicitation\":{}}")
#define ACCEPTED "\"result\":{\"action\":\"accept\",\"content\":{\"subject\":\"guest/105\"}}"

static void open_as(struct talk *talk, const char *version, const char *capabilities, int form_ms)
{
    talk_open(talk);
    talk_guarded(talk);
    talk->form_ms = form_ms;
    talk_begin(talk);
    hello_as(talk, version, capabilities);
}

/* The next message is a form; its id goes to ret. */
static void expect_form(struct talk *talk, char ret[64], bool has_mode)
{
    struct json_object *form CLEANUP_JSON = hear(talk);

    assert_string_equal(text_at(form, "method"), "elicitation/create");
    assert_string_equal(text_at(form, "params/mode"), has_mode ? "form" : "");
    assert_string_equal(text_at(form, "params/message"), "Stop guest 105 \"web\"?");
    assert_string_equal(text_at(form, "params/requestedSchema/type"), "object");
    assert_string_equal(text_at(form, "params/requestedSchema/properties/subject/type"), "string");
    assert_string_equal(text_at(form, "params/requestedSchema/required/0"), "subject");
    assert_non_null(strstr(text_at(form, "params/requestedSchema/properties/subject/description"),
                           "type exactly: guest/105"));
    assert_true(strncmp(text_at(form, "id"), "proximo-form-", 13) == 0);
    (void)snprintf(ret, 64, "%s", text_at(form, "id"));
}

static void answer(struct talk *talk, const char *id, const char *what)
{
    say(talk, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",%s}", id, what);
}

/* What a client answers to a form, and what comes of it. */
static const struct {
    const char *answer, *expected;
} answers[] = {
    {ACCEPTED, "\"outcome\":\"ok\""},
    {"\"result\":{\"action\":\"accept\",\"content\":{\"subject\":\"guest/\\u0031\\u00305\",\"more\":1}}",
     "\"ok\""},
    {"\"result\":{\"action\":\"accept\",\"content\":{\"subject\":\"guest/106\"}}", "other words"},
    {"\"result\":{\"action\":\"accept\",\"content\":{\"subject\":\"guest/105\\u0000\"}}", "dismissed"},
    {"\"result\":{\"action\":\"accept\",\"content\":{\"subject\":105}}", "dismissed"},
    {"\"result\":{\"action\":\"accept\",\"content\":{}}", "dismissed"},
    {"\"result\":{\"action\":\"accept\"}", "dismissed"},
    {"\"result\":{\"action\":\"decline\"}", "declined"},
    {"\"result\":{\"action\":\"decline\",\"content\":{\"subject\":\"guest/105\"}}", "declined"},
    {"\"result\":{\"action\":\"cancel\"}", "dismissed"},
    {"\"result\":{\"action\":\"Accept\",\"content\":{\"subject\":\"guest/105\"}}", "dismissed"},
    {"\"result\":{\"content\":{\"subject\":\"guest/105\"}}", "dismissed"},
    {"\"result\":[]", "dismissed"},
    {"\"result\":null", "dismissed"},
    {"\"error\":{\"code\":-32601,\"message\":\"no\"}", "dismissed"},
    {ACCEPTED ",\"error\":{\"code\":-1,\"message\":\"both\"}", "dismissed"},
};
#define ANSWERS (sizeof(answers) / sizeof(answers[0]))

/* design 3: "human is a form in the protocol" */
static void test_legacy_answers(void **state)
{
    struct talk talk;
    char id[64], last[64] = "";

    (void)state;
    open_as(&talk, "2025-11-25", "{\"elicitation\":{\"form\":{},\"url\":{}}}", 0);
    for (size_t i = 0; i < ANSWERS; i++) {
        print_message("%s\n", answers[i].answer);
        call_tool(&talk, (int)i + 1, "proximo_apply", APPLY("ask-1"), "");
        expect_form(&talk, id, true);
        assert_string_not_equal(id, last);
        if (last[0])
            answer(&talk, last, ACCEPTED); /* late: that form is over */
        answer(&talk, "proximo-form-999", ACCEPTED);
        say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":1," ACCEPTED "}");
        answer(&talk, id, answers[i].answer);
        answer(&talk, id, ACCEPTED); /* twice */
        expect(&talk, (int64_t)i + 1, answers[i].expected);
        (void)snprintf(last, sizeof(last), "%s", id);
    }
    assert_int_equal(fake_trust.asked, ANSWERS);
    assert_int_equal(fake_trust.applies, 2 * ANSWERS);
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* Forms came with 2025-06-18, which knows no mode. design 3: "No way to ask = refused" */
static void test_who_can_be_asked(void **state)
{
    static const struct {
        const char *version, *capabilities;
        bool asked, has_mode;
    } clients[] = {
        {"2025-11-25", "{\"elicitation\":{}}", true, true},
        {"2025-11-25", "{\"elicitation\":{\"form\":{\"applyDefaults\":true}}}", true, true},
        {"2025-06-18", "{\"elicitation\":{}}", true, false},
        {"2025-03-26", "{\"elicitation\":{}}", false, false},
        {"2024-11-05", "{\"elicitation\":{}}", false, false},
        {"2025-11-25", "{\"elicitation\":{\"url\":{}}}", false, false},
        {"2025-11-25", "{\"elicitation\":null}", false, false},
        {"2025-11-25", "{\"elicitation\":true}", false, false},
        {"2025-11-25", "{\"sampling\":{}}", false, false},
        {"2025-11-25", "[]", false, false},
    };
    char id[64];

    (void)state;
    for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
        struct talk talk;

        open_as(&talk, clients[i].version, clients[i].capabilities, 0);
        call_tool(&talk, 1, "proximo_apply", APPLY("ask-1"), "");
        if (clients[i].asked) {
            expect_form(&talk, id, clients[i].has_mode);
            answer(&talk, id, ACCEPTED);
            expect(&talk, 1, "\"ok\"");
        } else {
            expect(&talk, 1, "this client cannot ask");
        }
        (void)talk_finish(&talk, SERVER_ENDED);
    }
}

/* In the legacy era a request cannot bring the person's answer along. */
static void test_legacy_smuggle(void **state)
{
    static const char more[] =
        "\"inputResponses\":{\"consent\":{\"action\":\"accept\",\"content\":{\"subject\":"
        "\"guest/105\"}}},\"requestState\":\"sealed:ask-1\"";
    struct talk talk;
    char id[64];

    (void)state;
    open_as(&talk, "2025-11-25", "{\"elicitation\":{}}", 0);
    call_tool(&talk, 1, "proximo_apply", APPLY("ask-1"), more);
    expect_form(&talk, id, true);
    answer(&talk, id, "\"result\":{\"action\":\"cancel\"}");
    expect(&talk, 1, "dismissed");
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_timeout(void **state)
{
    struct json_object *void_form CLEANUP_JSON = NULL;
    struct talk talk;
    char id[64];

    (void)state;
    open_as(&talk, "2025-11-25", "{\"elicitation\":{}}", 200);
    call_tool(&talk, 1, "proximo_apply", APPLY("ask-1"), "");
    expect_form(&talk, id, true);
    void_form = hear(&talk);
    assert_string_equal(text_at(void_form, "method"), "notifications/cancelled");
    assert_string_equal(text_at(void_form, "params/requestId"), id);
    expect(&talk, 1, "PX-CONSENT-PENDING");
    answer(&talk, id, ACCEPTED); /* too late */
    call_tool(&talk, 2, "proximo_apply", APPLY("ask-1"), "");
    expect_form(&talk, id, true);
    answer(&talk, id, ACCEPTED);
    expect(&talk, 2, "\"ok\"");
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* A person who is asked and asked again is left alone in the end. */
static void test_asked_again(void **state)
{
    struct talk talk;
    char id[64];

    (void)state;
    open_as(&talk, "2025-11-25", "{\"elicitation\":{}}", 0);
    call_tool(&talk, 1, "proximo_apply", APPLY("again-1"), "");
    for (int i = 0; i < 3; i++) {
        expect_form(&talk, id, true);
        answer(&talk, id, ACCEPTED);
    }
    expect(&talk, 1, "PX-CONSENT");
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_cancelled(void **state)
{
    struct json_object *void_form CLEANUP_JSON = NULL;
    struct talk talk;
    char id[64];

    (void)state;
    open_as(&talk, "2025-11-25", "{\"elicitation\":{}}", 0);
    call_tool(&talk, 1, "proximo_apply", APPLY("ask-1"), "");
    expect_form(&talk, id, true);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}");
    void_form = hear(&talk);
    assert_string_equal(text_at(void_form, "params/requestId"), id);
    answer(&talk, id, ACCEPTED);
    assert_null(hear_within(&talk, 200)); /* nothing for the call itself */
    assert_int_equal(fake_trust.applies, 1);
    assert_true(talk_finish(&talk, SERVER_ENDED) < 500);
}

/* Many people, or one with many windows: no answer reaches another's question, and reads go on meanwhile. */
static void test_at_once(void **state)
{
    enum { MOST = 20 };
    char ids[MOST][64];
    bool seen[MOST + 1] = {false};
    struct talk talk;

    (void)state;
    open_as(&talk, "2025-11-25", "{\"elicitation\":{}}", 0);
    for (int i = 0; i < MOST; i++) {
        char arguments[200];

        (void)snprintf(arguments, sizeof(arguments),
                       "\"plan_id\":\"ask-%d\",\"action\":\"guest.stop\",\"subject\":\"guest/105\"", i);
        call_tool(&talk, 1 + i, "proximo_apply", arguments, "");
        expect_form(&talk, ids[i], true);
    }
    call_read(&talk, 500, 0, "");
    expect(&talk, 500, "structuredContent");
    for (int i = MOST - 1; i >= 0; i--)
        answer(&talk, ids[i], i % 2 ? ACCEPTED : "\"result\":{\"action\":\"decline\"}");
    for (int i = 0; i < MOST; i++) {
        struct json_object *message CLEANUP_JSON = hear(&talk);
        int64_t id = id_of(message);

        assert_true(id >= 1 && id <= MOST && !seen[id]);
        seen[id] = true;
        assert_true(has(message, (id - 1) % 2 ? "\"ok\"" : "declined"));
    }
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_end_of_input(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct talk talk;
        int64_t before;
        char id[64];

        fake_trust_reset();
        open_as(&talk, "2025-11-25", "{\"elicitation\":{}}", 0);
        call_tool(&talk, 1, "proximo_apply", APPLY("ask-1"), "");
        expect_form(&talk, id, true);
        before = clock_ms();
        if (how == 0)
            talk_hang_up(&talk);
        else /* the thread of the server must be the one that runs the handler */
            assert_int_equal(pthread_kill(talk.thread, SIGTERM),
                             0); // NOLINT(bugprone-bad-signal-to-kill-thread)
        expect(&talk, 1, "PX-CANCELLED");
        (void)talk_finish(&talk, SERVER_ENDED);
        assert_true(clock_ms() - before < 1000);
        assert_int_equal(fake_trust.applies, 1);
    }
}

/* ---------------------------------------------------------------- modern */

static void open_modern(struct talk *talk)
{
    talk_open(talk);
    talk_guarded(talk);
    talk_begin(talk);
}

static void test_modern_asks(void **state)
{
    struct json_object *asked CLEANUP_JSON = NULL;
    static const char params[] = "result/inputRequests/consent/params/";
    struct talk talk;
    char path[200];

    (void)state;
    open_modern(&talk);
    call_tool(&talk, 1, "proximo_apply", APPLY("ask-1"), MODERN);
    asked = hear(&talk);
    assert_int_equal(id_of(asked), 1);
    assert_string_equal(text_at(asked, "result/resultType"), "input_required");
    assert_string_equal(text_at(asked, "result/requestState"), "sealed:ask-1");
    assert_string_equal(text_at(asked, "result/inputRequests/consent/method"), "elicitation/create");
    (void)snprintf(path, sizeof(path), "%smode", params);
    assert_string_equal(text_at(asked, path), "form");
    (void)snprintf(path, sizeof(path), "%srequestedSchema/properties/subject/type", params);
    assert_string_equal(text_at(asked, path), "string");
    assert_null(at(asked, "result/content"));
    assert_true(has(asked, "io.modelcontextprotocol/serverInfo"));
    (void)talk_finish(&talk, SERVER_ENDED);
}

#define GIVEN(result) "\"inputResponses\":{\"consent\":" result "}"
#define YES           "{\"action\":\"accept\",\"content\":{\"subject\":\"guest/105\"}}"
#define STATE         "\"requestState\":\"sealed:ask-1\""

static void test_modern_answers(void **state)
{
    static const struct {
        const char *more, *expected;
    } rows[] = {
        {GIVEN(YES) "," STATE "," MODERN, "\"outcome\":\"ok\""},
        {"\"inputResponses\":{\"consent\":" YES ",\"other\":7}," STATE "," MODERN, "\"outcome\":\"ok\""},
        {GIVEN(YES) ",\"requestState\":\"sealed:ask-2\"," MODERN, "not ours"},
        {GIVEN(YES) ",\"requestState\":\"\"," MODERN, "not ours"},
        {GIVEN(YES) ",\"requestState\":\"\\u0000\"," MODERN, "not ours"},
        {GIVEN(YES) "," MODERN, "without state"},
        {GIVEN(YES) ",\"requestState\":7," MODERN, "without state"},
        {GIVEN("{\"action\":\"accept\",\"content\":{\"subject\":\"x\"}}") "," STATE "," MODERN,
         "other words"},
        {GIVEN("{\"action\":\"decline\"}") "," STATE "," MODERN, "declined"},
        {GIVEN("{\"action\":\"cancel\"}") "," STATE "," MODERN, "dismissed"},
        {GIVEN("7") "," STATE "," MODERN, "dismissed"},
        {GIVEN("null") "," STATE "," MODERN, "dismissed"},
        {"\"inputResponses\":[]," STATE "," MODERN, "-32602"},
        /* no answer to what was asked: it is asked again */
        {"\"inputResponses\":{\"other\":" YES "}," STATE "," MODERN, "input_required"},
        {"\"inputResponses\":{}," STATE "," MODERN, "input_required"},
        {STATE "," MODERN, "input_required"},
        /* what a client can do is said with each request */
        {GIVEN(YES) "," STATE "," MODERN_AS("{}"), "this client cannot ask"},
        {MODERN_AS("{\"elicitation\":{\"url\":{}}}"), "this client cannot ask"},
    };
    struct talk talk;

    (void)state;
    open_modern(&talk);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].more);
        call_tool(&talk, (int)i + 1, "proximo_apply", APPLY("ask-1"), rows[i].more);
        expect(&talk, (int64_t)i + 1, rows[i].expected);
    }
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* Each request by its own era, on one connection. */
static void test_both_eras(void **state)
{
    struct talk talk;
    char id[64];

    (void)state;
    open_as(&talk, "2025-06-18", "{\"elicitation\":{}}", 0);
    call_tool(&talk, 1, "proximo_apply", APPLY("ask-1"), "");
    expect_form(&talk, id, false);
    call_tool(&talk, 2, "proximo_apply", APPLY("ask-1"), MODERN);
    expect(&talk, 2, "input_required");
    call_tool(&talk, 3, "proximo_apply", APPLY("ask-1"), MODERN_AS("{}"));
    expect(&talk, 3, "this client cannot ask");
    answer(&talk, id, ACCEPTED);
    expect(&talk, 1, "\"ok\"");
    (void)talk_finish(&talk, SERVER_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_legacy_answers, talk_setup),
        cmocka_unit_test_setup(test_who_can_be_asked, talk_setup),
        cmocka_unit_test_setup(test_legacy_smuggle, talk_setup),
        cmocka_unit_test_setup(test_timeout, talk_setup),
        cmocka_unit_test_setup(test_asked_again, talk_setup),
        cmocka_unit_test_setup(test_cancelled, talk_setup),
        cmocka_unit_test_setup(test_at_once, talk_setup),
        cmocka_unit_test_setup(test_end_of_input, talk_setup),
        cmocka_unit_test_setup(test_modern_asks, talk_setup),
        cmocka_unit_test_setup(test_modern_answers, talk_setup),
        cmocka_unit_test_setup(test_both_eras, talk_setup),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
