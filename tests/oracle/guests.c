/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests on the simulator that are made, restored, cloned and destroyed: rules that the recordings do not
 * show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <string.h>

#include "asks.h"

#define QEMU1    "/nodes/pve1/qemu"
#define LXC1     "/nodes/pve1/lxc"
#define ISO      "local:iso/debian-13.1.0-amd64-netinst.iso"
#define TEMPLATE "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst"
#define CT105    "nfs-backup:backup/vzdump-lxc-105-2026_11_18-02_00_00.tar.zst"
#define VM103    "nfs-backup:backup/vzdump-qemu-103-2026_11_19-02_00_00.vma.zst"
#define VM250    "usb-archive:backup/vzdump-qemu-250-2025_10_20-02_00_00.vma.zst"

static int with_demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--task-ms", "30", NULL};
    return begin(state, arguments);
}

static int with_trouble(void **state)
{
    static const char *const arguments[] = {"--seed",    "demo",
                                            "--task-ms", "30",
                                            "--task",    "qmcreate:fail:1",
                                            "--task",    "vzrestore:fail:1",
                                            "--task",    "qmclone:hang:1",
                                            "--task",    "vzdestroy:fail:1",
                                            NULL};
    return begin(state, arguments);
}

static int with_fresh(void **state)
{
    static const char *const arguments[] = {"--task-ms", "30", "--fresh-ms", "300", NULL};
    return begin(state, arguments);
}

static int with_oracle(void **state)
{
    static const char *const arguments[] = {"--task-ms", "30", NULL};
    return begin(state, arguments);
}

/* Starts a task and waits for it. */
static void run(struct fixture *fixture, const char *method, const char *path, const char *params,
                const char *expected)
{
    char task[600];

    start(fixture, method, path, params, task, sizeof task);
    ends(fixture, task, expected);
}

/* Does the answer have this text in it? */
static void has(struct fixture *fixture, const char *path, const char *place, const char *text, bool expected)
{
    FREE_WITH(free_text) char *all = value(fixture, "GET", path, "{}", place);

    if ((strstr(all, text) != NULL) != expected)
        print_message("%s: %s\n", path, all);
    assert_int_equal(strstr(all, text) != NULL, expected);
}

/* What the caller that owns container 105 alone is told. */
static void forbidden(struct fixture *fixture, const char *method, const char *path, const char *params,
                      const char *reason)
{
    struct json_object *exchange = json_object_new_object();
    struct answer answer = {0};

    json_object_object_add(exchange, "as", json_object_new_string("narrow-guest105"));
    json_object_object_add(exchange, "method", json_object_new_string(method));
    json_object_object_add(exchange, "path", json_object_new_string(path));
    json_object_object_add(exchange, "params", json_tokener_parse(params));
    assert_int_equal(client_send(fixture->client, exchange, NULL, &answer), 0);
    json_object_put(exchange);
    assert_int_equal(answer.status, 403);
    assert_string_equal(answer.reason, reason);
    answer_done(&answer);
}

/* ---- creating ---- */

