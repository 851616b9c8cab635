/* SPDX-License-Identifier: Apache-2.0 */
/*
 * High availability on the simulator: what the manager does over time, which rules it follows and which it
 * refuses, nodes that do not answer, and the groups of 8.4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "asks.h"

#define HA        "/cluster/ha"
#define RESOURCES HA "/resources"
#define RULES     HA "/rules"
#define GROUPS    HA "/groups"
#define CURRENT   HA "/status/current"
#define STATE(id) "data.?sid=" id ".state"
#define NODE(id)  "data.?id=qemu/" id ".node"
#define FAST      "--seed", "demo", "--task-ms", "20", "--ha-ms", "80", "--stale-ms", "0"
#define CREATE    "create ha rule failed: 400 Rule 'x1' is invalid.\nresources: "
#define ZEROES    "0000000000000000000000000000000000000000"
#define TRIES     100

static int fast(void **state)
{
    static const char *const arguments[] = {FAST, NULL};

    return begin(state, arguments);
}

static int failing(void **state)
{
    static const char *const arguments[] = {FAST, "--task", "qmstart:fail:5", NULL};

    return begin(state, arguments);
}

static int offline(void **state)
{
    static const char *const arguments[] = {FAST, "--offline", "pve3", NULL};

    return begin(state, arguments);
}

static int maintenance(void **state)
{
    static const char *const arguments[] = {FAST, "--set", "/ha/manager/node_status/pve3=\"maintenance\"",
                                            NULL};

    return begin(state, arguments);
}

static int old(void **state)
{
    static const char *const arguments[] = {FAST, "--release", "8.4", NULL};

    return begin(state, arguments);
}

/* Waits until the place has the text. */
static void becomes(struct fixture *fixture, const char *path, const char *place, const char *expected)
{
    for (int tries = 0; tries < TRIES; tries++) {
        FREE_WITH(free_text) char *text = value(fixture, "GET", path, "{}", place);

        if (strcmp(text, expected) == 0)
            return;
        wait_ms(30);
    }
    is(fixture, path, place, expected);
}

static void put_state(struct fixture *fixture, const char *sid, const char *wanted)
{
    char path[100], params[100];

    (void)snprintf(path, sizeof path, RESOURCES "/%s", sid);
    (void)snprintf(params, sizeof params, "{\"state\": \"%s\"}", wanted);
    done(fixture, "PUT", path, params);
}

static void test_states(void **state)
{
    static const char stop[] = "/nodes/pve2/qemu/101/status/stop",
                      qm[] = "/nodes/pve2/qemu/101/status/current";
    struct fixture *fixture = *state;
    char task[600];

    is(fixture, CURRENT, STATE("vm:101"), "started");
    put_state(fixture, "vm:101", "stopped");
    is(fixture, CURRENT, STATE("vm:101"), "stopping");
    becomes(fixture, CURRENT, STATE("vm:101"), "stopped");
    is(fixture, qm, "data.status", "stopped");
    is(fixture, "/nodes/pve2/tasks", "data.0.type", "qmshutdown");
    is(fixture, "/nodes/pve2/tasks", "data.0.user", "root@pam");
    put_state(fixture, "vm:101", "enabled");
    is(fixture, RESOURCES "/vm:101", "data.state", "started");
    becomes(fixture, CURRENT, STATE("vm:101"), "started");
    is(fixture, qm, "data.status", "running");
    put_state(fixture, "vm:101", "disabled");
    becomes(fixture, CURRENT, STATE("vm:101"), "disabled");
    /* Left alone: its power is that of any guest, and nobody starts it again. */
    put_state(fixture, "vm:101", "ignored");
    becomes(fixture, CURRENT, "data.?sid=vm:101.crm_state", "(none)");
    is(fixture, CURRENT, STATE("vm:101"), "ignored");
    start(fixture, "POST", "/nodes/pve2/qemu/101/status/start", "{}", task, sizeof task);
    assert_non_null(strstr(task, ":qmstart:101:"));
    ends(fixture, task, "OK");
    start(fixture, "POST", stop, "{}", task, sizeof task);
    assert_non_null(strstr(task, ":qmstop:101:"));
    ends(fixture, task, "OK");
    wait_ms(300);
    is(fixture, qm, "data.status", "stopped");
    put_state(fixture, "vm:101", "started");
    becomes(fixture, qm, "data.status", "running");
    /* Through HA it stays stopped, because that is what is wanted from then on. */
    start(fixture, "POST", stop, "{}", task, sizeof task);
    assert_non_null(strstr(task, ":hastop:101:"));
    becomes(fixture, CURRENT, STATE("vm:101"), "stopped");
    is(fixture, RESOURCES "/vm:101", "data.state", "stopped");
    wait_ms(300);
    is(fixture, qm, "data.status", "stopped");
}

