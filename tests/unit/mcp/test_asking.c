/* SPDX-License-Identifier: Apache-2.0 */
/* Planes that ask the client, write to its log and tell of changes, in both eras. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "mcp/server.h"
#include "talk.h"

#define ALL "{\"elicitation\":{},\"sampling\":{},\"roots\":{}}"

/* ---------------------------------------------------------------- asking */

static void test_legacy_asks(void **state)
{
    struct json_object *form CLEANUP_JSON = NULL, *second CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open_with(&talk, true, ALL);
    request(&talk, 101, "prompts/get", "\"name\":\"ask\"");
    form = hear(&talk);
    assert_string_equal(text_at(form, "method"), "elicitation/create");
    assert_string_equal(text_at(form, "params/message"), "[plane guests] Name?");
    assert_string_equal(text_at(form, "params/mode"), "form");
    say(&talk,
        "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"result\":{\"action\":\"accept\",\"content\":{\"name\":\"Eve\"}}"
        "}",
        text_at(form, "id"));
    second = hear(&talk);
    assert_string_equal(text_at(second, "params/message"), "[plane guests] Colour?");
    say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"result\":{\"action\":\"decline\"}}",
        text_at(second, "id"));
    expect(&talk, 101, "Eve");
    talk_finish(&talk, SERVER_ENDED);
}

/* Answers that are none, and a client that has not said that it can be asked. */
static void test_legacy_refusals(void **state)
{
    static const char *const answers[] = {"\"result\":{\"action\":\"accept\",\"content\":{\"name\":7}}",
                                          "\"result\":{\"action\":\"accept\",\"content\":{}}", "\"result\":7",
                                          "\"error\":{\"code\":-1,\"message\":\"no\"}"};
    struct talk talk;

    (void)state;
    talk_open_with(&talk, true, "{\"elicitation\":{}}");
    for (int i = 0; i < 4; i++) {
        struct json_object *form CLEANUP_JSON = NULL;

        request(&talk, 101 + i, "prompts/get", "\"name\":\"ask\"");
        form = hear(&talk);
        say(&talk, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",%s}", text_at(form, "id"), answers[i]);
        expect(&talk, 101 + i, "\"error\"");
    }
    request(&talk, 111, "prompts/get", "\"name\":\"sample\"");
    expect(&talk, 111, "does not offer");
    talk_finish(&talk, SERVER_ENDED);
}

/* The client goes away from a question. */
static void test_legacy_cancelled(void **state)
{
    struct json_object *form CLEANUP_JSON = NULL, *voided CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open_with(&talk, true, ALL);
    request(&talk, 101, "prompts/get", "\"name\":\"ask\"");
    form = hear(&talk);
    say(&talk, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":101}}");
    voided = hear(&talk);
    assert_string_equal(text_at(voided, "method"), "notifications/cancelled");
    assert_string_equal(text_at(voided, "params/requestId"), text_at(form, "id"));
    talk_finish(&talk, SERVER_ENDED);
}

#define ANSWER(key, content)                                                                                 \
    "\"inputResponses\":{\"" key "\":{\"action\":\"accept\",\"content\":" content "}}"

/* The state of an answer that asks. */
static char *state_of(struct json_object *answer)
{
    assert_string_equal(text_at(answer, "result/resultType"), "input_required");
    return strdup(text_at(answer, "result/requestState"));
}

static void again(struct talk *talk, int id, const char *name, const char *responses, const char *sealed)
{
    say(talk,
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"prompts/get\",\"params\":{\"name\":\"%s\",%s,"
        "\"requestState\":\"%s\"," META(ALL) "}}",
        id, name, responses, sealed);
}

static void test_modern_rounds(void **state)
{
    struct json_object *one CLEANUP_JSON = NULL, *two CLEANUP_JSON = NULL, *three CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open_with(&talk, true, NULL);
    request(&talk, 101, "prompts/get", "\"name\":\"ask\"," META(ALL));
    one = hear(&talk);
    assert_string_equal(text_at(one, "result/inputRequests/name/method"), "elicitation/create");
    assert_string_equal(text_at(one, "result/inputRequests/name/params/message"), "[plane guests] Name?");
    char *first CLEANUP_FREE = state_of(one);
    again(&talk, 102, "ask", ANSWER("name", "{\"name\":\"Eve\"}"), first);
    two = hear(&talk);
    char *second CLEANUP_FREE = state_of(two);
    assert_null(at(two, "result/inputRequests/name"));
    assert_string_not_equal(first, second);
    again(&talk, 103, "ask", ANSWER("colour", "{}"), second);
    three = hear(&talk);
    assert_string_equal(text_at(three, "result/resultType"), "complete");
    assert_true(has(three, "Eve"));
    talk_finish(&talk, SERVER_ENDED);
}

