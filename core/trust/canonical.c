/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two spellings of JSON that hashes and comparisons rest on: canonical_put keeps the order of members (a
 * plan's bytes), json_canonical sorts (guarded values). Neither writes a floating point number: its text in
 * Proxmox's answer stands as a string.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "trust/build.h"

#define DEPTH_MOST 70u
#define PIECE_MOST PLAN_LIMIT

static void put(struct buf *out, struct json_object *value, bool sorted, unsigned depth);

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_object(struct buf *out, struct json_object *object, bool sorted, unsigned depth)
{
    const size_t count = (size_t)json_object_object_length(object);
    const char **keys = calloc(count ? count : 1, sizeof(*keys));
    size_t n = 0;

    if (!keys) {
        out->error = -ENOMEM;
        return;
    }
    json_object_object_foreach(object, key, member)
    {
        (void)member;
        if (n < count)
            keys[n++] = key;
    }
    if (sorted)
        qsort(keys, n, sizeof(*keys), compare_text);
    buf_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        json_put_key(out, keys[i]);
        put(out, json_object_object_get(object, keys[i]), sorted, depth + 1);
    }
    buf_char(out, '}');
    free(keys);
}

static void put_sorted_array(struct buf *out, struct json_object *array, unsigned depth)
{
    const size_t count = json_object_array_length(array);
    char **texts = calloc(count ? count : 1, sizeof(*texts));

    if (!texts) {
        out->error = -ENOMEM;
        return;
    }
    for (size_t i = 0; i < count && !out->error; i++) {
        struct buf one = BUF_INIT(PIECE_MOST);
        put(&one, json_object_array_get_idx(array, i), true, depth + 1);
        texts[i] = buf_take(&one, NULL);
        if (!texts[i])
            out->error = -ENOMEM;
    }
    if (!out->error) {
        qsort(texts, count, sizeof(*texts), compare_text);
        buf_char(out, '[');
        for (size_t i = 0; i < count; i++) {
            json_put_comma(out);
            buf_str(out, texts[i]);
        }
        buf_char(out, ']');
    }
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void put(struct buf *out, struct json_object *value, bool sorted, unsigned depth)
{
    if (depth > DEPTH_MOST) {
        out->error = -EFBIG;
        return;
    }
    switch (json_object_get_type(value)) {
    case json_type_double: json_put_cstr(out, json_object_to_json_string(value)); return;
    case json_type_object: put_object(out, value, sorted, depth); return;
    case json_type_array:
        if (sorted) {
            put_sorted_array(out, value, depth);
            return;
        }
        buf_char(out, '[');
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            if (i)
                buf_char(out, ',');
            put(out, json_object_array_get_idx(value, i), false, depth + 1);
        }
        buf_char(out, ']');
        return;
    default: json_put_value(out, value); return;
    }
}

void json_canonical(struct json_object *value, struct buf *out)
{
    put(out, value, true, 0);
}

void canonical_put(struct buf *out, struct json_object *value)
{
    put(out, value, false, 0);
}

int canonical_id(const struct trust *trust, const char *bytes, size_t len, char ret_id[PLAN_ID_SIZE],
                 char ret_sha256[65])
{
    static const char purpose[] = "proximo/plan/v1/id"; /* with its NUL */
    const struct crypto_piece pieces[] = {{purpose, sizeof(purpose)}, {bytes, len}};
    unsigned char mac[32], digest[32];

    if (!trust->crypto || trust->crypto->hmac(trust->plan_key, sizeof(trust->plan_key), pieces, 2, mac) < 0 ||
        trust->crypto->sha256(bytes, len, digest) < 0)
        return -ENOMEM;
    text_hex(mac, 16, ret_id);
    text_hex(digest, sizeof(digest), ret_sha256);
    return 0;
}
