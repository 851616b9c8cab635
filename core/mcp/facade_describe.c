/* SPDX-License-Identifier: Apache-2.0 */
/* proximo_describe: everything a caller needs to use a tool right the first time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "config/config.h"
#include "mcp/catalog.h"
#include "mcp/privileges.h"
#include "mcp/state.h"
#include "mcp/tools.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"

#define TOOLS_MOST     10
#define DESCRIBE_BYTES 45000

/* A value that could stand for a parameter of this format or, where any text is taken, of this name, for the
 * example call. */
static const struct {
    const char *format, *example;
} examples[] = {
    {"guest", "105"},
    {"kind", "lxc"},
    {"node", "pve1"},
    {"vmid", "105"},
    {"storage", "local"},
    {"snapname", "before"},
    {"iface", "vmbr0"},
    {"poolid", "production"},
    {"userid", "root@pam"},
    {"realm", "pam"},
    {"id", "lab-1"},
    {"volid", "local:iso/debian-12.iso"},
    {"epoch", "1767225600"},
    {"service", "pveproxy"},
    {"disk", "/dev/sda"},
    {"timezone", "Europe/Berlin"},
    {"url", "https://mirror.example.com/debian-12.iso"},
    {"filename", "debian-12.iso"},
    {"server", "10.0.0.5"},
    {"text", "text"},
    {"lines", "text"},
    {"upid", "UPID:pve1:000A1B2C:01234567:6740F3A1:vzdump:105:root@pam:"},
};

static const char *example_of(const char *word)
{
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (strcmp(word, examples[i].format) == 0)
            return examples[i].example;
    }
    return NULL;
}

static void put_example_value(struct buf *out, const struct param_row *param)
{
    if (param->choices) {
        json_put_string(out, param->choices, strcspn(param->choices, ","));
        return;
    }
    switch (param->type) {
    case PROXIMO_TYPE_INTEGER:
    case PROXIMO_TYPE_NUMBER: buf_i64(out, param->minimum > 0 ? param->minimum : 1); return;
    case PROXIMO_TYPE_BOOLEAN: buf_str(out, "true"); return;
    case PROXIMO_TYPE_STRINGS: buf_str(out, "[]"); return;
    case PROXIMO_TYPE_OBJECT: buf_str(out, "{}"); return;
    default: break;
    }
    const char *value = example_of(param->name);

    if (!value && param->format)
        value = example_of(param->format);
    json_put_cstr(out, value ? value : param->name);
}

/* Is this tool about one node that nothing else names? Such a call needs a node unless the site has a default
 * one. A guest or a task says where it is. */
static bool needs_node(const struct tool *tool)
{
    for (size_t i = 0; i < tool->param_count; i++) {
        const struct param_row *param = &tool->params[i];

        if ((param->flags & PROXIMO_PARAM_REQUIRED) && param->format &&
            (strcmp(param->format, "guest") == 0 || strcmp(param->format, "upid") == 0))
            return false;
    }
    return (tool->path && strstr(tool->path, "{node}")) || (tool->subject && strstr(tool->subject, "{node}"));
}

/* A call with the arguments alone without which it is refused. */
static void put_example(struct buf *out, const struct tool *tool, const struct config *config)
{
    bool node = needs_node(tool);

    json_put_key(out, "example");
    buf_char(out, '{');
    json_put_key_string(out, "name", tool->kind == TOOL_CHANGE ? "proximo_plan" : "proximo_read");
    json_put_key(out, "arguments");
    buf_char(out, '{');
    json_put_key_string(out, "tool", tool->name);
    json_put_key(out, "arguments");
    buf_char(out, '{');
    for (size_t i = 0; i < tool->param_count; i++) {
        if ((tool->params[i].flags & PROXIMO_PARAM_REQUIRED) ||
            (node && strcmp(tool->params[i].name, "node") == 0)) {
            json_put_key(out, tool->params[i].name);
            put_example_value(out, &tool->params[i]);
        }
    }
    buf_char(out, '}');
    if (config->site_count > 1)
        json_put_key_string(out, "site", config->sites[0].name);
    buf_str(out, "}}");
}

