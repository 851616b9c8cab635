/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines against the table of commands. The commands themselves are replaced: none of them runs here.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/problem.h"
#include "command/command_table.h"

#define WORDS_MAX 6

#define REPLACE(name)                                                                                        \
    int name(const struct command_line *line)                                                                \
    {                                                                                                        \
        (void)line;                                                                                          \
        return 99;                                                                                           \
    }
REPLACE(command_serve)
REPLACE(command_doctor)
REPLACE(command_mint)
REPLACE(command_init)
REPLACE(command_client_config)
REPLACE(command_planes_list)
REPLACE(command_planes_inspect)
REPLACE(command_plane_new)
REPLACE(command_plans)
REPLACE(command_plan_show)
REPLACE(command_freeze)
REPLACE(command_thaw)
REPLACE(command_lease_grant)
REPLACE(command_lease_end)
REPLACE(command_lease_show)
REPLACE(command_doubt_list)
REPLACE(command_doubt_close)
REPLACE(command_audit_verify)
REPLACE(command_audit_head)
REPLACE(command_audit_escrow)
REPLACE(command_audit_anchor)
REPLACE(command_audit_show)
REPLACE(command_keys_approver)
REPLACE(command_approve)
REPLACE(command_consent_add)
REPLACE(command_consent_check)
REPLACE(command_audit_prove)
REPLACE(command_audit_check_receipt)
REPLACE(command_audit_export)
REPLACE(command_config_show)
REPLACE(command_config_check)
REPLACE(command_config_keys)
REPLACE(command_plane_host)
REPLACE(command_explain)
REPLACE(command_version)
REPLACE(command_completion)
REPLACE(command_man_page)

int command_fail(const struct problem *p)
{
    (void)p;
    return 1;
}

static size_t count_words(const char *const *words)
{
    size_t n = 0;

    while (n < WORDS_MAX && words[n])
        n++;
    return n;
}

static int parse(const char *const *words, struct command_line *line, bool *ret_help, const char **room,
                 struct problem *p)
{
    const struct command *command;
    char *copy[WORDS_MAX] = {NULL};
    size_t count = count_words(words), used;

    memcpy(copy, words, count * sizeof *copy);
    int r = command_find(copy, count, &command, &used, p);
    return r < 0 ? r : command_parse(command, copy + used, count - used, room, line, ret_help, p);
}

static const struct {
    const char *words[WORDS_MAX];
    const char *command, *option, *value;
} good[] = {
    {{"serve"}, "serve", "--config", NULL},
    {{"serve", "--config", "f"}, "serve", "--config", "f"},
    {{"serve", "--config=f"}, "serve", "--config", "f"},
    {{"serve", "--config=a=b"}, "serve", "--config", "a=b"},
    {{"serve", "--config", "--demo"}, "serve", "--config", "--demo"},
    {{"serve", "--demo", "--mode", "read"}, "serve", "--demo", ""},
    {{"serve", "--demo", "--mode", "read"}, "serve", "--mode", "read"},
    {{"config", "check", "f"}, "config check", "--config", NULL},
    {{"config", "check", "--", "--f"}, "config check", "--config", NULL},
    {{"config", "show", "--json"}, "config show", "--json", ""},
    {{"planes", "inspect", "--json", "f"}, "planes inspect", "--json", ""},
    {{"plane-host"}, "plane-host", "--json", NULL},
};

static const struct {
    const char *words[WORDS_MAX];
    const char *cause, *more;
} bad[] = {
    {{"srve"}, "unknown command `srve`", "did you mean `proximo serve`?"},
    {{"Serve"}, "unknown command `Serve`", "serve, doctor"},
    {{"stdio"}, "unknown command `stdio`", NULL},
    {{""}, "unknown command ``", NULL},
    {{"config"}, "`config` needs a second word", "config show, config check"},
    {{"config", "shw"}, "unknown command `config shw`", "did you mean `proximo config show`?"},
    {{"config", "--json"}, "unknown command `config --json`", NULL},
    {{"serve", "x"}, "does not know what to do with \"x\"", NULL},
    {{"serve", "--confg", "f"}, "has no option --confg", "did you mean --config?"},
    {{"serve", "--surfce=full"}, "has no option --surfce", "did you mean --surface?"},
    {{"serve", "-c", "f"}, "has no option -c", "--config, --site"},
    {{"serve", "--config"}, "--config needs a value", NULL},
    {{"serve", "--config="}, "--config needs a value", NULL},
    {{"serve", "--demo=1"}, "--demo takes no value", NULL},
    {{"serve", "--demo", "--demo"}, "--demo stands there twice", NULL},
    {{"serve", "--mode", "direct"}, "--mode cannot be \"direct\"", "read, guarded"},
    {{"serve", "--token", "s"}, "has no option --token", NULL},
    {{"config", "check"}, "needs FILE", NULL},
    {{"config", "check", "a", "b"}, "does not know what to do with \"b\"", NULL},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const char *room[WORDS_MAX];
        struct command_line line;
        struct problem p = PROBLEM_INIT;
        bool help = true;
        if (parse(good[i].words, &line, &help, room, &p) < 0)
            fail_msg("%s: %s", good[i].words[0], p.cause);
        assert_false(help);
        assert_string_equal(line.command->name, good[i].command);
        const char *value = command_value(&line, good[i].option);
        if (good[i].value)
            assert_string_equal(value, good[i].value);
        else
            assert_null(value);
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CLEANUP_BUF struct buf text = BUF_INIT(8192);
        const char *room[WORDS_MAX];
        struct command_line line;
        struct problem p = PROBLEM_INIT;
        bool help = false;
        if (parse(bad[i].words, &line, &help, room, &p) == 0)
            fail_msg("accepted: %s", bad[i].words[0]);
        problem_text(&p, &text);
        if (!strstr(p.cause, bad[i].cause) || (bad[i].more && !strstr(text.data, bad[i].more)))
            fail_msg("%s %s: %s", bad[i].words[0], bad[i].words[1] ? bad[i].words[1] : "", text.data);
    }
}

/* --help wins over everything else on the line, and every command has one. */
static void test_help(void **state)
{
    static const char *const words[WORDS_MAX] = {"serve", "--nonsense", "x", "--help"};
    CLEANUP_BUF struct buf usage = BUF_INIT(65536);
    const char *room[WORDS_MAX];
    struct command_line line;
    bool help = false;

    (void)state;
    assert_int_equal(parse(words, &line, &help, room, NULL), 0);
    assert_true(help);
    command_usage(&usage);
    for (size_t i = 0; i < command_count; i++) {
        CLEANUP_BUF struct buf text = BUF_INIT(65536);
        command_help_text(&command_table[i], &text);
        assert_true(buf_ok(&text));
        assert_non_null(strstr(text.data, command_table[i].name));
        assert_non_null(command_table[i].run);
        for (size_t k = 0; k < COMMAND_MAX_OPTIONS && command_table[i].options[k].name; k++)
            assert_non_null(strstr(text.data, command_table[i].options[k].name));
        assert_int_equal(strstr(usage.data, command_table[i].name) != NULL, !command_table[i].hidden);
    }
    buf_reset(&usage);
    assert_true(command_help_group("config", &usage));
    assert_non_null(strstr(usage.data, "sites.*.token_file"));
    assert_false(command_help_group("serve", &usage));
    assert_false(command_help_group("conf", &usage));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_help)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
