/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the door share: one exchange a connection. */
#ifndef PROXIMO_A2A_HTTP_INNER_H
#define PROXIMO_A2A_HTTP_INNER_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http.h"

#define BODY_MOST ((size_t)1 << 20) /* bytes of a request */

enum exchange_state { EXCHANGE_READING, EXCHANGE_WORKING, EXCHANGE_SENDING };

struct exchange {
    struct exchange *next, *before; /* of the door's list */
    struct door *door;
    int fd; /* the library's */
    enum exchange_state state;
    int64_t since_ms;
    bool begun;
    const char *path; /* of the routes */
    size_t bearer;    /* whose request this is */
    char version[16]; /* A2A-Version */
    struct buf body;
    struct rpc_answer answer;
    struct buf piece; /* of a stream, being sent */
    size_t sent;
    bool streams;
};

struct door {
    struct door_options options;
    struct MHD_Daemon *daemon;
    pthread_mutex_t mutex; /* the list, states, count of streams */
    pthread_cond_t stopped;
    bool stopping, watches;
    struct exchange *exchanges;
    unsigned streams;
    pthread_t watcher;
};

/* http_watch.c */
struct exchange *exchange_open(struct door *door, int fd);
void exchange_close(struct exchange *exchange);
void exchange_enter(struct exchange *exchange, enum exchange_state state);
bool watch_start(struct door *door);
void watch_stop(struct door *door);

/* http_head.c: 0, or the status that refuses this request; *ret_why in words. *ret_bearer: who asks. */
unsigned head_check(const struct door *door, struct MHD_Connection *connection, const char *method,
                    const char *path, size_t *ret_bearer, const char **ret_why);

#endif
