/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole road of a command: planned by a plane, shown word by word, consented to by a person, run by that
 * plane's executor in its own host; what it wrote, and what is recorded of it; ended by a client, and killed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/json.h"
#include "road.h"

#define SECRET "canary-of-the-road-99"

static void start(struct road *road, struct server *server, const char *more)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char yaml[1024];

    (void)snprintf(yaml, sizeof(yaml),
                   "planes:\n  nodes: {}\n  commander:\n    file: %s/tests/integration/road/commander.so\n"
                   "    allow_without_landlock: true\n%s",
                   build ? build : ".", more);
    road_start(road, NULL, yaml);
    server_start(road, server, NULL);
    server->person = "node/pve1";
}

static void has(const char *where, const char *part)
{
    if (!strstr(where, part))
        fail_msg("\"%s\" is not in:\n%s", part, where);
}

static void it_runs(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    start(&road, &server, "");
    struct json_object *plan =
        plan_make(&server, "commander_run", "{\"word\":\"say\",\"input\":\"select 1;\\nselect 2;\"}");
    expect(plan, "/consent", "human");
    expect(plan, "/risk", "high");
    has(at(plan, "/text"), "run by commander on {\"node\":\"pve1\"}: say 'two words; $HOME'");
    has(at(plan, "/text"), "       | select 1;\n       | select 2;\n");
    expect(plan, "/steps/0/command", "say 'two words; $HOME'");
    struct json_object *done = plan_apply(&server, plan, &failed);
    assert_false(failed);
    has(server.message, "say 'two words; $HOME'"); /* the person saw it */
    expect(done, "/outcome", "ok");
    expect(done, "/steps/0/output/end", "exited");
    expect(done, "/steps/0/output/exit_status", "0");
    expect(done, "/steps/0/output/stdout", "say[31m|\ntwo words; $HOME[31m|\n");
    expect(done, "/steps/0/output/stderr", "select 1;\nselect 2;");
    expect(done, "/steps/0/output/untrusted/0", "stdout");
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void it_fails(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    start(&road, &server, "");
    server.canary = SECRET;
    struct json_object *plan =
        plan_make(&server, "commander_run", "{\"word\":\"fail\",\"password\":\"" SECRET "\"}");
    has(at(plan, "/text"), "input: (secret password)");
    struct json_object *done = plan_apply(&server, plan, &failed);
    expect(done, "/outcome", "failed");
    expect(done, "/steps/0/message", "exit status 3");
    expect(done, "/steps/0/output/exit_status", "3");
    expect(done, "/steps/0/output/stderr_bytes", "21");
    has(at(done, "/steps/0/output/stderr"), "*****");
    assert_false(server.canary_seen);
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    assert_false(folder_has(road.state, SECRET));
    road_stop(&road);
}

/* Begins a command that does not end by itself, and waits until it runs. */
static struct json_object *hang(struct server *server)
{
    struct json_object *plan = plan_make(server, "commander_run", "{\"word\":\"hang\"}");
    char arguments[400];
    bool failed = true;

    (void)snprintf(arguments, sizeof(arguments),
                   "{\"plan_id\":\"%s\",\"action\":\"exec.play\",\"subject\":\"node/pve1\",\"wait\":false}",
                   at(plan, "/plan_id"));
    struct json_object *begun = server_tool(server, "proximo_apply", arguments, &failed);
    expect(begun, "/outcome", "running");
    json_object_put(begun);
    server_pump(server, 1000);
    return plan;
}

static struct json_object *status_of(struct server *server, struct json_object *plan)
{
    char arguments[100];
    bool failed = true;

    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    return server_tool(server, "proximo_status", arguments, &failed);
}

/* The end of the server ends the command, and that is recorded. */
static void it_is_ended(void **context)
{
    struct road road;
    struct server server;

    (void)context;
    start(&road, &server, "");
    struct json_object *plan = hang(&server);
    assert_int_equal(server_stop(&server), 0);
    server_start(&road, &server, NULL);
    struct json_object *status = status_of(&server, plan);
    expect(status, "/outcome", "failed");
    expect(status, "/steps/0/message", "ended: the run was stopped");
    expect(status, "/steps/0/output/end", "timed out");
    expect(status, "/steps/0/output/stdout", "began");
    json_object_put(status);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* kill -9 between the journal and the outcome: in doubt until a person has looked; nothing runs it again. */
static void it_is_killed(void **context)
{
    struct road road;
    const char *close[] = {"doubt",    "close",  NULL,       "--verdict", "not-applied",
                           "--reason", "looked", "--config", road.config, NULL};
    const char *const list[] = {"doubt", "list", "--config", road.config, NULL};
    struct server server;
    char *text = NULL;

    (void)context;
    start(&road, &server, "");
    struct json_object *plan = hang(&server);
    assert_int_equal(kill(server.pid, SIGKILL), 0);
    (void)server_ended(&server);
    server_start(&road, &server, NULL);
    struct json_object *status = status_of(&server, plan);
    for (int i = 0; i < 100 && strcmp(at(status, "/state"), "executing") == 0; i++) {
        json_object_put(status); /* the start looks at it by itself just now */
        server_pump(&server, 50);
        status = status_of(&server, plan);
    }
    has(json_object_to_json_string(status), "may run still");
    has(json_object_to_json_string(status), "in doubt");
    json_object_put(status);
    (void)road_command(&road, &text, list);
    has(text, at(plan, "/plan_id"));
    free(text);
    text = NULL;
    close[2] = at(plan, "/plan_id");
    if (road_command(&road, &text, close) != 0)
        fail_msg("%s", text);
    free(text);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* The limits hold as for any other change. */
static void it_is_limited(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    start(&road, &server, "limits: {class_per_hour: {\"exec.*\": 0}}\n");
    struct json_object *plan = plan_make(&server, "commander_run", "{\"word\":\"say\"}");
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-RATE");
    assert_int_equal(server.forms, 0);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
    start(&road, &server, "tools: {deny: [\"node:pve1\"]}\n");
    expect_code(server_tool(&server, "commander_run", "{\"word\":\"say\"}", &failed), &failed, "PX-TARGET");
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_runs), cmocka_unit_test(it_fails),
                                       cmocka_unit_test(it_is_ended), cmocka_unit_test(it_is_killed),
                                       cmocka_unit_test(it_is_limited)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
