/* SPDX-License-Identifier: Apache-2.0 */
/* The gates of an apply, each by itself and in their order; which consent what needs; where plan files are;
 * and what a token that sees little makes of a plan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "road.h"

#define STOP "{\"vmid\":\"105\",\"action\":\"stop\"}"

static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};

static struct json_object *apply_with(struct server *server, struct json_object *plan, const char *action,
                                      const char *subject, bool *ret_failed)
{
    char arguments[300];

    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\",\"action\":\"%s\",\"subject\":\"%s\"}",
                   at(plan, "/plan_id"), action, subject);
    return server_tool(server, "proximo_apply", arguments, ret_failed);
}

/* design 3: "gates in a fixed order" */
static void test_order(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, quick, "");
    server_start_modern(&road, &server);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    assert_int_equal(road_api(&road, "POST", "/nodes/pve1/lxc/105/status/stop", "", NULL), 200);
    usleep(300000);
    /* everything is wrong at once: each gate is met only when the ones before it are passed */
    server.no_forms = true;
    expect_code(apply_with(&server, plan, "guest.start", "guest/105", &failed), &failed, "PX-ECHO");
    expect_code(apply_with(&server, plan, "guest.stop", "guest/106", &failed), &failed, "PX-ECHO");
    expect_code(apply_with(&server, plan, "guest.stop", "guest/105 ", &failed), &failed, "PX-ECHO");
    expect_code(apply_with(&server, plan, "guest.stop", "guest/105", &failed), &failed, "PX-CONSENT");
    server.no_forms = false;
    server.person = "guest/105";
    expect_code(apply_with(&server, plan, "guest.stop", "guest/105", &failed), &failed, "PX-DRIFT");
    /* and every refusal is in the ledger */
    const char *const show[] = {"audit", "show", "--config", road.config, "--json", NULL};
    char *text = NULL;
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(road_command(&road, &text, show), 0);
    static const char *const codes[] = {"PX-ECHO", "PX-CONSENT", "PX-DRIFT"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_non_null(strstr(text, codes[i]));
    free(text);
    json_object_put(plan);
    road_stop(&road);
}

static void consent_is(struct server *server, const char *tool, const char *arguments, const char *consent,
                       int64_t least, int64_t most)
{
    struct json_object *plan = plan_make(server, tool, arguments);
    int64_t left = 0;

    expect(plan, "/consent", consent);
    assert_int_equal(text_to_i64(at(plan, "/expires_in_s"), 0, 1000000, &left), 0);
    assert_true(left >= least && left <= most);
    json_object_put(plan);
}

/* design 3: "Consent, per risk and class" */
/* design 3: "They expire: 10 minutes where the plan id is enough" */
static void test_levels(void **context)
{
    struct road road;
    struct server server;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    consent_is(&server, "pve_guest_power", "{\"vmid\":\"109\",\"action\":\"start\"}", "plan", 590, 600);
    consent_is(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"shutdown\"}", "plan", 590, 600);
    consent_is(&server, "pve_guest_config_set", "{\"vmid\":\"105\",\"changes\":{\"description\":\"x\"}}",
               "plan", 590, 600);
    consent_is(&server, "pve_snapshot_create", "{\"vmid\":\"100\",\"snapname\":\"one\"}", "plan", 590, 600);
    consent_is(&server, "pve_guest_power", STOP, "human", 86390, 86400);
    consent_is(&server, "pve_rollback", "{\"vmid\":\"105\",\"snapname\":\"tuned\"}", "human", 86390, 86400);
    /* not high, but it destroys */
    consent_is(&server, "pve_snapshot_delete", "{\"vmid\":\"105\",\"snapname\":\"tuned\"}", "human", 86390,
               86400);
    /* crosses into the host */
    consent_is(&server, "pve_guest_config_set",
               "{\"vmid\":\"105\",\"changes\":{\"net0\":\"name=eth0,bridge=vmbr0,ip=dhcp\"}}", "human", 86390,
               86400);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* With an approver's key a form is not enough any more, and whatever is no signature is refused. */
static void test_approver(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, quick, "");
    char yaml[200];
    (void)snprintf(yaml, sizeof(yaml), "trust: {approver_key: %s/approver.pub}\n", road.dir);
    road_configure(&road, "guarded", yaml);
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    expect(plan, "/consent", "approver");
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-CONSENT");
    assert_int_equal(server.forms, 0);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "running");
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* Whatever the client asked its user before it sends the call: it has no way to say so. */
/* design 3: "A permission prompt of the client never counts" */
static void test_no_words(void **context)
{
    static const char *const words[] = {"\"confirm\":true", "\"consent\":\"human\"", "\"approved\":true",
                                        "\"_meta\":{\"approved\":true}"};
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    server.person = NULL;
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char arguments[400];
        (void)snprintf(arguments, sizeof(arguments),
                       "{\"plan_id\":\"%s\",\"action\":\"guest.stop\",\"subject\":\"guest/105\",%s}",
                       at(plan, "/plan_id"), words[i]);
        expect_code(server_tool(&server, "proximo_apply", arguments, &failed), &failed, "PX-ARG");
    }
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "running");
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

