/* SPDX-License-Identifier: Apache-2.0 */
/* The exec plane: who may be asked, which words, and what the plans say. */
#include "plan_rig.h"

#include <stdbool.h>

#define RUNNING   "{\"vmid\":105,\"name\":\"web\",\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED   "{\"vmid\":105,\"name\":\"web\",\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define CONTAINER "{\"digest\":\"aa\",\"unprivileged\":1,\"tags\":\"web;prod\"}"
#define MACHINE   "{\"digest\":\"aa\",\"agent\":\"1\",\"tags\":\"web;prod\"}"

static const struct proximo_plane *exec_plane;

/* A call about guest 105 of this kind, with this section of the configuration. */
static void begin(struct plane_test *t, const char *kind, const char *config)
{
    guest_init(t, kind);
    t->config = plane_test_copy(t, config, strlen(config));
    plane_test_argument(t, "timeout", "60", 0);
    guest_answer(t, kind, "/status/current", 200, RUNNING);
    guest_answer(t, kind, "/config", 200, strcmp(kind, "lxc") == 0 ? CONTAINER : MACHINE);
}

static int32_t plan_exec(struct plane_test *t, const char *config, const char *command)
{
    begin(t, "lxc", config);
    plane_test_argument(t, "command", command, 0);
    return plane_test_plan(t, exec_plane, "ct_exec");
}

static void the_allow_list_fails_closed(void **state)
{
    static const struct {
        const char *list;
        bool allowed;
    } cases[] = {
        {"{}", false},
        {"{\"ct\":[]}", false},
        {"{\"vm\":[\"*\"]}", false},
        {"{\"ct\":[\"*\"]}", true},
        {"{\"ct\":[105]}", true},
        {"{\"ct\":[\"105\"]}", true},
        {"{\"ct\":[104,106,1050,\"10500\"]}", false},
        {"{\"ct\":[\"100-105\"]}", true},
        {"{\"ct\":[\"105-105\"]}", true},
        {"{\"ct\":[\"105-110\"]}", true},
        {"{\"ct\":[\"100-104\",\"106-999999999\"]}", false},
        {"{\"ct\":[\"tag:web\"]}", true},
        {"{\"ct\":[\"tag:prod\"]}", true},
        {"{\"ct\":[\"tag:we\"]}", false},
        {"{\"ct\":[\"tag:webs\",\"tag:WEB\"]}", false},
        {"{\"ct\":[\"tag:x\",\"105\"]}", true},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t r = plan_exec(&t, cases[i].list, "[\"df\",\"-h\"]");
        if (cases[i].allowed) {
            if (r != 0)
                fail_msg("%s: %s", cases[i].list, t.fail_text);
        } else {
            expect_failure(&t, r, PROXIMO_ENOTALLOWED, "planes.exec.config.ct");
        }
        plane_test_done(&t);
    }
}

static void a_list_that_makes_no_sense_keeps_the_plane_out(void **state)
{
    static const char *const lists[] = {
        "{\"ct\":[\"\"]}",
        "{\"ct\":[\"105 \"]}",
        "{\"ct\":[\"99\"]}",
        "{\"ct\":[\"0105\"]}",
        "{\"ct\":[\"110-105\"]}",
        "{\"ct\":[\"105-\"]}",
        "{\"ct\":[\"-105\"]}",
        "{\"ct\":[\"105-110-120\"]}",
        "{\"ct\":[\"tag:\"]}",
        "{\"ct\":[\"tag:a b\"]}",
        "{\"ct\":[\"tag:a;b\"]}",
        "{\"ct\":[\"web\"]}",
        "{\"ct\":[1.5]}",
        "{\"ct\":[null]}",
        "{\"ct\":[true]}",
        "{\"ct\":[[105]]}",
        "{\"ct\":[\"105\\u0000\"]}",
        "{\"ct\":[\"1000000000\"]}",
        "{\"vm\":[\"x\"]}",
        "{\"ct\":[\"**\"]}",
        "{\"user\":\"-oProxyCommand=x\"}",
        "{\"user\":\"a b\"}",
        "{\"identity\":\"x\"}",
        "{\"hostkeys\":{\"pve1\":\"MD5:00\"}}",
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (plan_exec(&t, lists[i], "[\"df\"]") == 0)
            fail_msg("%s was taken", lists[i]);
        assert_int_equal(plane_test_told_count(&t, "steps"), 0);
        plane_test_done(&t);
    }
}

