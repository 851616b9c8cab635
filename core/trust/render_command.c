/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an executor step runs, for a person to read before they consent: each word as a shell would have to be
 * given it, so that where one ends is seen; bytes that do not show, or that change how others show, as \xNN.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "trust/render.h"

#define LINE_MOST 400u /* of a command in a list */
#define WORD_SET  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-"

/* Does the character at `at`, of n bytes, show as itself and leave its neighbours alone? What text_clean
 * removes does not. */
static bool shows(const char *at, size_t n)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(16);

    if (n == 1)
        return (unsigned char)*at >= 0x20 && *at != 0x7f;
    text_clean(&clean, at, n, false);
    return clean.len == n && memcmp(clean.data, at, n) == 0;
}

/* What stands in double quotes or $'...': escapes. lines: a newline stays one. */
static void put_escaped(struct buf *out, const char *text, size_t len, const char *special)
{
    for (size_t i = 0; i < len;) {
        const size_t step = text_utf8_step(text + i, len - i);
        const size_t n = step ? step : 1;
        if (step && shows(text + i, n)) {
            if (n == 1 && strchr(special, text[i]))
                buf_char(out, '\\');
            buf_add(out, text + i, n);
        } else if (text[i] == '\n' || text[i] == '\t') {
            buf_str(out, text[i] == '\n' ? "\\n" : "\\t");
        } else {
            for (size_t k = 0; k < n; k++)
                buf_printf(out, "\\x%02x", (unsigned char)text[i + k]);
        }
        i += n;
    }
}

static bool all_show(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        const size_t n = text_utf8_step(text + i, len - i);
        if (n == 0 || !shows(text + i, n))
            return false;
        i += n;
    }
    return true;
}

/* plain, 'in quotes', or $'with escapes'. */
static void put_word(struct buf *out, const char *text, size_t len)
{
    if (len && strspn(text, WORD_SET) == len) {
        buf_add(out, text, len);
    } else if (all_show(text, len) && !memchr(text, '\'', len)) {
        buf_char(out, '\'');
        buf_add(out, text, len);
        buf_char(out, '\'');
    } else {
        buf_str(out, "$'");
        put_escaped(out, text, len, "\\'");
        buf_char(out, '\'');
    }
}

static struct json_object *words_of(struct json_object *step)
{
    struct json_object *argv = render_rows(step, "argv");
    return argv ? argv : render_rows(step, "params");
}

/* Is it one of the words: in an executor's step each, in a request to a guest's agent those of this name. */
static bool is_word(struct json_object *field)
{
    const char *name = render_text(field, "name");
    return !*name || strcmp(name, "command") == 0;
}

void render_argv(struct buf *out, struct json_object *step, size_t most)
{
    CLEANUP_BUF struct buf line = BUF_INIT((size_t)1 << 20);
    struct json_object *argv = words_of(step);
    const size_t count = argv ? json_object_array_length(argv) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *field = json_object_array_get_idx(argv, i);
        const char *text = NULL;
        size_t len = 0;
        if (!is_word(field))
            continue;
        if (line.len)
            buf_char(&line, ' ');
        if (json_get_string(field, "value", &text, &len) == 0)
            put_word(&line, text, len);
        else
            render_field_value(&line, field, 200);
    }
    if (!buf_ok(&line) || line.len > most) {
        const size_t cut = line.data ? text_utf8_cut(line.data, most < line.len ? most : line.len) : 0;
        buf_add(out, line.data ? line.data : "", cut);
        buf_printf(out, " ... CUT HERE, %zu of %zu bytes shown", cut, line.len);
        return;
    }
    buf_add(out, line.data ? line.data : "", line.len);
}

