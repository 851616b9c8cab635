/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer. The descriptor may be a pipe, a socket or a file that others share, so its flags are left
 * alone: a socket is written with MSG_DONTWAIT, a pipe through a description of our own that does not block
 * (or, where that cannot be had, in pieces that fit once poll says so). Waiting is always poll(2), which also
 * watches for the end.
 */
#include "mcp/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

#define QUEUE_LIMIT ((size_t)8 << 20)   /* senders wait beyond this */
#define QUEUE_MOST  ((size_t)64 << 20)  /* one message may pass the limit, never this */
#define OFFER_LIMIT ((size_t)256 << 10) /* progress is dropped beyond this */
#define GRACE_MS    400                 /* without a byte taken, once the end has begun */

enum output_way { WAY_UNKNOWN, WAY_PLAIN, WAY_SOCKET, WAY_NONBLOCK, WAY_PIECES };

struct output {
    struct output_options options;
    pthread_mutex_t mutex;
    pthread_cond_t room;
    bool writing; /* somebody is writing head */
    bool gone;
    struct buf head; /* being written, by the one who set `writing` */
    size_t head_sent;
    struct buf queue; /* to be written after head */
    enum output_way way;
    int own_fd; /* WAY_NONBLOCK */
};

int output_new(const struct output_options *options, struct output **ret)
{
    struct output *output = calloc(1, sizeof(*output));

    if (!output)
        return -ENOMEM;
    output->options = *options;
    output->own_fd = -1;
    output->head = BUF_INIT(QUEUE_MOST);
    output->queue = BUF_INIT(QUEUE_MOST);
    (void)pthread_mutex_init(&output->mutex, NULL);
    (void)pthread_cond_init(&output->room, NULL);
    *ret = output;
    return 0;
}

void output_free(struct output *output)
{
    if (!output)
        return;
    fd_close(&output->own_fd);
    buf_done(&output->head);
    buf_done(&output->queue);
    (void)pthread_cond_destroy(&output->room);
    (void)pthread_mutex_destroy(&output->mutex);
    free(output);
}

/* How this descriptor can be written without blocking; asked once, at the first write. */
static void output_choose_way(struct output *output)
{
    struct stat st;
    char path[40];

    output->way = WAY_PLAIN;
    if (fstat(output->options.fd, &st) < 0)
        return;
    if (S_ISSOCK(st.st_mode)) {
        output->way = WAY_SOCKET;
    } else if (S_ISFIFO(st.st_mode)) {
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", output->options.fd);
        output->own_fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        output->way = output->own_fd >= 0 ? WAY_NONBLOCK : WAY_PIECES;
    }
}

/* One attempt: bytes written, or -errno (-EAGAIN: would block). */
static ssize_t output_try(struct output *output, const char *bytes, size_t len)
{
    int fd = output->own_fd >= 0 ? output->own_fd : output->options.fd;
    ssize_t n;

    switch (output->way) {
    case WAY_SOCKET: n = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL); break;
    case WAY_PIECES: {
        struct pollfd p = {.fd = fd, .events = POLLOUT};

        if (poll(&p, 1, 0) == 0)
            return -EAGAIN;
        n = write(fd, bytes, len < PIPE_BUF ? len : PIPE_BUF);
        break;
    }
    default: n = write(fd, bytes, len); break;
    }
    return n < 0 ? -errno : n;
}

/* Waits until the descriptor takes bytes. -EPIPE when the end has begun and the reader's time is over. */
static int output_wait(struct output *output, int64_t *grace_end)
{
    struct pollfd p[3] = {
        {.fd = output->options.fd, .events = POLLOUT},
        {.fd = *grace_end ? -1 : output->options.in_fd, .events = POLLRDHUP},
        {.fd = *grace_end ? -1 : output->options.stop_fd, .events = POLLIN},
    };
    int64_t left = *grace_end ? *grace_end - clock_ms() : -1;

    if (*grace_end && left <= 0)
        return -EPIPE;
    if (poll(p, 3, (int)left) < 0)
        return errno == EINTR ? 0 : -errno;
    if (!*grace_end && ((p[1].revents & (POLLHUP | POLLRDHUP | POLLERR)) || (p[2].revents & POLLIN)))
        *grace_end = clock_ms() + GRACE_MS;
    return 0;
}

