/* SPDX-License-Identifier: Apache-2.0 */
/* A command that a guest's agent is asked to run: all its words, in their order, reach the judge of commands,
 * and nothing but a read that is known as one is low. risk_command is the test's (-Wl,--wrap). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "trust/risk.h"
#include "trust/risk_command.h"

#define PATH "/nodes/pve1/qemu/105/agent/exec"
#define W(text)                                                                                              \
    {                                                                                                        \
        "command", text, sizeof(text) - 1                                                                    \
    }

static struct command_risk verdict;
static char seen[600], input[100];
static unsigned asked;

void __wrap_risk_command(const struct command_word *argv, size_t argc, const char *stdin_text,
                         size_t stdin_len, struct command_risk *ret);
void __wrap_risk_command(const struct command_word *argv, size_t argc, const char *stdin_text,
                         size_t stdin_len, struct command_risk *ret)
{
    asked++;
    seen[0] = '\0';
    for (size_t i = 0; i < argc; i++) {
        const size_t at = strlen(seen);
        (void)snprintf(seen + at, sizeof(seen) - at, "[%.*s]", argv[i].known ? (int)argv[i].len : 1,
                       argv[i].known ? argv[i].ptr : "?");
    }
    (void)snprintf(input, sizeof(input), "%.*s", (int)stdin_len, stdin_text ? stdin_text : "");
    *ret = verdict;
}

static struct risk_verdict judge(const struct http_field *fields, size_t count)
{
    struct risk_verdict ret;

    asked = 0;
    risk_judge(CONFIG_PVE, "POST", PATH, fields, count, &ret);
    return ret;
}

static void words_in_order(void **state)
{
    const struct http_field fields[] = {
        W("sh"), W("-c"), {"input-data", "in", 2}, W("a b"), {"command", NULL, 0}};
    (void)state;
    verdict = (struct command_risk){.risk = RISK_HIGH, .destroys = true, .cuts_off = true, .why = "runs sh"};
    const struct risk_verdict ret = judge(fields, 5);
    assert_int_equal(asked, 1);
    assert_string_equal(seen, "[sh][-c][a b][?]");
    assert_string_equal(input, "in");
    assert_int_equal(ret.level, RISK_HIGH);
    assert_int_equal(ret.flags, RISK_COMMAND | RISK_DESTROYS | RISK_CUTS_OFF);
    assert_string_equal(ret.reasons[0].text, "command: runs sh");
}

static void a_known_read(void **state)
{
    const struct http_field fields[] = {W("uptime")};
    const struct http_field secret[] = {W("cat"), {"input-data", NULL, 0}};
    const struct http_field more[] = {W("uptime"), {"args", "x", 1}};
    (void)state;
    verdict = (struct command_risk){.risk = RISK_LOW, .why = "uptime reads"};
    struct risk_verdict ret = judge(fields, 1);
    assert_int_equal(ret.level, RISK_LOW);
    assert_true(ret.flags & RISK_COMMAND); /* a person all the same */
    ret = judge(secret, 2);
    assert_int_equal(ret.level, RISK_HIGH);
    ret = judge(more, 2);
    assert_int_equal(ret.level, RISK_HIGH);
    verdict.risk = RISK_MEDIUM; /* there is no such thing */
    assert_int_equal(judge(fields, 1).level, RISK_HIGH);
}

static void no_words_or_too_many(void **state)
{
    struct http_field fields[300];
    (void)state;
    verdict = (struct command_risk){.risk = RISK_LOW};
    assert_int_equal(judge(NULL, 0).level, RISK_HIGH);
    assert_int_equal(asked, 0);
    for (size_t i = 0; i < 300; i++)
        fields[i] = (struct http_field)W("x");
    assert_int_equal(judge(fields, 300).level, RISK_HIGH);
    assert_int_equal(asked, 0);
    assert_int_equal(judge(fields, 256).level, RISK_LOW);
}

/* No other request is judged as one. */
static void other_requests(void **state)
{
    const struct http_field fields[] = {{"command", "x", 1}};
    struct risk_verdict ret;
    (void)state;
    asked = 0;
    verdict = (struct command_risk){.risk = RISK_LOW};
    risk_judge(CONFIG_PVE, "POST", "/nodes/pve1/qemu/105/monitor", fields, 1, &ret);
    assert_int_equal(ret.level, RISK_HIGH);
    risk_judge(CONFIG_PVE, "POST", "/nodes/pve1/qemu/105/agent", fields, 1, &ret);
    assert_int_equal(ret.level, RISK_HIGH);
    assert_int_equal(asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_in_order), cmocka_unit_test(a_known_read),
                                       cmocka_unit_test(no_words_or_too_many),
                                       cmocka_unit_test(other_requests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