/* What HA is given it starts; what it made of a resource is no part of the file, nor of its digest. */
static void test_new(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *before = NULL;

    done(fixture, "POST", RESOURCES, "{\"sid\": \"110\", \"state\": \"stopped\"}");
    is(fixture, CURRENT, STATE("vm:110"), "queued");
    before = value(fixture, "GET", RESOURCES "/vm:110", "{}", "data.digest");
    becomes(fixture, CURRENT, STATE("vm:110"), "stopped");
    is(fixture, RESOURCES "/vm:110", "data.digest", before);
    is(fixture, RESOURCES "/vm:110", "data.crm_state", "(none)");
    refused(fixture, "PUT", RESOURCES "/vm:110", "{\"comment\": \"x\", \"digest\": \"" ZEROES "\"}",
            "update resources config failed: detected modified configuration - file changed by other user? "
            "Try again.\n");
    refused(fixture, "PUT", RESOURCES "/vm:110", "{\"delete\": \"nosuch\"}",
            "update resources config failed: no such option 'nosuch'\n");
    refused(fixture, "PUT", RESOURCES "/vm:110", "{\"group\": \"g1\"}",
            "invalid parameter 'group': ha groups have been migrated to rules\n");
    done(fixture, "POST", RESOURCES, "{\"sid\": \"109\"}");
    becomes(fixture, "/cluster/resources", "data.?id=qemu/109.status", "running");
}

static void test_moves(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *text = NULL;

    done(fixture, "POST", RESOURCES "/vm:104/migrate", "{\"node\": \"pve1\"}");
    becomes(fixture, "/cluster/resources", NODE("104"), "pve1");
    becomes(fixture, CURRENT, STATE("vm:104"), "started");
    /* 101 prefers pve2: it goes where it is sent, and comes back unless failback is off. */
    done(fixture, "PUT", RESOURCES "/vm:101", "{\"delete\": \"failback\"}");
    done(fixture, "POST", RESOURCES "/vm:101/relocate", "{\"node\": \"pve3\"}");
    becomes(fixture, "/cluster/resources", NODE("101"), "pve3");
    becomes(fixture, "/cluster/resources", NODE("101"), "pve2");
    becomes(fixture, CURRENT, STATE("vm:101"), "started");
    done(fixture, "PUT", RESOURCES "/vm:101", "{\"failback\": \"0\"}");
    done(fixture, "POST", RESOURCES "/vm:101/migrate", "{\"node\": \"pve3\"}");
    becomes(fixture, "/cluster/resources", NODE("101"), "pve3");
    becomes(fixture, CURRENT, STATE("vm:101"), "started");
    wait_ms(300);
    is(fixture, "/cluster/resources", NODE("101"), "pve3");
    /* A strict rule keeps it where it may be, whoever asks. */
    done(fixture, "PUT", RULES "/db-not-on-pve1", "{\"type\": \"node-affinity\", \"strict\": \"1\"}");
    text = value(fixture, "POST", RESOURCES "/vm:101/migrate", "{\"node\": \"pve1\"}",
                 "data.blocking-resources.0.cause");
    assert_string_equal(text, "node-affinity");
    wait_ms(300);
    is(fixture, "/cluster/resources", NODE("101"), "pve3");
}

