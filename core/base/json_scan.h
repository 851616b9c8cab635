/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the JSON validator: one pass over a text, shared by its parts (values, strings, keys). */
#ifndef PROXIMO_BASE_JSON_SCAN_H
#define PROXIMO_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_check.h"

#define JSON_KEYS_INLINE 128u /* keys on the stack before memory is taken */

struct json_key {
    uint32_t offset; /* behind the opening quote */
    uint32_t hash;
};

struct json_scan {
    const char *text;
    size_t len;
    size_t at;
    enum json_fault fault;
    struct json_key *keys; /* of all open objects, the innermost last */
    size_t key_count, key_cap;
    struct json_key inline_keys[JSON_KEYS_INLINE];
};

/* Notes the fault; always false. */
static inline bool json_scan_fail(struct json_scan *s, enum json_fault fault, size_t at)
{
    s->fault = fault;
    s->at = at;
    return false;
}

/* Are all eight bytes of word plain in a JSON string: ASCII, no quote, no backslash, no control character? */
static inline bool json_word_plain(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    const uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');

    return (((word - ones * 0x20) | (quote - ones) | (backslash - ones) | word) & highs) == 0;
}

/* A string, s->at behind its opening quote; afterwards behind its closing one. *ret_escaped is set if it has
 * an escape. */
bool json_scan_string(struct json_scan *s, bool *ret_escaped);
/* An escape, s->at behind its backslash: the code point it means, or -1 with the fault set. */
long json_scan_escape(struct json_scan *s);

/* Adds the key text[offset..end), `end` at its closing quote, to the keys of the innermost object. */
bool json_keys_add(struct json_scan *s, size_t offset, size_t end, bool escaped);
/* Are all keys from index `first` on different as they read after unescaping? Forgets them. */
bool json_keys_distinct(struct json_scan *s, size_t first);

#endif
