/* SPDX-License-Identifier: Apache-2.0 */
/* Several endpoints, dead connections, redirects and proxies: where a request may go, and how often. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/client.h"
#include "http/module.h"
#include "tests/integration/http/hostile.h"

static void serve_nothing(struct hostile_conn *conn)
{
    (void)hostile_read(conn);
}

static void serve_half(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        hostile_write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"data\":[1,2,3");
}

static void serve_garbage(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        hostile_write(conn, "\x01\x02\x03 this is not HTTP at all\r\n\r\n");
}

/* The first request of a connection is answered, the second one finds it closed. */
static void serve_one_then_die(struct hostile_conn *conn)
{
    if (!hostile_read(conn))
        return;
    hostile_answer(conn, 200, "OK", "{\"data\":1}");
    (void)hostile_read(conn);
}

static void serve_redirect(struct hostile_conn *conn)
{
    char head[128];
    snprintf(head, sizeof(head),
             "HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n",
             conn->server->arg);
    while (hostile_read(conn))
        hostile_write(conn, head);
}

/* A port on which nobody listens. */
static void dead_endpoint(struct bench *bench, size_t index, struct hostile *gone)
{
    hostile_start(gone, "IP:127.0.0.1", serve_well);
    bench_pin(bench, index, gone);
    hostile_stop(gone);
}

static void test_reads_fail_over(void **state)
{
    (void)state;
    void (*const ways[])(struct hostile_conn *) = {serve_nothing, serve_half, serve_garbage};
    struct hostile first, second;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    bool sent;
    for (size_t way = 0; way <= 3; way++) {
        bench_open(&bench, 2);
        if (way < 3) {
            hostile_start(&first, "IP:127.0.0.1", ways[way]);
            bench_pin(&bench, 0, &first);
        } else {
            dead_endpoint(&bench, 0, &first);
        }
        hostile_start(&second, "IP:127.0.0.1", serve_well);
        bench_pin(&bench, 1, &second);
        bench_client(&bench);
        for (unsigned round = 1; round <= 3; round++) {
            assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
            assert_int_equal(answer.status, 200);
            assert_int_equal(answer.endpoint, 1);
            assert_int_equal(hostile_count(&second, &second.requests), round);
            http_answer_done(&answer);
        }
        if (way < 3) /* the one that answered is remembered */
            assert_int_equal(hostile_count(&first, &first.requests), 1);
        bench_close(&bench);
        if (way < 3)
            hostile_stop(&first);
        hostile_stop(&second);
    }
}

static void serve_hanging(struct hostile_conn *conn)
{
    if (!hostile_read(conn))
        return;
    for (int i = 0; i < 40 && !conn->server->stopping; i++)
        hostile_pause(50);
}

/* An endpoint that takes requests and never answers costs one call its time, not every call. */
static void test_hanging_endpoint(void **state)
{
    (void)state;
    struct hostile first, second;
    struct bench bench;
    struct http_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    bool sent;
    hostile_start(&first, "IP:127.0.0.1", serve_hanging);
    hostile_start(&second, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 2);
    bench_pin(&bench, 0, &first);
    bench_pin(&bench, 1, &second);
    bench_client(&bench);
    const struct http_request request = {
        .method = "GET", .path = "/version", .deadline_ms = clock_ms() + 300};
    assert_int_equal(http_module_table()->request(bench.client, &request, &answer, &sent, &p), -ETIMEDOUT);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
        assert_int_equal(answer.endpoint, 1);
        http_answer_done(&answer);
    }
    assert_int_equal(hostile_count(&first, &first.requests), 1);
    bench_close(&bench);
    hostile_stop(&first);
    hostile_stop(&second);
}

static void test_changes_do_not_fail_over(void **state)
{
    (void)state;
    struct hostile gone, silent, good;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    bool sent = true;
    hostile_start(&good, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 2);
    dead_endpoint(&bench, 0, &gone);
    bench_pin(&bench, 1, &good);
    bench_client(&bench);
    assert_int_equal(bench_send(&bench, "POST", "/nodes/a/qemu/100/status/stop", &answer, &sent, &p),
                     -ECONNREFUSED);
    assert_string_equal(p.code, PX_CONNECT);
    assert_false(sent);
    assert_int_equal(hostile_bytes(&good), 0);
    bench_close(&bench);

    hostile_start(&silent, "IP:127.0.0.1", serve_nothing);
    bench_open(&bench, 2);
    bench_pin(&bench, 0, &silent);
    bench_pin(&bench, 1, &good);
    bench_client(&bench);
    assert_int_equal(bench_send(&bench, "DELETE", "/nodes/a/qemu/100", &answer, &sent, &p), -ECONNRESET);
    assert_string_equal(p.code, PX_CONNECT);
    assert_true(sent);
    assert_non_null(strstr(p.cause, "unknown"));
    assert_int_equal(hostile_count(&silent, &silent.requests), 1);
    assert_int_equal(hostile_bytes(&good), 0);
    bench_close(&bench);
    hostile_stop(&silent);
    hostile_stop(&good);
}

