/* SPDX-License-Identifier: Apache-2.0 */
/* What changes of a Backup Server say of hostile and half answers: unread is never empty. */
#include "plan_rig.h"

#include <time.h>

static const struct proximo_plane *plane;

static int load(void **state)
{
    (void)state;
    plane = plane_load("pbs");
    return 0;
}

#define SPACES    "/admin/datastore/main/namespace"
#define SNAPSHOTS "/admin/datastore/main/snapshots"
#define BACKUP(id, time, more)                                                                               \
    "{\"backup-type\":\"vm\",\"backup-id\":\"" id "\",\"backup-time\":" time ",\"protected\":false" more "}"
#define OK ",\"verification\":{\"state\":\"ok\"}"

/* A datastore with two namespaces whose names begin alike, and nobody at work. */
static void store(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_answer(t, "/admin/datastore", 200, "[{\"store\":\"main\"}]");
    plane_test_answer(t, SPACES, 200,
                      "[{\"ns\":\"\"},{\"ns\":\"prod\"},{\"ns\":\"prod/web\"},{\"ns\":\"production\"}]");
    plane_test_answer(t, SNAPSHOTS, 200, "[]");
    plane_test_answer(t, SNAPSHOTS "?ns=prod", 200,
                      "[" BACKUP("100", "1700000000", OK) "," BACKUP("100", "1700086400", "") "]");
    plane_test_answer(t, SNAPSHOTS "?ns=prod%2Fweb", 200, "[" BACKUP("103", "1700000000", "") "]");
    plane_test_answer(t, SNAPSHOTS "?ns=production", 200, "[" BACKUP("100", "1700000000", OK) "]");
    plane_test_answer(t, "/admin/datastore/main/active-operations", 200, "{\"read\":0,\"write\":0}");
    plane_test_answer(t, "/nodes/localhost/tasks?running=1&store=main", 200, "[]");
    plane_test_answer(t, "/config/sync?sync-direction=all", 200, "[]");
    plane_test_answer(t, "/config/prune", 200, "[]");
    plane_test_answer(t, "/config/verify", 200, "[]");
    plane_test_answer(t, "/config/tape-backup-job", 200, "[]");
}

#define DELETE_PROD                                                                                          \
    "{\"kind\":\"namespace\",\"id\":\"main:prod\",\"store\":\"main\",\"ns\":\"prod\",\"groups\":\"yes\"}"
#define DELETE_FIRST                                                                                         \
    "{\"kind\":\"snapshot\",\"id\":\"x\",\"store\":\"main\",\"ns\":\"prod\",\"type\":\"vm\",\"backup\":"     \
    "\"100\","                                                                                               \
    "\"time\":\"1700000000\"}"
#define PRUNE_ONE                                                                                            \
    "{\"kind\":\"backup-group\",\"id\":\"x\",\"store\":\"main\",\"ns\":\"prod\",\"type\":\"vm\",\"backup\":" \
    "\"100\","                                                                                               \
    "\"keep\":\"keep-last=1\"}"
#define PROBE "probe:pbs_prune_dry_run?store=main&ns=prod&backup-type=vm&backup-id=100&keep-last=1"

static void a_namespace_goes_with_those_below_it_and_no_other(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    assert_int_equal(plane_test_blast(&t, plane, "pbs.namespace.delete", DELETE_PROD), 0);
    expect_words(&t, "affected", "namespace/main:prod/web");
    expect_words(&t, "affected", "snapshot/main:prod/web/vm/103/2023-11-14T22:13:20Z");
    expect_words(&t, "affected",
                 "loses its last backup in namespace prod of datastore main: 2 go; under the same id "
                 "in other namespaces of this datastore: 1, 1 of them verified");
    assert_false(words_told(&t, "affected", "main:production"));
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

static void the_last_verified_backup_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    assert_int_equal(plane_test_blast(&t, plane, "pbs.snapshot.delete", DELETE_FIRST), 0);
    expect_words(&t, "affected",
                 "loses its last verified backup in namespace prod of datastore main: 1 go, 1 stay, the "
                 "newest of 2023-11-15T22:13:20Z, none of them verified");
    assert_false(words_told(&t, "affected", "2023-11-15T22:13:20Z\",\"effect\":\"is deleted"));
    plane_test_done(&t);
}

