/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt at one request on one endpoint: the libcurl handle with all its options, the bytes that come
 * back, and what libcurl's result means. Made and freed by the calling thread; between being queued and done
 * it belongs to the client's loop thread.
 */
#ifndef PROXIMO_HTTP_TRANSFER_H
#define PROXIMO_HTTP_TRANSFER_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/http.h"

struct endpoint;

enum transfer_state { TRANSFER_NEW, TRANSFER_WAITING, TRANSFER_ACTIVE, TRANSFER_DONE };

/* What became of an attempt. */
enum outcome {
    OUTCOME_OK,
    OUTCOME_NO_CONNECTION, /* nothing was sent */
    OUTCOME_TLS,           /* the peer is not who it should be, nothing was sent */
    OUTCOME_STALE,         /* a reused connection was dead before any byte of answer */
    OUTCOME_BROKE,         /* the connection broke before the answer was whole */
    OUTCOME_BAD,           /* an answer that is not HTTP */
    OUTCOME_TOO_LARGE,
    OUTCOME_TIMEOUT,
    OUTCOME_CANCELLED,
    OUTCOME_INTERNAL,
};

struct transfer {
    /* set by the caller */
    const struct http_request *request;
    const struct http_push *push; /* else NULL: its bytes are the body, and the path is whole */
    struct endpoint *endpoint;
    int64_t deadline_ms;
    bool fresh; /* a new connection, not a kept one */
    CURL *easy;
    struct curl_slist *headers;
    struct buf url, form;
    /* under the client's lock */
    enum transfer_state state;
    struct transfer *next;
    pthread_cond_t done;
    /* any thread */
    atomic_bool abort;
    /* the loop thread's until done */
    CURLcode result;
    bool wrong_peer, over_limit, second_try;
    bool sent; /* the request may have left */
    size_t header_bytes;
    struct buf body;
    char reason[256];
};

/* Everything but the wish for a fresh connection comes from the request. authorization is copied into the
 * handle. 0 or -ENOMEM, -EINVAL (too long), -EIO. On failure transfer_done has to be called as well. */
int transfer_init(struct transfer *t, struct endpoint *endpoint, const struct http_request *request,
                  const char *authorization, int64_t deadline_ms, int64_t connect_ms, bool fresh);
/* The same for a POST of bytes; request has method, path and limits. */
int transfer_init_push(struct transfer *t, struct endpoint *endpoint, const struct http_request *request,
                       const struct http_push *push, const char *authorization);
void transfer_done(struct transfer *t); /* wipes what may be secret */
/* What a result of libcurl means where nothing special was noted. */
enum outcome transfer_meaning(CURLcode result, bool sent, bool time_left);
enum outcome transfer_outcome(const struct transfer *t);
/* After OUTCOME_OK: moves the answer out. */
int transfer_answer(struct transfer *t, size_t endpoint_index, struct http_answer *ret);
/* Why, in a few words without an address. */
const char *transfer_reason(const struct transfer *t);

#endif
