/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a change of a firewall cuts off, as far as rows against the simulator cannot show it: connections from
 * elsewhere, answers that are missing or odd, offline nodes. */
#include "firewall_world.h"

/* ---- the operator */

static void who_would_be_cut_off_is_told_by_name_and_rule(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'tcp','dport':'8006'")), 0);
    expect_row(
        &t, RISK(3), "node/pve1",
        "cuts off the operator: no longer accepts tcp 8006 (API and GUI) from this connection (203.0.113.5): "
        "by rule 0 of the node's firewall: in DROP tcp dport 8006 from anywhere");
    expect_row(
        &t, RISK(3), "node/pve1",
        "cuts off the operator: no longer accepts tcp 8006 (API and GUI) from the operator's addresses "
        "(203.0.113.1, 203.0.113.14, 192.0.2.200)");
    expect_row(&t, RISK(1), "node/pve1",
               "still accepts tcp 22 (SSH) from this connection (203.0.113.5): by rule 0 of "
               "the datacenter's firewall");
    expect_nothing(&t, "affected", "pve2");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

static void one_of_the_operators_addresses_is_enough(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(blast(&t, AT_CLUSTER, "[{'part':'rules','op':'remove','pos':1}]"), 0);
    expect_row(&t, RISK(3), "node/pve1",
               "cuts off the operator: no longer accepts tcp 22 (SSH), 8006 (API and GUI) from the "
               "operator's addresses "
               "(192.0.2.200): by the default policy DROP");
    expect_row(&t, RISK(3), "node/pve2", "192.0.2.200");
    expect_nothing(&t, "affected", "no longer accepts tcp 8006 (API and GUI) from this connection");
    plane_test_done(&t);
}

/* An address that the change names lies in the operator's network, though its ends do not show it. */
static void a_part_of_the_operators_network_counts(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'REJECT','proto':'tcp','source':'203.0.113.9'")), 0);
    expect_row(&t, RISK(3), "node/pve1", "from the operator's addresses (203.0.113.9)");
    plane_test_done(&t);

    begin(&t);
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'REJECT','proto':'tcp','source':'203.0.113.99'")),
                     0);
    expect_row(&t, RISK(2), "node/pve1", "from addresses that the change names (203.0.113.99)");
    expect_nothing(&t, "affected", "cuts off the operator");
    plane_test_done(&t);
}

static void what_cannot_be_told_counts_as_lost(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'DROP','macro':'NoSuchMacro'")), 0);
    expect_row(&t, RISK(3), "node/pve1", "may cut off the operator: whether it then accepts ");
    expect_row(&t, RISK(3), "node/pve1", "cannot be told: host.fw rule 0 may match");
    plane_test_done(&t);

    begin(&t); /* it could not be told before either */
    put(&t, "/cluster/firewall/rules", 200,
        "[{'type':'in','action':'ACCEPT','macro':'NoSuchMacro','enable':1,'pos':0}]");
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'sctp'")), 0);
    expect_row(&t, RISK(3), "node/pve1",
               "whether it accepts all of tcp, all of udp, ping from this connection (203.0.113.5) "
               "cannot be told, before or after");
    plane_test_done(&t);
}

static void an_unknown_connection_makes_it_incomplete(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    t.reached = NULL;
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'sctp'")), 0);
    expect_words(&t, "incomplete", "whether this connection stays possible");
    plane_test_done(&t);

    begin(&t);
    t.reached = "{\"local\":\"203.0.113.5\",\"operator_addresses\":[\"nonsense\"]}";
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'sctp'")), 0);
    expect_words(&t, "incomplete", "the operator's address nonsense");
    plane_test_done(&t);
}

/* The port of a proxy in front, an address of the node that is not the cluster's, a node that calls itself.
 */
