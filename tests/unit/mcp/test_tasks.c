/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long changes: proximo_apply that need not be waited for, and the extension io.modelcontextprotocol/tasks,
 * as its specification of 2026-07-28 has it on the wire. The trust spine is a stand-in.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "fake_planes.h"
#include "fake_trust.h"
#include "mcp/server.h"
#include "mcp/tasks.h"
#include "talk.h"

#define TASKS     "{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}"
#define APPLY(id) "\"plan_id\":\"" id "\",\"action\":\"guest.stop\",\"subject\":\"guest/105\""

static void open_guarded(struct talk *talk)
{
    talk_open(talk);
    talk_guarded(talk);
    talk_begin(talk);
}

static struct json_object *call(struct talk *talk, int id, const char *arguments, const char *meta)
{
    struct json_object *message;

    call_tool(talk, id, "proximo_apply", arguments, meta);
    message = hear(talk);
    assert_int_equal(id_of(message), id);
    return message;
}

static struct json_object *ask(struct talk *talk, int id, const char *method, const char *params,
                               const char *meta)
{
    struct json_object *message;

    say(talk, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{%s%s%s}}", id, method, params,
        *params ? "," : "", meta);
    message = hear(talk);
    assert_int_equal(id_of(message), id);
    return message;
}

static void expect_error(struct json_object *message, int code)
{
    if (json_object_get_int(at(message, "error/code")) != code)
        print_error("%s\n", json_object_to_json_string(message));
    assert_int_equal(json_object_get_int(at(message, "error/code")), code);
    json_object_put(message);
}

