/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storages, volumes and backups on the simulator: rules that the recordings do not show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "asks.h"

#define CONTENT(storage) "/nodes/pve1/storage/" storage "/content"

static int with_demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--task-ms", "60", NULL};
    return begin(state, arguments);
}

static int with_trouble(void **state)
{
    static const char *const arguments[] = {"--seed",      "demo",   "--task-ms",     "60", "--task-ms",
                                            "vzdump:1500", "--task", "imgdel:hang:1", NULL};
    return begin(state, arguments);
}

static int with_many(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--nodes", "32", "--guests", "10000", NULL};
    return begin(state, arguments);
}

static void bad(struct fixture *fixture, const char *method, const char *path, const char *params,
                const char *name, const char *text)
{
    struct answer answer;

    assert_int_equal(send_it(fixture, method, path, params, &answer), 0);
    assert_int_equal(answer.status, 400);
    assert_string_equal(text_of(member(answer.root, "errors"), name, "(none)"), text);
    answer_done(&answer);
}

static size_t count(struct fixture *fixture, const char *path)
{
    struct answer answer;
    size_t n;

    assert_int_equal(send_it(fixture, "GET", path, "{}", &answer), 0);
    assert_int_equal(answer.status, 200);
    n = json_object_array_length(member(answer.root, "data"));
    answer_done(&answer);
    return n;
}

/* Does the list have something with this in it? */
static void lists(struct fixture *fixture, const char *path, const char *text, bool expected)
{
    FREE_WITH(free_text) char *all = value(fixture, "GET", path, "{}", "data");

    assert_int_equal(strstr(all, text) != NULL, expected);
}

/* The next path of a volume of the list: its volid behind the storage's content. */
static void volume_path(struct fixture *fixture, const char *content, const char *place, char *path,
                        size_t size)
{
    FREE_WITH(free_text) char *volid = value(fixture, "GET", content, "{}", place);

    assert_non_null(strchr(volid, ':'));
    (void)snprintf(path, size, "%.*s/%s", (int)strcspn(content, "?"), content, volid);
}

/* ---- definitions ---- */

static void test_definitions(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *type = NULL;

    type = value(
        fixture, "POST", "/storage",
        "{\"storage\": \"usb\", \"type\": \"dir\", \"path\": \"/mnt/usb2\", \"content\": \"backup,iso\", "
        "\"nodes\": \"pve1,pve3\", \"shared\": \"1\"}",
        "data.type");
    assert_string_equal(type, "dir");
    is(fixture, "/storage/usb", "data.nodes", "pve1,pve3");
    is(fixture, "/nodes/pve1/storage", "data.?storage=usb.active", "1");
    is(fixture, "/nodes/pve2/storage", "data.?storage=usb.active", "(none)");
    refused(fixture, "POST", "/storage", "{\"storage\": \"usb\", \"type\": \"dir\", \"path\": \"/x\"}",
            "create storage failed: storage ID 'usb' already defined\n");
    refused(fixture, "POST", "/storage",
            "{\"storage\": \"nas\", \"type\": \"nfs\", \"server\": \"10.10.10.7\", \"export\": \"/x\", "
            "\"shared\": \"1\"}",
            "unexpected property 'shared'\n");
    refused(fixture, "POST", "/storage",
            "{\"storage\": \"nas\", \"type\": \"nfs\", \"server\": \"10.10.10.77\", \"export\": \"/x\"}",
            "create storage failed: storage 'nas' is not online\n");
    /* Nobody looks for the server of a disabled one, or of one for other nodes. */
    done(fixture, "POST", "/storage",
         "{\"storage\": \"nas\", \"type\": \"nfs\", \"server\": \"10.10.10.77\", \"export\": \"/x\", "
         "\"disable\": \"1\"}");
    is(fixture, "/storage/nas", "data.path", "/mnt/pve/nas");
    is(fixture, "/storage/nas", "data.shared", "1");
    refused(fixture, "GET", CONTENT("nas"), "{}", "storage 'nas' is disabled\n");
    done(fixture, "PUT", "/storage/nas", "{\"disable\": \"0\"}");
    is(fixture, "/storage/nas", "data.disable", "(none)");
    refused(fixture, "PUT", "/storage/nas", "{\"server\": \"10.10.10.5\"}",
            "update storage failed: can't change value of fixed parameter 'server'\n");
    refused(fixture, "PUT", "/storage/usb", "{\"delete\": \"path\"}",
            "update storage failed: unable to delete required option 'path'\n");
    refused(fixture, "PUT", "/storage/usb", "{\"delete\": \"thinpool\"}",
            "update storage failed: no such option 'thinpool'\n");
    refused(fixture, "PUT", "/storage/usb", "{\"delete\": \"nodes\", \"nodes\": \"pve1\"}",
            "update storage failed: cannot set and delete property 'nodes' at the same time!\n");
    refused(
        fixture, "PUT", "/storage/usb", "{\"content\": \"iso\", \"digest\": \"0123\"}",
        "update storage failed: detected modified configuration - file changed by other user? Try again.\n");
    refused(fixture, "PUT", "/storage/usb", "{\"content\": \"iso,none\"}",
            "update storage failed: unable to combine 'none' with other content types\n");
    is(fixture, "/storage/usb", "data.content", "backup,iso");
    /* No list of nodes is no restriction. */
    done(fixture, "PUT", "/storage/usb", "{\"nodes\": \"\"}");
    is(fixture, "/storage/usb", "data.nodes", "(none)");
    is(fixture, "/nodes/pve2/storage", "data.?storage=usb.active", "1");
}

