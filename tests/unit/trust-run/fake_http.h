/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the HTTP module that follows a script: for each method and path the answers one after the
 * other, the last one for ever. An answer may be lost after the request arrived, refused before, late, or
 * have something happen at that moment. Linked with -Wl,--wrap=http_module_get. Thread-safe.
 */
#ifndef PROXIMO_TEST_TRUST_RUN_FAKE_HTTP_H
#define PROXIMO_TEST_TRUST_RUN_FAKE_HTTP_H

#include <stddef.h>

#include "http/http.h"

struct fake_answer {
    int status; /* 0: 200 */
    const char *body;
    int error; /* negative: no answer; then `unsent` says whether it left at all */
    unsigned unsent;
    unsigned times;          /* given so often before the next one; 0: once, and for ever if it is the last */
    unsigned delay_ms;       /* ends early at the request's deadline or cancellation */
    void (*hook)(void *arg); /* called when the request arrives */
    void *hook_arg;
};

/* Appends to the script of "METHOD path"; the texts must stay. A path may have a query ("?a=b"), then only
 * that fits. */
void fake_http_script(const char *method_path, struct fake_answer answer);
void fake_http_reset(void);

struct fake_request {
    char method[8];
    char target[4096]; /* path?name=value&name=value, values not encoded */
};
size_t fake_http_count(void); /* requests so far */
const struct fake_request *fake_http_at(size_t index);
/* How many requests were "METHOD path" (with any parameters). */
size_t fake_http_count_of(const char *method_path);
/* How many were anything but GET. */
size_t fake_http_changes(void);
/* The last request of that method and path; NULL: none. */
const char *fake_http_target_of(const char *method_path);

#endif
