/* SPDX-License-Identifier: Apache-2.0 */
/* The judge of commands: looks through what only runs another command, then for a row that reads. */
#include "trust/risk_command.h"

#include <stdio.h>
#include <string.h>

#include "trust/risk.h"
#include "trust/risk_command_inner.h"

#define NAME_SHOWN 40

bool word_is(const struct command_word *word, const char *text)
{
    return word->known && word->len == strlen(text) && memcmp(word->ptr, text, word->len) == 0;
}

bool word_in(const struct command_word *word, const char *names)
{
    for (const char *at = names; word->known && *at;) {
        size_t len = strcspn(at, "|");
        if (len == word->len && memcmp(at, word->ptr, len) == 0)
            return true;
        at += len + (at[len] == '|');
    }
    return false;
}

bool command_name(const struct command_word *word, struct command_word *ret)
{
    static const char *const folders[] = {"/bin/",      "/usr/bin/",       "/sbin/",
                                          "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"};

    *ret = *word;
    if (!word->known || word->len == 0 || !memchr(word->ptr, '/', word->len))
        return word->known && word->len > 0;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        size_t len = strlen(folders[i]);
        if (word->len > len && memcmp(word->ptr, folders[i], len) == 0 &&
            !memchr(word->ptr + len, '/', word->len - len)) {
            *ret = (struct command_word){word->ptr + len, word->len - len, true};
            return true;
        }
    }
    return false;
}

/* The first reason stands; `word` is shown in it, its control characters replaced. */
void command_high(struct command_risk *risk, const char *format, const struct command_word *word)
{
    char shown[NAME_SHOWN + 4];
    size_t n = word && word->known ? (word->len < NAME_SHOWN ? word->len : NAME_SHOWN) : 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)word->ptr[i];
        shown[i] = c > 0x20 && c < 0x7f && c != '"' ? (char)c : '?';
    }
    (void)snprintf(shown + n, sizeof(shown) - n, "%s", word && word->len > n ? "..." : "");
    if (risk->risk < RISK_HIGH) {
        const char *at = strstr(format, "%s");
        if (at)
            (void)snprintf(risk->why, sizeof(risk->why), "%.*s%s%s", (int)(at - format), format, shown,
                           at + 2);
        else
            (void)snprintf(risk->why, sizeof(risk->why), "%s", format);
    }
    risk->risk = RISK_HIGH;
}

/* ---- what is not a read, in words */

static const struct command_harm *harm_of(const struct command_word *name, const struct command_word *words,
                                          size_t count)
{
    for (size_t i = 0; i < command_harm_count; i++) {
        const struct command_harm *harm = &command_harms[i];
        bool first = !harm->first;
        for (size_t k = 0; !first && k < count; k++)
            first = word_in(&words[k], harm->first);
        if (word_in(name, harm->names) && first)
            return harm;
    }
    return NULL;
}

static void not_a_read(const struct command_word *name, const struct command_word *words, size_t count,
                       struct command_risk *risk)
{
    char text[sizeof(risk->why)];
    const struct command_harm *harm = harm_of(name, words, count);

    if (harm) {
        (void)snprintf(text, sizeof(text), "\"%%s\" %s", harm->what);
        command_high(risk, text, name);
        risk->destroys = risk->destroys || harm->destroys;
        risk->cuts_off = risk->cuts_off || harm->cuts_off;
    } else {
        command_high(risk, "runs \"%s\", which is not known as a read in this form", name);
    }
}

/* ---- what runs other words */

/* The number of words of `lead` that argv begins with; 0: it does not. */
static size_t lead_of(const char *lead, const struct command_word *argv, size_t argc)
{
    size_t n = 0;
    struct command_word word;

    for (const char *at = lead; *at; n++) {
        size_t len = strcspn(at, " ");
        if (n >= argc || !(n == 0 ? command_name(&argv[0], &word) : (word = argv[n]).known) ||
            word.len != len || memcmp(word.ptr, at, len) != 0)
            return 0;
        at += len + (at[len] == ' ');
    }
    return n;
}

