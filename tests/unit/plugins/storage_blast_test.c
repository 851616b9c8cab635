/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the classes storage.* affect: a cluster of two nodes with one guest of each sort. */
#include "plan_rig.h"

static const struct proximo_plane *plane;

static int load(void **state)
{
    (void)state;
    plane = plane_load("storage");
    return 0;
}

#define SHARED                                                                                               \
    "{\"storage\":\"nfs1\",\"type\":\"nfs\",\"server\":\"10.0.0.5\",\"export\":\"/x\",\"path\":\"/mnt/pve/"  \
    "nfs1\",\"shared\":1,\"content\":\"images,rootdir,iso,backup,snippets\"}"
#define ENTRIES                                                                                              \
    "[" SHARED                                                                                               \
    ",{\"storage\":\"local\",\"type\":\"dir\",\"path\":\"/var/lib/vz\",\"content\":\"backup,iso\"},"         \
    "{\"storage\":\"twin\",\"type\":\"nfs\",\"server\":\"10.0.0.5\",\"export\":\"/"                          \
    "x\",\"content\":\"images\"},"                                                                           \
    "{\"storage\":\"sub\",\"type\":\"dir\",\"path\":\"/mnt/pve/nfs1/sub\",\"content\":\"iso\"},"             \
    "{\"storage\":\"nfs10\",\"type\":\"nfs\",\"server\":\"10.0.0.5\",\"export\":\"/"                         \
    "x0\",\"content\":\"images\"}]"
#define NODES "[{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":\"pve2\",\"status\":\"online\"}]"
#define GUEST(kind, id, at, state)                                                                           \
    "{\"type\":\"" kind "\",\"vmid\":" id ",\"node\":\"" at "\",\"name\":\"g" id "\",\"status\":\"" state    \
    "\"}"
#define GUESTS                                                                                               \
    "["                                                                                                      \
    "{\"type\":\"qemu\",\"vmid\":100,\"node\":\"pve1\",\"name\":\"g100\",\"status\":\"running\","            \
    "\"hastate\":\"started\"}"                                                                               \
    "," GUEST("qemu", "101", "pve1", "stopped") "," GUEST("qemu", "102", "pve2", "stopped") "," GUEST(       \
        "qemu", "103", "pve2",                                                                               \
        "stopped") "," GUEST("lxc", "104", "pve1",                                                           \
                             "running") "," GUEST("qemu", "105", "pve2",                                     \
                                                  "stopped") "," GUEST("qemu", "106", "pve2",                \
                                                                       "stopped") "," GUEST("qemu", "107",   \
                                                                                            "pve1",          \
                                                                                            "stopped") ","   \
                                                                                                       "{\"" \
                                                                                                       "typ" \
                                                                                                       "e\"" \
                                                                                                       ":\"" \
                                                                                                       "qem" \
                                                                                                       "u\"" \
                                                                                                       ",\"" \
                                                                                                       "vmi" \
                                                                                                       "d\"" \
                                                                                                       ":90" \
                                                                                                       "00," \
                                                                                                       "\"n" \
                                                                                                       "ode" \
                                                                                                       "\":" \
                                                                                                       "\"p" \
                                                                                                       "ve2" \
                                                                                                       "\"," \
                                                                                                       "\"n" \
                                                                                                       "ame" \
                                                                                                       "\":" \
                                                                                                       "\"t" \
                                                                                                       "pl"  \
                                                                                                       "\"," \
                                                                                                       "\"s" \
                                                                                                       "tat" \
                                                                                                       "us"  \
                                                                                                       "\":" \
                                                                                                       "\"s" \
                                                                                                       "top" \
                                                                                                       "ped" \
                                                                                                       "\"," \
                                                                                                       "\"t" \
                                                                                                       "emp" \
                                                                                                       "lat" \
                                                                                                       "e\"" \
                                                                                                       ":1}" \
                                                                                                       "]"