static void test_secrets(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *key = NULL, *print = NULL, *all = NULL;

    key = value(
        fixture, "POST", "/storage",
        "{\"storage\": \"off\", \"type\": \"pbs\", \"server\": \"10.10.10.6\", \"datastore\": \"offsite\", "
        "\"username\": \"b@pbs\", \"password\": \"geheim-9\", \"encryption-key\": \"autogen\"}",
        "data.config.encryption-key");
    assert_non_null(strstr(key, "\"data\":"));
    print = value(fixture, "GET", "/storage/off", "{}", "data.encryption-key");
    assert_non_null(strstr(key, print));
    is(fixture, "/storage/off", "data.password", "(none)");
    all = value(fixture, "GET", "/storage", "{}", "data");
    assert_null(strstr(all, "geheim-9"));
    assert_null(strstr(all, "\"data\\\""));
    refused(fixture, "PUT", "/storage/off", "{\"encryption-key\": \"rubbish\"}",
            "update storage failed: Value does not seems like a valid, JSON formatted encryption key!\n");
    done(fixture, "PUT", "/storage/off", "{\"delete\": \"encryption-key\"}");
    is(fixture, "/storage/off", "data.encryption-key", "(none)");
    refused(
        fixture, "POST", "/storage",
        "{\"storage\": \"off2\", \"type\": \"pbs\", \"server\": \"10.10.10.6\", \"datastore\": \"nosuch\"}",
        "create storage failed: off2: Cannot find datastore 'nosuch', check permissions and existence!\n");
}

static void test_remove(void **state)
{
    struct fixture *fixture = *state;

    /* A pool loses its member. */
    is(fixture, "/pools/infra", "data.members.?storage=nfs-backup.storage", "nfs-backup");
    done(fixture, "DELETE", "/storage/nfs-backup", "{}");
    is(fixture, "/pools/infra", "data.members.?storage=nfs-backup.storage", "(none)");
    refused(fixture, "GET", "/storage/nfs-backup", "{}", "storage 'nfs-backup' does not exist\n");
    refused(fixture, "DELETE", "/storage/nfs-backup", "{}",
            "delete storage failed: storage 'nfs-backup' does not exist\n");
    done(fixture, "DELETE", "/storage/local", "{}");
    is(fixture, "/storage/local", "data.path", "/var/lib/vz");
    done(fixture, "PUT", "/storage/local", "{\"nodes\": \"pve1\"}");
    is(fixture, "/storage/local", "data.nodes", "(none)");
}

