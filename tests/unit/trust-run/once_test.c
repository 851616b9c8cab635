/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer shows once and nothing else ever: generated secrets, and those that Proxmox returns. */
#include "bench.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "plans.h"
#include "trust/secret_source.h"

#define PASSWORD_STEP                                                                                        \
    "{'name':'set','kind':'request','method':'POST','path':'/nodes/pve1/lxc/105/status/stop','follow':true," \
    "'params':[{'name':'password','secret':'password'}]}"

/* ---- what is shown once */

#define TOKEN_STEP "{'name':'make','kind':'request','method':'POST','path':'/access/users/a@pve/token/t'}"
#define TOKEN_ANSWER                                                                                         \
    "{\"data\":{\"full-tokenid\":\"a@pve!t\",\"info\":{\"privsep\":\"1\"},\"value\":\"" CANARY "\"}}"

/* What once_show makes of {"a":1}. */
static const char *once(void)
{
    static struct buf answer;
    answer.limit = 65536;
    buf_reset(&answer);
    buf_str(&answer, "{\"a\":1}");
    once_show(&bench.trust, PLAN_ID, &answer);
    return answer.data;
}

static const char *names(void)
{
    static struct buf answer;
    answer.limit = 65536;
    buf_reset(&answer);
    once_put_names(&bench.trust, &bench.plan, &answer);
    return answer.data ? answer.data : "";
}

/* The value of a new token comes a single time: it is in one answer, and in nothing that is written. */
static void token_value_is_shown_once(void **state)
{
    (void)state;
    bench_plan("'steps':[" TOKEN_STEP "]");
    fake_http_script("POST /access/users/a@pve/token/t", SAY(.body = TOKEN_ANSWER));
    assert_string_equal(bench_run(), "ok");
    assert_false(bench_is_anywhere(CANARY));
    assert_non_null(strstr(names(), "\"returned_once\":[\"make/value\"]"));
    assert_null(strstr(names(), CANARY));
    assert_string_equal(once(), "{\"a\":1,\"returned_once\":{\"make/value\":\"" CANARY "\"}}");
    assert_string_equal(once(), "{\"a\":1}");
}

/* A later step that fails with words that hold it says it no more than others. */
static void token_value_in_later_words(void **state)
{
    (void)state;
    bench_plan("'steps':[" TOKEN_STEP "," PUT_STEP("next", "") "]");
    fake_http_script("POST /access/users/a@pve/token/t", SAY(.body = TOKEN_ANSWER));
    fake_http_script("PUT " CONFIG,
                     SAY(.status = 500, .body = "{\"data\":null,\"message\":\"no " CANARY "\"}"));
    assert_string_equal(bench_run(), "partial");
    assert_false(bench_is_anywhere(CANARY));
    assert_non_null(strstr(once(), CANARY)); /* the token is there, so its value is needed all the same */
}

