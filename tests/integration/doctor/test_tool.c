/* SPDX-License-Identifier: Apache-2.0 */
/* pve_doctor as a client meets it: found, described, run, refused, denied; beside the short list, not in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "tests/integration/mcp/child.h"
#include "tests/integration/reads/simulator.h"

#define ANSWER_MS   30000
#define END_MS      5000
#define ANSWER_MOST 50000 /* characters of one answer */

static struct simulator sim;

static int start(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", NULL};

    (void)state;
    return simulator_start(&sim, arguments);
}

static int stop(void **state)
{
    (void)state;
    simulator_stop(&sim);
    return 0;
}

/* sites: how many of the same; 0: none. more: further lines of the configuration. */
static void serve(struct child *child, const char *token, int sites, const char *more)
{
    static const char *const words[] = {"serve", NULL};
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char yaml[4096], name[64];

    (void)snprintf(name, sizeof(name), "tokens/%s", token);
    int n = snprintf(yaml, sizeof(yaml), "mode: guarded\nplane_dir: %s/planes\nplanes: [guests, nodes]\n%s%s",
                     build ? build : ".", more, sites ? "sites:\n" : "");
    for (int i = 0; i < sites; i++)
        n += snprintf(yaml + n, sizeof(yaml) - (size_t)n,
                      "  lab%d:\n    url: %s\n    fingerprint: \"%s\"\n    token_file: %s\n", i,
                      simulator_value(&sim, "url"), simulator_value(&sim, "fingerprint"),
                      simulator_value(&sim, name));
    child_start_configured(child, yaml, words);
    child_say(child, "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"initialize\",\"params\":{"
                     "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},"
                     "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
    json_object_put(child_hear(child, ANSWER_MS));
    child_say(child, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
}

/* The result; the message is the caller's. */
static struct json_object *ask(struct child *child, int id, const char *method, const char *params,
                               struct json_object **ret_message)
{
    char line[1024];
    struct json_object *result = NULL;

    (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{%s}}",
                   id, method, params);
    child_say(child, line);
    *ret_message = child_hear(child, ANSWER_MS);
    assert_non_null(*ret_message);
    if (json_get(*ret_message, "result", json_type_object, &result) != 0)
        fail_msg("%s", json_object_to_json_string(*ret_message));
    return result;
}

static void end(struct child *child)
{
    char *errors = NULL;

    child_close_input(child);
    (void)child_end(child, END_MS, &errors);
    free(errors);
    (void)child_remains(child);
}

/* The answer of a call holds (or not) the piece. */
static void expect(struct child *child, int id, const char *params, const char *piece, bool there)
{
    CLEANUP_JSON struct json_object *message = NULL;
    const char *text =
        json_object_to_json_string_ext(ask(child, id, "tools/call", params, &message),
                                       JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

    if ((strstr(text, piece) != NULL) != there)
        fail_msg("%s %s in %s", there ? "no" : "there is", piece, text);
}

static void found_described_and_run(void **state)
{
    struct child child;

    (void)state;
    serve(&child, "narrow-guest105", 1, "");
    expect(&child, 1, "\"name\":\"proximo_find\",\"arguments\":{\"query\":\"what can my token do\"}",
           "\"name\":\"pve_doctor\"", true);
    expect(&child, 2, "\"name\":\"proximo_describe\",\"arguments\":{\"tool\":\"pve_doctor\"}",
           "\"returns\":\"one object\"", true);
    expect(&child, 3, "\"name\":\"proximo_read\",\"arguments\":{\"tool\":\"pve_doctor\"}",
           "to see more on /vms: VM.Audit", true);
    expect(&child, 4, "\"name\":\"pve_doctor\",\"arguments\":{}", "pveum acl modify /vms --tokens", true);
    expect(&child, 5, "\"name\":\"pve_doctor\",\"arguments\":{\"verbose\":true}", "PX-ARG", true);
    expect(&child, 6, "\"name\":\"proximo_plan\",\"arguments\":{\"tool\":\"pve_doctor\"}", "only reads",
           true);
    end(&child);
}

/* The largest report there is, and what must not be in it. */
static void short_and_without_secrets(void **state)
{
    CLEANUP_BUF struct buf secret = BUF_INIT(1024);
    CLEANUP_JSON struct json_object *message = NULL;
    struct json_object *structured = NULL, *sections = NULL;
    struct child child;

    (void)state;
    serve(&child, "narrow-guest105", 1, "");
    assert_int_equal(
        json_get(ask(&child, 1, "tools/call", "\"name\":\"pve_doctor\",\"arguments\":{}", &message),
                 "structuredContent", json_type_object, &structured),
        0);
    assert_int_equal(json_get(structured, "sections", json_type_array, &sections), 0);
    assert_true(json_object_array_length(sections) >= 9);
    const char *text = json_object_to_json_string_ext(structured, JSON_C_TO_STRING_PLAIN);
    assert_true(strlen(text) <= ANSWER_MOST + 1000); /* slashes are escaped here */
    assert_int_equal(file_read(simulator_value(&sim, "tokens/narrow-guest105"), &secret), 0);
    const char *value = strchr(secret.data, '=');
    assert_non_null(value);
    secret.data[strcspn(secret.data, "\n")] = '\0';
    assert_null(strstr(text, value + 1));
    end(&child);
}

static void not_in_the_short_list_and_denied(void **state)
{
    CLEANUP_JSON struct json_object *message = NULL, *full = NULL;
    struct child child;

    (void)state;
    serve(&child, "audit-readonly", 1, "");
    assert_null(strstr(json_object_to_json_string(ask(&child, 1, "tools/list", "", &message)), "pve_doctor"));
    end(&child);
    serve(&child, "audit-readonly", 1, "surface: full\n");
    assert_non_null(
        strstr(json_object_to_json_string(ask(&child, 1, "tools/list", "", &full)), "pve_doctor"));
    end(&child);
    serve(&child, "audit-readonly", 1, "tools:\n  deny: [pve_doctor]\n");
    expect(&child, 2, "\"name\":\"proximo_read\",\"arguments\":{\"tool\":\"pve_doctor\"}", "is not enabled",
           true);
    end(&child);
}

static void with_no_site_and_with_two(void **state)
{
    struct child child;

    (void)state;
    serve(&child, "audit-readonly", 0, "");
    expect(&child, 1, "\"name\":\"pve_doctor\",\"arguments\":{}", "No site is configured", true);
    end(&child);
    serve(&child, "audit-readonly", 2, "");
    expect(&child, 2, "\"name\":\"pve_doctor\",\"arguments\":{\"site\":\"lab1\"}", "site lab1: tools", true);
    expect(&child, 3, "\"name\":\"pve_doctor\",\"arguments\":{\"site\":\"lab1\"}", "site lab0: token", false);
    end(&child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_described_and_run), cmocka_unit_test(short_and_without_secrets),
        cmocka_unit_test(not_in_the_short_list_and_denied), cmocka_unit_test(with_no_site_and_with_two)};

    return cmocka_run_group_tests(tests, start, stop);
}
