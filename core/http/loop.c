/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop thread of a client: epoll over the sockets of all endpoints' multi handles (libcurl's socket
 * interface) and an eventfd that wakes it. It takes waiting transfers in order, at most CLIENT_CONNECTIONS of
 * an endpoint at once.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "http/client.h"

#define EVENTS_MAX 64
#define WAKE_MARK  UINT64_MAX
#define CHECK_MS   1000 /* a look at every multi handle that is at work, should a timer have been lost */
#define CANCEL_MS  250  /* a waiting caller's look at its token, should another wait have taken the hook */

/* Events carry the endpoint's index and the socket. */
static uint64_t event_mark(const struct endpoint *ep, curl_socket_t fd)
{
    return (uint64_t)ep->index << 32 | (uint32_t)fd;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct endpoint *ep = arg;
    struct epoll_event event = {.data.u64 = event_mark(ep, fd)};
    (void)easy, (void)socket_arg;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(ep->client->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        event.events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        event.events |= EPOLLOUT;
    if (epoll_ctl(ep->client->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    return errno == ENOENT && epoll_ctl(ep->client->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -1;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct endpoint *ep = arg;
    (void)multi;
    if (timeout_ms < 0)
        ep->timer_us = -1;
    else /* never early: libcurl would not ask again */
        ep->timer_us = clock_us() + (timeout_ms == 0 ? 0 : ((int64_t)timeout_ms + 1) * 1000);
    return 0;
}

int loop_init(struct http_client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = WAKE_MARK};
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    client->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (client->epoll_fd < 0 || client->wake_fd < 0 ||
        epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, client->wake_fd, &event) < 0)
        return -errno;
    for (size_t i = 0; i < client->endpoint_count; i++) {
        struct endpoint *ep = &client->endpoints[i];
        ep->timer_us = -1;
        ep->multi = curl_multi_init();
        if (ep->multi == NULL ||
            curl_multi_setopt(ep->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
            curl_multi_setopt(ep->multi, CURLMOPT_SOCKETDATA, ep) != CURLM_OK ||
            curl_multi_setopt(ep->multi, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK ||
            curl_multi_setopt(ep->multi, CURLMOPT_TIMERDATA, ep) != CURLM_OK ||
            curl_multi_setopt(ep->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) != CURLM_OK ||
            curl_multi_setopt(ep->multi, CURLMOPT_MAXCONNECTS, (long)CLIENT_CONNECTIONS) != CURLM_OK ||
            curl_multi_setopt(ep->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CLIENT_CONNECTIONS) != CURLM_OK)
            return -ENOMEM;
    }
    return 0;
}

void loop_done(struct http_client *client)
{
    for (size_t i = 0; i < client->endpoint_count; i++) {
        if (client->endpoints[i].multi != NULL)
            (void)curl_multi_cleanup(client->endpoints[i].multi);
        client->endpoints[i].multi = NULL;
    }
    fd_close(&client->epoll_fd);
    fd_close(&client->wake_fd);
}

void loop_wake(struct http_client *client)
{
    const uint64_t one = 1;
    ssize_t n;
    do
        n = write(client->wake_fd, &one, sizeof(one));
    while (n < 0 && errno == EINTR); /* EAGAIN: it is awake already */
}

/* Hands a transfer back to its caller. Lock held. */
static void finish(struct transfer *t, CURLcode result)
{
    t->result = result;
    t->state = TRANSFER_DONE;
    (void)pthread_cond_signal(&t->done);
}

/* Takes an active transfer from its multi handle and hands it back. */
static void retire(struct endpoint *ep, size_t slot, CURLcode result)
{
    struct transfer *t = ep->active[slot];
    (void)curl_multi_remove_handle(ep->multi, t->easy);
    ep->active[slot] = ep->active[--ep->active_count];
    (void)pthread_mutex_lock(&ep->client->lock);
    finish(t, result);
    (void)pthread_mutex_unlock(&ep->client->lock);
}

/* Drops what was aborted while it waited. Lock held. */
static void drop_aborted(struct endpoint *ep)
{
    struct transfer **link = &ep->first;
    ep->last = NULL;
    while (*link != NULL) {
        struct transfer *t = *link;
        if (atomic_load(&t->abort) || atomic_load(&ep->client->stopping)) {
            *link = t->next;
            ep->waiting--;
            finish(t, CURLE_ABORTED_BY_CALLBACK);
        } else {
            ep->last = t;
            link = &t->next;
        }
    }
}

static struct transfer *take_waiting(struct endpoint *ep)
{
    struct transfer *t = NULL;
    (void)pthread_mutex_lock(&ep->client->lock);
    drop_aborted(ep);
    if (ep->active_count < CLIENT_CONNECTIONS && ep->first != NULL) {
        t = ep->first;
        ep->first = t->next;
        if (ep->first == NULL)
            ep->last = NULL;
        ep->waiting--;
        t->state = TRANSFER_ACTIVE;
    }
    (void)pthread_mutex_unlock(&ep->client->lock);
    return t;
}

/* Ends the aborted, starts the waiting, calls libcurl where a timer is due, collects what is done. True if
 * slots became free, so that another round may start more. */
static bool endpoint_step(struct endpoint *ep)
{
    int running = 0, left = 0;
    bool freed = false;
    struct transfer *t;
    CURLMsg *message;

    for (size_t i = ep->active_count; i-- > 0;) {
        if (atomic_load(&ep->active[i]->abort) || atomic_load(&ep->client->stopping))
            retire(ep, i, CURLE_ABORTED_BY_CALLBACK);
    }
    while ((t = take_waiting(ep)) != NULL) {
        ep->active[ep->active_count++] = t;
        if (curl_multi_add_handle(ep->multi, t->easy) != CURLM_OK)
            retire(ep, ep->active_count - 1, CURLE_FAILED_INIT);
    }
    if (ep->timer_us >= 0 && clock_us() >= ep->timer_us) {
        ep->timer_us = -1;
        (void)curl_multi_socket_action(ep->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    while ((message = curl_multi_info_read(ep->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        const CURLcode result = message->data.result;
        for (size_t i = 0; i < ep->active_count; i++) {
            if (ep->active[i]->easy == message->easy_handle) {
                retire(ep, i, result);
                freed = true;
                break;
            }
        }
    }
    return freed;
}

/* Milliseconds until the next timer; CHECK_MS at most while something is active; -1: for ever. */
static int wait_time(const struct http_client *client)
{
    const int64_t now = clock_us();
    int64_t wait = -1;
    for (size_t i = 0; i < client->endpoint_count; i++) {
        const struct endpoint *ep = &client->endpoints[i];
        int64_t ms = ep->active_count > 0 ? CHECK_MS : -1;
        if (ep->timer_us >= 0) {
            const int64_t timer = ep->timer_us <= now ? 0 : (ep->timer_us - now + 999) / 1000;
            if (ms < 0 || timer < ms)
                ms = timer;
        }
        if (ms >= 0 && (wait < 0 || ms < wait))
            wait = ms;
    }
    return wait > CHECK_MS ? CHECK_MS : (int)wait;
}

static void handle_events(struct http_client *client, const struct epoll_event *events, int count)
{
    int running = 0;
    uint64_t drained;
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == WAKE_MARK) {
            (void)!read(client->wake_fd, &drained, sizeof(drained));
            continue;
        }
        struct endpoint *ep = &client->endpoints[events[i].data.u64 >> 32];
        const curl_socket_t fd = (curl_socket_t)(events[i].data.u64 & UINT32_MAX);
        int mask = 0;
        if (events[i].events & EPOLLIN)
            mask |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT)
            mask |= CURL_CSELECT_OUT;
        if (events[i].events & (EPOLLERR | EPOLLHUP))
            mask |= CURL_CSELECT_ERR;
        (void)curl_multi_socket_action(ep->multi, fd, mask, &running);
    }
}

static bool may_end(struct http_client *client)
{
    bool end;
    (void)pthread_mutex_lock(&client->lock);
    end = atomic_load(&client->stopping);
    for (size_t i = 0; i < client->endpoint_count; i++)
        end = end && client->endpoints[i].active_count == 0 && client->endpoints[i].first == NULL;
    (void)pthread_mutex_unlock(&client->lock);
    return end;
}

static void *loop_main(void *arg)
{
    struct http_client *client = arg;
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        bool again = false;
        for (size_t i = 0; i < client->endpoint_count; i++)
            again |= endpoint_step(&client->endpoints[i]);
        if (again)
            continue;
        if (may_end(client))
            return NULL;
        const int wait = wait_time(client);
        const int count = epoll_wait(client->epoll_fd, events, EVENTS_MAX, wait);
        handle_events(client, events, count);
        for (size_t i = 0; count == 0 && wait == CHECK_MS && i < client->endpoint_count; i++) {
            if (client->endpoints[i].active_count > 0)
                client->endpoints[i].timer_us = clock_us();
        }
    }
}

/* With every signal blocked: they belong to the main thread. Lock held. */
static int start_thread(struct http_client *client)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int rc = pthread_create(&client->thread, NULL, loop_main, client);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        (void)pthread_setname_np(client->thread, "proximo-http");
    client->started = rc == 0;
    return rc == 0 ? 0 : -EAGAIN;
}

static int enqueue(struct http_client *client, struct transfer *t)
{
    struct endpoint *ep = t->endpoint;
    int rc = 0;
    (void)pthread_mutex_lock(&client->lock);
    if (atomic_load(&client->stopping))
        rc = -ECANCELED;
    else if (ep->waiting >= CLIENT_WAITING)
        rc = -EBUSY;
    else if (!client->started)
        rc = start_thread(client);
    if (rc == 0) {
        t->state = TRANSFER_WAITING;
        t->next = NULL;
        if (ep->last != NULL)
            ep->last->next = t;
        else
            ep->first = t;
        ep->last = t;
        ep->waiting++;
    }
    (void)pthread_mutex_unlock(&client->lock);
    return rc;
}

/* The hook of a cancellation token: wakes the caller, who then aborts. */
static void on_cancel(void *arg)
{
    struct transfer *t = arg;
    (void)pthread_mutex_lock(&t->endpoint->client->lock);
    (void)pthread_cond_signal(&t->done);
    (void)pthread_mutex_unlock(&t->endpoint->client->lock);
}

int loop_run(struct http_client *client, struct transfer *t)
{
    struct cancel *cancel = t->request->cancel;
    const int rc = enqueue(client, t);
    if (rc != 0)
        return rc;
    loop_wake(client);
    cancel_hook(cancel, on_cancel, t);
    (void)pthread_mutex_lock(&client->lock);
    while (t->state != TRANSFER_DONE) {
        const int64_t now = clock_ms();
        if (!atomic_load(&t->abort) && (now >= t->deadline_ms || cancel_is_set(cancel))) {
            atomic_store(&t->abort, true);
            loop_wake(client);
        }
        if (atomic_load(&t->abort)) {
            (void)pthread_cond_wait(&t->done, &client->lock);
            continue;
        }
        int64_t until = t->deadline_ms;
        if (cancel != NULL && now + CANCEL_MS < until)
            until = now + CANCEL_MS;
        const struct timespec at = clock_timespec(until);
        (void)pthread_cond_timedwait(&t->done, &client->lock,
                                     &at); /* on CLOCK_MONOTONIC: see transfer_init */
    }
    (void)pthread_mutex_unlock(&client->lock);
    cancel_unhook(cancel);
    return 0;
}
