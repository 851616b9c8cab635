/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated Backup Server: how it refuses, who sees what, what changes do and leave alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "asks.h"

#define MAIN "/admin/datastore/main"
#define G100 "\"ns\": \"prod\", \"backup-type\": \"vm\", \"backup-id\": \"100\""
#define G105 "\"backup-type\": \"ct\", \"backup-id\": \"105\""

static int with_vault(void **state)
{
    static const char *const arguments[] = {"--seed",          "vault", "--task-ms", "20",
                                            "--auth-delay-ms", "0",     NULL};

    return begin(state, arguments);
}

/* Asserts status and body: the whole text of an error, a part of a good answer. */
static void says(struct fixture *fixture, const char *who, const char *method, const char *path,
                 const char *params, int status, const char *text)
{
    struct answer answer;

    assert_int_equal(send_as(fixture, who, method, path, params, &answer), 0);
    if (answer.status != status)
        print_error("%s %s: %d %s\n", method, path, answer.status, answer.body);
    assert_int_equal(answer.status, status);
    if (status != 200)
        assert_string_equal(answer.body, text);
    else if (!strstr(answer.body, text))
        assert_string_equal(answer.body, text);
    answer_done(&answer);
}

static int64_t count_of(struct fixture *fixture, const char *path, const char *params)
{
    struct answer answer;
    int64_t count;

    assert_int_equal(send_it(fixture, "GET", path, params, &answer), 0);
    assert_int_equal(answer.status, 200);
    count = (int64_t)json_object_array_length(member(answer.root, "data"));
    answer_done(&answer);
    return count;
}

struct row {
    const char *who, *method, *path, *params;
    int status;
    const char *text;
};

static void all_say(struct fixture *fixture, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        says(fixture, rows[i].who, rows[i].method, rows[i].path, rows[i].params, rows[i].status,
             rows[i].text);
}

static void errors(void **state)
{
    static const struct row rows[] = {
        {"none", "GET", "/version", "{}", 401,
         "authentication failed - no authentication credentials provided."},
        {"none", "GET", "/ping", "{}", 200, "{\"data\":{\"pong\":true}}"},
        {"root", "GET", "/nope", "{}", 404, "Path '/nope' not found."},
        {"root", "GET", "/nodes", "{}", 403, "permission check failed"},
        {"root", "GET", MAIN "/groups", "{\"x\": \"1\"}", 400,
         "parameter verification errors\n\nparameter 'x': schema does not allow additional properties."},
        {"root", "GET", MAIN "/rrd", "{\"cf\": \"MAX\"}", 400,
         "parameter verification errors\n\nparameter 'timeframe': parameter is missing and it is not "
         "optional."},
        {"root", "GET", MAIN "/namespace", "{\"max-depth\": \"9\"}", 400,
         "parameter verification errors\n\nparameter 'max-depth': value must have a maximum value of 7 (got "
         "9)"},
        {"root", "GET", MAIN "/groups", "{\"ns\": \"a//b\"}", 400,
         "parameter verification errors\n\nparameter 'ns': value does not match the regex pattern"},
        {"root", "GET", "/nodes/pve1/status", "{}", 400,
         "parameter verification errors\n\nparameter 'node': no such node 'pve1'"},
        {"root", "GET", "/admin/datastore/gone/groups", "{}", 400, "no such datastore 'gone'"},
        {"root", "GET", "/admin/datastore/gone/namespace", "{}", 400, "no such datastore 'gone'"},
        {"root", "GET", MAIN "/groups", "{\"ns\": \"gone\"}", 400, "ENOENT: No such file or directory"},
        {"root", "GET", MAIN "/namespace", "{\"parent\": \"gone\"}", 400,
         "ENOENT: No such file or directory"},
        {"root", "GET", MAIN "/snapshots", "{\"backup-type\": \"vm\", \"backup-id\": \"9\"}", 200,
         "{\"data\":[]}"},
        {"root", "GET", MAIN "/group-notes", "{\"backup-type\": \"vm\", \"backup-id\": \"9\"}", 200,
         "{\"data\":\"\"}"},
        {"backup-narrow", "GET", MAIN "/namespace", "{\"parent\": \"gone\"}", 403, "permission check failed"},
        {"backup-narrow", "GET", MAIN "/status", "{\"verbose\": \"1\"}", 200,
         "\"total\":0,\"used\":0,\"avail\":0,\"backend-type\":\"filesystem\",\"counts\":{\"vm\":{\"groups\":"
         "1,"},
        {"root", "PUT", "/config/datastore/main", "{\"maintenance-mode\": \"asleep\"}", 400,
         "parameter verification errors\n\nparameter 'maintenance-mode': value 'asleep' is not defined in "
         "the "
         "enumeration."},
        {"root", "GET", "/config/sync/gone", "{}", 400, "no such sync 'gone'"},
        {"root", "DELETE", "/config/remote/gone", "{}", 404, "remote 'gone' does not exist."},
        {"root", "POST", "/config/verify", "{\"id\": \"verify-main\", \"store\": \"main\"}", 400,
         "parameter verification errors\n\nparameter 'id': job 'verify-main' already exists."},
        {"root", "GET", MAIN "/status", "{\"verbose\": \"true\"}", 200, "\"counts\":{\"ct\":{\"groups\":2"},
        {"root", "GET", MAIN "/status", "{\"verbose\": \"maybe\"}", 400,
         "parameter verification errors\n\nparameter 'verbose': Unable to parse boolean option."},
    };

    all_say(*state, rows, sizeof rows / sizeof *rows);
}