#define CONTENT                                                                                              \
    "[{\"volid\":\"nfs1:100/vm-100-disk-0.raw\",\"vmid\":100,\"content\":\"images\"},"                       \
    "{\"volid\":\"nfs1:106/vm-106-state-x.raw\",\"vmid\":106,\"content\":\"images\"},"                       \
    "{\"volid\":\"nfs1:iso/a.iso\",\"content\":\"iso\"},{\"volid\":\"nfs1:iso/b.iso\",\"content\":\"iso\"}," \
    "{\"volid\":\"nfs1:backup/vzdump-qemu-100-1.zst\",\"vmid\":100,\"content\":\"backup\"},"                 \
    "{\"volid\":\"nfs1:backup/vzdump-qemu-101-1.zst\",\"vmid\":101,\"content\":\"backup\"},"                 \
    "{\"volid\":\"nfs1:backup/vzdump-qemu-700-1.zst\",\"vmid\":700,\"content\":\"backup\"}]"

static void config(struct plane_test *t, const char *node, const char *kind, const char *vmid,
                   const char *json)
{
    char path[200], data[1000];
    (void)snprintf(path, sizeof(path), "/nodes/%s/%s/%s/config", node, kind, vmid);
    (void)snprintf(data, sizeof(data), "{\"digest\":\"d\"%s%s}", *json ? "," : "", json);
    plane_test_answer(t, path, 200, data);
}

/* The cluster but its list of guests, behind what the test has answered before. */
static void begin_with(struct plane_test *t)
{
    plane_test_answer(t, "/storage", 200, ENTRIES);
    plane_test_answer(t, "/nodes", 200, NODES);
    plane_test_answer(t, "/access/acl", 200,
                      "[{\"path\":\"/storage/nfs1\",\"type\":\"group\",\"ugid\":\"ops\",\"roleid\":"
                      "\"PVEDatastoreUser\"},{\"path\":\"/storage/nfs10\",\"type\":\"user\",\"ugid\":"
                      "\"x@pve\",\"roleid\":\"PVEDatastoreUser\"}]");
    plane_test_answer(t, "/pools", 200, "[{\"poolid\":\"web\"},{\"poolid\":\"other\"}]");
    plane_test_answer(t, "/pools?poolid=web", 200, "[{\"members\":[{\"storage\":\"nfs1\"}]}]");
    plane_test_answer(t, "/pools?poolid=other", 200, "[{\"members\":[{\"storage\":\"nfs10\"}]}]");
    plane_test_answer(t, "/nodes/pve1/storage/nfs1/content", 200, CONTENT);
    plane_test_answer(t, "/nodes/pve1/storage/local/content?content=backup", 200,
                      "[{\"volid\":\"local:backup/x\",\"vmid\":101,\"content\":\"backup\"}]");
    plane_test_answer(t, "/nodes/pve2/storage/local/content?content=backup", 200, "[]");
    plane_test_answer(
        t, "/cluster/backup", 200,
        "[{\"id\":\"nightly\",\"storage\":\"nfs1\",\"schedule\":\"02:00\",\"all\":1},"
        "{\"id\":\"own\",\"storage\":\"nfs1\",\"vmid\":\"100\",\"node\":\"pve1\",\"prune-backups\":"
        "{\"keep-last\":\"2\"}},{\"id\":\"local\",\"schedule\":\"03:00\"},{\"id\":"
        "\"off\",\"storage\":\"nfs1\",\"enabled\":0}]");
    plane_test_answer(
        t, "/cluster/mapping/dir", 200,
        "[{\"id\":\"films\",\"map\":[\"node=pve1,path=/srv/films\",\"node=pve2,path=/mnt/pve/nfs1/films\"]},"
        "{\"id\":\"other\",\"map\":[\"node=pve1,path=/mnt/pve/nfs10/x\"]}]");
    plane_test_answer(t, "/cluster/replication", 200,
                      "[{\"id\":\"104-0\",\"guest\":104,\"target\":\"pve2\"},{\"id\":\"102-0\",\"guest\":102,"
                      "\"target\":\"pve1\"}]");
    plane_test_answer(
        t, "/cluster/tasks", 200,
        "[{\"type\":\"vzdump\",\"id\":\"\",\"node\":\"pve1\",\"upid\":\"U\"},{\"type\":\"vzdump\",\"id\":"
        "\"101\",\"node\":\"pve1\",\"status\":\"OK\",\"endtime\":5}]");
    config(t, "pve1", "qemu", "100",
           "\"boot\":\"order=scsi0\",\"scsi0\":\"nfs1:100/vm-100-disk-0.raw,size=8G\"");
    config(
        t, "pve1", "qemu", "101",
        "\"boot\":\"order=scsi0\",\"scsi0\":\"zfs:vm-101-disk-0\",\"scsi1\":\"nfs1:101/vm-101-disk-1.raw\"");
    config(
        t, "pve2", "qemu", "102",
        "\"boot\":\"order=scsi0\",\"scsi0\":\"zfs:vm-102-disk-0\",\"ide2\":\"nfs1:iso/a.iso,media=cdrom\"");
    config(t, "pve2", "qemu", "103", "\"scsi0\":\"zfs:a\",\"scsi1\":\"nfs1:103/vm-103-disk-1.raw\"");
    config(t, "pve1", "lxc", "104",
           "\"rootfs\":\"nfs1:104/vm-104-disk-0.raw\",\"mp0\":\"/mnt/pve/nfs1/share,mp=/"
           "s\",\"lxc\":[[\"lxc.mount.entry\",\"/mnt/pve/"
           "nfs1/raw raw none bind 0 0\"],[\"lxc.cap.drop\",\"sys_time\"]]");
    config(t, "pve2", "qemu", "105",
           "\"boot\":\"order=scsi0\",\"scsi0\":\"nfs1:9000/base-9000-disk-0.raw/105/vm-105-disk-0.qcow2\"");
    config(t, "pve2", "qemu", "106", "\"boot\":\"order=scsi0\",\"scsi0\":\"nfs10:106/vm-106-disk-0.raw\"");
    config(t, "pve1", "qemu", "107",
           "\"boot\":\"order=scsi0\",\"scsi0\":\"zfs:b\",\"tpmstate0\":\"nfs1:107/"
           "vm-107-disk-1.raw\",\"unused0\":"
           "\"nfs1:107/vm-107-disk-2.raw\"");
    config(t, "pve2", "qemu", "9000", "\"template\":1,\"scsi0\":\"nfs1:9000/base-9000-disk-0.raw\"");
}

