/* SPDX-License-Identifier: Apache-2.0 */
/* pbs_health of one Backup Server: what is a finding and what is not, and that unread is never fine. */
#include "pbs_health_world.h"

static void all_is_well(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    world_read(&w);
    expect_no_finding(&w.t, "");
    assert_int_equal(plane_test_told_count(&w.t, "incomplete"), 0);
    assert_non_null(strstr(w.t.reply[0].data, "no findings: 23 checks ran, 0 could not or only in part"));
    assert_non_null(strstr(w.t.reply[0].data, "no cluster is configured"));
    plane_test_done(&w.t);
}

/* ---- groups */

static void groups_are_judged(void **state)
{
    /* TYPE/ID@AGE IN HOURS:VERIFICATION; open: not finished. NULL: no finding at all. */
    static const struct {
        const char *backups, *code, *words;
        int severity;
    } cases[] = {
        {"vm/100@47:ok", NULL, "", 0},
        {"vm/100@71:ok vm/100@1:ok", NULL, "", 0},
        {"vm/100@49:ok", "PBS-NAMESPACE-IDLE", "\"measured\":49,\"threshold\":48", 2},
        {"vm/100@49:ok ct/100@1:ok", "PBS-BACKUP-OLD", "1 of 2 groups: vm/100 (2 days 1 h)", 2},
        {"vm/100@5:failed", "PBS-VERIFY-FAILED", "vm/100 (1 of 1, the newest too)", 3},
        {"vm/100@5:ok vm/100@29:failed", "PBS-VERIFY-FAILED", "vm/100 (1 of 2)", 3},
        {"vm/100@5:-", "PBS-VERIFY-NONE", "1 of 1 groups: vm/100", 1},
        {"vm/100@721:- vm/100@5:-", "PBS-VERIFY-NONE", "1 of 1 groups: vm/100", 2},
        {"vm/100@721:ok vm/100@5:-", "PBS-VERIFY-OLD", "\"measured\":30,\"threshold\":30", 2},
        {"vm/100@719:ok vm/100@5:-", NULL, "", 0},
        {"vm/100@2:open vm/100@26:ok", "PBS-UNFINISHED", "1 of 1 groups: vm/100 (begun ", 2},
        {"vm/100@2:open", "PBS-UNFINISHED", "1 of 1 groups: vm/100 (begun ", 2},
        {"vm/100@26:open vm/100@2:ok", NULL, "", 0}, /* a newer one was finished */
        {"vm/100@2:open vm/100@3:open vm/100@49:ok", "PBS-NAMESPACE-IDLE", "", 2},
        {"", "PBS-NAMESPACE-EMPTY", "nobody backs up to it", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        char severity[32];
        world_init(&w);
        world_backups(&w, PROD, cases[i].backups);
        world_read(&w);
        if (!cases[i].code) {
            expect_no_finding(&w.t, cases[i].backups);
        } else {
            (void)snprintf(severity, sizeof(severity), "{\"severity\":%d,", cases[i].severity);
            expect_finding(&w.t, cases[i].code, cases[i].words);
            expect_finding(&w.t, cases[i].code, severity);
            expect_finding(&w.t, cases[i].code, "namespace prod of datastore main");
        }
        plane_test_done(&w.t);
    }
}

/* Where nothing comes any more, that is told once, not of each group too. */
static void an_idle_namespace_is_told_once(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    world_backups(&w, PROD, "vm/100@49:ok vm/101@60:ok");
    world_read(&w);
    expect_finding(&w.t, "PBS-NAMESPACE-IDLE", "2 groups");
    assert_int_equal(plane_test_told_count(&w.t, "findings"), 1);
    plane_test_done(&w.t);
}

static void the_thresholds_are_the_callers(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    plane_test_argument(&w.t, "stale_hours", "4", 0);
    plane_test_argument(&w.t, "verified_days", "1", 0);
    world_backups(&w, PROD, "vm/100@5:- vm/100@25:ok vm/101@1:ok");
    world_read(&w);
    expect_finding(&w.t, "PBS-BACKUP-OLD", "\"measured\":5,\"threshold\":4");
    expect_finding(&w.t, "PBS-VERIFY-OLD", "\"measured\":1,\"threshold\":1");
    plane_test_done(&w.t);
}

static void a_backup_that_runs_is_not_unfinished(void **state)
{
    static const struct {
        const char *worker;
        bool found;
    } cases[] = {
        {"main:prod:vm/100", false},    {"main:ns/prod:vm/100", false}, {"main:vm/100", true},
        {"main:prod:vm/1001", true},    {"main:prod:ct/100", true},     {"mainly:prod:vm/100", true},
        {"main:prodigy:vm/100", false}, /* its name begins alike: a finding less is the lesser evil */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        char tasks[300];
        world_init(&w);
        world_backups(&w, PROD, "vm/100@2:open vm/100@26:ok");
        (void)snprintf(tasks, sizeof(tasks), "[{\"worker_type\":\"backup\",\"worker_id\":\"%s\"}]",
                       cases[i].worker);
        answer_instead(&w.t, RUNNING, 200, tasks);
        world_read(&w);
        if (cases[i].found)
            expect_finding(&w.t, "PBS-UNFINISHED", "vm/100");
        else
            expect_no_finding(&w.t, cases[i].worker);
        plane_test_done(&w.t);
    }
}

/* ---- what makes no sense */

static void a_row_without_sense_is_told(void **state)
{
    static const char *const rows[] = {
        "{\"backup-type\":\"vm\",\"backup-id\":\"7\",\"backup-time\":9999999999}", /* has not come */
        "{\"backup-type\":\"vm\",\"backup-id\":\"7\",\"backup-time\":-5}",
        "{\"backup-type\":\"vm\",\"backup-id\":\"7\",\"backup-time\":\"soon\"}",
        "{\"backup-type\":\"vm\",\"backup-id\":\"7\"}",
        "{\"backup-type\":\"tape\",\"backup-id\":\"7\",\"backup-time\":1700000000}",
        "{\"backup-id\":\"7\",\"backup-time\":1700000000}",
        "{\"backup-type\":\"vm\",\"backup-id\":\"\",\"backup-time\":1700000000}",
        "{\"backup-type\":\"vm\",\"backup-id\":{},\"backup-time\":1700000000}",
        "5",
        "null",
        "[]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        char list[400];
        world_init(&w);
        (void)snprintf(list, sizeof(list), "[%s]", rows[i]);
        answer_instead(&w.t, SNAPSHOTS PROD, 200, list);
        world_read(&w);
        expect_words(&w.t, "incomplete", "1 rows have no type, id or time, or one that has not come");
        expect_no_finding(&w.t, rows[i]); /* nor is the namespace said to be empty */
        plane_test_done(&w.t);
    }
}

static void what_is_not_read_is_said(void **state)
{
    static const struct {
        const char *path, *data, *words;
        int32_t status;
    } cases[] = {
        {"/admin/datastore", "null", "all datastores and what is in them", 200},
        {"/admin/datastore", "{}", "all datastores and what is in them", 200},
        {"/admin/datastore", "", "all datastores and what is in them", 500},
        {SPACES, "null", "the namespaces of datastore main", 200},
        {SPACES, "[]", "the namespaces of datastore main", 200},
        {SPACES, "[{\"ns\":\"\"},{\"ns\":\"prod\"},{}]", "the namespaces of datastore main", 200},
        {SNAPSHOTS PROD, "null", "the backups in namespace prod of datastore main", 200},
        {SNAPSHOTS PROD, "", "the backups in namespace prod of datastore main", 403},
        {"/status/datastore-usage", "null", "/status/datastore-usage", 200},
        {"/status/datastore-usage", "[{\"store\":\"main\"}]", "no figures", 200},
        {"/status/datastore-usage", "[{\"store\":\"main\",\"error\":\"is offline\"}]", "is offline", 200},
        {"/status/datastore-usage", "[{\"store\":\"main\",\"total\":0,\"used\":0}]", "no figures", 200},
        {"/admin/gc", "{}", "/admin/gc", 200},
        {"/admin/prune", "null", "/admin/prune", 200},
        {"/admin/verify", "", "/admin/verify", 403},
        {"/admin/sync?sync-direction=all", "5", "/admin/sync", 200},
        {"/config/datastore", "null", "/config/datastore", 200},
        {RUNNING, "{}", "tasks?running=1", 200},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        world_init(&w);
        answer_instead(&w.t, cases[i].path, cases[i].status, cases[i].data);
        world_read(&w);
        expect_words(&w.t, "incomplete", cases[i].words);
        assert_null(strstr(w.t.reply[0].data, " 0 could not or only in part"));
        plane_test_done(&w.t);
    }
}

/* What the token sees is judged; that it does not see all is said of each list. */
static void what_is_filtered_is_said(void **state)
{
    static const struct {
        const char *path, *words;
    } cases[] = {
        {"/admin/datastore", "datastores that this token does not see"},
        {SPACES, "this token does not see every namespace"},
        {SNAPSHOTS PROD, "this token sees only groups that it owns itself there"},
        {"/status/datastore-usage", "it needs Datastore.Audit on /datastore"},
        {"/admin/gc", "it needs Datastore.Audit on /datastore"},
        {"/admin/prune", "it needs Datastore.Audit|Datastore.Verify on /datastore"},
        {"/admin/sync?sync-direction=all", "Remote.Audit on /remote"},
        {"/config/datastore", "it needs Datastore.Audit on /datastore"},
        {RUNNING, "this token sees only its own tasks"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        world_init(&w);
        plane_test_filtered(&w.t, cases[i].path);
        world_read(&w);
        expect_words(&w.t, "incomplete", cases[i].words);
        plane_test_done(&w.t);
    }
}

/* A job that is not seen may be the one that is missed. */
static void what_nothing_does_is_not_known_without_all_jobs(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    answer_instead(&w.t, "/admin/prune", 200, "[]");
    plane_test_filtered(&w.t, "/admin/prune");
    world_read(&w);
    expect_finding(&w.t, "PBS-NO-PRUNE", "a job that this token does not see may do it");
    assert_non_null(strstr(w.t.reply[0].data, "\"not_run\":5")); /* those of jobs, and of what none does */
    plane_test_done(&w.t);
}

static void a_namespace_that_is_seen_in_part_is_not_empty(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    world_backups(&w, PROD, "");
    plane_test_filtered(&w.t, SNAPSHOTS PROD);
    world_read(&w);
    expect_no_finding(&w.t, "nothing was seen, but something may be there");
    plane_test_done(&w.t);
}

/* ---- datastores, jobs, tasks */

/* In these texts @NUMBER is a time so many hours ago; with a minus: in so many hours. */
static void datastores_jobs_and_tasks_are_judged(void **state)
{
    static const char prune[] = "/admin/prune", verify[] = "/admin/verify", gc[] = "/admin/gc",
                      use[] = "/status/datastore-usage", config[] = "/config/datastore",
                      sync[] = "/admin/sync?sync-direction=all", stores[] = "/admin/datastore";
    static const struct {
        const char *path, *data, *code, *words;
    } cases[] = {
        {stores, "[{\"store\":\"main\",\"maintenance\":\"read-only\"}]", "PBS-MAINTENANCE", "read-only"},
        {stores, "[{\"store\":\"main\",\"mount-status\":\"notmounted\"}]", "PBS-UNMOUNTED", "datastore main"},
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":84}]", NULL, ""},
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":85}]", "PBS-FULL", "\"severity\":2"},
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":95}]", "PBS-FULL", "\"severity\":3"},
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":9,\"estimated-full-date\":@-1464}]", NULL, ""},
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":9,\"estimated-full-date\":@-1440}]",
         "PBS-FORECAST", "\"severity\":1"},
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":9,\"estimated-full-date\":@-720}]", "PBS-FORECAST",
         "\"severity\":2"},
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":9,\"estimated-full-date\":@-100}]", "PBS-FORECAST",
         "\"severity\":3"},
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":9,\"estimated-full-date\":@100}]", NULL,
         ""}, /* not growing */
        {use, "[{\"store\":\"main\",\"total\":100,\"used\":9,\"estimated-full-date\":\"x\"}]", NULL, ""},
        {use,
         "[{\"store\":\"main\",\"total\":100,\"used\":90,\"history\":[null,0.5],\"history-start\":@240,"
         "\"history-delta\":86400}]",
         "PBS-FULL", "it was 50.0 % full 9 days ago"},
        {gc, "[{\"store\":\"main\"}]", "PBS-GC-NEVER", "its schedule is none"},
        {gc, "[{\"store\":\"main\",\"last-run-state\":\"OK\",\"last-run-endtime\":@167}]", NULL, ""},
        {gc, "[{\"store\":\"main\",\"last-run-state\":\"OK\",\"last-run-endtime\":@168}]", "PBS-GC-OLD",
         "\"severity\":2"},
        {gc, "[{\"store\":\"main\",\"last-run-state\":\"OK\",\"last-run-endtime\":@720}]", "PBS-GC-OLD",
         "\"severity\":3"},
        {gc, "[{\"store\":\"main\",\"last-run-state\":\"no space\",\"last-run-endtime\":@1}]",
         "PBS-GC-FAILED", "no space"},
        {gc, "[{\"store\":\"main\",\"last-run-state\":\"WARNINGS: 1\",\"last-run-endtime\":@1}]", NULL, ""},
        {gc,
         "[{\"store\":\"main\",\"last-run-state\":\"OK\",\"last-run-endtime\":@1,\"pending-bytes\":20,\"disk-"
         "bytes\":100}]",
         "PBS-GC-PENDING", "20 B of 100 B"},
        {gc,
         "[{\"store\":\"main\",\"last-run-state\":\"OK\",\"last-run-endtime\":@1,\"pending-bytes\":19,\"disk-"
         "bytes\":100}]",
         NULL, ""},
        {gc, "[{\"store\":\"main\",\"last-run-state\":\"OK\",\"last-run-endtime\":@1,\"still-bad\":2}]",
         "PBS-GC-BAD", "2 are still there"},
        {prune, "[]", "PBS-NO-PRUNE", "of 1 namespaces with backups: prod"},
        {prune, "[" JOB("p", ",\"keep-last\":3,\"max-depth\":0") "]", "PBS-NO-PRUNE", "prod"},
        {prune, "[" JOB("p", ",\"keep-last\":3,\"ns\":\"pro\"") "]", "PBS-NO-PRUNE", "prod"},
        {prune, "[" JOB("p", "") "]", "PBS-NO-PRUNE", "prod"}, /* keeps all */
        {prune, "[" JOB("p", ",\"keep-last\":3,\"ns\":\"prod\",\"max-depth\":0") "]", NULL, ""},
        {prune, "[" JOB("p", ",\"keep-last\":3,\"disable\":true") "]", "PBS-NO-PRUNE", "prod"},
        {prune, "[" JOB("p", ",\"keep-last\":3,\"disable\":true") "]", "PBS-JOB-OFF", "it is disabled"},
        {prune, "[" JOB("p", ",\"keep-last\":3") ",{\"id\":\"q\",\"store\":\"main\",\"schedule\":\"daily\"}]",
         "PBS-JOB-NEVER", "prune job q"},
        {verify, "[]", "PBS-NO-VERIFY", "prod"},
        {verify, "[" JOB("v", "") ",{\"id\":\"w\",\"store\":\"main\",\"last-run-state\":\"OK\"}]",
         "PBS-JOB-OFF", "it has no schedule"},
        {sync,
         "[{\"id\":\"s\",\"store\":\"main\",\"schedule\":\"daily\",\"last-run-state\":\"no "
         "way\",\"last-run-upid\":\"U\"}]",
         "PBS-JOB-FAILED", "no way"},
        {sync,
         "[{\"id\":\"s\",\"store\":\"main\",\"schedule\":\"daily\",\"last-run-state\":\"unknown\",\"last-run-"
         "upid\":\"U\"}]",
         "PBS-JOB-FAILED", "unknown"},
        {sync,
         "[{\"id\":\"s\",\"store\":\"main\",\"schedule\":\"daily\",\"last-run-state\":\"WARNINGS: "
         "3\",\"last-run-upid\":\"U\"}]",
         NULL, ""},
        {sync, "[{\"id\":\"s\",\"store\":\"main\",\"schedule\":\"daily\",\"last-run-upid\":\"U\"}]", NULL,
         ""}, /* runs */
        {sync, "[{\"id\":\"s\",\"store\":\"main\",\"run-on-mount\":true}]", NULL, ""},
        {config, "[{\"name\":\"main\"}]", "PBS-NO-GC", "datastore main"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        world_init(&w);
        world_answer(&w, cases[i].path, cases[i].data);
        world_read(&w);
        if (cases[i].code)
            expect_finding(&w.t, cases[i].code, cases[i].words);
        else
            expect_no_finding(&w.t, cases[i].data);
        plane_test_done(&w.t);
    }
}

