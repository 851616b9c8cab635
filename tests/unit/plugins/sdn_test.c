/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sdn plane where its rows cannot reach: whose connection an apply may cut, what cannot be read or
 * brought back, in which order the way back edits, and what answers of another shape do.
 */
#include "plan_rig.h"

static const struct proximo_plane *sdn;

#define ZONE_LAB "{\"zone\":\"lab\",\"type\":\"simple\",\"ipam\":\"pve\",\"digest\":null}"
#define VNET_NET "{\"vnet\":\"net\",\"type\":\"vnet\",\"zone\":\"lab\",\"digest\":null}"
#define SUBNET(gw)                                                                                           \
    "{\"subnet\":\"lab-10.20.0.0-24\",\"id\":\"lab-10.20.0.0-24\",\"type\":\"subnet\",\"vnet\":\"net\","     \
    "\"zone\":\"lab\",\"cidr\":\"10.20.0.0/24\",\"network\":\"10.20.0.0\",\"mask\":\"24\","                  \
    "\"gateway\":\"" gw "\",\"dhcp-range\":[]}"
#define NO_CHANGES "{\"data\":[{\"iface\":\"vmbr0\",\"address\":\"10.10.10.11\"}]}"

/* One zone, one VNet, one subnet, two guests; nothing is pending. */
static void world(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_answer(t, "/cluster/sdn/zones?pending=1", 200, "[" ZONE_LAB "]");
    plane_test_answer(t, "/cluster/sdn/zones", 200, "[" ZONE_LAB "]");
    plane_test_answer(t, "/cluster/sdn/vnets?pending=1", 200, "[" VNET_NET "]");
    plane_test_answer(t, "/cluster/sdn/vnets", 200, "[" VNET_NET "]");
    plane_test_answer(t, "/cluster/sdn/controllers?pending=1", 200, "[]");
    plane_test_answer(t, "/cluster/sdn/controllers", 200, "[]");
    plane_test_answer(t, "/cluster/sdn/fabrics/all?pending=1", 200, "{\"fabrics\":[],\"nodes\":[]}");
    plane_test_answer(t, "/cluster/sdn/fabrics/all", 200, "{\"fabrics\":[],\"nodes\":[]}");
    plane_test_answer(t, "/cluster/sdn/prefix-lists?pending=1", 501, "null");
    plane_test_answer(t, "/cluster/sdn/prefix-lists", 501, "null");
    plane_test_answer(t, "/cluster/sdn/route-maps/entries?pending=1", 501, "null");
    plane_test_answer(t, "/cluster/sdn/route-maps/entries", 501, "null");
    plane_test_answer(t, "/cluster/sdn/vnets/net/subnets?pending=1", 200, "[" SUBNET("10.20.0.1") "]");
    plane_test_answer(t, "/cluster/sdn/vnets/net/subnets", 200, "[" SUBNET("10.20.0.1") "]");
    plane_test_answer(
        t, "/nodes", 200,
        "[{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":\"pve2\",\"status\":\"offline\"}]");
    plane_test_answer(t, "/nodes/pve1/sdn/zones", 200, "[{\"zone\":\"lab\",\"status\":\"available\"}]");
    plane_test_answer(t, "whole:/nodes/pve1/network", 200, NO_CHANGES);
    plane_test_answer(
        t, "/cluster/resources?type=vm", 200,
        "[{\"type\":\"qemu\",\"vmid\":100,\"name\":\"web\",\"node\":\"pve1\",\"status\":\"running\"},"
        "{\"type\":\"lxc\",\"vmid\":105,\"node\":\"pve1\",\"status\":\"stopped\"}]");
    plane_test_answer(t, "/nodes/pve1/qemu/100/config", 200,
                      "{\"digest\":\"a\",\"net0\":\"virtio=BC:24:11:00:00:01,bridge=net,firewall=1\"}");
    plane_test_answer(
        t, "/nodes/pve1/lxc/105/config", 200,
        "{\"digest\":\"b\",\"net0\":\"name=eth0,bridge=net2\",\"net1\":\"name=bridge,bridge=ne\","
        "\"description\":\"bridge=net\"}");
}

#define SUBJECT "{\"kind\":\"sdn\",\"id\":\"cluster\"}"

static void blast(struct plane_test *t)
{
    assert_int_equal(plane_test_blast(t, sdn, "sdn.apply", SUBJECT), 0);
}

