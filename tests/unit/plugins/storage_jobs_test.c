/* SPDX-License-Identifier: Apache-2.0 */
/* Backup jobs: who loses or gains coverage, in which way guests are named, what a run by hand does. */
#include "plan_rig.h"

#define GUESTS                                                                                               \
    "[{\"type\":\"qemu\",\"vmid\":100,\"node\":\"pve1\",\"name\":\"web\"},"                                  \
    "{\"type\":\"lxc\",\"vmid\":105,\"node\":\"pve1\",\"name\":\"ct\"},"                                     \
    "{\"type\":\"qemu\",\"vmid\":109,\"node\":\"pve2\",\"name\":\"far\"}]"
#define NIGHTLY                                                                                              \
    "{\"id\":\"nightly\",\"type\":\"vzdump\",\"schedule\":\"02:00\",\"storage\":\"nfs\",\"vmid\":\"100,105," \
    "109\","                                                                                                 \
    "\"mode\":\"snapshot\",\"enabled\":1,\"prune-backups\":{\"keep-daily\":7,\"keep-last\":\"3\"}}"
#define WEEKLY "{\"id\":\"weekly\",\"pool\":\"prod\",\"storage\":\"nfs\",\"schedule\":\"sun\"}"
#define OFF    "{\"id\":\"off\",\"all\":1,\"storage\":\"nfs\",\"schedule\":\"sun\",\"enabled\":0}"
#define STORAGES                                                                                             \
    "[{\"storage\":\"nfs\",\"type\":\"nfs\",\"content\":\"backup\"},"                                        \
    "{\"storage\":\"lvm\",\"type\":\"lvm\",\"content\":\"images\"},"                                         \
    "{\"storage\":\"gone\",\"type\":\"nfs\",\"content\":\"backup\",\"disable\":1},"                          \
    "{\"storage\":\"part\",\"type\":\"dir\",\"content\":\"backup\",\"nodes\":\"pve1\"}]"

static const struct proximo_plane *storage;

static void begin(struct plane_test *t, const char *id)
{
    plane_test_init(t);
    plane_test_argument(t, "id", id, 1);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, GUESTS);
    plane_test_answer(t, "/cluster/backup", 200, "[" NIGHTLY "," WEEKLY "," OFF "]");
    plane_test_answer(t, "/cluster/backup/nightly", 200, NIGHTLY);
    plane_test_answer(t, "/cluster/backup/new", 400, "");
    plane_test_answer(t, "/storage", 200, STORAGES);
    plane_test_answer(
        t, "/nodes", 200,
        "[{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":\"pve2\",\"status\":\"offline\"}]");
}

static void pool_is(struct plane_test *t, const char *members)
{
    plane_test_answer(t, "/pools?poolid=prod", members ? 200 : 403, members ? members : "");
}

#define POOL_100                                                                                             \
    "[{\"poolid\":\"prod\",\"members\":[{\"id\":\"qemu/100\",\"vmid\":100},{\"storage\":\"nfs\"}]}]"
#define JOB(id, rest) "{\"kind\":\"backup-job\",\"id\":\"" id "\"" rest "}"

static void blast(struct plane_test *t, const char *operation_class, const char *subject, const char *members)
{
    begin(t, "nightly");
    pool_is(t, members);
    assert_int_equal(plane_test_blast(t, storage, operation_class, subject), 0);
}

/* ---- coverage */

static void guests_that_lose_their_only_job_are_named(void **state)
{
    struct plane_test t;
    (void)state;
    blast(&t, "backup-job.delete", JOB("nightly", ""), POOL_100);
    expect_words(&t, "affected",
                 "\"resource\":\"guest/100\",\"name\":\"web\",\"effect\":\"leaves this job; job weekly still "
                 "backs it up\",\"risk\":1}");
    expect_words(
        &t, "affected",
        "\"resource\":\"guest/105\",\"name\":\"ct\",\"effect\":\"is in no other enabled job: it is no "
        "longer backed up\",\"risk\":3}");
    expect_words(
        &t, "affected",
        "\"resource\":\"guest/109\",\"name\":\"far\",\"effect\":\"is in no other enabled job"); /* the
                                                                                                   disabled
                                                                                                   job covers
                                                                                                   nobody */
    assert_int_equal(plane_test_told_count(&t, "affected"), 4);
    expect_told(&t, "incomplete", 0, NULL);
    plane_test_done(&t);

    blast(&t, "backup-job.update", JOB("nightly", ",\"vmid\":\"100,105\""), POOL_100);
    expect_words(&t, "affected", "guest/109");
    assert_int_equal(plane_test_told_count(&t, "affected"), 2);
    plane_test_done(&t);

    blast(&t, "backup-job.update", JOB("nightly", ",\"vmid\":\"100,105,109\",\"enabled\":\"0\""), POOL_100);
    expect_words(&t, "affected", "is disabled: it runs no more");
    assert_int_equal(plane_test_told_count(&t, "affected"), 4);
    plane_test_done(&t);
}

