/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/uri_template.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define VALUE_MOST 2048
#define NAME_MOST  64

/* Percent-decodes up to the first character that may not stand in a variable. */
static size_t take_value(const char *at, struct buf *out)
{
    size_t i = 0;

    while (at[i] && at[i] != '/' && at[i] != '?' && at[i] != '#') {
        int high = at[i] == '%' ? text_hex_digit(at[i + 1]) : -1;
        int low = high >= 0 ? text_hex_digit(at[i + 2]) : -1;

        if (low >= 0)
            buf_char(out, (char)(high * 16 + low));
        else
            buf_char(out, at[i]);
        i += low >= 0 ? 3 : 1;
    }
    return i;
}

bool uri_template_match(const char *uri_template, const char *uri, struct json_object **ret)
{
    struct json_object *values CLEANUP_JSON = json_object_new_object();
    char name[NAME_MOST];

    while (values && *uri_template) {
        const char *end = *uri_template == '{' ? strchr(uri_template, '}') : NULL;
        CLEANUP_BUF struct buf value = BUF_INIT(VALUE_MOST);

        if (!end) {
            if (*uri_template++ != *uri++)
                return false;
            continue;
        }
        if ((size_t)(end - uri_template) > sizeof(name))
            return false;
        memcpy(name, uri_template + 1, (size_t)(end - uri_template) - 1);
        name[end - uri_template - 1] = '\0';
        uri += take_value(uri, &value);
        if (!buf_ok(&value) || value.len == 0 || strlen(value.data) != value.len ||
            !text_is_utf8(value.data, value.len) ||
            json_object_object_add(values, name, json_object_new_string(value.data)) < 0)
            return false;
        uri_template = end + 1;
    }
    if (!values || *uri)
        return false;
    *ret = values;
    values = NULL;
    return true;
}

void uri_template_fill(const char *uri_template, const char *name, const char *value, struct buf *out)
{
    size_t len = strlen(name);

    while (*uri_template) {
        if (*uri_template == '{' && strncmp(uri_template + 1, name, len) == 0 &&
            uri_template[len + 1] == '}') {
            buf_percent(out, value, strlen(value));
            uri_template += len + 2;
        } else {
            buf_char(out, *uri_template++);
        }
    }
}
