/* SPDX-License-Identifier: Apache-2.0 */
/* The token file, what is refused before anything is sent, and the bytes of requests. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/module.h"
#include "tests/integration/http/hostile.h"

static void test_token_file(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    char link[96];
    bool sent = true;
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    static const struct {
        const char *text;
        unsigned mode;
    } bad[] = {
        {TEST_TOKEN "\n", 0644},
        {TEST_TOKEN "\n", 0620},
        {TEST_TOKEN "\r\n", 0600},
        {TEST_TOKEN "\r\nX-Injected: 1\n", 0600},
        {TEST_TOKEN "\nX-Injected: 1\n", 0600},
        {"tester@pve!http:" TEST_SECRET "\n", 0600},
        {"", 0600},
        {"nonsense\n", 0600},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bench_token(&bench, bad[i].text, bad[i].mode);
        assert_true(bench_send(&bench, "GET", "/version", &answer, &sent, &p) < 0);
        assert_string_equal(p.code, PX_SECRET_FILE);
        assert_true(p.next[0] != '\0');
        assert_null(strstr(p.cause, TEST_SECRET));
        assert_false(sent);
    }
    bench_token(&bench, TEST_TOKEN "\n", 0600);
    snprintf(link, sizeof(link), "%s.real", bench.token_file);
    assert_int_equal(rename(bench.token_file, link), 0);
    assert_int_equal(symlink(link, bench.token_file), 0);
    assert_true(bench_send(&bench, "GET", "/version", &answer, &sent, &p) < 0);
    assert_string_equal(p.code, PX_SECRET_FILE);
    unlink(link);
    assert_int_equal(hostile_bytes(&server), 0);

    /* Read anew for each request. */
    bench_token(&bench, "tester@pve!old=first-secret\n", 0600);
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
    http_answer_done(&answer);
    bench_token(&bench, "tester@pve!new=second-secret", 0400);
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
    http_answer_done(&answer);
    assert_true(hostile_recorded(&server, "PVEAPIToken=tester@pve!old=first-secret\r\n"));
    assert_true(hostile_recorded(&server, "PVEAPIToken=tester@pve!new=second-secret\r\n"));
    bench_close(&bench);

    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench.site.kind = CONFIG_PBS;
    bench_token(&bench, "tester@pbs!http:" TEST_SECRET "\n", 0600);
    bench_client(&bench);
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
    http_answer_done(&answer);
    assert_true(hostile_recorded(&server, "PBSAPIToken=tester@pbs!http:" TEST_SECRET "\r\n"));
    bench_close(&bench);
    hostile_stop(&server);
}

static int send_fields(struct bench *bench, const char *method, const char *path, bool change, bool probe,
                       const struct http_field *fields, size_t count, struct problem *p)
{
    struct http_answer answer = {0};
    const struct http_request request = {.method = method,
                                         .path = path,
                                         .fields = fields,
                                         .field_count = count,
                                         .allow_change = change,
                                         .probe = probe};
    const int rc = http_module_table()->request(bench->client, &request, &answer, NULL, p);
    http_answer_done(&answer);
    return rc;
}

#define FIELD(name, value)                                                                                   \
    {                                                                                                        \
        (name), (value), sizeof(value) - 1                                                                   \
    }

/* design 3: "**Read-only is the default**: no change tool ..." */
/* design 2: "They are the only non-GETs that reading, planning and blast functions can cause ..." */
static void test_refused(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    struct problem p = PROBLEM_INIT;
    const struct http_field dry[] = {FIELD("dry-run", "1"), FIELD("keep-last", "3")};
    const struct http_field twice[] = {FIELD("dry-run", "1"), FIELD("dry-run", "0")};
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    assert_int_equal(send_fields(&bench, "GET", "/nodes/a/qemu/100/agent/file-read", true, true, NULL, 0, &p),
                     -EACCES);
    assert_string_equal(p.code, PX_REFUSED_GET);
    assert_int_equal(
        send_fields(&bench, "GET", "/nodes/a/qemu/100/agent%2ffile%2Dread", false, false, NULL, 0, &p),
        -EACCES);
    /* One that reaches out: only as the probe of the table, and with no other parameters. */
    const struct http_field where[] = {FIELD("namespace", "prod")}, more[] = {FIELD("port", "22")};
    assert_int_equal(
        send_fields(&bench, "GET", "/config/remote/dc2/scan/v/groups", false, false, where, 1, &p), -EACCES);
    assert_int_equal(send_fields(&bench, "GET", "/config/remote/dc2/scan/v/groups", true, true, more, 1, &p),
                     -EACCES);
    assert_int_equal(send_fields(&bench, "GET", "/config/remote/dc2/scan", false, true, NULL, 0, &p),
                     -EACCES);
    assert_int_equal(send_fields(&bench, "POST", "/nodes/a/qemu/100/status/stop", false, false, NULL, 0, &p),
                     -EACCES);
    assert_string_equal(p.code, PX_READ_ONLY);
    assert_int_equal(send_fields(&bench, "POST", "/nodes/a/qemu/100/status/stop", false, true, NULL, 0, &p),
                     -EACCES);
    assert_int_equal(send_fields(&bench, "POST", "/admin/datastore/s/prune", false, true, twice, 2, &p),
                     -EACCES);
    assert_int_equal(send_fields(&bench, "POST", "/admin/datastore/s/prune", false, true, dry + 1, 1, &p),
                     -EACCES);
    assert_int_equal(send_fields(&bench, "PATCH", "/version", true, false, NULL, 0, &p), -EINVAL);
    assert_int_equal(send_fields(&bench, "GET", "/nodes/../version", false, false, NULL, 0, &p), -EINVAL);
    assert_int_equal(hostile_bytes(&server), 0);
    assert_int_equal(server.connections, 0);

    assert_int_equal(
        send_fields(&bench, "GET", "/config/remote/dc2/scan/v/groups", false, true, where, 1, &p), 0);
    assert_int_equal(send_fields(&bench, "POST", "/admin/datastore/s/prune", false, true, dry, 2, &p), 0);
    assert_true(hostile_recorded(&server, "POST /api2/json/admin/datastore/s/prune HTTP/1.1\r\n"));
    assert_true(hostile_recorded(&server, "\r\n\r\ndry-run=1&keep-last=3"));
    bench_close(&bench);
    hostile_stop(&server);
}

