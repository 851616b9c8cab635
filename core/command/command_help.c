/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts, made from the table of commands. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/problem.h"
#include "command/command_table.h"
#include "config/config.h"

#define HELP_LIMIT 65536u

void command_usage_line(const struct command *command, struct buf *out)
{
    buf_printf(out, "usage: proximo %s%s%s", command->name, command->words[0] ? " " : "", command->words);
    for (size_t i = 0; i < COMMAND_MAX_OPTIONS && command->options[i].name; i++) {
        const struct command_option *option = &command->options[i];
        buf_printf(out, " [%s%s", option->name, option->argument ? " " : "");
        for (const char *c = option->choices    ? option->choices
                             : option->argument ? option->argument
                                                : "";
             *c; c++)
            buf_char(out, *c == ',' ? '|' : *c);
        buf_char(out, ']');
    }
    buf_char(out, '\n');
}

static void summary_line(const struct command *command, struct buf *out)
{
    char name[64];

    (void)snprintf(name, sizeof name, "%s%s%s", command->name, command->words[0] ? " " : "", command->words);
    buf_printf(out, "  %-26s %s\n", name, command->summary);
}

void command_usage(struct buf *out)
{
    buf_str(out, "proximo: an MCP server that can be handed the keys of a Proxmox cluster\n\n"
                 "usage: proximo COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < command_count; i++) {
        if (!command_table[i].hidden)
            summary_line(&command_table[i], out);
    }
    buf_str(out,
            "\n`proximo COMMAND --help` explains one of them. `proximo serve` is what an MCP client starts;\n"
            "`proximo init` writes a first configuration, `proximo serve --demo` needs no Proxmox.\n");
}

void command_welcome(struct buf *out)
{
    buf_str(out, "Proximo lets an AI agent look after a Proxmox cluster: it plans each dangerous\n"
                 "move from live state, asks a person, runs just the plan, knows the way back.\n\n"
                 "  proximo serve --demo --mode guarded   a server on a simulated cluster\n"
                 "  proximo init                          set up for your own, by questions\n"
                 "  proximo doctor                        is all as it should be?\n"
                 "  proximo client-config claude          what to paste into the MCP client;\n"
                 "                                        also claude-desktop, cursor, vscode\n"
                 "  proximo plans                         what waits for you; approve ID signs\n\n"
                 "`proximo --help` lists all commands, `man proximo` explains them.\n");
}

void command_help_text(const struct command *command, struct buf *out)
{
    command_usage_line(command, out);
    buf_printf(out, "\n%s.\n", command->summary);
    if (command->details)
        buf_printf(out, "%s\n", command->details);
    buf_char(out, '\n');
    for (size_t i = 0; i < COMMAND_MAX_OPTIONS && command->options[i].name; i++) {
        const struct command_option *option = &command->options[i];
        char name[48];
        (void)snprintf(name, sizeof name, "%s %s", option->name, option->argument ? option->argument : "");
        buf_printf(out, "  %-20s %s", name, option->help);
        if (option->choices)
            buf_printf(out, " (%s)", option->choices);
        buf_char(out, '\n');
    }
    buf_printf(out, "  %-20s %s\n", "--help", "this text");
}

bool command_help_group(const char *group, struct buf *out)
{
    const size_t len = strlen(group);
    bool found = false;

    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &command_table[i];
        if (strncmp(command->name, group, len) != 0 || command->name[len] != ' ' || command->hidden)
            continue;
        if (!found)
            buf_printf(out, "usage: proximo %s COMMAND [OPTIONS]\n\n", group);
        summary_line(command, out);
        found = true;
    }
    if (found && strcmp(group, "config") == 0) {
        buf_str(out, "\nThe configuration file is YAML. Its keys:\n\n");
        config_keys(out);
    }
    return found;
}

static int print(struct buf *text)
{
    return buf_ok(text) && fd_write_all(STDOUT_FILENO, text->data, text->len) == 0 ? 0 : 1;
}

int command_help(const struct command_line *line)
{
    CLEANUP_BUF struct buf text = BUF_INIT(HELP_LIMIT);
    struct problem p = PROBLEM_INIT;
    const struct command *command;
    char *words[2] = {NULL, NULL};
    size_t used;

    if (line->word_count == 0) {
        command_usage(&text);
        return print(&text);
    }
    for (size_t i = 0; i < line->word_count; i++)
        memcpy(&words[i], &line->words[i], sizeof words[i]);
    if (line->word_count == 1 && command_help_group(words[0], &text))
        return print(&text);
    if (command_find(words, line->word_count, &command, &used, &p) < 0)
        return command_fail(&p);
    command_help_text(command, &text);
    return print(&text);
}