static void begin(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, GUESTS);
    begin_with(t);
}

static void run(struct plane_test *t, const char *class, const char *subject)
{
    int32_t r = plane_test_blast(t, plane, class, subject);
    if (r)
        fail_msg("%s: %d %s", class, (int)r, t->fail_text);
}

/* The row of a resource whose effect has these words. */
static const char *row_of(const struct plane_test *t, const char *resource, const char *words)
{
    char key[200];
    (void)snprintf(key, sizeof(key), "{\"resource\":\"%s\",", resource);
    for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++) {
        const char *row = plane_test_told(t, "affected", i);
        if (strncmp(row, key, strlen(key)) == 0 && strstr(row, words))
            return row;
    }
    return NULL;
}

static void expect_row(const struct plane_test *t, const char *resource, const char *words, int risk,
                       const char *facts)
{
    char level[20];
    const char *row = row_of(t, resource, words);
    (void)snprintf(level, sizeof(level), "\"risk\":%d", risk);
    if (!row || !strstr(row, level) || !strstr(row, facts)) {
        for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++)
            print_message("%s\n", plane_test_told(t, "affected", i));
        fail_msg("%s \"%s\" %s %s is not there", resource, words, level, facts);
    }
}

#define ALL "{\"kind\":\"storage\",\"storage\":\"nfs1\"}"

