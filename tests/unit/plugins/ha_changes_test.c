/* SPDX-License-Identifier: Apache-2.0 */
/* Plans of HA where rows against the simulator do not reach: other releases, lost quorum, errors, the way
 * back. */
#include "ha_world.h"

/* ---- releases */

static void each_release_has_its_own(void **state)
{
    static const struct {
        const char *version, *tool, *words;
        bool reads;
    } cases[] = {
        {"9.2.3", "pve_ha_groups_list", "pve_ha_rules_list", true},
        {"9.0.1", "pve_ha_group_get", "rules of type node-affinity", true},
        {"9.2.3", "pve_ha_group_create", "pve_ha_rule_create", false},
        {"9.2.3", "pve_ha_group_update", "node-affinity", false},
        {"9.2.3", "pve_ha_group_delete", "node-affinity", false},
        {"8.4.1", "pve_ha_rules_list", "pve_ha_groups_list", true},
        {"8.4.1", "pve_ha_rule_get", "HA groups", true},
        {"8.4.1", "pve_ha_rule_create", "HA groups", false},
        {"8.4.1", "pve_ha_rule_update", "HA groups", false},
        {"8.4.1", "pve_ha_rule_delete", "HA groups", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        world(&t);
        t.version = cases[i].version;
        plane_test_argument(&t, "group", "g", 1);
        plane_test_argument(&t, "rule", "r", 1);
        const int32_t r =
            cases[i].reads ? plane_test_read(&t, ha, cases[i].tool) : plane_test_plan(&t, ha, cases[i].tool);
        expect_failure(&t, r, PROXIMO_ENOSYS, cases[i].words);
        plane_test_done(&t);
    }
}

static void switching_off_came_with_9_2(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/status/current", 200, "[" STATUS_ROW "]");
    plane_test_argument(&t, "resource_mode", "freeze", 1);
    expect_failure(&t, plane_test_plan(&t, ha, "pve_ha_disarm"), PROXIMO_ENOSYS, "9.2");
    plane_test_done(&t);

    world(&t);
    NOT_READ(&t, "/cluster/ha/status/current");
    expect_failure(&t, plane_test_plan(&t, ha, "pve_ha_arm"), PROXIMO_EUNAVAIL, "could not be read");
    plane_test_done(&t);

    /* another mode is not what was asked for */
    world(&t);
    answer_instead(&t, "/cluster/ha/status/current", 200,
                   "[" STATUS_ROW
                   ",{\"type\":\"fencing\",\"armed-state\":\"disarmed\",\"resource_mode\":\"ignore\"}]");
    plane_test_argument(&t, "resource_mode", "freeze", 1);
    expect_failure(&t, plane_test_plan(&t, ha, "pve_ha_disarm"), PROXIMO_ESTATE, "pve_ha_arm");
    plane_test_done(&t);
}

/* ---- quorum, errors */

static void without_quorum_nothing_is_planned(void **state)
{
    static const char *const tools[] = {"pve_ha_resource_update", "pve_ha_resource_remove",
                                        "pve_ha_rule_delete",     "pve_ha_migrate",
                                        "pve_ha_relocate",        "pve_ha_disarm"};
    (void)state;
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        struct plane_test t;
        world(&t);
        answer_instead(&t, "/cluster/ha/status/current", 200,
                       "[{\"type\":\"quorum\",\"quorate\":0,\"status\":\"No quorum on node!\"}," BOTH "]");
        plane_test_answer(&t, "/cluster/ha/rules/r", 200, "{\"rule\":\"r\",\"type\":\"node-affinity\"}");
        plane_test_argument(&t, "rule", "r", 1);
        plane_test_argument(&t, "target", "pve3", 1);
        plane_test_argument(&t, "comment", "x", 1);
        plane_test_argument(&t, "resource_mode", "freeze", 1);
        expect_failure(&t, plane_test_plan(&t, ha, tools[i]), PROXIMO_ESTATE, "no quorum");
        plane_test_done(&t);
    }
}

#define IN_ERROR "[" STATUS_ROW "," SERVICE("vm:105", "pve1", "error") "]"

