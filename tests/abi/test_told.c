/* SPDX-License-Identifier: Apache-2.0 */
/* What a read tells beside its reply: findings, and what it could not read. */
#include "rig.h"

#include <json-c/json.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "plane/read.h"
#include "proximo/plane.h"

static struct rig rig;

static int setup(void **state)
{
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "diagnose", NULL);
    return rig_wait(&rig, &p);
}

static int teardown(void **state)
{
    (void)state;
    rig_done(&rig);
    return 0;
}

static int ask(const char *how, struct read_result *ret, struct problem *p)
{
    CLEANUP_JSON struct json_object *arguments = json_object_new_object();
    const struct read_call call = {.tool = planes_tool_find(rig.planes, "diagnose_run"),
                                   .planes = rig.planes,
                                   .arguments = arguments,
                                   .deadline_ms = clock_ms() + 20000};

    assert_non_null(call.tool);
    assert_int_equal(json_object_object_add(arguments, "how", json_object_new_string(how)), 0);
    return read_run(&call, ret, p);
}

static void expect(const char *how, const char *wanted)
{
    struct read_result result = {0};
    struct problem p = PROBLEM_INIT;

    if (ask(how, &result, &p) < 0)
        fail_msg("%s: %s", how, p.cause);
    assert_string_equal(result.structured.data, wanted);
    read_result_done(&result);
}

#define REST(title)                                                                                          \
    "\"code\":\"DISK-FULL\",\"title\":\"" title "\",\"measured\":0.97,\"threshold\":0.9,"                    \
    "\"evidence\":\"root is at 97 %[31m\",\"source\":\"GET /nodes/pve1/status\","                            \
    "\"tool\":\"pve_disks_list\",\"arguments\":{\"node\":\"pve1\"}"
#define TOLD                                                                                                 \
    "{\"unread\":[{\"what\":\"the disks of pve2\",\"why\":\"the node is offline\"}],"                        \
    "\"finding_counts\":{\"total\":3,\"returned\":3,\"high\":2,\"medium\":0,\"low\":1},"                     \
    "\"findings\":[{\"severity\":\"high\"," REST("first") "},{\"severity\":\"high\"," REST(                  \
        "second") "},"                                                                                       \
                  "{\"severity\":\"low\"," REST("low") ",\"untrusted\":true}],"

/* What could not be read comes first, then the findings by rank; the checks get the number of the unread. */
static void test_shape(void **state)
{
    (void)state;
    expect("tell", TOLD "\"node\":\"pve1\",\"checks\":{\"run\":5,\"unread\":1},\"complete\":false}");
    expect("rows", TOLD "\"total\":1,\"returned\":1,\"truncated\":false,\"complete\":false,"
                        "\"checks\":{\"run\":5,\"unread\":1},\"rows\":[{\"vmid\":100}]}");
    expect("nothing", "{\"node\":\"pve1\",\"checks\":{\"run\":5,\"unread\":77}}");
}

/* More than an answer holds: the most severe is there, wherever it was told, and all are counted. */
static void test_flood(void **state)
{
    struct read_result result = {0};
    struct problem p = PROBLEM_INIT;
    CLEANUP_JSON struct json_object *whole = NULL;
    struct json_object *counts, *findings;
    const char *title = NULL;
    int64_t n = 0;

    (void)state;
    if (ask("flood", &result, &p) < 0)
        fail_msg("%s", p.cause);
    assert_true(result.structured.len <= READ_ANSWER_LIMIT);
    assert_int_equal(json_parse(result.structured.data, result.structured.len, &whole, NULL), 0);
    assert_int_equal(json_get(whole, "finding_counts", json_type_object, &counts), 0);
    assert_int_equal(json_get_int(counts, "total", &n), 0);
    assert_int_equal(n, 1000);
    assert_int_equal(json_get_int(counts, "high", &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(json_get(whole, "findings", json_type_array, &findings), 0);
    assert_int_equal(json_get_int(counts, "returned", &n), 0);
    assert_int_equal(n, json_object_array_length(findings));
    assert_true(n > 10 && n <= 256);
    assert_int_equal(json_get_string(json_object_array_get_idx(findings, 0), "title", &title, NULL), 0);
    assert_string_equal(title, "last");
    assert_int_equal(json_get_int(whole, "unread_not_shown", &n), 0);
    assert_true(n > 900 && n < 1000);
    assert_true(strncmp(result.structured.data, "{\"unread\":[{", 12) == 0);
    read_result_done(&result);
}

/* A finding that was refused is no finding that was not there: the call fails though the plane went on. */
static void test_nonsense(void **state)
{
    static const char *const ways[] = {"!s", "!t", "!c", "!m", "!a", "!f", "!u", "!i"};

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct read_result result = {0};
        struct problem p = PROBLEM_INIT;
        if (ask(ways[i], &result, &p) == 0)
            fail_msg("%s: %s", ways[i], result.structured.data);
        assert_string_equal(p.code, PX_PLANE);
        assert_true(strlen(p.cause) > 20);
        read_result_done(&result);
    }
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests_name("abi-told", all, setup, teardown);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
