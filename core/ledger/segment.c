/* SPDX-License-Identifier: Apache-2.0 */
/* Names and lines of a ledger's files. */
#include "ledger/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/problem.h"
#include "ledger/ledger_inner.h"

#define STEP LEDGER_RECORD_LIMIT

char *segment_path(const char *file, uint32_t number)
{
    char *path = NULL;

    return asprintf(&path, "%s.%06u", file, number) < 0 ? NULL : path;
}

int segment_open(const char *path, int *ret_fd, int64_t *ret_size)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    *ret_size = st.st_size;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int segment_number(int fd, int64_t size, uint32_t *ret)
{
    const size_t len = size < (int64_t)STEP ? (size_t)size : STEP;
    CLEANUP_FREE char *bytes = malloc(len ? len : 1);
    struct record_tree tree;
    struct record record;

    if (!bytes)
        return -ENOMEM;
    int r = ledger_pread(fd, bytes, len, 0);
    if (r < 0)
        return r;
    const char *end = memchr(bytes, '\n', len);
    *ret = 1;
    if (!end || !record_read(bytes, (size_t)(end - bytes), &record) || record.seq == 1 ||
        strcmp(record.kind, LEDGER_SEGMENT_START) != 0)
        return 0;
    if (!record_tree_read(bytes, &record, &tree) || tree.segment < 2)
        return -EBADMSG;
    *ret = (uint32_t)tree.segment;
    return 0;
}

/* Bytes [0, *len) of the file from `start` on end at a line's end; f for each line, the newest first, but for
 * the first one, which may have begun before. *len becomes what is left. */
static int lines_back(const char *bytes, size_t *len, int64_t start, bool whole,
                      int (*f)(void *arg, const char *line, size_t len, int64_t offset), void *arg)
{
    while (*len) {
        const char *before = memrchr(bytes, '\n', *len - 1);
        if (!before && !whole)
            return 0;
        const size_t at = before ? (size_t)(before - bytes) + 1 : 0;
        const size_t line = *len - 1 - at;
        *len = at;
        int r = f(arg, bytes + at, line, start + (int64_t)at);
        if (r != 0)
            return r;
    }
    return 0;
}

int segment_each_back(int fd, int64_t size, int (*f)(void *arg, const char *line, size_t len, int64_t offset),
                      void *arg)
{
    CLEANUP_FREE char *bytes = malloc(2 * STEP);
    int64_t end = size;
    bool trimmed = false;

    if (!bytes)
        return -ENOMEM;
    while (end > 0) {
        const size_t want = end < (int64_t)(2 * STEP) ? (size_t)end : 2 * STEP;
        const int64_t start = end - (int64_t)want;
        int r = ledger_pread(fd, bytes, want, start);
        if (r < 0)
            return r;
        size_t len = want;
        if (!trimmed) { /* a torn tail is no record */
            const char *last = memrchr(bytes, '\n', want);
            len = last ? (size_t)(last - bytes) + 1 : 0;
            trimmed = true;
        }
        if (len == 0)
            return 0;
        size_t left = len;
        r = lines_back(bytes, &left, start, start == 0, f, arg);
        if (r != 0)
            return r;
        if (left == len)
            return -EBADMSG; /* a line is longer than any record */
        end = start + (int64_t)left;
    }
    return 0;
}

static int copy_line(void *arg, const char *line, size_t len, int64_t offset)
{
    struct buf *out = arg;

    (void)offset;
    buf_reset(out);
    buf_add(out, line, len);
    return buf_ok(out) ? 1 : out->error;
}

int segment_last_line(int fd, int64_t size, struct buf *ret)
{
    int r = segment_each_back(fd, size, copy_line, ret);

    return r == 1 ? 0 : r == 0 ? -ENODATA : r;
}

int ledger_each_segment(const char *file, int (*f)(void *arg, const char *path, bool live), void *arg,
                        struct problem *p)
{
    CLEANUP_FD int fd = -1;
    int64_t size = 0;
    uint32_t live = 1;

    int r = segment_open(file, &fd, &size);
    if (r == 0)
        r = segment_number(fd, size, &live);
    if (r < 0)
        return problem_set(p, r, PX_LEDGER, "the ledger %s cannot be read: %s", file, strerror(-r));
    for (uint32_t i = 1; i < live && r == 0; i++) {
        CLEANUP_FREE char *path = segment_path(file, i);
        r = path ? f(arg, path, false) : problem_set(p, -ENOMEM, PX_LEDGER, "no memory");
    }
    return r == 0 ? f(arg, file, true) : r;
}
