/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long changes: not waited for, no longer waited for, and as tasks of the protocol: looked at, stopped, asked
 * for by others, and found again by the next server.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define CT   "/nodes/pve1/lxc/105"
#define STOP "{\"vmid\":\"105\",\"action\":\"stop\"}"
#define SET  "{\"vmid\":\"105\",\"changes\":{\"cores\":3},\"snapshot_first\":true}"

/* Lines of real tasks, evenly over their time. */
static const char *const slow_stop[] = {
    "--stale-ms",  "0",
    "--task-ms",   "vzstop:5000",
    "--task-line", "vzstop:progress 10% (read 1048576 bytes, zeroes = 90% (1 bytes), duration 1 sec)",
    "--task-line", "vzstop:progress 60% (read 6291456 bytes, duration 2 sec)",
    NULL};
static const char *const slow_snapshot[] = {"--stale-ms",      "0", "--task-ms", "100", "--task-ms",
                                            "vzsnapshot:3000", NULL};

/* proximo_apply's arguments with more behind them; malloc'd. */
static char *echo_with(struct json_object *plan, const char *more)
{
    CLEANUP_FREE char *echo = plan_echo(plan);
    char *text = NULL;

    echo[strlen(echo) - 1] = '\0';
    assert_true(asprintf(&text, "%s%s}", echo, more) > 0);
    return text;
}

/* Not waited for; the answer, structured content or the task. */
static struct json_object *begin(struct server *server, struct json_object *plan)
{
    CLEANUP_FREE char *echo = echo_with(plan, ",\"wait\":false");
    bool failed = true;

    server->person = at(plan, "/subject");
    struct json_object *answer = server_tool(server, "proximo_apply", echo, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(answer));
    assert_false(failed);
    return answer;
}

static struct json_object *status_of(struct server *server, struct json_object *plan)
{
    char arguments[96];
    bool failed = true;

    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    struct json_object *status = server_tool(server, "proximo_status", arguments, &failed);
    assert_false(failed);
    return status;
}

/* Until it is no longer running; the facts. */
static struct json_object *end_of(struct server *server, struct json_object *plan)
{
    const int64_t deadline = clock_ms() + 30000;

    for (;;) {
        struct json_object *status = status_of(server, plan);
        if (strcmp(at(status, "/state"), "executing") != 0 || clock_ms() > deadline)
            return status;
        json_object_put(status);
        usleep(100000);
    }
}

static struct json_object *task(struct server *server, const char *method, const char *id, int *ret_code)
{
    char params[256];

    (void)snprintf(params, sizeof(params), "\"taskId\":\"%s\",\"inputResponses\":{}", id);
    return server_method(server, method, params, ret_code);
}

static void task_is(struct server *server, const char *id, const char *status)
{
    int code = 0;
    struct json_object *answer = task(server, "tasks/get", id, &code);

    assert_int_equal(code, 0);
    expect(answer, "/taskId", id);
    expect(answer, "/status", status);
    json_object_put(answer);
}

static void task_refused(struct server *server, const char *method, const char *id, int wanted)
{
    int code = 0;
    struct json_object *answer = task(server, method, id, &code);

    if (code != wanted)
        print_error("%s %s: %s\n", method, id, json_object_to_json_string(answer));
    assert_int_equal(code, wanted);
    json_object_put(answer);
}

/* Polls as a client does. The last answer. */
static struct json_object *task_end(struct server *server, const char *id)
{
    const int64_t deadline = clock_ms() + 30000;

    for (;;) {
        int code = 0;
        struct json_object *answer = task(server, "tasks/get", id, &code);
        assert_int_equal(code, 0);
        if (strcmp(at(answer, "/status"), "working") != 0 || clock_ms() > deadline)
            return answer;
        json_object_put(answer);
        usleep(100000);
    }
}

