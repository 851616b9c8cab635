/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that was cut off: what came of it, from every beginning of its journal. bench_resolve() itself sees
 * to it that nothing is sent.
 */
#include "bench.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "plans.h"

#define PUT  "PUT " CONFIG
#define LIST "GET /nodes/pve1/tasks"

static void journal(const char *text)
{
    char *copy = strdup(text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    bench_journal_set(copy, strlen(copy));
    free(copy);
}

/* Lines of a journal, of a time that a task of the list may have begun in. */
static const char *line(size_t step, const char *event, const char *more)
{
    static char lines[8][700];
    static size_t at;
    char *out = lines[at++ % 8];
    snprintf(out, 700, "{'step':%zu,'event':'%s','time':%lld%s}\n", step, event, (long long)clock_wall_us(),
             more);
    return out;
}

static void stop_plan(void)
{
    char text[2000];
    snprintf(text, sizeof(text), "%s,'steps':[%s],%s", bench_config, STOP_STEP, STOPPED);
    bench_plan(text);
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("stopped")));
}

static void nothing_was_sent(void **state)
{
    (void)state;
    stop_plan();
    assert_string_equal(bench_resolve(), "failed");
    assert_non_null(strstr(bench.result.why, "nothing was sent"));
    journal("");
    assert_string_equal(bench_resolve(), "failed");
    assert_int_equal(fake_http_count_of(LIST), 0);
}

static void task_has_ended(void **state)
{
    (void)state;
    stop_plan();
    char text[2000];
    snprintf(text, sizeof(text), "%s%s", line(0, "sending", ""),
             line(0, "answered", ",'upid':'" UPID "','status':200"));
    journal(text);
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    assert_string_equal(bench_resolve(), "ok");
    assert_string_equal(bench_step(0, "exitstatus"), "OK");
    assert_int_equal(strlen(bench.result.undo_sha256), 64);
}

static void task_has_failed(void **state)
{
    (void)state;
    stop_plan();
    char text[2000];
    snprintf(text, sizeof(text), "%s%s", line(0, "sending", ""), line(0, "answered", ",'upid':'" UPID "'"));
    journal(text);
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("no quorum")));
    assert_string_equal(bench_resolve(), "failed");
    assert_non_null(strstr(bench.result.why, "no quorum"));
}

static void task_still_runs(void **state)
{
    (void)state;
    stop_plan();
    char text[2000];
    snprintf(text, sizeof(text), "%s%s", line(0, "sending", ""), line(0, "answered", ",'upid':'" UPID "'"));
    journal(text);
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS));
    assert_string_equal(bench_resolve(), "running");
}

static void task_is_forgotten(void **state)
{
    (void)state;
    stop_plan();
    char text[2000];
    snprintf(text, sizeof(text), "%s%s", line(0, "sending", ""), line(0, "answered", ",'upid':'" UPID "'"));
    journal(text);
    fake_http_script("GET " TASK "/status",
                     SAY(.status = 400, .body = "{\"data\":null,\"message\":\"no such task\"}"));
    assert_string_equal(bench_resolve(), "unknown");
}

static void site_is_away(void **state)
{
    (void)state;
    stop_plan();
    char text[2000];
    snprintf(text, sizeof(text), "%s%s", line(0, "sending", ""), line(0, "answered", ",'upid':'" UPID "'"));
    journal(text);
    fake_http_script("GET " TASK "/status", SAY(.error = -ECONNRESET));
    assert_string_equal(bench_resolve(), "PX-CONNECT");
    fake_http_reset(); /* and /version answers 501: no Proxmox that can be asked */
    assert_string_equal(bench_resolve(), "PX-UNSUPPORTED");
    struct problem p = PROBLEM_INIT;
    assert_int_equal(run_resolve_timed(&bench.request, &bench.times, &bench.result, &p), -EAGAIN);
    fake_http_reset();
    fake_http_script("GET /version", SAY(.body = "{\"data\":{\"version\":\"9.2\"}}"));
    fake_http_script("GET " TASK "/status", SAY(.status = 401, .body = NOTHING));
    assert_int_equal(run_resolve_timed(&bench.request, &bench.times, &bench.result, &p), -EAGAIN);
}

static int64_t now_s; /* one present for list and task */
static char list[1][600];

