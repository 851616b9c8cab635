/* SPDX-License-Identifier: Apache-2.0 */
/* pve_backup and the class backup.create: the request, what is refused, what is told, the very archive's way
 * back. */
#include "plan_rig.h"

#define RUNNING "{\"vmid\":105,\"name\":\"web\",\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define LOCKED  "{\"vmid\":105,\"status\":\"running\",\"lock\":\"snapshot\",\"ha\":{\"managed\":0}}"
#define DISK    "\"scsi0\":\"ceph:vm-105-disk-0,size=8G\""
#define ROOTFS  "\"rootfs\":\"tank:subvol-105-disk-0,size=8G\""
#define CONTENT "/nodes/pve1/storage/nas/content?content=backup&vmid=105"
#define PRUNE   "/nodes/pve1/storage/nas/prunebackups?vmid=105&type="
#define OLD                                                                                                  \
    "{\"volid\":\"nas:backup/"                                                                               \
    "vzdump-qemu-105-a.vma.zst\",\"content\":\"backup\",\"vmid\":105,\"ctime\":1000,"                        \
    "\"size\":4294967296}"
#define NEW                                                                                                  \
    "{\"volid\":\"nas:backup/"                                                                               \
    "vzdump-qemu-105-b.vma.zst\",\"content\":\"backup\",\"vmid\":105,\"ctime\":2000,"                        \
    "\"size\":77}"

static const struct proximo_plane *guests;

static const struct {
    const char *path, *data;
} usual[] = {
    {"/storage",
     "[{\"storage\":\"nas\",\"type\":\"nfs\",\"content\":\"backup,iso\",\"prune-backups\":\"keep-last=1\"},"
     "{\"storage\":\"ceph\",\"type\":\"rbd\",\"content\":\"images\"},{\"storage\":\"tank\",\"type\":"
     "\"zfspool\","
     "\"content\":\"rootdir\"},{\"storage\":\"plain\",\"type\":\"dir\",\"content\":\"rootdir\"},"
     "{\"storage\":\"off\",\"type\":\"nfs\",\"content\":\"backup\",\"disable\":1},"
     "{\"storage\":\"far\",\"type\":\"dir\",\"content\":\"backup\",\"nodes\":\"pve2\"}]"},
    {"/nodes/pve1/storage", "[{\"storage\":\"nas\",\"active\":1,\"avail\":107374182400}]"},
    {CONTENT, "[" OLD "]"},
    {PRUNE "qemu", "[{\"volid\":\"nas:backup/vzdump-qemu-105-0.vma.zst\",\"mark\":\"remove\"},{\"volid\":"
                   "\"nas:backup/vzdump-qemu-105-a.vma.zst\",\"mark\":\"keep\"}]"},
    {PRUNE "lxc", "[]"},
};

/* arguments: "name=value" words. */
static void set(struct plane_test *t, const char *kind, const char *status, const char *config,
                const char *const *arguments, const char *instead_path, const char *instead)
{
    char text[900], name[40];

    guest_init(t, kind);
    for (; *arguments; arguments++) {
        const char *value = strchr(*arguments, '=') + 1;
        (void)snprintf(name, sizeof(name), "%.*s", (int)(value - *arguments - 1), *arguments);
        plane_test_argument(t, name, value, strcmp(value, "true") != 0);
    }
    guest_answer(t, kind, "/status/current", 200, status);
    (void)snprintf(text, sizeof(text), "{\"digest\":\"d\",%s}", config);
    guest_answer(t, kind, "/config", 200, text);
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (instead_path && strcmp(instead_path, usual[i].path) == 0)
            plane_test_answer(t, usual[i].path, instead ? 200 : 500, instead ? instead : "");
        else
            plane_test_answer(t, usual[i].path, 200, usual[i].data);
    }
}

#define WORDS(...)                                                                                           \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }
#define REQUEST(mode, compress, more)                                                                        \
    "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/nodes/{node}/vzdump\","     \
    "\"params\":[{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"vmid\",\"value\":\"105\"},{\"name\":"    \
    "\"storage\",\"value\":\"nas\"},{\"name\":\"mode\",\"value\":\"" mode                                    \
    "\"},{\"name\":\"compress\",\"value\":\"" compress "\"}" more "]}"

