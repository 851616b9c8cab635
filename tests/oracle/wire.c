/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of tests/tools/wire.txt on the simulator, each by the name it has there, without our client: what
 * the tools are tested against must itself be so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <string.h>

#include "asks.h"

#define VM100    "/nodes/pve1/qemu/100"
#define VM109    "/nodes/pve3/qemu/109"
#define CT105    "/nodes/pve1/lxc/105"
#define CT106    "/nodes/pve1/lxc/106"
#define CT108    "/nodes/pve2/lxc/108"
#define TEMPLATE "iso-store:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst"
#define ARCHIVE  "nfs-backup:backup/vzdump-qemu-101-2026_11_19-02_00_00.vma.zst"

static int with_demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--task-ms", "20", "--fault",
                                            /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
                                            "GET " VM109 "/config:null", NULL};
    return begin(state, arguments);
}

static void task(struct fixture *fixture, const char *method, const char *path, const char *params,
                 const char *expected)
{
    char upid[600];

    start(fixture, method, path, params, upid, sizeof upid);
    fails(fixture, upid, expected);
}

static void qemu_delete_has_no_force(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "DELETE", VM100, "{\"force\": \"1\"}", "force",
              "property is not defined in schema and the schema does not allow additional properties");
    refused(fixture, "DELETE", VM100, "{}", "VM 100 is running - destroy failed\n");
    is(fixture, VM100 "/status/current", "data.status", "running");
}

static void lxc_delete_has_force(void **state)
{
    struct fixture *fixture = *state;

    task(fixture, "DELETE", CT105, "{\"force\": \"1\"}", "OK");
}

static void plus_10g_is_frozen(void **state)
{
    struct fixture *fixture = *state;

    /* Twice is twice: whoever repeats it grows the disk again. */
    task(fixture, "PUT", CT106 "/resize", "{\"disk\": \"rootfs\", \"size\": \"+1G\"}", "OK");
    task(fixture, "PUT", CT106 "/resize", "{\"disk\": \"rootfs\", \"size\": \"+1G\"}", "OK");
    is(fixture, CT106 "/config", "data.rootfs", "local-lvm:vm-106-disk-0,size=6G");
}

static void qemu_restore_needs_unique(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *own = value(fixture, "GET", "/nodes/pve2/qemu/101/config", "{}", "data.net0");
    FREE_WITH(free_text) char *other = NULL;

    task(fixture, "POST", "/nodes/pve2/qemu",
         "{\"vmid\": \"121\", \"archive\": \"" ARCHIVE "\", \"storage\": \"ceph-vm\"}", "OK");
    is(fixture, "/nodes/pve2/qemu/121/config", "data.net0", own);
    task(fixture, "POST", "/nodes/pve2/qemu",
         "{\"vmid\": \"122\", \"archive\": \"" ARCHIVE "\", \"storage\": \"ceph-vm\", \"unique\": \"1\"}",
         "OK");
    other = value(fixture, "GET", "/nodes/pve2/qemu/122/config", "{}", "data.net0");
    assert_string_not_equal(other, own);
}

static void lxc_has_no_live_migration(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer;

    assert_int_equal(
        send_it(fixture, "POST", CT106 "/migrate", "{\"target\": \"pve3\", \"online\": \"1\"}", &answer), 0);
    assert_int_equal(answer.status, 200);
    answer_done(&answer);
    wait_ms(300);
    is(fixture, CT106 "/status/current", "data.status", "running"); /* it did not move */
    task(fixture, "POST", CT106 "/migrate", "{\"target\": \"pve3\", \"restart\": \"1\"}", "OK");
}

static void unprivileged_absent_is_privileged(void **state)
{
    struct fixture *fixture = *state;

    task(fixture, "POST", "/nodes/pve1/lxc",
         "{\"vmid\": \"120\", \"ostemplate\": \"" TEMPLATE "\", \"rootfs\": \"local-lvm:4\"}", "OK");
    is(fixture, "/nodes/pve1/lxc/120/config", "data.unprivileged", "(none)");
}

static void lxc_snapshot_has_no_vmstate(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "POST", CT105 "/snapshot", "{\"snapname\": \"a\", \"vmstate\": \"1\"}", "vmstate",
              "property is not defined in schema and the schema does not allow additional properties");
}