static void the_datastore_does_it_itself(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    answer_instead(&w.t, "/admin/prune", 200, "[]");
    answer_instead(&w.t, "/admin/verify", 200, "[]");
    answer_instead(
        &w.t, "/config/datastore", 200,
        "[{\"name\":\"main\",\"gc-schedule\":\"daily\",\"prune-schedule\":\"daily\",\"keep-last\":1,"
        "\"verify-new\":true}]");
    world_read(&w);
    expect_no_finding(&w.t, "its own settings do it");
    plane_test_done(&w.t);
}

static void failed_tasks_are_told(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    world_tasks(&w,
                "[{\"worker_type\":\"backup\",\"worker_id\":\"main:vm/9\",\"upid\":\"U1\",\"endtime\":@1,"
                "\"status\":\"it broke\"},{\"worker_type\":\"backup\",\"upid\":\"U2\",\"endtime\":@2,"
                "\"status\":\"WARNINGS: 2\"},{\"worker_type\":\"backup\",\"upid\":\"U3\",\"status\":\"x\"}]");
    world_read(&w);
    expect_finding(&w.t, "PBS-TASK-FAILED", "1 backup task failed in the last 24 h");
    expect_finding(&w.t, "PBS-TASK-FAILED", "main:vm/9 ended with \\\"it broke\\\"");
    expect_finding(&w.t, "PBS-TASK-FAILED", "\"arguments\":{\"upid\":\"U1\"}");
    plane_test_done(&w.t);
}

