/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the ledger, and following what other processes appended: never more than the tail is read. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "ledger/ledger_inner.h"

#define FIRST_WINDOW ((size_t)64 << 10)
#define LAST_WINDOW  (4 * LEDGER_RECORD_LIMIT)

int ledger_fail(struct ledger *ledger, int error, struct problem *p, const char *cause, ...)
{
    CLEANUP_BUF struct buf text = BUF_INIT(4096);
    struct problem own = PROBLEM_INIT;
    va_list ap;

    va_start(ap, cause);
    buf_vprintf(&text, cause, ap);
    va_end(ap);
    (void)problem_set(&own, error, PX_LEDGER, "the ledger %s %s: nothing is changed any more", ledger->file,
                      buf_ok(&text) ? text.data : "failed");
    problem_next(&own, "run `proximo audit verify`, mend the cause, and start proximo again");
    if (ledger->open)
        ledger->dead = own;
    if (p)
        *p = own;
    return error;
}

int ledger_pread(int fd, void *bytes, size_t len, int64_t offset)
{
    char *at = bytes;

    while (len) {
        ssize_t n = pread(fd, at, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA;
        at += n;
        offset += n;
        len -= (size_t)n;
    }
    return 0;
}

/* flock is not to be relied on there, and a sync is not what it says. */
static int check_system(struct ledger *ledger, int fd, struct problem *p)
{
    static const unsigned long refused[] = {0x6969 /* NFS */, 0x517B /* SMB */, 0xFF534D42 /* CIFS */,
                                            0xFE534D42 /* SMB2 */, 0x5346414F /* AFS */};
    struct statfs system;

    if (fstatfs(fd, &system) < 0)
        return ledger_fail(ledger, -errno, p, "cannot be examined: %s", strerror(errno));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (((unsigned long)system.f_type & 0xFFFFFFFFul) == refused[i])
            return ledger_fail(ledger, -EOPNOTSUPP, p,
                               "is on a network file system, where locks and syncs cannot be relied on");
    }
    return 0;
}

