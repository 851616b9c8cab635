/* SPDX-License-Identifier: Apache-2.0 */
/* Filling and rendering of problems. */
#include "base/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

#define RAW_SIZE 2048

/* Formats into field, cleaned and cut at a character's boundary. */
static void fill(char *field, size_t size, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));
static void fill(char *field, size_t size, const char *format, va_list ap)
{
    char raw[RAW_SIZE];
    CLEANUP_BUF struct buf clean = BUF_INIT(3 * RAW_SIZE);

    int n = vsnprintf(raw, sizeof raw, format, ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof raw ? (size_t)n : text_utf8_cut(raw, sizeof raw - 1);
    text_clean(&clean, raw, len, false);
    if (!buf_ok(&clean) || clean.len == 0) {
        field[0] = '\0';
        return;
    }
    len = clean.len < size ? clean.len : text_utf8_cut(clean.data, size - 1);
    memcpy(field, clean.data, len);
    field[len] = '\0';
}

int(problem_set)(struct problem *p, int error, const char *code, const char *cause, ...)
{
    va_list ap;

    if (!p)
        return error;
    *p = PROBLEM_INIT;
    (void)snprintf(p->code, sizeof p->code, "%s", code);
    va_start(ap, cause);
    fill(p->cause, sizeof p->cause, cause, ap);
    va_end(ap);
    return error;
}

void problem_next(struct problem *p, const char *next, ...)
{
    va_list ap;

    if (!p)
        return;
    va_start(ap, next);
    fill(p->next, sizeof p->next, next, ap);
    va_end(ap);
}

void problem_valid(struct problem *p, const char *values, ...)
{
    va_list ap;

    if (!p)
        return;
    va_start(ap, values);
    fill(p->valid, sizeof p->valid, values, ap);
    va_end(ap);
}

/* Adds a sentence, closed by a full stop unless it ends with a mark of its own. */
static void add_sentence(struct buf *out, const char *text)
{
    size_t len = strlen(text);

    buf_str(out, text);
    if (len && !strchr(".!?:", text[len - 1]))
        buf_char(out, '.');
}

/* The next of the comma separated values, which ends at *at afterwards; NULL: no more. */
static const char *next_item(const char **at)
{
    const char *item = *at + strspn(*at, " ,");

    if (!*item)
        return NULL;
    *at = item + strcspn(item, ",");
    return item;
}

void problem_text(const struct problem *p, struct buf *out)
{
    buf_str(out, p->code);
    buf_str(out, ": ");
    add_sentence(out, p->cause);
    if (p->next[0]) {
        buf_str(out, " Next: ");
        add_sentence(out, p->next);
    }
    if (p->valid[0]) {
        const char *separator = " Valid: ", *item;
        for (const char *at = p->valid; (item = next_item(&at)) != NULL; separator = ", ") {
            buf_str(out, separator);
            buf_add(out, item, (size_t)(at - item));
        }
        buf_char(out, '.');
    }
}

void problem_json(const struct problem *p, struct buf *out)
{
    buf_str(out, "{\"error\":{");
    json_put_key_string(out, "code", p->code);
    json_put_key_string(out, "cause", p->cause);
    if (p->next[0])
        json_put_key_string(out, "next", p->next);
    if (p->valid[0]) {
        json_put_key(out, "valid");
        buf_char(out, '[');
        const char *item;
        for (const char *at = p->valid; (item = next_item(&at)) != NULL;) {
            json_put_comma(out);
            json_put_string(out, item, (size_t)(at - item));
        }
        buf_char(out, ']');
    }
    buf_str(out, "}}");
}
