/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counted envelope: filters, counts, order and window are ours, because a model counts badly and a long
 * list would drown it. Rows that are not returned are never copied: everything works on references into the
 * parsed answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/envelope_inner.h"

#define HEAD_ROOM      600 /* characters for the counts and the hint */
#define ROW_STRING_MAX 2000

/* ---- columns */

struct json_object *column_value(const struct column_row *column, struct json_object *row)
{
    struct json_object *value = NULL;
    if (!column->from)
        (void)json_object_object_get_ex(row, column->name, &value);
    else if (selector_find(column->from, row, &value) < 0)
        return NULL;
    return value;
}

const struct column_row *column_find(const struct tool *tool, const char *name)
{
    for (size_t i = 0; i < tool->column_count; i++) {
        if (strcmp(tool->columns[i].name, name) == 0)
            return &tool->columns[i];
    }
    return NULL;
}

int columns_choose(const struct reading *r, struct columns *ret)
{
    const struct tool *tool = r->call->tool;
    struct json_object *fields = NULL;
    bool asked = json_get(r->arguments, "fields", json_type_array, &fields) == 0 &&
                 json_object_array_length(fields) > 0 && !tool_param_find(tool, "fields");
    size_t n = asked ? json_object_array_length(fields) : tool->column_count;
    struct columns columns = {.list = calloc(n + 1, sizeof(columns.list[0]))};
    if (!columns.list)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!asked) {
            columns.list[columns.count] = tool->columns[i];
            columns.count += !(tool->columns[i].flags & PROXIMO_COLUMN_EXTRA);
            continue;
        }
        char *name = (char *)(uintptr_t)json_object_get_string(json_object_array_get_idx(fields, i));
        const struct column_row *known = column_find(tool, name);
        columns.list[columns.count++] = known ? *known : (struct column_row){.name = name};
        if (!known && value_key_is_free_text(name))
            columns.list[i].flags |= PROXIMO_COLUMN_UNTRUSTED;
    }
    *ret = columns;
    return 0;
}

void columns_done(struct columns *columns)
{
    free(columns->list);
    columns->list = NULL;
}

bool columns_put(const struct columns *columns, struct json_object *row, const struct value_style *style,
                 struct buf *out)
{
    bool whole = columns->count == 0 || !json_object_is_type(row, json_type_object);
    if (whole) {
        value_put(out, row, style);
        return true;
    }
    buf_char(out, '{');
    for (size_t i = 0; i < columns->count; i++) {
        struct json_object *value = column_value(&columns->list[i], row);
        if (!value)
            continue; /* absent stays absent: lean */
        json_put_key(out, columns->list[i].name);
        if (value_key_is_secret(columns->list[i].name))
            json_put_cstr(out, VALUE_HIDDEN);
        else
            value_put(out, value, style);
    }
    buf_char(out, '}');
    return buf_ok(out);
}

/* "untrusted": which of what is returned was written by guests or people. */
void untrusted_put(const struct columns *columns, struct json_object *sample, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < columns->count; i++) {
        if (!(columns->list[i].flags & PROXIMO_COLUMN_UNTRUSTED))
            continue;
        if (!any) {
            json_put_key(out, "untrusted");
            buf_char(out, '[');
        }
        any = true;
        json_put_comma(out);
        json_put_cstr(out, columns->list[i].name);
    }
    if (columns->count == 0 && json_object_is_type(sample, json_type_object)) {
        json_object_object_foreach(sample, key, member)
        {
            if (!value_key_is_free_text(key) || !member)
                continue;
            if (!any) {
                json_put_key(out, "untrusted");
                buf_char(out, '[');
            }
            any = true;
            json_put_comma(out);
            json_put_cstr(out, key);
        }
    }
    if (any)
        buf_char(out, ']');
}

/* ---- the window */

static size_t argument_size(const struct reading *r, const char *name, size_t fallback)
{
    int64_t n = 0;
    return json_get_int(r->arguments, name, &n) == 0 && n >= 0 ? (size_t)n : fallback;
}

