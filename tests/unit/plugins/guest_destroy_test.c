/* SPDX-License-Identifier: Apache-2.0 */
/* pve_delete_guest: what is refused, what is sent for each kind, and whom the class guest.destroy names. */
#include "plan_rig.h"

#define RUNNING "{\"vmid\":105,\"name\":\"g105\",\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"name\":\"g105\",\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define MANAGED                                                                                              \
    "{\"vmid\":105,\"name\":\"g105\",\"status\":\"running\",\"ha\":{\"managed\":1,\"state\":\"started\"}}"
#define LOCKED   "{\"vmid\":105,\"status\":\"stopped\",\"lock\":\"backup\",\"ha\":{\"managed\":0}}"
#define TEMPLATE "{\"vmid\":105,\"status\":\"stopped\",\"template\":1,\"ha\":{\"managed\":0}}"
#define PLAIN                                                                                                \
    "{\"digest\":\"d\",\"scsi0\":\"local-lvm:vm-105-disk-0,size=8G\",\"unused0\":\"local-lvm:vm-105-disk-"   \
    "1\","                                                                                                   \
    "\"scsi1\":\"local-lvm:vm-9-disk-0,size=1G\",\"ide2\":\"iso:iso/a.iso,media=cdrom\"}"
#define PLAIN_CT "{\"digest\":\"d\",\"rootfs\":\"local-lvm:vm-105-disk-0,size=8G\"}"
#define CONFIG   "/nodes/{node}/{kind}/{vmid}/config"

static const struct proximo_plane *guests;

static void given(struct plane_test *t, const char *kind, const char *status, const char *config)
{
    guest_init(t, kind);
    guest_answer(t, kind, "/status/current", 200, status);
    guest_answer(t, kind, "/config", 200, config);
    guest_answer(t, kind, "/snapshot", 200, "[{\"name\":\"s1\",\"snaptime\":5},{\"name\":\"current\"}]");
    plane_test_answer(t, "/cluster/replication", 200, "[]");
    plane_test_answer(t, "/nodes", 200, "[{\"node\":\"pve1\",\"status\":\"online\"}]");
    plane_test_answer(t, "/storage", 200,
                      "[{\"storage\":\"store\",\"type\":\"pbs\",\"content\":\"backup\",\"shared\":1},"
                      "{\"storage\":\"local-lvm\",\"type\":\"lvmthin\",\"content\":\"images,rootdir\"}]");
    plane_test_answer(
        t, "/nodes/pve1/storage/store/content?content=backup&vmid=105", 200,
        "[{\"volid\":\"store:backup/vm/105/2026\",\"content\":\"backup\",\"vmid\":105,\"ctime\":1000}]");
    plane_test_answer(t, "/nodes/pve1/storage/local-lvm/content?vmid=105", 200,
                      "[{\"volid\":\"local-lvm:vm-105-disk-0\",\"content\":\"images\",\"vmid\":105},"
                      "{\"volid\":\"local-lvm:vm-105-disk-7\",\"content\":\"images\",\"vmid\":105}]");
}

static int32_t plan(struct plane_test *t, const char *purge, const char *force)
{
    plane_test_argument(t, "purge", purge, 0);
    plane_test_argument(t, "force", force, 0);
    return plane_test_plan(t, guests, "pve_delete_guest");
}

/* The named wire test: QEMU's DELETE has no force and refuses what runs. */
static void a_running_machine_is_stopped_waited_for_and_then_destroyed(void **state)
{
    struct plane_test t;
    (void)state;
    given(&t, "qemu", RUNNING, PLAIN);
    assert_int_equal(plan(&t, "false", "true"), 0);
    expect_told(&t, "steps", 0,
                "{\"kind\":1,\"flags\":1,\"name\":\"stop\",\"method\":\"POST\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/status/stop\",\"params\":[" AT("qemu") "]}");
    assert_non_null(strstr(plane_test_told(&t, "steps", 1), "\"wait_value\":\"\\\"stopped\\\"\""));
    assert_non_null(strstr(plane_test_told(&t, "steps", 2), "\"select\":\"/protection,/lock,/template\""));
    expect_told(&t, "steps", 3,
                "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"DELETE\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}\",\"params\":[" AT("qemu") "]}");
    expect_told(&t, "steps", 4, NULL);
    expect_words(&t, "facts", "the machine remains, stopped and whole");
    expect_words(&t, "facts", "guest 105 has 1 backup, the newest of 1970-01-01 00:16 UTC");
    expect_words(&t, "undo", "{\"kind\":1}");
    /* Gone: not listed by its node, and the number free in the whole cluster. */
    expect_words(&t, "postcondition", "\"select\":\"[vmid=105]\"");
    expect_words(&t, "postcondition", "/cluster/nextid");
    plane_test_done(&t);
}

