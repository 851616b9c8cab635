/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan as members of an answer, and as the ledger's record. The answer stays below the limit of an answer:
 * every list has a share, and what was cut is said.
 */
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "plane/read_inner.h"
#include "trust/render.h"
#include "trust/risk.h"
#include "trust/trust_inner.h"

#define SHOWN_MOST  300u
#define FACTS_MOST  700u
#define TEXT_MOST   ((size_t)15000) /* bytes of the text as it stands in JSON */
#define LINES_MOST  200u            /* steps of which the ledger's record has the line */
#define WHOLE_LIMIT ((size_t)4 << 20)

typedef void put_row(struct json_object *row, struct buf *out);

static void key_shown(struct buf *out, const char *key, const char *text, size_t most)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(WHOLE_LIMIT);

    render_plain(&clean, text, most);
    json_put_key_string(out, key, clean.data ? clean.data : "");
}

static void put_value(struct buf *out, const char *key, struct json_object *value)
{
    const struct value_style style = {.string_max = SHOWN_MOST};
    CLEANUP_BUF struct buf text = BUF_INIT(WHOLE_LIMIT);

    value_put(&text, value, &style);
    if (!text.data || !buf_ok(&text) || text.len > FACTS_MOST)
        return;
    json_put_key(out, key);
    buf_add(out, text.data, text.len);
}

static void put_level(struct json_object *row, const char *member, const char *key, struct buf *out)
{
    int64_t level = RISK_HIGH;

    (void)json_get_int(row, member, &level);
    json_put_key_string(out, key, risk_level_name((unsigned)level));
}

static void incomplete_row(struct json_object *row, struct buf *out)
{
    key_shown(out, "what", render_text(row, "what"), SHOWN_MOST);
    key_shown(out, "why", render_text(row, "why"), 2 * SHOWN_MOST);
}

static void affected_row(struct json_object *row, struct buf *out)
{
    struct json_object *facts = NULL;

    key_shown(out, "resource", render_text(row, "resource"), SHOWN_MOST);
    if (*render_text(row, "name"))
        key_shown(out, "name", render_text(row, "name"), SHOWN_MOST);
    key_shown(out, "effect", render_text(row, "effect"), 2 * SHOWN_MOST);
    put_level(row, "risk", "risk", out);
    if (json_object_object_get_ex(row, "facts", &facts))
        put_value(out, "facts", facts);
}

static void reason_row(struct json_object *row, struct buf *out)
{
    put_level(row, "level", "risk", out);
    key_shown(out, "from", render_text(row, "from"), SHOWN_MOST);
    key_shown(out, "why", render_text(row, "text"), SHOWN_MOST);
}

static void guard_row(struct json_object *row, struct buf *out)
{
    struct json_object *fields = render_rows(row, "fields");

    key_shown(out, "path", render_text(row, "path"), SHOWN_MOST);
    if (fields)
        put_value(out, "fields", fields);
}

static void param_value(struct json_object *field, struct buf *out)
{
    CLEANUP_BUF struct buf value = BUF_INIT(WHOLE_LIMIT);
    const char *name = render_text(field, "name"), *text = NULL;
    size_t len = 0;
    if (json_get_string(field, "value", &text, &len) == 0) {
        CLEANUP_BUF struct buf shown = BUF_INIT(WHOLE_LIMIT);
        risk_put_shown_value(name, text, len, &shown);
        render_plain(&value, shown.data ? shown.data : "", SHOWN_MOST);
    } else {
        render_field_value(&value, field, SHOWN_MOST);
    }
    json_put_cstr(out, value.data ? value.data : "");
}

/* From `at` on, the next field of this name; the number of fields when there is none. */
static size_t param_next(struct json_object *fields, size_t at, const char *name)
{
    const size_t count = json_object_array_length(fields);
    while (at < count && strcmp(render_text(json_object_array_get_idx(fields, at), "name"), name) != 0)
        at++;
    return at;
}

/* An array is sent as several fields of one name, and shown as one list. */
static void params_put(struct json_object *step, struct buf *out)
{
    struct json_object *fields = render_rows(step, "params");
    const size_t count = fields ? json_object_array_length(fields) : 0;

    if (!fields)
        return;
    json_put_key(out, "params");
    buf_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        const char *name = render_text(field, "name");
        if (param_next(fields, 0, name) < i)
            continue;
        json_put_key(out, name);
        const bool list = param_next(fields, i + 1, name) < count;
        if (list)
            buf_char(out, '[');
        for (size_t k = i; k < count; k = param_next(fields, k + 1, name)) {
            json_put_comma(out);
            param_value(json_object_array_get_idx(fields, k), out);
        }
        if (list)
            buf_char(out, ']');
    }
    buf_char(out, '}');
}

