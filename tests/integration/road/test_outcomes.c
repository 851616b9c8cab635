/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can come of a plan: a task that fails, warns, hangs or takes long; an answer that is lost; an HA
 * manager that says OK before anything happened; a list that is behind; an end in the middle.
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

#define STOP    "{\"vmid\":\"105\",\"action\":\"stop\"}"
#define STOP_HA "{\"vmid\":\"101\",\"action\":\"stop\"}"

/* One stop of 105 with these options of the simulator; the answer of apply. */
static struct json_object *one_stop(struct road *road, struct server *server, const char *const *sim)
{
    bool failed = true;

    road_start(road, sim, "");
    server_start(road, server, NULL);
    server->person = "guest/105";
    struct json_object *plan = plan_make(server, "pve_guest_power", STOP);
    struct json_object *done = plan_apply(server, plan, &failed);
    if (!done || failed)
        print_error("%s\n", json_object_to_json_string(done));
    assert_non_null(done);
    assert_false(failed);
    json_object_put(plan);
    return done;
}

static void finish(struct road *road, struct server *server, struct json_object *done)
{
    json_object_put(done);
    struct json_object *verified = server_tool(server, "audit_verify", "{}", NULL);
    expect(verified, "/verdict", "ok");
    json_object_put(verified);
    assert_int_equal(server_stop(server), 0);
    road_stop(road);
}

/* design 2: "Success needs the task's real end" */
static void test_task_fails(void **context)
{
    static const char *const sim[] = {"--task-ms", "150", "--task", "vzstop:fail", NULL};
    struct road road;
    struct server server;
    struct json_object *done = one_stop(&road, &server, sim);

    (void)context;
    expect(done, "/outcome", "failed");
    assert_true(strlen(at(done, "/steps/0/upid")) > 10 || strlen(at(done, "/steps/1/upid")) > 10);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "running");
    finish(&road, &server, done);
}

static void test_task_warns(void **context)
{
    static const char *const sim[] = {"--task-ms", "150", "--task", "vzstop:warn", NULL};
    struct road road;
    struct server server;
    struct json_object *done = one_stop(&road, &server, sim);

    (void)context;
    expect(done, "/outcome", "ok");
    assert_true(strlen(at(done, "/warnings")) > 0 && strcmp(at(done, "/warnings"), "0") != 0);
    finish(&road, &server, done);
}

/* design 2: "A lost POST answer is resolved by looking for its task" */
static void test_answer_lost(void **context)
{
    static const char *const sim[] = {"--task-ms", "300", "--fault",
                                      "POST /nodes/pve1/lxc/105/status/stop:lost:1", NULL};
    struct road road;
    struct server server;
    struct json_object *done = one_stop(&road, &server, sim);
    struct json_object *tasks = NULL;
    int stops = 0;

    (void)context;
    expect(done, "/outcome", "ok");
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "stopped");
    assert_int_equal(
        road_api(&road, "GET", "/nodes/pve1/tasks", "typefilter=vzstop&source=all&vmid=105", &tasks), 200);
    for (size_t i = 0; i < json_object_array_length(tasks); i++)
        stops += strcmp(at(json_object_array_get_idx(tasks, i), "/user"), "root@pam!proximo") == 0 ||
                 strstr(at(json_object_array_get_idx(tasks, i), "/tokenid"), "proximo") != NULL;
    assert_int_equal(stops, 1); /* sent once */
    json_object_put(tasks);
    finish(&road, &server, done);
}

/* What never reached Proxmox is not done, and it is said so. */
static void test_request_dropped(void **context)
{
    static const char *const sim[] = {"--fault", "POST /nodes/pve1/lxc/105/status/stop:drop:1", NULL};
    struct road road;
    struct server server;
    struct json_object *done = one_stop(&road, &server, sim);

    (void)context;
    assert_true(strcmp(at(done, "/outcome"), "failed") == 0 || strcmp(at(done, "/outcome"), "unknown") == 0);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "running");
    finish(&road, &server, done);
}

