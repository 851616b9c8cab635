/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Closing a segment: a checkpoint, the end of the epoch, then a file with the first record of the next
 * segment is made beside it. The old file gets its number by a second name, and the new one takes the place
 * of the live name in one step: the live name is never missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "ledger/ledger_inner.h"
#include "ledger/segment.h"

static int first_record(struct ledger *ledger, struct buf *line, struct head *ret, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(1024);
    struct head before = ledger->head;
    char hex[65];

    int r = ledger->seal.crypto->sha256_fd(ledger->fd, hex);
    if (r < 0)
        return ledger_fail(ledger, r, p, "cannot be read: %s", strerror(-r));
    if (ledger_put_tree(ledger, &body) < 0)
        return problem_set(p, -ENOMEM, PX_LEDGER, "no memory to begin a segment of the ledger");
    json_put_key_int(&body, "segment", (long long)ledger->segment + 1);
    json_put_key_int(&body, "bytes", ledger->head.end);
    json_put_key_string(&body, "sha256", hex);
    before.end = 0;
    r = buf_ok(&body) ? record_write(&ledger->seal, &before, clock_wall_us(), LEDGER_SEGMENT_START, body.data,
                                     body.len, line, ret)
                      : -ENOMEM;
    return r < 0
               ? problem_set(p, r, PX_LEDGER, "a segment of the ledger could not be begun: %s", strerror(-r))
               : 0;
}

/* The new file with its record, durable; *ret_fd is the caller's. */
static int write_next(struct ledger *ledger, const struct buf *line, int *ret_fd)
{
    if (unlink(ledger->next_name) < 0 && errno != ENOENT)
        return -errno;
    CLEANUP_FD int fd =
        open(ledger->next_name, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : fd_write_all(fd, line->data, line->len);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (r < 0)
        return r;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static int exchange(struct ledger *ledger)
{
    CLEANUP_FREE char *closed = segment_path(ledger->file, ledger->segment);
    struct stat there;

    if (!closed)
        return -ENOMEM;
    /* Who died here before has left the second name. */
    if (link(ledger->file, closed) < 0 && (errno != EEXIST || lstat(closed, &there) < 0 ||
                                           there.st_dev != ledger->device || there.st_ino != ledger->inode))
        return -errno;
    if (rename(ledger->next_name, ledger->file) < 0) {
        int r = -errno;
        (void)unlink(closed);
        return r;
    }
    (void)fchmod(ledger->fd, 0400);
    return file_sync_folder(ledger->file);
}

int ledger_rotate_locked(struct ledger *ledger, struct problem *p)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    CLEANUP_FD int fd = -1;
    struct record record = {0};
    struct head head = {0};
    struct stat st = {0};

    int r = ledger->checkpointed == ledger->head.seq ? 0 : ledger_checkpoint_locked(ledger, p);
    if (r == 0)
        r = ledger_epoch_end_locked(ledger, p);
    if (r == 0)
        r = first_record(ledger, &line, &head, p);
    if (r < 0)
        return r;
    if (!record_read(line.data, line.len - 1, &record))
        return problem_set(p, -EINVAL, PX_LEDGER, "a segment of the ledger could not be begun");
    r = write_next(ledger, &line, &fd);
    if (r == 0 && fstat(fd, &st) < 0)
        r = -errno;
    if (r == 0)
        r = exchange(ledger);
    if (r < 0)
        return ledger_fail(ledger, r, p, "cannot begin another segment: %s", strerror(-r));
    fd_close(&ledger->fd);
    ledger->fd = fd;
    fd = -1;
    ledger->device = st.st_dev;
    ledger->inode = st.st_ino;
    ledger->segment++;
    ledger->head = head;
    ledger->segment_us = ledger->epoch_us = record.time_us;
    ledger_memo_write(ledger);
    return ledger_tree_add_locked(ledger, record.leaf, p);
}

/* A crash between the second name and the new live file leaves both names on one file: the second goes. */
int ledger_rotate_mend_locked(struct ledger *ledger, const struct stat *live, struct problem *p)
{
    struct stat there;
    uint32_t number = 1;

    if (live->st_nlink > 1) {
        int r = segment_number(ledger->fd, live->st_size, &number);
        CLEANUP_FREE char *closed = r == 0 ? segment_path(ledger->file, number) : NULL;
        if (closed && lstat(closed, &there) == 0 && there.st_ino == live->st_ino &&
            there.st_dev == live->st_dev && (unlink(closed) < 0 || file_sync_folder(closed) < 0))
            return ledger_fail(ledger, -errno, p, "has a segment with two names: %s", closed);
    }
    if (unlink(ledger->next_name) < 0 && errno != ENOENT)
        return ledger_fail(ledger, -errno, p, "has a leftover that cannot be removed: %s: %s",
                           ledger->next_name, strerror(errno));
    return 0;
}