static const char *tasks(size_t count)
{
    now_s = clock_wall_us() / 1000000;
    size_t len = (size_t)snprintf(list[0], sizeof(list[0]), "{\"data\":[");
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(list[0] + len, sizeof(list[0]) - len,
                                "%s{\"upid\":\"UPID:pve1:%08zX:00ABCDEF:%08X:vzstop:105:" TOKEN ":\"}",
                                i ? "," : "", i + 1, (unsigned)now_s);
    snprintf(list[0] + len, sizeof(list[0]) - len, "],\"total\":%zu}", count);
    return list[0];
}

/* "sending" without "answered": it may have been sent. */
static void maybe_sent(void **state)
{
    (void)state;
    char status[300];
    stop_plan();
    journal(line(0, "sending", ""));
    fake_http_script(LIST, SAY(.body = tasks(1)));
    snprintf(
        status, sizeof(status),
        "GET "
        "/nodes/pve1/tasks/"
        "UPID%%3Apve1%%3A00000001%%3A00ABCDEF%%3A%08X%%3Avzstop%%3A105%%3Aroot%%40pam%%21bench%%3A/status",
        (unsigned)now_s);
    fake_http_script(status, SAY(.body = ENDED("OK")));
    assert_string_equal(bench_resolve(), "ok");
}

static void maybe_sent_none(void **state)
{
    (void)state;
    stop_plan();
    journal(line(0, "sending", ""));
    fake_http_script(LIST, SAY(.body = tasks(0)));
    assert_string_equal(bench_resolve(), "unknown");
    assert_non_null(strstr(bench.result.why, "may have been sent"));
    assert_non_null(strstr(bench.result.why, "is as it was before"));
}

static void maybe_sent_two(void **state)
{
    (void)state;
    stop_plan();
    char text[2000];
    snprintf(text, sizeof(text), "%s%s", line(0, "sending", ""), line(0, "lost", ""));
    journal(text);
    fake_http_script(LIST, SAY(.body = tasks(2)));
    assert_string_equal(bench_resolve(), "unknown");
    assert_non_null(strstr(bench.result.why, "several"));
}

/* No task: what it was to bring about is looked for. */
static void effect(const char *tags, const char *outcome)
{
    static char body[200];
    snprintf(body, sizeof(body), "{\"data\":{\"digest\":\"d2\",\"tags\":\"%s\"}}", tags);
    bench_plan(
        "'steps':[" PUT_STEP("b", "") "],'postcondition':[{'name':'p','kind':'wait','path':'" CONFIG
                                      "','select':'/tags','test':'equals','value':'b','deadline_ms':60000}]");
    fake_http_reset();
    fake_http_script("GET /version", SAY(.body = "{\"data\":{}}"));
    fake_http_script("GET " CONFIG, SAY(.body = body));
    journal(line(0, "sending", ""));
    int64_t began = clock_ms();
    assert_string_equal(bench_resolve(), outcome);
    assert_true(clock_ms() - began < 5000); /* a look, no wait */
}

static void effect_there(void **state)
{
    (void)state;
    effect("b", "ok");
}

static void effect_not_there(void **state)
{
    (void)state;
    effect("a", "unknown");
}

/* `always` steps are not made up for: a person is told. */
static void always_is_named(void **state)
{
    (void)state;
    bench_plan("'steps':[" PUT_STEP("freeze",
                                    "") "," PUT_STEP("work", "") "," PUT_STEP("thaw", ",'always':true") "]");
    char text[2000];
    snprintf(text, sizeof(text), "%s%s%s", line(0, "sending", ""), line(0, "answered", ",'status':200"),
             line(0, "done", ""));
    journal(text);
    assert_string_equal(bench_resolve(), "partial");
    assert_non_null(strstr(bench.result.why, "left undone, to be done by hand: 'thaw'"));
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_string_equal(bench_step(1, "outcome"), "skipped");
    assert_string_equal(bench_step(2, "outcome"), "skipped");
}