static void test_encoding(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    struct problem p = PROBLEM_INIT;
    const struct http_field fields[] = {FIELD("a&b", "x=1&y=\xc3\xa4 +%"), FIELD("empty", "")};
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    assert_int_equal(send_fields(&bench, "GET", "/storage/x%2Fy", false, false, fields, 2, &p), 0);
    assert_true(hostile_recorded(
        &server, "GET /api2/json/storage/x%2Fy?a%26b=x%3D1%26y%3D%C3%A4%20%2B%25&empty= HTTP/1.1\r\n"));
    assert_int_equal(send_fields(&bench, "PUT", "/storage/x", true, false, fields, 2, &p), 0);
    assert_true(hostile_recorded(&server, "PUT /api2/json/storage/x HTTP/1.1\r\n"));
    assert_true(hostile_recorded(&server, "\r\n\r\na%26b=x%3D1%26y%3D%C3%A4%20%2B%25&empty="));
    assert_int_equal(send_fields(&bench, "DELETE", "/storage/x", true, false, fields + 1, 1, &p), 0);
    assert_true(hostile_recorded(&server, "DELETE /api2/json/storage/x?empty= HTTP/1.1\r\n"));
    assert_int_equal(send_fields(&bench, "POST", "/nodes/a/stop", true, false, NULL, 0, &p), 0);
    assert_true(hostile_recorded(&server, "Content-Length: 0\r\n"));
    assert_false(hostile_recorded(&server, "Expect:"));
    assert_false(hostile_recorded(&server, "Accept-Encoding:"));
    assert_false(hostile_recorded(&server, "Cookie:"));
    bench_close(&bench);
    hostile_stop(&server);
}

/* The request in the reason and in the body, twice, as a proxy's page for debugging may have it. */
static void serve_echo(struct hostile_conn *conn)
{
    static const char page[] = "bad: %.100s / %.700s; again: %.700s";
    char body[1600], reason[200];
    while (hostile_read(conn)) {
        const char *header = strstr(conn->request, "Authorization:");
        const int len = header != NULL ? (int)strcspn(header, "\r") : 0;
        (void)snprintf(reason, sizeof(reason), "Bad %.*s", len < 150 ? len : 150, header ? header : "");
        (void)snprintf(body, sizeof(body), page, "x", conn->request, conn->request);
        hostile_answer(conn, conn->server->arg, reason, body);
    }
}

static void test_echo(void **state)
{
    (void)state;
    static const int statuses[] = {200, 400, 500};
    for (size_t i = 0; i < 6; i++) {
        struct hostile server;
        struct bench bench;
        struct http_answer answer;
        struct problem p = PROBLEM_INIT;
        bool sent;
        hostile_start(&server, "IP:127.0.0.1", serve_echo);
        server.arg = statuses[i % 3];
        bench_open(&bench, 1);
        bench.site.kind = i < 3 ? CONFIG_PVE : CONFIG_PBS;
        bench_token(&bench, i < 3 ? TEST_TOKEN "\n" : "tester@pbs!http:" TEST_SECRET "\n", 0600);
        bench_pin(&bench, 0, &server);
        bench_client(&bench);
        assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
        assert_true(hostile_recorded(&server, TEST_SECRET));
        assert_non_null(strstr(answer.body, "************"));
        assert_null(strstr(answer.body, TEST_SECRET));
        assert_null(strstr(answer.reason, TEST_SECRET));
        (void)http_answer_problem(&answer, "GET", "/version", &p);
        assert_null(strstr(p.cause, TEST_SECRET));
        http_answer_done(&answer);
        bench_close(&bench);
        hostile_stop(&server);
    }
}

int tests_requests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_file),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_echo),
    };
    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