static void what_is_in_error_can_only_be_disabled(void **state)
{
    static const struct {
        const char *tool, *state;
        bool planned;
    } cases[] = {{"pve_ha_resource_update", NULL, false},
                 {"pve_ha_resource_update", "stopped", false},
                 {"pve_ha_resource_update", "disabled", true},
                 {"pve_ha_resource_remove", NULL, true},
                 {"pve_ha_migrate", NULL, false},
                 {"pve_ha_relocate", NULL, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        world(&t);
        answer_instead(&t, "/cluster/ha/status/current", 200, IN_ERROR);
        plane_test_argument(&t, "target", "pve3", 1);
        plane_test_argument(&t, "comment", "x", 1);
        if (cases[i].state)
            plane_test_argument(&t, "state", cases[i].state, 1);
        const int32_t r = plane_test_plan(&t, ha, cases[i].tool);
        if (cases[i].planned)
            assert_int_equal(r, 0);
        else
            expect_failure(&t, r, PROXIMO_ESTATE, "disabled");
        plane_test_done(&t);
    }
}

static void waits_end_with_an_error_of_ha(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    plane_test_argument(&t, "state", "stopped", 1);
    assert_int_equal(plane_test_plan(&t, ha, "pve_ha_resource_update"), 0);
    expect_words(&t, "postcondition", "\"fail_if\":\"[sid=vm:105]/state=error\"");
    expect_words(&t, "postcondition", "\"wait_value\":\"[\\\"stopped\\\"]\"");
    expect_words(&t, "postcondition", "\"deadline_ms\":900000");
    plane_test_done(&t);
}

static void switched_off_is_said(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/status/current", 200,
                   "[" STATUS_ROW ",{\"type\":\"fencing\",\"armed-state\":\"disarmed\"}," BOTH "]");
    plane_test_argument(&t, "comment", "x", 1);
    assert_int_equal(plane_test_plan(&t, ha, "pve_ha_resource_update"), 0);
    expect_words(&t, "facts", "switched off (disarmed)");
    plane_test_done(&t);
}

/* ---- moves and their way back */

#define PREFERS                                                                                              \
    "[{\"rule\":\"home\",\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"pve1\",\"order\":"  \
    "1}]"

static void a_move_that_ha_takes_back_is_high(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/rules", 200, PREFERS);
    plane_test_argument(&t, "target", "pve3", 1);
    assert_int_equal(plane_test_plan(&t, ha, "pve_ha_migrate"), 0);
    expect_words(&t, "risks", "moves it away again");
    plane_test_done(&t);

    /* a way back that would not last is none */
    world(&t);
    answer_instead(&t, "/cluster/ha/rules", 200, PREFERS);
    expect_failure(
        &t,
        plane_test_plan_undo(
            &t, ha, "pve_ha_migrate",
            "{\"before\":[{\"[sid=vm:105]/node\":\"pve3\"}],\"after\":[{\"[sid=vm:105]/node\":\"pve1\"}]}"),
        PROXIMO_ESTATE, "would not stay on pve3");
    expect_words(&t, "undo", "1");
    plane_test_done(&t);

    world(&t);
    assert_int_equal(plane_test_plan_undo(&t, ha, "pve_ha_relocate",
                                          "{\"before\":[{\"[sid=vm:105]/node\":\"pve3\"}],\"after\":[{}]}"),
                     0);
    expect_words(&t, "steps", "\"path\":\"/cluster/ha/resources/{sid}/relocate\"");
    expect_words(&t, "steps", "\"value\":\"pve3\"");
    plane_test_done(&t);

    world(&t);
    expect_failure(&t, plane_test_plan_undo(&t, ha, "pve_ha_migrate", "{\"before\":[null]}"),
                   PROXIMO_ENOTFOUND, "record");
    plane_test_done(&t);
}

static void who_belongs_along_is_waited_for(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/rules", 200,
                   "[{\"rule\":\"both\",\"type\":\"resource-affinity\",\"affinity\":\"positive\","
                   "\"resources\":\"ct:106,vm:105\"}]");
    plane_test_argument(&t, "target", "pve3", 1);
    assert_int_equal(plane_test_plan(&t, ha, "pve_ha_migrate"), 0);
    expect_words(&t, "postcondition", "[sid=ct:106]/node");
    assert_false(words_told(&t, "risks", "moves it away again")); /* who belongs to it is there as well */
    assert_int_equal(
        plane_test_blast(&t, ha, "ha.migrate", SUBJECT(",\"target\":\"pve3\",\"how\":\"migrate\"")), 0);
    expect_words(&t, "affected", "goes along: a rule keeps it together with vm:105");
    plane_test_done(&t);
}

