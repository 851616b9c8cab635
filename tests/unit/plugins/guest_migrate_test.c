/* SPDX-License-Identifier: Apache-2.0 */
/* pve_guest_migrate: what is asked for, what is refused with its reason, and the way back. */
#include "plan_rig.h"

#define RUNNING "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define MANAGED "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":1}}"
#define LOCKED  "{\"vmid\":105,\"status\":\"stopped\",\"lock\":\"backup\",\"ha\":{\"managed\":0}}"
#define SHARED  "\"scsi0\":\"ceph:vm-105-disk-0,size=8G\""
#define LOCAL   "\"scsi0\":\"tank:vm-105-disk-0,size=8G\",\"scsi1\":\"tank:vm-105-disk-1,size=1G\""

static const struct proximo_plane *guests;

static const struct {
    const char *path, *data;
} usual[] = {
    {"/nodes",
     "[{\"node\":\"pve2\",\"status\":\"online\",\"maxmem\":8589934592,\"mem\":0},{\"node\":\"pve1\","
     "\"status\":\"online\",\"maxmem\":8589934592,\"mem\":0},{\"node\":\"pve3\",\"status\":\"offline\"}]"},
    {"/storage", "[{\"storage\":\"tank\",\"type\":\"zfspool\"},{\"storage\":\"ceph\",\"type\":\"rbd\"}]"},
    {"/nodes/pve2/storage", "[{\"storage\":\"tank\",\"avail\":107374182400}]"},
    {"/cluster/replication", "[]"},
    {"/cluster/ha/resources", "[{\"sid\":\"vm:105\",\"state\":\"started\"}]"},
    {"/cluster/ha/rules", "[]"},
    {"/nodes/pve1/qemu/105/snapshot", "[{\"name\":\"current\"}]"},
    {"/nodes/pve1/qemu/105/migrate", "{\"running\":0,\"local_disks\":[],\"local_resources\":[]}"},
};

/* options: words of the arguments that are true. */
static void set(struct plane_test *t, const char *kind, const char *status, const char *config,
                const char *target, const char *options)
{
    char text[600];

    guest_init(t, kind);
    if (target)
        plane_test_argument(t, "target", target, 1);
    if (strstr(options, "online"))
        plane_test_argument(t, "online", "true", 0);
    if (strstr(options, "disks"))
        plane_test_argument(t, "with_local_disks", "true", 0);
    guest_answer(t, kind, "/status/current", 200, status);
    (void)snprintf(text, sizeof(text), "{\"digest\":\"d\",%s}", config);
    guest_answer(t, kind, "/config", 200, text);
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        plane_test_answer(t, usual[i].path, 200, usual[i].data);
}

#define REQUEST(kind, more)                                                                                  \
    "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/nodes/{node}/{kind}/"       \
    "{vmid}/migrate\",\"params\":[" AT(kind) ",{\"name\":\"target\",\"value\":\"pve2\"}" more "]}"

static const struct move_case {
    const char *kind, *status, *config, *options;
    const char *request, *summary;
} moves[] = {
    {"qemu", STOPPED, SHARED, "", REQUEST("qemu", ""), "machine 105 moves from pve1 to pve2, stopped"},
    {"qemu", RUNNING, SHARED, "online", REQUEST("qemu", ",{\"name\":\"online\",\"value\":\"1\"}"),
     "machine 105 moves from pve1 to pve2 while it runs"},
    {"qemu", STOPPED, SHARED, "online", REQUEST("qemu", ""), "stopped"},
    {"qemu", STOPPED, LOCAL, "disks", REQUEST("qemu", ",{\"name\":\"with-local-disks\",\"value\":\"1\"}"),
     "stopped; 2 disks are copied"},
    /* a container has no live migration, and no with-local-disks */
    {"lxc", RUNNING, "\"rootfs\":\"tank:vm-105-disk-0,size=8G\"", "online disks",
     REQUEST("lxc", ",{\"name\":\"restart\",\"value\":\"1\"}"),
     "container 105 is shut down, moved from pve1 to pve2 and started again; a disk is copied"},
    {"lxc", STOPPED, "\"rootfs\":\"ceph:vm-105-disk-0,size=8G\"", "", REQUEST("lxc", ""), "stopped"},
};

static void a_move_is_one_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        const struct move_case *c = &moves[i];
        struct plane_test t;
        set(&t, c->kind, c->status, c->config, "pve2", c->options);
        assert_int_equal(plane_test_plan(&t, guests, "pve_guest_migrate"), 0);
        expect_told(&t, "steps", 0, c->request);
        expect_told(&t, "steps", 1, NULL);
        expect_words(&t, "summary", c->summary);
        expect_words(&t, "postcondition", "\"value\":\"pve2\"");
        expect_words(&t, "postcondition",
                     strcmp(c->status, RUNNING) == 0 ? "\\\"running\\\"" : "\\\"stopped\\\"");
        assert_int_equal(plane_test_told_count(&t, "guards"), 2); /* state, and all of the configuration */
        expect_told(&t, "undo", 0, "{\"kind\":3}");
        plane_test_done(&t);
    }
}

