/* SPDX-License-Identifier: Apache-2.0 */
/* pve_node_service_control: its plans, its way back, and what breaks off with a service. */
#include "plan_rig.h"

#define ROW_OF(name, active, unit)                                                                           \
    "{\"service\":\"" name "\",\"name\":\"" name                                                             \
    "\",\"desc\":\"d\",\"state\":\"x\",\"active-state\":\"" active "\",\"unit-state\":\"" unit "\"}"
#define SERVICES                                                                                             \
    "[" ROW_OF("chrony", "active", "enabled") "," ROW_OF("postfix", "inactive", "enabled") "," ROW_OF(       \
        "ksmtuned", "inactive",                                                                              \
        "not-found") "," ROW_OF("cron", "inactive",                                                          \
                                "masked") "," ROW_OF("pveproxy", "active",                                   \
                                                     "enabled") "," ROW_OF("pve-firewall", "failed",         \
                                                                           "enabled") "]"
#define MEMBER(name, online, local)                                                                          \
    "{\"type\":\"node\",\"name\":\"" name "\",\"online\":" online ",\"local\":" local "}"
#define CLUSTER(third)                                                                                       \
    "[{\"type\":\"cluster\",\"name\":\"lab\",\"quorate\":1}," MEMBER("pve1", "1", "1") "," MEMBER(           \
        "pve2", "1", "0") "," MEMBER("pve3", third, "0") "]"
#define VOTES(third)                                                                                         \
    "[{\"name\":\"pve1\",\"quorum_votes\":\"1\"},{\"name\":\"pve2\",\"quorum_votes\":\"1\"},{\"name\":"      \
    "\"pve3\",\"quorum_votes\":\"" third "\"}]"
#define HA                                                                                                   \
    "[{\"type\":\"master\",\"node\":\"pve1\",\"id\":\"master\"},{\"type\":\"service\",\"sid\":\"vm:101\","   \
    "\"node\":\"pve1\",\"request_state\":\"started\"},{\"type\":\"service\",\"sid\":\"ct:105\",\"node\":"    \
    "\"pve1\",\"request_state\":\"stopped\"},{\"type\":\"service\",\"sid\":\"vm:104\",\"node\":\"pve2\","    \
    "\"request_state\":\"started\"}]"
#define GUESTS                                                                                               \
    "[{\"type\":\"qemu\",\"vmid\":101,\"name\":\"db1\",\"node\":\"pve1\",\"status\":\"running\"},{\"type\":" \
    "\"lxc\",\"vmid\":105,\"name\":\"ct105\",\"node\":\"pve1\",\"status\":\"running\"},{\"type\":\"lxc\","   \
    "\"vmid\":106,\"node\":\"pve2\",\"status\":\"running\"},{\"type\":\"qemu\",\"vmid\":900,\"node\":"       \
    "\"pve1\",\"template\":1,\"status\":\"stopped\"}]"

static const struct proximo_plane *nodes;

static void begin(struct plane_test *t, const char *service, const char *action)
{
    plane_test_init(t);
    plane_test_argument(t, "node", "pve1", 1);
    plane_test_argument(t, "service", service, 1);
    if (action)
        plane_test_argument(t, "action", action, 1);
    plane_test_answer(t, "/nodes/pve1/services", 200, SERVICES);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, GUESTS);
}

