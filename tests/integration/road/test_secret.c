/* SPDX-License-Identifier: Apache-2.0 */
/* A secret argument: in no byte that is written or said, gone with the process, and the plan holds only a
 * commitment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define CANARY "kanarienvogel-7f3a91"
#define NOTE   "a-note-that-the-ledger-need-not-hold"
#define SET    "{\"vmid\":\"100\",\"changes\":{\"tags\":\"web\"},\"cipassword\":\"" CANARY "\"}"

static const char *const quick[] = {"--task-ms", "100", NULL};

/* design 2: "The plan holds a keyed commitment" */
/* design 2: "A plane never receives a secret value" */
static void test_canary(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;
    char arguments[128];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    server.canary = CANARY;
    struct json_object *plan = plan_make(&server, "pve_guest_config_set", SET);
    assert_false(folder_has(road.state, CANARY));
    server.person = "guest/100";
    struct json_object *done = plan_apply(&server, plan, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(done));
    assert_false(failed);
    expect(done, "/outcome", "ok");
    struct json_object *config = NULL;
    assert_int_equal(road_api(&road, "GET", "/nodes/pve1/qemu/100/config", NULL, &config), 200);
    assert_true(strlen(at(config, "/cipassword")) > 3); /* it arrived: shown as asterisks */
    json_object_put(config);
    /* what GET masks cannot be put back: said before, and again */
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    struct json_object *undo = server_tool(&server, "proximo_undo", arguments, &failed);
    expect_code(undo, &failed, "PX-UNDO");
    json_object_put(done);
    json_object_put(plan);

    /* a secret under a plain option is refused, not kept */
    struct json_object *refused =
        server_tool(&server, "pve_guest_config_set",
                    "{\"vmid\":\"100\",\"changes\":{\"cipassword\":\"" CANARY "\"}}", &failed);
    assert_true(failed);
    json_object_put(refused);

    /* the plan does not survive the process */
    plan = plan_make(&server, "pve_guest_config_set", SET);
    assert_int_equal(server_stop(&server), 0);
    assert_false(server.canary_seen);
    server_start(&road, &server, NULL);
    server.canary = CANARY;
    server.person = "guest/100";
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-PLAN");
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    assert_false(server.canary_seen);
    assert_false(folder_has(road.dir, CANARY));
    road_stop(&road);
}

/* Bodies are no secrets, but the ledger cannot forget: it keeps fingerprints of them. */
static void test_redaction(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;
    char ledger[128];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_config_set",
                                         "{\"vmid\":\"105\",\"changes\":{\"description\":\"" NOTE "\"}}");
    struct json_object *done = plan_apply(&server, plan, &failed);
    assert_false(failed);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    (void)snprintf(ledger, sizeof(ledger), "%s/audit.log", road.state);
    assert_false(folder_has(ledger, NOTE));
    road_stop(&road);
}

/* The token of the network configuration's lock is said once, to who took it, and taken back as a secret. */
static void test_lock_token(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;
    char token[64], arguments[128];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_sdn_lock", "{}");
    struct json_object *done = plan_apply(&server, plan, &failed);
    assert_false(failed);
    (void)snprintf(token, sizeof(token), "%s", at(done, "/returned_once/lock~1lock-token"));
    assert_int_equal(strlen(token), 36);
    json_object_put(done);
    json_object_put(plan);

    server.canary = token; /* from here on nothing says it */
    (void)snprintf(arguments, sizeof(arguments), "{\"lock_token\":\"%s\"}", token);
    plan = plan_make(&server, "pve_sdn_unlock", arguments);
    done = plan_apply(&server, plan, &failed);
    assert_false(failed);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    assert_false(server.canary_seen);
    assert_false(folder_has(road.state, token));
    assert_false(folder_has(server.errors, token));
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_canary), cmocka_unit_test(test_redaction),
                                       cmocka_unit_test(test_lock_token)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