static void put_columns(struct buf *out, const struct tool *tool)
{
    json_put_key(out, "columns");
    buf_char(out, '[');
    for (size_t i = 0; i < tool->column_count; i++) {
        const struct column_row *column = &tool->columns[i];

        json_put_comma(out);
        buf_char(out, '{');
        json_put_key_string(out, "name", column->name);
        if (column->unit)
            json_put_key_string(out, "unit", column->unit);
        if (column->flags & PROXIMO_COLUMN_UNTRUSTED)
            json_put_key_bool(out, "untrusted", true);
        if (column->flags & PROXIMO_COLUMN_EXTRA)
            json_put_key_bool(out, "only_with_fields", true);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static const char *tool_returns(const struct tool *tool)
{
    if (tool->kind == TOOL_CHANGE)
        return "a plan; nothing is changed until proximo_apply";
    if (tool->kind == TOOL_READ_CORE)
        return "one object";
    if (tool->kind == TOOL_READ_FUNCTION)
        return "composed of several reads";
    if (tool->flags & PROXIMO_READ_LINES)
        return "text lines";
    return tool->flags & PROXIMO_READ_SINGLE ? "one object" : "a counted list of rows";
}

static const char *const risk_names[] = {
    [PROXIMO_RISK_LOW] = "low", [PROXIMO_RISK_MEDIUM] = "medium", [PROXIMO_RISK_HIGH] = "high"};

const char *tool_risk(const struct server *server, const struct tool *tool)
{
    const struct plane_info *plane;
    const struct class_row *row;

    if (tool->kind != TOOL_CHANGE || !tool->operation_class || !server->planes ||
        !planes_class_find(server->planes, tool->operation_class, &plane, &row) ||
        row->risk_floor < PROXIMO_RISK_LOW || row->risk_floor > PROXIMO_RISK_HIGH)
        return NULL;
    return risk_names[row->risk_floor];
}

/* Does the class alone say that a person must consent? Source: design, Consent. */
static bool class_needs_person(const struct class_row *row)
{
    return row->risk_floor >= PROXIMO_RISK_HIGH ||
           (row->flags & (PROXIMO_CLASS_DESTROYS | PROXIMO_CLASS_CUTS_OFF | PROXIMO_CLASS_WIDENS));
}

/* What is known of a change before it is planned. The plan may say more, never less. */
static void put_change(struct buf *out, const struct tool *tool, const struct server *server)
{
    const struct plane_info *plane;
    const struct class_row *row = NULL;
    bool known = tool->operation_class && server->planes &&
                 planes_class_find(server->planes, tool->operation_class, &plane, &row);

    if (tool->operation_class)
        json_put_key_string(out, "class", tool->operation_class);
    if (tool_risk(server, tool))
        json_put_key_string(out, "risk_at_least", tool_risk(server, tool));
    if (tool->subject)
        json_put_key_string(out, "subject", tool->subject);
    json_put_key_string(
        out, "consent",
        known && class_needs_person(row)
            ? "a person: the server asks them by a form when the plan is applied"
            : "said by the plan: its id is enough for low and medium risk, a person is asked for "
              "high risk and for what destroys, cuts off or widens access");
    json_put_key_string(out, "undo",
                        tool->undo_kind == PROXIMO_UNDO_TEMPLATE || tool->undo_kind == PROXIMO_UNDO_FUNCTION
                            ? "a plan of its own, by proximo_undo; the plan says what it cannot bring back"
                            : "none: there is no way back");
    if (tool->flags & PROXIMO_CHANGE_ROOT_ONLY)
        json_put_key_bool(out, "root_only", true);
    if (tool->flags & PROXIMO_CHANGE_NO_TOKEN)
        json_put_key_bool(out, "refuses_tokens", true);
}

static void put_needs(struct buf *out, const struct tool *tool, struct privileges *asked)
{
    json_put_key(out, "needs");
    buf_char(out, '[');
    for (size_t i = 0; i < tool->need_count; i++) {
        json_put_comma(out);
        buf_char(out, '{');
        json_put_key_string(out, "path", tool->needs[i].path);
        json_put_key_string(out, "privilege", tool->needs[i].privilege);
        privileges_put(asked, tool, &tool->needs[i], out);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void put_tool(struct buf *out, const struct tool *tool, const struct server *server,
                     struct privileges *asked)
{
    const struct config *config = server->config;

    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "name", tool->name);
    json_put_key_string(out, "title", tool->title ? tool->title : tool->name);
    json_put_key_string(out, "plane", tool->plane->name);
    json_put_key_string(out, "kind", tool->kind == TOOL_CHANGE ? "change" : "read");
    json_put_key_string(out, "description", tool->description ? tool->description : "");
    json_put_key(out, "inputSchema");
    tool_schema_write(tool, server->tool_sites, server->tool_sites ? config->site_count : 0, out);
    if (tool_has_output_schema(tool)) {
        json_put_key(out, "outputSchema");
        tool_output_schema_write(tool, out);
    }
    json_put_key_string(out, "returns", tool_returns(tool));
    if (tool->column_count > 0)
        put_columns(out, tool);
    if (tool->count_by)
        json_put_key_string(out, "by_status_counts", tool->count_by);
    if (tool->need_count > 0)
        put_needs(out, tool, asked);
    if (tool->kind == TOOL_CHANGE)
        put_change(out, tool, server);
    put_annotations(out, tool->title ? tool->title : tool->name, tool_gate(server, tool));
    put_example(out, tool, config);
    buf_char(out, '}');
}

/* The names asked for, borrowed from arguments. */
static int asked_names(struct json_object *arguments, const char *names[TOOLS_MOST], size_t *ret_count,
                       struct problem *p)
{
    struct json_object *list = NULL;
    size_t count = 0;
    int r = 0;

    if (json_get_string(arguments, "tool", &names[0], NULL) == 0)
        count = 1;
    if (json_get(arguments, "tools", json_type_array, &list) == 0) {
        size_t len = json_object_array_length(list);

        for (size_t i = 0; r == 0 && i < len; i++) {
            struct json_object *item = json_object_array_get_idx(list, i);

            if (count == TOOLS_MOST || !json_object_is_type(item, json_type_string))
                r = -EINVAL;
            else
                names[count++] = json_object_get_string(item);
        }
    }
    if (r == 0 && count > 0) {
        *ret_count = count;
        return 0;
    }
    (void)problem_set(p, -EINVAL, PX_ARG,
                      "proximo_describe needs \"tool\", a name, or \"tools\", at most %d names", TOOLS_MOST);
    problem_next(p, "Use proximo_find to get the names.");
    return -EINVAL;
}

int facade_describe(const struct catalog *catalog, struct server *server, const struct tool_request *request,
                    struct buf *structured, struct problem *p)
{
    struct privileges asked =
        privileges_of(server, request->deadline_ms, request->call ? request->call->cancel : NULL, NULL);
    struct buf unknown CLEANUP_BUF = BUF_INIT(32768);
    const char *names[TOOLS_MOST];
    size_t count = 0, described = 0, left_out = 0;
    int r = asked_names(request->arguments, names, &count, p);

    if (r < 0)
        return r;
    (void)json_get_string(request->arguments, "site", &asked.only, NULL);
    buf_str(structured, "{\"tools\":[");
    for (size_t i = 0; i < count; i++) {
        const struct tool *tool;
        enum catalog_answer answer = catalog_find(catalog, names[i], &tool);

        if (facade_find_tool(names[i])) {
            r = problem_set(p, -EINVAL, PX_TOOL,
                            "%s belongs to this server itself; tools/list shows its schema", names[i]);
            problem_next(p, "Call %s itself; describe the tools that proximo_find shows.", names[i]);
            json_put_comma(&unknown);
            problem_json(p, &unknown);
        } else if (answer != CATALOG_OK) {
            r = catalog_problem(catalog, answer, names[i], p);
            json_put_comma(&unknown);
            problem_json(p, &unknown);
        } else if (structured->len > DESCRIBE_BYTES) {
            left_out++;
        } else {
            put_tool(structured, tool, server, &asked);
            described++;
        }
    }
    if (described == 0)
        return r;
    *p = PROBLEM_INIT;
    buf_char(structured, ']');
    if (unknown.len > 0 && buf_ok(&unknown)) {
        json_put_key(structured, "unknown");
        buf_char(structured, '[');
        buf_add(structured, unknown.data, unknown.len);
        buf_char(structured, ']');
    }
    if (left_out > 0) {
        json_put_key_int(structured, "left_out", (long long)left_out);
        json_put_key_string(structured, "next", "Ask for the tools that are missing here in another call.");
    }
    buf_char(structured, '}');
    return 0;
}
