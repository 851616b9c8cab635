/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a change, from end to end: planned, consented, applied, proved, undone, in both protocol eras;
 * and the ways in which it must not go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define STOP  "{\"vmid\":\"105\",\"action\":\"stop\"}"
#define START "{\"vmid\":\"105\",\"action\":\"start\"}"

static const char *const quick[] = {"--task-ms", "150", NULL};

static const char *state(struct road *road)
{
    return road_state(road, "lxc", "pve1", 105);
}

/* design 3: "proximo_apply {plan_id, action, subject} echo the plan" */
/* design 3: "ledger outcome -> receipt" */
/* design 3: "proximo_undo {receipt | plan_id | seq} -> a new plan" */
/* design 2: "Undo of an undo is redo" */
static void walk(struct road *road, struct server *server)
{
    bool failed = true;
    struct json_object *plan = plan_make(server, "pve_guest_power", STOP);
    CLEANUP_FREE char *echo = plan_echo(plan);
    char arguments[128];

    expect(plan, "/risk", "high");
    expect(plan, "/consent", "human");
    assert_string_equal(state(road), "running");
    server->person = "guest/105";
    const int forms = server->forms;
    struct json_object *done = plan_apply(server, plan, &failed);
    assert_false(failed);
    expect(done, "/outcome", "ok");
    assert_int_equal(server->forms, forms + 1);
    assert_non_null(strstr(server->message, "guest/105"));
    assert_string_equal(state(road), "stopped");
    expect_code(server_tool(server, "proximo_apply", echo, &failed), &failed, "PX-PLAN");

    /* by receipt, then the undo of that by plan id */
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    struct json_object *undo = server_tool(server, "proximo_undo", arguments, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(undo));
    assert_false(failed);
    expect(undo, "/action", "guest.start");
    struct json_object *undone = plan_apply(server, undo, &failed);
    expect(undone, "/outcome", "ok");
    assert_string_equal(state(road), "running");
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(undo, "/plan_id"));
    struct json_object *redo = server_tool(server, "proximo_undo", arguments, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(redo));
    assert_false(failed);
    expect(redo, "/action", "guest.stop");
    expect(redo, "/consent", "human");
    struct json_object *redone = plan_apply(server, redo, &failed);
    expect(redone, "/outcome", "ok");
    assert_string_equal(state(road), "stopped");
    /* and back once more, by the record's number */
    (void)snprintf(arguments, sizeof(arguments), "{\"seq\":%s}", at(redone, "/seq"));
    struct json_object *again = server_tool(server, "proximo_undo", arguments, &failed);
    assert_false(failed);
    struct json_object *back = plan_apply(server, again, &failed);
    expect(back, "/outcome", "ok");
    assert_string_equal(state(road), "running");

    struct json_object *verified = server_tool(server, "audit_verify", "{}", &failed);
    expect(verified, "/verdict", "ok");
    struct json_object *const all[] = {plan, done, undo, undone, redo, redone, again, back, verified};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        json_object_put(all[i]);
}

/* What happened stands in the ledger, in the order in which it happened. */
static void test_records(void **context)
{
    static const char *const kinds[] = {"planned", "consent", "executing", "outcome"};
    struct road road;
    struct server server;
    bool failed = true;
    char *text = NULL;
    const char *const show[] = {"audit", "show", "--config", road.config, "--json", NULL};

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    struct json_object *done = plan_apply(&server, plan, &failed);
    expect(done, "/outcome", "ok");
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(road_command(&road, &text, show), 0);
    const char *place = strstr(text, "\"kind\":\"run-start\"");
    assert_non_null(place);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        char words[64];
        (void)snprintf(words, sizeof(words), "\"kind\":\"%s\"", kinds[i]);
        const char *next = strstr(place, words);
        if (!next)
            print_error("no %s behind the others in:\n%s\n", kinds[i], text);
        assert_non_null(next);
        assert_non_null(strstr(next, at(plan, "/plan_id")));
        place = next;
    }
    assert_non_null(strstr(place, "\"undo_sha256\":\""));
    free(text);
    json_object_put(done);
    json_object_put(plan);
    road_stop(&road);
}

