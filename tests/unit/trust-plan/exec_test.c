/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands in plans: what a plane may plan, what the core thinks of it, what a person reads; the undo point
 * that commands of high risk get; and the output of a command in a guest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../trust-run/fake_exec.h"
#include "base/json.h"
#include "proximo/plane.h"
#include "rig.h"
#include "trust/agent_output.h"
#include "trust/limits.h"
#include "trust/risk_command.h"
#include "trust/undo_point.h"

#define S(text) ((char *)(uintptr_t)(text))
#define ARGS    "{\"vmid\":\"105\",\"password\":\"" CANARY "\"}"
#define LS      "{'value':'ls'}"
#define STEP(words, more)                                                                                    \
    "{'kind':4,'name':'run','executor':'exec','params':[{'name':'node','value':'pve1'},"                     \
    "{'name':'vmid','value':'105'}],'argv':[" words "]" more "}"
#define DRAFT(steps) "{'steps':[" steps "]}"

static struct plane_info exec_plane = {.name = S("exec"), .version = S("1.0")};
static struct param_row params[] = {
    {.name = S("vmid"), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .format = S("guest")},
    {.name = S("password"), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_SECRET}};
static struct tool tool;
static struct config config;
static char draft[200000];

/* What the judge of commands says of what it is shown; its own tests are elsewhere. */
static struct command_risk verdict;

void __wrap_risk_command(const struct command_word *argv, size_t argc, const char *stdin_text,
                         size_t stdin_len, struct command_risk *ret);
void __wrap_risk_command(const struct command_word *argv, size_t argc, const char *stdin_text,
                         size_t stdin_len, struct command_risk *ret)
{
    (void)stdin_text, (void)stdin_len;
    *ret = verdict;
    for (size_t i = 0; i < argc; i++) {
        if (!argv[i].known)
            ret->risk = RISK_HIGH;
    }
    (void)snprintf(ret->why, sizeof(ret->why), "runs %.*s", argc ? (int)argv[0].len : 0,
                   argc ? argv[0].ptr : "");
}

static int setup(void **state)
{
    const int r = rig_setup(state);

    verdict = (struct command_risk){.risk = RISK_HIGH};

    tool = power_tool;
    tool.plane = &exec_plane;
    tool.params = params;
    tool.param_count = 2;
    tool.operation_class = S("exec.run");
    config = *rig.trust.config;
    rig.trust.config = &config;
    return r;
}

static const char *quoted(const char *text)
{
    snprintf(draft, sizeof(draft), "%s", text);
    for (char *c = draft; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return draft;
}

static struct plan *planned(const char *text)
{
    rig.draft = quoted(text);
    return rig_planned(&tool, ARGS);
}

static void refused(const char *text, const char *code, const char *words)
{
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;

    rig.draft = quoted(text);
    assert_true(rig_plan(&tool, ARGS, NULL, &plan, NULL, &p) < 0);
    if (strcmp(p.code, code) != 0 || !strstr(p.cause, words))
        fail_msg("%s: %s; wanted %s: %s", p.code, p.cause, code, words);
    assert_int_equal(rig_files(NULL), 0);
}

/* Static until the next call. */
static const char *rendered(const struct plan *plan)
{
    static struct buf text;

    buf_done(&text);
    text = BUF_INIT((size_t)4 << 20);
    plan_render(plan, &text);
    assert_true(buf_ok(&text));
    return text.data;
}

static const char *answer(const struct plan *plan)
{
    static struct buf text;

    buf_done(&text);
    text = BUF_INIT((size_t)4 << 20);
    buf_char(&text, '{');
    plan_put_members(plan, &text);
    buf_char(&text, '}');
    assert_true(buf_ok(&text));
    return text.data;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %s", part, text);
}

static void lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in: %s", part, text);
}

/* ---- the step */

