/* SPDX-License-Identifier: Apache-2.0 */
/* Text, buffers and problems. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/problem.h"
#include "base/text.h"

static void test_clean(void **state)
{
    static const struct {
        const char *in, *lines, *line;
    } rows[] = {
        {"plain", "plain", "plain"},
        {"a\r\nb\rc\nd\te", "a\nb\nc\nd\te", "a b c d e"},
        {"\x1b[31mred\x07\x7f", "[31mred", "[31mred"},
        {"a\xc2\x9b"
         "b",
         "ab", "ab"}, /* C1 */
        {"x\xe2\x80\xae"
         "evil\xe2\x80\x8b.",
         "xevil.", "xevil."},                  /* override, zero width */
        {"\xf3\xa0\x81\xa1tag", "tag", "tag"}, /* tag characters */
        {"bad\xff\xc0\x80", "bad\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
         "bad\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
         "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"l\xe2\x80\xa8s", "l\ns", "l s"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP_BUF struct buf out = BUF_INIT(256);
        text_clean(&out, rows[i].in, strlen(rows[i].in), true);
        assert_string_equal(out.data, rows[i].lines);
        buf_reset(&out);
        text_clean(&out, rows[i].in, strlen(rows[i].in), false);
        assert_string_equal(out.data, rows[i].line);
    }
}

static void test_cut(void **state)
{
    static const struct {
        const char *text;
        size_t len, cut;
    } rows[] = {{"abc", 3, 3},          {"ab\xc3\xa4", 4, 4},    {"ab\xc3", 3, 2}, {"\xe2\x82\xac", 2, 0},
                {"\xf0\x9f\x98", 3, 0}, {"a\x80\x80\x80", 4, 4}, {"", 0, 0},       {"\x80", 1, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(text_utf8_cut(rows[i].text, rows[i].len), rows[i].cut);
}

static void test_numbers(void **state)
{
    uint64_t u = 9;
    int64_t i = 9;

    (void)state;
    assert_int_equal(text_to_u64("18446744073709551615", UINT64_MAX, &u), 0);
    assert_true(u == UINT64_MAX);
    assert_int_equal(text_to_u64("18446744073709551616", UINT64_MAX, &u), -ERANGE);
    assert_int_equal(text_to_u64("11", 10, &u), -ERANGE);
    static const char *const not_numbers[] = {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1a"};
    for (size_t k = 0; k < sizeof not_numbers / sizeof not_numbers[0]; k++)
        assert_int_equal(text_to_u64(not_numbers[k], UINT64_MAX, &u), -EINVAL);
    assert_true(u == UINT64_MAX); /* untouched by failures */
    assert_int_equal(text_to_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &i), 0);
    assert_true(i == INT64_MIN);
    assert_int_equal(text_to_i64("-9223372036854775809", INT64_MIN, INT64_MAX, &i), -ERANGE);
    assert_int_equal(text_to_i64("9223372036854775808", INT64_MIN, INT64_MAX, &i), -ERANGE);
    assert_int_equal(text_to_i64("--1", INT64_MIN, INT64_MAX, &i), -EINVAL);
    assert_int_equal(text_to_i64("-", INT64_MIN, INT64_MAX, &i), -EINVAL);
}

static void test_bool_and_lists(void **state)
{
    bool flag = false;

    (void)state;
    assert_int_equal(text_to_bool(" Yes\n", &flag), 0);
    assert_true(flag);
    assert_int_equal(text_to_bool("OFF", &flag), 0);
    assert_false(flag);
    assert_int_equal(text_to_bool("", &flag), -EINVAL);
    assert_int_equal(text_to_bool("flase", &flag), -EINVAL);
    assert_true(text_in_list("a, b ,c", "b"));
    assert_false(text_in_list("a, bc", "b"));
    assert_false(text_in_list("", ""));
    assert_false(text_in_list("a,,b", ""));
    assert_true(text_equal(NULL, NULL));
    assert_false(text_equal(NULL, ""));
}

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(text_distance("", ""), 0);
    assert_int_equal(text_distance("mode", "mode"), 0);
    assert_int_equal(text_distance("mode", "moed"), 1); /* two letters swapped */
    assert_int_equal(text_distance("mode", "mod"), 1);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("ca", "abc"), 3); /* optimal string alignment, not Damerau-Levenshtein */
    char lengthy[80];
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[79] = '\0';
    assert_int_equal(text_distance(lengthy, "a"), 99);
}

