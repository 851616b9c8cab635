/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listener and its connections: one detached thread each, counted, so that an end waits for all of them.
 */
#include "server.h"
#include "body.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE_SECONDS 120

struct connection {
    struct sim_server *server;
    int slot, fd;
};

int sim_server_listen(struct sim_server *server, const char *address, int port, int *ret_port)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof where;
    int fd, on = 1, r;

    if (inet_pton(AF_INET, address, &where.sin_addr) != 1)
        return -EINVAL;
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&where, &size) < 0) {
        r = -errno;
        close(fd);
        return r;
    }
    server->listener = fd;
    *ret_port = ntohs(where.sin_port);
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++)
        server->fds[i] = -1;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->idle, NULL);
    return 0;
}

static void wait_ms(int ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    while (ms > 0 && nanosleep(&time, &time) < 0 && errno == EINTR)
        continue;
}

/* Answers one request. Returns 1 to go on with the connection, 0 to end it. */
static int serve_one(struct sim_server *server, struct sim_stream *stream)
{
    struct sim_request request;
    struct sim_reply reply = {0};
    int status = 400, r = sim_stream_request(stream, &request, &status);

    if (r > 0) {
        sim_answer(server->sim, &request, &reply);
        wait_ms(reply.delay_ms);
    } else if (r < 0) {
        sim_reply_plain(&reply, status, status == 413 ? "for data too large" : "bad request", "");
        request.close = true;
    }
    if (r != 0) {
        if (reply.send == SIM_SEND_NOTHING || sim_stream_reply(stream, &reply, request.close) < 0 ||
            reply.send == SIM_SEND_HALF || request.close)
            r = 0;
    }
    sim_reply_done(&reply);
    sim_request_done(&request);
    return r > 0;
}

static void serve(struct sim_server *server, int fd)
{
    SSL *ssl = SSL_new(server->tls);
    struct sim_stream *stream = NULL;
    struct timeval limit = {.tv_sec = IDLE_SECONDS};
    int on = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (ssl && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1)
        stream = sim_stream_new(ssl);
    if (stream) {
        while (serve_one(server, stream))
            continue;
        (void)SSL_shutdown(ssl);
    }
    sim_stream_free(stream);
    SSL_free(ssl);
}

static void *connection_main(void *arg)
{
    struct connection *connection = arg;
    struct sim_server *server = connection->server;

    serve(server, connection->fd);
    pthread_mutex_lock(&server->lock);
    server->fds[connection->slot] = -1;
    close(connection->fd);
    server->active--;
    pthread_cond_signal(&server->idle);
    pthread_mutex_unlock(&server->lock);
    free(connection);
    OPENSSL_thread_stop();
    return NULL;
}

static int take_slot(struct sim_server *server, int fd)
{
    int slot = 0;

    pthread_mutex_lock(&server->lock);
    while (slot < SIM_CONNECTIONS_MAX && server->fds[slot] >= 0)
        slot++;
    if (slot < SIM_CONNECTIONS_MAX) {
        server->fds[slot] = fd;
        server->active++;
    }
    pthread_mutex_unlock(&server->lock);
    return slot < SIM_CONNECTIONS_MAX ? slot : -EMFILE;
}

static void start(struct sim_server *server, int fd)
{
    struct connection *connection = malloc(sizeof *connection);
    int slot = connection ? take_slot(server, fd) : -ENOMEM;
    pthread_attr_t attributes;
    pthread_t thread;
    bool started;

    if (slot < 0) {
        free(connection);
        close(fd);
        return;
    }
    *connection = (struct connection){server, slot, fd};
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    started = pthread_create(&thread, &attributes, connection_main, connection) == 0;
    (void)pthread_attr_destroy(&attributes);
    if (started)
        return;
    pthread_mutex_lock(&server->lock);
    server->fds[slot] = -1;
    server->active--;
    pthread_mutex_unlock(&server->lock);
    free(connection);
    close(fd);
}

void sim_server_run(struct sim_server *server, int stop_fd, int eof_fd)
{
    for (;;) {
        struct pollfd fds[3] = {
            {.fd = server->listener, .events = POLLIN},
            {.fd = stop_fd, .events = POLLIN},
            {.fd = eof_fd, .events = POLLIN},
        };
        char sink[256];

        if (poll(fds, 3, -1) < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (fds[1].revents)
            return;
        if (fds[2].revents && read(eof_fd, sink, sizeof sink) <= 0)
            return;
        if (fds[0].revents) {
            int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

            if (fd >= 0)
                start(server, fd);
        }
    }
}

void sim_server_done(struct sim_server *server)
{
    struct timespec until;

    close(server->listener);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 3;
    pthread_mutex_lock(&server->lock);
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++) {
        if (server->fds[i] >= 0)
            (void)shutdown(server->fds[i], SHUT_RDWR);
    }
    while (server->active > 0) {
        if (pthread_cond_timedwait(&server->idle, &server->lock, &until) == ETIMEDOUT)
            break;
    }
    pthread_mutex_unlock(&server->lock);
}
