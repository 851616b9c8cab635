/* SPDX-License-Identifier: Apache-2.0 */
/* The road of a read: arguments, what they mean, the request or the plane, the shape of the answer. */
#include "plane/read.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/selector.h"
#include "plane/argument_inner.h"
#include "plane/planes.h"
#include "plane/read_inner.h"

#define STRUCTURED_LIMIT ((size_t)READ_ANSWER_LIMIT + 4096)
#define CONTENT_LIMIT    ((size_t)4 << 20)

void read_result_done(struct read_result *result)
{
    buf_done(&result->structured);
    buf_done(&result->content);
}

/* ---- rows */

static int no_list(const struct tool *tool, struct problem *p)
{
    problem_set(p, -EBADMSG, PX_BAD_ANSWER, "Proxmox answered %s without a list: nothing was read",
                tool->name);
    problem_next(p, "try again; check the node's state with pve_cluster_status");
    return -EBADMSG;
}

/* The list stands inside of data: data becomes objects, the list text again. */
static int shape_inner_list(struct reading *r, struct json_span data, struct buf *out, struct problem *p)
{
    const struct tool *tool = r->call->tool;
    CLEANUP_JSON struct json_object *parsed = scan_parse(data);
    struct json_object *list = NULL;
    if (selector_find(tool->items, parsed, &list) < 0 || !json_object_is_type(list, json_type_array))
        return no_list(tool, p);
    struct json_span text = {
        .ptr = json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)};
    text.len = text.ptr ? strlen(text.ptr) : 0;
    return envelope_rows(r, text, -1, NULL, out, p);
}

static int shape_list(struct reading *r, const struct site_answer *answer, struct buf *out, struct problem *p)
{
    static const char *const names[] = {"data", "total"};
    const struct tool *tool = r->call->tool;
    struct json_span values[2];
    struct scan scan;
    int64_t total = -1;
    scan_find((struct json_span){answer->raw, answer->raw_len}, names, 2, values);
    (void)scan_int(values[1], &total);
    if (!tool->items && scan_array(values[0], &scan) < 0)
        return no_list(tool, p);
    if (tool->flags & PROXIMO_READ_LINES) {
        CLEANUP_JSON struct json_object *list = scan_parse(values[0]);
        return list ? envelope_lines(r, list, total, out, p) : no_list(tool, p);
    }
    reading_needs(r);
    return tool->items ? shape_inner_list(r, values[0], out, p)
                       : envelope_rows(r, values[0], total, NULL, out, p);
}

/* Of one object it is said only when something is not held: that it is whole goes without saying. */
static void single_needs(struct reading *r)
{
    reading_needs(r);
    r->complete.asked = r->complete.asked && (r->complete.missing_any || r->complete.unknown);
}

static int row_answer(struct reading *r, const struct site_answer *answer, struct buf *out, struct problem *p)
{
    struct json_object *data = NULL;
    if (!(r->call->tool->flags & PROXIMO_READ_SINGLE))
        return shape_list(r, answer, out, p);
    if (answer->body)
        (void)json_object_object_get_ex(answer->body, "data", &data);
    if (r->call->tool->items && selector_find(r->call->tool->items, data, &data) < 0)
        data = NULL;
    single_needs(r);
    return envelope_single(r, data, out, p);
}

static int row_get(struct reading *r, struct site_answer *ret, struct problem *p)
{
    struct row_request request = {0};
    struct site *site = r->call->site;
    int result = row_request_make(r, &request, p);
    if (result < 0)
        return result;
    if (r->call->tool->flags & PROXIMO_READ_SINGLE)
        result =
            site_get(site, &r->site_call, request.path, request.fields, request.field_count, false, ret, p);
    else
        result = site_get_text(site, &r->site_call, request.path, request.fields, request.field_count, false,
                               ret, p);
    row_request_done(&request);
    return result;
}

static int row_run(struct reading *r, struct read_result *ret, struct problem *p)
{
    struct site_answer answer = {0};
    int result = row_get(r, &answer, p);
    if (result < 0)
        return result;
    result = row_answer(r, &answer, &ret->structured, p);
    site_answer_done(&answer);
    return result;
}

/* ---- functions */

