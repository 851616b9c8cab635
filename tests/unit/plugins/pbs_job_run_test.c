/* SPDX-License-Identifier: Apache-2.0 */
/* What the run of a job says of hostile, half and huge answers. */
#include "plan_rig.h"

static const struct proximo_plane *plane;

static int load(void **state)
{
    (void)state;
    plane = plane_load("pbs");
    return 0;
}

#define SNAPSHOTS "/admin/datastore/main/snapshots?ns=prod"
#define SPACES    "/admin/datastore/main/namespace?max-depth=7&parent=prod"
#define PROBE     "probe:pbs_prune_dry_run?store=main&ns=prod&backup-type=vm&backup-id=100&keep-last=1"
#define BACKUP(time, more)                                                                                   \
    "{\"backup-type\":\"vm\",\"backup-id\":\"100\",\"backup-time\":" time ",\"protected\":false" more "}"
#define ROW(time, more) "{\"backup-type\":\"vm\",\"backup-id\":\"100\",\"backup-time\":" time more "}"
#define OK              ",\"verification\":{\"state\":\"ok\"}"
#define PRUNE                                                                                                \
    "{\"kind\":\"prune-job\",\"id\":\"hard\",\"store\":\"main\",\"ns\":\"prod\",\"keep\":\"keep-last=1\"}"

static void store(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_answer(t, "/admin/datastore", 200, "[{\"store\":\"main\"}]");
    plane_test_answer(t, SPACES, 200, "[{\"ns\":\"prod\"}]");
    plane_test_answer(t, SNAPSHOTS, 200, "[" BACKUP("1700000000", OK) "," BACKUP("1700086400", "") "]");
    plane_test_answer(t, "/admin/datastore/main/active-operations", 200, "{\"read\":0,\"write\":0}");
    plane_test_answer(t, "/nodes/localhost/tasks?running=1&store=main", 200, "[]");
    plane_test_answer(t, "/config/sync?sync-direction=all", 200, "[]");
    plane_test_answer(t, PROBE, 200,
                      "[" ROW("1700000000", ",\"keep\":false") "," ROW("1700086400", ",\"keep\":true") "]");
}

