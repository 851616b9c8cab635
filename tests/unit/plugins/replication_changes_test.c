/* SPDX-License-Identifier: Apache-2.0 */
/* Replication jobs and resource mappings: plans and blast functions. */
#include "plan_rig.h"

static const struct proximo_plane *nodes;

/* ---- replication */

#define JOB                                                                                                  \
    "{\"id\":\"108-0\",\"type\":\"local\",\"guest\":108,\"jobnum\":0,\"source\":\"pve2\",\"target\":"        \
    "\"pve3\",\"schedule\":\"*/15\",\"digest\":\"d1\"%s}"

static void job_init(struct plane_test *t, const char *ha, const char *more, const char *others,
                     const char *target)
{
    char text[1200];
    plane_test_init(t);
    plane_test_argument(t, "id", "108-0", 1);
    (void)snprintf(text, sizeof(text), JOB, more);
    plane_test_answer(t, "/cluster/replication/108-0", 200, text);
    (void)snprintf(text, sizeof(text), "[" JOB "%s]", more, others);
    plane_test_answer(t, "/cluster/replication", 200, text);
    (void)snprintf(text, sizeof(text),
                   "[{\"id\":\"qemu/108\",\"type\":\"qemu\",\"vmid\":108,\"node\":\"pve2\",\"name\":\"db\","
                   "\"status\":\"running\"%s}]",
                   ha);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, text);
    (void)snprintf(text, sizeof(text),
                   "[{\"node\":\"pve2\",\"status\":\"online\"},{\"node\":\"pve3\",\"status\":\"%s\"}]",
                   target);
    plane_test_answer(t, "/nodes", 200, text);
    plane_test_answer(
        t, "/nodes/pve2/replication?guest=108", 200,
        "[{\"id\":\"108-0\",\"last_sync\":1700000000,\"fail_count\":2,\"error\":\"no route\"}]");
}
#define MANAGED ",\"hastate\":\"started\""

static void a_removed_job_is_marked_and_waited_for(void **state)
{
    struct plane_test t;
    (void)state;
    job_init(&t, "", "", "", "online");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_replication_delete"), 0);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"DELETE\",\"path\":\"/cluster/replication/{id}\","
        "\"params\":[{\"name\":\"id\",\"value\":\"108-0\"}]}");
    expect_words(&t, "postcondition", "\"deadline_ms\":150000");
    expect_words(&t, "facts", "copy everything anew");
    expect_words(&t, "facts", "1700000000"); /* as a fact: it changes by itself */
    plane_test_done(&t);

    job_init(&t, "", "", "", "online");
    plane_test_argument(&t, "keep", "true", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_replication_delete"), 0);
    expect_words(&t, "steps", "{\"name\":\"keep\",\"value\":\"1\"}");
    expect_words(&t, "subjects", "\"keep\":\"1\"");
    plane_test_done(&t);

    job_init(&t, "", "", "", "online");
    plane_test_argument(&t, "keep", "true", 0);
    plane_test_argument(&t, "force", "true", 0);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_replication_delete"), PROXIMO_EINVAL, "exclude");
    plane_test_done(&t);

    job_init(&t, "", ",\"remove_job\":\"full\"", "", "online");
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_replication_delete"), PROXIMO_ESTATE, "already");
    plane_test_done(&t);

    job_init(&t, "", "", "", "online");
    t.denied = 1;
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_replication_delete"), PROXIMO_EDENIED, "VM.Replicate");
    plane_test_done(&t);
}