/* A token with Datastore.Backup on one namespace. */
static void rights(void **state)
{
    static const struct row rows[] = {
        {"backup-narrow", "GET", "/admin/datastore", "{}", 200,
         "{\"data\":[{\"store\":\"main\",\"mount-status\":\"nonremovable\",\"backend-type\":\"filesystem\"}]"
         "}"},
        {"backup-narrow", "GET", MAIN "/namespace", "{}", 200,
         "{\"data\":[{\"ns\":\"prod\"},{\"ns\":\"prod/web\"}]}"},
        {"backup-narrow", "GET", MAIN "/groups", "{}", 403,
         "permission check failed - missing Datastore.Audit|Datastore.Backup on /datastore/main"},
        {"backup-narrow", "GET", MAIN "/groups", "{\"ns\": \"prod\"}", 200,
         "{\"data\":[{\"backup-type\":\"vm\",\"backup-id\":\"101\""},
        {"backup-narrow", "GET", MAIN "/group-notes", "{" G100 "}", 400,
         "backup owner check failed (backup@pbs!narrow != backup@pbs!pve)"},
        {"backup-narrow", "POST", MAIN "/prune", "{" G100 ", \"keep-last\": \"1\", \"dry-run\": \"1\"}", 403,
         "permission check failed - missing Datastore.Modify|Datastore.Prune on /datastore/main/prod"},
        {"backup-narrow", "POST", MAIN "/gc", "{}", 403, "permission check failed"},
        {"backup-narrow", "POST", "/admin/prune/prune-main/run", "{}", 400,
         "missing permissions 'Datastore.Modify' on '/datastore/main'"},
        {"backup-narrow", "GET", "/access/permissions", "{}", 200,
         "{\"data\":{\"/datastore/main/prod\":{\"Datastore.Backup\":true}}}"},
        {"backup-narrow", "GET", "/access/permissions", "{\"auth-id\": \"root@pam\"}", 400,
         "not allowed to list permissions of root@pam"},
        /* Sync jobs are not shown to whoever cannot see their remote. */
        {"audit-readonly", "GET", "/admin/sync", "{}", 200, "{\"data\":[],"},
        {"audit-readonly", "GET", "/admin/prune", "{}", 200, "\"id\":\"prune-main\""},
        {"audit-readonly", "GET", "/config/remote", "{}", 200, "{\"data\":[],"},
        {"audit-readonly", "POST", MAIN "/gc", "{}", 403, "permission check failed"},
        {"audit-readonly", "GET", "/config/traffic-control", "{}", 403, "permission check failed"},
        {"backup-pve", "POST", MAIN "/prune", "{" G105 ", \"keep-last\": \"1\", \"dry-run\": \"1\"}", 400,
         "backup owner check failed (backup@pbs!pve != backup@pbs)"},
    };

    all_say(*state, rows, sizeof rows / sizeof *rows);
}