static void a_stop_is_planned_with_a_start_as_its_way_back(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "chrony", "stop");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_service_control"), 0);
    expect_told(
        &t, "guards", 0,
        "{\"path\":\"/nodes/{node}/services/{service}/state\",\"fields\":\"/active-state,/unit-state\","
        "\"params\":[{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"service\",\"value\":\"chrony\"}]}");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"node.service\",\"subject\":{\"kind\":\"service\",\"service\":\"pve1/chrony\","
                "\"action\":\"stop\"}}");
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/nodes/{node}/services/"
        "{service}/stop\",\"params\":[{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"service\","
        "\"value\":\"chrony\"}]}");
    expect_words(&t, "postcondition", "\"wait_value\":\"[\\\"inactive\\\",\\\"failed\\\"]\"");
    expect_words(&t, "facts", "\"running_on_the_node\":2");
    expect_told(&t, "undo", 0, "{\"kind\":3}");
    plane_test_done(&t);

    begin(&t, "postfix", "start");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_service_control"), 0);
    expect_words(&t, "subjects", "\"class\":\"node.service-start\"");
    expect_words(&t, "postcondition", "\"wait_value\":\"\\\"active\\\"\"");
    expect_told(&t, "undo", 0, "{\"kind\":3}");
    plane_test_done(&t);
}

static void some_have_no_way_back_and_say_why(void **state)
{
    static const struct {
        const char *service, *action, *words;
    } cases[] = {
        {"chrony", "restart", "the service runs afterwards"},
        {"chrony", "reload", "the service runs afterwards"},
        {"pveproxy", "stop", "go through what is stopped"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        begin(&t, cases[i].service, cases[i].action);
        assert_int_equal(plane_test_plan(&t, nodes, "pve_node_service_control"), 0);
        expect_told(&t, "undo", 0, "{\"kind\":1}");
        expect_words(&t, "facts", cases[i].words);
        if (strcmp(cases[i].service, "pveproxy") == 0)
            expect_words(&t, "facts", "expected to fail");
        plane_test_done(&t);
    }
}

static void what_is_so_is_not_sent_and_what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *service, *action;
        int32_t code;
        const char *words;
    } cases[] = {
        {"nosuch", "stop", PROXIMO_ENOTFOUND, "chrony, postfix, ksmtuned"},
        {"ksmtuned", "start", PROXIMO_ESTATE, "not installed"},
        {"cron", "start", PROXIMO_ESTATE, "masked"},
        {"postfix", "reload", PROXIMO_ESTATE, "action \"start\""},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(&t, cases[i].service, cases[i].action);
        expect_failure(&t, plane_test_plan(&t, nodes, "pve_node_service_control"), cases[i].code,
                       cases[i].words);
        plane_test_done(&t);
    }
    begin(&t, "chrony", "start");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_service_control"), 0);
    expect_words(&t, "summary", "nothing to do");
    assert_int_equal(plane_test_told_count(&t, "steps"), 0);
    plane_test_done(&t);
    begin(&t, "postfix", "restart"); /* it does not run: then a restart is a start, which a stop undoes */
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_service_control"), 0);
    expect_words(&t, "summary", "does not run now");
    expect_told(&t, "undo", 0, "{\"kind\":3}");
    plane_test_done(&t);
    begin(&t, "pve-firewall", "stop"); /* failed is not stopped: systemd still takes a stop of it */
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_service_control"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 1);
    plane_test_done(&t);
}

static void the_way_back_brings_the_state_from_before(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "postfix", "stop");
    assert_int_equal(plane_test_plan_undo(&t, nodes, "pve_node_service_control",
                                          "{\"before\":[{\"/active-state\":\"active\"}]}"),
                     0);
    expect_words(&t, "steps", "/services/{service}/start");
    expect_words(&t, "subjects", "\"action\":\"start\"");
    plane_test_done(&t);
    begin(&t, "chrony", "start");
    assert_int_equal(plane_test_plan_undo(&t, nodes, "pve_node_service_control",
                                          "{\"before\":[{\"/active-state\":\"inactive\"}]}"),
                     0);
    expect_words(&t, "steps", "/services/{service}/stop");
    expect_words(&t, "subjects", "\"class\":\"node.service\"");
    plane_test_done(&t);
    begin(&t, "chrony", "start");
    expect_failure(&t, plane_test_plan_undo(&t, nodes, "pve_node_service_control", "{\"before\":[]}"),
                   PROXIMO_ENOTFOUND, "does not say");
    plane_test_done(&t);
}

/* ---- blast */

