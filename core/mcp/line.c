/* SPDX-License-Identifier: Apache-2.0 */
/* The line reader: one buffer that slides, grows up to the limit of a line and shrinks again after a large
 * one. */
#include "mcp/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_CHUNK ((size_t)64 << 10) /* what a pipe holds */

void line_init(struct line_reader *reader, int fd)
{
    *reader = (struct line_reader){.fd = fd};
}

void line_done(struct line_reader *reader)
{
    free(reader->data);
    *reader = (struct line_reader){.fd = -1};
}

static enum line_state line_give(struct line_reader *reader, size_t len, size_t consumed,
                                 const char **ret_line, size_t *ret_len)
{
    const char *line = reader->data + reader->start;

    reader->start += consumed;
    reader->scanned = 0;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    *ret_line = line;
    *ret_len = len;
    return LINE_HERE;
}

/* Drops what is buffered of a line that is too long, up to its end if that is here. */
static bool line_skip(struct line_reader *reader)
{
    char *from = reader->data + reader->start;
    const char *newline = memchr(from, '\n', reader->end - reader->start);

    reader->scanned = 0;
    if (!newline) {
        reader->start = reader->end;
        return false;
    }
    reader->start += (size_t)(newline - from) + 1;
    reader->skipping = false;
    return true;
}

enum line_state line_next(struct line_reader *reader, const char **ret_line, size_t *ret_len)
{
    size_t held = reader->end - reader->start;
    const char *newline;

    if (reader->skipping && held > 0) {
        (void)line_skip(reader);
        held = reader->end - reader->start;
    }
    if (held == 0)
        return reader->ended ? LINE_END : LINE_MORE;

    newline = memchr(reader->data + reader->start + reader->scanned, '\n', held - reader->scanned);
    if (newline) {
        size_t len = (size_t)(newline - (reader->data + reader->start));

        if (len > LINE_LIMIT) {
            reader->start += len + 1;
            reader->scanned = 0;
            return LINE_TOO_LONG;
        }
        return line_give(reader, len, len + 1, ret_line, ret_len);
    }
    reader->scanned = held;
    if (held > LINE_LIMIT) {
        reader->skipping = true;
        (void)line_skip(reader);
        return LINE_TOO_LONG;
    }
    if (reader->ended)
        return line_give(reader, held, held, ret_line, ret_len);
    return LINE_MORE;
}

/* Room for one more chunk behind `end`; what was handed out goes. */
static int line_room(struct line_reader *reader)
{
    size_t held = reader->end - reader->start, cap;
    char *data;

    if (reader->start > 0) {
        if (held > 0)
            memmove(reader->data, reader->data + reader->start, held);
        reader->start = 0;
        reader->end = held;
    }
    if (held + LINE_CHUNK <= reader->cap && !(held == 0 && reader->cap > 4 * LINE_CHUNK))
        return 0;
    cap = held == 0 ? LINE_CHUNK : 2 * (held + LINE_CHUNK);
    data = realloc(reader->data, cap);
    if (!data)
        return -ENOMEM;
    reader->data = data;
    reader->cap = cap;
    return 0;
}

int line_fill(struct line_reader *reader)
{
    int r = line_room(reader);
    ssize_t n;

    if (r < 0)
        return r;
    n = read(reader->fd, reader->data + reader->end, reader->cap - reader->end);
    if (n < 0)
        return -errno;
    if (n == 0)
        reader->ended = true;
    reader->end += (size_t)n;
    return 0;
}
