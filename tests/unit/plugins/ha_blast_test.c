/* SPDX-License-Identifier: Apache-2.0 */
/* Blast functions of HA: answers that are missing or make no sense, what ties a guest to its node, room. */
#include "ha_world.h"

/* ---- what is not read is said */

static void what_is_not_read_is_incomplete(void **state)
{
    static const struct {
        const char *path, *words;
    } cases[] = {{"/nodes", "nodes"},
                 {"/cluster/resources?type=vm", "guests of the cluster"},
                 {"/cluster/ha/resources", "HA resources"},
                 {"/cluster/ha/rules", "HA rules"},
                 {"/cluster/ha/status/current", "status of HA"},
                 {"/cluster/ha/status/manager_status", "manager's status"},
                 {"/storage", "storages"},
                 {"/cluster/replication", "replication"},
                 {"/nodes/pve1/qemu/105/config", "ties guest 105"}};
    static const char *const nonsense[] = {"null", "{}", "\"x\"", "[]"};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        world(&t);
        NOT_READ(&t, cases[i].path);
        assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT(",\"state\":\"started\"")), 0);
        expect_words(&t, "incomplete", cases[i].words);
        plane_test_done(&t);
        /* another kind of answer ends nothing */
        for (size_t k = 0; k < sizeof(nonsense) / sizeof(nonsense[0]); k++) {
            world(&t);
            answer_instead(&t, cases[i].path, 200, nonsense[k]);
            assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT(",\"state\":\"started\"")), 0);
            if (k == 0)
                expect_words(&t, "incomplete", cases[i].words);
            plane_test_done(&t);
        }
    }
}

static void odd_rows_are_passed_over(void **state)
{
    static const char *const classes[] = {"ha.add",     "ha.update",      "ha.remove",
                                          "ha.migrate", "ha.rule.update", "ha.disarm"};
    (void)state;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        struct plane_test t;
        world(&t);
        answer_instead(&t, "/nodes", 200,
                       "[{},null,7,{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":[]}]");
        answer_instead(&t, "/cluster/ha/resources", 200,
                       "[null,{},{\"sid\":\"vm\"},{\"sid\":\"vm:105\",\"state\":{}},{\"sid\":\":\"},"
                       "{\"sid\":\"vm:99999999999999999999\"}]");
        answer_instead(&t, "/cluster/ha/rules", 200,
                       "[null,{\"rule\":\"a\"},{\"rule\":\"b\",\"type\":\"node-affinity\",\"nodes\":\"pve1:"
                       "99999999,,;pve7:x,:2\","
                       "\"resources\":\",,vm:105;vm:105 "
                       "nothing\"},{\"rule\":\"c\",\"type\":\"resource-affinity\"},{\"rule\":[]}]");
        answer_instead(&t, "/cluster/ha/status/current", 200,
                       "[null,{},{\"sid\":\"vm:105\",\"node\":\"gone\"}]");
        assert_int_equal(plane_test_blast(&t, ha, classes[i],
                                          i == 4   ? "{\"kind\":\"ha-rule\",\"id\":\"b\"}"
                                          : i == 5 ? "{\"kind\":\"ha\",\"id\":\"cluster\"}"
                                                   : SUBJECT(",\"target\":\"pve1\"")),
                         0);
        plane_test_done(&t);
    }
}

static void a_cluster_larger_than_the_model_is_said(void **state)
{
    static char nodes[8000];
    struct plane_test t;
    size_t len = 0;
    (void)state;
    for (unsigned i = 0; i < 70; i++)
        len += (size_t)snprintf(nodes + len, sizeof(nodes) - len,
                                "%c{\"node\":\"n%02u\",\"status\":\"online\"}", i ? ',' : '[', i);
    (void)snprintf(nodes + len, sizeof(nodes) - len, "]");
    world(&t);
    answer_instead(&t, "/nodes", 200, nodes);
    assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT("")), 0);
    expect_words(&t, "incomplete", "more nodes");
    plane_test_done(&t);
}

/* ---- what ties a guest */

