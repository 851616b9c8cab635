/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing through the validator, getters that never coerce, writers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/problem.h"

static struct json_object *parse(const char *text)
{
    struct json_object *o = NULL;

    assert_int_equal(json_parse(text, strlen(text), &o, NULL), 0);
    return o;
}

static void test_round_trip(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        "true",
        "1",
        "-1",
        "0",
        "\"\"",
        "[1,2.50,\"x\",null,true,false,{\"a\":[]}]",
        "18446744073709551615",
        "-9223372036854775808",
        "1.50",
        "\"a\\u0000b\"",
        "{\"k\\\"\":\"\\\\ / \\b\\f\\n\\r\\t \\u001f \xc3\xa4 \x7f\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CLEANUP_BUF struct buf out = BUF_INIT(4096);
        CLEANUP_JSON struct json_object *o = parse(texts[i]);
        json_put_value(&out, o);
        assert_true(buf_ok(&out));
        assert_string_equal(out.data, texts[i]);
    }
}

static void test_parse_refuses(void **state)
{
    static const char *const texts[] = {"", "NaN", "{\"a\":1,\"a\":1}", "1 2", "\"\\ud800\"", "1e999"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct json_object *o = NULL;
        struct problem p = PROBLEM_INIT;
        assert_int_equal(json_parse(texts[i], strlen(texts[i]), &o, &p), -EINVAL);
        assert_null(o);
        assert_string_equal(p.code, PX_ARG);
    }
}

static void test_deepest(void **state)
{
    char text[2 * 64];

    (void)state;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    struct json_object *o = NULL;
    assert_int_equal(json_parse(text, sizeof text, &o, NULL), 0);
    json_object_put(o);
}

static void test_getters(void **state)
{
    CLEANUP_JSON struct json_object *o =
        parse("{\"s\":\"12abc\",\"i\":7,\"big\":18446744073709551615,\"d\":1.9,"
              "\"t\":true,\"one\":1,\"two\":2,\"n\":null,\"z\":\"a\\u0000b\"}");
    const char *text = "kept";
    size_t len;
    int64_t n = 42;
    bool flag = false;

    (void)state;
    assert_int_equal(json_get_string(o, "s", &text, NULL), 0);
    assert_string_equal(text, "12abc");
    text = "kept";
    assert_int_equal(json_get_string(o, "i", &text, NULL), -EINVAL);
    assert_int_equal(json_get_string(o, "n", &text, NULL), -ENOENT);
    assert_int_equal(json_get_string(o, "absent", &text, NULL), -ENOENT);
    assert_int_equal(json_get_string(o, "z", &text, NULL), -EINVAL);
    assert_string_equal(text, "kept");
    assert_int_equal(json_get_string(o, "z", &text, &len), 0);
    assert_int_equal(len, 3);

    assert_int_equal(json_get_int(o, "i", &n), 0);
    assert_int_equal(n, 7);
    assert_int_equal(json_get_int(o, "s", &n), -EINVAL);
    assert_int_equal(json_get_int(o, "d", &n), -EINVAL);
    assert_int_equal(json_get_int(o, "t", &n), -EINVAL);
    assert_int_equal(json_get_int(o, "big", &n), -EINVAL);
    assert_int_equal(n, 7);

    assert_int_equal(json_get_bool(o, "t", &flag), 0);
    assert_true(flag);
    flag = false;
    assert_int_equal(json_get_bool(o, "one", &flag), 0);
    assert_true(flag);
    assert_int_equal(json_get_bool(o, "two", &flag), -EINVAL);
    assert_int_equal(json_get_bool(o, "s", &flag), -EINVAL);
    assert_int_equal(json_get_bool(NULL, "s", &flag), -ENOENT);
}

static void test_writers(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(4096);

    (void)state;
    buf_char(&out, '{');
    json_put_key_string(&out, "a", "x\"y");
    json_put_key_int(&out, "b", -5);
    json_put_key_bool(&out, "c", true);
    json_put_key_string(&out, "d", NULL);
    json_put_key(&out, "e");
    buf_char(&out, '[');
    for (int i = 0; i < 3; i++) {
        json_put_comma(&out);
        buf_i64(&out, i);
    }
    buf_str(&out, "]}");
    assert_string_equal(out.data, "{\"a\":\"x\\\"y\",\"b\":-5,\"c\":true,\"d\":null,\"e\":[0,1,2]}");
}

static void test_bad_utf8_replaced(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(4096);

    (void)state;
    json_put_string(&out, "a\xff\xc3\xa4\xe2\x82", 6);
    assert_string_equal(out.data, "\"a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Whatever bytes go in, what comes out is a JSON string. */
static void test_any_bytes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        const char pair[2] = {(char)(i >> 8), (char)i};
        CLEANUP_BUF struct buf out = BUF_INIT(64);
        CLEANUP_JSON struct json_object *o = NULL;
        json_put_string(&out, pair, 2);
        assert_int_equal(json_parse(out.data, out.len, &o, NULL), 0);
    }
}

static void test_limit(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(8);

    (void)state;
    json_put_key_string(&out, "key", "a long value");
    assert_false(buf_ok(&out));
    assert_null(buf_take(&out, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_deepest),    cmocka_unit_test(test_getters),
        cmocka_unit_test(test_writers),    cmocka_unit_test(test_bad_utf8_replaced),
        cmocka_unit_test(test_any_bytes),  cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
