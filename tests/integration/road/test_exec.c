/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands along the whole road: a real OpenSSH server on the loopback, a `pct` that enters real namespaces,
 * the simulated cluster, and a person who consents or does not.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "exec_road.h"

#define HOSTNAME "{\"ctid\":\"105\",\"command\":[\"hostname\"]}"

/* The first tests are run by both back ends that go over ssh. */
static const struct exec_way over[] = {{.openssh = false}, {.openssh = true}};

static void a_read_runs_inside_with_consent(void **state)
{
    if (!exec_road_begin(*state))
        skip();
    struct json_object *plan = plan_make(&server, "ct_exec", HOSTNAME);
    expect(plan, "/risk", "low");
    expect(plan, "/consent", "human");
    expect(plan, "/steps/0/command", "pct exec 105 -- hostname");
    /* nobody says yes */
    server.person = NULL;
    bool failed = false;
    struct json_object *answer = plan_apply(&server, plan, &failed);
    expect_code(answer, &failed, "PX-CONSENT");
    json_object_put(plan);
    answer = exec_road_run("ct_exec", HOSTNAME, "ok");
    expect(answer, "/steps/0/output/stdout", RIG_CONTAINER_NAME "\n");
    expect(answer, "/steps/0/output/exit_status", "0");
    json_object_put(answer);
    answer = exec_road_run("ct_exec", "{\"ctid\":\"105\",\"command\":[\"cat\",\"/nowhere\"]}", "failed");
    expect(answer, "/steps/0/output/exit_status", "1");
    json_object_put(answer);
    exec_road_end();
}

static void output_is_not_in_the_ledger(void **state)
{
    if (!exec_road_begin(*state))
        skip();
    struct json_object *answer =
        exec_road_run("ct_exec",
                      "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"echo can''ary-$((6*7)); "
                      "printf '\\\\033[31m'\"],\"snapshot_first\":false}",
                      "ok");
    assert_non_null(strstr(at(answer, "/steps/0/output/stdout"), "canary-42"));
    assert_null(strchr(at(answer, "/steps/0/output/stdout"), '\033'));
    json_object_put(answer);
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/audit.log", road.state);
    struct buf ledger CLEANUP_BUF = BUF_INIT((size_t)16 << 20);
    assert_int_equal(file_read(path, &ledger), 0);
    assert_non_null(memmem(ledger.data, ledger.len, "stdout_sha256", 13));
    assert_null(memmem(ledger.data, ledger.len, "canary-42", 9));
    exec_road_end();
}

static void what_is_no_read_has_a_snapshot_first(void **state)
{
    if (!exec_road_begin(*state))
        skip();
    struct json_object *answer =
        exec_road_run("ct_exec", "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"exit 0\"]}", "ok");
    expect(answer, "/steps/0/name", "undo-point");
    expect(answer, "/undo_point/taken", "yes");
    expect(answer, "/undo/possible", "true");
    /* The way back is that snapshot, by a plan of its own. */
    char key[80];
    bool failed = true;
    (void)snprintf(key, sizeof(key), "{\"receipt\":\"%s\"}", at(answer, "/receipt"));
    struct json_object *back = server_tool(&server, "proximo_undo", key, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(back));
    assert_false(failed);
    expect(back, "/tool", "pve_rollback");
    assert_non_null(strstr(at(back, "/notice"), "is lost"));
    server.person = at(back, "/subject");
    struct json_object *done = plan_apply(&server, back, &failed);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    json_object_put(back);
    json_object_put(answer);
    exec_road_end();
}

static void lists_and_tags_hold_until_it_runs(void **state)
{
    bool failed = false;
    (void)state;
    if (!exec_road_begin(&(const struct exec_way){.allow = "\"tag:web\""}))
        skip();
    struct json_object *answer =
        server_tool(&server, "ct_exec", "{\"ctid\":\"106\",\"command\":[\"ls\"]}", &failed);
    expect_code(answer, &failed, "PX-TARGET");
    /* the tag goes between plan and consent */
    struct json_object *plan = plan_make(&server, "ct_exec", HOSTNAME);
    server.person = at(plan, "/subject");
    assert_int_equal(road_api(&road, "PUT", "/nodes/pve1/lxc/105/config", "tags=prod", NULL), 200);
    answer = plan_apply(&server, plan, &failed);
    expect_code(answer, &failed, "PX-DRIFT");
    json_object_put(plan);
    answer = server_tool(&server, "ct_exec", HOSTNAME, &failed);
    expect_code(answer, &failed, "PX-TARGET");
    exec_road_end();
}

static void reads_need_no_plan(void **state)
{
    bool failed = true;
    (void)state;
    if (!exec_road_begin(&over[0]))
        skip();
    assert_int_equal(server_stop(&server), 0);
    road_configure(&road, "read", exec_yaml);
    server_start(&road, &server, NULL);
    struct json_object *answer = server_tool(&server, "ct_exec", HOSTNAME, &failed);
    expect_code(answer, &failed, "PX-READ-ONLY");
    answer = server_tool(&server, "ct_diagnose", "{\"ctid\":\"105\"}", &failed);
    assert_false(failed);
    if (strlen(at(answer, "/checks/run")) < 2) /* ten at least: it looked inside */
        fail_msg("%s", json_object_to_json_string(answer));
    json_object_put(answer);
    answer = server_tool(&server, "ct_diagnose", "{\"ctid\":\"106\"}", &failed);
    assert_false(failed);
    assert_non_null(strstr(json_object_to_json_string(answer), "does not name this container"));
    json_object_put(answer);
    answer = server_tool(&server, "ct_logs", "{\"ctid\":\"105\",\"unit\":\"-x\"}", &failed);
    expect_code(answer, &failed, "PX-ARG");
    exec_road_end();
}