/* The way back of a removal is the same job, with the type that POST wants. */
static void a_removed_job_is_made_again(void **state)
{
    struct plane_test t;
    (void)state;
    job_init(&t, "", "", "", "online");
    t.answers[0].status = 500;
    assert_int_equal(plane_test_plan_undo(
                         &t, nodes, "pve_replication_delete",
                         "{\"before\":[{\"/target\":\"pve3\",\"/schedule\":\"*/5\",\"/rate\":{\"absent\":"
                         "true},\"/comment\":{\"absent\":true},\"/disable\":{\"absent\":true}}],\"after\":"
                         "[null]}"),
                     0);
    expect_words(&t, "steps",
                 "\"method\":\"POST\",\"path\":\"/cluster/replication\",\"params\":[{\"name\":\"type\","
                 "\"value\":\"local\"},{\"name\":\"id\",\"value\":\"108-0\"},{\"name\":\"target\",\"value\":"
                 "\"pve3\"},{\"name\":\"schedule\",\"value\":\"*/5\"}]");
    plane_test_done(&t);
}

static void what_a_guest_loses_with_its_job(void **state)
{
    static const char gone[] = "{\"kind\":\"replication\",\"id\":\"108-0\"}";
    static const char kept[] = "{\"kind\":\"replication\",\"id\":\"108-0\",\"keep\":\"1\"}";
    static const char off[] = "{\"kind\":\"replication\",\"id\":\"108-0\",\"disable\":\"1\"}";
    struct plane_test t;
    (void)state;
    job_init(&t, MANAGED, "", "", "online");
    plane_test_answer(
        &t, "/cluster/ha/rules", 200,
        "[{\"rule\":\"there\",\"type\":\"node-affinity\",\"resources\":\"vm:108\",\"nodes\":"
        "\"pve2,pve3:1\"},{\"rule\":\"other\",\"type\":\"node-affinity\",\"resources\":\"vm:1\","
        "\"nodes\":\"pve3\"}]");
    assert_int_equal(plane_test_blast(&t, nodes, "replication.delete", gone), 0);
    expect_words(&t, "affected",
                 "\"resource\":\"ha-rule/there\",\"effect\":\"lets the guest go to the target");
    expect_words(&t, "affected", "loses its copy on the target");
    expect_words(&t, "affected", "\"target\":\"pve3\"");
    expect_words(&t, "affected", "HA has no up-to-date copy");
    assert_int_equal(plane_test_told_count(&t, "affected"), 3);
    for (uint32_t i = 0; i < 3; i++) /* it would be drift by itself */
        assert_null(strstr(plane_test_told(&t, "affected", i), "1700000000"));
    plane_test_done(&t);

    job_init(&t, MANAGED, "", ",{\"id\":\"108-1\",\"guest\":108,\"target\":\"pve1\"}", "offline");
    assert_int_equal(plane_test_blast(&t, nodes, "replication.delete", kept), 0);
    expect_words(&t, "affected", "stay as they were");
    expect_words(&t, "affected", "still start where its other");
    assert_int_equal(plane_test_told_count(&t, "affected"), 2); /* kept: the target is not needed */
    plane_test_done(&t);

    job_init(&t, "", "", "", "offline");
    assert_int_equal(plane_test_blast(&t, nodes, "replication.delete", gone), 0);
    expect_words(&t, "affected", "\"resource\":\"node/pve3\"");
    plane_test_done(&t);

    job_init(&t, MANAGED, "", ",{\"id\":\"108-1\",\"guest\":108,\"target\":\"pve1\",\"disable\":1}",
             "online");
    assert_int_equal(plane_test_blast(&t, nodes, "replication.update", off), 0);
    expect_words(&t, "affected", "grows old");
    expect_words(&t, "affected", "HA has no up-to-date copy"); /* the other one is off */
    plane_test_done(&t);

    plane_test_init(&t); /* nothing answers */
    assert_int_equal(plane_test_blast(&t, nodes, "replication.delete", gone), 0);
    expect_words(&t, "incomplete", "guest/108");
    expect_words(&t, "incomplete", "replication jobs");
    plane_test_done(&t);
}

