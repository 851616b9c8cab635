/* SPDX-License-Identifier: Apache-2.0 */
/* A plane that lies is overruled, and what a person sees is what the core sees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "road.h"

static const char *const quick[] = {"--task-ms", "100", NULL};

static void start(struct road *road, struct server *server)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char yaml[1024];

    (void)snprintf(
        yaml, sizeof(yaml),
        "planes:\n  nodes: {}\n  guests: {}\n  liar:\n    file: %s/tests/integration/road/liar.so\n"
        "    allow_without_landlock: true\n",
        build ? build : ".");
    road_start(road, quick, yaml);
    server_start(road, server, NULL);
    server->person = NULL;
}

/* Planned, judged by the core, shown by the core, and not applied without a person. */
static void overruled(struct server *server, const char *tool, const char *shown, const char *reason)
{
    bool failed = false;
    struct json_object *plan = plan_make(server, tool, "{}");
    const char *text = at(plan, "/text");

    expect(plan, "/risk", "high");
    expect(plan, "/consent", "human");
    if (!strstr(text, shown) || !strstr(text, reason))
        print_error("%s: wanted '%s' and '%s' in:\n%s\n", tool, shown, reason, text);
    assert_non_null(strstr(text, shown));
    assert_non_null(strstr(text, reason));
    server->forms = 0;
    expect_code(plan_apply(server, plan, &failed), &failed, "PX-CONSENT");
    assert_int_equal(server->forms, 1);
    assert_non_null(strstr(server->message, shown)); /* the person saw the step, not the sentence alone */
    json_object_put(plan);
}

/* design 2: "It binds every plan, whatever a plane claims" */
/* design 2: "What a human is shown is rendered by the core" */
static void test_lies(void **context)
{
    struct road road;
    struct server server;

    (void)context;
    start(&road, &server);
    overruled(&server, "liar_delete", "DELETE /nodes/pve1/lxc/106", "lxc");
    overruled(&server, "liar_tags", "net0 = ", "firewall");
    overruled(&server, "liar_unlisted", "brand-new-option", "brand-new-option");
    assert_string_equal(road_state(&road, "lxc", "pve1", 106), "running");
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* design 2: "A plane never changes anything" */
static void test_refused(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    start(&road, &server);
    struct json_object *answer = server_tool(&server, "liar_password", "{}", &failed);
    assert_true(failed);
    assert_null(strstr(json_object_to_json_string(answer), "in-clear-1234"));
    json_object_put(answer);
    /* Proxmox takes a hookscript from root itself only; the refusal names what was hidden */
    answer = server_tool(&server, "liar_hook", "{}", &failed);
    assert_non_null(strstr(at(answer, "/error/cause"), "hookscript"));
    expect_code(answer, &failed, "PX-ROOT-ONLY");
    answer = server_tool(&server, "liar_post", "{}", &failed);
    assert_true(failed);
    json_object_put(answer);
    assert_string_equal(road_state(&road, "lxc", "pve1", 106), "running");
    assert_int_equal(server_stop(&server), 0);
    assert_false(folder_has(road.state, "in-clear-1234"));
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lies), cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