static void test_create_vm(void **state)
{
    struct fixture *fixture = *state;

    run(fixture, "POST", QEMU1,
        "{\"vmid\": \"300\", \"name\": \"new\", \"memory\": \"1024\", \"scsi1\": \"local-lvm:32\", "
        "\"scsi0\": "
        "\"local-lvm:0.5,iothread=1\", \"efidisk0\": \"local-lvm:1,efitype=4m\", \"tpmstate0\": "
        "\"local-lvm:1,version=v2.0\", \"ide0\": \"local-lvm:cloudinit\", \"ide2\": \"" ISO
        ",media=cdrom\", \"net0\": \"virtio,bridge=vmbr0\", \"tags\": \"b;A\", \"pool\": \"infra\", "
        "\"ha-managed\": "
        "\"1\"}",
        "OK");
    is(fixture, QEMU1 "/300/config", "data.scsi0", "local-lvm:vm-300-disk-0,iothread=1,size=512M");
    is(fixture, QEMU1 "/300/config", "data.scsi1", "local-lvm:vm-300-disk-1,size=32G");
    is(fixture, QEMU1 "/300/config", "data.efidisk0", "local-lvm:vm-300-disk-2,efitype=4m,size=4M");
    is(fixture, QEMU1 "/300/config", "data.tpmstate0", "local-lvm:vm-300-disk-3,size=4M,version=v2.0");
    is(fixture, QEMU1 "/300/config", "data.ide0", "local-lvm:vm-300-cloudinit,media=cdrom,size=4M");
    is(fixture, QEMU1 "/300/config", "data.boot", "order=scsi0;ide0;net0");
    is(fixture, QEMU1 "/300/config", "data.tags", "a;b");
    has(fixture, QEMU1 "/300/config", "data.net0", "virtio=BC:24:11:", true);
    has(fixture, "/nodes/pve1/storage/local-lvm/content?vmid=300", "data", "vm-300-disk-3", true);
    has(fixture, "/pools/infra", "data.members", "\"vmid\": 300", true);
    is(fixture, "/cluster/ha/resources/vm:300", "data.state", "stopped");
    is(fixture, "/cluster/nextid", "data", "112");
    run(fixture, "POST", QEMU1, "{\"vmid\": \"301\", \"storage\": \"local-lvm\", \"virtio0\": \"8,ssd=0\"}",
        "OK");
    is(fixture, QEMU1 "/301/config", "data.virtio0", "local-lvm:vm-301-disk-0,size=8G,ssd=0");
    refused(fixture, "POST", QEMU1, "{\"vmid\": \"302\", \"scsi0\": \"8\"}",
            "no storage ID specified (and no default storage)\n");
    /* The number is the cluster's. */
    refused(fixture, "POST", "/nodes/pve2/qemu", "{\"vmid\": \"300\"}",
            "unable to create VM 300 - VM 300 already exists on node 'pve1'\n");
    refused(fixture, "POST", LXC1, "{\"vmid\": \"101\", \"ostemplate\": \"" TEMPLATE "\"}",
            "VM 101 already exists on node 'pve2'\n");
}

static void test_create_refused(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "POST", QEMU1, "{\"vmid\": \"300\", \"scsi0\": \"local:4\"}", "storage",
              "storage 'local' does not support vm images");
    bad_param(fixture, "POST", LXC1,
              "{\"vmid\": \"300\", \"ostemplate\": \"" TEMPLATE "\", \"rootfs\": \"iso-store:4\"}", "storage",
              "storage 'iso-store' does not support container directories");
    refused(fixture, "POST", LXC1,
            "{\"vmid\": \"300\", \"ostemplate\": \"" TEMPLATE "\", \"mp0\": \"local-lvm:1,mp=/x\"}",
            "mount points configured, but 'rootfs' not set - aborting\n");
    bad_param(fixture, "POST", QEMU1, "{\"vmid\": \"300\", \"force\": \"1\"}", "archive",
              "missing property - 'force' requires this property");
    bad_param(fixture, "POST", QEMU1,
              "{\"vmid\": \"300\", \"scsi0\": \"local-lvm:8,import-from=iso-store:import/x.qcow2\"}", "scsi0",
              "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>");
    /* What is not there shows when the task looks for it, and then nothing of the guest is left. */
    run(fixture, "POST", QEMU1,
        "{\"vmid\": \"300\", \"scsi0\": \"local-lvm:4\", \"sata2\": \"local:iso/none.iso,media=cdrom\"}",
        "unable to create VM 300 - volume 'local:iso/none.iso' does not exist");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-300-", false);
    run(fixture, "POST", LXC1,
        "{\"vmid\": \"300\", \"ostemplate\": \"local:vztmpl/none.tar.zst\", \"storage\": \"local-lvm\"}",
        "unable to create CT 300 - volume 'local:vztmpl/none.tar.zst' does not exist");
    refused(fixture, "GET", QEMU1 "/300/config", "{}",
            "Configuration file 'nodes/pve1/qemu-server/300.conf' does not exist\n");
    forbidden(fixture, "POST", QEMU1, "{\"vmid\": \"300\"}", "Permission check failed");
    forbidden(fixture, "POST", LXC1,
              "{\"vmid\": \"300\", \"ostemplate\": \"" TEMPLATE "\", \"pool\": \"infra\"}",
              "Permission check failed");
    forbidden(fixture, "POST", LXC1 "/105/clone", "{\"newid\": \"300\"}", "Permission check failed");
}

