/* SPDX-License-Identifier: Apache-2.0 */
/* Setting up a libcurl handle, its callbacks, and reading its result. */
#include "http/transfer.h"

#include <errno.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/client.h"

#define URL_LIMIT     32768u
#define FORM_LIMIT    ((size_t)4 << 20)
#define RESERVE_LIMIT (4 << 20) /* room that is made because a server says how much will come */
#define HEADERS_LIMIT 65536u    /* bytes of the answer's header lines */

/* libcurl runs this with TLS standing and nothing sent, on new and on kept connections: the last word. */
static int on_before_request(void *arg, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
    struct transfer *t = arg;
    (void)peer_ip, (void)local_ip, (void)peer_port, (void)local_port;
    /* A second time: libcurl found the kept connection dead and would send again by itself. Whether that is
     * right is for client.c to say. */
    if (t->sent) {
        t->second_try = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (!identity_peer_ok(&t->endpoint->identity, t->easy)) {
        t->wrong_peer = true;
        return CURL_PREREQFUNC_ABORT;
    }
    t->sent = true;
    return CURL_PREREQFUNC_OK;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    const size_t len = size * count;
    curl_off_t whole = 0;
    if (t->body.len == 0 &&
        curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &whole) == CURLE_OK && whole > 0 &&
        whole <= RESERVE_LIMIT && (size_t)whole < t->body.limit)
        (void)buf_reserve(&t->body, (size_t)whole);
    buf_add(&t->body, bytes, len);
    if (buf_ok(&t->body))
        return len;
    t->over_limit = t->body.error == -EFBIG;
    return len == 0 ? 1 : 0;
}

/* Keeps the text of the status line; the rest is only counted. */
static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    const size_t len = size * count;
    t->header_bytes += len;
    if (t->header_bytes > HEADERS_LIMIT) {
        t->over_limit = true;
        return len == 0 ? 1 : 0;
    }
    if (len < 5 || memcmp(bytes, "HTTP/", 5) != 0)
        return len;
    const char *end = bytes + len;
    const char *at = memchr(bytes, ' ', len);
    at = at == NULL ? NULL : memchr(at + 1, ' ', (size_t)(end - at - 1));
    CLEANUP_BUF struct buf clean = BUF_INIT(4 * sizeof(t->reason));
    if (at != NULL) {
        at++;
        while (end > at && (end[-1] == '\r' || end[-1] == '\n'))
            end--;
        const size_t left = (size_t)(end - at);
        text_clean(&clean, at, left < sizeof(t->reason) ? left : text_utf8_cut(at, sizeof(t->reason) - 1),
                   false);
    }
    const size_t keep =
        clean.len < sizeof(t->reason) ? clean.len : text_utf8_cut(clean.data, sizeof(t->reason) - 1);
    if (keep > 0)
        memcpy(t->reason, clean.data, keep);
    t->reason[keep] = '\0';
    return len;
}

static void add_fields(struct buf *out, const struct http_request *request)
{
    for (size_t i = 0; i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];
        if (i > 0)
            buf_char(out, '&');
        buf_percent(out, field->name, strlen(field->name));
        buf_char(out, '=');
        if (field->value_len > 0)
            buf_percent(out, field->value, field->value_len);
    }
}

/* Room for all fields encoded, so that no copy of a secret value is left behind by growing. */
static int reserve_fields(struct buf *out, const struct http_request *request)
{
    size_t need = 1;
    for (size_t i = 0; i < request->field_count; i++) {
        if (request->fields[i].value_len > FORM_LIMIT)
            return -EFBIG;
        need += 2 + 3 * (strlen(request->fields[i].name) + request->fields[i].value_len);
        if (need > out->limit)
            return -EFBIG;
    }
    return buf_reserve(out, need);
}

static bool has_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
}

static int build_url(struct transfer *t)
{
    const struct http_request *request = t->request;
    const bool form = has_body(request->method);
    buf_str(&t->url, t->endpoint->origin);
    if (t->push == NULL)
        buf_str(&t->url, "/api2/json");
    buf_str(&t->url, request->path);
    if (!form && request->field_count > 0) {
        buf_char(&t->url, '?');
        add_fields(&t->url, request);
    }
    if (form && reserve_fields(&t->form, request) == 0)
        add_fields(&t->form, request);
    if (form && request->field_count > 0 && t->form.len == 0)
        return -EFBIG;
    return buf_ok(&t->url) && buf_ok(&t->form) ? 0 : -EFBIG;
}

#define SET(option, value)                                                                                   \
    do {                                                                                                     \
        if (rc == CURLE_OK)                                                                                  \
            rc = curl_easy_setopt(t->easy, option, value);                                                   \
    } while (0)

