/* SPDX-License-Identifier: Apache-2.0 */
/* Values that mean something else than they look like: property strings, lists, comments. */
#include "rig.h"

static void volumes_are_read_by_what_they_name(void **state)
{
    (void)state;
    SET(LXC, "mp0", "/etc,mp=/x");
    expect(RISK_HIGH, "of the host");
    SET(LXC, "mp0", "volume=/etc,mp=/x");
    expect(RISK_HIGH, "of the host");
    SET(LXC, "mp0", "mp=/x, volume = /etc");
    expect(RISK_HIGH, "of the host");
    SET(LXC, "mp0", " /etc,mp=/x");
    expect(RISK_HIGH, "of the host");
    SET(LXC, "mp0", "local:8,volume=/etc,mp=/x");
    expect(RISK_HIGH, "of the host");
    SET(LXC, "mp0", "local:8,mp=/x");
    expect(RISK_MEDIUM, NULL);
    SET(LXC, "mp0", "mp=/x");
    expect(RISK_HIGH, NULL);
    SET(LXC, "mp0", "");
    expect(RISK_HIGH, NULL);
    SET(LXC, "mp0", "local:105/vm-105-disk-1.raw,mp=/data");
    expect(RISK_MEDIUM, NULL);
    SET(LXC, "mp0", "local:106/vm-106-disk-1.raw,mp=/data");
    expect(RISK_HIGH, "another guest");
    SET(LXC, "mp0", "local:105/../106/vm-105-disk-1.raw,mp=/data");
    expect(RISK_HIGH, NULL);
    SET(QEMU, "scsi0", "local-lvm:vm-100-disk-0,discard=on");
    expect(RISK_MEDIUM, NULL);
    SET(QEMU, "scsi0", "local-lvm:base-1000-disk-0/vm-100-disk-0");
    expect(RISK_MEDIUM, NULL);
    SET(QEMU, "scsi0", "local-lvm:vm-1000-disk-0");
    expect(RISK_HIGH, "another guest");
    SET(QEMU, "scsi0", "/dev/sda");
    expect(RISK_HIGH, "of the host");
    SET(QEMU, "scsi1", "local:0,import-from=/etc/shadow");
    expect(RISK_HIGH, "of the host");
    SET(QEMU, "scsi1", "local:0,import-from=local:200/vm-200-disk-0.raw");
    expect(RISK_HIGH, "another guest");
    SET(QEMU, "ide2", "local:iso/debian.iso,media=cdrom");
    expect(RISK_MEDIUM, NULL);
    SET(QEMU, "ide2", "none,media=cdrom");
    expect(RISK_MEDIUM, NULL);
    SET(QEMU, "ide2", "cdrom");
    expect(RISK_HIGH, "drive of the host");
    SET(QEMU, "efidisk0", "/etc/shadow");
    expect(RISK_HIGH, NULL);
    judge(CONFIG_PVE, "POST", "/nodes/pve1/qemu", "vmid", "120", "scsi0", "local:vm-100-disk-0", NULL);
    expect(RISK_HIGH, "another guest");
}

static void interfaces_are_read_key_by_key(void **state)
{
    (void)state;
    SET(QEMU, "net0", "virtio=BC:24:11:00:00:01,firewall=0");
    expect(RISK_HIGH, "firewall");
    SET(QEMU, "net0", "virtio=BC:24:11:00:00:01");
    expect(RISK_HIGH, "firewall");
    SET(QEMU, "net0", "virtio,firewall=1,firewall=0");
    expect(RISK_HIGH, "firewall");
    SET(QEMU, "net0", "virtio,firewall=1,bridge=vmbr1");
    expect(RISK_HIGH, "another network");
    SET(LXC, "net0", "name=eth0,firewall=1,trunks=1;2");
    expect(RISK_HIGH, "VLANs");
    SET(QEMU, "net0", "virtio,firewall=1,rate=10");
    expect(RISK_MEDIUM, NULL);
    judge(CONFIG_PVE, "POST", "/nodes/pve1/qemu", "net0", "virtio,bridge=vmbr0,firewall=1", NULL);
    expect(RISK_MEDIUM, NULL);
    judge(CONFIG_PVE, "POST", "/nodes/pve1/qemu", "net0", "virtio,bridge=vmbr0", NULL);
    expect(RISK_HIGH, "firewall");
}

static void a_comment_is_one_line(void **state)
{
    static const char rules[] = "/nodes/pve1/lxc/105/firewall/rules";
    (void)state;
    judge(CONFIG_PVE, "POST", rules, "type", "in", "action", "ACCEPT", "comment", "web", NULL);
    expect(RISK_MEDIUM, NULL);
    judge(CONFIG_PVE, "POST", rules, "type", "in", "action", "DROP", "comment", "x\nIN ACCEPT", NULL);
    expect(RISK_HIGH, "line break");
    judge(CONFIG_PVE, "PUT", "/nodes/pve1/lxc/105/firewall/rules/0", "delete", "comment", NULL);
    expect(RISK_MEDIUM, NULL);
}

static void lists_are_judged_item_by_item(void **state)
{
    static const char *const lists[] = {"tags,protection", "tags;protection", "tags protection",
                                        "protection",      ",,protection",    "tags\n\tprotection"};
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        SET(QEMU, "delete", lists[i]);
        expect(RISK_HIGH, "delete=protection: takes the protection");
    }
    SET(QEMU, "delete", "scsi0");
    expect(RISK_HIGH, "takes a disk away");
    assert_true(verdict.flags & RISK_DESTROYS);
    SET(QEMU, "delete", "unused0");
    expect(RISK_HIGH, "deletes the volume");
    assert_true(verdict.flags & RISK_DESTROYS);
    SET(QEMU, "delete", "cores");
    expect(RISK_MEDIUM, "cores");
    SET(QEMU, "delete", "net0");
    expect(RISK_MEDIUM, NULL);
    SET(QEMU, "delete", "tags", "delete", "unused1");
    expect(RISK_HIGH, NULL);
    SET(QEMU, "delete", "nosuchoption");
    expect(RISK_HIGH, "not in the table");
    SET(QEMU, "revert", "hookscript");
    expect(RISK_HIGH, "hookscript");
    SET(QEMU, "delete", "delete");
    expect(RISK_HIGH, NULL);
    SET("/cluster/firewall/options", "delete", "enable");
    expect(RISK_HIGH, "reached");
    assert_true(verdict.flags & RISK_CUTS_OFF);
    judge(CONFIG_PVE, "DELETE", "/nodes/pve1/network", NULL);
    expect(RISK_LOW, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(volumes_are_read_by_what_they_name),
        cmocka_unit_test(interfaces_are_read_key_by_key),
        cmocka_unit_test(a_comment_is_one_line),
        cmocka_unit_test(lists_are_judged_item_by_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
