/* SPDX-License-Identifier: Apache-2.0 */
/* pve_clone: what is sent, what is refused, what the class guest.clone names, and the way back. */
#include "plan_rig.h"

#define RUNNING "{\"vmid\":105,\"name\":\"g105\",\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"name\":\"g105\",\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define TEMPLATE                                                                                             \
    "{\"vmid\":105,\"name\":\"gold\",\"status\":\"stopped\",\"template\":1,\"ha\":{\"managed\":0}}"
#define LOCKED "{\"vmid\":105,\"status\":\"stopped\",\"lock\":\"clone\",\"ha\":{\"managed\":0}}"
#define BASE   "{\"digest\":\"d\",\"template\":1,\"scsi0\":\"local-lvm:base-105-disk-0,size=8G\"}"
#define PLAIN                                                                                                \
    "{\"digest\":\"d\",\"scsi0\":\"local-lvm:vm-105-disk-0,size=8G\",\"hostpci0\":\"0000:01:00.0\","         \
    "\"net0\":\"virtio=AA:BB:CC:00:11:22,bridge=vmbr0\",\"ipconfig0\":\"ip=10.0.0.5/24,gw=10.0.0.1\","       \
    "\"unused0\":\"other:vm-105-disk-1\"}"
#define CT "{\"digest\":\"d\",\"rootfs\":\"local-lvm:vm-105-disk-0,size=8G\",\"unprivileged\":1}"

static const struct proximo_plane *guests;

static void given(struct plane_test *t, const char *kind, const char *status, const char *config)
{
    guest_init(t, kind);
    guest_answer(t, kind, "/status/current", 200, status);
    guest_answer(t, kind, "/config", 200, config);
    guest_answer(t, kind, "/snapshot", 200, "[{\"name\":\"s1\",\"snaptime\":5},{\"name\":\"current\"}]");
    plane_test_answer(t, "/cluster/nextid?vmid=120", 200, "\"120\"");
    plane_test_answer(t, "/storage", 200,
                      "[{\"storage\":\"local-lvm\",\"type\":\"lvmthin\",\"content\":\"images,rootdir\"}]");
    plane_test_answer(t, "/pools?poolid=web", 200, "[{\"poolid\":\"web\"}]");
    plane_test_argument(t, "newid", "120", 1);
}

static int32_t plan(struct plane_test *t)
{
    return plane_test_plan(t, guests, "pve_clone");
}

static void a_template_is_cloned_linked_and_others_in_full(void **state)
{
    struct plane_test t;
    (void)state;
    given(&t, "qemu", TEMPLATE, BASE);
    plane_test_argument(&t, "name", "web1", 1);
    plane_test_argument(&t, "pool", "web", 1);
    assert_int_equal(plan(&t), 0);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":"
        "\"/nodes/{node}/{kind}/{vmid}/clone\",\"params\":[" AT(
            "qemu") ",{\"name\":\"newid\",\"value\":"
                    "\"120\"},{\"name\":\"name\",\"value\":\"web1\"},{\"name\":\"full\",\"value\":\"0\"},"
                    "{\"name\":\"pool\",\"value\":\"web\"}]}");
    expect_words(&t, "facts", "linked: the clone needs the template's disks");
    expect_words(&t, "subjects", "\"newid\":120,\"full\":false");
    /* The clone itself comes first: the way back compares it. */
    assert_non_null(strstr(plane_test_told(&t, "guards", 0), "\"value\":\"120\""));
    expect_words(&t, "guards", "/cluster/nextid");
    expect_words(&t, "undo", "{\"kind\":3}");
    plane_test_done(&t);
    given(&t, "lxc", STOPPED, CT);
    plane_test_argument(&t, "name", "ct1", 1);
    plane_test_argument(&t, "storage", "fast", 1);
    assert_int_equal(plan(&t), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"hostname\",\"value\":\"ct1\"},{\"name\":\"full\",\"value\":\"1\"},"
                 "{\"name\":\"storage\",\"value\":\"fast\"}");
    expect_words(&t, "facts", "always copied in full");
    plane_test_done(&t);
}