static void blast_begin(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_answer(t, "/cluster/status", 200, CLUSTER("1"));
    plane_test_answer(t, "/cluster/config/nodes", 200, VOTES("1"));
    plane_test_answer(t, "/cluster/config/qdevice", 200, "{}");
    plane_test_answer(t, "/cluster/ha/status/current", 200, HA);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, GUESTS);
    plane_test_answer(t, "/cluster/firewall/options", 200, "{\"enable\":1}");
}

static void blast(struct plane_test *t, const char *service, const char *action)
{
    char subject[300];
    (void)snprintf(subject, sizeof(subject), "{\"kind\":\"service\",\"service\":\"%s\",\"action\":\"%s\"}",
                   service, action);
    assert_int_equal(plane_test_blast(t, nodes, "node.service", subject), 0);
}

static void whatever_can_lock_out_is_high(void **state)
{
    static const char *const services[] = {"networking",   "pveproxy", "pvedaemon", "pve-cluster",
                                           "corosync",     "sshd",     "ssh",       "ifupdown2",
                                           "pve-firewall", "chrony",   "some-unit"};
    static const char *const actions[] = {"start", "stop", "restart", "reload"};
    (void)state;
    for (size_t s = 0; s < sizeof(services) / sizeof(services[0]); s++) {
        for (size_t a = 0; a < 4; a++) {
            struct plane_test t;
            char label[100];
            (void)snprintf(label, sizeof(label), "pve1/%s", services[s]);
            blast_begin(&t);
            blast(&t, label, actions[a]);
            const char *first = plane_test_told(&t, "affected", 0);
            if (!first || !strstr(first, label) || !strstr(first, "\"risk\":3"))
                fail_msg("%s %s: %s", actions[a], services[s], first ? first : "nothing");
            plane_test_done(&t);
        }
    }
}

static void a_plain_service_asks_for_nothing_more(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    blast(&t, "pve1/postfix", "stop");
    expect_words(&t, "affected", "sends no mail");
    expect_words(&t, "affected", "\"risk\":2");
    assert_int_equal(t.asked_count, 0);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
    plane_test_init(&t);
    blast(&t, "pve1/postfix", "reload");
    expect_words(&t, "affected", "\"risk\":1");
    plane_test_done(&t);
}

static void this_connection_is_named(void **state)
{
    struct plane_test t;
    (void)state;
    blast_begin(&t);
    blast(&t, "pve1/pveproxy", "stop");
    expect_words(&t, "affected", "this very connection");
    plane_test_done(&t);
    blast_begin(&t);
    blast(&t, "pve2/pvedaemon", "restart");
    expect_words(&t, "affected", "handed on to it");
    plane_test_done(&t);
    plane_test_init(&t); /* not readable: said so, and taken for the worst */
    plane_test_answer(&t, "/cluster/status", 403, "");
    blast(&t, "pve1/pveproxy", "stop");
    expect_words(&t, "incomplete", "members");
    expect_words(&t, "affected", "may end at this node");
    plane_test_done(&t);
}

