/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request through libmicrohttpd: its target as it was sent, its headers and its body (limited) in; the
 * reply out, whole, or cut off where a fault asks for it.
 */
#include "body.h"
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One per connection, emptied between its requests: where the library has no memory left for a request it
 * does not say that the request has ended, but it always says so of the connection. */
struct exchange {
    struct sim_request request;
    struct sim_reply reply;
    char *target; /* owned; the library decodes its own in place */
    char *body;   /* owned */
    size_t body_room;
    bool begun, too_large;
};

static void exchange_done(struct exchange *exchange)
{
    sim_reason_set(NULL);
    sim_reply_done(&exchange->reply);
    free(exchange->target);
    free(exchange->body);
    *exchange = (struct exchange){0};
}

void sim_http_connection(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_ConnectionNotificationCode what)
{
    (void)arg;
    (void)connection;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *state = calloc(1, sizeof(struct exchange));
    } else if (*state) {
        exchange_done(*state);
        free(*state);
        *state = NULL;
    }
}

void *sim_http_begin(void *arg, const char *target, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct exchange *exchange = info ? info->socket_context : NULL;

    (void)arg;
    if (!exchange)
        return NULL;
    exchange_done(exchange);
    exchange->target = strdup(target);
    exchange->request.target = exchange->target;
    return exchange;
}

void sim_http_end(void *arg, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode why)
{
    (void)arg;
    (void)connection;
    (void)why;
    if (*state)
        exchange_done(*state);
    *state = NULL;
}

/* The first half of a reply; then the connection breaks. */
static ssize_t read_half(void *arg, uint64_t at, char *to, size_t max)
{
    const struct sim_reply *reply = arg;
    size_t left = at < reply->size / 2 ? reply->size / 2 - (size_t)at : 0;

    if (left == 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (left > max)
        left = max;
    memcpy(to, reply->body + at, left);
    return (ssize_t)left;
}

static int add_headers(struct MHD_Response *response, const struct sim_reply *reply, bool close)
{
    char date[64];
    time_t now = time(NULL);
    struct tm tm;

    (void)gmtime_r(&now, &tm);
    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (MHD_add_response_header(response, "Cache-Control", "max-age=0") != MHD_YES ||
        MHD_add_response_header(response, "Pragma", "no-cache") != MHD_YES ||
        MHD_add_response_header(response, "Server", "pve-api-daemon/3.0") != MHD_YES ||
        MHD_add_response_header(response, "Expires", date) != MHD_YES)
        return -ENOMEM;
    if (close && MHD_add_response_header(response, "Connection", "close") != MHD_YES)
        return -ENOMEM;
    if (reply->content_type &&
        MHD_add_response_header(response, "Content-Type", reply->content_type) != MHD_YES)
        return -ENOMEM;
    return 0;
}

/* MHD_NO ends the connection without an answer. */
static enum MHD_Result send_reply(struct MHD_Connection *connection, struct sim_reply *reply, bool close)
{
    struct MHD_Response *response;
    enum MHD_Result r = MHD_NO;

    if (reply->send == SIM_SEND_NOTHING)
        return MHD_NO;
    if (reply->send == SIM_SEND_HALF) {
        response = MHD_create_response_from_callback(reply->size, 16 * 1024, read_half, reply, NULL);
    } else {
        response = MHD_create_response_from_buffer(reply->size, reply->body, MHD_RESPMEM_MUST_FREE);
        if (response)
            reply->body = NULL; /* the response frees it */
    }
    if (!response)
        return MHD_NO;
    sim_reason_set(reply->reason ? reply->reason : "");
    if (MHD_set_response_options(response, MHD_RF_SEND_KEEP_ALIVE_HEADER, MHD_RO_END) == MHD_YES &&
        add_headers(response, reply, close) == 0)
        r = MHD_queue_response(connection, (unsigned int)reply->status, response);
    MHD_destroy_response(response);
    return r;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct exchange *exchange, int status,
                              const char *reason)
{
    sim_reply_plain(&exchange->reply, status, reason, "");
    return send_reply(connection, &exchange->reply, true);
}

/* The head is complete. */
static enum MHD_Result take_head(struct MHD_Connection *connection, struct exchange *exchange,
                                 const char *method)
{
    static const struct {
        const char *name;
        size_t offset;
    } headers[] = {
        {"Authorization", offsetof(struct sim_request, authorization)},
        {"Cookie", offsetof(struct sim_request, cookie)},
        {"CSRFPreventionToken", offsetof(struct sim_request, csrf)},
        {"Content-Type", offsetof(struct sim_request, content_type)},
    };
    struct sim_request *request = &exchange->request;
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    uint64_t size = 0;

    exchange->begun = true;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, headers[i].name);

        memcpy((char *)request + headers[i].offset, &value, sizeof value);
    }
    if (strlen(method) >= sizeof request->method)
        return refuse(connection, exchange, 400, "bad request");
    (void)snprintf(request->method, sizeof request->method, "%s", method);
    if (length && sim_parse_uint(length, 10, SIM_BODY_MAX, &size) < 0)
        return refuse(connection, exchange, 413, "for data too large");
    return MHD_YES;
}

/* Keeps a piece of the body; what comes after too much of it (in chunks) is read and dropped. */
static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t size)
{
    struct sim_request *request = &exchange->request;
    size_t need = request->body_size + size + 1;

    if (exchange->too_large || need > SIM_BODY_MAX + 1) {
        exchange->too_large = true;
        return MHD_YES;
    }
    if (need > exchange->body_room) {
        size_t room = need < 4096 ? 4096 : need * 2;
        char *grown = realloc(exchange->body, room);

        if (!grown)
            return MHD_NO;
        exchange->body = grown;
        exchange->body_room = room;
    }
    memcpy(exchange->body + request->body_size, data, size);
    request->body_size += size;
    exchange->body[request->body_size] = 0;
    request->body = exchange->body;
    return MHD_YES;
}

/* The connection must not count as idle while the answer waits. */
static int delay(struct sim_server *server, struct MHD_Connection *connection, int ms)
{
    int r;

    if (ms <= 0)
        return 0;
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
    r = sim_server_delay(server, ms);
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                                    (unsigned int)SIM_IDLE_SECONDS);
    return r;
}

enum MHD_Result sim_http_handle(void *arg, struct MHD_Connection *connection, const char *path,
                                const char *method, const char *version, const char *data, size_t *size,
                                void **state)
{
    struct sim_server *server = arg;
    struct exchange *exchange = *state;
    enum MHD_Result r;

    (void)path;
    (void)version;
    if (!exchange || !exchange->target)
        return MHD_NO;
    if (!exchange->begun)
        return take_head(connection, exchange, method);
    if (*size > 0) {
        r = take_body(exchange, data, *size);
        *size = 0;
        return r;
    }
    if (exchange->too_large)
        return refuse(connection, exchange, 413, "for data too large");
    sim_answer(server->sim, &exchange->request, &exchange->reply);
    if (delay(server, connection, exchange->reply.delay_ms) < 0)
        return MHD_NO;
    return send_reply(connection, &exchange->reply, false);
}
