/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is slow is let go. The library knows only pauses between bytes; a client that sends one byte a second
 * has none. So every connection has a deadline for its whole request and one for taking its answer.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http_inner.h"

#define READ_MS  10000 /* until a request is whole */
#define SEND_MS  30000 /* until an answer is taken; of a stream: the next piece */
#define WATCH_MS 250

struct exchange *exchange_open(struct door *door, int fd)
{
    struct exchange *e = calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    *e = (struct exchange){.door = door, .fd = fd, .since_ms = clock_ms()};
    e->body = BUF_INIT(BODY_MOST);
    e->piece = BUF_INIT(RPC_ANSWER_LIMIT + 64);
    (void)pthread_mutex_lock(&door->mutex);
    e->next = door->exchanges;
    if (e->next)
        e->next->before = e;
    door->exchanges = e;
    (void)pthread_mutex_unlock(&door->mutex);
    return e;
}

void exchange_close(struct exchange *e)
{
    struct door *door = e->door;

    (void)pthread_mutex_lock(&door->mutex);
    if (e->before)
        e->before->next = e->next;
    else
        door->exchanges = e->next;
    if (e->next)
        e->next->before = e->before;
    if (e->streams)
        door->streams--;
    (void)pthread_mutex_unlock(&door->mutex);
    rpc_answer_done(&e->answer);
    buf_done(&e->body);
    buf_done(&e->piece);
    free(e);
}

void exchange_enter(struct exchange *e, enum exchange_state state)
{
    (void)pthread_mutex_lock(&e->door->mutex);
    e->state = state;
    e->since_ms = clock_ms();
    (void)pthread_mutex_unlock(&e->door->mutex);
}

static void *watch(void *arg)
{
    struct door *door = arg;

    (void)pthread_mutex_lock(&door->mutex);
    while (!door->stopping) {
        const int64_t now = clock_ms();
        const struct timespec next = clock_timespec(now + WATCH_MS);
        for (const struct exchange *e = door->exchanges; e; e = e->next) {
            const int64_t most = e->state == EXCHANGE_READING ? READ_MS : SEND_MS;
            if (e->state != EXCHANGE_WORKING && now - e->since_ms > most)
                (void)shutdown(e->fd, SHUT_RDWR);
        }
        (void)pthread_cond_clockwait(&door->stopped, &door->mutex, CLOCK_MONOTONIC, &next);
    }
    (void)pthread_mutex_unlock(&door->mutex);
    return NULL;
}

bool watch_start(struct door *door)
{
    door->watches = pthread_create(&door->watcher, NULL, watch, door) == 0;
    return door->watches;
}

void watch_stop(struct door *door)
{
    if (!door->watches)
        return;
    (void)pthread_mutex_lock(&door->mutex);
    door->stopping = true;
    (void)pthread_cond_broadcast(&door->stopped);
    (void)pthread_mutex_unlock(&door->mutex);
    (void)pthread_join(door->watcher, NULL);
    door->watches = false;
}
