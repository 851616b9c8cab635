/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo plans` and `proximo plan show ID`: what waits, runs and was done. Asks no site and changes
 * nothing. */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "command/command.h"
#include "config/config.h"
#include "trust/trust.h"

#define TEXT_LIMIT ((size_t)16 << 20)

/* Both commands: a configuration and a spine without sites and planes. */
static int with_trust(const struct command_line *line,
                      int (*run)(struct trust *trust, const struct command_line *line, struct buf *out,
                                 struct problem *p))
{
    const struct config_options options = {.file = command_value(line, "--config")};
    CLEANUP_BUF struct buf out = BUF_INIT(TEXT_LIMIT);
    struct trust_options with = {0};
    struct problem p = PROBLEM_INIT;
    struct config *config = NULL;
    struct trust *trust = NULL;

    int r = config_load(&options, &config, &p);
    with.config = config;
    if (r == 0 && trust_new(&with, &trust) < 0)
        r = problem_set(&p, -1, PX_INTERNAL, "no memory");
    if (r == 0)
        r = run(trust, line, &out, &p);
    trust_free(trust);
    config_free(config);
    if (r < 0)
        return command_fail(&p);
    return buf_ok(&out) && fd_write_all(STDOUT_FILENO, out.data ? out.data : "", out.len) == 0 ? 0 : 1;
}

static const char *text_of(struct json_object *row, const char *name)
{
    const char *text = "";

    (void)json_get_string(row, name, &text, NULL);
    return text;
}

static void put_row(struct json_object *row, struct buf *out)
{
    int64_t left = 0;

    buf_printf(out, "%s  %-9s %-7s %-8s %-18s %s", text_of(row, "plan_id"), text_of(row, "state"),
               text_of(row, "risk"), text_of(row, "consent"), text_of(row, "action"),
               text_of(row, "subject"));
    if (json_get_int(row, "expires_in_s", &left) == 0)
        buf_printf(out, left ? "  (%lld s left)" : "  (expired)", (long long)left);
    if (*text_of(row, "outcome"))
        buf_printf(out, "  %s %s", text_of(row, "outcome"), text_of(row, "receipt"));
    buf_char(out, '\n');
}

static int list(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf json = BUF_INIT(TEXT_LIMIT);
    CLEANUP_JSON struct json_object *rows = NULL;

    int r = trust_plans(trust, &json, p);
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
        buf_str(out, "No plans.\n");
    else
        buf_printf(out, "%-32s  %-9s %-7s %-8s %-18s %s\n", "PLAN", "STATE", "RISK", "CONSENT", "ACTION",
                   "SUBJECT");
    for (size_t i = 0; i < count; i++)
        put_row(json_object_array_get_idx(rows, i), out);
    return 0;
}

static int show(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    return trust_plan_show(trust, line->words[0], out, p);
}

int command_plans(const struct command_line *line)
{
    return with_trust(line, list);
}

int command_plan_show(const struct command_line *line)
{
    return with_trust(line, show);
}