static void test_create_ct(void **state)
{
    struct fixture *fixture = *state;

    run(fixture, "POST", LXC1,
        "{\"vmid\": \"300\", \"ostemplate\": \"" TEMPLATE "\", \"rootfs\": \"local-lvm:8\", \"mp0\": "
        "\"local-lvm:2,mp=/data\", \"net0\": \"name=eth0,bridge=vmbr0,ip=dhcp\", \"password\": \"secret\", "
        "\"unprivileged\": \"1\", \"start\": \"1\"}",
        "OK");
    is(fixture, LXC1 "/300/config", "data.rootfs", "local-lvm:vm-300-disk-0,size=8G");
    is(fixture, LXC1 "/300/config", "data.mp0", "local-lvm:vm-300-disk-1,mp=/data,size=2G");
    is(fixture, LXC1 "/300/config", "data.ostype", "debian");
    is(fixture, LXC1 "/300/config", "data.hostname", "CT300");
    is(fixture, LXC1 "/300/config", "data.memory", "512");
    is(fixture, LXC1 "/300/config", "data.password", "(none)");
    has(fixture, LXC1 "/300/config", "data.net0", "hwaddr=BC:24:11:", true);
    is(fixture, LXC1 "/300/status/current", "data.status", "running");
    has(fixture, LXC1 "/300/rrddata?timeframe=hour", "data", "time", true);
    /* Without a root of its own it is 4 GiB; on ZFS it has a file system of its own. */
    run(fixture, "POST", "/nodes/pve2/lxc",
        "{\"vmid\": \"301\", \"ostemplate\": \"" TEMPLATE
        "\", \"storage\": \"local-zfs\", \"hostname\": \"z\"}",
        "OK");
    is(fixture, "/nodes/pve2/lxc/301/config", "data.rootfs", "local-zfs:subvol-301-disk-0,size=4G");
}

/* A task that fails or is stopped takes everything back; meanwhile the number is taken. */
static void test_trouble(void **state)
{
    struct fixture *fixture = *state;
    char task[600];

    run(fixture, "POST", QEMU1, "{\"vmid\": \"300\", \"scsi0\": \"local-lvm:4\"}",
        "command 'qmcreate' failed: exit code 1");
    is(fixture, "/cluster/nextid?vmid=300", "data", "300");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-300-", false);

    start(fixture, "POST", QEMU1 "/9000/clone",
          "{\"newid\": \"300\", \"full\": \"1\", \"storage\": \"local-lvm\"}", task, sizeof task);
    is(fixture, QEMU1 "/300/config", "data.lock", "clone");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-300-", true);
    refused(fixture, "POST", QEMU1, "{\"vmid\": \"300\"}",
            "unable to create VM 300 - VM 300 already exists on node 'pve1'\n");
    done(fixture, "DELETE", task, "{}");
    ends(fixture, task, "received interrupt");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-300-", false);
    is(fixture, "/cluster/nextid?vmid=300", "data", "300");

    /* A restore that fails leaves the guest in whose place it was to come. */
    run(fixture, "POST", LXC1 "/105/status/stop", "{}", "OK");
    run(fixture, "POST", LXC1,
        "{\"vmid\": \"105\", \"ostemplate\": \"" CT105
        "\", \"restore\": \"1\", \"force\": \"1\", \"storage\": \"local-lvm\"}",
        "command 'vzrestore' failed: exit code 1");
    is(fixture, LXC1 "/105/config", "data.rootfs", "local-lvm:vm-105-disk-0,size=8G");
    is(fixture, LXC1 "/105/config", "data.lock", "(none)");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-105-disk-1", false);
    run(fixture, "DELETE", LXC1 "/105", "{}", "command 'vzdestroy' failed: exit code 1");
    is(fixture, LXC1 "/105/config", "data.lock", "(none)");
}