/* The zone of the VNet gets another MTU. */
static void zone_changes(struct plane_test *t)
{
    answer_instead(t, "/cluster/sdn/zones?pending=1", 200,
                   "[{\"zone\":\"lab\",\"type\":\"simple\",\"ipam\":\"pve\",\"state\":\"changed\","
                   "\"pending\":{\"mtu\":1400}}]");
    answer_instead(t, "/cluster/sdn/zones", 200,
                   "[{\"zone\":\"lab\",\"type\":\"simple\",\"ipam\":\"pve\",\"mtu\":1400,\"digest\":\"d\"}]");
}

/* Only a NIC whose bridge is the VNet hangs on it: not one that begins so, nor a note that says so. */
static void a_guest_hangs_on_the_very_vnet(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    zone_changes(&t);
    blast(&t);
    expect_words(&t, "affected",
                 "\"resource\":\"guest/100\",\"name\":\"web\",\"effect\":\"net0 hangs on VNet net");
    assert_false(words_told(&t, "affected", "guest/105"));
    expect_words(&t, "affected", "\"firewall\":true");
    expect_words(&t, "affected", "node/pve2");
    expect_words(&t, "affected", "is off: it takes over");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

static void a_guest_that_cannot_be_read_is_said(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    zone_changes(&t);
    answer_instead(&t, "/nodes/pve1/lxc/105/config", 403, "null");
    blast(&t);
    expect_words(&t, "incomplete", "the configuration of 1 guests was not read; the first is 105");
    plane_test_done(&t);
}

/* A node's waiting changes go along; where this program's connection is on them, that is said. */
static void waiting_changes_may_cut_the_connection(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    t.reached = "{\"local\":\"192.0.2.5\",\"endpoints\":[{\"host\":\"pve1.lan\",\"port\":8006,\"address\":"
                "\"10.10.10.11\"}]}";
    answer_instead(&t, "whole:/nodes/pve1/network", 200,
                   "{\"data\":[{\"iface\":\"vmbr0\",\"address\":\"10.10.10.11\"}],"
                   "\"changes\":\"--- a\\n+++ b\\n@@ -1 +1 @@\\n iface vmbr0 inet static\\n-\\tmtu "
                   "1500\\n+\\tmtu 9000\\n\"}");
    blast(&t);
    expect_words(&t, "affected",
                 "reloads its network; its own interface changes that wait are applied as well");
    expect_words(&t, "affected", "\"waiting_changes\":\"- mtu 1500; + mtu 9000\"");
    expect_words(&t, "affected", "10.10.10.11, is on its interface vmbr0, and its waiting changes touch it");
    plane_test_done(&t);

    /* another interface, one whose name begins alike, is none of it */
    world(&t);
    t.reached = "{\"endpoints\":[{\"host\":\"10.10.10.11\",\"port\":8006}]}";
    answer_instead(
        &t, "whole:/nodes/pve1/network", 200,
        "{\"data\":[{\"iface\":\"vmbr0\",\"address\":\"10.10.10.11\"}],"
        "\"changes\":\"--- a\\n+++ b\\n iface vmbr01 inet static\\n+\\taddress 10.10.10.110/24\\n\"}");
    blast(&t);
    assert_false(words_told(&t, "affected", "may be lost"));
    plane_test_done(&t);

    /* the address itself goes */
    world(&t);
    t.reached = "{\"endpoints\":[{\"host\":\"10.10.10.11\",\"port\":8006}]}";
    answer_instead(&t, "whole:/nodes/pve1/network", 200,
                   "{\"data\":[{\"iface\":\"vmbr0\",\"address\":\"10.10.10.99\"}],"
                   "\"changes\":\"-\\taddress 10.10.10.11/24\\n+\\taddress 10.10.10.99/24\\n\"}");
    blast(&t);
    expect_words(&t, "affected", "is on its interface that loses it");
    plane_test_done(&t);
}

/* An operator or this program sits in a subnet that changes. */
static void a_subnet_that_changes_may_cut_operators(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    t.reached =
        "{\"local\":\"10.20.0.77\",\"operator_addresses\":[\"10.20.0.128/25\",\"10.21.0.0/24\",\"fd00::1\"]}";
    answer_instead(&t, "/cluster/sdn/vnets/net/subnets?pending=1", 200,
                   "[{\"subnet\":\"lab-10.20.0.0-24\",\"vnet\":\"net\",\"zone\":\"lab\",\"cidr\":\"10.20.0.0/"
                   "24\",\"gateway\":\"10.20.0.1\","
                   "\"state\":\"deleted\"}]");
    answer_instead(&t, "/cluster/sdn/vnets/net/subnets", 200, "[]");
    blast(&t);
    expect_words(&t, "affected", "this program's own address, 10.20.0.77, lies in it");
    expect_words(&t, "affected", "an operator's address, 10.20.0.128/25, lies in it");
    assert_false(words_told(&t, "affected", "10.21.0.0"));
    expect_words(&t, "affected", "guests that use 10.20.0.1 as their gateway have no way out");
    plane_test_done(&t);
}

/* ---- plans of apply */

static void what_cannot_be_read_has_no_way_back(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/sdn/vnets?pending=1", 403, "null");
    assert_int_equal(plane_test_plan(&t, sdn, "pve_sdn_apply"), 0);
    expect_words(&t, "incomplete", "the SDN vnets");
    expect_words(&t, "undo", "\"kind\":1");
    expect_words(&t, "facts", "not all that is pending could be read");
    plane_test_done(&t);

    /* null is unread, not empty */
    world(&t);
    answer_instead(&t, "/cluster/sdn/zones?pending=1", 200, "null");
    assert_int_equal(plane_test_plan(&t, sdn, "pve_sdn_apply"), 0);
    expect_words(&t, "incomplete", "nothing was read");
    plane_test_done(&t);
}

static void what_this_plane_does_not_edit_has_no_way_back(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/sdn/fabrics/all?pending=1", 200,
                   "{\"fabrics\":[{\"id\":\"f0\",\"protocol\":\"ospf\",\"state\":\"new\",\"pending\":{"
                   "\"area\":\"0\"}}],\"nodes\":[]}");
    assert_int_equal(plane_test_plan(&t, sdn, "pve_sdn_apply"), 0);
    expect_words(&t, "summary", "fabric/f0: new");
    expect_words(&t, "facts", "pending fabric/f0");
    expect_words(&t, "facts", "fabric \\\"f0\\\" is among what is pending");
    expect_words(&t, "undo", "\"kind\":1");
    plane_test_done(&t);

    /* a zone that was deleted and made again as another type */
    world(&t);
    answer_instead(&t, "/cluster/sdn/zones?pending=1", 200,
                   "[{\"zone\":\"lab\",\"type\":\"simple\",\"state\":\"changed\",\"pending\":{\"type\":"
                   "\"vlan\",\"bridge\":\"vmbr0\"}}]");
    answer_instead(&t, "/cluster/sdn/zones", 200,
                   "[{\"zone\":\"lab\",\"type\":\"vlan\",\"bridge\":\"vmbr0\"}]");
    assert_int_equal(plane_test_plan(&t, sdn, "pve_sdn_apply"), 0);
    expect_words(&t, "facts", "is of another type than before");
    plane_test_done(&t);
}