/* Together and apart. */
static void test_affinity(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *with = NULL;
    FREE_WITH(free_text) char *against = NULL;

    done(fixture, "DELETE", RULES "/db-not-on-pve1", "{}");
    done(fixture, "POST", RULES,
         "{\"rule\": \"near\", \"type\": \"resource-affinity\", \"affinity\": \"positive\", \"resources\": "
         "\"vm:104,vm:101\"}");
    is(fixture, RULES "/near", "data.resources", "vm:101,vm:104");
    becomes(fixture, "/cluster/resources", NODE("104"), "pve2");
    becomes(fixture, CURRENT, STATE("vm:104"), "started");
    is(fixture, "/nodes/pve2/qemu/101/migrate", "data.dependent-ha-resources", "[ \"vm:104\" ]");
    with = value(fixture, "POST", RESOURCES "/vm:101/migrate", "{\"node\": \"pve3\"}",
                 "data.comigrated-resources");
    assert_string_equal(with, "[ \"vm:104\" ]");
    becomes(fixture, "/cluster/resources", NODE("104"), "pve3");
    becomes(fixture, "/cluster/resources", NODE("101"), "pve3");
    becomes(fixture, CURRENT, STATE("vm:101"), "started");
    becomes(fixture, CURRENT, STATE("vm:104"), "started");
    done(fixture, "DELETE", RULES "/near", "{}");
    done(fixture, "POST", RULES,
         "{\"rule\": \"far\", \"type\": \"resource-affinity\", \"affinity\": \"negative\", \"resources\": "
         "\"vm:104,vm:101\"}");
    becomes(fixture, "/cluster/resources", NODE("101"), "pve1");
    becomes(fixture, CURRENT, STATE("vm:101"), "started");
    against = value(fixture, "POST", RESOURCES "/vm:101/migrate", "{\"node\": \"pve3\"}",
                    "data.blocking-resources.0.sid");
    assert_string_equal(against, "vm:104");
    is(fixture, "/nodes/pve1/qemu/101/migrate", "data.not_allowed_nodes.pve3.blocking-ha-resources.0.sid",
       "vm:104");
    wait_ms(300);
    is(fixture, "/cluster/resources", NODE("101"), "pve1");
    /* With purge (as it is by itself) a resource leaves its rules, and without it stays in them. */
    done(fixture, "DELETE", RESOURCES "/vm:104?purge=0", "{}");
    is(fixture, RULES "/far", "data.resources", "vm:101,vm:104");
    done(fixture, "DELETE", RESOURCES "/vm:101", "{}");
    is(fixture, RULES "/far", "data.resources", "vm:104");
}

static void new_rule(struct fixture *fixture, const char *rest, const char *reasons)
{
    char params[300], text[600];

    (void)snprintf(params, sizeof params, "{\"rule\": \"x1\", %s}", rest);
    (void)snprintf(text, sizeof text, CREATE "%s\n", reasons);
    refused(fixture, "POST", RULES, params, text);
}