/* ---- volumes ---- */

static void test_volumes(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *volid = NULL, *null = NULL;
    char task[600], path[600];

    volid = value(fixture, "POST", CONTENT("local-lvm"),
                  "{\"filename\": \"vm-105-disk-7\", \"vmid\": \"105\", \"size\": \"2G\"}", "data");
    assert_string_equal(volid, "local-lvm:vm-105-disk-7");
    is(fixture, CONTENT("local-lvm"), "data.?volid=local-lvm:vm-105-disk-7.size", "2147483648");
    is(fixture, "/nodes/pve2/storage/local-lvm/content", "data.?volid=local-lvm:vm-105-disk-7.size",
       "(none)");
    refused(fixture, "POST", CONTENT("local-lvm"),
            "{\"filename\": \"vm-106-disk-7\", \"vmid\": \"105\", \"size\": \"2G\"}",
            "illegal name 'vm-106-disk-7' - should be 'vm-105-*'\n");
    bad(fixture, "POST", CONTENT("local"),
        "{\"filename\": \"vm-105-disk-7.raw\", \"vmid\": \"105\", \"size\": \"2G\", \"format\": \"qcow2\"}",
        "format", "different storage formats (qcow2 != raw)");
    /* Who is ready to wait gets no task. */
    null = value(fixture, "DELETE", CONTENT("local-lvm") "/local-lvm:vm-105-disk-7", "{\"delay\": \"5\"}",
                 "data");
    assert_string_equal(null, "(none)");
    start(fixture, "DELETE", CONTENT("local-lvm") "/local-lvm:vm-105-disk-7", "{}", task, sizeof task);
    fails(fixture, task, "lvremove 'pve/vm-105-disk-7' error:   Failed to find logical volume <any>");
    start(fixture, "DELETE", CONTENT("ceph-vm") "/ceph-vm:base-9000-disk-0", "{}", task, sizeof task);
    ends(fixture, task, "base volume 'base-9000-disk-0' is still in use by linked clones");
    /* A disk that a guest has goes all the same. */
    start(fixture, "DELETE", CONTENT("ceph-vm") "/ceph-vm:vm-100-disk-0", "{}", task, sizeof task);
    assert_non_null(strstr(task, ":imgdel:100@ceph-vm:"));
    ends(fixture, task, "OK");
    /* Names of the backup server have colons of their own. */
    volume_path(fixture, CONTENT("pbs-main") "?vmid=108", "data.0.volid", path, sizeof path);
    assert_non_null(strstr(path, "pbs-main:backup/ct/108/"));
    is(fixture, path, "data.format", "pbs-ct");
    done(fixture, "PUT", path, "{\"notes\": \"keep this\", \"protected\": \"1\"}");
    is(fixture, CONTENT("pbs-main") "?vmid=108", "data.0.notes", "keep this");
    is(fixture, CONTENT("pbs-main") "?vmid=108", "data.0.protected", "1");
    is(fixture, CONTENT("pbs-main") "?vmid=108", "data.0.verification.state", "ok");
    start(fixture, "DELETE", path, "{}", task, sizeof task);
    fails(fixture, task, "cannot remove protected volume 'backup/ct/108/<time>' on 'pbs-main'");
    done(fixture, "PUT", path, "{\"protected\": \"0\"}");
    start(fixture, "DELETE", path, "{}", task, sizeof task);
    ends(fixture, task, "OK");
    assert_int_equal(count(fixture, CONTENT("pbs-main") "?vmid=108"), 0);
    refused(fixture, "PUT", CONTENT("local") "/local:iso/debian-13.1.0-amd64-netinst.iso",
            "{\"notes\": \"x\"}", "only backups can have notes\n");
    refused(fixture, "PUT", CONTENT("ceph-vm") "/ceph-vm:vm-101-disk-0", "{\"protected\": \"1\"}",
            "attribute 'protected' is not supported for storage type 'rbd'\n");
}

