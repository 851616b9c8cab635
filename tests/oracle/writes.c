/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes on the simulator: tasks that take time, fail, warn, hang and are stopped; locks meanwhile; HA that
 * does later what it says OK to; a list of resources that shows the past; a request that is done although its
 * answer is lost; changes that wait for a stop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

#define CT105 "/nodes/pve1/lxc/105"
#define VM100 "/nodes/pve1/qemu/100"

struct fixture {
    struct child child;
    struct client *client;
};

static int begin(void **state, const char *const *arguments)
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

static int plain(void **state)
{
    static const char *const arguments[] = {"--task-ms", "300", "--stale-ms", "800", NULL};
    return begin(state, arguments);
}

static int troubled(void **state)
{
    static const char *const arguments[] = {"--task-ms", "20",
                                            "--task",    "vzstop:fail:1",
                                            "--task",    "vzsnapshot:hang:1",
                                            "--task",    "qmstart:warn:1",
                                            "--fault",   "POST /nodes/pve1/lxc/105/status/start:lost:1",
                                            NULL};
    return begin(state, arguments);
}

static int with_demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--task-ms", "20", "--ha-ms", "600", NULL};
    return begin(state, arguments);
}

static int end(void **state)
{
    struct fixture *fixture = *state;

    client_free(fixture->client);
    child_stop(&fixture->child);
    free(fixture);
    return 0;
}

/* Sends a request; the answer is the caller's. Returns what client_send() does. */
static int send_it(struct fixture *fixture, const char *method, const char *path, const char *params,
                   struct answer *answer)
{
    struct json_object *exchange = json_object_new_object();
    int r;

    json_object_object_add(exchange, "as", json_object_new_string("root"));
    json_object_object_add(exchange, "method", json_object_new_string(method));
    json_object_object_add(exchange, "path", json_object_new_string(path));
    json_object_object_add(exchange, "params", json_tokener_parse(params));
    *answer = (struct answer){0};
    r = client_send(fixture->client, exchange, NULL, answer);
    json_object_put(exchange);
    return r;
}