/* Writes everything, or with `wait` false as much as goes at once. *ret_sent is always right. */
static int output_write(struct output *output, const char *bytes, size_t len, bool wait, size_t *ret_sent)
{
    int64_t grace_end = 0;
    size_t sent = 0;
    int r = 0;

    if (output->way == WAY_UNKNOWN)
        output_choose_way(output);
    while (sent < len && r == 0) {
        ssize_t n = output_try(output, bytes + sent, len - sent);

        if (n > 0) {
            sent += (size_t)n;
            if (grace_end)
                grace_end = clock_ms() + GRACE_MS;
        } else if (n == -EAGAIN) {
            r = wait ? output_wait(output, &grace_end) : -EAGAIN;
        } else if (n != -EINTR && n != 0) {
            r = (int)n;
        }
    }
    *ret_sent = sent;
    return r;
}

static void output_lost(struct output *output)
{
    output->gone = true;
    output->head_sent = 0;
    buf_done(&output->head);
    buf_done(&output->queue);
    if (output->options.stop_write >= 0 && write(output->options.stop_write, "", 1) < 0) {
        /* the pipe is full: the server has been told already */
    }
}

/* Writes head and queue until both are empty. Called and left with the mutex held; `writing` is ours. */
static void output_drain(struct output *output, bool wait)
{
    int r = 0;

    while (r == 0 && !output->gone) {
        size_t sent = 0;

        if (output->head_sent == output->head.len) {
            struct buf empty = output->head;

            if (output->queue.len == 0)
                break;
            buf_reset(&empty);
            output->head = output->queue;
            output->queue = empty;
            output->head_sent = 0;
            (void)pthread_cond_broadcast(&output->room);
        }
        (void)pthread_mutex_unlock(&output->mutex);
        r = output_write(output, output->head.data + output->head_sent, output->head.len - output->head_sent,
                         wait, &sent);
        (void)pthread_mutex_lock(&output->mutex);
        output->head_sent += sent;
    }
    if (r < 0 && r != -EAGAIN)
        output_lost(output);
}

static void output_release(struct output *output)
{
    output->writing = false;
    /* A large answer's memory does not stay for the life of the process. */
    if (output->head_sent == output->head.len && output->head.cap > OFFER_LIMIT) {
        output->head_sent = 0;
        buf_done(&output->head);
    }
    (void)pthread_cond_broadcast(&output->room);
}

int output_send(struct output *output, const char *lines, size_t len)
{
    int r = 0;

    (void)pthread_mutex_lock(&output->mutex);
    while (!output->gone && output->writing && output->queue.len > 0 && output->queue.len + len > QUEUE_LIMIT)
        (void)pthread_cond_wait(&output->room, &output->mutex);
    if (output->gone || output->options.fd < 0) {
        r = -EPIPE;
    } else if (output->writing) {
        buf_add(&output->queue, lines, len);
    } else {
        size_t sent = 0;

        output->writing = true;
        output_drain(output, true);
        if (!output->gone) {
            (void)pthread_mutex_unlock(&output->mutex);
            r = output_write(output, lines, len, true, &sent);
            (void)pthread_mutex_lock(&output->mutex);
            if (r < 0)
                output_lost(output);
        }
        output_drain(output, true);
        r = output->gone ? -EPIPE : 0;
        output_release(output);
    }
    /* Half a message cannot be taken back: without memory for the queue the conversation is over. */
    if (!output->gone && !buf_ok(&output->queue)) {
        output_lost(output);
        r = -EPIPE;
    }
    (void)pthread_mutex_unlock(&output->mutex);
    return r;
}

int output_offer(struct output *output, const char *line, size_t len)
{
    int r = 0;

    (void)pthread_mutex_lock(&output->mutex);
    if (output->gone || output->options.fd < 0) {
        r = -EPIPE;
    } else if (output->queue.len + len > OFFER_LIMIT || buf_reserve(&output->queue, len) < 0) {
        r = -EAGAIN;
    } else {
        buf_add(&output->queue, line, len);
        if (!output->writing) {
            output->writing = true;
            output_drain(output, false);
            output_release(output);
        }
    }
    (void)pthread_mutex_unlock(&output->mutex);
    return r;
}

bool output_gone(struct output *output)
{
    bool gone;

    (void)pthread_mutex_lock(&output->mutex);
    gone = output->gone;
    (void)pthread_mutex_unlock(&output->mutex);
    return gone;
}
