/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_first along the whole road: taken and then changed; not taken and nothing changed; refused where a
 * disk cannot; never offered for what a snapshot does not help; listed, pruned, and undone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define CT  "/nodes/pve1/lxc/105"
#define SET "{\"vmid\":\"105\",\"changes\":{\"cores\":3},\"snapshot_first\":true}"

static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};

static int snapshots_of(struct road *road, const char *guest)
{
    struct json_object *data = NULL;
    char path[96];
    int count = 0;

    (void)snprintf(path, sizeof(path), "%s/snapshot", guest);
    assert_int_equal(road_api(road, "GET", path, NULL, &data), 200);
    for (size_t i = 0; i < json_object_array_length(data); i++)
        count += strncmp(at(json_object_array_get_idx(data, i), "/name"), "proximo-", 8) == 0;
    json_object_put(data);
    return count;
}

/* Applies with the right person; the outcome must be so. */
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

/* The plan by SET, applied; the snapshot's name in ret. */
static struct json_object *changed(struct server *server, char ret[48])
{
    struct json_object *plan = plan_make(server, "pve_guest_config_set", SET);

    (void)snprintf(ret, 48, "%s", at(plan, "/undo_point/snapshot"));
    struct json_object *answer = applied(server, plan, "ok");
    json_object_put(plan);
    return answer;
}

static void test_taken(void **context)
{
    struct road road;
    struct server server;
    char name[48], arguments[160];
    bool failed = true;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_config_set", SET);
    (void)snprintf(name, sizeof(name), "%s", at(plan, "/undo_point/snapshot"));
    assert_int_equal(strncmp(name, "proximo-20", 10), 0);
    assert_true(strlen(name) <= 40);
    expect(plan, "/undo_point/guest", "guest/105");
    expect(plan, "/steps/0/does", "POST " CT "/snapshot");
    expect(plan, "/steps/0/params/snapname", name);
    expect(plan, "/undo/kind", "template");
    assert_non_null(strstr(at(plan, "/text"), "Undo point: before anything else the snapshot"));
    assert_non_null(strstr(at(plan, "/text"), "rootfs on \"local-lvm\""));
    assert_int_equal(snapshots_of(&road, CT), 0);

    struct json_object *done = applied(&server, plan, "ok");
    expect(done, "/undo_point/snapshot", name);
    expect(done, "/undo_point/taken", "yes");
    assert_true(road_has(&road, CT "/config", "\"cores\":3"));
    assert_int_equal(snapshots_of(&road, CT), 1);
    assert_true(road_has(&road, CT "/snapshot", "Proximo undo point of plan "));
    /* the state that it keeps is the one before */
    (void)snprintf(arguments, sizeof(arguments), CT "/snapshot/%s/config", name);
    assert_false(road_has(&road, arguments, "\"cores\":3"));

    struct json_object *status = server_tool(&server, "proximo_status", "{}", &failed);
    expect(status, "/undo_points/count", "1");
    expect(status, "/undo_points/newest/0/snapshot", name);
    expect(status, "/undo_points/newest/0/guest", "guest/105");
    expect(status, "/undo_points/newest/0/plan_id", at(plan, "/plan_id"));
    struct json_object *points = server_tool(&server, "pve_undo_points", "{}", &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(points));
    assert_false(failed);
    expect(points, "/total", "1");
    expect(points, "/rows/0/snapshot", name);
    expect(points, "/rows/0/ours", "true");
    expect(points, "/rows/0/complete", "true");

    /* undone, although the snapshot is there; and done again, without another one */
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    struct json_object *undo = server_tool(&server, "proximo_undo", arguments, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(undo));
    assert_false(failed);
    struct json_object *undone = applied(&server, undo, "ok");
    assert_false(road_has(&road, CT "/config", "\"cores\":3"));
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(undone, "/receipt"));
    struct json_object *redo = server_tool(&server, "proximo_undo", arguments, &failed);
    assert_false(failed);
    struct json_object *redone = applied(&server, redo, "ok");
    assert_true(road_has(&road, CT "/config", "\"cores\":3"));
    assert_int_equal(snapshots_of(&road, CT), 1);
    struct json_object *const all[] = {plan, done, status, points, undo, undone, redo, redone};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        json_object_put(all[i]);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* No snapshot, no change: a task that fails, and an answer that never came. */
