/* SPDX-License-Identifier: Apache-2.0 */
/* Told to stop, at every boundary: no new step but `always` ones, and what was done is said. */
#include "bench.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "plans.h"

#define PUT "PUT " CONFIG

static void four_steps(void)
{
    bench_plan("'steps':[" PUT_STEP("one", "") "," PUT_STEP("two", ",'on_failure':'continue'") "," PUT_STEP(
        "three", "") "," PUT_STEP("thaw", ",'always':true") "]");
}

/* Stops while answer `at` is under way (0: before anything). */
static const char *stopped_at(unsigned at)
{
    four_steps();
    if (at > 1)
        fake_http_script(PUT, SAY(.body = NOTHING, .times = at - 1));
    if (at)
        fake_http_script(PUT, SAY(.body = NOTHING, .hook = bench_stop));
    else
        bench_stop(NULL);
    fake_http_script(PUT, SAY(.body = NOTHING));
    return bench_run();
}

/* design 3: "At end of input, SIGTERM or cancellation" */
static void before_the_first(void **state)
{
    (void)state;
    assert_string_equal(stopped_at(0), "failed");
    assert_int_equal(fake_http_changes(), 0); /* nothing was begun, so nothing is there to be ended */
    assert_string_equal(bench_step(3, "outcome"), "skipped");
}

static void in_the_first(void **state)
{
    (void)state;
    assert_string_equal(stopped_at(1), "partial");
    assert_int_equal(fake_http_changes(), 2);
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_string_equal(bench_step(1, "outcome"), "skipped");
    assert_string_equal(bench_step(2, "outcome"), "skipped");
    assert_string_equal(bench_step(3, "outcome"), "ok");
    assert_non_null(strstr(bench.result.why, "stopped before it"));
    assert_int_equal(strlen(bench.result.undo_sha256), 64); /* recorded before the program ends */
}

static void in_the_second(void **state)
{
    (void)state;
    assert_string_equal(stopped_at(2), "partial");
    assert_int_equal(fake_http_changes(), 3);
    assert_string_equal(fake_http_target_of(PUT), CONFIG "?tags=thaw");
}

static void in_the_last(void **state)
{
    (void)state;
    assert_string_equal(stopped_at(3), "ok");
    assert_int_equal(fake_http_changes(), 4);
}

/* Changes are frozen while it runs, and thawed again at once. */
static unsigned halted_at, halted_asked;
static enum run_halt halt = RUN_HALT_FROZEN;

static enum run_halt halted(void *arg)
{
    (void)arg;
    return ++halted_asked == halted_at ? halt : RUN_HALT_NO;
}

static const char *frozen_at(unsigned step)
{
    four_steps();
    halted_asked = 0;
    halted_at = step;
    bench.halted = halted;
    fake_http_script(PUT, SAY(.body = NOTHING));
    const char *outcome = bench_run();
    bench.halted = NULL;
    return outcome;
}

static void frozen_before(void **state)
{
    (void)state;
    assert_string_equal(frozen_at(1), "failed");
    assert_int_equal(fake_http_changes(), 0);
}

/* What began is ended, nothing else begins, and a thaw in between changes nothing of it. */
static void frozen_between(void **state)
{
    (void)state;
    assert_string_equal(frozen_at(2), "partial");
    assert_false(bench.result.client_stop);
    assert_int_equal(fake_http_changes(), 2);
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_string_equal(bench_step(1, "outcome"), "skipped");
    assert_string_equal(bench_step(2, "outcome"), "skipped");
    assert_string_equal(bench_step(3, "outcome"), "ok");
    assert_non_null(strstr(bench.result.why, "changes were frozen before it"));
    assert_int_equal(halted_asked, 2);
}

/* issue 5: "tasks/cancel = a recorded stop": as a freeze, and the record says whose it was. */
static void client_stops_between(void **state)
{
    (void)state;
    halt = RUN_HALT_CLIENT;
    assert_string_equal(frozen_at(2), "partial");
    assert_true(bench.result.client_stop);
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_string_equal(bench_step(1, "outcome"), "skipped");
    assert_string_equal(bench_step(2, "outcome"), "skipped");
    assert_string_equal(bench_step(3, "outcome"), "ok"); /* `always` */
    assert_non_null(strstr(bench.result.why, "the client stopped the run before it"));
    halt = RUN_HALT_FROZEN;
}

/* Too late: nothing was kept from being run, so it is nobody's stop. */
static void client_stops_too_late(void **state)
{
    (void)state;
    halt = RUN_HALT_CLIENT;
    assert_string_equal(frozen_at(99), "ok");
    assert_false(bench.result.client_stop);
    halt = RUN_HALT_FROZEN;
}

/* A request in flight gets a little longer for its answer; then its outcome is not known, and that is said.
 */
static void in_a_request_that_hangs(void **state)
{
    (void)state;
    four_steps();
    fake_http_script(PUT, SAY(.body = NOTHING, .hook = bench_stop, .delay_ms = 60000));
    fake_http_script(PUT, SAY(.body = NOTHING));
    int64_t began = clock_ms();
    assert_string_equal(bench_run(), "unknown");
    assert_true(clock_ms() - began < 2000);
    assert_string_equal(fake_http_target_of(PUT), CONFIG "?tags=thaw");
    assert_non_null(strstr(bench_journal(), "\"event\":\"lost\""));
}

static void in_a_slow_answer(void **state)
{
    (void)state;
    four_steps();
    fake_http_script(PUT, SAY(.body = NOTHING, .hook = bench_stop, .delay_ms = 30));
    fake_http_script(PUT, SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "partial");
    assert_string_equal(bench_step(0, "outcome"), "ok");
}

