/* SPDX-License-Identifier: Apache-2.0 */
/* `--via COMMAND`: the words, and that no shell takes part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/problem.h"
#include "command/via.h"

static void words(void **state)
{
    static const struct {
        const char *text;
        const char *words[6]; /* NULL at once: refused */
    } rows[] = {
        {"sudo -u proximo", {"sudo", "-u", "proximo"}},
        {"  ssh   host  sudo -u proximo ", {"ssh", "host", "sudo", "-u", "proximo"}},
        {"env", {"env"}},
        {"'a b' c", {"a b", "c"}},
        {"a'b c'd e", {"ab cd", "e"}},
        {"a '' b", {"a", "", "b"}},
        {"x '$HOME;`id`|\"\\&<>()'", {"x", "$HOME;`id`|\"\\&<>()"}},
        {"a ~ * ? # ! =", {"a", "~", "*", "?", "#", "!"}},
        {"", {NULL}},
        {"   ", {NULL}},
        {"''", {NULL}},
        {"a 'b", {NULL}},
        {"a b'", {NULL}},
        {"a; b", {NULL}},
        {"a | b", {NULL}},
        {"a && b", {NULL}},
        {"a $HOME", {NULL}},
        {"a `id`", {NULL}},
        {"a \"b c\"", {NULL}},
        {"a \\ b", {NULL}},
        {"a > b", {NULL}},
        {"a < b", {NULL}},
        {"a (b)", {NULL}},
        {"a\tb", {NULL}},
        {"a\nb", {NULL}},
        {"a '\033[2J'", {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem p = PROBLEM_INIT;
        struct via via = {0};
        const int r = via_parse(rows[i].text, &via, &p);
        if ((r < 0) != (rows[i].words[0] == NULL))
            fail_msg("'%s': %d %s", rows[i].text, r, p.cause);
        if (r < 0) {
            assert_string_equal(p.code, PX_ARG);
            assert_true(p.cause[0] && p.next[0]);
        }
        for (size_t k = 0; k < 6 && rows[i].words[k]; k++) {
            assert_true(k < via.count);
            assert_string_equal(via.words[k], rows[i].words[k]);
        }
        via_done(&via);
    }
}

static void too_many(void **state)
{
    char text[2 * (VIA_WORDS_MOST + 1) + 1];
    struct problem p = PROBLEM_INIT;
    struct via via = {0};

    (void)state;
    for (size_t i = 0; i <= VIA_WORDS_MOST; i++)
        memcpy(text + 2 * i, "a ", 3);
    assert_true(via_parse(text, &via, &p) < 0);
    text[sizeof(text) - 3] = '\0';
    assert_int_equal(via_parse(text, &via, &p), 0);
    assert_int_equal(via.count, VIA_WORDS_MOST);
    via_done(&via);
}

static int run(const char *text, const char *const *more, const char *in, struct buf *out, struct problem *p)
{
    struct via via = {0};
    int status = -1;

    assert_int_equal(via_parse(text, &via, p), 0);
    const int r = via_run(&via, more, in, in ? strlen(in) : 0, out, &status, p);
    via_done(&via);
    return r < 0 ? r : status;
}

static void children(void **state)
{
    struct buf out CLEANUP_BUF = BUF_INIT(4096);
    struct problem p = PROBLEM_INIT;

    (void)state;
    /* the words behind are arguments as they are */
    assert_int_equal(run("printf '%s|'", (const char *[]){"$HOME", "a b", "'", NULL}, NULL, &out, &p), 0);
    assert_string_equal(out.data, "$HOME|a b|'|");
    buf_reset(&out);
    assert_int_equal(run("cat", (const char *[]){NULL}, "given", &out, &p), 0);
    assert_string_equal(out.data, "given");
    buf_reset(&out);
    assert_int_equal(run("cat", (const char *[]){NULL}, NULL, &out, &p), 0); /* nothing to read */
    assert_int_equal(out.len, 0);
    assert_int_equal(run("sh -c 'exit 3'", (const char *[]){NULL}, NULL, &out, &p), 3);
    assert_int_equal(run("sh -c 'kill -9 $$'", (const char *[]){NULL}, NULL, &out, &p), 137);
    assert_int_equal(run("true", (const char *[]){NULL}, "not read", &out, &p), 0);
    assert_true(run("/does/not/exist", (const char *[]){NULL}, NULL, &out, &p) < 0);
    assert_string_equal(p.code, PX_ARG);
    /* one that never stops printing is not waited for */
    assert_true(run("yes", (const char *[]){NULL}, NULL, &out, &p) < 0);
    assert_string_equal(p.code, PX_PLAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(too_many),
                                       cmocka_unit_test(children)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
