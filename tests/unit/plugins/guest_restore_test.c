/* SPDX-License-Identifier: Apache-2.0 */
/* pve_restore and the class guest.restore: created or overwritten, whose identity, what is refused and lost.
 */
#include "plan_rig.h"

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): texts are put together by macros. */
#define RUNNING "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"name\":\"web\",\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define MANAGED "{\"vmid\":105,\"name\":\"web\",\"status\":\"stopped\",\"ha\":{\"managed\":1}}"
#define LOCKED  "{\"vmid\":105,\"status\":\"stopped\",\"lock\":\"backup\",\"ha\":{\"managed\":0}}"
#define DISKS                                                                                                \
    "{\"digest\":\"d\",\"scsi0\":\"ceph:vm-105-disk-0,size=8G\",\"scsi1\":\"ceph:vm-105-disk-1,"             \
    "backup=0,size=1G\"}"
#define ROOTFS "{\"digest\":\"d\",\"rootfs\":\"tank:subvol-105-disk-0,size=8G\"}"
#define VM105  "nas:backup/vzdump-qemu-105-2026_11_19-02_00_00.vma.zst"
#define CT105  "nas:backup/vzdump-lxc-105-2026_11_19-02_00_00.tar.zst"
#define PBS104 "nas:backup/vm/104/2026-11-19T02:00:00Z"
#define PBSCT  "nas:backup/ct/105/2026-11-19T02:00:00Z"
#define SECRET "nas:backup/vm/106/2026-11-19T02:00:00Z"

static const struct proximo_plane *guests;

static const struct {
    const char *path, *data;
} usual[] = {
    {"/nodes", "[{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":\"pve2\",\"status\":\"online\"}]"},
    {"/storage",
     "[{\"storage\":\"nas\",\"type\":\"nfs\",\"content\":\"backup\"},{\"storage\":\"ceph\",\"type\":\"rbd\","
     "\"content\":\"images\"},{\"storage\":\"tank\",\"type\":\"zfspool\",\"content\":\"rootdir\"}]"},
    {"/nodes/pve1/storage",
     "[{\"storage\":\"ceph\",\"active\":1,\"avail\":107374182400},{\"storage\":\"tank\","
     "\"active\":1,\"avail\":107374182400}]"},
    {"/nodes/pve1/storage/nas/content?content=backup",
     "[{\"volid\":\"" VM105
     "\",\"vmid\":105,\"format\":\"vma.zst\",\"ctime\":1763517600,\"size\":4294967296},"
     "{\"volid\":\"" CT105 "\",\"vmid\":105,\"format\":\"tar.zst\",\"ctime\":1763517600,\"size\":77},"
     "{\"volid\":\"" PBS104 "\",\"vmid\":104,\"format\":\"pbs-vm\",\"ctime\":1763517600,\"size\":8589934592,"
     "\"verification\":{\"state\":\"failed\"}},{\"volid\":\"" PBSCT "\",\"vmid\":105,\"format\":\"pbs-ct\","
     "\"ctime\":1763517600,\"size\":77},{\"volid\":\"" SECRET "\",\"vmid\":106,\"format\":\"pbs-vm\","
     "\"ctime\":1763517600,\"size\":8589934592,\"encrypted\":\"7c:02\",\"verification\":{\"state\":\"ok\"}}"
     "]"},
    {"/cluster/nextid?vmid=120", "\"120\""},
    {"/cluster/replication", "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve2\"}]"},
};

static void set(struct plane_test *t, const char *kind, const char *status, const char *config,
                const char *const *arguments)
{
    char text[300], name[40];

    plane_test_init(t);
    for (; *arguments; arguments++) {
        const char *value = strchr(*arguments, '=') + 1;
        (void)snprintf(name, sizeof(name), "%.*s", (int)(value - *arguments - 1), *arguments);
        plane_test_argument(t, name, value, strcmp(value, "true") != 0 && strcmp(value, "false") != 0);
    }
    (void)snprintf(
        text, sizeof(text),
        "[{\"type\":\"%s\",\"vmid\":105,\"node\":\"pve1\",\"name\":\"web\",\"status\":\"stopped\"}]", kind);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, text);
    guest_answer(t, kind, "/status/current", 200, status);
    guest_answer(t, kind, "/config", 200, config);
    guest_answer(t, kind, "/snapshot", 200, "[{\"name\":\"before\"},{\"name\":\"current\"}]");
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        plane_test_answer(t, usual[i].path, 200, usual[i].data);
}

