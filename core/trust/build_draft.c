/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The draft of a plan: from the row, from the plane's plan function, or, for a way back, from the record of
 * what was done. Whatever it is from, it is only a proposal.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "plane/planes.h"
#include "trust/build.h"
#include "trust/run.h"

/* A read of the function was filtered by privileges. arg: struct build. */
static void read_missing(void *arg, const char *path, const char *privilege, bool known)
{
    CLEANUP_BUF struct buf why = BUF_INIT(1200);

    buf_printf(&why,
               known ? "this token does not hold %.200s on %.400s"
                     : "whether this token holds %.200s on %.400s could not be read",
               privilege, path);
    (void)build_incomplete(arg, path, why.data ? why.data : "");
}

static int function_draft(struct build *b, enum plane_call_kind kind, struct problem *p)
{
    CLEANUP_BUF struct buf arguments = BUF_INIT((size_t)1 << 20);
    CLEANUP_BUF struct buf record = BUF_INIT((size_t)16 << 20);

    json_put_value(&arguments, b->reading.arguments);
    if (kind == PLANE_CALL_PLAN_UNDO)
        json_put_value(&record, b->request->record);
    if (!buf_ok(&arguments) || !arguments.data || !buf_ok(&record))
        return build_no_memory(p);
    const struct plane_call call = {
        .kind = kind,
        .tool = b->tool,
        .input_json = record.data,
        .cache = b->cache,
        .ret_draft = &b->draft,
        .site = b->request->site,
        .arguments_json = arguments.data,
        .deadline_ms = b->request->deadline_ms,
        .cancel = b->request->cancel,
        .progress = b->request->progress,
        .progress_arg = b->request->progress_arg,
        .missing = read_missing,
        .missing_arg = b,
    };
    b->literal = true;
    int r = planes_call(b->trust->planes, &call, NULL, p);
    if (r == 0 && !b->draft)
        return build_plane_fault(b, p, "it planned nothing and said nothing");
    return r;
}

static int undo_draft(struct build *b, struct problem *p)
{
    struct json_object *undo = NULL;
    const char *kind = "none";

    if (json_get(b->request->record, "undo", json_type_object, &undo) == 0)
        (void)json_get_string(undo, "kind", &kind, NULL);
    if (strcmp(kind, "function") == 0 && b->tool->has_plan_undo) {
        int r = function_draft(b, PLANE_CALL_PLAN_UNDO, p);
        if (r < 0 && (strcmp(p->code, PX_STATE) == 0 || strcmp(p->code, PX_NOT_FOUND) == 0)) {
            const struct problem said = *p;
            r = problem_set(p, -ENOENT, PX_UNDO, "there is no way back: %.600s", said.cause);
            problem_next(p, "change it back with the tools themselves, if that can be done at all");
        }
        return r;
    }
    b->literal = b->tool->has_plan;
    return undo_from_template(b->request->record, &b->draft, p);
}

/* What the draft says of the plan as a whole. */
static int take_words(struct build *b, struct problem *p)
{
    struct json_object *rows = NULL;

    if (json_get(b->draft, "facts", json_type_array, &rows) == 0) {
        json_object_put(b->facts);
        b->facts = json_object_get(rows);
    }
    if (json_get(b->draft, "incomplete", json_type_array, &rows) < 0)
        return 0;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const char *what = "something", *why = "";
        (void)json_get_string(row, "what", &what, NULL);
        (void)json_get_string(row, "why", &why, NULL);
        if (build_incomplete(b, what, why) < 0)
            return build_no_memory(p);
    }
    return 0;
}

int build_draft(struct build *b, struct problem *p)
{
    int r = 0;

    if (b->request->record)
        r = undo_draft(b, p);
    else if (b->tool->has_plan)
        r = function_draft(b, PLANE_CALL_PLAN, p);
    else
        r = build_row_draft(b, &b->draft, p);
    return r < 0 ? r : take_words(b, p);
}

bool build_is_nothing(const struct build *b, const char **ret_why)
{
    struct json_object *steps = NULL, *always = NULL;

    (void)json_get(b->draft, "steps", json_type_array, &steps);
    (void)json_get(b->draft, "always", json_type_array, &always);
    return (!steps || json_object_array_length(steps) == 0) &&
           (!always || json_object_array_length(always) == 0) &&
           json_get_string(b->draft, "summary", ret_why, NULL) == 0;
}
