/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Details of guests on the simulator, by rules that the recordings do not show: memory that is saved, disks
 * that grow and move, what a guest agent answers, cloud-init, files inside backups.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <string.h>

#include "asks.h"

#define VM100 "/nodes/pve1/qemu/100"
#define VM102 "/nodes/pve3/qemu/102"
#define VM103 "/nodes/pve2/qemu/103"
#define CT106 "/nodes/pve1/lxc/106"
#define CEPH  "/nodes/pve1/storage/ceph-vm/content"

static int with_demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--task-ms", "20", NULL};
    return begin(state, arguments);
}

static int with_slow(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--task-ms", "500", NULL};
    return begin(state, arguments);
}

static void task(struct fixture *fixture, const char *method, const char *path, const char *params,
                 const char *expected)
{
    char upid[600];

    start(fixture, method, path, params, upid, sizeof upid);
    ends(fixture, upid, expected);
}

/* Does the list have something with this in it? */
static void lists(struct fixture *fixture, const char *path, const char *text, bool expected)
{
    FREE_WITH(free_text) char *all = value(fixture, "GET", path, "{}", "data");

    if ((strstr(all, text) != NULL) != expected)
        assert_string_equal(all, text);
}

/* ---- memory that is saved ---- */

static void test_pause(void **state)
{
    struct fixture *fixture = *state;

    task(fixture, "POST", VM100 "/status/suspend", "{}", "OK");
    is(fixture, VM100 "/status/current", "data.status", "running");
    is(fixture, VM100 "/status/current", "data.qmpstatus", "paused");
    is(fixture, "/cluster/resources", "data.?vmid=100.status", "paused");
    refused(fixture, "POST", VM100 "/status/shutdown", "{}", "VM is paused - cannot shutdown\n");
    refused(fixture, "POST", VM100 "/status/reboot", "{}", "VM is paused - cannot shutdown\n");
    task(fixture, "POST", VM100 "/status/reset", "{}", "OK");
    is(fixture, VM100 "/status/current", "data.qmpstatus", "paused");
    task(fixture, "POST", VM100 "/status/resume", "{}", "OK");
    is(fixture, VM100 "/status/current", "data.qmpstatus", "running");
    task(fixture, "POST", VM100 "/status/suspend", "{}", "OK");
    task(fixture, "POST", VM100 "/status/shutdown", "{\"forceStop\": \"1\"}", "OK");
    is(fixture, VM100 "/status/current", "data.status", "stopped");
}

static void test_to_disk(void **state)
{
    struct fixture *fixture = *state;
    char upid[600];

    bad_param(fixture, "POST", VM100 "/status/suspend", "{\"statestorage\": \"local-lvm\"}", "todisk",
              "missing property - 'statestorage' requires this property");
    start(fixture, "POST", VM100 "/status/suspend", "{\"todisk\": \"1\"}", upid, sizeof upid);
    assert_non_null(strstr(upid, ":qmsuspend:100:"));
    is(fixture, VM100 "/status/current", "data.lock", "suspending");
    ends(fixture, upid, "OK");
    is(fixture, VM100 "/status/current", "data.status", "stopped");
    is(fixture, VM100 "/status/current", "data.lock", "suspended");
    lists(fixture, VM100 "/config", "ceph-vm:vm-100-state-suspend-", true);
    lists(fixture, CEPH, "vm-100-state-suspend-", true);
    refused(fixture, "PUT", VM100 "/config", "{\"cores\": \"2\"}", "VM is locked (suspended)\n");
    task(fixture, "POST", VM100 "/status/start", "{}", "OK");
    is(fixture, VM100 "/status/current", "data.lock", "(none)");
    is(fixture, VM100 "/config", "data.vmstate", "(none)");
    lists(fixture, CEPH, "vm-100-state-suspend-", false);

    task(fixture, "POST", VM100 "/status/suspend", "{\"todisk\": \"1\", \"statestorage\": \"local-lvm\"}",
         "OK");
    lists(fixture, "/nodes/pve1/storage/local-lvm/content", "vm-100-state-suspend-", true);
    task(fixture, "POST", VM100 "/status/resume", "{}", "OK");
    lists(fixture, "/nodes/pve1/storage/local-lvm/content", "vm-100-state-suspend-", false);
    task(fixture, "POST", VM100 "/status/stop", "{}", "OK");
    refused(fixture, "POST", VM100 "/status/resume", "{}", "VM 100 not running\n");
    task(fixture, "POST", VM100 "/status/start", "{}", "OK");
    task(fixture, "POST", VM100 "/status/suspend", "{\"todisk\": \"1\", \"statestorage\": \"iso-store\"}",
         "storage 'iso-store' does not support vm images");
    is(fixture, VM100 "/status/current", "data.lock", "(none)");
}

