/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 at every boundary of an apply: before and after each call that makes something durable. Each time
 * the ledger must verify, and the next server must know what came of it, or say that it is in doubt; it never
 * sends anything again.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define BOUNDARIES_MOST 80

static const char *const quick[] = {"--task-ms", "120", NULL};

static void touch(const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    close(fd);
}

/* How many tasks of this type the cluster has seen. */
static int tasks_of(struct road *road, const char *type)
{
    struct json_object *data = NULL;
    char query[64];
    int count;

    (void)snprintf(query, sizeof(query), "typefilter=%s&limit=500&source=all", type);
    assert_int_equal(road_api(road, "GET", "/nodes/pve1/tasks", query, &data), 200);
    count = (int)json_object_array_length(data);
    json_object_put(data);
    return count;
}

/* The ledger has one end of the plan, or none if it never began; and what was sent had its record before. */
static void one_end(struct road *road, const char *plan_id, bool began, bool sent)
{
    const char *const show[] = {"audit", "show", "--config", road->config, "--json", "--limit", "100", NULL};
    char *text = NULL;
    int ends = 0, beginnings = 0;

    assert_int_equal(road_command(road, &text, show), 0);
    for (char *line = text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        beginnings += strstr(line, "\"kind\":\"executing\"") && strstr(line, plan_id);
        ends += strstr(line, "\"kind\":\"outcome\"") && strstr(line, plan_id) &&
                !strstr(line, "\"outcome\":\"running\"");
    }
    if (ends != (began ? 1 : 0))
        print_error("%d ends of plan %s\n", ends, plan_id);
    assert_int_equal(ends, began ? 1 : 0);
    assert_true(!sent || beginnings == 1);
    free(text);
}

/* The next server: the ledger verifies, and the plan has an end that fits what the cluster shows. */
static void look_afterwards(struct road *road, const char *plan_id, bool stopped, int tasks, bool sent)
{
    static const char *const ends[] = {"ok", "failed", "partial", "unknown", "unconfirmed"};
    const int64_t deadline = clock_ms() + 20000;
    struct server server;
    char arguments[96], outcome[24] = "", plan_state[24] = "";
    bool failed = true, known = false;

    const char *const verify[] = {"audit", "verify", "--config", road->config, NULL};
    char *text = NULL;
    int status = road_command(road, &text, verify);
    if (status != 0 && status != 4)
        print_error("audit verify: %d: %s\n", status, text);
    assert_true(status == 0 || status == 4); /* 4: its last line is torn; everything before it is good */
    free(text);

    server_start(road, &server, NULL);
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", plan_id);
    do {
        struct json_object *answer = server_tool(&server, "proximo_status", arguments, &failed);
        assert_non_null(answer);
        if (failed)
            print_error("%s\n", json_object_to_json_string(answer));
        assert_false(failed);
        (void)snprintf(outcome, sizeof(outcome), "%s", at(answer, "/outcome"));
        (void)snprintf(plan_state, sizeof(plan_state), "%s", at(answer, "/state"));
        json_object_put(answer);
        if (strcmp(outcome, "running") == 0)
            usleep(50000);
    } while (strcmp(outcome, "running") == 0 && clock_ms() < deadline);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        known = known || strcmp(outcome, ends[i]) == 0;
    if (strcmp(plan_state, "waiting") == 0)
        assert_false(stopped);
    else if (!known)
        print_error("plan %s is %s, outcome %s\n", plan_id, plan_state, outcome);
    assert_true(known || strcmp(plan_state, "waiting") == 0);
    /* what is said fits what is so */
    if (strcmp(outcome, "ok") == 0)
        assert_true(stopped);
    if (strcmp(outcome, "failed") == 0)
        assert_false(stopped);
    assert_int_equal(tasks_of(road, "vzstop"), tasks); /* nothing was sent again */
    struct json_object *verified = server_tool(&server, "audit_verify", "{}", NULL);
    expect(verified, "/verdict", "ok");
    json_object_put(verified);
    assert_int_equal(server_stop(&server), 0);
    one_end(road, plan_id, strcmp(plan_state, "waiting") != 0, sent);
}

/* One apply on a server that is killed at boundary n; *ret_plan and *ret_before (tasks of the type so far)
 * are given. False: it went to its end. */
static bool apply_killed(struct road *road, int n, const char *how, const char *tool, const char *arguments,
                         const char *type, struct json_object **ret_plan, int *ret_before)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    struct server server;
    char preload[512], when[128], at_call[32];
    bool failed = false;

    (void)snprintf(preload, sizeof(preload), "LD_PRELOAD=%s/tests/bin/kill-at.so", build ? build : ".");
    (void)snprintf(when, sizeof(when), "KILL_WHEN=%s/now", road->dir);
    (void)snprintf(at_call, sizeof(at_call), "%s=%d", how, n);
    server_start(road, &server, (const char *const[]){preload, when, at_call, NULL});
    server.person = "guest/105";
    *ret_plan = plan_make(&server, tool, arguments);
    *ret_before = tasks_of(road, type);
    touch(when + strlen("KILL_WHEN="));
    struct json_object *done = plan_apply(&server, *ret_plan, &failed);
    const bool alive = done != NULL;
    if (alive)
        expect(done, "/outcome", "ok");
    json_object_put(done);
    if (alive)
        (void)server_stop(&server);
    else
        assert_int_equal(server_ended(&server), 128 + SIGKILL);
    usleep(400000); /* what the cluster was asked to do is done by now */
    return !alive;
}

