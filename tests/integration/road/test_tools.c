/* SPDX-License-Identifier: Apache-2.0 */
/* Every change tool once along the whole road: planned, applied, seen in the cluster, undone where there is a
 * way back, and said beforehand where there is none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define CT "/nodes/pve1/lxc/105"

static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};

/* Plans and applies; the receipt in ret. */
static void done(struct server *server, const char *tool, const char *arguments, const char *action,
                 char ret[40])
{
    bool failed = true;
    struct json_object *plan = plan_make(server, tool, arguments);

    expect(plan, "/action", action);
    server->person = at(plan, "/subject");
    struct json_object *answer = plan_apply(server, plan, &failed);
    if (failed || strcmp(at(answer, "/outcome"), "ok") != 0)
        print_error("%s: %s\n", tool, json_object_to_json_string(answer));
    assert_false(failed);
    expect(answer, "/outcome", "ok");
    (void)snprintf(ret, 40, "%s", at(answer, "/receipt"));
    json_object_put(answer);
    json_object_put(plan);
}

/* The undo of a receipt, applied; its own receipt in its place. */
static void undone(struct server *server, char receipt[40], const char *action)
{
    bool failed = true;
    char arguments[80];

    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", receipt);
    struct json_object *plan = server_tool(server, "proximo_undo", arguments, &failed);
    if (failed)
        print_error("undo of %s: %s\n", receipt, json_object_to_json_string(plan));
    assert_false(failed);
    expect(plan, "/action", action);
    server->person = at(plan, "/subject");
    struct json_object *answer = plan_apply(server, plan, &failed);
    if (failed || strcmp(at(answer, "/outcome"), "ok") != 0)
        print_error("undo: %s\n", json_object_to_json_string(answer));
    assert_false(failed);
    expect(answer, "/outcome", "ok");
    (void)snprintf(receipt, 40, "%s", at(answer, "/receipt"));
    json_object_put(answer);
    json_object_put(plan);
}

static void no_way_back(struct server *server, const char *receipt)
{
    bool failed = false;
    char arguments[80];

    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", receipt);
    expect_code(server_tool(server, "proximo_undo", arguments, &failed), &failed, "PX-UNDO");
}