static void test_checkpoint(void **state)
{
    struct fixture *fixture = *state;

    refused(fixture, "POST", CT106 "/status/resume", "{}", "CT 106 already running\n");
    task(fixture, "POST", CT106 "/status/suspend", "{}", "OK");
    is(fixture, CT106 "/status/current", "data.status", "stopped");
    refused(fixture, "POST", CT106 "/status/suspend", "{}", "CT 106 not running\n");
    task(fixture, "POST", CT106 "/status/resume", "{}", "OK");
    is(fixture, CT106 "/status/current", "data.status", "running");
    task(fixture, "POST", CT106 "/status/stop", "{}", "OK");
    task(fixture, "POST", CT106 "/status/resume", "{}",
         "command 'lxc-checkpoint -n 106 -r --foreground -D /var/lib/vz/dump' failed: exit code 1");
}

/* ---- disks ---- */

static void test_resize(void **state)
{
    struct fixture *fixture = *state;
    char upid[600];

    start(fixture, "PUT", VM100 "/resize", "{\"disk\": \"scsi0\", \"size\": \"+10G\"}", upid, sizeof upid);
    assert_non_null(strstr(upid, ":resize:100:"));
    ends(fixture, upid, "OK");
    logged(fixture, upid, "update VM 100: resize --disk scsi0 --size +10G");
    is(fixture, VM100 "/config", "data.scsi0", "ceph-vm:vm-100-disk-0,iothread=1,size=42G");
    is(fixture, CEPH, "data.?volid=ceph-vm:vm-100-disk-0.size", "45097156608");
    task(fixture, "PUT", VM100 "/resize", "{\"disk\": \"scsi0\", \"size\": \"43520M\"}", "OK");
    is(fixture, VM100 "/config", "data.scsi0", "ceph-vm:vm-100-disk-0,iothread=1,size=43520M");
    task(fixture, "PUT", VM100 "/resize", "{\"disk\": \"scsi0\", \"size\": \"40G\"}",
         "shrinking disks is not supported");
    task(fixture, "PUT", VM100 "/resize", "{\"disk\": \"scsi9\", \"size\": \"+1G\"}",
         "disk 'scsi9' does not exist");
    task(fixture, "PUT", VM100 "/resize", "{\"disk\": \"scsi0\", \"size\": \"+1G\", \"digest\": \"abc\"}",
         "checksum mismatch (file change by other user?)");
    task(fixture, "PUT", "/nodes/pve3/qemu/104/resize", "{\"disk\": \"ide2\", \"size\": \"+1G\"}",
         "you can't resize a cdrom");
    task(fixture, "PUT", "/nodes/pve2/qemu/110/resize", "{\"disk\": \"scsi0\", \"size\": \"+1G\"}",
         "VM is locked (backup)");
    bad_param(fixture, "PUT", VM100 "/resize", "{\"disk\": \"scsi0\", \"size\": \"10X\"}", "size",
              "value does not match the regex pattern");

    start(fixture, "PUT", CT106 "/resize", "{\"disk\": \"rootfs\", \"size\": \"900G\"}", upid, sizeof upid);
    ends(fixture, upid, "OK");
    logged(fixture, upid, "exceeds the size of thin pool pve");
    is(fixture, CT106 "/config", "data.rootfs", "local-lvm:vm-106-disk-0,size=900G");
    refused(fixture, "PUT", CT106 "/resize", "{\"disk\": \"rootfs\", \"size\": \"1G\"}",
            "unable to shrink disk size\n");
    refused(fixture, "PUT", CT106 "/resize", "{\"disk\": \"rootfs\", \"size\": \"900G\"}",
            "disk is already at specified size\n");
    refused(fixture, "PUT", CT106 "/resize", "{\"disk\": \"mp3\", \"size\": \"1G\"}",
            "disk 'mp3' does not exist\n");
    refused(fixture, "PUT", "/nodes/pve3/lxc/107/resize", "{\"disk\": \"mp0\", \"size\": \"1G\"}",
            "unable to parse volume ID '/srv/dns-zones'\n");
}