static void test_walk(void **context)
{
    struct road road;
    struct server server;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    walk(&road, &server);
    assert_true(server.progress > 0);
    assert_int_equal(server_stop(&server), 0);
    server_start_modern(&road, &server);
    walk(&road, &server);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* design 3: "There is no argument by which the model grants consent" */
/* design 3: "No way to ask = refused" */
static void test_consent(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    server.person = NULL;
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-CONSENT");
    server.person = "guest/106";
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-CONSENT");
    server.person = " guest/105";
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-CONSENT");
    assert_int_equal(server.forms, 3);
    assert_int_equal(server_stop(&server), 0);

    server_start_modern(&road, &server);
    server.no_forms = true;
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-CONSENT");
    assert_int_equal(server.forms, 0);
    /* confirm is no consent: the plan is made, and nothing else */
    struct json_object *confirmed = server_tool(
        &server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"stop\",\"confirm\":true}", &failed);
    assert_false(failed);
    assert_int_equal(strlen(at(confirmed, "/plan_id")), 32);
    assert_non_null(strstr(at(confirmed, "/notice"), "confirm"));
    assert_string_equal(state(&road), "running");
    json_object_put(confirmed);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* A client of the newer era carries the state of the question; what it makes of it must not matter. */
static struct json_object *with_state(struct server *server, const char *echo, const char *state,
                                      const char *typed, bool *ret_failed)
{
    char line[8192], quoted[1200] = "";

    if (state)
        (void)snprintf(quoted, sizeof(quoted), "\"requestState\":\"%s\",", state);
    server->next_id++;
    (void)snprintf(
        line, sizeof(line),
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_apply\","
        "\"arguments\":%s,\"inputResponses\":{\"consent\":{\"action\":\"accept\",\"content\":{"
        "\"subject\":\"%s\"}}},%s\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
        "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}}}}",
        server->next_id, echo, typed, quoted);
    server_say(server, line);
    return server_answer(server, server->next_id, ret_failed);
}

/* design 3: "human is a form in the protocol" */
static void test_sealed_state(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;
    char state_text[600], other_text[600];

    (void)context;
    road_start(&road, quick, "");
    server_start_modern(&road, &server);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    struct json_object *other = plan_make(&server, "pve_guest_power", STOP);
    CLEANUP_FREE char *echo = plan_echo(plan);
    CLEANUP_FREE char *other_echo = plan_echo(other);
    struct json_object *asked =
        server_answer(&server, server_send_tool(&server, "proximo_apply", echo), NULL);
    expect(asked, "/resultType", "input_required");
    (void)snprintf(state_text, sizeof(state_text), "%s", at(asked, "/requestState"));
    assert_true(strlen(state_text) > 64 && strlen(state_text) < 512);
    struct json_object *asked_other =
        server_answer(&server, server_send_tool(&server, "proximo_apply", other_echo), NULL);
    (void)snprintf(other_text, sizeof(other_text), "%s", at(asked_other, "/requestState"));

    /* none, another plan's, every digit changed, cut, longer */
    expect_code(with_state(&server, echo, NULL, "guest/105", &failed), &failed, "PX-CONSENT");
    expect_code(with_state(&server, echo, other_text, "guest/105", &failed), &failed, "PX-CONSENT");
    for (size_t i = 0; i < strlen(state_text); i += 3) {
        const char keep = state_text[i];
        state_text[i] = keep == '7' ? '8' : '7';
        expect_code(with_state(&server, echo, state_text, "guest/105", &failed), &failed, "PX-CONSENT");
        state_text[i] = keep;
    }
    const char last = state_text[strlen(state_text) - 1];
    state_text[strlen(state_text) - 1] = '\0';
    expect_code(with_state(&server, echo, state_text, "guest/105", &failed), &failed, "PX-CONSENT");
    state_text[strlen(state_text) + 1] = '\0';
    state_text[strlen(state_text)] = last;
    assert_string_equal(state(&road), "running");
    /* the true one with the wrong words is spent by it */
    expect_code(with_state(&server, echo, state_text, "guest/106", &failed), &failed, "PX-CONSENT");
    expect_code(with_state(&server, echo, state_text, "guest/105", &failed), &failed, "PX-CONSENT");
    assert_string_equal(state(&road), "running");
    /* the other plan's own state is still good */
    struct json_object *done = with_state(&server, other_echo, other_text, "guest/105", &failed);
    assert_false(failed);
    expect(done, "/outcome", "ok");
    assert_string_equal(state(&road), "stopped");
    json_object_put(done);
    json_object_put(asked);
    json_object_put(asked_other);
    json_object_put(plan);
    json_object_put(other);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* design 3: "ledger \"executing\" under the ledger lock" */
static void test_two_servers(void **context)
{
    struct road road;
    struct server one, two;
    bool failed_one = false, failed_two = false;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &one, NULL);
    server_start(&road, &two, NULL);
    for (int round = 0; round < 4; round++) {
        struct json_object *plan =
            plan_make(&one, "pve_guest_config_set",
                      round % 2 ? "{\"vmid\":\"105\",\"changes\":{\"description\":\"odd\"}}"
                                : "{\"vmid\":\"105\",\"changes\":{\"description\":\"even\"}}");
        CLEANUP_FREE char *echo = plan_echo(plan);
        const int id_one = server_send_tool(&one, "proximo_apply", echo);
        const int id_two = server_send_tool(&two, "proximo_apply", echo);
        struct json_object *answer_one = server_answer(&one, id_one, &failed_one);
        struct json_object *answer_two = server_answer(&two, id_two, &failed_two);
        assert_true(failed_one != failed_two);
        expect(failed_one ? answer_two : answer_one, "/outcome", "ok");
        /* whoever was later met a used plan, or the change itself */
        const char *code = at(failed_one ? answer_one : answer_two, "/error/code");
        assert_true(strcmp(code, "PX-PLAN") == 0 || strcmp(code, "PX-DRIFT") == 0);
        json_object_put(answer_one);
        json_object_put(answer_two);
        json_object_put(plan);
    }
    struct json_object *verified = server_tool(&two, "audit_verify", "{}", NULL);
    expect(verified, "/verdict", "ok");
    json_object_put(verified);
    assert_int_equal(server_stop(&one), 0);
    assert_int_equal(server_stop(&two), 0);
    road_stop(&road);
}

/* design 3: "Plans are bound to site, principal" */
/* design 3: "Read-only is the default: no change tool" */
static void test_binding(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;
    char *text = NULL;
    const char *const plans[] = {"plans", "--config", road.config, NULL};

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(road_command(&road, &text, plans), 0);
    assert_non_null(strstr(text, at(plan, "/plan_id")));
    free(text);
    const char *const show[] = {"plan", "show", at(plan, "/plan_id"), "--config", road.config, NULL};
    assert_int_equal(road_command(&road, &text, show), 0);
    assert_non_null(strstr(text, "guest/105"));
    assert_non_null(strstr(text, "/status/stop"));
    free(text);

    /* it survives a restart, but not another configuration */
    road_configure(&road, "guarded", "limits: {calls: 7}\n");
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-PLAN");
    assert_int_equal(server_stop(&server), 0);
    road_configure(&road, "read", "");
    server_start(&road, &server, NULL);
    struct json_object *none = server_tool(&server, "pve_guest_power", STOP, &failed);
    expect_code(none, &failed, "PX-READ-ONLY");
    CLEANUP_FREE char *echo = plan_echo(plan);
    struct json_object *gone = server_tool(&server, "proximo_apply", echo, &failed);
    assert_true(!gone || failed);
    json_object_put(gone);
    assert_int_equal(server_stop(&server), 0);
    road_configure(&road, "guarded", "");
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    struct json_object *done = plan_apply(&server, plan, &failed);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* design 3: "If the ledger cannot be written, nothing is changed" */
static void test_no_ledger(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;
    char ledger[128], aside[128];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    (void)snprintf(ledger, sizeof(ledger), "%s/audit.log", road.state);
    (void)snprintf(aside, sizeof(aside), "%s/elsewhere.log", road.state);
    assert_int_equal(rename(ledger, aside), 0);
    assert_int_equal(symlink(aside, ledger), 0);
    server.person = "guest/105";
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-LEDGER");
    assert_string_equal(state(&road), "running");
    /* reads go on, and status says so */
    struct json_object *read = server_tool(
        &server, "proximo_read", "{\"tool\":\"pve_guest_status\",\"arguments\":{\"vmid\":\"105\"}}", &failed);
    assert_false(failed);
    json_object_put(read);
    expect_code(server_tool(&server, "pve_guest_power", STOP, &failed), &failed, "PX-LEDGER");
    json_object_put(plan);
    (void)server_stop(&server);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),        cmocka_unit_test(test_records),
        cmocka_unit_test(test_consent),     cmocka_unit_test(test_sealed_state),
        cmocka_unit_test(test_two_servers), cmocka_unit_test(test_binding),
        cmocka_unit_test(test_no_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
