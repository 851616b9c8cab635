/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor thread: opens the planes' files, starts their hosts, and turns one poll loop until the end.
 */
#include "plane/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "plane/sandbox.h"

#define STOP_MS    500 /* how long hosts have for stop() and close() */
#define LAST_TURNS 16  /* of reading, for what a host said before it hung up */

void supervisor_wake(struct planes *planes)
{
    uint64_t one = 1;
    ssize_t n = write(planes->wake_fd, &one, sizeof(one)); /* full means that it will wake anyway */
    (void)n;
}

void slot_refuse(struct plane_slot *slot, const struct problem *p)
{
    if (slot->out)
        return;
    slot->out = true;
    slot->problem = *p;
    if (!slot->missing || (slot->config && slot->config->required))
        log_warn("plane %s: left out: %s: %s", slot->name ? slot->name : slot->path, p->code, p->cause);
}

/* The lock is held on entry and exit, not while the file is read and hashed. */
static void open_slot(struct planes *planes, struct plane_slot *slot)
{
    struct plane_slot copy = *slot;
    struct problem p = PROBLEM_INIT;
    bool landlock = sandbox_landlock_abi() > 0 && !planes->pretend_no_landlock;

    (void)pthread_mutex_unlock(&planes->lock);
    int r = plane_file_open(&copy, &p);
    (void)pthread_mutex_lock(&planes->lock);
    slot->fd = copy.fd;
    slot->missing = copy.missing;
    memcpy(slot->sha256, copy.sha256, sizeof(slot->sha256));
    if (r == 0 && slot->foreign && !landlock && !(slot->config && slot->config->allow_without_landlock)) {
        r = problem_set(&p, -EPERM, PX_PLANE,
                        "this kernel has no Landlock, without which a plane's constructors could read files "
                        "while it is loaded");
        problem_next(&p, "Use a kernel with Landlock (5.13 or newer, lsm=...,landlock), or set "
                         "allow_without_landlock: true for a plane "
                         "whose code you trust.");
    }
    if (r < 0)
        slot_refuse(slot, &p);
}

/* Where no configuration names planes, every one of the folder but exec, which runs commands and must be
 * asked for. */
static void add_folder(struct planes *planes)
{
    char *names[PLANES_MOST];
    size_t count = plane_file_names(planes->config, names);

    for (size_t i = 0; i < count; i++) {
        struct config_plane *own = &planes->slots[planes->slot_count].own;
        if (strcmp(names[i], "exec") != 0 && planes->slot_count < PLANES_MOST) {
            *own = (struct config_plane){.name = names[i], .mode = planes->config->mode};
            if (planes_add(planes, own) < 0)
                log_error("plane %s: no memory", names[i]);
            own->name = planes->slots[planes->slot_count - 1].name;
        }
        free(names[i]);
    }
}

static void start_all(struct planes *planes)
{
    struct problem p = PROBLEM_INIT;

    if (planes->config && !planes->config->planes_named && planes->config->plane_count == 0)
        add_folder(planes);
    planes->program_fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    for (size_t i = 0; i < planes->slot_count; i++) {
        if (planes->program_fd >= 0) {
            open_slot(planes, &planes->slots[i]);
            continue;
        }
        (void)problem_set(&p, -errno, PX_PLANE, "the program's own file cannot be opened: %s",
                          strerror(errno));
        problem_next(&p, "Planes need /proc.");
        slot_refuse(&planes->slots[i], &p);
    }
    for (struct plane_host *host = planes->hosts; host; host = host->next)
        host_begin(planes, host);
}

static bool all_settled(const struct planes *planes)
{
    for (const struct plane_host *host = planes->hosts; host; host = host->next)
        if (host->state != HOST_UP && host->state != HOST_FINISHED)
            return false;
    return true;
}

static bool any_left(const struct planes *planes, const struct plane_host *host)
{
    for (size_t i = 0; i < planes->slot_count; i++)
        if (planes->slots[i].host == host && !planes->slots[i].out)
            return true;
    return false;
}

/* A host that seems to have died: what it said before that is read first, or the wrong plane is blamed. A
 * living one that talks on without end gets no more than so many turns. */
static void host_hung_up(struct planes *planes, struct plane_host *host, const char *why)
{
    for (int turn = 0; turn < LAST_TURNS && host->pid; turn++)
        if (!host_read_messages(planes, host))
            break;
    if (host->pid)
        host_lost(planes, host, NULL, why);
}

