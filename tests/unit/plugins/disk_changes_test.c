/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of larger and moved disks, and whom they affect. */
#include "disk_world.h"

static const struct proximo_plane *guests;

/* ---- resize */

static int32_t resize(struct plane_test *t, const char *kind, const char *config, const char *disk,
                      const char *size)
{
    world(t, kind, RUNNING, config);
    plane_test_argument(t, "disk", disk, 1);
    plane_test_argument(t, "size", size, 1);
    return plane_test_plan(t, guests, "pve_disk_resize");
}

/* What is sent is the size that comes of it: sent twice, it grows once. */
static void a_relative_size_is_absolute_on_the_wire(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(resize(&t, "qemu", MACHINE, "scsi0", "+10G"), 0);
    expect_told(
        &t, "guards", 0,
        "{\"path\":\"/nodes/{node}/{kind}/{vmid}/config\",\"fields\":\"/digest,/lock,/scsi0\",\"params\":"
        "[" AT("qemu") "]}");
    expect_words(&t, "steps", "\"keep\":\"/digest\"");
    expect_told(&t, "steps", 1,
                "{\"kind\":1,\"flags\":9,\"name\":\"change\",\"method\":\"PUT\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/resize\",\"params\":[" AT(
                    "qemu") ",{\"name\":\"disk\",\"value\":"
                            "\"scsi0\"},{\"name\":\"size\",\"value\":\"42G\"},{\"name\":\"digest\",\"value\":"
                            "\"state:/digest\",\"flags\":2}]}");
    expect_words(&t, "postcondition", "\"wait_value\":\"\\\"thin:vm-105-disk-0,iothread=1,size=42G\\\"\"");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"disk.resize\",\"subject\":{\"kind\":\"guest\",\"vmid\":105,\"disk\":\"scsi0\","
                "\"size\":45097156608}}");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    expect_words(&t, "facts", "cannot make a disk smaller");
    expect_words(&t, "facts", "\"provisioned_bytes\":45097156608");
    plane_test_done(&t);
}

static void sizes_are_read_as_proxmox_reads_them(void **state)
{
    static const struct {
        const char *kind, *config, *disk, *size, *sent;
    } cases[] = {
        {"qemu", MACHINE, "scsi0", "64G", "64G"},      {"qemu", MACHINE, "scsi0", "+1T", "1056G"},
        {"qemu", MACHINE, "scsi0", "+0.5G", "33280M"}, {"qemu", MACHINE, "scsi0", "34359738369", "33554433K"},
        {"lxc", CONTAINER, "mp0", "+1048576K", "17G"}, {"lxc", CONTAINER, "rootfs", "1T", "1T"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        char wanted[100];
        assert_int_equal(resize(&t, cases[i].kind, cases[i].config, cases[i].disk, cases[i].size), 0);
        (void)snprintf(wanted, sizeof(wanted), "{\"name\":\"size\",\"value\":\"%s\"}", cases[i].sent);
        expect_words(&t, "steps", wanted);
        plane_test_done(&t);
    }
}

static void a_resize_that_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *kind, *config, *disk, *size, *words;
        int32_t code;
    } cases[] = {
        {"qemu", MACHINE, "scsi0", "16G", "cannot make a disk smaller", PROXIMO_EINVAL},
        {"qemu", MACHINE, "scsi0", "10 GB", "units are K, M, G, T", PROXIMO_EINVAL},
        {"qemu", MACHINE, "scsi0", "-10G", "units are K, M, G, T", PROXIMO_EINVAL},
        {"qemu", MACHINE, "scsi0", "+", "units are K, M, G, T", PROXIMO_EINVAL},
        {"qemu", MACHINE, "scsi0", "9999999T", "larger than any disk", PROXIMO_EINVAL},
        {"qemu", MACHINE, "scsi9", "+1G", "it has ide2, scsi0, scsi1, unused0", PROXIMO_ENOTFOUND},
        {"qemu", MACHINE, "ide2", "+1G", "CD or cloud-init", PROXIMO_EINVAL},
        {"qemu", MACHINE, "unused0", "+1G", "not attached", PROXIMO_EINVAL},
        {"lxc", CONTAINER, "mp1", "+1G", "directory or device", PROXIMO_EINVAL},
        {"qemu", "{\"digest\":\"aa\",\"scsi0\":\"thin:vm-105-disk-9\"}", "scsi0", "+1G",
         "neither the configuration nor its storage says", PROXIMO_ESTATE},
        {"qemu", "{\"digest\":\"aa\",\"lock\":\"backup\",\"scsi0\":\"thin:vm-105-disk-0,size=32G\"}", "scsi0",
         "+1G", "locked (backup)", PROXIMO_ESTATE},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_failure(&t, resize(&t, cases[i].kind, cases[i].config, cases[i].disk, cases[i].size),
                       cases[i].code, cases[i].words);
        plane_test_done(&t);
    }
    world(&t, "qemu", RUNNING, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 200, A_SNAPSHOT);
    plane_test_argument(&t, "disk", "scsi1", 1);
    plane_test_argument(&t, "size", "+1G", 1);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_disk_resize"), PROXIMO_ESTATE, "qcow2");
    plane_test_done(&t);
    world(&t, "qemu", RUNNING, MACHINE);
    t.denied = 1;
    plane_test_argument(&t, "disk", "scsi0", 1);
    plane_test_argument(&t, "size", "+1G", 1);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_disk_resize"), PROXIMO_EDENIED, "VM.Config.Disk");
    plane_test_done(&t);
}

