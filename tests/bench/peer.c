/* SPDX-License-Identifier: Apache-2.0 */
/* The child process of a measurement: see peer.h. */
#include "peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define WAIT_MS       60000
#define MAX_PROCESSES 8192

extern char **environ;

double now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void fail(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    (void)fputs("bench: ", stderr);
    (void)vfprintf(stderr, format, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

void peer_start(struct peer *peer, char *const argv[])
{
    int in[2], out[2];
    *peer = (struct peer){.pid = -1};
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        fail("pipe: %s", strerror(errno));
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    int error = posix_spawnp(&peer->pid, argv[0], &actions, NULL, argv, environ);
    if (error)
        fail("%s: %s", argv[0], strerror(error));
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(in[0]);
    (void)close(out[1]);
    peer->in_fd = in[1];
    peer->out_fd = out[0];
    peer->cap = 1U << 20;
    peer->data = malloc(peer->cap);
    if (!peer->data)
        fail("no memory");
}

void peer_write(struct peer *peer, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(peer->in_fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            fail("the server takes no input: %s", strerror(errno));
        bytes += n;
        len -= (size_t)n;
    }
}

const char *peer_line(struct peer *peer, size_t *ret_len)
{
    peer->have -= peer->line_len;
    memmove(peer->data, peer->data + peer->line_len, peer->have);
    peer->line_len = 0;
    size_t looked = 0;
    for (;;) {
        char *end = memchr(peer->data + looked, '\n', peer->have - looked);
        if (end) {
            *ret_len = (size_t)(end - peer->data);
            peer->line_len = *ret_len + 1;
            return peer->data;
        }
        looked = peer->have;
        if (peer->have == peer->cap) {
            peer->cap *= 2;
            peer->data = realloc(peer->data, peer->cap);
            if (!peer->data)
                fail("no memory");
        }
        /* read() blocks: a poll in front of each would be a system call more than the servers' own clients
         * make. */
        ssize_t n = read(peer->out_fd, peer->data + peer->have, peer->cap - peer->have);
        if (n <= 0)
            fail("the server closed its output");
        peer->have += (size_t)n;
    }
}

void peer_burst(struct peer *peer, const char *bytes, size_t len, size_t lines)
{
    static char chunk[1U << 18];
    if (peer->have != peer->line_len)
        fail("unread answers before a burst");
    peer->have = peer->line_len = 0;
    (void)fcntl(peer->in_fd, F_SETFL, O_NONBLOCK);
    while (lines > 0) {
        struct pollfd p[2] = {{.fd = peer->out_fd, .events = POLLIN}, {.fd = peer->in_fd, .events = POLLOUT}};
        if (poll(p, len ? 2 : 1, WAIT_MS) <= 0)
            fail("%zu answers of a burst missing", lines);
        if (len && p[1].revents) {
            ssize_t n = write(peer->in_fd, bytes, len);
            if (n < 0 && errno != EAGAIN)
                fail("the server takes no input: %s", strerror(errno));
            bytes += n > 0 ? n : 0;
            len -= n > 0 ? (size_t)n : 0;
        }
        if (p[0].revents) {
            ssize_t n = read(peer->out_fd, chunk, sizeof chunk);
            if (n <= 0)
                fail("the server closed its output");
            for (const char *at = chunk; lines > 0 && (at = memchr(at, '\n', (size_t)(chunk + n - at))); at++)
                lines--;
        }
    }
    (void)fcntl(peer->in_fd, F_SETFL, 0);
}

double peer_stop(struct peer *peer)
{
    double start = now_us();
    (void)close(peer->in_fd);
    for (int i = 0; i < 5000 && waitpid(peer->pid, NULL, WNOHANG) == 0; i++) {
        if (i == 4999) {
            (void)fprintf(stderr, "bench: the server did not end within 5 s of its input\n");
            (void)kill(peer->pid, SIGKILL);
            (void)waitpid(peer->pid, NULL, 0);
            break;
        }
        (void)poll(NULL, 0, 1);
    }
    (void)close(peer->out_fd);
    free(peer->data);
    return (now_us() - start) / 1e3;
}

/* Reads a small file of /proc; an empty text when it is gone. */
static void proc_text(pid_t pid, const char *name, char *ret, size_t size)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    ret[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, ret, size - 1);
    ret[n > 0 ? n : 0] = '\0';
    (void)close(fd);
}

static pid_t parent_of(pid_t pid)
{
    char text[1024];
    proc_text(pid, "status", text, sizeof text);
    const char *at = strstr(text, "\nPPid:\t");
    uint64_t value = 0;
    if (!at)
        return -1;
    char *number = text + (at - text) + 7;
    number[strcspn(number, "\n")] = '\0';
    return text_to_u64(number, INT32_MAX, &value) < 0 ? -1 : (pid_t)value;
}

/* The number behind `label` in a file of /proc, 0 when it is not there. */
static long proc_number(pid_t pid, const char *file, const char *label)
{
    char text[4096];
    uint64_t value = 0;
    proc_text(pid, file, text, sizeof text);
    char *at = strstr(text, label);
    if (!at)
        return 0;
    at += strlen(label);
    at += strspn(at, " \t");
    at[strcspn(at, " \n")] = '\0';
    return text_to_u64(at, INT32_MAX, &value) < 0 ? 0 : (long)value;
}

static long pss_kb(pid_t pid)
{
    return proc_number(pid, "smaps_rollup", "\nPss:");
}

static long threads(pid_t pid)
{
    return proc_number(pid, "status", "\nThreads:");
}

static long fds(pid_t pid)
{
    char path[64];
    long n = -2; /* . and .. */
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n;
}

/* User and system ticks: the 14th and 15th word of stat; the name before them may have spaces in it. */
static long ticks(pid_t pid)
{
    char text[1024];
    long sum = 0;
    proc_text(pid, "stat", text, sizeof text);
    char *at = strrchr(text, ')');
    for (int word = 2; at && word < 15; word++) {
        uint64_t value = 0;
        at = strchr(at, ' ');
        if (!at)
            break;
        at++;
        if (word < 13)
            continue;
        char number[24] = "";
        (void)snprintf(number, sizeof number, "%.*s", (int)strcspn(at, " "), at);
        sum += text_to_u64(number, INT32_MAX, &value) < 0 ? 0 : (long)value;
    }
    return sum;
}

/* The process and its descendants, without `except` and its own; how many. */
static size_t tree(const struct peer *peer, pid_t except, pid_t ret[MAX_PROCESSES])
{
    static pid_t pids[MAX_PROCESSES], parents[MAX_PROCESSES];
    static bool counts[MAX_PROCESSES];
    size_t n = 0, found = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc && n < MAX_PROCESSES && (entry = readdir(proc));) {
        uint64_t pid;
        if (text_to_u64(entry->d_name, INT32_MAX, &pid) < 0)
            continue;
        pids[n] = (pid_t)pid;
        parents[n] = parent_of((pid_t)pid);
        counts[n++] = (pid_t)pid == peer->pid;
    }
    if (proc)
        (void)closedir(proc);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; !counts[i] && pids[i] != except && k < n; k++) {
                if (counts[k] && parents[i] == pids[k])
                    counts[i] = more = true;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (counts[i])
            ret[found++] = pids[i];
    }
    return found;
}

static long tree_sum(const struct peer *peer, pid_t except, long (*of)(pid_t pid))
{
    static pid_t pids[MAX_PROCESSES];
    long sum = 0;
    for (size_t n = tree(peer, except, pids); n > 0; n--)
        sum += of(pids[n - 1]);
    return sum;
}

long peer_memory_kb(const struct peer *peer, pid_t except)
{
    return tree_sum(peer, except, pss_kb);
}

long peer_threads(const struct peer *peer, pid_t except)
{
    return tree_sum(peer, except, threads);
}

long peer_fds(const struct peer *peer, pid_t except)
{
    return tree_sum(peer, except, fds);
}

double peer_cpu_us(const struct peer *peer, pid_t except)
{
    return (double)tree_sum(peer, except, ticks) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

pid_t peer_child(const struct peer *peer, const char *name)
{
    static pid_t pids[MAX_PROCESSES];
    for (size_t n = tree(peer, 0, pids); n > 0; n--) {
        char text[64];
        proc_text(pids[n - 1], "comm", text, sizeof text);
        text[strcspn(text, "\n")] = '\0';
        if (strcmp(text, name) == 0)
            return pids[n - 1];
    }
    return 0;
}
