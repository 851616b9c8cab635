/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of power, snapshots and rollback: the usual ones, and what is odd about a guest. */
#include "plan_rig.h"

#define RUNNING                                                                                              \
    "{\"vmid\":105,\"name\":\"ct105\",\"status\":\"running\",\"uptime\":77,\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"name\":\"ct105\",\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define MANAGED                                                                                              \
    "{\"vmid\":105,\"name\":\"ct105\",\"status\":\"running\",\"ha\":{\"managed\":1,\"state\":\"started\"}}"
#define LOCKED   "{\"vmid\":105,\"status\":\"running\",\"lock\":\"backup\",\"ha\":{\"managed\":0}}"
#define TEMPLATE "{\"vmid\":105,\"status\":\"stopped\",\"template\":1,\"ha\":{\"managed\":0}}"
#define STATUS   "/nodes/{node}/{kind}/{vmid}/status/current"
#define SNAPS    "/nodes/{node}/{kind}/{vmid}/snapshot"

static const struct proximo_plane *guests;

static int32_t power(struct plane_test *t, const char *kind, const char *status, const char *action)
{
    guest_init(t, kind);
    plane_test_argument(t, "action", action, 1);
    guest_answer(t, kind, "/status/current", 200, status);
    return plane_test_plan(t, guests, "pve_guest_power");
}

static void a_stop_is_one_request_with_a_start_as_its_way_back(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(power(&t, "lxc", RUNNING, "stop"), 0);
    expect_told(&t, "guards", 0,
                "{\"path\":\"" STATUS
                "\",\"fields\":\"/status,/lock,/ha/managed\",\"params\":[" AT("lxc") "]}");
    expect_told(&t, "steps", 0,
                "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/status/stop\",\"params\":[" AT("lxc") "]}");
    expect_told(&t, "steps", 1, NULL);
    expect_words(&t, "postcondition", "\"wait_value\":\"\\\"stopped\\\"\"");
    expect_words(&t, "postcondition", "\"deadline_ms\":60000");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"guest.stop\",\"subject\":{\"kind\":\"guest\",\"vmid\":105}}");
    expect_words(&t, "undo", "\"kind\":2");
    expect_words(&t, "undo", "/status/start");
    plane_test_done(&t);
}

struct power_case {
    const char *kind, *status, *action;
    const char *class, *undo; /* class NULL: nothing to do */
};