static void a_prune_names_what_goes_and_the_last_verified_one(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    assert_int_equal(plane_test_blast(&t, plane, "pbs.job.prune-run", PRUNE), 0);
    expect_words(&t, "affected", "1 of 2 backups go: the last verified one among them");
    expect_words(&t, "affected", "1 backups of the 1 groups looked at would be removed");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

/* Of none of these may the plan say that nothing goes and all was seen. */
static void what_makes_no_sense_is_said(void **state)
{
    static const struct {
        const char *path, *data, *words;
        int32_t status;
    } cases[] = {
        {PROBE, "[" ROW("1700000000", "") "]", "what goes of vm/100 in main:prod", 200},
        {PROBE, "[" ROW("1700000000", ",\"keep\":\"no\"") "]", "what goes of vm/100 in main:prod", 200},
        {PROBE, "[" ROW("\"soon\"", ",\"keep\":true") "]", "what goes of vm/100 in main:prod", 200},
        {PROBE, "[{\"backup-type\":\"vm\",\"backup-id\":\"101\",\"backup-time\":1700000000,\"keep\":true}]",
         "what goes of vm/100 in main:prod", 200},
        {PROBE, "[5]", "what goes of vm/100 in main:prod", 200},
        {PROBE, "null", "what goes of vm/100 in main:prod", 200},
        {PROBE, "{\"keep\":true}", "what goes of vm/100 in main:prod", 200},
        {PROBE, "", "what goes of vm/100 in main:prod", 403},
        {SNAPSHOTS, "null", "the backups in main:prod", 200},
        {SNAPSHOTS, "{}", "the backups in main:prod", 200},
        {SNAPSHOTS, "", "the backups in main:prod", 500},
        {SPACES, "null", "the namespaces of datastore main", 200},
        {SPACES, "", "the namespaces of datastore main", 403},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        store(&t);
        answer_instead(&t, cases[i].path, cases[i].status, cases[i].data);
        assert_int_equal(plane_test_blast(&t, plane, "pbs.job.prune-run", PRUNE), 0);
        expect_words(&t, "incomplete", cases[i].words);
        plane_test_done(&t);
    }
}

/* 250 groups: 200 are asked for, the rest is said; and 70 namespaces, of which 64 are looked at. */
static void there_is_an_end_to_what_is_looked_at(void **state)
{
    struct plane_test t;
    static char list[40000];
    size_t at = 0;
    (void)state;
    store(&t);
    for (int i = 0; i < 250; i++)
        at +=
            (size_t)snprintf(list + at, sizeof(list) - at,
                             "%s{\"backup-type\":\"host\",\"backup-id\":\"h%d\",\"backup-time\":1700000000}",
                             i ? "," : "[", i);
    (void)snprintf(list + at, sizeof(list) - at, "]");
    answer_instead(&t, SNAPSHOTS, 200, list);
    assert_int_equal(plane_test_blast(&t, plane, "pbs.job.prune-run", PRUNE), 0);
    expect_words(&t, "incomplete", "50 more groups");
    plane_test_done(&t);

    store(&t);
    at = 0;
    for (int i = 0; i < 70; i++)
        at += (size_t)snprintf(list + at, sizeof(list) - at, "%s{\"ns\":\"prod/n%d\"}", i ? "," : "[", i);
    (void)snprintf(list + at, sizeof(list) - at, "]");
    answer_instead(&t, SPACES, 200, list);
    assert_int_equal(plane_test_blast(&t, plane, "pbs.job.prune-run", PRUNE), 0);
    expect_words(&t, "incomplete", "6 more namespaces");
    plane_test_done(&t);
}

static void job(struct plane_test *t, const char *type, const char *config, const char *states)
{
    char path[100];
    store(t);
    plane_test_argument(t, "type", type, 1);
    plane_test_argument(t, "id", "hard", 1);
    (void)snprintf(path, sizeof(path), "/config/%s/hard", type);
    plane_test_answer(t, path, 200, config);
    (void)snprintf(path, sizeof(path), "/admin/%s?store=main", type);
    plane_test_answer(t, path, 200, states);
}

#define CONFIG "{\"id\":\"hard\",\"store\":\"main\",\"ns\":\"prod\",\"schedule\":\"daily\",\"keep-last\":1"

static void a_job_at_work_is_not_run_again(void **state)
{
    struct plane_test t;
    (void)state;
    job(&t, "prune", CONFIG "}",
        "[{\"id\":\"hard\",\"last-run-upid\":\"UPID:vault:1:2:3:4:prunejob:x:root@pam:\"}]");
    int32_t r = plane_test_plan(&t, plane, "pbs_job_run");
    expect_failure(&t, r, PROXIMO_ESTATE, "is running already");
    plane_test_done(&t);
}

static void a_disabled_job_runs_and_says_so(void **state)
{
    struct plane_test t;
    (void)state;
    job(&t, "prune", CONFIG ",\"disable\":true}", "[]");
    assert_int_equal(plane_test_plan(&t, plane, "pbs_job_run"), 0);
    expect_words(&t, "facts", "its schedule does not run it");
    plane_test_done(&t);
}

static void a_job_without_a_datastore_is_refused(void **state)
{
    struct plane_test t;
    (void)state;
    job(&t, "prune", "{\"id\":\"hard\",\"keep-last\":1}", "[]");
    int32_t r = plane_test_plan(&t, plane, "pbs_job_run");
    expect_failure(&t, r, PROXIMO_EPROTO, "names no datastore");
    plane_test_done(&t);
}

/* From all levels to none: only what is below is left out, and by whom it is pruned still. */
static void less_depth_names_the_namespaces_left_out(void **state)
{
    struct plane_test t;
    (void)state;
    store(&t);
    answer_instead(&t, SPACES, 200, "[{\"ns\":\"prod\"},{\"ns\":\"prod/a\"},{\"ns\":\"prod/b\"}]");
    plane_test_answer(&t, "/admin/datastore/main/namespace?max-depth=0&parent=prod", 200,
                      "[{\"ns\":\"prod\"}]");
    plane_test_answer(&t, "/config/prune/hard", 200,
                      "{\"id\":\"hard\",\"store\":\"main\",\"ns\":\"prod\",\"keep-last\":1}");
    plane_test_answer(&t, "/config/prune", 200,
                      "[{\"id\":\"other\",\"store\":\"main\",\"ns\":\"prod/b\",\"schedule\":\"daily\","
                      "\"keep-last\":1}]");
    plane_test_answer(&t, "/config/datastore/main", 200, "{\"name\":\"main\"}");
    assert_int_equal(plane_test_blast(&t, plane, "pbs.job.prune-update",
                                      "{\"kind\":\"prune-job\",\"id\":\"hard\",\"store\":\"main\",\"ns\":"
                                      "\"prod\",\"max-depth\":\"0\",\"keep\":\"keep-last=1\"}"),
                     0);
    expect_words(&t, "affected", "nobody prunes it any more");
    expect_words(&t, "affected", "main:prod/a");
    expect_words(&t, "affected", "is still pruned by job other");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prune_names_what_goes_and_the_last_verified_one),
        cmocka_unit_test(what_makes_no_sense_is_said),
        cmocka_unit_test(there_is_an_end_to_what_is_looked_at),
        cmocka_unit_test(a_job_at_work_is_not_run_again),
        cmocka_unit_test(a_disabled_job_runs_and_says_so),
        cmocka_unit_test(less_depth_names_the_namespaces_left_out),
        cmocka_unit_test(a_job_without_a_datastore_is_refused),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