static void a_changed_host_key_runs_nothing(void **state)
{
    static const enum rig_known wrong[] = {RIG_WRONG, RIG_REVOKED, RIG_UNKNOWN};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (!exec_road_begin(&(const struct exec_way){.known = wrong[i]}))
            skip();
        struct json_object *answer = exec_road_run("ct_exec", HOSTNAME, "failed");
        assert_non_null(strstr(at(answer, "/steps/0/message"), "not started"));
        json_object_put(answer);
        exec_road_end();
    }
}

/* The connection goes while the command runs: nobody says that it ended. */
static void a_lost_connection_is_unknown(void **state)
{
    (void)state;
    if (!exec_road_there())
        skip();
    struct rig_proxy *proxy = rig_proxy_new(rig_server(&rig, RIG_PLAIN));
    assert_true(exec_road_begin(&(const struct exec_way){.port = rig_proxy_port(proxy)}));
    struct json_object *plan =
        plan_make(&server, "ct_exec", "{\"ctid\":\"105\",\"command\":[\"sleep\",\"7321\"]}");
    char *echo = plan_echo(plan);
    bool failed = false;
    server.person = at(plan, "/subject");
    int id = server_send_tool(&server, "proximo_apply", echo);
    assert_true(exec_road_wait("7321", true));
    rig_proxy_end_now(proxy, RIG_PROXY_RESET);
    struct json_object *answer = server_answer(&server, id, &failed);
    expect(answer, "/outcome", "unknown");
    json_object_put(answer);
    json_object_put(plan);
    free(echo);
    exec_road_end();
    rig_proxy_free(proxy);
}

static int lines_of(const char *name)
{
    char *text = rig_read(&rig, name, NULL);
    int count = 0;
    for (const char *c = text; *c; c++)
        count += *c == '\n';
    free(text);
    return count;
}

/* Killed while a command runs: the next start says that it is in doubt, and never runs it again. */
static void a_killed_server_does_not_repeat(void **state)
{
    char arguments[400];
    (void)state;
    if (!exec_road_begin(&over[0]))
        skip();
    rig_write(&rig, "marks", "", 0600);
    (void)snprintf(arguments, sizeof(arguments),
                   "{\"ctid\":\"105\",\"command\":[\"sh\",\"-c\",\"echo x >>%s/marks; sleep "
                   "4\"],\"snapshot_first\":false}",
                   rig.folder);
    struct json_object *plan = plan_make(&server, "ct_exec", arguments);
    char *echo = plan_echo(plan);
    server.person = at(plan, "/subject");
    (void)server_send_tool(&server, "proximo_apply", echo);
    for (int64_t until = clock_ms() + 15000; lines_of("marks") == 0 && clock_ms() < until;)
        server_pump(&server, 100);
    assert_int_equal(lines_of("marks"), 1);
    assert_int_equal(kill(server.pid, SIGKILL), 0);
    (void)server_ended(&server);
    server_start(&road, &server, NULL);
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    bool failed = false;
    struct json_object *answer = server_tool(&server, "proximo_status", arguments, &failed);
    /* the start looks at it by itself just now */
    for (int i = 0; i < 200 && strcmp(at(answer, "/state"), "executing") == 0; i++) {
        json_object_put(answer);
        server_pump(&server, 50);
        answer = server_tool(&server, "proximo_status", arguments, &failed);
    }
    if (!strstr(json_object_to_json_string(answer), "in doubt"))
        fail_msg("%s", json_object_to_json_string(answer));
    json_object_put(answer);
    answer = server_tool(&server, "proximo_apply", echo, &failed);
    assert_true(failed);
    json_object_put(answer);
    server_pump(&server, 500);
    assert_int_equal(lines_of("marks"), 1);
    json_object_put(plan);
    free(echo);
    exec_road_end();
}

static void a_machine_is_asked_by_its_agent(void **state)
{
    bool failed = false;
    (void)state;
    if (!exec_road_begin(&over[0]))
        skip();
    struct json_object *answer =
        exec_road_run("vm_exec", "{\"vmid\":\"100\",\"command\":[\"hostname\"]}", "ok");
    expect(answer, "/steps/1/output/stdout", "web-frontend\n");
    json_object_put(answer);
    answer = server_tool(&server, "vm_exec", "{\"vmid\":\"101\",\"command\":[\"hostname\"]}", &failed);
    expect_code(answer, &failed, "PX-TARGET");
    exec_road_end();
}

/* By libssh2 and by the system's ssh. */
#define OVER_BOTH(function)                                                                                  \
    {"libssh2: " #function, function, NULL, NULL, (void *)(uintptr_t)&over[0]},                              \
    {                                                                                                        \
        "openssh: " #function, function, NULL, NULL, (void *)(uintptr_t)&over[1]                             \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_BOTH(a_read_runs_inside_with_consent),
        OVER_BOTH(output_is_not_in_the_ledger),
        OVER_BOTH(what_is_no_read_has_a_snapshot_first),
        cmocka_unit_test(lists_and_tags_hold_until_it_runs),
        cmocka_unit_test(reads_need_no_plan),
        cmocka_unit_test(a_changed_host_key_runs_nothing),
        cmocka_unit_test(a_lost_connection_is_unknown),
        cmocka_unit_test(a_killed_server_does_not_repeat),
        cmocka_unit_test(a_machine_is_asked_by_its_agent),
    };
    return cmocka_run_group_tests(tests, exec_road_start, exec_road_stop);
}
