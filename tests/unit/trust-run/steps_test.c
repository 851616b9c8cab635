/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of a plan do: exactly what it says, in its order, with what earlier ones gave. */
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

#define PUT "PUT " CONFIG

/* design 2: "Per step: on_failure: stop | continue" */
static void goes_on_past_a_bad_one(void **state)
{
    (void)state;
    bench_plan("'steps':[" PUT_STEP("one", ",'on_failure':'continue'") "," PUT_STEP(
        "two", ",'on_failure':'continue'") "," PUT_STEP("three", ",'on_failure':'continue'") "]");
    fake_http_script(PUT, SAY(.body = NOTHING));
    fake_http_script(PUT, SAY(.status = 500, .body = "{\"data\":null,\"message\":\"bad guest\"}"));
    fake_http_script(PUT, SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "partial");
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_string_equal(bench_step(1, "outcome"), "failed");
    assert_string_equal(bench_step(2, "outcome"), "ok");
    assert_non_null(strstr(bench.result.why, "bad guest"));
}

static void always_after_a_failure(void **state)
{
    (void)state;
    bench_plan("'steps':[" PUT_STEP("freeze", "") "," PUT_STEP("work", "") "," PUT_STEP(
        "more", "") "," PUT_STEP("thaw", ",'always':true") "]");
    fake_http_script(PUT, SAY(.body = NOTHING));
    fake_http_script(PUT, SAY(.status = 500, .body = "{\"data\":null,\"message\":\"no\"}"));
    fake_http_script(PUT, SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "partial");
    assert_string_equal(bench_step(2, "outcome"), "skipped");
    assert_string_equal(bench_step(3, "outcome"), "ok");
    assert_string_equal(fake_http_target_of(PUT), CONFIG "?tags=thaw");
    assert_int_equal(fake_http_changes(), 3);
}

static void kind_that_there_is_not(void **state)
{
    (void)state;
    bench_plan("'steps':[{'name':'x','kind':'magic'}]");
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "no step of kind"));
    assert_int_equal(fake_http_changes(), 0);
}

/* ---- references */

#define READ_STEP(keep) "{'name':'look','kind':'read','path':'/cluster/options','keep':[" keep "]}"

static const char *run_reference(const char *value)
{
    static char body[2000];
    snprintf(body, sizeof(body), "{\"data\":{\"id\":%s}}", value);
    fake_http_script("GET /cluster/options", SAY(.body = body));
    bench_plan("'steps':[" READ_STEP(
        "'/id'") ",{'name':'go','kind':'request','method':'DELETE',"
                 "'path':'/pools/{look:/id}','params':[{'name':'comment','ref':'look:/id'}]}]");
    return bench_run();
}

/* design 2: "A later step may use an earlier step's result" */
static void reference_is_encoded(void **state)
{
    (void)state;
    fake_http_script("DELETE /pools/a%2Fb%3Fc%23d%25e%20%C3%A4%2B", SAY(.body = NOTHING));
    assert_string_equal(run_reference("\"a/b?c#d%e \xc3\xa4+\""), "ok");
    assert_string_equal(fake_http_at(1)->target,
                        "/pools/a%2Fb%3Fc%23d%25e%20%C3%A4%2B?comment=a/b?c#d%e \xc3\xa4+");
}

static void reference_of_a_number(void **state)
{
    (void)state;
    fake_http_script("DELETE /pools/105", SAY(.body = NOTHING));
    assert_string_equal(run_reference("105"), "ok");
}

static void bad_reference(const char *value)
{
    fake_http_reset();
    assert_string_equal(run_reference(value), "failed");
    assert_int_equal(fake_http_changes(), 0);
    char *journal = bench_file("plans/executing/" PLAN_ID ".journal");
    (void)remove(journal);
    free(journal);
}

static void bad_references(void **state)
{
    (void)state;
    bad_reference("\"..\"");
    bad_reference("\".\"");
    bad_reference("\"\"");
    bad_reference("\"a\\nb\"");
    bad_reference("\"a\\u0000b\"");
    bad_reference("\"a\\u007fb\"");
    bad_reference("[1]");
    bad_reference("{\"a\":1}");
    bad_reference("null");
    char overlong[700] = "\"";
    memset(overlong + 1, 'x', 600);
    overlong[601] = '"';
    bad_reference(overlong);
}