#define WORDS(...)                                                                                           \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }
#define P(name, value) ",{\"name\":\"" name "\",\"value\":\"" value "\"}"
#define REQUEST(kind, rest)                                                                                  \
    "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/nodes/{node}/" kind         \
    "\",\"params\":[{\"name\":\"node\",\"value\":\"pve1\"}" rest "]}"
#define NEW_VM "vmid=120", "archive=" VM105, "storage=ceph", "node=pve1"

static const struct plan_case {
    const char *kind, *config;
    const char *const *arguments;
    const char *request, *summary;
    int over;
} plans[] = {
    {"qemu", DISKS, WORDS(NEW_VM),
     REQUEST("qemu", P("vmid", "120") P("archive", VM105) P("storage", "ceph") P("unique", "1")),
     "CREATES machine 120 on pve1", 0},
    {"qemu", DISKS, WORDS(NEW_VM, "unique=false", "pool=web", "start=true"),
     REQUEST("qemu",
             P("vmid", "120") P("archive", VM105) P("storage", "ceph") P("pool", "web") P("start", "1")),
     "it is started", 0},
    {"lxc", ROOTFS, WORDS("vmid=120", "archive=" CT105, "storage=tank", "node=pve1", "kind=lxc"),
     REQUEST("lxc",
             P("vmid", "120") P("ostemplate", CT105) P("storage", "tank") P("restore", "1") P("unique", "1")),
     "CREATES container 120", 0},
    {"lxc", ROOTFS, WORDS("vmid=105", "archive=" PBSCT, "storage=tank", "force=true"),
     REQUEST("lxc",
             P("vmid", "105") P("ostemplate", PBSCT) P("storage", "tank") P("restore", "1") P("force", "1")),
     "OVERWRITES container 105 on pve1 with its backup", 1},
    {"qemu", DISKS, WORDS("vmid=105", "archive=" PBS104, "storage=ceph", "force=true"),
     REQUEST("qemu",
             P("vmid", "105") P("archive", PBS104) P("storage", "ceph") P("force", "1") P("unique", "1")),
     "ANOTHER guest: 104", 1},
};

static void created_or_overwritten(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        const struct plan_case *c = &plans[i];
        struct plane_test t;
        set(&t, c->kind, STOPPED, c->config, c->arguments);
        plane_test_answer(&t, "/pools?poolid=web", 200, "[{\"poolid\":\"web\"}]");
        assert_int_equal(plane_test_plan(&t, guests, "pve_restore"), 0);
        expect_told(&t, "steps", 0, c->request);
        expect_words(&t, "summary", c->summary);
        expect_words(&t, "subjects", c->over ? "\"over\":true" : "\"over\":false");
        const int start = strstr(c->request, "\"start\"") != NULL; /* what ran is not destroyed by an undo */
        expect_told(&t, "undo", 0, c->over || start ? "{\"kind\":1}" : "{\"kind\":3}");
        expect_words(&t, "facts",
                     c->over ? "take a backup of it first"
                     : start ? "pve_delete_guest destroys it"
                             : "undo destroys it as long");
        expect_words(&t, "facts", "passwords, keys and fixed addresses");
        plane_test_done(&t);
    }
}