static void test_rules(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", RESOURCES, "{\"sid\": \"102\", \"state\": \"ignored\"}");
    done(fixture, "POST", RESOURCES, "{\"sid\": \"103\", \"state\": \"ignored\"}");
    new_rule(fixture, "\"type\": \"node-affinity\", \"nodes\": \"pve1\", \"resources\": \"vm:101\"",
             "resource 'vm:101' is already used in another node affinity rule");
    new_rule(fixture,
             "\"type\": \"resource-affinity\", \"affinity\": \"negative\", \"resources\": "
             "\"vm:101,vm:102,vm:103,vm:104\"",
             "rule defines more resources than available nodes");
    done(fixture, "POST", RULES,
         "{\"rule\": \"r2\", \"type\": \"node-affinity\", \"nodes\": \"pve3:1;pve2:0\", \"resources\": "
         "\"vm:102\", \"strict\": \"1\"}");
    is(fixture, RULES "/r2", "data.nodes", "pve2,pve3:1");
    is(fixture, RULES "/r2", "data.order", "2");
    new_rule(fixture,
             "\"type\": \"resource-affinity\", \"affinity\": \"positive\", \"resources\": \"vm:101,vm:102\"",
             "resources are in multiple node affinity rules");
    done(fixture, "PUT", RULES "/r2",
         "{\"type\": \"node-affinity\", \"nodes\": \"pve3\", \"resources\": "
         "\"vm:102,vm:103\"}");
    new_rule(fixture,
             "\"type\": \"resource-affinity\", \"affinity\": \"negative\", \"resources\": \"vm:103,vm:102\"",
             "two or more resources are restricted to less nodes than available to the resources");
    /* A rule that is switched off neither hinders nor is hindered. */
    done(fixture, "PUT", RULES "/r2", "{\"type\": \"node-affinity\", \"disable\": \"1\"}");
    done(fixture, "POST", RULES,
         "{\"rule\": \"x1\", \"type\": \"resource-affinity\", \"affinity\": \"negative\", \"resources\": "
         "\"vm:103,vm:102\"}");
    refused(fixture, "PUT", RULES "/r2", "{\"type\": \"node-affinity\", \"delete\": \"disable\"}",
            "update HA rules failed: 400 Rule 'r2' is invalid.\nresources: at least one resource is in a "
            "negative resource affinity rule and this rule would restrict these to less nodes than available "
            "to the resources\n");
    refused(fixture, "PUT", RULES "/r2", "{\"type\": \"node-affinity\", \"delete\": \"nodes\"}",
            "update HA rules failed: unable to delete required option 'nodes'\n");
    refused(fixture, "PUT", RULES "/r2", "{\"type\": \"node-affinity\", \"nodes\": \"pve7,pve1\"}",
            "update HA rules failed: cannot use non-existent node(s) pve7.\n");
    bad_param(fixture, "PUT", RULES "/r2", "{\"type\": \"node-affinity\", \"affinity\": \"positive\"}",
              "oneOf[node-affinity].affinity",
              "property is not defined in schema and the schema does not allow additional properties");
}

/* Two tries here, two on another node, then it is given up. */
static void test_errors(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "PUT", RESOURCES "/vm:101", "{\"state\": \"stopped\", \"max_restart\": \"1\"}");
    becomes(fixture, CURRENT, STATE("vm:101"), "stopped");
    put_state(fixture, "vm:101", "started");
    becomes(fixture, "/cluster/resources", NODE("101"), "pve3");
    becomes(fixture, CURRENT, STATE("vm:101"), "error");
    refused(fixture, "PUT", RESOURCES "/vm:101", "{\"comment\": \"x\"}",
            "service 'vm:101' in error state, must be disabled and fixed first\n");
    refused(fixture, "POST", RESOURCES "/vm:101/migrate", "{\"node\": \"pve2\"}",
            "service 'vm:101' in error state, must be disabled and fixed first\n");
    put_state(fixture, "vm:101", "disabled");
    becomes(fixture, CURRENT, STATE("vm:101"), "disabled");
    /* One failure is left: the second try succeeds. */
    put_state(fixture, "vm:101", "started");
    becomes(fixture, CURRENT, STATE("vm:101"), "started");
}

static void test_fence(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, "/cluster/resources", "data.?id=qemu/104.status", "unknown");
    becomes(fixture, CURRENT, STATE("vm:104"), "fence");
    becomes(fixture, "/cluster/resources", NODE("104"), "pve1");
    becomes(fixture, CURRENT, STATE("vm:104"), "started");
    is(fixture, "/cluster/resources", "data.?id=qemu/104.status", "running");
    /* What HA does not manage stays where it is. */
    is(fixture, "/cluster/resources", NODE("102"), "pve3");
    is(fixture, HA "/status/manager_status", "data.manager_status.node_status.pve3", "unknown");
    done(fixture, "POST", RESOURCES "/vm:104/migrate", "{\"node\": \"pve3\"}");
    wait_ms(300);
    is(fixture, "/cluster/resources", NODE("104"), "pve1");
}