static void test_download(void **state)
{
    struct fixture *fixture = *state;
    char task[600];

    start(fixture, "POST", "/nodes/pve1/storage/iso-store/download-url",
          "{\"content\": \"iso\", \"filename\": \"a b.iso\", \"url\": \"https://example.org/a.iso\"}", task,
          sizeof task);
    ends(fixture, task, "OK");
    logged(fixture, task, "100%");
    lists(fixture, CONTENT("iso-store"), "a_b.iso\"", true);
    start(fixture, "POST", "/nodes/pve1/storage/iso-store/download-url",
          "{\"content\": \"iso\", \"filename\": \"a b.iso\", \"url\": \"https://example.org/a.iso\"}", task,
          sizeof task);
    ends(fixture, task, "refusing to override existing file '/mnt/pve/iso-store/template/iso/a_b.iso'");
    /* The file is the text of its URL: sha1 of "http://x.example/t.tar.zst". */
    start(fixture, "POST", "/nodes/pve1/storage/iso-store/download-url",
          "{\"content\": \"vztmpl\", \"filename\": \"t.tar.zst\", \"url\": \"http://x.example/t.tar.zst\", "
          "\"checksum\": \"0000\", \"checksum-algorithm\": \"sha1\"}",
          task, sizeof task);
    ends(fixture, task, "checksum mismatch: got 'fd2605fbdb582f527b1c8eccda1500df273702af' != expect '0000'");
    lists(fixture, CONTENT("iso-store"), "/t.tar.zst\"", false);
    start(fixture, "POST", "/nodes/pve1/storage/iso-store/download-url",
          "{\"content\": \"vztmpl\", \"filename\": \"t.tar.zst\", \"url\": \"http://x.example/t.tar.zst\", "
          "\"checksum\": \"fd2605fbdb582f527b1c8eccda1500df273702af\", \"checksum-algorithm\": \"sha1\"}",
          task, sizeof task);
    ends(fixture, task, "OK");
    lists(fixture, CONTENT("iso-store"), "/t.tar.zst\"", true);
    bad(fixture, "POST", "/nodes/pve1/storage/iso-store/download-url",
        "{\"content\": \"iso\", \"filename\": \"c.iso\", \"url\": \"https://example.org/c\", \"checksum\": "
        "\"ab\"}",
        "checksum-algorithm", "missing property - 'checksum' requires this property");
    refused(fixture, "POST", "/nodes/pve1/storage/nfs-backup/download-url",
            "{\"content\": \"iso\", \"filename\": \"c.iso\", \"url\": \"https://example.org/c\"}",
            "storage 'nfs-backup' does not support 'iso' content\n");
}

/* ---- retention ---- */

static void test_prune(void **state)
{
    struct fixture *fixture = *state;
    static const char all[] = CONTENT("nfs-backup") "?vmid=101";
    static const char prune[] = "/nodes/pve1/storage/nfs-backup/prunebackups?vmid=101&prune-backups=";
    char path[300], task[600];

    /* Five of 101: 1, 2, 3, 8 and 15 days old; the oldest is protected. */
    (void)snprintf(path, sizeof path, "%skeep-last=1", prune);
    is(fixture, path, "data.0.mark", "keep");
    is(fixture, path, "data.1.mark", "remove");
    is(fixture, path, "data.4.mark", "protected");
    /* What one rule keeps does not count for the next. */
    (void)snprintf(path, sizeof path, "%skeep-last=1,keep-daily=1", prune);
    is(fixture, path, "data.1.mark", "keep");
    is(fixture, path, "data.2.mark", "remove");
    start(fixture, "DELETE", "/nodes/pve1/storage/nfs-backup/prunebackups",
          "{\"vmid\": \"101\", \"prune-backups\": \"keep-last=1\"}", task, sizeof task);
    assert_non_null(strstr(task, ":prunebackups:101@nfs-backup:"));
    ends(fixture, task, "OK");
    assert_int_equal(count(fixture, all), 2);
    assert_int_equal(count(fixture, CONTENT("nfs-backup") "?vmid=100"), 5);
    /* Without rules nothing goes. */
    start(fixture, "DELETE", "/nodes/pve1/storage/usb-archive/prunebackups", "{}", task, sizeof task);
    ends(fixture, task, "OK");
    assert_int_equal(count(fixture, CONTENT("usb-archive")), 2);
}

