/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock file: never renamed, never removed. It also holds the head that was last written, so that a ledger
 * which was cut or removed is not taken for a new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/ledger_inner.h"

#define WAIT_MS   15000
#define MEMO_SIZE 118 /* "<20 digits> <20 digits> <10 digits> <64 hex>\n" */

static int open_lock(struct ledger *ledger, struct problem *p)
{
    struct stat st;
    char folder[4096];
    const char *slash = strrchr(ledger->file, '/');

    if (slash && slash != ledger->file && (size_t)(slash - ledger->file) < sizeof folder) {
        memcpy(folder, ledger->file, (size_t)(slash - ledger->file));
        folder[slash - ledger->file] = '\0';
        (void)file_make_dirs(folder, 0700); /* what fails here fails below, with its name */
    }
    CLEANUP_FD int fd =
        open(ledger->lock_file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    if (r < 0) {
        (void)problem_set(p, r, PX_LEDGER, "the ledger's lock file %s: %s", ledger->lock_file,
                          r == -ELOOP ? "is a symbolic link" : strerror(-r));
        problem_next(p, "make its folder writable for the user that runs proximo, and only for that user");
        return r;
    }
    ledger->lock_fd = fd;
    fd = -1;
    return 0;
}

/* Bounded: a process that was stopped while it held the lock must not hang this one. */
static int wait_lock(struct ledger *ledger, struct problem *p)
{
    const int64_t end = clock_ms() + WAIT_MS;
    struct timespec pause = {.tv_nsec = 50000};

    while (flock(ledger->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK || clock_ms() > end) {
            int error = errno;
            (void)problem_set(p, -error, PX_LEDGER, "the ledger's lock %s is not to be had: %s",
                              ledger->lock_file, strerror(error));
            problem_next(p, "see which process holds it (fuser) and try again");
            return -error;
        }
        (void)nanosleep(&pause, NULL);
        if (pause.tv_nsec < 3000000)
            pause.tv_nsec *= 2;
    }
    return 0;
}

int ledger_lock(struct ledger *ledger, struct problem *p)
{
    (void)pthread_mutex_lock(&ledger->mutex);
    int r = 0;
    if (*ledger->dead.code) {
        if (p)
            *p = ledger->dead;
        r = -EIO;
    }
    if (r == 0 && (!ledger->file || !ledger->key_file || !ledger->lock_file))
        r = problem_set(p, -ENOENT, PX_LEDGER, "there is no state folder to keep the ledger in");
    if (r == 0 && ledger->lock_fd < 0)
        r = open_lock(ledger, p);
    if (r == 0)
        r = wait_lock(ledger, p);
    if (r < 0)
        (void)pthread_mutex_unlock(&ledger->mutex);
    else
        atomic_store(&ledger->owner, (unsigned long)pthread_self());
    return r;
}

bool ledger_lock_is_mine(const struct ledger *ledger)
{
    return atomic_load(&ledger->owner) == (unsigned long)pthread_self();
}

void ledger_unlock(struct ledger *ledger)
{
    atomic_store(&ledger->owner, 0);
    (void)flock(ledger->lock_fd, LOCK_UN);
    (void)pthread_mutex_unlock(&ledger->mutex);
}

int ledger_memo_read(struct ledger *ledger, struct memo *ret)
{
    char text[MEMO_SIZE];
    uint64_t end = 0;

    *ret = (struct memo){0};
    if (ledger_pread(ledger->lock_fd, text, sizeof text, 0) < 0 || text[0] == '\0')
        return 0; /* never written, or not yet on the disk when power failed */
    text[20] = text[41] = text[52] = '\0';
    if (text_to_u64(text, UINT64_MAX, &ret->seq) < 0 || text_to_u64(text + 21, INT64_MAX, &end) < 0 ||
        text_to_u64(text + 42, UINT32_MAX, &ret->segment) < 0 || !hex_read(text + 53, 64, ret->hash) ||
        ret->seq == 0 || ret->segment == 0 || end <= RECORD_TAIL)
        return -EINVAL;
    ret->end = (int64_t)end;
    return 0;
}

/* Not synced: an older memo is only a weaker one. */
void ledger_memo_write(struct ledger *ledger)
{
    char text[MEMO_SIZE + 1], hex[65];

    text_hex(ledger->head.hash, 32, hex);
    (void)snprintf(text, sizeof text, "%020llu %020lld %010u %s\n", (unsigned long long)ledger->head.seq,
                   (long long)ledger->head.end, ledger->segment, hex);
    ssize_t n = pwrite(ledger->lock_fd, text, MEMO_SIZE, 0);
    (void)n;
}