static void step_of_a_plan(void **state)
{
    (void)state;
    struct plan *plan = planned(DRAFT(STEP(LS ",{'value':'a b'}", ",'stdin_text':'select 1;\\nselect 2;'"
                                                                  ",'deadline_ms':5000,'output_limit':100")));
    assert_string_equal(
        rig_member(plan, "steps"),
        "[{\"name\":\"run\",\"kind\":\"executor\",\"executor\":\"exec\",\"plane\":\"exec\","
        "\"target\":{\"node\":\"pve1\",\"vmid\":105},\"argv\":[{\"value\":\"ls\"},{\"value\":\"a b\"}],"
        "\"stdin\":\"select 1;\\nselect "
        "2;\",\"stdin_sha256\":\"b1a668cc8f385c71b9d64504067d5145d91dcf27d37d8201c08c65a20268cab9\",\"stdin_"
        "bytes\":19,"
        "\"deadline_ms\":5000,\"output_limit\":100,\"recheck\":[0],\"risk\":3}]");
    plan_free(plan);
}

static void what_is_not_said(void **state)
{
    (void)state;
    struct plan *plan = planned(DRAFT(STEP(LS, "")));
    has(rig_member(plan, "steps"), "\"deadline_ms\":60000,\"output_limit\":65536");
    lacks(rig_member(plan, "steps"), "stdin");
    plan_free(plan);
}