static void what_is_so_already_is_not_sent(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(resize(&t, "qemu", MACHINE, "scsi0", "32G"), 0);
    expect_told(&t, "steps", 0, NULL);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
    /* a size that only the storage knows */
    assert_int_equal(
        resize(&t, "qemu", "{\"digest\":\"aa\",\"scsi0\":\"thin:vm-105-disk-0\"}", "scsi0", "+1G"), 0);
    expect_words(&t, "steps", "{\"name\":\"size\",\"value\":\"33G\"}");
    expect_words(&t, "postcondition", "\"wait_test\":1");
    plane_test_done(&t);
}

static int32_t resize_blast(struct plane_test *t, const char *free, const char *bytes)
{
    char subject[200];
    world(t, "qemu", RUNNING, MACHINE);
    if (free)
        answer_instead(t, "/nodes/pve1/storage", 200, free);
    (void)snprintf(subject, sizeof(subject),
                   "{\"kind\":\"guest\",\"vmid\":105,\"disk\":\"scsi0\",\"size\":%s}", bytes);
    return plane_test_blast(t, guests, "disk.resize", subject);
}

static void the_room_on_its_storage_is_weighed(void **state)
{
    static const struct {
        const char *free, *words;
        uint32_t incomplete;
    } cases[] = {
        {NULL, "has room for it: at least 10 GiB", 0},
        {STATES("21474836479"), "becomes tight", 0},
        {STATES("10737418240"), "has no room for it", 0},
        {"[{\"storage\":\"thin\",\"active\":1}]", "is not known", 1},
        {"[{\"storage\":\"thin\",\"active\":0,\"total\":1,\"avail\":0}]", "is not known", 1},
        {"[]", "is not known", 1},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(resize_blast(&t, cases[i].free, "45097156608"), 0);
        expect_words(&t, "affected", cases[i].words);
        expect_words(&t, "affected", "replication/105-0");
        assert_int_equal(plane_test_told_count(&t, "incomplete"), cases[i].incomplete);
        plane_test_done(&t);
    }
    /* who else is there is named where there is no room */
    assert_int_equal(resize_blast(&t, STATES("10737418240"), "45097156608"), 0);
    expect_words(&t, "affected", "\"resource\":\"guest/111\",\"name\":\"other\"");
    plane_test_done(&t);
    /* 42 GiB are there, 58 more is 100 GiB: not more than there is; 59 more is */
    assert_int_equal(resize_blast(&t, STATES("107374182399"), "96636764160"), 0);
    assert_false(told_anywhere(&t, "affected", "grow beyond what it has"));
    plane_test_done(&t);
    assert_int_equal(resize_blast(&t, STATES("107374182399"), "97710505984"), 0);
    expect_words(&t, "affected", "grow beyond what it has");
    plane_test_done(&t);
}