static void a_removed_storage_names_who_gets_hurt(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    run(&t, "storage.delete", ALL);
    if (plane_test_told_count(&t, "incomplete"))
        fail_msg("%s", plane_test_told(&t, "incomplete", 0));
    expect_row(
        &t, "storage/nfs1", "no node uses it", 3,
        "{\"guests_on_it\":9,\"of_them_running\":2,\"of_them_high_risk\":6,\"backup_jobs\":3,\"guests_with_"
        "backups_only_there\":1,\"type\":\"nfs\"");
    expect_row(&t, "group/ops", "loses the role PVEDatastoreUser on the storage", 2,
               "\"role\":\"PVEDatastoreUser\"");
    expect_row(&t, "pool/web", "loses the storage as a member", 1, "");
    assert_null(row_of(&t, "user/x@pve", ""));
    assert_null(row_of(&t, "pool/other", ""));
    expect_row(&t, "guest/100", "does not start any more: its boot disk", 3,
               "\"node\":\"pve1\",\"kind\":\"qemu\",\"running\":true,\"ha\":\"started\",\"slots\":[\"scsi0\"]"
               ",\"only_copy\":true");
    expect_row(&t, "guest/101", "loses a data disk", 2, "\"slots\":[\"scsi1\"],\"only_copy\":false");
    expect_row(&t, "guest/102", "the CD image in its drive", 2, "\"slots\":[\"ide2\"]");
    expect_row(&t, "guest/104", "root file system", 3, "\"slots\":[\"rootfs\",\"mp0\",\"lxc.mount.entry\"]");
    expect_row(&t, "guest/105", "boot disk", 3, "\"base\":\"base-9000-disk-0.raw\"");
    expect_row(&t, "guest/106", "does not name", 2, "\"node\":\"pve2\"");
    expect_row(&t, "guest/107", "TPM state", 3, "\"slots\":[\"tpmstate0\",\"unused0\"]");
    expect_row(&t, "guest/9000", "is a template", 3, "\"linked_clones\":[105],\"linked_clone_count\":1");
    expect_row(&t, "backup-job/nightly", "fails from now on", 2, "\"schedule\":\"02:00\"");
    expect_row(&t, "backup-job/own", "fails from now on", 2, "");
    assert_null(row_of(&t, "backup-job/local", ""));
    expect_row(&t, "backup-job/off", "is disabled", 1, "");
    expect_row(&t, "guest/100", "all its backups are on it", 2, "\"backups\":1");
    assert_null(row_of(&t, "guest/101", "all its backups")); /* local has one */
    expect_row(&t, "CD images on storage/nfs1", "", 1, "\"count\":2");
    expect_row(&t, "other backups on storage/nfs1", "", 1, "\"count\":1");
    expect_row(&t, "replication/104-0", "copies disks", 2, "\"target\":\"pve2\"");
    assert_null(row_of(&t, "replication/102-0", ""));
    expect_row(&t, "mapping/dir/films", "not mounted any more", 2, "");
    assert_null(row_of(&t, "mapping/dir/other", ""));
    expect_row(&t, "storage/twin", "same data", 1, "");
    expect_row(&t, "storage/sub", "inside its path", 2, "");
    assert_null(row_of(&t, "storage/nfs10", "")); /* another name that begins alike */
    assert_int_equal(plane_test_told_count(&t, "risks"), 1);
    expect_words(&t, "risks", "vzdump");
    plane_test_done(&t);
}

/* Lesson 8: a boot disk that is not said may be the one that is lost. */
static void an_unknown_boot_disk_is_taken_to_be_there(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    run(&t, "storage.disable", ALL);
    expect_row(&t, "guest/103", "does not start any more", 3, "\"boot_disk\":\"not said");
    expect_row(&t, "storage/nfs1", "until it is enabled", 3, "");
    plane_test_done(&t);
    begin(&t); /* what changes beside it is said as well */
    run(&t, "storage.disable", "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"prune-backups\":\"\"}");
    expect_row(&t, "backups on storage/nfs1", "pile up", 1, "");
    plane_test_done(&t);
}

