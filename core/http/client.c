/* SPDX-License-Identifier: Apache-2.0 */
/* A client's life, and a request from its checks over the attempts on the endpoints to its answer. */
#include "http/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "http/get_table.h"
#include "http/path.h"
#include "http/probe_table.h"
#include "http/token.h"

#define FIELDS_MAX 1024u

/* "https://host[:port]" from the configured address; anything beside these parts is refused. */
static char *origin_of(const char *url)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL, *user = NULL, *query = NULL,
         *origin = NULL;
    CURLU *u = curl_url();
    if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcmp(scheme, "https") == 0 &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK && host[0] != '\0' &&
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK && strcmp(path, "/") == 0 &&
        curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
        curl_url_get(u, CURLUPART_QUERY, &query, 0) == CURLUE_NO_QUERY && strchr(url, '#') == NULL) {
        if (asprintf(&origin, "https://%s:%s", host, port) < 0)
            origin = NULL;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(user);
    curl_free(query);
    curl_url_cleanup(u);
    return origin;
}

static int client_fill(struct http_client *client, const struct config_site *site, struct problem *p)
{
    client->site = text_dup(site->name);
    client->token_file = text_dup(site->token_file);
    client->kind = site->kind;
    client->timeout_ms = site->timeout_s > 0 ? (int64_t)site->timeout_s * 1000 : 30000;
    client->endpoints = calloc(site->endpoint_count, sizeof(*client->endpoints));
    if (client->site == NULL || client->endpoints == NULL ||
        (site->token_file != NULL && client->token_file == NULL))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "No memory for a client.");
    for (size_t i = 0; i < site->endpoint_count; i++) {
        struct endpoint *ep = &client->endpoints[client->endpoint_count++];
        ep->client = client;
        ep->index = (uint32_t)i;
        const int rc = identity_init(&ep->identity, &site->endpoints[i]);
        if (rc != 0)
            return problem_set(p, rc, PX_CONFIG,
                               "The fingerprint of endpoint %zu of site '%s' is not a SHA-256.", i + 1,
                               site->name);
        ep->origin = origin_of(site->endpoints[i].url);
        if (ep->origin == NULL)
            return problem_set(
                p, -EINVAL, PX_CONFIG,
                "The address of endpoint %zu of site '%s' is not of the form https://host:port.", i + 1,
                site->name);
    }
    return 0;
}

int client_new(const struct config_site *site, struct http_client **ret, struct problem *p)
{
    if (site->endpoint_count == 0) {
        problem_set(p, -EINVAL, PX_CONFIG, "Site '%s' has no endpoint.", site->name);
        problem_next(p, "Add `endpoints:` with a url to the site in the configuration.");
        return -EINVAL;
    }
    struct http_client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "No memory for a client.");
    client->epoll_fd = -1;
    client->wake_fd = -1;
    (void)pthread_mutex_init(&client->lock, NULL);
    (void)pthread_cond_init(&client->idle, NULL);
    int rc = client_fill(client, site, p);
    if (rc == 0 && (rc = loop_init(client)) != 0)
        problem_set(p, rc, PX_INTERNAL, "The HTTP client cannot start: %s.", strerror(-rc));
    if (rc != 0) {
        client_free(client);
        return rc;
    }
    *ret = client;
    return 0;
}

void client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    (void)pthread_mutex_lock(&client->lock);
    atomic_store(&client->stopping, true);
    if (client->started)
        loop_wake(client);
    while (client->callers > 0)
        (void)pthread_cond_wait(&client->idle, &client->lock);
    (void)pthread_mutex_unlock(&client->lock);
    if (client->started)
        (void)pthread_join(client->thread, NULL);
    loop_done(client);
    for (size_t i = 0; i < client->endpoint_count; i++) {
        free(client->endpoints[i].origin);
        identity_done(&client->endpoints[i].identity);
    }
    free(client->endpoints);
    free(client->site);
    free(client->token_file);
    (void)pthread_cond_destroy(&client->idle);
    (void)pthread_mutex_destroy(&client->lock);
    free(client);
}