static void everything_hangs(void **state)
{
    (void)state;
    four_steps();
    fake_http_script(PUT, SAY(.body = NOTHING, .hook = bench_stop, .delay_ms = 60000));
    int64_t began = clock_ms();
    assert_string_equal(bench_run(), "unknown");
    assert_true(clock_ms() - began < 3000);
    assert_string_equal(bench_step(3, "outcome"), "unknown");
}

static void in_a_wait(void **state)
{
    (void)state;
    bench_plan("'steps':[" PUT_STEP("one", "") ",{'name':'w','kind':'wait','path':'/cluster/options',"
                                               "'select':'/x','test':'exists','deadline_ms':60000}," PUT_STEP(
                                                   "two", "") "]");
    fake_http_script(PUT, SAY(.body = NOTHING));
    fake_http_script("GET /cluster/options", SAY(.body = "{\"data\":{}}", .hook = bench_stop));
    int64_t began = clock_ms();
    assert_string_equal(bench_run(), "partial");
    assert_true(clock_ms() - began < 2000);
    assert_string_equal(bench_step(1, "message"), "stopped while waiting");
    assert_int_equal(fake_http_changes(), 1);
}

/* The task goes on at Proxmox; the lock is released all the same; the step after it does not begin. */
static void in_a_task(void **state)
{
    (void)state;
    bench_plan("'steps':[" STOP_STEP "," PUT_STEP("two", "") "," PUT_STEP("thaw", ",'always':true") "]");
    fake_http_script(STOP, SAY(.body = NAMED));
    fake_http_script(PUT, SAY(.body = NOTHING));
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS, .hook = bench_stop));
    assert_string_equal(bench_run(), "partial");
    assert_string_equal(bench_step(0, "outcome"), "running");
    assert_string_equal(bench_step(1, "outcome"), "skipped");
    assert_string_equal(bench_step(2, "outcome"), "ok");
    assert_string_equal(bench_step(0, "upid"), UPID);
}

/* A task that ended while the stop came is not said to go on. */
static void task_just_ended(void **state)
{
    (void)state;
    bench_plan("'steps':[" STOP_STEP "]");
    fake_http_script(STOP, SAY(.body = NAMED, .hook = bench_stop));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    assert_string_equal(bench_run(), "ok");
}

/* ---- the journal */

/* What the journal holds when a request arrives: it was synced before that. */
static char seen[4096];

static void look(void *unused)
{
    (void)unused;
    snprintf(seen, sizeof(seen), "%s", bench_journal());
}

static void journal_before_the_request(void **state)
{
    (void)state;
    bench_plan("'steps':[" STOP_STEP "]");
    fake_http_script(STOP, SAY(.body = NAMED, .hook = look));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    assert_string_equal(bench_run(), "ok");
    assert_non_null(strstr(seen, "{\"step\":0,\"event\":\"sending\""));
    assert_null(strstr(seen, "answered"));
    const char *text = bench_journal();
    assert_non_null(strstr(text, "\"event\":\"answered\""));
    assert_non_null(strstr(text, "\"upid\":\"" UPID "\""));
    assert_non_null(strstr(text, "\"event\":\"task-ended\""));
    assert_non_null(strstr(text, "\"event\":\"done\""));
    char *path = bench_file("plans/executing/" PLAN_ID ".journal");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    free(path);
}

/* Without a journal nothing leaves; a plan that has one was run already. */
static void no_journal_no_request(void **state)
{
    (void)state;
    bench_plan("'steps':[" STOP_STEP "]");
    char *folder = bench_file("plans/executing");
    assert_int_equal(remove(folder), 0);
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_http_count_of(STOP), 0);
    assert_non_null(strstr(bench.result.why, "journal"));
    assert_int_equal(mkdir(folder, 0700), 0);
    free(folder);
    bench_journal_set("", 0);
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_http_count_of(STOP), 0);
    assert_non_null(strstr(bench.result.why, "run already"));
}

static void torn_journals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int r;
        size_t count;
    } rows[] = {
        {"", 0, 0},
        {"{\"step\":0,\"ev", 0, 0},
        {"{\"step\":0,\"event\":\"sending\",\"time\":1}\n{\"step\":0,", 0, 1},
        {"{\"step\":0,\"event\":\"sending\",\"time\":1}\n\x01\x02\x03\n", 0,
         1}, /* the last line never came down */
        {"garbage\n{\"step\":0,\"event\":\"sending\",\"time\":1}\n", -EBADMSG, 0},
        {"{\"step\":-1,\"event\":\"sending\"}\n{\"step\":0,\"event\":\"sending\"}\n", -EBADMSG, 0},
    };
    char *path = bench_file("plans/executing/" PLAN_ID ".journal");
    struct json_object *list = NULL;
    assert_int_equal(journal_read(path, &list), -ENOENT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        bench_journal_set(rows[i].text, strlen(rows[i].text));
        assert_int_equal(journal_read(path, &list), rows[i].r);
        if (rows[i].r < 0)
            continue;
        assert_int_equal(json_object_array_length(list), rows[i].count);
        json_object_put(list);
    }
    free(path);
}

#define T(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(before_the_first),
        T(in_the_first),
        T(in_the_second),
        T(in_the_last),
        T(frozen_before),
        T(frozen_between),
        T(client_stops_between),
        T(client_stops_too_late),
        T(in_a_request_that_hangs),
        T(in_a_slow_answer),
        T(everything_hangs),
        T(in_a_wait),
        T(in_a_task),
        T(task_just_ended),
        T(journal_before_the_request),
        T(no_journal_no_request),
        T(torn_journals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
