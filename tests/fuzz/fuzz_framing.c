/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as input, in pieces of any size: the reader gives the same lines as cutting the whole text at its
 * newlines does. The first byte says how large the pieces are.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "mcp/line.h"

/* The lines as they must come. */
struct expected {
    const char *at;
    size_t left;
};

static void expect_line(struct expected *expected, const char *line, size_t len)
{
    const char *end = expected->left ? memchr(expected->at, '\n', expected->left) : NULL;
    size_t whole = end ? (size_t)(end - expected->at) : expected->left;
    size_t bare = whole > 0 && expected->at[whole - 1] == '\r' ? whole - 1 : whole;

    PROMISE(expected->left > 0);
    PROMISE(len == bare && memcmp(line, expected->at, len) == 0);
    expected->at += whole + (end != NULL);
    expected->left -= whole + (end != NULL);
}

/* True: the end of input. */
static bool take_lines(struct line_reader *reader, struct expected *expected)
{
    enum line_state state;
    const char *line;
    size_t len;

    while ((state = line_next(reader, &line, &len)) == LINE_HERE)
        expect_line(expected, line, len);
    PROMISE(state != LINE_TOO_LONG); /* an input of this program is shorter than that */
    return state == LINE_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 2, 3, 7, 64, 1000, 4096, 65536};
    size_t piece = size ? pieces[data[0] % 8] : 1, sent = size > 0;
    struct expected expected = {(const char *)data + sent, size - sent};
    struct line_reader reader;
    bool ended = false;
    int fds[2];

    PROMISE(pipe(fds) == 0);
    line_init(&reader, fds[0]);
    while (sent < size) {
        size_t len = size - sent < piece ? size - sent : piece;

        PROMISE(write(fds[1], data + sent, len) == (ssize_t)len);
        sent += len;
        PROMISE(line_fill(&reader) == 0);
        PROMISE(!take_lines(&reader, &expected));
    }
    (void)close(fds[1]);
    while (!ended) {
        PROMISE(line_fill(&reader) == 0);
        ended = take_lines(&reader, &expected);
    }
    PROMISE(expected.left == 0);
    line_done(&reader);
    (void)close(fds[0]);
    return 0;
}