/* One apply of a stop, killed at boundary n. False: it went to its end. */
static bool killed_at(int n, const char *how)
{
    struct json_object *plan = NULL;
    struct road road;
    int before = 0;

    road_start(&road, quick, "");
    const bool alive = !apply_killed(&road, n, how, "pve_guest_power",
                                     "{\"vmid\":\"105\",\"action\":\"stop\"}", "vzstop", &plan, &before);
    const bool stopped = strcmp(road_state(&road, "lxc", "pve1", 105), "stopped") == 0;
    const int tasks = tasks_of(&road, "vzstop");
    assert_true(tasks - before <= 1);
    if (!alive)
        look_afterwards(&road, at(plan, "/plan_id"), stopped, tasks, tasks > before);
    json_object_put(plan);
    road_stop(&road);
    return !alive;
}

/* What the next server says of a plan with an undo point must fit what is there. */
static void point_fits(struct road *road, struct json_object *plan, int snapshots)
{
    const int64_t deadline = clock_ms() + 20000;
    const bool changed = road_has(road, "/nodes/pve1/lxc/105/config", "\"cores\":3");
    struct server server;
    char arguments[96], outcome[24] = "", taken[24] = "", count[24] = "";
    bool failed = true;

    assert_true(!changed || snapshots == 1); /* nothing without its snapshot */
    server_start(road, &server, NULL);
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    struct json_object *status = server_tool(&server, "proximo_status", arguments, &failed);
    while (!failed && strcmp(at(status, "/outcome"), "running") == 0 && clock_ms() < deadline) {
        json_object_put(status);
        usleep(50000);
        status = server_tool(&server, "proximo_status", arguments, &failed);
    }
    assert_false(failed);
    (void)snprintf(outcome, sizeof(outcome), "%s", at(status, "/outcome"));
    (void)snprintf(taken, sizeof(taken), "%s", at(status, "/undo_point/taken"));
    const bool waiting = strcmp(at(status, "/state"), "waiting") == 0;
    if (!waiting && !*taken && strcmp(outcome, "ok") != 0)
        print_error("%s\n", json_object_to_json_string(status));
    json_object_put(status);
    status = server_tool(&server, "proximo_status", "{}", &failed);
    (void)snprintf(count, sizeof(count), "%s", at(status, "/undo_points/count"));
    json_object_put(status);
    assert_true(!waiting || (!changed && snapshots == 0));
    if (strcmp(outcome, "ok") == 0)
        assert_true(changed);
    if (strcmp(outcome, "failed") == 0)
        assert_true(!changed && snapshots == 0);
    if (strcmp(taken, "no") == 0)
        assert_int_equal(snapshots, 0);
    if (strcmp(taken, "yes") == 0)
        assert_int_equal(snapshots, 1);
    if (snapshots == 1) /* and it is known to be there */
        assert_string_equal(count, "1");
    assert_int_equal(server_stop(&server), 0);
}

/* The same of a change with an undo point before it. */
static bool killed_with_point(int n, const char *how)
{
    struct json_object *plan = NULL;
    struct road road;
    int before = 0;

    road_start(&road, quick, "");
    const bool killed = apply_killed(&road, n, how, "pve_guest_config_set",
                                     "{\"vmid\":\"105\",\"changes\":{\"cores\":3},\"snapshot_first\":true}",
                                     "vzsnapshot", &plan, &before);
    const int tasks = tasks_of(&road, "vzsnapshot");
    assert_true(tasks - before <= 1);
    if (killed) {
        point_fits(&road, plan, tasks - before);
        assert_int_equal(tasks_of(&road, "vzsnapshot"), tasks); /* nothing was sent again */
    }
    json_object_put(plan);
    road_stop(&road);
    return killed;
}

/* design 3: "An executing record without outcome is in doubt" */
static void every_boundary(const char *how, bool (*killed)(int n, const char *how))
{
    int n = 1;

    while (n < BOUNDARIES_MOST && killed(n, how))
        n++;
    print_message("%d boundaries (%s)\n", n - 1, how);
    assert_true(n > 6 && n < BOUNDARIES_MOST);
}

static void test_before(void **context)
{
    (void)context;
    every_boundary("KILL_AT", killed_at);
}

static void test_after(void **context)
{
    (void)context;
    every_boundary("KILL_AFTER", killed_at);
}

static void test_undo_point(void **context)
{
    (void)context;
    every_boundary("KILL_AFTER", killed_with_point);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_before), cmocka_unit_test(test_after),
                                       cmocka_unit_test(test_undo_point)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