/* The answer's place as text (owned); its status must be 200. */
static char *value(struct fixture *fixture, const char *method, const char *path, const char *params,
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

static void is(struct fixture *fixture, const char *path, const char *place, const char *expected)
{
    FREE_WITH(free_text) char *text = value(fixture, "GET", path, "{}", place);

    assert_string_equal(text, expected);
}

static void refused(struct fixture *fixture, const char *method, const char *path, const char *params,
                    const char *message)
{
    struct answer answer;

    assert_int_equal(send_it(fixture, method, path, params, &answer), 0);
    assert_int_equal(answer.status, 500);
    assert_string_equal(text_of(answer.root, "message", ""), message);
    answer_done(&answer);
}

static void wait_ms(long ms)
{
    (void)nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Starts a task; its status path is in `path`. */
static void start(struct fixture *fixture, const char *method, const char *where, const char *params,
                  char *path, size_t size)
{
    FREE_WITH(free_text) char *upid = value(fixture, method, where, params, "data");

    assert_true(strncmp(upid, "UPID:", 5) == 0);
    (void)snprintf(path, size, "/nodes/%.*s/tasks/%s", (int)strcspn(upid + 5, ":"), upid + 5, upid);
}

static void ends(struct fixture *fixture, const char *task, const char *expected)
{
    char path[700];

    (void)snprintf(path, sizeof path, "%s/status", task);
    for (int i = 0; i < 100; i++) {
        FREE_WITH(free_text) char *status = value(fixture, "GET", path, "{}", "data.status");

        if (strcmp(status, "stopped") == 0)
            break;
        wait_ms(50);
    }
    is(fixture, path, "data.exitstatus", expected);
}

static void test_time_and_stale(void **state)
{
    struct fixture *fixture = *state;
    char task[600], path[700];

    start(fixture, "POST", CT105 "/status/start", "{}", task, sizeof task);
    (void)snprintf(path, sizeof path, "%s/status", task);
    is(fixture, path, "data.status", "running");
    is(fixture, CT105 "/status/current", "data.status", "stopped");
    ends(fixture, task, "OK");
    is(fixture, CT105 "/status/current", "data.status", "running");
    is(fixture, "/cluster/resources", "data.?vmid=105.status", "stopped");
    wait_ms(1000);
    is(fixture, "/cluster/resources", "data.?vmid=105.status", "running");
}

static void test_pending(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *null = NULL, *also = NULL;
    char task[600];

    start(fixture, "POST", VM100 "/status/start", "{}", task, sizeof task);
    ends(fixture, task, "OK");
    null = value(fixture, "PUT", VM100 "/config", "{\"cores\": \"4\", \"name\": \"web9\"}", "data");
    assert_string_equal(null, "(none)");
    is(fixture, VM100 "/config?current=1", "data.cores", "2");
    is(fixture, VM100 "/config", "data.name", "web9");
    is(fixture, VM100 "/pending", "data.?key=cores.pending", "4");
    also = value(fixture, "PUT", VM100 "/config", "{\"delete\": \"onboot,agent\"}", "data");
    is(fixture, VM100 "/pending", "data.?key=agent.delete", "1");
    start(fixture, "POST", VM100 "/status/stop", "{}", task, sizeof task);
    ends(fixture, task, "OK");
    is(fixture, VM100 "/config?current=1", "data.cores", "4");
    is(fixture, VM100 "/config", "data.agent", "(none)");
    refused(fixture, "PUT", VM100 "/config", "{\"cores\": \"1\", \"digest\": \"abc\"}",
            "checksum mismatch (file change by other user?)\n");
    refused(fixture, "PUT", CT105 "/config", "{\"cores\": \"1\", \"digest\": \"abc\"}",
            "detected modified configuration - file changed by other user? Try again.\n");
}

static void test_fail_hang_warn(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *null = NULL;
    struct answer answer;
    char task[600];

    /* Lost: done, but nobody hears of it. */
    assert_true(send_it(fixture, "POST", CT105 "/status/start", "{}", &answer) < 0);
    answer_done(&answer);
    wait_ms(100);
    is(fixture, CT105 "/status/current", "data.status", "running");
    refused(fixture, "POST", CT105 "/status/start", "{}", "CT 105 already running\n");

    start(fixture, "POST", CT105 "/status/stop", "{}", task, sizeof task);
    ends(fixture, task, "command 'vzstop' failed: exit code 1");
    is(fixture, CT105 "/status/current", "data.status", "running");

    start(fixture, "POST", VM100 "/status/start", "{}", task, sizeof task);
    ends(fixture, task, "WARNINGS: 1");

    /* Hangs with the guest locked, until somebody stops the task. */
    start(fixture, "POST", CT105 "/snapshot", "{\"snapname\": \"s9\"}", task, sizeof task);
    wait_ms(100);
    is(fixture, CT105 "/status/current", "data.lock", "snapshot");
    refused(fixture, "PUT", CT105 "/config", "{\"cores\": \"1\"}", "CT is locked (snapshot)\n");
    null = value(fixture, "DELETE", task, "{}", "data");
    ends(fixture, task, "received interrupt");
    is(fixture, CT105 "/status/current", "data.lock", "(none)");
    is(fixture, CT105 "/snapshot", "data.?name=s9.name", "(none)");
}

static void test_ha(void **state)
{
    struct fixture *fixture = *state;
    char task[600];

    start(fixture, "POST", "/nodes/pve2/qemu/101/status/stop", "{}", task, sizeof task);
    assert_non_null(strstr(task, ":hastop:101:"));
    ends(fixture, task, "OK");
    is(fixture, "/nodes/pve2/qemu/101/status/current", "data.status", "running");
    wait_ms(1200);
    /* Time passes on requests: the first one lets the manager's own task begin. */
    is(fixture, "/cluster/ha/resources/vm:101", "data.state", "stopped");
    wait_ms(200);
    is(fixture, "/nodes/pve2/qemu/101/status/current", "data.status", "stopped");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_time_and_stale, plain, end),
        cmocka_unit_test_setup_teardown(test_pending, plain, end),
        cmocka_unit_test_setup_teardown(test_fail_hang_warn, troubled, end),
        cmocka_unit_test_setup_teardown(test_ha, with_demo, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
