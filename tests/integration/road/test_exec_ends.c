/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How commands end, along the whole road and over both back ends: by a signal, at their deadline, because the
 * client or the server goes; how much of their output is kept; how long a connection is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec_road.h"

static const struct exec_way over[] = {{.more = ", output_kib: 4"},
                                       {.openssh = true, .more = ", output_kib: 4"}};

static void a_signal_is_told(void **state)
{
    if (!exec_road_begin(*state))
        skip();
    struct json_object *answer = exec_road_run(
        "ct_exec",
        "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"kill -KILL $$\"],\"snapshot_first\":false}",
        "failed");
    expect(answer, "/steps/0/output/signal", "KILL");
    expect(answer, "/steps/0/output/exit_status", "");
    json_object_put(answer);
    /* Which is not what a shell makes of it. */
    answer = exec_road_run(
        "ct_exec", "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"exit 137\"],\"snapshot_first\":false}",
        "failed");
    expect(answer, "/steps/0/output/signal", "");
    expect(answer, "/steps/0/output/exit_status", "137");
    json_object_put(answer);
    exec_road_end();
}

/* Each stream has a limit of its own, all bytes are counted, and that some are missing is said. */
static void output_has_a_limit(void **state)
{
    if (!exec_road_begin(*state))
        skip();
    struct json_object *answer =
        exec_road_run("ct_exec",
                      "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"head -c 300000 /dev/zero | tr '\\\\0' "
                      "a; echo short >&2\"],\"snapshot_first\":false}",
                      "ok");
    expect(answer, "/steps/0/output/stdout_bytes", "300000");
    expect(answer, "/steps/0/output/stderr_bytes", "6");
    expect(answer, "/steps/0/output/stderr", "short\n");
    expect(answer, "/steps/0/output/truncated", "true");
    assert_int_equal(strspn(at(answer, "/steps/0/output/stdout"), "a"), 4096);
    json_object_put(answer);
    answer = exec_road_run("ct_exec",
                           "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"echo all\"],\"snapshot_first\":"
                           "false}",
                           "ok");
    expect(answer, "/steps/0/output/truncated", "false");
    json_object_put(answer);
    exec_road_end();
}

static void a_deadline_ends_it_inside(void **state)
{
    if (!exec_road_begin(*state))
        skip();
    struct json_object *answer =
        exec_road_run("ct_exec",
                      "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"echo began; exec sleep 7411\"],"
                      "\"timeout\":3,\"snapshot_first\":false}",
                      "failed");
    if (!strstr(at(answer, "/steps/0/message"), "deadline"))
        fail_msg("%s", json_object_to_json_string(answer));
    expect(answer, "/steps/0/output/end", "timed out");
    expect(answer, "/steps/0/output/stdout", "began\n");
    json_object_put(answer);
    assert_true(exec_road_wait("7411", false));
    exec_road_end();
}

/* A command that sleeps, under way; its plan is the caller's. */
static struct json_object *under_way(const char *word, int *ret_id)
{
    char arguments[160];

    (void)snprintf(arguments, sizeof(arguments),
                   "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"exec sleep %s\"],"
                   "\"snapshot_first\":false}",
                   word);
    struct json_object *plan = plan_make(&server, "ct_exec", arguments);
    char *echo = plan_echo(plan);
    server.person = at(plan, "/subject");
    if (server.tasks)
        json_object_put(server_tool(&server, "proximo_apply", echo, NULL));
    else
        *ret_id = server_send_tool(&server, "proximo_apply", echo);
    free(echo);
    assert_true(exec_road_wait(word, true));
    return plan;
}

/* What proximo_status says once it has ended; the caller's. */
static struct json_object *end_of(struct json_object *plan)
{
    char arguments[100];
    bool failed = false;
    struct json_object *status = NULL;

    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    for (int i = 0; i < 400 && (!status || strcmp(at(status, "/state"), "executing") == 0); i++) {
        if (status)
            server_pump(&server, 50);
        json_object_put(status);
        status = server_tool(&server, "proximo_status", arguments, &failed);
        assert_false(failed);
    }
    return status;
}

