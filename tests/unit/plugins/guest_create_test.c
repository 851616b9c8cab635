/* SPDX-License-Identifier: Apache-2.0 */
/* pve_create_container and pve_create_vm: what is sent, refused and named. */
#include "plan_rig.h"

#define DEBIAN "iso:vztmpl/debian-13.tar.zst"

static const struct proximo_plane *guests;

static void given(struct plane_test *t, const char *options)
{
    plane_test_init(t);
    plane_test_argument(t, "node", "pve1", 1);
    plane_test_argument(t, "vmid", "120", 1);
    if (options)
        plane_test_argument(t, "options", options, 0);
    plane_test_answer(t, "/cluster/nextid?vmid=120", 200, "\"120\"");
    plane_test_answer(t, "/pools?poolid=web", 200, "[{\"poolid\":\"web\"}]");
    plane_test_answer(
        t, "/nodes/pve1/storage", 200,
        "[{\"storage\":\"iso\",\"content\":\"iso,vztmpl\",\"active\":1,\"enabled\":1},"
        "{\"storage\":\"lvm\",\"content\":\"images,rootdir\",\"active\":1,\"avail\":21474836480},"
        "{\"storage\":\"down\",\"content\":\"images,rootdir\",\"active\":0},"
        "{\"storage\":\"off\",\"content\":\"images,rootdir\",\"enabled\":0}]");
    plane_test_answer(t, "/nodes/pve1/storage/iso/content?content=vztmpl", 200,
                      "[{\"volid\":\"" DEBIAN "\"}]");
    plane_test_answer(t, "/nodes/pve1/storage/iso/content?content=iso", 200,
                      "[{\"volid\":\"iso:iso/a.iso\"}]");
}

static int32_t container(struct plane_test *t, const char *options, const char *storage)
{
    given(t, options);
    plane_test_argument(t, "ostemplate", DEBIAN, 1);
    plane_test_argument(t, "storage", storage, 1);
    return plane_test_plan(t, guests, "pve_create_container");
}

static int32_t machine(struct plane_test *t, const char *options)
{
    given(t, options);
    return plane_test_plan(t, guests, "pve_create_vm");
}

static void a_container_is_unprivileged_unless_it_is_said(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(container(&t, "{\"hostname\":\"web\",\"onboot\":true}", "lvm"), 0);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/nodes/{node}/lxc\","
        "\"params\":[{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"vmid\",\"value\":\"120\"},"
        "{\"name\":\"ostemplate\",\"value\":\"" DEBIAN "\"},{\"name\":\"storage\",\"value\":\"lvm\"},"
        "{\"name\":\"unprivileged\",\"value\":\"1\"},{\"name\":\"hostname\",\"value\":\"web\"},"
        "{\"name\":\"onboot\",\"value\":\"1\"}]}");
    expect_words(&t, "subjects", "\"space\":\"lvm=4294967296\"");
    expect_words(&t, "subjects",
                 "{\"class\":\"guest.create\",\"subject\":{\"kind\":\"guest\",\"vmid\":120,\"new\":true");
    assert_int_equal(plane_test_told_count(&t, "risks"), 0);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
    assert_int_equal(container(&t, "{\"unprivileged\":0}", "lvm"), 0);
    expect_words(&t, "risks", "a privileged container: root in it is root on the host");
    expect_words(&t, "steps", "{\"name\":\"unprivileged\",\"value\":\"0\"}");
    assert_null(strstr(plane_test_told(&t, "steps", 0), "{\"name\":\"unprivileged\",\"value\":\"1\"}"));
    plane_test_done(&t);
}

static void secrets_are_placed_and_public_keys_shown(void **state)
{
    struct plane_test t;
    (void)state;
    given(&t, NULL);
    plane_test_argument(&t, "ostemplate", DEBIAN, 1);
    plane_test_argument(&t, "storage", "lvm", 1);
    plane_test_argument(&t, "ssh_public_keys", "ssh-ed25519 AAAA joe", 1);
    plane_test_secret(&t, "password");
    assert_int_equal(plane_test_plan(&t, guests, "pve_create_container"), 0);
    expect_words(&t, "steps", "{\"name\":\"ssh-public-keys\",\"value\":\"ssh-ed25519 AAAA joe\"}");
    expect_words(&t, "steps", "\"name\":\"password\"");
    plane_test_done(&t);
}

static void what_reaches_into_the_host_is_named(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(machine(&t, "{\"name\":\"db\",\"scsi0\":\"lvm:32,iothread=1\",\"scsi1\":\"lvm:0.5\","
                                 "\"ide2\":\"iso:iso/a.iso,media=cdrom\",\"net0\":\"virtio,bridge=vmbr0\","
                                 "\"net1\":\"virtio,bridge=vmbr1,firewall=1\",\"hostpci0\":\"mapping=gpu\","
                                 "\"start\":true}"),
                     0);
    expect_words(&t, "subjects",
                 "\"bridges\":\"net0=vmbr0 net1=vmbr1/firewall\",\"space\":\"lvm=34896609280\"");
    expect_words(&t, "risks", "hostpci0: gives the guest a PCI device of the host");
    expect_words(&t, "postcondition", "\"wait_value\":\"\\\"running\\\"\"");
    plane_test_done(&t);
    assert_int_equal(container(&t, "{\"rootfs\":\"lvm:8\",\"mp0\":\"/srv,mp=/srv\"}", "lvm"), 0);
    expect_words(&t, "risks", "mp0: gives the container a folder or device of the host");
    plane_test_done(&t);
}

