/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sink that is a file, on a mount of another machine: notes one behind the other with an empty line
 * between. It is only ever appended to, so that the other machine can forbid everything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "config/config.h"
#include "ledger/anchor_inner.h"
#include "ledger/ledger_inner.h"

#define WINDOW  (4 * NOTE_LIMIT) /* of the file's end that is looked at */
#define LOCK_MS 50
#define CUT_MARK                                                                                             \
    "\n(cut short)\n\n" /* behind a piece of a note, so that nothing takes it for a signature                \
                         */

/* Errors that say more than errno's own text does. */
static const struct {
    int error;
    const char *text;
} meanings[] = {
    {-ELOOP, "is a symbolic link"},
    {-EINVAL, "is no regular file"},
    {-EISDIR, "is no regular file"},
    {-ENXIO, "is no regular file"},
    {-EEXIST, "holds something else than notes"},
    {-EBADMSG, "holds no whole note, though something was published there before"},
    {-ESTALE, "is gone, though something was published there before"},
    {-ETIMEDOUT, "is locked by another process"},
};

static int failed(const char *path, int error, struct problem *p)
{
    const char *text = NULL;

    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].error == error)
            text = meanings[i].text;
    }
    (void)problem_set(p, error, PX_ANCHOR, "the anchor file %s %s%s", path,
                      text ? "" : "cannot be used: ", text ? text : strerror(-error));
    problem_next(p, "see whether its file system is mounted and can be written, and name a regular file");
    return error;
}

/* The last whole note in the file's end. -ENOENT: none. *ret_torn: bytes that belong to no note follow. */
static int last_note(int fd, int64_t size, struct buf *note, bool *ret_torn)
{
    const size_t len = size < (int64_t)WINDOW ? (size_t)size : WINDOW;
    CLEANUP_FREE char *window = malloc(len + 1);
    const char *at = NULL, *last = NULL;
    size_t at_len = 0, last_len = 0;

    if (!window)
        return -ENOMEM;
    int r = ledger_pread(fd, window, len, size - (int64_t)len);
    if (r < 0)
        return r;
    struct notes notes = {.bytes = window, .len = len};
    while (notes_next(&notes, &at, &at_len)) {
        last = at;
        last_len = at_len;
    }
    const char *rest = last ? last + last_len : window;
    *ret_torn = false;
    for (; rest < window + len; rest++)
        *ret_torn |= *rest != '\n';
    if (!last)
        return -ENOENT;
    buf_reset(note);
    buf_add(note, last, last_len);
    return buf_ok(note) ? 0 : note->error;
}

static int read_back(const struct config *config, struct buf *note, struct problem *p)
{
    const char *path = config->ledger.anchor.file;
    CLEANUP_FD int fd = -1;
    struct stat st;
    bool torn;

    int r = anchor_open(path, O_RDONLY, &fd, &st);
    if (r == 0)
        r = last_note(fd, st.st_size, note, &torn);
    return r < 0 && r != -ENOENT ? failed(path, r, p) : r;
}

/* Other processes of this ledger append to it too. Where there are no locks, O_APPEND has to do. */
static int lock(int fd, const struct anchor_task *task)
{
    static const struct timespec pause = {.tv_nsec = LOCK_MS * 1000000L};

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return 0;
        if (cancel_is_set(task->cancel) || clock_ms() >= task->deadline_ms)
            return -ETIMEDOUT;
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}

/* A file that was there once is never made anew: an unmounted folder would get it. */
static int open_append(const char *path, bool known, int *ret_fd, struct stat *st)
{
    int r = anchor_open(path, O_RDWR | O_APPEND, ret_fd, st);

    if (r != -ENOENT)
        return r;
    if (known)
        return -ESTALE;
    r = anchor_open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, ret_fd, st);
    return r < 0 ? r : file_sync_folder(path);
}

static int append(int fd, const struct anchor_task *task, int64_t size, bool torn)
{
    CLEANUP_BUF struct buf text = BUF_INIT(2 * NOTE_LIMIT);
    char end[2] = {'\n', '\n'};

    if (size >= 2 && !torn) {
        int r = ledger_pread(fd, end, sizeof end, size - 2);
        if (r < 0)
            return r;
    }
    if (torn)
        buf_str(&text, CUT_MARK);
    else if (end[1] != '\n')
        buf_str(&text, "\n\n");
    else if (end[0] != '\n')
        buf_char(&text, '\n');
    buf_add(&text, task->note, task->len);
    buf_char(&text, '\n');
    if (!buf_ok(&text))
        return text.error;
    int r = fd_write_all(fd, text.data, text.len);
    return r == 0 && fdatasync(fd) < 0 ? -errno : r;
}

