/* SPDX-License-Identifier: Apache-2.0 */
/* Fields and paths of steps and guards: from what a draft or a row says to what a plan holds. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "http/path.h"
#include "plane/argument_inner.h"
#include "trust/build.h"

#define NAME_MOST 64u

static bool name_is_good(const char *name)
{
    const size_t len = strlen(name);
    return len > 0 && len <= NAME_MOST &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-[]") == len;
}

/* "STEP:SELECTOR" of a step that comes before. */
static bool reference_is_good(const char *reference, struct json_object *earlier)
{
    const char *colon = strchr(reference, ':');

    if (!colon || colon == reference || selector_check(colon + 1) < 0 || strpbrk(reference, "{}"))
        return false;
    for (size_t i = 0; earlier && i < json_object_array_length(earlier); i++) {
        const char *name = NULL;
        if (json_get_string(json_object_array_get_idx(earlier, i), "name", &name, NULL) == 0 &&
            strlen(name) == (size_t)(colon - reference) &&
            memcmp(name, reference, (size_t)(colon - reference)) == 0)
            return true;
    }
    return false;
}

static int secret_field(struct build *b, const char *name, struct json_object *raw, struct json_object *field,
                        struct problem *p)
{
    const char *param_name = NULL;

    (void)json_get_string(raw, "secret", &param_name, NULL);
    const struct param_row *param = param_name ? tool_param_find(b->tool, param_name) : NULL;
    if (!param || !(param->flags & PROXIMO_PARAM_SECRET))
        return build_plane_fault(b, p, "field %s is a secret that no parameter of the tool gives", name);
    return build_add_text(field, "secret", param_name) < 0 ? build_no_memory(p) : 0;
}

static int literal_field(struct build *b, const char *name, const char *value, size_t len,
                         struct json_object *field, struct problem *p)
{
    if (risk_param_is_secret(name))
        return build_plane_fault(
            b, p, "it carries %s in clear; that is a secret and must be a secret parameter", name);
    if (!text_is_utf8(value, len))
        return build_plane_fault(b, p, "the value of %s is not UTF-8", name);
    return build_add(field, "value", json_object_new_string_len(value, (int)len)) < 0 ? build_no_memory(p)
                                                                                      : 0;
}

int build_field_value(struct build *b, const char *name, struct json_object *raw, struct json_object *earlier,
                      struct json_object *field, struct problem *p)
{
    static const char of_argument[] = "argument:";
    CLEANUP_BUF struct buf argument = BUF_INIT((size_t)64 << 10);
    const char *value = "";
    size_t len = 0;
    int64_t flags = 0;

    (void)json_get_string(raw, "value", &value, &len);
    (void)json_get_int(raw, "flags", &flags);
    if (flags & (int64_t)PROXIMO_FIELD_SECRET)
        return secret_field(b, name, raw, field, p);
    if (!(flags & (int64_t)PROXIMO_FIELD_REFERENCE))
        return literal_field(b, name, value, len, field, p);
    if (strncmp(value, of_argument, sizeof(of_argument) - 1) == 0) {
        if (reading_value(&b->reading, value + sizeof(of_argument) - 1, &argument) < 0)
            return build_plane_fault(b, p, "field %s refers to %s, which has no value", name, value);
        return literal_field(b, name, argument.data ? argument.data : "", argument.len, field, p);
    }
    if (!reference_is_good(value, earlier))
        return build_plane_fault(b, p, "field %s refers to '%.100s', which is no result of an earlier step",
                                 name, value);
    return build_add_text(field, "ref", value) < 0 ? build_no_memory(p) : 0;
}

int build_field(struct build *b, struct json_object *raw, struct json_object *earlier,
                struct json_object **ret, struct problem *p)
{
    CLEANUP_JSON struct json_object *field = json_object_new_object();
    const char *name = NULL;

    if (json_get_string(raw, "name", &name, NULL) < 0 || !name_is_good(name))
        return build_plane_fault(b, p, "a field has no proper name");
    if (build_add_text(field, "name", name) < 0)
        return build_no_memory(p);
    int r = build_field_value(b, name, raw, earlier, field, p);
    if (r == 0) {
        *ret = field;
        field = NULL;
    }
    return r;
}