static void test_move(void **state)
{
    struct fixture *fixture = *state;
    char upid[600];

    start(fixture, "POST", VM100 "/move_disk", "{\"disk\": \"scsi0\", \"storage\": \"local-lvm\"}", upid,
          sizeof upid);
    assert_non_null(strstr(upid, ":qmmove:100:"));
    ends(fixture, upid, "OK");
    is(fixture, VM100 "/config", "data.scsi0", "local-lvm:vm-100-disk-0,iothread=1,size=32G");
    is(fixture, VM100 "/config", "data.unused0", "ceph-vm:vm-100-disk-0");
    is(fixture, "/nodes/pve1/storage/local-lvm/content", "data.?volid=local-lvm:vm-100-disk-0.size",
       "34359738368");
    /* The snapshot has the old volume. */
    refused(fixture, "PUT", VM100 "/unlink", "{\"idlist\": \"unused0\"}",
            "unable to delete 'ceph-vm:vm-100-disk-0' - volume is still in use (snapshot?)\n");
    task(fixture, "POST", VM100 "/snapshot/pre-release/rollback", "{}", "OK");
    is(fixture, VM100 "/config", "data.scsi0", "ceph-vm:vm-100-disk-0,iothread=1,size=32G");
    is(fixture, VM100 "/config", "data.unused0", "local-lvm:vm-100-disk-0");
    is(fixture, VM100 "/config", "data.unused1", "(none)");
    task(fixture, "POST", VM103 "/move_disk",
         "{\"disk\": \"scsi0\", \"storage\": \"local-lvm\", \"delete\": \"1\"}", "OK");
    lists(fixture, CEPH, "vm-103-disk-0", false);
    refused(fixture, "POST", VM103 "/move_disk", "{\"disk\": \"scsi0\", \"storage\": \"local-lvm\"}",
            "you can't move to the same storage with same format\n");
    task(fixture, "POST", VM103 "/move_disk", "{\"disk\": \"scsi0\", \"storage\": \"iso-store\"}",
         "storage migration failed: storage 'iso-store' does not support content type 'images'");
    task(fixture, "POST", VM103 "/move_disk", "{\"disk\": \"scsi0\", \"storage\": \"nosuch\"}",
         "storage migration failed: storage 'nosuch' does not exist");
    refused(fixture, "POST", VM103 "/move_disk", "{\"disk\": \"unused0\", \"storage\": \"local-lvm\"}",
            "cannot move disk 'unused0', only configured disks can be moved to another storage\n");
    bad_param(fixture, "POST", VM103 "/move_disk", "{\"disk\": \"scsi0\"}", "target-vmid",
              "both 'storage' and 'target-vmid' missing, either needs to be set");
    refused(fixture, "POST", "/nodes/pve3/qemu/104/move_disk",
            "{\"disk\": \"tpmstate0\", \"storage\": \"local-lvm\"}",
            "cannot move TPM state while VM is running\n");

    refused(fixture, "POST", CT106 "/move_volume", "{\"volume\": \"rootfs\", \"storage\": \"ceph-vm\"}",
            "cannot move volumes of a running container\n");
    task(fixture, "POST", CT106 "/status/stop", "{}", "OK");
    task(fixture, "POST", CT106 "/move_volume",
         "{\"volume\": \"rootfs\", \"storage\": \"ceph-vm\", \"delete\": \"1\"}", "OK");
    is(fixture, CT106 "/config", "data.rootfs", "ceph-vm:vm-106-disk-0,size=4G");
    lists(fixture, "/nodes/pve1/storage/local-lvm/content", "vm-106-disk-0", false);
}

