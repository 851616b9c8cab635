/* SPDX-License-Identifier: Apache-2.0 */
/* TLS identity: nobody but the configured server ever gets a byte, on new, kept and resumed connections. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/client.h"
#include "http/module.h"
#include "tests/integration/http/hostile.h"

static void expect_refused(struct bench *bench, struct hostile *server)
{
    struct http_answer answer;
    struct problem p;
    bool sent = true;
    assert_int_equal(bench_send(bench, "GET", "/version", &answer, &sent, &p), -EPROTO);
    assert_string_equal(p.code, PX_TLS);
    assert_false(sent);
    assert_null(strstr(p.cause, "127.0.0.1"));
    assert_int_equal(bench_send(bench, "POST", "/nodes/a/qemu/100/status/stop", &answer, &sent, &p), -EPROTO);
    assert_false(sent);
    assert_int_equal(hostile_bytes(server), 0);
}

static void expect_answer(struct bench *bench)
{
    struct http_answer answer;
    struct problem p;
    bool sent = false;
    const int rc = bench_send(bench, "GET", "/version", &answer, &sent, &p);
    if (rc != 0)
        print_message("%s %s\n", p.code, p.cause);
    assert_int_equal(rc, 0);
    assert_true(sent);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.reason, "OK");
    assert_string_equal(answer.body, "{\"data\":{\"version\":\"9.2\"}}");
    assert_int_equal(answer.body_len, strlen(answer.body));
    assert_true(answer.time_us > 0);
    http_answer_done(&answer);
}

static void test_pin(void **state)
{
    (void)state;
    struct hostile server, other;
    struct bench bench;
    hostile_start(&server, "DNS:elsewhere.example", serve_well); /* the name does not matter to a pin */
    hostile_start(&other, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    expect_answer(&bench);
    expect_answer(&bench);
    expect_answer(&bench);
    assert_int_equal(server.connections, 1);
    assert_true(hostile_recorded(
        &server, bench_kind == CONFIG_PBS ? "Authorization: PBSAPIToken=tester@pve!http:" TEST_SECRET "\r\n"
                                          : "Authorization: PVEAPIToken=" TEST_TOKEN "\r\n"));
    bench_close(&bench);

    bench_open(&bench, 1);
    bench_pin(&bench, 0, &other);
    bench.endpoints[0].fingerprint = server.fingerprint;
    bench_client(&bench);
    expect_refused(&bench, &other);
    assert_true(other.connections > 0);
    bench_close(&bench);
    hostile_stop(&server);
    hostile_stop(&other);
}

static void test_ca_file(void **state)
{
    (void)state;
    char missing[] = "/nonexistent/ca.pem";
    struct hostile server, elsewhere;
    struct bench bench;
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    hostile_start(&elsewhere, "DNS:elsewhere.example", serve_well);
    bench_open(&bench, 1);
    bench_ca(&bench, 0, &server); /* a leaf as its own anchor */
    bench_client(&bench);
    expect_answer(&bench);
    bench_close(&bench);

    bench_open(&bench, 1);
    bench_ca(&bench, 0, &elsewhere); /* trusted, but for another name */
    bench_client(&bench);
    expect_refused(&bench, &elsewhere);
    bench_close(&bench);

    bench_open(&bench, 1);
    bench_ca(&bench, 0, &elsewhere);
    bench.endpoints[0].ca_file = server.cert_file; /* not trusted */
    bench_client(&bench);
    expect_refused(&bench, &elsewhere);
    bench_close(&bench);

    bench_open(&bench, 1);
    bench_ca(&bench, 0, &elsewhere);
    bench.endpoints[0].ca_file = NULL; /* the system store */
    bench_client(&bench);
    expect_refused(&bench, &elsewhere);
    bench_close(&bench);

    bench_open(&bench, 1);
    bench_ca(&bench, 0, &elsewhere);
    bench.endpoints[0].ca_file = missing;
    bench_client(&bench);
    expect_refused(&bench, &elsewhere);
    bench_close(&bench);
    hostile_stop(&server);
    hostile_stop(&elsewhere);
}

/* A kept connection is checked again: after the pin changed nothing more is sent over it. */
static void test_pin_changed_kept(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    bool sent = true;
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    expect_answer(&bench);
    const size_t before = hostile_bytes(&server);
    bench.client->endpoints[0].identity.pin[0] ^= 1;
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), -EPROTO);
    assert_string_equal(p.code, PX_TLS);
    assert_false(sent);
    assert_int_equal(server.connections, 1); /* it was the kept one */
    assert_int_equal(hostile_bytes(&server), before);
    bench_close(&bench);
    hostile_stop(&server);
}

struct resume_check {
    struct identity *id;
    CURL *easy;
    unsigned calls;
};

