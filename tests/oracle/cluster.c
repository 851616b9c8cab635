/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes and cluster of the simulator, where no recording says how they behave: services, packages,
 * replication, mappings, options, migration, many guests at once, nodes that do not answer, Ceph.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "asks.h"

#define SERVICE "/nodes/pve2/services/spiceproxy"

static int demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo",       "--task-ms", "20", "--ha-ms",
                                            "200",    "--stale-ms", "0",         NULL};
    return begin(state, arguments);
}

static int one_node_off(void **state)
{
    static const char *const arguments[] = {"--seed",     "demo", "--task-ms", "20",   "--ha-ms", "200",
                                            "--stale-ms", "0",    "--offline", "pve3", NULL};
    return begin(state, arguments);
}

static int without_quorum(void **state)
{
    static const char *const arguments[] = {"--seed",    "demo", "--offline",      "pve2",
                                            "--offline", "pve3", "--without-ceph", NULL};
    return begin(state, arguments);
}

/* A task that must end so. */
static void task(struct fixture *fixture, const char *where, const char *params, const char *expected)
{
    char path[700];

    start(fixture, "POST", where, params, path, sizeof path);
    ends(fixture, path, expected);
}

static void test_services(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, SERVICE "/state", "data.active-state", "failed");
    task(fixture, SERVICE "/reload", "{}", "command 'systemctl reload spiceproxy' failed: exit code 1");
    task(fixture, SERVICE "/start", "{}", "OK");
    is(fixture, SERVICE "/state", "data.state", "running");
    is(fixture, "/nodes/pve2/services", "data.?service=spiceproxy.active-state", "active");
    task(fixture, SERVICE "/stop", "{}", "OK");
    is(fixture, SERVICE "/state", "data.state", "dead");
    task(fixture, SERVICE "/restart", "{}", "OK");
    is(fixture, SERVICE "/state", "data.state", "running");
    task(fixture, "/nodes/pve2/services/pveproxy/stop", "{}", "invalid service cmd 'pveproxy stop': ERROR");
    is(fixture, "/nodes/pve2/services/pveproxy/state", "data.state", "running");
    task(fixture, "/nodes/pve2/services/ksmtuned/start", "{}",
         "command 'systemctl start ksmtuned' failed: exit code 5");
}

static void test_packages(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *digest = NULL;
    char params[300];

    is(fixture, "/nodes/pve1/apt/update", "data.?Package=tzdata.Version", "(none)");
    task(fixture, "/nodes/pve1/apt/update", "{}", "OK");
    is(fixture, "/nodes/pve1/apt/update", "data.?Package=tzdata.Version", "2025b-5");
    digest = value(fixture, "GET", "/nodes/pve3/apt/repositories", "{}", "data.digest");
    is(fixture, "/nodes/pve3/apt/repositories", "data.standard-repos.?handle=test.status", "(none)");
    (void)snprintf(params, sizeof params, "{\"handle\": \"test\", \"digest\": \"%s\"}", digest);
    done(fixture, "PUT", "/nodes/pve3/apt/repositories", params);
    is(fixture, "/nodes/pve3/apt/repositories", "data.standard-repos.?handle=test.status", "1");
    refused(fixture, "PUT", "/nodes/pve3/apt/repositories", params,
            "detected modified configuration - file changed by other user? Try again.\n");
    refused(fixture, "PUT", "/nodes/pve3/apt/repositories", "{\"handle\": \"nosuch\"}",
            "unknown repository handle 'nosuch'\n");
    done(fixture, "POST", "/nodes/pve1/apt/repositories",
         "{\"path\": \"/etc/apt/sources.list.d/pve-enterprise.sources\", \"index\": \"0\", \"enabled\": "
         "\"0\"}");
    is(fixture, "/nodes/pve1/apt/repositories", "data.standard-repos.?handle=enterprise.status", "0");
}

static void test_hardware(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, "/nodes/pve2/disks/smart?disk=/dev/sdc", "data.health", "FAILED");
    is(fixture, "/nodes/pve2/disks/smart?disk=/dev/sdc&healthonly=1", "data.type", "(none)");
    is(fixture, "/nodes/pve1/disks/list?type=unused", "data.?devpath=/dev/sdd.size", "4000787030016");
    is(fixture, "/nodes/pve1/disks/list?type=unused", "data.?devpath=/dev/sda.size", "(none)");
    is(fixture, "/nodes/pve1/disks/list", "data.?devpath=/dev/nvme0n1p3.size", "(none)");
    is(fixture, "/nodes/pve1/disks/list?include-partitions=1", "data.?devpath=/dev/nvme0n1p3.parent",
       "/dev/nvme0n1");
    is(fixture, "/nodes/pve2/hardware/pci", "data.?vendor=0x8086.class", "(none)");
    is(fixture, "/nodes/pve2/hardware/pci?pci-class-blacklist=ff", "data.?vendor=0x8086.class", "0x060000");
}