static void test_buf(void **state)
{
    struct buf b = BUF_INIT(10);
    size_t len = 0;

    (void)state;
    buf_str(&b, "12345");
    buf_u64(&b, 678);
    buf_i64(&b, -9);
    assert_true(buf_ok(&b));
    assert_string_equal(b.data, "12345678-9");
    buf_char(&b, 'x');
    assert_false(buf_ok(&b));
    assert_int_equal(b.error, -EFBIG);
    buf_str(&b, "");
    assert_int_equal(b.len, 10);
    buf_reset(&b);
    assert_true(buf_ok(&b));
    char *text = buf_take(&b, &len);
    assert_non_null(text);
    assert_int_equal(len, 0);
    free(text);
    buf_printf(&b, "%d-%s", 1, "abc");
    assert_string_equal(b.data, "1-abc");
    buf_printf(&b, "%s", "too long for the rest");
    assert_false(buf_ok(&b));
    assert_null(buf_take(&b, &len));
    assert_null(b.data);

    struct buf big = BUF_INIT(1 << 16);
    buf_printf(&big, "%01000d", 7); /* longer than the room on the stack */
    assert_int_equal(big.len, 1000);
    buf_reset(&big);
    buf_i64(&big, INT64_MIN);
    assert_string_equal(big.data, "-9223372036854775808");
    buf_reset(&big);
    buf_percent(&big, "a/b \xc3\xa4~-._!", 11);
    assert_string_equal(big.data, "a%2Fb%20%C3%A4~-._%21");
    buf_done(&big);
    assert_int_equal(buf_reserve(&big, SIZE_MAX), -EFBIG);
    buf_done(&big);
}

static void test_problem(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(8192);
    struct problem p = PROBLEM_INIT;
    char lengthy[3000];

    (void)state;
    assert_int_equal(problem_set(NULL, -EINVAL, PX_ARG, "x"), -EINVAL);
    problem_next(NULL, "x");
    assert_int_equal(problem_set(&p, -ENOENT, PX_ARG, "no \x1b[1m%s\n", "such"), -ENOENT);
    problem_next(&p, "try it");
    problem_valid(&p, "a, b,c");
    problem_text(&p, &out);
    assert_string_equal(out.data, "PX-ARG: no [1msuch . Next: try it. Valid: a, b, c.");
    buf_reset(&out);
    problem_json(&p, &out);
    assert_string_equal(out.data,
                        "{\"error\":{\"code\":\"PX-ARG\",\"cause\":\"no [1msuch \",\"next\":\"try it\","
                        "\"valid\":[\"a\",\"b\",\"c\"]}}");
    /* cut at a character, never inside one */
    for (size_t i = 0; i + 3 < sizeof lengthy; i += 3)
        memcpy(lengthy + i, "\xe2\x82\xac", 4);
    (void)problem_set(&p, -EINVAL, PX_ARG, "%s", lengthy);
    assert_int_equal(strlen(p.cause), 639);
    assert_true(text_is_utf8(p.cause, strlen(p.cause)));
    assert_string_equal(p.next, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),    cmocka_unit_test(test_cut),
        cmocka_unit_test(test_numbers),  cmocka_unit_test(test_bool_and_lists),
        cmocka_unit_test(test_distance), cmocka_unit_test(test_buf),
        cmocka_unit_test(test_problem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