static void ties_are_told(void **state)
{
    static const struct {
        const char *config, *words;
    } cases[] = {
        {"\"scsi0\":\"ceph:vm-105-disk-0,size=8G\"", "started again on one of pve2, pve3\""},
        {"\"scsi0\":\"local-lvm:vm-105-disk-0,size=8G\"",
         "starts only on pve3: scsi0 is on storage local-lvm, which is each node's own"}, /* replicated there
                                                                                           */
        {"\"scsi0\":\"local-lvm:vm-105-disk-0,size=8G,replicate=0\"", "does not start there: scsi0"},
        {"\"scsi0\":\"san:vm-105-disk-0,size=8G\"",
         "starts only on pve3: scsi0 is on storage san, which not all"},
        {"\"scsi0\":\"gone:vm-105-disk-0,size=8G\"", "whether its disks and devices are there is not known"},
        {"\"scsi0\":\"/dev/sdb\"", "does not start there: scsi0 is a device"},
        {"\"ide2\":\"local:iso/x.iso,media=cdrom\"", "does not start there: ide2"},
        {"\"ide2\":\"none,media=cdrom\"", "started again on one of pve2, pve3\""},
        {"\"unused0\":\"local-lvm:vm-105-disk-3\"", "started again on one of pve2, pve3\""},
        {"\"hostpci0\":\"0000:01:00\"", "does not start there: hostpci0 is a device of its node"},
        {"\"hostpci0\":\"mapping=gpu\"", "starts only on pve2: hostpci0 needs mapping gpu"},
        {"\"usb0\":\"mapping=key\"", "starts only on pve2: usb0 needs mapping key"},
        {"\"usb0\":\"spice\"", "started again on one of pve2, pve3\""},
        {"\"usb0\":\"host=1234:5678\"", "does not start there: usb0"},
        {"\"serial0\":\"socket\"", "started again on one of pve2, pve3\""},
        {"\"serial0\":\"/dev/ttyS0\"", "does not start there: serial0"},
        {"\"hookscript\":\"local:snippets/x.pl\"", "does not start there: hookscript"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char config[300];
        struct plane_test t;
        world(&t);
        (void)snprintf(config, sizeof(config), "{\"digest\":\"d\",%s}", cases[i].config);
        answer_instead(&t, "/nodes/pve1/qemu/105/config", 200, config);
        assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT("")), 0);
        expect_words(&t, "affected", cases[i].words);
        plane_test_done(&t);
    }
}

static void mappings_that_are_not_read_are_not_known(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/nodes/pve1/qemu/105/config", 200, "{\"digest\":\"d\",\"hostpci0\":\"mapping=gpu\"}");
    NOT_READ(&t, "/cluster/mapping/pci");
    assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT("")), 0);
    expect_words(&t, "incomplete", "resource mappings");
    expect_words(&t, "affected", "not known");
    plane_test_done(&t);
}

/* ---- room, quorum, watchdogs, templates */

static void too_little_room_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    /* 16 GiB that may go to pve3 alone, which has 32 GiB and 24 of them given out */
    answer_instead(
        &t, "/cluster/resources?type=vm", 200,
        "[{\"type\":\"qemu\",\"vmid\":105,\"node\":\"pve1\",\"status\":\"running\",\"maxmem\":17179869184},"
        "{\"type\":\"qemu\",\"vmid\":107,\"node\":\"pve3\",\"status\":\"running\",\"maxmem\":25769803776}]");
    assert_int_equal(
        plane_test_blast(&t, ha, "ha.rule.create",
                         "{\"kind\":\"ha-rule\",\"id\":\"r\",\"type\":\"node-affinity\",\"resources\":"
                         "\"vm:105\",\"nodes\":\"pve1,pve3\",\"strict\":\"1\"}"),
        0);
    expect_words(&t, "affected", "\"resource\":\"node/pve1\"");
    expect_words(&t, "affected", "16.0 GiB of memory elsewhere, and 16.0 GiB");
    plane_test_done(&t);
}

static void a_size_that_is_not_known_is_said(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/resources", 200, "[{\"sid\":\"ct:106\",\"state\":\"started\"}]");
    answer_instead(
        &t, "/cluster/resources?type=vm", 200,
        "[{\"type\":\"qemu\",\"vmid\":105,\"node\":\"pve1\",\"status\":\"running\"},"
        "{\"type\":\"lxc\",\"vmid\":106,\"node\":\"pve2\",\"status\":\"running\",\"maxmem\":8589934592}]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.add", SUBJECT("")), 0);
    expect_words(&t, "incomplete", "whether other nodes have the memory");
    plane_test_done(&t);
}