static void what_cannot_be_copied_is_named(void **state)
{
    struct plane_test t;
    (void)state;
    job_init(&t, MANAGED, "", "", "offline");
    plane_test_answer(
        &t, "/nodes/pve2/qemu/108/config", 200,
        "{\"digest\":\"x\",\"scsi0\":\"zfs1:vm-108-disk-0,size=8G\",\"scsi1\":\"local-lvm:vm-108-"
        "disk-1,size=4G\",\"scsi2\":\"ceph:vm-108-disk-2,size=2G\",\"scsi3\":\"local-lvm:vm-108-"
        "disk-3,size=1G,replicate=0\",\"boot\":\"order=scsi0\"}");
    plane_test_answer(&t, "/storage", 200,
                      "[{\"storage\":\"zfs1\",\"type\":\"zfspool\",\"nodes\":\"pve2\"},{\"storage\":"
                      "\"local-lvm\",\"type\":\"lvmthin\"},{\"storage\":\"ceph\",\"type\":\"rbd\"}]");
    plane_test_answer(&t, "/cluster/ha/rules", 200,
                      "[{\"rule\":\"home\",\"type\":\"node-affinity\",\"resources\":\"vm:108\",\"nodes\":"
                      "\"pve1:2,pve30\"}]");
    assert_int_equal(plane_test_blast(&t, nodes, "replication.create",
                                      "{\"kind\":\"replication\",\"id\":\"108-0\",\"target\":\"pve3\"}"),
                     0);
    expect_words(&t, "affected", "its disk scsi1 is on local-lvm, which is no ZFS");
    expect_words(&t, "affected", "its disk scsi0 is on zfs1, which node pve3 does not have");
    expect_words(&t, "affected", "has no disk that can be copied to the target");
    expect_words(&t, "affected", "\"resource\":\"ha-rule/home\"");
    expect_words(&t, "affected", "\"resource\":\"node/pve3\"");
    assert_int_equal(plane_test_told_count(&t, "affected"), 6);
    plane_test_done(&t);
}

/* Proxmox VE 8 has groups where 9 has rules, and another privilege for the change. */
static void on_proxmox_8_groups_and_another_privilege_hold(void **state)
{
    struct plane_test t;
    (void)state;
    job_init(&t, MANAGED, "", "", "online");
    t.version = "8.4.1";
    plane_test_answer(&t, "/cluster/ha/resources", 200, "[{\"sid\":\"vm:108\",\"group\":\"east\"}]");
    plane_test_answer(
        &t, "/cluster/ha/groups", 200,
        "[{\"group\":\"west\",\"nodes\":\"pve3\"},{\"group\":\"east\",\"nodes\":\"pve3,pve2:1\"}]");
    assert_int_equal(
        plane_test_blast(&t, nodes, "replication.delete", "{\"kind\":\"replication\",\"id\":\"108-0\"}"), 0);
    expect_words(&t, "affected",
                 "\"resource\":\"ha-group/east\",\"effect\":\"lets the guest go to the target");
    assert_int_equal(plane_test_told_count(&t, "affected"), 3);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
    job_init(&t, "", "", "", "online");
    t.version = "8.4.1";
    t.denied = 1;
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_replication_run"), PROXIMO_EDENIED,
                   "Datastore.Allocate on /storage");
    plane_test_done(&t);
}

