/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes as a client sees them: which tools exist in which mode, how they are announced, planning by name
 * and through proximo_plan, applying, the way back, the state of a plan, the ledger, and the end of a server
 * in the middle of a change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>

#include "base/json.h"
#include "fake_planes.h"
#include "fake_trust.h"
#include "mcp/server.h"
#include "talk.h"

#define MODERN                                                                                               \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                                 \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define APPLY(id) "\"plan_id\":\"" id "\",\"action\":\"guest.stop\",\"subject\":\"guest/105\""

static void open_guarded(struct talk *talk)
{
    talk_open(talk);
    talk_guarded(talk);
    talk_begin(talk);
    hello(talk);
}

/* Calls and gives the answer, the caller's. */
static struct json_object *ask(struct talk *talk, int id, const char *name, const char *arguments)
{
    struct json_object *message;

    call_tool(talk, id, name, arguments, "");
    message = hear(talk);
    assert_int_equal(id_of(message), id);
    return message;
}

static void expect_code(struct talk *talk, int id, const char *name, const char *arguments, const char *code)
{
    struct json_object *message CLEANUP_JSON = ask(talk, id, name, arguments);

    if (strcmp(text_at(message, "result/structuredContent/error/code"), code) != 0)
        print_error("%s\n", json_object_to_json_string(message));
    assert_string_equal(text_at(message, "result/structuredContent/error/code"), code);
    assert_true(json_object_get_boolean(at(message, "result/isError")));
}

static struct json_object *listed(struct json_object *list, const char *name)
{
    struct json_object *tools = at(list, "result/tools");

    for (size_t i = 0; i < json_object_array_length(tools); i++) {
        struct json_object *tool = json_object_array_get_idx(tools, i);

        if (strcmp(text_at(tool, "name"), name) == 0)
            return tool;
    }
    return NULL;
}

/* An id is used once in a session. */
static struct json_object *list_tools(struct talk *talk, bool modern)
{
    say(talk, "{\"jsonrpc\":\"2.0\",\"id\":\"list-%d\",\"method\":\"tools/list\",\"params\":{%s}}", modern,
        modern ? MODERN : "");
    return hear(talk);
}

static const char *const guarded_only[] = {"proximo_plan", "proximo_apply", "proximo_undo"};

/* design 3: "Read-only is the default: no change tool, no plan/apply/undo exists" */
static void test_read_mode(void **state)
{
    struct json_object *list CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk.config.surface = CONFIG_FULL;
    talk_begin(&talk);
    hello(&talk);
    list = list_tools(&talk, false);
    for (size_t i = 0; i < 3; i++)
        assert_null(listed(list, guarded_only[i]));
    assert_null(listed(list, "pve_guest_power"));
    assert_non_null(listed(list, "audit_verify"));
    expect_code(&talk, 2, "proximo_plan", "\"tool\":\"pve_guest_power\"", "PX-READ-ONLY");
    expect_code(&talk, 3, "proximo_apply", APPLY("p"), "PX-READ-ONLY");
    expect_code(&talk, 4, "proximo_undo", "\"seq\":1", "PX-READ-ONLY");
    expect_code(&talk, 5, "pve_guest_power", "\"vmid\":\"105\"", "PX-READ-ONLY");
    expect_code(&talk, 6, "proximo_describe", "\"tool\":\"pve_guest_power\"", "PX-READ-ONLY");
    call_tool(&talk, 7, "proximo_find", "\"query\":\"stop a guest\"", "");
    struct json_object *found CLEANUP_JSON = hear(&talk);
    assert_false(has(found, "pve_guest_power"));
    assert_int_equal(fake_trust.plans + fake_trust.applies + fake_trust.undos, 0);
    (void)talk_finish(&talk, SERVER_ENDED);
    assert_int_equal(fake_trust.freed, 1);
}