static void reference_to_nothing(void **state)
{
    (void)state;
    bench_plan("'steps':[{'name':'go','kind':'request','method':'PUT','path':'" CONFIG
               "','params':[{'name':'tags','ref':'nowhere:/id'}]}]");
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_http_changes(), 0);
}

/* ---- guards right before sending */

#define RECHECK "'steps':[" PUT_STEP("tags", ",'recheck':[0]") "]"

static void recheck_holds(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text), "%s,%s", bench_config, RECHECK);
    bench_plan(text);
    fake_http_script(PUT, SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(fake_http_at(0)->method, "GET");
    assert_string_equal(fake_http_at(1)->method, "PUT"); /* at once before it, nothing between */
}

static void recheck_drift(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text), "%s,%s", bench_config, RECHECK);
    bench_plan(text);
    fake_http_reset();
    fake_http_script("GET " CONFIG, SAY(.body = "{\"data\":{\"digest\":\"d2\",\"tags\":\"b\"}}"));
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_http_changes(), 0);
    assert_non_null(strstr(bench.result.why, "has changed"));
    assert_non_null(strstr(bench.result.why, "/digest"));
    assert_null(strstr(bench_journal(), "sending"));
}

static void recheck_unreadable(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text), "%s,%s", bench_config, RECHECK);
    bench_plan(text);
    fake_http_reset();
    fake_http_script("GET " CONFIG, SAY(.error = -ECONNREFUSED, .unsent = 1));
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_http_changes(), 0);
}

/* Where Proxmox checks a digest itself, nothing is read before; its own refusal ends it. */
static void digest_mismatch(void **state)
{
    (void)state;
    bench_plan("'steps':[{'name':'tags','kind':'request','method':'PUT','path':'" CONFIG
               "','atomic':true,'params':[{'name':'digest','value':'d1'}]}]");
    fake_http_script(PUT, SAY(.status = 500, .body = "{\"data\":null,\"message\":\"detected modified "
                                                     "configuration - file changed by other user? Try "
                                                     "again.\\n\"}"));
    assert_string_equal(bench_run(), "failed");
    assert_string_equal(fake_http_at(0)->method, "PUT");
    assert_non_null(strstr(bench.result.why, "modified configuration"));
}

/* design 2: "read: GETs again, re-asserts named fields" */
static void read_asserts_and_offers(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text),
             "%s,'steps':[{'name':'fresh','kind':'read','path':'" CONFIG
             "','guard':0,'select':['/tags'],'keep':['/digest']},{'name':'tags','kind':'request','method':"
             "'PUT','path':'" CONFIG "','params':[{'name':'digest','ref':'fresh:/digest'}]}]",
             bench_config);
    bench_plan(text);
    fake_http_reset();
    fake_http_script("GET " CONFIG, SAY(.body = "{\"data\":{\"digest\":\"d7\",\"tags\":\"a\"}}"));
    fake_http_script(PUT, SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(fake_http_target_of(PUT), CONFIG "?digest=d7");
}

static void read_finds_drift(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text),
             "%s,'steps':[{'name':'fresh','kind':'read','path':'" CONFIG
             "','guard':0,'select':['/tags']}," PUT_STEP("tags", "") "]",
             bench_config);
    bench_plan(text);
    fake_http_reset();
    fake_http_script("GET " CONFIG, SAY(.body = "{\"data\":{\"digest\":\"d1\",\"tags\":\"other\"}}"));
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_http_changes(), 0);
    assert_non_null(strstr(bench.result.why, "PX-DRIFT"));
    assert_non_null(strstr(bench.result.why, "\"a\""));
    assert_non_null(strstr(bench.result.why, "\"other\""));
}

/* ---- waits */

static const char *wait_step(const char *more)
{
    char text[2000];
    snprintf(text, sizeof(text), "'steps':[{'name':'w','kind':'wait','path':'/cluster/options',%s}]", more);
    bench_plan(text);
    const char *outcome = bench_run();
    char *journal = bench_file("plans/executing/" PLAN_ID ".journal");
    (void)remove(journal);
    free(journal);
    return outcome;
}

