/* SPDX-License-Identifier: Apache-2.0 */
/* A plane host seen from the core: spawned, handed its planes, written to, lost and started again. Supervisor
 * thread, under the lock. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "plane/sandbox.h"
#include "plane/supervisor.h"

/* Above 3, so that the moves of the child's descriptors cannot step on each other. Closes fd. */
static int fd_high(int fd)
{
    int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);
    if (fd >= 0)
        (void)close(fd);
    return high;
}

static int spawn_program(const struct planes *planes, pid_t *ret_pid, int socket, int output)
{
    char path[64];
    char program[] = "proximo", word[] = "plane-host", locale[] = "LC_ALL=C";
#if defined(PROXIMO_LOOSE_SANDBOX)
    char asan[] = "ASAN_OPTIONS=detect_leaks=0", tsan[] = "TSAN_OPTIONS=report_thread_leaks=0";
    char *const environment[] = {locale, asan, tsan, NULL};
#else
    char *const environment[] = {locale, NULL};
#endif
    char *const argv[] = {program, word, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", planes->program_fd);
    int r = posix_spawn_file_actions_init(&actions);
    if (r != 0)
        return -r;
    r = posix_spawnattr_init(&attr);
    if (r != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return -r;
    }
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setsigdefault(&attr, &all);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, output, 2);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, socket, 3);
    if (r == 0)
        r = posix_spawn(ret_pid, path, &actions, &attr, argv, environment);
    (void)posix_spawnattr_destroy(&attr);
    (void)posix_spawn_file_actions_destroy(&actions);
    return -r;
}

int host_spawn(struct planes *planes, struct plane_host *host)
{
    int pair[2], pipe_fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    CLEANUP_FD int theirs = fd_high(pair[0]);
    CLEANUP_FD int ours = pair[1];
    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_FD int write_end = fd_high(pipe_fds[1]);
    CLEANUP_FD int read_end = pipe_fds[0];
    if (theirs < 0 || write_end < 0 || fcntl(read_end, F_SETFL, O_NONBLOCK) < 0)
        return -EMFILE;
    int r = spawn_program(planes, &host->pid, theirs, write_end);
    if (r < 0)
        return r;
    host->socket = ours;
    host->output = read_end;
    ours = read_end = -1;
    return 0;
}

static void outgoing_free(struct outgoing *o)
{
    if (o->fd >= 0)
        (void)close(o->fd);
    free(o->body);
    free(o);
}

int host_queue(struct plane_host *host, const struct message_head *head, char *body, size_t len, int fd)
{
    struct outgoing *o = host->out_bytes + len > OUTGOING_LIMIT ? NULL : calloc(1, sizeof(*o));

    if (!o) {
        free(body);
        if (fd >= 0)
            (void)close(fd);
        return -ENOBUFS;
    }
    *o = (struct outgoing){NULL, *head, body, len, fd};
    if (len > MESSAGE_INLINE) {
        o->fd = message_memfd(body, len);
        free(body);
        o->body = NULL;
        o->len = 0;
        o->head.flags = MESSAGE_MEMFD;
        o->head.length = len;
        if (o->fd < 0) {
            free(o);
            return -ENOMEM;
        }
    }
    if (host->out_tail)
        host->out_tail->next = o;
    else
        host->out_head = o;
    host->out_tail = o;
    host->out_bytes += o->len;
    return 0;
}

/* 0, -EAGAIN while the host does not read, or another error: it is gone. */
int host_flush(struct plane_host *host)
{
    while (host->out_head) {
        struct outgoing *o = host->out_head;
        int r = message_send_packet(host->socket, &o->head, o->body, o->len, o->fd, MSG_DONTWAIT);
        if (r < 0)
            return r;
        host->out_head = o->next;
        if (!host->out_head)
            host->out_tail = NULL;
        host->out_bytes -= o->len;
        outgoing_free(o);
    }
    return 0;
}

static void refuse_rest(struct plane_host *host, struct planes *planes, const struct problem *p)
{
    for (size_t i = 0; i < planes->slot_count; i++)
        if (planes->slots[i].host == host && !planes->slots[i].out)
            slot_refuse(&planes->slots[i], p);
    host->state = HOST_FINISHED;
}

