/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo completion SHELL`: what completes command lines in bash, zsh and fish, from the table of commands.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "command/command_table.h"

#define COMPLETION_LIMIT 262144u

/* How many bytes of its name are a group ("config" of "config show"); 0: it is in none. */
static size_t group_len(const struct command *command)
{
    const char *space = strchr(command->name, ' ');

    return space ? (size_t)(space - command->name) : 0;
}

static bool same_group(const struct command *a, const struct command *b)
{
    return group_len(a) > 0 && group_len(a) == group_len(b) && memcmp(a->name, b->name, group_len(a)) == 0;
}

/* The first of its group, or in none: where the group's name is said. */
static bool is_first(const struct command *command)
{
    for (const struct command *c = command_table; c < command; c++) {
        if (!c->hidden && same_group(c, command))
            return false;
    }
    return true;
}

static bool is_file(const char *argument)
{
    return argument && (strcmp(argument, "FILE") == 0 || strcmp(argument, "FOLDER") == 0);
}

/* Text inside single quotes: fish knows a backslash there, the others end the quotes for a moment. */
static void put_text(struct buf *out, const char *text, bool fish)
{
    for (; *text; text++) {
        if (*text == '\'' || (fish && *text == '\\'))
            buf_str(out, fish ? "\\" : "'\\'");
        buf_char(out, *text);
    }
}

static void put_choices(struct buf *out, const char *choices)
{
    for (; *choices; choices++)
        buf_char(out, *choices == ',' ? ' ' : *choices);
}

/* The next visible command from c on, the next option from o on: NULL at the end. */
static const struct command *visible(const struct command *c)
{
    while (c < command_table + command_count && c->hidden)
        c++;
    return c < command_table + command_count ? c : NULL;
}

static const struct command_option *option_of(const struct command *c, const struct command_option *o)
{
    return o < c->options + COMMAND_MAX_OPTIONS && o->name ? o : NULL;
}

/* "first" of every command, each once; where describe: as 'name:what it does'. */
static void put_first_words(struct buf *out, bool describe)
{
    for (const struct command *c = visible(command_table); c; c = visible(c + 1)) {
        const int len = (int)(group_len(c) ? group_len(c) : strlen(c->name));

        if (!is_first(c))
            continue;
        buf_printf(out, describe ? " '%.*s:" : " %.*s", len, c->name);
        if (describe) {
            put_text(out, group_len(c) ? "more commands" : c->summary, false);
            buf_char(out, '\'');
        }
    }
}

static void put_second_words(struct buf *out, const struct command *first, bool describe)
{
    for (const struct command *c = visible(command_table); c; c = visible(c + 1)) {
        if (!same_group(first, c))
            continue;
        buf_printf(out, describe ? " '%s:" : " %s", c->name + group_len(c) + 1);
        if (describe) {
            put_text(out, c->summary, false);
            buf_char(out, '\'');
        }
    }
}

/* The rows of `case "$command $previous"`: what an option takes. Nothing is offered where nothing is known.
 */
static void put_values(struct buf *out, const char *words_before, const char *words_after, const char *files)
{
    for (const struct command *c = visible(command_table); c; c = visible(c + 1)) {
        for (const struct command_option *o = option_of(c, c->options); o; o = option_of(c, o + 1)) {
            if (!o->argument)
                continue;
            buf_printf(out, "    '%s %s') ", c->name, o->name);
            if (o->choices) {
                buf_str(out, words_before);
                put_choices(out, o->choices);
                buf_str(out, words_after);
            } else {
                buf_str(out, is_file(o->argument) ? files : ":");
            }
            buf_str(out, "; return ;;\n");
        }
    }
}

static void put_groups(struct buf *out, const char *before, const char *after, bool describe)
{
    for (const struct command *c = visible(command_table); c; c = visible(c + 1)) {
        if (!group_len(c) || !is_first(c))
            continue;
        buf_printf(out, "    %.*s) %s", (int)group_len(c), c->name, before);
        put_second_words(out, c, describe);
        buf_printf(out, "%s ;;\n", after);
    }
}

static void put_bash(struct buf *out)
{
    buf_str(out, "# bash completion of proximo; made by `proximo completion bash`\n"
                 "_proximo()\n{\n"
                 "    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                 "    local command=${COMP_WORDS[1]} list='' files=''\n"
                 "    COMPREPLY=()\n"
                 "    if ((COMP_CWORD == 1)); then\n        mapfile -t COMPREPLY < <(compgen -W '--help");
    put_first_words(out, false);
    buf_str(out, "' -- \"$cur\")\n        return\n    fi\n    case $command in\n");
    put_groups(out, "list='", "'", false);
    buf_str(out, "    esac\n    if [[ -n $list ]]; then\n"
                 "        if ((COMP_CWORD == 2)); then\n"
                 "            mapfile -t COMPREPLY < <(compgen -W \"$list --help\" -- \"$cur\")\n"
                 "            return\n        fi\n        command+=\" ${COMP_WORDS[2]}\"\n    fi\n"
                 "    case \"$command $previous\" in\n");
    put_values(out, "mapfile -t COMPREPLY < <(compgen -W '", "' -- \"$cur\")",
               "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")");
    buf_str(out, "    esac\n    case $command in\n");
    for (const struct command *c = visible(command_table); c; c = visible(c + 1)) {
        buf_printf(out, "    '%s') list='", c->name);
        for (const struct command_option *o = option_of(c, c->options); o; o = option_of(c, o + 1))
            buf_printf(out, "%s ", o->name);
        buf_printf(out, "--help'%s ;;\n", is_file(c->words) ? " files=yes" : "");
    }
    buf_str(out, "    *) return ;;\n    esac\n"
                 "    if [[ -n $files && $cur != -* ]]; then\n"
                 "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n    else\n"
                 "        mapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$cur\")\n    fi\n}\n"
                 "complete -o filenames -F _proximo proximo\n");
}

static void put_zsh(struct buf *out)
{
    buf_str(out,
            "#compdef proximo\n# zsh completion of proximo; made by `proximo completion zsh`\n"
            "local command=${words[2]} files=''\nlocal -a list\nif (( CURRENT == 2 )); then\n    list=(");
    put_first_words(out, true);
    buf_str(out, ")\n    _describe command list\n    return\nfi\ncase $command in\n");
    put_groups(out, "list=(", ")", true);
    buf_str(out, "esac\nif (( $#list )); then\n    if (( CURRENT == 3 )); then\n"
                 "        _describe command list\n        return\n    fi\n"
                 "    command+=\" ${words[3]}\"\nfi\ncase \"$command ${words[CURRENT-1]}\" in\n");
    put_values(out, "compadd -- ", "", "_files");
    buf_str(out, "esac\ncase $command in\n");
    for (const struct command *c = visible(command_table); c; c = visible(c + 1)) {
        buf_printf(out, "    '%s') list=(", c->name);
        for (const struct command_option *o = option_of(c, c->options); o; o = option_of(c, o + 1)) {
            buf_printf(out, "'%s:", o->name);
            put_text(out, o->help, false);
            buf_str(out, "' ");
        }
        buf_printf(out, "'--help:explain it')%s ;;\n", is_file(c->words) ? " files=yes" : "");
    }
    buf_str(out, "    *) return 1 ;;\nesac\nif [[ -n $files && $PREFIX != -* ]]; then\n    _files\nelse\n"
                 "    _describe -o option list\nfi\n");
}

/* The condition of fish under which a command's own words are offered. */
static void put_fish_seen(struct buf *out, const struct command *c)
{
    buf_printf(out, "__fish_seen_subcommand_from %.*s", (int)(group_len(c) ? group_len(c) : strlen(c->name)),
               c->name);
    if (group_len(c))
        buf_printf(out, "; and __fish_seen_subcommand_from %s", c->name + group_len(c) + 1);
}

static void put_fish_command(struct buf *out, const struct command *c)
{
    const int len = (int)group_len(c);

    if (len > 0 && is_first(c))
        buf_printf(out, "complete -c proximo -n __fish_use_subcommand -a %.*s -d 'more commands'\n", len,
                   c->name);
    if (len > 0) {
        buf_printf(
            out,
            "complete -c proximo -n '__fish_seen_subcommand_from %.*s; and not __fish_seen_subcommand_from",
            len, c->name);
        put_second_words(out, c, false);
        buf_printf(out, "' -a %s -d '", c->name + len + 1);
    } else {
        buf_printf(out, "complete -c proximo -n __fish_use_subcommand -a %s -d '", c->name);
    }
    put_text(out, c->summary, true);
    buf_str(out, "'\n");
    if (is_file(c->words)) {
        buf_str(out, "complete -c proximo -n '");
        put_fish_seen(out, c);
        buf_str(out, "' -F\n");
    }
    for (const struct command_option *o = option_of(c, c->options); o; o = option_of(c, o + 1)) {
        buf_str(out, "complete -c proximo -n '");
        put_fish_seen(out, c);
        buf_printf(out, "' -l %s%s", o->name + 2, is_file(o->argument) ? " -r -F" : o->argument ? " -x" : "");
        if (o->choices) {
            buf_str(out, " -a '");
            put_choices(out, o->choices);
            buf_char(out, '\'');
        }
        buf_str(out, " -d '");
        put_text(out, o->help, true);
        buf_str(out, "'\n");
    }
}

static void put_fish(struct buf *out)
{
    buf_str(out, "# fish completion of proximo; made by `proximo completion fish`\ncomplete -c proximo -f\n");
    for (const struct command *c = visible(command_table); c; c = visible(c + 1))
        put_fish_command(out, c);
}

int command_completion(const struct command_line *line)
{
    static const struct {
        const char *name;
        void (*put)(struct buf *out);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    struct buf out CLEANUP_BUF = BUF_INIT(COMPLETION_LIMIT);

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, line->words[0]) == 0) {
            shells[i].put(&out);
            return command_print(&out);
        }
    }
    (void)fprintf(stderr, "proximo: completion wants bash, zsh or fish\n");
    return EXIT_USAGE;
}