/* design 3: "Planes are read, guarded or off" */
static void test_plane_in_read_mode(void **state)
{
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_guarded(&talk);
    talk.plane.mode = CONFIG_READ;
    talk_begin(&talk);
    hello(&talk);
    expect_code(&talk, 1, "pve_guest_power", "\"vmid\":\"105\"", "PX-READ-ONLY");
    expect_code(&talk, 2, "proximo_plan", "\"tool\":\"pve_guest_power\"", "PX-READ-ONLY");
    assert_int_equal(fake_trust.plans, 0);
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_plane_not_named(void **state)
{
    struct json_object *plan CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_guarded(&talk);
    talk.config.plane_count = 0;
    talk_begin(&talk);
    hello(&talk);
    plan = ask(&talk, 1, "pve_guest_power", "\"vmid\":\"105\"");
    assert_string_equal(text_at(plan, "result/structuredContent/plan_id"), "ask-1");
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void check_hints(struct json_object *list, const char *name, bool acts)
{
    struct json_object *tool = listed(list, name), *hints;

    assert_non_null(tool);
    hints = at(tool, "annotations");
    assert_int_equal(json_object_get_boolean(at(hints, "readOnlyHint")), !acts);
    assert_int_equal(json_object_get_boolean(at(hints, "destructiveHint")), acts);
    assert_int_equal(json_object_get_boolean(at(hints, "idempotentHint")), !acts);
    assert_non_null(at(hints, "openWorldHint"));
}

static void check_list(struct talk *talk, bool modern, bool direct)
{
    static const char *const planning[] = {"proximo_find",  "proximo_describe", "proximo_read",
                                           "proximo_plan",  "proximo_undo",     "audit_verify",
                                           "proximo_status"};
    struct json_object *list CLEANUP_JSON = list_tools(talk, modern);

    if (!at(list, "result/tools"))
        fail_msg("no tools: %s", json_object_to_json_string(list));

    for (size_t i = 0; i < sizeof(planning) / sizeof(planning[0]); i++)
        check_hints(list, planning[i], false);
    check_hints(list, "proximo_apply", true);
    check_hints(list, "pve_guest_status", false);
    check_hints(list, "pve_guest_power", direct);
}

static void test_annotations(void **state)
{
    (void)state;
    for (int direct = 0; direct < 2; direct++) {
        struct talk talk;

        talk_open(&talk);
        talk_guarded(&talk);
        talk.config.surface = CONFIG_FULL;
        talk.config.trust.confirm_direct = direct;
        talk_begin(&talk);
        hello(&talk);
        check_list(&talk, false, direct);
        check_list(&talk, true, direct);
        (void)talk_finish(&talk, SERVER_ENDED);
    }
}

static void test_find_and_describe(void **state)
{
    struct json_object *found CLEANUP_JSON = NULL, *shown CLEANUP_JSON = NULL, *tool;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    found = ask(&talk, 1, "proximo_find", "\"query\":\"stop a guest\"");
    assert_true(has(found, "\"name\":\"pve_guest_power\""));
    assert_true(has(found, "\"kind\":\"change\",\"class\":\"guest.power\",\"risk\":\"medium\""));
    shown = ask(&talk, 2, "proximo_describe", "\"tool\":\"pve_guest_power\"");
    tool = at(shown, "result/structuredContent/tools/0");
    assert_string_equal(text_at(tool, "kind"), "change");
    assert_string_equal(text_at(tool, "class"), "guest.power");
    assert_string_equal(text_at(tool, "risk_at_least"), "medium");
    assert_string_equal(text_at(tool, "subject"), "guest/{vmid}");
    assert_string_equal(text_at(tool, "needs/0/privilege"), "VM.PowerMgmt");
    assert_non_null(strstr(text_at(tool, "undo"), "proximo_undo"));
    assert_non_null(strstr(text_at(tool, "consent"), "person"));
    assert_string_equal(text_at(tool, "example/name"), "proximo_plan");
    assert_string_equal(text_at(tool, "example/arguments/tool"), "pve_guest_power");
    assert_non_null(at(tool, "inputSchema"));
    assert_string_equal(text_at(tool, "outputSchema/properties/plan_id/type"), "string");
    assert_string_equal(text_at(tool, "needs/0/held_why"), "no site is configured");
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* design 3: "reply: the plan, plan_id, the consent it needs, expiry": by name and through proximo_plan */
static void test_plan(void **state)
{
    struct json_object *named CLEANUP_JSON = NULL, *planned CLEANUP_JSON = NULL, *text CLEANUP_JSON = NULL;
    const char *words;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    named = ask(&talk, 1, "pve_guest_power", "\"vmid\":\"105\",\"site\":\"lab\",\"confirm\":true");
    assert_string_equal(text_at(named, "result/structuredContent/plan_id"), "ask-1");
    assert_true(has(named, "\"arguments\":{\"vmid\":\"105\"}")); /* without site and confirm */
    assert_true(fake_trust.last_confirm);
    planned = ask(&talk, 2, "proximo_plan",
                  "\"tool\":\"pve_guest_power\",\"arguments\":{\"vmid\":\"105\",\"confirm\":false}");
    assert_true(has(planned, "\"arguments\":{\"vmid\":\"105\"}"));
    assert_false(fake_trust.last_confirm);
    words = text_at(planned, "result/content/0/text");
    assert_int_equal(json_parse(words, strlen(words), &text, NULL), 0);
    assert_true(json_object_equal(text, at(planned, "result/structuredContent")));
    assert_int_equal(fake_trust.plans, 2);

    expect_code(&talk, 3, "pve_guest_power", "\"vmid\":\"105\",\"confirm\":\"true\"", "PX-ARG");
    expect_code(&talk, 4, "pve_guest_power", "\"vmid\":\"105\",\"confirm\":1", "PX-ARG");
    expect_code(&talk, 5, "pve_guest_power", "\"vmid\":\"105\",\"site\":\"mars\"", "PX-SITE");
    expect_code(&talk, 6, "proximo_plan", "\"tool\":\"pve_guest_status\"", "PX-TOOL");
    expect_code(&talk, 7, "proximo_plan", "\"tool\":\"proximo_apply\"", "PX-TOOL");
    expect_code(&talk, 8, "proximo_plan", "\"tool\":\"nope\"", "PX-TOOL");
    expect_code(&talk, 9, "proximo_plan", "\"tool\":\"pve_guest_power\",\"force\":1", "PX-ARG");
    expect_code(&talk, 10, "proximo_read", "\"tool\":\"pve_guest_power\",\"arguments\":{\"vmid\":\"105\"}",
                "PX-TOOL");
    assert_int_equal(fake_trust.plans, 2);
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* proximo_plan is announced as reading, so it never acts, even where a change tool may. */
static void test_direct(void **state)
{
    struct json_object *named CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_guarded(&talk);
    talk.config.trust.confirm_direct = true;
    talk_begin(&talk);
    hello(&talk);
    expect_code(&talk, 1, "proximo_plan",
                "\"tool\":\"pve_guest_power\",\"arguments\":{\"vmid\":\"105\",\"confirm\":true}", "PX-ARG");
    assert_int_equal(fake_trust.plans, 0);
    named = ask(&talk, 2, "pve_guest_power", "\"vmid\":\"105\",\"confirm\":true");
    assert_true(fake_trust.last_confirm);
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_denied(void **state)
{
    static char power_class[] = "guest.power", stop_class[] = "guest.stop", apply[] = "proximo_apply";
    char *lists[][2] = {{power_class, apply}, {stop_class, apply}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct talk talk;

        talk_open(&talk);
        talk_guarded(&talk);
        talk.config.deny = (struct config_strings){lists[i], 2};
        talk_begin(&talk);
        hello(&talk);
        expect_code(&talk, 1, "pve_guest_power", "\"vmid\":\"105\"", "PX-TOOL");
        assert_int_equal(fake_trust.plans,
                         i); /* a class that only the plan names is refused by the planner */
        expect_code(&talk, 2, "proximo_apply", APPLY("p"), "PX-TOOL");
        assert_int_equal(fake_trust.applies, 0);
        (void)talk_finish(&talk, SERVER_ENDED);
    }
}

/* design 3: "proximo_apply {plan_id, action, subject}" */
static void test_apply(void **state)
{
    struct json_object *done CLEANUP_JSON = NULL, *drift CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    done = ask(&talk, 1, "proximo_apply", APPLY("p"));
    assert_string_equal(text_at(done, "result/structuredContent/receipt"), "r7-0011223344556677");
    assert_null(at(done, "result/isError"));
    expect_code(&talk, 2, "proximo_apply",
                "\"plan_id\":\"p\",\"action\":\"guest.start\",\"subject\":\"guest/105\"", "PX-ECHO");
    expect_code(&talk, 3, "proximo_apply", "\"plan_id\":\"p\",\"action\":\"guest.stop\"", "PX-ARG");
    /* There is no argument that consents. */
    expect_code(&talk, 4, "proximo_apply", APPLY("p") ",\"confirm\":true", "PX-ARG");
    expect_code(&talk, 5, "proximo_apply", APPLY("p") ",\"consent\":\"yes\"", "PX-ARG");
    assert_int_equal(fake_trust.applies, 2);

    drift = ask(&talk, 6, "proximo_apply", APPLY("drift-1"));
    assert_string_equal(text_at(drift, "result/structuredContent/error/code"), "PX-DRIFT");
    assert_string_equal(text_at(drift, "result/structuredContent/error/drift/0/field"), "/memory");
    assert_non_null(strstr(text_at(drift, "result/content/0/text"), "\"now\":1024"));
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* design 3: "proximo_undo {receipt | plan_id | seq} -> a new plan" */
static void test_undo(void **state)
{
    static const char *const keys[][2] = {{"\"receipt\":\"r7-0011223344556677\"", "r7-0011223344556677"},
                                          {"\"plan_id\":\"ask-1\"", "ask-1"},
                                          {"\"seq\":12", "12"}};
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    for (int i = 0; i < 3; i++) {
        struct json_object *plan CLEANUP_JSON = ask(&talk, i + 1, "proximo_undo", keys[i][0]);

        assert_string_equal(text_at(plan, "result/structuredContent/undo_of"), keys[i][1]);
    }
    expect_code(&talk, 10, "proximo_undo", "", "PX-ARG");
    expect_code(&talk, 11, "proximo_undo", "\"seq\":0", "PX-ARG");
    expect_code(&talk, 12, "proximo_undo", "\"seq\":-3", "PX-ARG");
    expect_code(&talk, 13, "proximo_undo", "\"seq\":1,\"plan_id\":\"ask-1\"", "PX-ARG");
    expect_code(&talk, 14, "proximo_undo", "\"seq\":\"1\"", "PX-ARG");
    assert_int_equal(fake_trust.undos, 3);
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void test_status(void **state)
{
    struct json_object *all CLEANUP_JSON = NULL, *one CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    open_guarded(&talk);
    all = ask(&talk, 1, "proximo_status", "");
    assert_string_equal(text_at(all, "result/structuredContent/ledger/state"), "ok");
    assert_string_equal(text_at(all, "result/structuredContent/mode"), "guarded");
    assert_non_null(at(all, "result/structuredContent/waiting"));
    one = ask(&talk, 2, "proximo_status", "\"plan_id\":\"ask-1\"");
    assert_string_equal(text_at(one, "result/structuredContent/state"), "waiting");
    expect_code(&talk, 3, "proximo_status", "\"plan_id\":\"ask-2\"", "PX-PLAN");
    expect_code(&talk, 4, "proximo_status", "\"plan_id\":7", "PX-ARG");
    assert_int_equal(fake_trust.statuses, 2);
    (void)talk_finish(&talk, SERVER_ENDED);
}

/* The ledger is verified in every mode, even when the planes refuse the start. */
static void test_audit(void **state)
{
    static const char head[] = "\"expected_head\":"
                               "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"";
    static char state_dir[] = "/nonexistent";
    struct json_object *good CLEANUP_JSON = NULL, *behind CLEANUP_JSON = NULL, *alone CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk.config.state_dir = state_dir;
    talk_begin(&talk);
    hello(&talk);
    good = ask(&talk, 1, "audit_verify", "");
    assert_int_equal(json_object_get_int(at(good, "result/structuredContent/verdict")), 0);
    assert_non_null(at(good, "result/structuredContent/verdict"));
    behind = ask(&talk, 2, "audit_verify", head);
    assert_int_equal(json_object_get_int(at(behind, "result/structuredContent/verdict")), 6);
    expect_code(&talk, 3, "audit_verify", "\"expected_head\":\"abc\"", "PX-ARG");
    expect_code(&talk, 4, "audit_verify", "\"file\":\"/etc/passwd\"", "PX-ARG");
    (void)talk_finish(&talk, SERVER_ENDED);

    fake_planes_reset();
    fake_planes.refuse = true;
    fake_trust.broken = true;
    talk_open(&talk);
    talk.config.state_dir = state_dir;
    talk_begin(&talk);
    hello(&talk);
    alone = ask(&talk, 1, "audit_verify", "");
    assert_int_equal(json_object_get_int(at(alone, "result/structuredContent/verdict")), 3);
    talk_join(&talk, SERVER_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_read_mode, talk_setup),
        cmocka_unit_test_setup(test_plane_in_read_mode, talk_setup),
        cmocka_unit_test_setup(test_plane_not_named, talk_setup),
        cmocka_unit_test_setup(test_annotations, talk_setup),
        cmocka_unit_test_setup(test_find_and_describe, talk_setup),
        cmocka_unit_test_setup(test_plan, talk_setup),
        cmocka_unit_test_setup(test_direct, talk_setup),
        cmocka_unit_test_setup(test_denied, talk_setup),
        cmocka_unit_test_setup(test_apply, talk_setup),
        cmocka_unit_test_setup(test_undo, talk_setup),
        cmocka_unit_test_setup(test_status, talk_setup),
        cmocka_unit_test_setup(test_audit, talk_setup),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
