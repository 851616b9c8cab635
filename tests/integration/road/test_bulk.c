/* SPDX-License-Identifier: Apache-2.0 */
/* Many guests in one plan: each is a step with an outcome of its own, and the way back is of those alone that
 * changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "road.h"

static struct json_object *apply(struct server *server, struct json_object *plan)
{
    bool failed = true;

    server->person = at(plan, "/subject");
    struct json_object *done = plan_apply(server, plan, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(done));
    assert_false(failed);
    server->person = NULL;
    /* A slow machine takes longer than an answer waits: then the end is in the status. */
    for (int i = 0; i < 2000 && strcmp(at(done, "/outcome"), "running") == 0; i++) {
        char arguments[100];
        (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
        server_pump(server, 100);
        json_object_put(done);
        done = server_tool(server, "proximo_status", arguments, &failed);
        assert_false(failed);
    }
    return done;
}

static const char *step_at(struct json_object *answer, size_t i, const char *member)
{
    char pointer[64];
    (void)snprintf(pointer, sizeof(pointer), "/steps/%zu/%s", i, member);
    return at(answer, pointer);
}

static size_t steps_of(struct json_object *answer)
{
    struct json_object *steps = NULL;
    return json_get(answer, "steps", json_type_array, &steps) == 0 ? json_object_array_length(steps) : 0;
}

/* Of the generated guests 100 to 114 every fifth is stopped, every fourth a container, on three nodes. */
static const char *state_of(struct road *road, int vmid)
{
    char node[8];
    const int index = vmid - 100;
    (void)snprintf(node, sizeof(node), "pve%d", index % 3 + 1);
    return road_state(road, index % 4 == 3 ? "lxc" : "qemu", node, vmid);
}

static void expect_states(struct road *road, int but, const char *others, const char *of_but)
{
    for (int vmid = 100; vmid < 115; vmid++) {
        const char *wanted = vmid == but ? of_but : (vmid - 100) % 5 == 4 ? "stopped" : others;
        if (strcmp(state_of(road, vmid), wanted) != 0)
            fail_msg("guest %d is %s instead of %s", vmid, state_of(road, vmid), wanted);
    }
}

/* issue 6: "bulk start/shutdown/migrate as per-guest steps (never one opaque task)" */
static void test_one_fails(void **context)
{
    static const char *const sim[] = {"--nodes", "3",      "--guests",          "15", "--task-ms",
                                      "40",      "--task", "vzshutdown:fail:1", NULL};
    struct road road;
    struct server server;
    char arguments[100];
    char failed_step[40] = "";
    int done_steps = 0;
    bool refused = false;

    (void)context;
    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_bulk_shutdown",
                                         "{\"vmids\":[\"100\",\"101\",\"102\",\"103\",\"104\","
                                         "\"105\",\"106\",\"107\",\"108\",\"109\",\"110\",\"111\","
                                         "\"112\",\"113\",\"114\"]}");
    assert_int_equal(steps_of(plan), 12); /* three are stopped already */
    expect(plan, "/subject", "12 guests on lab");
    expect(plan, "/action", "guest.shutdown");

    struct json_object *done = apply(&server, plan);
    expect(done, "/outcome", "partial");
    assert_int_equal(steps_of(done), 12);
    for (size_t i = 0; i < 12; i++) {
        if (strcmp(step_at(done, i, "outcome"), "failed") == 0)
            (void)snprintf(failed_step, sizeof(failed_step), "%s", step_at(done, i, "name"));
        done_steps += strcmp(step_at(done, i, "outcome"), "ok") == 0;
        assert_true(strncmp(step_at(done, i, "upid"), "UPID:", 5) == 0);
    }
    assert_int_equal(done_steps, 11);
    assert_string_equal(failed_step, "guest-111"); /* the first container, from the highest id down */
    expect_states(&road, 111, "stopped", "running");

    /* the way back: the eleven that went down, not the one that stayed, nor the three that were stopped */
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    json_object_put(plan);
    json_object_put(done);
    plan = server_tool(&server, "proximo_undo", arguments, &refused);
    if (refused)
        print_error("%s\n", json_object_to_json_string(plan));
    assert_false(refused);
    assert_int_equal(steps_of(plan), 11);
    expect(plan, "/action", "guest.start");
    done = apply(&server, plan);
    expect(done, "/outcome", "ok");
    expect_states(&road, 111, "running", "running");

    /* and forth again: the same eleven */
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    json_object_put(plan);
    json_object_put(done);
    plan = server_tool(&server, "proximo_undo", arguments, &refused);
    assert_false(refused);
    assert_int_equal(steps_of(plan), 11);
    done = apply(&server, plan);
    expect(done, "/outcome", "ok");
    expect_states(&road, 111, "stopped", "running");
    json_object_put(plan);
    json_object_put(done);
    struct json_object *verified = server_tool(&server, "audit_verify", "{}", NULL);
    expect(verified, "/verdict", "ok");
    json_object_put(verified);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* Somebody else started one of them meanwhile: it is left alone, the others are started. */
