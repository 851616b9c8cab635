/* SPDX-License-Identifier: Apache-2.0 */
/* An answer that was lost: its task is looked for, and only the one that fits is taken for ours. */
#include "bench.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "plans.h"

#define LIST "GET /nodes/pve1/tasks"

static int64_t now_s; /* one present for list and task */
static char lists[8][4096];

/* A list of one task for each row; its start is the present plus offset_s. */
struct row {
    const char *type, *id, *user;
    int offset_s;
};

static const char *list_of(size_t at, const struct row *rows, size_t count)
{
    size_t len = (size_t)snprintf(lists[at], sizeof(lists[at]), "{\"data\":[");
    for (size_t i = 0; i < count; i++)
        len +=
            (size_t)snprintf(lists[at] + len, sizeof(lists[at]) - len,
                             "%s{\"upid\":\"UPID:pve1:%08zX:00ABCDEF:%08X:%s:%s:%s:\"}", i ? "," : "", i + 1,
                             (unsigned)(now_s + rows[i].offset_s), rows[i].type, rows[i].id, rows[i].user);
    snprintf(lists[at] + len, sizeof(lists[at]) - len, "],\"total\":%zu}", count);
    return lists[at];
}

static void stop_plan(struct fake_answer answer)
{
    bench_plan("'steps':[" STOP_STEP "]");
    fake_http_script(STOP, answer);
}

static char status_name[400];

/* The task that row `i` names ends. */
static void task_ends(size_t i, const struct row *row, const char *exitstatus)
{
    static char body[200];
    unsigned start = (unsigned)(now_s + row->offset_s);
    snprintf(body, sizeof(body), "{\"data\":{\"status\":\"stopped\",\"exitstatus\":\"%s\"}}", exitstatus);
    snprintf(status_name, sizeof(status_name),
             "GET "
             "/nodes/pve1/tasks/"
             "UPID%%3Apve1%%3A%08zX%%3A00ABCDEF%%3A%08X%%3A%s%%3A%s%%3Aroot%%40pam%%21bench%%3A/status",
             i + 1, start, row->type, row->id);
    fake_http_script(status_name, SAY(.body = body));
}

static int setup(void **state)
{
    now_s = clock_wall_us() / 1000000;
    return bench_setup(state);
}

/* design 2: "A lost POST answer is resolved by looking" */
static void one_task_fits(void **state)
{
    (void)state;
    static const struct row rows[] = {{"vzstart", "105", TOKEN, 0},     {"vzstop", "106", TOKEN, 0},
                                      {"vzstop", "105", "root@pam", 0}, {"vzstop", "105", TOKEN, -60},
                                      {"vzstop", "105", TOKEN, 0},      {"vzstop", "105", TOKEN, 3600}};
    stop_plan(SAY(.error = -ECONNRESET));
    task_ends(4, &rows[4], "OK");
    fake_http_script(LIST, SAY(.body = list_of(0, rows, 6)));
    assert_string_equal(bench_run(), "ok");
    assert_int_equal(fake_http_changes(), 1); /* never sent again */
    assert_non_null(strstr(bench_journal(), "\"event\":\"lost\""));
    assert_non_null(strstr(bench_journal(), "found in the task list"));
    assert_non_null(strstr(fake_http_target_of(LIST), "source=all"));
}

static void ha_task_fits(void **state)
{
    (void)state;
    static const struct row row = {"hastop", "105", TOKEN, 0};
    stop_plan(SAY(.error = -ETIMEDOUT));
    task_ends(0, &row, "OK");
    fake_http_script(LIST, SAY(.body = list_of(0, &row, 1)));
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(bench_step(0, "exitstatus"), "OK");
}

static void appears_a_moment_later(void **state)
{
    (void)state;
    static const struct row row = {"vzstop", "105", TOKEN, 0};
    stop_plan(SAY(.status = 596, .body = "{\"data\":null}")); /* a node that passed it on and heard no more */
    task_ends(0, &row, "stop failed");
    fake_http_script(LIST, SAY(.body = "{\"data\":[],\"total\":0}"));
    fake_http_script(LIST, SAY(.body = list_of(0, &row, 1)));
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "stop failed"));
    assert_int_equal(fake_http_changes(), 1);
}