/* The planes of this run: all of this host's that are not out, their files as they were checked. */
static void gather(struct planes *planes, struct plane_host *host)
{
    host->run_count = 0;
    for (size_t i = 0; i < planes->slot_count; i++) {
        struct plane_slot *slot = &planes->slots[i];
        struct problem p = PROBLEM_INIT;
        if (slot->host != host || slot->out)
            continue;
        if (host->restarts && plane_file_check(slot, &p) < 0) {
            slot_refuse(slot, &p);
            continue;
        }
        slot->index = host->run_count;
        slot->announced = slot->opened = false;
        slot->running = 0;
        host->run[host->run_count++] = slot;
    }
}

/* Of a host with endpoints there is one plane in it. */
static bool has_endpoints(const struct plane_host *host)
{
    const struct config_plane *config = host->run_count == 1 ? host->run[0]->config : NULL;

    return config && config->endpoints.count;
}

static int queue_hello(struct planes *planes, struct plane_host *host)
{
    struct buf hello = BUF_INIT(64);

    body_put_u32(&hello, MESSAGE_PROTOCOL);
    body_put_u32(&hello, host->run_count);
    body_put_u32(&hello, sandbox_landlock_abi() > 0 && !planes->pretend_no_landlock);
    body_put_u32(&hello, has_endpoints(host));
    size_t len = hello.len;
    int r = host_queue(host, &(struct message_head){.type = MESSAGE_HELLO}, hello.data, len, -1);
    for (uint32_t i = 0; r == 0 && i < host->run_count; i++) {
        struct buf load = BUF_INIT(256);
        body_put_cstr(&load, host->run[i]->name);
        len = load.len;
        r = host_queue(host, &(struct message_head){.type = MESSAGE_LOAD, .seq = i}, load.data, len,
                       fcntl(host->run[i]->fd, F_DUPFD_CLOEXEC, 10));
    }
    return r;
}

void host_begin(struct planes *planes, struct plane_host *host)
{
    struct problem p = PROBLEM_INIT;

    gather(planes, host);
    if (host->run_count == 0) {
        host->state = HOST_FINISHED;
        return;
    }
    int r = host_spawn(planes, host);
    if (r < 0) {
        (void)problem_set(&p, r, PX_PLANE, "its host process cannot be started: %s", strerror(-r));
        problem_next(&p, "Planes need /proc, and a limit of processes (ulimit -u) that leaves room for one.");
        refuse_rest(host, planes, &p);
        return;
    }
    host->state = HOST_LOADING;
    host->stage = NULL;
    host->stage_deadline_ms = clock_ms() + STAGE_MS;
    host->running = host->execs = 0;
    host->alone = false;
    host->crash_call = 0;
    host->crash_signal = 0;
    host->in_more = false;
    host->line_len = 0;
    r = queue_hello(planes, host);
    if (r == 0)
        r = host_flush(host);
    if (r < 0 && r != -EAGAIN)
        host_lost(planes, host, NULL, "could not be handed its planes");
}

