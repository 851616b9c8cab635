/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversations with the real program in both eras: with an empty configuration, with the demo's simulated
 * cluster, and with configurations that must not start. Nothing but JSON-RPC on its output, a clean exit,
 * nothing left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "child.h"

#define ANSWER_MS 20000
#define END_MS    5000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EXIT_MS 5000
#else
#define EXIT_MS 1000 /* what is promised */
#endif

#define META                                                                                                 \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                                 \
    "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"t\",\"version\":\"1\"},"                             \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"

static const char *const serve[] = {"serve", NULL};
static const char *const serve_demo[] = {"serve", "--demo", NULL};

static const char *text_of(struct json_object *message)
{
    return json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void expect(struct child *child, const char *id, const char *piece)
{
    struct json_object *message CLEANUP_JSON = child_hear(child, ANSWER_MS);
    char wanted[64];

    assert_non_null(message);
    (void)snprintf(wanted, sizeof(wanted), "\"id\":%s,", id);
    if (!strstr(text_of(message), wanted) || !strstr(text_of(message), piece))
        print_error("wanted %s in %s\n", piece, text_of(message));
    assert_non_null(strstr(text_of(message), wanted));
    assert_non_null(strstr(text_of(message), piece));
}

static void initialize(struct child *child)
{
    child_say(child, "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"initialize\",\"params\":{"
                     "\"protocolVersion\":\"2025-06-18\","
                     "\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
    expect(child, "\"i\"", "\"protocolVersion\":\"2025-06-18\"");
    child_say(child, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
}

/* End of input: exit status 0, in time, stderr silent. */
static void end_well(struct child *child)
{
    char *errors;
    int64_t before = clock_ms();

    child_close_input(child);
    assert_null(child_hear(child, END_MS)); /* nothing more is said */
    assert_int_equal(child_end(child, END_MS, &errors), 0);
    assert_true(clock_ms() - before < EXIT_MS);
    assert_string_equal(errors, "");
    free(errors);
    assert_int_equal(child_remains(child), 0);
}

/* ---------------------------------------------------------------- without a site */

static void test_legacy(void **state)
{
    struct child child;

    (void)state;
    child_start(&child, serve);
    initialize(&child);
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
    expect(&child, "1", "\"proximo_describe\"");
    child_say(
        &child,
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_status\"}}");
    expect(&child, "2", "\"name\":\"guests\",\"version\"");
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
                      "call\",\"params\":{\"name\":\"proximo_find\",\"arguments\":"
                      "{\"query\":\"which containers are running\"}}}");
    expect(&child, "3", "pve_list_guests");
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/"
                      "call\",\"params\":{\"name\":\"proximo_describe\",\"arguments\":"
                      "{\"tools\":[\"pve_guest_status\",\"pve_gest_status\"]}}}");
    expect(&child, "4", "\"valid\":[\"pve_guest_status\"");
    child_say(
        &child,
        "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"pve_list_guests\"}}");
    expect(&child, "5", "PX-SITE");
    /* An example can be run as it stands: nothing but its argument says which node. */
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"tools/"
                      "call\",\"params\":{\"name\":\"proximo_describe\",\"arguments\":{\"tools\":[\"pve_"
                      "network_list\",\"proximo_find\"]}}}");
    expect(&child, "6", "\"arguments\":{\"tool\":\"pve_network_list\",\"arguments\":{\"node\":\"pve1\"}}");
    child_say(
        &child,
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/"
        "call\",\"params\":{\"name\":\"proximo_describe\",\"arguments\":{\"tool\":\"pve_task_status\"}}}");
    expect(&child, "7", "\"arguments\":{\"upid\":");
    end_well(&child);
}

/* As long as the schema says, in characters. */
static void test_long_query(void **state)
{
    char line[2048], query[1100];
    struct child child;

    (void)state;
    child_start(&child, serve);
    initialize(&child);
    for (int i = 0; i < 2; i++) {
        size_t len = 0;

        for (int n = 0; n < 500 + i; n++, len += 2)
            memcpy(query + len, "\xc3\xa9", 2);
        query[len] = '\0';
        (void)snprintf(line, sizeof(line),
                       "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/"
                       "call\",\"params\":{\"name\":\"proximo_find\",\"arguments\":{\"query\":\"%s\"}}}",
                       i, query);
        child_say(&child, line);
        expect(&child, i ? "1" : "0", i ? "at most 500 characters" : "\"total\":0");
    }
    end_well(&child);
}

static void test_modern(void **state)
{
    struct child child;

    (void)state;
    child_start(&child, serve);
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" META "}}");
    expect(&child, "1", "\"supportedVersions\":[\"2026-07-28\"]");
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\",\"params\":{" META "}}");
    expect(&child, "2", "\"resultType\":\"complete\"");
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
                      "call\",\"params\":{\"name\":\"proximo_status\"," META "}}");
    expect(&child, "3", "\"resultType\":\"complete\"");
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"ping\",\"params\":{" META "}}");
    expect(&child, "4", "-32601");
    initialize(&child); /* the other era on the same connection */
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}");
    expect(&child, "5", "\"result\":{}");
    end_well(&child);
}

static void test_full_surface(void **state)
{
    static const char *const full[] = {"serve", "--surface", "full", NULL};
    struct child child;

    (void)state;
    child_start(&child, full);
    initialize(&child);
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
    expect(&child, "1", "\"name\":\"pve_guest_status\"");
    end_well(&child);
}

static void test_byte_by_byte_and_probe(void **state)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n";
    struct child child;

    (void)state;
    child_start(&child, serve);
    for (size_t i = 0; i < sizeof(line) - 1; i++)
        child_write(&child, line + i, 1);
    expect(&child, "1", "\"result\":{}");
    end_well(&child);
}