static void a_majority_that_would_be_lost_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/nodes", 200,
                   "[{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":\"pve2\",\"status\":\"online\"}]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT("")), 0);
    expect_words(&t, "affected", "1 of 2 nodes are left, which is no majority");
    plane_test_done(&t);
}

static void a_first_resource_arms_its_node(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/resources", 200, "[{\"sid\":\"ct:106\",\"state\":\"started\"}]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.add", SUBJECT("")), 0);
    expect_words(&t, "affected", "gets its first HA resource");
    plane_test_done(&t);
    /* it is there already */
    world(&t);
    assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT(",\"state\":\"started\"")), 0);
    assert_false(words_told(&t, "affected", "first HA resource"));
    plane_test_done(&t);
    /* so is another one */
    world(&t);
    answer_instead(&t, "/cluster/ha/resources", 200, "[{\"sid\":\"ct:106\",\"state\":\"started\"}]");
    answer_instead(&t, "/cluster/ha/status/current", 200,
                   "[" STATUS_ROW "," SERVICE("ct:106", "pve1", "started") "]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.add", SUBJECT("")), 0);
    assert_false(words_told(&t, "affected", "first HA resource"));
    plane_test_done(&t);
}

static void a_template_cannot_be_started(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/resources", 200, "[]");
    answer_instead(
        &t, "/cluster/resources?type=vm", 200,
        "[{\"type\":\"qemu\",\"vmid\":105,\"node\":\"pve1\",\"status\":\"stopped\",\"template\":1}]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.add", SUBJECT("")), 0);
    expect_words(&t, "affected", "is a template");
    expect_words(&t, "affected", "\"risk\":3");
    plane_test_done(&t);
}

/* ---- a long list does not fill the answer */

static void many_guests_are_counted(void **state)
{
    static char list[40000];
    struct plane_test t;
    size_t len = 0;
    (void)state;
    for (unsigned i = 0; i < 300; i++)
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%c{\"sid\":\"vm:%u\",\"state\":\"started\"}",
                                i ? ',' : '[', 1000 + i);
    (void)snprintf(list + len, sizeof(list) - len, "]");
    world(&t);
    answer_instead(&t, "/cluster/ha/resources", 200, list);
    assert_int_equal(
        plane_test_blast(&t, ha, "ha.disarm", "{\"kind\":\"ha\",\"id\":\"cluster\",\"mode\":\"freeze\"}"), 0);
    expect_words(&t, "affected", "100 guests more than are named here");
    plane_test_done(&t);
}

static void a_call_that_is_over_ends(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    t.cancelled = 1;
    assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT("")), PROXIMO_ECANCELLED);
    assert_int_equal(plane_test_plan(&t, ha, "pve_ha_resource_remove"), PROXIMO_ECANCELLED);
    assert_int_equal(plane_test_read(&t, ha, "pve_ha_failover"), PROXIMO_ECANCELLED);
    plane_test_done(&t);
}

/* ---- what the change itself brings */

