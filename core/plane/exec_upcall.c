/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an executor asks of the core while it runs: a connection, a process, a file, its input. Only what the
 * configuration names for its plane; everything that comes from the host is checked here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "config/config.h"
#include "plane/exec_run.h"
#include "plane/supervisor.h"

#define SLICE_MS   50
#define PIPE_BYTES ((size_t)64 << 10)

bool exec_given_up(struct planes *planes, const struct call *call)
{
    (void)pthread_mutex_lock(&planes->lock);
    bool over = call->state != CALL_RUNNING || call->stop_sent || call->cancelled;
    (void)pthread_mutex_unlock(&planes->lock);
    return over;
}

static int nonsense(struct problem *p)
{
    return problem_set(p, -EINVAL, PX_PLANE, "the plane asked for something that makes no sense");
}

/* What the configuration gives under this name; NULL and p when it does not. */
static const char *find_named(const struct exec_run *run, const char *key, const char *what, const char *name,
                              struct problem *p)
{
    const struct config_plane *config = run->config;
    const struct config_strings *named = !config                         ? NULL
                                         : strcmp(key, "endpoints") == 0 ? &config->endpoints
                                         : strcmp(key, "programs") == 0  ? &config->programs
                                                                         : &config->material;
    const char *value = named ? config_named(named, name) : NULL;

    if (value)
        return value;
    (void)problem_set(p, -EACCES, PX_CONFIG, "the configuration names no %s \"%s\" for the plane %s", what,
                      name, run->plane->name);
    problem_next(p, "Set planes.%s.%s.%s if it is to have it.", run->plane->name, key, name);
    return NULL;
}

/* ---- connect */

static int do_connect(struct planes *planes, struct call *call, struct exec_run *run, struct body *body,
                      int *ret_fd, struct problem *p)
{
    CLEANUP_FREE char *name = body_dup(body, EXEC_NAME_MOST);

    if (!body_end(body))
        return nonsense(p);
    const char *endpoint = find_named(run, "endpoints", "endpoint", name, p);
    return endpoint ? exec_connect(planes, call, endpoint, run->until_ms, ret_fd, p) : -EACCES;
}

/* ---- spawn */

/* The words as they came, with NULL behind the last; free both. */
static int read_argv(struct body *body, char ***ret)
{
    uint32_t count = body_u32(body);
    size_t bytes = 0;

    if (body->bad || count == 0 || count > EXEC_WORDS_MOST)
        return -EPROTO;
    char **argv = calloc(count + (size_t)1, sizeof(*argv));
    if (!argv)
        return -ENOMEM;
    *ret = argv;
    for (uint32_t i = 0; i < count; i++) {
        argv[i] = body_dup(body, EXEC_ARGV_MOST);
        if (!argv[i] || (bytes += strlen(argv[i])) > EXEC_ARGV_MOST)
            return -EPROTO;
    }
    return body_end(body) ? 0 : -EPROTO;
}

static int do_spawn(struct planes *planes, struct exec_run *run, struct body *body, int *fds,
                    struct problem *p)
{
    CLEANUP_FREE char *name = body_dup(body, EXEC_NAME_MOST);
    char **argv = NULL;
    pid_t pid = 0;
    int r = name ? read_argv(body, &argv) : -EPROTO;

    if (r < 0)
        r = nonsense(p);
    else if (run->spawned)
        r = problem_set(p, -EBUSY, PX_STATE, "a run spawns one process, and this one has it already");
    const char *path = r == 0 ? find_named(run, "programs", "program", name, p) : NULL;
    if (r == 0)
        r = path ? exec_spawn(path, argv, &pid, fds, p) : -EACCES;
    for (size_t i = 0; argv && argv[i]; i++)
        free(argv[i]);
    free(argv);
    if (r < 0)
        return r;
    run->spawned = true;
    (void)pthread_mutex_lock(&planes->lock);
    run->child = pid;
    run->handed = true;
    (void)pthread_mutex_unlock(&planes->lock);
    supervisor_wake(planes); /* it keeps the process's time */
    return 0;
}

static int do_ended(struct planes *planes, struct call *call, const struct exec_run *run, struct buf *out,
                    struct problem *p)
{
    char signal[EXEC_SIGNAL_SIZE] = "";
    int32_t status = -1;

    if (!run->spawned)
        return problem_set(p, -ENOENT, PX_NOT_FOUND, "this run has spawned no process");
    (void)pthread_mutex_lock(&planes->lock);
    pid_t pid = run->child;
    (void)pthread_mutex_unlock(&planes->lock);
    for (;;) {
        int r = exec_child_wait(pid, SLICE_MS, &status, signal);
        if (r < 0)
            return problem_set(p, r, PX_INTERNAL, "the process cannot be waited for: %s", strerror(-r));
        if (r > 0)
            break;
        (void)pthread_mutex_lock(&planes->lock);
        bool running = call->state == CALL_RUNNING;
        (void)pthread_mutex_unlock(&planes->lock);
        if (!running)
            return problem_set(p, -ECANCELED, PX_CANCELLED, "the run is over");
    }
    body_put_u32(out, (uint32_t)status);
    body_put_cstr(out, signal);
    return 0;
}

/* ---- material */

static bool has_private_key(const struct buf *bytes)
{
    static const char begin[] = "-----BEGIN ", end[] = "PRIVATE KEY-----";
    const char *at = bytes->data, *stop = at ? at + bytes->len : NULL;

    while (at && (at = memmem(at, (size_t)(stop - at), begin, sizeof(begin) - 1)) != NULL) {
        const char *line = memchr(at, '\n', (size_t)(stop - at));
        size_t len = (size_t)((line ? line : stop) - at);
        if (memmem(at, len, end, sizeof(end) - 1))
            return true;
        at += sizeof(begin) - 1;
    }
    return false;
}

