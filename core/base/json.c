/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in through the validator and json-c, JSON out straight into a buffer. */
#include "base/json.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "base/problem.h"
#include "base/text.h"

#define PARSE_DEPTH      (JSON_CHECK_MAX_DEPTH + 2)
#define KEEP_TOKENER_MAX 65536u /* a longer text leaves a tokener that holds too much memory */
#define WRITE_DEPTH      (2 * JSON_CHECK_MAX_DEPTH) /* of objects we put together ourselves */

/* One tokener per thread is kept: making one costs as much as parsing a small text. */
static _Thread_local struct json_tokener *kept;
static pthread_key_t kept_key;

static void free_kept(void *tokener)
{
    kept = NULL;
    json_tokener_free(tokener);
}

static void make_key(void)
{
    (void)pthread_key_create(&kept_key, free_kept);
}

static struct json_tokener *kept_tokener(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (kept) {
        json_tokener_reset(kept);
        return kept;
    }
    (void)pthread_once(&once, make_key);
    kept = json_tokener_new_ex(PARSE_DEPTH);
    if (kept)
        (void)pthread_setspecific(kept_key, kept); /* frees it when the thread ends */
    return kept;
}

int json_parse(const char *text, size_t len, struct json_object **ret, struct problem *p)
{
    struct json_check check = {.max_depth = JSON_CHECK_MAX_DEPTH};

    if (len >= INT_MAX)
        return problem_set(p, -EFBIG, PX_TOO_LARGE, "%zu bytes of JSON are more than can be read", len);
    int r = json_check(&check, text, len);
    if (r < 0) {
        (void)problem_set(p, r, PX_ARG, "this is not acceptable JSON: %s, at byte %zu",
                          json_fault_name(check.fault), check.offset);
        return r;
    }
    const bool large = len > KEEP_TOKENER_MAX;
    struct json_tokener *tokener = large ? json_tokener_new_ex(PARSE_DEPTH) : kept_tokener();
    if (!tokener)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    struct json_object *object = json_tokener_parse_ex(tokener, text, (int)len);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (error == json_tokener_continue) { /* a number at top level ends with the text */
        object = json_tokener_parse_ex(tokener, "", 1);
        error = json_tokener_get_error(tokener);
    }
    if (large)
        json_tokener_free(tokener);
    if (error != json_tokener_success)
        return problem_set(p, -EINVAL, PX_ARG, "this is not acceptable JSON: %s",
                           json_tokener_error_desc(error));
    /* json-c 0.16 reports success without an object when memory runs out; a real null begins with an n. */
    if (!object && text[strspn(text, " \t\r\n")] != 'n')
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    *ret = object;
    return 0;
}

int json_get(struct json_object *o, const char *key, json_type type, struct json_object **ret)
{
    struct json_object *found;

    if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &found) || !found)
        return -ENOENT;
    if (!json_object_is_type(found, type))
        return -EINVAL;
    *ret = found;
    return 0;
}

int json_get_string(struct json_object *o, const char *key, const char **ret, size_t *ret_len)
{
    struct json_object *found;

    int r = json_get(o, key, json_type_string, &found);
    if (r < 0)
        return r;
    const char *text = json_object_get_string(found);
    size_t len = (size_t)json_object_get_string_len(found);
    if (!ret_len && memchr(text, '\0', len))
        return -EINVAL; /* a C string would be cut there */
    *ret = text;
    if (ret_len)
        *ret_len = len;
    return 0;
}

int json_get_int(struct json_object *o, const char *key, int64_t *ret)
{
    struct json_object *found;

    int r = json_get(o, key, json_type_int, &found);
    if (r < 0)
        return r;
    int64_t value = json_object_get_int64(found);
    if (value == INT64_MAX && json_object_get_uint64(found) > (uint64_t)INT64_MAX)
        return -EINVAL;
    *ret = value;
    return 0;
}

int json_get_bool(struct json_object *o, const char *key, bool *ret)
{
    struct json_object *found;
    int64_t number;

    int r = json_get(o, key, json_type_boolean, &found);
    if (r == 0) {
        *ret = json_object_get_boolean(found);
        return 0;
    }
    if (r == -ENOENT)
        return r;
    if (json_get_int(o, key, &number) < 0 || (number != 0 && number != 1))
        return -EINVAL;
    *ret = number == 1;
    return 0;
}

/* ---------------------------------------------------------------- writing */

