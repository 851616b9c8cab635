/* SPDX-License-Identifier: Apache-2.0 */
/* A diagnosis as an answer: what could not be read first, so that nobody takes it for fine. */
#include "findings.h"

#include <math.h>

static void put(struct json_object *row, const char *key, const char *text)
{
    if (text && *text)
        json_object_object_add(row, key, json_object_new_string(text));
}

static struct json_object *append(struct json_object *list)
{
    struct json_object *row = json_object_new_object();
    if (row && json_object_array_add(list, row) < 0) {
        json_object_put(row);
        row = NULL;
    }
    return row;
}

/* 92.4, not 92.40000000000001 */
static void put_number(struct json_object *row, const char *key, double value)
{
    if (isnan(value) || isinf(value))
        return;
    const double tenths = floor(value * 10 + 0.5) / 10;
    if (tenths == floor(tenths) && fabs(tenths) < 1e15)
        json_object_object_add(row, key, json_object_new_int64((int64_t)tenths));
    else {
        char text[40];
        (void)snprintf(text, sizeof(text), "%.1f", value);
        json_object_object_add(row, key, json_object_new_double_s(tenths, text));
    }
}

/* The codes of a source's checks. */
static struct json_object *codes_of(uint32_t source)
{
    struct json_object *codes = json_object_new_array();
    for (uint32_t i = 0; codes && i < CHECKS; i++) {
        if (check_of(i)->source == source)
            json_object_array_add(codes, json_object_new_string(check_of(i)->code));
    }
    return codes;
}

static int32_t put_unread(const struct findings *f, struct json_object *list)
{
    for (uint32_t i = 0; i < f->unread_count; i++) {
        const struct unread *one = &f->unread[i];
        const struct source *source = source_of(one->source);
        struct json_object *row = append(list);
        if (!row)
            return PROXIMO_ENOMEM;
        put(row, "source", source->name);
        put(row, "of", one->what);
        put(row, "why", one->why);
        put(row, "privilege", source->privilege);
        put(row, "on", source->path);
        json_object_object_add(row, "checks", codes_of(one->source));
    }
    return PROXIMO_OK;
}

static int32_t put_findings(const struct findings *f, struct json_object *list)
{
    for (uint32_t i = 0; i < f->count; i++) {
        const struct finding *one = &f->rows[i];
        const struct check *check = check_of(one->check);
        struct json_object *row = append(list);
        if (!row)
            return PROXIMO_ENOMEM;
        put(row, "severity", severity_word(one->severity));
        put(row, "code", check->code);
        put(row, "title", one->title);
        put_number(row, "measured", one->measured);
        put_number(row, "threshold", check_threshold(one->check, one->severity));
        put(row, "unit", check->unit);
        put(row, "evidence", one->evidence);
        put(row, "source", source_of(check->source)->name);
        put(row, "tool", check->tool);
        struct json_object *arguments = check->tool ? json_of(text_of(one->arguments)) : NULL;
        if (arguments)
            json_object_object_add(row, "arguments", arguments);
    }
    return PROXIMO_OK;
}

static struct json_object *counts_of(const struct asking *a, const struct findings *f)
{
    struct json_object *counts = json_object_new_object();
    uint32_t run, not_run, of[4] = {0};
    findings_count(f, &run, &not_run);
    for (uint32_t i = 0; i < f->count; i++)
        of[f->rows[i].severity & 3]++;
    const char *found = f->count ? ask_text(a, "%u findings", f->count + f->more) : "no findings";
    const char *words = found ? ask_text(a, "%s: %u checks ran, %u could not or only in part%s", found, run,
                                         not_run, not_run ? "; what was not seen is not known to be fine" : "")
                              : NULL;
    if (!counts || !words) {
        json_object_put(counts);
        return NULL;
    }
    put(counts, "says", words);
    json_object_object_add(counts, "checks_run", json_object_new_int64(run));
    json_object_object_add(counts, "checks_not_run", json_object_new_int64(not_run));
    for (uint32_t i = 3; i > 0; i--)
        json_object_object_add(counts, severity_word(i), json_object_new_int64(of[i]));
    if (f->more)
        json_object_object_add(counts, "not_shown", json_object_new_int64(f->more));
    return counts;
}

/* The first of what could not be read, in words. */
static const char *note_of(const struct asking *a, const struct findings *f)
{
    const char *text = "could not be read:";
    for (uint32_t i = 0; text && i < f->unread_count && i < 3; i++) {
        const struct unread *one = &f->unread[i];
        text = ask_text(a, "%s%s %s%s%s (%.100s)", text, i ? ";" : "", source_of(one->source)->name,
                        one->what[0] ? " of " : "", one->what, one->why);
    }
    if (text && f->unread_count + f->unread_more > 3)
        text = ask_text(a, "%s and %u more", text, f->unread_count + f->unread_more - 3);
    return text;
}

int32_t findings_reply(const struct asking *a, struct findings *f)
{
    struct json_object *unread DROP_JSON = json_object_new_array();
    struct json_object *rows DROP_JSON = json_object_new_array();
    struct json_object *counts DROP_JSON = counts_of(a, f);
    struct json_object *first DROP_JSON = json_object_new_object();
    findings_rank(f);
    if (f->no_memory || !unread || !rows || !counts || !first || put_unread(f, unread) < 0 ||
        put_findings(f, rows) < 0)
        return PROXIMO_ENOMEM;
    json_object_object_add(first, "sources", json_object_get(unread));
    if (f->unread_more)
        json_object_object_add(first, "more", json_object_new_int64(f->unread_more));
    struct proximo_content blocks[] = {
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .data = json_text(first),
         .name = text_of("unread")},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .data = json_text(counts),
         .name = text_of("counts")},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(rows),
         .flags = f->unread_count ? PROXIMO_CONTENT_INCOMPLETE : PROXIMO_CONTENT_COMPLETE},
    };
    if (f->unread_count) {
        const char *note = note_of(a, f);
        if (!note)
            return PROXIMO_ENOMEM;
        blocks[2].note = text_of(note);
    }
    if (f->more)
        blocks[2].flags |= PROXIMO_CONTENT_MORE;
    return a->host->reply(a->call, blocks, 3);
}
