/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo doubt list | close`: executions of which nobody knows yet what came. Asks no site. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "command/with_trust.h"
#include "trust/trust.h"

static const char *text_of(struct json_object *row, const char *name)
{
    const char *text = "";

    (void)json_get_string(row, name, &text, NULL);
    return text;
}

static void put_time(struct json_object *row, const char *name, const char *words, struct buf *out)
{
    int64_t seconds = 0;
    struct tm parts;
    char when[48];

    if (json_get_int(row, name, &seconds) == 0 && gmtime_r(&(const time_t){(time_t)seconds}, &parts) &&
        strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &parts))
        buf_printf(out, "%s%s", words, when);
}

static void put_step(struct json_object *step, struct buf *out)
{
    int64_t status = 0;

    buf_printf(out, "    step %s: %s", text_of(step, "name"), text_of(step, "event"));
    put_time(step, "time", ", ", out);
    if (json_get_int(step, "status", &status) == 0)
        buf_printf(out, ", status %lld", (long long)status);
    buf_char(out, '\n');
    if (*text_of(step, "path"))
        buf_printf(out, "      %s %s\n", text_of(step, "method"), text_of(step, "path"));
    if (*text_of(step, "upid"))
        buf_printf(out, "      %s\n", text_of(step, "upid"));
    if (*text_of(step, "why"))
        buf_printf(out, "      %s\n", text_of(step, "why"));
}

static void put_row(struct json_object *row, struct buf *out)
{
    struct json_object *steps = NULL;

    buf_printf(out, "%s  %s: %s of %s on %s\n", text_of(row, "plan_id"), text_of(row, "state"),
               text_of(row, "action"), text_of(row, "subject"), text_of(row, "site"));
    put_time(row, "planned", "    planned ", out);
    put_time(row, "in_doubt_since", ", in doubt since ", out);
    buf_char(out, '\n');
    if (*text_of(row, "why"))
        buf_printf(out, "    not found out: %s\n", text_of(row, "why"));
    if (*text_of(row, "journal"))
        buf_printf(out, "    journal: %s\n", text_of(row, "journal"));
    (void)json_get(row, "steps", json_type_array, &steps);
    for (size_t i = 0; steps && i < json_object_array_length(steps); i++)
        put_step(json_object_array_get_idx(steps, i), out);
}

static int list(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    static const struct rows_words words = {.none = "Nothing is in doubt.\n", .row = put_row};

    return with_trust_rows(trust, line, trust_doubts, &words, out, p);
}

static int close_one(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    const char *verdict = command_value(line, "--verdict"), *reason = command_value(line, "--reason");

    if (!verdict || !reason) {
        (void)problem_set(p, -EINVAL, PX_ARG, "`proximo doubt close` needs --verdict and --reason");
        problem_next(p, "look at the cluster first, then say what it shows");
        return -EINVAL;
    }
    int r = trust_doubt_close(trust, line->words[0], verdict, reason, p);
    if (r == 0 && command_value(line, "--json")) {
        buf_char(out, '{');
        json_put_key_string(out, "plan_id", line->words[0]);
        json_put_key_string(out, "verdict", verdict);
        buf_str(out, "}\n");
    } else if (r == 0)
        buf_printf(out, "Plan %s is closed: %s. The verdict is in the ledger.\n", line->words[0], verdict);
    return r;
}

int command_doubt_list(const struct command_line *line)
{
    return with_trust(line, list);
}

int command_doubt_close(const struct command_line *line)
{
    return with_trust(line, close_one);
}
