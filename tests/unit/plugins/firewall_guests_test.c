/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of a firewall opens and closes on guests, what is never guessed, and one packet explained. */
#include "firewall_world.h"

static void nothing_to_judge_is_told_as_such(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(blast(&t, AT_100, "[]"), 0);
    expect_row(&t, RISK(1), "guest/100", "what packets meet stays as it is");
    assert_int_equal(t.asked_count, 0);
    plane_test_done(&t);
}

/* What SDN's sets hold is in no answer. */
static void sets_of_sdn_are_unknown(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    OK("/cluster/firewall/refs?type=ipset",
       "[{'type':'ipset','name':'lab-all','ref':'+sdn/lab-all','scope':'sdn'}]");
    assert_int_equal(
        blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'tcp','dport':'22','source':'+sdn/lab-all'")), 0);
    expect_row(&t, RISK(3), "node/pve1",
               "may cut off the operator: whether it then accepts tcp 22 (SSH) from this "
               "connection (203.0.113.5) cannot be told");
    plane_test_done(&t);

    begin(&t); /* one that is not there never takes effect */
    assert_int_equal(
        blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'tcp','dport':'22','source':'+sdn/lab-all'")), 0);
    expect_row(&t, RISK(1), "node/pve1", "no packet to or from pve1 that was looked at is judged otherwise");
    plane_test_done(&t);
}

/* ---- guests */

static void guests_ports_open_and_close_as_runs(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(blast(&t, AT_100, INSERT("'action':'ACCEPT','proto':'tcp','dport':'80,8000:8010'")), 0);
    expect_row(&t, RISK(2), "guest/100",
               "opens tcp 80, 8000-8010 (API and GUI, Backup Server) to the internet "
               "(IPv4, IPv6): by rule 0 of guest 100's firewall");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);

    begin(&t);
    assert_int_equal(blast(&t, AT_100, "[{'part':'options','op':'set','value':{'enable':0}}]"), 0);
    expect_row(&t, RISK(3), "guest/100", "opens all of tcp, all of udp, ping to the internet");
    plane_test_done(&t);

    begin(&t); /* found from the list */
    assert_int_equal(blast(&t, AT_101, "[{'part':'options','op':'set','value':{'policy_out':'REJECT'}}]"), 0);
    expect_row(&t, RISK(2), "guest/101",
               "can no longer send all of tcp, all of udp, ping to the internet "
               "(IPv4, IPv6): by the default policy REJECT");
    plane_test_done(&t);
}

/* The IP filter lets a container's own address out, which stands in its configuration. */
static void a_containers_address_passes_its_ip_filter(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    OK("/nodes/pve1/lxc/101/firewall/options", "{'enable':1,'ipfilter':1}");
    assert_int_equal(blast(&t, AT_101, "[{'part':'options','op':'set','value':{'policy_out':'DROP'}}]"), 0);
    expect_row(&t, RISK(2), "guest/101",
               "can no longer send all of tcp, all of udp, ping to the internet (IPv4): by "
               "the default policy DROP");
    plane_test_done(&t);
}

static void a_destination_needs_the_guests_address(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(blast(&t, AT_100, INSERT("'action':'ACCEPT','proto':'tcp','dest':'10.0.0.100'")), 0);
    expect_words(&t, "incomplete", "its own address is not known, and there are rules with a destination");
    plane_test_done(&t);

    begin(&t); /* a container's configuration says it */
    assert_int_equal(
        blast(&t, AT_101, INSERT("'action':'ACCEPT','proto':'tcp','dport':'25','dest':'10.0.0.101'")), 0);
    expect_row(&t, RISK(2), "guest/101", "opens tcp 25 to the internet");
    plane_test_done(&t);
}

static void cards_without_the_flag_meet_no_firewall(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    OK("/nodes/pve1/qemu/100/config",
       "{'digest':'x','net0':'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=0'}");
    assert_int_equal(blast(&t, AT_100, INSERT("'action':'DROP','proto':'tcp'")), 0);
    expect_row(&t, RISK(1), "guest/100", "none of its network cards has firewall=1");
    plane_test_done(&t);

    begin(&t);
    put(&t, "/nodes/pve1/qemu/100/config", 500, "null");
    assert_int_equal(blast(&t, AT_100, INSERT("'action':'DROP','proto':'tcp'")), 0);
    expect_words(&t, "incomplete", "the network cards of guest 100");
    plane_test_done(&t);
}

static void a_set_of_the_datacenter_reaches_guests(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    OK("/cluster/firewall/ipset", "[{'name':'web'}]");
    OK("/cluster/firewall/ipset/web", "[{'cidr':'198.51.100.7'}]");
    OK("/nodes/pve1/lxc/101/firewall/rules",
       "[{'type':'in','action':'ACCEPT','proto':'tcp','dport':'443','source':'+dc/web','enable':1,'pos':0}]");
    assert_int_equal(blast(&t, AT_CLUSTER,
                           "[{'part':'ipset','op':'entry','name':'web','value':{'cidr':"
                           "'198.51.100.8'}}]"),
                     0);
    expect_row(&t, RISK(2), "guest/101",
               "opens tcp 443 to addresses that the change names (198.51.100.8): by rule 0 of "
               "guest 101's firewall: in ACCEPT tcp dport 443 from +dc/web");
    expect_nothing(&t, "affected", "guest/100");
    plane_test_done(&t);
}

/* ---- one packet */

static void an_unknown_macro_is_never_a_guess(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    OK("/nodes/pve1/firewall/rules",
       "[{'type':'in','action':'DROP','macro':'NoSuchMacro','enable':1,'pos':0}]");
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_argument(&t, "source", "203.0.113.5", 1);
    plane_test_argument(&t, "dport", "8006", 0);
    assert_int_equal(plane_test_read(&t, firewall, "pve_firewall_explain"), 0);
    assert_non_null(strstr(t.reply[0].data, "\"verdict\":\"UNKNOWN\",\"possible\":[\"ACCEPT\",\"DROP\"]"));
    assert_non_null(strstr(t.reply[0].data, "host.fw rule 0 may match"));
    assert_non_null(strstr(t.reply[0].data, "is not understood here, what it does is unknown: macro"));
    plane_test_done(&t);
}

/* Whatever a guest's answers are: nothing breaks, and what is refused is unknown, never taken as empty. */
static void odd_answers_of_guests_break_nothing(void **state)
{
    static const char *const paths[] = {"/cluster/resources?type=vm",
                                        "/nodes/pve1/qemu/100/config",
                                        "/nodes/pve1/qemu/100/firewall/options",
                                        "/nodes/pve1/qemu/100/firewall/rules",
                                        "/nodes/pve1/qemu/100/firewall/aliases",
                                        "/nodes/pve1/qemu/100/firewall/ipset",
                                        "/nodes/pve1/qemu/100/firewall/ipset/x"};
    static const char *const odd[] = {
        "null",
        "7",
        "'x'",
        "{'a':[]}",
        "[[],7,null,{'name':5,'iface':{}},{'vmid':'x','node':7,'type':'qemu'}]",
        "{'digest':'x','net0':7,'net1':'','net2':'=,=,','net3':'virtio','net99999999999':'virtio=x'}",
        "[{'type':'in','action':{},'dport':[],'enable':'x'},{'type':'group','action':null}]",
        "[{'name':'x'},{'name':''},{'name':null},{'cidr':'nonsense'}]"};
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct plane_test t;
        for (size_t k = 0; k < sizeof(odd) / sizeof(odd[0]); k++) {
            begin(&t);
            OK("/nodes/pve1/qemu/100/firewall/ipset", "[{'name':'x'}]");
            put(&t, paths[i], 200, odd[k]);
            (void)blast(&t, AT_100, INSERT("'action':'DROP','proto':'tcp'"));
            (void)blast(&t, AT_CLUSTER, "[{'part':'options','op':'set','value':{'enable':0}}]");
            plane_test_argument(&t, "vmid", "100", 1);
            plane_test_argument(&t, "source", "203.0.113.5", 1);
            plane_test_argument(&t, "dest", "10.0.0.100", 1);
            (void)plane_test_read(&t, firewall, "pve_firewall_explain");
            plane_test_done(&t);
        }
        begin(&t);
        OK("/nodes/pve1/qemu/100/firewall/ipset", "[{'name':'x'}]");
        put(&t, paths[i], 403, "null");
        assert_int_equal(blast(&t, AT_CLUSTER, "[{'part':'options','op':'set','value':{'enable':0}}]"), 0);
        if (plane_test_told_count(&t, "incomplete") == 0)
            fail_msg("%s was refused and nothing is incomplete", paths[i]);
        plane_test_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_judge_is_told_as_such),
        cmocka_unit_test(sets_of_sdn_are_unknown),
        cmocka_unit_test(guests_ports_open_and_close_as_runs),
        cmocka_unit_test(a_containers_address_passes_its_ip_filter),
        cmocka_unit_test(a_destination_needs_the_guests_address),
        cmocka_unit_test(cards_without_the_flag_meet_no_firewall),
        cmocka_unit_test(a_set_of_the_datacenter_reaches_guests),
        cmocka_unit_test(odd_answers_of_guests_break_nothing),
        cmocka_unit_test(an_unknown_macro_is_never_a_guess),
    };
    firewall = plane_load("firewall");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
