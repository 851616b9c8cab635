/* SPDX-License-Identifier: Apache-2.0 */
/* From arguments to a request: what guest or node is meant, templates filled in, the query of a row. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/need.h"
#include "plane/read_inner.h"

#define FIELDS_MAX 192

int value_text(struct json_object *value, struct buf *out)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        buf_add(out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        return 0;
    case json_type_boolean: buf_str(out, json_object_get_boolean(value) ? "1" : "0"); return 0;
    case json_type_int:
    case json_type_double: json_put_value(out, value); return 0;
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            struct json_object *item = json_object_array_get_idx(value, i);
            if (json_object_is_type(item, json_type_array) || json_object_is_type(item, json_type_object))
                return -EINVAL;
            if (i)
                buf_char(out, ',');
            int r = value_text(item, out);
            if (r < 0)
                return r;
        }
        return 0;
    default: return -EINVAL;
    }
}

static const char *argument_of_format(const struct reading *r, const char *format)
{
    const struct param_row *param = tool_param_format(r->call->tool, format);
    const char *text = NULL;
    return param && json_get_string(r->arguments, param->name, &text, NULL) == 0 ? text : NULL;
}

static int resolve_guest(struct reading *r, const char *text, bool fresh, struct problem *p)
{
    int result = site_guest_find(r->call->site, &r->site_call, text, argument_of_format(r, "kind"),
                                 argument_of_format(r, "node"), fresh, &r->guest, p);
    if (result < 0)
        return result;
    r->has_guest = true;
    CLEANUP_BUF struct buf digits = BUF_INIT(sizeof(r->vmid));
    buf_i64(&digits, r->guest.vmid);
    memcpy(r->vmid, digits.data ? digits.data : "", digits.len + (digits.data != NULL));
    memcpy(r->node, r->guest.node, sizeof(r->node));
    return 0;
}

/* A task id names its node; the format has been checked. */
static int resolve_task(struct reading *r, const char *upid, struct problem *p)
{
    const char *given = argument_of_format(r, "node");
    const char *start = upid + strlen("UPID:");
    size_t len = strcspn(start, ":");
    if (len == 0 || len >= sizeof(r->node))
        return problem_set(p, -EINVAL, PX_ARG, "the task id names no node");
    memcpy(r->node, start, len);
    r->node[len] = 0;
    if (given && strcmp(given, r->node) != 0) {
        problem_set(p, -EINVAL, PX_MISMATCH, "this task ran on node %s, not on %s", r->node, given);
        problem_next(p, "leave out node: it is part of the task id");
        return -EINVAL;
    }
    return 0;
}

int reading_resolve(struct reading *r, bool fresh, struct problem *p)
{
    const struct tool *tool = r->call->tool;
    const char *guest = argument_of_format(r, "guest");
    if (guest)
        return resolve_guest(r, guest, fresh, p);
    const char *upid = argument_of_format(r, "upid");
    if (upid)
        return resolve_task(r, upid, p);
    const char *node = argument_of_format(r, "node");
    bool wanted = tool->path && strstr(tool->path, "{node}");
    if (!node && !wanted)
        return 0;
    return site_node_find(r->call->site, &r->site_call, node, r->node, p);
}

void reading_put_place(const struct reading *r, struct buf *out)
{
    if (r->has_guest) {
        json_put_key(out, "guest");
        buf_char(out, '{');
        json_put_key_int(out, "vmid", r->guest.vmid);
        json_put_key_string(out, "kind", r->guest.kind);
        json_put_key_string(out, "node", r->guest.node);
        buf_char(out, '}');
    } else if (r->node[0]) {
        json_put_key_string(out, "node", r->node);
    }
}

int reading_value(const struct reading *r, const char *name, struct buf *out)
{
    const struct param_row *param = tool_param_find(r->call->tool, name);
    bool guest = strcmp(name, "vmid") == 0 || (param && text_equal(param->format, "guest"));
    if (r->has_guest && guest)
        buf_str(out, r->vmid);
    else if (r->has_guest && strcmp(name, "kind") == 0)
        buf_str(out, r->guest.kind);
    else if (r->node[0] && strcmp(name, "node") == 0)
        buf_str(out, r->node);
    else {
        struct json_object *value = NULL;
        if (!json_object_object_get_ex(r->arguments, name, &value) || !value)
            return -ENOENT;
        return value_text(value, out);
    }
    return 0;
}