static void test_reassign(void **state)
{
    struct fixture *fixture = *state;

    /* 103 runs, but its unused disk is nobody's business. */
    refused(fixture, "POST", VM103 "/move_disk",
            "{\"disk\": \"scsi0\", \"target-vmid\": \"101\", \"target-disk\": \"scsi4\"}",
            "Cannot move disk 'scsi0' while the source VM is running\n");
    refused(fixture, "POST", VM103 "/move_disk",
            "{\"disk\": \"unused0\", \"target-vmid\": \"101\", \"target-disk\": \"scsi0\"}",
            "Target disk key 'scsi0' is already in use for VM '101'\n");
    refused(fixture, "POST", VM103 "/move_disk", "{\"disk\": \"unused0\", \"target-vmid\": \"100\"}",
            "Both VMs need to be on the same node (pve2) but target VM is on pve1.\n");
    task(fixture, "POST", VM103 "/move_disk",
         "{\"disk\": \"unused0\", \"target-vmid\": \"101\", \"target-disk\": \"scsi4\"}", "OK");
    is(fixture, VM103 "/config", "data.unused0", "(none)");
    is(fixture, "/nodes/pve2/qemu/101/config", "data.scsi4", "ceph-vm:vm-101-disk-1,size=64G");
    lists(fixture, CEPH, "vm-103-disk-1", false);
}

static void test_unlink(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "PUT", VM103 "/unlink", "{\"idlist\": \"unused0\"}");
    lists(fixture, CEPH, "vm-103-disk-1", false);
    done(fixture, "PUT", VM103 "/unlink", "{\"idlist\": \"scsi0\"}");
    is(fixture, VM103 "/config", "data.unused0", "ceph-vm:vm-103-disk-0");
    lists(fixture, CEPH, "vm-103-disk-0", true);
    done(fixture, "PUT", VM103 "/config", "{\"delete\": \"unused0\"}");
    lists(fixture, CEPH, "vm-103-disk-0", false);
    bad_param(fixture, "PUT", VM103 "/unlink", "{\"idlist\": \"bogus\"}", "delete", "unknown option 'bogus'");
    refused(fixture, "PUT", VM102 "/unlink", "{\"idlist\": \"scsi1\"}",
            "can't remove VM 102 drive 'scsi1' - protection mode enabled\n");
    /* The EFI disk of a running VM waits; with force it goes for good when the VM stops. */
    done(fixture, "PUT", "/nodes/pve3/qemu/104/unlink", "{\"idlist\": \"efidisk0\", \"force\": \"1\"}");
    is(fixture, "/nodes/pve3/qemu/104/pending", "data.?key=efidisk0.delete", "2");
    lists(fixture, CEPH, "vm-104-disk-1", true);
    task(fixture, "POST", "/nodes/pve3/qemu/104/status/reboot", "{}", "OK");
    lists(fixture, CEPH, "vm-104-disk-1", false);
    is(fixture, "/nodes/pve3/qemu/104/config", "data.unused0", "(none)");
}

/* ---- inside ---- */