static void what_is_not_read_is_said(void **state)
{
    static const struct {
        const char *path, *data, *words;
        int32_t status;
    } cases[] = {
        {SNAPSHOTS "?ns=prod%2Fweb", "null", "the backups in namespace prod/web", 200},
        {SNAPSHOTS "?ns=prod%2Fweb", "{}", "the backups in namespace prod/web", 200},
        {SNAPSHOTS "?ns=prod%2Fweb", "", "the backups in namespace prod/web", 403},
        {SNAPSHOTS "?ns=prod", "[{\"backup-time\":5}]", "a backup in namespace prod", 200},
        {SNAPSHOTS "?ns=prod", "[5,null,\"x\",[{}]]", "the backups in namespace prod", 200},
        {SPACES, "null", "the namespaces of datastore main", 200},
        {SPACES, "[{\"ns\":\"\"},7]", "the namespaces of datastore main", 200},
        {SPACES, "[]", "the namespaces of datastore main", 200},
        {SPACES, "[{\"ns\":\"\"},{\"comment\":\"x\"}]", "the namespaces of datastore main", 200},
        {"/admin/datastore/main/active-operations", "null", "readers and writers", 200},
        {"/nodes/localhost/tasks?running=1&store=main", "{}", "running tasks", 200},
        {"/config/sync?sync-direction=all", "null", "sync jobs", 200},
        {"/config/prune", "", "prune jobs", 500},
        {"/config/verify", "null", "verification jobs", 200},
        {"/config/tape-backup-job", "null", "tape backup jobs", 200},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        store(&t);
        answer_instead(&t, cases[i].path, cases[i].status, cases[i].data);
        assert_int_equal(plane_test_blast(&t, plane, "pbs.namespace.delete", DELETE_PROD), 0);
        expect_words(&t, "incomplete", cases[i].words);
        plane_test_done(&t);
    }
}

static void who_is_at_work_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    answer_instead(&t, "/admin/datastore/main/active-operations", 200, "{\"read\":2,\"write\":1}");
    answer_instead(&t, "/nodes/localhost/tasks?running=1&store=main", 200,
                   "[{\"upid\":\"UPID:vault:1:2:3:4:reader:main:root@pam:\",\"worker_type\":\"reader\"}]");
    answer_instead(&t, "/config/sync?sync-direction=all", 200,
                   "[{\"id\":\"p1\",\"store\":\"main\",\"sync-direction\":\"push\",\"remote\":\"dc2\","
                   "\"remote-store\":\"b\","
                   "\"ns\":\"lab\",\"remove-vanished\":true},"
                   "{\"id\":\"p2\",\"store\":\"copy\",\"remote-store\":\"main\"},"
                   "{\"id\":\"p3\",\"store\":\"other\",\"remote\":\"dc2\",\"remote-store\":\"main\"}]");
    assert_int_equal(plane_test_blast(&t, plane, "pbs.snapshot.delete", DELETE_FIRST), 0);
    expect_words(&t, "affected", "2 operations read from it and 1 write to it");
    expect_words(&t, "affected", "task/UPID:vault:1:2:3:4:reader:main:root@pam:");
    expect_words(&t, "affected", "copies from here to b on dc2 and removes there what is gone here");
    expect_words(&t, "affected", "copies from here to copy on this server");
    assert_false(words_told(&t, "affected", "sync-job/p3")); /* main of another server */
    plane_test_done(&t);
}

static void jobs_reach_as_deep_as_they_say(void **state)
{
    static const char subject[] = "{\"kind\":\"snapshot\",\"id\":\"x\",\"store\":\"main\",\"ns\":\"prod/"
                                  "web\",\"type\":\"vm\",\"backup\":\"103\","
                                  "\"time\":\"1700000000\"}";
    struct plane_test t;
    (void)state;
    store(&t);
    plane_test_answer(
        &t, SNAPSHOTS "?ns=prod%2Fweb&backup-type=vm&backup-id=103", 200,
        "[{\"backup-type\":\"vm\",\"backup-id\":\"103\",\"backup-time\":1700000000,\"protected\":true}]");
    answer_instead(&t, "/config/prune", 200,
                   "[{\"id\":\"j1\",\"store\":\"main\",\"max-depth\":1},{\"id\":\"j2\",\"store\":\"main\","
                   "\"max-depth\":2},"
                   "{\"id\":\"j3\",\"store\":\"main\",\"ns\":\"prod\",\"max-depth\":1},"
                   "{\"id\":\"j4\",\"store\":\"main\",\"ns\":\"prod\",\"max-depth\":0},"
                   "{\"id\":\"j5\",\"store\":\"main\",\"disable\":true},{\"id\":\"j6\",\"store\":\"other\"},"
                   "{\"id\":\"j7\",\"store\":\"main\",\"ns\":\"pro\"}]");
    assert_int_equal(plane_test_blast(&t, plane, "pbs.snapshot.protect", subject), 0);
    expect_words(&t, "affected", "prune-job/j2");
    expect_words(&t, "affected", "prune-job/j3");
    assert_int_equal(plane_test_told_count(&t, "affected"), 3);
    plane_test_done(&t);
}