static void votes_are_counted(void **state)
{
    static const struct {
        const char *third, *votes, *device, *words;
    } cases[] = {
        {"1", "1", "{}", "\"votes_total\":3,\"votes_left\":2,\"votes_needed\":2,\"rest_stays_quorate\":true"},
        {"0", "1", "{}",
         "\"votes_total\":3,\"votes_left\":1,\"votes_needed\":2,\"rest_stays_quorate\":false"},
        {"0", "1", "{\"State\":\"Connected\"}",
         "\"votes_total\":4,\"votes_left\":2,\"votes_needed\":3,\"rest_stays_quorate\":false"},
        {"1", "3", "{}", "\"votes_total\":5,\"votes_left\":4,\"votes_needed\":3,\"rest_stays_quorate\":true"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        blast_begin(&t);
        answer_instead(&t, "/cluster/status", 200, *cases[i].third == '1' ? CLUSTER("1") : CLUSTER("0"));
        answer_instead(&t, "/cluster/config/nodes", 200, *cases[i].votes == '3' ? VOTES("3") : VOTES("1"));
        answer_instead(&t, "/cluster/config/qdevice", 200, cases[i].device);
        blast(&t, "pve1/corosync", "stop");
        expect_words(&t, "affected", cases[i].words);
        plane_test_done(&t);
    }
    blast_begin(&t);
    answer_instead(&t, "/cluster/status", 200, "[" MEMBER("pve1", "1", "1") "]");
    blast(&t, "pve1/corosync", "stop");
    expect_words(&t, "affected", "in no cluster");
    plane_test_done(&t);
    blast_begin(&t);
    answer_instead(&t, "/cluster/config/nodes", 403, "");
    blast(&t, "pve1/corosync", "stop");
    expect_words(&t, "incomplete", "votes");
    plane_test_done(&t);
}

static uint32_t named(const struct plane_test *t, const char *resource)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++)
        count += strstr(plane_test_told(t, "affected", i), resource) != NULL;
    return count;
}

static void guests_under_ha_are_named(void **state)
{
    struct plane_test t;
    (void)state;
    blast_begin(&t);
    blast(&t, "pve1/pve-ha-lrm", "stop");
    assert_int_equal(named(&t, "\"guest/101\""), 1);
    assert_int_equal(named(&t, "\"guest/105\""), 0); /* HA wants it stopped */
    assert_int_equal(named(&t, "\"guest/104\""), 0); /* elsewhere */
    plane_test_done(&t);
    blast_begin(&t);
    blast(&t, "pve1/corosync", "stop");
    expect_words(&t, "affected", "the watchdog resets the node");
    plane_test_done(&t);
    blast_begin(&t);
    blast(&t, "pve1/pve-ha-crm", "stop");
    expect_words(&t, "affected", "is the HA master");
    assert_int_equal(named(&t, "\"guest/"), 0);
    plane_test_done(&t);
    blast_begin(&t);
    answer_instead(&t, "/cluster/ha/status/current", 403, "");
    blast(&t, "pve1/pve-ha-lrm", "stop");
    expect_words(&t, "incomplete", "HA");
    plane_test_done(&t);
}

static void without_the_firewall_it_is_open(void **state)
{
    struct plane_test t;
    (void)state;
    blast_begin(&t);
    blast(&t, "pve1/pve-firewall", "stop");
    expect_words(&t, "affected", "is open");
    assert_int_equal(named(&t, "\"guest/101\""), 1);
    assert_int_equal(named(&t, "\"guest/106\""), 0);
    assert_int_equal(named(&t, "\"guest/900\""), 0);
    plane_test_done(&t);
    blast_begin(&t);
    answer_instead(&t, "/cluster/firewall/options", 200, "{}");
    blast(&t, "pve1/pve-firewall", "stop");
    expect_words(&t, "affected", "off in the datacenter");
    assert_int_equal(named(&t, "\"guest/"), 0);
    plane_test_done(&t);
    blast_begin(&t);
    blast(&t, "pve1/lxcfs", "restart");
    assert_int_equal(named(&t, "\"guest/105\""), 1);
    assert_int_equal(named(&t, "\"guest/101\""), 0);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_is_planned_with_a_start_as_its_way_back),
        cmocka_unit_test(some_have_no_way_back_and_say_why),
        cmocka_unit_test(what_is_so_is_not_sent_and_what_cannot_be_is_refused),
        cmocka_unit_test(the_way_back_brings_the_state_from_before),
        cmocka_unit_test(whatever_can_lock_out_is_high),
        cmocka_unit_test(a_plain_service_asks_for_nothing_more),
        cmocka_unit_test(this_connection_is_named),
        cmocka_unit_test(votes_are_counted),
        cmocka_unit_test(guests_under_ha_are_named),
        cmocka_unit_test(without_the_firewall_it_is_open),
    };
    nodes = plane_load("nodes");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