/* The cluster's list knows a new guest later than everything else does. */
static void test_fresh(void **state)
{
    struct fixture *fixture = *state;

    run(fixture, "POST", QEMU1, "{\"vmid\": \"300\", \"name\": \"new\"}", "OK");
    is(fixture, "/cluster/resources?type=vm", "data.?id=qemu/300.status", "unknown");
    is(fixture, "/cluster/resources?type=vm", "data.?id=qemu/300.name", "(none)");
    is(fixture, QEMU1, "data.?vmid=300.name", "new");
    wait_ms(350);
    is(fixture, "/cluster/resources?type=vm", "data.?id=qemu/300.name", "new");
}

/* ---- destroying ---- */

static void test_destroy(void **state)
{
    struct fixture *fixture = *state;

    refused(fixture, "DELETE", "/nodes/pve2/qemu/101", "{}",
            "can't remove VM 101 - protection mode enabled\n");
    refused(fixture, "DELETE", "/nodes/pve2/lxc/108", "{}",
            "There is a replication job '108-0' for guest '108' - Please remove that first.\n");
    refused(fixture, "DELETE", LXC1 "/105", "{\"purge\": \"1\"}",
            "unable to destroy CT 105 - container is running\n");
    run(fixture, "DELETE", "/nodes/pve2/qemu/110", "{}", "VM is locked (backup)");
    bad_param(fixture, "DELETE", "/nodes/pve2/qemu/110", "{\"skiplock\": \"1\"}", "skiplock",
              "Only root may use this option.");
    run(fixture, "DELETE", QEMU1 "/9000", "{}",
        "base volume 'ceph-vm:base-9000-disk-0' is still in use by linked cloned");
    is(fixture, QEMU1 "/9000/config", "data.lock", "(none)");
    /* Its place in backup jobs, rights and firewall goes with it, its backups stay. */
    run(fixture, "DELETE", LXC1 "/105", "{\"force\": \"1\", \"purge\": \"1\"}", "OK");
    has(fixture, "/cluster/backup/backup-nightly", "data.vmid", "105", false);
    has(fixture, "/access/acl", "data", "vms\\/105", false);
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-105-disk-0", false);
    has(fixture, "/nodes/pve1/storage/nfs-backup/content", "data", "vzdump-lxc-105-", true);
    has(fixture, "/cluster/resources", "data", "\"vmid\": 105", false);
    run(fixture, "DELETE", "/nodes/pve2/lxc/108", "{\"force\": \"1\", \"purge\": \"1\"}", "OK");
    has(fixture, "/cluster/replication", "data", "108-0", false);
}

/* Without purge jobs keep the number; disks that nobody refers to stay unless that is asked for. */
static void test_destroy_plain(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", "/nodes/pve1/storage/local-lvm/content",
         "{\"filename\": \"vm-300-disk-7\", \"size\": \"1G\", \"vmid\": \"300\"}");
    run(fixture, "POST", QEMU1, "{\"vmid\": \"300\", \"scsi0\": \"local-lvm:4\"}", "OK");
    run(fixture, "DELETE", QEMU1 "/300", "{}", "OK");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-300-disk-0", false);
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-300-disk-7", true);
    run(fixture, "POST", QEMU1, "{\"vmid\": \"300\"}", "OK");
    run(fixture, "DELETE", QEMU1 "/300", "{\"destroy-unreferenced-disks\": \"1\"}", "OK");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-300-disk-7", false);
    run(fixture, "POST", LXC1 "/105/status/stop", "{}", "OK");
    run(fixture, "DELETE", LXC1 "/105", "{}", "OK");
    has(fixture, "/cluster/backup/backup-nightly", "data.vmid", "105", true);
}

static void test_destroy_ha(void **state)
{
    struct fixture *fixture = *state;

    refused(fixture, "DELETE", "/nodes/pve1/qemu/101", "{}",
            "unable to remove VM 101 - used in HA resources and purge parameter not set.\n");
    run(fixture, "DELETE", "/nodes/pve1/qemu/101", "{\"purge\": \"1\"}", "OK");
    has(fixture, "/cluster/ha/resources", "data", "vm:101", false);
    has(fixture, "/cluster/ha/rules", "data", "vm:101", false);
}

/* ---- restoring ---- */

