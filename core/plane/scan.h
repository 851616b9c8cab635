/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking over JSON text that json_check has accepted, without building objects. A list of ten thousand rows
 * is read so: of each row only the members that filters, order and counts need are looked at, and only rows
 * that are returned become objects. Nothing here checks the grammar again; other text gives wrong answers,
 * but nothing reads beyond its end. Thread-safe.
 */
#ifndef PROXIMO_PLANE_SCAN_H
#define PROXIMO_PLANE_SCAN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* The text of one value, without spaces around it; ptr NULL: absent. Borrowed from the text. */
struct json_span {
    const char *ptr;
    size_t len;
};

/* A walk over the elements of an array or, with scan_object, the members of an object. */
struct scan {
    const char *at, *end;
};
/* 0, or -EINVAL when the text is no array (no object). */
int scan_array(struct json_span text, struct scan *ret);
int scan_object(struct json_span text, struct scan *ret);
bool scan_item(struct scan *scan, struct json_span *ret); /* next element; false: none left */
bool scan_member(struct scan *scan, struct json_span *ret_key,
                 struct json_span *ret); /* ret_key with its quotes */

/* The members of an object by name, in one pass; absent ones and null get ptr NULL. */
void scan_find(struct json_span object, const char *const *names, size_t count, struct json_span *ret);

bool scan_is_string(struct json_span value);
/* Adds the text of a string without quotes and escapes, or any other value as it stands. */
void scan_text(struct json_span value, struct buf *out);
bool scan_equals(struct json_span value, const char *text); /* a string's content, or another value's text */
bool scan_int(struct json_span value, int64_t *ret);
double scan_number(struct json_span value); /* 0 if it is none; true is 1 */
/* The value as an object of json-c, owned by the caller; NULL for null or without memory. */
struct json_object *scan_parse(struct json_span value);

#endif