static CURLcode set_method(struct transfer *t)
{
    const char *method = t->request->method;
    CURLcode rc = CURLE_OK;
    if (t->push != NULL) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->push->len);
        SET(CURLOPT_POSTFIELDS, t->push->bytes); /* not copied */
    } else if (has_body(method)) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->form.len);
        SET(CURLOPT_POSTFIELDS, t->form.len > 0 ? t->form.data : ""); /* not copied: lives in t */
    } else {
        SET(CURLOPT_HTTPGET, 1L);
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
        SET(CURLOPT_CUSTOMREQUEST, method);
    return rc;
}

/* The same for every request. */
static const struct {
    CURLoption option;
    long value;
} fixed_options[] = {
    {CURLOPT_PATH_AS_IS, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_NOPROGRESS, 1},
    {CURLOPT_QUICK_EXIT, 1}, /* never wait for a slow name server */
    {CURLOPT_BUFFERSIZE, 65536},
    {CURLOPT_TCP_NODELAY, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_MAXAGE_CONN, 60},
    {CURLOPT_MAXLIFETIME_CONN, 600},
    {CURLOPT_LOW_SPEED_LIMIT, 1},
    {CURLOPT_LOW_SPEED_TIME, 300},
};

static CURLcode set_options(struct transfer *t, int64_t timeout_ms, int64_t connect_ms)
{
    CURLcode rc = identity_apply(&t->endpoint->identity, t->easy);
    for (size_t i = 0; i < sizeof(fixed_options) / sizeof(fixed_options[0]); i++)
        SET(fixed_options[i].option, fixed_options[i].value);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_PROXY, ""); /* whatever the environment says */
    SET(CURLOPT_USERAGENT, "proximo");
    SET(CURLOPT_URL, t->url.data);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_FRESH_CONNECT, t->fresh ? 1L : 0L);
    SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->body.limit);
    SET(CURLOPT_PREREQFUNCTION, on_before_request);
    SET(CURLOPT_PREREQDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    return rc == CURLE_OK ? set_method(t) : rc;
}

static int add_header(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    if (longer == NULL)
        return -ENOMEM;
    t->headers = longer;
    return 0;
}

static void prepare(struct transfer *t, struct endpoint *endpoint, const struct http_request *request,
                    int64_t deadline_ms, bool fresh)
{
    pthread_condattr_t monotonic;
    memset(t, 0, sizeof(*t));
    t->request = request;
    t->endpoint = endpoint;
    t->deadline_ms = deadline_ms;
    t->fresh = fresh;
    t->url = BUF_INIT(URL_LIMIT);
    t->form = BUF_INIT(3 * FORM_LIMIT);
    t->body = BUF_INIT(request->answer_limit != 0 ? request->answer_limit : HTTP_ANSWER_LIMIT);
    t->result = CURLE_OK;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&t->done, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static int complete(struct transfer *t, const char *authorization, const char *kind, int64_t connect_ms)
{
    int rc = build_url(t);
    if (rc != 0)
        return rc;
    t->easy = curl_easy_init();
    if (t->easy == NULL || (authorization[0] != '\0' && add_header(t, authorization) != 0) ||
        add_header(t, kind) != 0 || add_header(t, "Expect:") != 0)
        return -ENOMEM;
    const int64_t left = t->deadline_ms - clock_ms();
    const int64_t timeout = left < 1 ? 1 : left;
    const CURLcode set = set_options(t, timeout, connect_ms < timeout ? connect_ms : timeout);
    return set == CURLE_OK ? 0 : set == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EIO;
}

int transfer_init(struct transfer *t, struct endpoint *endpoint, const struct http_request *request,
                  const char *authorization, int64_t deadline_ms, int64_t connect_ms, bool fresh)
{
    prepare(t, endpoint, request, deadline_ms, fresh);
    return complete(t, authorization, "Accept: application/json", connect_ms);
}

int transfer_init_push(struct transfer *t, struct endpoint *endpoint, const struct http_request *request,
                       const struct http_push *push, const char *authorization)
{
    CLEANUP_BUF struct buf type = BUF_INIT(256);
    prepare(t, endpoint, request, push->deadline_ms, true);
    t->push = push;
    buf_str(&type, "Content-Type: ");
    buf_str(&type, push->content_type);
    return buf_ok(&type) ? complete(t, authorization, type.data, CLIENT_CONNECT_MS) : -EFBIG;
}

static void wipe_buf(struct buf *b)
{
    if (b->data != NULL)
        explicit_bzero(b->data, b->cap);
    buf_done(b);
}

void transfer_done(struct transfer *t)
{
    if (t->easy != NULL)
        curl_easy_cleanup(t->easy);
    for (struct curl_slist *at = t->headers; at != NULL; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(t->headers);
    wipe_buf(&t->url);
    wipe_buf(&t->form);
    buf_done(&t->body);
    (void)pthread_cond_destroy(&t->done);
    t->easy = NULL;
    t->headers = NULL;
}

/* What a libcurl result means while nothing special was noted; all others are OUTCOME_INTERNAL. */
static const struct {
    CURLcode result;
    enum outcome outcome;
} meanings[] = {
    {CURLE_OK, OUTCOME_OK},
    {CURLE_COULDNT_RESOLVE_HOST, OUTCOME_NO_CONNECTION},
    {CURLE_COULDNT_CONNECT, OUTCOME_NO_CONNECTION},
    {CURLE_INTERFACE_FAILED, OUTCOME_NO_CONNECTION},
    {CURLE_SSL_CONNECT_ERROR, OUTCOME_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, OUTCOME_TLS},
    {CURLE_SSL_CERTPROBLEM, OUTCOME_TLS},
    {CURLE_SSL_CIPHER, OUTCOME_TLS},
    {CURLE_SSL_CACERT_BADFILE, OUTCOME_TLS},
    {CURLE_SSL_ISSUER_ERROR, OUTCOME_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, OUTCOME_TLS},
    {CURLE_USE_SSL_FAILED, OUTCOME_TLS},
    {CURLE_GOT_NOTHING, OUTCOME_BROKE},
    {CURLE_SEND_ERROR, OUTCOME_BROKE},
    {CURLE_RECV_ERROR, OUTCOME_BROKE},
    {CURLE_PARTIAL_FILE, OUTCOME_BROKE},
    {CURLE_WEIRD_SERVER_REPLY, OUTCOME_BAD},
    {CURLE_UNSUPPORTED_PROTOCOL, OUTCOME_BAD},
    {CURLE_BAD_CONTENT_ENCODING, OUTCOME_BAD},
    {CURLE_FILESIZE_EXCEEDED, OUTCOME_TOO_LARGE},
    {CURLE_OPERATION_TIMEDOUT, OUTCOME_TIMEOUT},
    {CURLE_ABORTED_BY_CALLBACK, OUTCOME_CANCELLED}, /* the client is being freed */
};

enum outcome transfer_meaning(CURLcode result, bool sent, bool time_left)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].result != result)
            continue;
        if (meanings[i].outcome == OUTCOME_TIMEOUT && !sent && time_left)
            return OUTCOME_NO_CONNECTION;
        /* A connection that is reset while TLS is being set up says nothing about the peer. */
        if (meanings[i].outcome == OUTCOME_BROKE && !sent)
            return OUTCOME_NO_CONNECTION;
        return meanings[i].outcome;
    }
    return OUTCOME_INTERNAL;
}

