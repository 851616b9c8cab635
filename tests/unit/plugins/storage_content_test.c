/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes and backups: who is hurt by a deletion, how fresh backups are, what a download may be. */
#include "plan_rig.h"

#include <stdbool.h>

#define GUESTS                                                                                               \
    "[{\"type\":\"qemu\",\"vmid\":100,\"node\":\"pve1\",\"name\":\"web\",\"status\":\"running\"},"           \
    "{\"type\":\"lxc\",\"vmid\":105,\"node\":\"pve1\",\"name\":\"ct\",\"status\":\"running\"},"              \
    "{\"type\":\"qemu\",\"vmid\":109,\"node\":\"pve2\",\"name\":\"clone\",\"status\":\"stopped\"}]"
#define NODES "[{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":\"pve2\",\"status\":\"online\"}]"
#define STORAGES                                                                                             \
    "[{\"storage\":\"local\",\"type\":\"dir\",\"content\":\"iso,vztmpl\"},"                                  \
    "{\"storage\":\"nfs\",\"type\":\"nfs\",\"content\":\"backup\",\"shared\":1},"                            \
    "{\"storage\":\"pbs\",\"type\":\"pbs\",\"content\":\"backup\"},"                                         \
    "{\"storage\":\"old\",\"type\":\"dir\",\"content\":\"backup\",\"nodes\":\"pve2\"}]"
#define OLD_105 "{\"volid\":\"nfs:backup/old.tar\",\"content\":\"backup\",\"vmid\":105,\"ctime\":1000000}"
#define NEW_105                                                                                              \
    "{\"volid\":\"pbs:backup/ct/105/2026-11-20T02:00:00Z\",\"content\":\"backup\",\"vmid\":105,"             \
    "\"ctime\":2000000,\"verification\":{\"state\":\"ok\",\"upid\":\"x\"}}"

static const struct proximo_plane *storage;

static void begin(struct plane_test *t, const char *at, const char *volid)
{
    plane_test_init(t);
    plane_test_argument(t, "node", "pve1", 1);
    plane_test_argument(t, "storage", at, 1);
    plane_test_argument(t, "volid", volid, 1);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, GUESTS);
    plane_test_answer(t, "/nodes", 200, NODES);
    plane_test_answer(t, "/storage", 200, STORAGES);
    plane_test_answer(t, "/storage/local", 200, "{\"storage\":\"local\",\"type\":\"dir\"}");
    plane_test_answer(t, "/storage/ceph", 200, "{\"storage\":\"ceph\",\"type\":\"rbd\"}");
    plane_test_answer(t, "/cluster/replication", 200, "[]");
}

static void backups(struct plane_test *t, const char *vmid, const char *nfs, const char *pbs, const char *old)
{
    char path[120];
    (void)snprintf(path, sizeof(path), "/nodes/pve1/storage/nfs/content?content=backup%s", vmid);
    plane_test_answer(t, path, 200, nfs);
    (void)snprintf(path, sizeof(path), "/nodes/pve1/storage/pbs/content?content=backup%s", vmid);
    plane_test_answer(t, path, 200, pbs);
    (void)snprintf(path, sizeof(path), "/nodes/pve2/storage/old/content?content=backup%s", vmid);
    plane_test_answer(t, path, old ? 200 : 500, old ? old : "");
}

static bool was_asked(const struct plane_test *t, const char *path)
{
    for (uint32_t i = 0; i < t->asked_count; i++) {
        if (strcmp(t->asked[i], path) == 0)
            return true;
    }
    return false;
}

#define SUBJECT(volid, node) "{\"kind\":\"volume\",\"volid\":\"" volid "\",\"node\":\"" node "\"}"

/* ---- plans */

static void a_volume_must_be_there_and_on_its_storage(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "local", "nfs:iso/a.iso");
    expect_failure(&t, plane_test_plan(&t, storage, "pve_storage_content_delete"), PROXIMO_EINVAL,
                   "is not on storage local");
    plane_test_done(&t);
    begin(&t, "local", "local:iso/a.iso");
    plane_test_answer(&t, "/nodes/pve1/storage/local/content", 200, "[]");
    expect_failure(&t, plane_test_plan(&t, storage, "pve_storage_content_delete"), PROXIMO_ENOTFOUND,
                   "has no volume");
    plane_test_done(&t);
    begin(&t, "local", "local:iso/a.iso");
    plane_test_answer(&t, "/nodes/pve1/storage/local/content", 500, "");
    expect_failure(&t, plane_test_plan(&t, storage, "pve_storage_content_delete"), PROXIMO_EREMOTE,
                   "cannot be listed");
    plane_test_done(&t);
}