static void test_restore(void **state)
{
    struct fixture *fixture = *state;

    /* Into a new id, beside the guest: everything of its own with `unique`. */
    run(fixture, "POST", LXC1,
        "{\"vmid\": \"300\", \"ostemplate\": \"" CT105
        "\", \"restore\": \"1\", \"unique\": \"1\", \"storage\": \"local-lvm\", "
        "\"hostname\": \"again\"}",
        "OK");
    is(fixture, LXC1 "/300/config", "data.rootfs", "local-lvm:vm-300-disk-0,size=8G");
    is(fixture, LXC1 "/300/config", "data.hostname", "again");
    is(fixture, LXC1 "/300/config", "data.swap", "256");
    is(fixture, LXC1 "/300/config", "data.description", "Varnish in front of web-frontend\n");
    has(fixture, LXC1 "/300/config", "data.net0", "BC:24:11:D0:00:69", false);
    /* A guest that is long gone, with the addresses it had. */
    run(fixture, "POST", QEMU1, "{\"vmid\": \"250\", \"archive\": \"" VM250 "\", \"start\": \"1\"}", "OK");
    is(fixture, QEMU1 "/250/config", "data.scsi0", "local-lvm:vm-250-disk-0,iothread=1,size=32G");
    is(fixture, QEMU1 "/250/config", "data.net0", "virtio=BC:24:11:D0:00:FA,bridge=vmbr0,firewall=1");
    is(fixture, QEMU1 "/250/config", "data.description", "ERP server");
    is(fixture, QEMU1 "/250/status/current", "data.status", "running");
    /* A disk of a VM comes from the archive; the archive must be one of a VM, and where its storage is. */
    bad_param(fixture, "POST", QEMU1,
              "{\"vmid\": \"301\", \"archive\": \"" VM103 "\", \"scsi0\": \"local-lvm:4\"}", "scsi0",
              "option conflicts with option 'archive'");
    run(fixture, "POST", LXC1,
        "{\"vmid\": \"301\", \"ostemplate\": \"" VM103 "\", \"restore\": \"1\", \"storage\": \"local-lvm\"}",
        "archive '/mnt/pve/nfs-backup/dump/vzdump-qemu-103-2026_11_19-02_00_00.vma.zst' does not hold a "
        "container");
    bad_param(fixture, "POST", LXC1, "{\"vmid\": \"301\", \"ostemplate\": \"" CT105 "\", \"restore\": \"1\"}",
              "storage", "storage 'local' does not support container directories");
    run(fixture, "POST", QEMU1, "{\"vmid\": \"301\", \"archive\": \"" VM103 "\", \"storage\": \"local\"}",
        "unable to restore VM 301 - Content type 'images' is not available on storage 'local'");
    refused(fixture, "GET", LXC1 "/301/config", "{}",
            "Configuration file 'nodes/pve1/lxc/301.conf' does not exist\n");
}

/* Restores from the backup server what the list has for the guest. */
static void restore_from_server(struct fixture *fixture, const char *vmid, bool qemu, const char *expected)
{
    char list[100], params[300];
    FREE_WITH(free_text) char *volid = NULL;

    (void)snprintf(list, sizeof list, "/nodes/pve2/storage/pbs-main/content?vmid=%s", vmid);
    volid = value(fixture, "GET", list, "{}", "data.0.volid");
    if (qemu)
        (void)snprintf(params, sizeof params,
                       "{\"vmid\": \"300\", \"archive\": \"%s\", \"live-restore\": \"1\"}", volid);
    else
        (void)snprintf(
            params, sizeof params,
            "{\"vmid\": \"301\", \"ostemplate\": \"%s\", \"restore\": \"1\", \"storage\": \"local-lvm\"}",
            volid);
    run(fixture, "POST", qemu ? "/nodes/pve2/qemu" : "/nodes/pve2/lxc", params, expected);
}

static void test_restore_server(void **state)
{
    struct fixture *fixture = *state;

    restore_from_server(fixture, "100", true, "OK");
    is(fixture, "/nodes/pve2/qemu/300/config", "data.name", "web-frontend");
    restore_from_server(
        fixture, "111", false,
        "unable to restore CT 301 - missing key - manifest was created with key "
        "7c:02:e9:41:7c:02:e9:41:7c:02:e9:41:7c:02:e9:41:7c:02:e9:41:7c:02:e9:41:7c:02:e9:41:7c:02:e9:41");
    is(fixture, "/cluster/nextid?vmid=301", "data", "301");
    refused(fixture, "POST", QEMU1,
            "{\"vmid\": \"302\", \"archive\": \"" VM103 "\", \"live-restore\": \"1\"}",
            "live-restore is only compatible with backup images from a Proxmox Backup Server\n");
}