static int on_prereq(void *arg, char *a, char *b, int c, int d)
{
    struct resume_check *check = arg;
    (void)a, (void)b, (void)c, (void)d;
    check->calls++;
    return identity_peer_ok(check->id, check->easy) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Sessions are never kept; should one be all the same, the check before the request still holds. */
static void test_pin_changed_resumed(void **state)
{
    (void)state;
    struct hostile server;
    struct identity id;
    char url[96];
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    const struct config_endpoint endpoint = {.url = server.url, .fingerprint = server.fingerprint};
    assert_non_null(http_module_table());
    assert_int_equal(identity_init(&id, &endpoint), 0);
    FILE *sink = fopen("/dev/null", "we");
    assert_non_null(sink);
    CURL *easy = curl_easy_init();
    struct resume_check check = {.id = &id, .easy = easy};
    snprintf(url, sizeof(url), "%s/api2/json/version", server.url);
    assert_int_equal(identity_apply(&id, easy), CURLE_OK);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, sink);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 1L); /* what the client never does */
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_prereq);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, &check);
    assert_int_equal(curl_easy_perform(easy), CURLE_OK);
    assert_int_equal(curl_easy_perform(easy), CURLE_OK);
    assert_int_equal(hostile_count(&server, &server.resumed), 1);
    const size_t before = hostile_bytes(&server);
    id.pin[31] ^= 1;
    assert_int_equal(curl_easy_perform(easy), CURLE_ABORTED_BY_CALLBACK);
    assert_int_equal(check.calls, 3);
    for (int i = 0; i < 200 && hostile_count(&server, &server.resumed) < 2; i++)
        hostile_pause(10); /* the server's thread may lag behind */
    assert_int_equal(hostile_count(&server, &server.resumed), 2);
    assert_int_equal(hostile_bytes(&server), before);
    curl_easy_cleanup(easy);
    fclose(sink);
    identity_done(&id);
    hostile_stop(&server);
}

static void serve_once(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        hostile_write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 26\r\nConnection: close\r\n\r\n"
                            "{\"data\":{\"version\":\"9.2\"}}");
}

/* The client itself: each new connection is verified anew, none is resumed. */
static void test_no_resumption(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    hostile_start(&server, "IP:127.0.0.1", serve_once);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    for (int i = 0; i < 3; i++)
        expect_answer(&bench);
    assert_int_equal(server.connections, 3);
    assert_int_equal(hostile_count(&server, &server.resumed), 0);
    bench_close(&bench);
    hostile_stop(&server);
}

static void test_report(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    struct http_tls_report report;
    struct problem p = PROBLEM_INIT;
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    assert_int_equal(http_module_table()->tls_report(&bench.site, 0, &report, &p), 0);
    assert_true(report.connected);
    assert_true(report.verified);
    assert_string_equal(report.rule, "fingerprint");
    assert_string_equal(report.subject, "CN=hostile");
    assert_non_null(strstr(report.names, "127.0.0.1"));
    assert_int_equal(strlen(report.fingerprint), 95);
    assert_true(report.not_after[0] != '\0');

    char wrong[65];
    memset(wrong, '0', 64);
    wrong[64] = '\0';
    bench.endpoints[0].fingerprint = wrong;
    assert_int_equal(http_module_table()->tls_report(&bench.site, 0, &report, &p), 0);
    assert_true(report.connected);
    assert_false(report.verified);
    assert_non_null(strstr(report.verdict, "fingerprint"));

    bench.endpoints[0].fingerprint = NULL;
    assert_int_equal(http_module_table()->tls_report(&bench.site, 0, &report, &p), 0);
    assert_false(report.verified);
    assert_string_equal(report.rule, "system store");
    assert_int_equal(strlen(report.fingerprint), 95);
    assert_int_equal(hostile_bytes(&server), 0);
    hostile_stop(&server);

    assert_int_equal(http_module_table()->tls_report(&bench.site, 0, &report, &p), 0); /* nobody listens */
    assert_false(report.connected);
    assert_false(report.verified);
    assert_true(report.verdict[0] != '\0');
    assert_int_equal(http_module_table()->tls_report(&bench.site, 1, &report, &p), -EINVAL);
    bench_close(&bench);
}

int tests_identity(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pin),
        cmocka_unit_test(test_ca_file),
        cmocka_unit_test(test_pin_changed_kept),
        cmocka_unit_test(test_pin_changed_resumed),
        cmocka_unit_test(test_no_resumption),
        cmocka_unit_test(test_report),
    };
    int failed = cmocka_run_group_tests_name("identity", tests, NULL, NULL);
    /* A Backup Server is held to the same. */
    bench_kind = CONFIG_PBS;
    failed += cmocka_run_group_tests_name("identity of a Backup Server", tests, NULL, NULL);
    bench_kind = CONFIG_PVE;
    return failed;
}
