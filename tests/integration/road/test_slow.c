/* SPDX-License-Identifier: Apache-2.0 */
/* What takes its time: a run that is not finished after 45 s is answered `running` and goes on; a form that
 * nobody fills in is given up after 45 s, and apply may be called again. Both at once, because both only
 * wait. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define ANSWER_MS 45000

/* design 3: "Not finished within 45 s: answer running" */
static void test_slow(void **context)
{
    static const char *const slow[] = {"--task-ms", "vzstop:55000", NULL};
    struct road road;
    struct server runs, asks;
    bool failed = true;
    char arguments[96], outcome[24] = "running";

    (void)context;
    road_start(&road, slow, "");
    server_start(&road, &runs, NULL);
    server_start(&road, &asks, NULL);
    runs.person = "guest/105";
    struct json_object *long_plan =
        plan_make(&runs, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"stop\"}");
    struct json_object *asked_plan =
        plan_make(&asks, "pve_guest_power", "{\"vmid\":\"106\",\"action\":\"stop\"}");
    CLEANUP_FREE char *long_echo = plan_echo(long_plan);
    CLEANUP_FREE char *asked_echo = plan_echo(asked_plan);
    const int64_t before = clock_ms();
    asks.silent = true;
    const int asked = server_send_tool(&asks, "proximo_apply", asked_echo);
    const int running = server_send_tool(&runs, "proximo_apply", long_echo);
    struct json_object *answer = server_answer(&runs, running, &failed);
    const int64_t took = clock_ms() - before;
    assert_false(failed);
    expect(answer, "/outcome", "running");
    assert_true(took > ANSWER_MS - 2000 && took < ANSWER_MS + 5000);
    assert_int_equal(runs.forms, 1);
    json_object_put(answer);

    answer = server_answer(&asks, asked, &failed);
    expect_code(answer, &failed, "PX-CONSENT-PENDING");
    assert_true(clock_ms() - before < ANSWER_MS + 5000);
    assert_string_equal(road_state(&road, "lxc", "pve1", 106), "running");
    asks.silent = false;
    asks.person = NULL;
    expect_code(plan_apply(&asks, asked_plan, &failed), &failed, "PX-CONSENT"); /* it is asked anew */
    assert_int_equal(asks.forms, 2);

    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(long_plan, "/plan_id"));
    while (strcmp(outcome, "running") == 0 && clock_ms() - before < 80000) {
        answer = server_tool(&runs, "proximo_status", arguments, &failed);
        assert_false(failed);
        (void)snprintf(outcome, sizeof(outcome), "%s", at(answer, "/outcome"));
        if (strcmp(outcome, "ok") == 0)
            assert_true(strlen(at(answer, "/receipt")) > 16);
        json_object_put(answer);
        usleep(200000);
    }
    assert_string_equal(outcome, "ok");
    json_object_put(long_plan);
    json_object_put(asked_plan);
    assert_int_equal(server_stop(&asks), 0);
    assert_int_equal(server_stop(&runs), 0);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slow)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