/* Of an ASCII byte: 0: as it is; 'u': \u00XX; else the letter behind the backslash. */
static const char classes[128] = {
    ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    [0x00] = 'u', [0x01] = 'u',  [0x02] = 'u', [0x03] = 'u', [0x04] = 'u', [0x05] = 'u', [0x06] = 'u',
    [0x07] = 'u', [0x0b] = 'u',  [0x0e] = 'u', [0x0f] = 'u', [0x10] = 'u', [0x11] = 'u', [0x12] = 'u',
    [0x13] = 'u', [0x14] = 'u',  [0x15] = 'u', [0x16] = 'u', [0x17] = 'u', [0x18] = 'u', [0x19] = 'u',
    [0x1a] = 'u', [0x1b] = 'u',  [0x1c] = 'u', [0x1d] = 'u', [0x1e] = 'u', [0x1f] = 'u',
};

static void put_escaped(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";

    if (classes[c] == 'u') {
        const char coded[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_add(b, coded, sizeof coded);
    } else {
        const char coded[2] = {'\\', classes[c]};
        buf_add(b, coded, sizeof coded);
    }
}

/* Bytes from the start of text that need no escape and are ASCII. */
static size_t plain_run(const char *text, size_t len)
{
    size_t i = 0;
    uint64_t word;

    for (; len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (!json_word_plain(word))
            break;
    }
    while (i < len && (unsigned char)text[i] < 0x80 && classes[(unsigned char)text[i]] == 0)
        i++;
    return i;
}

void json_put_string(struct buf *b, const char *text, size_t len)
{
    if (buf_reserve(b, len + 2) < 0)
        return;
    buf_char(b, '"');
    for (size_t i = 0; i < len;) {
        size_t run = plain_run(text + i, len - i);
        buf_add(b, text + i, run);
        i += run;
        if (i == len)
            break;
        unsigned char c = (unsigned char)text[i];
        size_t n = c < 0x80 ? 0 : text_utf8_step(text + i, len - i);
        if (n)
            buf_add(b, text + i, n);
        else if (c < 0x80)
            put_escaped(b, c);
        else
            buf_add(b, "\xef\xbf\xbd", 3);
        i += n ? n : 1;
    }
    buf_char(b, '"');
}

void json_put_cstr(struct buf *b, const char *text)
{
    json_put_string(b, text, strlen(text));
}

void json_put_comma(struct buf *b)
{
    if (b->len == 0)
        return;
    char last = b->data[b->len - 1];
    if (last != '{' && last != '[' && last != ',' && last != ':')
        buf_char(b, ',');
}

void json_put_key(struct buf *b, const char *key)
{
    json_put_comma(b);
    json_put_cstr(b, key);
    buf_char(b, ':');
}

void json_put_key_string(struct buf *b, const char *key, const char *text)
{
    json_put_key(b, key);
    if (text)
        json_put_cstr(b, text);
    else
        buf_str(b, "null");
}

void json_put_key_int(struct buf *b, const char *key, long long n)
{
    json_put_key(b, key);
    buf_i64(b, n);
}

void json_put_key_bool(struct buf *b, const char *key, bool v)
{
    json_put_key(b, key);
    buf_str(b, v ? "true" : "false");
}

static void put_int(struct buf *b, struct json_object *o)
{
    int64_t n = json_object_get_int64(o);

    if (n == INT64_MAX)
        buf_u64(b, json_object_get_uint64(o));
    else
        buf_i64(b, n);
}

static void put_value(struct buf *b, struct json_object *o, unsigned depth)
{
    if (depth > WRITE_DEPTH) {
        b->error = -EFBIG;
        return;
    }
    switch (json_object_get_type(o)) {
    case json_type_null: buf_str(b, "null"); break;
    case json_type_boolean: buf_str(b, json_object_get_boolean(o) ? "true" : "false"); break;
    case json_type_int: put_int(b, o); break;
    case json_type_double:
        buf_str(b, isfinite(json_object_get_double(o)) ? json_object_to_json_string(o) : "null");
        break;
    case json_type_string:
        json_put_string(b, json_object_get_string(o), (size_t)json_object_get_string_len(o));
        break;
    case json_type_array:
        buf_char(b, '[');
        for (size_t i = 0; i < json_object_array_length(o); i++) {
            if (i)
                buf_char(b, ',');
            put_value(b, json_object_array_get_idx(o, i), depth + 1);
        }
        buf_char(b, ']');
        break;
    case json_type_object: {
        bool first = true;
        buf_char(b, '{');
        json_object_object_foreach(o, key, value)
        {
            if (!first)
                buf_char(b, ',');
            first = false;
            json_put_cstr(b, key);
            buf_char(b, ':');
            put_value(b, value, depth + 1);
        }
        buf_char(b, '}');
        break;
    }
    }
}

void json_put_value(struct buf *b, struct json_object *o)
{
    put_value(b, o, 0);
}
