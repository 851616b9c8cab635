/* SPDX-License-Identifier: Apache-2.0 */
/* Connections, answers and streams of server-sent events. */
#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "http_inner.h"

#define CONNECTIONS_MOST 64u
#define STREAMS_MOST     32u
#define HEAD_BYTES       ((size_t)32 << 10)
#define STACK_BYTES      ((size_t)1 << 20)
#define ALIVE_MS         15000 /* a quiet stream says something */
#define BACKLOG          32

int door_listen(const struct guard_address *address, int *ret_fd, unsigned *ret_port, struct problem *p)
{
    CLEANUP_FD int fd = socket(address->where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_storage where = address->where;
    socklen_t size = address->size;
    const int on = 1;

    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd >= 0 && where.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (fd < 0 || bind(fd, (const struct sockaddr *)&where, size) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&where, &size) < 0) {
        (void)problem_set(p, -errno, PX_CONFIG, "a2a.host, a2a.port: %s cannot be listened on: %s",
                          address->text, strerror(errno));
        problem_next(p, "choose another a2a.port, or end what uses it");
        return -EADDRINUSE;
    }
    *ret_port = ntohs(where.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&where)->sin6_port
                                                  : ((struct sockaddr_in *)(void *)&where)->sin_port);
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *state = info ? exchange_open(arg, info->connect_fd) : NULL;
    } else if (*state) {
        exchange_close(*state);
        *state = NULL;
    }
}

static struct exchange *exchange_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static enum MHD_Result send_response(struct MHD_Connection *connection, struct exchange *e, unsigned status,
                                     const char *type, struct MHD_Response *response)
{
    enum MHD_Result r = MHD_NO;

    if (!response)
        return MHD_NO;
    exchange_enter(e, EXCHANGE_SENDING);
    if (MHD_add_response_header(response, "Content-Type", type) == MHD_YES &&
        MHD_add_response_header(response, "Connection", "close") == MHD_YES &&
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES &&
        MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES &&
        (status != 401 ||
         MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"a2a\"") == MHD_YES) &&
        (status != 405 || MHD_add_response_header(response, "Allow", "GET, POST") == MHD_YES))
        r = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return r;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, struct exchange *e, unsigned status,
                                 const char *text, size_t len)
{
    return send_response(
        connection, e, status, "application/json",
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct exchange *e, unsigned status,
                              const char *why)
{
    CLEANUP_BUF struct buf text = BUF_INIT(1024);

    buf_str(&text, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000");
    json_put_key_string(&text, "message", why);
    buf_str(&text, "}}");
    return buf_ok(&text) ? send_text(connection, e, status, text.data, text.len) : MHD_NO;
}

/* ---- streams */

static void frame(struct buf *piece, const struct buf *text)
{
    buf_str(piece, "data: ");
    buf_add(piece, text->data ? text->data : "", text->len);
    buf_str(piece, "\n\n");
}

/* Blocks in the connection's own thread. */
static ssize_t read_stream(void *arg, uint64_t at, char *to, size_t max)
{
    struct exchange *e = arg;

    (void)at;
    if (e->sent == e->piece.len) {
        CLEANUP_BUF struct buf event = BUF_INIT(RPC_ANSWER_LIMIT);
        buf_reset(&e->piece);
        e->sent = 0;
        exchange_enter(e, EXCHANGE_WORKING);
        const int r = rpc_next(&e->answer, ALIVE_MS, &event);
        exchange_enter(e, EXCHANGE_SENDING);
        if (r < 0)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (r == 0)
            buf_str(&e->piece, ": still there\n\n");
        else
            frame(&e->piece, &event);
        if (!buf_ok(&e->piece))
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    const size_t left = e->piece.len - e->sent, n = left < max ? left : max;
    memcpy(to, e->piece.data + e->sent, n);
    e->sent += n;
    return (ssize_t)n;
}

static bool take_stream(struct exchange *e)
{
    (void)pthread_mutex_lock(&e->door->mutex);
    e->streams = e->door->streams < STREAMS_MOST;
    if (e->streams)
        e->door->streams++;
    (void)pthread_mutex_unlock(&e->door->mutex);
    return e->streams;
}

static enum MHD_Result send_stream(struct MHD_Connection *connection, struct exchange *e)
{
    if (!take_stream(e))
        return refuse(connection, e, 503, "too many streams at once");
    frame(&e->piece, &e->answer.body);
    if (!buf_ok(&e->piece))
        return MHD_NO;
    return send_response(connection, e, 200, "text/event-stream",
                         MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, e, NULL));
}

/* ---- requests */

static enum MHD_Result answer(struct MHD_Connection *connection, struct exchange *e, const char *path)
{
    const struct door *door = e->door;

    if (strcmp(path, "/.well-known/agent-card.json") == 0)
        return send_text(connection, e, 200, door->options.card, strlen(door->options.card));
    if (strcmp(path, "/.well-known/jwks.json") == 0)
        return door->options.jwks
                   ? send_text(connection, e, 200, door->options.jwks, strlen(door->options.jwks))
                   : refuse(connection, e, 404, "the card is not signed");
    exchange_enter(e, EXCHANGE_WORKING);
    rpc_run(&door->options.rpc[e->bearer], e->version, e->body.data ? e->body.data : "", e->body.len,
            &e->answer);
    if (e->answer.task)
        return send_stream(connection, e);
    return buf_ok(&e->answer.body) ? send_text(connection, e, 200, e->answer.body.data, e->answer.body.len)
                                   : MHD_NO;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **state)
{
    struct door *door = arg;
    struct exchange *e = exchange_of(connection);
    const char *why = "", *header;

    (void)version;
    (void)state;
    if (!e)
        return MHD_NO;
    if (!e->begun) {
        e->begun = true;
        const unsigned status = head_check(door, connection, method, path, &e->bearer, &why);
        if (status)
            return refuse(connection, e, status, why);
        header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "A2A-Version");
        (void)snprintf(e->version, sizeof(e->version), "%s", header ? header : "0.3");
        return MHD_YES;
    }
    if (*size > 0) {
        buf_add(&e->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return e->body.error ? refuse(connection, e, 413, "the body may have 1 MiB")
                         : answer(connection, e, path);
}

int door_open(const struct door_options *options, struct door **ret, struct problem *p)
{
    struct door *door = calloc(1, sizeof(*door));
    const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL;

    if (!door) {
        (void)close(options->fd);
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    }
    door->options = *options;
    (void)pthread_mutex_init(&door->mutex, NULL);
    (void)pthread_cond_init(&door->stopped, NULL);
    if (watch_start(door))
        door->daemon =
            MHD_start_daemon(flags, 0, NULL, NULL, on_request, door, MHD_OPTION_LISTEN_SOCKET, options->fd,
                             MHD_OPTION_NOTIFY_CONNECTION, on_connection, door, MHD_OPTION_CONNECTION_LIMIT,
                             CONNECTIONS_MOST, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_BYTES,
                             MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, MHD_OPTION_END);
    if (door->daemon) {
        *ret = door;
        return 0;
    }
    (void)close(options->fd);
    door_close(door);
    return problem_set(p, -EIO, PX_INTERNAL, "the HTTP server could not be started");
}

void door_close(struct door *door)
{
    if (door->daemon)
        MHD_stop_daemon(door->daemon);
    watch_stop(door);
    (void)pthread_cond_destroy(&door->stopped);
    (void)pthread_mutex_destroy(&door->mutex);
    free(door);
}