static void test_undo_after_others(void **context)
{
    static const char *const sim[] = {"--nodes", "3", "--guests", "15", "--task-ms", "40", NULL};
    struct road road;
    struct server server;
    char arguments[100];
    bool refused = false;

    (void)context;
    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *plan =
        plan_make(&server, "pve_bulk_shutdown", "{\"vmids\":[\"100\",\"101\",\"102\"]}");
    struct json_object *done = apply(&server, plan);
    expect(done, "/outcome", "ok");
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    json_object_put(plan);
    json_object_put(done);
    assert_int_equal(road_api(&road, "POST", "/nodes/pve2/qemu/101/status/start", "", NULL), 200);
    for (int i = 0; i < 100 && strcmp(state_of(&road, 101), "running") != 0; i++)
        server_pump(&server, 20);
    plan = server_tool(&server, "proximo_undo", arguments, &refused);
    assert_false(refused);
    assert_int_equal(steps_of(plan), 2);
    assert_non_null(strstr(json_object_to_json_string(plan), "is running already"));
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* One plan takes 200; the others are named. A plan of that size goes all its way. */
static void test_more_than_one_plan(void **context)
{
    static const char *const sim[] = {"--nodes", "2", "--guests", "560", "--task-ms", "1", NULL};
    struct road road;
    struct server server;

    (void)context;
    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_bulk_shutdown", "{\"node\":\"pve1\"}");
    expect(plan, "/subject", "200 guests on lab"); /* of those that run there */
    assert_non_null(strstr(json_object_to_json_string(plan), "more than one plan takes"));
    struct json_object *done = apply(&server, plan);
    expect(done, "/outcome", "ok");
    json_object_put(plan);
    json_object_put(done);
    plan = plan_make(&server, "pve_bulk_shutdown", "{\"node\":\"pve1\"}");
    expect(plan, "/subject", "24 guests on lab");
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static const char *where(struct road *road, const char *kind, int vmid)
{
    static const char *const nodes[] = {"pve1", "pve2", "pve3"};
    char path[100];

    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof(path), "/nodes/%s/%s/%d/status/current", nodes[i], kind, vmid);
        if (road_api(road, "GET", path, NULL, NULL) == 200)
            return nodes[i];
    }
    return "nowhere";
}

/* issue 6: "bulk start/shutdown/migrate as per-guest steps (never one opaque task)" */
static void test_moves(void **context)
{
    static const char *const sim[] = {"--task-ms",        "60", "--stale-ms", "0", "--task",
                                      "vzmigrate:fail:1", NULL};
    struct road road;
    struct server server;
    char arguments[100];
    bool refused = false;

    (void)context;
    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *plan =
        plan_make(&server, "pve_bulk_migrate",
                  "{\"vmids\":[\"106\",\"108\",\"111\",\"107\",\"100\"],\"target\":\"pve3\",\"online\":true,"
                  "\"with_local_disks\":true}");
    expect(plan, "/subject", "4 guests on lab"); /* 107 is there */
    struct json_object *done = apply(&server, plan);
    expect(done, "/outcome", "partial");
    assert_string_equal(where(&road, "qemu", 100), "pve3");
    assert_string_equal(where(&road, "lxc", 106), "pve1"); /* the first of its kind failed */
    assert_string_equal(where(&road, "lxc", 108), "pve3");
    assert_string_equal(where(&road, "lxc", 111), "pve3");
    assert_string_equal(road_state(&road, "lxc", "pve3", 111), "running");

    /* each goes back to where it came from */
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    json_object_put(plan);
    json_object_put(done);
    plan = server_tool(&server, "proximo_undo", arguments, &refused);
    if (refused)
        print_error("%s\n", json_object_to_json_string(plan));
    assert_false(refused);
    expect(plan, "/subject", "3 guests on lab");
    done = apply(&server, plan);
    expect(done, "/outcome", "ok");
    assert_string_equal(where(&road, "qemu", 100), "pve1");
    assert_string_equal(where(&road, "lxc", 106), "pve1");
    assert_string_equal(where(&road, "lxc", 107), "pve3");
    assert_string_equal(where(&road, "lxc", 108), "pve2");
    assert_string_equal(where(&road, "lxc", 111), "pve2");

    /* the way back of that: the same three, forth again */
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    json_object_put(plan);
    json_object_put(done);
    plan = server_tool(&server, "proximo_undo", arguments, &refused);
    assert_false(refused);
    assert_int_equal(steps_of(plan), 3);
    for (size_t i = 0; i < 3; i++) {
        char pointer[40];
        (void)snprintf(pointer, sizeof(pointer), "/steps/%zu/params/target", i);
        expect(plan, pointer, "pve3");
    }
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* What stands in the way may come between plan and apply: then nothing is sent. */
static void test_blast_again(void **context)
{
    static const char *const sim[] = {"--task-ms", "60", "--stale-ms", "0", NULL};
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_bulk_migrate",
                                         "{\"vmids\":[\"100\",\"103\"],\"target\":\"pve3\",\"online\":true}");
    assert_int_equal(road_api(&road, "PUT", "/storage/ceph-vm", "nodes=pve1,pve2", NULL), 200);
    server.person = at(plan, "/subject");
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-DRIFT");
    assert_string_equal(where(&road, "qemu", 100), "pve1");
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_fails),          cmocka_unit_test(test_undo_after_others),
        cmocka_unit_test(test_more_than_one_plan), cmocka_unit_test(test_moves),
        cmocka_unit_test(test_blast_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
