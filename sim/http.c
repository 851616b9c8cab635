/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 over one TLS connection: request line, headers, body by length or in chunks, all with limits;
 * replies with the status text that Proxmox gives.
 */
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX (64 * 1024)
#define BODY_MAX (8 * 1024 * 1024)

struct sim_stream {
    SSL *ssl;
    char buffer[16 * 1024];
    size_t start, end;
};

struct sim_stream *sim_stream_new(SSL *ssl)
{
    struct sim_stream *stream = calloc(1, sizeof *stream);

    if (stream)
        stream->ssl = ssl;
    return stream;
}

void sim_stream_free(struct sim_stream *stream)
{
    free(stream);
}

static int fill(struct sim_stream *stream)
{
    int n;

    if (stream->start < stream->end)
        return 0;
    n = SSL_read(stream->ssl, stream->buffer, sizeof stream->buffer);
    if (n <= 0)
        return -EPIPE;
    stream->start = 0;
    stream->end = (size_t)n;
    return 0;
}

static int read_exact(struct sim_stream *stream, char *to, size_t count)
{
    while (count > 0) {
        size_t n;

        if (fill(stream) < 0)
            return -EPIPE;
        n = stream->end - stream->start;
        if (n > count)
            n = count;
        memcpy(to, stream->buffer + stream->start, n);
        stream->start += n;
        to += n;
        count -= n;
    }
    return 0;
}

/* One line without its line break (owned). `left` is what the head may still hold. */
static int read_line(struct sim_stream *stream, size_t *left, char **ret_line)
{
    char *line = NULL;
    size_t size = 0;

    for (;;) {
        char *grown, *stop;
        size_t n;

        if (fill(stream) < 0) {
            free(line);
            return -EPIPE;
        }
        stop = memchr(stream->buffer + stream->start, '\n', stream->end - stream->start);
        n = stop ? (size_t)(stop - stream->buffer) - stream->start : stream->end - stream->start;
        grown = n + 1 > *left ? NULL : realloc(line, size + n + 1);
        if (!grown) {
            free(line);
            return -EBADMSG;
        }
        line = grown;
        memcpy(line + size, stream->buffer + stream->start, n);
        size += n;
        *left -= n + 1;
        stream->start += n + (stop != NULL);
        if (stop)
            break;
    }
    if (size > 0 && line[size - 1] == '\r')
        size--;
    line[size] = 0;
    *ret_line = line;
    return 0;
}

/* A length, spaces and (of a chunk) extensions after it. */
static int parse_number(char *text, int base, size_t *ret)
{
    uint64_t value = 0;

    text[strcspn(text, " \t;")] = 0;
    if (sim_parse_uint(text, base, BODY_MAX, &value) < 0)
        return -EBADMSG;
    *ret = (size_t)value;
    return 0;
}

static void keep(char **slot, const char *value)
{
    free(*slot);
    *slot = strdup(value);
}

struct head {
    size_t length;
    bool chunked, keep_alive, expect;
};

static int take_header(struct sim_request *request, struct head *head, char *line)
{
    char *value = strchr(line, ':');

    if (!value)
        return -EBADMSG;
    *value++ = 0;
    value += strspn(value, " \t");
    if (strcasecmp(line, "authorization") == 0)
        keep(&request->authorization, value);
    else if (strcasecmp(line, "cookie") == 0)
        keep(&request->cookie, value);
    else if (strcasecmp(line, "csrfpreventiontoken") == 0)
        keep(&request->csrf, value);
    else if (strcasecmp(line, "content-type") == 0)
        keep(&request->content_type, value);
    else if (strcasecmp(line, "connection") == 0)
        head->keep_alive =
            strcasecmp(value, "close") != 0 && (head->keep_alive || strcasecmp(value, "keep-alive") == 0);
    else if (strcasecmp(line, "expect") == 0)
        head->expect = strcasecmp(value, "100-continue") == 0;
    else if (strcasecmp(line, "transfer-encoding") == 0)
        head->chunked = strcasecmp(value, "chunked") == 0;
    else if (strcasecmp(line, "content-length") == 0)
        return parse_number(value, 10, &head->length);
    return 0;
}

static int take_request_line(struct sim_request *request, struct head *head, const char *line)
{
    size_t method = strcspn(line, " ");
    const char *target = line + method + 1, *version;

    if (method == 0 || method >= sizeof request->method || line[method] != ' ')
        return -EBADMSG;
    version = strchr(target, ' ');
    if (!version || version == target || strncmp(version, " HTTP/1.", 8) != 0)
        return -EBADMSG;
    memcpy(request->method, line, method);
    request->method[method] = 0;
    request->target = strndup(target, (size_t)(version - target));
    head->keep_alive = version[8] == '1';
    return request->target ? 0 : -EBADMSG;
}