/* A managed guest: the task is the manager's, ends at once, and the guest stops later, or never. */
/* design 2: "Outcomes: ok, failed, partial, running" */
static void ha(const char *ha_ms, const char *outcome, const char *state)
{
    const char *const sim[] = {"--task-ms", "150", "--ha-ms", ha_ms, NULL};
    struct road road;
    struct server server;
    bool failed = true;

    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    server.person = "guest/101";
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP_HA);
    assert_non_null(strstr(json_object_to_json_string(plan), "HA"));
    struct json_object *done = plan_apply(&server, plan, &failed);
    assert_false(failed);
    expect(done, "/outcome", outcome);
    assert_string_equal(road_state(&road, "qemu", "pve2", 101), state);
    json_object_put(plan);
    finish(&road, &server, done);
}

static void test_ha(void **context)
{
    (void)context;
    ha("1500", "ok", "stopped");
}

/* The list of the cluster is seconds old: who believes it plans for a guest that is not as it says. */
/* design 2: "Guards and drift. A guard is the very bytes" */
static void test_stale_list(void **context)
{
    static const char *const sim[] = {"--task-ms", "100", "--stale-ms", "60000", NULL};
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *list = server_tool(
        &server, "proximo_read", "{\"tool\":\"pve_list_guests\",\"arguments\":{\"kind\":\"lxc\"}}", &failed);
    json_object_put(list);
    assert_int_equal(road_api(&road, "POST", "/nodes/pve1/lxc/105/status/stop", "", NULL), 200);
    usleep(500000);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "stopped");
    /* stopped already: nothing to do, whatever the list says */
    struct json_object *nothing = server_tool(&server, "pve_guest_power", STOP, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(nothing));
    assert_false(failed);
    assert_string_equal(at(nothing, "/plan_id"), "");
    assert_true(strlen(at(nothing, "/why")) > 0);
    json_object_put(nothing);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* ---- an end in the middle */

/* Applies a stop whose task hangs and ends the server meanwhile. */
static void interrupted(int signal_number)
{
    static const char *const sim[] = {"--task-ms", "150", "--task", "vzstop:hang", NULL};
    struct road road;
    struct server server;
    bool failed = true;
    char arguments[96];

    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    CLEANUP_FREE char *echo = plan_echo(plan);
    /* consent first: the form comes while the answer is waited for */
    server.person = "guest/105";
    const int id = server_send_tool(&server, "proximo_apply", echo);
    server_pump(&server, 1500);
    assert_int_equal(server.forms, 1);
    const int64_t before = clock_ms();
    if (signal_number)
        (void)kill(server.pid, signal_number);
    else
        fd_close(&server.to);
    assert_int_equal(server_ended(&server), 0);
    assert_true(clock_ms() - before < 12000);
    (void)id;

    const char *const verify[] = {"audit", "verify", "--config", road.config, NULL};
    assert_int_equal(road_command(&road, NULL, verify), 0);
    const char *const show[] = {"audit", "show", "--config", road.config, "--limit", "3", NULL};
    char *text = NULL;
    assert_int_equal(road_command(&road, &text, show), 0);
    assert_non_null(strstr(text, "outcome")); /* recorded before it went */
    free(text);
    /* The task is Proxmox's and still there; somebody ends it; the next server finds out. */
    server_start(&road, &server, NULL);
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    struct json_object *status = server_tool(&server, "proximo_status", arguments, &failed);
    assert_false(failed);
    expect(status, "/outcome", "running");
    json_object_put(status);
    struct json_object *tasks = NULL;
    char path[700];
    assert_int_equal(road_api(&road, "GET", "/nodes/pve1/tasks", "typefilter=vzstop&source=active", &tasks),
                     200);
    (void)snprintf(path, sizeof(path), "/nodes/pve1/tasks/%s", at(tasks, "/0/upid"));
    assert_int_equal(road_api(&road, "DELETE", path, NULL, NULL), 200);
    json_object_put(tasks);
    usleep(300000);
    status = server_tool(&server, "proximo_status", arguments, &failed);
    assert_false(failed);
    expect(status, "/outcome", "failed");
    json_object_put(status);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* design 3: "At end of input, SIGTERM or cancellation" */
static void test_end_of_input(void **context)
{
    (void)context;
    interrupted(0);
}

static void test_sigterm(void **context)
{
    (void)context;
    interrupted(SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_fails),   cmocka_unit_test(test_task_warns),
        cmocka_unit_test(test_answer_lost),  cmocka_unit_test(test_request_dropped),
        cmocka_unit_test(test_ha),           cmocka_unit_test(test_stale_list),
        cmocka_unit_test(test_end_of_input), cmocka_unit_test(test_sigterm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
