/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON for the core: parsing through the validator, typed getters that never coerce, and writing straight
 * into a buf. A json_object is owned by one thread at a time.
 */
#ifndef PROXIMO_BASE_JSON_H
#define PROXIMO_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct problem;

#define CLEANUP_JSON __attribute__((cleanup(json_object_put_cleanup)))
static inline void json_object_put_cleanup(struct json_object **o)
{
    if (*o)
        json_object_put(*o);
    *o = NULL;
}

/* Validates and parses text[0..len). The caller owns *ret (NULL for JSON null). -EINVAL, -EFBIG or -ENOMEM
 * with `p`. */
int json_parse(const char *text, size_t len, struct json_object **ret, struct problem *p);

/* Member `key` of object `o`: 0, -ENOENT (missing or null) or -EINVAL (another type). Borrowed from o. */
int json_get(struct json_object *o, const char *key, json_type type, struct json_object **ret);
int json_get_string(struct json_object *o, const char *key, const char **ret,
                    size_t *ret_len);                                   /* ret_len may be NULL */
int json_get_int(struct json_object *o, const char *key, int64_t *ret); /* integers only */
int json_get_bool(struct json_object *o, const char *key, bool *ret);   /* true/false, and Proxmox's 1/0 */

/* Writers: append to a buf. Strings are escaped as RFC 8259 demands; invalid UTF-8 becomes U+FFFD. */
void json_put_string(struct buf *b, const char *text, size_t len);
void json_put_cstr(struct buf *b, const char *text);
void json_put_key(struct buf *b, const char *key); /* "key": with a comma before it unless after { or [ */
void json_put_value(struct buf *b,
                    struct json_object *o); /* compact, as json-c holds it; numbers keep their text */
void json_put_comma(struct buf *b);         /* a comma unless after { or [ or at the start */
void json_put_key_string(struct buf *b, const char *key, const char *text);
void json_put_key_int(struct buf *b, const char *key, long long n);
void json_put_key_bool(struct buf *b, const char *key, bool v);

#endif