static void the_connection_is_looked_at_where_it_arrives(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    t.reached = "{\"local\":\"203.0.113.5\",\"endpoints\":[{\"host\":\"pve1\",\"port\":8443,\"address\":"
                "\"172.16.0.11\"}]}";
    OK("/nodes/pve1/network",
       "[{'iface':'vmbr0','cidr':'10.0.0.11/24'},{'iface':'vmbr9','cidr':'172.16.0.11/24'}]");
    OK("/nodes/pve1/firewall/rules", "[{'type':'in','action':'ACCEPT','iface':'vmbr9','enable':1,'pos':0}]");
    assert_int_equal(
        blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'tcp','dport':'8443','dest':'172.16.0.11'")), 0);
    expect_row(&t, RISK(3), "node/pve1",
               "cuts off the operator: no longer accepts tcp 8443 from this connection");
    plane_test_done(&t);

    begin(&t);
    t.reached = "{\"local\":\"10.0.0.11\",\"endpoints\":[{\"host\":\"pve2\",\"port\":8006,\"address\":\"10.0."
                "0.12\"}]}";
    assert_int_equal(blast(&t, AT_CLUSTER, INSERT("'action':'DROP','proto':'tcp','dport':'8006'")), 0);
    expect_row(&t, RISK(3), "node/pve2",
               "cuts off the operator: no longer accepts tcp 8006 (API and GUI) from this "
               "connection (10.0.0.11)");
    expect_nothing(&t, "affected", "\"node/pve1\",\"effect\":\"cuts off");
    plane_test_done(&t);
}

static void ipv6_needs_neighbour_discovery(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    OK("/nodes/pve1/network", "[{'iface':'vmbr0','cidr':'10.0.0.11/24','cidr6':'2001:db8::11/64'}]");
    assert_int_equal(blast(&t, AT_PVE1, "[{'part':'options','op':'set','value':{'ndp':0}}]"), 0);
    expect_row(&t, RISK(2), "node/pve1",
               "no longer accepts IPv6 neighbour discovery from the internet (IPv6)");
    plane_test_done(&t);
}

static void the_engine_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    OK("/nodes/pve1/firewall/options", "{'nftables':1}");
    OK("/cluster/sdn/vnets", "[{'vnet':'lab'}]");
    OK("/cluster/sdn/vnets/lab/firewall/options", "{'enable':1}");
    OK("/cluster/sdn/vnets/lab/firewall/rules", "[]");
    assert_int_equal(blast(&t, AT_100, INSERT("'action':'ACCEPT','proto':'tcp','dport':'80'")), 0);
    expect_row(
        &t, RISK(2), "guest/100",
        "cannot be told, before or after: the node uses the nftables engine, which differs in forward and "
        "VNet rules");
    assert_int_equal(
        blast(&t, AT_CLUSTER, "[{'part':'options','op':'set','value':{'policy_forward':'DROP'}}]"), 0);
    expect_row(&t, RISK(3), "node/pve1",
               "forward rules and VNet firewalls take effect with the nftables engine");
    expect_row(&t, RISK(1), "node/pve2", "have no effect here: the node uses the iptables engine");
    plane_test_done(&t);
}

static void a_connection_from_the_node_itself_meets_no_firewall(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    t.reached = "{\"local\":\"127.0.0.1\",\"endpoints\":[{\"host\":\"localhost\",\"port\":8006}]}";
    assert_int_equal(blast(&t, AT_CLUSTER, INSERT("'action':'DROP','proto':'tcp','dport':'8006'")), 0);
    expect_row(&t, RISK(1), "node/pve1", "this connection comes from 127.0.0.1");
    expect_nothing(&t, "affected", "cuts off the operator");
    expect_nothing(&t, "affected", "this connection (127.0.0.1)");
    /* but the other nodes no longer hand calls on to it */
    expect_row(&t, RISK(2), "node/pve2",
               "no longer accepts tcp 8006 (API and GUI) from other nodes of the cluster "
               "(10.0.0.11)");
    plane_test_done(&t);
}

/* ---- the cluster */