static void a_resize_names_snapshots_and_what_it_cannot_see(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t, "qemu", RUNNING, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 200, A_SNAPSHOT);
    assert_int_equal(
        plane_test_blast(&t, guests, "disk.resize",
                         "{\"kind\":\"guest\",\"vmid\":105,\"disk\":\"scsi0\",\"size\":45097156608}"),
        0);
    expect_words(&t, "affected", "snapshot/105/before");
    plane_test_done(&t);
    world(&t, "qemu", RUNNING, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 403, "");
    answer_instead(&t, "/nodes/pve1/storage/thin/content", 403, "");
    answer_instead(&t, "/cluster/replication", 500, "");
    assert_int_equal(
        plane_test_blast(&t, guests, "disk.resize",
                         "{\"kind\":\"guest\",\"vmid\":105,\"disk\":\"scsi0\",\"size\":45097156608}"),
        0);
    expect_words(&t, "incomplete", "snapshots");
    expect_words(&t, "incomplete", "the volumes on storage thin");
    expect_words(&t, "incomplete", "replication");
    plane_test_done(&t);
    world(&t, "qemu", RUNNING, "{}");
    assert_int_equal(plane_test_blast(&t, guests, "disk.resize",
                                      "{\"kind\":\"guest\",\"vmid\":105,\"disk\":\"scsi0\",\"size\":1}"),
                     0);
    expect_words(&t, "incomplete", "the guest's configuration");
    plane_test_done(&t);
}

/* ---- move */

static int32_t move(struct plane_test *t, const char *kind, const char *status, const char *config,
                    const char *disk, const char *target)
{
    world(t, kind, status, config);
    plane_test_argument(t, "disk", disk, 1);
    plane_test_argument(t, "target_storage", target, 1);
    return plane_test_plan(t, guests, "pve_disk_move");
}

static void a_move_leaves_its_source_as_unused(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(move(&t, "qemu", RUNNING, MACHINE, "scsi0", "thick"), 0);
    expect_words(&t, "guards", "\"fields\":\"/digest,/lock,/scsi0,/unused1\"");
    expect_told(
        &t, "steps", 1,
        "{\"kind\":1,\"flags\":9,\"name\":\"change\",\"method\":\"POST\",\"path\":"
        "\"/nodes/{node}/{kind}/{vmid}/move_disk\",\"params\":[" AT(
            "qemu") ",{\"name\":\"disk\","
                    "\"value\":\"scsi0\"},{\"name\":\"storage\",\"value\":\"thick\"},{\"name\":\"digest\","
                    "\"value\":\"state:/digest\",\"flags\":2}]}");
    expect_words(&t, "postcondition", "\"select\":\"/unused1\"");
    expect_words(&t, "postcondition", "\"wait_value\":\"\\\"thin:vm-105-disk-0\\\"\"");
    expect_words(&t, "facts", "stays as unused1 and keeps its room on thin");
    expect_words(&t, "facts", "\"verdict\":\"fits\"");
    expect_told(&t, "undo", 0, "{\"kind\":3}");
    plane_test_done(&t);
}

static void a_move_of_a_volume_passes_how(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t, "lxc", STOPPED, CONTAINER);
    answer_instead(&t, "/storage", 200,
                   "[{\"storage\":\"thin\",\"type\":\"lvmthin\",\"content\":\"rootdir\"},"
                   "{\"storage\":\"thick\",\"type\":\"lvm\",\"content\":\"rootdir\"}]");
    plane_test_argument(&t, "disk", "mp0", 1);
    plane_test_argument(&t, "target_storage", "thick", 1);
    plane_test_argument(&t, "delete_source", "true", 0);
    plane_test_argument(&t, "bwlimit", "1000", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_disk_move"), 0);
    expect_words(&t, "steps", "/move_volume");
    expect_words(&t, "steps",
                 "{\"name\":\"volume\",\"value\":\"mp0\"},{\"name\":\"storage\",\"value\":\"thick\"},"
                 "{\"name\":\"delete\",\"value\":\"1\"},{\"name\":\"bwlimit\",\"value\":\"1000\"}");
    expect_words(&t, "postcondition", "[volid=thin:vm-105-disk-1]/volid");
    expect_words(&t, "facts", "is deleted when the copy is whole");
    plane_test_done(&t);
}