static void guests_that_come_in_are_named(void **state)
{
    struct plane_test t;
    (void)state;
    blast(&t, "backup-job.create", JOB("new", ",\"vmid\":\"105,999\""), POOL_100);
    expect_words(&t, "affected",
                 "\"resource\":\"guest/105\",\"name\":\"ct\",\"effect\":\"is backed up by this job\"");
    expect_words(&t, "affected", "\"resource\":\"guest/999\",\"effect\":\"does not exist");
    plane_test_done(&t);
    blast(&t, "backup-job.update", JOB("off", ",\"all\":\"1\",\"exclude\":\"109\",\"enabled\":\"1\""),
          POOL_100);
    assert_int_equal(plane_test_told_count(&t, "affected"), 3); /* the job, 100 and 105 */
    plane_test_done(&t);
}

/* A pool that cannot be read covers nobody for sure. */
static void what_is_not_known_is_not_taken_for_covered(void **state)
{
    struct plane_test t;
    (void)state;
    blast(&t, "backup-job.delete", JOB("nightly", ""), NULL);
    expect_words(
        &t, "affected",
        "\"resource\":\"guest/100\",\"name\":\"web\",\"effect\":\"leaves this job; whether job weekly "
        "takes it is not known");
    expect_words(&t, "incomplete", "the members of pool prod");
    plane_test_done(&t);
    blast(&t, "backup-job.delete", JOB("weekly", ""), NULL);
    expect_words(&t, "incomplete", "the members of pool prod");
    assert_int_equal(plane_test_told_count(&t, "affected"), 4); /* still in nightly, each of them */
    plane_test_done(&t);
}

/* ---- plans */

static void guests_are_named_in_one_way(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "nightly");
    plane_test_argument(&t, "pool", "prod", 1);
    pool_is(&t, POOL_100);
    assert_int_equal(plane_test_plan(&t, storage, "pve_backup_job_update"), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"pool\",\"value\":\"prod\"},{\"name\":\"delete\",\"value\":\"vmid\"}");
    expect_words(&t, "subjects", "\"pool\":\"prod\"");
    plane_test_done(&t);

    begin(&t, "nightly");
    plane_test_argument(&t, "exclude", "[\"100\"]", 0);
    assert_int_equal(plane_test_plan(&t, storage, "pve_backup_job_update"), 0);
    expect_words(
        &t, "steps",
        "{\"name\":\"exclude\",\"value\":\"100\"},{\"name\":\"all\",\"value\":\"1\"},{\"name\":\"delete\","
        "\"value\":\"vmid\"}");
    plane_test_done(&t);

    begin(&t, "new");
    plane_test_argument(&t, "schedule", "daily", 1);
    plane_test_argument(&t, "all", "true", 0);
    plane_test_argument(&t, "pool", "prod", 1);
    expect_failure(&t, plane_test_plan(&t, storage, "pve_backup_job_create"), PROXIMO_EINVAL,
                   "different ways");
    plane_test_done(&t);

    begin(&t, "nightly");
    plane_test_argument(&t, "delete", "[\"vmid\"]", 0);
    expect_failure(&t, plane_test_plan(&t, storage, "pve_backup_job_update"), PROXIMO_EINVAL,
                   "no guest at all");
    plane_test_done(&t);
}

static void a_storage_that_takes_no_backups_is_told(void **state)
{
    static const struct {
        const char *storage, *node, *words;
    } table[] = {
        {"nosuch", NULL, "does not exist: every run fails"},
        {"lvm", NULL, "is not for backups"},
        {"gone", NULL, "is disabled: every run fails"},
        {"part", NULL, "is on pve1 only"},
        {"part", "pve2", "is not on node pve2"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        begin(&t, "new");
        plane_test_argument(&t, "schedule", "daily", 1);
        plane_test_argument(&t, "all", "true", 0);
        plane_test_argument(&t, "storage", table[i].storage, 1);
        if (table[i].node)
            plane_test_argument(&t, "node", table[i].node, 1);
        assert_int_equal(plane_test_plan(&t, storage, "pve_backup_job_create"), 0);
        expect_words(&t, "risks", table[i].words);
        plane_test_done(&t);
    }
}

static void what_the_next_run_deletes_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "nightly");
    plane_test_argument(&t, "prune_backups", "keep-last=1", 1);
    plane_test_answer(&t, "/nodes/pve1/storage/nfs/prunebackups?prune-backups=keep-last%3D1", 200,
                      "[{\"volid\":\"nfs:a\",\"vmid\":105,\"mark\":\"remove\"},{\"volid\":\"nfs:b\",\"vmid\":"
                      "105,\"mark\":\"keep\"},"
                      "{\"volid\":\"nfs:c\",\"vmid\":777,\"mark\":\"remove\"}]");
    assert_int_equal(plane_test_plan(&t, storage, "pve_backup_job_update"), 0);
    expect_words(&t, "risks", "the next run deletes 1 backup that is there now");
    expect_words(&t, "facts", "[\"nfs:a\"]");
    plane_test_done(&t);

    begin(&t, "nightly"); /* the same rules in another order are no change */
    plane_test_argument(&t, "prune_backups", "keep-last=3,keep-daily=7", 1);
    assert_int_equal(plane_test_plan(&t, storage, "pve_backup_job_update"), 0);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
}