static void test_restore_over(void **state)
{
    struct fixture *fixture = *state;
    const char *over =
        "{\"vmid\": \"105\", \"ostemplate\": \"" CT105 "\", \"restore\": \"1\", \"force\": \"1\", "
        "\"storage\": \"local-lvm\"}";

    refused(fixture, "POST", LXC1, "{\"vmid\": \"105\", \"ostemplate\": \"" CT105 "\", \"restore\": \"1\"}",
            "CT 105 already exists on node 'pve1'\n");
    refused(fixture, "POST", LXC1, over, "can't overwrite running container\n");
    run(fixture, "POST", LXC1 "/105/status/stop", "{}", "OK");
    /* The configuration is the one of the backup, whatever was changed since; snapshots are gone. */
    done(fixture, "PUT", LXC1 "/105/config", "{\"memory\": \"4096\", \"protection\": \"1\"}");
    refused(fixture, "POST", LXC1, over, "unable to restore CT 105 - protection mode enabled\n");
    done(fixture, "PUT", LXC1 "/105/config", "{\"protection\": \"0\"}");
    run(fixture, "POST", LXC1, over, "OK");
    is(fixture, LXC1 "/105/config", "data.memory", "512");
    is(fixture, LXC1 "/105/config", "data.rootfs", "local-lvm:vm-105-disk-1,size=8G");
    is(fixture, LXC1 "/105/config", "data.net0",
       "name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:D0:00:69,ip=dhcp,type=veth");
    has(fixture, LXC1 "/105/snapshot", "data", "tuned", false);
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "vm-105-disk-0", false);
    has(fixture, "/pools/web", "data.members", "\"vmid\": 105", true);
    /* After the guest is gone its backup still has what it was. */
    run(fixture, "DELETE", LXC1 "/105", "{\"purge\": \"1\"}", "OK");
    run(fixture, "POST", LXC1, over, "OK");
    is(fixture, LXC1 "/105/config", "data.hostname", "web-cache");
    /* Another node's guest keeps its number. */
    refused(fixture, "POST", "/nodes/pve2/qemu",
            "{\"vmid\": \"100\", \"archive\": \"" VM103 "\", \"force\": \"1\"}",
            "unable to restore VM 100 - VM 100 already exists on node 'pve1'\n");
}

/* ---- clones and templates ---- */

static void test_clone(void **state)
{
    struct fixture *fixture = *state;

    /* Of a template: linked, wherever its storage is shared. */
    run(fixture, "POST", QEMU1 "/9000/clone", "{\"newid\": \"300\", \"target\": \"pve3\", \"pool\": \"web\"}",
        "OK");
    is(fixture, "/nodes/pve3/qemu/300/config", "data.scsi0",
       "ceph-vm:base-9000-disk-0/vm-300-disk-0,size=8G");
    is(fixture, "/nodes/pve3/qemu/300/config", "data.ide2", "ceph-vm:vm-300-cloudinit,media=cdrom");
    is(fixture, "/nodes/pve3/qemu/300/config", "data.name", "Copy-of-debian-13-template");
    is(fixture, "/nodes/pve3/qemu/300/config", "data.template", "(none)");
    is(fixture, "/nodes/pve3/qemu/300/config", "data.lock", "(none)");
    has(fixture, "/nodes/pve3/qemu/300/config", "data.net0", "BC:24:11:D0:23:28", false);
    has(fixture, "/nodes/pve3/qemu/300/config", "data.smbios1", "043f8258", false);
    has(fixture, "/pools/web", "data.members", "\"vmid\": 300", true);
    /* A full one needs nothing of the template. */
    run(fixture, "POST", QEMU1 "/9000/clone",
        "{\"newid\": \"301\", \"full\": \"1\", \"storage\": \"local-lvm\", \"name\": \"alone\"}", "OK");
    is(fixture, QEMU1 "/301/config", "data.scsi0", "local-lvm:vm-301-disk-0,size=8G");
    is(fixture, QEMU1 "/301/config", "data.name", "alone");
    /* What is refused, at once or by the task. */
    refused(fixture, "POST", QEMU1 "/9000/clone", "{\"newid\": \"302\", \"storage\": \"local-lvm\"}",
            "parameter 'storage' not allowed for linked clones\n");
    refused(fixture, "POST", QEMU1 "/9000/clone", "{\"newid\": \"301\"}",
            "unable to create VM 301: config file already exists\n");
    refused(fixture, "POST", QEMU1 "/301/clone", "{\"newid\": \"302\", \"full\": \"0\"}",
            "Linked clone feature is not supported for drive 'scsi0'\n");
    refused(fixture, "POST", QEMU1 "/301/clone", "{\"newid\": \"302\", \"target\": \"pve2\"}",
            "can't clone VM to node 'pve2' (VM uses local storage)\n");
    refused(fixture, "POST", QEMU1 "/301/clone", "{\"newid\": \"302\", \"snapname\": \"none\"}",
            "snapshot 'none' does not exist\n");
    refused(fixture, "POST", "/nodes/pve2/qemu/110/clone", "{\"newid\": \"302\"}", "VM is locked (backup)\n");
    refused(fixture, "POST", "/nodes/pve3/lxc/107/clone", "{\"newid\": \"302\"}",
            "unable to clone mountpoint 'mp0' (type bind)\n");
}

