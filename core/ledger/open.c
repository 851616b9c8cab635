/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the ledger, and following it when another process appended or closed a segment. */
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
#include "ledger/segment.h"

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

/* A first key, and the key that signs. */
static int make_keys(struct ledger *ledger, struct problem *p)
{
    struct ledger_key key;

    int r = ledger_key_make(ledger->seal.crypto, &key);
    if (r < 0)
        return problem_set(p, r, PX_LEDGER, "no random bytes for the ledger's key");
    r = ledger_key_write(ledger->key_file, &key, p);
    explicit_bzero(&key, sizeof key);
    return r;
}

/*
 * The file is made before its key, and the memo after the first record. So a key without a file, or a memo
 * without records, says that something was there once.
 */
static int open_files(struct ledger *ledger, const struct memo *memo, int *ret_fd, struct stat *st,
                      struct problem *p)
{
    struct stat there;
    bool has_file = lstat(ledger->file, &there) == 0;
    bool has_key = lstat(ledger->key_file, &there) == 0;

    if (!has_file && (has_key || memo->seq))
        return ledger_fail(ledger, -ENOENT, p, "is missing, though it was there once (%s is)",
                           has_key ? ledger->key_file : ledger->lock_file);
    int r = open_file(ledger, has_file ? 0 : O_CREAT | O_EXCL, ret_fd, st, p);
    if (r == 0 && !has_file && (r = file_sync_folder(ledger->file)) < 0)
        r = ledger_fail(ledger, r, p, "cannot be made durable: %s", strerror(-r));
    if (r == 0 && !has_key && st->st_size == 0 && !memo->seq)
        r = make_keys(ledger, p);
    return r;
}

/* The record that was the last one when the memo was written must still be there. */
static int check_memo(struct ledger *ledger, int fd, const struct memo *memo, int64_t size, struct problem *p)
{
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FD int closed = -1;
    char tail[RECORD_TAIL + 1];
    unsigned char hash[32];
    int r = 0;

    if (memo->seq == 0)
        return 0;
    if (memo->segment > ledger->segment)
        return ledger_fail(ledger, -EINVAL, p, "is segment %u, though segment %llu was written",
                           ledger->segment, (unsigned long long)memo->segment);
    if (memo->segment < ledger->segment) {
        path = segment_path(ledger->file, (uint32_t)memo->segment);
        r = path ? segment_open(path, &closed, &size) : -ENOMEM;
        fd = closed;
    }
    if (r == 0 && size < memo->end)
        return ledger_fail(ledger, -EINVAL, p, "was cut: record %llu is gone", (unsigned long long)memo->seq);
    if (r == 0)
        r = ledger_pread(fd, tail, sizeof tail, memo->end - (int64_t)sizeof tail);
    if (r < 0)
        return ledger_fail(ledger, r, p, "cannot be read: %s: %s", path ? path : "the live segment",
                           strerror(-r));
    if (!hex_read(tail + RECORD_TAIL_HASH, 64, hash) || memcmp(hash, memo->hash, 32) != 0)
        return ledger_fail(ledger, -EINVAL, p, "was replaced: record %llu is another one",
                           (unsigned long long)memo->seq);
    return 0;
}

/* With the file open in ledger->fd: keys, tree, and everything since the last epoch. */
static int open_rest(struct ledger *ledger, const struct memo *memo, const struct stat *st, struct problem *p)
{
    int r = ledger_rotate_mend_locked(ledger, st, p);

    if (r == 0)
        r = segment_number(ledger->fd, st->st_size, &ledger->segment);
    else
        return r;
    if (r < 0)
        return ledger_fail(ledger, r, p, "does not begin with a record");
    r = check_memo(ledger, ledger->fd, memo, st->st_size, p);
    if (r == 0)
        r = ledger_key_read(ledger->key_file, &ledger->key, p);
    if (r == 0 && !ledger->key.has_derive) {
        r = problem_set(p, -EINVAL, PX_SECRET_FILE,
                        "%s is an escrowed first key, not the ledger's own key file", ledger->key_file);
        problem_next(p,
                     "put the ledger's own key file there; the escrowed one is for `proximo audit verify`");
    }
    ledger->key_on_disk = ledger->key.epoch;
    if (r == 0)
        r = seal_init(&ledger->seal, &ledger->key, p);
    if (r == 0)
        r = ledger_sign_key_locked(ledger, st->st_size == 0, p);
    if (r == 0 && (r = tree_file_open(ledger->tree_name, true, &ledger->tree_file)) < 0)
        r = ledger_fail(ledger, r, p, "has hashes that cannot be opened: %s: %s", ledger->tree_name,
                        r == -ELOOP ? "it is a symbolic link" : strerror(-r));
    if (r == 0)
        r = ledger_base_locked(ledger, st->st_size, p);
    if (r == 0)
        r = ledger_take_in_locked(ledger, st->st_size, p);
    return r == 0 ? ledger_torn_finish_locked(ledger, p) : r;
}

