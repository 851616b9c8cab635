/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of requests: what may stand in one, and matching them against the patterns of the tables. Proxmox
 * decodes a path before it splits it, so a path is looked at in both ways: split and decoded, decoded and
 * split. Thread-safe.
 */
#ifndef PROXIMO_HTTP_PATH_H
#define PROXIMO_HTTP_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http.h"

#define HTTP_PATH_PARTS 48u

/* The elements of a path, decoded. */
struct http_path {
    char bytes[HTTP_PATH_LIMIT + 1];
    const char *parts[HTTP_PATH_PARTS];
    size_t count;
};

/*
 * Begins with /, at most HTTP_PATH_LIMIT bytes and HTTP_PATH_PARTS elements, none empty, "." or "..", only
 * well-formed percent-encoding of UTF-8 without control characters, no query, no fragment. 0, or -EINVAL and
 * p (PX-ARG).
 */
int http_path_check(const char *path, struct problem *p);

/* For a path that passed the check. decode_first: an encoded slash splits, as it does at the server. */
void http_path_split(const char *path, bool decode_first, struct http_path *ret);

/* Pattern: words, {} for any one element, ** at its end for anything below (at least one element). */
bool http_path_match(const char *pattern, const struct http_path *path);

#endif