/* A state that was changed in any character, belongs to another request, or is none. */
static void test_modern_tampered(void **state)
{
    struct json_object *one CLEANUP_JSON = NULL;
    struct talk talk;
    int id = 200;

    (void)state;
    talk_open_with(&talk, true, NULL);
    request(&talk, 101, "prompts/get", "\"name\":\"ask\"," META(ALL));
    one = hear(&talk);
    char *sealed CLEANUP_FREE = state_of(one);
    for (size_t i = 0; sealed[i]; i++) {
        char keep = sealed[i];

        sealed[i] = keep == '1' ? '2' : '1';
        again(&talk, ++id, "ask", ANSWER("name", "{\"name\":\"Eve\"}"), sealed);
        expect(&talk, id, "-32602");
        sealed[i] = keep;
    }
    for (size_t cut = 0; cut < strlen(sealed); cut += 7) {
        char keep = sealed[cut];

        sealed[cut] = '\0';
        again(&talk, ++id, "ask", ANSWER("name", "{\"name\":\"Eve\"}"), sealed);
        expect(&talk, id, "-32602");
        sealed[cut] = keep;
    }
    again(&talk, ++id, "sample", ANSWER("name", "{\"name\":\"Eve\"}"), sealed);
    expect(&talk, id, "-32602");
    talk_finish(&talk, SERVER_ENDED);
}

/* One request each, with the answers but no state. */
static const struct {
    const char *params, *expected;
} modern[] = {
    {"\"name\":\"ask\"," ANSWER("wrong", "{}") "," META(ALL), "input_required"},
    {"\"name\":\"ask\",\"inputResponses\":{\"name\":5}," META(ALL), "input_required"},
    {"\"name\":\"ask\"," ANSWER("name", "{\"name\":5}") "," META(ALL), "\"inputRequests\":{\"name\""},
    {"\"name\":\"ask\"," ANSWER("name", "{\"name\":\"x\"}") "," META(ALL), "\"inputRequests\":{\"colour\""},
    {"\"name\":\"ask\"," META("{}"), "\"code\":-32021"},
    {"\"name\":\"ask\"," META("{}"), "\"data\":{\"requiredCapabilities\":{\"elicitation\":{}}}"},
    {"\"name\":\"ask\"," META("{\"elicitation\":{\"url\":{}}}"), "\"code\":-32021"},
    {"\"name\":\"sample\"," META("{\"elicitation\":{}}"), "{\"sampling\":{}}"},
    {"\"name\":\"consent\"," META(ALL), "kept for consent"},
    {"\"name\":\"sample\"," META(ALL), "sampling/createMessage"},
    {"\"name\":\"sample\"," META(ALL), "\"proximo/plane\":\"guests\""},
    {"\"name\":\"sample\",\"inputResponses\":{\"it\":{\"role\":\"assistant\",\"content\":{\"type\":\"text\","
     "\"text\":\"hi\"}}}," META(ALL),
     "\"resultType\":\"complete\""},
};

static void test_modern_one_by_one(void **state)
{
    struct talk talk;

    (void)state;
    talk_open_with(&talk, true, NULL);
    for (size_t i = 0; i < sizeof(modern) / sizeof(modern[0]); i++) {
        struct json_object *answer CLEANUP_JSON = NULL;

        request(&talk, 100 + (int)i, "prompts/get", modern[i].params);
        answer = hear(&talk);
        if (!has(answer, modern[i].expected))
            fail_msg("{%s}: %s", modern[i].params, json_object_to_json_string(answer));
    }
    request(&talk, 201, "resources/read", "\"uri\":\"fake://ask\"," META(ALL));
    expect(&talk, 201, "roots/list");
    request(&talk, 202, "resources/read",
            "\"uri\":\"fake://ask\",\"inputResponses\":{\"it\":{\"roots\":[{\"uri\":\"file:///a\"}]}}," META(
                ALL));
    expect(&talk, 202, "file:///a");
    talk_finish(&talk, SERVER_ENDED);
}

/* ---------------------------------------------------------------- logging, news */

/* Lines of the log that come before the answer. */
static int count_logs(struct talk *talk, int64_t id, int *ret_updates)
{
    int logs = 0;

    *ret_updates = 0;
    for (;;) {
        struct json_object *message CLEANUP_JSON = hear(talk);

        assert_non_null(message);
        if (id_of(message) == id)
            return logs;
        if (strcmp(text_at(message, "method"), "notifications/message") == 0) {
            assert_string_equal(text_at(message, "params/logger"), "plane/guests/part");
            logs++;
        } else {
            assert_string_equal(text_at(message, "method"), "notifications/resources/updated");
            assert_string_equal(text_at(message, "params/uri"), "fake://log");
            ++*ret_updates;
        }
    }
}

