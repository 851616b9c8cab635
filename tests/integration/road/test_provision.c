/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_provision along the whole road: made, started, answering; found again by its name; half made, and what
 * that leaves; undone, and undone no more once somebody used it; a private key that is repeated nowhere.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define KEY    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZf7e1mVhJ0o2yF0Wk3lQ5m1g3r8V2u4d6s9p0aBcDe joe"
#define CANARY "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE"
#define VM     "/nodes/pve1/qemu/112"
#define WEB                                                                                                  \
    "{\"template\":\"debian-13-template\",\"name\":\"web-1\",\"ip\":\"10.10.10.50/24\",\"gateway\":"         \
    "\"10.10.10.1\",\"cores\":2,\"ssh_public_keys\":\"" KEY "\"}"

static struct json_object *applied(struct server *server, struct json_object *plan, const char *outcome)
{
    bool failed = true;

    server->person = at(plan, "/subject");
    struct json_object *answer = plan_apply(server, plan, &failed);
    if (failed || strcmp(at(answer, "/outcome"), outcome) != 0)
        print_error("%s\n", json_object_to_json_string(answer));
    assert_false(failed);
    expect(answer, "/outcome", outcome);
    return answer;
}

/* The way back's plan, or the refusal. */
static struct json_object *undo_of(struct server *server, struct json_object *done, bool *ret_failed)
{
    char arguments[96];

    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    return server_tool(server, "proximo_undo", arguments, ret_failed);
}

static void start(struct road *road, struct server *server, const char *const *sim)
{
    road_start(road, sim, "");
    server_start(road, server, NULL);
}

static void test_made(void **context)
{
    static const char *const sim[] = {"--task-ms", "50",         "--stale-ms", "0", "--boot-ms",
                                      "1500",      "--fresh-ms", "60000",      NULL};
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    start(&road, &server, sim);
    struct json_object *plan = plan_make(&server, "pve_provision", WEB);
    expect(plan, "/subject", "guest/112");
    expect(plan, "/undo/kind", "function");
    struct json_object *done = applied(&server, plan, "ok");
    assert_true(road_has(&road, VM "/config", "proximo-provision: from template 9000\""));
    assert_false(road_has(&road, VM "/config", "not finished"));
    assert_string_equal(road_state(&road, "qemu", "pve1", 112), "running");
    assert_true(road_has(&road, VM "/agent/network-get-interfaces", "10.10.10.50"));

    struct json_object *again =
        server_tool(&server, "proximo_plan", "{\"tool\":\"pve_provision\",\"arguments\":" WEB "}", &failed);
    assert_false(failed);
    expect(again, "/outcome", "nothing to do");

    /* used: its configuration is another, and then as it was again but for a task */
    assert_int_equal(road_api(&road, "PUT", VM "/config", "cores=4", NULL), 200);
    struct json_object *refused = undo_of(&server, done, &failed);
    assert_true(failed);
    json_object_put(refused);
    assert_int_equal(road_api(&road, "PUT", VM "/config", "cores=2", NULL), 200);
    struct json_object *undo = undo_of(&server, done, &failed);
    assert_false(failed);
    expect(undo, "/action", "guest.destroy");
    assert_non_null(strstr(at(undo, "/text"), "is lost"));
    json_object_put(applied(&server, undo, "ok"));
    assert_int_equal(road_api(&road, "GET", "/cluster/nextid", "vmid=112", NULL), 200);
    struct json_object *const all[] = {plan, done, again, undo};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        json_object_put(all[i]);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void test_used(void **context)
{
    static const char *const sim[] = {"--task-ms", "50", "--stale-ms", "0", NULL};
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    start(&road, &server, sim);
    struct json_object *plan = plan_make(&server, "pve_provision", WEB);
    struct json_object *done = applied(&server, plan, "ok");
    assert_int_equal(road_api(&road, "POST", VM "/status/stop", NULL, NULL), 200);
    server_pump(&server, 300);
    expect_code(undo_of(&server, done, &failed), &failed, "PX-UNDO");
    assert_true(road_has(&road, VM "/config", "web-1"));
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* The clone is there, the rest is not: said as that, found as that, and taken away by the way back. */
static void test_half(void **context)
{
    static const char *const sim[] = {"--task-ms", "50", "--stale-ms", "0", "--fault",
                                      /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
                                      "PUT " VM "/config:500:1", NULL};
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    start(&road, &server, sim);
    struct json_object *plan = plan_make(&server, "pve_provision", WEB);
    struct json_object *done = applied(&server, plan, "partial");
    assert_true(road_has(&road, VM "/config", "from template 9000, not finished"));
    struct json_object *again =
        server_tool(&server, "proximo_plan", "{\"tool\":\"pve_provision\",\"arguments\":" WEB "}", &failed);
    assert_true(failed);
    assert_non_null(strstr(at(again, "/error/cause"), "left half made"));
    struct json_object *undo = undo_of(&server, done, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(undo));
    assert_false(failed);
    json_object_put(applied(&server, undo, "ok"));
    assert_int_equal(road_api(&road, "GET", "/cluster/nextid", "vmid=112", NULL), 200);
    json_object_put(undo);
    json_object_put(again);
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* A start that fails: the guest is whole, and the way back destroys it. */
static void test_start_fails(void **context)
{
    static const char *const sim[] = {"--task-ms", "50", "--stale-ms", "0", "--task", "qmstart:fail:1", NULL};
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    start(&road, &server, sim);
    struct json_object *plan = plan_make(&server, "pve_provision", WEB);
    struct json_object *done = applied(&server, plan, "partial");
    struct json_object *undo = undo_of(&server, done, &failed);
    assert_false(failed);
    json_object_put(applied(&server, undo, "ok"));
    json_object_put(undo);
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void test_private_key(void **context)
{
    static const char *const sim[] = {"--task-ms", "50", NULL};
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    start(&road, &server, sim);
    server.canary = CANARY;
    struct json_object *answer =
        server_tool(&server, "proximo_plan",
                    "{\"tool\":\"pve_provision\",\"arguments\":{\"template\":\"9000\",\"name\":\"web-1\","
                    "\"ssh_public_keys\":\"-----BEGIN OPENSSH PRIVATE KEY-----\\n" CANARY
                    "\\n-----END OPENSSH PRIVATE KEY-----\"}}",
                    &failed);
    expect_code(answer, &failed, "PX-ARG");
    assert_false(server.canary_seen);
    assert_int_equal(server_stop(&server), 0);
    assert_false(folder_has(road.state, CANARY));
    road_stop(&road);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),        cmocka_unit_test(test_used),        cmocka_unit_test(test_half),
        cmocka_unit_test(test_start_fails), cmocka_unit_test(test_private_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
