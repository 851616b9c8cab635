/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into JSON text that json_check() has accepted, without building objects: a message's envelope is a
 * handful of members, and most calls need nothing more. Only what a tool gets as arguments is parsed into
 * objects.
 */
#ifndef PROXIMO_MCP_SPAN_H
#define PROXIMO_MCP_SPAN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/* The text of one JSON value, borrowed; at NULL: there is none. */
struct span {
    const char *at;
    size_t len;
};

enum json_type span_type(
    struct span value); /* json_type_null for NULL and null; a number with . or e is a double */
/* The value of one text that json_check() accepted, without white space around it. */
struct span span_whole(const char *text, size_t len);
/* Steps through an object: *cursor begins as 0. False behind the last member. key is with its quotes. */
bool span_member(struct span object, size_t *cursor, struct span *ret_key, struct span *ret_value);
/* The member of this name; at NULL when there is none, or when it is no object. */
struct span span_find(struct span object, const char *name);
/* Is this string (with its quotes) equal to text? Escapes are understood. */
bool span_equals(struct span string, const char *text);
/* The characters of a string as malloc'd text; NULL without memory or when it holds U+0000. */
char *span_text(struct span string);
bool span_is_empty_object(struct span object);

#endif
