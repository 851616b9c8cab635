/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes for an address that belongs to no site: a POST over a client of its own, or a plain stream over TCP
 * or TLS, for which libcurl makes the connection and checks the peer (CURLOPT_CONNECT_ONLY).
 */
#include <curl/curl.h>
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/text.h"
#include "http/client.h"
#include "http/module.h"
#include "http/token.h"

#define SLICE_MS  100 /* between looks at cancellation and at what is acknowledged */
#define LINGER_MS 250 /* how long a refusal that comes after the bytes is waited for */

/* How each outcome is told. */
static const struct {
    int error;
    const char *code, *cause, *next;
} tellings[] = {
    [OUTCOME_NO_CONNECTION] = {-ECONNREFUSED, PX_CONNECT, "cannot be reached",
                               "Check the address, the network and that the receiver runs."},
    [OUTCOME_TLS] = {-EPROTO, PX_TLS, "is not trusted, nothing was sent to it",
                     "If its certificate was renewed, an operator compares and pins the new fingerprint."},
    [OUTCOME_STALE] = {-ECONNRESET, PX_CONNECT, "closed the connection", "Try again."},
    [OUTCOME_BROKE] = {-ECONNRESET, PX_CONNECT, "broke off the connection",
                       "Look at the receiver's own log."},
    [OUTCOME_BAD] = {-EBADMSG, PX_BAD_ANSWER, "answers something that is not HTTP", "Check the port."},
    [OUTCOME_TOO_LARGE] = {-EFBIG, PX_TOO_LARGE, "sends an answer over the size limit",
                           "Check that the address is the receiver's."},
    [OUTCOME_TIMEOUT] = {-ETIMEDOUT, PX_TIMEOUT, "did not take it in time", "Try again."},
    [OUTCOME_CANCELLED] = {-ECANCELED, PX_CANCELLED, "was not waited for: it was cancelled", ""},
    [OUTCOME_INTERNAL] = {-EIO, PX_INTERNAL, "could not be asked", ""},
};

static int tell(enum outcome outcome, const char *reason, struct problem *p)
{
    problem_set(p, tellings[outcome].error, tellings[outcome].code, "The receiver %s (%s).",
                tellings[outcome].cause, reason);
    if (tellings[outcome].next[0] != '\0')
        problem_next(p, "%s", tellings[outcome].next);
    return tellings[outcome].error;
}

/* ---- POST */

/* Origin and path of an https URL without user, query and fragment. */
static int split(const char *url, char **ret_origin, char **ret_path, struct problem *p)
{
    char *host = NULL, *port = NULL, *path = NULL, *other = NULL, *origin = NULL, *copy = NULL;
    CURLU *u = curl_url();
    bool ok = u != NULL && strncmp(url, "https://", 8) == 0 && strpbrk(url, "@?#") == NULL &&
              curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_USER, &other, 0) == CURLUE_NO_USER &&
              curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK && host[0] != '\0' &&
              curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK;
    if (ok && asprintf(&origin, "https://%s:%s", host, port) < 0)
        origin = NULL;
    if (ok)
        copy = text_dup(path);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(other);
    curl_url_cleanup(u);
    if (origin != NULL && copy != NULL) {
        *ret_origin = origin;
        *ret_path = copy;
        return 0;
    }
    free(origin);
    free(copy);
    if (ok)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "No memory for a request.");
    problem_set(p, -EINVAL, PX_CONFIG, "The receiver's address is not of the form https://host:port/path.");
    problem_next(p, "Correct it in the configuration.");
    return -EINVAL;
}

static int exchange(struct http_client *client, const struct http_request *request,
                    const struct http_push *push, const char *authorization, struct http_answer *ret,
                    bool *sent, struct problem *p)
{
    struct transfer t;
    int rc = transfer_init_push(&t, &client->endpoints[0], request, push, authorization);
    if (rc == 0)
        rc = loop_run(client, &t);
    if (rc != 0)
        problem_set(p, rc, PX_INTERNAL, "A request could not be made: %s.", strerror(-rc));
    if (rc == 0) {
        const enum outcome outcome = transfer_outcome(&t);
        *sent = t.sent;
        if (outcome != OUTCOME_OK)
            rc = tell(outcome, transfer_reason(&t), p);
        else if ((rc = transfer_answer(&t, 0, ret)) != 0)
            problem_set(p, rc, PX_BAD_ANSWER, "The receiver's answer could not be taken in.");
    }
    transfer_done(&t);
    return rc;
}