static void what_is_copied_is_counted(void **state)
{
    struct plane_test t;
    (void)state;
    job_init(&t, "", "", "", "online");
    plane_test_answer(
        &t, "/nodes/pve2/qemu/108/config", 200,
        "{\"digest\":\"x\",\"scsi0\":\"zfs1:vm-108-disk-0,size=8G\",\"scsi1\":\"zfs1:vm-108-disk-1,"
        "size=4G,replicate=0\",\"ide2\":\"local:iso/a.iso,media=cdrom,size=1G\"}");
    plane_test_answer(&t, "/storage", 200, "[{\"storage\":\"zfs1\",\"type\":\"zfspool\"}]");
    assert_int_equal(plane_test_blast(&t, nodes, "replication.create",
                                      "{\"kind\":\"replication\",\"id\":\"108-0\",\"target\":\"pve3\"}"),
                     0);
    expect_words(&t, "affected", "\"first_copy_bytes\":8589934592");
    assert_int_equal(plane_test_told_count(&t, "affected"), 1);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

static void a_run_is_seen_by_its_time(void **state)
{
    struct plane_test t;
    (void)state;
    job_init(&t, "", "", "", "online");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_replication_run"), 0);
    expect_words(&t, "steps",
                 "\"path\":\"/nodes/{node}/replication/{id}/schedule_now\",\"params\":[{\"name\":"
                 "\"node\",\"value\":\"pve2\"}");
    expect_words(&t, "postcondition", "\"select\":\"[last_sync=1700000000]/id\",\"wait_test\":4");
    plane_test_done(&t);
    job_init(&t, "", ",\"disable\":1", "", "online");
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_replication_run"), PROXIMO_ESTATE, "disabled");
    plane_test_done(&t);
    plane_test_init(&t);
    plane_test_argument(&t, "id", "nonsense", 1);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_replication_run"), PROXIMO_EINVAL, "105-0");
    plane_test_done(&t);
}

/* ---- mappings */

static void mapping_init(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_argument(t, "type", "dir", 1);
    plane_test_argument(t, "id", "share", 1);
    plane_test_answer(t, "/cluster/mapping/dir/share", 200,
                      "{\"type\":\"dir\",\"digest\":\"d1\",\"map\":[\"node=pve1,path=/srv\","
                      "\"node=pve2,path=/srv\"]}");
    plane_test_answer(
        t, "/cluster/resources?type=vm", 200,
        "[{\"type\":\"qemu\",\"vmid\":100,\"node\":\"pve1\",\"name\":\"web\",\"status\":"
        "\"running\"},{\"type\":\"qemu\",\"vmid\":101,\"node\":\"pve2\",\"status\":\"stopped\"},"
        "{\"type\":\"lxc\",\"vmid\":105,\"node\":\"pve1\"},{\"type\":\"qemu\",\"vmid\":103,"
        "\"node\":\"pve1\"}]");
    plane_test_answer(t, "/nodes/pve1/qemu/100/config", 200,
                      "{\"digest\":\"x\",\"virtiofs0\":\"share,cache=auto\",\"virtiofs1\":\"dirid=share2\","
                      "\"hostpci0\":\"mapping=share\",\"description\":\"virtiofs0: share\"}");
    plane_test_answer(t, "/nodes/pve2/qemu/101/config", 200,
                      "{\"digest\":\"x\",\"virtiofs3\":\"dirid=share\"}");
}

static void a_mapping_is_changed_whole_and_back(void **state)
{
    struct plane_test t;
    (void)state;
    mapping_init(&t);
    plane_test_argument(&t, "map", "[\"node=pve1,path=/srv\",\"node=pve3,path=/data\"]", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_mapping_update"), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"map\",\"value\":\"node=pve1,path=/srv\"},{\"name\":\"map\",\"value\":"
                 "\"node=pve3,path=/data\"},{\"name\":\"digest\",\"value\":\"state:/digest\",\"flags\":2}");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"mapping.update\",\"subject\":{\"nodes\":\"pve1,pve3\",\"kind\":\"mapping\","
                "\"id\":\"dir/share\"}}");
    plane_test_done(&t);
    mapping_init(&t);
    assert_int_equal(
        plane_test_plan_undo(&t, nodes, "pve_mapping_update",
                             "{\"before\":[{\"/map\":[\"node=pve1,path=/old\",\"node=pve2,path="
                             "/old\"]}],\"after\":[{\"/map\":[\"node=pve1,path=/srv\",\"node=pve2,"
                             "path=/srv\"]}]}"),
        0);
    expect_words(&t, "steps",
                 "{\"name\":\"map\",\"value\":\"node=pve1,path=/old\"},{\"name\":\"map\",\"value\":"
                 "\"node=pve2,path=/old\"}");
    plane_test_done(&t);
}