static void test_replication(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, "/nodes/pve2/replication", "data.?id=108-0.fail_count", "0");
    is(fixture, "/nodes/pve3/replication", "data.?id=108-0.fail_count", "(none)");
    refused(fixture, "POST", "/cluster/replication",
            "{\"id\": \"999-0\", \"type\": \"local\", \"target\": \"pve2\"}",
            "Guest '999' does not exist.\n");
    refused(fixture, "POST", "/cluster/replication",
            "{\"id\": \"108-1\", \"type\": \"local\", \"target\": \"pve2\"}",
            "Source and target must not be identical\n");
    refused(fixture, "POST", "/cluster/replication",
            "{\"id\": \"105-0\", \"type\": \"local\", \"target\": \"pve2\"}",
            "missing replicate feature on volume 'local-lvm:vm-105-disk-0'\n");
    refused(fixture, "POST", "/cluster/replication",
            "{\"id\": \"108-1\", \"type\": \"local\", \"target\": \"pve3\"}",
            "replication job '108-0' for guest '108' to target 'pve3' already exists\n");
    done(fixture, "POST", "/cluster/replication",
         "{\"id\": \"108-1\", \"type\": \"local\", \"target\": \"pve1\"}");
    is(fixture, "/cluster/replication/108-1", "data.source", "pve2");
    done(fixture, "PUT", "/cluster/replication/108-1", "{\"disable\": \"1\", \"comment\": \"x\"}");
    done(fixture, "PUT", "/cluster/replication/108-1", "{\"delete\": \"comment\"}");
    is(fixture, "/cluster/replication/108-1", "data.comment", "(none)");
    is(fixture, "/nodes/pve2/replication/108-1/status", "data.next_sync", "(none)");
    bad_param(fixture, "DELETE", "/cluster/replication/108-1", "{\"force\": \"1\", \"keep\": \"1\"}", "keep",
              "conflicts with parameter 'force'");
    done(fixture, "DELETE", "/cluster/replication/108-1", "{}");
    is(fixture, "/cluster/replication", "data.?id=108-1.remove_job", "full");
    wait_ms(60);
    is(fixture, "/cluster/replication", "data.?id=108-1.id", "(none)");
    done(fixture, "POST", "/nodes/pve2/replication/108-0/schedule_now", "{}");
    is(fixture, "/nodes/pve2/replication/108-0/log?limit=1", "data.?n=1.n", "1");
}

static void test_datacenter(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, "/cluster/mapping/pci?check-node=pve2", "data.?id=gpu.checks", "[ ]");
    done(fixture, "PUT", "/cluster/mapping/pci/gpu",
         "{\"map\": [\"node=pve2,path=0000:21:00.0,id=10de:1eb9\", "
         "\"node=pve3,path=0000:77:00.0,id=10de:1eb8\"]}");
    is(fixture, "/cluster/mapping/pci?check-node=pve3", "data.?id=gpu.checks.?severity=error.message",
       "Invalid configuration: pci device '0000:77:00.0' not found\n");
    is(fixture, "/cluster/mapping/pci?check-node=pve2", "data.?id=gpu.checks.?severity=error.message",
       "Invalid configuration: 'id' does not match for '0000:21:00.0' (10de:1eb8 ne 10de:1eb9)\n");
    is(fixture, "/cluster/mapping/pci?check-node=pve1", "data.?id=gpu.checks.?severity=warning.message",
       "No mapping for node pve1.");
    refused(fixture, "POST", "/cluster/metrics/server/g9",
            "{\"type\": \"graphite\", \"server\": \"10.0.0.1\", \"port\": \"2003\", \"bucket\": \"b\"}",
            "unexpected property 'bucket'\n");
    done(fixture, "PUT", "/cluster/options",
         "{\"migration\": \"insecure,network=10.0.0.0/24\", \"registered-tags\": \"b;a\", \"description\": "
         "\"one\"}");
    is(fixture, "/cluster/options", "data.migration.network", "10.0.0.0/24");
    is(fixture, "/cluster/options", "data.description", "one\n");
    done(fixture, "PUT", "/cluster/options", "{\"delete\": \"migration,nosuch\"}");
    is(fixture, "/cluster/options", "data.migration", "(none)");
    bad_param(fixture, "PUT", "/cluster/options", "{\"migration\": \"plain\"}", "migration",
              "invalid format - format error\nmigration.type: value 'plain' does not have a value in the "
              "enumeration 'secure, insecure'\n");
    bad_param(fixture, "POST", "/cluster/backup",
              "{\"schedule\": \"daily\", \"all\": \"1\", \"dow\": \"mon\"}", "starttime",
              "missing property - 'dow' requires this property");
    done(fixture, "PUT", "/cluster/backup/backup-weekly",
         "{\"prune-backups\": \"keep-last=2,keep-daily=7\"}");
    is(fixture, "/cluster/backup/backup-weekly", "data.prune-backups.keep-daily", "7");
}