/* ---- backups ---- */

static void test_backup(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *ok = NULL, *config = NULL, *volid = NULL;
    char task[600], where[600];

    start(fixture, "POST", "/nodes/pve1/vzdump",
          "{\"vmid\": \"100,105,999\", \"storage\": \"pbs-main\", \"notes-template\": \"{{guestname}} of "
          "{{node}}\", "
          "\"protected\": \"1\"}",
          task, sizeof task);
    ends(fixture, task, "job errors");
    logged(fixture, task, "Finished Backup of VM 100");
    logged(fixture, task, "INFO: 100%");
    logged(fixture, task, "Finished Backup of VM 105");
    logged(fixture, task, "Backup of VM 999 failed - unable to find VM '999'");
    assert_int_equal(count(fixture, CONTENT("pbs-main") "?vmid=100"), 4);
    is(fixture, CONTENT("pbs-main") "?vmid=100", "data.3.notes", "web-frontend of pve1");
    is(fixture, CONTENT("pbs-main") "?vmid=100", "data.3.protected", "1");
    is(fixture, CONTENT("pbs-main") "?vmid=100", "data.3.verification", "(none)");
    is(fixture, CONTENT("pbs-main") "?vmid=100", "data.3.format", "pbs-vm");
    /* The configuration is that of the time of the backup. */
    volid = value(fixture, "GET", CONTENT("pbs-main") "?vmid=100", "{}", "data.3.volid");
    done(fixture, "PUT", "/nodes/pve1/qemu/100/config", "{\"name\": \"renamed\"}");
    (void)snprintf(where, sizeof where, "/nodes/pve1/vzdump/extractconfig?volume=%s", volid);
    config = value(fixture, "GET", where, "{}", "data");
    assert_non_null(strstr(config, "name: web-frontend\n"));
    /* A locked guest, and those of other nodes. */
    start(fixture, "POST", "/nodes/pve2/vzdump", "{\"vmid\": \"110,111,100\", \"storage\": \"pbs-main\"}",
          task, sizeof task);
    ends(fixture, task, "job errors");
    logged(fixture, task, "skip external VMs: 100");
    logged(fixture, task, "Backup of VM 110 failed - VM is locked (backup)");
    logged(fixture, task, "Finished Backup of VM 111");
    ok = value(fixture, "POST", "/nodes/pve3/vzdump", "{\"vmid\": \"100\", \"storage\": \"pbs-main\"}",
               "data");
    assert_string_equal(ok, "OK");
    /* No space left. */
    start(fixture, "POST", "/nodes/pve1/vzdump",
          "{\"vmid\": \"9000,100\", \"storage\": \"usb-archive\", \"compress\": \"0\"}", task, sizeof task);
    ends(fixture, task, "job errors");
    logged(fixture, task, "Finished Backup of VM 9000");
    logged(fixture, task, "No space left on device");
    bad(fixture, "POST", "/nodes/pve1/vzdump", "{\"pool\": \"web\", \"vmid\": \"100\"}", "pool",
        "option conflicts with option 'vmid'");
    bad(fixture, "POST", "/nodes/pve1/vzdump", "{\"vmid\": \"100\", \"notes-template\": \"x\"}", "storage",
        "missing property - 'notes-template' requires this property");
}

static void test_keep(void **state)
{
    struct fixture *fixture = *state;
    char task[600];

    for (int i = 0; i < 3; i++) {
        start(fixture, "POST", "/nodes/pve1/vzdump",
              "{\"pool\": \"web\", \"storage\": \"local\", \"prune-backups\": \"keep-last=2\", \"compress\": "
              "\"zstd\"}",
              task, sizeof task);
        ends(fixture, task, "OK");
    }
    logged(fixture, task, "pruned 1 backup(s) not covered by keep-retention policy");
    assert_int_equal(count(fixture, CONTENT("local") "?vmid=105"), 2);
    assert_int_equal(count(fixture, CONTENT("local") "?content=backup"), 4);
    start(
        fixture, "POST", "/nodes/pve1/vzdump",
        "{\"vmid\": \"105\", \"storage\": \"local\", \"prune-backups\": \"keep-last=2\", \"remove\": \"0\"}",
        task, sizeof task);
    ends(fixture, task, "job errors");
    logged(fixture, task, "There is a max backup limit of 2 enforced");
}

