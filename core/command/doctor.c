/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo doctor`: looks at everything a server run depends on and says what to do about what is wrong. */
#include "command/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/problem.h"
#include "base/text.h"
#include "command/command.h"
#include "config/config.h"
#include "plane/site.h"

#define REPORT_LIMIT ((size_t)4 << 20)

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
        }
    }
    if (d->problems == 0)
        buf_str(out, "\nNothing is wrong.\n");
    else
        buf_printf(out, "\n%u problem%s.\n", d->problems, d->problems == 1 ? "" : "s");
}

void doctor_json(const struct doctor *d, struct buf *out)
{
    buf_char(out, '{');
    json_put_key_bool(out, "ok", d->problems == 0);
    json_put_key_int(out, "problems", (long long)d->problems);
    json_put_key(out, "sections");
    json_put_value(out, d->sections);
    buf_str(out, "}\n");
}

int command_doctor(const struct command_line *line)
{
    CLEANUP_BUF struct buf out = BUF_INIT(REPORT_LIMIT);
    const struct config_options options = {.file = command_value(line, "--config"),
                                           .site = command_value(line, "--site")};
    struct problem p = PROBLEM_INIT;
    struct config *config = NULL;
    struct sites *sites = NULL;

    if (config_load(&options, &config, &p) < 0)
        return command_fail(&p);
    if (sites_new(config, &sites) < 0) {
        config_free(config);
        (void)problem_set(&p, -1, PX_INTERNAL, "no memory for the sites");
        return command_fail(&p);
    }
    struct doctor d = {.sections = json_object_new_array()};
    doctor_local(&d, config);
    doctor_record(&d, config);
    doctor_sites(&d, config, sites);
    doctor_planes(&d, config, sites);
    if (command_value(line, "--json") != NULL)
        doctor_json(&d, &out);
    else
        doctor_text(&d, &out);
    json_object_put(d.sections);
    sites_free(sites);
    config_free(config);
    if (!buf_ok(&out) || fd_write_all(STDOUT_FILENO, out.data, out.len) != 0)
        return 1;
    return d.problems == 0 ? 0 : 1;
}
