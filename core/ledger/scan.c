/* SPDX-License-Identifier: Apache-2.0 */
/* Reading records from the newest on: as they are, or each checked by the one after it. */
#include "ledger/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/ledger_inner.h"
#include "ledger/segment.h"

struct walk {
    int (*f)(void *arg, const char *line, size_t len);
    void *arg;
    /* what the next line must be; seal.crypto NULL: any */
    struct seal seal;
    uint64_t seq;
    unsigned char hash[32];
    bool wrong;
};

static int unreadable(struct problem *p, int error, const char *file)
{
    (void)problem_set(p, error, PX_LEDGER, "the ledger %s cannot be read: %s", file, strerror(-error));
    problem_next(p, "see whether the path is right; `proximo audit verify` says more");
    return error;
}

static int walk_line(void *arg, const char *line, size_t len, int64_t offset)
{
    struct walk *walk = arg;
    struct record record;

    (void)offset;
    if (walk->seal.crypto) {
        walk->wrong = !record_read(line, len, &record);
        if (!walk->wrong && record.seq > walk->seq)
            return 0; /* appended since */
        if (walk->wrong || record.seq != walk->seq || memcmp(record.hash, walk->hash, 32) != 0 ||
            record_check_hash(&walk->seal, line, &record)) {
            walk->wrong = true;
            return -EBADMSG;
        }
        walk->seq--;
        memcpy(walk->hash, record.prev, 32);
    }
    return walk->f(walk->arg, line, len);
}

/* The segments from an open live one back to the first. */
static int walk_segments(struct walk *walk, const char *file, int live, int64_t size, struct problem *p)
{
    uint32_t number = 1;

    int r = segment_number(live, size, &number);
    if (r == 0)
        r = segment_each_back(live, size, walk_line, walk);
    while (r == 0 && --number > 0) {
        CLEANUP_FREE char *path = segment_path(file, number);
        CLEANUP_FD int fd = -1;
        r = path ? segment_open(path, &fd, &size) : -ENOMEM;
        if (r < 0)
            return unreadable(p, r, path ? path : file);
        r = segment_each_back(fd, size, walk_line, walk);
    }
    if (walk->wrong) {
        (void)problem_set(p, r, PX_LEDGER, "record %llu of the ledger %s was changed or removed",
                          (unsigned long long)walk->seq, file);
        problem_next(p, "`proximo audit verify` says more");
        return r;
    }
    if (r < 0 && p && !p->code[0])
        return unreadable(p, r, file); /* f has not said why */
    return r;
}

int ledger_scan_back(const char *file, int (*f)(void *arg, const char *line, size_t len), void *arg,
                     struct problem *p)
{
    struct walk walk = {.f = f, .arg = arg};
    CLEANUP_FD int fd = -1;
    int64_t size = 0;

    int r = segment_open(file, &fd, &size);
    return r < 0 ? unreadable(p, r, file) : walk_segments(&walk, file, fd, size, p);
}

/* ---- one record */

struct wanted {
    uint64_t seq;
    struct buf *out;
    bool passed;
};

static int is_wanted(void *arg, const char *line, size_t len)
{
    struct wanted *wanted = arg;
    struct record r;

    if (!record_read(line, len, &r) || r.seq > wanted->seq)
        return 0;
    wanted->passed = r.seq < wanted->seq;
    if (wanted->passed)
        return 1;
    buf_reset(wanted->out);
    buf_add(wanted->out, line, len);
    return buf_ok(wanted->out) ? 1 : wanted->out->error;
}

static int found(const struct wanted *wanted, int r, struct problem *p)
{
    if (r == 1 && !wanted->passed)
        return 0;
    if (r < 0)
        return r;
    (void)problem_set(p, -ENOENT, PX_LEDGER, "the ledger has no record %llu",
                      (unsigned long long)wanted->seq);
    problem_next(p, "`proximo audit show` lists the newest");
    return -ENOENT;
}

int ledger_scan_find(const char *file, uint64_t seq, struct buf *ret_line, struct problem *p)
{
    struct wanted wanted = {.seq = seq, .out = ret_line};

    return found(&wanted, ledger_scan_back(file, is_wanted, &wanted, p), p);
}

int ledger_find(struct ledger *ledger, uint64_t seq, struct buf *ret_line, struct problem *p)
{
    struct wanted wanted = {.seq = seq, .out = ret_line};

    return found(&wanted, ledger_each_back(ledger, is_wanted, &wanted, p), p);
}

/* ---- the open ledger */

static int take_head(struct ledger *ledger, struct walk *walk, int *ret_fd, int64_t *ret_size,
                     struct problem *p)
{
    walk->seq = ledger->head.seq;
    memcpy(walk->hash, ledger->head.hash, 32);
    *ret_size = ledger->head.end;
    *ret_fd = fcntl(ledger->fd, F_DUPFD_CLOEXEC, 0);
    return *ret_fd < 0 ? unreadable(p, -errno, ledger->file) : 0;
}

/* What is read is settled under the lock, and read without it. A dead ledger is read as far as it was good.
 */
static int walk_begin(struct ledger *ledger, struct walk *walk, int *ret_fd, int64_t *ret_size,
                      struct problem *p)
{
    if (ledger_lock_is_mine(ledger))
        return take_head(ledger, walk, ret_fd, ret_size, p);
    int r = ledger_lock(ledger, p);
    if (r == 0) {
        r = ledger_follow_locked(ledger, p);
        if (r == 0)
            r = take_head(ledger, walk, ret_fd, ret_size, p);
        ledger_unlock(ledger);
        return r;
    }
    (void)pthread_mutex_lock(&ledger->mutex);
    if (*ledger->dead.code && ledger->open && ledger->fd >= 0)
        r = take_head(ledger, walk, ret_fd, ret_size, p);
    (void)pthread_mutex_unlock(&ledger->mutex);
    return r;
}

int ledger_each_back(struct ledger *ledger, int (*f)(void *arg, const char *line, size_t len), void *arg,
                     struct problem *p)
{
    struct walk walk = {.f = f, .arg = arg};
    CLEANUP_FD int fd = -1;
    int64_t size = 0;

    int r = walk_begin(ledger, &walk, &fd, &size, p);
    if (r == 0)
        r = seal_init(&walk.seal, NULL, p);
    if (r < 0)
        return r;
    r = walk_segments(&walk, ledger->file, fd, size, p);
    if (r == 0 && walk.seq > 0)
        r = problem_set(p, -EBADMSG, PX_LEDGER, "record %llu of the ledger %s was removed",
                        (unsigned long long)walk.seq, ledger->file);
    seal_done(&walk.seal);
    return r;
}
