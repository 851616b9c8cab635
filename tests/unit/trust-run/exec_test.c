/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of a plan: exactly the words that it says, once; how they ended is what the outcome says; what
 * they wrote is cleaned, cut, and nowhere but in the result.
 */
#include "commands.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

static void it_ends_well(void **state)
{
    (void)state;
    fake_exec.out = "a\nb\n";
    fake_exec.err = "warned";
    bench_plan("'steps':[" RUN("x", LS ",{'value':'-l /tmp; id'},{'value':''}", "") "]");
    assert_string_equal(bench_run(), "ok");
    assert_int_equal(fake_exec.runs, 1);
    assert_string_equal(fake_exec.argv, "[ls][-l /tmp; id][]");
    assert_string_equal(fake_exec.target, "{\"node\":\"pve1\"}");
    assert_int_equal(fake_exec.run_ms, 2000);
    assert_int_equal(fake_exec.output_limit, 1000);
    assert_string_equal(command_output(0, "end"), "exited");
    assert_string_equal(command_output(0, "exit_status"), "0");
    assert_string_equal(command_output(0, "stdout_bytes"), "4");
    assert_string_equal(command_output(0, "truncated"), "false");
    assert_string_equal(command_output(0, "stdout"), "");
    assert_string_equal(command_output(0, "stderr_sha256"),
                        "da0e6487d4b4061217d83eda6cfad73d08393082c7602e80014e8322e635cdcc");
    assert_string_equal(command_wrote("x", "stdout"), "a\nb\n");
    assert_string_equal(command_wrote("x", "stderr"), "warned");
    assert_non_null(strstr(bench_journal(), "\"event\":\"sending\""));
    assert_non_null(strstr(bench_journal(), "\"event\":\"done\""));
    assert_int_equal(fake_http_changes(), 0);
}

static void it_ends_otherwise(void **state)
{
    static const struct {
        enum plane_exec_end end;
        int status;
        const char *signal, *outcome, *step, *message;
    } rows[] = {
        {EXEC_EXITED, 3, NULL, "failed", "failed", "exit status 3"},
        {EXEC_SIGNALLED, 0, "KILL", "failed", "failed", "ended by signal KILL"},
        {EXEC_TIMED_OUT, 0, NULL, "failed", "failed", "ended at its deadline after 2 s"},
        {EXEC_UNKNOWN, 0, NULL, "unknown", "unknown", "may run still: PX-CONNECT: the line broke"},
        {EXEC_NOT_STARTED, 0, NULL, "failed", "failed", "not started: PX-CONNECT: the line broke"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *journal = bench_file("plans/executing/" PLAN_ID ".journal");
        (void)remove(journal);
        free(journal);
        fake_exec_reset();
        fake_exec.end = rows[i].end;
        fake_exec.exit_status = rows[i].status;
        fake_exec.signal = rows[i].signal;
        fake_exec.why = "the line broke";
        fake_exec.out = "half";
        bench_plan("'steps':[" RUN("x", LS, "") "," PUT_STEP("more", "") "]");
        assert_string_equal(bench_run(), rows[i].outcome);
        assert_string_equal(bench_step(0, "outcome"), rows[i].step);
        if (!strstr(bench_step(0, "message"), rows[i].message))
            fail_msg("%s: wanted %s", bench_step(0, "message"), rows[i].message);
        assert_string_equal(bench_step(1, "outcome"), "skipped");
        /* its result is kept, however it ended */
        assert_string_equal(command_wrote("x", "stdout"), rows[i].end == EXEC_NOT_STARTED ? "" : "half");
        assert_int_equal(fake_exec.runs, 1);
    }
    assert_int_equal(fake_http_changes(), 0);
}

static void the_request_is_refused(void **state)
{
    (void)state;
    fake_exec.refusal = -EINVAL;
    bench_plan("'steps':[" RUN("x", LS, "") "]");
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "not started: PX-PLANE"));
    assert_non_null(strstr(bench_journal(), "\"event\":\"refused\""));
}

/* What was planned for one plane's executor runs with no other's, and not with none. */
static void executor_of_another(void **state)
{
    (void)state;
    bench_plan(
        "'steps':[{'name':'x','kind':'executor','executor':'other','plane':'exec','target':{'node':'a'},"
        "'argv':[" LS "]}]");
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "not loaded"));
    assert_int_equal(fake_exec.runs, 0);
    assert_null(strstr(bench_journal(), "sending"));
}

static void executor_is_gone(void **state)
{
    (void)state;
    fake_exec.gone = true;
    bench_plan("'steps':[" RUN("x", LS, "") "]");
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_exec.runs, 0);
}

static void target_does_not_fit(void **state)
{
    (void)state;
    bench_plan("'steps':[{'name':'x','kind':'executor','executor':'exec','plane':'exec',"
               "'target':{'node':'pve1','vmid':7},'argv':[" LS "]}]");
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "target.vmid"));
    assert_int_equal(fake_exec.runs, 0);
}