static int material_fault(const char *name, const char *path, const char *why, struct problem *p)
{
    int r = problem_set(p, -EACCES, PX_SECRET_FILE, "material \"%s\": %.300s: %s", name, path, why);

    problem_next(p, "chmod 600 '%.300s'", path);
    return r;
}

static int read_material(const char *name, const char *path, struct buf *bytes, struct problem *p)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return problem_set(p, -errno, PX_SECRET_FILE, "material \"%s\": %.300s: %s", name, path,
                           strerror(errno));
    if (!S_ISREG(st.st_mode))
        return problem_set(p, -EINVAL, PX_SECRET_FILE, "material \"%s\": %.300s: not a regular file", name,
                           path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return material_fault(name, path, "it belongs to another user", p);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return material_fault(name, path, "others can write to it", p);
    int r = fd_read_all(fd, bytes);
    if (r < 0)
        return problem_set(p, r, PX_SECRET_FILE, "material \"%s\": %.300s: %s", name, path,
                           r == -EFBIG ? "larger than 256 KiB" : strerror(-r));
    if (has_private_key(bytes) && (st.st_mode & (S_IRWXG | S_IRWXO)))
        return material_fault(name, path, "it has a private key, and others can read it", p);
    return 0;
}

static int do_material(const struct exec_run *run, struct body *body, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(EXEC_MATERIAL_MAX);
    CLEANUP_FREE char *name = body_dup(body, EXEC_NAME_MOST);

    if (!body_end(body))
        return nonsense(p);
    const char *path = find_named(run, "material", "material", name, p);
    int r = path ? read_material(name, path, &bytes, p) : -EACCES;
    if (r == 0)
        body_put_text(out, bytes.data ? bytes.data : "", bytes.len);
    if (bytes.data)
        explicit_bzero(bytes.data, bytes.len);
    return r;
}

/* ---- secret_stdin */

/* A pipe that holds all of it; what is larger comes in a sealed memfd, which reads the same. */
static int make_secret(const char *bytes, size_t len)
{
    int pipe_fds[2];

    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_FD int read_end = pipe_fds[0];
    CLEANUP_FD int write_end = pipe_fds[1];
    /* Nobody reads yet, so it must not block; and a pipe may have been given less room than usual. */
    if (len <= PIPE_BYTES && fcntl(write_end, F_SETFL, O_NONBLOCK) == 0 &&
        write(write_end, bytes, len) == (ssize_t)len) {
        int taken = read_end;
        read_end = -1;
        return taken;
    }
    int fd = message_memfd(bytes, len);
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static int do_secret(struct exec_run *run, struct body *body, int *ret_fd, struct problem *p)
{
    uint64_t id = body_u64(body);

    if (!body_end(body))
        return nonsense(p);
    if (id != EXEC_SECRET || !run->exec->stdin_len)
        return problem_set(p, -ENOENT, PX_NOT_FOUND, "this run has no such secret");
    if (run->secret_given)
        return problem_set(p, -EBUSY, PX_STATE, "this run's input was handed over already");
    int fd = make_secret(run->exec->stdin_bytes, run->exec->stdin_len);
    if (fd < 0)
        return problem_set(p, fd, PX_INTERNAL, "the input cannot be handed over: %s", strerror(-fd));
    run->secret_given = true;
    *ret_fd = fd;
    return 0;
}

/* ---- all */

int32_t upcall_exec(struct planes *planes, struct call *call, const struct message_head *upcall,
                    struct body *body, struct buf *out, int *fds, size_t *ret_fd_count, struct problem *p)
{
    struct exec_run *run = call->request->exec;
    size_t count = 0;
    int r;

    if (call->request->kind != PLANE_CALL_EXEC) {
        (void)problem_set(p, -ENOSYS, PX_UNSUPPORTED, "only an executor's run is given that");
        return PROXIMO_ENOSYS;
    }
    if (upcall->type != MESSAGE_ENDED && exec_given_up(planes, call))
        return PROXIMO_ECANCELLED;
    switch (upcall->type) {
    case MESSAGE_CONNECT:
        r = do_connect(planes, call, run, body, fds, p);
        count = 1;
        break;
    case MESSAGE_SPAWN:
        r = do_spawn(planes, run, body, fds, p);
        count = EXEC_FDS;
        break;
    case MESSAGE_SECRET:
        r = do_secret(run, body, fds, p);
        count = 1;
        break;
    case MESSAGE_MATERIAL: r = do_material(run, body, out, p); break;
    default: r = do_ended(planes, call, run, out, p); break;
    }
    if (r < 0)
        return upcall_code_of(p);
    *ret_fd_count = count;
    return 0;
}

int exec_output(struct exec_run *run, struct body *body)
{
    uint32_t stream = body_u32(body);
    size_t len;
    const char *bytes = body_text(body, &len);

    if (!body_end(body) || (stream != 1 && stream != 2))
        return -EPROTO;
    struct plane_exec_stream *into = stream == 1 ? &run->out : &run->err;
    size_t room = run->limit > into->kept.len ? run->limit - into->kept.len : 0;
    buf_add(&into->kept, bytes, len < room ? len : room);
    into->total += len;
    return buf_ok(&into->kept) ? 0 : -ENOMEM;
}