static void close_all(struct ledger *ledger)
{
    seal_done(&ledger->seal);
    tree_file_close(&ledger->tree_file);
    fd_close(&ledger->fd);
    ledger->open = false;
}

static int open_locked(struct ledger *ledger, struct problem *p)
{
    struct memo memo;
    struct stat st = {0};

    ledger->seal.crypto = crypto_module_get(p);
    if (!ledger->seal.crypto)
        return -ELIBACC;
    if (ledger_memo_read(ledger, &memo) < 0)
        return ledger_fail(ledger, -EINVAL, p, "has a damaged lock file %s", ledger->lock_file);
    ledger->head = (struct head){0};
    ledger->checkpointed = 0;
    int r = open_files(ledger, &memo, &ledger->fd, &st, p);
    if (r == 0) {
        ledger->device = st.st_dev;
        ledger->inode = st.st_ino;
        r = open_rest(ledger, &memo, &st, p);
    }
    if (r == 0 && *ledger->dead.code)
        r = -EIO;
    if (r == 0)
        ledger->open = true;
    else
        close_all(ledger);
    return r;
}

/* The record that was the last one is still the last one that is known. */
static int check_tail(struct ledger *ledger, int64_t size, struct problem *p)
{
    char tail[RECORD_TAIL + 1];
    unsigned char mac[32];

    if (size < ledger->head.end)
        return ledger_fail(ledger, -EINVAL, p, "was cut: record %llu is gone",
                           (unsigned long long)ledger->head.seq);
    if (ledger->head.end == 0)
        return 0;
    int r = ledger_pread(ledger->fd, tail, sizeof tail, ledger->head.end - (int64_t)sizeof tail);
    if (r < 0)
        return ledger_fail(ledger, r, p, "cannot be read: %s", strerror(-r));
    if (!hex_read(tail + RECORD_TAIL_MAC, 64, mac) || memcmp(mac, ledger->head.mac, 32) != 0)
        return ledger_fail(ledger, -EBADMSG, p, "was changed at record %llu",
                           (unsigned long long)ledger->head.seq);
    return 0;
}

/* The segment after this one: a closed one when others have gone on further, else the live one. */
static int open_next(struct ledger *ledger, struct stat *st, struct problem *p)
{
    CLEANUP_FREE char *path = segment_path(ledger->file, ledger->segment + 1);
    int64_t size = 0;

    int r = path ? segment_open(path, &ledger->fd, &size) : -ENOMEM;
    if (r == -ENOENT)
        return open_file(ledger, 0, &ledger->fd, st, p);
    if (r == 0 && fstat(ledger->fd, st) < 0)
        r = -errno;
    return r < 0 ? ledger_fail(ledger, r, p, "cannot be followed: %s: %s", path ? path : "?", strerror(-r))
                 : 0;
}

/* The open file is not the live segment any more: a closed one, of which the rest is taken in. */
static int next_segment(struct ledger *ledger, struct problem *p)
{
    CLEANUP_FREE char *path = segment_path(ledger->file, ledger->segment);
    struct stat st = {0}, there;

    if (!path)
        return ledger_fail(ledger, -ENOMEM, p, "cannot be followed: no memory");
    if (lstat(path, &there) < 0 || there.st_dev != ledger->device || there.st_ino != ledger->inode)
        return ledger_fail(ledger, -ESTALE, p, "was replaced by another file");
    int r = ledger_take_in_locked(ledger, there.st_size, p);
    if (r < 0)
        return r;
    fd_close(&ledger->fd);
    r = open_next(ledger, &st, p);
    if (r < 0)
        return r;
    ledger->device = st.st_dev;
    ledger->inode = st.st_ino;
    ledger->segment++;
    ledger->segment_us = 0;
    ledger->head.end = 0;
    return 0;
}

int ledger_follow_locked(struct ledger *ledger, struct problem *p)
{
    struct stat there;

    if (!ledger->open)
        return open_locked(ledger, p);
    for (;;) {
        if (lstat(ledger->file, &there) < 0)
            return ledger_fail(ledger, -errno, p, "is missing: %s", strerror(errno));
        const bool live = there.st_dev == ledger->device && there.st_ino == ledger->inode;
        if (!live && fstat(ledger->fd, &there) < 0)
            return ledger_fail(ledger, -errno, p, "cannot be examined: %s", strerror(errno));
        int r = check_tail(ledger, there.st_size, p);
        if (r < 0)
            return r;
        if (live)
            return ledger_take_in_locked(ledger, there.st_size, p);
        r = next_segment(ledger, p);
        if (r < 0)
            return r;
    }
}