/* What may be sent at all: see the rules at the head of http.h. */
static int request_check(const struct http_client *client, const struct http_request *request,
                         struct problem *p)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
    bool known = false;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        known = known || text_equal(request->method, methods[i]);
    if (!known)
        return problem_set(p, -EINVAL, PX_ARG, "The request's method is not GET, POST, PUT or DELETE.");
    int rc = http_path_check(request->path, p);
    if (rc != 0)
        return rc;
    if (request->field_count > FIELDS_MAX)
        return problem_set(p, -EINVAL, PX_ARG, "The request has more than %u parameters.", FIELDS_MAX);
    for (size_t i = 0; i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];
        if (field->name == NULL || field->name[0] == '\0' || (field->value == NULL && field->value_len > 0))
            return problem_set(p, -EINVAL, PX_ARG, "A parameter of the request has no name or no value.");
    }
    const bool get = strcmp(request->method, "GET") == 0;
    if (get && request->agent_output &&
        http_get_is_agent_output(request->path, request->fields, request->field_count))
        return 0;
    if (get && request->probe &&
        http_probe_check(request->method, request->path, request->fields, request->field_count, NULL) == 0)
        return 0;
    if (get)
        return http_get_check((unsigned)client->kind, request->path, request->fields, request->field_count,
                              p);
    if (request->allow_change)
        return 0;
    if (request->probe)
        return http_probe_check(request->method, request->path, request->fields, request->field_count, p);
    problem_set(p, -EACCES, PX_READ_ONLY, "A %s request is a change and is not sent by a read.",
                request->method);
    problem_next(p, "Changes go through a plan that is shown first.");
    return -EACCES;
}

/* How each outcome is told; `retry`: a GET may be tried at the next endpoint. */
static const struct {
    int error;
    const char *code;
    bool retry;
    const char *cause;
    const char *next;
} tellings[] = {
    [OUTCOME_NO_CONNECTION] =
        {-ECONNREFUSED, PX_CONNECT, true, "cannot be reached",
         "Check the address, that the node is up and that pveproxy runs; `proximo doctor` tests "
         "every endpoint."},
    [OUTCOME_TLS] =
        {-EPROTO, PX_TLS, true, "is not trusted, nothing was sent to it",
         "If the certificate was renewed, an operator compares and pins the new fingerprint: `proximo "
         "doctor` shows it."},
    [OUTCOME_STALE] = {-ECONNRESET, PX_CONNECT, true, "closed the connection", "Try again."},
    [OUTCOME_BROKE] = {-ECONNRESET, PX_CONNECT, true, "broke off before the answer was complete",
                       "Try again."},
    [OUTCOME_BAD] = {-EBADMSG, PX_BAD_ANSWER, true, "answers something that is not HTTP",
                     "Check that the port is the API's (8006; Backup Server 8007)."},
    [OUTCOME_TOO_LARGE] = {-EFBIG, PX_TOO_LARGE, false, "sends an answer over the size limit",
                           "Ask for less, with a filter or a limit."},
    [OUTCOME_TIMEOUT] = {-ETIMEDOUT, PX_TIMEOUT, false, "gave no complete answer in time",
                         "Try again, or raise the site's timeout."},
    [OUTCOME_CANCELLED] = {-ECANCELED, PX_CANCELLED, false, "was not waited for: the call was cancelled", ""},
    [OUTCOME_INTERNAL] = {-EIO, PX_INTERNAL, false, "could not be asked", ""},
};

static int tell(const struct http_client *client, const struct transfer *t, enum outcome outcome,
                struct problem *p)
{
    const bool get = strcmp(t->request->method, "GET") == 0;
    problem_set(p, tellings[outcome].error, tellings[outcome].code, "Endpoint %u of site '%s' %s (%s).%s",
                t->endpoint->index + 1, client->site, tellings[outcome].cause,
                outcome == OUTCOME_CANCELLED ? "no answer yet" : transfer_reason(t),
                !get && t->sent ? " The request was sent: whether it had an effect is unknown." : "");
    if (!get && t->sent)
        problem_next(p, "Look at the object and at the node's task list before doing it again.");
    else if (tellings[outcome].next[0] != '\0')
        problem_next(p, "%s", tellings[outcome].next);
    return tellings[outcome].error;
}

/* One attempt at one endpoint. 0 with an answer, or a negative error, p and whether the next endpoint may be
 * asked. */
static int attempt(struct http_client *client, struct endpoint *ep, const struct http_request *request,
                   const char *authorization, int64_t deadline_ms, bool hurry, bool fresh,
                   struct http_answer *ret, bool *sent, enum outcome *ret_outcome, struct problem *p)
{
    struct transfer t;
    *ret_outcome = OUTCOME_INTERNAL;
    int rc = transfer_init(&t, ep, request, authorization, deadline_ms,
                           hurry ? CLIENT_HURRY_MS : CLIENT_CONNECT_MS, fresh);
    if (rc == -EFBIG)
        problem_set(p, rc, PX_TOO_LARGE, "The request's parameters are over the size limit.");
    else if (rc != 0)
        problem_set(p, rc, PX_INTERNAL, "A request could not be made: %s.", strerror(-rc));
    else if ((rc = loop_run(client, &t)) == -EBUSY)
        problem_set(p, rc, PX_BUSY, "Too many requests to site '%s' are waiting.", client->site);
    else if (rc == -ECANCELED)
        problem_set(p, rc, PX_CANCELLED, "The program is ending.");
    else if (rc != 0)
        problem_set(p, rc, PX_INTERNAL, "The HTTP client has no thread.");
    if (rc == -EBUSY)
        problem_next(p, "Try again when some of the calls in progress are done.");
    if (rc == 0) {
        *ret_outcome = transfer_outcome(&t);
        *sent = *sent || t.sent;
        if (*ret_outcome != OUTCOME_OK)
            rc = tell(client, &t, *ret_outcome, p);
        else if ((rc = transfer_answer(&t, ep->index, ret)) != 0)
            problem_set(p, rc, rc == -EBADMSG ? PX_BAD_ANSWER : PX_INTERNAL,
                        "An answer could not be taken in.");
    }
    transfer_done(&t);
    return rc;
}

