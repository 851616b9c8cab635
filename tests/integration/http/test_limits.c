/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes, deadlines, cancellation, the queue, and the end of a client. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "http/client.h"
#include "http/module.h"
#include "tests/integration/http/hostile.h"

static void serve_silence(struct hostile_conn *conn)
{
    if (!hostile_read(conn))
        return;
    for (int i = 0; i < 40 && !conn->server->stopping; i++)
        hostile_pause(100);
}

static void serve_slow_headers(struct hostile_conn *conn)
{
    if (!hostile_read(conn))
        return;
    hostile_write(conn, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 40 && !conn->server->stopping; i++) {
        hostile_write(conn, "X-Slow: yes\r\n");
        hostile_pause(50);
    }
}

static void serve_big_with_length(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        hostile_write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{");
}

static void serve_big_chunked(struct hostile_conn *conn)
{
    char chunk[1100] = "400\r\n";
    if (!hostile_read(conn))
        return;
    hostile_write(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    memset(chunk + 5, 'a', 1024);
    chunk[1029] = '\r';
    chunk[1030] = '\n';
    chunk[1031] = '\0';
    for (int i = 0; i < 1000; i++)
        hostile_write(conn, chunk);
}

static void serve_header_flood(struct hostile_conn *conn)
{
    char line[1024];
    if (!hostile_read(conn))
        return;
    memset(line, 'x', sizeof(line));
    snprintf(line + 1000, 8, "\r\n");
    line[0] = 'X';
    line[1] = ':';
    hostile_write(conn, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 500; i++)
        hostile_write(conn, line);
}

static void test_answer_limits(void **state)
{
    (void)state;
    void (*const ways[])(struct hostile_conn *) = {serve_big_with_length, serve_big_chunked,
                                                   serve_header_flood};
    for (size_t way = 0; way < 3; way++) {
        struct hostile server;
        struct bench bench;
        struct http_answer answer = {0};
        struct problem p = PROBLEM_INIT;
        hostile_start(&server, "IP:127.0.0.1", ways[way]);
        bench_open(&bench, 1);
        bench_pin(&bench, 0, &server);
        bench_client(&bench);
        const struct http_request request = {.method = "GET", .path = "/version", .answer_limit = 65536};
        assert_int_equal(http_module_table()->request(bench.client, &request, &answer, NULL, &p), -EFBIG);
        assert_string_equal(p.code, PX_TOO_LARGE);
        bench_close(&bench);
        hostile_stop(&server);
    }
}

static void test_deadline(void **state)
{
    (void)state;
    void (*const ways[])(struct hostile_conn *) = {serve_silence, serve_slow_headers};
    for (size_t way = 0; way < 2; way++) {
        struct hostile server;
        struct bench bench;
        struct http_answer answer = {0};
        struct problem p = PROBLEM_INIT;
        bool sent = false;
        hostile_start(&server, "IP:127.0.0.1", ways[way]);
        bench_open(&bench, 1);
        bench_pin(&bench, 0, &server);
        bench_client(&bench);
        const int64_t start = clock_ms();
        const struct http_request request = {.method = "GET", .path = "/version", .deadline_ms = start + 300};
        assert_int_equal(http_module_table()->request(bench.client, &request, &answer, &sent, &p),
                         -ETIMEDOUT);
        assert_string_equal(p.code, PX_TIMEOUT);
        assert_true(sent);
        assert_in_range(clock_ms() - start, 290, 1500);
        bench_close(&bench);
        hostile_stop(&server);
    }
}

static void *cancel_later(void *arg)
{
    hostile_pause(150);
    cancel_set(arg);
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    struct hostile server;
    struct bench bench;
    struct http_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    pthread_t thread;
    bool sent = false;
    hostile_start(&server, "IP:127.0.0.1", serve_slow_headers);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    struct cancel *cancel = cancel_new();
    const struct http_request request = {.method = "GET", .path = "/version", .cancel = cancel};
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, cancel), 0);
    const int64_t start = clock_ms();
    assert_int_equal(http_module_table()->request(bench.client, &request, &answer, &sent, &p), -ECANCELED);
    assert_string_equal(p.code, PX_CANCELLED);
    assert_true(sent);
    assert_in_range(clock_ms() - start, 140, 1000);
    pthread_join(thread, NULL);
    /* A token that is set already: nothing is sent. */
    const unsigned before = hostile_count(&server, &server.requests);
    assert_int_equal(http_module_table()->request(bench.client, &request, &answer, &sent, &p), -ECANCELED);
    assert_false(sent);
    assert_int_equal(hostile_count(&server, &server.requests), before);
    cancel_unref(cancel);
    bench_close(&bench);
    hostile_stop(&server);
}

