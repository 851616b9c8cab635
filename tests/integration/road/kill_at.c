/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded into a server under test (LD_PRELOAD): ends it by SIGKILL at the n-th call that makes something
 * durable (KILL_AT=n, before the call; KILL_AFTER=n, after it). These calls are the only boundaries that
 * matter: what is between two of them has left no trace. Counting begins when the file KILL_WHEN exists.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int calls;

static int limit(const char *name)
{
    const char *text = getenv(name);
    int n = 0;

    for (; text && *text >= '0' && *text <= '9'; text++)
        n = 10 * n + (*text - '0');
    return n;
}

static int begin(void)
{
    const char *when = getenv("KILL_WHEN");

    if (!when || access(when, F_OK) != 0)
        return 0;
    const int n = atomic_fetch_add(&calls, 1) + 1;
    if (n == limit("KILL_AT"))
        (void)raise(SIGKILL);
    return n;
}

static void end(int n)
{
    if (n && n == limit("KILL_AFTER"))
        (void)raise(SIGKILL);
}

/* What stands behind ours. */
static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

int fsync(int fd)
{
    __extension__ int (*call)(int) = (int (*)(int))real("fsync");
    const int n = begin(), r = call(fd);

    end(n);
    return r;
}

int fdatasync(int fd)
{
    __extension__ int (*call)(int) = (int (*)(int))real("fdatasync");
    const int n = begin(), r = call(fd);

    end(n);
    return r;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    __extension__ int (*call)(int, const char *, int, const char *) =
        (int (*)(int, const char *, int, const char *))real("renameat");
    const int n = begin(), r = call(from_fd, from, to_fd, to);

    end(n);
    return r;
}

int rename(const char *from, const char *to)
{
    __extension__ int (*call)(const char *, const char *) =
        (int (*)(const char *, const char *))real("rename");
    const int n = begin(), r = call(from, to);

    end(n);
    return r;
}