/* design 2: "validated and percent-encoded, or a whole argv element" */
static void reference_is_one_word(void **state)
{
    (void)state;
    fake_http_script("GET /cluster/options",
                     SAY(.body = "{\"data\":{\"id\":\"a b; rm -rf /\",\"deep\":{}}}"));
    bench_plan("'steps':[{'name':'look','kind':'read','path':'/cluster/options','keep':['/id']}," RUN(
        "x", LS ",{'ref':'look:/id'}", "") "]");
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(fake_exec.argv, "[ls][a b; rm -rf /]");
}

static void reference_without_value(void **state)
{
    (void)state;
    fake_http_script("GET /cluster/options", SAY(.body = "{\"data\":{\"id\":{\"deep\":1}}}"));
    bench_plan("'steps':[{'name':'look','kind':'read','path':'/cluster/options','keep':['/id']}," RUN(
        "x", LS ",{'ref':'look:/id'}", "") "]");
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_exec.runs, 0);
}

/* A later step may use what a command wrote, as any result. */
static void its_result_is_used(void **state)
{
    (void)state;
    fake_exec.out = "web";
    fake_http_script(PUT, SAY(.body = NOTHING));
    bench_plan("'steps':[" RUN("x", LS, "") ",{'name':'put','kind':'request','method':'PUT','path':'" CONFIG
                                            "','params':[{'name':'tags','ref':'x:/stdout'}]}]");
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(fake_http_target_of(PUT), CONFIG "?tags=web");
}

static void secret_as_input(void **state)
{
    (void)state;
    assert_int_equal(secret_keep(&bench.trust, PLAN_ID, clock_wall_us() / 1000000 + 60, "password", CANARY,
                                 strlen(CANARY)),
                     0);
    fake_exec.exit_status = 1;
    fake_exec.out = "echo: " CANARY " and can\001ary-7f3a91c2-secret";
    fake_exec.err = "beginning canary-7f3a";
    bench_plan("'steps':[" RUN("x", LS, ",'stdin_secret':'password'") "]");
    assert_string_equal(bench_run(), "failed");
    assert_string_equal(fake_exec.input, CANARY);
    assert_non_null(strstr(command_wrote("x", "stdout"), "echo: ***"));
    assert_null(strstr(command_wrote("x", "stderr"), "canary-7"));
    assert_false(bench_is_anywhere(CANARY));
    assert_false(bench_is_anywhere("7f3a91c2"));
}

static void secret_is_gone(void **state)
{
    (void)state;
    bench_plan("'steps':[" RUN("x", LS, ",'stdin_secret':'password'") "]");
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_exec.runs, 0);
    assert_non_null(strstr(bench.result.why, "not in memory any more"));
}

static void input_is_the_planned_one(void **state)
{
    (void)state;
    bench_plan("'steps':[" RUN("x", LS,
                               ",'stdin':'select 1','stdin_bytes':8,'stdin_sha256':'"
                               "822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f'") "]");
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(fake_exec.input, "select 1");
}

static void input_is_another(void **state)
{
    (void)state;
    bench_plan("'steps':[" RUN("x", LS,
                               ",'stdin':'drop table t','stdin_bytes':8,'stdin_sha256':'"
                               "822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f'") "]");
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_exec.runs, 0);
}

/* ---- ended from outside */

static void stop_it(void)
{
    cancel_set(bench.stop);
}

static void shutdown_ends_it(void **state)
{
    (void)state;
    fake_exec.waits = true;
    fake_exec.hook = stop_it;
    bench.times.stop_end = 3000;
    fake_http_script(PUT, SAY(.body = NOTHING));
    bench_plan(
        "'steps':[" RUN("x", LS, "") "," PUT_STEP("more", "") "," PUT_STEP("thaw", ",'always':true") "]");
    const int64_t began = clock_ms();
    assert_string_equal(bench_run(), "partial");
    assert_true(clock_ms() - began < 3000);
    assert_string_equal(bench_step(0, "outcome"), "failed");
    assert_string_equal(bench_step(0, "message"), "ended: the run was stopped");
    assert_string_equal(bench_step(1, "outcome"), "skipped");
    assert_string_equal(bench_step(2, "outcome"), "ok");
    assert_string_equal(fake_http_target_of(PUT), CONFIG "?tags=thaw");
}

static enum run_halt client_says(void *arg)
{
    (void)arg;
    return fake_exec.runs ? RUN_HALT_CLIENT : RUN_HALT_NO;
}