static void absent_guest_is_a_500(void **state)
{
    struct fixture *fixture = *state;

    refused(fixture, "GET", "/nodes/pve1/qemu/777/config", "{}",
            "Configuration file 'nodes/pve1/qemu-server/777.conf' does not exist\n");
    /* On the wrong node as well: it has to be looked for in the cluster. */
    refused(fixture, "GET", "/nodes/pve2/qemu/100/config", "{}",
            "Configuration file 'nodes/pve2/qemu-server/100.conf' does not exist\n");
    is(fixture, "/cluster/resources", "data.?vmid=100.node", "pve1");
    is(fixture, "/cluster/resources", "data.?vmid=777.node", "(none)");
}

static void vmid_collisions_are_cluster_wide(void **state)
{
    struct fixture *fixture = *state;

    refused(fixture, "POST", "/nodes/pve2/qemu", "{\"vmid\": \"105\"}",
            "unable to create VM 105 - CT 105 already exists on node 'pve1'\n");
}

static void failed_hotplug_stays_pending(void **state)
{
    struct fixture *fixture = *state;

    task(fixture, "POST", VM100 "/status/suspend", "{}", "OK");
    bad_param(fixture, "PUT", VM100 "/config", "{\"delete\": \"net0\"}", "net0",
              "hotplug problem - error on hot-unplugging device 'net0'\n");
    is(fixture, VM100 "/pending", "data.?key=net0.delete", "1");
    done(fixture, "PUT", VM100 "/config", "{\"revert\": \"net0\"}");
    is(fixture, VM100 "/pending", "data.?key=net0.delete", "(none)");
}

static void zfs_newer_snapshot_blocks_rollback(void **state)
{
    struct fixture *fixture = *state;

    task(fixture, "POST", CT108 "/snapshot", "{\"snapname\": \"older\"}", "OK");
    task(fixture, "POST", CT108 "/snapshot", "{\"snapname\": \"newer\"}", "OK");
    task(fixture, "POST", CT108 "/snapshot/older/rollback", "{}",
         "can't rollback, 'older' is not most recent snapshot on 'local-zfs:subvol-108-disk-0'");
    task(fixture, "POST", CT108 "/snapshot/newer/rollback", "{}", "OK");
    task(fixture, "DELETE", CT108 "/snapshot/newer", "{}", "OK");
    task(fixture, "POST", CT108 "/snapshot/older/rollback", "{}", "OK");
    /* Other storages have branches. */
    task(fixture, "POST", CT105 "/snapshot", "{\"snapname\": \"newer\"}", "OK");
    task(fixture, "POST", CT105 "/snapshot/tuned/rollback", "{}", "OK");
}

static void qemu_sizes_are_strings(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer;

    assert_int_equal(send_it(fixture, "GET", VM100 "/config", "{}", &answer), 0);
    assert_non_null(strstr(answer.body, "\"memory\":\"8192\""));
    answer_done(&answer);
    assert_int_equal(send_it(fixture, "GET", CT105 "/config", "{}", &answer), 0);
    assert_non_null(strstr(answer.body, "\"memory\":512"));
    answer_done(&answer);
}

/* A 200 with {"data":null}. */
static void null_is_answered(struct fixture *fixture, const char *method, const char *path,
                             const char *params)
{
    struct answer answer;

    assert_int_equal(send_it(fixture, method, path, params, &answer), 0);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "{\"data\":null}");
    answer_done(&answer);
}

static void qemu_put_config_answers_null(void **state)
{
    struct fixture *fixture = *state;

    null_is_answered(fixture, "PUT", VM100 "/config", "{\"description\": \"a\"}");
    task(fixture, "POST", VM100 "/config", "{\"description\": \"b\"}", "OK");
}

static void compress_none_is_0(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "POST", "/nodes/pve1/vzdump",
              "{\"vmid\": \"100\", \"storage\": \"local\", \"compress\": \"none\"}", "compress",
              "value 'none' does not have a value in the enumeration '0, 1, gzip, lzo, zstd'");
    task(fixture, "POST", "/nodes/pve1/vzdump",
         "{\"vmid\": \"106\", \"storage\": \"local\", \"compress\": \"0\"}", "OK");
}

static void current_is_synthetic(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, CT106 "/snapshot", "data.?name=current.description", "You are here!");
    refused(fixture, "GET", CT106 "/snapshot/current/config", "{}", "snapshot 'current' does not exist\n");
}

