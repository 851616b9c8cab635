/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what was found, and of what was not seen. */
#include "findings.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

void findings_done(struct findings *f)
{
    free(f->rows);
    f->rows = NULL;
    f->count = f->space = 0;
}

void findings_read(struct findings *f, uint32_t source)
{
    f->read[source] = 1;
}

/* Bytes of a whole character of UTF-8 at text; 0: none. */
static size_t character(const unsigned char *text)
{
    const size_t len = text[0] < 0x80                       ? 1
                       : text[0] >= 0xc2 && text[0] <= 0xdf ? 2
                       : text[0] >= 0xe0 && text[0] <= 0xef ? 3
                       : text[0] >= 0xf0 && text[0] <= 0xf4 ? 4
                                                            : 0;
    for (size_t i = 1; i < len; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    return len;
}

/* Formats what fits. Control characters become spaces, what is no UTF-8 (or was cut) question marks: texts
 * come from guests. */
PROXIMO_PRINTF(3, 0)
static void put_vtext(char *ret, size_t size, const char *format, va_list ap)
{
    if (vsnprintf(ret, size, format, ap) < 0)
        ret[0] = 0;
    for (unsigned char *at = (unsigned char *)ret; *at;) {
        const size_t len = character(at);
        if (len == 1 && (*at < 0x20 || *at == 0x7f))
            *at = ' ';
        if (len == 0)
            *at = '?';
        at += len ? len : 1;
    }
}

PROXIMO_PRINTF(3, 4)
static void put_text(char *ret, size_t size, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    put_vtext(ret, size, format, ap);
    va_end(ap);
}

void findings_unread(struct findings *f, uint32_t source, const char *what, const char *why)
{
    f->failed[source] = 1;
    if (f->unread_count == UNREAD_MOST) {
        f->unread_more++;
        return;
    }
    struct unread *row = &f->unread[f->unread_count++];
    row->source = source;
    put_text(row->what, sizeof(row->what), "%s", what ? what : "");
    put_text(row->why, sizeof(row->why), "%s", why ? why : "no answer");
    for (size_t len = strlen(row->why); len && row->why[len - 1] == ' '; len--)
        row->why[len - 1] = 0; /* Proxmox ends its words with a newline */
}

/* ---- findings */

/* A full list makes room for what is worse than something in it. */
static struct finding *replace(struct findings *f, uint32_t severity)
{
    struct finding *mildest = &f->rows[0];
    for (uint32_t i = 1; i < f->count; i++) {
        if (f->rows[i].severity <= mildest->severity)
            mildest = &f->rows[i];
    }
    f->more++;
    if (mildest->severity >= severity)
        return NULL;
    *mildest = f->rows[f->count - 1]; /* the newest is the last */
    return &f->rows[f->count - 1];
}

static struct finding *add(struct findings *f, uint32_t severity)
{
    if (f->count >= FINDINGS_MOST) {
        struct finding *row = replace(f, severity);
        if (row)
            memset(row, 0, sizeof(*row));
        return row;
    }
    if (f->count == f->space) {
        const uint32_t space = f->space ? f->space * 2 : 32;
        struct finding *rows = realloc(f->rows, (size_t)space * sizeof(*rows));
        if (!rows) {
            f->no_memory = true;
            return NULL;
        }
        f->rows = rows;
        f->space = space;
    }
    struct finding *row = &f->rows[f->count++];
    memset(row, 0, sizeof(*row));
    return row;
}

PROXIMO_PRINTF(6, 0)
static struct finding *fill(struct findings *f, uint32_t check, uint32_t severity, const char *what,
                            double measured, const char *evidence, va_list ap)
{
    struct finding *row = add(f, severity);
    f->told = row != NULL;
    if (!row)
        return NULL;
    row->check = check;
    row->severity = severity;
    row->measured = measured;
    row->threshold = (double)NAN;
    put_text(row->title, sizeof(row->title), "%.90s %s", what, check_of(check)->title);
    put_vtext(row->evidence, sizeof(row->evidence), evidence, ap);
    put_text(row->arguments, sizeof(row->arguments), "%s", f->arguments);
    return row;
}

bool findings_measure(struct findings *f, uint32_t check, const char *what, double measured,
                      const char *evidence, ...)
{
    const uint32_t severity = check_severity(check, measured);
    va_list ap;
    if (!severity)
        return false;
    va_start(ap, evidence);
    fill(f, check, severity, what, measured, evidence, ap);
    va_end(ap);
    return true;
}

void findings_judged(struct findings *f, uint32_t check, const char *what, uint32_t severity, double measured,
                     double threshold, const char *evidence, ...)
{
    va_list ap;
    if (!severity)
        return;
    va_start(ap, evidence);
    struct finding *row = fill(f, check, severity, what, measured, evidence, ap);
    va_end(ap);
    if (row)
        row->threshold = threshold;
}

void findings_state(struct findings *f, uint32_t check, const char *what, uint32_t severity,
                    const char *evidence, ...)
{
    va_list ap;
    va_start(ap, evidence);
    fill(f, check, severity ? severity : check_of(check)->severity, what, NAN, evidence, ap);
    va_end(ap);
}

void findings_argument(struct findings *f, const char *name, const char *value)
{
    if (!f->told || !value)
        return;
    struct finding *row = &f->rows[f->count - 1];
    struct json_object *arguments DROP_JSON = json_of(text_of(row->arguments));
    if (!arguments)
        arguments = json_object_new_object();
    if (!arguments)
        return;
    json_object_object_add(arguments, name, json_object_new_string(value));
    const struct proximo_text text = json_text(arguments);
    if (text.len < sizeof(row->arguments))
        memcpy(row->arguments, text.ptr, text.len + 1);
    else
        row->arguments[0] = 0; /* half of an object is none */
}

void findings_only_argument(struct findings *f, const char *name, const char *value)
{
    if (f->told)
        f->rows[f->count - 1].arguments[0] = 0;
    findings_argument(f, name, value);
}

static int by_rank(const void *left, const void *right)
{
    const struct finding *l = left, *r = right;
    if (l->severity != r->severity)
        return l->severity < r->severity ? 1 : -1;
    if (l->check != r->check)
        return l->check > r->check ? 1 : -1;
    /* Of one check, what is further beyond its threshold. */
    const double sign = check_of(l->check)->flags & CHECK_BELOW ? -1 : 1;
    if (!isnan(l->measured) && !isnan(r->measured) && l->measured != r->measured)
        return (l->measured - r->measured) * sign < 0 ? 1 : -1;
    return strcmp(l->title, r->title);
}

void findings_rank(struct findings *f)
{
    if (f->count)
        qsort(f->rows, f->count, sizeof(*f->rows), by_rank);
}

void findings_count(const struct findings *f, uint32_t *ret_run, uint32_t *ret_not_run)
{
    *ret_run = *ret_not_run = 0;
    for (uint32_t i = 0; i < CHECKS; i++) {
        const uint32_t source = check_of(i)->source;
        if (f->failed[source])
            (*ret_not_run)++;
        else if (f->read[source])
            (*ret_run)++;
    }
}

const char *severity_word(uint32_t severity)
{
    static const char *const words[] = {"none", "low", "medium", "high"};
    return words[severity <= 3 ? severity : 3];
}

double findings_number(const char *text, size_t len)
{
    const bool minus = len && text[0] == '-';
    double value = 0, scale = 1;
    size_t i = minus, digits = 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++, digits++)
        value = value * 10 + (text[i] - '0');
    if (i < len && text[i] == '.') {
        for (i++; i < len && text[i] >= '0' && text[i] <= '9'; i++, digits++) {
            scale /= 10;
            value += (text[i] - '0') * scale;
        }
    }
    if (!digits || digits > 30 || i != len)
        return NAN;
    return minus ? -value : value;
}

double whole_below(double value)
{
    if (isnan(value) || value > 9e15 || value < -9e15)
        return value;
    const double whole = (double)(int64_t)value;
    return whole > value ? whole - 1 : whole;
}

/* ---- many things of one check */

void names_add(struct name_list *list, const char *format, ...)
{
    char name[120];
    va_list ap;
    va_start(ap, format);
    put_vtext(name, sizeof(name), format, ap);
    va_end(ap);
    const size_t len = strlen(list->text);
    if (!list->count++)
        put_text(list->first, sizeof(list->first), "%.*s", (int)strcspn(name, " "), name);
    if (list->shown + 1 < list->count || len + strlen(name) + 3 > sizeof(list->text))
        return;
    put_text(list->text + len, sizeof(list->text) - len, "%s%s", len ? ", " : "", name);
    list->shown++;
}

void names_text(const struct name_list *list, char *ret, size_t size)
{
    if (list->shown < list->count)
        put_text(ret, size, "%s and %u more", list->text, list->count - list->shown);
    else
        put_text(ret, size, "%s", list->text);
}