static void verified(struct road *road)
{
    const char *const verify[] = {"audit", "verify", "--config", road->config, NULL};

    assert_int_equal(road_command(road, NULL, verify), 0);
}

/* issue 5: "`wait: false`", and proximo_status meanwhile, by what the task's log says */
static void test_not_waited_for(void **context)
{
    struct road road;
    struct server server;
    int64_t percent = 0, most = 0;

    (void)context;
    road_start(&road, slow_stop, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    const int64_t before = clock_ms();
    struct json_object *answer = begin(&server, plan);
    assert_true(clock_ms() - before < 3000);
    expect(answer, "/outcome", "running");
    expect(answer, "/plan_id", at(plan, "/plan_id"));
    assert_int_equal(server.forms, 1); /* consent as ever */
    assert_true(folder_has(road.state, "\"kind\":\"executing\""));
    json_object_put(answer);
    for (;;) {
        answer = status_of(&server, plan);
        if (strcmp(at(answer, "/state"), "executing") != 0)
            break;
        struct json_object *value = NULL;
        assert_int_equal(json_pointer_get(answer, "/progress/percent", &value), 0);
        percent = json_object_get_int64(value);
        assert_true(percent >= most);
        /* What the task's lines say, and not the 90% of zeroes. */
        assert_true(percent == 0 || percent == 10 || percent == 60 || percent == 100);
        most = percent;
        expect(answer, "/progress/step", "1");
        expect(answer, "/progress/steps", "1");
        json_object_put(answer);
        usleep(200000);
    }
    expect(answer, "/outcome", "ok");
    json_object_put(answer);
    /* It is used up, as by any other apply. */
    bool failed = false;
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-PLAN");
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    verified(&road);
    road_stop(&road);
}

/* Progress of one that is waited for: strictly growing (server.c looks), and the percentage is in it. */
static void test_progress(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    road_start(&road, slow_stop, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    server.person = "guest/105";
    struct json_object *answer = plan_apply(&server, plan, &failed);
    assert_false(failed);
    expect(answer, "/outcome", "ok");
    assert_true(server.progress >= 4);
    assert_true(server.progress_at > 99); /* of 100: its only step is done */
    json_object_put(answer);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* The same by pve_task_wait, of a task that somebody else began. */
static void test_wait_tool(void **context)
{
    struct road road;
    struct server server;
    struct json_object *upid = NULL;
    char arguments[700];
    bool failed = true;

    (void)context;
    road_start(&road, slow_stop, "");
    server_start(&road, &server, NULL);
    assert_int_equal(road_api(&road, "POST", CT "/status/stop", "", &upid), 200);
    (void)snprintf(
        arguments, sizeof(arguments),
        "{\"tool\":\"pve_task_wait\",\"arguments\":{\"upid\":\"%s\",\"timeout\":20,\"interval\":1}}",
        json_object_get_string(upid));
    struct json_object *waited = server_tool(&server, "proximo_read", arguments, &failed);
    assert_false(failed);
    assert_non_null(
        strstr(json_object_to_json_string_ext(waited, JSON_C_TO_STRING_PLAIN), "\"succeeded\":true"));
    assert_true(server.progress >= 3);
    assert_true(server.progress_at >= 10 && server.progress_at < 100);
    assert_non_null(strstr(server.progress_text, "the task runs: \"progress "));
    json_object_put(waited);
    json_object_put(upid);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* issue 5: "cancellation stops waiting, never silently the Proxmox task" */
static void test_cancelled(void **context)
{
    struct road road;
    struct server server;
    char line[160];

    (void)context;
    road_start(&road, slow_stop, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    CLEANUP_FREE char *echo = plan_echo(plan);
    server.person = "guest/105";
    const int id = server_send_tool(&server, "proximo_apply", echo);
    server_pump(&server, 1500);
    (void)snprintf(
        line, sizeof(line),
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%d}}", id);
    server_say(&server, line);
    const int told = server.progress;
    server_pump(&server, 700);
    assert_true(server.progress <= told + 1); /* nothing is told of it any more */
    struct json_object *status = status_of(&server, plan);
    expect(status, "/state", "executing");
    expect(status, "/outcome", "running");
    assert_true(strlen(at(status, "/progress/upid")) > 20);
    json_object_put(status);
    status = end_of(&server, plan);
    expect(status, "/outcome", "ok");
    expect(status, "/stopped_by", "");
    assert_true(strlen(at(status, "/receipt")) > 16);
    json_object_put(status);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "stopped");
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    verified(&road);
    road_stop(&road);
}

/* Before it has begun (a person is looking at the form) it means that nothing is done. */
static void test_cancelled_before(void **context)
{
    struct road road;
    struct server server;
    char line[160];
    bool failed = true;

    (void)context;
    road_start(&road, slow_stop, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    CLEANUP_FREE char *echo = plan_echo(plan);
    server.silent = true;
    const int id = server_send_tool(&server, "proximo_apply", echo);
    server_pump(&server, 700);
    assert_int_equal(server.forms, 1);
    (void)snprintf(
        line, sizeof(line),
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%d}}", id);
    server_say(&server, line);
    server_pump(&server, 500);
    struct json_object *status = status_of(&server, plan);
    expect(status, "/state", "waiting");
    json_object_put(status);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "running");
    assert_false(folder_has(road.state, "\"kind\":\"executing\""));
    server.silent = false; /* and it can be applied all the same */
    server.person = "guest/105";
    status = plan_apply(&server, plan, &failed);
    assert_false(failed);
    json_object_put(status);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* The same while the guards are being read again. */
static void test_cancelled_in_guards(void **context)
{
    static const char *const late[] = {"--stale-ms", "0", "--task-ms", "100", "--latency-ms", "400", NULL};
    struct road road;
    struct server server;
    char line[160];

    (void)context;
    road_start(&road, late, "");
    server_start(&road, &server, NULL);
    struct json_object *plan =
        plan_make(&server, "pve_snapshot_create", "{\"vmid\":\"105\",\"snapname\":\"before\"}");
    expect(plan, "/consent", "plan");
    CLEANUP_FREE char *echo = plan_echo(plan);
    const int id = server_send_tool(&server, "proximo_apply", echo);
    server_pump(&server, 150);
    (void)snprintf(
        line, sizeof(line),
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%d}}", id);
    server_say(&server, line);
    server_pump(&server, 1500);
    struct json_object *status = status_of(&server, plan);
    expect(status, "/state", "waiting");
    json_object_put(status);
    assert_false(folder_has(road.state, "\"kind\":\"executing\""));
    assert_false(road_has(&road, CT "/snapshot", "before"));
    assert_int_equal(server.forms, 0);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* issue 5: "the MCP Tasks extension where the client declares it" */
static void test_task(void **context)
{
    struct road road;
    struct server server;
    int code = 0;

    (void)context;
    road_start(&road, slow_stop, "");
    server_start_modern(&road, &server);
    server.tasks = true;
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    const char *id = at(plan, "/plan_id");
    task_refused(&server, "tasks/get", id, -32602); /* it is a plan, and nobody has applied it */
    task_refused(&server, "tasks/cancel", id, -32602);
    struct json_object *answer = begin(&server, plan);
    expect(answer, "/resultType", "task");
    expect(answer, "/taskId", id);
    expect(answer, "/status", "working");
    json_object_put(answer);
    task_is(&server, id, "working");
    answer = task(&server, "tasks/update", id, &code);
    assert_int_equal(code, 0);
    expect(answer, "/resultType", "complete");
    json_object_put(answer);
    usleep(3500000);
    answer = task(&server, "tasks/get", id, &code);
    assert_non_null(strstr(at(answer, "/statusMessage"), "%, step 1 of 1: "));
    json_object_put(answer);
    answer = task_end(&server, id);
    expect(answer, "/status", "completed");
    expect(answer, "/result/structuredContent/outcome", "ok");
    assert_true(strlen(at(answer, "/result/structuredContent/receipt")) > 16);
    json_object_put(answer);
    /* Too late: acknowledged, and nothing of it. Twice is no more than once. */
    for (int i = 0; i < 2; i++) {
        answer = task(&server, "tasks/cancel", id, &code);
        assert_int_equal(code, 0);
        expect(answer, "/resultType", "complete");
        expect(answer, "/status", "");
        json_object_put(answer);
    }
    task_is(&server, id, "completed");
    assert_false(folder_has(road.state, "\"stopped_by\""));
    static const char *const none[] = {
        "../../../../etc/passwd",          "../done/x", "00000000000000000000000000000000", "", "%2e%2e",
        "0123456789abcdef0123456789abcdeF"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        task_refused(&server, "tasks/get", none[i], -32602);
        task_refused(&server, "tasks/update", none[i], -32602);
        task_refused(&server, "tasks/cancel", none[i], -32602);
    }
    assert_int_equal(server_stop(&server), 0);
    /* Another token: not theirs. The same one again: still there. */
    const char *token = road.token;
    road_token(&road, "tokens/narrow-guest105");
    server_start_modern(&road, &server);
    server.tasks = true;
    task_refused(&server, "tasks/get", id, -32602);
    task_refused(&server, "tasks/cancel", id, -32602);
    assert_int_equal(server_stop(&server), 0);
    road_token(&road, token);
    server_start_modern(&road, &server);
    server.tasks = true;
    task_is(&server, id, "completed");
    assert_int_equal(server_stop(&server), 0);
    json_object_put(plan);
    verified(&road);
    road_stop(&road);
}

/* issue 5: "`tasks/cancel` = a recorded stop" */
static void test_task_stopped(void **context)
{
    struct road road;
    struct server server, other;
    int code = 0;

    (void)context;
    road_start(&road, slow_snapshot, "");
    server_start_modern(&road, &server);
    server_start_modern(&road, &other);
    server.tasks = other.tasks = true;
    struct json_object *plan = plan_make(&server, "pve_guest_config_set", SET);
    const char *id = at(plan, "/plan_id");
    struct json_object *answer = begin(&server, plan);
    expect(answer, "/status", "working");
    json_object_put(answer);
    usleep(700000);
    /* Another server on the same folder sees it, and cannot stop it. */
    task_is(&other, id, "working");
    task_refused(&other, "tasks/cancel", id, -32603);
    for (int i = 0; i < 2; i++) {
        answer = task(&server, "tasks/cancel", id, &code);
        assert_int_equal(code, 0);
        expect(answer, "/resultType", "complete");
        json_object_put(answer);
    }
    answer = task(&server, "tasks/get", id, &code);
    expect(answer, "/status", "working"); /* the task at Proxmox goes on */
    assert_non_null(strstr(at(answer, "/statusMessage"), "UPID:pve1:"));
    assert_non_null(strstr(at(answer, "/statusMessage"), "pve_task_stop"));
    json_object_put(answer);
    answer = status_of(&server, plan);
    expect(answer, "/stopped_by", "client");
    json_object_put(answer);

    answer = task_end(&server, id);
    expect(answer, "/status", "cancelled");
    assert_non_null(strstr(at(answer, "/statusMessage"), "stopped by: client; outcome partial"));
    expect(answer, "/result", "");
    json_object_put(answer);
    answer = status_of(&other, plan);
    expect(answer, "/state", "done");
    expect(answer, "/outcome", "partial");
    expect(answer, "/stopped_by", "client");
    expect(answer, "/steps/0/outcome", "ok"); /* the snapshot, to its real end */
    assert_non_null(strstr(at(answer, "/why"), "the client stopped the run before it"));
    json_object_put(answer);
    assert_false(road_has(&road, CT "/config", "\"cores\":3"));
    assert_true(road_has(&road, CT "/snapshot", "proximo-"));
    assert_true(folder_has(road.state,
                           "\"outcome\":\"partial\",\"stopped_by\":\"client\"")); /* the ledger's record */
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(server_stop(&other), 0);
    /* And after a restart. */
    server_start_modern(&road, &server);
    server.tasks = true;
    task_is(&server, id, "cancelled");
    assert_int_equal(server_stop(&server), 0);
    json_object_put(plan);
    verified(&road);
    road_stop(&road);
}

/* Killed in the middle: the next server finds the task, and what came of it. */
static void test_task_killed(void **context)
{
    struct road road;
    struct server server;
    int code = 0;

    (void)context;
    road_start(&road, slow_stop, "");
    server_start_modern(&road, &server);
    server.tasks = true;
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    const char *id = at(plan, "/plan_id");
    json_object_put(begin(&server, plan));
    usleep(1000000);
    (void)kill(server.pid, SIGKILL);
    assert_int_equal(server_ended(&server), 128 + SIGKILL);
    server_start_modern(&road, &server);
    server.tasks = true;
    task_is(&server, id, "working");
    struct json_object *answer = task(&server, "tasks/cancel", id, &code); /* no step of it begins anyway */
    assert_int_equal(code, 0);
    json_object_put(answer);
    answer = task_end(&server, id);
    expect(answer, "/status", "completed");
    expect(answer, "/result/structuredContent/outcome", "ok");
    json_object_put(answer);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    verified(&road);
    road_stop(&road);
}

/* A stop that meets the end: whichever came first, there is one end, and it says what is so. */
static void test_stop_meets_end(void **context)
{
    static const char *const quick[] = {"--stale-ms", "0", "--task-ms", "150", NULL};
    struct road road;
    struct server server;
    int code = 0;

    (void)context;
    road_start(&road, quick, "");
    server_start_modern(&road, &server);
    server.tasks = true;
    for (int i = 0; i < 6; i++) {
        char arguments[120];
        (void)snprintf(arguments, sizeof(arguments),
                       "{\"vmid\":\"105\",\"changes\":{\"cores\":%d},\"snapshot_first\":true}",
                       i % 2 ? 3 : 4);
        struct json_object *plan = plan_make(&server, "pve_guest_config_set", arguments);
        char id[40];
        (void)snprintf(id, sizeof(id), "%s", at(plan, "/plan_id"));
        json_object_put(begin(&server, plan));
        usleep((useconds_t)i * 110000);
        json_object_put(task(&server, "tasks/cancel", id, &code));
        assert_int_equal(code, 0);
        struct json_object *answer = task_end(&server, id), *status = status_of(&server, plan);
        const bool stopped = strcmp(at(answer, "/status"), "cancelled") == 0;
        if (!stopped)
            expect(answer, "/status", "completed");
        expect(status, "/outcome",
               stopped ? strcmp(at(status, "/outcome"), "failed") == 0 ? "failed" : "partial" : "ok");
        expect(status, "/stopped_by", stopped ? "client" : "");
        assert_int_equal(road_has(&road, CT "/config", i % 2 ? "\"cores\":3" : "\"cores\":4"), !stopped);
        json_object_put(status);
        json_object_put(answer);
        json_object_put(plan);
        /* for the next one: a value that it changes */
        assert_int_equal(road_api(&road, "PUT", CT "/config", "cores=2", NULL), 200);
    }
    assert_int_equal(server_stop(&server), 0);
    verified(&road);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_waited_for),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_wait_tool),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_cancelled_before),
        cmocka_unit_test(test_cancelled_in_guards),
        cmocka_unit_test(test_task),
        cmocka_unit_test(test_task_stopped),
        cmocka_unit_test(test_task_killed),
        cmocka_unit_test(test_stop_meets_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