/* The client cancels the task: the command is ended inside, and it is known that it was. */
static void a_client_cancels_it(void **state)
{
    struct exec_way way = *(const struct exec_way *)*state;
    char params[160];
    int id, code = -1;

    way.tasks = true;
    if (!exec_road_begin(&way))
        skip();
    struct json_object *plan = under_way("7523", &id);
    (void)snprintf(params, sizeof(params), "\"taskId\":\"%s\"", at(plan, "/plan_id"));
    json_object_put(server_method(&server, "tasks/cancel", params, &code));
    assert_int_equal(code, 0);
    struct json_object *status = end_of(plan);
    if (strcmp(at(status, "/outcome"), "failed") != 0)
        fail_msg("%s", json_object_to_json_string(status));
    expect(status, "/stopped_by", "client");
    expect(status, "/steps/0/message", "ended: the client stopped the run");
    expect(status, "/steps/0/output/end", "timed out");
    json_object_put(status);
    assert_true(exec_road_wait("7523", false));
    json_object_put(plan);
    exec_road_end();
}

/* A call that is cancelled is not waited for any more; its command goes on, and what came of it is known. */
static void a_cancelled_call_goes_on(void **state)
{
    char line[160];
    int id = 0;

    if (!exec_road_begin(*state))
        skip();
    struct json_object *plan = under_way("2.523", &id);
    (void)snprintf(
        line, sizeof(line),
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%d}}", id);
    server_say(&server, line);
    struct json_object *status = end_of(plan);
    expect(status, "/outcome", "ok");
    expect(status, "/stopped_by", "");
    json_object_put(status);
    json_object_put(plan);
    exec_road_end();
}

/* The server ends while a command runs: it is ended first, and the next start knows. */
static void the_end_of_the_server_ends_it(void **state)
{
    int id;

    if (!exec_road_begin(*state))
        skip();
    struct json_object *plan = under_way("7639", &id);
    assert_int_equal(server_stop(&server), 0);
    assert_false(rig_process("7639"));
    server_start(&road, &server, NULL);
    struct json_object *status = end_of(plan);
    expect(status, "/outcome", "failed");
    expect(status, "/steps/0/message", "ended: the run was stopped");
    json_object_put(status);
    json_object_put(plan);
    exec_road_end();
}

static void hostname_over(unsigned connections, struct rig_proxy *proxy)
{
    struct json_object *answer =
        exec_road_run("ct_exec", "{\"ctid\":\"105\",\"command\":[\"hostname\"]}", "ok");

    json_object_put(answer);
    assert_int_equal(rig_proxy_connections(proxy), connections);
}

/* A connection is used again, but not when it was idle for longer than the operator wants. */
static void a_connection_is_kept_for_a_while(void **state)
{
    (void)state;
    if (!exec_road_there())
        skip();
    struct rig_proxy *proxy = rig_proxy_new(rig_server(&rig, RIG_PLAIN));
    assert_true(
        exec_road_begin(&(const struct exec_way){.port = rig_proxy_port(proxy), .more = ", idle: 2"}));
    hostname_over(1, proxy);
    hostname_over(1, proxy);
    (void)usleep(2200000);
    hostname_over(2, proxy);
    exec_road_end();
    rig_proxy_free(proxy);
    proxy = rig_proxy_new(rig_server(&rig, RIG_PLAIN));
    assert_true(
        exec_road_begin(&(const struct exec_way){.port = rig_proxy_port(proxy), .more = ", idle: 0"}));
    hostname_over(1, proxy);
    hostname_over(2, proxy);
    exec_road_end();
    rig_proxy_free(proxy);
}

#define OVER(function, n)                                                                                    \
    {                                                                                                        \
        (n) ? "openssh: " #function : "libssh2: " #function, function, NULL, NULL,                           \
            (void *)(uintptr_t)&over[n]                                                                      \
    }
#define OVER_BOTH(function) OVER(function, 0), OVER(function, 1)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_BOTH(a_signal_is_told),
        OVER_BOTH(output_has_a_limit),
        OVER_BOTH(a_deadline_ends_it_inside),
        OVER_BOTH(a_client_cancels_it),
        OVER(a_cancelled_call_goes_on, 0),
        OVER(the_end_of_the_server_ends_it, 1),
        cmocka_unit_test(a_connection_is_kept_for_a_while),
    };
    return cmocka_run_group_tests(tests, exec_road_start, exec_road_stop);
}
