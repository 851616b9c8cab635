/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of a site, for site*.c alone. What the core remembers of a site is kept in small caches that are
 * filled by one request at a time: the first caller fetches, others who want the same wait for its answer (a
 * "flight"). No lock is held during a request.
 */
#ifndef PROXIMO_PLANE_SITE_INNER_H
#define PROXIMO_PLANE_SITE_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"
#include "plane/site.h"

#define SITE_GUESTS_AGE_MS      3000
#define SITE_NODES_AGE_MS       10000
#define SITE_PERMISSIONS_AGE_MS 60000
#define SITE_VERSION_AGE_MS     600000
#define SITE_PERMISSIONS_MAX    512 /* paths remembered; further ones are asked for each time */

struct flight {
    pthread_mutex_t lock; /* also guards the data that the flight fills */
    pthread_cond_t ended;
    bool busy;
    bool filled;
    uint64_t generation; /* flights that ended */
    int64_t began_ms;    /* of the one in the air */
    int64_t filled_ms;   /* when the request began whose answer is here */
    int error;           /* of the last flight */
    struct problem problem;
};

int flight_init(struct flight *f);
void flight_done(struct flight *f);
/*
 * Wants data whose request began at or after not_before_ms. 0 and *ret_leader false: it is here, f->lock is
 * held. 0 and true: fetch it, take f->lock, store it, call flight_end, and release the lock. Negative and p:
 * waiting ended by deadline, cancellation or the failure of the flight waited for.
 */
int flight_enter(struct flight *f, const struct site_call *call, int64_t not_before_ms, bool *ret_leader,
                 struct problem *p);
/* With f->lock held. error 0: the data is stored; otherwise p is shared with those who wait. */
void flight_end(struct flight *f, int error, const struct problem *p);

struct guest_entry {
    int64_t vmid;
    uint32_t name, node; /* offsets into the pool */
    bool qemu;
    bool template;
};
struct guest_table {
    struct guest_entry *rows; /* sorted by vmid */
    uint32_t *by_name;        /* indices of rows, sorted by name */
    size_t count;
    char *pool;
};
void guest_table_done(struct guest_table *table);

struct permission {
    struct permission *next;
    char *path;
    struct flight flight;
    struct json_object *privileges; /* name: 1 (propagates) or 0 */
};

struct site {
    const struct config_site *config;
    pthread_mutex_t client_lock;
    const struct http_module *module;
    struct http_client *client;
    atomic_bool used;
    pthread_mutex_t reached_lock;
    char local_ip[HTTP_IP_SIZE];    /* this end of the last connection that answered */
    char (*peer_ips)[HTTP_IP_SIZE]; /* of each endpoint, the other end; empty: it never answered */

    struct flight guests_flight;
    struct guest_table guests;
    struct flight nodes_flight;
    char (*nodes)[64];
    size_t node_count;
    struct flight version_flight;
    char version[32];

    pthread_mutex_t permissions_lock; /* the list, not what is in it */
    struct permission *permissions;
    size_t permission_count;
};

/* The HTTP client, made at first use; takes the module along. */
int site_client(struct site *site, struct problem *p);
/* Keeps the two ends of the connection that this answer came over. */
void site_reached_keep(struct site *site, const struct http_answer *http);
/* When to give up on one request: never later than the site's own timeout, however long the call may take. */
int64_t site_deadline(const struct site *site, const struct site_call *call);
/* The answer of a request, its body taken out of http. An error answer need not be JSON (401 is empty, some
 * 500s are plain text): its body is then left out. -EBADMSG and p for a good one that is no JSON object. */
int site_parse(const char *method, const char *path, bool parse, struct http_answer *http,
               struct site_answer *ret, struct problem *p);
/* data of an answer if it is an array; PX-BAD-ANSWER otherwise. Borrowed from the answer. */
int site_answer_list(const struct site_answer *answer, const char *path, struct json_object **ret,
                     struct problem *p);

#endif