static void data_null_is_unread(void **state)
{
    struct fixture *fixture = *state;

    null_is_answered(fixture, "GET", VM109 "/config", "{}");
    is(fixture, VM109 "/status/current", "data.name", "build-runner"); /* it is there */
}

/* ---- firewalls */

#define RULES "/cluster/firewall/rules"
#define SETS  "/cluster/firewall/ipset"

static void a_new_rule_is_the_first(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", RULES,
         "{\"type\": \"in\", \"action\": \"DROP\", \"comment\": \"new\", \"pos\": \"2\", \"digest\": "
         "\"bad\"}");
    is(fixture, RULES "/0", "data.comment", "new");
    is(fixture, RULES "/1", "data.comment", "ssh");
}

static void a_rule_is_off_unless_said(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"DROP\"}");
    is(fixture, RULES "/0", "data.enable", "0");
    done(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"DROP\", \"enable\": \"1\"}");
    is(fixture, RULES "/0", "data.enable", "1");
}

static void moveto_is_before(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "PUT", RULES "/0", "{\"moveto\": \"2\", \"comment\": \"not written\"}");
    is(fixture, RULES "/0", "data.comment", "web interface");
    is(fixture, RULES "/1", "data.comment", "ssh");
    done(fixture, "PUT", RULES "/1", "{\"moveto\": \"3\"}");
    is(fixture, RULES "/2", "data.comment", "ssh");
    done(fixture, "PUT", RULES "/2", "{\"moveto\": \"0\"}");
    is(fixture, RULES "/0", "data.comment", "ssh");
}

static void an_alias_is_written_whole(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "PUT", "/cluster/firewall/aliases/lan", "{\"rename\": \"lan2\"}", "cidr",
              "property is missing and it is not optional");
    done(fixture, "PUT", "/cluster/firewall/aliases/lan", "{\"cidr\": \"10.10.10.0/24\"}");
    is(fixture, "/cluster/firewall/aliases/lan", "data.comment", "(none)");
}

static void sets_are_renamed_by_post(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", SETS, "{\"name\": \"admins\", \"rename\": \"admins\", \"comment\": \"c\"}");
    is(fixture, SETS, "data.?name=admins.comment", "c");
    done(fixture, "POST", SETS, "{\"name\": \"others\", \"rename\": \"admins\"}");
    is(fixture, SETS, "data.?name=admins.name", "(none)");
    is(fixture, SETS "/others", "data.0.cidr", "10.10.10.5");
    done(fixture, "POST", "/cluster/firewall/groups", "{\"group\": \"db\", \"rename\": \"database\"}");
    is(fixture, "/cluster/firewall/groups/db/0", "data.macro", "PostgreSQL");
}

static void entries_are_masked(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", SETS "/admins", "{\"cidr\": \"10.1.2.3/16\"}");
    is(fixture, SETS "/admins", "data.0.cidr", "10.1.0.0/16");
    bad_param(fixture, "POST", SETS "/admins", "{\"cidr\": \"10.1.9.9/16\"}", "cidr",
              "address '10.1.0.0/16' already exists");
}

int main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, with_demo, end)
    static const struct CMUnitTest tests[] = {
        FACT(qemu_delete_has_no_force),
        FACT(lxc_delete_has_force),
        FACT(plus_10g_is_frozen),
        FACT(qemu_restore_needs_unique),
        FACT(lxc_has_no_live_migration),
        FACT(unprivileged_absent_is_privileged),
        FACT(lxc_snapshot_has_no_vmstate),
        FACT(absent_guest_is_a_500),
        FACT(vmid_collisions_are_cluster_wide),
        FACT(failed_hotplug_stays_pending),
        FACT(zfs_newer_snapshot_blocks_rollback),
        FACT(qemu_sizes_are_strings),
        FACT(qemu_put_config_answers_null),
        FACT(compress_none_is_0),
        FACT(current_is_synthetic),
        FACT(data_null_is_unread),
        FACT(a_new_rule_is_the_first),
        FACT(a_rule_is_off_unless_said),
        FACT(moveto_is_before),
        FACT(an_alias_is_written_whole),
        FACT(sets_are_renamed_by_post),
        FACT(entries_are_masked),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