static void a_container_is_stopped_by_the_same_request(void **state)
{
    struct plane_test t;
    (void)state;
    given(&t, "lxc", RUNNING, PLAIN_CT);
    assert_int_equal(plan(&t, "true", "true"), 0);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"DELETE\",\"path\":"
        "\"/nodes/{node}/{kind}/{vmid}\",\"params\":[" AT("lxc") ",{\"name\":\"purge\",\"value\":\"1\"},"
                                                                 "{\"name\":\"force\",\"value\":\"1\"}]}");
    expect_told(&t, "steps", 1, NULL);
    plane_test_done(&t);
    /* Nothing runs: force is no word for it. */
    given(&t, "lxc", STOPPED, PLAIN_CT);
    assert_int_equal(plan(&t, "false", "true"), 0);
    assert_null(strstr(plane_test_told(&t, "steps", 0), "force"));
    plane_test_done(&t);
}

#define LIST                                                                                                 \
    "[{\"vmid\":105,\"type\":\"qemu\",\"node\":\"pve1\",\"pool\":\"web\"},"                                  \
    "{\"vmid\":112,\"type\":\"qemu\",\"node\":\"pve1\",\"name\":\"clone\"}]"
#define CLONE "{\"digest\":\"e\",\"scsi0\":\"local-lvm:base-105-disk-0/vm-112-disk-0,size=8G\"}"

static void what_proxmox_refuses_is_refused(void **state)
{
    static const struct {
        const char *kind, *status, *config, *purge, *force, *words;
    } cases[] = {
        {"qemu", RUNNING, PLAIN, "true", "false", "it is running"},
        {"qemu", STOPPED, "{\"digest\":\"d\",\"protection\":1}", "true", "true", "protected"},
        {"lxc", LOCKED, PLAIN_CT, "true", "true", "locked (backup)"},
        {"qemu", MANAGED, PLAIN, "false", "true", "say purge"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        given(&t, cases[i].kind, cases[i].status, cases[i].config);
        expect_failure(&t, plan(&t, cases[i].purge, cases[i].force), PROXIMO_ESTATE, cases[i].words);
        plane_test_done(&t);
    }
    given(&t, "qemu", "{\"status\":\"stopped\",\"lock\":\"suspended\"}", PLAIN);
    assert_int_equal(plan(&t, "false", "false"), 0);
    plane_test_done(&t);
    given(&t, "qemu", STOPPED, PLAIN);
    answer_instead(&t, "/cluster/replication", 200, "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve2\"}]");
    expect_failure(&t, plan(&t, "false", "false"), PROXIMO_ESTATE, "replication job 105-0");
    plane_test_done(&t);
    given(&t, "qemu", TEMPLATE, PLAIN);
    plane_test_answer(&t, "/cluster/resources?type=vm", 200, LIST);
    plane_test_answer(&t, "/nodes/pve1/qemu/112/config", 200, CLONE);
    expect_failure(&t, plan(&t, "true", "true"), PROXIMO_ESTATE, "(guest 112)");
    plane_test_done(&t);
    guest_init(&t, "qemu");
    guest_answer(&t, "qemu", "/status/current", 200, STOPPED);
    guest_answer(&t, "qemu", "/config", 200, "{}");
    expect_failure(&t, plan(&t, "true", "true"), PROXIMO_EPROTO, "without a digest");
    plane_test_done(&t);
}

/* ---- the class */

static int32_t blast(struct plane_test *t, const char *purge)
{
    char subject[120];
    given(t, "qemu", STOPPED, PLAIN);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, LIST);
    plane_test_answer(t, "/nodes/pve1/qemu/112/config", 200, CLONE);
    answer_instead(t, "/cluster/replication", 200, "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve2\"}]");
    plane_test_answer(t, "/cluster/ha/resources", 200, "[{\"sid\":\"vm:105\"}]");
    plane_test_answer(t, "/cluster/ha/rules", 200, "[{\"rule\":\"near\",\"resources\":\"vm:1,vm:105\"}]");
    plane_test_answer(t, "/cluster/backup", 200,
                      "[{\"id\":\"all\",\"all\":1},{\"id\":\"but\",\"all\":1,\"exclude\":\"105\"},"
                      "{\"id\":\"named\",\"vmid\":\"104,105\"},{\"id\":\"pooled\",\"pool\":\"web\"},"
                      "{\"id\":\"other\",\"vmid\":\"1050\"},"
                      "{\"id\":\"alone\",\"vmid\":\"105\"}]");
    plane_test_answer(t, "/pools?poolid=web", 200, "[{\"poolid\":\"web\",\"members\":[{\"vmid\":105}]}]");
    guest_answer(t, "qemu", "/firewall/rules", 200, "[{\"pos\":0}]");
    guest_answer(t, "qemu", "/firewall/ipset", 200, "[]");
    guest_answer(t, "qemu", "/firewall/aliases", 200, "[]");
    plane_test_answer(
        t, "/access/acl", 200,
        "[{\"path\":\"/vms/105\",\"ugid\":\"joe@pve\",\"roleid\":\"PVEVMUser\",\"type\":\"user\"},"
        "{\"path\":\"/vms/1050\",\"ugid\":\"ann@pve\",\"roleid\":\"PVEVMUser\",\"type\":\"user\"}]");
    (void)snprintf(subject, sizeof(subject), "{\"kind\":\"guest\",\"vmid\":105,\"purge\":%s}", purge);
    return plane_test_blast(t, guests, "guest.destroy", subject);
}