static void the_class_names_bridges_pool_and_storages(void **state)
{
    struct plane_test t;
    (void)state;
    given(&t, NULL);
    plane_test_answer(&t, "/nodes/pve1/network?type=any_bridge", 200, "[{\"iface\":\"vmbr1\"}]");
    assert_int_equal(
        plane_test_blast(&t, guests, "guest.create",
                         "{\"kind\":\"guest\",\"vmid\":120,\"new\":true,\"node\":\"pve1\",\"pool\":\"web\","
                         "\"bridges\":\"net0=vmbr0 net1=vmbr1/firewall\",\"space\":\"lvm=34896609280 "
                         "iso=5\"}"),
        0);
    expect_words(&t, "affected",
                 "\"bridge/vmbr0\",\"effect\":\"has the guest's net0 on it, without Proxmox's firewall");
    expect_words(&t, "affected", "\"bridge/vmbr1\",\"effect\":\"has the guest's net1 on it\"");
    expect_words(&t, "affected",
                 "this token sees none of that name on pve1, and without it the guest does not");
    expect_words(&t, "affected", "\"pool/web\"");
    expect_words(&t, "affected", "\"storage/lvm\",\"effect\":\"has less free than the new disks may grow to");
    expect_words(&t, "incomplete", "whether it fits on storage iso");
    plane_test_done(&t);
}

static void what_proxmox_refuses_is_refused(void **state)
{
    static const struct {
        const char *options, *words;
        int32_t code;
    } machines[] = {
        {"{\"scsi0\":\"none-such:8\"}", "has no storage none-such", PROXIMO_ENOTFOUND},
        {"{\"scsi0\":\"iso:8\"}", "does not hold content images", PROXIMO_EINVAL},
        {"{\"scsi0\":\"down:8\"}", "is not active", PROXIMO_ESTATE},
        {"{\"scsi0\":\"off:8\"}", "is disabled", PROXIMO_ESTATE},
        {"{\"ide2\":\"iso:iso/b.iso,media=cdrom\"}", "has no iso:iso/b.iso", PROXIMO_ENOTFOUND},
        {"{\"args\":\"-S\"}", "root@pam itself only", PROXIMO_EDENIED},
        {"{\"digest\":\"x\"}", "Proxmox's own note", PROXIMO_EINVAL},
        {"{\"archive\":\"x\"}", "pve_restore", PROXIMO_EINVAL},
        {"{\"force\":1}", "never takes the place of another", PROXIMO_EINVAL},
        {"{\"pool\":\"nowhere\"}", "pool nowhere", PROXIMO_ENOTFOUND},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        expect_failure(&t, machine(&t, machines[i].options), machines[i].code, machines[i].words);
        plane_test_done(&t);
    }
    expect_failure(&t, container(&t, "{\"dev0\":\"/dev/kvm\"}", "lvm"), PROXIMO_EDENIED,
                   "root@pam itself only");
    plane_test_done(&t);
    expect_failure(&t, container(&t, NULL, "iso"), PROXIMO_EINVAL, "does not hold content rootdir");
    plane_test_done(&t);
    given(&t, NULL);
    plane_test_argument(&t, "ostemplate", "iso:vztmpl/other.tar", 1);
    plane_test_argument(&t, "storage", "lvm", 1);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_create_container"), PROXIMO_ENOTFOUND,
                   "vztmpl/other.tar");
    plane_test_done(&t);
    given(&t, NULL);
    answer_instead(&t, "/cluster/nextid?vmid=120", 400, "");
    expect_failure(&t, plane_test_plan(&t, guests, "pve_create_vm"), PROXIMO_ESTATE,
                   "the number 120 is taken");
    plane_test_done(&t);
}

static void what_is_not_known_is_incomplete(void **state)
{
    struct plane_test t;
    (void)state;
    given(&t, "{\"scsi0\":\"lvm:8\"}");
    answer_instead(&t, "/nodes/pve1/storage", 403, "");
    assert_int_equal(plane_test_plan(&t, guests, "pve_create_vm"), 0);
    expect_words(&t, "incomplete", "the storages of the node");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_container_is_unprivileged_unless_it_is_said),
        cmocka_unit_test(secrets_are_placed_and_public_keys_shown),
        cmocka_unit_test(what_reaches_into_the_host_is_named),
        cmocka_unit_test(the_class_names_bridges_pool_and_storages),
        cmocka_unit_test(what_proxmox_refuses_is_refused),
        cmocka_unit_test(what_is_not_known_is_incomplete),
    };
    guests = plane_load("guests");
    assert_non_null(guests);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