static void not_taken(const char *const *sim, const char *outcome, const char *taken)
{
    struct road road;
    struct server server;
    bool failed = false;
    char arguments[96];

    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_config_set", SET);
    struct json_object *done = applied(&server, plan, outcome);
    expect(done, "/undo_point/taken", taken);
    expect(done, "/steps/3/outcome", "skipped");
    assert_false(road_has(&road, CT "/config", "\"cores\":3"));
    if (strcmp(outcome, "failed") == 0) {
        (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
        expect_code(server_tool(&server, "proximo_undo", arguments, &failed), &failed, "PX-UNDO");
        struct json_object *status = server_tool(&server, "proximo_status", "{}", &failed);
        expect(status, "/undo_points/count", "0");
        json_object_put(status);
    }
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void test_not_taken(void **context)
{
    static const char *const fails[] = {"--task-ms", "100", "--task", "vzsnapshot:fail", NULL};
    static const char *const dropped[] = {"--task-ms", "100", "--fault",
                                          "POST /nodes/pve1/lxc/105/snapshot:drop:1", NULL};

    (void)context;
    not_taken(fails, "failed", "no");
    not_taken(dropped, "unknown", "unknown");
}

/* A lost answer to the snapshot is found by its task, and the change goes on. */
static void test_answer_lost(void **context)
{
    static const char *const lost[] = {"--task-ms", "100", "--fault",
                                       "POST /nodes/pve1/lxc/105/snapshot:lost:1", NULL};
    struct road road;
    struct server server;
    char name[48];

    (void)context;
    road_start(&road, lost, "");
    server_start(&road, &server, NULL);
    struct json_object *done = changed(&server, name);
    expect(done, "/undo_point/taken", "yes");
    assert_int_equal(snapshots_of(&road, CT), 1);
    json_object_put(done);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* How many tasks of this type have ended well. */
static size_t tasks_done(struct road *road, const char *type)
{
    struct json_object *data = NULL;
    char query[64];
    size_t count = 0;

    (void)snprintf(query, sizeof(query), "typefilter=%s&source=archive&limit=500", type);
    assert_int_equal(road_api(road, "GET", "/nodes/pve1/tasks", query, &data), 200);
    for (size_t i = 0; i < json_object_array_length(data); i++)
        count += strcmp(at(json_object_array_get_idx(data, i), "/status"), "OK") == 0;
    json_object_put(data);
    return count;
}

/* What somebody else changes after the snapshot is seen before the change is sent. */
static void test_drift_meanwhile(void **context)
{
    /* the look for the snapshot leaves the time for it */
    static const char *const slow[] = {"--task-ms", "100", "--fault",
                                       "GET /nodes/pve1/lxc/105/snapshot:slow:700", NULL};
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    road_start(&road, slow, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_config_set", SET);
    CLEANUP_FREE char *echo = plan_echo(plan);
    const size_t before = tasks_done(&road, "vzsnapshot");
    const int id = server_send_tool(&server, "proximo_apply", echo);
    for (int i = 0; i < 300 && tasks_done(&road, "vzsnapshot") == before; i++)
        usleep(20000);
    assert_int_equal(road_api(&road, "PUT", CT "/config", "cores=7", NULL), 200);
    struct json_object *done = server_answer(&server, id, &failed);
    if (strcmp(at(done, "/outcome"), "partial") != 0)
        print_error("%s\n", json_object_to_json_string(done));
    expect(done, "/outcome", "partial");
    expect(done, "/undo_point/taken", "yes");
    expect(done, "/steps/2/outcome", "failed");
    assert_non_null(strstr(at(done, "/steps/2/message"), "PX-DRIFT"));
    expect(done, "/steps/3/outcome", "skipped");
    assert_true(road_has(&road, CT "/config", "\"cores\":7"));
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void refused(struct server *server, const char *tool, const char *arguments, const char *code,
                    const char *words)
{
    bool failed = false;
    struct json_object *answer = server_tool(server, tool, arguments, &failed);

    assert_true(failed);
    if (!strstr(
            json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
            words))
        print_error("%s\n", json_object_to_json_string(answer));
    assert_non_null(strstr(
        json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
        words));
    expect_code(answer, &failed, code);
}

static void test_refused(void **context)
{
    static const char *const oracle[] = {"--seed", "oracle", NULL};
    static const char *const silent[] = {"--fault", "GET /nodes/pve1/lxc/105/feature:500", NULL};
    struct road road;
    struct server server;

    (void)context;
    road_start(&road, oracle, "");
    server_start(&road, &server, NULL);
    refused(&server, "pve_guest_config_set",
            "{\"vmid\":\"106\",\"changes\":{\"cores\":3},\"snapshot_first\":true}", "PX-SNAPSHOT",
            "rootfs on storage \\\"local");
    struct json_object *plans = server_tool(&server, "proximo_status", "{}", NULL);
    expect(plans, "/plans/waiting", "0");
    json_object_put(plans);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);

    road_start(&road, silent, "");
    server_start(&road, &server, NULL);
    refused(&server, "pve_guest_config_set", SET, "PX-SNAPSHOT", "could not be read");
    refused(&server, "pve_guest_config_set", /* 110 is locked by a backup; the plane says so before */
            "{\"vmid\":\"110\",\"changes\":{\"cores\":3},\"snapshot_first\":true}", "PX-STATE", "lock");
    assert_int_equal(server_stop(&server), 0);
    road_token(&road, "tokens/audit-readonly");
    server_start(&road, &server, NULL);
    refused(&server, "pve_guest_config_set",
            "{\"vmid\":\"105\",\"changes\":{\"description\":\"x\"},\"snapshot_first\":true}", "PX-PRIVILEGE",
            "pveum");
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* What is denied as pve_snapshot_create is denied here. */
static void test_denied(void **context)
{
    struct road road;
    struct server server;

    (void)context;
    road_start(&road, quick, "tools:\n  deny: [snapshot.create]\n");
    server_start(&road, &server, NULL);
    refused(&server, "pve_guest_config_set", SET, "PX-TOOL", "snapshot.create");
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static void test_not_offered(void **context)
{
    static const char *const tools[][2] = {
        {"pve_rollback", "{\"vmid\":\"105\",\"snapname\":\"tuned\",\"snapshot_first\":true}"},
        {"pve_snapshot_delete", "{\"vmid\":\"105\",\"snapname\":\"tuned\",\"snapshot_first\":true}"},
        {"pve_snapshot_create", "{\"vmid\":\"105\",\"snapname\":\"n\",\"snapshot_first\":true}"},
        {"pve_undo_points_prune", "{\"vmid\":\"105\",\"snapshot_first\":true}"},
        {"pve_guest_power", "{\"vmid\":\"105\",\"action\":\"stop\",\"snapshot_first\":true}"},
        {"pve_pool_delete", "{\"poolid\":\"web\",\"snapshot_first\":true}"},
    };
    struct road road;
    struct server server;
    char arguments[96];
    bool failed = true;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        (void)snprintf(arguments, sizeof(arguments), "{\"tool\":\"%s\"}", tools[i][0]);
        struct json_object *told = server_tool(&server, "proximo_describe", arguments, &failed);
        assert_false(failed);
        assert_null(strstr(json_object_to_json_string(told), "\"snapshot_first\""));
        json_object_put(told);
        refused(&server, tools[i][0], tools[i][1], "PX-ARG", "no argument 'snapshot_first'");
    }
    struct json_object *told =
        server_tool(&server, "proximo_describe", "{\"tool\":\"pve_guest_config_set\"}", &failed);
    assert_non_null(strstr(json_object_to_json_string(told), "\"snapshot_first\""));
    json_object_put(told);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* One of a person's, one that a person described like ours, and two of ours; one cannot be deleted. */
static void test_prune(void **context)
{
    static const char *const one_fails[] = {
        "--task-ms", "100", "--stale-ms", "0", "--task", "vzdelsnapshot:fail:1", NULL};
    struct road road;
    struct server server;
    char first[48], second[48];
    bool failed = true;

    (void)context;
    road_start(&road, one_fails, "");
    server_start(&road, &server, NULL);
    json_object_put(changed(&server, first));
    assert_int_equal(road_api(&road, "PUT", CT "/config", "cores=1", NULL), 200);
    usleep(1100000); /* its name has seconds in it, and so has its order */
    json_object_put(changed(&server, second));
    assert_int_equal(
        road_api(&road, "POST", CT "/snapshot", "snapname=proximo-mine&description=by%20hand", NULL), 200);
    usleep(300000);
    refused(&server, "pve_undo_points_prune", "{}", "PX-ARG", "older_than_days");
    refused(&server, "pve_undo_points_prune", "{\"names\":[\"proximo-none\"]}", "PX-NOT-FOUND",
            "proximo-none");
    struct json_object *nothing =
        server_tool(&server, "pve_undo_points_prune", "{\"older_than_days\":1}", &failed);
    expect(nothing, "/outcome", "nothing to do");
    json_object_put(nothing);

    struct json_object *plan = plan_make(&server, "pve_undo_points_prune", "{\"older_than_days\":0}");
    expect(plan, "/action", "snapshot.delete");
    expect(plan, "/subject", "guest/105");
    expect(plan, "/undo/kind", "none");
    assert_null(strstr(at(plan, "/text"), "DELETE " CT "/snapshot/proximo-mine"));
    /* each on its own condition, the second too */
    assert_null(strstr(at(plan, "/text"), "nothing checks again"));
    struct json_object *done = applied(&server, plan, "partial");
    expect(done, "/steps/0/outcome", "failed");
    expect(done, "/steps/1/outcome", "ok");
    assert_int_equal(snapshots_of(&road, CT), 2);
    struct json_object *status = server_tool(&server, "proximo_status", "{}", &failed);
    expect(status, "/undo_points/count", "1");
    expect(status, "/undo_points/newest/0/snapshot", first);
    json_object_put(status);
    json_object_put(done);
    json_object_put(plan);

    /* one that was described anew by somebody is not the one that was planned for */
    char path[128];
    plan = plan_make(&server, "pve_undo_points_prune", "{\"vmid\":\"105\"}");
    (void)snprintf(path, sizeof(path), CT "/snapshot/%s/config", first);
    assert_int_equal(road_api(&road, "PUT", path, "description=keep%20this", NULL), 200);
    server.person = at(plan, "/subject");
    struct json_object *late = plan_apply(&server, plan, &failed);
    expect_code(late, &failed, "PX-DRIFT");
    json_object_put(plan);
    nothing = server_tool(&server, "pve_undo_points_prune", "{\"vmid\":\"105\"}", &failed);
    expect(nothing, "/outcome", "nothing to do");
    json_object_put(nothing);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* The way back stays after the undo point is gone: its digest is not what it rests on. */
static void test_undo_after_prune(void **context)
{
    struct road road;
    struct server server;
    char name[48], arguments[96];
    bool failed = true;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    struct json_object *done = changed(&server, name);
    struct json_object *plan = plan_make(&server, "pve_undo_points_prune", "{\"vmid\":\"105\"}");
    json_object_put(applied(&server, plan, "ok"));
    assert_int_equal(snapshots_of(&road, CT), 0);
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    struct json_object *undo = server_tool(&server, "proximo_undo", arguments, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(undo));
    assert_false(failed);
    json_object_put(applied(&server, undo, "ok"));
    assert_false(road_has(&road, CT "/config", "\"cores\":3"));
    json_object_put(undo);
    json_object_put(plan);
    json_object_put(done);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),           cmocka_unit_test(test_not_taken),
        cmocka_unit_test(test_answer_lost),     cmocka_unit_test(test_drift_meanwhile),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_denied),
        cmocka_unit_test(test_not_offered),     cmocka_unit_test(test_prune),
        cmocka_unit_test(test_undo_after_prune)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