static void a_backup_is_one_request(void **state)
{
    struct plane_test t;
    (void)state;
    set(&t, "qemu", RUNNING, DISK, WORDS("storage=nas"), NULL, NULL);
    assert_int_equal(plane_test_plan(&t, guests, "pve_backup"), 0);
    expect_told(&t, "steps", 0, REQUEST("snapshot", "zstd", ""));
    expect_told(&t, "steps", 1, NULL);
    expect_words(&t, "postcondition", "\"select\":\"[ctime>1000]/volid\"");
    expect_words(&t, "guards", "[ctime>1000]/size");
    expect_words(&t, "guards", "[storage=nas]/prune-backups");
    expect_told(
        &t, "subjects", 0,
        "{\"class\":\"backup.create\",\"subject\":{\"kind\":\"guest\",\"vmid\":105,\"storage\":\"nas\","
        "\"mode\":\"snapshot\"}}");
    expect_told(&t, "undo", 0, "{\"kind\":3}");
    plane_test_done(&t);

    set(&t, "lxc", RUNNING, ROOTFS,
        WORDS("storage=nas", "mode=stop", "compress=gzip", "protected=true", "notes=a\\b\nc"), NULL, NULL);
    assert_int_equal(plane_test_plan(&t, guests, "pve_backup"), 0);
    expect_told(
        &t, "steps", 0,
        REQUEST("stop", "gzip",
                ",{\"name\":\"notes-template\",\"value\":\"a\\\\\\\\b\\\\nc\"},{\"name\":\"protected\","
                "\"value\":\"1\"}"));
    expect_words(&t, "summary", "after a shutdown; it is started again; the archive is protected");
    plane_test_done(&t);
}

/* Proxmox refuses the word. */
static void compress_none_is_sent_as_0(void **state)
{
    struct plane_test t;
    (void)state;
    set(&t, "qemu", STOPPED, DISK, WORDS("storage=nas", "compress=none"), CONTENT, "[]");
    assert_int_equal(plane_test_plan(&t, guests, "pve_backup"), 0);
    expect_told(&t, "steps", 0, REQUEST("snapshot", "0", ""));
    expect_words(&t, "postcondition", "\"select\":\"[ctime>0]/volid\""); /* there is none yet */
    plane_test_done(&t);
}

static const struct refusal_case {
    const char *status, *storage, *instead_path, *instead;
    int32_t code;
    const char *why;
} refusals[] = {
    {RUNNING, "storage=gone", NULL, NULL, PROXIMO_ENOTFOUND,
     "there is no storage gone; for backup there: nas"},
    {RUNNING, "storage=ceph", NULL, NULL, PROXIMO_ESTATE, "it takes images. Usable on pve1: nas"},
    {RUNNING, "storage=off", NULL, NULL, PROXIMO_ESTATE, "is disabled"},
    {RUNNING, "storage=far", NULL, NULL, PROXIMO_ESTATE, "not available on pve1"},
    {LOCKED, "storage=nas", NULL, NULL, PROXIMO_ESTATE, "locked (snapshot)"},
    {RUNNING, "storage=nas", CONTENT, NULL, PROXIMO_EREMOTE, "cannot be listed"},
};

static void what_cannot_be_is_refused(void **state)
{
    char notes[1100] = "notes=";
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal_case *c = &refusals[i];
        set(&t, "qemu", c->status, DISK, WORDS(c->storage), c->instead_path, c->instead);
        expect_failure(&t, plane_test_plan(&t, guests, "pve_backup"), c->code, c->why);
        plane_test_done(&t);
    }
    set(&t, "qemu", RUNNING, DISK, WORDS("storage=nas"), NULL, NULL);
    t.denied = 1;
    expect_failure(&t, plane_test_plan(&t, guests, "pve_backup"), PROXIMO_EDENIED, "VM.Backup");
    plane_test_done(&t);

    /* as many protected ones as the storage allows */
    set(&t, "qemu", RUNNING, DISK, WORDS("storage=nas", "protected=true"), "/storage",
        "[{\"storage\":\"nas\",\"type\":\"nfs\",\"content\":\"backup\",\"max-protected-backups\":1}]");
    answer_instead(&t, CONTENT, 200, "[{\"volid\":\"nas:backup/a\",\"ctime\":5,\"protected\":1}]");
    expect_failure(&t, plane_test_plan(&t, guests, "pve_backup"), PROXIMO_ESTATE, "allows 1 protected");
    plane_test_done(&t);

    memset(notes + 6, '\n', 600); /* two bytes each */
    set(&t, "qemu", RUNNING, DISK, WORDS("storage=nas", notes), NULL, NULL);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_backup"), PROXIMO_EINVAL, "count as two");
    plane_test_done(&t);
}

