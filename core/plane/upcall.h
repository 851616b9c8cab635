/* SPDX-License-Identifier: Apache-2.0 */
/* A request of a plane while the core makes it: shared by planes_get.c, planes_client.c and planes_upcall.c.
 */
#ifndef PROXIMO_PLANE_UPCALL_H
#define PROXIMO_PLANE_UPCALL_H

#include "base/buf.h"
#include "http/http.h"
#include "plane/scan.h"
#include "plane/site.h"
#include "plane/supervisor.h"

#define FIELDS_MOST 64u
#define NEEDS_MOST  16u

struct get {
    uint64_t flags;
    char *path;
    char *site_name; /* "": the call's */
    struct site *site;
    struct http_field fields[FIELDS_MOST];
    bool in_path[FIELDS_MOST];
    size_t field_count;
    struct need_row needs[NEEDS_MOST];
    size_t need_count;
    char *unmet[NEEDS_MOST]; /* of a need that is not known to be met: its path with the values in it */
    bool unmet_known[NEEDS_MOST];
    /* the answer */
    int32_t code; /* 0, or why the whole get failed */
    int32_t status;
    uint64_t answer_flags;
    struct site_answer answer; /* its text, and what of it is data */
    struct json_span data;
    struct problem problem;
    char message[sizeof(((struct problem *)0)->cause)];
};

/* {x} of a template from the fields, each one segment. `encode`: for a request; otherwise as written in an
 * ACL path. malloc'd. */
char *get_fill(struct get *get, const char *template, bool encode, struct problem *p);
int get_read_fields(struct body *body, struct get *get);
/* Takes the answer over; its data is not copied. */
void get_take_answer(struct get *get, struct site_answer *answer, bool tolerate);
void get_put_answer(struct buf *out, const struct get *get);
void get_done(struct get *get);
int32_t upcall_get(struct planes *planes, struct call *call, struct body *body, struct buf *out,
                   struct problem *p);
/* planes_client.c: what is for the client, by the type of its message. */
int32_t upcall_client(struct planes *planes, struct call *call, uint32_t type, struct body *body,
                      struct buf *out, struct problem *p);
/* A cancellation token of its own for every request under way: a token has one hook at a time. */
void upcall_tokens_new(struct planes *planes, struct call *call, struct cancel **tokens, size_t count);
void upcall_tokens_done(struct planes *planes, struct call *call, struct cancel **tokens, size_t count);

#endif