static void nothing_in(const struct plane_test *t, const char *list, const char *words)
{
    for (uint32_t i = 0; i < plane_test_told_count(t, list); i++) {
        if (strstr(plane_test_told(t, list, i), words))
            fail_msg("%s", plane_test_told(t, list, i));
    }
}

static void everything_that_goes_and_stays_is_named(void **state)
{
    static const char *const told[] = {
        "\"guest/105\"",
        "\"disk/105/scsi0\",\"effect\":\"is deleted with its data\"",
        "\"disk/105/unused0\",\"effect\":\"is kept as unused, and is deleted",
        "\"disk/105/scsi1\",\"effect\":\"belongs to guest 9",
        "\"disk/105/ide2\",\"effect\":\"is an image in its CD drive",
        "\"volume/local-lvm:vm-105-disk-7\",\"effect\":\"has the guest's number",
        "\"snapshot/105/s1\"",
        "\"guest/112\",\"name\":\"clone\",\"effect\":\"is a linked clone of it",
        "\"ha/vm:105\",\"effect\":\"is removed from HA (purge)\"",
        "\"ha-rule/near\"",
        "\"replication/105-0\",\"effect\":\"is removed (purge); what it copied to pve2 may stay there\"",
        "\"backup-job/all\",\"effect\":\"takes all guests",
        "\"backup-job/but\",\"effect\":\"leaves this guest out by its number: purge takes",
        "\"backup-job/named\",\"effect\":\"names this guest: purge takes the number off its list\"",
        "\"backup-job/alone\",\"effect\":\"names this guest alone: purge leaves it without guests",
        "\"backup-job/pooled\",\"effect\":\"takes the guests of a pool",
        "\"pool/web\",\"effect\":\"loses it as a member",
        "\"firewall/105\"",
        "\"user/joe@pve\",\"effect\":\"loses this role at /vms/105",
    };
    struct plane_test t;
    (void)state;
    assert_int_equal(blast(&t, "true"), 0);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        expect_words(&t, "affected", told[i]);
    nothing_in(&t, "affected", "ann@pve");
    nothing_in(&t, "affected", "backup-job/other");
    nothing_in(&t, "affected", "vm-105-disk-0\",\"effect\":\"has the guest's number");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

static void without_purge_it_is_worded_so(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(blast(&t, "false"), 0);
    expect_words(&t, "affected",
                 "\"ha/vm:105\",\"effect\":\"is an HA resource: without purge Proxmox refuses");
    expect_words(&t, "affected", "\"replication/105-0\",\"effect\":\"replicates the guest: without purge");
    expect_words(&t, "affected", "\"backup-job/named\",\"effect\":\"goes on naming this guest");
    expect_words(&t, "affected",
                 "\"backup-job/but\",\"effect\":\"leaves this guest out by its number: the number stays");
    nothing_in(&t, "affected", "(purge)");
    plane_test_done(&t);
}

static void what_cannot_be_read_is_incomplete(void **state)
{
    static const char *const lists[] = {"replication jobs",  "HA resources",
                                        "backup jobs",       "firewall rules",
                                        "the guest's pool",  "grants at the guest's path",
                                        "guest's snapshots", "the guest's configuration"};
    struct plane_test t;
    (void)state;
    guest_init(&t, "qemu");
    assert_int_equal(plane_test_blast(&t, guests, "guest.destroy", "{\"kind\":\"guest\",\"vmid\":105}"), 0);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        expect_words(&t, "incomplete", lists[i]);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_machine_is_stopped_waited_for_and_then_destroyed),
        cmocka_unit_test(a_container_is_stopped_by_the_same_request),
        cmocka_unit_test(what_proxmox_refuses_is_refused),
        cmocka_unit_test(everything_that_goes_and_stays_is_named),
        cmocka_unit_test(without_purge_it_is_worded_so),
        cmocka_unit_test(what_cannot_be_read_is_incomplete),
    };
    guests = plane_load("guests");
    assert_non_null(guests);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
