/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration and a spine without sites and planes, for one command. */
#include "command/with_trust.h"

#include <errno.h>
#include <unistd.h>

#include "base/json.h"
#include "config/config.h"
#include "trust/trust.h"

int local_trust(const char *config_file, int (*f)(struct trust *trust, void *arg, struct problem *p),
                void *arg, struct problem *p)
{
    const struct config_options options = {.file = config_file};
    struct trust_options with = {0};
    struct config *config = NULL;
    struct trust *trust = NULL;

    int r = config_load(&options, &config, p);
    with.config = config;
    if (r == 0 && trust_new(&with, &trust) < 0)
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    if (r == 0)
        r = f(trust, arg, p);
    trust_free(trust);
    config_free(config);
    return r;
}

struct printing {
    const struct command_line *line;
    int (*run)(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p);
    struct buf out;
};

static int run_printing(struct trust *trust, void *arg, struct problem *p)
{
    struct printing *printing = arg;

    return printing->run(trust, printing->line, &printing->out, p);
}

/* Bytes for programs as they are, words for people within a terminal's width. */
static int print(const struct printing *printing)
{
    const bool bytes = command_value(printing->line, "--json") || command_value(printing->line, "--raw");

    return bytes ? command_print(&printing->out) : command_print_words(&printing->out);
}

int with_trust(const struct command_line *line,
               int (*run)(struct trust *trust, const struct command_line *line, struct buf *out,
                          struct problem *p))
{
    struct printing printing = {.line = line, .run = run, .out = BUF_INIT(WITH_TRUST_TEXT)};
    struct problem p = PROBLEM_INIT;

    int r = local_trust(command_value(line, "--config"), run_printing, &printing, &p);
    if (r < 0)
        r = command_fail(&p);
    else if (!buf_ok(&printing.out) || print(&printing) != 0)
        r = 1;
    buf_done(&printing.out);
    return r;
}

int with_trust_rows(struct trust *trust, const struct command_line *line,
                    int (*list)(struct trust *trust, struct buf *out, struct problem *p),
                    const struct rows_words *words, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf json = BUF_INIT(WITH_TRUST_TEXT);
    CLEANUP_JSON struct json_object *rows = NULL;

    int r = list(trust, &json, p);
    if (r < 0)
        return r;
    if (command_value(line, "--json")) {
        buf_add(out, json.data, json.len);
        buf_char(out, '\n');
        return 0;
    }
    r = json_parse(json.data, json.len, &rows, p);
    if (r < 0)
        return r;
    const size_t count = json_object_array_length(rows);
    if (count == 0)
        buf_str(out, words->none);
    else if (words->head)
        words->head(out);
    for (size_t i = 0; i < count; i++)
        words->row(json_object_array_get_idx(rows, i), out);
    return 0;
}