/* A container that runs is copied from a snapshot. */
static void test_clone_snapshot(void **state)
{
    struct fixture *fixture = *state;

    refused(fixture, "POST", LXC1 "/105/clone", "{\"newid\": \"300\"}",
            "Full clone of a running container is only possible from a snapshot\n");
    done(fixture, "PUT", LXC1 "/105/config", "{\"memory\": \"2048\"}");
    run(fixture, "POST", LXC1 "/105/clone",
        "{\"newid\": \"300\", \"snapname\": \"tuned\", \"hostname\": \"copy\"}", "OK");
    is(fixture, LXC1 "/300/config", "data.memory", "512");
    is(fixture, LXC1 "/300/config", "data.hostname", "copy");
    is(fixture, LXC1 "/300/config", "data.rootfs", "local-lvm:vm-300-disk-0,size=8G");
    is(fixture, LXC1 "/300/config", "data.parent", "(none)");
    is(fixture, LXC1 "/300/firewall/options", "data.enable", "1");
    is(fixture, LXC1 "/105/feature?feature=clone", "data.hasFeature", "0");
    is(fixture, LXC1 "/105/feature?feature=clone&snapname=tuned", "data.hasFeature", "1");
    is(fixture, LXC1 "/105/feature?feature=clone&snapname=none", "data.hasFeature", "0");
    is(fixture, LXC1 "/105/config", "data.lock", "(none)");
    refused(fixture, "POST", LXC1 "/105/clone", "{\"newid\": \"300\", \"snapname\": \"tuned\"}",
            "CT 300 already exists on node 'pve1'\n");
}