/* Lesson 15 and BR5: only guests on nodes that are not in the new list. */
static void a_restriction_strands_the_guests_of_other_nodes(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    run(&t, "storage.restrict", "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"nodes\":\"pve1\"}");
    assert_null(row_of(&t, "guest/100", "does not start"));
    assert_null(row_of(&t, "guest/104", "does not start"));
    expect_row(&t, "guest/105", "does not start any more", 3, "");
    expect_row(&t, "guest/9000", "is a template", 3, "");
    expect_row(&t, "guest/100", "HA cannot recover it", 1, "\"ha\":\"started\"");
    expect_row(&t, "backup-job/nightly", "on the nodes that lose it", 2, "");
    assert_null(row_of(&t, "backup-job/own", "")); /* it runs on pve1 */
    assert_null(row_of(&t, "guest/100", "all its backups"));
    assert_int_equal(plane_test_told_count(&t, "risks"), 0); /* what runs, runs on pve1 */
    plane_test_done(&t);
    begin(&t);
    run(&t, "storage.restrict", "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"nodes\":\"\"}");
    assert_int_equal(plane_test_told_count(&t, "affected"), 0);
    plane_test_done(&t);
}

static void content_taken_away_names_those_who_have_it(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    run(&t, "storage.update", "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"content_removed\":\"iso\"}");
    expect_row(&t, "guest/102", "CD image", 1, "");
    assert_null(row_of(&t, "guest/100", ""));
    assert_null(row_of(&t, "backup-job/nightly", ""));
    plane_test_done(&t);
    begin(&t);
    run(&t, "storage.update",
        "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"content_removed\":\"images,backup\"}");
    expect_row(&t, "guest/100", "may not start any more", 2, "");
    assert_null(row_of(&t, "guest/104", "may not start")); /* a container's is rootdir */
    expect_row(&t, "backup-job/nightly", "fails", 2, "");
    plane_test_done(&t);
    begin(&t);
    run(&t, "storage.update", ALL);
    assert_int_equal(plane_test_told_count(&t, "affected"), 1);
    plane_test_done(&t);
}

static void retention_says_what_the_next_backup_deletes(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_answer(
        &t, "/nodes/pve1/storage/nfs1/prunebackups?prune-backups=keep-last%3D1", 200,
        "[{\"volid\":\"a\",\"mark\":\"keep\"},{\"volid\":\"b\",\"mark\":\"remove\"},{\"volid\":\"c\","
        "\"mark\":\"remove\"}]");
    run(&t, "storage.update",
        "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"prune-backups\":\"keep-last=1\"}");
    expect_row(&t, "backups on storage/nfs1", "the next backup deletes", 2,
               "\"looked_at_on\":\"pve1\",\"would_be_deleted_now\":2,\"would_be_kept\":1");
    expect_row(&t, "backup-job/nightly", "no retention of its own", 2, "");
    assert_null(row_of(&t, "backup-job/own", ""));
    plane_test_done(&t);
    begin(&t);
    run(&t, "storage.update", "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"prune-backups\":\"\"}");
    expect_row(&t, "backups on storage/nfs1", "pile up", 1, "");
    plane_test_done(&t);
}

/* Lesson 11: an empty configuration is unread; what could not be read is never left out. */
static void what_could_not_be_read_is_said(void **state)
{
    char empty[] = "{}";
    struct plane_test t;
    (void)state;
    begin(&t);
    for (uint32_t i = 0; i < t.answer_count; i++) {
        if (strcmp(t.answers[i].path, "/nodes/pve1/qemu/100/config") == 0)
            t.answers[i].data = empty;
        if (strcmp(t.answers[i].path, "/cluster/backup") == 0)
            t.answers[i].status = 403;
    }
    run(&t, "storage.delete", ALL);
    expect_words(&t, "incomplete",
                 "{\"what\":\"the configuration of guest/100\",\"why\":\"its configuration came back");
    expect_words(&t, "incomplete", "the backup jobs");
    expect_row(&t, "guest/100", "was not read", 3, "");
    plane_test_done(&t);

    begin(&t);
    for (uint32_t i = 0; i < t.answer_count; i++) {
        if (strcmp(t.answers[i].path, "/nodes/pve1/storage/nfs1/content") == 0 ||
            strcmp(t.answers[i].path, "/storage") == 0)
            t.answers[i].status = 500;
    }
    run(&t, "storage.delete", ALL);
    expect_words(&t, "incomplete", "the storage itself");
    expect_words(&t, "incomplete", "what is on storage nfs1");
    expect_row(&t, "guest/100", "does not start any more", 3, ""); /* by its configuration all the same */
    assert_null(row_of(&t, "guest/106", "does not name"));         /* nobody knows what is there */
    plane_test_done(&t);
}