static void test_agent(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, VM100 "/agent/network-get-interfaces", "data.result.?name=eth0.ip-addresses.0.ip-address",
       "10.10.10.100");
    is(fixture, VM100 "/agent/network-get-interfaces", "data.result.?name=eth0.ip-addresses.1.ip-address",
       "fe80::be24:11ff:fed0:64");
    is(fixture, VM100 "/agent/get-osinfo", "data.result.version-id", "13");
    is(fixture, "/nodes/pve3/qemu/104/agent/get-osinfo", "data.result.id", "mswindows");
    refused(fixture, "GET", "/nodes/pve3/qemu/104/agent/get-memory-blocks", "{}",
            "Agent error: The command guest-get-memory-blocks has not been found\n");
    is(fixture, VM100 "/agent/get-fsinfo", "data.result.?mountpoint=/.total-bytes", "33328946151");
    is(fixture, VM100 "/agent/get-fsinfo", "data.result.?mountpoint=/.disk.0.dev", "/dev/sda1");
    is(fixture, VM100 "/agent/get-host-name", "data.result.host-name", "web-frontend");
    is(fixture, VM100 "/agent/get-vcpus", "data.result.3.can-offline", "true");
    done(fixture, "POST", VM100 "/agent/ping", "{}");
    refused(fixture, "GET", VM102 "/agent/info", "{}", "QEMU guest agent is not running\n");
    refused(fixture, "POST", VM102 "/agent/ping", "{}", "QEMU guest agent is not running\n");
    refused(fixture, "POST", "/nodes/pve3/qemu/109/agent/ping", "{}", "VM 109 is not running\n");
    done(fixture, "PUT", VM100 "/config", "{\"agent\": \"0\"}");
    done(fixture, "GET", VM100 "/agent/info", "{}");
    task(fixture, "POST", VM100 "/status/reboot", "{}", "OK");
    refused(fixture, "GET", VM100 "/agent/info", "{}", "No QEMU guest agent configured\n");
    task(fixture, "POST", VM103 "/status/suspend", "{}", "OK");
    refused(fixture, "POST", VM103 "/agent/ping", "{}", "QEMU guest agent is not running\n");

    is(fixture, CT106 "/interfaces", "data.?name=eth0.inet", "10.10.10.106/24");
    is(fixture, CT106 "/interfaces", "data.?name=eth0.hwaddr", "bc:24:11:d0:00:6a");
    is(fixture, CT106 "/interfaces", "data.?name=eth0.ip-addresses.1.ip-address-type", "inet6");
    done(fixture, "PUT", CT106 "/config", "{\"net0\": \"name=eth0,bridge=vmbr0,ip=10.10.10.53/24\"}");
    is(fixture, CT106 "/interfaces", "data.?name=eth0.inet", "10.10.10.53/24");
}

static void test_agent_action(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *pid = NULL;
    char path[200];

    is(fixture, VM100 "/agent/file-read?file=%2Fetc%2Fhostname", "data.content", "web-frontend\n");
    refused(fixture, "GET", VM100 "/agent/file-read?file=%2Fnope", "{}",
            "can't open file: failed to open file '/nope' (mode: 'r'): No such file or directory\n");
    done(fixture, "POST", VM100 "/agent/file-write", "{\"file\": \"/root/x\", \"content\": \"hello\"}");
    is(fixture, VM100 "/agent/file-read?file=%2Froot%2Fx", "data.content", "hello");
    pid = value(fixture, "POST", VM100 "/agent/exec", "{\"command\": [\"cat\", \"/root/x\"]}", "data.pid");
    (void)snprintf(path, sizeof path, VM100 "/agent/exec-status?pid=%s", pid);
    is(fixture, path, "data.out-data", "hello");
    refused(fixture, "GET", path, "{}", "Agent error: Invalid parameter 'pid'\n");
    done(fixture, "POST", VM100 "/agent/fsfreeze-freeze", "{}");
    {
        FREE_WITH(free_text)
        char *how = value(fixture, "POST", VM100 "/agent/fsfreeze-status", "{}", "data.result");

        assert_string_equal(how, "frozen");
    }
    done(fixture, "POST", VM100 "/agent", "{\"command\": \"shutdown\"}");
    is(fixture, VM100 "/status/current", "data.status", "stopped");
}

