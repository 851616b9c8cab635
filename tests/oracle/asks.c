/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short ways to ask a simulator of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "asks.h"

int begin(void **state, const char *const *arguments)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char program[1024];

    if (!fixture || !build)
        return -1;
    (void)snprintf(program, sizeof program, "%s/proximo-sim", build);
    if (child_start(program, arguments, &fixture->child) < 0)
        return -1;
    fixture->client = client_new(fixture->child.ready);
    *state = fixture;
    return fixture->client ? 0 : -1;
}

int end(void **state)
{
    struct fixture *fixture = *state;

    client_free(fixture->client);
    child_stop(&fixture->child);
    free(fixture);
    return 0;
}

int send_as(struct fixture *fixture, const char *who, const char *method, const char *path,
            const char *params, struct answer *answer)
{
    struct json_object *exchange = json_object_new_object();
    int r;

    json_object_object_add(exchange, "as", json_object_new_string(who));
    json_object_object_add(exchange, "method", json_object_new_string(method));
    json_object_object_add(exchange, "path", json_object_new_string(path));
    json_object_object_add(exchange, "params", json_tokener_parse(params));
    *answer = (struct answer){0};
    r = client_send(fixture->client, exchange, NULL, answer);
    json_object_put(exchange);
    return r;
}

int send_it(struct fixture *fixture, const char *method, const char *path, const char *params,
            struct answer *answer)
{
    return send_as(fixture, "root", method, path, params, answer);
}

void tells_narrow(struct fixture *fixture, const char *method, const char *path, const char *params,
                  int status, const char *message)
{
    struct answer answer;

    assert_int_equal(send_as(fixture, "narrow-guest105", method, path, params, &answer), 0);
    assert_int_equal(answer.status, status);
    assert_string_equal(text_of(answer.root, status == 200 ? "data" : "message", ""), message);
    answer_done(&answer);
}

char *value(struct fixture *fixture, const char *method, const char *path, const char *params,
            const char *place)
{
    struct json_object *found;
    struct answer answer;
    char *text;

    assert_int_equal(send_it(fixture, method, path, params, &answer), 0);
    assert_int_equal(answer.status, 200);
    found = pick(answer.root, place);
    text = strdup(found ? json_object_get_string(found) : "(none)");
    answer_done(&answer);
    return text;
}

void is(struct fixture *fixture, const char *path, const char *place, const char *expected)
{
    FREE_WITH(free_text) char *text = value(fixture, "GET", path, "{}", place);

    assert_string_equal(text, expected);
}

void refused(struct fixture *fixture, const char *method, const char *path, const char *params,
             const char *message)
{
    struct answer answer;

    assert_int_equal(send_it(fixture, method, path, params, &answer), 0);
    assert_int_equal(answer.status, 500);
    assert_string_equal(text_of(answer.root, "message", ""), message);
    answer_done(&answer);
}

void done(struct fixture *fixture, const char *method, const char *path, const char *params)
{
    FREE_WITH(free_text) char *text = value(fixture, method, path, params, "data");

    assert_non_null(text);
}

void bad_param(struct fixture *fixture, const char *method, const char *path, const char *params,
               const char *name, const char *text)
{
    struct answer answer;

    assert_int_equal(send_it(fixture, method, path, params, &answer), 0);
    assert_int_equal(answer.status, 400);
    assert_string_equal(text_of(member(answer.root, "errors"), name, ""), text);
    answer_done(&answer);
}

void wait_ms(long ms)
{
    (void)nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

void start(struct fixture *fixture, const char *method, const char *where, const char *params, char *path,
           size_t size)
{
    FREE_WITH(free_text) char *upid = value(fixture, method, where, params, "data");
    size_t n;

    assert_true(strncmp(upid, "UPID:", 5) == 0);
    n = (size_t)snprintf(path, size, "/nodes/%.*s/tasks/", (int)strcspn(upid + 5, ":"), upid + 5);
    /* A Backup Server's have backslashes. */
    for (const char *at = upid; *at && n + 4 < size; at++)
        n += (size_t)snprintf(path + n, size - n, *at == '\\' ? "%%5C" : "%c", *at);
}

/* Waits for the end of a task; its status path is in `path`. */
static void until_stopped(struct fixture *fixture, const char *task, char *path, size_t size)
{
    (void)snprintf(path, size, "%s/status", task);
    for (int i = 0; i < 100; i++) {
        FREE_WITH(free_text) char *status = value(fixture, "GET", path, "{}", "data.status");

        if (strcmp(status, "stopped") == 0)
            break;
        wait_ms(50);
    }
}

void ends(struct fixture *fixture, const char *task, const char *expected)
{
    char path[700];

    until_stopped(fixture, task, path, sizeof path);
    is(fixture, path, "data.exitstatus", expected);
}

void fails(struct fixture *fixture, const char *task, const char *pattern)
{
    char path[700];
    FREE_WITH(free_text) char *exit = NULL;

    until_stopped(fixture, task, path, sizeof path);
    exit = value(fixture, "GET", path, "{}", "data.exitstatus");
    if (!text_matches(pattern, exit))
        assert_string_equal(exit, pattern);
}

void logged(struct fixture *fixture, const char *task, const char *text)
{
    char path[700];
    FREE_WITH(free_text) char *log = NULL;

    (void)snprintf(path, sizeof path, "%s/log?limit=500", task);
    log = value(fixture, "GET", path, "{}", "data");
    if (!strstr(log, text))
        assert_string_equal(log, text);
}