static void none_fits(void **state)
{
    (void)state;
    static const struct row row = {"vzstop", "106", TOKEN, 0};
    stop_plan(SAY(.error = -ECONNRESET));
    fake_http_script(LIST, SAY(.body = list_of(0, &row, 1)));
    assert_string_equal(bench_run(), "unknown");
    assert_true(fake_http_count_of(LIST) > 1);
    assert_int_equal(fake_http_changes(), 1);
}

static void two_fit(void **state)
{
    (void)state;
    static const struct row rows[] = {{"vzstop", "105", TOKEN, 0}, {"vzstop", "105", TOKEN, 1}};
    stop_plan(SAY(.error = -ECONNRESET));
    fake_http_script(LIST, SAY(.body = list_of(0, rows, 2)));
    assert_string_equal(bench_run(), "unknown");
    assert_non_null(strstr(bench.result.why, "several tasks fit"));
}

static void list_cannot_be_read(void **state)
{
    (void)state;
    stop_plan(SAY(.error = -ECONNRESET));
    fake_http_script(LIST, SAY(.error = -ECONNRESET));
    assert_string_equal(bench_run(), "unknown");
    assert_non_null(strstr(bench.result.why, "cannot be read"));
}

static void never_left(void **state)
{
    (void)state;
    stop_plan(SAY(.error = -ECONNREFUSED, .unsent = 1));
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "not sent"));
    assert_int_equal(fake_http_count_of(LIST), 0);
}

/* No task would tell of it; what it was to bring about does. */
static void effect_is_seen(const char *tags, const char *outcome)
{
    static char body[200];
    snprintf(body, sizeof(body), "{\"data\":{\"digest\":\"d2\",\"tags\":\"%s\"}}", tags);
    bench_plan(
        "'steps':[" PUT_STEP("b", "") "],'postcondition':[{'name':'p','kind':'wait','path':'" CONFIG
                                      "','select':'/tags','test':'equals','value':'b','deadline_ms':50}]");
    fake_http_reset();
    fake_http_script("PUT " CONFIG, SAY(.error = -ECONNRESET));
    fake_http_script("GET " CONFIG, SAY(.body = body));
    assert_string_equal(bench_run(), outcome);
    assert_int_equal(fake_http_changes(), 1);
}

static void effect_there(void **state)
{
    (void)state;
    effect_is_seen("b", "ok");
    assert_non_null(strstr(bench_step(0, "message"), "the effect was seen"));
}

static void effect_not_there(void **state)
{
    (void)state;
    effect_is_seen("a", "unknown");
}

static void clock_of_the_node(void **state)
{
    (void)state;
    static const struct row row = {"vzstop", "105", TOKEN, 7200};
    static char time_body[100];
    stop_plan(SAY(.error = -ECONNRESET));
    task_ends(0, &row, "OK");
    snprintf(time_body, sizeof(time_body), "{\"data\":{\"time\":%lld}}",
             (long long)clock_wall_us() / 1000000 + 7200);
    fake_http_script("GET /nodes/pve1/time", SAY(.body = time_body));
    fake_http_script(LIST, SAY(.body = list_of(0, &row, 1)));
    assert_string_equal(bench_run(), "ok");
}

static void types_of_requests(void **state)
{
    (void)state;
    char id[128];
    assert_string_equal(lost_types("POST", "/nodes/pve1/qemu/100/status/start", NULL, id), "qmstart,hastart");
    assert_string_equal(id, "100");
    struct http_field field = {"vmid", "777", 3};
    struct field_list list = {&field, 1};
    assert_string_equal(lost_types("POST", "/nodes/pve1/lxc", &list, id), "vzcreate,vzrestore");
    assert_string_equal(id, "777");
    assert_null(lost_types("PUT", CONFIG, NULL, id));
    assert_null(lost_types("POST", "/nodes/pve1/qemu/100/status", NULL, id));
}