static void every_action_has_its_class_and_way_back(void **state)
{
    static const struct power_case cases[] = {
        {"lxc", STOPPED, "start", "guest.start", "{\"kind\":3}"},
        {"qemu", STOPPED, "start", "guest.start", "{\"kind\":3}"},
        {"qemu", RUNNING, "shutdown", "guest.shutdown", "/status/start"},
        {"qemu", RUNNING, "reboot", "guest.reboot", "{\"kind\":1}"},
        {"lxc", RUNNING, "start", NULL, NULL},
        {"qemu", STOPPED, "stop", NULL, NULL},
        {"lxc", STOPPED, "shutdown", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        assert_int_equal(power(&t, cases[i].kind, cases[i].status, cases[i].action), 0);
        if (cases[i].class) {
            expect_words(&t, "subjects", cases[i].class);
            expect_words(&t, "undo", cases[i].undo);
        } else {
            expect_told(&t, "steps", 0, NULL);
            expect_words(&t, "summary", "nothing to do");
        }
        plane_test_done(&t);
    }
}

static void what_proxmox_would_refuse_is_refused_before(void **state)
{
    struct plane_test t;
    (void)state;
    expect_failure(&t, power(&t, "lxc", LOCKED, "stop"), PROXIMO_ESTATE, "locked (backup)");
    plane_test_done(&t);
    expect_failure(&t, power(&t, "qemu", TEMPLATE, "start"), PROXIMO_ESTATE, "template");
    plane_test_done(&t);
    expect_failure(&t, power(&t, "qemu", STOPPED, "reboot"), PROXIMO_EINVAL, "not running");
    plane_test_done(&t);
    guest_init(&t, "lxc");
    t.denied = 1;
    plane_test_argument(&t, "action", "stop", 1);
    guest_answer(&t, "lxc", "/status/current", 200, RUNNING);
    expect_failure(
        &t, plane_test_plan(&t, guests, "pve_guest_power"), PROXIMO_EDENIED,
        "pveum role add Proximo-VM.PowerMgmt --privs VM.PowerMgmt,VM.Audit && pveum acl modify /vms/105");
    plane_test_done(&t);
    guest_init(&t, "lxc");
    plane_test_argument(&t, "action", "stop", 1);
    plane_test_argument(&t, "force_stop", "true", 0);
    guest_answer(&t, "lxc", "/status/current", 200, RUNNING);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_power"), PROXIMO_EINVAL, "shutdown");
    plane_test_done(&t);
    /* A guest that cannot be read has no plan. */
    guest_init(&t, "lxc");
    plane_test_argument(&t, "action", "stop", 1);
    guest_answer(&t, "lxc", "/status/current", 403, "");
    assert_int_equal(plane_test_plan(&t, guests, "pve_guest_power"), PROXIMO_EDENIED);
    plane_test_done(&t);
}

static void under_ha_it_takes_longer_and_says_so(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(power(&t, "qemu", MANAGED, "stop"), 0);
    expect_words(&t, "summary", "HA manager");
    expect_words(&t, "postcondition", "\"deadline_ms\":600000");
    expect_words(&t, "facts", "\"ha_managed\":true");
    plane_test_done(&t);
}

static void shutdown_passes_its_parameters(void **state)
{
    struct plane_test t;
    (void)state;
    guest_init(&t, "lxc");
    plane_test_argument(&t, "action", "shutdown", 1);
    plane_test_argument(&t, "force_stop", "true", 0);
    plane_test_argument(&t, "timeout", "90", 0);
    guest_answer(&t, "lxc", "/status/current", 200, RUNNING);
    assert_int_equal(plane_test_plan(&t, guests, "pve_guest_power"), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"forceStop\",\"value\":\"1\"},{\"name\":\"timeout\",\"value\":\"90\"}");
    plane_test_done(&t);
}

static void a_start_is_undone_by_a_stop_and_redone(void **state)
{
    struct plane_test t;
    (void)state;
    guest_init(&t, "lxc");
    plane_test_argument(&t, "action", "start", 1);
    guest_answer(&t, "lxc", "/status/current", 200, RUNNING);
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_guest_power",
                                          "{\"before\":[{\"/status\":\"stopped\"}],\"undo_of\":null}"),
                     0);
    expect_words(&t, "subjects", "guest.stop");
    expect_words(&t, "steps", "/status/stop");
    plane_test_done(&t);
    guest_init(&t, "lxc");
    plane_test_argument(&t, "action", "start", 1);
    guest_answer(&t, "lxc", "/status/current", 200, STOPPED);
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_guest_power",
                                          "{\"before\":[{\"/status\":\"running\"}],\"undo_of\":\"x\"}"),
                     0);
    expect_words(&t, "subjects", "guest.start");
    plane_test_done(&t);
    guest_init(&t, "lxc");
    guest_answer(&t, "lxc", "/status/current", 200, STOPPED);
    expect_failure(&t, plane_test_plan_undo(&t, guests, "pve_guest_power", "{\"before\":[null]}"),
                   PROXIMO_ENOTFOUND, "record");
    plane_test_done(&t);
}

/* ---- snapshots */

#define LIST                                                                                                 \
    "[{\"name\":\"base\",\"snaptime\":100},{\"name\":\"s1\",\"snaptime\":200,\"parent\":\"base\"},"          \
    "{\"name\":\"current\",\"parent\":\"s1\",\"digest\":\"d\",\"running\":1}]"

