/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo client-config`: for every client a block or a line that starts exactly the command line that was
 * meant, through one shell here, and one there behind ssh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "run.h"

static char folder[] = "/tmp/proximo-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) && run_setup(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* The words that the block starts, with bars between. */
static void words_of(struct json_object *block, const char *list, bool typed, struct buf *ret)
{
    struct json_object *servers, *server, *args;
    const char *text;

    assert_int_equal(json_get(block, list, json_type_object, &servers), 0);
    assert_int_equal(json_get(servers, "proximo", json_type_object, &server), 0);
    assert_int_equal(json_get_string(server, "type", &text, NULL) == 0, typed);
    assert_int_equal(json_get_string(server, "command", &text, NULL), 0);
    buf_str(ret, text);
    assert_int_equal(json_get(server, "args", json_type_array, &args), 0);
    for (size_t i = 0; i < json_object_array_length(args); i++)
        buf_printf(ret, "|%s", json_object_get_string(json_object_array_get_idx(args, i)));
}

static void test_blocks(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        const char *list, *start;
        bool typed;
    } rows[] = {
        {{"client-config", "claude-desktop", "--program", "/p"}, "mcpServers", "/p|serve", false},
        {{"client-config", "cursor", "--program", "/p", "--demo"}, "mcpServers", "/p|serve|--demo", false},
        {{"client-config", "vscode", "--program", "/p"}, "servers", "/p|serve", true},
        {{"client-config", "cursor", "--program", "/p q/r's", "--config", "/\"c"},
         "mcpServers",
         "/p q/r's|serve|--config|/\"c",
         false},
        {{"client-config", "vscode", "--program", "/p q/r's", "--ssh", "root@gw"},
         "servers",
         "ssh|-T|-o|BatchMode=yes|root@gw|'/p q/r'\\''s'|serve",
         true},
        {{"client-config", "cursor", "--program", "/p", "--ssh", "gw", "--user", "proximo"},
         "mcpServers",
         "ssh|-T|-o|BatchMode=yes|gw|sudo|-n|-u|proximo|/p|serve",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP_OUTCOME struct outcome o = run(rows[i].words, "", NULL);
        CLEANUP_JSON struct json_object *block = NULL;
        CLEANUP_BUF struct buf words = BUF_INIT(4096);

        assert_int_equal(o.status, 0);
        assert_int_equal(json_parse(o.out.data, o.out.len, &block, NULL), 0);
        assert_non_null(strstr(o.err.data, rows[i].words[1]));
        words_of(block, rows[i].list, rows[i].typed, &words);
        assert_string_equal(words.data, rows[i].start);
    }
}

static void test_line(void **state)
{
    (void)state;
    {
        CLEANUP_OUTCOME struct outcome o = run(
            (const char *[]){"client-config", "claude", "--program", "/p q", "--ssh", "gw", NULL}, "", NULL);
        assert_int_equal(o.status, 0);
        /* this shell takes one layer away, the far one the other */
        assert_string_equal(o.out.data, "claude mcp add --scope user proximo -- ssh -T -o BatchMode=yes gw "
                                        "''\\''/p q'\\''' serve\n");
    }
    {
        CLEANUP_OUTCOME struct outcome o =
            run((const char *[]){"client-config", "claude", "--json", NULL}, "", NULL);
        CLEANUP_JSON struct json_object *all = NULL;
        struct json_object *block;
        const char *text;

        assert_int_equal(json_parse(o.out.data, o.out.len, &all, NULL), 0);
        assert_int_equal(json_get(all, "block", json_type_object, &block), 0);
        assert_int_equal(json_get_string(all, "line", &text, NULL), 0);
        assert_non_null(strstr(text, "/proximo serve"));
        assert_int_equal(o.err.len, 0);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        const char *err;
    } rows[] = {
        {{"client-config"}, "needs CLIENT"},
        {{"client-config", "emacs"}, "claude-desktop, cursor, vscode"},
        {{"client-config", "cursor", "--ssh", "-oProxyCommand=x"}, "--ssh wants a name"},
        {{"client-config", "cursor", "--user", "a b"}, "--user wants a name"},
        {{"client-config", "cursor", "--config", "c.yaml"}, "--config wants a whole path"},
        {{"client-config", "cursor", "--program", "/a\nb"}, "--program wants a whole path"},
        {{"client-config", "claude", "--name", "-x"}, "--name wants a name"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP_OUTCOME struct outcome o = run(rows[i].words, "", NULL);

        assert_int_equal(o.status, 2);
        assert_int_equal(o.out.len, 0);
        if (!strstr(o.err.data, rows[i].err))
            fail_msg("%s: %s", rows[i].err, o.err.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_blocks), cmocka_unit_test(test_line),
                                       cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