/* The field `name` of an array of plan fields. */
static struct json_object *find_field(struct json_object *fields, const char *name)
{
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        const char *other = NULL;
        if (json_get_string(field, "name", &other, NULL) == 0 && strcmp(name, other) == 0)
            return field;
    }
    return NULL;
}

/* One {name} of a path. *ret_used: the field it came from. */
static int fill_name(struct build *b, const char *name, struct json_object *fields, struct buf *path,
                     struct json_object **ret_used, struct problem *p)
{
    struct json_object *field = find_field(fields, name);
    CLEANUP_BUF struct buf value = BUF_INIT(HTTP_PATH_LIMIT);
    const char *text = NULL;
    size_t len = 0;

    *ret_used = field;
    if (field && json_get_string(field, "ref", &text, NULL) == 0) {
        buf_printf(path, "{%s}", text);
        return 0;
    }
    if (field && json_get_string(field, "value", &text, &len) == 0)
        buf_add(&value, text, len);
    else if (field || reading_value(&b->reading, name, &value) < 0)
        return build_plane_fault(b, p, "{%s} of a path has no value that may stand there", name);
    if (value.len == 0 || strcmp(value.data, ".") == 0 || strcmp(value.data, "..") == 0 ||
        memchr(value.data, '\0', value.len))
        return problem_set(p, -EINVAL, PX_ARG, "the value of %s cannot stand in a path", name);
    buf_percent(path, value.data, value.len);
    return 0;
}

/* References stand in braces, which http_path_check does not know: judged with a plain element instead. */
static int check_path(struct build *b, const char *path, struct problem *p)
{
    CLEANUP_BUF struct buf plain = BUF_INIT(2 * HTTP_PATH_LIMIT);
    struct problem fault = PROBLEM_INIT;

    while (*path) {
        const size_t len = strcspn(path, "{");
        buf_add(&plain, path, len);
        path += len;
        if (*path) {
            buf_char(&plain, 'x');
            path += strcspn(path, "}");
            path += *path == '}';
        }
    }
    if (!plain.data || http_path_check(plain.data, &fault) < 0)
        return build_plane_fault(b, p, "a path is not one: %s", fault.cause);
    return 0;
}

int build_path(struct build *b, const char *path, struct json_object *params, struct json_object *earlier,
               struct buf *ret_path, struct json_object **ret_rest, struct problem *p)
{
    CLEANUP_JSON struct json_object *fields = json_object_new_array();
    CLEANUP_JSON struct json_object *used = json_object_new_array();
    CLEANUP_JSON struct json_object *rest = json_object_new_array();
    const size_t count = params ? json_object_array_length(params) : 0;

    if (!fields || !used || !rest)
        return build_no_memory(p);
    for (size_t i = 0; i < count; i++) {
        struct json_object *field = NULL;
        int r = build_field(b, json_object_array_get_idx(params, i), earlier, &field, p);
        if (r < 0)
            return r;
        if (json_object_array_add(fields, field) < 0)
            return build_no_memory(p);
    }
    for (const char *at = path; *at;) {
        const size_t plain = strcspn(at, "{");
        struct json_object *from = NULL;
        char name[NAME_MOST + 2];
        buf_add(ret_path, at, plain);
        at += plain;
        if (!*at)
            break;
        const size_t len = strcspn(at, "}");
        if (at[len] != '}' || len < 2 || len > sizeof(name))
            return build_plane_fault(b, p, "the path %.100s has a brace that does not close", path);
        memcpy(name, at + 1, len - 1);
        name[len - 1] = '\0';
        int r = fill_name(b, name, fields, ret_path, &from, p);
        if (r < 0)
            return r;
        if (from && json_object_array_add(used, json_object_get(from)) < 0)
            return build_no_memory(p);
        at += len + 1;
    }
    for (size_t i = 0; i < count; i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        bool taken = false;
        for (size_t k = 0; k < json_object_array_length(used); k++)
            taken |= json_object_array_get_idx(used, k) == field;
        if (!taken && json_object_array_add(rest, json_object_get(field)) < 0)
            return build_no_memory(p);
    }
    if (!buf_ok(ret_path) || !ret_path->data)
        return build_plane_fault(b, p, "a path is empty or too long");
    *ret_rest = rest;
    rest = NULL;
    return check_path(b, ret_path->data, p);
}
