/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are no list of rows: one object, or the lines of a log. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "plane/envelope_inner.h"

#define SINGLE_STRING_MAX 16000
#define LINE_MAX_BYTES    2000
#define LINES_HEAD_ROOM   500

/* Of an answer that is no object: {"NAME": it}, named as the row's only column. What the tool declares of its
 * answers holds then too. */
static struct json_object *answer_named(const struct tool *tool, struct json_object *data)
{
    struct json_object *named = json_object_new_object();

    if (named)
        json_object_object_add(named, tool->column_count == 1 ? tool->columns[0].name : "value",
                               json_object_get(data));
    return named;
}

int envelope_single(const struct reading *r, struct json_object *data, struct buf *out, struct problem *p)
{
    const struct tool *tool = r->call->tool;
    const struct value_style style = {.string_max = SINGLE_STRING_MAX, .keep_lines = true};
    struct columns columns = {0};
    if (!data) {
        problem_set(p, -EBADMSG, PX_BAD_ANSWER, "Proxmox answered %s without data: nothing was read",
                    tool->name);
        problem_next(p, "try again; if it stays so, the node may not hold this object");
        return -EBADMSG;
    }
    CLEANUP_JSON struct json_object *named =
        json_object_is_type(data, json_type_object) ? json_object_get(data) : answer_named(tool, data);
    if (!named || columns_choose(r, &columns) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the answer of %s", tool->name);
    CLEANUP_BUF struct buf body = BUF_INIT(4 * READ_ANSWER_LIMIT);
    buf_char(&body, '{');
    reading_put_place(r, &body);
    json_put_key(&body, "item");
    columns_put(&columns, named, &style, &body);
    untrusted_put(&columns, named, &body);
    completeness_write(&r->complete, &body);
    buf_char(&body, '}');
    columns_done(&columns);
    if (!buf_ok(&body) || body.len > READ_ANSWER_LIMIT) {
        problem_set(p, -E2BIG, PX_TOO_LARGE, "the answer of %s is larger than the %d characters allowed",
                    tool->name, READ_ANSWER_LIMIT);
        problem_next(p, "name the fields you need in `fields`");
        return -E2BIG;
    }
    buf_add(out, body.data, body.len);
    return buf_ok(out) ? 0
                       : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the answer of %s", tool->name);
}

/* Proxmox's log entry is {n: number, t: text}; n of the first tells where the window begins. */
static bool line_text(struct json_object *item, const char **ret, size_t *ret_len)
{
    return json_get_string(item, "t", ret, ret_len) == 0;
}

int envelope_lines(const struct reading *r, struct json_object *list, int64_t api_total, struct buf *out,
                   struct problem *p)
{
    const struct value_style style = {.string_max = LINE_MAX_BYTES};
    CLEANUP_BUF struct buf lines = BUF_INIT(2 * READ_ANSWER_LIMIT);
    size_t n = json_object_array_length(list);
    size_t returned = 0;
    int64_t start = 0;
    (void)json_get_int(r->arguments, "start", &start);
    for (size_t i = 0; i < n; i++) {
        const char *text = "";
        size_t len = 0;
        size_t mark = lines.len;
        if (!line_text(json_object_array_get_idx(list, i), &text, &len))
            continue;
        if (returned)
            buf_char(&lines, ',');
        value_put_text(&lines, text, len, &style);
        if (lines.error || lines.len > READ_ANSWER_LIMIT - LINES_HEAD_ROOM) {
            lines.len = mark;
            lines.error = 0;
            break;
        }
        returned++;
    }
    bool cut = returned < n;
    int64_t next = start + (int64_t)returned;
    bool more = api_total >= 0 && next < api_total;
    buf_char(out, '{');
    reading_put_place(r, out);
    if (api_total >= 0)
        json_put_key_int(out, "total", (long long)api_total);
    json_put_key_int(out, "returned", (long long)returned);
    json_put_key_int(out, "start", (long long)start);
    json_put_key_bool(out, "truncated", cut || more);
    if (cut || more) {
        json_put_key_int(out, "next_start", next);
        json_put_key(out, "hint");
        buf_str(out, "\"call again with start=");
        buf_i64(out, next);
        buf_str(out, " for what follows\"");
    }
    buf_str(out, ",\"untrusted\":[\"lines\"]");
    completeness_write(&r->complete, out);
    json_put_key(out, "lines");
    buf_char(out, '[');
    buf_add(out, lines.data, lines.len);
    buf_str(out, "]}");
    return buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a log");
}