/* ---- options ---- */

static void test_cloudinit(void **state)
{
    static const char template[] = "/nodes/pve1/qemu/9000/cloudinit";
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *dump = NULL;

    is(fixture, VM100 "/cloudinit", "data.0.key", "(none)");
    done(fixture, "PUT", VM100 "/config", "{\"ide2\": \"ceph-vm:cloudinit\"}");
    task(fixture, "POST", VM100 "/status/reboot", "{}", "OK");
    is(fixture, VM100 "/config", "data.ide2", "ceph-vm:vm-100-cloudinit,media=cdrom,size=4M");
    /* The options are in force at once, the drive says them when it is written. */
    done(fixture, "PUT", VM100 "/config",
         "{\"ciuser\": \"ops\", \"cipassword\": \"not shown\", \"ipconfig0\": "
         "\"ip=10.10.10.44/24,gw=10.10.10.1\"}");
    is(fixture, VM100 "/pending", "data.?key=ciuser.value", "ops");
    is(fixture, VM100 "/cloudinit", "data.?key=ciuser.pending", "ops");
    is(fixture, VM100 "/cloudinit", "data.?key=ciuser.value", "(none)");
    is(fixture, VM100 "/cloudinit", "data.?key=cipassword.pending", "**********");
    is(fixture, VM100 "/cloudinit", "data.?key=name.value", "web-frontend");
    done(fixture, "PUT", VM100 "/cloudinit", "{}");
    is(fixture, VM100 "/cloudinit", "data.?key=ciuser.value", "ops");
    is(fixture, VM100 "/cloudinit", "data.?key=ciuser.pending", "(none)");
    done(fixture, "PUT", VM100 "/config", "{\"delete\": \"ciuser\"}");
    is(fixture, VM100 "/cloudinit", "data.?key=ciuser.delete", "1");
    dump = value(fixture, "GET", VM100 "/cloudinit/dump?type=network", "{}", "data");
    assert_non_null(strstr(dump,
                           "mac_address: 'bc:24:11:d0:00:64'\n      subnets:\n      - type: static\n        "
                           "address: '10.10.10.44'\n        netmask: '255.255.255.0'\n        gateway: "
                           "'10.10.10.1'\n"));
    is(fixture, VM100 "/agent/network-get-interfaces", "data.result.1.ip-addresses.0.ip-address",
       "10.10.10.44");
    /* What is in the drive goes with it, and comes from the configuration at a start. */
    task(fixture, "POST", VM100 "/status/reboot", "{}", "OK");
    is(fixture, VM100 "/cloudinit", "data.?key=ciuser.delete", "(none)");
    task(fixture, "POST", VM100 "/status/stop", "{}", "OK");
    done(fixture, "PUT", VM100 "/unlink", "{\"idlist\": \"ide2\"}");
    lists(fixture, CEPH, "vm-100-cloudinit", false);
    is(fixture, template, "data.?key=name.value", "debian-13-template");
}

static void test_hotplug(void **state)
{
    struct fixture *fixture = *state;

    task(fixture, "POST", VM100 "/status/suspend", "{}", "OK");
    bad_param(fixture, "PUT", VM100 "/config", "{\"delete\": \"net0\"}", "net0",
              "hotplug problem - error on hot-unplugging device 'net0'\n");
    is(fixture, VM100 "/pending", "data.?key=net0.delete", "1");
    done(fixture, "PUT", VM100 "/config", "{\"revert\": \"net0\"}");
    is(fixture, VM100 "/pending", "data.?key=net0.delete", "(none)");
    task(fixture, "POST", VM100 "/config", "{\"delete\": \"net0\"}", "400 Parameter verification failed.");
    task(fixture, "POST", VM100 "/status/stop", "{}", "OK");
    is(fixture, VM100 "/config", "data.net0", "(none)");
}