/* ---- the class */

#define SUBJECT(mode) "{\"kind\":\"guest\",\"vmid\":105,\"storage\":\"nas\",\"mode\":\"" mode "\"}"
#define AVAIL(bytes)  "[{\"storage\":\"nas\",\"active\":1,\"avail\":" bytes "}]"

static const struct blast_case {
    const char *kind, *status, *config, *mode, *instead_path, *instead;
    const char *list, *says;
    int high; /* is anything high or unknown? */
} blasts[] = {
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), NULL, NULL, "affected", "is backed up while it runs", 0},
    {"qemu", RUNNING, DISK ",\"agent\":\"1,fstrim_cloned_disks=1\"", SUBJECT("snapshot"), NULL, NULL,
     "affected", "its agent freezes", 0},
    {"qemu", RUNNING, DISK ",\"agent\":\"1,freeze-fs-on-backup=0\"", SUBJECT("snapshot"), NULL, NULL,
     "affected", "is backed up while it runs: its disks", 0},
    {"qemu", STOPPED, DISK, SUBJECT("stop"), NULL, NULL, "affected", "interrupts nothing", 0},
    {"qemu", RUNNING, DISK, SUBJECT("stop"), NULL, NULL, "affected", "started again at once", 0},
    {"lxc", RUNNING, ROOTFS, SUBJECT("stop"), NULL, NULL, "affected", "started again when its backup is done",
     0},
    {"lxc", RUNNING, ROOTFS, SUBJECT("suspend"), NULL, NULL, "affected", "stands still for a part", 0},
    {"lxc", RUNNING, ROOTFS, SUBJECT("snapshot"), NULL, NULL, "affected", "is backed up while it runs", 0},
    {"lxc", RUNNING, "\"rootfs\":\"plain:105/a.raw,size=8G\"", SUBJECT("snapshot"), NULL, NULL, "affected",
     "storage without snapshots", 0},
    /* what is not in it */
    {"qemu", RUNNING, DISK ",\"scsi1\":\"ceph:vm-105-disk-1,backup=0,size=9G\"", SUBJECT("snapshot"), NULL,
     NULL, "affected", "\"disk/105/scsi1\",\"effect\":\"has backup=0", 0},
    {"lxc", RUNNING, ROOTFS ",\"mp0\":\"tank:subvol-105-disk-1,mp=/srv,size=9G\"", SUBJECT("snapshot"), NULL,
     NULL, "affected", "mount point without backup=1", 0},
    {"lxc", RUNNING, ROOTFS ",\"mp0\":\"/srv,mp=/srv,backup=1\"", SUBJECT("snapshot"), NULL, NULL, "affected",
     "is a directory of the node", 0},
    {"qemu", RUNNING, DISK ",\"unused0\":\"ceph:vm-105-disk-3\"", SUBJECT("snapshot"), NULL, NULL, "affected",
     "is not attached", 0},
    /* space: 8 GiB of disks, the last archive has 4 */
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), "/nodes/pve1/storage", AVAIL("8589934592"), "affected",
     "has room for all", 0},
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), "/nodes/pve1/storage", AVAIL("8589934591"), "affected",
     "room for a backup like the last one", 0},
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), "/nodes/pve1/storage", AVAIL("4294967297"), "affected",
     "is too full", 1},
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), "/nodes/pve1/storage", "[]", "incomplete",
     "whether the backup fits on nas", 1},
    {"qemu", RUNNING, "\"scsi0\":\"ceph:vm-105-disk-0\"", SUBJECT("snapshot"), NULL, NULL, "incomplete",
     "whether the backup fits", 1},
    /* retention */
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), NULL, NULL, "affected", "1 of them goes by the storage's",
     0},
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), NULL, NULL, "affected",
     "\"would_go\":[\"nas:backup/vzdump-qemu-105-0.vma.zst\"]", 0},
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), PRUNE "qemu", NULL, "incomplete", "the retention of nas", 1},
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), CONTENT, NULL, "incomplete", "the backups on nas", 1},
    {"qemu", RUNNING, DISK, SUBJECT("snapshot"), "/storage", NULL, "incomplete", "storage nas", 1},
};