static void prune(void **state)
{
    struct fixture *fixture = *state;
    char task[800];

    says(fixture, "root", "POST", MAIN "/prune", "{" G100 ", \"keep-last\": \"2\", \"dry-run\": \"true\"}",
         200, "\"keep\":false,\"protected\":false,\"ns\":\"prod\"");
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{" G100 "}"), 14);
    start(fixture, "POST", MAIN "/prune", "{" G100 ", \"keep-daily\": \"3\", \"use-task\": \"1\"}", task,
          sizeof task);
    ends(fixture, task, "OK");
    logged(fixture, task, "Z remove");
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{" G100 "}"), 3);
    /* Without a task it is done when it answers; what is protected stays. */
    says(fixture, "root", "POST", MAIN "/prune", "{" G105 ", \"keep-last\": \"1\"}", 200,
         "\"keep\":true,\"protected\":true");
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{" G105 "}"), 2);
    /* No rule: nothing goes. */
    says(fixture, "root", "POST", MAIN "/prune", "{" G105 "}", 200, "\"keep\":true");
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{" G105 "}"), 2);
    start(fixture, "POST", MAIN "/prune-datastore",
          "{\"keep-last\": \"1\", \"ns\": \"prod\", \"max-depth\": \"0\"}", task, sizeof task);
    ends(fixture, task, "OK");
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{\"ns\": \"prod\"}"), 3);
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{\"ns\": \"prod/web\"}"), 7);
}

/* Who may prune no more than its own prunes a whole datastore down to its own groups. */
static void prune_of_ones_own(void **state)
{
    struct fixture *fixture = *state;

    says(fixture, "backup-narrow", "POST", MAIN "/prune-datastore",
         "{\"keep-last\": \"1\", \"ns\": \"prod\"}", 400,
         "missing permissions 'Datastore.Modify|Datastore.Prune' on '/datastore/main/prod'");
    says(fixture, "backup-pve", "POST", MAIN "/prune-datastore", "{\"keep-last\": \"1\"}", 200,
         "UPID:vault:");
    wait_ms(100);
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{" G100 "}"), 1);
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{\"ns\": \"prod\"}"), 1 + 14 + 10);
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{}"), 5 + 14 + 4);
    says(fixture, "root", "GET", MAIN "/notes", "{" G100 ", \"backup-time\": \"8000000000000000000\"}", 400,
         "snapshot vm/100/1900-01-01T00:00:00Z does not exist");
}

static void deletions(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *oldest = NULL;
    char params[300];

    oldest = value(fixture, "GET", MAIN "/snapshots", "{" G105 "}", "data.13.backup-time");
    (void)snprintf(params, sizeof params, "{" G105 ", \"backup-time\": \"%s\"}", oldest);
    says(fixture, "root", "DELETE", MAIN "/snapshots", params, 400, "cannot remove protected snapshot");
    says(fixture, "root", "DELETE", MAIN "/groups", "{" G105 "}", 400,
         "group only partially deleted due to protected snapshots");
    /* The others are gone all the same. */
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{" G105 "}"), 1);
    says(fixture, "root", "DELETE", MAIN "/groups", "{" G105 ", \"error-on-protected\": \"false\"}", 200,
         "{\"data\":{\"protected-snapshots\":1,\"removed-groups\":0,\"removed-snapshots\":0}}");
    says(fixture, "root", "PUT", MAIN "/protected", "{}", 400,
         "parameter verification errors\n\nparameter 'backup-id': parameter is missing and it is not "
         "optional.\n"
         "parameter 'backup-time': parameter is missing and it is not optional.\n"
         "parameter 'backup-type': parameter is missing and it is not optional.\n"
         "parameter 'protected': parameter is missing and it is not optional.");
    (void)snprintf(params, sizeof params, "{" G105 ", \"backup-time\": \"%s\", \"protected\": \"false\"}",
                   oldest);
    done(fixture, "PUT", MAIN "/protected", params);
    says(fixture, "root", "DELETE", MAIN "/groups", "{" G105 "}", 200, "\"removed-groups\":1");
    says(fixture, "root", "DELETE", MAIN "/namespace", "{\"ns\": \"prod\"}", 400,
         "only partially deleted due to existing groups but `delete-groups` not true");
    done(fixture, "POST", MAIN "/namespace", "{\"name\": \"x\", \"parent\": \"lab\"}");
    done(fixture, "DELETE", MAIN "/namespace", "{\"ns\": \"lab\"}");
    done(fixture, "DELETE", MAIN "/namespace", "{\"ns\": \"prod\", \"delete-groups\": \"true\"}");
    assert_int_equal(count_of(fixture, MAIN "/namespace", "{}"), 1);
}

