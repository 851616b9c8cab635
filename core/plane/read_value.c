/* SPDX-License-Identifier: Apache-2.0 */
/* Values on their way to a model: every string cleaned, long ones cut with a mark, secrets by their key
 * replaced. */
#include <string.h>

#include "base/json.h"
#include "base/secret_name.h"
#include "base/text.h"
#include "plane/read_inner.h"

#define DEPTH_MAX 70

static const char *const free_text_keys[] = {"name",    "hostname", "description", "notes", "tags",
                                             "comment", "comments", "comments6",   "title", "message"};

static bool in_list(const char *const *list, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], key) == 0)
            return true;
    }
    return false;
}

/* Proxmox masks most of these itself; here they never pass, masked or not. */
bool value_key_is_secret(const char *key)
{
    /* What a storage answers under this name is the fingerprint of its key, which people compare. */
    return strcmp(key, "encryption-key") != 0 &&
           (strcmp(key, "bindpw") == 0 || secret_name(key, strlen(key)));
}

bool value_key_is_free_text(const char *key)
{
    return in_list(free_text_keys, sizeof(free_text_keys) / sizeof(free_text_keys[0]), key);
}

/* Printable ASCII needs no cleaning: nearly all there is. */
static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c > 0x7e)
            return false;
    }
    return true;
}

void value_put_text(struct buf *out, const char *text, size_t len, const struct value_style *style)
{
    size_t kept = len;
    if (len > style->string_max)
        kept = text_utf8_cut(text, style->string_max);
    if (kept == len && is_plain(text, len)) {
        json_put_string(out, text, len);
        return;
    }
    CLEANUP_BUF struct buf clean = BUF_INIT(4 * style->string_max + 256);
    text_clean(&clean, text, kept, style->keep_lines);
    if (kept < len)
        buf_printf(&clean, " [cut: %zu of %zu bytes]", kept, len);
    json_put_string(out, clean.data ? clean.data : "", clean.len);
}

static void put(struct buf *out, struct json_object *value, const struct value_style *style, unsigned depth)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        value_put_text(out, json_object_get_string(value), (size_t)json_object_get_string_len(value), style);
        return;
    case json_type_array:
        buf_char(out, '[');
        for (size_t i = 0; depth < DEPTH_MAX && i < json_object_array_length(value); i++) {
            json_put_comma(out);
            put(out, json_object_array_get_idx(value, i), style, depth + 1);
        }
        buf_char(out, ']');
        return;
    case json_type_object:
        buf_char(out, '{');
        if (depth < DEPTH_MAX) {
            json_object_object_foreach(value, key, member)
            {
                const struct value_style key_style = {.string_max = 256};
                json_put_comma(out);
                value_put_text(out, key, strlen(key), &key_style);
                buf_char(out, ':');
                if (value_key_is_secret(key) && member)
                    json_put_cstr(out, VALUE_HIDDEN);
                else
                    put(out, member, style, depth + 1);
            }
        }
        buf_char(out, '}');
        return;
    default: json_put_value(out, value); return;
    }
}

void value_put(struct buf *out, struct json_object *value, const struct value_style *style)
{
    put(out, value, style, 0);
}