static void the_clusters_links_are_looked_at(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(blast(&t, AT_CLUSTER, INSERT("'action':'DROP','proto':'udp','source':'10.0.0.12'")), 0);
    expect_row(&t, RISK(3), "node/pve1",
               "breaks the cluster's links: no longer accepts udp 5404-5405 (corosync) from other nodes of "
               "the cluster "
               "(10.0.0.12)");
    plane_test_done(&t);

    begin(&t); /* a link by name: which address that is, is not known */
    OK("/cluster/config/nodes",
       "[{'name':'pve1','ring0_addr':'pve1.lan'},{'name':'pve2','ring0_addr':'10.0.0.12'}]");
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'sctp'")), 0);
    expect_words(&t, "incomplete", "the name pve1.lan");
    plane_test_done(&t);

    begin(&t); /* no cluster at all */
    OK("/cluster/config/nodes", "[]");
    put(&t, "/cluster/config/totem", 200, "null");
    OK("/cluster/status", "[{'type':'node','name':'pve1','online':1,'local':1,'ip':'10.0.0.11'}]");
    assert_int_equal(blast(&t, AT_CLUSTER, INSERT("'action':'DROP','proto':'sctp'")), 0);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

static void an_offline_node_is_unknown(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    OK("/cluster/status", "[{'type':'node','name':'pve1','online':1,'local':1,'ip':'10.0.0.11'},"
                          "{'type':'node','name':'pve2','online':0,'ip':'10.0.0.12'}]");
    assert_int_equal(blast(&t, AT_CLUSTER, INSERT("'action':'ACCEPT','proto':'tcp','dport':'443'")), 0);
    expect_words(&t, "incomplete", "node pve2");
    expect_row(&t, RISK(3), "node/pve1", "opens tcp 443 to the internet (IPv4)");
    plane_test_done(&t);
}

/* ---- what cannot be read */

static void parts_that_were_not_read_are_never_taken_as_empty(void **state)
{
    static const char *const paths[] = {
        "/cluster/firewall/options",  "/cluster/firewall/rules",  "/cluster/firewall/aliases",
        "/cluster/firewall/ipset",    "/cluster/firewall/groups", "/cluster/status",
        "/cluster/config/nodes",      "/cluster/config/totem",    "/nodes/pve1/firewall/options",
        "/nodes/pve1/firewall/rules", "/nodes/pve1/network",      "/cluster/firewall/refs?type=ipset"};
    static const char *const odd[] = {"null", "7", "'x'", "{'a':[]}", "[[],7,null,{'name':5,'iface':{}}]"};
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct plane_test t;
        begin(&t);
        put(&t, paths[i], 403, "null");
        assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'sctp'")), 0);
        if (plane_test_told_count(&t, "incomplete") == 0)
            fail_msg("%s was refused and nothing is incomplete", paths[i]);
        plane_test_done(&t);
        for (size_t k = 0; k < sizeof(odd) / sizeof(odd[0]); k++) {
            begin(&t);
            put(&t, paths[i], 200, odd[k]);
            (void)blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'sctp'"));
            (void)blast(&t, AT_CLUSTER, "[{'part':'options','op':'set','value':{'enable':0}}]");
            plane_test_done(&t);
        }
    }
}

static void the_part_that_is_changed_has_to_be_read(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    put(&t, "/nodes/pve1/firewall/rules", 500, "null");
    assert_int_equal(blast(&t, AT_PVE1, INSERT("'action':'DROP','proto':'tcp'")), 0);
    expect_words(&t, "incomplete", "what the change does on pve1");
    plane_test_done(&t);
}

static void a_subject_that_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *where, *edits, *words;
    } rows[] = {
        {AT_PVE1, "nonsense", "has a scope with its name, and edits"},
        {"'kind':'node','node':'pve1','scope':'moon'", "[]", "has a scope"},
        {"'kind':'guest','scope':'guest'", "[]", "has a scope"},
        {AT_PVE1, "[7]", "does not fit what is there: an edit needs"},
        {AT_PVE1, "[{'part':'rules','op':'remove','pos':0}]", "no rule stands at this"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plane_test t;
        begin(&t);
        expect_failure(&t, blast(&t, rows[i].where, rows[i].edits), PROXIMO_EINVAL, rows[i].words);
        plane_test_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_would_be_cut_off_is_told_by_name_and_rule),
        cmocka_unit_test(one_of_the_operators_addresses_is_enough),
        cmocka_unit_test(a_part_of_the_operators_network_counts),
        cmocka_unit_test(what_cannot_be_told_counts_as_lost),
        cmocka_unit_test(an_unknown_connection_makes_it_incomplete),
        cmocka_unit_test(the_connection_is_looked_at_where_it_arrives),
        cmocka_unit_test(ipv6_needs_neighbour_discovery),
        cmocka_unit_test(the_engine_is_told),
        cmocka_unit_test(a_connection_from_the_node_itself_meets_no_firewall),
        cmocka_unit_test(the_clusters_links_are_looked_at),
        cmocka_unit_test(an_offline_node_is_unknown),
        cmocka_unit_test(parts_that_were_not_read_are_never_taken_as_empty),
        cmocka_unit_test(the_part_that_is_changed_has_to_be_read),
        cmocka_unit_test(a_subject_that_makes_no_sense_is_refused),
    };
    firewall = plane_load("firewall");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