/* design 2: "wait: polls a GET until a selector holds" */
static void waits(void **state)
{
    (void)state;
    fake_http_script(
        "GET /cluster/options",
        SAY(.body = "{\"data\":{\"n\":1,\"s\":\"x\",\"l\":[{\"id\":\"a\",\"v\":2},{\"id\":\"b\"}]}}"));
    assert_string_equal(wait_step("'select':'/n','test':'exists'"), "ok");
    assert_string_equal(wait_step("'select':'/n','test':'equals','value':'1'"), "ok");
    assert_string_equal(wait_step("'select':'/n','test':'equals','value':true"), "ok");
    assert_string_equal(wait_step("'select':'/l[id=a]/v','test':'equals','value':2"), "ok");
    assert_string_equal(wait_step("'select':'/s','test':'in','value':['y','x']"), "ok");
    assert_string_equal(wait_step("'select':'/l','test':'count','value':2"), "ok");
    assert_string_equal(wait_step("'select':'/gone','test':'count','value':0"), "ok");
    assert_string_equal(wait_step("'select':'/s','test':'in','value':['y'],'deadline_ms':1"), "failed");
    assert_string_equal(wait_step("'select':'/gone','test':'exists','deadline_ms':1"), "failed");
    assert_string_equal(wait_step("'select':'/l','test':'count','value':3,'deadline_ms':1"), "failed");
}

/* Beside the data: what waits in a node's network stands there. */
static void wait_that_looks_at_the_whole_answer(void **state)
{
    (void)state;
    fake_http_script("GET /cluster/options", SAY(.body = "{\"data\":{\"n\":1},\"changes\":\"x\"}"));
    assert_string_equal(wait_step("'whole':true,'select':'/changes','test':'exists'"), "ok");
    assert_string_equal(wait_step("'whole':true,'select':'/data/n','test':'equals','value':1"), "ok");
    assert_string_equal(
        wait_step("'whole':true,'select':'/changes','test':'count','value':0,'deadline_ms':1"), "failed");
    assert_string_equal(wait_step("'select':'/changes','test':'exists','deadline_ms':1"), "failed");
}

static void wait_until_it_holds(void **state)
{
    (void)state;
    fake_http_script("GET /cluster/options", SAY(.body = IS("starting")));
    fake_http_script("GET /cluster/options", SAY(.status = 596, .body = NOTHING));
    fake_http_script("GET /cluster/options", SAY(.status = 500, .body = NOTHING));
    fake_http_script("GET /cluster/options", SAY(.body = IS("running")));
    assert_string_equal(wait_step("'select':'/status','test':'equals','value':'running','interval_ms':1,"
                                  "'deadline_ms':3000,'tolerate':[500],'keep':['/status']"),
                        "ok");
    assert_non_null(strstr(json_object_to_json_string_ext(
                               bench.result.record, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                           "\"results\":{\"w\":{\"/status\":\"running\"}}"));
}

static void wait_that_goes_the_other_way(void **state)
{
    (void)state;
    fake_http_script("GET /cluster/options", SAY(.body = "{\"data\":{\"status\":\"error\",\"l\":[]}}"));
    int64_t began = clock_ms();
    assert_string_equal(wait_step("'select':'/status','test':'equals','value':'running','deadline_ms':30000,"
                                  "'fail_if':'/status=error'"),
                        "failed");
    assert_true(clock_ms() - began < 5000);
}

static void wait_not_tolerated(void **state)
{
    (void)state;
    fake_http_script("GET /cluster/options", SAY(.status = 404, .body = NOTHING));
    int64_t began = clock_ms();
    assert_string_equal(wait_step("'select':'','test':'exists','deadline_ms':30000"), "failed");
    assert_true(clock_ms() - began < 5000);
}

/* ---- secrets */

#define PASSWORD_STEP                                                                                        \
    "{'name':'set','kind':'request','method':'POST','path':'/nodes/pve1/lxc/105/status/stop','follow':true," \
    "'params':[{'name':'password','secret':'password'}]}"

/* design 2: "Secrets. Parameters and results can be flagged secret" */
static void secret_is_sent_and_seen_nowhere(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text), "%s,'steps':[%s,%s],'secrets':[{'name':'password','commitment':'x'}]",
             bench_config, PASSWORD_STEP,
             "{'name':'w','kind':'wait','path':'/cluster/options','select':'/x','test':'equals','value':1,"
             "'deadline_ms':1}");
    bench_plan(text);
    fake_http_reset();
    assert_int_equal(secret_keep(&bench.trust, PLAN_ID, clock_wall_us() / 1000000 + 60, "password", CANARY,
                                 strlen(CANARY)),
                     0);
    fake_http_script(STOP, SAY(.body = NAMED));
    /* A server that says it everywhere: in the log, in the exit status, in a field, cut in the middle. */
    fake_http_script("GET " TASK "/log", SAY(.body = "{\"data\":[{\"n\":1,\"t\":\"set password " CANARY
                                                     "\"},{\"n\":2,\"t\":\"marked 50% (1 of 2)\"},"
                                                     "{\"n\":3,\"t\":\"cut canary-7f3a91\"}],\"total\":3}"));
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("WARNINGS: 1")));
    fake_http_script("GET /cluster/options", SAY(.body = "{\"data\":{\"x\":\"" CANARY "\"}}"));
    fake_http_script("GET " CONFIG, SAY(.body = "{\"data\":{\"digest\":\"d1\",\"tags\":\"" CANARY "\"}}"));
    assert_string_equal(bench_run(), "partial");
    assert_string_equal(fake_http_target_of(STOP), "/nodes/pve1/lxc/105/status/stop?password=" CANARY);
    assert_true(bench_was_told("50%"));
    assert_false(bench_is_anywhere(CANARY));
    assert_false(bench_is_anywhere("canary-7f3a91"));
    assert_true(bench_is_anywhere("set password ***")); /* the search does find what is there */
}