/* ---- one datastore */

static void one_datastore_is_looked_at_alone(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    plane_test_argument(&w.t, "store", "main", 1);
    answer_instead(&w.t, "/admin/datastore", 200,
                   "[{\"store\":\"main\"},{\"store\":\"other\",\"maintenance\":\"offline\"}]");
    answer_instead(&w.t, "/admin/gc", 200, "[{\"store\":\"other\"}]");
    answer_instead(&w.t, "/config/datastore", 200, "[{\"name\":\"other\"}]");
    w.t.sites = "[{\"name\":\"test\",\"kind\":\"pbs\"},{\"name\":\"lab\",\"kind\":\"pve\"}]";
    world_tasks_of(&w, "main");
    world_read(&w);
    expect_no_finding(&w.t, "of the other datastore");
    assert_int_equal(plane_test_told_count(&w.t, "incomplete"), 0);
    assert_non_null(strstr(w.t.reply[0].data, "guests of clusters were not compared"));
    for (uint32_t i = 0; i < w.t.asked_count; i++)
        assert_null(strstr(w.t.asked[i], "other"));
    plane_test_done(&w.t);

    world_init(&w);
    plane_test_argument(&w.t, "store", "nosuch", 1);
    const int32_t r = plane_test_read(&w.t, world_plane, "pbs_health");
    expect_failure(&w.t, r, PROXIMO_ENOTFOUND, "there is no datastore \"nosuch\"");
    plane_test_done(&w.t);
}