/* What a read keeps was there before, and what a later step uses is the plan's own. */
static void only_what_is_new_is_shown(void **state)
{
    (void)state;
    bench_plan("'steps':[{'name':'r','kind':'read','path':'/cluster/options','keep':['/password']},"
               "{'name':'lock','kind':'request','method':'POST','path':'/cluster/sdn/lock'},"
               "{'name':'unlock','kind':'request','method':'DELETE','path':'/cluster/sdn/lock',"
               "'params':[{'name':'lock-token','ref':'lock:/lock-token'}]}]");
    fake_http_script("GET /cluster/options", SAY(.body = "{\"data\":{\"password\":\"" CANARY "\"}}"));
    fake_http_script("POST /cluster/sdn/lock", SAY(.body = "{\"data\":{\"lock-token\":\"" CANARY "\"}}"));
    fake_http_script("DELETE /cluster/sdn/lock", SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(once(), "{\"a\":1}");
    assert_string_equal(names(), "");
    assert_false(bench_is_anywhere(CANARY));
}

/* The token of a lock is the whole answer and has no name there. */
static void answer_that_is_a_secret(void **state)
{
    (void)state;
    bench_plan("'steps':[{'name':'lock','kind':'request','method':'POST','path':'/cluster/sdn/lock'}]");
    fake_http_script("POST /cluster/sdn/lock", SAY(.body = "{\"data\":\"" CANARY "\"}"));
    assert_string_equal(bench_run(), "ok");
    assert_false(bench_is_anywhere(CANARY));
    assert_non_null(strstr(names(), "\"returned_once\":[\"lock/lock-token\"]"));
    assert_string_equal(once(), "{\"a\":1,\"returned_once\":{\"lock/lock-token\":\"" CANARY "\"}}");
    assert_string_equal(once(), "{\"a\":1}");
}

/* A later step needs it: it is the plan's own, and all the same in nothing that is written. */
static void answer_that_a_later_step_uses(void **state)
{
    (void)state;
    bench_plan("'steps':[{'name':'lock','kind':'request','method':'POST','path':'/cluster/sdn/lock'},"
               "{'name':'unlock','kind':'request','method':'DELETE','path':'/cluster/sdn/lock',"
               "'params':[{'name':'lock-token','ref':'lock:'}]}]");
    fake_http_script("POST /cluster/sdn/lock", SAY(.body = "{\"data\":\"" CANARY "\"}"));
    fake_http_script("DELETE /cluster/sdn/lock", SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(once(), "{\"a\":1}");
    assert_false(bench_is_anywhere(CANARY));
}

/* ---- made when it is sent */

#define GENERATE "'secrets':[{'name':'password','generate':24}]"

static int take_copy(void *arg, const char *value, size_t len)
{
    snprintf(arg, 64, "%.*s", (int)len, value);
    return 0;
}

static void generated_is_shown_once(void **state)
{
    (void)state;
    char value[64] = "", target[200];
    bench_plan("'steps':[" PASSWORD_STEP "]," GENERATE);
    fake_http_script(STOP, SAY(.status = 400, .body = "{\"data\":null,\"message\":\"no\"}"));
    assert_non_null(strstr(names(), "\"generated\":[\"password\"]"));
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(secret_use(&bench.trust, PLAN_ID, "password", take_copy, value), 0);
    assert_int_equal(strlen(value), 24);
    snprintf(target, sizeof(target), "/nodes/pve1/lxc/105/status/stop?password=%s", value);
    assert_string_equal(fake_http_target_of(STOP), target);
    assert_false(bench_is_anywhere(value));
    secret_forget(&bench.trust, PLAN_ID); /* the end of the run is not the end of what it shows */
    snprintf(target, sizeof(target), "{\"a\":1,\"generated\":{\"password\":\"%s\"}}", value);
    assert_string_equal(once(), target);
    assert_string_equal(once(), "{\"a\":1}");
    assert_int_equal(secret_use(&bench.trust, PLAN_ID, "password", take_copy, value), -ENOENT);
    assert_non_null(strstr(names(), "kept nowhere"));
}

static void generated_waits_for_no_one_for_ever(void **state)
{
    (void)state;
    bench_plan("'steps':[" PASSWORD_STEP "]," GENERATE);
    fake_http_script(STOP, SAY(.status = 400, .body = "{\"data\":null,\"message\":\"no\"}"));
    assert_string_equal(bench_run(), "failed");
    secret_once_end(&bench.trust, PLAN_ID, clock_wall_us() / 1000000 - 1);
    assert_string_equal(once(), "{\"a\":1}");
}

/* ---- from a file */

/* A plan that committed to CANARY in this file. */
static void plan_of_file(const char *path)
{
    char commitment[65], text[1500];
    assert_int_equal(secret_commitment(&bench.trust, "n", "password", CANARY, strlen(CANARY), commitment), 0);
    snprintf(text, sizeof(text),
             "'nonce':'n','steps':[" PASSWORD_STEP "],"
             "'secrets':[{'name':'password','commitment':'%s','file':'%s'}]",
             commitment, path);
    bench_plan(text);
    fake_http_script(STOP, SAY(.status = 400, .body = "{\"data\":null,\"message\":\"no " CANARY "\"}"));
}

/* At once before it is sent, the file is read once more: a swap behind the gates sends nothing. */
static void file_is_compared_where_it_is_sent(void **state)
{
    static char dir[96];
    static char *dirs[] = {dir};
    char path[128];
    struct problem p = PROBLEM_INIT;
    (void)state;
    snprintf(dir, sizeof(dir), "%s/given", bench.folder);
    snprintf(path, sizeof(path), "%s/password", dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    bench.config.trust.secret_dirs = (struct config_strings){.items = dirs, .count = 1};
    assert_int_equal(file_write_atomic(path, CANARY "\n", strlen(CANARY) + 1, 0600), 0);
    plan_of_file(path);
    assert_int_equal(secret_sources_check(&bench.trust, &bench.plan, &p), 0);
    assert_int_equal(file_write_atomic(path, CANARY "x", strlen(CANARY) + 1, 0600), 0);
    assert_string_equal(bench_run(), "failed");
    assert_int_equal(fake_http_changes(), 0);
    assert_non_null(strstr(bench.result.why, "another content"));
    assert_int_equal(secret_sources_check(&bench.trust, &bench.plan, &p), -ESTALE);
    assert_string_equal(p.code, PX_DRIFT);
    assert_null(strstr(p.cause, CANARY));
    assert_string_equal(once(), "{\"a\":1}"); /* who has the file needs nothing shown */
    bench.config.trust.secret_dirs.count = 0;
}

static void file_is_sent_and_said_nowhere(void **state)
{
    static char dir[96];
    static char *dirs[] = {dir};
    char path[128];
    (void)state;
    snprintf(dir, sizeof(dir), "%s/given", bench.folder);
    snprintf(path, sizeof(path), "%s/password", dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    bench.config.trust.secret_dirs = (struct config_strings){.items = dirs, .count = 1};
    assert_int_equal(file_write_atomic(path, CANARY, strlen(CANARY), 0600), 0);
    plan_of_file(path);
    assert_string_equal(bench_run(), "failed");
    assert_string_equal(fake_http_target_of(STOP), "/nodes/pve1/lxc/105/status/stop?password=" CANARY);
    assert_int_equal(unlink(path), 0); /* the one place where it is */
    assert_false(bench_is_anywhere(CANARY));
    bench.config.trust.secret_dirs.count = 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(token_value_is_shown_once),           T(token_value_in_later_words),
        T(only_what_is_new_is_shown),           T(answer_that_is_a_secret),
        T(answer_that_a_later_step_uses),       T(generated_is_shown_once),
        T(generated_waits_for_no_one_for_ever), T(file_is_compared_where_it_is_sent),
        T(file_is_sent_and_said_nowhere)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
