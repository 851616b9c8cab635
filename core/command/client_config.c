/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo client-config CLIENT`: what to paste where, so that an MCP client starts this program
 * (docs/clients.md). */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/problem.h"
#include "command/command.h"

#define BLOCK_LIMIT 65536u
#define WORDS_MOST  20
#define WORD_LIMIT  8192u

struct client {
    const char *name, *where;
    const char *list; /* the member of the file that has the servers */
    bool typed;       /* says that the server speaks on standard input and output */
    bool by_command;  /* has a command that writes its own file */
};
static const struct client clients[] = {
    {"claude", "run this in a terminal (or put the block of claude-desktop into a project's .mcp.json)",
     "mcpServers", false, true},
    {"claude-desktop",
     "paste into claude_desktop_config.json (Settings, Developer, Edit Config), then restart it",
     "mcpServers", false, false},
    {"cursor", "paste into ~/.cursor/mcp.json, or .cursor/mcp.json of a project", "mcpServers", false, false},
    {"vscode", "paste into .vscode/mcp.json of a workspace, or where \"MCP: Open User Configuration\" leads",
     "servers", true, false},
};

/* The command line that the client is to run. The words behind `far` go through a shell on the other side. */
struct start {
    const char *words[WORDS_MOST];
    size_t count, far; /* far == count: all here */
};

static void add(struct start *start, const char *word)
{
    if (start->count < WORDS_MOST)
        start->words[start->count++] = word;
}

static bool plain_word(const char *word)
{
    for (const char *c = word; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("_-./:@%+=,", *c))
            return false;
    }
    return word[0] != '\0';
}

/* A word as a POSIX shell reads it back. */
static void put_quoted(struct buf *out, const char *word)
{
    if (plain_word(word)) {
        buf_str(out, word);
        return;
    }
    buf_char(out, '\'');
    for (const char *c = word; *c; c++) {
        if (*c == '\'')
            buf_str(out, "'\\''");
        else
            buf_char(out, *c);
    }
    buf_char(out, '\'');
}

/* Word i as it is handed to the first program: quoted once where ssh hands it to a shell. */
static void put_handed(struct buf *out, const struct start *start, size_t i)
{
    if (i >= start->far)
        put_quoted(out, start->words[i]);
    else
        buf_str(out, start->words[i]);
}

static const struct client *client_named(const char *name, struct problem *p)
{
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        if (strcmp(clients[i].name, name) == 0)
            return &clients[i];
    }
    (void)problem_set(p, -EINVAL, PX_ARG, "there is no block for the client \"%.40s\"", name);
    problem_next(p, "take claude-desktop for one that is not listed: most read the same JSON");
    problem_valid(p, "claude, claude-desktop, cursor, vscode");
    return NULL;
}

/* Options and control characters are no names of a host or a user. */
static int check_name(const char *option, const char *name, struct problem *p)
{
    if (!name || (name[0] != '-' && plain_word(name)))
        return 0;
    (void)problem_set(p, -EINVAL, PX_ARG, "%s wants a name, not \"%.60s\"", option, name);
    problem_next(p, "letters, digits and . _ - @ : are what a name may have");
    return -EINVAL;
}

/* A client starts the program in a folder that nobody knows: only whole paths lead anywhere. */
static int check_path(const char *option, const char *path, struct problem *p)
{
    bool good = !path || path[0] == '/';

    for (const char *c = path ? path : ""; *c; c++)
        good = good && !iscntrl((unsigned char)*c);
    if (good)
        return 0;
    (void)problem_set(p, -EINVAL, PX_ARG, "%s wants a whole path, which begins with /", option);
    problem_next(p, "the client starts Proximo in a folder of its own choice");
    return -EINVAL;
}

/* `program` outlives *ret. */
static int make_start(const struct command_line *line, struct buf *program, struct start *ret,
                      struct problem *p)
{
    const char *host = command_value(line, "--ssh"), *user = command_value(line, "--user");
    const char *given = command_value(line, "--program"), *config = command_value(line, "--config");
    const char *folder = file_program_dir();

    if (check_name("--ssh", host, p) < 0 || check_name("--user", user, p) < 0 ||
        check_path("--program", given, p) < 0 || check_path("--config", config, p) < 0)
        return -EINVAL;
    if (given)
        buf_str(program, given);
    else
        buf_printf(program, "%s/proximo", folder ? folder : "/usr/bin");
    if (!buf_ok(program))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    if (host) {
        static const char *const ssh[] = {"ssh", "-T", "-o", "BatchMode=yes"};
        for (size_t i = 0; i < sizeof ssh / sizeof ssh[0]; i++)
            add(ret, ssh[i]);
        add(ret, host);
    }
    ret->far = ret->count;
    if (user) {
        static const char *const sudo[] = {"sudo", "-n", "-u"};
        for (size_t i = 0; i < sizeof sudo / sizeof sudo[0]; i++)
            add(ret, sudo[i]);
        add(ret, user);
    }
    add(ret, program->data);
    add(ret, "serve");
    if (config) {
        add(ret, "--config");
        add(ret, config);
    }
    if (command_value(line, "--demo"))
        add(ret, "--demo");
    if (!host)
        ret->far = ret->count;
    return 0;
}

static void put_word(struct buf *out, const struct start *start, size_t i)
{
    struct buf word CLEANUP_BUF = BUF_INIT(WORD_LIMIT);

    put_handed(&word, start, i);
    json_put_cstr(out, buf_ok(&word) ? word.data : "");
}

static void put_block(struct buf *out, const struct client *client, const struct start *start,
                      const char *name)
{
    buf_printf(out, "{\n  \"%s\": {\n    ", client->list);
    json_put_cstr(out, name);
    buf_printf(out, ": {\n%s      \"command\": ", client->typed ? "      \"type\": \"stdio\",\n" : "");
    put_word(out, start, 0);
    buf_str(out, ",\n      \"args\": [");
    for (size_t i = 1; i < start->count; i++) {
        buf_str(out, i > 1 ? ", " : "");
        put_word(out, start, i);
    }
    buf_str(out, "]\n    }\n  }\n}\n");
}

/* A line for this shell; what goes on to the far side's shell is quoted for that one before. */
static void put_command(struct buf *out, const struct start *start, const char *name)
{
    buf_printf(out, "claude mcp add --scope user %s --", name);
    for (size_t i = 0; i < start->count; i++) {
        struct buf word CLEANUP_BUF = BUF_INIT(WORD_LIMIT);

        put_handed(&word, start, i);
        buf_char(out, ' ');
        put_quoted(out, buf_ok(&word) ? word.data : "");
    }
}

int command_client_config(const struct command_line *line)
{
    struct buf out CLEANUP_BUF = BUF_INIT(BLOCK_LIMIT), program CLEANUP_BUF = BUF_INIT(WORD_LIMIT);
    struct buf text CLEANUP_BUF = BUF_INIT(WORD_LIMIT * 4);
    const char *name = command_value(line, "--name");
    struct problem p = PROBLEM_INIT;
    const struct client *client = client_named(line->words[0], &p);
    struct start start = {.count = 0};

    name = name ? name : "proximo";
    if (!client || check_name("--name", name, &p) < 0 || make_start(line, &program, &start, &p) < 0)
        return command_fail(&p);
    if (client->by_command)
        put_command(&text, &start, name);
    if (command_value(line, "--json")) {
        buf_char(&out, '{');
        json_put_key_string(&out, "client", client->name);
        json_put_key_string(&out, "where", client->where);
        if (client->by_command)
            json_put_key_string(&out, "line", buf_ok(&text) ? text.data : "");
        json_put_key(&out, "block");
        put_block(&out, client, &start, name);
        buf_str(&out, "}\n");
        return command_print(&out);
    }
    /* Standard output has what is pasted and nothing else. */
    (void)fprintf(stderr, "%s: %s\n\n", client->name, client->where);
    if (client->by_command)
        buf_printf(&out, "%s\n", buf_ok(&text) ? text.data : "");
    else
        put_block(&out, client, &start, name);
    return command_print(&out);
}