struct caller {
    struct bench *bench;
    int64_t deadline_ms;
    int rc;
    pthread_t thread;
};

static void *caller_main(void *arg)
{
    struct caller *caller = arg;
    struct http_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    const struct http_request request = {
        .method = "GET", .path = "/version", .deadline_ms = caller->deadline_ms};
    caller->rc = http_module_table()->request(caller->bench->client, &request, &answer, NULL, &p);
    http_answer_done(&answer);
    return NULL;
}

static void test_queue(void **state)
{
    (void)state;
    enum { CALLERS = CLIENT_CONNECTIONS + CLIENT_WAITING + 8 };
    static struct caller callers[CALLERS];
    struct hostile server;
    struct bench bench;
    unsigned busy = 0, late = 0;
    hostile_start(&server, "IP:127.0.0.1", serve_silence);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.bench = &bench, .deadline_ms = clock_ms() + 2000};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]), 0);
    }
    hostile_pause(1000);
    assert_int_equal(hostile_count(&server, &server.connections), CLIENT_CONNECTIONS);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        busy += callers[i].rc == -EBUSY ? 1 : 0;
        late += callers[i].rc == -ETIMEDOUT ? 1 : 0;
    }
    assert_in_range(busy, 8, 16); /* a few more if the first four were not yet taken up */
    assert_int_equal(busy + late, CALLERS);
    bench_close(&bench);
    hostile_stop(&server);
}

static void test_parallel(void **state)
{
    (void)state;
    enum { CALLERS = 24 };
    static struct caller callers[CALLERS];
    struct hostile server;
    struct bench bench;
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < CALLERS; i++) {
            callers[i] = (struct caller){.bench = &bench, .deadline_ms = clock_ms() + 10000};
            assert_int_equal(pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]), 0);
        }
        for (int i = 0; i < CALLERS; i++) {
            pthread_join(callers[i].thread, NULL);
            assert_int_equal(callers[i].rc, 0);
        }
    }
    assert_true(server.connections <= CLIENT_CONNECTIONS);
    assert_int_equal(hostile_count(&server, &server.requests), 10 * CALLERS);
    /* A change finds a connection of its own although as many as are allowed are kept. */
    for (int i = 0; i < 6; i++) {
        struct http_answer answer;
        struct problem p;
        assert_int_equal(bench_send(&bench, "POST", "/nodes/a/x", &answer, NULL, &p), 0);
        http_answer_done(&answer);
    }
    bench_close(&bench);
    hostile_stop(&server);
}

static void test_free_in_flight(void **state)
{
    (void)state;
    static struct caller callers[8];
    struct hostile server;
    struct bench bench;
    hostile_start(&server, "IP:127.0.0.1", serve_silence);
    bench_open(&bench, 1);
    bench_pin(&bench, 0, &server);
    bench_client(&bench);
    for (int i = 0; i < 8; i++) {
        callers[i] = (struct caller){.bench = &bench, .deadline_ms = clock_ms() + 20000};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]), 0);
    }
    hostile_pause(300);
    const int64_t start = clock_ms();
    bench_close(&bench);
    assert_in_range(clock_ms() - start, 0, 1000);
    for (int i = 0; i < 8; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_int_equal(callers[i].rc, -ECANCELED);
    }
    hostile_stop(&server);
}

int tests_limits(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_limits), cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_cancel),        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_parallel),      cmocka_unit_test(test_free_in_flight),

    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
