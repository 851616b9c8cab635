/* SPDX-License-Identifier: Apache-2.0 */
/* The module's table, for its entry (module_entry.c) and for tests that look inside. */
#ifndef PROXIMO_HTTP_MODULE_H
#define PROXIMO_HTTP_MODULE_H

#include "http/http.h"

/* Initialises libcurl on the first call; NULL if that fails. Thread-safe. */
const struct http_module *http_module_table(void);

/* tls_report.c: see struct http_module. */
int tls_report(const struct config_site *site, size_t endpoint, struct http_tls_report *ret,
               struct problem *p);
/* push.c: see struct http_module. */
int push_post(const struct http_push *push, struct http_answer *ret_answer, bool *ret_sent,
              struct problem *p);
int push_send(const struct http_push *push, struct problem *p);

#endif
