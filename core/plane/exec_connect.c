/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting to an endpoint of the configuration: resolved and connected within the run's time. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "plane/exec_run.h"

#define SLICE_MS        50 /* between looks whether anybody still waits */
#define USER_TIMEOUT_MS 30000u
#define RESOLVER_STACK  ((size_t)256 << 10)

struct waiting {
    struct planes *planes;
    const struct call *call;
    const char *endpoint;
    int64_t until_ms;
};

static int give_up(const struct waiting *w, struct problem *p)
{
    if (exec_given_up(w->planes, w->call))
        return problem_set(p, -ECANCELED, PX_CANCELLED, "cancelled while %s was being connected to",
                           w->endpoint);
    if (clock_ms() >= w->until_ms)
        return problem_set(p, -ETIMEDOUT, PX_CONNECT, "%s did not answer in time", w->endpoint);
    return 0;
}

/* ---- names: the system's resolver cannot be stopped, so it works in a thread that may be left alone */

struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    char host[256], port[8];
    int type;
    bool done, left;
    int result;
    struct addrinfo *list;
};

static void lookup_free(struct lookup *l)
{
    if (l->list)
        freeaddrinfo(l->list);
    (void)pthread_cond_destroy(&l->wake);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

static void *lookup_main(void *arg)
{
    struct lookup *l = arg;
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = l->type, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int result = getaddrinfo(l->host, l->port, &hints, &list);

    (void)pthread_mutex_lock(&l->lock);
    l->result = result;
    l->list = list;
    l->done = true;
    bool left = l->left;
    (void)pthread_cond_signal(&l->wake);
    (void)pthread_mutex_unlock(&l->lock);
    if (left)
        lookup_free(l);
    return NULL;
}

static struct lookup *lookup_new(const char *host, const char *port, int type)
{
    struct lookup *l = calloc(1, sizeof(*l));
    pthread_condattr_t attr;

    if (!l)
        return NULL;
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&l->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)snprintf(l->host, sizeof(l->host), "%s", host);
    (void)snprintf(l->port, sizeof(l->port), "%s", port);
    l->type = type;
    return l;
}

/* Waits for it and takes its list. */
static int lookup_wait(struct lookup *l, const struct waiting *w, struct addrinfo **ret, struct problem *p)
{
    int r = 0;

    (void)pthread_mutex_lock(&l->lock);
    while (!l->done && r == 0) {
        struct timespec until = clock_timespec(clock_ms() + SLICE_MS);
        (void)pthread_cond_timedwait(&l->wake, &l->lock, &until);
        r = l->done ? 0 : give_up(w, p);
    }
    l->left = !l->done;
    bool left = l->left;
    if (!left && l->result)
        r = problem_set(p, -EHOSTUNREACH, PX_CONNECT, "%s: the name cannot be resolved: %s", w->endpoint,
                        gai_strerror(l->result));
    if (!left && r == 0) {
        *ret = l->list;
        l->list = NULL;
    }
    (void)pthread_mutex_unlock(&l->lock);
    if (!left)
        lookup_free(l);
    return r;
}

static int resolve(const struct waiting *w, const char *host, const char *port, int type,
                   struct addrinfo **ret, struct problem *p)
{
    const struct addrinfo numeric = {
        .ai_family = AF_UNSPEC, .ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};

    if (getaddrinfo(host, port, &numeric, ret) == 0)
        return 0;
    struct lookup *l = lookup_new(host, port, type);
    if (!l)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory to connect");
    int r = thread_start(lookup_main, l, RESOLVER_STACK);
    if (r < 0) {
        lookup_free(l);
        return problem_set(p, r, PX_INTERNAL, "no thread to resolve %s", w->endpoint);
    }
    return lookup_wait(l, w, ret, p);
}

/* ---- sockets */

/* 0 when it is connected; -errno with words only for those that end the attempt as a whole. */
static int connect_one(const struct waiting *w, int fd, const struct sockaddr *address, socklen_t len,
                       bool *ret_over, struct problem *p)
{
    int failed = 0;
    socklen_t size = sizeof(failed);

    if (connect(fd, address, len) == 0)
        return 0;
    if (errno != EINPROGRESS && errno != EAGAIN)
        return -errno;
    for (;;) {
        struct pollfd ready = {fd, POLLOUT, 0};
        int n = poll(&ready, 1, SLICE_MS);
        if (n > 0)
            break;
        int r = give_up(w, p);
        if (r < 0) {
            *ret_over = true;
            return r;
        }
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0)
        return -errno;
    return -failed;
}

static int finish(int fd, bool tcp)
{
    const int on = 1;
    const unsigned timeout = USER_TIMEOUT_MS;
    int flags = fcntl(fd, F_GETFL);

    if (tcp) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
    }
    return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? -errno : 0;
}

static int try_address(const struct waiting *w, const struct sockaddr *address, socklen_t len, int type,
                       int *ret_fd, bool *ret_over, struct problem *p)
{
    CLEANUP_FD int fd = socket(address->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    int r = connect_one(w, fd, address, len, ret_over, p);
    if (r == 0)
        r = finish(fd, type == SOCK_STREAM && address->sa_family != AF_UNIX);
    if (r < 0)
        return r;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static int refused(const struct waiting *w, int error, struct problem *p)
{
    int r = problem_set(p, error, PX_CONNECT, "%s cannot be connected to: %s", w->endpoint, strerror(-error));

    problem_next(p, "Check that it listens there, and the address in the configuration.");
    return r;
}

static int connect_net(const struct waiting *w, const char *host, const char *port, int type, int *ret_fd,
                       struct problem *p)
{
    struct addrinfo *list = NULL;
    bool over = false;
    int r = resolve(w, host, port, type, &list, p);

    if (r < 0)
        return r;
    r = -EHOSTUNREACH;
    for (const struct addrinfo *at = list; at && r < 0 && !over; at = at->ai_next)
        r = try_address(w, at->ai_addr, at->ai_addrlen, type, ret_fd, &over, p);
    freeaddrinfo(list);
    return r < 0 && !over ? refused(w, r, p) : r;
}

static int connect_local(const struct waiting *w, const char *path, int *ret_fd, struct problem *p)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool over = false;

    if (strlen(path) >= sizeof(address.sun_path))
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: the path of a socket is shorter", w->endpoint);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int r = try_address(w, (const struct sockaddr *)&address, sizeof(address), SOCK_STREAM, ret_fd, &over, p);
    return r < 0 && !over ? refused(w, r, p) : r;
}

int exec_connect(struct planes *planes, const struct call *call, const char *endpoint, int64_t until_ms,
                 int *ret_fd, struct problem *p)
{
    const struct waiting w = {planes, call, endpoint, until_ms};
    char host[256];

    if (strncmp(endpoint, "unix:", 5) == 0)
        return connect_local(&w, endpoint + 5, ret_fd, p);
    /* tcp://HOST:PORT or udp://HOST:PORT, checked when the configuration was read; HOST may be [IPv6]. */
    const char *at = endpoint + 6, *colon = strrchr(at, ':');
    bool bracket = *at == '[';
    size_t len = colon ? (size_t)(colon - at) : 0;
    if (bracket && len > 2 && at[len - 1] == ']') {
        at++;
        len -= 2;
    }
    if (!colon || len == 0 || len >= sizeof(host))
        return problem_set(p, -EINVAL, PX_CONFIG, "%s is no endpoint", endpoint);
    (void)snprintf(host, sizeof(host), "%.*s", (int)len, at);
    return connect_net(&w, host, colon + 1, endpoint[0] == 't' ? SOCK_STREAM : SOCK_DGRAM, ret_fd, p);
}