static void test_legacy_log(void **state)
{
    static const struct {
        const char *level;
        int logs;
    } levels[] = {{NULL, 3}, {"debug", 4}, {"warning", 2}, {"error", 1}, {"critical", 0}};
    struct talk talk;
    int id = 100, updates;

    (void)state;
    talk_open_with(&talk, true, "{}");
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (levels[i].level) {
            say(&talk,
                "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"logging/"
                "setLevel\",\"params\":{\"level\":\"%s\"}}",
                ++id, levels[i].level);
            expect(&talk, id, "{}");
        }
        request(&talk, ++id, "resources/read", "\"uri\":\"fake://log\"");
        assert_int_equal(count_logs(&talk, id, &updates), levels[i].logs);
        assert_int_equal(updates, 0);
    }
    request(&talk, ++id, "logging/setLevel", "\"level\":\"loud\"");
    expect(&talk, id, "-32602");
    request(&talk, ++id, "resources/subscribe", "\"uri\":\"fake://log\"");
    expect(&talk, id, "{}");
    request(&talk, ++id, "resources/read", "\"uri\":\"fake://log\"");
    (void)count_logs(&talk, id, &updates);
    assert_int_equal(updates, 1);
    request(&talk, ++id, "resources/unsubscribe", "\"uri\":\"fake://log\"");
    expect(&talk, id, "{}");
    request(&talk, ++id, "resources/read", "\"uri\":\"fake://log\"");
    (void)count_logs(&talk, id, &updates);
    assert_int_equal(updates, 0);
    talk_finish(&talk, SERVER_ENDED);
}

static void test_modern_log(void **state)
{
    struct talk talk;
    int updates;

    (void)state;
    talk_open_with(&talk, true, NULL);
    request(&talk, 101, "resources/read", "\"uri\":\"fake://log\"," META("{}"));
    assert_int_equal(count_logs(&talk, 101, &updates), 0);
    request(&talk, 102, "resources/read",
            "\"uri\":\"fake://log\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            "\"io.modelcontextprotocol/clientCapabilities\":{},\"io.modelcontextprotocol/"
            "logLevel\":\"warning\"}");
    assert_int_equal(count_logs(&talk, 102, &updates), 2);
    talk_finish(&talk, SERVER_ENDED);
}

static void expect_news(struct talk *talk, const char *method, const char *meta)
{
    struct json_object *news CLEANUP_JSON = hear(talk);

    if (strcmp(text_at(news, "method"), method) != 0 || !has(news, meta))
        fail_msg("%s %s: %s", method, meta, json_object_to_json_string(news));
}

static void test_listen(void **state)
{
    struct json_object *list CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open_with(&talk, true, NULL);
    request(&talk, 101, "subscriptions/listen",
            "\"notifications\":{\"resourcesListChanged\":true,\"resourceSubscriptions\":[\"fake://"
            "log\"],\"x\":1}," META("{}"));
    expect_news(
        &talk, "notifications/subscriptions/acknowledged",
        "\"notifications\":{\"resourcesListChanged\":true,\"resourceSubscriptions\":[\"fake://log\"]}");
    request(&talk, 102, "subscriptions/listen",
            "\"notifications\":{\"promptsListChanged\":true}," META("{}"));
    expect_news(&talk, "notifications/subscriptions/acknowledged", "subscriptionId\":102");
    request(&talk, 101, "prompts/list", META("{}"));
    expect(&talk, 101, "still in progress");
    request(&talk, 103, "prompts/get", "\"name\":\"toggle\"," META("{}"));
    expect_news(&talk, "notifications/resources/list_changed", "subscriptionId\":101");
    expect(&talk, 103, "messages");
    request(&talk, 104, "resources/list", META("{}"));
    list = hear(&talk);
    assert_false(has(list, "fake://fixed"));
    request(&talk, 105, "resources/read", "\"uri\":\"fake://log\"," META("{}"));
    expect_news(&talk, "notifications/resources/updated", "subscriptionId\":101");
    expect(&talk, 105, "logged");
    say(&talk, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":101}}");
    request(&talk, 106, "prompts/get", "\"name\":\"toggle\"," META("{}"));
    expect(&talk, 106, "messages");
    talk_hang_up(&talk);
    expect(&talk, 102, "complete"); /* what is open is answered at the end */
    talk_join(&talk, SERVER_ENDED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_legacy_asks, talk_setup),
        cmocka_unit_test_setup(test_legacy_refusals, talk_setup),
        cmocka_unit_test_setup(test_legacy_cancelled, talk_setup),
        cmocka_unit_test_setup(test_modern_rounds, talk_setup),
        cmocka_unit_test_setup(test_modern_tampered, talk_setup),
        cmocka_unit_test_setup(test_modern_one_by_one, talk_setup),
        cmocka_unit_test_setup(test_legacy_log, talk_setup),
        cmocka_unit_test_setup(test_modern_log, talk_setup),
        cmocka_unit_test_setup(test_listen, talk_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