static void entries_of_a_mapping_are_checked(void **state)
{
    static const struct {
        const char *type, *map, *words;
    } wrong[] = {
        {"dir", "[\"node=pve1\"]", "has no \"path\""},
        {"dir", "[\"node=pve1,path=srv\"]", "begins with /"},
        {"pci", "[\"node=pve1,path=0000:01:00.0\"]", "has no \"id\""},
        {"usb", "[\"id=1234:abcd\"]", "has no \"node\""},
        {"dir", "[]", "map is missing"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        plane_test_init(&t);
        plane_test_argument(&t, "type", wrong[i].type, 1);
        plane_test_argument(&t, "id", "new", 1);
        plane_test_argument(&t, "map", wrong[i].map, 0);
        plane_test_answer(&t, "/cluster/mapping/dir/new", 500, "");
        plane_test_answer(&t, "/cluster/mapping/pci/new", 500, "");
        plane_test_answer(&t, "/cluster/mapping/usb/new", 500, "");
        expect_failure(&t, plane_test_plan(&t, nodes, "pve_mapping_create"), PROXIMO_EINVAL, wrong[i].words);
        plane_test_done(&t);
    }
    mapping_init(&t);
    plane_test_argument(&t, "mdev", "true", 0);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_mapping_update"), PROXIMO_EINVAL, "of the type pci");
    plane_test_done(&t);
}

/* By exact name and slot; what was not read may use it as well. */
static void who_uses_a_mapping_is_named(void **state)
{
    struct plane_test t;
    (void)state;
    mapping_init(&t);
    assert_int_equal(
        plane_test_blast(&t, nodes, "mapping.delete", "{\"kind\":\"mapping\",\"id\":\"dir/share\"}"), 0);
    expect_words(&t, "affected", "\"resource\":\"guest/100\",\"name\":\"web\",\"effect\":\"uses it and runs");
    expect_words(&t, "affected", "\"via\":\"virtiofs0\"");
    expect_words(&t, "affected", "\"resource\":\"guest/101\",\"effect\":\"uses it: it does not start");
    assert_int_equal(plane_test_told_count(&t, "affected"), 2);
    expect_words(&t, "incomplete", "the first is 103");
    plane_test_done(&t);

    mapping_init(&t);
    plane_test_answer(&t, "/nodes/pve1/qemu/103/config", 200, "{\"digest\":\"x\"}");
    assert_int_equal(plane_test_blast(&t, nodes, "mapping.update",
                                      "{\"kind\":\"mapping\",\"id\":\"dir/share\",\"nodes\":\"pve1\"}"),
                     0);
    expect_words(&t, "affected", "from its next start on it has what the mapping says");
    expect_words(&t, "affected", "its node is not in the mapping: it does not start there");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);

    mapping_init(&t);
    assert_int_equal(
        plane_test_blast(&t, nodes, "mapping.delete", "{\"kind\":\"mapping\",\"id\":\"pci/share\"}"), 0);
    expect_words(&t, "affected", "\"via\":\"hostpci0\"");
    assert_int_equal(plane_test_told_count(&t, "affected"), 1);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_removed_job_is_marked_and_waited_for),
        cmocka_unit_test(a_removed_job_is_made_again),
        cmocka_unit_test(what_a_guest_loses_with_its_job),
        cmocka_unit_test(what_cannot_be_copied_is_named),
        cmocka_unit_test(on_proxmox_8_groups_and_another_privilege_hold),
        cmocka_unit_test(what_is_copied_is_counted),
        cmocka_unit_test(a_run_is_seen_by_its_time),
        cmocka_unit_test(a_mapping_is_changed_whole_and_back),
        cmocka_unit_test(entries_of_a_mapping_are_checked),
        cmocka_unit_test(who_uses_a_mapping_is_named),
    };
    nodes = plane_load("nodes");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
