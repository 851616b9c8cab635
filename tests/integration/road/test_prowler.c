/* SPDX-License-Identifier: Apache-2.0 */
/* A plane that looks into machines sees what the core's table and the operator's list let it, and no more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "road.h"

static char requests[160]; /* the cluster's log of them */

static void start(struct road *road, struct server *server, const char *list)
{
    const char *const sim[] = {"--log-requests", requests, NULL};
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char yaml[1024];

    (void)snprintf(yaml, sizeof(yaml),
                   "planes:\n  guests: {look_inside: ['*']}\n  prowler:\n"
                   "    file: %s/tests/integration/road/prowler.so\n    allow_without_landlock: true\n%s",
                   build ? build : ".", list);
    road_start(road, sim, yaml);
    server_start(road, server, NULL);
    server->person = NULL;
}

static struct json_object *tool(struct server *server, const char *name, const char *arguments)
{
    bool failed = false;
    struct json_object *answer = server_tool(server, name, arguments, &failed);

    assert_non_null(answer);
    return answer;
}

/* How many commands the cluster was asked to run in machines, by its own log. */
static size_t commands_seen(void)
{
    struct buf text CLEANUP_BUF = BUF_INIT((size_t)16 << 20);
    size_t count = 0;

    assert_int_equal(file_read(requests, &text), 0);
    for (const char *next = text.data; next && (next = strstr(next, "/agent/exec\"")); next++)
        count++;
    return count;
}

static void look(struct server *server, const char *vm, const char *end, const char *words)
{
    char arguments[120];

    (void)snprintf(arguments, sizeof(arguments), "{\"vm\":\"%s\"}", vm);
    struct json_object *answer = tool(server, "prowler_look", arguments);
    if (strcmp(at(answer, "/answer/end"), end) != 0 || !strstr(at(answer, "/answer/stdout"), words))
        fail_msg("%s: wanted '%s' and '%s' in %s", vm, end, words, json_object_to_json_string(answer));
    json_object_put(answer);
}

/* Its own list says where; another plane's does not count, and without one nothing is run. */
static void test_where(void **context)
{
    struct road road;
    struct server server;

    (void)context;
    start(&road, &server, "");
    look(&server, "103", "not-started", "");
    assert_int_equal(commands_seen(), 0);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);

    start(&road, &server, "    look_inside: [102, 'tag:dev', 200-210]\n");
    look(&server, "103", "exited", "puma 6.4.0"); /* by its tag */
    look(&server, "101", "not-started", "");
    static const char *const odd[] = {"0103", "+103",   "103 ",    "1e2", "103/agent",
                                      "..",   "{vmid}", "103?x=1", ""};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        char arguments[120];
        (void)snprintf(arguments, sizeof(arguments), "{\"vm\":\"%s\"}", odd[i]);
        struct json_object *answer = tool(&server, "prowler_look", arguments);
        if (strstr(json_object_to_json_string(answer), "exited"))
            fail_msg("'%s' was let in: %s", odd[i], json_object_to_json_string(answer));
        json_object_put(answer);
    }
    assert_int_equal(commands_seen(), 1);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* Its words are those of the row, and nothing goes along with them. */
static void test_what(void **context)
{
    static const char *const more[] = {
        "{\"name\":\"command\",\"value\":\"--help\"}",
        "{\"name\":\"input-data\",\"value\":\"x\"}",
        "{\"name\":\"pid\",\"value\":\"1\"}",
        "{\"name\":\"vmid\",\"value\":\"101\"}",
    };
    struct road road;
    struct server server;

    (void)context;
    start(&road, &server, "    look_inside: [103]\n");
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        struct json_object *answer = tool(&server, "prowler_more", more[i]);
        if (strcmp(at(answer, "/code"), "0") == 0)
            fail_msg("%s was taken: %s", more[i], json_object_to_json_string(answer));
        json_object_put(answer);
    }
    assert_int_equal(commands_seen(), 0);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* What somebody else's command wrote stays theirs; and nothing is run while a change is planned. */
static void test_whose(void **context)
{
    struct road road;
    struct server server;
    struct json_object *data = NULL;
    bool failed = false;
    char arguments[80], path[80];

    (void)context;
    start(&road, &server, "    look_inside: ['*']\n");
    assert_int_equal(
        road_api(&road, "POST", "/nodes/pve2/qemu/103/agent/exec", "command=echo&command=canary-77", &data),
        200);
    (void)snprintf(arguments, sizeof(arguments), "{\"pid\":\"%s\"}", at(data, "/pid"));
    (void)snprintf(path, sizeof(path), "/nodes/pve2/qemu/103/agent/exec-status?pid=%s", at(data, "/pid"));
    json_object_put(data);
    struct json_object *answer = tool(&server, "prowler_output", arguments);
    assert_null(strstr(json_object_to_json_string(answer), "canary-77"));
    assert_string_not_equal(at(answer, "/code"), "0");
    json_object_put(answer);
    assert_true(road_has(&road, path, "canary-77")); /* nobody has fetched it */

    const size_t before = commands_seen();
    answer = server_tool(&server, "prowler_plan", "{}", &failed);
    assert_true(failed);
    assert_non_null(strstr(json_object_to_json_string(answer), "the probe gave -"));
    json_object_put(answer);
    assert_int_equal(commands_seen(), before);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_where), cmocka_unit_test(test_what),
                                       cmocka_unit_test(test_whose)};
    (void)snprintf(requests, sizeof(requests), "/tmp/proximo-prowler.%d", (int)getpid());
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);

    (void)unlink(requests);
    return failed;
}
