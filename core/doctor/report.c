/* SPDX-License-Identifier: Apache-2.0 */
/* The report of the examination: sections of checks, as JSON and as text. */
#include "doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/problem.h"
#include "base/text.h"

static const char *const status_names[] = {
    [DOCTOR_OK] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_PROBLEM] = "problem"};

void doctor_section(struct doctor *d, const char *name)
{
    struct json_object *section = json_object_new_object();
    d->checks = json_object_new_array();
    (void)json_object_object_add(section, "name", json_object_new_string(name));
    (void)json_object_object_add(section, "checks", d->checks);
    (void)json_object_array_add(d->sections, section);
}

/* Text from files, servers and planes reaches a terminal: control characters go. */
static struct json_object *clean_string(const char *text)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(16384);
    text_clean(&clean, text, strnlen(text, 4096), false);
    return json_object_new_string_len(clean.len > 0 ? clean.data : "", (int)clean.len);
}

struct json_object *doctor_add(struct doctor *d, enum doctor_status status, const char *next,
                               const char *format, ...)
{
    CLEANUP_BUF struct buf text = BUF_INIT(16384);
    struct json_object *check = json_object_new_object();
    va_list ap;
    va_start(ap, format);
    buf_vprintf(&text, format, ap);
    va_end(ap);
    (void)json_object_object_add(check, "status", json_object_new_string(status_names[status]));
    (void)json_object_object_add(check, "text", clean_string(buf_ok(&text) && text.len > 0 ? text.data : ""));
    if (next != NULL && next[0] != '\0')
        (void)json_object_object_add(check, "next", clean_string(next));
    (void)json_object_array_add(d->checks, check);
    d->problems += status == DOCTOR_PROBLEM ? 1 : 0;
    return check;
}

struct json_object *doctor_add_problem(struct doctor *d, const char *what, const struct problem *p)
{
    struct json_object *check = doctor_add(
        d, DOCTOR_PROBLEM, p->next[0] != '\0' ? p->next : "Correct it and run `proximo doctor` again.",
        "%s%s%s: %s", what, what[0] != '\0' ? ": " : "", p->code, p->cause);
    doctor_fact(check, "code", p->code);
    return check;
}

void doctor_fact(struct json_object *check, const char *name, const char *value)
{
    (void)json_object_object_add(check, name, clean_string(value));
}

void doctor_fact_int(struct json_object *check, const char *name, int64_t value)
{
    (void)json_object_object_add(check, name, json_object_new_int64(value));
}

static const char *member(struct json_object *o, const char *name)
{
    const char *text = "";
    (void)json_get_string(o, name, &text, NULL);
    return text;
}

/* Commands to enter, one a line as they are. */
static void put_lines(struct json_object *check, struct buf *out)
{
    struct json_object *lines = NULL;

    if (json_get(check, "lines", json_type_array, &lines) != 0)
        return;
    for (size_t i = 0; i < json_object_array_length(lines); i++)
        buf_printf(out, "              %s\n", json_object_get_string(json_object_array_get_idx(lines, i)));
}

void doctor_text(const struct doctor *d, struct buf *out)
{
    for (size_t i = 0; i < json_object_array_length(d->sections); i++) {
        struct json_object *section = json_object_array_get_idx(d->sections, i);
        struct json_object *checks = NULL;
        buf_printf(out, "%s%s\n", i > 0 ? "\n" : "", member(section, "name"));
        if (json_get(section, "checks", json_type_array, &checks) != 0)
            continue;
        for (size_t k = 0; k < json_object_array_length(checks); k++) {
            struct json_object *check = json_object_array_get_idx(checks, k);
            buf_printf(out, "  %-8s %s\n", member(check, "status"), member(check, "text"));
            if (member(check, "next")[0] != '\0')
                buf_printf(out, "           -> %s\n", member(check, "next"));
            put_lines(check, out);
        }
    }
    if (d->problems == 0)
        buf_str(out, "\nNothing is wrong.\n");
    else
        buf_printf(out, "\n%u problem%s.\n", d->problems, d->problems == 1 ? "" : "s");
}

/* The checks of one section that are not plainly good; *ret_left counts the others. */
static struct json_object *told_checks(struct json_object *section, int64_t *ret_left)
{
    struct json_object *out = json_object_new_object(), *told = json_object_new_array(), *checks = NULL;

    (void)json_get(section, "checks", json_type_array, &checks);
    for (size_t i = 0; checks && i < json_object_array_length(checks); i++) {
        struct json_object *check = json_object_array_get_idx(checks, i);
        if (strcmp(member(check, "status"), status_names[DOCTOR_OK]) == 0)
            (*ret_left)++;
        else
            (void)json_object_array_add(told, json_object_get(check));
    }
    (void)json_object_object_add(out, "name", json_object_new_string(member(section, "name")));
    (void)json_object_object_add(out, "checks", told);
    return out;
}

/* What a reader can do without: every check's status, sentence and next step stay. */
static void drop_facts(struct json_object *sections)
{
    for (size_t i = 0; i < json_object_array_length(sections); i++) {
        struct json_object *checks = NULL;
        (void)json_get(json_object_array_get_idx(sections, i), "checks", json_type_array, &checks);
        for (size_t k = 0; checks && k < json_object_array_length(checks); k++) {
            struct json_object *check = json_object_array_get_idx(checks, k);
            struct json_object *bare = json_object_new_object();
            static const char *const kept[] = {"status", "text", "next"};
            for (size_t n = 0; n < sizeof(kept) / sizeof(kept[0]); n++) {
                if (member(check, kept[n])[0])
                    (void)json_object_object_add(bare, kept[n],
                                                 json_object_new_string(member(check, kept[n])));
            }
            (void)json_object_array_put_idx(checks, k, bare);
        }
    }
}

static void put_report(const struct doctor *d, struct json_object *sections, int64_t left, struct buf *out)
{
    buf_char(out, '{');
    json_put_key_bool(out, "ok", d->problems == 0);
    json_put_key_int(out, "problems", (long long)d->problems);
    if (left > 0)
        json_put_key_int(out, "ok_left_out", (long long)left);
    json_put_key(out, "sections");
    json_put_value(out, sections);
    buf_char(out, '}');
}

void doctor_json(const struct doctor *d, size_t most, struct buf *out)
{
    const size_t start = out->len;
    int64_t left = 0;

    put_report(d, d->sections, 0, out);
    if (!buf_ok(out) || out->len - start <= most)
        return;
    struct json_object *sections = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(d->sections); i++)
        (void)json_object_array_add(sections, told_checks(json_object_array_get_idx(d->sections, i), &left));
    out->len = start;
    put_report(d, sections, left, out);
    if (buf_ok(out) && out->len - start > most) {
        drop_facts(sections);
        out->len = start;
        put_report(d, sections, left, out);
    }
    json_object_put(sections);
}