static void test_dead_kept_connection(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    bool sent;
    hostile_start(&server, "IP:127.0.0.1", serve_one_then_die);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    for (int i = 0; i < 4; i++) { /* every second one meets a dying connection and is sent once more */
        assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
        assert_string_equal(answer.body, "{\"data\":1}");
        http_answer_done(&answer);
    }
    const unsigned before = hostile_count(&server, &server.requests);
    assert_true(before >= 6);
    /* A change takes a connection of its own: it arrives once and is answered. */
    assert_int_equal(bench_send(&bench, "POST", "/nodes/a/qemu/100/status/stop", &answer, &sent, &p), 0);
    http_answer_done(&answer);
    assert_int_equal(hostile_count(&server, &server.requests), before + 1);
    bench_close(&bench);
    hostile_stop(&server);
}

/* A change whose answer is lost has been sent exactly once, whatever libcurl would like. */
static void test_change_is_sent_once(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    bool sent = false;
    hostile_start(&server, "IP:127.0.0.1", serve_nothing);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    assert_int_equal(bench_send(&bench, "POST", "/nodes/a/qemu/100/status/stop", &answer, &sent, &p),
                     -ECONNRESET);
    assert_true(sent);
    assert_int_equal(hostile_count(&server, &server.requests), 1);
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), -ECONNRESET);
    bench_close(&bench);
    hostile_stop(&server);
}

static void test_redirect(void **state)
{
    (void)state;
    struct hostile server, target;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    bool sent;
    hostile_start(&server, "IP:127.0.0.1", serve_redirect);
    hostile_start(&target, "IP:127.0.0.1", serve_well);
    server.arg = target.port;
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
    assert_int_equal(answer.status, 301);
    assert_int_equal(target.connections, 0);
    assert_int_equal(http_answer_problem(&answer, "GET", "/version", &p), -EBADMSG);
    assert_string_equal(p.code, PX_BAD_ANSWER);
    http_answer_done(&answer);
    bench_close(&bench);
    hostile_stop(&server);
    hostile_stop(&target);
}

static void test_environment(void **state)
{
    (void)state;
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    struct hostile server;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    bool sent;
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    for (size_t i = 0; i < 4; i++)
        setenv(names[i], "http://127.0.0.1:9", 1);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
    http_answer_done(&answer);
    for (size_t i = 0; i < 4; i++)
        unsetenv(names[i]);
    bench_close(&bench);
    hostile_stop(&server);
}

/* Each endpoint is held to its own pin: the first shows the second's, and gets nothing. */
static void test_two_pins(void **state)
{
    (void)state;
    struct hostile first, second;
    struct bench bench;
    struct http_answer answer;
    struct problem p;
    bool sent;
    hostile_start(&first, "IP:127.0.0.1", serve_well);
    hostile_start(&second, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 2);
    bench_pin(&bench, 0, &first);
    bench_pin(&bench, 1, &second);
    bench_client(&bench);
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
    assert_int_equal(answer.endpoint, 0);
    http_answer_done(&answer);
    bench_close(&bench);

    bench_open(&bench, 2);
    bench_pin(&bench, 0, &first);
    bench_pin(&bench, 1, &second);
    bench.endpoints[0].fingerprint = second.fingerprint;
    bench_client(&bench);
    const size_t before = hostile_bytes(&first);
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), 0);
    assert_int_equal(answer.endpoint, 1);
    http_answer_done(&answer);
    assert_int_equal(hostile_bytes(&first), before);
    bench.client->endpoints[1].identity.pin[5] ^= 1; /* now neither fits */
    assert_int_equal(bench_send(&bench, "GET", "/version", &answer, &sent, &p), -EPROTO);
    assert_int_equal(hostile_bytes(&first), before);
    bench_close(&bench);
    hostile_stop(&first);
    hostile_stop(&second);
}

int tests_failover(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_fail_over),
        cmocka_unit_test(test_hanging_endpoint),
        cmocka_unit_test(test_changes_do_not_fail_over),
        cmocka_unit_test(test_dead_kept_connection),
        cmocka_unit_test(test_change_is_sent_once),
        cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_two_pins),
    };
    return cmocka_run_group_tests_name("failover", tests, NULL, NULL);
}