static void what_proxmox_refuses_is_refused(void **state)
{
    static const struct {
        const char *kind, *status, *config, *argument, *value, *words;
        int32_t code;
    } cases[] = {
        {"qemu", TEMPLATE, BASE, "storage", "fast", "storage is only for a full copy", PROXIMO_EINVAL},
        {"qemu", LOCKED, PLAIN, "name", "x", "locked (clone)", PROXIMO_ESTATE},
        {"lxc", RUNNING, CT, "name", "x", "from a snapshot only", PROXIMO_ESTATE},
        {"qemu", STOPPED, PLAIN, "snapname", "none", "no snapshot \"none\"", PROXIMO_ENOTFOUND},
        {"qemu", STOPPED, PLAIN, "target", "pve2", "goes to storage local-lvm of one node alone",
         PROXIMO_ESTATE},
        {"qemu", STOPPED, PLAIN, "pool", "nowhere", "pool nowhere", PROXIMO_ENOTFOUND},
        {"lxc", STOPPED, "{\"digest\":\"d\",\"mp0\":\"/srv,mp=/srv\"}", "name", "x", "does not clone mp0",
         PROXIMO_ESTATE},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        given(&t, cases[i].kind, cases[i].status, cases[i].config);
        plane_test_argument(&t, cases[i].argument, cases[i].value, 1);
        expect_failure(&t, plan(&t), cases[i].code, cases[i].words);
        plane_test_done(&t);
    }
}

/* Numbers are the cluster's: a guest on another node has it, or one that this token does not see. */
static void a_number_is_taken_in_the_whole_cluster(void **state)
{
    struct plane_test t;
    (void)state;
    given(&t, "qemu", TEMPLATE, BASE);
    answer_instead(&t, "/cluster/nextid?vmid=120", 400, "");
    plane_test_answer(&t, "/cluster/resources?type=vm", 200,
                      "[{\"vmid\":120,\"type\":\"lxc\",\"node\":\"pve3\"}]");
    expect_failure(&t, plan(&t), PROXIMO_ESTATE, "a container on node pve3 has it");
    plane_test_done(&t);
    given(&t, "qemu", TEMPLATE, BASE);
    answer_instead(&t, "/cluster/nextid?vmid=120", 400, "");
    plane_test_answer(&t, "/cluster/resources?type=vm", 200, "[]");
    expect_failure(&t, plan(&t), PROXIMO_ESTATE, "that this token does not see");
    plane_test_done(&t);
}

static int32_t blast(struct plane_test *t, const char *config, const char *full, const char *avail)
{
    char subject[160], storages[200];
    given(t, "qemu", config ? STOPPED : TEMPLATE, config ? config : BASE);
    (void)snprintf(storages, sizeof(storages), "[{\"storage\":\"local-lvm\"%s}]", avail);
    plane_test_answer(t, "/nodes/pve1/storage", 200, storages);
    (void)snprintf(subject, sizeof(subject),
                   "{\"kind\":\"guest\",\"vmid\":105,\"newid\":120,\"full\":%s,\"target\":\"pve1\"}", full);
    return plane_test_blast(t, guests, "guest.clone", subject);
}

static void a_linked_clone_binds_its_template(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(blast(&t, NULL, "false", ""), 0);
    expect_words(&t, "affected",
                 "\"guest/105\",\"name\":\"gold\",\"effect\":\"stays as it is, and cannot be destroyed");
    expect_words(&t, "affected", "\"guest/120\",\"effect\":\"is made on pve1, stopped, as a linked clone\"");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

/* 8 GiB; the unused disk is not copied. */
static void a_full_copy_must_fit(void **state)
{
    static const struct {
        const char *avail, *words;
    } cases[] = {{",\"avail\":85899345920", "has room for the new disks"},
                 {",\"avail\":9663676416", "is tight"},
                 {",\"avail\":4294967296", "has less free than the new disks may grow to"}};
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(blast(&t, PLAIN, "true", cases[i].avail), 0);
        expect_words(&t, "affected", cases[i].words);
        plane_test_done(&t);
    }
    assert_int_equal(blast(&t, PLAIN, "true", ""), 0);
    expect_words(&t, "incomplete", "whether it fits on storage local-lvm");
    expect_words(&t, "risks", "hostpci0: gives the guest a PCI device of the host, and the clone as well");
    expect_words(&t, "risks", "ipconfig0: the clone has the same fixed address");
    expect_words(&t, "affected",
                 "\"bridge/vmbr0\",\"effect\":\"has the clone's net0 on it once that is started, "
                 "without Proxmox's firewall");
    plane_test_done(&t);
}

