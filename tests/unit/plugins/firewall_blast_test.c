/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a change of a firewall cuts off, as far as rows against the simulator cannot show it: connections from
 * elsewhere, answers that are missing or odd, offline nodes. Single quotes stand for double. */
#include "plan_rig.h"

static const struct proximo_plane *firewall;

static void put(struct plane_test *t, const char *path, int32_t status, const char *text)
{
    char *copy = plane_test_copy(t, text, strlen(text));
    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    for (uint32_t i = 0; i < t->answer_count; i++) {
        if (strcmp(t->answers[i].path, path) == 0) {
            answer_instead(t, path, status, copy);
            return;
        }
    }
    plane_test_answer(t, path, status, copy);
}

#define OK(path, text) put(&t, path, 200, text)

static void put_node(struct plane_test *t, const char *node, const char *cidr)
{
    char path[200], text[300];
    (void)snprintf(path, sizeof(path), "/nodes/%s/firewall/options", node);
    put(t, path, 200, "{}");
    (void)snprintf(path, sizeof(path), "/nodes/%s/firewall/rules", node);
    put(t, path, 200, "[]");
    (void)snprintf(path, sizeof(path), "/nodes/%s/network", node);
    (void)snprintf(text, sizeof(text), "[{'iface':'vmbr0','type':'bridge','cidr':'%s'}]", cidr);
    put(t, path, 200, text);
}

/* Two nodes with the firewall on and nothing but its built-in rules; who calls is an operator from elsewhere.
 */
static void begin(struct plane_test *t)
{
    plane_test_init(t);
    t->reached = "{\"local\":\"203.0.113.5\",\"endpoints\":[{\"host\":\"pve1\",\"port\":8006,\"address\":"
                 "\"10.0.0.11\"}],\"operator_addresses\":[\"203.0.113.0/28\",\"192.0.2.200\"]}";
    put(t, "/cluster/firewall/options", 200, "{'enable':1}");
    put(t, "/cluster/firewall/rules", 200,
        "[{'type':'in','action':'ACCEPT','proto':'tcp','dport':'22,8006','source':'203.0.113.0/"
        "24','enable':1,"
        "'pos':0},{'type':'in','action':'ACCEPT','proto':'tcp','dport':'22,8006','source':'192.0.2.200',"
        "'enable':1,'pos':1}]");
    put(t, "/cluster/firewall/aliases", 200, "[]");
    put(t, "/cluster/firewall/ipset", 200, "[]");
    put(t, "/cluster/firewall/groups", 200, "[]");
    put(t, "/cluster/status", 200,
        "[{'type':'cluster','name':'lab','quorate':1},{'type':'node','name':'pve1','online':1,'local':1,'ip':"
        "'10.0.0.11'},{'type':'node','name':'pve2','online':1,'local':0,'ip':'10.0.0.12'}]");
    put(t, "/cluster/config/nodes", 200,
        "[{'name':'pve1','ring0_addr':'10.0.0.11'},{'name':'pve2','ring0_addr':'10.0.0.12'}]");
    put(t, "/cluster/config/totem", 200, "{'version':'2'}");
    put(t, "/cluster/firewall/refs?type=ipset", 200, "[]");
    put_node(t, "pve1", "10.0.0.11/24");
    put_node(t, "pve2", "10.0.0.12/24");
    put(t, "/cluster/resources?type=vm", 200,
        "[{'type':'qemu','vmid':100,'name':'web','node':'pve1','status':'running'},{'type':'lxc','vmid':101,"
        "'name':'db','node':'pve1','status':'running'}]");
    put(t, "/nodes/pve1/qemu/100/config", 200,
        "{'digest':'x','net0':'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1','net1':'e1000=BC:24:11:00:"
        "00:02,"
        "bridge=vmbr1'}");
    put(t, "/nodes/pve1/lxc/101/config", 200,
        "{'digest':'x','net0':'name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:00:00:03,ip=10.0.0.101/"
        "24'}");
    static const char *const guests[] = {"qemu/100", "lxc/101"};
    for (size_t i = 0; i < 2; i++) {
        char path[200];
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/firewall/options", guests[i]);
        put(t, path, 200, "{'enable':1}");
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/firewall/rules", guests[i]);
        put(t, path, 200, "[]");
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/firewall/aliases", guests[i]);
        put(t, path, 200, "[]");
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/firewall/ipset", guests[i]);
        put(t, path, 200, "[]");
    }
}