/* Lines with random bytes changed: whatever is answered is JSON-RPC, and the server goes on. */
static void test_mutations(void **state)
{
    static const char *const seeds[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
        "call\",\"params\":{\"name\":\"proximo_find\",\"arguments\":{\"query\":\"x\"}}}",
        "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u00e4\",\"method\":\"tools/list\",\"params\":{" META "}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
        "cancelled\",\"params\":{\"requestId\":1,\"reason\":\"no\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":-1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-"
        "25\"}}",
    };
    unsigned long long random = 0x9e3779b97f4a7c15ULL;
    struct child child;

    (void)state;
    child_start(&child, serve);
    for (int i = 0; i < 2000; i++) {
        char line[512];
        size_t len = (size_t)snprintf(line, sizeof(line), "%s", seeds[i % 4]);

        for (int k = 0; k < 1 + i % 3; k++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            char byte = (char)(random >> 56);
            line[(random >> 20) % len] = byte == '\n' ? ' ' : byte;
        }
        child_write(&child, line, len);
        child_write(&child, "\n", 1);
        if (i % 100 == 99) { /* keeps the pipes from filling */
            struct json_object *message;

            child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":\"mark\",\"method\":\"ping\"}");
            while ((message = child_hear(&child, ANSWER_MS)) && !strstr(text_of(message), "\"id\":\"mark\""))
                json_object_put(message);
            assert_non_null(message);
            json_object_put(message);
        }
    }
    child_close_input(&child);
    assert_int_equal(child_end(&child, END_MS, NULL), 0);
    assert_int_equal(child_remains(&child), 0);
}

static void test_output_closed(void **state)
{
    struct child child;

    (void)state;
    child_start(&child, serve);
    initialize(&child);
    close(child.from);
    child.from = -1;
    assert_int_equal(child_end(&child, END_MS, NULL), 1);
    assert_int_equal(child_remains(&child), 0);
}

/* ---------------------------------------------------------------- must not start */

static void test_refused(void **state)
{
    static const struct {
        const char *yaml, *says;
    } cases[] = {
        {"planes:\n  guests: {}\n  gests: {}\n", "gests"},
        {"planes:\n  extra:\n    file: /nowhere/extra.so\n", "/nowhere/extra.so"},
        {"mode: writable\n", "proximo.yaml:1"},
        {"mode: read\nmode: read\n", "proximo.yaml:2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct child child;
        char *errors;

        child_start_configured(&child, cases[i].yaml, serve);
        assert_null(child_hear(&child, ANSWER_MS)); /* not a byte of output */
        assert_int_equal(child_end(&child, END_MS, &errors), 2);
        if (!strstr(errors, cases[i].says))
            print_error("%s", errors);
        assert_non_null(strstr(errors, cases[i].says));
        free(errors);
        assert_int_equal(child_remains(&child), 0);
    }
}

static void test_demo_takes_no_configuration(void **state)
{
    static const char *const both[] = {"serve", "--demo", "--config", "x.yaml", NULL};
    struct child child;
    char *errors;

    (void)state;
    child_start(&child, both);
    assert_int_equal(child_end(&child, END_MS, &errors), 2);
    assert_non_null(strstr(errors, "--demo"));
    free(errors);
    assert_int_equal(child_remains(&child), 0);
}

/* ---------------------------------------------------------------- the demo */

static void test_demo(void **state)
{
    struct child child;
    char line[256];

    (void)state;
    child_start(&child, serve_demo);
    initialize(&child);
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
                      "call\",\"params\":{\"name\":\"proximo_read\",\"arguments\":"
                      "{\"tool\":\"pve_guest_status\",\"arguments\":{\"vmid\":105}}}}");
    expect(&child, "1", "web-cache");
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
                      "call\",\"params\":{\"name\":\"pve_list_guests\"," META "}}");
    expect(&child, "2", "\"by_status\"");
    child_say(&child, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
                      "call\",\"params\":{\"name\":\"pve_guest_status\",\"arguments\":"
                      "{\"vmid\":\"9999\"}}}");
    expect(&child, "3", "PX-NOT-FOUND");
    child_say(
        &child,
        "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_status\"}}");
    expect(&child, "4", "\"mode\":\"guarded\"");
    for (int i = 100; i < 150; i++) {
        (void)snprintf(line, sizeof(line),
                       "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/"
                       "call\",\"params\":{\"name\":\"pve_guest_status\","
                       "\"arguments\":{\"vmid\":\"105\"}}}",
                       i);
        child_say(&child, line);
    }
    for (int i = 0; i < 50; i++) {
        struct json_object *message CLEANUP_JSON = child_hear(&child, ANSWER_MS);

        assert_non_null(message);
        assert_non_null(strstr(text_of(message), "web-cache"));
    }
    end_well(&child);
}

/* A signal, and an end before the simulator is ready: the child and the folder go in both cases. */
static void test_demo_ends(void **state)
{
    struct child child;

    (void)state;
    child_start(&child, serve_demo);
    initialize(&child);
    child_say(
        &child,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"pve_list_guests\"}}");
    expect(&child, "1", "\"by_status\"");
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    assert_int_equal(child_end(&child, END_MS, NULL), 0);
    assert_int_equal(child_remains(&child), 0);

    child_start(&child, serve_demo);
    child_close_input(&child);
    assert_int_equal(child_end(&child, END_MS, NULL), 0);
    assert_int_equal(child_remains(&child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_long_query),
        cmocka_unit_test(test_modern),
        cmocka_unit_test(test_full_surface),
        cmocka_unit_test(test_byte_by_byte_and_probe),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_output_closed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_demo_takes_no_configuration),
        cmocka_unit_test(test_demo),
        cmocka_unit_test(test_demo_ends),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