/* ---- the way back */

/* Tasks are listed by the clone's number: the one that made it has the original's. */
#define UPID "UPID:pve1:00000001:00000002:00000064:qmclone:105:root@pam:"
#define RECORD(digest)                                                                                       \
    "{\"undo_of\":null,\"after\":[{\"/digest\":\"" digest                                                    \
    "\"}],\"steps\":[{\"name\":\"change\",\"upid\":\"" UPID "\"}]}"
#define TASK(type, start)                                                                                    \
    "{\"upid\":\"U" start "\",\"id\":\"120\",\"type\":\"" type "\",\"starttime\":" start "}"

static int32_t undo(struct plane_test *t, const char *record, const char *status, const char *tasks)
{
    guest_init(t, "qemu");
    plane_test_argument(t, "newid", "120", 1);
    plane_test_answer(t, "/cluster/resources?type=vm", 200,
                      "[{\"vmid\":120,\"type\":\"qemu\",\"node\":\"pve2\"}]");
    plane_test_answer(t, "/nodes/pve2/qemu/120/status/current", 200, status);
    plane_test_answer(t, "/nodes/pve2/qemu/120/config", 200, "{\"digest\":\"e\"}");
    plane_test_answer(t, "/nodes/pve2/tasks?vmid=120&source=all&limit=500", 200, tasks);
    return plane_test_plan_undo(t, guests, "pve_clone", record);
}

static void an_untouched_clone_is_destroyed_and_no_other(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(undo(&t, RECORD("e"), "{\"status\":\"stopped\"}", "[" TASK("qmdestroy", "99") "]"), 0);
    expect_words(
        &t, "subjects",
        "\"class\":\"guest.destroy\",\"subject\":{\"kind\":\"guest\",\"vmid\":120,\"node\":\"pve2\"");
    expect_words(&t, "steps", "\"method\":\"DELETE\"");
    plane_test_done(&t);
    expect_failure(&t, undo(&t, RECORD("other"), "{\"status\":\"stopped\"}", "[]"), PROXIMO_ESTATE,
                   "no longer that of the moment");
    plane_test_done(&t);
    expect_failure(&t, undo(&t, RECORD("e"), "{\"status\":\"running\"}", "[]"), PROXIMO_ESTATE, "it runs");
    plane_test_done(&t);
    expect_failure(&t, undo(&t, RECORD("e"), "{\"status\":\"stopped\"}", "[" TASK("qmstart", "100") "]"),
                   PROXIMO_ESTATE, "a task (qmstart) has worked on it");
    plane_test_done(&t);
    expect_failure(&t, undo(&t, "{\"undo_of\":\"x\",\"after\":[]}", "{\"status\":\"stopped\"}", "[]"),
                   PROXIMO_ESTATE, "was destroyed");
    plane_test_done(&t);
}

/* Right after it was made the cluster's list may not know it. */
static void a_new_clone_is_looked_for_where_it_was_made(void **state)
{
    struct plane_test t;
    (void)state;
    guest_init(&t, "qemu");
    plane_test_argument(&t, "newid", "120", 1);
    plane_test_answer(&t, "/cluster/resources?type=vm", 200, "[]");
    plane_test_answer(&t, "/nodes/pve1/qemu/120/status/current", 200, "{\"status\":\"stopped\"}");
    plane_test_answer(&t, "/nodes/pve1/qemu/120/config", 200, "{\"digest\":\"e\"}");
    plane_test_answer(&t, "/nodes/pve1/tasks?vmid=120&source=all&limit=500", 200, "[]");
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_clone", RECORD("e")), 0);
    expect_words(&t, "subjects", "\"node\":\"pve1\"");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_is_cloned_linked_and_others_in_full),
        cmocka_unit_test(what_proxmox_refuses_is_refused),
        cmocka_unit_test(a_number_is_taken_in_the_whole_cluster),
        cmocka_unit_test(a_linked_clone_binds_its_template),
        cmocka_unit_test(a_full_copy_must_fit),
        cmocka_unit_test(an_untouched_clone_is_destroyed_and_no_other),
        cmocka_unit_test(a_new_clone_is_looked_for_where_it_was_made),
    };
    guests = plane_load("guests");
    assert_non_null(guests);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
