/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/risk.h"

#define WORDS_MOST 64

static size_t split(const char *line, char *bytes, struct command_word *words)
{
    size_t count = 0;

    for (const char *at = line; *at; at += *at == ' ') {
        char *from = bytes;
        char quote = *at == '\'' || *at == '"' ? *at++ : '\0';
        for (; *at && *at != (quote ? quote : ' '); at++) {
            at += quote == '"' && *at == '\\' && at[1];
            *bytes++ = *at;
        }
        at += quote && *at;
        assert_true(count < WORDS_MOST);
        words[count++] = (struct command_word){from, (size_t)(bytes - from), true};
    }
    return count;
}

struct command_risk line_judge(const char *line, const char *input)
{
    char bytes[4096];
    struct command_word words[WORDS_MOST];
    struct command_risk risk;

    risk_command(words, split(line, bytes, words), input, input ? strlen(input) : 0, &risk);
    return risk;
}

size_t lines_wrong(const char *const *lines, size_t count, unsigned want)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        struct command_risk risk = line_judge(lines[i], NULL);
        if (risk.risk != want || risk.why[0] == '\0') {
            print_error("%s: %s (%s)\n", risk_level_name(risk.risk), lines[i], risk.why);
            n++;
        }
    }
    return n;
}
