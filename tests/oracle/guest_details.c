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

    /* What was saved goes with the lock. */
    task(fixture, "POST", VM100 "/status/suspend", "{\"todisk\": \"1\", \"statestorage\": \"local-lvm\"}",
         "OK");
    lists(fixture, "/nodes/pve1/storage/local-lvm/content", "vm-100-state-suspend-", true);
    done(fixture, "PUT", VM100 "/config", "{\"delete\": \"lock\"}");
    lists(fixture, "/nodes/pve1/storage/local-lvm/content", "vm-100-state-suspend-", false);
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pause, with_demo, end),
        cmocka_unit_test_setup_teardown(test_to_disk, with_slow, end),
        cmocka_unit_test_setup_teardown(test_checkpoint, with_demo, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
