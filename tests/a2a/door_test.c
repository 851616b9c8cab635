/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes to the door and is not let in; and where it does not open at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "face.h"
#include "tests/unit/command/terminal.h"

#define GOOD "Host: localhost\r\nAuthorization: Bearer " FACE_TOKEN "\r\nContent-Type: application/json\r\n"
#define BODY "Content-Length: 2\r\n\r\n{}"

/* docs/a2a: "Requests with Origin, or with Sec-Fetch-Site" docs/a2a: "Only application/json with a
 * Content-Length" */
static void test_heads(void **state)
{
    static const struct {
        int status;
        const char *bytes;
    } rows[] = {
        {200, "POST /a2a HTTP/1.1\r\n" GOOD BODY},
        {401, "POST /a2a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" BODY},
        {401, "POST /a2a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\nContent-Type: "
              "application/json\r\n" BODY},
        {401,
         "POST /a2a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " FACE_TOKEN "x\r\nContent-Type: "
         "application/json\r\n" BODY},
        {401, "POST /a2a HTTP/1.1\r\nAuthorization: Bearer x\r\n" GOOD BODY},
        {421, "POST /a2a HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer " FACE_TOKEN
              "\r\nContent-Type: application/json\r\n" BODY},
        {421, "POST /a2a HTTP/1.1\r\nHost: evil.example\r\n" GOOD BODY},
        {421, "GET /.well-known/agent-card.json HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n"},
        {403, "POST /a2a HTTP/1.1\r\n" GOOD "Origin: http://localhost\r\n" BODY},
        {403, "POST /a2a HTTP/1.1\r\n" GOOD "Origin: null\r\n" BODY},
        {403, "POST /a2a HTTP/1.1\r\n" GOOD "Sec-Fetch-Site: cross-site\r\n" BODY},
        {415, "POST /a2a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " FACE_TOKEN
              "\r\nContent-Type: text/plain\r\n" BODY},
        {415, "POST /a2a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " FACE_TOKEN "\r\n" BODY},
        {413, "POST /a2a HTTP/1.1\r\n" GOOD "Content-Length: 1048577\r\n\r\n"},
        {411, "POST /a2a HTTP/1.1\r\n" GOOD "\r\n"},
        {411, "POST /a2a HTTP/1.1\r\n" GOOD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
        {405, "GET /a2a HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {404, "GET /a2a/../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {404, "GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {200, "GET /.well-known/agent-card.json HTTP/1.1\r\nHost: [::1]:99\r\n\r\n"},
    };
    struct face f;

    (void)state;
    face_start(&f, "read", "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *said = face_talk(&f, rows[i].bytes, 10000);
        if (face_status(said) != rows[i].status)
            fail_msg("row %zu: wanted %d: %s", i, rows[i].status, said);
        if (rows[i].status == 401)
            assert_non_null(strstr(said, "WWW-Authenticate: Bearer"));
        free(said);
    }
    face_stop(&f);
}

static void test_payloads(void **state)
{
    static const struct {
        const char *code, *method, *params;
    } rows[] = {
        {"-32601", "NoSuchMethod", "{}"},
        {"-32602", "SendMessage", "{}"},
        {"-32602", "SendMessage", "[]"},
        {"-32001", "GetTask", "{\"id\":\"nope\"}"},
        {"-32003", "CreateTaskPushNotificationConfig", "{}"},
        {"-32004", "GetExtendedAgentCard", "{}"},
        {"-32602", "ListTasks", "{\"pageSize\":1000}"},
        {"-32602", "SendMessage",
         "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_AGENT\",\"parts\":[{\"text\":\"x\"}]}}"},
    };
    struct face f;

    (void)state;
    face_start(&f, "read", "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct json_object *answer = face_call(&f, rows[i].method, rows[i].params);
        expect(answer, "/error/code", rows[i].code);
        json_object_put(answer);
    }
    char *said = face_talk(&f, "POST /a2a HTTP/1.1\r\n" GOOD "Content-Length: 3\r\n\r\n{\"a", 10000);
    assert_non_null(strstr(said, "-32700"));
    free(said);
    said = face_talk(&f,
                     "POST /a2a HTTP/1.1\r\n" GOOD
                     "Content-Length: 45\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ListTasks\"}",
                     10000);
    assert_non_null(strstr(said, "-32009")); /* no version said */
    free(said);
    face_stop(&f);
}

/* docs/a2a: "A request must be whole within 10 seconds" */
/* One byte now and then is not enough: the request has to be whole in time. */
static void test_slow(void **state)
{
    struct face f;
    const int64_t begin = clock_ms();

    (void)state;
    face_start(&f, "read", "");
    int fd = face_connect(&f);
    assert_int_equal(write(fd, "POST /a2a HTTP/1.1\r\n", 20), 20);
    while (clock_ms() - begin < 30000 && write(fd, "X", 1) == 1)
        usleep(200000);
    assert_true(clock_ms() - begin < 20000);
    close(fd);
    face_stop(&f);
}

/* docs/a2a: "One request a connection, at most 64 connections" */
static void test_many(void **state)
{
    static const char card[] = "GET /.well-known/agent-card.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct face f;
    int fds[100];

    (void)state;
    face_start(&f, "read", "");
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        fds[i] = face_connect(&f);
    char *said = face_talk(&f, card, 2000);
    assert_int_not_equal(face_status(said), 200);
    free(said);
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        close(fds[i]);
    const int64_t deadline = clock_ms() + 10000;
    int status = 0;
    while (status != 200 && clock_ms() < deadline) {
        said = face_talk(&f, card, 2000);
        status = face_status(said);
        free(said);
    }
    assert_int_equal(status, 200);
    face_stop(&f);
}

/* docs/a2a: "An address that others reach, and an empty one" */
static void test_no_start(void **state)
{
    static const struct {
        const char *a2a, *words;
    } rows[] = {
        {"a2a: {port: 0, host: \"0.0.0.0\"}\n", "a2a.token_file"},
        {"a2a: {port: 0, host: \"::\"}\n", "a2a.token_file"},
        {"a2a: {port: 0, host: \"192.0.2.1\"}\n", "a2a.token_file"},
        {"a2a: {port: 0, host: example.org}\n", "is no IP address"},
        {"a2a: {port: 0, allowed_hosts: \"*\"}\n", "no wildcard"},
        {"a2a: {port: 0, token_file: /etc/hostname}\n", "PX-SECRET-FILE"},
        {"a2a: {port: 0, bearer: \"a b\"}\n", "a2a.bearer"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct face f;
        char *said = NULL;
        const int status = face_refuses(&f, rows[i].a2a, &said);
        if (status != 2 || !strstr(said, rows[i].words))
            fail_msg("%s: %d: %s", rows[i].a2a, status, said);
        free(said);
    }
}

/* No word that is not known ends in serving, and the two that only tell open no port. */
static void test_options(void **state)
{
    static const struct {
        const char *word;
        int status;
    } rows[] = {{"--help", 0}, {"--version", 0}, {"serve", 2}, {"--port", 2}, {"--config", 2}};
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char program[512];

    (void)state;
    (void)snprintf(program, sizeof(program), "%s/proximo-a2a", build ? build : ".");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const argv[] = {program, rows[i].word, NULL};
        const char *const environment[] = {NULL};
        char *said = NULL;
        const int status = run_without_terminal(argv, environment, "", &said);
        if (status != rows[i].status || strstr(said, "listening"))
            fail_msg("%s: %d: %s", rows[i].word, status, said);
        free(said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_heads),    cmocka_unit_test(test_payloads),
                                       cmocka_unit_test(test_slow),     cmocka_unit_test(test_many),
                                       cmocka_unit_test(test_no_start), cmocka_unit_test(test_options)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