/* An executor step, whole; where it does not fit, its list is cut and says so, and the text has it. */
static void command_put(struct json_object *row, struct buf *out)
{
    static const char *const plain[] = {"executor",    "target",      "stdin_sha256",
                                        "stdin_bytes", "deadline_ms", "output_limit"};
    CLEANUP_BUF struct buf command = BUF_INIT(WHOLE_LIMIT);
    struct json_object *value = NULL;

    render_argv(&command, row, 4000);
    json_put_key_string(out, "command", command.data ? command.data : "");
    if (*render_text(row, "stdin"))
        key_shown(out, "stdin", render_text(row, "stdin"), 4 * SHOWN_MOST);
    if (*render_text(row, "stdin_secret"))
        key_shown(out, "stdin_secret", render_text(row, "stdin_secret"), SHOWN_MOST);
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (json_object_object_get_ex(row, plain[i], &value))
            put_value(out, plain[i], value);
    }
}

static void step_row(struct json_object *row, struct buf *out)
{
    CLEANUP_BUF struct buf line = BUF_INIT(WHOLE_LIMIT);
    bool flag = false;

    render_step_line(&line, row);
    key_shown(out, "name", render_text(row, "name"), SHOWN_MOST);
    key_shown(out, "does", line.data ? line.data : "", 2 * SHOWN_MOST);
    if (strcmp(render_text(row, "kind"), "request") == 0) {
        params_put(row, out);
        put_level(row, "risk", "risk", out);
    } else if (strcmp(render_text(row, "kind"), "executor") == 0) {
        command_put(row, out);
        put_level(row, "risk", "risk", out);
    }
    if (json_get_bool(row, "always", &flag) == 0 && flag)
        json_put_key_bool(out, "always", true);
}

static void secret_row(struct json_object *row, struct buf *out)
{
    int64_t chars = 0;

    key_shown(out, "name", render_text(row, "name"), SHOWN_MOST);
    if (*render_text(row, "file"))
        key_shown(out, "file", render_text(row, "file"), SHOWN_MOST);
    if (json_get_int(row, "generate", &chars) == 0)
        json_put_key_int(out, "generate", chars);
}

static void fact_row(struct json_object *row, struct buf *out)
{
    struct json_object *value = NULL;

    key_shown(out, "name", render_text(row, "name"), SHOWN_MOST);
    if (json_object_object_get_ex(row, "value", &value))
        put_value(out, "value", value);
}

/* An array of as many rows as its share allows; what was left out is counted beside it. */
static void put_list(struct buf *out, const char *key, struct json_object *rows, put_row *put, size_t share)
{
    const size_t count = rows ? json_object_array_length(rows) : 0;
    const size_t start = out->len;
    size_t i = 0;

    json_put_key(out, key);
    buf_char(out, '[');
    for (; i < count; i++) {
        CLEANUP_BUF struct buf row = BUF_INIT(WHOLE_LIMIT);
        buf_char(&row, '{');
        put(json_object_array_get_idx(rows, i), &row);
        buf_char(&row, '}');
        if (!buf_ok(&row) || out->len - start + row.len > share)
            break;
        json_put_comma(out);
        buf_add(out, row.data, row.len);
    }
    buf_char(out, ']');
    if (i < count) {
        CLEANUP_BUF struct buf name = BUF_INIT(64);
        buf_printf(&name, "%.40s_left_out", key);
        json_put_key_int(out, name.data ? name.data : "left_out", (long long)(count - i));
    }
}

static void put_text(const struct plan *plan, struct buf *out)
{
    CLEANUP_BUF struct buf text = BUF_INIT(WHOLE_LIMIT);

    plan_render(plan, &text);
    size_t len = text.len;
    for (;;) {
        CLEANUP_BUF struct buf whole = BUF_INIT(WHOLE_LIMIT);
        CLEANUP_BUF struct buf json = BUF_INIT(WHOLE_LIMIT);
        buf_add(&whole, text.data, len);
        if (len < text.len)
            buf_printf(&whole, "\n... cut here: `proximo plan %s` shows the whole\n", plan->id);
        json_put_string(&json, whole.data ? whole.data : "", whole.len);
        if (json.len <= TEXT_MOST || len < 200) {
            json_put_key(out, "text");
            buf_add(out, json.data, json.len);
            return;
        }
        len = text_utf8_cut(text.data, len * 3 / 4);
    }
}

static void put_undo(struct json_object *root, struct buf *out)
{
    struct json_object *undo = NULL;

    json_put_key(out, "undo");
    buf_char(out, '{');
    (void)json_get(root, "undo", json_type_object, &undo);
    json_put_key_string(out, "kind", *render_text(undo, "kind") ? render_text(undo, "kind") : "none");
    if (*render_text(undo, "note"))
        key_shown(out, "note", render_text(undo, "note"), 2 * SHOWN_MOST);
    buf_char(out, '}');
}

static void put_undo_point(struct json_object *root, struct buf *out)
{
    struct json_object *point = NULL;

    if (json_get(root, "undo_point", json_type_object, &point) < 0)
        return;
    json_put_key(out, "undo_point");
    buf_char(out, '{');
    key_shown(out, "guest", render_text(point, "guest"), SHOWN_MOST);
    key_shown(out, "snapshot", render_text(point, "name"), SHOWN_MOST);
    json_put_key_string(
        out, "note",
        "Taken before anything else; if that fails nothing is changed. A rollback to it loses "
        "everything written since. It stays until it is pruned.");
    buf_char(out, '}');
}

