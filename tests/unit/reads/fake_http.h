/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the HTTP module: canned answers by path and query, and a record of what was asked. Linked
 * with -Wl,--wrap=http_module_get. Thread-safe.
 */
#ifndef PROXIMO_TEST_FAKE_HTTP_H
#define PROXIMO_TEST_FAKE_HTTP_H

#include <stddef.h>

#include "http/http.h"

#define FAKE_REQUESTS_MAX 4096

struct fake_request {
    char method[8];
    char target[2400]; /* path?name=value&name=value, values not encoded */
};

/* `target` with or without a query; the longer match wins. body is copied. */
void fake_http_answer(const char *target, int status, const char *body);
void fake_http_delay_ms(unsigned ms); /* of every answer */
/* Called for what no canned answer fits; NULL: 501. Returns a malloc'd body, *ret_status set. */
void fake_http_fallback(char *(*answer)(const struct http_request *request, int *ret_status));
void fake_http_reset(void);
size_t fake_http_count(void); /* requests so far */
size_t fake_http_count_of(const char *target);
const struct fake_request *fake_http_at(size_t index);
const struct fake_request *fake_http_last(void);

#endif