/* A copy beside the first one must not have its addresses; what goes back in its place must. */
static void unique_is_on_but_for_its_own_guest_in_place(void **state)
{
    const struct {
        const char *const *arguments;
        const char *kind;
        int unique;
    } cases[] = {
        {WORDS(NEW_VM), "qemu", 1},
        {WORDS(NEW_VM, "unique=false"), "qemu", 0},
        {WORDS("vmid=105", "archive=" VM105, "storage=ceph", "force=true"), "qemu", 0},
        {WORDS("vmid=105", "archive=" VM105, "storage=ceph", "force=true", "unique=true"), "qemu", 1},
        {WORDS("vmid=105", "archive=" PBS104, "storage=ceph", "force=true"), "qemu", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        set(&t, cases[i].kind, STOPPED, DISKS, cases[i].arguments);
        assert_int_equal(plane_test_plan(&t, guests, "pve_restore"), 0);
        assert_int_equal(strstr(plane_test_told(&t, "steps", 0), "\"unique\"") != NULL, cases[i].unique);
        expect_words(&t, "facts", cases[i].unique ? "new network addresses" : "unique is off");
        plane_test_done(&t);
    }
}

static void what_the_archive_is_worth(void **state)
{
    struct plane_test t;
    (void)state;
    set(&t, "qemu", STOPPED, DISKS, WORDS("vmid=120", "archive=" PBS104, "storage=ceph", "node=pve1"));
    assert_int_equal(plane_test_plan(&t, guests, "pve_restore"), 0);
    expect_words(&t, "risks", "verification FAILED");
    expect_words(&t, "facts", "\"verified\":\"failed\"");
    plane_test_done(&t);
    set(&t, "qemu", STOPPED, DISKS, WORDS("vmid=120", "archive=" SECRET, "storage=ceph", "node=pve1"));
    assert_int_equal(plane_test_plan(&t, guests, "pve_restore"), 0);
    expect_words(&t, "facts", "must have the key");
    expect_words(&t, "facts", "\"verified\":\"ok\"");
    plane_test_done(&t);
}

#define OVER "vmid=105", "archive=" VM105, "storage=ceph", "force=true"
static const struct refusal_case {
    const char *kind, *status, *config;
    const char *const *arguments;
    int32_t code;
    const char *why;
} refusals[] = {
    {"qemu", STOPPED, DISKS, WORDS("vmid=105", "archive=" VM105, "storage=ceph"), PROXIMO_ESTATE,
     "is taken: machine 105 on pve1. force restores over it"},
    {"qemu", RUNNING, DISKS, WORDS(OVER), PROXIMO_ESTATE, "it runs"},
    {"qemu", LOCKED, DISKS, WORDS(OVER), PROXIMO_ESTATE, "locked (backup)"},
    {"qemu", STOPPED, "{\"digest\":\"d\",\"protection\":1}", WORDS(OVER), PROXIMO_ESTATE, "it is protected"},
    {"qemu", STOPPED, "{\"digest\":\"d\",\"template\":1}", WORDS(OVER), PROXIMO_ESTATE, "it is a template"},
    {"lxc", STOPPED, ROOTFS, WORDS(OVER), PROXIMO_ESTATE, "does not restore one over the other"},
    {"qemu", STOPPED, DISKS, WORDS(OVER, "node=pve2"), PROXIMO_EINVAL, "is on pve1, not on pve2"},
    {"qemu", STOPPED, DISKS, WORDS(OVER, "kind=lxc"), PROXIMO_EINVAL, "of a machine (qemu), not lxc"},
    {"qemu", STOPPED, DISKS, WORDS("vmid=120", "archive=" VM105, "storage=ceph"), PROXIMO_EINVAL,
     "online are pve1, pve2"},
    {"qemu", STOPPED, DISKS,
     WORDS("vmid=120", "archive=nas:backup/vzdump-qemu-1.vma", "storage=ceph", "node=pve1"),
     PROXIMO_ENOTFOUND, "has no archive"},
    {"qemu", STOPPED, DISKS, WORDS("vmid=120", "archive=nas:iso/a.iso", "storage=ceph", "node=pve1"),
     PROXIMO_EINVAL, "does not say what it is a backup of"},
    {"qemu", STOPPED, DISKS, WORDS("vmid=120", "archive=" VM105, "storage=tank", "node=pve1"), PROXIMO_ESTATE,
     "it takes rootdir. Usable on pve1: ceph"},
    {"qemu", STOPPED, DISKS, WORDS("vmid=121", "archive=" VM105, "storage=ceph", "node=pve1"),
     PROXIMO_EREMOTE, "could not be seen"}, /* nobody answers whether it is unused */
};

static void what_cannot_be_is_refused(void **state)
{
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal_case *c = &refusals[i];
        set(&t, c->kind, c->status, c->config, c->arguments);
        expect_failure(&t, plane_test_plan(&t, guests, "pve_restore"), c->code, c->why);
        plane_test_done(&t);
    }
    set(&t, "qemu", STOPPED, DISKS, WORDS(NEW_VM));
    t.denied = 1;
    expect_failure(&t, plane_test_plan(&t, guests, "pve_restore"), PROXIMO_EDENIED, "VM.Allocate");
    plane_test_done(&t);
}

/* ---- the class */

#define SUBJECT(vmid, archive, storage, type, over)                                                          \
    "{\"kind\":\"guest\",\"vmid\":" vmid ",\"node\":\"pve1\",\"type\":\"" type "\",\"archive\":\"" archive   \
    "\",\"storage\":\"" storage "\",\"over\":" over "}"