static void test_maintenance(void **state)
{
    struct fixture *fixture = *state;

    becomes(fixture, "/cluster/resources", NODE("104"), "pve1");
    becomes(fixture, CURRENT, STATE("vm:104"), "started");
    is(fixture, CURRENT, "data.?id=lrm:pve3.status", "pve3 (maintenance mode)");
    is(fixture, "/cluster/resources", NODE("101"), "pve2");
}

static void test_disarm(void **state)
{
    struct fixture *fixture = *state;
    char task[600];

    done(fixture, "POST", HA "/status/disarm-ha", "{\"resource-mode\": \"freeze\"}");
    is(fixture, CURRENT, "data.?id=fencing.armed-state", "disarming");
    becomes(fixture, CURRENT, "data.?id=fencing.armed-state", "disarmed");
    is(fixture, CURRENT, STATE("vm:101"), "freeze");
    put_state(fixture, "vm:101", "stopped");
    wait_ms(300);
    is(fixture, "/nodes/pve2/qemu/101/status/current", "data.status", "running");
    done(fixture, "POST", HA "/status/arm-ha", "{}");
    becomes(fixture, "/nodes/pve2/qemu/101/status/current", "data.status", "stopped");
    is(fixture, CURRENT, "data.?id=fencing.armed-state", "armed");
    done(fixture, "POST", HA "/status/disarm-ha", "{\"resource-mode\": \"ignore\"}");
    start(fixture, "POST", "/nodes/pve2/qemu/101/status/start", "{}", task, sizeof task);
    assert_non_null(strstr(task, ":qmstart:101:"));
    is(fixture, CURRENT, STATE("vm:104"), "ignored");
}

static void test_groups(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, RESOURCES "/vm:101", "data.group", "db-not-on-pve1");
    done(fixture, "POST", GROUPS, "{\"group\": \"g1\", \"nodes\": \"pve1\", \"restricted\": \"1\"}");
    is(fixture, GROUPS "/g1", "data.restricted", "1");
    refused(fixture, "POST", GROUPS, "{\"group\": \"g1\", \"nodes\": \"pve1\"}",
            "create ha group failed: ha group ID 'g1' already defined\n");
    refused(fixture, "PUT", RESOURCES "/vm:104", "{\"group\": \"nosuch\"}",
            "ha group 'nosuch' does not exist\n");
    done(fixture, "PUT", RESOURCES "/vm:104", "{\"group\": \"g1\"}");
    is(fixture, RESOURCES "/vm:104", "data.group", "g1");
    becomes(fixture, "/cluster/resources", NODE("104"), "pve1");
    becomes(fixture, CURRENT, STATE("vm:104"), "started");
    refused(fixture, "DELETE", GROUPS "/g1", "{}",
            "delete ha group failed: ha group is used by service 'vm:104'\n");
    done(fixture, "PUT", RESOURCES "/vm:104", "{\"delete\": \"group\"}");
    is(fixture, RESOURCES "/vm:104", "data.group", "(none)");
    done(fixture, "PUT", GROUPS "/g1", "{\"comment\": \"c\", \"delete\": \"restricted\"}");
    is(fixture, GROUPS "/g1", "data.restricted", "0");
    done(fixture, "DELETE", GROUPS "/g1", "{}");
    refused(fixture, "GET", GROUPS "/g1", "{}", "no such ha group 'g1'\n");
    bad_param(fixture, "DELETE", RESOURCES "/vm:104?purge=1", "{}", "purge",
              "property is not defined in schema and the schema does not allow additional properties");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_states, fast, end),
        cmocka_unit_test_setup_teardown(test_new, fast, end),
        cmocka_unit_test_setup_teardown(test_moves, fast, end),
        cmocka_unit_test_setup_teardown(test_affinity, fast, end),
        cmocka_unit_test_setup_teardown(test_rules, fast, end),
        cmocka_unit_test_setup_teardown(test_errors, failing, end),
        cmocka_unit_test_setup_teardown(test_fence, offline, end),
        cmocka_unit_test_setup_teardown(test_maintenance, maintenance, end),
        cmocka_unit_test_setup_teardown(test_disarm, fast, end),
        cmocka_unit_test_setup_teardown(test_groups, old, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests_name("sim-ha", tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