void plan_put_members(const struct plan *plan, struct buf *out)
{
    struct json_object *root = plan->root, *risk = NULL;
    const int64_t left = plan->expires_s - clock_wall_us() / 1000000;

    (void)json_get(root, "risk", json_type_object, &risk);
    json_put_key_string(out, "plan_id", plan->id);
    key_shown(out, "action", plan->action, SHOWN_MOST);
    key_shown(out, "subject", plan->subject, 2 * SHOWN_MOST);
    key_shown(out, "site", plan->site, SHOWN_MOST);
    key_shown(out, "tool", plan->tool, SHOWN_MOST);
    if (plan->undo_of)
        json_put_key_string(out, "undo_of", plan->undo_of);
    json_put_key_string(out, "risk", risk_level_name(plan->risk));
    json_put_key_string(out, "consent", plan->consent);
    if (plan->consent_why)
        key_shown(out, "consent_why", plan->consent_why, SHOWN_MOST);
    json_put_key_int(out, "expires_in_s", left > 0 ? (long long)left : 0);
    put_list(out, "incomplete", render_rows(root, "incomplete"), incomplete_row, 3000);
    put_list(out, "affected", render_rows(root, "affected"), affected_row, 9000);
    put_list(out, "reasons", render_rows(risk, "reasons"), reason_row, 4000);
    put_list(out, "steps", render_rows(root, "steps"), step_row, 8000);
    put_list(out, "postcondition", render_rows(root, "postcondition"), step_row, 2000);
    put_list(out, "guards", render_rows(root, "guards"), guard_row, 2000);
    put_undo(root, out);
    put_undo_point(root, out);
    put_list(out, "secrets", render_rows(root, "secrets"), secret_row, 800);
    if (*render_text(root, "sentence"))
        key_shown(out, "plane_says", render_text(root, "sentence"), 2 * SHOWN_MOST);
    put_list(out, "plane_facts", render_rows(root, "facts"), fact_row, 2000);
    put_text(plan, out);
}

/* ---- the ledger's record */

/* Names of parameters are told, their values are not. */
static void record_line(struct json_object *step, struct buf *out)
{
    CLEANUP_BUF struct buf line = BUF_INIT(WHOLE_LIMIT);
    struct json_object *fields = render_rows(step, "params");

    if (strcmp(render_text(step, "kind"), "executor") == 0)
        render_command_record(&line, step);
    else
        render_step_line(&line, step);
    for (size_t i = 0; fields && i < json_object_array_length(fields); i++) {
        buf_str(&line, i ? "," : " (");
        render_plain(&line, render_text(json_object_array_get_idx(fields, i), "name"), 64);
    }
    if (fields)
        buf_char(&line, ')');
    json_put_comma(out);
    json_put_string(out, line.data ? line.data : "",
                    text_utf8_cut(line.data ? line.data : "", line.len > 600 ? 600 : line.len));
}

void plan_put_record(struct trust *trust, const struct plan *plan, struct buf *out)
{
    struct json_object *root = plan->root, *steps = render_rows(root, "steps"), *arguments = NULL;
    struct json_object *gaps = render_rows(root, "incomplete"), *affected = render_rows(root, "affected");
    CLEANUP_BUF struct buf text = BUF_INIT(WHOLE_LIMIT);
    const size_t count = steps ? json_object_array_length(steps) : 0;

    json_put_key_string(out, "plan_id", plan->id);
    json_put_key_string(out, "plan_sha256", plan->sha256);
    json_put_key_string(out, "site", plan->site);
    json_put_key_string(out, "principal", plan->principal);
    json_put_key_string(out, "tool", plan->tool);
    if (plan->undo_of)
        json_put_key_string(out, "undo_of", plan->undo_of);
    json_put_key_string(out, "action", plan->action);
    json_put_key_string(out, "subject", plan->subject);
    json_put_key_string(out, "risk", risk_level_name(plan->risk));
    json_put_key_string(out, "consent", plan->consent);
    if (plan->consent_why)
        json_put_key_string(out, "consent_why", plan->consent_why);
    json_put_key_int(out, "expires", (long long)plan->expires_s);
    json_put_key_int(out, "incomplete", gaps ? (long long)json_object_array_length(gaps) : 0);
    json_put_key_int(out, "affected", affected ? (long long)json_object_array_length(affected) : 0);
    json_put_key(out, "steps");
    buf_char(out, '[');
    for (size_t i = 0; i < count && i < LINES_MOST; i++)
        record_line(json_object_array_get_idx(steps, i), out);
    buf_char(out, ']');
    if (count > LINES_MOST)
        json_put_key_int(out, "steps_left_out", (long long)(count - LINES_MOST));
    if (json_get(root, "arguments", json_type_object, &arguments) == 0) {
        json_put_value(&text, arguments);
        if (buf_ok(&text) && text.data && text.len < ((size_t)64 << 10))
            ledger_put_body(trust->ledger, out, "arguments", text.data, text.len);
    }
}