/* What is taken away is still on the disk until it has not been touched for a day. */
static void garbage(void **state)
{
    struct fixture *fixture = *state;
    char task[800];

    says(fixture, "root", "DELETE", MAIN "/groups", "{" G100 "}", 200, "\"removed-snapshots\":14");
    is(fixture, MAIN "/status", "data.used", "620000000000");
    start(fixture, "POST", MAIN "/gc", "{}", task, sizeof task);
    ends(fixture, task, "OK");
    is(fixture, MAIN "/status", "data.used", "620000000000");
    is(fixture, MAIN "/gc", "data.pending-bytes", "7340032000");
    /* Where none ever ran, what was written long ago goes at once. */
    says(fixture, "root", "DELETE", "/admin/datastore/archive/groups",
         "{\"backup-type\": \"vm\", \"backup-id\": \"999\"}", 200, "\"removed-snapshots\":1");
    start(fixture, "POST", "/admin/datastore/archive/gc", "{}", task, sizeof task);
    ends(fixture, task, "OK");
    is(fixture, "/admin/datastore/archive/gc", "data.removed-bytes", "9663676416");
    is(fixture, "/admin/datastore/archive/status", "data.used", "181336323584");
    is(fixture, "/admin/datastore/archive/gc", "data.last-run-state", "OK");
}

static void jobs(void **state)
{
    struct fixture *fixture = *state;
    char task[800];

    start(fixture, "POST", "/admin/sync/pull-offsite/run", "{}", task, sizeof task);
    ends(fixture, task,
         "datastore 'offsite' is unavailable: read-only maintenance mode: disks are being replaced");
    done(fixture, "PUT", "/config/datastore/offsite", "{\"delete\": \"maintenance-mode\"}");
    start(fixture, "POST", "/admin/sync/pull-offsite/run", "{}", task, sizeof task);
    ends(fixture, task, "OK");
    assert_int_equal(count_of(fixture, "/admin/datastore/offsite/groups", "{}"), 2);
    is(fixture, "/admin/sync", "data.0.last-run-state", "OK");
    start(fixture, "POST", MAIN "/verify", "{\"ns\": \"prod\", \"ignore-verified\": \"false\"}", task,
          sizeof task);
    ends(fixture, task, "verification failed - please check the log for details");
    start(fixture, "POST", "/admin/prune/prune-main/run", "{}", task, sizeof task);
    ends(fixture, task, "OK");
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{" G100 "}"), 7);
}

static int with_trouble(void **state)
{
    static const char *const arguments[] = {
        "--seed",    "vault",
        "--task-ms", "20",
        "--task",    "prune:fail:1",
        "--task",    "garbage_collection:hang:1",
        "--set",     "/datastores/main/namespaces/prod/groups/vm~1100/busy=\"reader\"",
        NULL};

    return begin(state, arguments);
}

static void tasks(void **state)
{
    struct fixture *fixture = *state;
    char task[800], path[900];

    says(fixture, "root", "POST", MAIN "/prune", "{" G105 ", \"keep-last\": \"1\"}", 400,
         "command 'prune' failed: exit code 1");
    assert_int_equal(count_of(fixture, MAIN "/snapshots", "{" G105 "}"), 14);
    start(fixture, "POST", MAIN "/gc", "{}", task, sizeof task);
    says(fixture, "root", "POST", MAIN "/gc", "{}", 400, "garbage collection already running");
    (void)snprintf(path, sizeof path, "%s/status", task);
    is(fixture, path, "data.status", "running");
    is(fixture, path, "data.type", "garbage_collection");
    is(fixture, path, "data.user", "root@pam");
    is(fixture, path, "data.tokenid", "proximo");
    assert_int_equal(count_of(fixture, "/nodes/localhost/tasks", "{\"running\": \"true\"}"), 1);
    /* Others neither see nor stop it. */
    says(fixture, "backup-narrow", "GET", path, "{}", 400, "task access not allowed");
    says(fixture, "backup-narrow", "DELETE", task, "{}", 400,
         "missing permissions 'Sys.Modify' on '/system/tasks'");
    says(fixture, "backup-narrow", "GET", "/nodes/localhost/tasks", "{}", 200, "{\"data\":[],\"total\":0}");
    says(fixture, "backup-pve", "GET", "/nodes/localhost/tasks", "{}", 200, "\"total\":1}");
    says(fixture, "audit-readonly", "DELETE", task, "{}", 400,
         "missing permissions 'Sys.Modify' on '/system/tasks'");
    done(fixture, "DELETE", task, "{}");
    ends(fixture, task, "abort requested - aborting task");
    is(fixture, MAIN "/gc", "data.last-run-state", "abort requested - aborting task");
    assert_int_equal(count_of(fixture, "/nodes/localhost/tasks", "{\"typefilter\": \"sync\"}"), 2);
    assert_int_equal(count_of(fixture, "/nodes/localhost/tasks", "{\"statusfilter\": [\"warning\"]}"), 0);
    /* What somebody reads stays. */
    is(fixture, MAIN "/active-operations", "data.read", "1");
    says(fixture, "root", "DELETE", MAIN "/groups", "{" G100 "}", 400,
         "unable to acquire lock on group 'vm/100' - possibly running or in use");
}

