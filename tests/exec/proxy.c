/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy of rig.h: one thread, one connection at a time. What a test sets is under one lock. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/exec/rig.h"

struct rig_proxy {
    pthread_t thread;
    pthread_mutex_t lock;
    int listener;
    int wake; /* an eventfd: something was set */
    uint16_t port, target;
    bool stop;
    bool armed;    /* end the connection when... */
    uint64_t left; /* ...so many more bytes came from the server */
    enum rig_proxy_end how;
    uint64_t bytes;
    unsigned connections;
};

struct pair {
    int client, server;
    bool stalled;
};

static void reset(int *fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    fd_close(fd);
}

static int dial(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        fd_close(&fd);
    return fd;
}

/* How many of `n` bytes from the server may pass; the rest is cut off. */
static size_t allow(struct rig_proxy *proxy, size_t n, bool *ret_end)
{
    pthread_mutex_lock(&proxy->lock);
    *ret_end = proxy->armed && proxy->left <= n;
    if (*ret_end)
        n = (size_t)proxy->left;
    if (proxy->armed)
        proxy->left -= n;
    proxy->bytes += n;
    pthread_mutex_unlock(&proxy->lock);
    return n;
}

/* The end that was asked for: once. */
static void end_pair(struct rig_proxy *proxy, struct pair *pair)
{
    pthread_mutex_lock(&proxy->lock);
    enum rig_proxy_end how = proxy->how;
    proxy->armed = false;
    pthread_mutex_unlock(&proxy->lock);
    if (how == RIG_PROXY_STALL) {
        pair->stalled = true;
        return;
    }
    reset(&pair->client);
    reset(&pair->server);
}

/* Passes what is there; false when this direction is over. */
static bool pass(struct rig_proxy *proxy, struct pair *pair, bool from_server)
{
    char bytes[65536];
    bool over = false;
    ssize_t n = recv(from_server ? pair->server : pair->client, bytes, sizeof(bytes), 0);
    if (n <= 0)
        return false;
    size_t len = from_server ? allow(proxy, (size_t)n, &over) : (size_t)n;
    if (fd_write_all(from_server ? pair->client : pair->server, bytes, len) < 0)
        return false;
    if (over)
        end_pair(proxy, pair);
    return true;
}

/* Has a test asked for an end now, or for the end of the proxy? */
static bool look(struct rig_proxy *proxy, struct pair *pair)
{
    eventfd_t n;
    (void)eventfd_read(proxy->wake, &n);
    pthread_mutex_lock(&proxy->lock);
    bool stop = proxy->stop, now = proxy->armed && proxy->left == 0;
    pthread_mutex_unlock(&proxy->lock);
    if (now && pair->client >= 0)
        end_pair(proxy, pair);
    return stop;
}

/* One connection to its end; true: the proxy ends too. */
static bool serve(struct rig_proxy *proxy, struct pair *pair)
{
    bool stop = look(proxy, pair);
    while (!stop && pair->client >= 0) {
        struct pollfd wait[3] = {{.fd = proxy->wake, .events = POLLIN},
                                 {.fd = pair->stalled ? -1 : pair->client, .events = POLLIN},
                                 {.fd = pair->stalled ? -1 : pair->server, .events = POLLIN}};
        /* A stalled pair is left when its client goes: only then is there something to see of it. */
        struct pollfd gone = {.fd = pair->client, .events = POLLRDHUP};
        if (pair->stalled && poll(&gone, 1, 0) > 0)
            break;
        if (poll(wait, 3, pair->stalled ? 20 : -1) < 0 && errno != EINTR)
            abort();
        if (wait[0].revents)
            stop = look(proxy, pair);
        if (pair->client >= 0 && !pair->stalled && wait[1].revents && !pass(proxy, pair, false))
            break;
        if (pair->client >= 0 && !pair->stalled && wait[2].revents && !pass(proxy, pair, true))
            break;
    }
    fd_close(&pair->client);
    fd_close(&pair->server);
    return stop;
}

static void *work(void *arg)
{
    struct rig_proxy *proxy = arg;
    struct pair none = {.client = -1, .server = -1};
    for (;;) {
        struct pollfd wait[2] = {{.fd = proxy->wake, .events = POLLIN},
                                 {.fd = proxy->listener, .events = POLLIN}};
        if (poll(wait, 2, -1) < 0 && errno != EINTR)
            abort();
        if (wait[0].revents && look(proxy, &none))
            return NULL;
        if (!wait[1].revents)
            continue;
        struct pair pair = {.client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC),
                            .server = dial(proxy->target)};
        pthread_mutex_lock(&proxy->lock);
        proxy->connections++;
        pthread_mutex_unlock(&proxy->lock);
        if (pair.client < 0 || pair.server < 0) {
            fd_close(&pair.client);
            fd_close(&pair.server);
        } else if (serve(proxy, &pair)) {
            return NULL;
        }
    }
}

struct rig_proxy *rig_proxy_new(uint16_t target)
{
    struct rig_proxy *proxy = calloc(1, sizeof(*proxy));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!proxy || pthread_mutex_init(&proxy->lock, NULL) != 0)
        abort();
    proxy->target = target;
    proxy->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (proxy->wake < 0 || proxy->listener < 0 ||
        bind(proxy->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(proxy->listener, 16) < 0 ||
        getsockname(proxy->listener, (struct sockaddr *)&address, &len) < 0)
        abort();
    proxy->port = ntohs(address.sin_port);
    if (pthread_create(&proxy->thread, NULL, work, proxy) != 0)
        abort();
    return proxy;
}

uint16_t rig_proxy_port(const struct rig_proxy *proxy)
{
    return proxy->port;
}

void rig_proxy_end_after(struct rig_proxy *proxy, uint64_t bytes_from_server, enum rig_proxy_end how)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->armed = true;
    proxy->left = bytes_from_server;
    proxy->how = how;
    pthread_mutex_unlock(&proxy->lock);
    (void)eventfd_write(proxy->wake, 1);
}

void rig_proxy_end_now(struct rig_proxy *proxy, enum rig_proxy_end how)
{
    rig_proxy_end_after(proxy, 0, how);
}

uint64_t rig_proxy_bytes(const struct rig_proxy *proxy)
{
    struct rig_proxy *p = (struct rig_proxy *)(uintptr_t)proxy;
    pthread_mutex_lock(&p->lock);
    uint64_t bytes = p->bytes;
    pthread_mutex_unlock(&p->lock);
    return bytes;
}

unsigned rig_proxy_connections(const struct rig_proxy *proxy)
{
    struct rig_proxy *p = (struct rig_proxy *)(uintptr_t)proxy;
    pthread_mutex_lock(&p->lock);
    unsigned count = p->connections;
    pthread_mutex_unlock(&p->lock);
    return count;
}

void rig_proxy_free(struct rig_proxy *proxy)
{
    if (!proxy)
        return;
    pthread_mutex_lock(&proxy->lock);
    proxy->stop = true;
    pthread_mutex_unlock(&proxy->lock);
    (void)eventfd_write(proxy->wake, 1);
    (void)pthread_join(proxy->thread, NULL);
    fd_close(&proxy->listener);
    fd_close(&proxy->wake);
    (void)pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}