static void faults(void **state)
{
    static const struct {
        const char *step, *words;
    } rows[] = {
        {"{'kind':4,'executor':'exec','params':[],'argv':[" LS "]}", "target.node is missing"},
        {"{'kind':4,'executor':'exec','params':[{'name':'node','value':'a'},{'name':'vmid','value':'7'}],"
         "'argv':[" LS "]}",
         "minimum"},
        {"{'kind':4,'executor':'exec','params':[{'name':'node','value':'a'},{'name':'vmid','value':'x'}],"
         "'argv':[" LS "]}",
         "type integer"},
        {"{'kind':4,'executor':'exec','params':[{'name':'node','value':'a'},{'name':'node','value':'b'}],"
         "'argv':[" LS "]}",
         "given twice"},
        {"{'kind':4,'executor':'exec','params':[{'name':'node','value':'a'},{'name':'more','value':'b'}],"
         "'argv':[" LS "]}",
         "target.more"},
        {"{'kind':4,'executor':'exec','params':[{'name':'node','flags':1,'secret':'password'}],'argv':[" LS
         "]}",
         "no plain text"},
        {"{'kind':2,'name':'look','path':'/cluster/options','keep':'/id'},{'kind':4,'executor':'exec',"
         "'params':[{'name':'node','flags':2,'value':'look:/id'}],'argv':[" LS "]}",
         "look:/id"},
        {STEP("", ""), "0 words"},
        {STEP("{'flags':1,'secret':'password'}", ""), "first word"},
        {STEP("{'value':''}", ""), "first word"},
        {STEP("{'value':'ls\\u0000x'}", ""), "NUL"},
        {STEP(LS ",{'flags':2,'value':'nobody:/x'}", ""), "no result of an earlier step"},
        {STEP(LS ",{'flags':1,'secret':'vmid'}", ""), "no parameter of the tool gives"},
        {STEP(LS, ",'stdin_secret':'vmid'"), "no secret"},
        {STEP(LS, ",'stdin_secret':'password','stdin_text':'x'"), "no secret"},
        {STEP(LS, ",'output_limit':999999999"), "at most"},
        {STEP(LS, ",'deadline_ms':999999999999"), "within a day"},
        {"{'kind':4,'executor':'nobody','argv':[" LS "]}", "which is not loaded"},
        {"{'kind':4,'executor':'other','params':[{'name':'node','value':'a'}],'argv':[" LS "]}",
         "which is plane other's"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[2000];
        snprintf(text, sizeof(text), "{'steps':[%s]}", rows[i].step);
        refused(text, PX_PLANE, rows[i].words);
    }
}

/* Only the plane that has the executor plans for it. */
static void plane_of_another(void **state)
{
    static struct plane_info guests = {.name = S("guests")};
    (void)state;
    tool.plane = &guests;
    refused(DRAFT(STEP(LS, "")), PX_PLANE, "which is plane exec's");
}

static void long_words(void **state)
{
    static char text[180000];
    (void)state;
    int n = snprintf(text, sizeof(text),
                     "{'steps':[{'kind':4,'executor':'exec','params':[{'name':'node',"
                     "'value':'a'}],'argv':[" LS ",{'value':'");
    memset(text + n, 'a', EXEC_ARGV_MOST);
    snprintf(text + n + EXEC_ARGV_MOST, 40, "'}]}]}");
    refused(text, PX_TOO_LARGE, "longer than");
}

/* A word that was changed in the store is a plan that nobody made. */
static void changed_word(void **state)
{
    (void)state;
    struct plan *plan = planned(DRAFT(STEP(LS ",{'value':'/tmp/a'}", ""))), *other = NULL;
    struct problem p = PROBLEM_INIT;
    char *bytes = strdup(plan->bytes);
    char *at = strstr(bytes, "/tmp/a");
    assert_non_null(at);
    at[5] = 'b';
    assert_true(plan_parse(&rig.trust, plan->id, bytes, plan->len, &other, &p) < 0);
    assert_string_equal(p.code, PX_PLAN);
    has(p.cause, "altered");
    at[5] = 'a';
    assert_int_equal(plan_parse(&rig.trust, plan->id, bytes, plan->len, &other, &p), 0);
    plan_free(other);
    plan_free(plan);
    free(bytes);
}

/* ---- risk and consent */

/* A command needs a person whatever class it hides in, whatever the plane says. */
static void consent(void **state)
{
    (void)state;
    struct plan *plan = planned("{'steps':[" STEP(LS, "") "],'risks':[{'risk':1,'reason':'harmless'}]}");
    assert_int_equal(plan->risk, RISK_HIGH);
    assert_string_equal(plan->consent, "human");
    assert_true(plan->flags & RISK_COMMAND);
    plan_free(plan);
    tool.operation_class = S("guest.note");
    plan = planned(DRAFT(STEP(LS, "")));
    assert_string_equal(plan->consent, "human");
    plan_free(plan);
    config.trust.approver_key = S("/etc/proximo/approver.pub");
    plan = planned(DRAFT(STEP(LS, "")));
    assert_string_equal(plan->consent, "approver");
    plan_free(plan);
}

/* A read that is known as one is of low risk, and a person sees it all the same. */
static void a_read(void **state)
{
    (void)state;
    verdict.risk = RISK_LOW;
    struct plan *plan = planned(DRAFT(STEP(LS, "")));
    assert_int_equal(plan->risk, RISK_LOW);
    assert_string_equal(plan->consent, "human");
    plan_free(plan);
    plan = planned(DRAFT(STEP(LS, ",'stdin_secret':'password'")));
    assert_int_equal(plan->risk, RISK_HIGH);
    has(rig_member(plan, "risk"), "reads a secret");
    plan_free(plan);
    plan = planned(DRAFT(STEP(LS ",{'flags':1,'secret':'password'}", "")));
    assert_int_equal(plan->risk, RISK_HIGH);
    plan_free(plan);
    verdict.risk = RISK_MEDIUM; /* there is nothing between */
    plan = planned(DRAFT(STEP(LS, "")));
    assert_int_equal(plan->risk, RISK_HIGH);
    plan_free(plan);
}

static void flags_of_a_command(void **state)
{
    (void)state;
    verdict.destroys = verdict.cuts_off = true;
    struct plan *plan = planned(DRAFT(STEP(LS, "")));
    assert_int_equal(plan->flags & (RISK_DESTROYS | RISK_CUTS_OFF), RISK_DESTROYS | RISK_CUTS_OFF);
    has(rendered(plan), "Risk: high; destroys; can cut off the operator");
    plan_free(plan);
}

static void consent_of_low_risk(void **state)
{
    char why[CONSENT_WHY_SIZE];
    (void)state;
    assert_int_equal(trust_consent_needed(&rig.trust, NULL, RISK_LOW, RISK_COMMAND, "guest.note", why),
                     CONFIG_CONSENT_HUMAN);
    assert_string_equal(why, "built in: it runs a command");
    assert_int_equal(trust_consent_needed(&rig.trust, NULL, RISK_LOW, 0, "exec.read", why),
                     CONFIG_CONSENT_HUMAN);
    assert_int_equal(trust_consent_needed(&rig.trust, NULL, RISK_LOW, 0, "guest.note", why),
                     CONFIG_CONSENT_PLAN);
}

/* ---- what people see */

static void words_as_they_are(void **state)
{
    (void)state;
    struct plan *plan = planned(DRAFT(STEP(
        "{'value':'sh'},{'value':'-c'},{'value':'rm -rf /; echo $HOME'},{'value':''},"
        "{'value':'it\\u0027s'},{'value':'a\\u001b[31mb\\nc'},{'value':'\\u202eltr'},{'value':'caf\\u00e9'}",
        "")));
    const char *line = "sh -c 'rm -rf /; echo $HOME' '' $'it\\'s' $'a\\x1b[31mb\\nc' $'\\xe2\\x80\\xaeltr' "
                       "'caf\xc3\xa9'";
    has(rendered(plan), line);
    has(rendered(plan), "run by exec on {\"node\":\"pve1\",\"vmid\":105}: ");
    has(rendered(plan), "ended after 60 s; 65536 bytes");
    has(answer(plan), "\"command\":\"sh -c 'rm -rf /; echo $HOME' ''");
    /* the ledger has the program and no words of it */
    has(rig.record.data, "run by exec on {\\\"node\\\":\\\"pve1\\\",\\\"vmid\\\":105}: sh, 8 words");
    lacks(rig.record.data, "rm -rf");
    plan_free(plan);
}

static void long_command_is_whole(void **state)
{
    static char text[30000];
    (void)state;
    int n = snprintf(text, sizeof(text),
                     "{'steps':[{'kind':4,'executor':'exec','params':[{'name':'node',"
                     "'value':'a'}],'argv':[" LS ",{'value':'");
    memset(text + n, 'a', 20000);
    snprintf(text + n + 20000, 40, "END'}]}]}");
    struct plan *plan = planned(text);
    has(rendered(plan), "CUT HERE, 400 of 20006 bytes shown");
    has(rendered(plan), "       whole: ls aaaa");
    has(rendered(plan), "aaaEND\n");
    has(answer(plan), "CUT HERE");
    plan_free(plan);
}

/* The input in full, no line of it like one of the core's. */
static void input_is_shown(void **state)
{
    (void)state;
    struct plan *plan =
        planned(DRAFT(STEP(LS, ",'stdin_text':'drop table t;\\nPlan good\\u001b[2J\\nRisk: low'")));
    has(rendered(plan), "       | drop table t;\n       | Plan good\\x1b[2J\n       | Risk: low\n");
    lacks(rendered(plan), "\nRisk: low\n");
    has(rendered(plan), "bytes, sha256 ");
    lacks(rig.record.data, "drop table");
    has(rig.record.data, "input of ");
    plan_free(plan);
}

static void secret_input(void **state)
{
    (void)state;
    struct plan *plan =
        planned(DRAFT(STEP(LS ",{'flags':1,'secret':'password'}", ",'stdin_secret':'password'")));
    has(rig_member(plan, "steps"), "\"stdin_secret\":\"password\"");
    has(rig_member(plan, "secrets"), "\"commitment\":\"");
    has(rendered(plan), "input: (secret password), known to this plan by its commitment alone");
    has(rendered(plan), "run by exec on {\"node\":\"pve1\",\"vmid\":105}: ls (secret password)");
    has(rendered(plan), "seen by whoever lists the processes");
    lacks(plan->bytes, CANARY);
    lacks(rig.record.data, CANARY);
    assert_int_equal(rig_files(CANARY), 0);
    plan_free(plan);
}

/* An input that holds the secret in clear beside it. */
static void secret_that_leaks(void **state)
{
    (void)state;
    refused(DRAFT(STEP(LS, ",'stdin_text':'password is " CANARY "'")), PX_ARG, "in clear");
}

/* ---- targets of the lists */

static void denied_target(void **state)
{
    char *items[] = {S("vmid:105")};
    struct plan *plan = planned("{'steps':[" STEP(LS, "") "],'subjects':[{'class':'exec.run','subject':"
                                                          "{'kind':'node','node':'pve2'}}]}");
    struct problem p = PROBLEM_INIT;
    (void)state;
    assert_string_equal(plan->subject, "node/pve2");
    assert_int_equal(limits_targets_plan(&rig.trust, plan, &p), 0);
    config.deny = (struct config_strings){.items = items, .count = 1};
    assert_true(limits_targets_plan(&rig.trust, plan, &p) < 0);
    assert_string_equal(p.code, PX_TARGET);
    items[0] = S("node:pve1");
    assert_true(limits_targets_plan(&rig.trust, plan, &p) < 0);
    items[0] = S("vmid:106");
    assert_int_equal(limits_targets_plan(&rig.trust, plan, &p), 0);
    config.deny = (struct config_strings){0};
    plan_free(plan);
}

/* ---- the undo point that nobody asked for */

static void can_snapshot(int has_feature)
{
    char feature[60];

    rig.class_flags = PROXIMO_CLASS_SNAPSHOT_FIRST;
    tool.snapshot_first = true;
    config.trust.snapshot_high = true;
    snprintf(feature, sizeof(feature), "{\"data\":{\"hasFeature\":%d}}", has_feature);
    fake_http_answer(LXC "/config", 200,
                     "{\"data\":{\"digest\":\"d1\",\"rootfs\":\"tank:105/a.raw,size=4G\"}}");
    fake_http_answer(LXC "/snapshot", 200, "{\"data\":[{\"name\":\"current\",\"digest\":\"d1\"}]}");
    fake_http_answer(LXC "/feature?feature=snapshot", 200, feature);
    fake_http_answer("/nodes/pve1/storage", 200, "{\"data\":[{\"storage\":\"tank\",\"type\":\"dir\"}]}");
    fake_http_answer("/access/permissions?path=/vms/105", 200,
                     "{\"data\":{\"/vms/105\":{\"VM.PowerMgmt\":1,\"VM.Audit\":1,\"VM.Snapshot\":1}}}");
}

static void undo_point_by_default(void **state)
{
    (void)state;
    can_snapshot(1);
    struct plan *plan = planned(DRAFT(STEP(LS, "")));
    has(rig_member(plan, "undo_point"), "\"name\":\"" UNDO_POINT_NAME);
    has(rendered(plan), "Undo point: before anything else");
    plan_free(plan);
}

static void undo_point_not_wanted(void **state)
{
    (void)state;
    can_snapshot(1);
    rig.draft = quoted(DRAFT(STEP(LS, "")));
    struct plan *plan = rig_planned(&tool, "{\"vmid\":\"105\",\"snapshot_first\":false}");
    assert_string_equal(rig_member(plan, "undo_point"), "");
    plan_free(plan);
    config.trust.snapshot_high = false;
    plan = planned(DRAFT(STEP(LS, "")));
    assert_string_equal(rig_member(plan, "undo_point"), "");
    plan_free(plan);
    config.trust.snapshot_high = true;
    rig.class_flags = 0; /* a class that none goes before */
    plan = planned(DRAFT(STEP(LS, "")));
    assert_string_equal(rig_member(plan, "undo_point"), "");
    assert_string_equal(rig_member(plan, "incomplete"), "");
    plan_free(plan);
}

/* Reads get none; what a command destroys in the guest is no reason against one. */
static void undo_point_by_risk(void **state)
{
    (void)state;
    can_snapshot(1);
    verdict.risk = RISK_LOW;
    struct plan *plan = planned(DRAFT(STEP(LS, "")));
    assert_string_equal(rig_member(plan, "undo_point"), "");
    assert_int_equal(plan->risk, RISK_LOW);
    plan_free(plan);
    plan = planned("{'steps':[" STEP(LS, "") "],'risks':[{'risk':3,'reason':'x'}]}");
    has(rig_member(plan, "undo_point"), "\"name\":");
    plan_free(plan);
    plan = planned("{'steps':[" STEP(LS, "") "],'incomplete':[{'what':'a','why':'b'}]}");
    has(rig_member(plan, "undo_point"), "\"name\":");
    plan_free(plan);
    verdict = (struct command_risk){.risk = RISK_HIGH, .destroys = true};
    plan = planned(DRAFT(STEP(LS, "")));
    has(rig_member(plan, "undo_point"), "\"name\":");
    has(rig_member(plan, "steps"), "\"name\":\"undo-point\"");
    plan_free(plan);
}

/* Other classes get one when it is asked for, as ever. */
static void undo_point_of_others(void **state)
{
    (void)state;
    can_snapshot(1);
    tool.operation_class = S("guest.config");
    struct plan *plan = planned(DRAFT(STEP(LS, "")));
    assert_string_equal(rig_member(plan, "undo_point"), "");
    plan_free(plan);
}

/* Nobody asked: its lack is said, and the plan stands. Somebody asked: refused. */
static void undo_point_impossible(void **state)
{
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;
    (void)state;
    can_snapshot(0);
    plan = planned(DRAFT(STEP(LS, "")));
    assert_string_equal(rig_member(plan, "undo_point"), "");
    has(rig_member(plan, "incomplete"), "\"what\":\"undo point\",\"why\":\"no snapshot is taken first: ");
    assert_int_equal(plan->risk, RISK_HIGH);
    plan_free(plan);
    plan = NULL;
    assert_true(rig_plan(&tool, "{\"vmid\":\"105\",\"snapshot_first\":true}", NULL, &plan, NULL, &p) < 0);
    assert_string_equal(p.code, PX_SNAPSHOT);
}

static void undo_point_without_privilege(void **state)
{
    (void)state;
    can_snapshot(1);
    fake_http_answer("/access/permissions?path=/vms/105", 200,
                     "{\"data\":{\"/vms/105\":{\"VM.PowerMgmt\":1,\"VM.Audit\":1}}}");
    struct plan *plan = planned(DRAFT(STEP(LS, "")));
    has(rig_member(plan, "incomplete"), "VM.Snapshot");
    plan_free(plan);
}

/* ---- in a guest, by its agent */

#define AGENT "'path':'/nodes/pve1/qemu/100/agent/"
#define GO                                                                                                   \
    "{'kind':1,'name':'change','method':'POST'," AGENT                                                       \
    "exec','params':[{'name':'command','value':'sh'},{'name':'command','value':'-c'},"                       \
    "{'name':'command','value':'id; x'},{'name':'input-data','value':'a\\nb'}]}"
#define WAIT(pid)                                                                                            \
    "{'kind':3,'name':'end'," AGENT "exec-status','params':[" pid                                            \
    "],'select':'/exited','wait_test':2,'wait_value':'1','keep':'/exitcode,/out-data'}"
#define ITS "{'name':'pid','flags':2,'value':'change:/pid'}"

static void agent_plan(void **state)
{
    (void)state;
    struct plan *plan = planned(DRAFT(GO "," WAIT(ITS)));
    assert_int_equal(plan->risk, RISK_HIGH);
    assert_true(plan->flags & RISK_COMMAND);
    assert_string_equal(plan->consent, "human");
    has(rendered(plan), "       command: sh -c 'id; x'\n       input, 3 bytes:\n       | a\n       | b\n");
    has(rig_member(plan, "risk"), "runs sh");
    struct json_object *steps = json_object_object_get(plan->root, "steps");
    assert_true(agent_output_is_own(steps, json_object_array_get_idx(steps, 1)));
    lacks(rig.record.data, "id; x");
    plan_free(plan);
}

static void agent_output_of_others(void **state)
{
    (void)state;
    refused(DRAFT(GO "," WAIT("{'name':'pid','value':'42'}")), PX_PLANE, "no earlier step");
    refused("{'steps':[" GO "],'postcondition':[" WAIT(ITS) "]}", PX_PLANE, "takes a command's output away");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(step_of_a_plan),
        T(what_is_not_said),
        T(faults),
        T(plane_of_another),
        T(long_words),
        T(changed_word),
        T(consent),
        T(consent_of_low_risk),
        T(words_as_they_are),
        T(long_command_is_whole),
        T(input_is_shown),
        T(secret_input),
        T(secret_that_leaks),
        T(denied_target),
        T(undo_point_by_default),
        T(undo_point_not_wanted),
        T(undo_point_of_others),
        T(undo_point_by_risk),
        T(a_read),
        T(flags_of_a_command),
        T(undo_point_impossible),
        T(undo_point_without_privilege),
        T(agent_plan),
        T(agent_output_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
