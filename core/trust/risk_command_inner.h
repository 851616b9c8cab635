/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files risk_command*.c and risk_shell.c. */
#ifndef PROXIMO_TRUST_RISK_COMMAND_INNER_H
#define PROXIMO_TRUST_RISK_COMMAND_INNER_H

#include "trust/risk_command.h"
#include "trust/risk_command_rows.h"

#define COMMAND_WORDS_MOST 512u
#define COMMAND_DEPTH_MOST 4u    /* sh -c within su -c within ... */
#define SHELL_LINE_MOST    4096u /* bytes; longer ones are not read */
#define SHELL_WORDS_MOST   128u

struct command_input {
    const char *text; /* NULL: nothing goes in */
    size_t len;
    bool known;
};

bool word_is(const struct command_word *word, const char *text);
/* One of "a|b|c"? */
bool word_in(const struct command_word *word, const char *names);
/* The name of the program without a folder of the system's programs; false: it lies elsewhere. */
bool command_name(const struct command_word *word, struct command_word *ret);
void command_high(struct command_risk *risk, const char *format, const struct command_word *word);
/* Does a row of this name accept the words behind it? */
bool command_reads(const struct command_word *name, const struct command_word *words, size_t count);
/* How many words from `at` on are options that `options` allows, values included. */
size_t command_options_skip(const char *options, const struct command_word *words, size_t count);
void command_judge(const struct command_word *argv, size_t argc, const struct command_input *input,
                   unsigned depth, struct command_risk *risk);
/* A line for a shell: plain words, pipes, ;, && and ||; anything else is high. */
void shell_judge(const struct command_word *line, const struct command_input *input, unsigned depth,
                 struct command_risk *risk);
/* psql's own words. */
void psql_judge(const struct command_word *argv, size_t argc, const struct command_input *input,
                struct command_risk *risk);

#endif