static const struct blast_case {
    const char *status, *subject, *avail, *list, *says;
} blasts[] = {
    {STOPPED, SUBJECT("105", VM105, "ceph", "qemu", "true"), NULL, "affected",
     "\"resource\":\"guest/105\",\"name\":\"web\",\"effect\":\"is overwritten"},
    {STOPPED, SUBJECT("105", VM105, "ceph", "qemu", "true"), NULL, "affected", "disk/105/scsi0"},
    {STOPPED, SUBJECT("105", VM105, "ceph", "qemu", "true"), NULL, "affected", "no backup has it"},
    {STOPPED, SUBJECT("105", VM105, "ceph", "qemu", "true"), NULL, "affected", "snapshot/105/before"},
    {STOPPED, SUBJECT("105", VM105, "ceph", "qemu", "true"), NULL, "affected", "replication/105-0"},
    {STOPPED, SUBJECT("105", VM105, "ceph", "qemu", "true"), NULL, "affected", "has room for them"},
    {MANAGED, SUBJECT("105", VM105, "ceph", "qemu", "true"), NULL, "affected", "stays an HA resource"},
    {STOPPED, SUBJECT("120", VM105, "ceph", "qemu", "false"), NULL, "affected", "is created on pve1"},
    {STOPPED, SUBJECT("120", VM105, "ceph", "qemu", "false"), NULL, "affected", "the new guest is its twin"},
    {STOPPED, SUBJECT("120", VM105, "ceph", "qemu", "false"), "4294967297", "affected",
     "less free than they can"},
    {STOPPED, SUBJECT("120", VM105, "ceph", "qemu", "false"), "4294967295", "affected",
     "the archive alone takes"},
    {STOPPED, SUBJECT("120", PBS104, "ceph", "qemu", "false"), "8589934592", "affected", "has room for them"},
    {STOPPED, SUBJECT("120", CT105, "tank", "lxc", "false"), NULL, "incomplete",
     "whether the disks fit on tank"},
    {STOPPED, SUBJECT("120", CT105, "gone", "lxc", "false"), NULL, "incomplete",
     "whether the disks fit on gone"},
    {STOPPED, SUBJECT("120", "nas:backup/vzdump-qemu-9.vma", "ceph", "qemu", "false"), NULL, "incomplete",
     "the archive"},
};

static void whom_it_affects(void **state)
{
    char text[100];
    (void)state;
    for (size_t i = 0; i < sizeof(blasts) / sizeof(blasts[0]); i++) {
        const struct blast_case *c = &blasts[i];
        struct plane_test t;
        set(&t, "qemu", c->status, DISKS, WORDS("storage=ceph"));
        if (c->avail) {
            (void)snprintf(text, sizeof(text), "[{\"storage\":\"ceph\",\"active\":1,\"avail\":%s}]",
                           c->avail);
            answer_instead(&t, "/nodes/pve1/storage", 200, text);
        }
        assert_int_equal(plane_test_blast(&t, guests, "guest.restore", c->subject), 0);
        expect_words(&t, c->list, c->says);
        if (strstr(c->subject, "\"over\":true"))
            expect_words(&t, "affected", "\"risk\":3");
        plane_test_done(&t);
    }
}

/* ---- the way back */

static void a_created_one_is_destroyed_if_untouched(void **state)
{
    static const char record[] =
        "{\"undo_of\":null,\"after\":[{\"/digest\":\"d\"}],\"steps\":[{\"name\":\"change\","
        "\"upid\":\"UPID:pve1:1:\"}]}";
    static const char tasks[] = "/nodes/pve1/tasks?vmid=105&source=all&limit=500";
    struct plane_test t;
    (void)state;
    set(&t, "qemu", STOPPED, DISKS, WORDS("vmid=105", "archive=" VM105, "storage=ceph"));
    plane_test_answer(&t, tasks, 200, "[{\"upid\":\"UPID:pve1:1:\",\"id\":\"105\",\"starttime\":5}]");
    expect_failure(&t, plane_test_plan_undo(&t, guests, "pve_restore", record), PROXIMO_ESTATE,
                   "it is replicated");
    answer_instead(&t, "/cluster/replication", 200, "[]");
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_restore", record), 0);
    expect_words(&t, "steps", "\"method\":\"DELETE\"");
    expect_words(&t, "subjects", "\"class\":\"guest.destroy\"");
    plane_test_done(&t);

    set(&t, "qemu", RUNNING, DISKS, WORDS("vmid=105", "archive=" VM105, "storage=ceph"));
    plane_test_answer(&t, tasks, 200, "[]");
    expect_failure(&t, plane_test_plan_undo(&t, guests, "pve_restore", record), PROXIMO_ESTATE, "it runs");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(created_or_overwritten),
        cmocka_unit_test(unique_is_on_but_for_its_own_guest_in_place),
        cmocka_unit_test(what_the_archive_is_worth),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(whom_it_affects),
        cmocka_unit_test(a_created_one_is_destroyed_if_untouched),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
/* NOLINTEND(bugprone-suspicious-missing-comma) */