/* Names of backups have colons of their own. */
static void a_backup_goes_and_says_what_stays(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "pbs", "pbs:backup/ct/105/2026-11-20T02:00:00Z");
    plane_test_answer(&t, "/nodes/pve1/storage/pbs/content", 200, "[" NEW_105 "]");
    backups(&t, "&vmid=105", "[" OLD_105 "]", "[" NEW_105 "]", "[]");
    assert_int_equal(plane_test_plan(&t, storage, "pve_backup_delete"), 0);
    expect_words(&t, "subjects", "\"class\":\"backup.delete\"");
    expect_words(&t, "steps", "\"method\":\"DELETE\"");
    expect_words(&t, "facts", "guest 105 has 1 other backup, the newest of 1970-01-12");
    expect_words(&t, "facts", "never verified");
    expect_told(&t, "incomplete", 0, NULL);
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);

    begin(&t, "nfs", "nfs:backup/old.tar");
    plane_test_answer(&t, "/nodes/pve1/storage/nfs/content", 200, "[" OLD_105 "]");
    backups(&t, "&vmid=105", "[" OLD_105 "]", "[]", NULL);
    assert_int_equal(plane_test_plan(&t, storage, "pve_backup_delete"), 0);
    expect_words(&t, "facts", "no other backup of guest 105 was found where this token could look");
    expect_words(&t, "incomplete", "backups on storage old of node pve2");
    plane_test_done(&t);
}

static void a_protected_backup_is_refused(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "nfs", "nfs:backup/old.tar");
    plane_test_answer(
        &t, "/nodes/pve1/storage/nfs/content", 200,
        "[{\"volid\":\"nfs:backup/old.tar\",\"content\":\"backup\",\"vmid\":105,\"protected\":1}]");
    expect_failure(&t, plane_test_plan(&t, storage, "pve_backup_delete"), PROXIMO_ESTATE,
                   "pve_storage_volume_set");
    plane_test_done(&t);
    begin(&t, "local", "local:iso/a.iso");
    plane_test_answer(&t, "/nodes/pve1/storage/local/content", 200,
                      "[{\"volid\":\"local:iso/a.iso\",\"content\":\"iso\"}]");
    expect_failure(&t, plane_test_plan(&t, storage, "pve_backup_delete"), PROXIMO_EINVAL, "is no backup");
    plane_test_done(&t);
}

static void notes_are_set_and_come_back(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "nfs", "nfs:backup/old.tar");
    plane_test_argument(&t, "notes", "new", 1);
    plane_test_argument(&t, "protected", "true", 0);
    plane_test_answer(&t, "/nodes/pve1/storage/nfs/content", 200, "[" OLD_105 "]");
    plane_test_answer(&t, "/nodes/pve1/storage/nfs/content/nfs%3Abackup%2Fold.tar", 200,
                      "{\"notes\":\"was\",\"protected\":0,\"size\":5}");
    assert_int_equal(plane_test_plan(&t, storage, "pve_storage_volume_set"), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"notes\",\"value\":\"new\"},{\"name\":\"protected\",\"value\":\"1\"}");
    expect_words(&t, "undo",
                 "{\"name\":\"notes\",\"value\":\"was\"},{\"name\":\"protected\",\"value\":\"0\"}");
    plane_test_done(&t);
    begin(&t, "nfs", "nfs:backup/old.tar");
    plane_test_argument(&t, "protected", "false", 0);
    plane_test_answer(&t, "/nodes/pve1/storage/nfs/content", 200, "[" OLD_105 "]");
    plane_test_answer(&t, "/nodes/pve1/storage/nfs/content/nfs%3Abackup%2Fold.tar", 200,
                      "{\"protected\":0,\"size\":5}");
    assert_int_equal(plane_test_plan(&t, storage, "pve_storage_volume_set"), 0);
    expect_words(&t, "summary", "nothing to do");
    expect_told(&t, "steps", 0, NULL);
    plane_test_done(&t);
}

