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
#include <string.h>

#include "asks.h"

#define CT105 "/nodes/pve1/lxc/105"
#define VM100 "/nodes/pve1/qemu/100"

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