static void a_disk_that_the_target_has_not_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/nodes/pve1/qemu/105/config", 200,
                   "{\"digest\":\"d\",\"scsi0\":\"local-lvm:vm-105-disk-0,size=8G\"}");
    assert_int_equal(
        plane_test_blast(&t, ha, "ha.migrate", SUBJECT(",\"target\":\"pve2\",\"how\":\"migrate\"")), 0);
    expect_words(&t, "affected", "if that is possible at all: scsi0 is on storage local-lvm");
    plane_test_done(&t);
}

static void what_ha_ignores_it_does_not_move(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/resources", 200, "[{\"sid\":\"vm:105\",\"state\":\"ignored\"}]");
    plane_test_argument(&t, "target", "pve3", 1);
    expect_failure(&t, plane_test_plan(&t, ha, "pve_ha_migrate"), PROXIMO_ESTATE, "pve_guest_migrate");
    plane_test_done(&t);
}

/* ---- removal and rules */

static void rules_that_are_not_read_cannot_be_brought_back(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    NOT_READ(&t, "/cluster/ha/rules");
    assert_int_equal(plane_test_plan(&t, ha, "pve_ha_resource_remove"), 0);
    expect_words(&t, "incomplete", "rules that it is taken out of");
    expect_words(&t, "facts", "could not be written back");
    plane_test_done(&t);
}

static void a_removal_brings_rules_back(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(
        &t, "/cluster/ha/rules", 200,
        "[{\"rule\":\"home\",\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"pve1:2,pve3\","
        "\"strict\":1,"
        "\"comment\":\"x\"},"
        "{\"rule\":\"apart\",\"type\":\"resource-affinity\",\"affinity\":\"negative\",\"resources\":\"ct:106,"
        "vm:105\"},"
        "{\"rule\":\"other\",\"type\":\"node-affinity\",\"resources\":\"ct:106\",\"nodes\":\"pve2\"}]");
    assert_int_equal(plane_test_plan(&t, ha, "pve_ha_resource_remove"), 0);
    expect_words(&t, "guards", "\"value\":\"home\"");
    expect_words(&t, "guards", "\"value\":\"apart\"");
    assert_false(words_told(&t, "guards", "\"value\":\"other\""));
    /* the one it was alone in is made again with everything, the other gets its list back */
    expect_words(&t, "undo",
                 "\"method\":\"POST\",\"path\":\"/cluster/ha/"
                 "rules\",\"params\":[{\"name\":\"rule\",\"value\":\"home\"},{\"name\":"
                 "\"type\",\"value\":\"node-affinity\"},{\"name\":\"resources\",\"value\":\"vm:105\"},{"
                 "\"name\":\"nodes\","
                 "\"value\":\"pve1:2,pve3\"},{\"name\":\"strict\",\"value\":\"1\"},{\"name\":\"comment\","
                 "\"value\":\"x\"}]");
    expect_words(&t, "undo",
                 "\"method\":\"PUT\",\"path\":\"/cluster/ha/rules/"
                 "{rule}\",\"params\":[{\"name\":\"rule\",\"value\":\"apart\"},"
                 "{\"name\":\"type\",\"value\":\"resource-affinity\"},{\"name\":\"resources\",\"value\":\"ct:"
                 "106,vm:105\"}]");
    plane_test_done(&t);
}

static void numbers_of_a_rule_become_ids(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    plane_test_answer(&t, "/cluster/ha/rules/r", 500, "null");
    plane_test_argument(&t, "rule", "r", 1);
    plane_test_argument(&t, "rule_type", "resource-affinity", 1);
    plane_test_argument(&t, "affinity", "negative", 1);
    plane_test_argument(&t, "resources", "[\"105\",\"ct:106\"]", 0);
    assert_int_equal(plane_test_plan(&t, ha, "pve_ha_rule_create"), 0);
    expect_words(&t, "steps", "{\"name\":\"resources\",\"value\":\"vm:105,ct:106\"}");
    expect_words(&t, "subjects", "\"resources\":\"vm:105,ct:106\"");
    plane_test_done(&t);
}

static void a_rule_keeps_what_it_names(void **state)
{
    static const char rule[] =
        "{\"rule\":\"r\",\"type\":\"resource-affinity\",\"affinity\":\"negative\",\"resources\":"
        "\"vm:105,vm:107\",\"digest\":\"d\"}";
    static const struct {
        const char *resources, *sent; /* sent NULL: nothing is to be done */
        int32_t code;
    } cases[] = {{"[\"105\",\"vm:107\"]", NULL, 0},
                 {"[\"vm:105\",\"106\",\"vm:107\"]", "vm:105,ct:106,vm:107", 0},
                 {"[\"vm:105\",\"vm:109\"]", NULL, PROXIMO_EINVAL},
                 {"[\"105\",\"109\"]", NULL, PROXIMO_EINVAL}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        char step[100], list[300];
        world(&t);
        plane_test_answer(&t, "/cluster/ha/rules/r", 200, rule);
        (void)snprintf(list, sizeof(list), "[%s]", rule);
        answer_instead(&t, "/cluster/ha/rules", 200, list);
        plane_test_argument(&t, "rule", "r", 1);
        plane_test_argument(&t, "resources", cases[i].resources, 0);
        const int32_t r = plane_test_plan(&t, ha, "pve_ha_rule_update");
        if (cases[i].code) {
            expect_failure(&t, r, cases[i].code, "no HA resource");
        } else if (!cases[i].sent) {
            assert_int_equal(r, 0);
            expect_words(&t, "summary", "nothing to do");
        } else {
            (void)snprintf(step, sizeof(step), "{\"name\":\"resources\",\"value\":\"%s\"}", cases[i].sent);
            assert_int_equal(r, 0);
            expect_words(&t, "steps", step);
        }
        plane_test_done(&t);
    }
}

/* A rule that would spoil another one is refused as Proxmox refuses it, whichever stands first. */
static void a_rule_that_spoils_another_is_refused(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(
        &t, "/cluster/ha/rules", 200,
        "[{\"rule\":\"a\",\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"pve1\",\"disable\":"
        "1},"
        "{\"rule\":\"both\",\"type\":\"resource-affinity\",\"affinity\":\"positive\",\"resources\":\"ct:106,"
        "vm:105\"},"
        "{\"rule\":\"home\",\"type\":\"node-affinity\",\"resources\":\"ct:106\",\"nodes\":\"pve2\"}]");
    plane_test_answer(&t, "/cluster/ha/rules/a", 200,
                      "{\"rule\":\"a\",\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":"
                      "\"pve1\",\"disable\":1,"
                      "\"digest\":\"d\"}");
    plane_test_argument(&t, "rule", "a", 1);
    plane_test_argument(&t, "disable", "false", 0);
    expect_failure(&t, plane_test_plan(&t, ha, "pve_ha_rule_update"), PROXIMO_EINVAL,
                   "with it, of rule \"both\": its resources are in different");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_release_has_its_own),
        cmocka_unit_test(switching_off_came_with_9_2),
        cmocka_unit_test(without_quorum_nothing_is_planned),
        cmocka_unit_test(what_is_in_error_can_only_be_disabled),
        cmocka_unit_test(waits_end_with_an_error_of_ha),
        cmocka_unit_test(switched_off_is_said),
        cmocka_unit_test(a_move_that_ha_takes_back_is_high),
        cmocka_unit_test(who_belongs_along_is_waited_for),
        cmocka_unit_test(a_disk_that_the_target_has_not_is_told),
        cmocka_unit_test(what_ha_ignores_it_does_not_move),
        cmocka_unit_test(rules_that_are_not_read_cannot_be_brought_back),
        cmocka_unit_test(a_removal_brings_rules_back),
        cmocka_unit_test(numbers_of_a_rule_become_ids),
        cmocka_unit_test(a_rule_keeps_what_it_names),
        cmocka_unit_test(a_rule_that_spoils_another_is_refused),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