static void a_move_that_proxmox_refuses_is_refused_before(void **state)
{
    static const struct {
        const char *kind, *status, *config, *disk, *target, *words;
        int32_t code;
    } cases[] = {
        {"lxc", RUNNING, CONTAINER, "mp0", "thick", "running container", PROXIMO_ESTATE},
        {"lxc", STOPPED, CONTAINER, "mp1", "thick", "directory or device", PROXIMO_EINVAL},
        {"lxc", STOPPED, CONTAINER, "mp0", "thick", "but not \"rootdir\"", PROXIMO_EINVAL},
        {"qemu", RUNNING, MACHINE, "ide2", "thick", "no CD", PROXIMO_EINVAL},
        {"qemu", RUNNING, MACHINE, "unused0", "thick", "not attached", PROXIMO_EINVAL},
        {"qemu", RUNNING, MACHINE, "scsi0", "thin", "on storage thin already", PROXIMO_EINVAL},
        {"qemu", RUNNING, MACHINE, "scsi0", "nowhere", "there is no storage nowhere", PROXIMO_ENOTFOUND},
        {"qemu", RUNNING, MACHINE, "scsi0", "off", "disabled", PROXIMO_ESTATE},
        {"qemu", RUNNING, MACHINE, "scsi0", "isos", "but not \"images\"", PROXIMO_EINVAL},
        {"qemu", RUNNING, MACHINE, "scsi0", "there", "not available on node pve1", PROXIMO_EINVAL},
        {"qemu", RUNNING, "{\"digest\":\"aa\",\"tpmstate0\":\"thin:vm-105-disk-0,size=4M\"}", "tpmstate0",
         "thick", "TPM state", PROXIMO_ESTATE},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_failure(
            &t, move(&t, cases[i].kind, cases[i].status, cases[i].config, cases[i].disk, cases[i].target),
            cases[i].code, cases[i].words);
        plane_test_done(&t);
    }
    /* the source cannot go while a snapshot holds it, and stays with it otherwise */
    world(&t, "qemu", RUNNING, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 200, A_SNAPSHOT);
    plane_test_argument(&t, "disk", "scsi0", 1);
    plane_test_argument(&t, "target_storage", "thick", 1);
    assert_int_equal(plane_test_plan(&t, guests, "pve_disk_move"), 0);
    expect_words(&t, "facts", "stays, with the snapshots that hold it (before)");
    plane_test_done(&t);
    world(&t, "qemu", RUNNING, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 200, A_SNAPSHOT);
    plane_test_argument(&t, "disk", "scsi0", 1);
    plane_test_argument(&t, "target_storage", "thick", 1);
    plane_test_argument(&t, "delete_source", "true", 0);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_disk_move"), PROXIMO_ESTATE,
                   "snapshots hold it (before)");
    plane_test_done(&t);
}

#define MOVED                                                                                                \
    "{\"digest\":\"bb\",\"scsi0\":\"thick:vm-105-disk-0,iothread=1,size=32G\",\"unused0\":\"thin:vm-105-"    \
    "disk-0\"}"
#define MOVE_RECORD                                                                                          \
    "{\"tool\":\"pve_disk_move\",\"arguments\":{\"vmid\":\"105\",\"disk\":\"scsi0\",\"target_storage\":"     \
    "\"thick\"},\"before\":[{\"/scsi0\":\"thin:vm-105-disk-0,iothread=1,size=32G\"}]}"

static void a_move_is_undone_by_a_move_back(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t, "qemu", RUNNING, MOVED);
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_disk_move", MOVE_RECORD), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"storage\",\"value\":\"thin\"},{\"name\":\"delete\",\"value\":\"1\"}");
    plane_test_done(&t);
    /* a snapshot of the copy keeps it */
    world(&t, "qemu", RUNNING, MOVED);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 200, A_SNAPSHOT);
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_disk_move", MOVE_RECORD), 0);
    assert_false(told_anywhere(&t, "steps", "\"name\":\"delete\""));
    expect_words(&t, "facts", "stays, with the snapshots that hold it (before)");
    plane_test_done(&t);
    /* without the room there is no way back */
    world(&t, "qemu", RUNNING, MOVED);
    answer_instead(&t, "/nodes/pve1/storage", 200, STATES("34359738368"));
    expect_failure(&t, plane_test_plan_undo(&t, guests, "pve_disk_move", MOVE_RECORD), PROXIMO_ESTATE,
                   "no room for it any more");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
    world(&t, "qemu", RUNNING, MOVED);
    expect_failure(&t,
                   plane_test_plan_undo(&t, guests, "pve_disk_move",
                                        "{\"arguments\":{\"disk\":\"scsi0\"},\"before\":[null]}"),
                   PROXIMO_ENOTFOUND, "does not say where");
    plane_test_done(&t);
}

