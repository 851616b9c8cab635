/* SPDX-License-Identifier: Apache-2.0 */
/* From argv to a command with its options, along the table. What the table does not know is refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/problem.h"
#include "base/text.h"
#include "command/command_table.h"

#define VALID_SIZE 1024u

/* Does the command's name consist of `first` and, if it has two words, `second`? How many words it took; 0:
 * no. */
static size_t name_matches(const struct command *command, const char *first, const char *second)
{
    const char *space = strchr(command->name, ' ');
    const size_t len = space ? (size_t)(space - command->name) : strlen(command->name);

    if (strlen(first) != len || memcmp(command->name, first, len) != 0)
        return 0;
    if (!space)
        return 1;
    return second && strcmp(space + 1, second) == 0 ? 2 : 0;
}

static bool is_group(const char *word)
{
    for (size_t i = 0; i < command_count; i++) {
        const char *space = strchr(command_table[i].name, ' ');
        if (space && strlen(word) == (size_t)(space - command_table[i].name) &&
            strncmp(command_table[i].name, word, strlen(word)) == 0)
            return true;
    }
    return false;
}

static int unknown_command(const char *first, const char *second, struct problem *p)
{
    char given[160];
    CLEANUP_BUF struct buf valid = BUF_INIT(VALID_SIZE);
    const char *nearest = NULL;
    const bool group = is_group(first);
    unsigned least = 3;

    (void)snprintf(given, sizeof given, "%.64s%s%.64s", first, group && second ? " " : "",
                   group && second ? second : "");
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &command_table[i];
        if (command->hidden)
            continue;
        unsigned distance = text_distance(command->name, given);
        if (distance < least) {
            least = distance;
            nearest = command->name;
        }
        if (!group ||
            (strncmp(command->name, first, strlen(first)) == 0 && command->name[strlen(first)] == ' '))
            buf_printf(&valid, "%s%s", valid.len ? ", " : "", command->name);
    }
    if (group && !second)
        (void)problem_set(p, -EINVAL, PX_ARG, "`%s` needs a second word", first);
    else
        (void)problem_set(p, -EINVAL, PX_ARG, "unknown command `%s`", given);
    if (nearest)
        problem_next(p, "did you mean `proximo %s`?", nearest);
    else
        problem_next(p, "`proximo --help` says what each command does");
    if (buf_ok(&valid) && valid.len)
        problem_valid(p, "%s", valid.data);
    return -EINVAL;
}

int command_find(char *const *words, size_t count, const struct command **ret, size_t *ret_used,
                 struct problem *p)
{
    const char *second = count > 1 ? words[1] : NULL;

    for (size_t i = 0; i < command_count; i++) {
        size_t used = name_matches(&command_table[i], words[0], second);
        if (used) {
            *ret = &command_table[i];
            *ret_used = used;
            return 0;
        }
    }
    return unknown_command(words[0], second, p);
}

static size_t option_count(const struct command *command)
{
    size_t n = 0;

    while (n < COMMAND_MAX_OPTIONS && command->options[n].name)
        n++;
    return n;
}

static int unknown_option(const struct command *command, const char *given, struct problem *p)
{
    char word[64];
    CLEANUP_BUF struct buf valid = BUF_INIT(VALID_SIZE);
    const size_t count = option_count(command);
    const char *nearest = NULL;
    unsigned least = 3;

    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(given, "="), given);
    for (size_t i = 0; i < count; i++) {
        unsigned distance = text_distance(command->options[i].name, word);
        if (distance < least) {
            least = distance;
            nearest = command->options[i].name;
        }
        buf_printf(&valid, "%s, ", command->options[i].name);
    }
    buf_str(&valid, "--help");
    (void)problem_set(p, -EINVAL, PX_ARG, "`proximo %s` has no option %s", command->name, word);
    if (nearest)
        problem_next(p, "did you mean %s?", nearest);
    if (buf_ok(&valid))
        problem_valid(p, "%s", valid.data);
    return -EINVAL;
}

/* Takes the option that words[*at] begins, with its value. */
static int take_option(struct command_line *line, char *const *words, size_t count, size_t *at,
                       struct problem *p)
{
    const struct command *command = line->command;
    const char *word = words[*at];
    const size_t len = strcspn(word, "=");
    const size_t options = option_count(command);
    size_t i = 0;

    while (i < options &&
           (strlen(command->options[i].name) != len || memcmp(command->options[i].name, word, len) != 0))
        i++;
    if (i == options)
        return unknown_option(command, word, p);
    const struct command_option *option = &command->options[i];
    if (line->values[i])
        return problem_set(p, -EINVAL, PX_ARG, "%s stands there twice", option->name);
    if (!option->argument) {
        if (word[len] == '=')
            return problem_set(p, -EINVAL, PX_ARG, "%s takes no value", option->name);
        line->values[i] = "";
        return 0;
    }
    const char *value = word[len] == '=' ? word + len + 1 : *at + 1 < count ? words[++*at] : "";
    if (!*value)
        return problem_set(p, -EINVAL, PX_ARG, "%s needs a value: %s %s", option->name, option->name,
                           option->argument);
    if (option->choices && !text_in_list(option->choices, value)) {
        (void)problem_set(p, -EINVAL, PX_ARG, "%s cannot be \"%.64s\"", option->name, value);
        problem_valid(p, "%s", option->choices);
        return -EINVAL;
    }
    line->values[i] = value;
    return 0;
}

int command_parse(const struct command *command, char *const *words, size_t count, const char **room,
                  struct command_line *line, bool *ret_help, struct problem *p)
{
    bool options_end = false;

    *line = (struct command_line){.command = command, .words = room};
    *ret_help = false;
    for (size_t i = 0; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
            *ret_help = true;
            return 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        int r = 0;
        if (!options_end && strcmp(words[i], "--") == 0)
            options_end = true;
        else if (!options_end && words[i][0] == '-' && words[i][1])
            r = take_option(line, words, count, &i, p);
        else
            line->words[line->word_count++] = words[i];
        if (r < 0)
            return r;
    }
    if (line->word_count > command->max_words)
        return problem_set(p, -EINVAL, PX_ARG, "`proximo %s` does not know what to do with \"%.64s\"",
                           command->name, line->words[command->max_words]);
    if (line->word_count < command->min_words)
        return problem_set(p, -EINVAL, PX_ARG, "`proximo %s` needs %s", command->name, command->words);
    return 0;
}

const char *command_value(const struct command_line *line, const char *name)
{
    const size_t count = option_count(line->command);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(line->command->options[i].name, name) == 0)
            return line->values[i];
    }
    return NULL;
}
