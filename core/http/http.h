/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client of the core, a module (proximo-http) that is loaded with the first request and that alone
 * links libcurl. One client per site; one libcurl multi thread per client; at most 4 connections per
 * endpoint. Requests block the calling thread and may be made from any number of threads.
 *
 * What it guards whatever its caller says: TLS is always verified before the token is sent; the token file is
 * read at call time and wiped; GETs that act, disclose or reach out are refused (http/get_table.h); other
 * methods need `allow_change`, which only the step runner sets, or stand in the table of effect-free probes;
 * no redirects, no proxy from the environment, no cookies; answers are capped.
 */
#ifndef PROXIMO_HTTP_HTTP_H
#define PROXIMO_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"

struct config_endpoint;
struct config_site;
struct http_client;
struct cancel;

#define HTTP_MODULE_VERSION 5u
#define HTTP_ANSWER_LIMIT   ((size_t)64 << 20) /* bytes of one answer's body */
#define HTTP_PATH_LIMIT     2048u
#define HTTP_IP_SIZE        48u /* an IPv6 address with its end */

struct http_field {
    const char *name;
    const char *value; /* UTF-8, not encoded */
    size_t value_len;
};

struct http_request {
    const char *method; /* GET, POST, PUT, DELETE */
    const char *path; /* below /api2/json, segments already percent-encoded, begins with a slash, no query */
    const struct http_field *fields; /* query of a GET or DELETE, form body of a POST or PUT */
    size_t field_count;
    int64_t deadline_ms;   /* clock_ms() at which to give up; 0: the site's timeout from now */
    struct cancel *cancel; /* may be NULL; see base/cancel.h */
    size_t answer_limit;   /* 0: HTTP_ANSWER_LIMIT */
    bool allow_change;     /* the step runner alone; planes and reads never */
    bool probe;            /* must then stand in the probe table */
    bool agent_output;     /* the step runner alone: see http_get_is_agent_output */
};

/* Zeroed by the caller; freed with http_answer_done(). */
struct http_answer {
    int status;       /* HTTP status */
    char reason[256]; /* text of the status line, cleaned */
    char *body;       /* NUL-terminated, may be NULL */
    size_t body_len;
    size_t endpoint; /* index that answered */
    /* The two ends of the connection, as text; empty: not known. */
    char local_ip[HTTP_IP_SIZE], peer_ip[HTTP_IP_SIZE];
    int64_t time_us; /* from send to last byte */
};

/*
 * Bytes for an address that belongs to no site: a receiver of anchors. The rules of a site hold for who it
 * must be (fingerprint, CA file, else the system store); a connection of its own, no proxy, no cookies.
 */
struct http_push {
    const struct config_endpoint *to; /* url: see post and send */
    const void *bytes;
    size_t len;
    int64_t deadline_ms;   /* clock_ms() at which to give up */
    struct cancel *cancel; /* may be NULL */
    /* of a POST alone */
    const char *content_type;
    const char *token_file; /* a bearer token, read at call time (mode 600); NULL: none */
    size_t answer_limit;
};

/* What `doctor` wants to know of an endpoint; no token is sent. */
struct http_tls_report {
    bool connected;
    bool verified;        /* by the rule configured for this endpoint */
    char rule[64];        /* "system store", "CA file", "fingerprint" */
    char fingerprint[96]; /* AA:BB:.. of the leaf certificate presented */
    char subject[256];
    char names[512]; /* subject alternative names */
    char not_after[64];
    char verdict[512]; /* why it was (not) verified */
};

struct http_module {
    uint32_t version; /* HTTP_MODULE_VERSION */
    /* Copies what it needs of site. */
    int (*client_new)(const struct config_site *site, struct http_client **ret, struct problem *p);
    void (*client_free)(struct http_client *client); /* cancels what is in flight and joins the thread */
    /*
     * Sends one request. A HTTP status of any kind, a redirect too, is success here: 0 and *ret_answer. A GET
     * fails over to the next endpoint when the connection cannot be made or breaks before the answer is
     * whole; other methods go to one endpoint, over a connection of their own, once. -ECONNREFUSED
     * (PX-CONNECT: nothing was sent), -ECONNRESET (PX-CONNECT: broke off), -EPROTO (PX-TLS), -ETIMEDOUT,
     * -ECANCELED, -EBUSY (over the limit of waiting requests), -EFBIG (PX-TOO-LARGE), -EBADMSG
     * (PX-BAD-ANSWER: not HTTP), -EACCES (refused by a table, or the secret file), -EINVAL (path or method).
     * *ret_sent (may be NULL) says whether the request may have reached the server.
     */
    int (*request)(struct http_client *client, const struct http_request *request,
                   struct http_answer *ret_answer, bool *ret_sent, struct problem *p);
    int (*tls_report)(const struct config_site *site, size_t endpoint, struct http_tls_report *ret,
                      struct problem *p);
    /*
     * POSTs to https://HOST[:PORT][/PATH], once, without following redirects. Any HTTP status is success
     * here. Errors and *ret_sent as of `request`.
     */
    int (*post)(const struct http_push *push, struct http_answer *ret_answer, bool *ret_sent,
                struct problem *p);
    /*
     * Opens tcp://HOST:PORT or tls://HOST:PORT, sends the bytes, waits until the other machine has
     * acknowledged all of them, and closes. Nothing is read: 0 says that they arrived, not what became of
     * them. A peer that closes or sends an alert at once is -ECONNRESET. Errors as of `request`.
     */
    int (*send)(const struct http_push *push, struct problem *p);
    /* The libraries that it runs with, "libcurl/7.88.1 OpenSSL/3.0.17 ..."; static. */
    const char *(*libraries)(void);
};

/* The module, loaded on first use; NULL and p when it cannot be. Thread-safe. */
const struct http_module *http_module_get(struct problem *p);
void http_answer_done(struct http_answer *answer); /* in the core, not the module: frees body */

/*
 * Turns an answer with a status from 300 on into a problem that teaches: PX-AUTH, PX-PRIVILEGE (path and
 * privilege, the pveum line that grants it), PX-PARAM (Proxmox's `errors` by parameter), PX-UNSUPPORTED,
 * PX-NOT-FOUND, PX-REMOTE. Proxmox's text is cleaned, quoted and never contains the address of the server. 0
 * for a status below 300.
 */
int http_answer_problem(const struct http_answer *answer, const char *method, const char *path,
                        struct problem *p);

#endif