#define MOVE_TO(target)                                                                                      \
    "{\"kind\":\"guest\",\"vmid\":105,\"disk\":\"scsi0\",\"target\":\"" target "\",\"delete_source\":true}"

static void the_room_where_a_disk_goes_is_weighed(void **state)
{
    static const struct {
        const char *free, *words;
        uint32_t incomplete;
    } cases[] = {
        {STATES("64424509440"), "has room for it", 0},
        {STATES("45097156607"), "becomes tight", 0},
        {STATES("34359738369"), "becomes tight", 0},
        /* 9.5 GiB of 50 stay free; 60 of 1000 */
        {"[{\"storage\":\"thick\",\"active\":1,\"total\":53687091200,\"avail\":44560285696}]",
         "becomes tight", 0},
        {"[{\"storage\":\"thick\",\"active\":1,\"total\":1073741824000,\"avail\":98784247808}]",
         "becomes tight", 0},
        {STATES("34359738368"), "has no room for it", 0},
        {"[{\"storage\":\"thick\",\"active\":1,\"avail\":94424509440}]", "how large it is is not known", 0},
        {"[]", "whether it has room for it is not known", 1},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world(&t, "qemu", RUNNING, MACHINE);
        answer_instead(&t, "/nodes/pve1/storage", 200, cases[i].free);
        answer_instead(&t, "/nodes/pve1/storage/thick/content", 200,
                       "[{\"volid\":\"thick:vm-111-disk-0\",\"content\":\"images\",\"size\":5}]");
        assert_int_equal(plane_test_blast(&t, guests, "disk.move", MOVE_TO("thick")), 0);
        expect_words(&t, "affected", cases[i].words);
        assert_int_equal(told_anywhere(&t, "affected", "guest/111"),
                         strstr(cases[i].words, "no room") != NULL);
        assert_int_equal(plane_test_told_count(&t, "incomplete"), cases[i].incomplete);
        plane_test_done(&t);
    }
}

static void a_move_names_what_it_changes_for_others(void **state)
{
    struct plane_test t;
    (void)state;
    /* from shared storage to that of one node */
    world(&t, "qemu", "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":1}}",
          "{\"digest\":\"aa\",\"scsi0\":\"thick:base-9-disk-0/vm-105-disk-0,size=32G\"}");
    assert_int_equal(plane_test_blast(&t, guests, "disk.move", MOVE_TO("thin")), 0);
    expect_words(&t, "affected", "HA can no longer start it on another node");
    expect_words(&t, "affected", "was a linked clone");
    expect_words(&t, "affected", "is deleted when the copy is whole");
    expect_words(&t, "affected", "replication/105-0");
    plane_test_done(&t);
    /* a source that is another guest's disk as well */
    world(&t, "qemu", RUNNING, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/111/config", 200,
                   "{\"digest\":\"cc\",\"scsi4\":\"thin:vm-105-disk-0,size=32G\"}");
    assert_int_equal(plane_test_blast(&t, guests, "disk.move", MOVE_TO("thick")), 0);
    expect_words(&t, "affected", "names the same volume as scsi4");
    plane_test_done(&t);
    world(&t, "qemu", RUNNING, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 200, A_SNAPSHOT);
    answer_instead(&t, "/storage", 403, "");
    assert_int_equal(plane_test_blast(&t, guests, "disk.move", MOVE_TO("thick")), 0);
    expect_words(&t, "affected", "snapshot/105/before");
    expect_words(&t, "incomplete", "storage thick");
    plane_test_done(&t);
}

int main(void)
{
    guests = plane_load("guests");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relative_size_is_absolute_on_the_wire),
        cmocka_unit_test(sizes_are_read_as_proxmox_reads_them),
        cmocka_unit_test(a_resize_that_cannot_be_is_refused),
        cmocka_unit_test(what_is_so_already_is_not_sent),
        cmocka_unit_test(the_room_on_its_storage_is_weighed),
        cmocka_unit_test(a_resize_names_snapshots_and_what_it_cannot_see),
        cmocka_unit_test(a_move_leaves_its_source_as_unused),
        cmocka_unit_test(a_move_of_a_volume_passes_how),
        cmocka_unit_test(a_move_that_proxmox_refuses_is_refused_before),
        cmocka_unit_test(a_move_is_undone_by_a_move_back),
        cmocka_unit_test(the_room_where_a_disk_goes_is_weighed),
        cmocka_unit_test(a_move_names_what_it_changes_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