/* The way back of a removal brings its rules along: what they forbid is told. */
static void a_resource_that_comes_back_has_its_rules(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/resources", 200, "[{\"sid\":\"ct:106\",\"state\":\"started\"}]");
    answer_instead(&t, "/cluster/ha/rules", 200,
                   "[{\"rule\":\"apart\",\"type\":\"resource-affinity\",\"affinity\":\"negative\","
                   "\"resources\":\"ct:106\"}]");
    assert_int_equal(
        plane_test_blast(
            &t, ha, "ha.add",
            SUBJECT(",\"rules\":\"home node-affinity 1 pve1 -|apart resource-affinity - - negative\"")),
        0);
    expect_words(&t, "affected", "if pve1 fails, it has nowhere to go: ha-rule/home is strict");
    expect_words(&t, "affected", "\"until_now\":\"if pve2 fails, it is started again on one of pve1, pve3\"");
    expect_words(&t, "affected", "if pve2 fails, it is started again on pve3\"");
    plane_test_done(&t);
}

static void a_place_for_what_had_none_is_told(void **state)
{
    static const char strict[] = "[{\"rule\":\"home\",\"type\":\"node-affinity\",\"resources\":\"vm:105\","
                                 "\"nodes\":\"pve1\",\"strict\":1}]";
    static const char wider[] =
        "{\"kind\":\"ha-rule\",\"id\":\"home\",\"type\":\"node-affinity\",\"resources\":"
        "\"vm:105\",\"nodes\":\"pve1,pve3\",\"strict\":\"1\"}";
    struct plane_test t;
    (void)state;
    /* its node is off, and it waits to be recovered */
    world(&t);
    answer_instead(&t, "/nodes", 200,
                   "[{\"node\":\"pve1\",\"status\":\"offline\"},{\"node\":\"pve2\",\"status\":\"online\"},"
                   "{\"node\":\"pve3\",\"status\":\"online\"}]");
    answer_instead(&t, "/cluster/ha/rules", 200, strict);
    assert_int_equal(plane_test_blast(&t, ha, "ha.rule.update", wider), 0);
    expect_words(&t, "affected", "is started again on pve3: its node does not answer");
    plane_test_done(&t);
    /* its node is in maintenance, and it could not leave */
    world(&t);
    answer_instead(
        &t, "/cluster/ha/status/manager_status", 200,
        "{\"manager_status\":{\"master_node\":\"pve2\",\"node_status\":{\"pve1\":\"maintenance\"}}}");
    answer_instead(&t, "/cluster/ha/rules", 200, strict);
    assert_int_equal(plane_test_blast(&t, ha, "ha.rule.update", wider), 0);
    expect_words(&t, "affected", "moves to pve3: its node takes no resources");
    plane_test_done(&t);
}

static void a_disarmed_manager_starts_nothing(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/status/current", 200,
                   "[" STATUS_ROW ",{\"type\":\"fencing\",\"armed-state\":\"disarmed\"}," BOTH "]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT("")), 0);
    expect_words(&t, "affected", "if pve1 fails, nothing is started again: HA is switched off");
    plane_test_done(&t);
}

static void a_full_target_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(
        &t, "/cluster/resources?type=vm", 200,
        "[{\"type\":\"qemu\",\"vmid\":105,\"node\":\"pve1\",\"status\":\"running\",\"maxmem\":17179869184},"
        "{\"type\":\"qemu\",\"vmid\":107,\"node\":\"pve3\",\"status\":\"running\",\"maxmem\":25769803776}]");
    assert_int_equal(
        plane_test_blast(&t, ha, "ha.migrate", SUBJECT(",\"target\":\"pve3\",\"how\":\"migrate\"")), 0);
    expect_words(&t, "affected", "may take 16.0 GiB of memory, and 8.0 GiB are left");
    assert_int_equal(
        plane_test_blast(&t, ha, "ha.migrate", SUBJECT(",\"target\":\"pve2\",\"how\":\"migrate\"")), 0);
    assert_false(words_told(&t, "affected", "are left beside"));
    plane_test_done(&t);
}

/* Groups of Proxmox VE 8: what they say about going back is of their members. */
static void a_group_changes_its_members(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    t.version = "8.4.1";
    answer_instead(&t, "/cluster/ha/resources", 200,
                   "[{\"sid\":\"vm:105\",\"state\":\"started\",\"group\":\"g\"}]");
    answer_instead(&t, "/cluster/ha/groups", 200,
                   "[{\"group\":\"g\",\"nodes\":\"pve3:2,pve1\",\"nofailback\":1}]");
    assert_int_equal(
        plane_test_blast(
            &t, ha, "ha.group.update",
            "{\"kind\":\"ha-group\",\"id\":\"g\",\"nodes\":\"pve3:2,pve1\",\"nofailback\":\"0\"}"),
        0);
    expect_words(&t, "affected", "moves to pve3: ha-group/g prefers it");
    plane_test_done(&t);
}

static void a_rule_that_spoils_another_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(
        &t, "/cluster/ha/rules", 200,
        "[{\"rule\":\"both\",\"type\":\"resource-affinity\",\"affinity\":\"positive\",\"resources\":\"ct:106,"
        "vm:105\"},"
        "{\"rule\":\"home\",\"type\":\"node-affinity\",\"resources\":\"ct:106\",\"nodes\":\"pve2\"}]");
    assert_int_equal(
        plane_test_blast(&t, ha, "ha.rule.create",
                         "{\"kind\":\"ha-rule\",\"id\":\"x\",\"type\":\"node-affinity\",\"resources\":"
                         "\"vm:105\",\"nodes\":\"pve1\"}"),
        0);
    expect_words(&t, "affected", "\"resource\":\"ha-rule/both\"");
    expect_words(&t, "affected",
                 "HA does not follow it any more: its resources are in different node affinity rules");
    plane_test_done(&t);
}

