/* SPDX-License-Identifier: Apache-2.0 */
/* Plans and blast functions of HA where rows against the simulator do not reach: other releases, lost quorum,
 * errors, answers that are missing or make no sense, what ties a guest to its node. */
#include "plan_rig.h"

static const struct proximo_plane *ha;

#define STATUS_ROW                                                                                           \
    "{\"id\":\"quorum\",\"type\":\"quorum\",\"quorate\":1},{\"id\":\"master\",\"type\":\"master\",\"node\":" \
    "\"pve2\"}"
#define FENCING "{\"id\":\"fencing\",\"type\":\"fencing\",\"armed-state\":\"armed\"}"
#define SERVICE(sid, node, state)                                                                            \
    "{\"id\":\"service:" sid "\",\"type\":\"service\",\"sid\":\"" sid "\",\"node\":\"" node                  \
    "\",\"state\":\"" state "\",\"request_state\":\"started\"}"
#define BOTH          SERVICE("vm:105", "pve1", "started") "," SERVICE("ct:106", "pve2", "started")
#define SUBJECT(more) "{\"kind\":\"guest\",\"vmid\":105,\"sid\":\"vm:105\"" more "}"
#define RESOURCE      "{\"sid\":\"vm:105\",\"type\":\"vm\",\"state\":\"started\",\"digest\":\"d1\"}"

static const struct {
    const char *path, *data;
} usual[] = {
    {"/nodes", "[{\"node\":\"pve1\",\"status\":\"online\",\"maxmem\":34359738368,\"maxcpu\":8},"
               "{\"node\":\"pve2\",\"status\":\"online\",\"maxmem\":34359738368,\"maxcpu\":8},"
               "{\"node\":\"pve3\",\"status\":\"online\",\"maxmem\":34359738368,\"maxcpu\":8}]"},
    {"/cluster/resources?type=vm", "[{\"type\":\"qemu\",\"vmid\":105,\"node\":\"pve1\",\"name\":\"db\","
                                   "\"status\":\"running\",\"maxmem\":17179869184,"
                                   "\"maxcpu\":4},"
                                   "{\"type\":\"lxc\",\"vmid\":106,\"node\":\"pve2\",\"status\":\"running\","
                                   "\"maxmem\":8589934592,\"maxcpu\":2}]"},
    {"/cluster/ha/resources", "[" RESOURCE ",{\"sid\":\"ct:106\",\"type\":\"ct\",\"state\":\"started\"}]"},
    {"/cluster/ha/resources/vm%3A105", RESOURCE},
    {"/cluster/ha/rules", "[]"},
    {"/cluster/ha/groups", "[]"},
    {"/cluster/ha/status/current", "[" STATUS_ROW "," FENCING "," BOTH "]"},
    {"/cluster/ha/status/manager_status", "{\"manager_status\":{\"master_node\":\"pve2\",\"node_status\":{"
                                          "\"pve1\":\"online\",\"pve2\":\"online\",\"pve3\":"
                                          "\"online\"}}}"},
    {"/cluster/options", "{\"keyboard\":\"de\"}"},
    {"/storage", "[{\"storage\":\"local-lvm\",\"type\":\"lvmthin\"},{\"storage\":\"ceph\",\"type\":\"rbd\"},"
                 "{\"storage\":\"san\",\"type\":\"lvm\",\"shared\":1,\"nodes\":\"pve1,pve3\"},"
                 "{\"storage\":\"tank\",\"type\":\"zfspool\"},{\"storage\":\"local\",\"type\":\"dir\"}]"},
    {"/cluster/replication", "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve3\"}]"},
    {"/cluster/mapping/pci",
     "[{\"id\":\"gpu\",\"map\":[\"node=pve1,path=0000:01\",\"node=pve2,path=0000:02\"]}]"},
    {"/cluster/mapping/usb", "[{\"id\":\"key\",\"map\":[\"node=pve2,path=1-1\"]}]"},
    {"/nodes/pve1/qemu/105/config", "{\"digest\":\"d\",\"scsi0\":\"ceph:vm-105-disk-0,size=8G\"}"},
    {"/nodes/pve2/lxc/106/config", "{\"digest\":\"d\",\"rootfs\":\"ceph:vm-106-disk-0,size=8G\"}"},
};

static void world(struct plane_test *t)
{
    guest_init(t, "qemu");
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        plane_test_answer(t, usual[i].path, 200, usual[i].data);
}

#define NOT_READ(t, path) answer_instead((t), (path), 403, "null")

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

static int load(void **state)
{
    (void)state;
    ha = plane_load("ha");
    return ha ? 0 : -1;
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
        cmocka_unit_test(what_is_not_read_is_incomplete),
        cmocka_unit_test(odd_rows_are_passed_over),
        cmocka_unit_test(a_cluster_larger_than_the_model_is_said),
        cmocka_unit_test(ties_are_told),
        cmocka_unit_test(mappings_that_are_not_read_are_not_known),
        cmocka_unit_test(too_little_room_is_told),
        cmocka_unit_test(a_majority_that_would_be_lost_is_told),
        cmocka_unit_test(a_first_resource_arms_its_node),
        cmocka_unit_test(a_template_cannot_be_started),
        cmocka_unit_test(a_move_that_ha_takes_back_is_high),
        cmocka_unit_test(who_belongs_along_is_waited_for),
        cmocka_unit_test(a_disk_that_the_target_has_not_is_told),
        cmocka_unit_test(what_ha_ignores_it_does_not_move),
        cmocka_unit_test(rules_that_are_not_read_cannot_be_brought_back),
        cmocka_unit_test(a_removal_brings_rules_back),
        cmocka_unit_test(numbers_of_a_rule_become_ids),
        cmocka_unit_test(many_guests_are_counted),
        cmocka_unit_test(a_call_that_is_over_ends),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