/* Where the words that a wrapper runs begin; 0: it is none, or not in a form that is known. */
static size_t wrapped_at(const struct command_word *argv, size_t argc)
{
    for (size_t i = 0; i < command_wrapper_count; i++) {
        const struct command_wrapper *w = &command_wrappers[i];
        size_t at = lead_of(w->lead, argv, argc);
        if (at == 0)
            continue;
        at += command_options_skip(w->options, argv + at, argc - at);
        for (size_t k = 0; k < w->own; k++, at++)
            if (at >= argc || !argv[at].known || argv[at].len == 0 || argv[at].ptr[0] == '-')
                return 0;
        if (w->own)
            at += command_options_skip(w->options, argv + at, argc - at);
        if (at < argc && word_is(&argv[at], "--"))
            at++;
        else if (w->dashes || (at < argc && argv[at].len && argv[at].ptr[0] == '-'))
            return 0;
        return at < argc ? at : 0;
    }
    return 0;
}

/* `env` with settings of the language, the time zone and the terminal only. */
static size_t environment_at(const struct command_word *argv, size_t argc)
{
    static const char *const names[] = {"LC_", "LANG=", "LANGUAGE=", "TZ=", "TERM=", "COLUMNS=", "LINES="};
    size_t at = 1;

    if (argc < 2 || !lead_of("env", argv, argc))
        return 0;
    for (; at < argc && argv[at].known && memchr(argv[at].ptr, '=', argv[at].len); at++) {
        bool harmless = false;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            harmless = harmless || (argv[at].len >= strlen(names[i]) &&
                                    memcmp(argv[at].ptr, names[i], strlen(names[i])) == 0);
        /* A path in one of them is opened: a time zone, a catalogue. */
        harmless = harmless && !memmem(argv[at].ptr, argv[at].len, "..", 2) &&
                   !memmem(argv[at].ptr, argv[at].len, "=/", 2) &&
                   !memmem(argv[at].ptr, argv[at].len, "=:", 2);
        if (!harmless)
            return 0;
    }
    return at > 1 && at < argc && argv[at].known && argv[at].len && argv[at].ptr[0] != '-' ? at : 0;
}

/* The line of `sh -c LINE` and `su [-] USER -c LINE`. */
static const struct command_word *line_of(const struct command_word *name, const struct command_word *argv,
                                          size_t argc)
{
    if (word_in(name, "sh|bash|dash|ash") && argc == 3 && word_is(&argv[1], "-c"))
        return &argv[2];
    if (word_is(name, "su")) {
        size_t at = argc > 1 && (word_is(&argv[1], "-") || word_is(&argv[1], "-l")) ? 2 : 1;
        if (argc == at + 3 && argv[at].len && argv[at].ptr[0] != '-' && word_is(&argv[at + 1], "-c"))
            return &argv[at + 2];
    }
    return NULL;
}

void command_judge(const struct command_word *argv, size_t argc, const struct command_input *input,
                   unsigned depth, struct command_risk *risk)
{
    struct command_word name;

    if (argc == 0 || argc > COMMAND_WORDS_MOST || depth > COMMAND_DEPTH_MOST) {
        command_high(risk, argc ? "is nested or has more words than are looked at" : "has no words", NULL);
        return;
    }
    for (size_t i = 0; i < argc; i++)
        if (!argv[i].known) {
            command_high(risk, "has a word that is not known yet", NULL);
            return;
        }
    if (!command_name(&argv[0], &name)) {
        command_high(risk, "runs \"%s\", which is no program of the system's own folders", &argv[0]);
        return;
    }
    size_t at = wrapped_at(argv, argc);
    at = at ? at : environment_at(argv, argc);
    const struct command_word *line = line_of(&name, argv, argc);
    if (at)
        command_judge(argv + at, argc - at, input, depth + 1, risk);
    else if (line)
        shell_judge(line, input, depth + 1, risk);
    else if (word_is(&name, "psql") && !command_reads(&name, argv + 1, argc - 1))
        psql_judge(argv, argc, input, risk);
    else if (!command_reads(&name, argv + 1, argc - 1))
        not_a_read(&name, argv + 1, argc - 1, risk);
}

void risk_command(const struct command_word *argv, size_t argc, const char *stdin_text, size_t stdin_len,
                  struct command_risk *ret)
{
    struct command_input input = {stdin_text, stdin_len, true};
    struct command_risk risk = {.risk = RISK_LOW};

    command_judge(argv, argc, &input, 0, &risk);
    if (risk.risk == RISK_LOW)
        (void)snprintf(risk.why, sizeof(risk.why), "known as a read");
    *ret = risk;
}