/* ---- who is hurt by a volume that goes */

static void disks_are_matched_exactly(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "ceph", "ceph:vm-100-disk-0");
    plane_test_answer(&t, "/nodes/pve1/storage/ceph/content", 200,
                      "[{\"volid\":\"ceph:vm-100-disk-0\",\"content\":\"images\",\"vmid\":100}]");
    plane_test_answer(&t, "/nodes/pve1/qemu/100/config", 200,
                      "{\"digest\":\"x\",\"boot\":\"order=scsi0\",\"scsi0\":\"ceph:vm-100-disk-0,size=4G\","
                      "\"scsi1\":\"ceph:vm-100-"
                      "disk-00,size=1G\"}");
    plane_test_answer(&t, "/nodes/pve1/lxc/105/config", 200,
                      "{\"digest\":\"x\",\"mp0\":\"ceph:vm-100-disk-0,mp=/x\"}");
    plane_test_answer(&t, "/nodes/pve2/qemu/109/config", 200, "{}");
    assert_int_equal(plane_test_blast(&t, storage, "volume.delete", SUBJECT("ceph:vm-100-disk-0", "pve1")),
                     0);
    expect_told(
        &t, "affected", 0,
        "{\"resource\":\"guest/100\",\"name\":\"web\",\"effect\":\"boots from it, or may: it does not "
        "start any more, and its data is "
        "lost\",\"risk\":3,\"facts\":{\"slot\":\"scsi0\",\"node\":\"pve1\"}}");
    expect_words(&t, "affected", "\"resource\":\"guest/105\",\"name\":\"ct\",\"effect\":\"loses a data disk");
    assert_int_equal(plane_test_told_count(&t, "affected"), 2);
    expect_words(&t, "incomplete", "the configuration of guest 109"); /* {} is unread, not empty */
    plane_test_done(&t);
}

static void a_disc_in_a_drive_is_named_at_low_risk(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "local", "local:iso/a.iso");
    plane_test_answer(&t, "/nodes/pve1/storage/local/content", 200,
                      "[{\"volid\":\"local:iso/a.iso\",\"content\":\"iso\"}]");
    plane_test_answer(&t, "/nodes/pve1/qemu/100/config", 200,
                      "{\"digest\":\"x\",\"ide2\":\"local:iso/a.iso,media=cdrom,size=2M\"}");
    assert_int_equal(plane_test_blast(&t, storage, "volume.delete", SUBJECT("local:iso/a.iso", "pve1")), 0);
    expect_words(&t, "affected", "the guest does not start and is not migrated\",\"risk\":1");
    assert_int_equal(plane_test_told_count(&t, "affected"), 1);
    assert_false(was_asked(&t, "/nodes/pve1/lxc/105/config"));  /* containers have no drives */
    assert_false(was_asked(&t, "/nodes/pve2/qemu/109/config")); /* and that node cannot reach it */
    expect_told(&t, "incomplete", 0, NULL);
    plane_test_done(&t);
}

static void clones_and_memory_hang_on_a_volume(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "ceph", "ceph:base-9000-disk-0");
    plane_test_answer(
        &t, "/nodes/pve1/storage/ceph/content", 200,
        "[{\"volid\":\"ceph:base-9000-disk-0\",\"content\":\"images\",\"vmid\":9000},"
        "{\"volid\":\"ceph:base-9000-disk-0/vm-109-disk-0\",\"content\":\"images\",\"vmid\":109},"
        "{\"volid\":\"ceph:vm-100-disk-1\",\"content\":\"images\",\"vmid\":100,\"parent\":\"base-9000-disk-0@"
        "__base__\"},"
        "{\"volid\":\"ceph:vm-100-disk-2\",\"content\":\"images\",\"vmid\":100,\"parent\":\"base-9000-disk-"
        "01@__base__\"}]");
    plane_test_answer(&t, "/nodes/pve1/qemu/100/config", 200, "{\"digest\":\"x\"}");
    plane_test_answer(&t, "/nodes/pve1/lxc/105/config", 200, "{\"digest\":\"x\"}");
    plane_test_answer(&t, "/nodes/pve2/qemu/109/config", 200, "{\"digest\":\"x\"}");
    assert_int_equal(plane_test_blast(&t, storage, "volume.delete", SUBJECT("ceph:base-9000-disk-0", "pve1")),
                     0);
    assert_int_equal(plane_test_told_count(&t, "affected"), 2);
    expect_words(&t, "affected", "guest/109");
    expect_words(&t, "affected", "guest/100");
    plane_test_done(&t);

    begin(&t, "ceph", "ceph:vm-100-state-before");
    plane_test_answer(&t, "/nodes/pve1/storage/ceph/content", 200,
                      "[{\"volid\":\"ceph:vm-100-state-before\",\"content\":\"images\",\"vmid\":100}]");
    plane_test_answer(&t, "/nodes/pve1/qemu/100/config", 200, "{\"digest\":\"x\"}");
    plane_test_answer(&t, "/nodes/pve1/lxc/105/config", 200, "{\"digest\":\"x\"}");
    plane_test_answer(&t, "/nodes/pve2/qemu/109/config", 200, "{\"digest\":\"x\"}");
    assert_int_equal(
        plane_test_blast(&t, storage, "volume.delete", SUBJECT("ceph:vm-100-state-before", "pve1")), 0);
    expect_words(&t, "affected", "memory of snapshot or suspension \\\"before\\\"");
    plane_test_done(&t);
}