/* The arguments as the plane sees them: with vmid, kind and node as they were resolved. */
static int function_arguments(struct reading *r, struct json_object **ret)
{
    CLEANUP_JSON struct json_object *copy = NULL;
    if (json_object_deep_copy(r->arguments, &copy, NULL) < 0)
        return -ENOMEM;
    const struct param_row *guest = tool_param_format(r->call->tool, "guest");
    int result = 0;
    if (r->has_guest) {
        result |= json_object_object_add(copy, guest ? guest->name : "vmid", json_object_new_string(r->vmid));
        result |= json_object_object_add(copy, "vmid", json_object_new_string(r->vmid));
        result |= json_object_object_add(copy, "kind", json_object_new_string(r->guest.kind));
    }
    if (r->node[0])
        result |= json_object_object_add(copy, "node", json_object_new_string(r->node));
    if (result)
        return -ENOMEM;
    *ret = copy;
    copy = NULL;
    return 0;
}

static int function_run(struct reading *r, struct read_result *ret, struct problem *p)
{
    CLEANUP_JSON struct json_object *arguments = NULL;
    if (function_arguments(r, &arguments) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for arguments");
    struct plane_call call = {
        .tool = r->call->tool,
        .site = r->call->site,
        .arguments_json = json_object_to_json_string_ext(arguments, JSON_C_TO_STRING_PLAIN |
                                                                        JSON_C_TO_STRING_NOSLASHESCAPE),
        .deadline_ms = r->call->deadline_ms,
        .cancel = r->call->cancel,
        .progress = r->call->progress,
        .progress_arg = r->call->progress_arg,
        .client = r->call->client,
        .missing = reading_missing,
        .missing_arg = r,
    };
    struct plane_reply reply = {0};
    int result = planes_call(r->call->planes, &call, &reply, p);
    if (result < 0)
        return result;
    if (tool_is_list(r->call->tool) && r->call->site)
        reading_needs(r);
    result = reply_shape(r, &reply, ret, p);
    plane_reply_done(&reply);
    return result;
}

/* ---- both */

static int run_once(struct reading *r, struct read_result *ret, struct problem *p)
{
    return r->call->tool->kind == TOOL_READ_ROW ? row_run(r, ret, p) : function_run(r, ret, p);
}

/* A guest that "does not exist" may have moved since the list was read: look again, once. */
static int run_where_it_went(struct reading *r, struct read_result *ret, struct problem *p)
{
    struct problem first = *p;
    struct site_guest before = r->guest;
    int result = reading_resolve(r, true, p);
    if (result < 0)
        return result;
    if (strcmp(before.node, r->guest.node) == 0 && strcmp(before.kind, r->guest.kind) == 0) {
        *p = first;
        return -ENOENT;
    }
    return run_once(r, ret, p);
}

static int reading_run(struct reading *r, struct read_result *ret, struct problem *p)
{
    bool uses_site = r->call->tool->kind == TOOL_READ_ROW || tool_param_format(r->call->tool, "guest") ||
                     tool_param_format(r->call->tool, "node");
    if (!r->call->site && uses_site)
        return problem_set(p, -EINVAL, PX_SITE, "%s needs a site and none is configured",
                           r->call->tool->name);
    int result = r->call->site ? reading_resolve(r, false, p) : 0;
    if (result < 0)
        return result;
    *p = PROBLEM_INIT;
    result = run_once(r, ret, p);
    if (result < 0 && r->has_guest && strcmp(p->code, PX_NOT_FOUND) == 0) {
        read_result_done(ret);
        result = run_where_it_went(r, ret, p);
    }
    return result;
}

int read_run(const struct read_call *call, struct read_result *ret, struct problem *p)
{
    struct problem local = PROBLEM_INIT;
    struct problem *out = p ? p : &local;
    if (call->tool->kind == TOOL_CHANGE)
        return problem_set(out, -EPERM, PX_READ_ONLY, "%s is a change, not a read", call->tool->name);
    struct reading r = {.call = call,
                        .site_call = {.deadline_ms = call->deadline_ms, .cancel = call->cancel}};
    struct read_result result = {.structured = BUF_INIT(STRUCTURED_LIMIT),
                                 .content = BUF_INIT(CONTENT_LIMIT)};
    int error = arguments_check(call->tool, call->arguments, &r.arguments, out);
    if (error < 0)
        return error;
    completeness_init(&r.complete);
    error = reading_run(&r, &result, out);
    completeness_done(&r.complete);
    json_object_put(r.arguments);
    if (error < 0) {
        read_result_done(&result);
        return error;
    }
    *ret = result;
    return 0;
}