static void a_removal_comes_back_whole(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "id", "new", 1);
    plane_test_answer(&t, "/cluster/backup/new", 400, "");
    plane_test_answer(&t, "/storage", 200, STORAGES);
    plane_test_answer(&t, "/nodes", 200, "[]");
    assert_int_equal(
        plane_test_plan_undo(
            &t, storage, "pve_backup_job_delete",
            "{\"before\":[{\"/schedule\":\"02:00\",\"/vmid\":\"105\",\"/mode\":\"snapshot\",\"/enabled\":1,"
            "\"/prune-backups\":{\"keep-last\":\"3\"},\"/exclude-path\":[\"/a\",\"/b\"],\"/"
            "pool\":{\"absent\":"
            "true}}],\"after\":[null]}"),
        0);
    expect_words(&t, "steps", "\"method\":\"POST\"");
    expect_words(
        &t, "steps",
        "{\"name\":\"mode\",\"value\":\"snapshot\"},{\"name\":\"enabled\",\"value\":\"1\"},{\"name\":\"prune-"
        "backups\",\"value\":\"keep-last=3\"},{\"name\":\"exclude-path\",\"value\":\"/a\"},{\"name\":"
        "\"exclude-path\",\"value\":\"/b\"}");
    plane_test_done(&t);
}

/* ---- a run by hand */

static void a_run_is_a_task_on_each_node(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "nightly");
    pool_is(&t, POOL_100);
    assert_int_equal(plane_test_plan(&t, storage, "pve_backup_job_run"), 0);
    expect_told(&t, "steps", 0,
                "{\"kind\":1,\"flags\":3,\"name\":\"backup-pve1\",\"method\":\"POST\",\"path\":\"/nodes/"
                "{node}/vzdump\",\"params\":["
                "{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"vmid\",\"value\":\"100,105\"},{\"name\":"
                "\"storage\",\"value\":"
                "\"nfs\"},{\"name\":\"mode\",\"value\":\"snapshot\"},{\"name\":\"prune-backups\",\"value\":"
                "\"keep-last=3,keep-daily="
                "7\"}]}");
    expect_told(&t, "steps", 1, NULL); /* pve2 is offline */
    expect_words(&t, "incomplete", "the 1 guests on pve2");
    plane_test_done(&t);

    begin(&t, "weekly");
    pool_is(&t, NULL);
    expect_failure(&t, plane_test_plan(&t, storage, "pve_backup_job_run"), PROXIMO_EDENIED, "pool prod");
    plane_test_done(&t);

    begin(&t, "nightly");
    pool_is(&t, POOL_100);
    t.denied = 1;
    expect_failure(&t, plane_test_plan(&t, storage, "pve_backup_job_run"), PROXIMO_EDENIED,
                   "Datastore.AllocateSpace");
    plane_test_done(&t);

    blast(&t, "backup-job.run", JOB("nightly", ""), POOL_100);
    assert_int_equal(plane_test_told_count(&t, "affected"), 3);
    expect_words(&t, "risks", "deleted down to keep-last=3,keep-daily=7");
    plane_test_done(&t);
}

/* ---- guests in no enabled job */

static void a_disabled_job_covers_nobody(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_answer(&t, "/cluster/resources?type=vm", 200, GUESTS);
    plane_test_answer(&t, "/cluster/backup", 200, "[" WEEKLY "," OFF "]");
    plane_test_answer(&t, "/cluster/backup-info/not-backed-up", 200,
                      "[]"); /* Proxmox counts the disabled one */
    pool_is(&t, POOL_100);
    assert_int_equal(plane_test_read(&t, storage, "pve_backup_uncovered"), 0);
    assert_null(strstr(t.reply[0].data, "\"vmid\":100"));
    assert_non_null(strstr(t.reply[0].data, "\"vmid\":105"));
    assert_non_null(strstr(t.reply[0].data, "\"why\":\"only in disabled jobs\",\"disabled_jobs\":\"off\""));
    assert_int_equal(t.reply[0].flags, PROXIMO_CONTENT_COMPLETE);
    plane_test_done(&t);
}

int main(void)
{
    storage = plane_load("storage");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guests_that_lose_their_only_job_are_named),
        cmocka_unit_test(guests_that_come_in_are_named),
        cmocka_unit_test(what_is_not_known_is_not_taken_for_covered),
        cmocka_unit_test(guests_are_named_in_one_way),
        cmocka_unit_test(a_storage_that_takes_no_backups_is_told),
        cmocka_unit_test(what_the_next_run_deletes_is_told),
        cmocka_unit_test(a_removal_comes_back_whole),
        cmocka_unit_test(a_run_is_a_task_on_each_node),
        cmocka_unit_test(a_disabled_job_covers_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
