/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of pve_template_convert, and whom they affect. */
#include "disk_world.h"

static const struct proximo_plane *guests;

static int32_t convert(struct plane_test *t, const char *kind, const char *status, const char *config)
{
    world(t, kind, status, config);
    return plane_test_plan(t, guests, "pve_template_convert");
}

static void a_guest_becomes_a_template_for_good(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(convert(&t, "qemu", STOPPED, MACHINE), 0);
    expect_told(&t, "steps", 1,
                "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/template\",\"params\":[" AT("qemu") "]}");
    expect_words(&t, "postcondition", "\"select\":\"/template\"");
    expect_words(&t, "postcondition", "\"deadline_ms\":600000");
    expect_words(&t, "facts", "{\"name\":\"become_base_volumes\",\"value\":[\"scsi0\",\"scsi1\"]}");
    expect_words(&t, "facts", "cannot make a guest of a template");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"guest.template\",\"subject\":{\"kind\":\"guest\",\"vmid\":105}}");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
    /* a container's answer has no task to follow */
    assert_int_equal(convert(&t, "lxc", STOPPED, CONTAINER), 0);
    expect_told(&t, "steps", 1,
                "{\"kind\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/template\",\"params\":[" AT("lxc") "]}");
    plane_test_done(&t);
    assert_int_equal(convert(&t, "qemu", STOPPED, "{\"digest\":\"aa\",\"template\":1}"), 0);
    expect_told(&t, "steps", 0, NULL);
    expect_words(&t, "summary", "a template already");
    plane_test_done(&t);
}

static void what_proxmox_refuses_is_refused_before(void **state)
{
    static const struct {
        const char *status, *config, *words;
    } cases[] = {
        {RUNNING, MACHINE, "is running"},
        {"{\"vmid\":105,\"status\":\"stopped\",\"ha\":{\"managed\":1}}", MACHINE, "managed by HA"},
        {STOPPED, "{\"digest\":\"aa\",\"lock\":\"backup\"}", "locked (backup)"},
        {STOPPED, "{\"digest\":\"aa\",\"scsi0\":\"thick:vm-105-disk-0,size=1G\"}", "has no base volumes"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_failure(&t, convert(&t, "qemu", cases[i].status, cases[i].config), PROXIMO_ESTATE,
                       cases[i].words);
        plane_test_done(&t);
    }
    world(&t, "qemu", STOPPED, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/snapshot", 200, A_SNAPSHOT);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_template_convert"), PROXIMO_ESTATE,
                   "has snapshots (before)");
    plane_test_done(&t);
    world(&t, "qemu", STOPPED, MACHINE);
    t.denied = 1;
    expect_failure(&t, plane_test_plan(&t, guests, "pve_template_convert"), PROXIMO_EDENIED, "VM.Allocate");
    plane_test_done(&t);
}

static void the_guest_and_its_disks_are_named(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t, "qemu", STOPPED, MACHINE);
    assert_int_equal(plane_test_blast(&t, guests, "guest.template", "{\"kind\":\"guest\",\"vmid\":105}"), 0);
    expect_words(&t, "affected", "it never starts again");
    expect_words(&t, "affected", "disk/105/scsi1");
    assert_false(told_anywhere(&t, "affected", "disk/105/ide2"));
    assert_false(told_anywhere(&t, "affected", "disk/105/unused0"));
    expect_words(&t, "affected", "replication/105-0");
    plane_test_done(&t);
    world(&t, "qemu", STOPPED, MACHINE);
    answer_instead(&t, "/nodes/pve1/qemu/105/config", 403, "");
    assert_int_equal(plane_test_blast(&t, guests, "guest.template", "{\"kind\":\"guest\",\"vmid\":105}"), 0);
    expect_words(&t, "incomplete", "the guest's configuration");
    plane_test_done(&t);
}

int main(void)
{
    guests = plane_load("guests");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_becomes_a_template_for_good),
        cmocka_unit_test(what_proxmox_refuses_is_refused_before),
        cmocka_unit_test(the_guest_and_its_disks_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