/* ---- files inside backups ---- */

/* GET of a directory of the newest backup of container 108. */
static void list_path(const char *volid, const char *filepath, char *path, size_t size)
{
    (void)snprintf(path, size, "/nodes/pve2/storage/pbs-main/file-restore/list?volume=%s&filepath=%s", volid,
                   filepath);
}

static void test_file_restore(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text)
    char *volid =
        value(fixture, "GET", "/nodes/pve2/storage/pbs-main/content?vmid=108", "{}", "data.0.volid");
    FREE_WITH(free_text)
    char *encrypted =
        value(fixture, "GET", "/nodes/pve2/storage/pbs-main/content?vmid=111", "{}", "data.0.volid");
    FREE_WITH(free_text)
    char *vm = value(fixture, "GET", "/nodes/pve2/storage/pbs-main/content?vmid=104", "{}", "data.0.volid");
    char path[700];

    list_path(volid, "%2F", path, sizeof path);
    is(fixture, path, "data.0.text", "root.pxar.didx");
    is(fixture, path, "data.0.type", "v");
    is(fixture, path, "data.0.filepath", "L3Jvb3QucHhhci5kaWR4");
    list_path(volid, "L3Jvb3QucHhhci5kaWR4L2V0Yw%3D%3D", path, sizeof path); /* /root.pxar.didx/etc */
    is(fixture, path, "data.?text=fstab.size", "664");
    is(fixture, path, "data.?text=ssh.type", "d");
    is(fixture, path, "data.?text=sshd_config.text", "(none)");
    list_path(volid, "L25v", path, sizeof path);
    refused(fixture, "GET", path, "{}", "proxmox-file-restore failed: Error: no such directory '/no'\n");
    list_path(volid, "L3Jvb3QucHhhci5kaWR4L25vcGU%3D", path, sizeof path);
    refused(fixture, "GET", path, "{}",
            "proxmox-file-restore failed: Error: no such directory '/root.pxar.didx/nope'\n");
    list_path(vm, "%2F", path, sizeof path);
    lists(fixture, path, "drive-scsi0.img.fidx", true);
    lists(fixture, path, "drive-ide2", false);
    /* /drive-scsi0.img.fidx/part/1 */
    list_path(vm, "L2RyaXZlLXNjc2kwLmltZy5maWR4L3BhcnQvMQ%3D%3D", path, sizeof path);
    is(fixture, path, "data.?text=Windows.type", "d");
    list_path(encrypted, "%2F", path, sizeof path);
    refused(fixture, "GET", path, "{}",
            "proxmox-file-restore failed: Error: missing key - manifest is encrypted\n");
    bad_param(
        fixture, "GET", "/nodes/pve2/storage/nfs-backup/file-restore/list",
        "{\"volume\": \"nfs-backup:backup/vzdump-lxc-111-2026_11_19-02_00_00.tar.zst\", \"filepath\": \"/\"}",
        "storage", "Only PBS storages supported for file-restore.");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pause, with_demo, end),
        cmocka_unit_test_setup_teardown(test_to_disk, with_slow, end),
        cmocka_unit_test_setup_teardown(test_checkpoint, with_demo, end),
        cmocka_unit_test_setup_teardown(test_resize, with_demo, end),
        cmocka_unit_test_setup_teardown(test_move, with_demo, end),
        cmocka_unit_test_setup_teardown(test_reassign, with_demo, end),
        cmocka_unit_test_setup_teardown(test_unlink, with_demo, end),
        cmocka_unit_test_setup_teardown(test_agent, with_demo, end),
        cmocka_unit_test_setup_teardown(test_file_restore, with_demo, end),
        cmocka_unit_test_setup_teardown(test_cloudinit, with_demo, end),
        cmocka_unit_test_setup_teardown(test_hotplug, with_demo, end),
        cmocka_unit_test_setup_teardown(test_agent_action, with_demo, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