static void online_of_a_container_is_a_restart(void **state)
{
    struct plane_test t;
    (void)state;
    set(&t, "lxc", RUNNING, "\"rootfs\":\"ceph:vm-105-disk-0,size=8G\"", "pve2", "online");
    assert_int_equal(plane_test_plan(&t, guests, "pve_guest_migrate"), 0);
    expect_words(&t, "steps", "{\"name\":\"restart\",\"value\":\"1\"}");
    assert_null(strstr(plane_test_told(&t, "steps", 0), "\"online\""));
    expect_words(&t, "facts", "no live migration");
    expect_told(
        &t, "subjects", 0,
        "{\"class\":\"guest.migrate\",\"subject\":{\"kind\":\"guest\",\"vmid\":105,\"target\":\"pve2\","
        "\"online\":true,\"with_local_disks\":false}}");
    plane_test_done(&t);
}

static void the_ha_manager_takes_its_time(void **state)
{
    struct plane_test t;
    (void)state;
    set(&t, "qemu", MANAGED, SHARED, "pve2", "online");
    assert_int_equal(plane_test_plan(&t, guests, "pve_guest_migrate"), 0);
    expect_words(&t, "postcondition", "\"deadline_ms\":7200000");
    expect_words(&t, "facts", "HA manager is asked");
    plane_test_done(&t);
}

static const struct refusal_case {
    const char *kind, *status, *config, *target, *options, *why;
} refusals[] = {
    {"qemu", RUNNING, SHARED, "pve2", "", "it runs; online moves it while it runs"},
    {"lxc", RUNNING, "\"rootfs\":\"ceph:vm-105-disk-0\"", "pve2", "", "online shuts it down, moves it"},
    {"qemu", STOPPED, SHARED, "pve3", "", "node pve3 is not online"},
    {"qemu", STOPPED, SHARED, "pve9", "", "there is no node pve9"},
    {"qemu", STOPPED, LOCAL, "pve2", "", "with_local_disks copies it"},
    {"qemu", LOCKED, SHARED, "pve2", "", "locked (backup)"},
    {"qemu", STOPPED, SHARED ",\"hostpci0\":\"0000:01:00\"", "pve2", "", "hostpci0"},
};

static void what_proxmox_would_refuse_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal_case *c = &refusals[i];
        struct plane_test t;
        set(&t, c->kind, c->status, c->config, c->target, c->options);
        expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_migrate"), PROXIMO_ESTATE, c->why);
        plane_test_done(&t);
    }
}

static void where_it_is_already_there_is_nothing_to_do(void **state)
{
    struct plane_test t;
    (void)state;
    set(&t, "qemu", RUNNING, SHARED, "pve1", "");
    assert_int_equal(plane_test_plan(&t, guests, "pve_guest_migrate"), 0);
    expect_words(&t, "summary", "nothing to do: machine 105 is on pve1 already");
    assert_int_equal(plane_test_told_count(&t, "steps"), 0);
    plane_test_done(&t);

    set(&t, "qemu", RUNNING, SHARED, "pve2", "online");
    t.denied = 1;
    expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_migrate"), PROXIMO_EDENIED, "VM.Migrate");
    plane_test_done(&t);

    set(&t, "qemu", RUNNING, SHARED, NULL, "");
    expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_migrate"), PROXIMO_EINVAL, "target");
    plane_test_done(&t);
}

/* It came from the node of its task; by now it may run, be locked, or have got a disk that stays. */
static void the_way_back_is_where_it_came_from(void **state)
{
    static const char answered[] = "{\"arguments\":{\"target\":\"pve1\"},\"results\":{\"change\":"
                                   "\"UPID:pve2:0000A:0000B:0000C:qmigrate:105:root@pam:\"}}";
    static const char lost[] = "{\"results\":{\"change\":null},\"steps\":[{\"name\":\"change\",\"upid\":"
                               "\"UPID:pve2:0000A:0000B:0000C:qmigrate:105:root@pam:\"}]}";
    struct plane_test t;
    (void)state;
    set(&t, "qemu", STOPPED, SHARED, "pve1", "");
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_guest_migrate", answered), 0);
    expect_told(&t, "steps", 0, REQUEST("qemu", ""));
    plane_test_done(&t);

    set(&t, "qemu", STOPPED, SHARED, "pve1", "");
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_guest_migrate", lost), 0);
    expect_told(&t, "steps", 0, REQUEST("qemu", ""));
    plane_test_done(&t);

    set(&t, "qemu", RUNNING, SHARED, "pve1", "");
    expect_failure(&t, plane_test_plan_undo(&t, guests, "pve_guest_migrate", answered), PROXIMO_ESTATE,
                   "it runs");
    plane_test_done(&t);

    set(&t, "qemu", STOPPED, SHARED, "pve1", "");
    expect_failure(&t, plane_test_plan_undo(&t, guests, "pve_guest_migrate", "{\"results\":{}}"),
                   PROXIMO_ENOTFOUND, "was not moved");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_is_one_request),
        cmocka_unit_test(online_of_a_container_is_a_restart),
        cmocka_unit_test(the_ha_manager_takes_its_time),
        cmocka_unit_test(what_proxmox_would_refuse_is_refused),
        cmocka_unit_test(where_it_is_already_there_is_nothing_to_do),
        cmocka_unit_test(the_way_back_is_where_it_came_from),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