/* Removed without its rules (purge false), it is in them again as soon as it comes back. */
static void a_rule_that_names_it_already_holds_for_it(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/resources", 200, "[{\"sid\":\"ct:106\",\"state\":\"started\"}]");
    answer_instead(&t, "/cluster/ha/rules", 200,
                   "[{\"rule\":\"home\",\"type\":\"node-affinity\",\"strict\":1,\"nodes\":\"pve3\","
                   "\"resources\":\"vm:105\"}]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.add", SUBJECT("")), 0);
    expect_words(&t, "affected", "moves to pve3: ha-rule/home does not allow the node it is on");
    expect_words(&t, "affected", "if pve3 fails, it has nowhere to go: ha-rule/home is strict");
    expect_words(&t, "affected", "\"risk\":3");
    plane_test_done(&t);
}

/* A rule that names what HA does not look after stays, and so names another one. */
static void a_rule_that_names_a_removed_one_is_not_deleted(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(&t, "/cluster/ha/rules", 200,
                   "[{\"rule\":\"home\",\"type\":\"node-affinity\",\"nodes\":\"pve1\","
                   "\"resources\":\"vm:105,vm:199\"}]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.remove", SUBJECT("")), 0);
    expect_words(&t, "affected", "no longer names it");
    plane_test_done(&t);
}

/* Proxmox VE 8: whether it goes back is said by the group that it is in afterwards. */
static void a_resource_that_changes_its_group_goes_back(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    t.version = "8.4.1";
    answer_instead(&t, "/cluster/ha/resources", 200,
                   "[{\"sid\":\"vm:105\",\"state\":\"started\",\"group\":\"sticky\"}]");
    answer_instead(&t, "/cluster/ha/groups", 200,
                   "[{\"group\":\"sticky\",\"nodes\":\"pve1\",\"nofailback\":1},"
                   "{\"group\":\"loose\",\"nodes\":\"pve3\"}]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.update", SUBJECT(",\"group\":\"loose\"")), 0);
    expect_words(&t, "affected", "moves to pve3: ha-group/loose prefers it");
    plane_test_done(&t);
}

/* At odds with one rule already, it spoils another one. */
static void a_second_conflict_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    answer_instead(
        &t, "/cluster/ha/rules", 200,
        "[{\"rule\":\"a\",\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"pve1\"},"
        "{\"rule\":\"b\",\"type\":\"node-affinity\",\"resources\":\"ct:106\",\"nodes\":\"pve2\"},"
        "{\"rule\":\"c\",\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"pve3\"}]");
    assert_int_equal(plane_test_blast(&t, ha, "ha.rule.update",
                                      "{\"kind\":\"ha-rule\",\"id\":\"c\",\"type\":\"node-affinity\","
                                      "\"resources\":\"vm:105,ct:106\",\"nodes\":\"pve3\"}"),
                     0);
    expect_words(&t, "affected", "\"resource\":\"ha-rule/c\"");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_read_is_incomplete),
        cmocka_unit_test(odd_rows_are_passed_over),
        cmocka_unit_test(a_cluster_larger_than_the_model_is_said),
        cmocka_unit_test(ties_are_told),
        cmocka_unit_test(mappings_that_are_not_read_are_not_known),
        cmocka_unit_test(too_little_room_is_told),
        cmocka_unit_test(a_size_that_is_not_known_is_said),
        cmocka_unit_test(a_majority_that_would_be_lost_is_told),
        cmocka_unit_test(a_first_resource_arms_its_node),
        cmocka_unit_test(a_template_cannot_be_started),
        cmocka_unit_test(many_guests_are_counted),
        cmocka_unit_test(a_call_that_is_over_ends),
        cmocka_unit_test(a_resource_that_comes_back_has_its_rules),
        cmocka_unit_test(a_place_for_what_had_none_is_told),
        cmocka_unit_test(a_disarmed_manager_starts_nothing),
        cmocka_unit_test(a_full_target_is_told),
        cmocka_unit_test(a_group_changes_its_members),
        cmocka_unit_test(a_rule_that_spoils_another_is_told),
        cmocka_unit_test(a_rule_that_names_it_already_holds_for_it),
        cmocka_unit_test(a_rule_that_names_a_removed_one_is_not_deleted),
        cmocka_unit_test(a_resource_that_changes_its_group_goes_back),
        cmocka_unit_test(a_second_conflict_is_told),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