/* ---- what is lost with a backup */

static void blast_backup(struct plane_test *t, const char *nfs, const char *pbs)
{
    begin(t, "nfs", "nfs:backup/old.tar");
    plane_test_answer(t, "/nodes/pve1/storage/nfs/content", 200, nfs);
    backups(t, "&vmid=105", nfs, pbs, "[]");
    plane_test_answer(t, "/cluster/backup", 200,
                      "[{\"id\":\"nightly\",\"vmid\":\"105\",\"storage\":\"nfs\",\"prune-backups\":{\"keep-"
                      "last\":3,\"keep-all\":0}}]");
    assert_int_equal(plane_test_blast(t, storage, "backup.delete", SUBJECT("nfs:backup/old.tar", "pve1")), 0);
}

static void the_last_copy_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    blast_backup(&t, "[" OLD_105 "]", "[]");
    expect_words(&t, "affected", "loses its only backup that was found");
    expect_words(&t, "affected",
                 "job nightly keeps keep-all=0,keep-last=3"); /* in one order, whatever came */
    plane_test_done(&t);
    blast_backup(&t, "[" OLD_105 "]", "[" NEW_105 "]");
    expect_words(&t, "affected",
                 "\"resource\":\"guest/105\",\"name\":\"ct\",\"effect\":\"loses one of its backups; 1 other "
                 "stays, the newest of 1970-01-24");
    plane_test_done(&t);
    blast_backup(&t,
                 "[{\"volid\":\"nfs:backup/"
                 "old.tar\",\"content\":\"backup\",\"vmid\":105,\"ctime\":1000,\"verification\":{"
                 "\"state\":\"ok\"}}]",
                 "[{\"volid\":\"pbs:x\",\"content\":\"backup\",\"vmid\":105,\"ctime\":5000}]");
    expect_words(&t, "affected", "loses its only verified backup; 1 other");
    plane_test_done(&t);
    begin(&t, "nfs", "nfs:backup/old.tar");
    plane_test_answer(
        &t, "/nodes/pve1/storage/nfs/content", 200,
        "[{\"volid\":\"nfs:backup/old.tar\",\"content\":\"backup\",\"vmid\":777,\"ctime\":1000}]");
    backups(&t, "&vmid=777", "[]", "[]", "[]");
    plane_test_answer(&t, "/cluster/backup", 500, "");
    assert_int_equal(plane_test_blast(&t, storage, "backup.delete", SUBJECT("nfs:backup/old.tar", "pve1")),
                     0);
    expect_words(&t, "affected", "does not exist any more, and this is the last copy");
    expect_words(&t, "incomplete", "the backup jobs");
    plane_test_done(&t);
}

/* ---- freshness */

static void fresh(struct plane_test *t, const char *old)
{
    plane_test_init(t);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, GUESTS);
    plane_test_answer(t, "/nodes", 200, NODES);
    plane_test_answer(t, "/storage", 200, STORAGES);
    backups(t, "", "[" OLD_105 "]", "[" NEW_105 "]", old);
}

