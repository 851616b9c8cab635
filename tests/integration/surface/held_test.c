/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program says of its token's privileges, and hides for the lack of them: the real program against
 * the simulator with a mighty token, a small one, and a site that does not answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "tests/integration/mcp/child.h"
#include "tests/integration/reads/simulator.h"

#define ANSWER_MS 20000
#define END_MS    5000

static struct simulator sim;

static int start(void **state)
{
    static const char *const arguments[] = {"--seed", "oracle", NULL};

    (void)state;
    return simulator_start(&sim, arguments);
}

static int stop(void **state)
{
    (void)state;
    simulator_stop(&sim);
    return 0;
}

/* url NULL: the simulator's. */
static void serve(struct child *child, const char *token, const char *url, const char *surface)
{
    static const char *const words[] = {"serve", NULL};
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char yaml[2048], name[64];

    (void)snprintf(name, sizeof(name), "tokens/%s", token);
    assert_non_null(simulator_value(&sim, name));
    (void)snprintf(
        yaml, sizeof(yaml),
        "mode: guarded\nsurface: %s\nplane_dir: %s/planes\nplanes: [guests, nodes]\nsites:\n  lab:\n"
        "    url: %s\n    fingerprint: \"%s\"\n    token_file: %s\n    timeout: 10\n",
        surface, build ? build : ".", url ? url : simulator_value(&sim, "url"),
        simulator_value(&sim, "fingerprint"), simulator_value(&sim, name));
    child_start_configured(child, yaml, words);
    child_say(child, "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"initialize\",\"params\":{"
                     "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},"
                     "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
    json_object_put(child_hear(child, ANSWER_MS));
    child_say(child, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
}

/* The answer as text; free(). */
static char *ask(struct child *child, int id, const char *method, const char *params)
{
    char line[1024];
    struct json_object *message CLEANUP_JSON = NULL;

    (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{%s}}",
                   id, method, params);
    child_say(child, line);
    message = child_hear(child, ANSWER_MS);
    assert_non_null(message);
    return strdup(
        json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void end(struct child *child)
{
    char *errors = NULL;

    child_close_input(child);
    (void)child_end(child, END_MS, &errors);
    free(errors);
    (void)child_remains(child);
}

static void expect_described(struct child *child, int id, const char *tool, const char *piece)
{
    char params[256];
    char *answer;

    (void)snprintf(params, sizeof(params), "\"name\":\"proximo_describe\",\"arguments\":{\"tool\":\"%s\"}",
                   tool);
    answer = ask(child, id, "tools/call", params);
    if (!strstr(answer, piece))
        fail_msg("%s: no %s in %s", tool, piece, answer);
    free(answer);
}

static void what_the_token_holds(void **state)
{
    struct child child;

    (void)state;
    serve(&child, "root", NULL, "facade");
    expect_described(&child, 1, "pve_guest_status", "\"privilege\":\"VM.Audit\",\"held\":true}");
    expect_described(&child, 2, "pve_guest_power", "\"held\":true}");
    end(&child);
    serve(&child, "alice-sep", NULL, "facade");
    expect_described(&child, 3, "pve_list_guests",
                     "\"path\":\"/vms\",\"privilege\":\"VM.Audit\",\"held\":false}");
    expect_described(&child, 4, "pve_guest_status", "\"held\":null,\"held_why\":\"held on some, not on all");
    expect_described(&child, 5, "pve_cluster_status", "\"held\":false}");
    end(&child);
}

/* A plan has the members that the output schema of changes declares, of those types. */
static void a_plan_is_what_is_declared(void **state)
{
    static const struct {
        const char *name;
        enum json_type type;
    } members[] = {
        {"plan_id", json_type_string}, {"action", json_type_string},    {"subject", json_type_string},
        {"site", json_type_string},    {"tool", json_type_string},      {"risk", json_type_string},
        {"consent", json_type_string}, {"expires_in_s", json_type_int}, {"steps", json_type_array},
        {"affected", json_type_array}, {"incomplete", json_type_array}, {"undo", json_type_object},
    };
    struct child child;
    struct json_object *message CLEANUP_JSON = NULL, *result = NULL, *plan = NULL, *member = NULL;
    char *answer;

    (void)state;
    serve(&child, "root", NULL, "facade");
    answer = ask(&child, 1, "tools/call",
                 "\"name\":\"pve_snapshot_create\",\"arguments\":{\"vmid\":\"100\",\"snapname\":\"one\"}");
    assert_int_equal(json_parse(answer, strlen(answer), &message, NULL), 0);
    assert_int_equal(json_get(message, "result", json_type_object, &result), 0);
    if (json_get(result, "structuredContent", json_type_object, &plan) < 0 ||
        !json_object_object_get_ex(plan, "plan_id", NULL))
        fail_msg("no plan: %s", answer);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (!json_object_object_get_ex(plan, members[i].name, &member) ||
            !json_object_is_type(member, members[i].type))
            fail_msg("%s: %s", members[i].name, answer);
    }
    free(answer);
    end(&child);
}

/* A site that is down costs some seconds at most, and nothing fails. */
static void a_site_that_is_down(void **state)
{
    struct child child;
    int64_t before;

    (void)state;
    serve(&child, "root", "https://127.0.0.1:9", "facade");
    before = clock_ms();
    expect_described(&child, 1, "pve_guest_status", "\"held\":null,\"held_why\":\"the site did not say so");
    assert_true(clock_ms() - before < 8000);
    end(&child);
    serve(&child, "root", "https://127.0.0.1:9", "{list: full, hide_unprivileged: true}");
    char *list = ask(&child, 2, "tools/list", "");
    assert_non_null(strstr(list, "\"pve_cluster_status\"")); /* unknown is shown */
    free(list);
    end(&child);
}

static void what_it_may_not_do_is_hidden(void **state)
{
    struct child child;
    char *answer;

    (void)state;
    serve(&child, "alice-sep", NULL, "{list: full, hide_unprivileged: true}");
    answer = ask(&child, 1, "tools/list", "");
    assert_non_null(strstr(answer, "\"name\":\"pve_guest_status\""));
    assert_non_null(strstr(answer, "\"name\":\"pve_list_guests\"")); /* of use for the guest it sees */
    assert_null(strstr(answer, "\"name\":\"pve_cluster_status\""));
    assert_null(strstr(answer, "\"name\":\"pve_node_status\""));
    free(answer);
    answer = ask(&child, 2, "tools/call",
                 "\"name\":\"proximo_find\",\"arguments\":{\"query\":\"cluster status\"}");
    assert_null(strstr(answer, "\"pve_cluster_status\""));
    free(answer);
    answer = ask(&child, 3, "tools/call", "\"name\":\"pve_cluster_status\",\"arguments\":{}");
    assert_non_null(strstr(answer, "PX-PRIVILEGE")); /* still there by its name */
    assert_non_null(strstr(answer, "intersection"));
    free(answer);
    end(&child);
}

/* The same bytes from two starts, one page. */
static void the_full_list_is_the_same_each_time(void **state)
{
    struct child child;
    char *lists[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        serve(&child, "root", NULL, "full");
        lists[i] = ask(&child, 1, "tools/list", "");
        end(&child);
    }
    assert_string_equal(lists[0], lists[1]);
    assert_non_null(strstr(lists[0], "\"outputSchema\""));
    assert_null(strstr(lists[0], "nextCursor"));
    free(lists[0]);
    free(lists[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_token_holds),
        cmocka_unit_test(a_plan_is_what_is_declared),
        cmocka_unit_test(a_site_that_is_down),
        cmocka_unit_test(what_it_may_not_do_is_hidden),
        cmocka_unit_test(the_full_list_is_the_same_each_time),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
