/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of disks that are taken away, and whom they affect. */
#include "disk_world.h"

static const struct proximo_plane *guests;

static int32_t unlink_disks(struct plane_test *t, const char *kind, const char *config, const char *disks,
                            int force)
{
    world(t, kind, STOPPED, config);
    plane_test_answer(t, "/nodes", 200, "[{\"node\":\"pve1\",\"status\":\"online\"}]");
    plane_test_argument(t, "disks", disks, 0);
    if (force)
        plane_test_argument(t, "force", "true", 0);
    return plane_test_plan(t, guests, "pve_disk_unlink");
}

static void a_detached_disk_is_attached_again(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(unlink_disks(&t, "qemu", MACHINE, "[\"scsi1\",\"scsi0\"]", 0), 0);
    expect_words(&t, "guards", "\"fields\":\"/digest,/lock,/scsi1,/scsi0\"");
    expect_told(
        &t, "steps", 1,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"PUT\",\"path\":"
        "\"/nodes/{node}/{kind}/{vmid}/unlink\",\"params\":[" AT("qemu") ",{\"name\":\"idlist\","
                                                                         "\"value\":\"scsi1,scsi0\"}]}");
    expect_words(&t, "subjects", "\"class\":\"disk.unlink\"");
    expect_words(&t, "undo", "{\"name\":\"scsi1\",\"value\":\"before.0:/scsi1\",\"flags\":2}");
    expect_words(&t, "undo", "\"method\":\"PUT\",\"path\":\"/nodes/{node}/{kind}/{vmid}/config\"");
    assert_int_equal(plane_test_told_count(&t, "postcondition"), 2);
    plane_test_done(&t);
    assert_int_equal(unlink_disks(&t, "lxc", CONTAINER, "[\"mp0\"]", 0), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"delete\",\"value\":\"mp0\"},{\"name\":\"digest\",\"value\":\"state:/digest\"");
    plane_test_done(&t);
    /* a directory of the node is root's to attach */
    assert_int_equal(unlink_disks(&t, "lxc", CONTAINER, "[\"mp1\"]", 0), 0);
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    expect_words(&t, "facts", "mp1 cannot be attached again by a token");
    plane_test_done(&t);
}

static void a_deleted_disk_has_no_way_back_and_names_the_backup(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t, "qemu", STOPPED, MACHINE);
    answer_instead(&t, "/storage", 200,
                   "[{\"storage\":\"thin\",\"type\":\"lvmthin\",\"content\":\"images\"},"
                   "{\"storage\":\"nas\",\"type\":\"nfs\",\"shared\":1,\"content\":\"backup\"}]");
    plane_test_answer(&t, "/nodes", 200, "[{\"node\":\"pve1\",\"status\":\"online\"}]");
    plane_test_answer(&t, "/nodes/pve1/storage/nas/content?content=backup&vmid=105", 200,
                      "[{\"volid\":\"nas:backup/vzdump-qemu-105-x.vma\",\"content\":\"backup\",\"vmid\":105,"
                      "\"ctime\":1700000000,\"size\":5}]");
    plane_test_argument(&t, "disks", "[\"unused0\"]", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_disk_unlink"), 0);
    expect_words(&t, "subjects", "\"class\":\"disk.destroy\"");
    expect_words(&t, "facts", "nas:backup/vzdump-qemu-105-x.vma");
    expect_words(&t, "facts", "1 backup, the newest of 2023-11-14 22:13 UTC");
    expect_words(&t, "facts", "leave out unused disks");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
    assert_int_equal(unlink_disks(&t, "qemu", MACHINE, "[\"scsi0\"]", 1), 0);
    expect_words(&t, "steps", "{\"name\":\"force\",\"value\":\"1\"}");
    expect_words(&t, "subjects", "\"class\":\"disk.destroy\"");
    expect_words(&t, "facts", "no backup of machine 105 was found");
    plane_test_done(&t);
}

static void an_unlink_that_proxmox_refuses_is_refused_before(void **state)
{
    static const struct {
        const char *kind, *config, *disks, *words;
        int force;
        int32_t code;
    } cases[] = {
        {"lxc", CONTAINER, "[\"rootfs\"]", "without its root disk", 0, PROXIMO_EINVAL},
        {"lxc", CONTAINER, "[\"mp0\"]", "detach it first", 1, PROXIMO_EINVAL},
        {"qemu", MACHINE, "[\"scsi0\",\"unused0\"]", "that takes two plans", 0, PROXIMO_EINVAL},
        {"qemu", MACHINE, "[\"scsi0\",\"scsi0\"]", "named twice", 0, PROXIMO_EINVAL},
        {"qemu", MACHINE, "[\"scsi7\"]", "it has ide2", 0, PROXIMO_ENOTFOUND},
        {"qemu", MACHINE, "[]", "1 to 32 slots", 0, PROXIMO_EINVAL},
        {"qemu", "{\"digest\":\"aa\",\"protection\":1,\"scsi0\":\"thin:vm-105-disk-0,size=4M\"}",
         "[\"scsi0\"]", "is protected", 0, PROXIMO_ESTATE},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_failure(&t, unlink_disks(&t, cases[i].kind, cases[i].config, cases[i].disks, cases[i].force),
                       cases[i].code, cases[i].words);
        plane_test_done(&t);
    }
    world(&t, "qemu", STOPPED, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 200, A_SNAPSHOT);
    plane_test_argument(&t, "disks", "[\"unused0\"]", 0);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_disk_unlink"), PROXIMO_ESTATE,
                   "snapshots hold it (before)");
    plane_test_done(&t);
}

static void who_loses_what_by_an_unlink_is_named(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t, "qemu", RUNNING, MACHINE);
    assert_int_equal(plane_test_blast(&t, guests, "disk.unlink",
                                      "{\"kind\":\"guest\",\"vmid\":105,\"disks\":\"scsi0,scsi1\"}"),
                     0);
    expect_words(&t, "affected", "\"effect\":\"is taken away: the guest boots from it");
    expect_words(&t, "affected", "is taken away while the guest runs");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
    /* a volume that another guest names as well */
    world(&t, "qemu", STOPPED, MACHINE);
    answer_instead(
        &t, "/nodes/pve1/qemu/111/config", 200,
        "{\"digest\":\"cc\",\"scsi0\":\"thin:vm-105-disk-7,size=8G\",\"scsi1\":\"thin:vm-105-disk-77\"}");
    assert_int_equal(plane_test_blast(&t, guests, "disk.destroy",
                                      "{\"kind\":\"guest\",\"vmid\":105,\"disks\":\"unused0\"}"),
                     0);
    expect_words(&t, "affected", "is deleted with all its data; it was not attached");
    expect_words(&t, "affected", "names the same volume as scsi0");
    assert_int_equal(plane_test_told_count(&t, "affected"), 2);
    plane_test_done(&t);
    world(&t, "qemu", STOPPED, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/111/config", 403, "");
    assert_int_equal(plane_test_blast(&t, guests, "disk.destroy",
                                      "{\"kind\":\"guest\",\"vmid\":105,\"disks\":\"scsi0\",\"force\":true}"),
                     0);
    expect_words(&t, "affected", "deleted with all its data, and the guest boots from it");
    expect_words(&t, "incomplete", "the configuration of guest 111");
    plane_test_done(&t);
}

int main(void)
{
    guests = plane_load("guests");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_detached_disk_is_attached_again),
        cmocka_unit_test(a_deleted_disk_has_no_way_back_and_names_the_backup),
        cmocka_unit_test(an_unlink_that_proxmox_refuses_is_refused_before),
        cmocka_unit_test(who_loses_what_by_an_unlink_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