int push_post(const struct http_push *push, struct http_answer *ret_answer, bool *ret_sent, struct problem *p)
{
    char authorization[TOKEN_HEADER_SIZE] = "", name[] = "receiver";
    char *origin = NULL, *path = NULL;
    struct http_client *client = NULL;
    bool sent = false;

    if (ret_sent != NULL)
        *ret_sent = false;
    int rc = split(push->to->url, &origin, &path, p);
    if (rc != 0)
        return rc;
    struct config_endpoint endpoint = *push->to;
    endpoint.url = origin;
    const struct config_site site = {.name = name, .endpoints = &endpoint, .endpoint_count = 1};
    const struct http_request request = {.method = "POST",
                                         .path = path,
                                         .deadline_ms = push->deadline_ms,
                                         .cancel = push->cancel,
                                         .answer_limit = push->answer_limit};
    rc = push->token_file != NULL ? token_bearer(push->token_file, authorization, p) : 0;
    if (rc == 0)
        rc = client_new(&site, &client, p);
    if (rc == 0)
        rc = exchange(client, &request, push, authorization, ret_answer, &sent, p);
    explicit_bzero(authorization, sizeof(authorization));
    client_free(client);
    free(origin);
    free(path);
    if (ret_sent != NULL)
        *ret_sent = sent;
    return rc;
}

/* ---- a stream */

struct stream {
    const struct http_push *push;
    struct identity identity;
    bool tls;
    bool peer_ok; /* TLS stands, and with the right one */
    CURL *easy;
    char url[512];
};

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct stream *s = arg;
    (void)a, (void)b, (void)c, (void)d;
    return cancel_is_set(s->push->cancel) ? 1 : 0;
}

static int on_connected(void *arg, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
    struct stream *s = arg;
    (void)peer_ip, (void)local_ip, (void)peer_port, (void)local_port;
    s->peer_ok = !s->tls || identity_peer_ok(&s->identity, s->easy);
    return s->peer_ok ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

#define SET(option, value)                                                                                   \
    do {                                                                                                     \
        if (rc == CURLE_OK)                                                                                  \
            rc = curl_easy_setopt(s->easy, option, value);                                                   \
    } while (0)

static CURLcode stream_open(struct stream *s)
{
    const int64_t left = s->push->deadline_ms - clock_ms();
    CURLcode rc = s->tls ? identity_apply(&s->identity, s->easy) : CURLE_OK;
    SET(CURLOPT_URL, s->url);
    SET(CURLOPT_PROTOCOLS_STR, s->tls ? "https" : "http");
    SET(CURLOPT_CONNECT_ONLY, 1L);
    SET(CURLOPT_SSL_ENABLE_ALPN, 0L); /* what is spoken here is not HTTP */
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, s);
    SET(CURLOPT_PREREQFUNCTION, on_connected);
    SET(CURLOPT_PREREQDATA, s);
    SET(CURLOPT_TIMEOUT_MS, left < 1 ? 1L : (long)left);
    return rc == CURLE_OK ? curl_easy_perform(s->easy) : rc;
}

/* Waits for the socket a little. OUTCOME_OK: go on. */
static enum outcome stream_wait(const struct stream *s, short events, short *ret_events)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (cancel_is_set(s->push->cancel))
        return OUTCOME_CANCELLED;
    if (clock_ms() >= s->push->deadline_ms)
        return OUTCOME_TIMEOUT;
    if (curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
        return OUTCOME_BROKE;
    struct pollfd wait = {.fd = fd, .events = events};
    if (poll(&wait, 1, SLICE_MS) < 0 && errno != EINTR)
        return OUTCOME_INTERNAL;
    *ret_events = wait.revents;
    return OUTCOME_OK;
}

static enum outcome stream_write(const struct stream *s)
{
    const char *at = s->push->bytes;
    size_t left = s->push->len;
    enum outcome outcome = OUTCOME_OK;
    short events = 0;
    while (left > 0 && outcome == OUTCOME_OK) {
        size_t n = 0;
        const CURLcode rc = curl_easy_send(s->easy, at, left, &n);
        at += n;
        left -= n;
        if (rc == CURLE_AGAIN)
            outcome = stream_wait(s, POLLOUT, &events);
        else if (rc != CURLE_OK)
            outcome = OUTCOME_BROKE;
    }
    return outcome;
}

