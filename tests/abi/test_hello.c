/* SPDX-License-Identifier: Apache-2.0 */
/* The example plane under the fake host of plane_test.h, as its author would test it: the plane's own source,
 * nothing of the core. */
#include "docs/examples/plane-hello/plane.c" /* NOLINT(bugprone-suspicious-include) */
#include "proximo/plane_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_version(void **state)
{
    struct plane_test t;

    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "name", "operator", 1);
    plane_test_answer(&t, "/version", 200, "{\"version\":\"9.2.3\"}");
    assert_int_equal(plane_test_read(&t, &plane, "hello_version"), 0);
    assert_int_equal(t.reply_count, 1);
    assert_int_equal(t.reply[0].type, PROXIMO_CONTENT_JSON);
    assert_string_equal(t.reply[0].data,
                        "{\"greeting\":\"Hello, operator\",\"version\":{\"version\":\"9.2.3\"}}");
    assert_int_equal(t.asked_count, 1);
    assert_string_equal(t.asked[0], "/version");
    plane_test_done(&t);
}

static void test_refused(void **state)
{
    struct plane_test t;

    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "name", "operator", 1);
    plane_test_answer(&t, "/version", 403, "null");
    assert_int_equal(plane_test_read(&t, &plane, "hello_version"), PROXIMO_EDENIED);
    assert_int_equal(t.reply_count, 0);
    plane_test_done(&t);
}

static void test_cancelled(void **state)
{
    struct plane_test t;

    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "name", "operator", 1);
    t.cancelled = 1;
    assert_int_equal(plane_test_read(&t, &plane, "hello_version"), PROXIMO_ECANCELLED);
    plane_test_done(&t);
}

/* Templates and queries as the host fills them in. */
static void test_ask(void **state)
{
    const struct proximo_field fields[] = {
        {.struct_size = sizeof(struct proximo_field), .name = "node", .value = "pve/1"},
        {.struct_size = sizeof(struct proximo_field), .name = "limit", .value = "5"},
    };
    const struct proximo_get get = {
        .struct_size = sizeof(get), .path = "/nodes/{node}/tasks", .fields = fields, .field_count = 2};
    struct proximo_answer answer = {.struct_size = sizeof(answer)};
    struct plane_test t;

    (void)state;
    plane_test_init(&t);
    plane_test_answer(&t, "/nodes/pve%2F1/tasks?limit=5", 200, "[]");
    assert_int_equal(plane_test_host()->get(&t.call, &get, &answer), 0);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.data.len, 2);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest all[] = {cmocka_unit_test(test_version), cmocka_unit_test(test_refused),
                                     cmocka_unit_test(test_cancelled), cmocka_unit_test(test_ask)};
    return cmocka_run_group_tests_name("abi-hello", all, NULL, NULL);
}