static void test_backup_jobs(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, "/cluster/backup-info/not-backed-up", "data.?vmid=102.name", "(none)"); /* pool infra */
    is(fixture, "/cluster/backup-info/not-backed-up", "data.?vmid=110.name", "test-old");
    done(fixture, "POST", "/cluster/backup",
         "{\"id\": \"one-node\", \"schedule\": \"daily\", \"storage\": \"nfs-backup\", \"all\": \"1\", "
         "\"node\": \"pve2\"}");
    is(fixture, "/cluster/backup-info/not-backed-up", "data.?vmid=110.name", "(none)");
    is(fixture, "/cluster/backup-info/not-backed-up", "data.?vmid=109.name", "build-runner");
    is(fixture, "/cluster/backup/one-node/included_volumes",
       "data.children.?id=111.children.?id=111:mp0.included", "0");
    is(fixture, "/cluster/backup/one-node/included_volumes", "data.children.?id=107.name", "(none)");
    done(fixture, "PUT", "/cluster/backup/one-node", "{\"pool\": \"web\"}");
    is(fixture, "/cluster/backup/one-node", "data.all", "(none)");
    refused(fixture, "PUT", "/cluster/backup/one-node", "{\"delete\": \"pool\"}",
            "400 Parameter verification failed.\nvmid: property is missing\n");
    bad_param(fixture, "POST", "/cluster/backup",
              "{\"schedule\": \"daily\", \"all\": \"1\", \"fleecing\": \"enabled=1,storage=x\"}", "fleecing",
              "invalid format - format error\nfleecing.storage: invalid format - storage ID 'x' cannot be "
              "shorter than "
              "2 characters\n\n");
}

static void test_migration(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "POST", "/nodes/pve1/qemu/100/migrate", "{\"target\": \"pve1\"}", "target",
              "target is local node.");
    refused(fixture, "POST", "/nodes/pve1/qemu/100/migrate", "{\"target\": \"pve2\"}",
            "can't migrate running VM without --online\n");
    task(fixture, "/nodes/pve1/qemu/100/migrate", "{\"target\": \"pve2\", \"online\": \"1\"}", "OK");
    is(fixture, "/nodes/pve2/qemu/100/status/current", "data.status", "running");
    refused(fixture, "GET", "/nodes/pve1/qemu/100/config", "{}",
            "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist\n");
    /* Containers: no live migration; a restart takes the local volume along. */
    refused(fixture, "POST", "/nodes/pve1/lxc/106/migrate", "{\"target\": \"pve2\"}",
            "can't migrate running container without --online or --restart\n");
    task(fixture, "/nodes/pve1/lxc/106/migrate", "{\"target\": \"pve2\", \"online\": \"1\"}",
         "migration aborted");
    task(fixture, "/nodes/pve1/lxc/106/migrate", "{\"target\": \"pve2\", \"restart\": \"1\"}", "OK");
    is(fixture, "/nodes/pve2/lxc/106/status/current", "data.status", "running");
    is(fixture, "/nodes/pve2/storage/local-lvm/content", "data.?vmid=106.volid", "local-lvm:vm-106-disk-0");
    is(fixture, "/nodes/pve1/storage/local-lvm/content", "data.?vmid=106.volid", "(none)");
    /* A snapshot on thin LVM stays where it is, and the container with it. */
    task(fixture, "/nodes/pve1/lxc/105/migrate", "{\"target\": \"pve2\", \"restart\": \"1\"}",
         "migration aborted");
    is(fixture, "/nodes/pve1/lxc/105/status/current", "data.status", "running");
    is(fixture, "/nodes/pve1/lxc/105/status/current", "data.lock", "(none)");
    /* Replication turns round; a map leads to another storage. */
    task(fixture, "/nodes/pve2/lxc/108/migrate", "{\"target\": \"pve1\", \"restart\": \"1\"}",
         "migration aborted");
    task(fixture, "/nodes/pve2/lxc/108/migrate", "{\"target\": \"pve3\", \"restart\": \"1\"}", "OK");
    is(fixture, "/cluster/replication/108-0", "data.target", "pve2");
    task(fixture, "/nodes/pve3/lxc/108/migrate",
         "{\"target\": \"pve1\", \"restart\": \"1\", \"target-storage\": \"local-zfs:local-lvm\"}", "OK");
    is(fixture, "/nodes/pve1/lxc/108/config", "data.rootfs", "local-lvm:vm-108-disk-0,size=16G");
    is(fixture, "/nodes/pve1/storage/local-lvm/content", "data.?vmid=108.format", "raw");
}

