/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte-level JSON validator that stands in front of json-c (RFC 8259, RFC 3629): grammar, UTF-8, depth,
 * duplicate keys, shape and range of numbers. json-c alone accepts NaN, single quotes, duplicate keys, lone
 * surrogates and more. Allocates nothing but a bounded stack; linear but for duplicate keys (hashed per
 * object). Thread-safe.
 */
#ifndef PROXIMO_BASE_JSON_CHECK_H
#define PROXIMO_BASE_JSON_CHECK_H

#include <stddef.h>

#define JSON_CHECK_MAX_DEPTH 64

enum json_fault {
    JSON_FAULT_NONE = 0,
    JSON_FAULT_EMPTY,     /* no value at all */
    JSON_FAULT_SYNTAX,    /* not the grammar */
    JSON_FAULT_UTF8,      /* bytes that are not UTF-8, or an escaped lone surrogate */
    JSON_FAULT_DEPTH,     /* nested deeper than allowed */
    JSON_FAULT_DUPLICATE, /* the same key twice in one object */
    JSON_FAULT_NUMBER,    /* a number beyond what int64 or a finite double holds */
    JSON_FAULT_TRAILING,  /* bytes after the value */
    JSON_FAULT_MEMORY,
    JSON_FAULT_KEY, /* a key with a NUL in it, which json-c would cut there */
};

struct json_check {
    unsigned max_depth;    /* 1..JSON_CHECK_MAX_DEPTH */
    enum json_fault fault; /* out */
    size_t offset;         /* out: byte offset of the fault */
};

/* 0 if text[0..len) is exactly one JSON value (white space around it allowed); -EINVAL or -ENOMEM and fault
 * set. */
int json_check(struct json_check *check, const char *text, size_t len);
const char *json_fault_name(enum json_fault fault); /* a short phrase: "not valid UTF-8" */

#endif
