/* SPDX-License-Identifier: Apache-2.0 */
/* Lines broken at blanks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/wrap.h"

static void expect(const char *text, unsigned width, const char *wanted)
{
    CLEANUP_BUF struct buf out = BUF_INIT(4096);
    wrap_text(text, width, &out);
    assert_true(buf_ok(&out));
    assert_string_equal(out.data ? out.data : "", wanted);
}

static void test_lines(void **state)
{
    (void)state;
    expect("", 10, "");
    expect("\n\n", 10, "\n\n");
    expect("one two three\n", 80, "one two three\n");
    expect("one two three\n", 8, "one two\n  three\n");
    expect("one two three", 8, "one two\n  three");
    expect("a  b   c\n", 80, "a  b   c\n"); /* columns stay columns */
    expect("  - one two three four\n", 13, "  - one two\n    three\n    four\n");
    expect("  1. one two three four\n", 14, "  1. one two\n     three\n     four\n");
    expect("12 one two\n", 7, "12 one\n  two\n"); /* a number is no item */
}

static void test_words(void **state)
{
    (void)state;
    expect("an 0123456789abcdef0123 id\n", 12,
           "an\n  0123456789abcdef0123\n  id\n");                  /* whole, to be copied */
    expect("    0123456789abcdef\n", 8, "    0123456789abcdef\n"); /* no line of blanks before it */
    expect("\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac\xe2\x82\xac x\n", 8,
           "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac\xe2\x82\xac x\n");
    expect("                              deep words here\n", 20,
           "                              deep\n  words here\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
