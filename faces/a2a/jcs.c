/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8785: members in the order of their UTF-16 code units, the shortest escapes, no space. */
#include "jcs.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 32u
#define EXACT_MOST INT64_C(9007199254740991) /* 2^53 - 1 */

static int put(struct json_object *value, unsigned depth, struct buf *out);

/* Above the surrogates (U+E000 to U+FFFF) UTF-16 sorts behind what takes two units; UTF-8 sorts before it. */
static unsigned unit_rank(unsigned char c)
{
    return c >= 0xf0 ? 0xed + 1u : c >= 0xee ? c + 0x10u : c;
}

static int compare_keys(const void *a, const void *b)
{
    const unsigned char *x = *(const unsigned char *const *)a, *y = *(const unsigned char *const *)b;

    while (*x && *x == *y) {
        x++;
        y++;
    }
    if (*x == *y)
        return 0;
    const unsigned left = unit_rank(*x), right = unit_rank(*y);
    return left != right ? (left < right ? -1 : 1) : *x < *y ? -1 : 1;
}

static void put_text(const char *text, size_t len, struct buf *out)
{
    static const char names[] = "btn\0fr"; /* \b \t \n - \f \r, from 8 on */

    buf_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c >= 8 && c <= 13 && c != 11)
            buf_printf(out, "\\%c", names[c - 8]);
        else if (c < 0x20)
            buf_printf(out, "\\u%04x", c);
        else
            buf_char(out, (char)c);
    }
    buf_char(out, '"');
}

static int put_object(struct json_object *object, unsigned depth, struct buf *out)
{
    const size_t count = (size_t)json_object_object_length(object);
    const char **keys = calloc(count ? count : 1, sizeof(*keys));
    size_t n = 0;
    int r = keys ? 0 : -ENOMEM;

    if (keys) {
        json_object_object_foreach(object, key, member)
        {
            (void)member;
            keys[n++] = key;
        }
        qsort(keys, n, sizeof(*keys), compare_keys);
    }
    buf_char(out, '{');
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (i)
            buf_char(out, ',');
        put_text(keys[i], strlen(keys[i]), out);
        buf_char(out, ':');
        r = put(json_object_object_get(object, keys[i]), depth + 1, out);
    }
    buf_char(out, '}');
    free(keys);
    return r;
}

static int put_array(struct json_object *array, unsigned depth, struct buf *out)
{
    int r = 0;

    buf_char(out, '[');
    for (size_t i = 0; r == 0 && i < json_object_array_length(array); i++) {
        if (i)
            buf_char(out, ',');
        r = put(json_object_array_get_idx(array, i), depth + 1, out);
    }
    buf_char(out, ']');
    return r;
}

static int put(struct json_object *value, unsigned depth, struct buf *out)
{
    if (depth > DEPTH_MOST)
        return -E2BIG;
    switch (json_object_get_type(value)) {
    case json_type_null: buf_str(out, "null"); return 0;
    case json_type_boolean: buf_str(out, json_object_get_boolean(value) ? "true" : "false"); return 0;
    case json_type_int: {
        const int64_t n = json_object_get_int64(value);
        if (n > EXACT_MOST || n < -EXACT_MOST)
            return -E2BIG;
        buf_i64(out, n);
        return 0;
    }
    case json_type_string:
        put_text(json_object_get_string(value), (size_t)json_object_get_string_len(value), out);
        return 0;
    case json_type_object: return put_object(value, depth, out);
    case json_type_array: return put_array(value, depth, out);
    default: return -EINVAL;
    }
}

int jcs_put(struct json_object *value, struct buf *out)
{
    int r = put(value, 0, out);

    return r < 0 ? r : buf_ok(out) ? 0 : -ENOMEM;
}