static void the_version_decides_what_is_sent(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    assert_int_equal(plane_test_plan(&t, sdn, "pve_sdn_apply"), 0);
    expect_words(&t, "steps", "\"name\":\"release-lock\",\"value\":\"1\"");
    plane_test_done(&t);

    world(&t);
    t.version = "8.4.1";
    assert_int_equal(plane_test_plan(&t, sdn, "pve_sdn_apply"), 0);
    assert_false(words_told(&t, "steps", "release-lock"));
    plane_test_done(&t);

    world(&t);
    t.version = "";
    expect_failure(&t, plane_test_plan(&t, sdn, "pve_sdn_apply"), PROXIMO_EUNAVAIL,
                   "version of Proxmox VE is not known");
    plane_test_done(&t);
}

static void proxmox_8_is_refused_with_words(void **state)
{
    static const char *const changes[] = {"pve_sdn_lock", "pve_sdn_unlock", "pve_sdn_rollback"};
    static const char *const reads[] = {"pve_sdn_dry_run", "pve_sdn_fabrics_list"};
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        world(&t);
        t.version = "8.4.1";
        expect_failure(&t, plane_test_plan(&t, sdn, changes[i]), PROXIMO_ENOSYS, "it came with Proxmox VE 9");
        plane_test_done(&t);
    }
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        world(&t);
        t.version = "8.4.1";
        plane_test_argument(&t, "node", "pve1", 1);
        expect_failure(&t, plane_test_read(&t, sdn, reads[i]), PROXIMO_ENOSYS, "it came with Proxmox VE 9");
        plane_test_done(&t);
    }
}