static void client_ends_it(void **state)
{
    (void)state;
    fake_exec.waits = true;
    bench.halted = client_says;
    fake_http_script(PUT, SAY(.body = NOTHING));
    bench_plan(
        "'steps':[" RUN("x", LS, "") "," PUT_STEP("more", "") "," PUT_STEP("thaw", ",'always':true") "]");
    assert_string_equal(bench_run(), "partial");
    assert_string_equal(bench_step(0, "message"), "ended: the client stopped the run");
    assert_string_equal(bench_step(2, "outcome"), "ok");
    assert_true(bench.result.client_stop);
}

static enum run_halt frozen_says(void *arg)
{
    (void)arg;
    return fake_exec.runs ? RUN_HALT_FROZEN : RUN_HALT_NO;
}

static void sleep_a_little(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 450000000}, NULL);
}

/* A freeze lets what has begun come to its end, and nothing begin. */
static void freeze_lets_it_end(void **state)
{
    (void)state;
    fake_exec.hook = sleep_a_little;
    bench.halted = frozen_says;
    bench_plan("'steps':[" RUN("x", LS, "") "," RUN("y", LS, "") "]");
    assert_string_equal(bench_run(), "partial");
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_string_equal(bench_step(1, "outcome"), "skipped");
    assert_int_equal(fake_exec.runs, 1);
}

static void long_sleep(void)
{
    (void)nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 500000000}, NULL);
}

static void progress_is_told(void **state)
{
    (void)state;
    fake_exec.hook = long_sleep;
    bench_plan(
        "'steps':[{'name':'x','kind':'executor','executor':'exec','plane':'exec','target':{'node':'a'},"
        "'deadline_ms':10000,'argv':[" LS "]}]");
    assert_string_equal(bench_run(), "ok");
    assert_true(bench_was_told("x: runs for 2 s, of at most 10 s"));
}

static void what_is_guarded_has_changed(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text), "%s,'steps':[%s]", bench_config, RUN("x", LS, ",'recheck':[0]"));
    bench_plan(text);
    fake_http_reset();
    fake_http_script("GET " CONFIG, SAY(.body = "{\"data\":{\"digest\":\"d2\",\"tags\":\"a\"}}"));
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_exec.runs, 0);
}

/* ---- kill -9 */

static void journal(const char *text)
{
    char *copy = strdup(text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    bench_journal_set(copy, strlen(copy));
    free(copy);
}

/* Between the journal and the outcome: nobody knows, and nobody runs it again. */
static void killed_while_it_ran(void **state)
{
    (void)state;
    bench_plan("'steps':[" RUN("x", LS, "") "," PUT_STEP("thaw", ",'always':true") "]");
    journal("{'step':0,'event':'sending','time':5}\n");
    for (int i = 0; i < 2; i++) /* however often it is asked */
        assert_string_equal(bench_resolve(), PX_PLAN);
    assert_null(bench.result.record);
    assert_int_equal(fake_exec.runs, 0);
}

static void killed_after_it_was_lost(void **state)
{
    (void)state;
    bench_plan("'steps':[" RUN("x", LS, "") "]");
    journal(
        "{'step':0,'event':'sending','time':5}\n{'step':0,'event':'lost','time':6,'why':'the line broke'}\n");
    assert_string_equal(bench_resolve(), "unknown");
    assert_string_equal(bench_step(0, "message"), "the line broke");
}

static void killed_after_it_ended(void **state)
{
    (void)state;
    bench_plan("'steps':[" RUN("x", LS, "") "]");
    journal(
        "{'step':0,'event':'sending','time':5}\n{'step':0,'event':'failed','time':6,'why':'exit status 3',"
        "'result':{'end':'exited','exit_status':3,'stdout_bytes':4,'stdout':'text'}}\n");
    assert_string_equal(bench_resolve(), "failed");
    assert_string_equal(command_output(0, "exit_status"), "3");
    assert_string_equal(command_output(0, "stdout"), "");
    assert_string_equal(command_wrote("x", "stdout"), "text");
    assert_int_equal(fake_exec.runs, 0);
}

static void killed_before(void **state)
{
    (void)state;
    bench_plan("'steps':[" RUN("x", LS, "") "]");
    assert_string_equal(bench_resolve(), "failed");
    assert_non_null(strstr(bench.result.why, "nothing was sent"));
    assert_int_equal(fake_exec.runs, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        T(it_ends_well),          T(it_ends_otherwise),        T(the_request_is_refused),
        T(executor_of_another),   T(executor_is_gone),         T(target_does_not_fit),
        T(reference_is_one_word), T(reference_without_value),  T(its_result_is_used),
        T(secret_as_input),       T(secret_is_gone),           T(input_is_the_planned_one),
        T(input_is_another),      T(shutdown_ends_it),         T(client_ends_it),
        T(freeze_lets_it_end),    T(progress_is_told),         T(what_is_guarded_has_changed),
        T(killed_while_it_ran),   T(killed_after_it_was_lost), T(killed_after_it_ended),
        T(killed_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