static void the_newest_backup_over_all_storages_counts(void **state)
{
    struct plane_test t;
    (void)state;
    fresh(&t, "[{\"volid\":\"old:x\",\"vmid\":100,\"ctime\":3000000,\"protected\":1,\"verification\":{"
              "\"state\":\"failed\"}}]");
    assert_int_equal(plane_test_read(&t, storage, "pve_backup_freshness"), 0);
    assert_int_equal(t.reply_count, 3);
    assert_non_null(strstr(t.reply[0].data, "\"storages\":[]"));
    assert_non_null(strstr(t.reply[1].data, "\"without\":1"));
    assert_non_null(strstr(
        t.reply[2].data, "\"vmid\":105,\"name\":\"ct\",\"node\":\"pve1\",\"type\":\"lxc\",\"template\":false,"
                         "\"archives\":2,\"state\":\"backed up\",\"volid\":\"pbs:backup/ct/105/"));
    assert_non_null(strstr(t.reply[2].data, "\"verified\":\"failed\",\"protected\":true"));
    assert_non_null(strstr(t.reply[2].data, "\"archives\":0,\"state\":\"none\"}"));
    assert_int_equal(t.reply[2].flags, PROXIMO_CONTENT_COMPLETE);
    assert_false(was_asked(&t, "/nodes/pve2/storage/nfs/content?content=backup")); /* shared: once */
    plane_test_done(&t);
}

static void what_was_not_seen_comes_first(void **state)
{
    struct plane_test t;
    (void)state;
    fresh(&t, NULL);
    plane_test_argument(&t, "older_than_days", "1", 0);
    assert_int_equal(plane_test_read(&t, storage, "pve_backup_freshness"), 0);
    assert_non_null(
        strstr(t.reply[0].data, "{\"storage\":\"old\",\"node\":\"pve2\",\"why\":\"HTTP status 500\"}"));
    assert_non_null(strstr(t.reply[2].data, "\"state\":\"none seen\""));
    assert_non_null(strstr(t.reply[2].data, "\"state\":\"old\""));
    assert_int_equal(t.reply[2].flags, PROXIMO_CONTENT_INCOMPLETE);
    assert_non_null(strstr(t.reply[2].note, "storage old of node pve2"));
    plane_test_done(&t);
}

static void a_shared_storage_is_asked_of_another_node(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_answer(&t, "/cluster/resources?type=vm", 200, GUESTS);
    plane_test_answer(&t, "/nodes", 200, NODES);
    plane_test_answer(&t, "/storage", 200, "[{\"storage\":\"nfs\",\"type\":\"nfs\",\"content\":\"backup\"}]");
    plane_test_answer(&t, "/nodes/pve1/storage/nfs/content?content=backup", 500, "");
    plane_test_answer(&t, "/nodes/pve2/storage/nfs/content?content=backup", 200, "[" OLD_105 "]");
    assert_int_equal(plane_test_read(&t, storage, "pve_backup_freshness"), 0);
    assert_non_null(strstr(t.reply[0].data, "\"storages\":[]"));
    assert_non_null(strstr(t.reply[2].data, "nfs:backup/old.tar"));
    plane_test_done(&t);
}

/* ---- downloads */

static void download(struct plane_test *t, const char *url, const char *filename, const char *files)
{
    plane_test_init(t);
    plane_test_argument(t, "node", "pve1", 1);
    plane_test_argument(t, "storage", "local", 1);
    plane_test_argument(t, "content", "iso", 1);
    plane_test_argument(t, "url", url, 1);
    plane_test_argument(t, "filename", filename, 1);
    plane_test_answer(t, "/nodes/pve1/storage/local/status", 200,
                      "{\"content\":\"iso,vztmpl\",\"enabled\":1,\"active\":1,\"avail\":5}");
    plane_test_answer(t, "/nodes/pve1/storage/local/content?content=iso", 200, files);
}