static void waits_get_their_look(void **state)
{
    (void)state;
    bench_plan("'steps':[" PUT_STEP("one", "") ",{'name':'w','kind':'wait','path':'/cluster/options',"
                                               "'select':'/x','test':'exists','deadline_ms':60000}]");
    fake_http_script("GET /cluster/options", SAY(.body = "{\"data\":{}}"));
    fake_http_script("GET /cluster/options", SAY(.body = "{\"data\":{\"x\":1}}"));
    char text[2000];
    snprintf(text, sizeof(text), "%s%s", line(0, "sending", ""), line(0, "answered", ",'status':200"));
    journal(text);
    assert_string_equal(bench_resolve(), "partial");
    assert_string_equal(bench_resolve(), "ok");
}

static void not_its_journal(void **state)
{
    (void)state;
    stop_plan();
    journal("rubbish\n{'step':0,'event':'done'}\n");
    assert_string_equal(bench_resolve(), "unknown");
    journal("{'step':7,'event':'sending'}\n");
    assert_string_equal(bench_resolve(), "unknown");
    /* A task of hostile name is none. */
    journal("{'step':0,'event':'sending','time':1}\n{'step':0,'event':'answered','upid':'UPID:../"
            "x:','result':'x'}\n");
    assert_string_equal(bench_resolve(), "unknown");
}

/* ---- every beginning of a real journal, byte by byte */

#define BIG                                                                                                  \
    "'steps':[" PUT_STEP("one", "") "," STOP_STEP "," PUT_STEP(                                              \
        "two", ",'on_failure':'continue'") "," PUT_STEP("thaw", ",'always':true") "]"

static size_t lines_with(const char *text, size_t len, const char *part)
{
    size_t n = 0;
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n')
            continue;
        n += memmem(text + from, i - from, part, strlen(part)) != NULL;
        from = i + 1;
    }
    return n;
}

/* design 3: "An executing record without outcome is in doubt" */
static void every_prefix(void **state)
{
    (void)state;
    bench_plan(BIG);
    fake_http_script(PUT, SAY(.body = NOTHING, .times = 1));
    fake_http_script(PUT, SAY(.status = 500, .body = "{\"data\":null,\"message\":\"no\"}"));
    fake_http_script(PUT, SAY(.body = NOTHING));
    fake_http_script(STOP, SAY(.body = NAMED));
    fake_http_script(LIST, SAY(.body = "{\"data\":[],\"total\":0}"));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    assert_string_equal(bench_run(), "partial");
    char *text = strdup(bench_journal());
    size_t len = strlen(text);
    bench.times.lost = 1;
    size_t seen_unknown = 0;
    for (size_t cut = 0; cut <= len; cut++) {
        if (cut < len && cut % 7 && text[cut] != '\n' && (cut == 0 || text[cut - 1] != '\n'))
            continue;      /* all ends of lines, and some of what is between */
        fake_http_reset(); /* the list of requests is finite */
        fake_http_script("GET /version", SAY(.body = "{\"data\":{}}"));
        fake_http_script(LIST, SAY(.body = "{\"data\":[],\"total\":0}"));
        fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
        bench_journal_set(text, cut);
        const char *outcome = bench_resolve();
        size_t sent = lines_with(text, cut, "\"sending\"");
        size_t done = lines_with(text, cut, "\"done\"");
        size_t ended = done + lines_with(text, cut, "\"refused\"");
        size_t answered = lines_with(text, cut, "\"answered\"") + lines_with(text, cut, "\"refused\"");
        if (sent == 0)
            assert_string_equal(outcome, "failed");
        else if (answered < sent)
            assert_string_equal(outcome, "unknown"); /* under way when it ended */
        else
            assert_string_equal(outcome, "partial");
        seen_unknown += strcmp(outcome, "unknown") == 0;
        assert_true(ended <= sent);
        if (sent > 0 && sent < 4)
            assert_non_null(strstr(bench.result.why, "'thaw'"));
        else
            assert_null(strstr(bench.result.why, "by hand"));
    }
    assert_true(seen_unknown > 0);
    free(text);
}

#define T(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_was_sent),     T(task_has_ended),  T(task_has_failed),  T(task_still_runs),
        T(task_is_forgotten),    T(site_is_away),    T(maybe_sent),       T(maybe_sent_none),
        T(maybe_sent_two),       T(effect_there),    T(effect_not_there), T(always_is_named),
        T(waits_get_their_look), T(not_its_journal), T(every_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
