/* SPDX-License-Identifier: Apache-2.0 */
/* Checking, splitting and matching of request paths. */
#include "http/path.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* One byte of a path at *at, decoded; moves *at behind it. -1: not well-formed, or a control character. */
static int path_byte(const char **at)
{
    const unsigned char c = (unsigned char)**at;
    if (c != '%') {
        (*at)++;
        return c < 0x20 || c == 0x7f ? -1 : c;
    }
    const int high = text_hex_digit((*at)[1]);
    const int low = high < 0 ? -1 : text_hex_digit((*at)[2]);
    if (low < 0)
        return -1;
    *at += 3;
    const int byte = high * 16 + low;
    return byte < 0x20 || byte == 0x7f ? -1 : byte;
}

static bool is_dots(const char *part)
{
    return strcmp(part, ".") == 0 || strcmp(part, "..") == 0;
}

void http_path_split(const char *path, bool decode_first, struct http_path *ret)
{
    size_t len = 0;
    ret->count = 0;
    for (const char *at = path; *at != '\0' && len < HTTP_PATH_LIMIT;) {
        const bool plain_slash = *at == '/';
        const int byte = path_byte(&at);
        if (byte < 0)
            break;
        if (plain_slash || (decode_first && byte == '/')) {
            ret->bytes[len++] = '\0';
            if (ret->count < HTTP_PATH_PARTS)
                ret->parts[ret->count++] = ret->bytes + len;
        } else {
            ret->bytes[len++] = (char)byte;
        }
    }
    ret->bytes[len] = '\0';
}

int http_path_check(const char *path, struct problem *p)
{
    static const char hint[] =
        "Elements of a path are percent-encoded one by one; queries are given as fields.";
    const size_t len = path == NULL ? 0 : strnlen(path, HTTP_PATH_LIMIT + 1);
    const char *fault = NULL;
    size_t slashes = 0;
    char decoded[HTTP_PATH_LIMIT + 1];
    size_t decoded_len = 0;

    if (len == 0 || path[0] != '/')
        fault = "does not begin with a slash";
    else if (len > HTTP_PATH_LIMIT)
        fault = "is too long";
    for (const char *at = path; fault == NULL && *at != '\0';) {
        if (*at == '?' || *at == '#' || *at == '\\' || *at == ' ') {
            fault = "holds a character that must be encoded";
            break;
        }
        const int byte = path_byte(&at);
        if (byte < 0)
            fault = "holds a control character or broken percent-encoding";
        else
            decoded[decoded_len++] = (char)byte;
        if (byte == '/' && ++slashes > HTTP_PATH_PARTS)
            fault = "has too many elements";
    }
    if (fault == NULL && !text_is_utf8(decoded, decoded_len))
        fault = "is not UTF-8";
    for (int way = 0; fault == NULL && way < 2; way++) {
        struct http_path parts;
        http_path_split(path, way == 1, &parts);
        for (size_t i = 0; i < parts.count && fault == NULL; i++) {
            if (parts.parts[i][0] == '\0')
                fault = "has an empty element";
            else if (is_dots(parts.parts[i]))
                fault = "has an element '.' or '..'";
        }
    }
    if (fault == NULL)
        return 0;
    problem_set(p, -EINVAL, PX_ARG, "The request path %s.", fault);
    problem_next(p, "%s", hint);
    return -EINVAL;
}

bool http_path_match(const char *pattern, const struct http_path *path)
{
    const char *at = pattern;
    size_t i = 0;
    while (*at == '/') {
        at++;
        const size_t word = strcspn(at, "/");
        if (word == 2 && at[0] == '*' && at[1] == '*')
            return i < path->count;
        if (i >= path->count)
            return false;
        const char *part = path->parts[i++];
        const bool any = word == 2 && at[0] == '{' && at[1] == '}';
        if (!any && (strlen(part) != word || memcmp(part, at, word) != 0))
            return false;
        at += word;
    }
    return i == path->count;
}