void host_end(struct plane_host *host, int *ret_status, long *ret_most_kib)
{
    struct rusage usage = {0};
    int status = 0;

    (void)kill(host->pid, SIGKILL); /* our own child, not reaped yet: the number is nobody else's */
    while (wait4(host->pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    *ret_status = status;
    *ret_most_kib = usage.ru_maxrss;
    host->pid = 0;
    fd_close(&host->socket);
    host_read_output(host);
    fd_close(&host->output);
    while (host->out_head) {
        struct outgoing *o = host->out_head;
        host->out_head = o->next;
        outgoing_free(o);
    }
    host->out_tail = NULL;
    host->out_bytes = 0;
    buf_done(&host->in);
}

/* What the process died of, for people. `why`, if not NULL, is why we ended it. */
static void describe_end(const struct plane_host *host, int status, long most_kib, const char *why, char *ret,
                         size_t size)
{
    int number = host->crash_signal ? host->crash_signal : WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const char *name = number ? sigabbrev_np(number) : NULL;
    char memory[80] = "";

    if ((uint64_t)most_kib * 1024 > SANDBOX_MEMORY_LIMIT / 4 * 3)
        (void)snprintf(memory, sizeof(memory), ", at its memory limit of %llu MiB",
                       (unsigned long long)(SANDBOX_MEMORY_LIMIT >> 20));
    if (why)
        (void)snprintf(ret, size, "%s", why);
    else if (number == SIGSYS)
        (void)snprintf(ret, size, "made a system call that planes may not make (SIGSYS)");
    else if (number)
        (void)snprintf(ret, size, "crashed: SIG%s%s", name ? name : "?", memory);
    else
        (void)snprintf(ret, size, "ended by itself with status %d%s", WEXITSTATUS(status), memory);
}

static bool is_guilty(const struct plane_host *host, const struct call *call, const struct call *guilty,
                      bool alone)
{
    return alone || call == guilty || call->id == host->crash_call || call->stop_sent;
}

/*
 * The calls that were in it: the guilty one fails; the others only read, so they are run once more, and once
 * only. If nobody knows which it was, each is run again alone, so that the next time it is known. Killed from
 * outside (no plane can send SIGKILL): being alone in it proves nothing.
 */
static void settle_calls(struct planes *planes, struct plane_host *host, const struct call *guilty,
                         bool from_outside, const char *what)
{
    bool known = false, alone = host->running == 1 && !from_outside;

    for (const struct call *call = planes->calls; call; call = call->next)
        known = known || (call->state == CALL_RUNNING && call->slot->host == host &&
                          is_guilty(host, call, guilty, alone));
    for (struct call *call = planes->calls; call; call = call->next) {
        struct problem p = PROBLEM_INIT;
        if (call->state != CALL_RUNNING || call->slot->host != host)
            continue;
        call_stop_upcall(call);
        /* A command that may have run is never run again. */
        if (call->request->kind != PLANE_CALL_EXEC && !is_guilty(host, call, guilty, alone) &&
            call->tries < 2) {
            call->state = CALL_QUEUED; /* the counts start anew with the host */
            call->suspect = call->suspect || !known;
            continue;
        }
        (void)problem_set(&p, -EIO, PX_PLANE, "the plane \"%s\" %s while it answered %s", call->slot->name,
                          what, call_name(call->request));
        problem_next(&p, "Other tools go on. If it happens again, report it to the plane's author, or set "
                         "mode: off for it.");
        call_finish(call, -EIO, &p);
    }
}

/* Restarts are bounded: after RESTARTS_MOST within the window the host's planes are out. True: try again. */
static bool may_restart(struct plane_host *host, int64_t now)
{
    int64_t oldest = host->restarts_ms[host->restart_at];
    unsigned recent = 0;

    if (oldest && now - oldest < RESTART_WINDOW_MS)
        return false;
    for (unsigned i = 0; i < RESTARTS_MOST; i++)
        recent += host->restarts_ms[i] && now - host->restarts_ms[i] < RESTART_WINDOW_MS;
    host->restarts_ms[host->restart_at] = now;
    host->restart_at = (host->restart_at + 1) % RESTARTS_MOST;
    host->start_ms = now + (recent ? 50LL << recent : 0);
    return true;
}

/* The host is gone or has to go. `guilty`: the call it is ended for; why: the reason if we end it, NULL if it
 * died. */
void host_lost(struct planes *planes, struct plane_host *host, struct call *guilty, const char *why)
{
    struct problem p = PROBLEM_INIT;
    char what[200];
    long most_kib;
    int status;
    bool starting = host->state == HOST_LOADING || host->state == HOST_OPENING;
    struct plane_slot *stage = starting ? host->stage : NULL;

    host_end(host, &status, &most_kib);
    describe_end(host, status, most_kib, why, what, sizeof(what));
    log_warn("plane host %s: %s", host->label, what);
    settle_calls(planes, host, guilty,
                 !why && !host->crash_signal && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, what);
    host->state = HOST_DOWN;
    host->start_ms = clock_ms();
    host->restarts++;
    if (stage && !stage->out) {
        (void)problem_set(&p, -EIO, PX_PLANE, "it %s while it was %s", what,
                          stage->announced ? "opened" : "loaded");
        slot_refuse(stage, &p);
        return; /* the host starts again without it; there are only so many planes */
    }
    if (!may_restart(host, clock_ms())) {
        (void)problem_set(&p, -EIO, PX_PLANE, "given up: its host %s, after %d restarts within a minute",
                          what, RESTARTS_MOST);
        problem_next(
            &p,
            "Restart the server to try again; proximo planes inspect FILE shows what the plane declares.");
        refuse_rest(host, planes, &p);
    }
}