static int open_file(struct ledger *ledger, int flags, int *ret_fd, struct stat *st, struct problem *p)
{
    CLEANUP_FD int fd =
        open(ledger->file, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags, 0600);

    if (fd < 0 || fstat(fd, st) < 0)
        return ledger_fail(ledger, -errno, p, "cannot be opened: %s",
                           errno == ELOOP ? "it is a symbolic link" : strerror(errno));
    if (!S_ISREG(st->st_mode) || (st->st_uid != 0 && st->st_uid != geteuid()) || (st->st_mode & 022))
        return ledger_fail(ledger, -EACCES, p,
                           "is not a regular file of this user that nobody else can write");
    int r = check_system(ledger, fd, p);
    if (r < 0)
        return r;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/*
 * The file is made before its key, and the memo after the first record. So a key without a file, or a memo
 * without records, says that something was there once.
 */
static int open_files(struct ledger *ledger, const struct head *memo, int *ret_fd, struct stat *st,
                      struct problem *p)
{
    struct stat there;
    bool has_file = lstat(ledger->file, &there) == 0;
    bool has_key = lstat(ledger->key_file, &there) == 0;

    if (!has_file && (has_key || memo->seq))
        return ledger_fail(ledger, -ENOENT, p, "is missing, though it was there once (%s is)",
                           has_key ? ledger->key_file : ledger->lock_file);
    int r = open_file(ledger, has_file ? 0 : O_CREAT | O_EXCL, ret_fd, st, p);
    if (r == 0 && !has_file && (r = ledger_sync_folder(ledger->file)) < 0)
        r = ledger_fail(ledger, r, p, "cannot be made durable: %s", strerror(-r));
    if (r == 0 && !has_key && st->st_size == 0 && !memo->seq)
        r = ledger_key_make(ledger->seal.crypto, ledger->key_file, p);
    return r;
}

/* The record that was the last one when the memo was written must still be there. */
static int check_memo(struct ledger *ledger, int fd, const struct head *memo, int64_t size, struct problem *p)
{
    char tail[RECORD_TAIL + 1];
    unsigned char hash[32];

    if (memo->seq == 0)
        return 0;
    if (size < memo->end)
        return ledger_fail(ledger, -EINVAL, p, "was cut: record %llu is gone", (unsigned long long)memo->seq);
    int r = ledger_pread(fd, tail, sizeof tail, memo->end - (int64_t)sizeof tail);
    if (r < 0)
        return ledger_fail(ledger, r, p, "cannot be read: %s", strerror(-r));
    if (!hex_read(tail + 83, 64, hash) || memcmp(hash, memo->hash, 32) != 0)
        return ledger_fail(ledger, -EINVAL, p, "was replaced: record %llu is another one",
                           (unsigned long long)memo->seq);
    return 0;
}

/*
 * Puts the head behind the third complete line from the end, so that following it checks the last ones, and
 * the seal of all but a torn one. A window without so many lines is the whole file.
 */
static int find_head(struct ledger *ledger, int fd, int64_t size, struct head *ret, struct problem *p)
{
    for (size_t want = FIRST_WINDOW; want <= LAST_WINDOW; want *= 2) {
        size_t len = size < (int64_t)want ? (size_t)size : want, found = 0, ends[4];
        CLEANUP_FREE char *window = malloc(len + 1);
        struct record last;

        if (!window)
            return ledger_fail(ledger, -ENOMEM, p, "cannot be read: no memory");
        int r = ledger_pread(fd, window, len, size - (int64_t)len);
        if (r < 0)
            return ledger_fail(ledger, r, p, "cannot be read: %s", strerror(-r));
        for (size_t i = len; i > 0 && found < 4; i--) {
            if (window[i - 1] == '\n')
                ends[found++] = i;
        }
        bool whole = (int64_t)len == size;
        if (found < 4 && !whole)
            continue;
        *ret = (struct head){0};
        if (found < 3)
            return 0;
        size_t start = found == 4 ? ends[3] : 0;
        if (!record_read(window + start, ends[2] - 1 - start, &last))
            return ledger_fail(ledger, -EINVAL, p, "is damaged near its end");
        ret->seq = last.seq;
        ret->time_us = last.time_us;
        ret->end = size - (int64_t)(len - ends[2]);
        memcpy(ret->hash, last.hash, 32);
        memcpy(ret->mac, last.mac, 32);
        return 0;
    }
    return ledger_fail(ledger, -EINVAL, p, "is damaged at its end: a line is too long");
}

/* A bad line is a torn write only if blocks of it were never written and no line follows. */
static int bad_line(struct ledger *ledger, const char *why, bool torn, int64_t size, struct problem *p)
{
    if (torn)
        return ledger_set_aside_locked(ledger, size, p);
    if (*why == '\0')
        return ledger_fail(ledger, -ENOMEM, p, "cannot be checked: no memory");
    return ledger_fail(ledger, -EBADMSG, p, "is damaged at record %llu: %s",
                       (unsigned long long)ledger->head.seq + 1, why);
}

static int follow(struct ledger *ledger, int64_t size, struct problem *p)
{
    CLEANUP_FREE char *piece = NULL;

    while (ledger->head.end < size) {
        int64_t left = size - ledger->head.end;
        size_t len = left < (int64_t)LEDGER_RECORD_LIMIT ? (size_t)left : LEDGER_RECORD_LIMIT, at = 0;
        if (!piece && !(piece = malloc(LEDGER_RECORD_LIMIT)))
            return ledger_fail(ledger, -ENOMEM, p, "cannot be read: no memory");
        int r = ledger_pread(ledger->fd, piece, len, ledger->head.end);
        if (r < 0)
            return ledger_fail(ledger, r, p, "cannot be read: %s", strerror(-r));
        for (const char *end; at < len && (end = memchr(piece + at, '\n', len - at));
             at = (size_t)(end - piece) + 1) {
            size_t line = (size_t)(end - piece) - at;
            bool last = len == (size_t)left && !memchr(end + 1, '\n', len - at - line - 1);
            const char *why = record_check(&ledger->seal, &ledger->head, piece + at, line, &ledger->head);
            if (why)
                return bad_line(ledger, why, last && memchr(piece + at, '\0', line), size, p);
        }
        if (at == 0)
            return bad_line(ledger, "its line does not end", len < LEDGER_RECORD_LIMIT, size, p);
    }
    return 0;
}

static int open_locked(struct ledger *ledger, struct problem *p)
{
    CLEANUP_FD int fd = -1;
    struct head memo, head = {0};
    struct stat st = {0};

    ledger->seal.crypto = crypto_module_get(p);
    if (!ledger->seal.crypto)
        return -ELIBACC;
    if (ledger_memo_read(ledger, &memo) < 0)
        return ledger_fail(ledger, -EINVAL, p, "has a damaged lock file %s", ledger->lock_file);
    int r = open_files(ledger, &memo, &fd, &st, p);
    if (r == 0)
        r = ledger_key_read(ledger->key_file, ledger->key, p);
    if (r == 0)
        r = check_memo(ledger, fd, &memo, st.st_size, p);
    if (r == 0)
        r = find_head(ledger, fd, st.st_size, &head, p);
    if (r == 0)
        r = ledger_seal_init(&ledger->seal, ledger->key, p);
    if (r < 0)
        return r;
    ledger->fd = fd;
    ledger->head = head;
    ledger->device = st.st_dev;
    ledger->inode = st.st_ino;
    r = follow(ledger, st.st_size, p);
    if (r < 0 || *ledger->dead.code) {
        ledger->seal.crypto->hmac_free(ledger->seal.hmac);
        ledger->seal.hmac = NULL;
        ledger->fd = -1; /* closed with fd */
        return r < 0 ? r : -EIO;
    }
    fd = -1;
    ledger->open = true;
    return 0;
}

int ledger_follow_locked(struct ledger *ledger, struct problem *p)
{
    char tail[RECORD_TAIL + 1];
    unsigned char mac[32];
    struct stat st, there;

    if (!ledger->open)
        return open_locked(ledger, p);
    if (fstat(ledger->fd, &st) < 0)
        return ledger_fail(ledger, -errno, p, "cannot be examined: %s", strerror(errno));
    if (lstat(ledger->file, &there) < 0)
        return ledger_fail(ledger, -errno, p, "is missing: %s", strerror(errno));
    if (there.st_dev != ledger->device || there.st_ino != ledger->inode)
        return ledger_fail(ledger, -ESTALE, p, "was replaced by another file");
    if (st.st_size < ledger->head.end)
        return ledger_fail(ledger, -EINVAL, p, "was cut: record %llu is gone",
                           (unsigned long long)ledger->head.seq);
    if (ledger->head.seq) {
        int r = ledger_pread(ledger->fd, tail, sizeof tail, ledger->head.end - (int64_t)sizeof tail);
        if (r < 0)
            return ledger_fail(ledger, r, p, "cannot be read: %s", strerror(-r));
        if (!hex_read(tail + 156, 64, mac) || memcmp(mac, ledger->head.mac, 32) != 0)
            return ledger_fail(ledger, -EBADMSG, p, "was changed at record %llu",
                               (unsigned long long)ledger->head.seq);
    }
    return follow(ledger, st.st_size, p);
}