static int32_t blast(struct plane_test *t, const char *where, const char *edits)
{
    char subject[3000];
    size_t len = (size_t)snprintf(subject, sizeof(subject), "{%s,'edit':'", where);
    for (size_t i = 0; i < len; i++)
        subject[i] = subject[i] == '\'' ? '"' : subject[i];
    for (const char *at = edits; *at; at++) {
        if (*at == '\'')
            subject[len++] = '\\';
        subject[len++] = *at == '\'' ? '"' : *at;
    }
    subject[len++] = '"';
    subject[len++] = '}';
    subject[len] = '\0';
    return plane_test_blast(t, firewall, "firewall.rule", subject);
}

#define AT_CLUSTER   "'kind':'firewall','id':'cluster','scope':'cluster'"
#define AT_PVE1      "'kind':'node','node':'pve1','scope':'node'"
#define AT_100       "'kind':'guest','vmid':100,'node':'pve1','scope':'guest'"
#define AT_101       "'kind':'guest','vmid':101,'scope':'guest'"
#define INSERT(rule) "[{'part':'rules','op':'insert','value':{'type':'in','enable':1," rule "}}]"

static void expect_nothing(const struct plane_test *t, const char *list, const char *words)
{
    if (words_told(t, list, words))
        fail_msg("%s has \"%s\"", list, words);
}

#define RISK(level) "\"risk\":" #level

/* One affected thing has all of these words. */
static void expect_row(const struct plane_test *t, const char *risk, const char *resource, const char *words)
{
    for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++) {
        const char *row = plane_test_told(t, "affected", i);
        if (strstr(row, risk) && strstr(row, resource) && strstr(row, words))
            return;
    }
    for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++)
        print_error("%s\n", plane_test_told(t, "affected", i));
    fail_msg("no row with %s %s %s", risk, resource, words);
}

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
               "whether it accepts tcp 8006 (API and GUI) from this connection (203.0.113.5) "
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_would_be_cut_off_is_told_by_name_and_rule),
        cmocka_unit_test(one_of_the_operators_addresses_is_enough),
        cmocka_unit_test(a_part_of_the_operators_network_counts),
        cmocka_unit_test(what_cannot_be_told_counts_as_lost),
        cmocka_unit_test(an_unknown_connection_makes_it_incomplete),
        cmocka_unit_test(a_connection_from_the_node_itself_meets_no_firewall),
        cmocka_unit_test(the_clusters_links_are_looked_at),
        cmocka_unit_test(an_offline_node_is_unknown),
        cmocka_unit_test(parts_that_were_not_read_are_never_taken_as_empty),
        cmocka_unit_test(the_part_that_is_changed_has_to_be_read),
        cmocka_unit_test(a_subject_that_makes_no_sense_is_refused),
        cmocka_unit_test(nothing_to_judge_is_told_as_such),
        cmocka_unit_test(sets_of_sdn_are_unknown),
        cmocka_unit_test(guests_ports_open_and_close_as_runs),
        cmocka_unit_test(a_containers_address_passes_its_ip_filter),
        cmocka_unit_test(a_destination_needs_the_guests_address),
        cmocka_unit_test(cards_without_the_flag_meet_no_firewall),
        cmocka_unit_test(a_set_of_the_datacenter_reaches_guests),
        cmocka_unit_test(an_unknown_macro_is_never_a_guess),
    };
    firewall = plane_load("firewall");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
