/* SPDX-License-Identifier: Apache-2.0 */
/* ct_logs: the journal of one unit inside a container. */
#include "probes.h"

#define SHOWN_MOST 40000u /* of the 50,000 characters of an answer */

/* A unit's name or pattern: what systemd allows in one, and nothing that a program takes for an option. */
static bool is_unit(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.@\\-");
    return len > 0 && len <= 255 && text[len] == '\0' && text[0] != '-';
}

/* The newest lines that fit, as an array; the caller's. */
static struct json_object *newest_lines(const char *text, bool *ret_cut)
{
    struct json_object *lines = json_object_new_array();
    const size_t len = strlen(text);
    const char *at = text;

    if (len > SHOWN_MOST) {
        at = strchr(text + len - SHOWN_MOST, '\n');
        at = at ? at + 1 : text + len;
    }
    *ret_cut = at != text;
    while (lines && *at) {
        const size_t n = strcspn(at, "\n");
        json_object_array_add(lines, json_object_new_string_len(at, (int)n));
        at += n + (at[n] == '\n');
    }
    return lines;
}

static int32_t reply(const struct guest *g, const char *unit, const struct probed *probed)
{
    struct json_object *out DROP_JSON = json_object_new_object();
    struct json_object *untrusted = json_object_new_array();
    bool cut = false;
    struct json_object *lines = newest_lines(probed->out, &cut);

    if (!out || !untrusted || !lines) {
        json_object_put(untrusted);
        json_object_put(lines);
        return PROXIMO_ENOMEM;
    }
    json_object_array_add(untrusted, json_object_new_string("lines"));
    json_object_object_add(out, "vmid", json_object_new_string(g->vmid));
    json_object_object_add(out, "unit", json_object_new_string(unit));
    json_object_object_add(out, "returned", json_object_new_int64((int64_t)json_object_array_length(lines)));
    json_object_object_add(out, "truncated", json_object_new_boolean(cut || probed->truncated));
    json_object_object_add(out, "untrusted", untrusted);
    json_object_object_add(out, "lines", lines);
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .data = json_text(out)};
    return g->ask.host->reply(g->ask.call, &block, 1);
}

static int32_t read_logs(void *instance, struct proximo_call *call)
{
    struct guest g;
    struct probed probed;
    int32_t r = exec_guest_open(instance, call, "lxc", &g);
    const char *unit = ask_argument(&g.ask, "unit"), *lines = ask_argument(&g.ask, "lines");

    if (r == PROXIMO_OK && (!unit || !lines))
        r = PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && !is_unit(unit))
        r = g.ask.host->fail(call, PROXIMO_EINVAL,
                             "unit is a unit of systemd, such as nginx or postgresql@15-main.service");
    if (r == PROXIMO_OK)
        r = exec_guest_running(&g);
    if (r == PROXIMO_OK) {
        const struct proximo_field more[] = {FIELD("unit", unit), FIELD("lines", lines)};
        r = probe_run(&g, "unit_log", more, 2, &probed);
    }
    if (r == PROXIMO_OK && (!probed.ran || probed.exit_status != 0))
        r = g.ask.host->fail(call, probed.ran ? PROXIMO_EREMOTE : PROXIMO_EUNAVAIL, "%s: %s",
                             probed.ran ? "journalctl inside failed" : "the journal could not be read",
                             probed.ran ? (*probed.err ? probed.err : "without a word") : probed.why);
    if (r == PROXIMO_OK)
        r = reply(&g, unit, &probed);
    guest_done(&g);
    return r;
}

static const struct proximo_param params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ctid", .format = "guest", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Container: id or name."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "unit",
          .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT, .maximum = 255,
          .description = "Unit of systemd: nginx, postgresql@15-main.service."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "lines", .flags = PROXIMO_PARAM_NOT_SENT, .minimum = 1,
          .maximum = 5000, .default_json = "50", .description = "Newest lines at most."),
};
static const struct proximo_need needs[] = {
    NEED("/vms/{vmid}", "VM.Audit"),
};
static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
        .name = "ct_logs",
        .title = "Journal of a unit inside a container",
        .description =
            "Shows the newest lines of the journal of one systemd unit inside a container of the operator's "
            "allow-list, by ssh to its node and pct exec with fixed words. The lines were written inside.",
        .params = PROXIMO_TABLE(params),
        .needs = PROXIMO_TABLE(needs),
        .read = read_logs,
    },
};

const struct topic exec_topic_logs = {
    .reads = PROXIMO_TABLE(reads),
};