/* ---- the way back */

static void at_step(const struct plane_test *t, uint32_t n, const char *method, const char *words)
{
    const char *told = plane_test_told(t, "steps", n);
    if (!told || !strstr(told, method) || !strstr(told, words))
        fail_msg("step %u is %s, not %s ... %s", (unsigned)n, told ? told : "none", method, words);
}

/* A zone, its VNet and subnet went, others came: what is needed is made first, what is used goes last. */
static void the_way_back_edits_in_an_order_that_holds(void **state)
{
    static const char record[] =
        "{\"before\":[{\"\":[]},{\"\":[{\"zone\":\"lab\",\"type\":\"simple\"},{\"zone\":\"old\",\"type\":"
        "\"vlan\",\"bridge\":\"vmbr0\"}]},"
        "{\"\":[{\"vnet\":\"net\",\"type\":\"vnet\",\"zone\":\"lab\"},{\"vnet\":\"gone\",\"type\":\"vnet\","
        "\"zone\":\"old\",\"tag\":7,\"alias\":\"a b\"},"
        "{\"vnet\":\"new\",\"type\":\"vnet\",\"state\":\"new\",\"pending\":{\"zone\":\"z2\"}}]},"
        "{\"\":[{\"subnet\":\"old-10.9.0.0-24\",\"vnet\":\"gone\",\"zone\":\"old\",\"cidr\":\"10.9.0.0/"
        "24\",\"network\":\"10.9.0.0\",\"mask\":\"24\","
        "\"dhcp-range\":[{\"start-address\":\"10.9.0.5\",\"end-address\":\"10.9.0.9\"}],\"snat\":1}]}],"
        "\"after\":[{\"\":[]},{\"\":[{\"zone\":\"lab\",\"type\":\"simple\",\"mtu\":1400},{\"zone\":\"z2\","
        "\"type\":\"simple\"}]},"
        "{\"\":[{\"vnet\":\"net\",\"type\":\"vnet\",\"zone\":\"lab\"},{\"vnet\":\"new\",\"type\":\"vnet\","
        "\"zone\":\"z2\"}]},{\"\":[]}]}";
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(
        &t, "/cluster/sdn/zones?pending=1", 200,
        "[{\"zone\":\"lab\",\"type\":\"simple\",\"mtu\":1400},{\"zone\":\"z2\",\"type\":\"simple\"}]");
    answer_instead(&t, "/cluster/sdn/vnets?pending=1", 200,
                   "[{\"vnet\":\"net\",\"type\":\"vnet\",\"zone\":\"lab\"},{\"vnet\":\"new\",\"type\":"
                   "\"vnet\",\"zone\":\"z2\"}]");
    plane_test_answer(&t, "/cluster/sdn/vnets/new/subnets?pending=1", 200, "[]");
    plane_test_answer(&t, "/cluster/sdn/vnets/new/subnets", 200, "[]");
    assert_int_equal(plane_test_plan_undo(&t, sdn, "pve_sdn_apply", record), 0);
    at_step(&t, 0, "POST", "\"name\":\"zone\",\"value\":\"old\"");
    at_step(&t, 1, "PUT", "\"name\":\"delete\",\"value\":\"mtu\"");
    at_step(&t, 2, "DELETE", "\"value\":\"new\"");
    at_step(&t, 3, "POST", "\"name\":\"alias\",\"value\":\"a b\"");
    at_step(&t, 4, "POST",
            "\"name\":\"dhcp-range\",\"value\":\"start-address=10.9.0.5,end-address=10.9.0.9\"");
    at_step(&t, 4, "\"name\":\"subnet\",\"value\":\"10.9.0.0/24\"", "\"name\":\"type\",\"value\":\"subnet\"");
    at_step(&t, 5, "DELETE", "\"value\":\"z2\"");
    at_step(&t, 6, "PUT", "\"path\":\"/cluster/sdn\"");
    assert_int_equal(plane_test_told_count(&t, "steps"), 7);
    expect_words(&t, "subjects", "\\\"kind\\\":\\\"zone\\\",\\\"id\\\":\\\"z2\\\",\\\"to\\\":null");
    plane_test_done(&t);
}

