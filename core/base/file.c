/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and files. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/problem.h"

#define READ_STEP 65536u

void fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    errno = saved;
}

void file_free_ptr(void *pp)
{
    void *p;

    memcpy(&p, pp, sizeof p);
    free(p);
}

int fd_write_all(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

int fd_read_all(int fd, struct buf *out)
{
    for (;;) {
        char piece[READ_STEP];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return out->error;
        buf_add(out, piece, (size_t)n);
        explicit_bzero(piece, (size_t)n); /* it may have been a secret */
        if (!buf_ok(out))
            return out->error;
    }
}

int file_read(const char *path, struct buf *out)
{
    struct stat st;
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    return fd_read_all(fd, out);
}

/* What is wrong with an open secret file; NULL: nothing. */
static const char *secret_fault(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "is not a regular file";
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return "belongs to another user";
    if (st->st_mode & (S_IRWXG | S_IRWXO))
        return "can be read or written by others";
    return NULL;
}

int file_open_secret(const char *path, int *ret_fd, struct problem *p)
{
    struct stat st;
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &st) < 0) {
        int error = errno;
        (void)problem_set(p, -error, PX_SECRET_FILE, "secret file %s: %s", path,
                          error == ELOOP ? "is a symbolic link" : strerror(error));
        if (error == ENOENT)
            problem_next(p,
                         "write the secret to that path (mode 600) or correct the path in the configuration");
        else if (error == ELOOP)
            problem_next(p, "name the file itself in the configuration, not a link to it");
        else
            problem_next(p, "make it readable for the user that runs proximo, and for nobody else");
        return -error;
    }
    const char *fault = secret_fault(&st);
    if (fault) {
        (void)problem_set(p, -EACCES, PX_SECRET_FILE, "secret file %s: %s (owner %u, mode %04o)", path, fault,
                          (unsigned)st.st_uid, (unsigned)(st.st_mode & 07777));
        if (S_ISREG(st.st_mode))
            problem_next(p, "chown %u '%s' && chmod 600 '%s'", (unsigned)geteuid(), path, path);
        else
            problem_next(p, "write the secret to a file of its own (mode 600) and name that");
        return -EACCES;
    }
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int file_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash)
        (void)snprintf(folder, sizeof folder, ".");
    else
        (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    CLEANUP_FD int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return -errno;
    return 0;
}

int file_write_atomic(const char *path, const void *bytes, size_t len, mode_t mode)
{
    char temporary[PATH_MAX];

    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return -ENAMETOOLONG;
    CLEANUP_FD int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fd_write_all(fd, bytes, len);
    if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(temporary, path) < 0))
        r = -errno;
    if (r < 0) {
        (void)unlink(temporary);
        return r;
    }
    return file_sync_folder(path);
}

int file_make_dirs(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    struct stat st;
    size_t len = strlen(path);

    if (len == 0)
        return -ENOENT;
    if (len >= sizeof part)
        return -ENAMETOOLONG;
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char kept = part[i];
        part[i] = '\0';
        if (mkdir(part, mode) < 0 && errno != EEXIST)
            return -errno;
        part[i] = kept;
    }
    if (stat(path, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

char *file_expand_home(const char *path)
{
    CLEANUP_BUF struct buf out = BUF_INIT(PATH_MAX);
    struct passwd entry, *found = NULL;
    char room[4096];
    const char *home = getenv("HOME");

    if (path[0] != '~' || (path[1] != '/' && path[1] != '\0'))
        return strdup(path);
    if ((!home || home[0] != '/') && getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found)
        home = found->pw_dir;
    if (!home || home[0] != '/')
        return strdup(path);
    buf_str(&out, home);
    buf_str(&out, path + 1);
    return buf_take(&out, NULL);
}

static char program_dir[PATH_MAX];

static void find_program_dir(void)
{
    ssize_t n = readlink("/proc/self/exe", program_dir, sizeof program_dir - 1);

    program_dir[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(program_dir, '/');
    if (slash)
        *slash = '\0';
}

const char *file_program_dir(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, find_program_dir);
    return program_dir[0] ? program_dir : NULL;
}
