/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON validator, by tables: RFC 8259, RFC 3629, and everything that json-c 0.16 was seen to let pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json_check.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *text;
    size_t len;
} good[] = {
    {TEXT("{}")},
    {TEXT("[]")},
    {TEXT("0")},
    {TEXT("-0")},
    {TEXT(" \t\r\n1 \n")},
    {TEXT("\"\"")},
    {TEXT("true")},
    {TEXT("false")},
    {TEXT("null")},
    {TEXT("[1,2,3]")},
    {TEXT("[ 1 , 2 ]")},
    {TEXT("{\"a\":1}")},
    {TEXT("{ \"a\" : { \"a\" : [ { \"a\" : {} } ] } , \"b\" : [] }")},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"")},
    {TEXT("\"\\u0000\"")},
    {TEXT("\"\\ud83d\\ude00\"")},
    {TEXT("\"\xf0\x9f\x98\x80 \xc3\xa4 \xe2\x82\xac\"")},
    {TEXT("\"\xf4\x8f\xbf\xbf\"")},
    {TEXT("\"\x7f\"")},
    {TEXT("1.5e-10")},
    {TEXT("1E+2")},
    {TEXT("0.0")},
    {TEXT("9223372036854775807")},
    {TEXT("-9223372036854775808")},
    {TEXT("18446744073709551615")},
    {TEXT("1.7976931348623157e308")},
    {TEXT("-1.7976931348623157E+308")},
    {TEXT("179769313486231570000000000000000e276")},
    {TEXT("0.00000000017976931348623157e318")},
    {TEXT("1e-400")},
    {TEXT("0e99999999999999999999")},
    {TEXT("0.000e999")},
    {TEXT("{\"a\":1,\"A\":2,\"aa\":3,\"\":4}")},
    {TEXT("[{\"a\":1},{\"a\":2}]")},
    {TEXT("{\"a\":{\"b\":1},\"b\":2}")},
};

