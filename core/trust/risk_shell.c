/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line for a POSIX shell, as far as it is certain what it runs: words, quotes without expansion, |, ||, &&,
 * ; and the redirections that only throw away. Whatever could expand, redirect, assign or loop is high, and
 * then the names in it are looked for all the same, so that a person reads what is in it.
 */
#include <string.h>

#include "trust/risk_command_inner.h"

struct shell {
    const char *at, *end;
    char bytes[SHELL_LINE_MOST]; /* of the words, without their quotes */
    size_t used;
    struct command_word words[SHELL_WORDS_MOST];
    size_t count;
};

/* `2>/dev/null` and the like: how many bytes; 0: none here. */
static size_t thrown_away(const struct shell *sh)
{
    static const char *const known[] = {"2>/dev/null", "2>&1",         ">/dev/null",
                                        "1>/dev/null", "2> /dev/null", "> /dev/null"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t len = strlen(known[i]);
        if ((size_t)(sh->end - sh->at) >= len && memcmp(sh->at, known[i], len) == 0 &&
            (sh->at + len == sh->end || strchr(" \t;|", sh->at[len])))
            return len;
    }
    return 0;
}

/* One quoted part; false: it expands, or never ends. */
static bool take_quoted(struct shell *sh)
{
    char quote = *sh->at++;

    while (sh->at < sh->end && *sh->at != quote) {
        if (quote == '"' && strchr("$`\\!", *sh->at))
            return false;
        sh->bytes[sh->used++] = *sh->at++;
    }
    return sh->at++ < sh->end;
}

static bool take_word(struct shell *sh)
{
    size_t from = sh->used;
    bool quoted = false;

    while (sh->at < sh->end && !strchr(" \t;|&", *sh->at)) {
        if (*sh->at == '\'' || *sh->at == '"') {
            quoted = true;
            if (!take_quoted(sh))
                return false;
        } else if (strchr("$`\\><(){}*?[]~#!\n\r", *sh->at) ||
                   (*sh->at == '=' && sh->count == 0 && !quoted)) {
            return false;
        } else {
            sh->bytes[sh->used++] = *sh->at++;
        }
    }
    if (sh->count == SHELL_WORDS_MOST)
        return false;
    sh->words[sh->count++] = (struct command_word){sh->bytes + from, sh->used - from, true};
    return true;
}

/* The words of the next command; *ret_piped: its output goes into the one after it. False: not plain. */
static bool take_command(struct shell *sh, bool *ret_piped)
{
    sh->count = 0;
    *ret_piped = false;
    while (sh->at < sh->end) {
        size_t away = *sh->at == ' ' || *sh->at == '\t' ? 1 : thrown_away(sh);
        if (away) {
            sh->at += away;
        } else if (*sh->at == ';') {
            sh->at++;
            return true;
        } else if (*sh->at == '|' || *sh->at == '&') {
            bool twice = sh->at + 1 < sh->end && sh->at[1] == *sh->at;
            bool with_errors = *sh->at == '|' && sh->at + 1 < sh->end && sh->at[1] == '&';
            if (with_errors || (*sh->at == '&' && !twice))
                return false;
            *ret_piped = !twice;
            sh->at += twice ? 2 : 1;
            return true;
        } else if (!take_word(sh)) {
            return false;
        }
    }
    return true;
}

/* What is not understood: at least the names in it that are known to harm. */
static void look_for_harm(const struct command_word *line, struct command_risk *risk)
{
    static const char apart[] = " \t\n;|&(){}<>'\"`$";

    for (size_t i = 0; i < line->len;) {
        size_t n = 0;
        while (i + n < line->len && line->ptr[i + n] && !strchr(apart, line->ptr[i + n]))
            n++;
        struct command_word word = {line->ptr + i, n, true}, name;
        for (size_t k = 0; n && command_name(&word, &name) && k < command_harm_count; k++)
            if (!command_harms[k].first && word_in(&name, command_harms[k].names)) {
                risk->destroys = risk->destroys || command_harms[k].destroys;
                risk->cuts_off = risk->cuts_off || command_harms[k].cuts_off;
            }
        i += n + 1;
    }
}

void shell_judge(const struct command_word *line, const struct command_input *input, unsigned depth,
                 struct command_risk *risk)
{
    struct shell sh = {.at = line->ptr, .end = line->ptr + line->len};
    struct command_input unknown = {"", 0, false};
    const struct command_input *in = input;

    if (line->len > SHELL_LINE_MOST || memchr(line->ptr, '\0', line->len)) {
        command_high(risk, "runs a shell line that is too long to be read", NULL);
        look_for_harm(line, risk);
        return;
    }
    for (bool first = true; first || sh.at < sh.end || in == &unknown; first = false) {
        bool piped = false;
        if (!take_command(&sh, &piped)) {
            command_high(risk, "runs a shell line with expansions, redirections or control words", NULL);
            look_for_harm(line, risk);
            return;
        }
        if (sh.count) {
            command_judge(sh.words, sh.count, in, depth, risk);
        } else if (first || piped || in == &unknown || sh.at < sh.end) {
            command_high(risk, "runs a shell line with an empty command", NULL);
            return;
        }
        in = piped ? &unknown : input;
    }
}
