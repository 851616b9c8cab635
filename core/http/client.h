/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client: the endpoints of one site, each with its own libcurl multi handle (so that connections of
 * different identities never mix), and one loop thread that drives them all. The thread starts with the first
 * request.
 */
#ifndef PROXIMO_HTTP_CLIENT_H
#define PROXIMO_HTTP_CLIENT_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "http/http.h"
#include "http/identity.h"
#include "http/transfer.h"

#define CLIENT_CONNECTIONS 4u    /* of one endpoint */
#define CLIENT_WAITING     64u   /* requests of one endpoint beyond those */
#define CLIENT_CONNECT_MS  10000 /* longest wait for a connection */
#define CLIENT_HURRY_MS    4000  /* the same while another endpoint could be asked instead */

struct endpoint {
    char *origin; /* "https://host:8006" */
    struct identity identity;
    struct http_client *client;
    uint32_t index;
    /* under the lock */
    struct transfer *first, *last; /* waiting, in order */
    size_t waiting;
    /* the loop thread's */
    CURLM *multi;
    struct transfer *active[CLIENT_CONNECTIONS];
    size_t active_count;
    int64_t timer_us; /* clock_us() at which libcurl wants to be called; -1: not */
};

struct http_client {
    char *site;
    enum config_site_kind kind;
    char *token_file;
    int64_t timeout_ms;
    struct endpoint *endpoints;
    size_t endpoint_count;
    atomic_size_t good; /* the endpoint that answered last */
    pthread_mutex_t lock;
    pthread_cond_t idle; /* the last caller has left */
    size_t callers;
    bool started;
    atomic_bool stopping; /* set under the lock */
    pthread_t thread;
    int epoll_fd, wake_fd;
};

int client_new(const struct config_site *site, struct http_client **ret, struct problem *p);
void client_free(struct http_client *client);
int client_request(struct http_client *client, const struct http_request *request,
                   struct http_answer *ret_answer, bool *ret_sent, struct problem *p);

/* loop.c */
int loop_init(struct http_client *client);  /* descriptors and multi handles; 0 or -errno */
void loop_done(struct http_client *client); /* after the thread has ended */
/* Runs a transfer to its end, its deadline or its cancellation. 0, -EBUSY (too many wait), -ECANCELED (the
 * client is being freed), -EAGAIN (no thread). The transfer is the caller's again afterwards. */
int loop_run(struct http_client *client, struct transfer *t);
void loop_wake(struct http_client *client);

#endif
