/* SPDX-License-Identifier: Apache-2.0 */
/* A change row and its arguments as a draft: one request step, "change", and what the row declares beside it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/argument_inner.h"
#include "trust/build.h"

#define VALUE_MOST ((size_t)64 << 10)

static bool stands_in(const char *path, const char *name)
{
    char place[72];
    const int n = snprintf(place, sizeof(place), "{%.64s}", name);
    return path && n > 0 && (size_t)n < sizeof(place) && strstr(path, place);
}

/* Part of the path, of finding the guest, or for the function alone: not sent. */
static bool is_sent(const struct tool *tool, const struct param_row *param)
{
    const bool finds = text_equal(param->format, "kind") || text_equal(param->format, "node");
    const bool found = tool_param_format(tool, "guest") || tool_param_format(tool, "upid");

    return !(param->flags & PROXIMO_PARAM_NOT_SENT) && !stands_in(tool->path, param->name) &&
           !(finds && found) && !text_equal(param->format, "guest");
}

static int field_add(struct json_object *fields, const char *name, const char *key, const char *text,
                     int64_t flags)
{
    struct json_object *field = json_object_new_object();

    if (build_add_text(field, "name", name) < 0 || build_add_text(field, key, text) < 0 ||
        (flags && build_add(field, "flags", json_object_new_int64(flags)) < 0) ||
        json_object_array_add(fields, field) < 0) {
        json_object_put(field);
        return -ENOMEM;
    }
    return 0;
}

static int param_field(struct build *b, const struct param_row *param, struct json_object *fields,
                       struct problem *p)
{
    struct json_object *value = NULL;
    CLEANUP_BUF struct buf text = BUF_INIT(VALUE_MOST);
    const char *name = param->api_name ? param->api_name : param->name;

    if (!json_object_object_get_ex(b->reading.arguments, param->name, &value) || !value)
        return 0;
    int r = 0;
    if (param->flags & PROXIMO_PARAM_SECRET)
        r = field_add(fields, name, "secret", param->name, (int64_t)PROXIMO_FIELD_SECRET);
    else if (param->type == PROXIMO_TYPE_OBJECT)
        return build_plane_fault(b, p, "a row cannot send the object %s: that needs a plan function",
                                 param->name);
    else if (value_text(value, &text) < 0 || !buf_ok(&text))
        return problem_set(p, -EINVAL, PX_ARG, "%s is too long or of a wrong shape", param->name);
    else
        r = field_add(fields, name, "value", text.data ? text.data : "", 0);
    return r < 0 ? build_no_memory(p) : 0;
}

/* Names of the path come from the arguments by themselves (build_path); the others are sent. */
static int row_fields(struct build *b, struct json_object *fields, struct problem *p)
{
    const struct tool *tool = b->tool;

    for (size_t i = 0; i < tool->fixed_count; i++) {
        CLEANUP_BUF struct buf value = BUF_INIT(VALUE_MOST);
        if (reading_fill(&b->reading, tool->fixed[i].value ? tool->fixed[i].value : "", false, &value) < 0)
            return build_plane_fault(b, p, "the fixed parameter %s has no value", tool->fixed[i].name);
        if (field_add(fields, tool->fixed[i].name, "value", value.data ? value.data : "", 0) < 0)
            return build_no_memory(p);
    }
    for (size_t i = 0; i < tool->param_count; i++) {
        int r = is_sent(tool, &tool->params[i]) ? param_field(b, &tool->params[i], fields, p) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* Guard 0 once more at once before the request, for its digest and for all it guards. */
static int add_digest(struct build *b, struct json_object *rest, struct json_object *steps,
                      struct json_object *fields, struct problem *p)
{
    struct json_object *guards = NULL, *params = NULL, *step = json_object_new_object();
    const char *path = NULL, *select = NULL;
    int r = step ? 0 : -ENOMEM;

    (void)json_get(rest, "guards", json_type_array, &guards);
    struct json_object *guard = guards ? json_object_array_get_idx(guards, 0) : NULL;
    if (json_get_string(guard, "path", &path, NULL) < 0) {
        json_object_put(step);
        return build_plane_fault(b, p, "it passes a digest along and guards nothing that has one");
    }
    (void)json_get_string(guard, "fields", &select, NULL);
    (void)json_get(guard, "params", json_type_array, &params);
    r |= build_add(step, "kind", json_object_new_int(PROXIMO_STEP_READ));
    r |= build_add_text(step, "name", "state");
    r |= build_add_text(step, "path", path);
    if (params)
        r |= build_add(step, "params", json_object_get(params));
    if (select)
        r |= build_add_text(step, "select", select);
    r |= build_add_text(step, "keep", "/digest");
    if (r || json_object_array_add(steps, step) < 0) {
        json_object_put(step);
        return build_no_memory(p);
    }
    return field_add(fields, "digest", "value", "state:/digest", (int64_t)PROXIMO_FIELD_REFERENCE) < 0
               ? build_no_memory(p)
               : 0;
}

static int request_step(struct build *b, struct json_object *rest, struct json_object *steps,
                        struct problem *p)
{
    const struct tool *tool = b->tool;
    const bool digest = (tool->flags & PROXIMO_CHANGE_DIGEST) != 0;
    const uint64_t flags =
        (tool->flags & PROXIMO_CHANGE_FOLLOW ? PROXIMO_STEP_FOLLOW : 0) | (digest ? PROXIMO_STEP_ATOMIC : 0);
    CLEANUP_JSON struct json_object *fields = json_object_new_array();
    CLEANUP_JSON struct json_object *step = json_object_new_object();
    int r = row_fields(b, fields, p);

    if (r == 0 && digest)
        r = add_digest(b, rest, steps, fields, p);
    if (r < 0)
        return r;
    r |= build_add(step, "kind", json_object_new_int(PROXIMO_STEP_REQUEST));
    r |= build_add(step, "flags", json_object_new_int64((int64_t)flags));
    r |= build_add_text(step, "name", "change");
    r |= build_add_text(step, "method", tool->method ? tool->method : "");
    r |= build_add_text(step, "path", tool->path ? tool->path : "");
    r |= build_add(step, "params", json_object_get(fields));
    if (r || json_object_array_add(steps, json_object_get(step)) < 0)
        return build_no_memory(p);
    return 0;
}

int build_row_draft(struct build *b, struct json_object **ret, struct problem *p)
{
    static const char *const taken[] = {"guards", "postcondition"};
    CLEANUP_JSON struct json_object *rest = NULL;
    CLEANUP_JSON struct json_object *draft = json_object_new_object();
    const char *text = b->tool->rest_json ? b->tool->rest_json : "{}";
    struct json_object *steps = json_object_new_array();

    if (build_add(draft, "steps", steps) < 0)
        return build_no_memory(p);
    int r = json_parse(text, strlen(text), &rest, p);
    if (r == 0)
        r = request_step(b, rest, steps, p);
    for (size_t i = 0; r == 0 && i < sizeof(taken) / sizeof(taken[0]); i++) {
        struct json_object *rows = NULL;
        if (json_get(rest, taken[i], json_type_array, &rows) == 0 &&
            build_add(draft, taken[i], json_object_get(rows)) < 0)
            r = build_no_memory(p);
    }
    if (r < 0)
        return r;
    *ret = draft;
    draft = NULL;
    return 0;
}