int reading_fill(const struct reading *r, const char *template, bool encode, struct buf *out)
{
    while (*template) {
        size_t plain = strcspn(template, "{");
        buf_add(out, template, plain);
        template += plain;
        if (!*template)
            break;
        size_t len = strcspn(template, "}");
        char name[64];
        if (template[len] != '}' || len < 2 || len > sizeof(name))
            return -EINVAL;
        memcpy(name, template + 1, len - 1);
        name[len - 1] = 0;
        template += len + 1;
        CLEANUP_BUF struct buf value = BUF_INIT(HTTP_PATH_LIMIT);
        const bool may_lack = name[len - 2] == '?';
        if (may_lack)
            name[len - 2] = 0;
        int result = reading_value(r, name, &value);
        if (may_lack && (result == -ENOENT || (result == 0 && value.len == 0))) {
            need_leave_out(out);
            continue;
        }
        if (result < 0)
            return result;
        /* Formats refuse these already; a path must never depend on that. */
        if (encode && (value.len == 0 || strcmp(value.data, ".") == 0 || strcmp(value.data, "..") == 0))
            return -EINVAL;
        if (encode)
            buf_percent(out, value.data, value.len);
        else
            buf_add(out, value.data, value.len);
    }
    return buf_ok(out) ? 0 : -EFBIG;
}

static int field_add(struct row_request *request, const char *name, struct buf *value)
{
    if (request->field_count == FIELDS_MAX)
        return -EFBIG;
    if (request->field_count == request->field_room) {
        size_t room = request->field_room ? request->field_room * 2 : 8;
        struct http_field *grown = realloc(request->fields, room * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        request->fields = grown;
        request->field_room = room;
    }
    buf_char(value, 0); /* an empty value is a value too */
    size_t len = 0;
    char *text = buf_take(value, &len);
    if (!text)
        return -ENOMEM;
    request->fields[request->field_count++] =
        (struct http_field){.name = name, .value = text, .value_len = len - 1};
    return 0;
}

static int field_of_param(const struct reading *r, const struct param_row *param, struct row_request *request)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(r->arguments, param->name, &value) || !value)
        return 0;
    CLEANUP_BUF struct buf text = BUF_INIT((size_t)64 << 10);
    if (param->type != PROXIMO_TYPE_OBJECT) {
        int result = value_text(value, &text);
        return result < 0 ? result
                          : field_add(request, param->api_name ? param->api_name : param->name, &text);
    }
    json_object_object_foreach(value, key, member)
    {
        int result = value_text(member, &text);
        if (result == 0)
            result = field_add(request, key, &text);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Part of the path, of finding the guest, or a filter: not sent. */
static bool param_is_sent(const struct tool *tool, const struct param_row *param)
{
    char place[72];
    size_t len = strlen(param->name);
    if ((param->flags & PROXIMO_PARAM_NOT_SENT) || len > 64)
        return false;
    place[0] = '{';
    memcpy(place + 1, param->name, len);
    place[len + 1] = '}';
    place[len + 2] = 0;
    if (strstr(tool->path, place))
        return false;
    bool finds = text_equal(param->format, "kind") || text_equal(param->format, "node");
    bool found = tool_param_format(tool, "guest") || tool_param_format(tool, "upid");
    return !(finds && found) && !text_equal(param->format, "guest");
}

static int row_fields(const struct reading *r, struct row_request *request)
{
    const struct tool *tool = r->call->tool;
    for (size_t i = 0; i < tool->fixed_count; i++) {
        CLEANUP_BUF struct buf value = BUF_INIT(4096);
        int result = reading_fill(r, tool->fixed[i].value ? tool->fixed[i].value : "", false, &value);
        if (result == 0)
            result = field_add(request, tool->fixed[i].name, &value);
        if (result < 0)
            return result;
    }
    for (size_t i = 0; i < tool->param_count; i++) {
        if (!param_is_sent(tool, &tool->params[i]))
            continue;
        int result = field_of_param(r, &tool->params[i], request);
        if (result < 0)
            return result;
    }
    return 0;
}

int row_request_make(const struct reading *r, struct row_request *ret, struct problem *p)
{
    struct row_request request = {0};
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT);
    int result = reading_fill(r, r->call->tool->path, true, &path);
    if (result == 0)
        result = row_fields(r, &request);
    if (result == 0 && !(request.path = buf_take(&path, NULL)))
        result = -ENOMEM;
    if (result < 0) {
        row_request_done(&request);
        return problem_set(p, result, result == -ENOMEM ? PX_INTERNAL : PX_ARG,
                           "the arguments of %s do not make a request (%s)", r->call->tool->name,
                           result == -ENOENT ? "one that its path needs is missing"
                                             : "too long or of a wrong shape");
    }
    *ret = request;
    return 0;
}

void row_request_done(struct row_request *request)
{
    for (size_t i = 0; i < request->field_count; i++)
        free((void *)(uintptr_t)request->fields[i].value);
    free(request->fields);
    free(request->path);
    memset(request, 0, sizeof(*request));
}
