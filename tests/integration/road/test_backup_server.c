/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole road to a Backup Server: its tasks are followed to their end, one whose answer was lost is found,
 * and what the token may not do is said with that server's own line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "road.h"

#define MAIN "{\"store\":\"main\"}"
#define JOB  "{\"id\":\"verify-main\"}"

static void start(struct road *road, struct server *server, const char *fault, const char *task)
{
    const char *sim[] = {"--seed", "vault", "--task-ms", "200", NULL, NULL, NULL, NULL, NULL};
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    size_t count = 4;
    char yaml[1024];

    if (fault) {
        sim[count++] = "--fault";
        sim[count++] = fault;
    }
    if (task) {
        sim[count++] = "--task";
        sim[count++] = task;
    }
    (void)snprintf(yaml, sizeof(yaml),
                   "planes:\n  pbs: {}\n  keeper:\n    file: %s/tests/integration/road/keeper.so\n"
                   "    allow_without_landlock: true\n",
                   build ? build : ".");
    road_start(road, sim, yaml);
    server_start(road, server, NULL);
}

static void finish(struct road *road, struct server *server)
{
    struct json_object *verified = server_tool(server, "audit_verify", "{}", NULL);

    expect(verified, "/verdict", "ok");
    json_object_put(verified);
    assert_int_equal(server_stop(server), 0);
    road_stop(road);
}

static void run(const char *tool, const char *arguments, const char *fault, const char *task,
                const char *outcome, const char *type)
{
    struct road road;
    struct server server;
    bool failed = true;

    start(&road, &server, fault, task);
    struct json_object *plan = plan_make(&server, tool, arguments);
    server.person = at(plan, "/subject");
    struct json_object *done = plan_apply(&server, plan, &failed);
    assert_non_null(done);
    if (failed || strcmp(at(done, "/outcome"), outcome) != 0)
        print_error("%s\n", json_object_to_json_string(done));
    expect(done, "/outcome", outcome);
    if (type)
        assert_non_null(strstr(at(done, "/steps/0/upid"), type));
    json_object_put(done);
    json_object_put(plan);
    finish(&road, &server);
}

static void tasks_are_followed(void **context)
{
    (void)context;
    run("keeper_collect", MAIN, NULL, NULL, "ok", ":garbage_collection:main:");
    run("keeper_collect", MAIN, NULL, "garbage_collection:fail", "failed", ":garbage_collection:main:");
    run("keeper_run", JOB, NULL, NULL, "ok", ":verificationjob:");
}

/* design 2: "A lost POST answer is resolved by looking for its task" */
static void lost_answers(void **context)
{
    (void)context;
    run("keeper_collect", MAIN, "POST /admin/datastore/main/gc:lost:1", NULL, "ok",
        ":garbage_collection:main:");
    run("keeper_verify", MAIN, "POST /admin/datastore/main/verify:lost:1", NULL, "ok", ":verify:main:");
    run("keeper_run", JOB, "POST /admin/verify/verify-main/run:lost:1", NULL, "ok", ":verificationjob:");
    run("keeper_collect", MAIN, "POST /admin/datastore/main/gc:drop:1", NULL, "unknown", NULL);
}

static void refused_with_its_line(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    start(&road, &server, NULL, NULL);
    assert_int_equal(server_stop(&server), 0);
    road.token = "tokens/backup-narrow";
    char yaml[1024];
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    (void)snprintf(yaml, sizeof(yaml),
                   "planes:\n  keeper:\n    file: %s/tests/integration/road/keeper.so\n"
                   "    allow_without_landlock: true\n",
                   build ? build : ".");
    road_configure(&road, "guarded", yaml);
    server_start(&road, &server, NULL);
    struct json_object *refused =
        server_tool(&server, "proximo_plan", "{\"tool\":\"keeper_collect\",\"arguments\":" MAIN "}", &failed);
    assert_true(failed);
    expect(refused, "/error/code", "PX-PRIVILEGE");
    assert_non_null(strstr(at(refused, "/error/next"),
                           "proxmox-backup-manager acl update /datastore/main DatastoreAdmin --auth-id "
                           "'USER@REALM!TOKENID'"));
    assert_non_null(strstr(at(refused, "/error/next"), "intersection"));
    json_object_put(refused);
    finish(&road, &server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_are_followed),
        cmocka_unit_test(lost_answers),
        cmocka_unit_test(refused_with_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
