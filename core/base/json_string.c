/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of a JSON text, which are most of its bytes: skipped eight bytes at a time as long as they are
 * plain. */
#include <string.h>

#include "base/json_scan.h"
#include "base/text.h"

static long no_escape(struct json_scan *s, enum json_fault fault, size_t at)
{
    (void)json_scan_fail(s, fault, at);
    return -1;
}

/* The four hexadecimal digits at `at`, or -1. */
static long hex4(const struct json_scan *s, size_t at)
{
    long value = 0;

    if (s->len - at < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = text_hex_digit(s->text[at + i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

long json_scan_escape(struct json_scan *s)
{
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const size_t start = s->at - 1;

    if (s->at >= s->len)
        return no_escape(s, JSON_FAULT_SYNTAX, s->len);
    char c = s->text[s->at++];
    const char *known = c ? strchr(names, c) : NULL;
    if (known)
        return (unsigned char)means[known - names];
    long unit = c == 'u' ? hex4(s, s->at) : -1;
    if (unit < 0)
        return no_escape(s, JSON_FAULT_SYNTAX, start);
    s->at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    /* A surrogate counts only as a pair, high then low (RFC 8259, section 7). */
    long low = -1;
    if (unit < 0xdc00 && s->len - s->at >= 6 && s->text[s->at] == '\\' && s->text[s->at + 1] == 'u')
        low = hex4(s, s->at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return no_escape(s, JSON_FAULT_UTF8, start);
    s->at += 6;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

bool json_scan_string(struct json_scan *s, bool *ret_escaped)
{
    const char *const text = s->text;
    size_t at = s->at;

    for (;;) {
        uint64_t word;
        while (s->len - at >= sizeof word) {
            memcpy(&word, text + at, sizeof word);
            if (!json_word_plain(word))
                break;
            at += sizeof word;
        }
        while (at < s->len && (unsigned char)text[at] >= 0x20 && (unsigned char)text[at] < 0x80 &&
               text[at] != '"' && text[at] != '\\')
            at++;
        if (at >= s->len)
            return json_scan_fail(s, JSON_FAULT_SYNTAX, s->len);
        if (text[at] == '"') {
            s->at = at + 1;
            return true;
        }
        if (text[at] == '\\') {
            s->at = at + 1;
            if (json_scan_escape(s) < 0)
                return false;
            *ret_escaped = true;
            at = s->at;
            continue;
        }
        if ((unsigned char)text[at] < 0x20)
            return json_scan_fail(s, JSON_FAULT_SYNTAX, at);
        size_t n = text_utf8_step(text + at, s->len - at);
        if (n == 0)
            return json_scan_fail(s, JSON_FAULT_UTF8, at);
        at += n;
    }
}