static int32_t snapshot(struct plane_test *t, const char *kind, const char *tool, const char *name,
                        const char *status)
{
    guest_init(t, kind);
    plane_test_argument(t, "snapname", name, 1);
    guest_answer(t, kind, "/status/current", 200, status);
    guest_answer(t, kind, "/snapshot", 200, LIST);
    guest_answer(
        t, kind, "/config", 200,
        "{\"digest\":\"d\",\"rootfs\":\"local:105/a.raw,size=1G\",\"mp0\":\"local:105/b.raw,mp=/x\"}");
    guest_answer(t, kind, "/config?snapshot=base", 200, "{\"rootfs\":\"local:105/a.raw,size=1G\"}");
    return plane_test_plan(t, guests, tool);
}

static void a_snapshot_is_taken_and_deleted_again_if_unused(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(snapshot(&t, "lxc", "pve_snapshot_create", "new1", RUNNING), 0);
    expect_told(&t, "guards", 0,
                "{\"path\":\"" SNAPS "\",\"fields\":\"[name=new1]/name,[name=new1]/snaptime,"
                "[name=current]/parent\",\"params\":[" AT("lxc") "]}");
    expect_told(&t, "steps", 0,
                "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"" SNAPS
                "\",\"params\":[" AT("lxc") ",{\"name\":\"snapname\",\"value\":\"new1\"}]}");
    expect_words(&t, "undo", "{\"kind\":3}");
    plane_test_done(&t);
    expect_failure(&t, snapshot(&t, "lxc", "pve_snapshot_create", "base", RUNNING), PROXIMO_EINVAL,
                   "already");
    plane_test_done(&t);
}

