/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes. Each is one fixed command; what a caller gives is one whole word of it, checked by its
 * parameter's row. A row here is a promise that the command changes nothing: core/trust/risk_command_rows.c,
 * which judges what plans run, knows each of them as a read, and a test compares them.
 */
#include "probes.h"

#define WORD(text)                                                                                           \
    {                                                                                                        \
        ROW(proximo_field), .value = (text)                                                                  \
    }
#define IN_CONTAINER WORD("pct"), WORD("exec"), WORD("{vmid}"), WORD("--")

#define NODE_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node", .flags = PROXIMO_PARAM_REQUIRED,    \
          .description = "Node of the container.")
#define VMID_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "vmid", .flags = PROXIMO_PARAM_REQUIRED,    \
          .description = "Id of the container.")

static const struct proximo_param place[] = {NODE_PARAM, VMID_PARAM};
static const struct proximo_param log_place[] = {
    NODE_PARAM,
    VMID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "unit", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 255,
          .description = "Unit of systemd."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "lines", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,
          .maximum = 5000, .description = "Lines at most."),
};

static const struct proximo_field unit_log[] = {IN_CONTAINER,    WORD("journalctl"), WORD("--no-pager"),
                                                WORD("-o"),      WORD("short-iso"),  WORD("-n"),
                                                WORD("{lines}"), WORD("-u"),         WORD("{unit}")};

#define PROBE(probe_name, probe_text, probe_params, probe_argv)                                              \
    {                                                                                                        \
        ROW(proximo_probe), .name = (probe_name), .description = (probe_text), .executor = EXECUTOR,         \
                            .params = PROXIMO_TABLE(probe_params), .argv = PROXIMO_TABLE(probe_argv)         \
    }

static const struct proximo_probe probes[] = {
    PROBE("unit_log", "The newest lines of a unit's journal.", log_place, unit_log),
};
const struct proximo_table exec_probes = PROXIMO_TABLE(probes);

static const char *text_member(const struct asking *a, struct json_object *o, const char *key)
{
    const char *text = member_text(o, key);
    return text ? ask_text(a, "%s", text) : "";
}

int32_t probe_run(const struct guest *g, const char *name, const struct proximo_field *more, uint32_t count,
                  struct probed *ret)
{
    struct proximo_field fields[8] = {FIELD("node", g->node), FIELD("vmid", g->vmid)};
    struct proximo_answer answer = {ROW(proximo_answer)};

    *ret = (struct probed){.out = "", .err = "", .why = "it did not run"};
    if (count > 6)
        return PROXIMO_EINVAL;
    if (count)
        memcpy(fields + 2, more, count * sizeof(*more));
    int32_t r = g->ask.host->probe(g->ask.call, name, fields, count + 2, &answer);
    if (ask_ends(r))
        return r;
    struct json_object *data DROP_JSON = r == PROXIMO_OK ? json_of(answer.data) : NULL;
    if (!data) {
        if (answer.message.len)
            ret->why = ask_text(&g->ask, "%.*s", (int)answer.message.len, answer.message.ptr);
        return PROXIMO_OK;
    }
    ret->out = text_member(&g->ask, data, "stdout");
    ret->err = text_member(&g->ask, data, "stderr");
    ret->truncated = member_true(data, "truncated");
    ret->ran = member_is(data, "end", "exited");
    ret->exit_status = json_object_get_int64(member_of(data, "exit_status"));
    const char *why = member_text(data, "why");
    if (!ret->ran)
        ret->why = ask_text(&g->ask, "%s%s%s", member_text(data, "end") ? member_text(data, "end") : "no end",
                            why ? ": " : "", why ? why : "");
    return ret->out && ret->err && ret->why ? PROXIMO_OK : PROXIMO_ENOMEM;
}
