/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of valid JSON text. */
#include "plane/scan.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* at is at the opening quote; returns what follows the closing one. */
static const char *string_end(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\';
    return at < end ? at + 1 : end;
}

static const char *value_end(const char *at, const char *end)
{
    unsigned depth = 0;
    if (at < end && *at != '{' && *at != '[') {
        if (*at == '"')
            return string_end(at, end);
        while (at < end && *at != ',' && *at != '}' && *at != ']' && *at > ' ')
            at++;
        return at;
    }
    while (at < end) {
        char c = *at;
        if (c == '"') {
            at = string_end(at, end);
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    return at;
}

static int scan_open(struct json_span text, char open, struct scan *ret)
{
    const char *end = text.ptr + text.len;
    const char *at = text.ptr ? skip_space(text.ptr, end) : end;
    if (!text.ptr || at == end || *at != open)
        return -EINVAL;
    *ret = (struct scan){.at = at + 1, .end = end};
    return 0;
}

int scan_array(struct json_span text, struct scan *ret)
{
    return scan_open(text, '[', ret);
}

int scan_object(struct json_span text, struct scan *ret)
{
    return scan_open(text, '{', ret);
}

/* To the next value, over a comma; false at the closing bracket. */
static bool scan_next(struct scan *scan)
{
    scan->at = skip_space(scan->at, scan->end);
    if (scan->at < scan->end && *scan->at == ',')
        scan->at = skip_space(scan->at + 1, scan->end);
    return scan->at < scan->end && *scan->at != ']' && *scan->at != '}';
}

bool scan_item(struct scan *scan, struct json_span *ret)
{
    if (!scan_next(scan))
        return false;
    const char *end = value_end(scan->at, scan->end);
    *ret = (struct json_span){.ptr = scan->at, .len = (size_t)(end - scan->at)};
    scan->at = end;
    return ret->len > 0;
}

bool scan_member(struct scan *scan, struct json_span *ret_key, struct json_span *ret)
{
    if (!scan_item(scan, ret_key))
        return false;
    scan->at = skip_space(scan->at, scan->end);
    scan->at = skip_space(scan->at + (scan->at < scan->end && *scan->at == ':'), scan->end);
    const char *end = value_end(scan->at, scan->end);
    *ret = (struct json_span){.ptr = scan->at, .len = (size_t)(end - scan->at)};
    scan->at = end;
    return ret->len > 0;
}

void scan_find(struct json_span object, const char *const *names, size_t count, struct json_span *ret)
{
    struct scan scan;
    struct json_span key;
    struct json_span value;
    for (size_t i = 0; i < count; i++)
        ret[i] = (struct json_span){0};
    if (scan_object(object, &scan) < 0)
        return;
    while (scan_member(&scan, &key, &value)) {
        if (!scan_is_string(key) || (value.len == 4 && memcmp(value.ptr, "null", 4) == 0))
            continue;
        for (size_t i = 0; i < count; i++) {
            if (key.ptr[1] != names[i][0] && key.ptr[1] != '\\')
                continue;
            if (scan_equals(key, names[i]))
                ret[i] = value;
        }
    }
}

bool scan_is_string(struct json_span value)
{
    return value.ptr && value.len >= 2 && value.ptr[0] == '"';
}

void scan_text(struct json_span value, struct buf *out)
{
    if (!scan_is_string(value)) {
        buf_add(out, value.ptr, value.len);
        return;
    }
    if (!memchr(value.ptr, '\\', value.len)) {
        buf_add(out, value.ptr + 1, value.len - 2);
        return;
    }
    struct json_object *text = scan_parse(value);
    if (text)
        buf_add(out, json_object_get_string(text), (size_t)json_object_get_string_len(text));
    json_object_put(text);
}

bool scan_equals(struct json_span value, const char *text)
{
    if (!value.ptr)
        return false;
    size_t len = strlen(text);
    if (!scan_is_string(value))
        return value.len == len && memcmp(value.ptr, text, len) == 0;
    if (value.len - 2 == len && memcmp(value.ptr + 1, text, len) == 0 && !memchr(text, '\\', len))
        return true;
    if (!memchr(value.ptr, '\\', value.len))
        return false;
    struct json_object *parsed = scan_parse(value);
    bool equal = parsed && (size_t)json_object_get_string_len(parsed) == len &&
                 memcmp(json_object_get_string(parsed), text, len) == 0;
    json_object_put(parsed);
    return equal;
}

static size_t number_copy(struct json_span value, char copy[40])
{
    size_t len = value.ptr && value.len < 40 ? value.len : 0;
    if (len)
        memcpy(copy, value.ptr, len);
    copy[len] = 0;
    return len;
}

bool scan_int(struct json_span value, int64_t *ret)
{
    char copy[40];
    return number_copy(value, copy) > 0 && text_to_i64(copy, INT64_MIN, INT64_MAX, ret) == 0;
}

double scan_number(struct json_span value)
{
    int64_t n = 0;
    if (scan_int(value, &n))
        return (double)n;
    struct json_object *parsed = value.ptr && !scan_is_string(value) ? scan_parse(value) : NULL;
    double number = parsed ? json_object_get_double(parsed) : 0;
    if (json_object_is_type(parsed, json_type_boolean))
        number = json_object_get_boolean(parsed) ? 1 : 0;
    json_object_put(parsed);
    return number;
}

struct json_object *scan_parse(struct json_span value)
{
    struct json_tokener *tokener = value.ptr && value.len < INT_MAX - 1 ? json_tokener_new_ex(70) : NULL;
    if (!tokener)
        return NULL;
    struct json_object *parsed = json_tokener_parse_ex(tokener, value.ptr, (int)value.len);
    if (json_tokener_get_error(tokener) == json_tokener_continue) /* a bare number ends with its text */
        parsed = json_tokener_parse_ex(tokener, "", 1);
    json_tokener_free(tokener);
    return parsed;
}
