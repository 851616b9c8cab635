/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into checked JSON. The text is known to be right, so every step only has to find where a value
 * ends. */
#include "mcp/span.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind the string that begins at `at`. */
static const char *string_end(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\';
    return at < end ? at + 1 : end;
}

/* Behind the value that begins at `at`. */
static const char *value_end(const char *at, const char *end)
{
    size_t depth = 0;

    while (at < end) {
        switch (*at) {
        case '"':
            at = string_end(at, end);
            if (depth == 0)
                return at;
            continue;
        case '{':
        case '[': depth++; break;
        case '}':
        case ']':
            if (depth == 0)
                return at; /* of what holds it */
            if (--depth == 0)
                return at + 1;
            break;
        case ',':
        case ' ':
        case '\t':
        case '\n':
        case '\r':
            if (depth == 0)
                return at;
            break;
        default: break;
        }
        at++;
    }
    return end;
}

struct span span_whole(const char *text, size_t len)
{
    while (len > 0 && is_space(*text)) {
        text++;
        len--;
    }
    while (len > 0 && is_space(text[len - 1]))
        len--;
    return (struct span){text, len};
}

enum json_type span_type(struct span value)
{
    if (!value.at || value.len == 0)
        return json_type_null;
    switch (value.at[0]) {
    case '{': return json_type_object;
    case '[': return json_type_array;
    case '"': return json_type_string;
    case 't':
    case 'f': return json_type_boolean;
    case 'n': return json_type_null;
    default: break;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '.' || value.at[i] == 'e' || value.at[i] == 'E')
            return json_type_double;
    }
    return json_type_int;
}

bool span_member(struct span object, size_t *cursor, struct span *ret_key, struct span *ret_value)
{
    const char *end = object.at + object.len, *at = object.at + (*cursor ? *cursor : 1), *from;

    while (at < end && (is_space(*at) || *at == ','))
        at++;
    if (at >= end || *at != '"')
        return false;
    from = at;
    at = string_end(at, end);
    *ret_key = (struct span){from, (size_t)(at - from)};
    while (at < end && (is_space(*at) || *at == ':'))
        at++;
    from = at;
    at = value_end(at, end);
    *ret_value = (struct span){from, (size_t)(at - from)};
    *cursor = (size_t)(at - object.at);
    return true;
}

/* The string as json-c decodes it: for the rare one with escapes. */
static struct json_object *span_decode(struct span string)
{
    struct json_object *object = NULL;

    return json_parse(string.at, string.len, &object, NULL) == 0 ? object : NULL;
}

struct span span_find(struct span object, const char *name)
{
    struct span key, value;
    size_t cursor = 0;

    while (span_type(object) == json_type_object && span_member(object, &cursor, &key, &value)) {
        if (span_equals(key, name))
            return value;
    }
    return (struct span){0};
}

bool span_equals(struct span string, const char *text)
{
    size_t len = strlen(text);

    if (!memchr(string.at, '\\', string.len))
        return string.len == len + 2 && memcmp(string.at + 1, text, len) == 0;
    struct json_object *object CLEANUP_JSON = span_decode(string);
    return object && (size_t)json_object_get_string_len(object) == len &&
           memcmp(json_object_get_string(object), text, len) == 0;
}

char *span_text(struct span string)
{
    if (!memchr(string.at, '\\', string.len))
        return strndup(string.at + 1, string.len - 2);
    struct json_object *object CLEANUP_JSON = span_decode(string);
    size_t len = object ? (size_t)json_object_get_string_len(object) : 0;
    if (!object || memchr(json_object_get_string(object), '\0', len))
        return NULL;
    return strndup(json_object_get_string(object), len);
}

bool span_is_empty_object(struct span object)
{
    for (size_t i = 1; i + 1 < object.len; i++) {
        if (!is_space(object.at[i]))
            return false;
    }
    return object.len >= 2 && object.at[0] == '{';
}