static void tend_host(struct planes *planes, struct plane_host *host, int64_t now)
{
    int status;
    long most_kib;

    if (host->state == HOST_DOWN && now >= host->start_ms)
        host_begin(planes, host);
    if ((host->state == HOST_LOADING || host->state == HOST_OPENING) && now >= host->stage_deadline_ms)
        host_lost(planes, host, NULL, "hung");
    if (host->pid && host->state == HOST_UP && !any_left(planes, host)) {
        host_end(host, &status, &most_kib); /* nothing in it is of use */
        host->state = HOST_FINISHED;
    }
    if (host->pid && host->out_head) {
        int r = host_flush(host);
        if (r < 0 && r != -EAGAIN)
            host_hung_up(planes, host, NULL);
    }
}

static int timeout_ms(const struct planes *planes, int64_t now)
{
    int64_t next = calls_next_ms(planes);

    for (const struct plane_host *host = planes->hosts; host; host = host->next) {
        if (host->state == HOST_DOWN && host->start_ms < next)
            next = host->start_ms;
        if ((host->state == HOST_LOADING || host->state == HOST_OPENING) && host->stage_deadline_ms < next)
            next = host->stage_deadline_ms;
    }
    if (next == INT64_MAX)
        return -1;
    return next <= now ? 0 : next - now > 60000 ? 60000 : (int)(next - now);
}

static void wait_and_read(struct planes *planes)
{
    struct pollfd fds[1 + 2 * HOSTS_MOST] = {{planes->wake_fd, POLLIN, 0}};
    struct plane_host *hosts[HOSTS_MOST];
    nfds_t count = 1;
    size_t host_count = 0;
    uint64_t woken;

    for (struct plane_host *host = planes->hosts; host; host = host->next) {
        if (!host->pid)
            continue;
        fds[count++] = (struct pollfd){host->socket, (short)(host->out_head ? POLLIN | POLLOUT : POLLIN), 0};
        fds[count++] = (struct pollfd){host->output, POLLIN, 0};
        hosts[host_count++] = host;
    }
    int timeout = timeout_ms(planes, clock_ms());
    (void)pthread_mutex_unlock(&planes->lock);
    int ready = poll(fds, count, timeout);
    (void)pthread_mutex_lock(&planes->lock);
    if (ready <= 0)
        return;
    if (fds[0].revents) {
        ssize_t n = read(planes->wake_fd, &woken, sizeof(woken));
        (void)n;
    }
    for (size_t i = 0; i < host_count; i++) {
        short output = fds[2 + 2 * i].revents;
        if (output & POLLIN)
            host_read_output(hosts[i]);
        if (fds[1 + 2 * i].revents & (POLLIN | POLLHUP | POLLERR))
            host_read_messages(planes, hosts[i]);
        /* It closed its own output: no more of that, but poll would spin. */
        if ((output & (POLLHUP | POLLERR)) && !(output & POLLIN) && hosts[i]->pid &&
            hosts[i]->output == fds[2 + 2 * i].fd)
            host_hung_up(planes, hosts[i], fds[1 + 2 * i].revents & POLLHUP ? NULL : "closed its output");
    }
}

/* stop() and close() of every plane, for those that are quick about it. */
static void end_all(struct planes *planes)
{
    struct problem p = PROBLEM_INIT;
    int64_t until = clock_ms() + STOP_MS;
    int status;
    long most_kib;

    (void)problem_set(&p, -ECANCELED, PX_CANCELLED, "the server is ending");
    for (struct call *call = planes->calls; call; call = call->next)
        if (call->state != CALL_DONE)
            call_finish(call, -ECANCELED, &p);
    for (struct plane_host *host = planes->hosts; host; host = host->next)
        if (host->pid) {
            (void)host_queue(host, &(struct message_head){.type = MESSAGE_STOP}, NULL, 0, -1);
            (void)host_flush(host);
        }
    for (struct plane_host *host = planes->hosts; host; host = host->next) {
        if (!host->pid)
            continue;
        struct pollfd fd = {host->output, 0,
                            0}; /* hung up when the process is gone: nobody else has the other end */
        int64_t left = until - clock_ms();
        (void)poll(&fd, 1, left > 0 ? (int)left : 0);
        host_end(host, &status, &most_kib);
    }
}

void *supervisor_main(void *arg)
{
    struct planes *planes = arg;

    (void)prctl(PR_SET_NAME, "planes");
    (void)pthread_mutex_lock(&planes->lock);
    start_all(planes);
    while (!planes->stopping) {
        int64_t now = clock_ms();
        for (struct plane_host *host = planes->hosts; host; host = host->next)
            tend_host(planes, host, now);
        if (!planes->settled && all_settled(planes))
            planes_settle(planes);
        if (planes->settled)
            calls_tend(planes, now);
        for (struct plane_host *host = planes->hosts; host; host = host->next)
            if (host->pid && host->out_head && host_flush(host) == -EPIPE)
                host_hung_up(planes, host, NULL);
        wait_and_read(planes);
    }
    end_all(planes);
    (void)pthread_mutex_unlock(&planes->lock);
    return NULL;
}