/* A list without any datastore says nothing of the one that is asked for. */
static void a_datastore_that_no_list_shows_is_asked_for(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    plane_test_argument(&w.t, "store", "main", 1);
    answer_instead(&w.t, "/admin/datastore", 200, "[]");
    world_tasks_of(&w, "main");
    answer_instead(&w.t, SPACES, 403, "");
    world_read(&w);
    expect_words(&w.t, "incomplete", "the namespaces of datastore main");
    plane_test_done(&w.t);
}

static void a_cancelled_call_ends(void **state)
{
    struct world w;
    (void)state;
    world_init(&w);
    w.t.cancelled = 1;
    assert_int_equal(plane_test_read(&w.t, world_plane, "pbs_health"), PROXIMO_ECANCELLED);
    plane_test_done(&w.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(groups_are_judged),
        cmocka_unit_test(an_idle_namespace_is_told_once),
        cmocka_unit_test(the_thresholds_are_the_callers),
        cmocka_unit_test(a_backup_that_runs_is_not_unfinished),
        cmocka_unit_test(a_row_without_sense_is_told),
        cmocka_unit_test(what_is_not_read_is_said),
        cmocka_unit_test(what_is_filtered_is_said),
        cmocka_unit_test(what_nothing_does_is_not_known_without_all_jobs),
        cmocka_unit_test(a_namespace_that_is_seen_in_part_is_not_empty),
        cmocka_unit_test(datastores_jobs_and_tasks_are_judged),
        cmocka_unit_test(the_datastore_does_it_itself),
        cmocka_unit_test(failed_tasks_are_told),
        cmocka_unit_test(one_datastore_is_looked_at_alone),
        cmocka_unit_test(a_datastore_that_no_list_shows_is_asked_for),
        cmocka_unit_test(a_cancelled_call_ends),
    };
    return cmocka_run_group_tests(tests, world_load, NULL);
}
