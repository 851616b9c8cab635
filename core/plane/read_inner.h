/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a read share: the call with what was resolved, the request made from a row, the answer's
 * shape. */
#ifndef PROXIMO_PLANE_READ_INNER_H
#define PROXIMO_PLANE_READ_INNER_H

#include "http/http.h"
#include "plane/manifest.h"
#include "plane/read.h"
#include "plane/scan.h"
#include "plane/site.h"

struct plane_reply;
struct reply_block;

/* What a list lacks: privileges from the tool's needs, and notes of a plane. */
struct completeness {
    bool asked;         /* were any needs checked? */
    bool missing_any;   /* a privilege is not held, or a plane says that something could not be read */
    bool unknown;       /* the permissions could not be read */
    bool partial;       /* a plane gave fewer rows than there are: the total is a lower bound */
    struct buf missing; /* JSON objects, comma separated */
    struct buf notes;   /* JSON strings, comma separated */
};
void completeness_init(struct completeness *c);
void completeness_done(struct completeness *c);
void completeness_note(struct completeness *c, const char *text, size_t len);
/* Adds "complete", "missing" and "notes" to an object in writing, as far as there is something to say. */
void completeness_write(const struct completeness *c, struct buf *out);

/* A read in progress. */
struct reading {
    const struct read_call *call;
    struct site_call site_call;
    struct json_object *arguments; /* checked, defaults filled in; owned */
    bool has_guest;
    struct site_guest guest;
    char vmid[24];
    char node[64]; /* resolved; "" when the tool has none */
    struct completeness complete;
    const struct buf *told; /* members of what a read function told, for its answer's beginning; NULL: none */
};

/* Finds the guest, the task's node or the node that the arguments mean. fresh: ask again even if it is
 * remembered. */
int reading_resolve(struct reading *r, bool fresh, struct problem *p);
/* Adds the value of {name} as text: resolved names first, then arguments. -ENOENT: absent. */
int reading_value(const struct reading *r, const char *name, struct buf *out);
/* Fills {names} of a template; encode: percent-encoded for a path. -ENOENT: a name has no value. */
int reading_fill(const struct reading *r, const char *template, bool encode, struct buf *out);
/* Checks the tool's needs against this token's permissions into r->complete. */
void reading_needs(struct reading *r);

/* The same for a need of a plane's own GET (planes.h); arg: struct reading. */
void reading_missing(void *arg, const char *path, const char *privilege, bool known);

struct row_request {
    char *path;
    struct http_field *fields; /* values are owned */
    size_t field_count, field_room;
};
int row_request_make(const struct reading *r, struct row_request *ret, struct problem *p);
void row_request_done(struct row_request *request);
/* The text of a scalar as Proxmox takes it: booleans 1 and 0, lists with commas. -EINVAL for an object. */
int value_text(struct json_object *value, struct buf *out);

/* ---- shapes */

struct value_style {
    size_t string_max; /* bytes kept of one string */
    bool keep_lines;
};
#define VALUE_HIDDEN "[hidden]"
/* Writes a value with every string cleaned and secrets by key replaced. */
void value_put(struct buf *out, struct json_object *value, const struct value_style *style);
void value_put_text(struct buf *out, const char *text, size_t len, const struct value_style *style);
bool value_key_is_secret(const char *key);
bool value_key_is_free_text(const char *key); /* written by people or guests */

/* The counted envelope of a list, the text of a JSON array that was checked. api_total: how many Proxmox says
 * there are, -1 unknown. `extra` (may be NULL): members to add, comma separated. The whole is never longer
 * than READ_ANSWER_LIMIT. */
int envelope_rows(const struct reading *r, struct json_span list, int64_t api_total, const struct buf *extra,
                  struct buf *out, struct problem *p);
/* Adds "guest" or "node", as they were resolved. */
void reading_put_place(const struct reading *r, struct buf *out);
int envelope_single(const struct reading *r, struct json_object *data, struct buf *out, struct problem *p);
int envelope_lines(const struct reading *r, struct json_object *list, int64_t api_total, struct buf *out,
                   struct problem *p);
/* One block of a reply as a content block of MCP, with a comma before it if need be; JSON and rows as text.
 * Not more than READ_ANSWER_LIMIT bytes of a text. */
void reply_put_block(struct buf *out, const struct reply_block *block);
/* read_told.c: what a read told beside its reply. "unread" and the findings as members, in room characters as
 * far as they can; findings that do not fit are counted. */
void told_write(const struct plane_reply *reply, size_t room, struct buf *out);
size_t told_unread(const struct plane_reply *reply);
/* An object of a diagnosis, {"run":N}, gets how many checks were unread. */
void told_checks(const struct plane_reply *reply, struct json_object *checks);
/* The blocks of a plane's reply. */
int reply_shape(struct reading *r, const struct plane_reply *reply, struct read_result *ret,
                struct problem *p);

#endif
