/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo lease grant | end | show`: a person's leave to change things, for a time. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "command/with_trust.h"
#include "trust/trust.h"

#define LONGEST_S UINT64_C(604800)

/* "90s", "30m", "2h", "7d". */
static int time_read(const char *text, int64_t *ret_s, struct problem *p)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const size_t len = strlen(text);
    char digits[12];
    uint64_t number = 0;

    for (size_t i = 0; len > 1 && len < sizeof(digits) && i < sizeof(units) / sizeof(units[0]); i++) {
        if (text[len - 1] != units[i].unit)
            continue;
        memcpy(digits, text, len - 1);
        digits[len - 1] = '\0';
        if (text_to_u64(digits, LONGEST_S, &number) == 0 && number > 0) {
            *ret_s = (int64_t)(number * units[i].seconds);
            return 0;
        }
    }
    (void)problem_set(p, -EINVAL, PX_ARG, "--for cannot be \"%.40s\"", text);
    problem_next(p, "give a number and a unit: 30m, 2h, 1d; at most 7d");
    return -EINVAL;
}

static void put_lease(struct json_object *lease, struct buf *out)
{
    const char *state = "", *id = "", *class = NULL, *site = NULL;
    int64_t until = 0, left = 0, changes = 0, used = 0;
    bool required = false;
    char when[48] = "";
    struct tm parts;

    (void)json_get_string(lease, "state", &state, NULL);
    (void)json_get_string(lease, "lease", &id, NULL);
    (void)json_get_string(lease, "class", &class, NULL);
    (void)json_get_string(lease, "site", &site, NULL);
    (void)json_get_int(lease, "used", &used);
    (void)json_get_bool(lease, "required", &required);
    if (strcmp(state, "none") == 0) {
        buf_str(out, "There is no lease.\n");
    } else {
        buf_printf(out, "Lease %s: %s\n", id, state);
        if (json_get_int(lease, "until", &until) == 0 && gmtime_r(&(const time_t){(time_t)until}, &parts) &&
            strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &parts))
            buf_printf(out, "  until    %s", when);
        if (json_get_int(lease, "left_s", &left) == 0)
            buf_printf(out, " (%lld min left)", (long long)(left / 60));
        if (*when)
            buf_char(out, '\n');
        if (json_get_int(lease, "changes", &changes) == 0)
            buf_printf(out, "  changes  %lld of %lld used\n", (long long)used, (long long)changes);
        else if (*when)
            buf_printf(out, "  changes  any number, %lld so far\n", (long long)used);
        if (*when)
            buf_printf(out, "  classes  %s\n  site     %s\n", class ? class : "all", site ? site : "all");
    }
    if (!required)
        buf_str(out, "trust.lease is not `required`: changes need none.\n");
}

static int tell(const struct buf *json, const struct command_line *line, struct buf *out, struct problem *p)
{
    CLEANUP_JSON struct json_object *lease = NULL;

    if (command_value(line, "--json")) {
        buf_add(out, json->data, json->len);
        buf_char(out, '\n');
        return 0;
    }
    int r = json_parse(json->data, json->len, &lease, p);
    if (r == 0)
        put_lease(lease, out);
    return r;
}

static int grant(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    struct trust_lease lease = {.operation_class = command_value(line, "--class"),
                                .site = command_value(line, "--site")};
    const char *time = command_value(line, "--for"), *changes = command_value(line, "--changes");
    CLEANUP_BUF struct buf json = BUF_INIT(4096);
    uint64_t number = 0;

    if (!time) {
        (void)problem_set(p, -EINVAL, PX_ARG, "`proximo lease grant` needs --for");
        problem_next(p, "give a number and a unit: 30m, 2h, 1d; at most 7d");
        return -EINVAL;
    }
    int r = time_read(time, &lease.for_s, p);
    if (r < 0)
        return r;
    if (changes && (text_to_u64(changes, UINT32_MAX, &number) < 0 || number == 0))
        return problem_set(p, -EINVAL, PX_ARG, "--changes cannot be \"%.40s\": a number from 1 is needed",
                           changes);
    lease.changes = (uint32_t)number;
    r = trust_lease_grant(trust, &lease, &json, p);
    return r < 0 ? r : tell(&json, line, out, p);
}

static int end(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    bool was = false;

    (void)line;
    int r = trust_lease_end(trust, &was, p);
    if (r == 0 && command_value(line, "--json"))
        buf_printf(out, "{\"good\":false,\"was\":%s}\n", was ? "true" : "false");
    else if (r == 0)
        buf_str(out, was ? "The lease is ended.\n" : "There was no lease that is good.\n");
    return r;
}

static int show(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf json = BUF_INIT(4096);

    int r = trust_lease_show(trust, &json, p);
    return r < 0 ? r : tell(&json, line, out, p);
}

int command_lease_grant(const struct command_line *line)
{
    return with_trust(line, grant);
}

int command_lease_end(const struct command_line *line)
{
    return with_trust(line, end);
}

int command_lease_show(const struct command_line *line)
{
    return with_trust(line, show);
}