static void put_head(const struct reading *r, const struct window *w, int64_t api_total,
                     const struct rows *rows, const struct buf *facts, struct buf *out)
{
    bool windowed = api_total >= 0 && !rows->filtered && (size_t)api_total > rows->count;
    size_t total = windowed ? (size_t)api_total : rows->count;
    size_t next = w->offset + w->returned;
    bool more = next < rows->count;
    buf_char(out, '{');
    if (r->told && r->told->len)
        buf_add(out, r->told->data, r->told->len);
    json_put_key_int(out, "total", (long long)total);
    if (w->lower_bound)
        json_put_key_bool(out, "total_is_minimum", true);
    json_put_key_int(out, "returned", (long long)w->returned);
    if (w->offset)
        json_put_key_int(out, "offset", (long long)w->offset);
    json_put_key_bool(out, "truncated", more || windowed);
    if (more) {
        json_put_key_int(out, "next_offset", (long long)next);
        json_put_key(out, "hint");
        buf_char(out, '"');
        if (w->lower_bound)
            buf_str(out, "there are more rows");
        else
            buf_printf(out, "%zu more row%s", rows->count - next, rows->count - next == 1 ? "" : "s");
        buf_printf(out, "%s: call again with offset=%zu, or narrow the list by its filters%s\"",
                   w->cut_by_size ? " (the answer reached its size limit)" : "", next,
                   w->cut_by_size ? ", or name fewer columns in fields" : "");
    } else if (windowed) {
        json_put_key_string(out, "hint",
                            "Proxmox has more than it was asked for: raise limit or narrow the list");
    }
    if (facts->len) {
        json_put_comma(out);
        buf_add(out, facts->data, facts->len);
    }
}

/* Rows up to the limit or the room; 0 or -E2BIG when not even the first fits. */
static int put_rows(const struct rows *rows, const struct columns *columns, size_t limit, size_t room,
                    struct window *w, struct buf *out)
{
    const struct value_style style = {.string_max = ROW_STRING_MAX, .keep_lines = true};
    while (w->offset + w->returned < rows->count && w->returned < limit) {
        size_t mark = out->len;
        if (w->returned)
            buf_char(out, ',');
        CLEANUP_JSON struct json_object *row = scan_parse(rows->items[w->offset + w->returned].text);
        bool good = columns_put(columns, row, &style, out);
        if (!good || out->error || out->len > room) {
            out->len = mark;
            out->error = 0;
            if (out->data)
                out->data[mark] = 0;
            w->cut_by_size = true;
            return w->returned ? 0 : -E2BIG;
        }
        w->returned++;
    }
    return 0;
}

static int rows_write(const struct reading *r, struct rows *rows, const struct columns *columns,
                      int64_t api_total, const struct buf *extra, struct buf *out, struct problem *p)
{
    const struct tool *tool = r->call->tool;
    CLEANUP_BUF struct buf facts = BUF_INIT(READ_ANSWER_LIMIT / 2);
    CLEANUP_BUF struct buf body = BUF_INIT(2 * READ_ANSWER_LIMIT);
    reading_put_place(r, &facts);
    if (rows->counted)
        rows_put_by_status(rows, &facts);
    completeness_write(&r->complete, &facts);
    CLEANUP_JSON struct json_object *sample =
        columns->count == 0 && rows->count ? scan_parse(rows->items[0].text) : NULL;
    untrusted_put(columns, sample, &facts);
    if (extra && extra->len) {
        json_put_comma(&facts);
        buf_add(&facts, extra->data, extra->len);
    }
    if (!buf_ok(&facts))
        return problem_set(p, -E2BIG, PX_TOO_LARGE, "the facts beside the rows of %s are too large",
                           tool->name);
    struct window w = {.offset = tool_is_list(tool) ? argument_size(r, "offset", 0) : 0,
                       .lower_bound = r->complete.partial};
    if (w.offset > rows->count)
        w.offset = rows->count;
    size_t limit = tool_is_list(tool) ? argument_size(r, "limit", READ_LIMIT_DEFAULT) : READ_LIMIT_MAX;
    size_t used = HEAD_ROOM + facts.len + (r->told ? r->told->len : 0);
    size_t room = used < READ_ANSWER_LIMIT ? READ_ANSWER_LIMIT - used : 0;
    if (put_rows(rows, columns, limit, room, &w, &body) < 0) {
        problem_set(p, -E2BIG, PX_TOO_LARGE, "row %zu of %s alone is larger than an answer may be", w.offset,
                    tool->name);
        problem_next(p, "name the columns you need in fields, or skip it with offset=%zu", w.offset + 1);
        return -E2BIG;
    }
    put_head(r, &w, api_total, rows, &facts, out);
    json_put_key(out, "rows");
    buf_char(out, '[');
    buf_add(out, body.data, body.len);
    buf_str(out, "]}");
    return buf_ok(out) ? 0
                       : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the answer of %s", tool->name);
}

int envelope_rows(const struct reading *r, struct json_span list, int64_t api_total, const struct buf *extra,
                  struct buf *out, struct problem *p)
{
    struct rows rows = {0};
    struct columns columns = {0};
    int result = rows_select(r, list, &rows);
    if (result == 0)
        result = columns_choose(r, &columns);
    if (result < 0)
        problem_set(p, result, PX_INTERNAL, "no memory for the rows of %s", r->call->tool->name);
    else
        result = rows_write(r, &rows, &columns, api_total, extra, out, p);
    columns_done(&columns);
    rows_done(&rows);
    return result;
}
