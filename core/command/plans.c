/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo plans` and `proximo plan show ID`: what waits, runs and was done. Asks no site and changes
 * nothing. */
#include <stdio.h>

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

static void put_row(struct json_object *row, struct buf *out)
{
    int64_t left = 0;

    buf_printf(out, "%s  %-9s  %-6s  %s\n    %s on %s", text_of(row, "plan_id"), text_of(row, "state"),
               text_of(row, "risk"), text_of(row, "consent"), text_of(row, "action"),
               text_of(row, "subject"));
    if (json_get_int(row, "expires_in_s", &left) == 0)
        buf_printf(out, left ? ", %lld s left" : ", expired", (long long)left);
    if (*text_of(row, "outcome"))
        buf_printf(out, ", %s, receipt %s", text_of(row, "outcome"), text_of(row, "receipt"));
    buf_char(out, '\n');
}

static void put_head(struct buf *out)
{
    buf_printf(out, "%-32s  %-9s  %-6s  %s\n", "PLAN", "STATE", "RISK", "CONSENT");
}

static int list(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    static const struct rows_words words = {.none = "No plans.\n", .head = put_head, .row = put_row};

    return with_trust_rows(trust, line, trust_plans, &words, out, p);
}

/* The plan's own members, and whether it still waits. */
static int show_json(struct trust *trust, const char *id, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf raw = BUF_INIT(WITH_TRUST_TEXT);
    bool waits = true;

    int r = trust_plan_raw(trust, id, &raw, &waits, p);
    if (r == 0)
        buf_printf(out, "{\"waits\":%s,\"plan\":%s}\n", waits ? "true" : "false", raw.data);
    return r;
}

static int show(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    bool waits = true;

    if (command_value(line, "--json"))
        return show_json(trust, line->words[0], out, p);
    if (!command_value(line, "--raw"))
        return trust_plan_show(trust, line->words[0], out, p);
    int r = trust_plan_raw(trust, line->words[0], out, &waits, p);
    return r < 0 || waits ? r : EXIT_PLAN_USED;
}

int command_plans(const struct command_line *line)
{
    return with_trust(line, list);
}

int command_plan_show(const struct command_line *line)
{
    return with_trust(line, show);
}
