/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `proximo init`: a first configuration by asking. Writes two files, both with mode 600: the configuration,
 * and the token's own file. Prints what is to be done on the server and in the MCP client.
 */
#include "command/init.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "command/ask.h"
#include "command/command.h"
#include "command/escrow.h"
#include "command/own_file.h"
#include "config/config.h"

#define TEXT_LIMIT 65536u

static void yaml_line(struct buf *out, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    buf_printf(out, "    %s: ", key);
    json_put_cstr(out, value); /* JSON's strings are YAML's double-quoted ones */
    buf_char(out, '\n');
}

static void write_yaml(const struct init_answers *a, struct buf *out)
{
    buf_printf(out,
               "# Configuration of proximo. `proximo config keys` explains every key.\n"
               "mode: %s\n\nsites:\n  %s:\n    kind: %s\n",
               a->mode, a->site, a->pbs ? "pbs" : "pve");
    yaml_line(out, "url", a->url);
    yaml_line(out, "fingerprint", a->fingerprint);
    yaml_line(out, "ca_file", a->ca_file);
    yaml_line(out, "token_file", a->token_file);
    yaml_line(out, "node", a->node);
    if (!a->planes[0])
        return;
    buf_str(out, "\nplanes:\n");
    for (const char *at = a->planes; *at;) {
        at += strspn(at, " ,");
        size_t len = strcspn(at, " ,");
        if (len)
            buf_printf(out, "  %.*s: {}\n", (int)len, at);
        at += len;
    }
}

/* The token file, unless one that exists was named. */
static int save_token(struct init_answers *a, bool force, struct problem *p)
{
    CLEANUP_BUF struct buf line = BUF_INIT(2 * ASK_SIZE + 16);

    if (!a->secret[0])
        return 0;
    int r = own_file_absent(a->token_file, "--config", force, p);
    if (r == 0)
        r = own_file_folder(a->token_file, p);
    if (r < 0)
        return r;
    if (buf_reserve(&line, 2 * ASK_SIZE) < 0) /* at once: growing would leave copies behind */
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    buf_printf(&line, "%s%c", a->token_id, a->pbs ? ':' : '=');
    buf_str(&line, a->secret);
    buf_char(&line, '\n');
    r = file_write_atomic(a->token_file, line.data, line.len, 0600);
    explicit_bzero(line.data, line.cap);
    explicit_bzero(a->secret, sizeof a->secret);
    return r < 0 ? own_file_failed(a->token_file, r, p) : 0;
}

static int save(struct init_answers *a, const char *path, bool force, struct problem *p)
{
    CLEANUP_BUF struct buf yaml = BUF_INIT(TEXT_LIMIT);
    const struct config_options options = {.file = path, .no_environment = true};
    struct config *config = NULL;

    write_yaml(a, &yaml);
    if (!buf_ok(&yaml))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    /* What will not load is not written. */
    int r = config_load_text(path, yaml.data, yaml.len, &config, p);
    config_free(config);
    if (r == 0)
        r = save_token(a, force, p);
    if (r == 0)
        r = own_file_folder(path, p);
    if (r < 0)
        return r;
    r = file_write_atomic(path, yaml.data, yaml.len, 0600);
    if (r < 0)
        return own_file_failed(path, r, p);
    config = NULL;
    r = config_load(&options, &config, p);
    config_free(config);
    return r;
}

/* The block for an MCP client's configuration. */
static void client_block(const char *path, struct buf *out)
{
    char program[PATH_MAX];
    const char *folder = file_program_dir();

    (void)snprintf(program, sizeof program, "%s%sproximo", folder ? folder : "", folder ? "/" : "");
    buf_str(out, "{\"mcpServers\":{\"proximo\":{");
    json_put_key_string(out, "command", program);
    json_put_key(out, "args");
    buf_str(out, "[\"serve\",\"--config\",");
    json_put_cstr(out, path);
    buf_str(out, "]}}}\n");
}

/* The ledger is made now, so that its first key can be kept elsewhere before it is erased. */
static int escrow(const char *path, const char *to)
{
    const struct config_options options = {.file = path};
    struct config *config = NULL;
    struct problem p = PROBLEM_INIT;

    int r = config_load(&options, &config, &p);
    if (r == 0 && !to && !isatty(STDOUT_FILENO)) {
        printf("\nThe ledger's first key: `proximo audit escrow --config %s --out FILE` writes it; keep it "
               "off this "
               "machine.\n",
               path);
    } else if (r == 0) {
        printf("\nThe ledger's first key%s%s. Keep it away from this machine: with it every seal of the "
               "ledger can be "
               "checked,\nand from the first epoch's end on it is nowhere else.\n\n",
               to ? " goes to " : "", to ? to : "");
        (void)fflush(stdout);
        r = escrow_give(config, to, &p);
    }
    config_free(config);
    /* the configuration stands; what is missing is told */
    if (r < 0)
        (void)command_fail(&p);
    return r == -ENOKEY ? 0 : r;
}

static int report(const struct init_answers *a, const char *path)
{
    CLEANUP_BUF struct buf out = BUF_INIT(TEXT_LIMIT);

    buf_printf(&out, "Written: %s (mode 600)\n", path);
    if (a->wrote_token)
        buf_printf(&out, "Written: %s (mode 600)\n", a->token_file);
    buf_str(&out, "\nFor the MCP client:\n\n");
    client_block(path, &out);
    buf_printf(&out, "\nNext: proximo doctor --config %s\n", path);
    return buf_ok(&out) && fd_write_all(STDOUT_FILENO, out.data, out.len) == 0 ? 0 : 1;
}

int command_init(const struct command_line *line)
{
    const bool force = command_value(line, "--force") != NULL;
    CLEANUP_FREE struct init_answers *a = calloc(1, sizeof *a);
    struct problem p = PROBLEM_INIT;
    char path[PATH_MAX];

    int r = a ? own_file_path(command_value(line, "--config"), "proximo.yaml", path, &p)
              : problem_set(&p, -ENOMEM, PX_INTERNAL, "no memory");
    if (r == 0)
        r = own_file_absent(path, "--config", force, &p);
    if (r == 0) {
        (void)snprintf(a->config_folder, sizeof a->config_folder, "%s", path);
        *strrchr(a->config_folder, '/') = '\0';
        a->force = force;
        r = init_ask(a, &p);
    }
    if (r == 0) {
        a->wrote_token = a->secret[0] != '\0';
        r = save(a, path, force, &p);
    }
    if (a)
        explicit_bzero(a->secret, sizeof a->secret);
    if (r < 0)
        return command_fail(&p);
    const int reported = report(a, path);
    return escrow(path, command_value(line, "--escrow")) < 0 ? 1 : reported;
}