static void the_plan_has_the_exact_words(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(
        plan_exec(&t, "{\"ct\":[105]}", "[\"sh\",\"-c\",\"echo 'a' \\\"$b\\\"; rm -rf /\",\"\"]"), 0);
    expect_words(&t, "steps",
                 "\"executor\":\"node_command\",\"argv\":[{\"value\":\"pct\"},{\"value\":\"exec\"},{"
                 "\"value\":\"105\"},"
                 "{\"value\":\"--\"},{\"value\":\"sh\"},{\"value\":\"-c\"},{\"value\":\"echo 'a' \\\"$b\\\"; "
                 "rm -rf /\"},"
                 "{\"value\":\"\"}]");
    expect_words(&t, "steps", "\"params\":[{\"name\":\"node\",\"value\":\"pve1\"}]");
    expect_words(&t, "steps", "\"deadline_ms\":60000");
    expect_words(&t, "subjects",
                 "{\"class\":\"exec.container\",\"subject\":{\"kind\":\"guest\",\"vmid\":105}}");
    expect_words(&t, "guards", "/unprivileged,/hostname,/net0"); /* no other container of its number */
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
}

static void words_are_checked(void **state)
{
    static const struct {
        const char *command, *why;
    } cases[] = {
        {"[]", "1 to 240 words"},
        {"[\"\"]", "no name"},
        {"[\"ls\",\"a\\u0000b\"]", "control character"},
        {"[\"ls\",\"a\\nb\"]", "control character"},
        {"[\"ls\",\"\\u001b[31m\"]", "control character"},
        {"[\"ls\",\"\\u007f\"]", "control character"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_failure(&t, plan_exec(&t, "{\"ct\":[105]}", cases[i].command), PROXIMO_EINVAL, cases[i].why);
        plane_test_done(&t);
    }
}

static void the_order_is_list_then_words_then_state(void **state)
{
    struct plane_test t;
    (void)state;
    /* Of a container that is not allowed nothing is read. */
    begin(&t, "lxc", "{\"ct\":[200]}");
    plane_test_argument(&t, "command", "[\"a\\nb\"]", 0);
    expect_failure(&t, plane_test_plan(&t, exec_plane, "ct_exec"), PROXIMO_ENOTALLOWED,
                   "does not name container 105");
    assert_int_equal(t.asked_count, 0);
    plane_test_done(&t);
    begin(&t, "lxc", "{\"ct\":[105]}");
    answer_instead(&t, "/nodes/pve1/lxc/105/status/current", 200, STOPPED);
    plane_test_argument(&t, "command", "[\"ls\"]", 0);
    expect_failure(&t, plane_test_plan(&t, exec_plane, "ct_exec"), PROXIMO_ESTATE, "not running");
    plane_test_done(&t);
    begin(&t, "qemu", "{\"ct\":[105]}");
    plane_test_argument(&t, "command", "[\"ls\"]", 0);
    expect_failure(&t, plane_test_plan(&t, exec_plane, "ct_exec"), PROXIMO_EINVAL, "vm_exec is for it");
    plane_test_done(&t);
}

static void a_privileged_container_is_named(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "lxc", "{\"ct\":[105]}");
    answer_instead(&t, "/nodes/pve1/lxc/105/config", 200, "{\"digest\":\"aa\"}");
    plane_test_argument(&t, "command", "[\"ls\"]", 0);
    assert_int_equal(plane_test_plan(&t, exec_plane, "ct_exec"), 0);
    expect_words(&t, "risks", "near to root on the node");
    plane_test_done(&t);
}

