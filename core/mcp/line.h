/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines from a descriptor: one JSON-RPC message a line, LF or CRLF, at most LINE_LIMIT bytes. A longer line
 * is reported once and the rest of it is skipped, so that one bad message does not end the conversation. One
 * thread.
 */
#ifndef PROXIMO_MCP_LINE_H
#define PROXIMO_MCP_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_LIMIT ((size_t)4 << 20)

struct line_reader {
    int fd;
    char *data;
    size_t start;   /* first byte not handed out */
    size_t scanned; /* bytes from start known to hold no newline */
    size_t end;
    size_t cap;
    bool skipping; /* inside a line that was too long */
    bool ended;    /* end of input was seen */
};

enum line_state {
    LINE_MORE,     /* no whole line is buffered: call line_fill */
    LINE_HERE,     /* *ret_line is a line */
    LINE_TOO_LONG, /* a line passed the limit; reported once */
    LINE_END,      /* end of input and nothing left */
};

/* fd is borrowed. */
void line_init(struct line_reader *reader, int fd);
void line_done(struct line_reader *reader);
/* The next line without its end, borrowed until the next line_fill. What stands unterminated before the end
 * of input counts as a line. */
enum line_state line_next(struct line_reader *reader, const char **ret_line, size_t *ret_len);
/* One read(2). 0, -ENOMEM or -errno; -EINTR and -EAGAIN are for the caller to repeat. */
int line_fill(struct line_reader *reader);

#endif