/* Who may hand a group to whom. */
static void owners(void **state)
{
    struct fixture *fixture = *state;
    char params[300];

    says(fixture, "backup-pve", "POST", MAIN "/change-owner", "{" G100 ", \"new-owner\": \"backup@pbs\"}",
         401,
         "backup@pbs!pve does not have permission to change owner of backup group 'vm/100' to backup@pbs");
    says(fixture, "root", "POST", MAIN "/change-owner", "{" G100 ", \"new-owner\": \"gone@pbs!t\"}", 400,
         "API token 'gone@pbs!t' is inactive or non-existent");
    done(fixture, "POST", MAIN "/change-owner", "{" G100 ", \"new-owner\": \"audit@pbs\"}");
    says(fixture, "backup-pve", "GET", MAIN "/group-notes", "{" G100 "}", 400,
         "backup owner check failed (backup@pbs!pve != audit@pbs)");
    (void)snprintf(params, sizeof params, "{" G100 ", \"notes\": \"one\\ntwo\"}");
    done(fixture, "PUT", MAIN "/group-notes", params);
    /* The first line of the file with its end, which the list of snapshots has not. */
    is(fixture, MAIN "/groups?ns=prod", "data.?backup-id=100.comment", "one\n");
    says(fixture, "root", "GET", MAIN "/group-notes", "{" G100 "}", 200, "one\\ntwo");
}

static void configuration(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *digest = value(fixture, "GET", "/config/prune", "{}", "digest");
    char params[300], task[800];

    (void)snprintf(params, sizeof params,
                   "{\"digest\": \"%s\", \"keep-last\": \"3\", \"delete\": \"comment\"}", digest);
    done(fixture, "PUT", "/config/prune/prune-main", params);
    says(fixture, "root", "PUT", "/config/prune/prune-main", params, 400,
         "detected modified configuration - file changed by other user? Try again.");
    is(fixture, "/config/prune/prune-main", "data.keep-last", "3");
    is(fixture, "/config/prune/prune-main", "data.comment", "(none)");
    says(fixture, "root", "DELETE", "/config/remote/dc2", "{}", 400,
         "remote 'dc2' is used by sync job 'pull-offsite' (datastore 'offsite')");
    start(fixture, "POST", "/config/datastore", "{\"name\": \"more\", \"path\": \"/mnt/datastore/more\"}",
          task, sizeof task);
    ends(fixture, task, "OK");
    says(
        fixture, "root", "POST", "/config/datastore",
        "{\"name\": \"other\", \"path\": \"/mnt/datastore/more/in\"}", 400,
        "parameter verification errors\n\nparameter 'path': nested datastores not allowed: 'more' already in "
        "'/mnt/datastore/more'");
    start(fixture, "DELETE", "/config/datastore/offsite", "{}", task, sizeof task);
    ends(fixture, task, "OK");
    /* Its jobs went with it. */
    says(fixture, "root", "GET", "/config/sync/pull-offsite", "{}", 400, "no such sync 'pull-offsite'");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(errors, with_vault, end),
        cmocka_unit_test_setup_teardown(rights, with_vault, end),
        cmocka_unit_test_setup_teardown(prune, with_vault, end),
        cmocka_unit_test_setup_teardown(prune_of_ones_own, with_vault, end),
        cmocka_unit_test_setup_teardown(deletions, with_vault, end),
        cmocka_unit_test_setup_teardown(garbage, with_vault, end),
        cmocka_unit_test_setup_teardown(jobs, with_vault, end),
        cmocka_unit_test_setup_teardown(tasks, with_trouble, end),
        cmocka_unit_test_setup_teardown(owners, with_vault, end),
        cmocka_unit_test_setup_teardown(configuration, with_vault, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
