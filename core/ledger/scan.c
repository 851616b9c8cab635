/* SPDX-License-Identifier: Apache-2.0 */
/* Reading lines, from the newest on. */
#include "ledger/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/ledger_inner.h"

#define STEP LEDGER_RECORD_LIMIT

int ledger_open_read(const char *file, int *ret_fd, int64_t *ret_size)
{
    CLEANUP_FD int fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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

static int unreadable(struct problem *p, int error, const char *file)
{
    (void)problem_set(p, error, PX_LEDGER, "the ledger %s cannot be read: %s", file, strerror(-error));
    problem_next(p, "see whether the path is right; `proximo audit verify` says more");
    return error;
}

/* Bytes [start, start + *len) end at a line's end; calls f for each line, newest first, but for the first
 * one, which may have begun before. *len becomes what is left. */
static int lines_back(const char *bytes, size_t *len, bool whole,
                      int (*f)(void *arg, const char *line, size_t len), void *arg)
{
    while (*len) {
        const char *before = memrchr(bytes, '\n', *len - 1);
        if (!before && !whole)
            return 0;
        size_t start = before ? (size_t)(before - bytes) + 1 : 0;
        int r = f(arg, bytes + start, *len - 1 - start);
        *len = start;
        if (r != 0)
            return r;
    }
    return 0;
}

int ledger_scan_back(const char *file, int (*f)(void *arg, const char *line, size_t len), void *arg,
                     struct problem *p)
{
    CLEANUP_FREE char *bytes = malloc(2 * STEP);
    CLEANUP_FD int fd = -1;
    int64_t end = 0;

    int r = bytes ? ledger_open_read(file, &fd, &end) : -ENOMEM;
    if (r < 0)
        return unreadable(p, r, file);
    bool trimmed = false;
    while (end > 0) {
        size_t want = end < (int64_t)(2 * STEP) ? (size_t)end : 2 * STEP;
        r = ledger_pread(fd, bytes, want, end - (int64_t)want);
        if (r < 0)
            return unreadable(p, r, file);
        size_t len = want;
        if (!trimmed) { /* a torn tail is no record */
            const char *last = memrchr(bytes, '\n', want);
            len = last ? (size_t)(last - bytes) + 1 : 0;
            trimmed = true;
        }
        size_t left = len;
        r = len ? lines_back(bytes, &left, end == (int64_t)want, f, arg) : 0;
        if (r != 0)
            return r;
        if (left == len && end != (int64_t)want)
            return unreadable(p, -EBADMSG, file);
        end -= (int64_t)(want - left);
        if (len == 0)
            return 0;
    }
    return 0;
}

struct wanted {
    uint64_t seq;
    struct buf *out;
};

static int is_wanted(void *arg, const char *line, size_t len)
{
    struct wanted *wanted = arg;
    struct record r;

    if (!record_read(line, len, &r) || r.seq > wanted->seq)
        return 0;
    if (r.seq < wanted->seq)
        return -ENOENT;
    buf_reset(wanted->out);
    buf_add(wanted->out, line, len);
    return buf_ok(wanted->out) ? 1 : wanted->out->error;
}

int ledger_scan_find(const char *file, uint64_t seq, struct buf *ret_line, struct problem *p)
{
    struct wanted wanted = {seq, ret_line};
    int r = ledger_scan_back(file, is_wanted, &wanted, p);

    if (r == 1)
        return 0;
    if (r == 0 || r == -ENOENT) {
        r = problem_set(p, -ENOENT, PX_LEDGER, "the ledger has no record %llu", (unsigned long long)seq);
        problem_next(p, "`proximo audit show` lists the newest");
    }
    return r;
}

int ledger_find(struct ledger *ledger, uint64_t seq, struct buf *ret_line, struct problem *p)
{
    return ledger->file ? ledger_scan_find(ledger->file, seq, ret_line, p)
                        : problem_set(p, -ENOENT, PX_LEDGER, "there is no ledger");
}

int ledger_each_back(struct ledger *ledger, int (*f)(void *arg, const char *line, size_t len), void *arg,
                     struct problem *p)
{
    return ledger->file ? ledger_scan_back(ledger->file, f, arg, p)
                        : problem_set(p, -ENOENT, PX_LEDGER, "there is no ledger");
}