/* Nothing of a way back is pending when it is planned: whom it hurts is worked out from its subject. */
static void the_way_back_says_whom_it_hurts(void **state)
{
    static const char *const classes[] = {"sdn.apply", "sdn.rollback"};
    static const char *const wanted[] = {"loses this network (net0)", "is edited again"};
    static const char subject[] =
        "{\"kind\":\"sdn\",\"id\":\"cluster\",\"back\":\"[{\\\"kind\\\":\\\"vnet\\\","
        "\\\"id\\\":\\\"net\\\",\\\"to\\\":null},{\\\"kind\\\":\\\"x\\\"},7]\"}";
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        world(&t);
        plane_test_answer(&t, "/cluster/sdn/vnets/net/firewall/rules", 200, "[{\"pos\":0}]");
        assert_int_equal(plane_test_blast(&t, sdn, classes[i], subject), 0);
        expect_words(&t, "affected", wanted[i]);
        plane_test_done(&t);
    }
}

static void a_value_that_is_not_known_is_no_way_back(void **state)
{
    static const char record[] =
        "{\"before\":[{\"\":[{\"zone\":\"lab\",\"type\":\"simple\",\"future\":\"x\"}]}],"
        "\"after\":[{\"\":[{\"zone\":\"lab\",\"type\":\"simple\"}]}]}";
    struct plane_test t;
    (void)state;
    world(&t);
    assert_int_equal(plane_test_plan_undo(&t, sdn, "pve_sdn_apply", record), PROXIMO_ESTATE);
    assert_non_null(strstr(t.fail_text, "\"future\" of zone \"lab\" is not known to this plane"));
    plane_test_done(&t);

    world(&t);
    assert_true(plane_test_plan_undo(&t, sdn, "pve_sdn_apply", "{\"before\":[],\"after\":[]}") < 0);
    plane_test_done(&t);
    world(&t);
    assert_true(plane_test_plan_undo(&t, sdn, "pve_sdn_rollback", "[]") < 0);
    plane_test_done(&t);
}

/* Answers of another shape are read as far as they go. */
static void hostile_lists(void **state)
{
    static const char *const lists[] = {"{}",
                                        "[null,1,\"x\",[]]",
                                        "[{\"zone\":{\"a\":1}}]",
                                        "\"x\"",
                                        "[{\"zone\":\"a\",\"state\":\"changed\",\"pending\":[1]}]",
                                        "[{\"zone\":\"a\",\"state\":7,\"pending\":null}]"};
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        world(&t);
        answer_instead(&t, "/cluster/sdn/zones?pending=1", 200, lists[i]);
        answer_instead(&t, "/cluster/sdn/zones", 200, lists[i]);
        assert_int_equal(plane_test_read(&t, sdn, "pve_sdn_pending"), 0);
        plane_test_done(&t);
        world(&t);
        answer_instead(&t, "/cluster/sdn/zones?pending=1", 200, lists[i]);
        answer_instead(&t, "whole:/nodes/pve1/network", 200, lists[i]);
        answer_instead(&t, "/nodes/pve1/sdn/zones", 200, lists[i]);
        (void)plane_test_blast(&t, sdn, "sdn.apply", SUBJECT);
        plane_test_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_hangs_on_the_very_vnet),
        cmocka_unit_test(a_guest_that_cannot_be_read_is_said),
        cmocka_unit_test(waiting_changes_may_cut_the_connection),
        cmocka_unit_test(a_subnet_that_changes_may_cut_operators),
        cmocka_unit_test(what_cannot_be_read_has_no_way_back),
        cmocka_unit_test(what_this_plane_does_not_edit_has_no_way_back),
        cmocka_unit_test(the_version_decides_what_is_sent),
        cmocka_unit_test(proxmox_8_is_refused_with_words),
        cmocka_unit_test(the_way_back_edits_in_an_order_that_holds),
        cmocka_unit_test(the_way_back_says_whom_it_hurts),
        cmocka_unit_test(a_value_that_is_not_known_is_no_way_back),
        cmocka_unit_test(hostile_lists),
    };
    sdn = plane_load("sdn");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