static void sql_goes_in_by_standard_input(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "lxc", "{\"ct\":[105]}");
    plane_test_argument(&t, "sql", "select 'it''s';\n\\! id", 1);
    plane_test_argument(&t, "db", "app", 1);
    assert_int_equal(plane_test_plan(&t, exec_plane, "ct_psql"), 0);
    expect_words(&t, "steps", "{\"value\":\"-d\"},{\"value\":\"app\"},{\"value\":\"-f\"},{\"value\":\"-\"}]");
    expect_words(&t, "steps", "\"stdin_text\":\"select 'it''s';\\u000a\\\\! id\"");
    plane_test_done(&t);
    static const char *const names[] = {"host=evil", "postgres://x/y", "-x",  "a b", "a;b",
                                        "",          "../x",           "a\"b"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        begin(&t, "lxc", "{\"ct\":[105]}");
        plane_test_argument(&t, "sql", "select 1", 1);
        plane_test_argument(&t, "db", names[i], 1);
        expect_failure(&t, plane_test_plan(&t, exec_plane, "ct_psql"), PROXIMO_EINVAL, "a database's name");
        plane_test_done(&t);
    }
}

/* What is a read on Linux may write elsewhere. */
static void only_of_linux_are_reads_known(void **state)
{
    static const char *const systems[] = {"", ",\"ostype\":\"win11\"", ",\"ostype\":\"other\"",
                                          ",\"ostype\":\"l26\""};
    struct plane_test t;
    char config[100];
    (void)state;
    for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
        begin(&t, "qemu", "{\"vm\":[105]}");
        (void)snprintf(config, sizeof(config), "{\"digest\":\"aa\",\"agent\":\"1\"%s}", systems[i]);
        answer_instead(&t, "/nodes/pve1/qemu/105/config", 200, config);
        plane_test_argument(&t, "command", "[\"expand\",\"a.cab\",\"b.dll\"]", 0);
        assert_int_equal(plane_test_plan(&t, exec_plane, "vm_exec"), 0);
        assert_int_equal(plane_test_told_count(&t, "risks"), i == 3 ? 0 : 1);
        plane_test_done(&t);
    }
}

static void a_machine_is_asked_by_its_agent(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "qemu", "{\"vm\":[\"tag:web\"]}");
    plane_test_argument(&t, "command", "[\"df\",\"-h\"]", 0);
    assert_int_equal(plane_test_plan(&t, exec_plane, "vm_exec"), 0);
    expect_words(&t, "steps", "\"path\":\"/nodes/{node}/{kind}/{vmid}/agent/exec\"");
    expect_words(&t, "steps",
                 "{\"name\":\"command\",\"value\":\"df\"},{\"name\":\"command\",\"value\":\"-h\"}");
    expect_words(&t, "steps", "\"path\":\"/nodes/{node}/{kind}/{vmid}/agent/exec-status\"");
    expect_words(&t, "guards", "/agent,/name,/vmgenid,/meta,/tags"); /* and no other machine of its number */
    plane_test_done(&t);
    begin(&t, "qemu", "{\"vm\":[105]}");
    answer_instead(&t, "/nodes/pve1/qemu/105/config", 200, "{\"digest\":\"aa\"}");
    plane_test_argument(&t, "command", "[\"ls\"]", 0);
    expect_failure(&t, plane_test_plan(&t, exec_plane, "vm_exec"), PROXIMO_ESTATE, "has no guest agent");
    plane_test_done(&t);
    begin(&t, "qemu", "{\"ct\":[105]}");
    plane_test_argument(&t, "command", "[\"ls\"]", 0);
    expect_failure(&t, plane_test_plan(&t, exec_plane, "vm_exec"), PROXIMO_ENOTALLOWED,
                   "planes.exec.config.vm");
    plane_test_done(&t);
}

static int load(void **state)
{
    (void)state;
    exec_plane = plane_load("exec");
    return exec_plane ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_allow_list_fails_closed),
        cmocka_unit_test(a_list_that_makes_no_sense_keeps_the_plane_out),
        cmocka_unit_test(the_plan_has_the_exact_words),
        cmocka_unit_test(words_are_checked),
        cmocka_unit_test(the_order_is_list_then_words_then_state),
        cmocka_unit_test(a_privileged_container_is_named),
        cmocka_unit_test(sql_goes_in_by_standard_input),
        cmocka_unit_test(only_of_linux_are_reads_known),
        cmocka_unit_test(a_machine_is_asked_by_its_agent),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