static void test_running(void **state)
{
    struct fixture *fixture = *state;
    char task[600], path[700], other[600];

    /* One guest at a time is locked; stopping keeps what is finished. Without pruning: whether a seed's
     * backup is of the same day depends on the hour. */
    start(fixture, "POST", "/nodes/pve1/vzdump",
          "{\"all\": \"1\", \"exclude\": \"9000\", \"storage\": \"pbs-main\", \"prune-backups\": "
          "\"keep-all=1\"}",
          task, sizeof task);
    is(fixture, "/nodes/pve1/qemu/100/status/current", "data.lock", "backup");
    is(fixture, "/nodes/pve1/lxc/105/status/current", "data.lock", "(none)");
    refused(fixture, "PUT", "/nodes/pve1/qemu/100/config", "{\"cores\": \"1\"}", "VM is locked (backup)\n");
    wait_ms(600);
    is(fixture, "/nodes/pve1/qemu/100/status/current", "data.lock", "(none)");
    is(fixture, "/nodes/pve1/lxc/105/status/current", "data.lock", "backup");
    done(fixture, "DELETE", task, "{}");
    ends(fixture, task, "received interrupt");
    is(fixture, "/nodes/pve1/lxc/105/status/current", "data.lock", "(none)");
    assert_int_equal(count(fixture, CONTENT("pbs-main") "?vmid=100"), 4);
    assert_int_equal(count(fixture, CONTENT("pbs-main") "?vmid=105"), 1);
    /* A delete that takes longer than one is ready to wait answers its task. */
    start(fixture, "DELETE", CONTENT("ceph-vm") "/ceph-vm:vm-100-disk-0", "{\"delay\": \"1\"}", other,
          sizeof other);
    (void)snprintf(path, sizeof path, "%s/status", other);
    is(fixture, path, "data.status", "running");
}

/* ---- many ---- */

static void test_many(void **state)
{
    struct fixture *fixture = *state;
    struct timespec before, after;
    long ms;

    is(fixture, "/nodes/pve1/qemu/100/config", "data.scsi0", "ceph-vm:vm-100-disk-0,size=8G");
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    assert_true(count(fixture, CONTENT("ceph-vm")) > 6000);
    assert_int_equal(count(fixture, CONTENT("nfs-backup")), 9000);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    assert_true(ms < 2000); /* generous: a slow machine, and the client's own reading */
    is(fixture, "/nodes/pve7/qemu/106/config", "data.scsi0", "local-lvm:vm-106-disk-0,size=16G");
    is(fixture, "/nodes/pve7/storage/local-lvm/content", "data.?volid=local-lvm:vm-106-disk-0.vmid", "106");
    is(fixture, "/nodes/pve8/storage/local-lvm/content", "data.?volid=local-lvm:vm-106-disk-0.vmid",
       "(none)");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_definitions, with_demo, end),
        cmocka_unit_test_setup_teardown(test_secrets, with_demo, end),
        cmocka_unit_test_setup_teardown(test_remove, with_demo, end),
        cmocka_unit_test_setup_teardown(test_volumes, with_demo, end),
        cmocka_unit_test_setup_teardown(test_download, with_demo, end),
        cmocka_unit_test_setup_teardown(test_prune, with_demo, end),
        cmocka_unit_test_setup_teardown(test_backup, with_demo, end),
        cmocka_unit_test_setup_teardown(test_keep, with_demo, end),
        cmocka_unit_test_setup_teardown(test_running, with_trouble, end),
        cmocka_unit_test_setup_teardown(test_many, with_many, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