enum outcome transfer_outcome(const struct transfer *t)
{
    if (atomic_load(&t->abort))
        return clock_ms() >= t->deadline_ms ? OUTCOME_TIMEOUT : OUTCOME_CANCELLED;
    if (t->wrong_peer)
        return OUTCOME_TLS;
    if (t->second_try)
        return OUTCOME_STALE;
    if (t->over_limit)
        return OUTCOME_TOO_LARGE;
    return transfer_meaning(t->result, t->sent, clock_ms() < t->deadline_ms);
}

const char *transfer_reason(const struct transfer *t)
{
    long verify = X509_V_OK;
    if (t->wrong_peer)
        return t->endpoint->identity.pinned ? "the certificate has another fingerprint"
                                            : "the certificate is not trusted";
    if (t->result == CURLE_PEER_FAILED_VERIFICATION) {
        if (t->endpoint->identity.pinned)
            return "the certificate has another fingerprint";
        if (curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verify) == CURLE_OK && verify != X509_V_OK)
            return X509_verify_cert_error_string(verify);
        return "the certificate is for another name";
    }
    if (t->result == CURLE_OPERATION_TIMEDOUT || t->result == CURLE_ABORTED_BY_CALLBACK)
        return t->sent ? "the request was sent" : "no connection yet";
    return curl_easy_strerror(t->result);
}

static void address_of(CURL *easy, CURLINFO which, char ret[HTTP_IP_SIZE])
{
    const char *text = NULL;

    if (curl_easy_getinfo(easy, which, &text) == CURLE_OK && text && strlen(text) < HTTP_IP_SIZE)
        memcpy(ret, text, strlen(text) + 1);
}

int transfer_answer(struct transfer *t, size_t endpoint_index, struct http_answer *ret)
{
    struct http_answer answer = {.endpoint = endpoint_index};
    long status = 0;
    curl_off_t total = 0, before = 0;
    if (curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 100 ||
        status > 999)
        return -EBADMSG;
    (void)curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &total);
    (void)curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &before);
    answer.status = (int)status;
    answer.time_us = total > before ? total - before : 0;
    memcpy(answer.reason, t->reason, sizeof(answer.reason));
    address_of(t->easy, CURLINFO_LOCAL_IP, answer.local_ip);
    address_of(t->easy, CURLINFO_PRIMARY_IP, answer.peer_ip);
    if (t->body.len > 0) {
        answer.body = buf_take(&t->body, &answer.body_len);
        if (answer.body == NULL)
            return -ENOMEM;
    }
    *ret = answer;
    return 0;
}