static void memory_is_for_machines_that_run(void **state)
{
    static const struct {
        const char *kind, *status;
        const char *words; /* of the failure; NULL: sent; "": not sent */
    } cases[] = {{"lxc", RUNNING, "machines"}, {"qemu", RUNNING, NULL}, {"qemu", STOPPED, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        guest_init(&t, cases[i].kind);
        plane_test_argument(&t, "snapname", "new1", 1);
        plane_test_argument(&t, "vmstate", "true", 0);
        guest_answer(&t, cases[i].kind, "/status/current", 200, cases[i].status);
        guest_answer(&t, cases[i].kind, "/snapshot", 200, LIST);
        int32_t r = plane_test_plan(&t, guests, "pve_snapshot_create");
        if (cases[i].words && *cases[i].words) {
            expect_failure(&t, r, PROXIMO_EINVAL, cases[i].words);
        } else {
            assert_int_equal(r, 0);
            assert_int_equal(strstr(plane_test_told(&t, "steps", 0), "vmstate") != NULL, !cases[i].words);
        }
        plane_test_done(&t);
    }
}

static int32_t undo_snapshot(struct plane_test *t, const char *list, const char *record)
{
    guest_init(t, "qemu");
    plane_test_argument(t, "snapname", "s1", 1);
    guest_answer(t, "qemu", "/status/current", 200, RUNNING);
    guest_answer(t, "qemu", "/snapshot", 200, list);
    return plane_test_plan_undo(t, guests, "pve_snapshot_create", record);
}

static void only_an_unused_snapshot_is_deleted_by_undo(void **state)
{
    static const char record[] = "{\"undo_of\":null,\"after\":[{\"[name=s1]/snaptime\":200}]}";
    struct plane_test t;
    (void)state;
    assert_int_equal(undo_snapshot(&t, LIST, record), 0);
    expect_words(&t, "steps", "\"method\":\"DELETE\"");
    expect_words(&t, "subjects", "snapshot.delete");
    plane_test_done(&t);
    static const struct {
        const char *list, *record, *words;
    } cases[] = {
        {LIST, "{\"undo_of\":\"abc\",\"after\":[]}", "would not hold the same"},
        {LIST, "{\"undo_of\":null,\"after\":[{\"[name=s1]/snaptime\":150}]}",
         "another snapshot of this name"},
        {"[{\"name\":\"current\",\"parent\":\"base\"}]", record, "not there any more"},
        {"[{\"name\":\"s1\",\"snaptime\":200},{\"name\":\"s2\",\"parent\":\"s1\"},"
         "{\"name\":\"current\",\"parent\":\"s2\"}]",
         record, "no longer based on it"},
        {"[{\"name\":\"s1\",\"snaptime\":200},{\"name\":\"s2\",\"parent\":\"s1\"},"
         "{\"name\":\"current\",\"parent\":\"s1\"}]",
         record, "another snapshot is based on it"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_failure(&t, undo_snapshot(&t, cases[i].list, cases[i].record), PROXIMO_ESTATE, cases[i].words);
        expect_told(&t, "undo", 0, "{\"kind\":1}");
        plane_test_done(&t);
    }
}

static void a_deleted_snapshot_has_no_way_back(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(snapshot(&t, "qemu", "pve_snapshot_delete", "s1", RUNNING), 0);
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    expect_words(&t, "facts", "no_way_back");
    expect_words(&t, "postcondition", "\"select\":\"[name=s1]\",\"wait_test\":4");
    plane_test_done(&t);
    expect_failure(&t, snapshot(&t, "qemu", "pve_snapshot_delete", "nope", RUNNING), PROXIMO_ENOTFOUND,
                   "[\"base\",\"s1\"]");
    plane_test_done(&t);
    /* A list without its last entry was not read. */
    guest_init(&t, "lxc");
    plane_test_argument(&t, "snapname", "s1", 1);
    guest_answer(&t, "lxc", "/status/current", 200, RUNNING);
    guest_answer(&t, "lxc", "/snapshot", 200, "[]");
    expect_failure(&t, plane_test_plan(&t, guests, "pve_snapshot_delete"), PROXIMO_EPROTO, "completely");
    plane_test_done(&t);
}

static void a_rollback_names_what_is_lost(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(snapshot(&t, "lxc", "pve_rollback", "base", MANAGED), 0);
    expect_words(&t, "facts", "{\"name\":\"newer_snapshots\",\"value\":[\"s1\"]}");
    expect_words(&t, "facts", "{\"name\":\"disks_not_in_snapshot\",\"value\":[\"mp0\"]}");
    expect_words(&t, "risks", "newer snapshots");
    expect_words(&t, "risks", "under HA");
    expect_words(&t, "guards", "/digest,/lock,/parent");
    expect_words(&t, "postcondition", "\"select\":\"[name=current]/parent\",\"wait_test\":2");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
    expect_failure(&t, snapshot(&t, "lxc", "pve_rollback", "nope", RUNNING), PROXIMO_ENOTFOUND,
                   "no snapshot");
    plane_test_done(&t);
}

/* ZFS has no branches: Proxmox would refuse, and only after the task has begun. */
static void on_zfs_a_newer_snapshot_blocks_the_rollback(void **state)
{
    static const struct {
        const char *kind, *list, *then, *storages, *words; /* words NULL: it is planned */
    } cases[] = {
        {"lxc", LIST, "\"rootfs\":\"tank:subvol-105-disk-0,size=1G\"", "\"type\":\"zfspool\"",
         "Newer: \"s1\""},
        {"qemu",
         "[{\"name\":\"z\",\"snaptime\":150},{\"name\":\"base\",\"snaptime\":100},{\"name\":\"a\","
         "\"snaptime\":300},{\"name\":\"current\",\"parent\":\"a\"}]",
         "\"scsi0\":\"tank:vm-105-disk-0,size=1G\"", "\"type\":\"zfspool\"", "Newer: \"a\", \"z\""},
        {"qemu", LIST, "\"scsi0\":\"tank:vm-105-disk-0\"", "\"type\":\"lvm\",\"snapshot-as-volume-chain\":1",
         "a chain of volumes"},
        {"qemu", LIST, "\"scsi0\":\"tank:vm-105-disk-0\"", "\"type\":\"lvmthin\"", NULL},
        {"qemu", LIST, "\"ide2\":\"tank:iso,media=cdrom\"", "\"type\":\"zfspool\"", NULL},
        {"lxc", "[{\"name\":\"base\",\"snaptime\":100},{\"name\":\"current\",\"parent\":\"base\"}]",
         "\"rootfs\":\"tank:subvol-105-disk-0\"", "\"type\":\"zfspool\"", NULL}, /* it is the newest */
    };
    char text[300];
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        guest_init(&t, cases[i].kind);
        plane_test_argument(&t, "snapname", "base", 1);
        guest_answer(&t, cases[i].kind, "/status/current", 200, STOPPED);
        guest_answer(&t, cases[i].kind, "/snapshot", 200, cases[i].list);
        guest_answer(&t, cases[i].kind, "/config", 200, "{\"digest\":\"d\"}");
        (void)snprintf(text, sizeof(text), "{\"digest\":\"d\",%s}", cases[i].then);
        guest_answer(&t, cases[i].kind, "/config?snapshot=base", 200, text);
        (void)snprintf(text, sizeof(text), "[{\"storage\":\"tank\",%s}]", cases[i].storages);
        plane_test_answer(&t, "/storage", 200, text);
        const int32_t r = plane_test_plan(&t, guests, "pve_rollback");
        if (cases[i].words)
            expect_failure(&t, r, PROXIMO_ESTATE, cases[i].words);
        else
            assert_int_equal(r, 0);
        plane_test_done(&t);
    }
}

/* ---- blast */

#define SUBJECT "{\"kind\":\"guest\",\"vmid\":105}"

static void blast_init(struct plane_test *t, const char *status, const char *config)
{
    plane_test_init(t);
    plane_test_answer(t, "/cluster/resources?type=vm", 200,
                      "[{\"vmid\":100,\"node\":\"pve2\",\"type\":\"qemu\"},"
                      "{\"vmid\":105,\"node\":\"pve1\",\"type\":\"lxc\",\"status\":\"running\"}]");
    guest_answer(t, "lxc", "/status/current", 200, status);
    guest_answer(t, "lxc", "/config", 200, config);
    guest_answer(t, "lxc", "/snapshot", 200, LIST);
    plane_test_answer(t, "/cluster/ha/resources/ct%3A105", 200, "{\"sid\":\"ct:105\",\"state\":\"started\"}");
    plane_test_answer(
        t, "/cluster/replication", 200,
        "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve2\"},{\"id\":\"100-0\",\"guest\":100}]");
}

static void a_stop_hurts_the_guest_and_names_ha_and_replication(void **state)
{
    struct plane_test t;
    (void)state;
    blast_init(&t, MANAGED, "{\"digest\":\"d\",\"protection\":1}");
    assert_int_equal(plane_test_blast(&t, guests, "guest.stop", SUBJECT), 0);
    expect_told(
        &t, "affected", 0,
        "{\"resource\":\"guest/105\",\"name\":\"ct105\",\"effect\":\"is cut off at once, as by pulling "
        "the plug: what it had not written is lost, and everything it serves is gone until it is "
        "started\",\"risk\":3,\"facts\":{\"status\":\"running\",\"node\":\"pve1\",\"kind\":\"lxc\","
        "\"ha_managed\":true,\"template\":false,\"protection\":true,\"onboot\":false,\"privileged\":true}}");
    expect_words(&t, "affected", "\"resource\":\"ha/ct:105\"");
    expect_words(&t, "affected", "\"requested_state\":\"started\"");
    expect_words(&t, "affected", "\"resource\":\"replication/105-0\"");
    assert_int_equal(plane_test_told_count(&t, "affected"), 3);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

/* What changes by itself must not be in it: it is compared before the change. */
static void a_blast_has_nothing_volatile(void **state)
{
    struct plane_test t;
    (void)state;
    blast_init(&t, RUNNING, "{\"digest\":\"d\"}");
    assert_int_equal(plane_test_blast(&t, guests, "guest.stop", SUBJECT), 0);
    for (uint32_t i = 0; i < plane_test_told_count(&t, "affected"); i++)
        assert_null(strstr(plane_test_told(&t, "affected", i), "77"));
    plane_test_done(&t);
}

static void what_cannot_be_read_is_incomplete(void **state)
{
    static const char *const classes[] = {"guest.stop", "guest.shutdown", "guest.reboot", "guest.rollback"};
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        plane_test_init(&t); /* nothing answers */
        assert_int_equal(plane_test_blast(&t, guests, classes[i], SUBJECT), 0);
        expect_words(&t, "incomplete", "the guest itself");
        plane_test_done(&t);
        plane_test_init(&t); /* found, and then nothing answers */
        plane_test_answer(&t, "/cluster/resources?type=vm", 200,
                          "[{\"vmid\":105,\"node\":\"pve1\",\"type\":\"lxc\"}]");
        assert_int_equal(plane_test_blast(&t, guests, classes[i], SUBJECT), 0);
        expect_words(&t, "incomplete", "the guest's state");
        expect_words(&t, "incomplete", "the guest's configuration");
        expect_words(&t, "incomplete", "replication jobs");
        expect_words(&t, "affected", "guest/105"); /* never nothing */
        plane_test_done(&t);
    }
    /* An empty configuration was not read. */
    blast_init(&t, RUNNING, "{}");
    assert_int_equal(plane_test_blast(&t, guests, "guest.stop", SUBJECT), 0);
    expect_words(&t, "incomplete", "it came back empty");
    plane_test_done(&t);
    plane_test_init(&t);
    t.cancelled = 1;
    assert_int_equal(plane_test_blast(&t, guests, "guest.stop", SUBJECT), PROXIMO_ECANCELLED);
    plane_test_done(&t);
}

static void a_rollback_lists_the_snapshots(void **state)
{
    struct plane_test t;
    (void)state;
    blast_init(&t, RUNNING, "{\"digest\":\"d\"}");
    assert_int_equal(plane_test_blast(&t, guests, "guest.rollback", SUBJECT), 0);
    expect_words(&t, "affected", "snapshot/105/base");
    expect_words(&t, "affected", "snapshot/105/s1");
    expect_words(&t, "affected", "everything on its disks");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_is_one_request_with_a_start_as_its_way_back),
        cmocka_unit_test(every_action_has_its_class_and_way_back),
        cmocka_unit_test(what_proxmox_would_refuse_is_refused_before),
        cmocka_unit_test(under_ha_it_takes_longer_and_says_so),
        cmocka_unit_test(shutdown_passes_its_parameters),
        cmocka_unit_test(a_start_is_undone_by_a_stop_and_redone),
        cmocka_unit_test(a_snapshot_is_taken_and_deleted_again_if_unused),
        cmocka_unit_test(memory_is_for_machines_that_run),
        cmocka_unit_test(only_an_unused_snapshot_is_deleted_by_undo),
        cmocka_unit_test(a_deleted_snapshot_has_no_way_back),
        cmocka_unit_test(a_rollback_names_what_is_lost),
        cmocka_unit_test(on_zfs_a_newer_snapshot_blocks_the_rollback),
        cmocka_unit_test(a_stop_hurts_the_guest_and_names_ha_and_replication),
        cmocka_unit_test(a_blast_has_nothing_volatile),
        cmocka_unit_test(what_cannot_be_read_is_incomplete),
        cmocka_unit_test(a_rollback_lists_the_snapshots),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