static const struct {
    const char *text;
    size_t len;
    enum json_fault fault;
    size_t offset;
} bad[] = {
    {TEXT(""), JSON_FAULT_EMPTY, 0},
    {TEXT(" \n"), JSON_FAULT_EMPTY, 2},
    /* what json-c in strict mode accepts */
    {TEXT("NaN"), JSON_FAULT_SYNTAX, 0},
    {TEXT("[Infinity]"), JSON_FAULT_SYNTAX, 1},
    {TEXT("-Infinity"), JSON_FAULT_SYNTAX, 1},
    {TEXT("'a'"), JSON_FAULT_SYNTAX, 0},
    {TEXT("{'a':1}"), JSON_FAULT_SYNTAX, 1},
    {TEXT("\"a\nb\""), JSON_FAULT_SYNTAX, 2},
    {TEXT("\"a\0b\""), JSON_FAULT_SYNTAX, 2},
    {TEXT("{\"a\tb\":1}"), JSON_FAULT_SYNTAX, 3},
    {TEXT("1."), JSON_FAULT_SYNTAX, 2},
    {TEXT("[1.]"), JSON_FAULT_SYNTAX, 3},
    {TEXT("\"\\ud800\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\\udc00\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\\ud800\\ud800\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\\ud800x\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\xc0\x80\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\xed\xa0\x80\""), JSON_FAULT_UTF8, 1},
    {TEXT("18446744073709551616"), JSON_FAULT_NUMBER, 0},
    {TEXT("-9223372036854775809"), JSON_FAULT_NUMBER, 0},
    {TEXT("[1e400]"), JSON_FAULT_NUMBER, 1},
    {TEXT("1.7976931348623159e308"), JSON_FAULT_NUMBER, 0},
    {TEXT("100000000000000000000000"), JSON_FAULT_NUMBER, 0},
    {TEXT("1e99999999999999999999"), JSON_FAULT_NUMBER, 0},
    /* grammar */
    {TEXT("tru"), JSON_FAULT_SYNTAX, 0},
    {TEXT("True"), JSON_FAULT_SYNTAX, 0},
    {TEXT("NULL"), JSON_FAULT_SYNTAX, 0},
    {TEXT("nulll"), JSON_FAULT_TRAILING, 4},
    {TEXT("01"), JSON_FAULT_SYNTAX, 1},
    {TEXT("-01"), JSON_FAULT_SYNTAX, 2},
    {TEXT("+1"), JSON_FAULT_SYNTAX, 0},
    {TEXT("-"), JSON_FAULT_SYNTAX, 1},
    {TEXT(".5"), JSON_FAULT_SYNTAX, 0},
    {TEXT("1e"), JSON_FAULT_SYNTAX, 2},
    {TEXT("1e+"), JSON_FAULT_SYNTAX, 3},
    {TEXT("0x10"), JSON_FAULT_TRAILING, 1},
    {TEXT("[1,]"), JSON_FAULT_SYNTAX, 3},
    {TEXT("[,1]"), JSON_FAULT_SYNTAX, 1},
    {TEXT("[1 2]"), JSON_FAULT_SYNTAX, 3},
    {TEXT("[1"), JSON_FAULT_SYNTAX, 2},
    {TEXT("[1}"), JSON_FAULT_SYNTAX, 2},
    {TEXT("]"), JSON_FAULT_SYNTAX, 0},
    {TEXT("{"), JSON_FAULT_SYNTAX, 1},
    {TEXT("{\"a\"}"), JSON_FAULT_SYNTAX, 4},
    {TEXT("{\"a\":}"), JSON_FAULT_SYNTAX, 5},
    {TEXT("{\"a\":1,}"), JSON_FAULT_SYNTAX, 7},
    {TEXT("{\"a\":1]"), JSON_FAULT_SYNTAX, 6},
    {TEXT("{a:1}"), JSON_FAULT_SYNTAX, 1},
    {TEXT("{1:1}"), JSON_FAULT_SYNTAX, 1},
    {TEXT("[1]x"), JSON_FAULT_TRAILING, 3},
    {TEXT("{}{}"), JSON_FAULT_TRAILING, 2},
    {TEXT("1 2"), JSON_FAULT_TRAILING, 2},
    {TEXT("// c\n1"), JSON_FAULT_SYNTAX, 0},
    {TEXT("[1/**/]"), JSON_FAULT_SYNTAX, 2},
    {TEXT("\"abc"), JSON_FAULT_SYNTAX, 4},
    {TEXT("\"abcdefghijklmnop"), JSON_FAULT_SYNTAX, 17},
    {TEXT("\"\\"), JSON_FAULT_SYNTAX, 2},
    {TEXT("\"\\x\""), JSON_FAULT_SYNTAX, 1},
    {TEXT("\"\\u12g4\""), JSON_FAULT_SYNTAX, 1},
    {TEXT("\"\\u12\""), JSON_FAULT_SYNTAX, 1},
    {TEXT("\"\\\0\""), JSON_FAULT_SYNTAX, 1},
    {TEXT("\xef\xbb\xbf{}"), JSON_FAULT_SYNTAX, 0},
    {TEXT("\xa0"
          "1"),
     JSON_FAULT_SYNTAX, 0},
    /* UTF-8 (RFC 3629) */
    {TEXT("\"\x80\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\xc3\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\xe2\x82\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\xe0\x9f\xbf\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\xf0\x8f\xbf\xbf\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\xf4\x90\x80\x80\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"\xf5\x80\x80\x80\""), JSON_FAULT_UTF8, 1},
    {TEXT("\"abcdefghijkl\xff\""), JSON_FAULT_UTF8, 13},
    {TEXT("{\"\xff\":1}"), JSON_FAULT_UTF8, 2},
    /* keys */
    {TEXT("{\"a\":1,\"a\":2}"), JSON_FAULT_DUPLICATE, 7},
    {TEXT("{\"a\":1,\"\\u0061\":2}"), JSON_FAULT_DUPLICATE, 7},
    {TEXT("{\"\\u0061\":1,\"a\":2}"), JSON_FAULT_DUPLICATE, 12},
    {TEXT("{\"\xc3\xa4\":1,\"\\u00e4\":2}"), JSON_FAULT_DUPLICATE, 8},
    {TEXT("{\"\xf0\x9f\x98\x80\":1,\"\\uD83D\\uDE00\":2}"), JSON_FAULT_DUPLICATE, 10},
    {TEXT("{\"\":1,\"\":2}"), JSON_FAULT_DUPLICATE, 6},
    {TEXT("[{\"x\":{\"a\":1,\"b\":{\"a\":1},\"a\":2}}]"), JSON_FAULT_DUPLICATE, 25},
    {TEXT("{\"a\\u0000b\":1}"), JSON_FAULT_KEY, 1},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct json_check check = {.max_depth = 16};
        if (json_check(&check, good[i].text, good[i].len) != 0)
            fail_msg("refused: %s (%s at %zu)", good[i].text, json_fault_name(check.fault), check.offset);
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct json_check check = {.max_depth = 16};
        int r = json_check(&check, bad[i].text, bad[i].len);
        if (r == 0 || check.fault != bad[i].fault || check.offset != bad[i].offset)
            fail_msg("%s: got %d, %s at %zu; expected %s at %zu", bad[i].text, r,
                     json_fault_name(check.fault), check.offset, json_fault_name(bad[i].fault),
                     bad[i].offset);
    }
}