/* issue 5: "wait: false" */
static void test_wait_false(void **state)
{
    struct json_object *message;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    message = call(&talk, 1, APPLY("slow-1") ",\"wait\":false", META("{}"));
    assert_string_equal(text_at(message, "result/resultType"), "complete");
    assert_string_equal(text_at(message, "result/structuredContent/outcome"), "running");
    json_object_put(message);
    hello(&talk);
    message = call(&talk, 2, APPLY("slow-2") ",\"wait\":false", "");
    assert_string_equal(text_at(message, "result/structuredContent/outcome"), "running");
    json_object_put(message);
    assert_true(atomic_load(&fake_trust.last_wait_ms) < 0);
    message = call(&talk, 3, APPLY("x") ",\"wait\":true", "");
    assert_int_equal(atomic_load(&fake_trust.last_wait_ms), 0);
    json_object_put(message);
    message = call(&talk, 4, APPLY("x") ",\"wait\":\"no\"", "");
    assert_string_equal(text_at(message, "result/structuredContent/error/code"), "PX-ARG");
    json_object_put(message);
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* issue 5: "the MCP Tasks extension where the client declares it" */
static void test_created(void **state)
{
    struct json_object *message, *result;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    const int64_t before = clock_ms();
    message = call(&talk, 1, APPLY("slow-1"), META(TASKS));
    const int64_t took = clock_ms() - before;
    assert_true(took >= TASKS_WAIT_MS && took < TASKS_WAIT_MS + 3000);
    assert_int_equal(atomic_load(&fake_trust.last_wait_ms), TASKS_WAIT_MS);
    result = at(message, "result");
    assert_string_equal(text_at(message, "result/resultType"), "task");
    assert_string_equal(text_at(message, "result/taskId"), "slow-1");
    assert_string_equal(text_at(message, "result/status"), "working");
    assert_string_equal(text_at(message, "result/statusMessage"), "12%, step 1 of 2: stop");
    assert_string_equal(text_at(message, "result/createdAt"), "2026-01-02T03:04:05Z");
    assert_string_equal(text_at(message, "result/lastUpdatedAt"), "2026-01-02T03:04:06Z");
    assert_true(json_object_is_type(at(message, "result/ttlMs"), json_type_int));
    assert_true(json_object_is_type(at(message, "result/pollIntervalMs"), json_type_int));
    static const char *const never[] = {
        "content", "structuredContent", "result", "error",       "inputRequests",
        "task",    "requestState",      "ttl",    "pollInterval"};
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        assert_false(json_object_object_get_ex(result, never[i], NULL));
    json_object_put(message);
    /* At once when it is not to be waited for; as itself when it ends soon, or the client takes no tasks. */
    message = call(&talk, 2, APPLY("slow-2") ",\"wait\":false", META(TASKS));
    assert_string_equal(text_at(message, "result/resultType"), "task");
    json_object_put(message);
    message = call(&talk, 3, APPLY("x"), META(TASKS));
    assert_string_equal(text_at(message, "result/resultType"), "complete");
    assert_string_equal(text_at(message, "result/structuredContent/outcome"), "ok");
    json_object_put(message);
    hello_as(&talk, "2025-11-25", TASKS); /* the older era knows no such extension */
    message = call(&talk, 4, APPLY("slow-4") ",\"wait\":false", "");
    assert_string_equal(text_at(message, "result/structuredContent/outcome"), "running");
    assert_null(at(message, "result/taskId"));
    json_object_put(message);
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* A form comes before the task: no state of one leaks into the other. */
static void test_form_before(void **state)
{
    struct json_object *message;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    message = call(&talk, 1, APPLY("ask-1"),
                   META("{\"elicitation\":{},\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}"));
    assert_string_equal(text_at(message, "result/resultType"), "input_required");
    assert_null(at(message, "result/taskId"));
    json_object_put(message);
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_get(void **state)
{
    struct json_object *message;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    message = ask(&talk, 1, "tasks/get", "\"taskId\":\"slow-1\"", META(TASKS));
    assert_string_equal(text_at(message, "result/resultType"), "complete");
    assert_string_equal(text_at(message, "result/taskId"), "slow-1");
    assert_string_equal(text_at(message, "result/status"), "working");
    assert_null(at(message, "result/result"));
    json_object_put(message);
    message = ask(&talk, 2, "tasks/get", "\"taskId\":\"done-1\"", META(TASKS));
    assert_string_equal(text_at(message, "result/status"), "completed");
    assert_string_equal(text_at(message, "result/result/structuredContent/outcome"), "ok");
    assert_int_equal(json_object_array_length(at(message, "result/result/content")), 1);
    assert_true(json_object_object_get_ex(at(message, "result"), "ttlMs", NULL));
    assert_null(at(message, "result/ttlMs")); /* null: for as long as it lasts */
    json_object_put(message);
    message = ask(&talk, 3, "tasks/get", "\"taskId\":\"gone-1\"", META(TASKS));
    assert_string_equal(text_at(message, "result/status"), "cancelled");
    assert_null(at(message, "result/result"));
    json_object_put(message);
    expect_error(ask(&talk, 4, "tasks/get", "\"taskId\":\"odd-1\"", META(TASKS)), -32603);
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* Who asks wrongly, or for what is none of theirs. */
static void test_refused(void **state)
{
    static const char *const methods[] = {"tasks/get", "tasks/update", "tasks/cancel"};
    static const struct {
        const char *params;
        int code;
    } wrong[] = {
        {"\"inputResponses\":{},\"taskId\":\"nothing\"", -32602},
        {"\"inputResponses\":{},\"taskId\":\"../../etc/passwd\"", -32602},
        {"\"inputResponses\":{},\"taskId\":\"a\\u0000b\"", -32602},
        {"\"inputResponses\":{},\"taskId\":\"\"", -32602},
        {"\"inputResponses\":{},\"taskId\":7", -32602},
        {"\"inputResponses\":{},\"taskId\":[\"slow-1\"]", -32602},
        {"\"inputResponses\":{}", -32602},
    };
    struct json_object *message;
    struct talk talk;
    int id = 0;

    (void)state;
    open_guarded(&talk);
    for (size_t m = 0; m < 3; m++) {
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
            expect_error(ask(&talk, ++id, methods[m], wrong[i].params, META(TASKS)), wrong[i].code);
        /* Undeclared, or declared as something else than an object. */
        message = ask(&talk, ++id, methods[m], "\"inputResponses\":{},\"taskId\":\"slow-1\"", META("{}"));
        assert_non_null(at(message, "error/data/requiredCapabilities/extensions"));
        assert_true(json_object_object_get_ex(at(message, "error/data/requiredCapabilities/extensions"),
                                              "io.modelcontextprotocol/tasks", NULL));
        expect_error(message, -32021);
        expect_error(ask(&talk, ++id, methods[m], "\"taskId\":\"slow-1\"",
                         META("{\"extensions\":{\"io.modelcontextprotocol/tasks\":true}}")),
                     -32021);
    }
    expect_error(ask(&talk, ++id, "tasks/update", "\"taskId\":\"slow-1\"", META(TASKS)), -32602);
    expect_error(ask(&talk, ++id, "tasks/list", "", META(TASKS)), -32601);
    expect_error(ask(&talk, ++id, "tasks/result", "\"taskId\":\"done-1\"", META(TASKS)), -32601);
    hello(&talk);
    expect_error(ask(&talk, ++id, "tasks/get", "\"taskId\":\"slow-1\"", "\"x\":1"), -32601);
    assert_int_equal(fake_trust.stopped_plans, 0);
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_cancel_and_update(void **state)
{
    static const char *const acknowledged[] = {"slow-1", "slow-1", "done-1", "gone-1"};
    struct json_object *message;
    struct talk talk;
    int id = 0;

    (void)state;
    open_guarded(&talk);
    for (size_t i = 0; i < 4; i++) {
        char params[64];
        (void)snprintf(params, sizeof(params), "\"taskId\":\"%s\"", acknowledged[i]);
        message = ask(&talk, ++id, "tasks/cancel", params, META(TASKS));
        assert_string_equal(text_at(message, "result/resultType"), "complete");
        assert_null(at(message, "result/taskId"));
        assert_null(at(message, "result/status"));
        json_object_put(message);
    }
    assert_int_equal(fake_trust.stopped_plans, 4);
    message = ask(&talk, ++id, "tasks/cancel", "\"taskId\":\"busy-1\"", META(TASKS));
    assert_true(has(message, "another process"));
    expect_error(message, -32603);
    message = ask(&talk, ++id, "tasks/update",
                  "\"taskId\":\"slow-1\",\"inputResponses\":{\"never-asked\":{}}", META(TASKS));
    assert_string_equal(text_at(message, "result/resultType"), "complete");
    assert_null(at(message, "result/taskId"));
    json_object_put(message);
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* In mode read nothing takes so long: the extension is neither advertised nor there. */
static void test_advertised(void **state)
{
    struct json_object *message;

    (void)state;
    for (int guarded = 0; guarded < 2; guarded++) {
        struct talk talk;
        talk_open(&talk);
        if (guarded)
            talk_guarded(&talk);
        talk_begin(&talk);
        message = ask(&talk, 1, "server/discover", "", META("{}"));
        struct json_object *capabilities = at(message, "result/capabilities"), *extensions = NULL;
        assert_non_null(at(message, "result/capabilities/tools"));
        assert_null(at(message, "result/capabilities/tasks"));
        assert_int_equal(json_object_object_get_ex(capabilities, "extensions", &extensions), guarded);
        if (guarded)
            assert_true(json_object_object_get_ex(extensions, "io.modelcontextprotocol/tasks", NULL));
        assert_non_null(at(message, "result/instructions"));
        json_object_put(message);
        if (!guarded)
            expect_error(ask(&talk, 2, "tasks/get", "\"taskId\":\"slow-1\"", META(TASKS)), -32601);
        (void)talk_finish(&talk, SERVER_ENDED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_wait_false, talk_setup),
        cmocka_unit_test_setup(test_created, talk_setup),
        cmocka_unit_test_setup(test_form_before, talk_setup),
        cmocka_unit_test_setup(test_get, talk_setup),
        cmocka_unit_test_setup(test_refused, talk_setup),
        cmocka_unit_test_setup(test_cancel_and_update, talk_setup),
        cmocka_unit_test_setup(test_advertised, talk_setup),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