static void what_may_be_downloaded(void **state)
{
    static const struct {
        const char *url, *filename, *files, *words;
        int32_t code;
    } refused[] = {
        {"https://u:p@x.example.com/a.iso", "a.iso", "[]", "user name or password", PROXIMO_EINVAL},
        {"https://u@x.example.com/a.iso", "a.iso", "[]", "user name or password", PROXIMO_EINVAL},
        {"https://u:p/w@x.example.com/a.iso", "a.iso", "[]", "user name or password", PROXIMO_EINVAL},
        {"file:///etc/passwd", "a.iso", "[]", "http://", PROXIMO_EINVAL},
        {"https:///a.iso", "a.iso", "[]", "http://", PROXIMO_EINVAL},
        {"https://x.example.com/a.iso", "../a.iso", "[]", "filename", PROXIMO_EINVAL},
        {"https://x.example.com/a.iso", ".iso", "[]", "filename", PROXIMO_EINVAL},
        {"https://x.example.com/a.iso", "a.tar.gz", "[]", "does not end", PROXIMO_EINVAL},
        {"https://x.example.com/a.iso", "a.iso", "[{\"volid\":\"local:iso/a.iso\"}]", "is there already",
         PROXIMO_ESTATE},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        download(&t, refused[i].url, refused[i].filename, refused[i].files);
        expect_failure(&t, plane_test_plan(&t, storage, "pve_storage_download"), refused[i].code,
                       refused[i].words);
        assert_null(strstr(t.fail_text, "u:p"));
        plane_test_done(&t);
    }
    download(&t, "https://x.example.com/a.iso", "a.iso", "[]");
    t.denied = 1;
    expect_failure(&t, plane_test_plan(&t, storage, "pve_storage_download"), PROXIMO_EDENIED,
                   "Sys.AccessNetwork");
    plane_test_done(&t);
    download(&t, "http://x.example.com/a.iso", "a.iso", "[]");
    plane_test_argument(&t, "verify_certificates", "false", 0);
    assert_int_equal(plane_test_plan(&t, storage, "pve_storage_download"), 0);
    expect_words(&t, "risks", "no checksum is given: whoever is on the way");
    expect_words(&t, "risks", "certificate is not verified");
    expect_words(&t, "steps", "{\"name\":\"verify-certificates\",\"value\":\"0\"}");
    expect_words(&t, "guards", "[volid=local:iso/a.iso]/size,[volid=local:iso/a.iso]/ctime");
    plane_test_done(&t);
}

#define AFTER(size)                                                                                          \
    "{\"undo_of\":null,\"after\":[{\"[volid=local:iso/a.iso]/size\":" size                                   \
    ",\"[volid=local:iso/a.iso]/ctime\":7}]}"

static void a_download_is_undone_while_it_is_the_same(void **state)
{
    static struct plane_test t;
    (void)state;
    download(&t, "https://x.example.com/a.iso", "a.iso",
             "[{\"volid\":\"local:iso/a.iso\",\"size\":5,\"ctime\":7}]");
    assert_int_equal(plane_test_plan_undo(&t, storage, "pve_storage_download", AFTER("5")), 0);
    expect_words(&t, "steps", "\"method\":\"DELETE\"");
    expect_words(&t, "subjects", "\"class\":\"volume.delete\"");
    plane_test_done(&t);
    download(&t, "https://x.example.com/a.iso", "a.iso",
             "[{\"volid\":\"local:iso/a.iso\",\"size\":5,\"ctime\":7}]");
    expect_failure(&t, plane_test_plan_undo(&t, storage, "pve_storage_download", AFTER("6")), PROXIMO_ESTATE,
                   "not the one");
    plane_test_done(&t);
    download(&t, "https://x.example.com/a.iso", "a.iso", "[]");
    expect_failure(&t, plane_test_plan_undo(&t, storage, "pve_storage_download", AFTER("5")), PROXIMO_ESTATE,
                   "not there");
    plane_test_done(&t);
}

int main(void)
{
    storage = plane_load("storage");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_volume_must_be_there_and_on_its_storage),
        cmocka_unit_test(a_backup_goes_and_says_what_stays),
        cmocka_unit_test(a_protected_backup_is_refused),
        cmocka_unit_test(notes_are_set_and_come_back),
        cmocka_unit_test(disks_are_matched_exactly),
        cmocka_unit_test(a_disc_in_a_drive_is_named_at_low_risk),
        cmocka_unit_test(clones_and_memory_hang_on_a_volume),
        cmocka_unit_test(the_last_copy_is_told),
        cmocka_unit_test(the_newest_backup_over_all_storages_counts),
        cmocka_unit_test(what_was_not_seen_comes_first),
        cmocka_unit_test(a_shared_storage_is_asked_of_another_node),
        cmocka_unit_test(what_may_be_downloaded),
        cmocka_unit_test(a_download_is_undone_while_it_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