/* A GET is tried at every endpoint, beginning with the one that answered last; everything else at that one
 * alone. */
static int attempts(struct http_client *client, const struct http_request *request, const char *authorization,
                    struct http_answer *ret, bool *sent, struct problem *p)
{
    const bool get = strcmp(request->method, "GET") == 0;
    const int64_t deadline =
        request->deadline_ms != 0 ? request->deadline_ms : clock_ms() + client->timeout_ms;
    const size_t good = atomic_load(&client->good);
    const size_t count = get ? client->endpoint_count : 1;
    struct problem worst = PROBLEM_INIT;
    int rc = -EIO, worst_rc = 0;

    for (size_t i = 0; i < count; i++) {
        struct endpoint *ep = &client->endpoints[(good + i) % client->endpoint_count];
        enum outcome outcome;
        struct problem local = PROBLEM_INIT;
        /* A change never rides on a kept connection: libcurl would send it again if that one were dead. */
        rc = attempt(client, ep, request, authorization, deadline, i + 1 < count, !get, ret, sent, &outcome,
                     &local);
        if (outcome == OUTCOME_STALE && get)
            rc = attempt(client, ep, request, authorization, deadline, i + 1 < count, true, ret, sent,
                         &outcome, &local);
        if (rc == 0) {
            if (i > 0)
                atomic_store(&client->good, ep->index);
            return 0;
        }
        /* Of several failures an untrusted peer is the one to tell. */
        if (worst_rc == 0 || (rc == -EPROTO && worst_rc != -EPROTO)) {
            worst = local;
            worst_rc = rc;
        }
        /* One that hangs has used up this call's time; the next call begins elsewhere. */
        if (outcome == OUTCOME_TIMEOUT && get)
            atomic_store(&client->good, (ep->index + 1) % client->endpoint_count);
        if (outcome == OUTCOME_OK || !tellings[outcome].retry) {
            worst = local;
            worst_rc = rc;
            break;
        }
        if (i + 1 < count) {
            log_line(rc == -EPROTO ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "%s", local.cause);
            if (clock_ms() >= deadline || cancel_is_set(request->cancel))
                break;
        }
    }
    if (p != NULL)
        *p = worst;
    return worst_rc;
}

static bool client_enter(struct http_client *client)
{
    bool open;
    (void)pthread_mutex_lock(&client->lock);
    open = !atomic_load(&client->stopping);
    client->callers += open ? 1 : 0;
    (void)pthread_mutex_unlock(&client->lock);
    return open;
}

static void client_leave(struct http_client *client)
{
    (void)pthread_mutex_lock(&client->lock);
    if (--client->callers == 0)
        (void)pthread_cond_broadcast(&client->idle);
    (void)pthread_mutex_unlock(&client->lock);
}

int client_request(struct http_client *client, const struct http_request *request,
                   struct http_answer *ret_answer, bool *ret_sent, struct problem *p)
{
    char authorization[TOKEN_HEADER_SIZE];
    bool sent = false;
    if (ret_sent != NULL)
        *ret_sent = false;
    int rc = request_check(client, request, p);
    if (rc != 0)
        return rc;
    if (cancel_is_set(request->cancel))
        return problem_set(p, -ECANCELED, PX_CANCELLED, "The call was cancelled.");
    if (request->deadline_ms != 0 && clock_ms() >= request->deadline_ms)
        return problem_set(p, -ETIMEDOUT, PX_TIMEOUT, "The call's time is over.");
    if (!client_enter(client))
        return problem_set(p, -ECANCELED, PX_CANCELLED, "The program is ending.");
    rc = token_header(client->token_file, client->kind, authorization, p);
    if (rc == 0)
        rc = attempts(client, request, authorization, ret_answer, &sent, p);
    if (rc == 0) {
        token_hide(authorization, ret_answer->body, ret_answer->body_len);
        token_hide(authorization, ret_answer->reason, strlen(ret_answer->reason));
    }
    explicit_bzero(authorization, sizeof(authorization));
    client_leave(client);
    if (ret_sent != NULL)
        *ret_sent = sent;
    return rc;
}
