/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 by RFC 3629's table, cleaning of text that people or guests wrote, numbers without strtol. */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

#define DISTANCE_MAX 64u

size_t text_utf8_step(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned char low = 0x80,
                  high = 0xbf; /* of the second byte: excludes overlong forms, surrogates, > U+10FFFF */
    size_t n;

    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        low = p[0] == 0xe0 ? 0xa0 : low;
        high = p[0] == 0xed ? 0x9f : high;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        low = p[0] == 0xf0 ? 0x90 : low;
        high = p[0] == 0xf4 ? 0x8f : high;
    } else {
        return 0;
    }
    if (len < n || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint64_t word;
        if (len - i >= sizeof word) {
            memcpy(&word, text + i, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof word;
                continue;
            }
        }
        size_t n = text_utf8_step(text + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t text_utf8_cut(const char *text, size_t len)
{
    size_t back = 0;

    /* Find the lead byte of the last sequence; if the sequence is whole or hopeless, the cut is at len. */
    while (back < 3 && back < len && ((unsigned char)text[len - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back == len)
        return len;
    unsigned char lead = (unsigned char)text[len - 1 - back];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return back + 1 < want ? len - 1 - back : len;
}

/* Characters that show nothing or turn the reading order, by code point ranges (Unicode 15, chapter 23 and
 * UAX 9). */
static const struct {
    uint32_t first, last;
} hidden_ranges[] = {
    {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x115f, 0x1160},   {0x180b, 0x180f},   {0x200b, 0x200f},
    {0x202a, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static bool is_hidden(uint32_t point)
{
    for (size_t i = 0; i < sizeof hidden_ranges / sizeof hidden_ranges[0]; i++) {
        if (point >= hidden_ranges[i].first && point <= hidden_ranges[i].last)
            return true;
    }
    return false;
}

static uint32_t decode(const unsigned char *p, size_t n)
{
    static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = p[0] & lead_mask[n];

    for (size_t i = 1; i < n; i++)
        point = (point << 6) | (p[i] & 0x3fu);
    return point;
}

void text_clean(struct buf *out, const char *text, size_t len, bool keep_lines)
{
    const char newline = keep_lines ? '\n' : ' ';

    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)text[i];
        size_t run = 0;
        while (i + run < len && (unsigned char)text[i + run] >= 0x20 && (unsigned char)text[i + run] < 0x7f)
            run++;
        if (run) {
            buf_add(out, text + i, run);
            i += run;
            continue;
        }
        if (c < 0x80) {
            bool pair = c == '\r' && i + 1 < len && text[i + 1] == '\n'; /* the \n itself follows */
            if (c == '\n' || (c == '\r' && !pair))
                buf_char(out, newline);
            else if (c == '\t')
                buf_char(out, keep_lines ? '\t' : ' ');
            i++;
            continue;
        }
        size_t n = text_utf8_step(text + i, len - i);
        if (n == 0) {
            buf_add(out, "\xef\xbf\xbd", 3);
            i++;
            continue;
        }
        uint32_t point = decode((const unsigned char *)text + i, n);
        if (point == 0x2028 || point == 0x2029)
            buf_char(out, newline);
        else if (point >= 0xa0 && !is_hidden(point))
            buf_add(out, text + i, n);
        i += n;
    }
}

int text_to_u64(const char *text, uint64_t max, uint64_t *ret)
{
    uint64_t n = 0;

    if (!*text)
        return -EINVAL;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return -EINVAL;
    }
    for (const char *p = text; *p; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return -ERANGE;
        n = n * 10 + digit;
    }
    if (n > max)
        return -ERANGE;
    *ret = n;
    return 0;
}

int text_to_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    bool negative = *text == '-';
    uint64_t n;

    int r = text_to_u64(text + negative, (uint64_t)INT64_MAX + negative, &n);
    if (r < 0)
        return r;
    int64_t value = negative ? (int64_t)(0 - n) : (int64_t)n;
    if (value < min || value > max)
        return -ERANGE;
    *ret = value;
    return 0;
}

bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

int text_to_bool(const char *text, bool *ret)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"1", true},  {"true", true},   {"yes", true}, {"on", true},
                 {"0", false}, {"false", false}, {"no", false}, {"off", false}};
    const char *const space = " \t\r\n";

    text += strspn(text, space);
    size_t len = strlen(text);
    while (len && strchr(space, text[len - 1]))
        len--;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (len == strlen(words[i].word) && strncasecmp(text, words[i].word, len) == 0) {
            *ret = words[i].value;
            return 0;
        }
    }
    return -EINVAL;
}

bool text_in_list(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (*list) {
        list += strspn(list, " ,");
        size_t item = strcspn(list, ",");
        size_t trimmed = item;
        while (trimmed && list[trimmed - 1] == ' ')
            trimmed--;
        if (trimmed && trimmed == len && memcmp(list, word, len) == 0)
            return true;
        list += item;
    }
    return false;
}

unsigned text_distance(const char *a, const char *b)
{
    unsigned char rows[3][DISTANCE_MAX + 1];
    size_t la = strnlen(a, DISTANCE_MAX + 1), lb = strnlen(b, DISTANCE_MAX + 1);

    if (la > DISTANCE_MAX || lb > DISTANCE_MAX)
        return 99;
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned char *now = rows[i % 3];
        const unsigned char *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = (unsigned char)i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned best = before[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);
            if (before[j] + 1u < best)
                best = before[j] + 1u;
            if (now[j - 1] + 1u < best)
                best = now[j - 1] + 1u;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && earlier[j - 2] + 1u < best)
                best = earlier[j - 2] + 1u;
            now[j] = (unsigned char)best;
        }
    }
    return rows[la % 3][lb];
}

char *text_dup(const char *text)
{
    return text ? strdup(text) : NULL;
}

int text_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void text_hex(const unsigned char *bytes, size_t len, char *ret)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * len] = '\0';
}
