/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a class's blast function. What cannot be said is never "nothing affected": it is an entry of
 * `incomplete`, and the risk is high then.
 */
#include "blast/blast.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "plane/manifest.h"
#include "plane/planes.h"

#define CLASS_FLAGS_ALL (PROXIMO_CLASS_DESTROYS | PROXIMO_CLASS_CUTS_OFF | PROXIMO_CLASS_WIDENS)
#define WHY_LIMIT       1200

static int incomplete_add(struct blast_report *report, const char *what, const char *why)
{
    CLEANUP_JSON struct json_object *row = json_object_new_object();

    if (json_object_object_add(row, "what", json_object_new_string(what)) < 0 ||
        json_object_object_add(row, "why", json_object_new_string(why)) < 0 ||
        json_object_array_add(report->incomplete, json_object_get(row)) < 0)
        return -ENOMEM;
    return 0;
}

/* A read of the blast function was filtered by privileges. arg: struct blast_report. */
static void read_missing(void *arg, const char *path, const char *privilege, bool known)
{
    CLEANUP_BUF struct buf why = BUF_INIT(WHY_LIMIT);

    buf_printf(&why,
               known ? "this token does not hold %.200s on %.400s"
                     : "whether this token holds %.200s on %.400s could not be read",
               privilege, path);
    (void)incomplete_add(arg, path, why.data ? why.data : "");
}

/* Moves the array `name` of the draft behind what the report has. */
static int take(struct json_object *draft, const char *name, struct json_object *into)
{
    struct json_object *rows = NULL;

    if (json_get(draft, name, json_type_array, &rows) < 0)
        return 0;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        if (json_object_array_add(into, json_object_get(json_object_array_get_idx(rows, i))) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int function_run(const struct blast_call *call, const struct plane_info *plane,
                        const struct class_row *class, struct json_object *subject,
                        struct blast_report *report, struct problem *p)
{
    CLEANUP_JSON struct json_object *draft = NULL;
    CLEANUP_BUF struct buf input = BUF_INIT((size_t)64 << 10);
    CLEANUP_BUF struct buf what = BUF_INIT(200);
    const int64_t now = clock_ms(), left = call->deadline_ms - now;

    json_put_value(&input, subject);
    if (!buf_ok(&input) || !input.data)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    const struct plane_call request = {
        .kind = PLANE_CALL_BLAST,
        .plane = plane,
        .class = class,
        .input_json = input.data,
        .arguments_json = "{}",
        .cache = call->cache,
        .ret_draft = &draft,
        .site = call->site,
        /* A function that hangs is to leave time for saying so. */
        .deadline_ms = now + (call->last ? left - left / 10 : left / 2),
        .cancel = call->cancel,
        .progress = call->progress,
        .progress_arg = call->progress_arg,
        .missing = read_missing,
        .missing_arg = report,
    };
    int r = planes_call(call->planes, &request, NULL, p);
    if (r == 0)
        return take(draft, "affected", report->affected) < 0 ||
                       take(draft, "incomplete", report->incomplete) < 0 ||
                       take(draft, "risks", report->risks) < 0
                   ? problem_set(p, -ENOMEM, PX_INTERNAL, "no memory")
                   : 0;
    if (r == -ENOMEM || (p && strcmp(p->code, PX_CANCELLED) == 0) || clock_ms() >= call->deadline_ms)
        return r;
    buf_printf(&what, "what %.100s affects", class->name);
    r = incomplete_add(report, what.data ? what.data : "",
                       p && p->cause[0] ? p->cause : "its blast function failed");
    if (r == 0 && p)
        *p = PROBLEM_INIT;
    return r;
}

static int report_init(struct blast_report *report)
{
    memset(report, 0, sizeof(*report));
    report->affected = json_object_new_array();
    report->incomplete = json_object_new_array();
    report->risks = json_object_new_array();
    return report->affected && report->incomplete && report->risks ? 0 : -ENOMEM;
}

/* The class is not there, or says nothing although its flags demand it. */
static int unknown_effect(struct blast_report *report, const char *class_name, const char *why)
{
    CLEANUP_BUF struct buf what = BUF_INIT(200);

    buf_printf(&what, "what %.100s affects", class_name);
    report->class_floor = PROXIMO_RISK_HIGH;
    return incomplete_add(report, what.data ? what.data : "", why);
}

int blast_run(const struct blast_call *call, const char *class_name, struct json_object *subject,
              struct blast_report *ret, struct problem *p)
{
    struct problem local = PROBLEM_INIT;
    struct problem *out = p ? p : &local;
    const struct plane_info *plane = NULL;
    const struct class_row *class = NULL;
    struct blast_report report;
    int r = report_init(&report);

    if (r == 0 && !planes_class_find(call->planes, class_name, &plane, &class)) {
        report.class_flags = CLASS_FLAGS_ALL;
        report.class_undo_kind = PROXIMO_UNDO_NONE;
        r = unknown_effect(&report, class_name, "no loaded plane has this operation class");
    } else if (r == 0) {
        report.class_floor = class->risk_floor;
        report.class_flags = class->flags;
        report.class_undo_kind = class->undo_kind;
        if (class->title) {
            size_t len = text_utf8_cut(class->title, strnlen(class->title, sizeof(report.class_title) - 1));
            memcpy(report.class_title, class->title, len);
        }
        if (class->has_blast)
            r = function_run(call, plane, class, subject, &report, out);
        else if (class->flags & CLASS_FLAGS_ALL)
            r = unknown_effect(&report, class_name, "its plane has no function that says so");
    }
    if (r < 0) {
        blast_report_done(&report);
        return out->code[0] ? r : problem_set(out, r, PX_INTERNAL, "no memory");
    }
    if (json_object_array_length(report.incomplete) > 0)
        report.class_floor = PROXIMO_RISK_HIGH;
    *ret = report;
    return 0;
}
