/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo man-page`: the manual page proximo(1), from the table of commands; built and installed with the
 * program. */
#include <string.h>

#include "base/buf.h"
#include "command/command_table.h"

#define PAGE_LIMIT 262144u

/* Text as troff prints it unchanged; the lines of `text` stay lines. */
static void put_text(struct buf *out, const char *text)
{
    bool begins = true;

    for (; *text; text++) {
        if (begins && (*text == '.' || *text == '\''))
            buf_str(out, "\\&");
        if (*text == '\\')
            buf_str(out, "\\e");
        else if (*text == '-')
            buf_str(out, "\\-");
        else if (*text == '\n')
            buf_str(out, text[1] == ' ' ? "\n.br\n\\&" : "\n.br\n");
        else
            buf_char(out, *text);
        begins = *text == '\n';
    }
}

static void put_option(struct buf *out, const struct command_option *option)
{
    buf_str(out, ".TP\n.B ");
    put_text(out, option->name);
    buf_printf(out, "%s%s\n", option->argument ? " " : "", option->argument ? option->argument : "");
    put_text(out, option->help);
    if (option->choices) {
        buf_str(out, " (");
        put_text(out, option->choices);
        buf_char(out, ')');
    }
    buf_char(out, '\n');
}

static void put_command(struct buf *out, const struct command *command)
{
    buf_str(out, ".SS proximo ");
    put_text(out, command->name);
    buf_printf(out, "%s%s\n", command->words[0] ? " " : "", command->words);
    put_text(out, command->summary);
    buf_str(out, ".\n");
    if (command->details) {
        buf_str(out, ".PP\n");
        put_text(out, command->details);
        buf_char(out, '\n');
    }
    for (size_t i = 0; i < COMMAND_MAX_OPTIONS && command->options[i].name; i++)
        put_option(out, &command->options[i]);
}

int command_man_page(const struct command_line *line)
{
    struct buf out CLEANUP_BUF = BUF_INIT(PAGE_LIMIT);

    (void)line;
    buf_str(&out,
            ".TH PROXIMO 1 \"\" \"proximo " PROXIMO_VERSION "\" \"User Commands\"\n"
            ".SH NAME\nproximo \\- MCP server that can be handed the keys of a Proxmox cluster\n"
            ".SH SYNOPSIS\n.B proximo\n.I COMMAND\n[\\fIOPTIONS\\fR] [\\fIWORDS\\fR]\n"
            ".SH DESCRIPTION\nAn MCP client starts\n.B proximo serve\n"
            "and talks to it on standard input and output. Tools read what a Proxmox VE cluster or a Proxmox "
            "Backup\n"
            "Server says, and plan changes; a plan says what it does and whom it hurts, and only then it is "
            "applied.\n"
            "All of it is recorded in a ledger. Every other command is for the person who runs the server.\n"
            ".PP\n.B proximo init\nwrites a first configuration,\n.B proximo serve \\-\\-demo\n"
            "needs no Proxmox. Every command explains itself with\n.BR \\-\\-help .\n.SH COMMANDS\n");
    for (size_t i = 0; i < command_count; i++) {
        if (!command_table[i].hidden)
            put_command(&out, &command_table[i]);
    }
    buf_str(&out,
            ".SH FILES\n.TP\n.I ~/.config/proximo/proximo.yaml\nThe configuration; its keys are listed by\n"
            ".BR \"proximo config keys\" .\n"
            ".SH EXIT STATUS\n0: done. 1: it failed. 2: unknown words, bad options, a configuration that is\n"
            "wrong. What else a command ends with is said where it is explained.\n"
            ".SH SEE ALSO\n.BR proximo\\-sim (1)\n");
    return command_print(&out);
}