/* Nothing is expected back. What comes all the same is a refusal: an alert, a reset, an end. */
static enum outcome stream_listen(const struct stream *s, short events)
{
    char bytes[1024];
    size_t n = 0;
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0)
        return OUTCOME_OK;
    const CURLcode rc = curl_easy_recv(s->easy, bytes, sizeof(bytes), &n);
    return rc == CURLE_AGAIN || (rc == CURLE_OK && n > 0) ? OUTCOME_OK : OUTCOME_BROKE;
}

/* Until the other machine has acknowledged every byte, and a moment longer. */
static enum outcome stream_settle(const struct stream *s)
{
    int64_t quiet_ms = 0;
    for (;;) {
        curl_socket_t fd = CURL_SOCKET_BAD;
        short events = 0;
        int unsent = 0;
        enum outcome outcome = stream_wait(s, POLLIN, &events);
        if (outcome == OUTCOME_OK)
            outcome = stream_listen(s, events);
        if (outcome != OUTCOME_OK)
            return outcome;
        if (curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
            ioctl(fd, SIOCOUTQ, &unsent) < 0)
            return OUTCOME_BROKE;
        if (unsent == 0 && quiet_ms == 0)
            quiet_ms = clock_ms();
        if (quiet_ms != 0 && clock_ms() - quiet_ms >= LINGER_MS)
            return OUTCOME_OK;
    }
}

static int stream_run(struct stream *s, struct problem *p)
{
    CURLcode rc = stream_open(s);
    long verify = X509_V_OK;
    if (rc != CURLE_OK || !s->peer_ok) {
        const bool late = clock_ms() >= s->push->deadline_ms;
        const char *reason = curl_easy_strerror(rc);
        if (rc == CURLE_PEER_FAILED_VERIFICATION && s->identity.pinned)
            reason = "the certificate has another fingerprint";
        else if (rc == CURLE_PEER_FAILED_VERIFICATION &&
                 curl_easy_getinfo(s->easy, CURLINFO_SSL_VERIFYRESULT, &verify) == CURLE_OK &&
                 verify != X509_V_OK)
            reason = X509_verify_cert_error_string(verify);
        if (cancel_is_set(s->push->cancel))
            return tell(OUTCOME_CANCELLED, "no connection yet", p);
        if (rc == CURLE_OK || rc == CURLE_ABORTED_BY_CALLBACK)
            return tell(OUTCOME_TLS, "the certificate is not the right one", p);
        return tell(transfer_meaning(rc, false, !late), reason, p);
    }
    enum outcome outcome = stream_write(s);
    if (outcome == OUTCOME_OK)
        outcome = stream_settle(s);
    return outcome == OUTCOME_OK ? 0 : tell(outcome, "not all of it is known to have arrived", p);
}

/* Writing to a connection that the other side has closed raises SIGPIPE inside OpenSSL. */
static int stream_run_quietly(struct stream *s, struct problem *p)
{
    const struct timespec now = {0};
    sigset_t pipe, before, pending;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)sigpending(&pending);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, &before);
    const int rc = stream_run(s, p);
    if (!sigismember(&pending, SIGPIPE))
        (void)sigtimedwait(&pipe, NULL, &now);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int push_send(const struct http_push *push, struct problem *p)
{
    struct stream s = {.push = push, .tls = strncmp(push->to->url, "tls://", 6) == 0};
    if (!s.tls && strncmp(push->to->url, "tcp://", 6) != 0)
        return problem_set(p, -EINVAL, PX_CONFIG,
                           "The receiver's address is not of the form tcp://host:port or tls://host:port.");
    const int n = snprintf(s.url, sizeof(s.url), "%s://%s", s.tls ? "https" : "http", push->to->url + 6);
    if (n < 0 || (size_t)n >= sizeof(s.url))
        return problem_set(p, -EINVAL, PX_CONFIG, "The receiver's address is too long.");
    int rc = identity_init(&s.identity, push->to);
    if (rc == 0 && (s.easy = curl_easy_init()) == NULL)
        rc = -ENOMEM;
    if (rc == 0)
        rc = stream_run_quietly(&s, p);
    else
        problem_set(p, rc, rc == -EINVAL ? PX_CONFIG : PX_INTERNAL,
                    rc == -EINVAL ? "The receiver's fingerprint is not a SHA-256." : "No memory to send.");
    if (s.easy != NULL)
        curl_easy_cleanup(s.easy);
    identity_done(&s.identity);
    return rc;
}
