/* SPDX-License-Identifier: Apache-2.0 */
/* Whole notes in a file of notes. A write that was cut short leaves a piece, which is never taken for a note.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "ledger/anchor_inner.h"

#define FILE_LIMIT ((size_t)256 << 20)

bool note_line_is_signature(const char *line, size_t len)
{
    static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space: c2sp.org/signed-note */

    return len > sizeof dash - 1 && memcmp(line, dash, sizeof dash - 1) == 0;
}

bool notes_next(struct notes *notes, const char **ret, size_t *ret_len)
{
    enum { BETWEEN, IN_TEXT, BEHIND_TEXT, IN_SIGNATURES, SPOILT } state = BETWEEN;
    size_t start = 0;

    while (notes->at < notes->len) {
        const char *line = notes->bytes + notes->at;
        const char *end = memchr(line, '\n', notes->len - notes->at);
        const size_t here = notes->at;
        if (!end) {
            notes->at = notes->len;
            return false;
        }
        const size_t len = (size_t)(end - line);
        notes->at += len + 1;
        if (len == 0) {
            if (state == IN_SIGNATURES) {
                *ret = notes->bytes + start;
                *ret_len = here - start;
                return true;
            }
            state = state == IN_TEXT ? BEHIND_TEXT : BETWEEN;
        } else if (note_line_is_signature(line, len)) {
            state = state == BEHIND_TEXT || state == IN_SIGNATURES ? IN_SIGNATURES : SPOILT;
        } else if (state == BETWEEN || state == BEHIND_TEXT) { /* text behind text: the first was cut short */
            start = here;
            state = IN_TEXT;
        } else if (state == IN_SIGNATURES) {
            state = SPOILT;
        }
    }
    if (state != IN_SIGNATURES)
        return false;
    *ret = notes->bytes + start;
    *ret_len = notes->len - start;
    return true;
}

int anchor_open(const char *path, int flags, int *ret_fd, struct stat *st)
{
    CLEANUP_FD int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);

    if (fd < 0 || fstat(fd, st) < 0)
        return -errno;
    if (!S_ISREG(st->st_mode))
        return -EINVAL;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int anchor_file_each(const char *path, int (*f)(void *arg, const char *note, size_t len), void *arg,
                     struct problem *p)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(FILE_LIMIT);
    CLEANUP_FD int fd = -1;
    struct stat st;

    int r = anchor_open(path, O_RDONLY, &fd, &st);
    if (r == 0)
        r = fd_read_all(fd, &bytes);
    if (r < 0) {
        (void)problem_set(p, r, PX_ANCHOR, "the file of notes %s cannot be read: %s", path,
                          r == -ELOOP    ? "it is a symbolic link"
                          : r == -EINVAL ? "it is no regular file"
                                         : strerror(-r));
        problem_next(p, "name the file that ledger.anchor.file was, or a copy of it");
        return r;
    }
    struct notes notes = {.bytes = bytes.data ? bytes.data : "", .len = bytes.len};
    const char *note = NULL;
    for (size_t len = 0; r == 0 && notes_next(&notes, &note, &len);)
        r = f(arg, note, len);
    return r;
}

void anchor_time(int64_t time_us, bool micro, char ret[ANCHOR_TIME_SIZE])
{
    const time_t seconds = (time_t)(time_us / 1000000);
    char text[24] = "-";
    struct tm parts;

    if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts)) {
        (void)snprintf(ret, ANCHOR_TIME_SIZE, "-");
        return;
    }
    if (micro)
        (void)snprintf(ret, ANCHOR_TIME_SIZE, "%s.%06dZ", text, (int)(time_us % 1000000));
    else
        (void)snprintf(ret, ANCHOR_TIME_SIZE, "%sZ", text);
}