/* In a large cluster only owners are read, and what was not looked for is said with numbers. */
static void in_a_large_cluster_only_owners_are_read(void **state)
{
    static char guests[120000];
    struct plane_test t;
    size_t len = 0;
    uint32_t configs = 0;
    (void)state;
    plane_test_init(&t);
    for (int i = 0; i < 600; i++)
        len += (size_t)snprintf(guests + len, sizeof(guests) - len,
                                "%c{\"type\":\"qemu\",\"vmid\":%d,\"node\":\"pve1\",\"status\":\"stopped\"}",
                                i ? ',' : '[', 100 + i);
    (void)snprintf(guests + len, sizeof(guests) - len, "]");
    plane_test_answer(&t, "/cluster/resources?type=vm", 200, guests);
    begin_with(&t);
    run(&t, "storage.delete", ALL);
    for (uint32_t i = 0; i < t.asked_count; i++)
        configs += strstr(t.asked[i], "/config") != NULL;
    assert_int_equal(configs, 2); /* 100 and 106 own a volume */
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 2);
    expect_words(&t, "incomplete", "CD drives, hook scripts and foreign disks of at least 590 guests");
    expect_words(&t, "incomplete", "the configuration of guest/106"); /* it is not on pve1 */
    expect_row(&t, "guest/100", "does not start any more", 3, "");
    expect_row(&t, "guest/106", "was not read", 3, "");
    assert_null(row_of(&t, "guest/101", "start"));
    plane_test_done(&t);
}

static void a_call_that_is_over_ends(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    t.cancelled = 1;
    assert_int_equal(plane_test_blast(&t, plane, "storage.delete", ALL), PROXIMO_ECANCELLED);
    plane_test_done(&t);
}

static void other_changes_of_the_entry(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    run(&t, "storage.update", "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"shared\":\"1\"}");
    expect_row(&t, "storage/nfs1", "does not find its disks", 2, "");
    plane_test_done(&t);
    begin(&t);
    run(&t, "storage.update", "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"opened\":\"1\"}");
    expect_row(&t, "storage/nfs1", "is used by more nodes", 1, "");
    plane_test_done(&t);
    begin(&t);
    run(&t, "storage.update", "{\"kind\":\"storage\",\"storage\":\"nfs1\",\"moved\":\"1\"}");
    expect_row(&t, "guest/100", "unless the new place has its boot disk", 3, "");
    plane_test_done(&t);
    begin(&t);
    run(&t, "storage.create", "{\"kind\":\"storage\",\"storage\":\"fresh\"}");
    assert_int_equal(plane_test_told_count(&t, "affected"), 1);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_removed_storage_names_who_gets_hurt),
        cmocka_unit_test(an_unknown_boot_disk_is_taken_to_be_there),
        cmocka_unit_test(a_restriction_strands_the_guests_of_other_nodes),
        cmocka_unit_test(content_taken_away_names_those_who_have_it),
        cmocka_unit_test(retention_says_what_the_next_backup_deletes),
        cmocka_unit_test(what_could_not_be_read_is_said),
        cmocka_unit_test(in_a_large_cluster_only_owners_are_read),
        cmocka_unit_test(a_call_that_is_over_ends),
        cmocka_unit_test(other_changes_of_the_entry),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