static void secret_in_refusals(void **state)
{
    (void)state;
    bench_plan("'steps':[" PASSWORD_STEP "]");
    (void)secret_keep(&bench.trust, PLAN_ID, clock_wall_us() / 1000000 + 60, "password", CANARY,
                      strlen(CANARY));
    fake_http_script(STOP, SAY(.status = 400, .body = "{\"data\":null,\"message\":\"Parameter verification "
                                                      "failed.\",\"errors\":{\"password\":\"'" CANARY
                                                      "' is weak\"}}"));
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "is weak"));
    assert_false(bench_is_anywhere(CANARY));
}

static void secret_gone_after_a_restart(void **state)
{
    (void)state;
    bench_plan("'steps':[" PASSWORD_STEP "]");
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_http_changes(), 0);
    assert_non_null(strstr(bench.result.why, "not in memory any more"));
}

/* A lock's token is a result that a later step sends as a secret: used, and kept nowhere. */
static void secret_result(void **state)
{
    (void)state;
    bench_plan("'steps':[{'name':'lock','kind':'request','method':'POST','path':'/cluster/sdn/lock'},"
               "{'name':'unlock','kind':'request','method':'DELETE','path':'/cluster/sdn/lock','always':true,"
               "'params':[{'name':'lock-token','ref':'lock:'}]}]");
    fake_http_script("POST /cluster/sdn/lock", SAY(.body = "{\"data\":\"" CANARY "\"}"));
    fake_http_script("DELETE /cluster/sdn/lock", SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(fake_http_target_of("DELETE /cluster/sdn/lock"),
                        "/cluster/sdn/lock?lock-token=" CANARY);
    assert_false(bench_is_anywhere(CANARY));
}

#define T(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(goes_on_past_a_bad_one),
        T(always_after_a_failure),
        T(kind_that_there_is_not),
        T(reference_is_encoded),
        T(reference_of_a_number),
        T(bad_references),
        T(reference_to_nothing),
        T(recheck_holds),
        T(recheck_drift),
        T(recheck_unreadable),
        T(digest_mismatch),
        T(read_asserts_and_offers),
        T(read_finds_drift),
        T(waits),
        T(wait_until_it_holds),
        T(wait_that_looks_at_the_whole_answer),
        T(wait_that_goes_the_other_way),
        T(wait_not_tolerated),
        T(secret_is_sent_and_seen_nowhere),
        T(secret_in_refusals),
        T(secret_gone_after_a_restart),
        T(secret_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