static void what_a_backup_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(blasts) / sizeof(blasts[0]); i++) {
        const struct blast_case *c = &blasts[i];
        struct plane_test t;
        int high = 0;
        set(&t, c->kind, c->status, c->config, WORDS("storage=nas"), c->instead_path, c->instead);
        assert_int_equal(plane_test_blast(&t, guests, "backup.create", c->mode), 0);
        expect_words(&t, c->list, c->says);
        for (uint32_t k = 0; k < plane_test_told_count(&t, "affected"); k++)
            high += strstr(plane_test_told(&t, "affected", k), "\"risk\":3") != NULL;
        high += (int)plane_test_told_count(&t, "incomplete");
        if (!high != !c->high)
            fail_msg("blast %zu: high or unknown: %d", i, high);
        plane_test_done(&t);
    }
}

/* ---- the way back */

#define RECORD(undo_of)                                                                                      \
    "{\"undo_of\":" undo_of ",\"arguments\":{\"node\":\"pve1\"},\"after\":[{\"[ctime>1000]/volid\":"         \
    "\"nas:backup/vzdump-qemu-105-b.vma.zst\",\"[ctime>1000]/size\":77,\"[ctime>1000]/ctime\":2000},null]}"

static const struct undo_case {
    const char *record, *content, *why; /* why NULL: it is deleted */
} undos[] = {
    {RECORD("null"), "[" OLD "," NEW "]", NULL},
    {RECORD("null"), "[" OLD "]", "not there any more"},
    {RECORD("\"p1\""), "[" OLD "," NEW "]", "a new backup would not hold the same state"},
    {"{\"after\":[{}]}", "[" OLD "," NEW "]", "does not name the archive"},
    {RECORD("null"), "[{\"volid\":\"nas:backup/vzdump-qemu-105-b.vma.zst\",\"ctime\":2000,\"size\":78}]",
     "is not the one that was made"},
    {RECORD("null"),
     "[{\"volid\":\"nas:backup/vzdump-qemu-105-b.vma.zst\",\"ctime\":2000,\"size\":77,\"protected\":1}]",
     "protected against removal"},
};

static void undo_deletes_that_very_archive(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(undos) / sizeof(undos[0]); i++) {
        const struct undo_case *c = &undos[i];
        struct plane_test t;
        set(&t, "qemu", RUNNING, DISK, WORDS("storage=nas"), CONTENT, c->content);
        const int32_t r = plane_test_plan_undo(&t, guests, "pve_backup", c->record);
        if (c->why) {
            expect_failure(&t, r, PROXIMO_ESTATE, c->why);
            expect_told(&t, "undo", 0, "{\"kind\":1}");
        } else {
            assert_int_equal(r, 0);
            expect_told(&t, "steps", 0,
                        "{\"kind\":1,\"flags\":1,\"name\":\"change\",\"method\":\"DELETE\",\"path\":"
                        "\"/nodes/{node}/storage/{storage}/content/{volume}\",\"params\":[{\"name\":\"node\","
                        "\"value\":\"pve1\"},{\"name\":\"storage\",\"value\":\"nas\"},{\"name\":\"volume\","
                        "\"value\":\"nas:backup/vzdump-qemu-105-b.vma.zst\"}]}");
            expect_words(&t, "subjects", "{\"class\":\"backup.delete\",\"subject\":{\"kind\":\"volume\"");
        }
        plane_test_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_is_one_request),        cmocka_unit_test(compress_none_is_sent_as_0),
        cmocka_unit_test(what_cannot_be_is_refused),      cmocka_unit_test(what_a_backup_means),
        cmocka_unit_test(undo_deletes_that_very_archive),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