/* The length of the next chunk. */
static int chunk_length(struct sim_stream *stream, size_t *ret)
{
    char *line = NULL;
    size_t left = 256;
    int r = read_line(stream, &left, &line);

    if (r == 0)
        r = parse_number(line, 16, ret);
    free(line);
    return r;
}

static int read_chunks(struct sim_stream *stream, struct sim_request *request)
{
    for (;;) {
        size_t left = HEAD_MAX, n = 0;
        char *grown, *line = NULL;
        int r = chunk_length(stream, &n);

        if (r < 0)
            return r;
        if (request->body_size + n > BODY_MAX)
            return -EBADMSG;
        grown = realloc(request->body, request->body_size + n + 1);
        if (!grown)
            return -EBADMSG;
        request->body = grown;
        if (read_exact(stream, request->body + request->body_size, n) < 0)
            return -EPIPE;
        request->body_size += n;
        request->body[request->body_size] = 0;
        r = read_line(stream, &left, &line);
        free(line);
        if (r < 0 || n == 0)
            return r;
    }
}

static int read_body(struct sim_stream *stream, struct sim_request *request, const struct head *head)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (!head->chunked && head->length == 0)
        return 0;
    if (head->expect && SSL_write(stream->ssl, go_on, sizeof go_on - 1) <= 0)
        return -EPIPE;
    if (head->chunked)
        return read_chunks(stream, request);
    request->body = malloc(head->length + 1);
    if (!request->body)
        return -EBADMSG;
    request->body[head->length] = 0;
    request->body_size = head->length;
    return read_exact(stream, request->body, head->length);
}

int sim_stream_request(struct sim_stream *stream, struct sim_request *request, int *ret_status)
{
    struct head head = {0};
    size_t left = HEAD_MAX;
    bool first = true, done = false;
    int r;

    *request = (struct sim_request){.method = ""};
    while (!done) {
        char *line = NULL;

        r = read_line(stream, &left, &line);
        if (r == 0 && *line) {
            r = first ? take_request_line(request, &head, line) : take_header(request, &head, line);
            first = false;
        } else if (r == 0) {
            done = !first; /* empty lines before a request do not count */
        }
        free(line);
        if (r == -EPIPE)
            return 0;
        if (r < 0) {
            *ret_status = 400;
            return -EBADMSG;
        }
    }
    r = read_body(stream, request, &head);
    if (r == -EPIPE)
        return 0;
    *ret_status = 413;
    request->close = !head.keep_alive;
    return r < 0 ? -EBADMSG : 1;
}

void sim_request_done(struct sim_request *request)
{
    free(request->target);
    free(request->authorization);
    free(request->cookie);
    free(request->csrf);
    free(request->content_type);
    free(request->body);
}

static int write_all(struct sim_stream *stream, const char *bytes, size_t size)
{
    while (size > 0) {
        int n = SSL_write(stream->ssl, bytes, size > 1 << 20 ? 1 << 20 : (int)size);

        if (n <= 0)
            return -EPIPE;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

int sim_stream_reply(struct sim_stream *stream, const struct sim_reply *reply, bool close)
{
    SIM_FREE_WITH(sim_freep) char *head = NULL;
    char date[64], type[128] = "";
    time_t now = time(NULL);
    struct tm tm;
    int n;

    (void)gmtime_r(&now, &tm);
    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (reply->content_type)
        (void)snprintf(type, sizeof type, "Content-Type: %s\r\n", reply->content_type);
    n = asprintf(
        &head,
        "HTTP/1.1 %d %s\r\nCache-Control: max-age=0\r\nConnection: %s\r\nDate: %s\r\nPragma: no-cache\r\n"
        "Server: pve-api-daemon/3.0\r\nContent-Length: %zu\r\n%sExpires: %s\r\n\r\n",
        reply->status, reply->reason ? reply->reason : "", close ? "close" : "Keep-Alive", date, reply->size,
        type, date);
    if (n < 0) {
        head = NULL;
        return -EPIPE;
    }
    if (write_all(stream, head, (size_t)n) < 0)
        return -EPIPE;
    return write_all(stream, reply->body, reply->send == SIM_SEND_HALF ? reply->size / 2 : reply->size);
}