static bool plan_file(const struct road *road, const char *folder, const char *id)
{
    struct stat st;
    char path[300];

    (void)snprintf(path, sizeof(path), "%s/plans/%s/%s.json", road->state, folder, id);
    if (stat(path, &st) < 0)
        return false;
    assert_int_equal(st.st_mode & 07777, 0600);
    (void)snprintf(path, sizeof(path), "%s/plans/%s", road->state, folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    return true;
}

/* design 3: "Plan files move from waiting to executing to done" */
static void test_files(void **context)
{
    static const char *const slow[] = {"--task-ms", "1500", NULL};
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    road_start(&road, slow, "");
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    const char *id = at(plan, "/plan_id");
    assert_true(plan_file(&road, "waiting", id));
    CLEANUP_FREE char *echo = plan_echo(plan);
    const int call = server_send_tool(&server, "proximo_apply", echo);
    server_pump(&server, 700);
    assert_true(plan_file(&road, "executing", id));
    assert_false(plan_file(&road, "waiting", id));
    struct json_object *done = server_answer(&server, call, &failed);
    expect(done, "/outcome", "ok");
    assert_true(plan_file(&road, "done", id));
    assert_false(plan_file(&road, "executing", id));
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* design 2: "Every read used for a plan, a blast radius" */
/* design 2: "Completeness. Proxmox filters lists by privilege" */
static void test_narrow_token(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, quick, "");
    road_token(&road, "tokens/narrow-guest105");
    server_start(&road, &server, NULL);
    /* a comment of a pool is low for who sees all grants; who does not cannot know whom it concerns */
    struct json_object *plan =
        plan_make(&server, "pve_pool_update", "{\"poolid\":\"infra\",\"comment\":\"new\"}");
    expect(plan, "/risk", "high");
    expect(plan, "/consent", "human");
    assert_true(strlen(at(plan, "/incomplete/0/what")) > 0);
    assert_true(strlen(at(plan, "/incomplete/0/why")) > 0);
    json_object_put(plan);
    /* and what it may not do is refused before anything is planned, with the line that would allow it */
    struct json_object *refused =
        server_tool(&server, "pve_guest_power", "{\"vmid\":\"106\",\"action\":\"start\"}", &failed);
    assert_true(failed);
    assert_true(strcmp(at(refused, "/error/code"), "PX-PRIVILEGE") == 0 ||
                strcmp(at(refused, "/error/code"), "PX-NOT-FOUND") == 0);
    json_object_put(refused);
    refused = server_tool(&server, "pve_pool_create", "{\"poolid\":\"new\"}", &failed);
    assert_non_null(strstr(at(refused, "/error/next"), "pveum acl modify"));
    expect_code(refused, &failed, "PX-PRIVILEGE");
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* One call where the operator wants it so, and only where the plan's id would be consent enough. */
static void test_confirm_direct(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    road_start(&road, quick, "");
    road_configure(&road, "guarded", "trust: {confirm: direct}\n");
    server_start(&road, &server, NULL);
    struct json_object *done =
        server_tool(&server, "pve_guest_config_set",
                    "{\"vmid\":\"105\",\"changes\":{\"description\":\"at once\"},\"confirm\":true}", &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(done));
    assert_false(failed);
    expect(done, "/applied/outcome", "ok");
    json_object_put(done);
    /* without it nothing is done, and a stop waits for a person all the same */
    struct json_object *plan =
        server_tool(&server, "pve_guest_config_set",
                    "{\"vmid\":\"105\",\"changes\":{\"description\":\"later\"}}", &failed);
    expect(plan, "/applied/outcome", "");
    json_object_put(plan);
    plan = server_tool(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"stop\",\"confirm\":true}",
                       &failed);
    assert_false(failed);
    expect(plan, "/applied/outcome", "");
    assert_non_null(strstr(at(plan, "/notice"), "confirm"));
    json_object_put(plan);
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "running");
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),          cmocka_unit_test(test_levels),
        cmocka_unit_test(test_approver),       cmocka_unit_test(test_no_words),
        cmocka_unit_test(test_files),          cmocka_unit_test(test_narrow_token),
        cmocka_unit_test(test_confirm_direct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