static void types_of_a_backup_server(void **state)
{
    static const struct {
        const char *method, *path, *types, *id;
    } rows[] = {
        {"POST", "/admin/datastore/main/gc", "garbage_collection", "main"},
        {"POST", "/admin/datastore/main/verify", "verify,verify_group,verify_snapshot", "main"},
        {"POST", "/admin/datastore/main/prune-datastore", "prune", "main"},
        {"POST", "/admin/verify/v-daily/run", "verificationjob", "v-daily"},
        {"POST", "/admin/sync/pull-offsite/run", "syncjob", "pull-offsite"},
        {"DELETE", "/config/datastore/old", "delete-datastore", "old"},
    };
    static const struct {
        const char *id, *part;
        bool has;
    } ids[] = {
        {"main", "main", true},
        {"main\\x3av\\x2ddaily", "v-daily", true},
        {"main\\x3av\\x2ddaily", "main", true},
        {"main\\x3aprod\\x2fweb\\x3avm\\x2f100", "main", true},
        {"main2\\x3ax", "main", false},
        {"mai", "main", false},
        {"x\\x3amain", "main", true},
        {"", "main", false},
        {"ma\\x3ain", "main", false},
        {"main\\x", "main", false},
    };
    char id[128];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(lost_types(rows[i].method, rows[i].path, NULL, id), rows[i].types);
        assert_string_equal(id, rows[i].id);
    }
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (lost_id_has(ids[i].id, ids[i].part) != ids[i].has)
            fail_msg("%s in %s", ids[i].part, ids[i].id);
    assert_null(lost_types("DELETE", "/admin/datastore/main/snapshots", NULL, id)); /* no task */
}

/* A Backup Server: no node in the path, no source and vmid in the list, ids in parts, a token with a colon.
 */
static void task_of_a_backup_server(void **state)
{
    (void)state;
    static const char gc[] = "UPID:vault:0000C0DE:00ABCDEF:00000007:%08X:garbage_collection:%s:" TOKEN ":";
    static char list[1000], status[400], ours[200], other[200];
    char *path = bench_file("token");
    FILE *token = fopen(path, "w");

    fputs(TOKEN ":0b1e5b2a-0000-0000-0000-000000000000\n", token);
    fclose(token);
    free(path);
    bench.site_row.kind = CONFIG_PBS;
    bench_plan("'steps':[{'name':'gc','kind':'request','method':'POST','path':'/admin/datastore/main/gc',"
               "'follow':true}]");
    snprintf(ours, sizeof(ours), gc, (unsigned)now_s, "main");
    snprintf(other, sizeof(other), gc, (unsigned)now_s, "main2");
    snprintf(list, sizeof(list), "{\"data\":[{\"upid\":\"%s\"},{\"upid\":\"%s\"}],\"total\":2}", other, ours);
    snprintf(status, sizeof(status),
             "GET /nodes/vault/tasks/UPID%%3Avault%%3A0000C0DE%%3A00ABCDEF%%3A00000007%%3A%08X%%3A"
             "garbage_collection%%3Amain%%3Aroot%%40pam%%21bench%%3A/status",
             (unsigned)now_s);
    fake_http_script("POST /admin/datastore/main/gc", SAY(.error = -ECONNRESET));
    fake_http_script("GET /nodes/localhost/tasks", SAY(.body = list));
    fake_http_script(status, SAY(.body = "{\"data\":{\"status\":\"stopped\",\"exitstatus\":\"OK\"}}"));
    assert_string_equal(bench_run(), "ok");
    assert_int_equal(fake_http_changes(), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(one_task_fits),
        T(ha_task_fits),
        T(appears_a_moment_later),
        T(none_fits),
        T(two_fit),
        T(list_cannot_be_read),
        T(never_left),
        T(effect_there),
        T(effect_not_there),
        T(clock_of_the_node),
        T(types_of_requests),
        T(types_of_a_backup_server),
        T(task_of_a_backup_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