/* Without a whole note a file is empty, or has a piece of the first one, which begins with this ledger's
 * name: no other file is written to. */
static bool is_piece(int fd, const struct anchor_task *task, int64_t size)
{
    const size_t name = strcspn(task->note, "\n");
    const size_t len = size < (int64_t)name ? (size_t)size : name;
    char bytes[NOTE_NAME_SIZE];

    return size < (int64_t)NOTE_LIMIT && len <= sizeof bytes && ledger_pread(fd, bytes, len, 0) == 0 &&
           memcmp(bytes, task->note, len) == 0;
}

static int publish_locked(int fd, const struct anchor_task *task, struct problem *p)
{
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT);
    struct checkpoint there = {0};
    struct stat st;
    bool torn = false;

    int r = fstat(fd, &st) < 0 ? -errno : last_note(fd, st.st_size, &note, &torn);
    if (r == -ENOENT && task->known)
        return -EBADMSG;
    if (r == -ENOENT && !is_piece(fd, task, st.st_size))
        return -EEXIST;
    if (r < 0 && r != -ENOENT)
        return r;
    /* Another process was faster. What is there is compared with the ledger when it is read back. */
    const struct crypto_module *crypto = crypto_module_get(p);
    if (!crypto)
        return -ELIBACC;
    if (r == 0 && checkpoint_parse(crypto, note.data, note.len, &there, NULL) == 0 &&
        there.size >= task->size)
        return 0;
    return append(fd, task, st.st_size, torn);
}

static int publish(const struct anchor_task *task, struct buf *answer, struct problem *p)
{
    const char *path = task->config->ledger.anchor.file;
    CLEANUP_FD int fd = -1;
    struct stat st;

    (void)answer;
    int r = open_append(path, task->known, &fd, &st);
    if (r == 0)
        r = lock(fd, task);
    if (r == 0)
        r = publish_locked(fd, task, p);
    return r < 0 ? failed(path, r, p) : 0;
}

static bool target(const struct config *config, char ret[ANCHOR_TARGET_SIZE])
{
    const char *path = config->ledger.anchor.file;

    if (path)
        (void)snprintf(ret, ANCHOR_TARGET_SIZE, "%s", path);
    return path != NULL;
}

const struct anchor_kind anchor_file = {
    .name = "file",
    .limits =
        "read back before each change: shows a ledger that was cut or replaced, as long as whoever did it "
        "cannot write this file",
    .target = target,
    .publish = publish,
    .read_back = read_back,
};

/* ---- for doctor and the state */

/* stat of the path, or of the nearest folder above it that is there. */
static bool stat_near(const char *path, struct stat *ret)
{
    CLEANUP_FREE char *copy = strdup(path);

    while (copy && *copy) {
        if (stat(copy, ret) == 0)
            return true;
        char *slash = strrchr(copy, '/');
        if (!slash)
            return false;
        if (slash == copy)
            return stat("/", ret) == 0;
        *slash = '\0';
    }
    return false;
}

bool anchor_file_beside_ledger(const struct config *config)
{
    CLEANUP_FREE char *ledger = ledger_file(config);
    struct stat here, there;

    return ledger && config->ledger.anchor.file && stat_near(ledger, &here) &&
           stat_near(config->ledger.anchor.file, &there) && here.st_dev == there.st_dev;
}

const char *anchor_file_fault(const struct config *config, char *text, size_t size)
{
    const char *path = config->ledger.anchor.file;
    const char *slash = strrchr(path, '/');
    CLEANUP_FREE char *folder = strndup(path, slash && slash > path ? (size_t)(slash - path) : 1);
    struct stat st;

    if (lstat(path, &st) == 0) {
        if (S_ISLNK(st.st_mode) || !S_ISREG(st.st_mode))
            return S_ISLNK(st.st_mode) ? "it is a symbolic link" : "it is no regular file";
        if (access(path, R_OK | W_OK) == 0)
            return NULL;
    } else if (errno == ENOENT && folder && access(folder, W_OK | X_OK) == 0) {
        return NULL;
    }
    (void)snprintf(text, size, "it cannot be written: %s", strerror(errno));
    return text;
}
