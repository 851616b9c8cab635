/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growable byte buffer with a limit that must be named. Errors stick: after a failure further additions do
 * nothing and buf_ok() is false, so a sequence of additions needs one check at its end. Always NUL-terminated
 * when non-empty. Not thread-safe.
 */
#ifndef PROXIMO_BASE_BUF_H
#define PROXIMO_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
    size_t limit; /* most bytes it may ever hold */
    int error;    /* 0, -ENOMEM or -EFBIG */
};

#define BUF_INIT(limit_bytes) ((struct buf){.limit = (limit_bytes)})
#define CLEANUP_BUF           __attribute__((cleanup(buf_done)))

void buf_done(struct buf *b);  /* frees the content; the struct can be used again with the same limit */
void buf_reset(struct buf *b); /* empties, keeps the memory, clears the error */
bool buf_ok(const struct buf *b);
int buf_reserve(struct buf *b, size_t more);                     /* room for `more` bytes beyond len */
void buf_add_slow(struct buf *b, const void *bytes, size_t len); /* the part of buf_add() that may grow */
static inline void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    if (b->error || b->cap - b->len <= len) {
        buf_add_slow(b, bytes, len);
        return;
    }
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}
void buf_str(struct buf *b, const char *text);
static inline void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}
void buf_u64(struct buf *b, unsigned long long n);
void buf_i64(struct buf *b, long long n);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));
/* Percent-encodes all but RFC 3986's unreserved characters. */
void buf_percent(struct buf *b, const char *bytes, size_t len);
/* Returns the NUL-terminated content, owned by the caller, and empties b; NULL (b emptied as well) if it had
 * failed. */
char *buf_take(struct buf *b, size_t *ret_len);

#endif
