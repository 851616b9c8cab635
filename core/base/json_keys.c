/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Duplicate keys of a JSON text. A key costs eight bytes, its offset and a hash of what it reads after
 * unescaping; when its object ends, keys with equal hashes are compared byte by byte, so that "a" and
 * "\u0061" are the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

#define PAIRWISE_MAX 12u /* keys compared each with each; more are sorted first */

/* A key read byte by byte as it is after unescaping. The key was seen to be valid. */
struct key_bytes {
    struct json_scan scan; /* text, len and at only */
    char pending[4];
    size_t pending_len, pending_at;
};

static void put_utf8(struct key_bytes *k, unsigned long point)
{
    char *out = k->pending;
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = n; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(lead[n] | point);
    k->pending_len = n;
    k->pending_at = 0;
}

/* The next byte, or -1 at the closing quote. */
static int next_byte(struct key_bytes *k)
{
    if (k->pending_at < k->pending_len)
        return (unsigned char)k->pending[k->pending_at++];
    char c = k->scan.text[k->scan.at++];
    if (c == '"')
        return -1;
    if (c != '\\')
        return (unsigned char)c;
    put_utf8(k, (unsigned long)json_scan_escape(&k->scan));
    return (unsigned char)k->pending[k->pending_at++];
}

static void key_begin(struct key_bytes *k, const char *text, size_t len, size_t offset)
{
    k->scan.text = text;
    k->scan.len = len;
    k->scan.at = offset;
    k->pending_len = k->pending_at = 0;
}

static int key_compare(const char *text, size_t len, size_t a, size_t b)
{
    struct key_bytes left, right;
    int x, y;

    key_begin(&left, text, len, a);
    key_begin(&right, text, len, b);
    do {
        x = next_byte(&left);
        y = next_byte(&right);
    } while (x == y && x >= 0);
    return (x > y) - (x < y);
}

static uint32_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

static uint32_t hash_plain(const char *bytes, size_t len)
{
    uint64_t hash = len, word;

    for (; len >= sizeof word; len -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash, word) | hash << 32;
    }
    word = 0;
    for (size_t i = 0; i < len; i++)
        word = word << 8 | (unsigned char)bytes[i];
    return mix(hash, word);
}

bool json_keys_add(struct json_scan *s, size_t offset, size_t end, bool escaped)
{
    if (s->key_count == s->key_cap) {
        size_t cap = s->key_cap * 4;
        struct json_key *grown =
            s->keys == s->inline_keys ? malloc(cap * sizeof *grown) : realloc(s->keys, cap * sizeof *grown);
        if (!grown)
            return json_scan_fail(s, JSON_FAULT_MEMORY, offset);
        if (s->keys == s->inline_keys)
            memcpy(grown, s->inline_keys, sizeof s->inline_keys);
        s->keys = grown;
        s->key_cap = cap;
    }
    struct json_key *key = &s->keys[s->key_count++];
    key->offset = (uint32_t)offset;
    if (!escaped) {
        key->hash = hash_plain(s->text + offset, end - offset);
        return true;
    }
    /* An escaped key must hash as its plain form does, so it is unescaped; it is never longer than its text.
     */
    char small[256], *room = end - offset <= sizeof small ? small : malloc(end - offset);
    struct key_bytes bytes;
    size_t n = 0;
    int c;
    if (!room)
        return json_scan_fail(s, JSON_FAULT_MEMORY, offset);
    key_begin(&bytes, s->text, s->len, offset);
    while ((c = next_byte(&bytes)) >= 0)
        room[n++] = (char)c;
    key->hash = hash_plain(room, n);
    bool has_nul = memchr(room, '\0', n) != NULL;
    if (room != small)
        free(room);
    return !has_nul || json_scan_fail(s, JSON_FAULT_KEY, offset - 1);
}

static int by_hash(const void *a, const void *b, void *arg)
{
    const struct json_key *x = a, *y = b;
    const struct json_scan *s = arg;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    int order = key_compare(s->text, s->len, x->offset, y->offset);
    return order ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

bool json_keys_distinct(struct json_scan *s, size_t first)
{
    struct json_key *keys = s->keys + first;
    const size_t count = s->key_count - first;
    const bool sorted = count > PAIRWISE_MAX;

    s->key_count = first;
    if (sorted)
        qsort_r(keys, count, sizeof *keys, by_hash, s);
    for (size_t i = 1; i < count; i++) {
        for (size_t j = sorted ? i - 1 : 0; j < i; j++) {
            if (keys[i].hash == keys[j].hash &&
                key_compare(s->text, s->len, keys[i].offset, keys[j].offset) == 0)
                return json_scan_fail(s, JSON_FAULT_DUPLICATE, keys[i].offset - 1);
        }
    }
    return true;
}