/* Every prefix of a valid text is refused, and read no further than its end (the sanitizers watch). */
static void test_prefixes(void **state)
{
    static const char text[] =
        "{\"k\\u00e9y\":[1.5e3,\"\\ud83d\\ude00 \xe2\x82\xac\",true,null,{\"a\":false}]}";

    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        struct json_check check = {.max_depth = 16};
        char *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, text, len);
        assert_int_not_equal(json_check(&check, copy, len), 0);
        assert_true(check.offset <= len);
        free(copy);
    }
}

static void test_depth(void **state)
{
    char text[2 * JSON_CHECK_MAX_DEPTH + 4];

    (void)state;
    for (unsigned depth = 1; depth <= JSON_CHECK_MAX_DEPTH; depth++) {
        struct json_check check = {.max_depth = depth};
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(json_check(&check, text, 2 * (size_t)depth), 0);
        memset(text, '[', depth + 1);
        memset(text + depth + 1, ']', depth + 1);
        assert_int_not_equal(json_check(&check, text, 2 * (size_t)depth + 2), 0);
        assert_int_equal(check.fault, JSON_FAULT_DEPTH);
        assert_int_equal(check.offset, depth);
    }
}

/* Many keys: sorted, not compared each with each; and the one duplicate is found wherever it is. */
static void test_many_keys(void **state)
{
    const int counts[] = {2, 12, 13, 127, 128, 129, 600, 20000};

    (void)state;
    for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
        CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
        struct json_check check = {.max_depth = 4};
        buf_char(&text, '{');
        for (int i = 0; i < counts[n]; i++)
            buf_printf(&text, "%s\"key-%d\":{\"key-0\":%d}", i ? "," : "", i, i);
        buf_char(&text, '}');
        assert_true(buf_ok(&text));
        assert_int_equal(json_check(&check, text.data, text.len), 0);
        text.len--;
        buf_printf(&text, ",\"\\u006bey-%d\":0}", counts[n] / 2);
        assert_int_not_equal(json_check(&check, text.data, text.len), 0);
        assert_int_equal(check.fault, JSON_FAULT_DUPLICATE);
    }
}

/* Every single byte inside a string and every position of a fault against the eight-byte steps. */
static void test_every_byte(void **state)
{
    (void)state;
    for (size_t at = 0; at < 20; at++) {
        for (unsigned c = 0; c < 256; c++) {
            char text[23];
            struct json_check check = {.max_depth = 1};
            memset(text, 'x', sizeof text);
            text[0] = text[21] = '"';
            text[1 + at] = (char)c;
            int r = json_check(&check, text, 22);
            const bool fine = c >= 0x20 && c < 0x80 && c != '"' && (c != '\\');
            if ((r == 0) != fine)
                fail_msg("byte %02x at %zu: %d", c, at, r);
        }
    }
}

/* Slow enough machines exist; only a gross loss (an accidental square) is a failure. */
static void test_speed(void **state)
{
    const size_t len = (size_t)8 << 20;
    struct json_check check = {.max_depth = 1};
    struct timespec a, b;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', len);
    text[0] = text[len - 1] = '"';
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    assert_int_equal(json_check(&check, text, len), 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    free(text);
    double seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    print_message("json_check: %.0f MB/s on a plain string\n", (double)len / 1e6 / seconds);
    assert_true(seconds < 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),  cmocka_unit_test(test_bad),       cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_depth), cmocka_unit_test(test_many_keys), cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_speed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
