/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reads of one plan, each made once: planning, blast functions and guards see the very same bytes. An
 * answer stays until the cache is freed. Any thread; two callers who want the same answer at once share one
 * request.
 */
#ifndef PROXIMO_PLANE_READ_CACHE_H
#define PROXIMO_PLANE_READ_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problem.h"
#include "http/http.h"
#include "plane/site.h"

struct read_cache;

struct cached_answer {
    int status;       /* HTTP status; 0: no answer came, problem says why */
    const char *data; /* the text of "data", checked JSON; NULL: absent */
    size_t data_len;
    const char *whole; /* all of the answer, checked JSON; NULL: none, or an error */
    size_t whole_len;
    const struct problem *problem; /* of status 0 and from 400 on */
};

/* site must outlive it. */
int read_cache_new(struct site *site, struct read_cache **ret);
void read_cache_free(struct read_cache *cache);
/*
 * GET path (encoded) with fields as query, once. 0 and *ret (borrowed from the cache), also for error answers
 * of Proxmox. Negative and p: refused by the GET table, cancelled, deadline, no memory; those are not kept.
 */
int read_cache_get(struct read_cache *cache, const struct site_call *call, const char *path,
                   const struct http_field *fields, size_t field_count, struct cached_answer *ret,
                   struct problem *p);
/* Forgets everything: the next reads are fresh. No answer may be in use. */
void read_cache_clear(struct read_cache *cache);

#endif