static void put_where(struct buf *out, struct json_object *step)
{
    struct json_object *target = NULL;

    buf_str(out, "run by ");
    render_plain(out, render_text(step, "executor"), 64);
    if (json_get(step, "target", json_type_object, &target) == 0 && json_object_object_length(target)) {
        buf_str(out, " on ");
        render_plain(
            out,
            json_object_to_json_string_ext(target, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
            600);
    }
}

void render_command_line(struct buf *out, struct json_object *step)
{
    put_where(out, step);
    buf_str(out, ": ");
    render_argv(out, step, LINE_MOST);
}

/* The program and how many words: what the ledger may say, where words may be anything. */
void render_command_record(struct buf *out, struct json_object *step)
{
    struct json_object *argv = render_rows(step, "argv");
    const char *text = NULL;
    int64_t bytes = 0;
    size_t len = 0;

    put_where(out, step);
    buf_str(out, ": ");
    if (argv && json_get_string(json_object_array_get_idx(argv, 0), "value", &text, &len) == 0)
        put_word(out, text, len < 100 ? len : text_utf8_cut(text, 100));
    buf_printf(out, ", %zu words", argv ? json_object_array_length(argv) : 0);
    if (json_get_int(step, "stdin_bytes", &bytes) == 0)
        buf_printf(out, ", input of %lld bytes", (long long)bytes);
}

/* Lines behind a bar, so that none of them looks like one of the core's. */
static void put_barred(struct buf *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        const size_t n = end ? (size_t)(end - (text + at)) : len - at;
        buf_str(out, "       | ");
        put_escaped(out, text + at, n, "");
        buf_char(out, '\n');
        at += n + (end != NULL);
    }
}

static void put_input(struct buf *out, struct json_object *step)
{
    const char *text = NULL, *secret = NULL;
    int64_t bytes = 0;
    size_t len = 0;

    if (json_get_string(step, "stdin_secret", &secret, NULL) == 0) {
        buf_str(out, "       input: (secret ");
        render_plain(out, secret, 64);
        buf_str(out, "), known to this plan by its commitment alone\n");
        return;
    }
    if (json_get_string(step, "stdin", &text, &len) < 0)
        return;
    (void)json_get_int(step, "stdin_bytes", &bytes);
    buf_printf(out, "       input, %lld bytes, sha256 ", (long long)bytes);
    render_plain(out, render_text(step, "stdin_sha256"), 64);
    buf_str(out, ":\n");
    put_barred(out, text, len);
}

bool render_agent_command(struct buf *out, struct json_object *step, struct json_object *field, bool first)
{
    static const char tail[] = "/agent/exec";
    const char *path = render_text(step, "path"), *name = render_text(field, "name"), *text = NULL;
    size_t len = 0;

    if (strlen(path) < sizeof(tail) || strcmp(path + strlen(path) - sizeof(tail) + 1, tail) != 0)
        return false;
    if (strcmp(name, "command") == 0) {
        if (first) {
            buf_str(out, "       command: ");
            render_argv(out, step, (size_t)1 << 20);
            buf_char(out, '\n');
        }
        return true;
    }
    if (strcmp(name, "input-data") != 0 || json_get_string(field, "value", &text, &len) < 0)
        return false;
    buf_printf(out, "       input, %zu bytes:\n", len);
    put_barred(out, text, len);
    return true;
}

static bool has_secret_word(struct json_object *step)
{
    struct json_object *argv = render_rows(step, "argv");

    for (size_t i = 0; argv && i < json_object_array_length(argv); i++) {
        if (json_object_object_get_ex(json_object_array_get_idx(argv, i), "secret", NULL))
            return true;
    }
    return false;
}

void render_command(struct buf *out, struct json_object *step)
{
    CLEANUP_BUF struct buf whole = BUF_INIT((size_t)1 << 20);
    int64_t deadline = 0, limit = 0;

    (void)json_get_int(step, "deadline_ms", &deadline);
    (void)json_get_int(step, "output_limit", &limit);
    render_argv(&whole, step, (size_t)1 << 20);
    if (whole.len > LINE_MOST) { /* the line above has its beginning */
        buf_str(out, "       whole: ");
        buf_add(out, whole.data, whole.len);
        buf_char(out, '\n');
    }
    put_input(out, step);
    if (has_secret_word(step))
        buf_str(out, "       a secret among the words is seen by whoever lists the processes there\n");
    buf_printf(out,
               "       ended after %lld s; %lld bytes of its output and as many of its errors are kept\n",
               (long long)(deadline / 1000), (long long)limit);
}
