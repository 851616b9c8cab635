/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listener: starting and stopping libmicrohttpd, waiting for the end, delays that an end cuts short.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Our own socket, because the library does not say why it could not listen. */
static int listen_on(const char *address, int port, int *ret_fd, int *ret_port)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof where;
    int fd, on = 1, r;

    if (inet_pton(AF_INET, address, &where.sin_addr) != 1)
        return -EINVAL;
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&where, &size) < 0) {
        r = -errno;
        close(fd);
        return r;
    }
    *ret_fd = fd;
    *ret_port = ntohs(where.sin_port);
    return 0;
}

int sim_server_start(struct sim_server *server, const struct sim_identity *identity, const char *address,
                     int port, int *ret_port)
{
    const unsigned int flags =
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_TLS;
    char protocols[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, -1, NULL},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, identity->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, identity->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, protocols},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)sim_http_connection, server},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)sim_http_begin, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)sim_http_end, server},
        {MHD_OPTION_CONNECTION_LIMIT, SIM_CONNECTIONS_MAX, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, SIM_IDLE_SECONDS, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, SIM_CONNECTION_BYTES, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    pthread_condattr_t clock;
    int fd = -1, r = listen_on(address, port, &fd, ret_port);

    if (r < 0)
        return r;
    options[0].value = fd;
    server->stopping = false;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&server->stopped, &clock);
    (void)pthread_condattr_destroy(&clock);
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, sim_http_handle, server, MHD_OPTION_ARRAY,
                                      options, MHD_OPTION_END);
    if (server->daemon)
        return 0;
    close(fd);
    (void)pthread_cond_destroy(&server->stopped);
    (void)pthread_mutex_destroy(&server->lock);
    return -EIO;
}

void sim_server_wait(int stop_fd, int eof_fd)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = stop_fd, .events = POLLIN}, {.fd = eof_fd, .events = POLLIN}};
        char sink[256];

        if (poll(fds, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (fds[0].revents)
            return;
        if (fds[1].revents && read(eof_fd, sink, sizeof sink) <= 0)
            return;
    }
}

void sim_server_stop(struct sim_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->stopped);
    pthread_mutex_unlock(&server->lock);
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    (void)pthread_cond_destroy(&server->stopped);
    (void)pthread_mutex_destroy(&server->lock);
}

int sim_server_delay(struct sim_server *server, int ms)
{
    struct timespec until;
    int r = 0;

    if (ms <= 0)
        return 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&server->lock);
    while (!server->stopping && r == 0)
        r = pthread_cond_timedwait(&server->stopped, &server->lock, &until);
    r = server->stopping ? -ECANCELED : 0;
    pthread_mutex_unlock(&server->lock);
    return r;
}