static void a_dry_run_that_makes_no_sense_is_no_plan(void **state)
{
    static const char *const answers[] = {
        "[{\"backup-type\":\"vm\",\"backup-id\":\"101\",\"backup-time\":1700000000,\"keep\":false}]",
        "[{\"backup-type\":\"vm\",\"backup-id\":\"100\",\"backup-time\":1700000000}]",
        "[{\"backup-type\":\"vm\",\"backup-id\":\"100\",\"keep\":false}]",
        "[{\"backup-type\":\"vm\",\"backup-id\":\"100\",\"backup-time\":\"soon\",\"keep\":false}]",
        "[5]",
        "null",
        "{\"keep\":true}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct plane_test t;
        store(&t);
        plane_test_answer(&t, PROBE, 200, answers[i]);
        const int32_t r = plane_test_blast(&t, plane, "pbs.prune", PRUNE_ONE);
        if (r != PROXIMO_EPROTO && r != PROXIMO_EREMOTE)
            fail_msg("%s: %d", answers[i], (int)r);
        plane_test_done(&t);
    }
}

/* A backup that came between the list and the dry run. */
static void what_the_dry_run_names_is_told_even_if_no_list_has_it(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    plane_test_answer(
        &t, PROBE, 200,
        "[{\"backup-type\":\"vm\",\"backup-id\":\"100\",\"backup-time\":1700000001,\"keep\":false},"
        "{\"backup-type\":\"vm\",\"backup-id\":\"100\",\"backup-time\":1700086400,\"keep\":true}]");
    assert_int_equal(plane_test_blast(&t, plane, "pbs.prune", PRUNE_ONE), 0);
    expect_words(&t, "affected", "snapshot/main:prod/vm/100/2023-11-14T22:13:21Z");
    expect_words(&t, "affected", "loses 1 backups");
    plane_test_done(&t);
}

/* Each row of a dry run is looked up, not searched for: 20,000 backups of one group take no minutes. */
static void a_group_with_very_many_backups_is_looked_through_soon(void **state)
{
    enum { COUNT = 20000, ROW_SIZE = 110 };
    const size_t size = (size_t)COUNT * ROW_SIZE;
    char *list = malloc(size), *dry = malloc(size);
    struct timespec begin, end;
    struct plane_test t;
    size_t n = 0, m = 0;
    (void)state;
    assert_non_null(list);
    assert_non_null(dry);
    for (int i = 0; i < COUNT; i++) {
        n += (size_t)snprintf(list + n, size - n, "%c" BACKUP("100", "%d", ""), i ? ',' : '[',
                              1700000000 + i * 60);
        m += (size_t)snprintf(
            dry + m, size - m,
            "%c{\"backup-type\":\"vm\",\"backup-id\":\"100\",\"backup-time\":%d,\"keep\":false}",
            i ? ',' : '[', 1700000000 + (COUNT - 1 - i) * 60);
    }
    (void)snprintf(list + n, size - n, "]");
    (void)snprintf(dry + m, size - m, "]");
    store(&t);
    answer_instead(&t, SNAPSHOTS "?ns=prod", 200, list);
    plane_test_answer(&t, PROBE, 200, dry);
    plane_test_argument(&t, "store", "main", 1);
    plane_test_argument(&t, "ns", "prod", 1);
    plane_test_argument(&t, "backup_type", "vm", 1);
    plane_test_argument(&t, "backup_id", "100", 1);
    plane_test_argument(&t, "keep_last", "1", 0);
    plane_test_argument(&t, "dry_run", "true", 0);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    assert_int_equal(plane_test_plan(&t, plane, "pbs_prune"), 0);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    expect_words(&t, "summary", "dry run, nothing is changed: with keep-last=1 20000 backups go of 20000");
    if (end.tv_sec - begin.tv_sec > 5)
        fail_msg("it took %ld s", (long)(end.tv_sec - begin.tv_sec));
    plane_test_done(&t);
    free(list);
    free(dry);
}

