/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator from outside: its ready line, tokens, tickets, faults and the text of its status lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "replay.h"

static const char *const arguments[] = {
    "--fault", "/version:drop:1",  "--fault", "/nodes:half:1",      "--fault", "/cluster/status:garbage",
    "--fault", "/cluster/log:500", "--fault", "/cluster/tasks:596", "--token", "root@pam!test=fixed-secret",
    NULL};

struct fixture {
    struct child child;
    struct client *client;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char program[1024];

    if (!fixture || !build)
        return -1;
    (void)snprintf(program, sizeof program, "%s/proximo-sim", build);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    if (child_start(program, arguments, &fixture->child) < 0)
        return -1;
    fixture->client = client_new(fixture->child.ready);
    *state = fixture;
    return fixture->client ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    client_free(fixture->client);
    child_stop(&fixture->child);
    curl_global_cleanup();
    free(fixture);
    return 0;
}

/* Sends one exchange, given as JSON. Returns what client_send() does. */
static int ask(struct fixture *fixture, const char *exchange, struct answer *answer)
{
    struct json_object *parsed = json_tokener_parse(exchange);
    int r;

    assert_non_null(parsed);
    r = client_send(fixture->client, parsed, NULL, answer);
    json_object_put(parsed);
    return r;
}

static void expect(struct fixture *fixture, const char *exchange, int status, const char *reason,
                   const char *body_part)
{
    struct answer answer = {0};

    assert_int_equal(ask(fixture, exchange, &answer), 0);
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.reason, reason);
    if (!*body_part)
        assert_string_equal(answer.body, "");
    assert_non_null(strstr(answer.body, body_part));
    answer_done(&answer);
}

static void test_ready(void **state)
{
    struct fixture *fixture = *state;
    const char *file = text_of(member(fixture->child.ready, "tokens"), "root", "");
    struct stat st;

    assert_int_equal(strlen(text_of(fixture->child.ready, "fingerprint", "")), 32 * 3 - 1);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_non_null(member(member(fixture->child.ready, "tokens"), "alice-sep"));
}

static void test_faults(void **state)
{
    static const char version[] = "{\"as\":\"root\",\"method\":\"GET\",\"path\":\"/version\"}";
    static const char nodes[] = "{\"as\":\"root\",\"method\":\"GET\",\"path\":\"/nodes\"}";
    struct fixture *fixture = *state;
    struct answer answer = {0};

    assert_true(ask(fixture, version, &answer) < 0);
    answer_done(&answer);
    expect(fixture, version, 200, "OK", "\"version\":");
    assert_true(ask(fixture, nodes, &answer) < 0);
    answer_done(&answer);
    expect(fixture, nodes, 200, "OK", "\"node\":\"pve1\"");
    expect(fixture, "{\"as\":\"root\",\"method\":\"GET\",\"path\":\"/cluster/log\"}", 500, "got timeout",
           "got timeout");
    expect(fixture, "{\"as\":\"root\",\"method\":\"GET\",\"path\":\"/cluster/tasks\"}", 596,
           "Connection timed out", "");
    assert_int_equal(
        ask(fixture, "{\"as\":\"root\",\"method\":\"GET\",\"path\":\"/cluster/status\"}", &answer), 0);
    assert_null(json_tokener_parse(answer.body));
    answer_done(&answer);
}

static void test_reasons(void **state)
{
    static const struct {
        const char *exchange;
        int status;
        const char *reason, *body;
    } rows[] = {
        {"{\"as\":\"none\",\"method\":\"GET\",\"path\":\"/access/users\"}", 401, "No ticket", ""},
        {"{\"as\":\"wrong\",\"method\":\"GET\",\"path\":\"/access/users\"}", 401, "Authentication failed!",
         ""},
        {"{\"as\":\"none\",\"method\":\"GET\",\"path\":\"/access/domains\"}", 200, "OK", "\"realm\":\"pam\""},
        {"{\"as\":\"root\",\"method\":\"GET\",\"path\":\"/nope\"}", 501, "Method 'GET /nope' not implemented",
         "data"},
        {"{\"as\":\"root\",\"method\":\"PATCH\",\"path\":\"/access\"}", 501, "method 'PATCH' not available",
         ""},
        {"{\"as\":\"root\",\"method\":\"GET\",\"path\":\"abs:/api2//json///access/\"}", 200, "OK",
         "\"subdir\":\"acl\""},
        {"{\"as\":\"root\",\"method\":\"GET\",\"path\":\"abs:/api2/extjs/nope\"}", 200, "OK",
         "\"success\":0"},
        {"{\"as\":\"alice-sep\",\"method\":\"GET\",\"path\":\"/nodes/pve1/qemu/101/config\"}", 403,
         "Permission check failed (/vms/101, VM.Audit)", "\"data\":null"},
        {"{\"as\":\"root\",\"method\":\"GET\",\"path\":\"/nodes/pve1/"
         "tasks\",\"params\":{\"limit\":\"x\",\"y\":\"1\"}}",
         400, "Parameter verification failed.", "\"y\":\"property is not defined"},
        {"{\"as\":\"none\",\"method\":\"POST\",\"path\":\"/access/"
         "ticket\",\"params\":{\"username\":\"alice@pve\","
         "\"password\":\"alice-pass\"}}",
         200, "OK", "\"CSRFPreventionToken\":"},
        {"{\"as\":\"none\",\"method\":\"POST\",\"path\":\"/access/"
         "ticket\",\"params\":{\"username\":\"alice@pve\","
         "\"password\":\"no\"}}",
         401, "authentication failure", "\"data\":null"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(*state, rows[i].exchange, rows[i].status, rows[i].reason, rows[i].body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ready), cmocka_unit_test(test_faults),
                                       cmocka_unit_test(test_reasons)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