static void test_template(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *none = NULL;

    run(fixture, "POST", QEMU1, "{\"vmid\": \"300\", \"scsi0\": \"local-lvm:4\", \"scsi1\": \"ceph-vm:1\"}",
        "OK");
    run(fixture, "POST", QEMU1 "/300/template", "{}", "OK");
    is(fixture, QEMU1 "/300/config", "data.scsi0", "local-lvm:base-300-disk-0,size=4G");
    is(fixture, QEMU1 "/300/config", "data.scsi1", "ceph-vm:base-300-disk-0,size=1G");
    is(fixture, QEMU1 "/300/config", "data.template", "1");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "local-lvm:base-300-disk-0", true);
    run(fixture, "POST", QEMU1 "/300/clone", "{\"newid\": \"301\"}", "OK");
    is(fixture, QEMU1 "/301/config", "data.scsi0", "local-lvm:vm-301-disk-0,size=4G");
    is(fixture, QEMU1 "/301/config", "data.scsi1", "ceph-vm:base-300-disk-0/vm-301-disk-0,size=1G");
    run(fixture, "DELETE", QEMU1 "/300", "{}",
        "base volume 'local-lvm:base-300-disk-0' is still in use by linked cloned");
    run(fixture, "DELETE", QEMU1 "/301", "{}", "OK");
    run(fixture, "DELETE", QEMU1 "/300", "{}", "OK");
    has(fixture, "/nodes/pve1/storage/local-lvm/content", "data", "300-disk-0", false);
    refused(fixture, "POST", QEMU1 "/9000/template", "{}", "you can't convert a template to a template\n");
    refused(fixture, "POST", LXC1 "/105/template", "{}",
            "unable to create template, because CT contains snapshots\n");
    refused(fixture, "POST", "/nodes/pve2/lxc/108/template", "{}",
            "you can't convert a CT to template if the CT is running\n");
    /* On ZFS a container's file system is renamed. */
    run(fixture, "POST", "/nodes/pve2/lxc/108/status/stop", "{}", "OK");
    none = value(fixture, "POST", "/nodes/pve2/lxc/108/template", "{}", "data");
    assert_string_equal(none, "(none)");
    wait_ms(60);
    is(fixture, "/nodes/pve2/lxc/108/config", "data.rootfs", "local-zfs:basevol-108-disk-0,size=16G");
}

/* The names of linked clones among files: behind their base. */
static void test_clone_files(void **state)
{
    struct fixture *fixture = *state;

    run(fixture, "POST", QEMU1,
        "{\"vmid\": \"300\", \"scsi0\": \"local:1,format=qcow2\", \"scsi1\": \"local:1\"}", "OK");
    run(fixture, "POST", QEMU1 "/300/template", "{}", "OK");
    run(fixture, "POST", QEMU1 "/300/clone", "{\"newid\": \"301\"}", "OK");
    is(fixture, QEMU1 "/301/config", "data.scsi0",
       "local:300/base-300-disk-0.qcow2/301/vm-301-disk-0.qcow2,size=1G");
    is(fixture, QEMU1 "/301/config", "data.scsi1",
       "local:300/base-300-disk-1.raw/301/vm-301-disk-1.qcow2,size=1G");
    is(fixture, "/nodes/pve1/storage/local/content?vmid=301", "data.0.parent", "300/base-300-disk-0.qcow2");
    run(fixture, "DELETE", QEMU1 "/300", "{}",
        "base volume 'local:300/base-300-disk-0.qcow2' is still in use by linked cloned");
    run(fixture, "DELETE", QEMU1 "/301", "{}", "OK");
    run(fixture, "DELETE", QEMU1 "/300", "{}", "OK");
    /* The number of a container: the task of a VM's clone stumbles over it. */
    run(fixture, "POST", QEMU1, "{\"vmid\": \"300\"}", "OK");
    {
        char task[600];

        start(fixture, "POST", QEMU1 "/300/clone", "{\"newid\": \"105\"}", task, sizeof task);
        fails(fixture, task,
              "clone failed: unable to open file '/etc/pve/nodes/pve1/qemu-server/105.conf.tmp.<num>' - File "
              "exists");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create_vm, with_demo, end),
        cmocka_unit_test_setup_teardown(test_create_refused, with_demo, end),
        cmocka_unit_test_setup_teardown(test_create_ct, with_demo, end),
        cmocka_unit_test_setup_teardown(test_trouble, with_trouble, end),
        cmocka_unit_test_setup_teardown(test_fresh, with_fresh, end),
        cmocka_unit_test_setup_teardown(test_destroy, with_demo, end),
        cmocka_unit_test_setup_teardown(test_destroy_plain, with_demo, end),
        cmocka_unit_test_setup_teardown(test_destroy_ha, with_oracle, end),
        cmocka_unit_test_setup_teardown(test_restore, with_demo, end),
        cmocka_unit_test_setup_teardown(test_restore_server, with_demo, end),
        cmocka_unit_test_setup_teardown(test_restore_over, with_demo, end),
        cmocka_unit_test_setup_teardown(test_clone, with_demo, end),
        cmocka_unit_test_setup_teardown(test_clone_snapshot, with_demo, end),
        cmocka_unit_test_setup_teardown(test_template, with_demo, end),
        cmocka_unit_test_setup_teardown(test_clone_files, with_oracle, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