static void test_migration_by_ha(void **state)
{
    struct fixture *fixture = *state;

    task(fixture, "/nodes/pve2/qemu/101/migrate", "{\"target\": \"pve3\", \"online\": \"1\"}", "OK");
    is(fixture, "/nodes/pve2/qemu/101/status/current", "data.status", "running");
    wait_ms(300);
    is(fixture, "/nodes/pve3/qemu/101/status/current", "data.status", "running");
    is(fixture, "/cluster/tasks", "data.?type=qmigrate.user", "root@pam");
}

static void test_live_local_disks(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "PUT", "/nodes/pve1/qemu/100/config", "{\"scsi1\": \"local-lvm:4\"}");
    task(fixture, "/nodes/pve1/qemu/100/migrate", "{\"target\": \"pve2\", \"online\": \"1\"}",
         "migration aborted");
    task(fixture, "/nodes/pve1/qemu/100/migrate",
         "{\"target\": \"pve2\", \"online\": \"1\", \"with-local-disks\": \"1\"}", "OK");
    done(fixture, "PUT", "/nodes/pve2/qemu/100/config", "{\"scsi2\": \"local-zfs:4\"}");
    refused(fixture, "POST", "/nodes/pve2/qemu/100/migrate",
            "{\"target\": \"pve1\", \"online\": \"1\", \"with-local-disks\": \"1\"}",
            "storage 'local-zfs' is not available on node 'pve1'\n");
    is(fixture, "/nodes/pve2/qemu/100/migrate", "data.not_allowed_nodes.pve1.unavailable_storages",
       "[ \"local-zfs\" ]");
    bad_param(fixture, "POST", "/nodes/pve2/qemu/100/migrate", "{\"target\": \"pve1\", \"force\": \"1\"}",
              "force", "Only root may use this option.");
}

static void test_many(void **state)
{
    struct fixture *fixture = *state;

    task(fixture, "/nodes/pve2/stopall", "{}", "OK");
    is(fixture, "/nodes/pve2/lxc/111/status/current", "data.status", "stopped");
    /* What HA manages is left alone. */
    is(fixture, "/nodes/pve2/qemu/101/status/current", "data.status", "running");
    task(fixture, "/nodes/pve2/startall", "{\"vms\": \"111\"}", "OK");
    is(fixture, "/nodes/pve2/lxc/111/status/current", "data.status", "running");
    is(fixture, "/nodes/pve2/lxc/108/status/current", "data.status", "stopped");
    task(fixture, "/cluster/bulk-action/guest/start", "{\"vms\": [\"103\", \"108\", \"110\"]}",
         "Some guests failed to start: 110");
    is(fixture, "/nodes/pve2/lxc/108/status/current", "data.status", "running");
    task(fixture, "/cluster/bulk-action/guest/shutdown", "{\"vms\": [\"107\", \"109\"]}", "WARNINGS: 1");
    is(fixture, "/nodes/pve3/lxc/107/status/current", "data.status", "stopped");
    bad_param(fixture, "POST", "/cluster/bulk-action/guest/start", "{\"vms\": [\"x\"]}", "vms[0]",
              "type check ('integer') failed - got 'x'");
    /* 102 has a disk that only pve3 can reach, 107 a bind mount. */
    task(fixture, "/nodes/pve3/migrateall", "{\"target\": \"pve2\"}",
         "Some guests failed to migrate: 102, 107");
    is(fixture, "/nodes/pve2/qemu/109/status/current", "data.status", "stopped");
    task(fixture, "/nodes/pve3/suspendall", "{\"vms\": \"102\"}", "OK");
    is(fixture, "/nodes/pve3/qemu/102/status/current", "data.lock", "suspended");
    task(fixture, "/nodes/pve3/qemu/102/status/start", "{}", "OK");
    is(fixture, "/nodes/pve3/qemu/102/status/current", "data.lock", "(none)");
}

