/* SPDX-License-Identifier: Apache-2.0 */
/* Marks in a stream: found however the bytes are cut, and never a byte of the command's taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "plugins/exec/marks.h"

#include <cmocka.h>

#define TOKEN "00000000000000000000000000000001" /* its beginning looks like its middle */

static int32_t keep(void *arg, const char *bytes, uint64_t len)
{
    buf_add(arg, bytes, (size_t)len);
    return 0;
}

static void expect(const char *stream, size_t len, size_t piece, const char *own, size_t own_len, char kind,
                   unsigned number)
{
    struct marks marks;
    struct buf got = BUF_INIT(1 << 20);
    marks_init(&marks, TOKEN);
    for (size_t at = 0; at < len; at += piece)
        assert_int_equal(marks_feed(&marks, stream + at, len - at < piece ? len - at : piece, keep, &got), 0);
    assert_int_equal(marks_end(&marks, keep, &got), 0);
    assert_int_equal(got.len, own_len);
    if (own_len)
        assert_memory_equal(got.data, own, own_len);
    assert_int_equal(marks.kind, kind);
    assert_int_equal(marks.number, number);
    buf_done(&got);
}

static void every_cut(void **state)
{
    static const struct {
        const char *stream, *own;
        char kind;
        unsigned number;
    } cases[] = {
        {"", "", 0, 0},
        {"banner\n", "", 0, 0},
        {"banner\n" TOKEN "r000\n", "", 'r', 0},
        {TOKEN "r000\nhello\n" TOKEN "e077\n", "hello\n", 'e', 77},
        {TOKEN "r000\nhello" TOKEN "s009\nafter", "helloafter", 's', 9},
        {"00" TOKEN "r000\n0" TOKEN "e001\n0000", "00000", 'e', 1},
        {TOKEN "r000\n" TOKEN "e00x\n", TOKEN "e00x\n", 'r', 0},
        {TOKEN "r000\n" TOKEN "e000 ", TOKEN "e000 ", 'r', 0},
        {TOKEN "r000\n" TOKEN "e00" TOKEN "e255\n", TOKEN "e00", 'e', 255},
        {TOKEN "r000\n" TOKEN, TOKEN, 'r', 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t piece = 1; piece <= strlen(cases[i].stream) + 1; piece++)
            expect(cases[i].stream, strlen(cases[i].stream), piece, cases[i].own, strlen(cases[i].own),
                   cases[i].kind, cases[i].number);
}

static int32_t refuse(void *arg, const char *bytes, uint64_t len)
{
    (void)arg;
    (void)bytes;
    (void)len;
    return -7;
}

static void passes_codes_on(void **state)
{
    struct marks marks;
    (void)state;
    marks_init(&marks, TOKEN);
    assert_int_equal(marks_feed(&marks, "noise" TOKEN "r000\n", 42, refuse, NULL), 0);
    assert_int_equal(marks_feed(&marks, "bytes", 5, refuse, NULL), -7);
}

static void keeps_the_last_words(void **state)
{
    struct marks marks;
    char noise[5000];
    (void)state;
    memset(noise, 'x', sizeof(noise));
    memcpy(noise + sizeof(noise) - 4, "last", 4);
    for (size_t piece = 1; piece < 3000; piece += 700) {
        marks_init(&marks, TOKEN);
        for (size_t at = 0; at < sizeof(noise); at += piece) {
            size_t n = sizeof(noise) - at < piece ? sizeof(noise) - at : piece;
            assert_int_equal(marks_feed(&marks, noise + at, n, refuse, NULL), 0);
        }
        assert_int_equal(marks_end(&marks, refuse, NULL), 0);
        assert_int_equal(marks.before_len, sizeof(marks.before));
        assert_memory_equal(marks.before + sizeof(marks.before) - 5, "xlast", 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_cut), cmocka_unit_test(passes_codes_on),
                                       cmocka_unit_test(keeps_the_last_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