static void a_prune_without_numbers_is_none(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    plane_test_argument(&t, "store", "main", 1);
    plane_test_argument(&t, "dry_run", "false", 0);
    int32_t r = plane_test_plan(&t, plane, "pbs_prune");
    expect_failure(&t, r, PROXIMO_EINVAL, "at least one of keep_last");
    plane_test_done(&t);
    store(&t);
    assert_int_equal(
        plane_test_blast(&t, plane, "pbs.prune",
                         "{\"kind\":\"datastore\",\"store\":\"main\",\"keep\":\"keep-all=9,keep-last\"}"),
        PROXIMO_EINVAL);
    plane_test_done(&t);
}

static void a_destroyed_datastore_takes_protected_backups_too(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    answer_instead(&t, SNAPSHOTS "?ns=production", 200,
                   "[{\"backup-type\":\"host\",\"backup-id\":\"nas.lan\",\"backup-time\":1700000000,"
                   "\"protected\":true}]");
    assert_int_equal(plane_test_blast(&t, plane, "pbs.datastore.destroy",
                                      "{\"kind\":\"datastore\",\"store\":\"main\",\"jobs\":\"go\"}"),
                     0);
    expect_words(&t, "affected", "snapshot/main:production/host/nas.lan/2023-11-14T22:13:20Z");
    expect_words(&t, "affected", "\"resource\":\"host/nas.lan\"");
    plane_test_done(&t);
}

/* The Backup Server's own list, by which it removes jobs, has those that pull. */
static void jobs_that_push_stay_when_their_datastore_goes(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    answer_instead(&t, "/config/sync?sync-direction=all", 200,
                   "[{\"id\":\"p1\",\"store\":\"main\",\"sync-direction\":\"push\",\"remote\":\"dc2\","
                   "\"remote-store\":\"b\"}]");
    assert_int_equal(plane_test_blast(&t, plane, "pbs.datastore.delete",
                                      "{\"kind\":\"datastore\",\"store\":\"main\",\"jobs\":\"go\"}"),
                     0);
    expect_words(&t, "affected", "is a sync job of it with dc2: it stays configured and fails");
    plane_test_done(&t);
    store(&t);
    answer_instead(&t, "/config/sync?sync-direction=all", 200,
                   "[{\"id\":\"p2\",\"store\":\"main\",\"remote\":\"dc2\",\"remote-store\":\"b\"}]");
    assert_int_equal(plane_test_blast(&t, plane, "pbs.datastore.delete",
                                      "{\"kind\":\"datastore\",\"store\":\"main\",\"jobs\":\"go\"}"),
                     0);
    expect_words(&t, "affected", "is a sync job of it with dc2: it is removed as well");
    plane_test_done(&t);
}

static void a_missing_right_is_said_with_the_line_that_grants_it(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    t.denied = 1;
    plane_test_argument(&t, "store", "main", 1);
    plane_test_argument(&t, "ns", "prod", 1);
    plane_test_argument(&t, "backup_type", "vm", 1);
    plane_test_argument(&t, "backup_id", "100", 1);
    int32_t r = plane_test_plan(&t, plane, "pbs_group_delete");
    expect_failure(&t, r, PROXIMO_EDENIED, "Datastore.Prune there for groups that this token itself owns");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_namespace_goes_with_those_below_it_and_no_other),
        cmocka_unit_test(the_last_verified_backup_is_told),
        cmocka_unit_test(what_is_not_read_is_said),
        cmocka_unit_test(who_is_at_work_is_told),
        cmocka_unit_test(jobs_reach_as_deep_as_they_say),
        cmocka_unit_test(a_dry_run_that_makes_no_sense_is_no_plan),
        cmocka_unit_test(what_the_dry_run_names_is_told_even_if_no_list_has_it),
        cmocka_unit_test(a_group_with_very_many_backups_is_looked_through_soon),
        cmocka_unit_test(a_prune_without_numbers_is_none),
        cmocka_unit_test(a_destroyed_datastore_takes_protected_backups_too),
        cmocka_unit_test(jobs_that_push_stay_when_their_datastore_goes),
        cmocka_unit_test(a_missing_right_is_said_with_the_line_that_grants_it),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