static void test_offline(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer;

    assert_int_equal(send_it(fixture, "GET", "/nodes/pve3/status", "{}", &answer), 0);
    assert_int_equal(answer.status, 595);
    assert_string_equal(answer.reason, "No route to host");
    answer_done(&answer);
    is(fixture, "/nodes", "data.?node=pve3.status", "offline");
    is(fixture, "/cluster/status", "data.?name=pve3.online", "0");
    is(fixture, "/cluster/status", "data.?type=cluster.quorate", "1");
    is(fixture, "/cluster/resources", "data.?id=lxc/107.status", "unknown");
    is(fixture, "/cluster/resources", "data.?id=lxc/107.name", "(none)");
    is(fixture, "/cluster/resources", "data.?id=storage/pve3/local.status", "unknown");
    is(fixture, "/cluster/ha/status/manager_status", "data.manager_status.node_status.pve3", "unknown");
    is(fixture, "/cluster/ceph/status", "data.health.status", "HEALTH_WARN");
    is(fixture, "/cluster/ceph/status", "data.osdmap.num_up_osds", "2");
    task(fixture, "/nodes/pve1/lxc/106/migrate", "{\"target\": \"pve3\", \"restart\": \"1\"}",
         "migration aborted");
    is(fixture, "/nodes/pve1/lxc/106/status/current", "data.status", "running");
    /* Nobody removes the copies on a node that does not answer. */
    done(fixture, "DELETE", "/cluster/replication/108-0", "{}");
    wait_ms(60);
    is(fixture, "/cluster/replication", "data.?id=108-0.remove_job", "full");
    done(fixture, "DELETE", "/cluster/replication/108-0", "{\"force\": \"1\"}");
    is(fixture, "/cluster/replication", "data.?id=108-0.id", "(none)");
}

static void test_quorum(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, "/cluster/status", "data.?type=cluster.quorate", "0");
    refused(fixture, "POST", "/nodes/pve1/lxc/105/status/stop", "{}", "cluster not ready - no quorum?\n");
    is(fixture, "/nodes/pve1/lxc/105/status/current", "data.status", "running");
    refused(fixture, "GET", "/cluster/ceph/status", "{}", "binary not installed: /usr/bin/ceph-mon\n");
}

static void test_ceph(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, "/cluster/ceph/status", "data.health.status", "HEALTH_OK");
    is(fixture, "/nodes/pve1/ceph/pool", "data.?pool_name=vm.size", "3");
    is(fixture, "/nodes/pve1/ceph/mon", "data.?name=pve3.quorum", "1");
    is(fixture, "/nodes/pve1/ceph/cfg/value?config-keys=osd:osd_memory_target", "data.osd.osd_memory_target",
       "4294967296");
    is(fixture, "/cluster/ceph/flags/noout", "data", "0");
    refused(fixture, "GET", "/nodes/pve1/ceph/pool/nosuch/status", "{}", "pool 'nosuch' does not exist\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_services, demo, end),
        cmocka_unit_test_setup_teardown(test_packages, demo, end),
        cmocka_unit_test_setup_teardown(test_hardware, demo, end),
        cmocka_unit_test_setup_teardown(test_replication, demo, end),
        cmocka_unit_test_setup_teardown(test_datacenter, demo, end),
        cmocka_unit_test_setup_teardown(test_backup_jobs, demo, end),
        cmocka_unit_test_setup_teardown(test_migration, demo, end),
        cmocka_unit_test_setup_teardown(test_migration_by_ha, demo, end),
        cmocka_unit_test_setup_teardown(test_live_local_disks, demo, end),
        cmocka_unit_test_setup_teardown(test_many, demo, end),
        cmocka_unit_test_setup_teardown(test_offline, one_node_off, end),
        cmocka_unit_test_setup_teardown(test_quorum, without_quorum, end),
        cmocka_unit_test_setup_teardown(test_ceph, demo, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
