/* SPDX-License-Identifier: Apache-2.0 */
/* main()'s work: find the command, parse its options, run it. Nothing but the word `serve` ever starts a
 * server. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/problem.h"
#include "base/wrap.h"
#include "command/command_table.h"
#include "proximo/plane.h"

#define TEXT_LIMIT  65536u
#define WORDS_LIMIT ((size_t)32 << 20)

/* --json stands among the words: what failed is a document on standard output, too. */
static bool wants_json;

int command_fail(const struct problem *given)
{
    CLEANUP_BUF struct buf text = BUF_INIT(TEXT_LIMIT);
    struct problem with_next = *given, *p = &with_next;

    /* No error without a next step; where the valid words are listed, they are it. */
    if (!p->next[0] && p->code[0] && !(p->valid[0] && !wants_json))
        problem_next(p, "`proximo explain %s` says what usually causes it and what to do", p->code);

    if (wants_json) {
        CLEANUP_BUF struct buf json = BUF_INIT(TEXT_LIMIT);
        problem_json(p, &json);
        buf_char(&json, '\n');
        (void)command_print(&json);
    }
    buf_str(&text, "proximo: ");
    problem_text(p, &text);
    buf_char(&text, '\n');
    if (buf_ok(&text))
        (void)fd_write_all(STDERR_FILENO, text.data, text.len);
    return strcmp(p->code, PX_CONFIG) == 0 || strcmp(p->code, PX_ARG) == 0 ? EXIT_USAGE : 1;
}

int command_print(const struct buf *text)
{
    return buf_ok(text) && fd_write_all(STDOUT_FILENO, text->data ? text->data : "", text->len) == 0 ? 0 : 1;
}

int command_print_words(const struct buf *text)
{
    CLEANUP_BUF struct buf wrapped = BUF_INIT(WORDS_LIMIT);

    wrap_text(text->data ? text->data : "", WRAP_WIDTH, &wrapped);
    return buf_ok(text) ? command_print(&wrapped) : 1;
}

int command_version(const struct command_line *line)
{
    CLEANUP_BUF struct buf text = BUF_INIT(TEXT_LIMIT);

    if (line && command_value(line, "--json"))
        buf_printf(&text, "{\"version\":\"%s\",\"abi\":\"%d.%d\"}\n", PROXIMO_VERSION, PROXIMO_ABI_MAJOR,
                   PROXIMO_ABI_MINOR);
    else
        buf_printf(&text, "proximo %s (plane ABI %d.%d)\n", PROXIMO_VERSION, PROXIMO_ABI_MAJOR,
                   PROXIMO_ABI_MINOR);
    return command_print(&text);
}

/* A refusal, and how it would have been right. */
static int refuse(const struct problem *p, const struct command *command)
{
    CLEANUP_BUF struct buf text = BUF_INIT(TEXT_LIMIT);

    (void)command_fail(p);
    if (command)
        command_usage_line(command, &text);
    else
        buf_str(&text, "`proximo --help` lists all commands.\n");
    if (buf_ok(&text))
        (void)fd_write_all(STDERR_FILENO, text.data, text.len);
    return EXIT_USAGE;
}

static int show(struct buf *text, int fd, int status)
{
    return buf_ok(text) && fd_write_all(fd, text->data, text->len) == 0 ? status : 1;
}

int command_main(int argc, char **argv)
{
    CLEANUP_BUF struct buf text = BUF_INIT(TEXT_LIMIT);
    struct problem p = PROBLEM_INIT;
    const struct command *command = NULL;
    struct command_line line;
    size_t used = 0;
    bool help = false;

    if (argc < 2 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        command_welcome(&text);
        return show(&text, STDOUT_FILENO, 0);
    }
    if (argc < 2) {
        command_usage(&text);
        return show(&text, STDERR_FILENO, EXIT_USAGE);
    }
    for (int i = 1; i < argc; i++)
        wants_json = wants_json || strcmp(argv[i], "--json") == 0;
    char *const *words = argv + 1;
    const size_t count = (size_t)argc - 1;
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) {
        command_usage(&text);
        return show(&text, STDOUT_FILENO, 0);
    }
    if (strcmp(words[0], "--version") == 0)
        return command_version(NULL);
    if (count == 2 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0) &&
        command_help_group(words[0], &text))
        return show(&text, STDOUT_FILENO, 0);
    if (command_find(words, count, &command, &used, &p) < 0)
        return refuse(&p, NULL);
    CLEANUP_FREE const char **room = calloc(count, sizeof *room);
    if (!room) {
        (void)problem_set(&p, -ENOMEM, PX_INTERNAL, "no memory");
        return command_fail(&p);
    }
    if (command_parse(command, words + used, count - used, room, &line, &help, &p) < 0)
        return refuse(&p, command);
    if (help) {
        command_help_text(command, &text);
        return show(&text, STDOUT_FILENO, 0);
    }
    return command->run(&line);
}
