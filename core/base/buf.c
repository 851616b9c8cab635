/* SPDX-License-Identifier: Apache-2.0 */
/* The growable buffer: doubling growth up to the named limit, sticky errors, always room for the closing NUL.
 */
#include "base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 256u

void buf_done(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.limit = b->limit};
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->error = 0;
    if (b->data)
        b->data[0] = '\0';
}

bool buf_ok(const struct buf *b)
{
    return b->error == 0;
}

/* Grows to hold len + more + 1 bytes; the caller has seen that they do not fit yet. */
static int buf_grow(struct buf *b, size_t more)
{
    if (b->error)
        return b->error;
    if (b->len > b->limit || more > b->limit - b->len || b->limit > SIZE_MAX / 2)
        return b->error = -EFBIG;
    size_t need = b->len + more + 1;
    size_t cap = b->cap ? b->cap : FIRST_SIZE;
    while (cap < need)
        cap *= 2;
    if (cap > b->limit + 1)
        cap = b->limit + 1;
    char *data = realloc(b->data, cap);
    if (!data)
        return b->error = -ENOMEM;
    b->data = data;
    b->cap = cap;
    b->data[b->len] = '\0';
    return 0;
}

int buf_reserve(struct buf *b, size_t more)
{
    if (b->error == 0 && b->cap > b->len && more < b->cap - b->len)
        return 0;
    return buf_grow(b, more);
}

void buf_add_slow(struct buf *b, const void *bytes, size_t len)
{
    if (buf_reserve(b, len) < 0)
        return;
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_u64(struct buf *b, unsigned long long n)
{
    char digits[24];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    buf_add(b, digits + at, sizeof digits - at);
}

void buf_i64(struct buf *b, long long n)
{
    if (n < 0)
        buf_char(b, '-');
    buf_u64(b, n < 0 ? 0ULL - (unsigned long long)n : (unsigned long long)n);
}

void buf_vprintf(struct buf *b, const char *format, va_list ap)
{
    char small[256];
    va_list again;

    if (b->error)
        return;
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, format, ap);
    if (n >= 0 && (size_t)n < sizeof small) {
        buf_add(b, small, (size_t)n);
    } else if (n >= 0 && buf_reserve(b, (size_t)n) == 0) {
        (void)vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    buf_vprintf(b, format, ap);
    va_end(ap);
}

void buf_percent(struct buf *b, const char *bytes, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
            c == '.' || c == '_' || c == '~') {
            buf_char(b, (char)c);
        } else {
            const char coded[3] = {'%', hex[c >> 4], hex[c & 15]};
            buf_add(b, coded, sizeof coded);
        }
    }
}

char *buf_take(struct buf *b, size_t *ret_len)
{
    if (buf_reserve(b, 0) < 0) {
        buf_done(b);
        return NULL;
    }
    char *data = b->data;
    if (ret_len)
        *ret_len = b->len;
    *b = (struct buf){.limit = b->limit};
    return data;
}
