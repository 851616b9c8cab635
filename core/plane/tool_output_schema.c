/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON Schema of what a tool answers. It says what is always so and no more: no member is required,
 * because a refusal is an answer as well ({"error":...}) and clients hold every structured answer against it;
 * a column has no type, because Proxmox's own are not reliable; further members may come.
 */
#include "base/buf.h"
#include "base/json.h"
#include "plane/argument_inner.h"
#include "plane/manifest.h"
#include "plane/read.h"

#define COLUMNS_LIMIT 16384

static void put_open(struct buf *out, const char *name, const char *type)
{
    json_put_key(out, name);
    buf_str(out, "{\"type\":\"");
    buf_str(out, type);
    buf_char(out, '"');
}

static void put_typed(struct buf *out, const char *name, const char *type)
{
    put_open(out, name, type);
    buf_char(out, '}');
}

static void put_described(struct buf *out, const char *name, const char *type, const char *description)
{
    put_open(out, name, type);
    json_put_key_string(out, "description", description);
    buf_char(out, '}');
}

/* A row: its columns by name, with their unit where they have one. As properties without a type they would
 * say no more, and checkers of schemas object to those. */
static void put_columns(const struct tool *tool, struct buf *out)
{
    CLEANUP_BUF struct buf names = BUF_INIT(COLUMNS_LIMIT);

    for (size_t i = 0; i < tool->column_count; i++) {
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", tool->columns[i].name);
        if (tool->columns[i].unit)
            buf_printf(&names, " (%s)", tool->columns[i].unit);
    }
    if (buf_ok(&names) && names.len > 0)
        json_put_key_string(out, "description", names.data);
}

static void put_list(const struct tool *tool, struct buf *out)
{
    put_described(out, "total", "integer", "rows that fit, counted before limit and offset");
    put_typed(out, "returned", "integer");
    put_described(out, "truncated", "boolean", "true: rows are missing here");
    put_typed(out, "next_offset", "integer");
    if (tool->count_by)
        put_described(out, "by_status", "object", "how many rows of each status");
    put_open(out, "rows", "array");
    if (tool->column_count > 0) {
        put_open(out, "items", "object");
        put_columns(tool, out);
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

static void put_lines(struct buf *out)
{
    put_typed(out, "total", "integer");
    put_typed(out, "returned", "integer");
    put_typed(out, "start", "integer");
    put_described(out, "truncated", "boolean", "true: lines are missing here");
    put_typed(out, "next_start", "integer");
    put_open(out, "lines", "array");
    buf_str(out, ",\"items\":{\"type\":\"string\"}}");
}

static void put_single(const struct tool *tool, struct buf *out)
{
    put_open(out, "item", "object");
    if (tool->column_count > 0)
        put_columns(tool, out);
    buf_char(out, '}');
}

static void put_plan(struct buf *out)
{
    static const char *const texts[] = {"plan_id", "action", "subject", "site", "tool", "risk", "consent"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        put_typed(out, texts[i], "string");
    put_typed(out, "expires_in_s", "integer");
    put_described(out, "steps", "array", "what will be sent");
    put_described(out, "affected", "array", "what else it touches");
    put_described(out, "incomplete", "array", "what could not be read");
    put_described(out, "undo", "object", "the way back");
}

/* A function may reply with blocks alone (text, images), and clients refuse an answer without structured
 * content from a tool that declares a schema for it. Lists and lines are the host's own shapes. */
bool tool_has_output_schema(const struct tool *tool)
{
    return tool->kind != TOOL_READ_FUNCTION || tool_is_list(tool) || (tool->flags & PROXIMO_READ_LINES);
}

void tool_output_schema_write(const struct tool *tool, struct buf *out)
{
    buf_str(out, "{\"type\":\"object\",\"properties\":{");
    if (tool->kind == TOOL_CHANGE)
        put_plan(out);
    else if (tool_is_list(tool))
        put_list(tool, out);
    else if (tool->flags & PROXIMO_READ_LINES)
        put_lines(out);
    else if (tool->kind == TOOL_READ_ROW)
        put_single(tool, out);
    buf_str(out, "}}");
}