/* design 2: "Undo is built after the fact" */
static void test_config(void **context)
{
    struct road road;
    struct server server;
    char receipt[40];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    /* a value that was there, one that was not, and one that goes */
    done(&server, "pve_guest_config_set",
         "{\"vmid\":\"105\",\"changes\":{\"description\":\"new "
         "words\",\"startup\":\"order=3\"},\"delete\":[\"tags\"]}",
         "guest.config", receipt);
    assert_true(road_has(&road, CT "/config", "new words"));
    assert_true(road_has(&road, CT "/config", "order=3"));
    undone(&server, receipt, "guest.config");
    assert_false(road_has(&road, CT "/config", "new words"));
    assert_false(road_has(&road, CT "/config", "order=3"));
    assert_true(road_has(&road, CT "/config", "\"tags\":"));
    undone(&server, receipt, "guest.config"); /* redo */
    assert_true(road_has(&road, CT "/config", "new words"));
    assert_true(road_has(&road, CT "/config", "order=3"));
    assert_false(road_has(&road, CT "/config", "\"tags\":"));
    done(&server, "pve_guest_config_revert",
         "{\"vmid\":\"105\",\"prior_config\":{\"description\":\"as it was\"}}", "guest.config", receipt);
    assert_true(road_has(&road, CT "/config", "as it was"));
    /* what somebody else did meanwhile is not lost by an undo */
    assert_int_equal(road_api(&road, "PUT", CT "/config", "description=somebody+else", NULL), 200);
    bool failed = false;
    char arguments[80];
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", receipt);
    expect_code(server_tool(&server, "proximo_undo", arguments, &failed), &failed, "PX-DRIFT");
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void test_snapshots(void **context)
{
    struct road road;
    struct server server;
    char receipt[40];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    done(&server, "pve_snapshot_create", "{\"vmid\":\"100\",\"snapname\":\"before\",\"description\":\"d\"}",
         "snapshot.create", receipt);
    assert_true(road_has(&road, "/nodes/pve1/qemu/100/snapshot", "\"before\""));
    undone(&server, receipt, "snapshot.delete");
    assert_false(road_has(&road, "/nodes/pve1/qemu/100/snapshot", "\"before\""));
    /* a snapshot that something is based on since is not taken away */
    done(&server, "pve_snapshot_create", "{\"vmid\":\"100\",\"snapname\":\"base\"}", "snapshot.create",
         receipt);
    assert_int_equal(road_api(&road, "POST", "/nodes/pve1/qemu/100/snapshot", "snapname=upon", NULL), 200);
    usleep(400000);
    bool failed = false;
    char arguments[80];
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", receipt);
    struct json_object *refused = server_tool(&server, "proximo_undo", arguments, &failed);
    assert_true(failed);
    assert_true(strcmp(at(refused, "/error/code"), "PX-UNDO") == 0 ||
                strcmp(at(refused, "/error/code"), "PX-DRIFT") == 0);
    json_object_put(refused);
    done(&server, "pve_snapshot_delete", "{\"vmid\":\"100\",\"snapname\":\"upon\"}", "snapshot.delete",
         receipt);
    assert_false(road_has(&road, "/nodes/pve1/qemu/100/snapshot", "\"upon\""));
    no_way_back(&server, receipt);
    done(&server, "pve_rollback", "{\"vmid\":\"105\",\"snapname\":\"tuned\"}", "guest.rollback", receipt);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "stopped");
    no_way_back(&server, receipt);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void test_pools(void **context)
{
    struct road road;
    struct server server;
    char receipt[40];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    done(&server, "pve_pool_create", "{\"poolid\":\"lab\",\"comment\":\"for a try\"}", "pool.create",
         receipt);
    assert_true(road_has(&road, "/pools", "for a try"));
    undone(&server, receipt, "pool.delete");
    assert_false(road_has(&road, "/pools", "for a try"));
    undone(&server, receipt, "pool.create");
    assert_true(road_has(&road, "/pools", "for a try"));
    done(&server, "pve_pool_update", "{\"poolid\":\"lab\",\"vms\":[\"110\"],\"comment\":\"another\"}",
         "pool.update", receipt);
    assert_true(road_has(&road, "/pools/lab", "110"));
    undone(&server, receipt, "pool.update");
    assert_false(road_has(&road, "/pools/lab", "110"));
    assert_true(road_has(&road, "/pools/lab", "for a try"));
    done(&server, "pve_pool_delete", "{\"poolid\":\"lab\"}", "pool.delete", receipt);
    assert_false(road_has(&road, "/pools", "for a try"));
    undone(&server, receipt, "pool.create");
    assert_true(road_has(&road, "/pools", "for a try"));
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* A task that somebody started: waited for in vain, then stopped. */
static void test_tasks(void **context)
{
    static const char *const hang[] = {"--task-ms", "100", "--task", "vzshutdown:hang", NULL};
    struct road road;
    struct server server;
    struct json_object *upid = NULL;
    char receipt[40], arguments[400];
    bool failed = true;

    (void)context;
    road_start(&road, hang, "");
    server_start(&road, &server, NULL);
    assert_int_equal(road_api(&road, "POST", CT "/status/shutdown", "", &upid), 200);
    (void)snprintf(
        arguments, sizeof(arguments),
        "{\"tool\":\"pve_task_wait\",\"arguments\":{\"upid\":\"%s\",\"timeout\":1,\"interval\":1}}",
        json_object_get_string(upid));
    const int64_t before = clock_ms();
    struct json_object *waited = server_tool(&server, "proximo_read", arguments, &failed);
    assert_false(failed);
    assert_true(clock_ms() - before < 10000);
    assert_non_null(
        strstr(json_object_to_json_string_ext(waited, JSON_C_TO_STRING_PLAIN), "\"timed_out\":true"));
    json_object_put(waited);
    (void)snprintf(arguments, sizeof(arguments), "{\"upid\":\"%s\"}", json_object_get_string(upid));
    done(&server, "pve_task_stop", arguments, "task.stop", receipt);
    no_way_back(&server, receipt);
    (void)snprintf(arguments, sizeof(arguments),
                   "{\"tool\":\"pve_task_wait\",\"arguments\":{\"upid\":\"%s\",\"timeout\":5}}",
                   json_object_get_string(upid));
    waited = server_tool(&server, "proximo_read", arguments, &failed);
    assert_false(failed); /* a failed task is no failed call */
    assert_non_null(
        strstr(json_object_to_json_string_ext(waited, JSON_C_TO_STRING_PLAIN), "\"succeeded\":false"));
    json_object_put(waited);
    json_object_put(upid);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void test_power(void **context)
{
    struct road road;
    struct server server;
    char receipt[40];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    done(&server, "pve_guest_power", "{\"vmid\":\"109\",\"action\":\"start\"}", "guest.start", receipt);
    undone(&server, receipt, "guest.stop");
    done(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"shutdown\"}", "guest.shutdown", receipt);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "stopped");
    undone(&server, receipt, "guest.start");
    done(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"reboot\"}", "guest.reboot", receipt);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "running");
    no_way_back(&server, receipt);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config), cmocka_unit_test(test_snapshots), cmocka_unit_test(test_pools),
        cmocka_unit_test(test_tasks),  cmocka_unit_test(test_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
