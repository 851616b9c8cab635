/* SPDX-License-Identifier: Apache-2.0 */
/* The API token: read from its file for each request, checked, made into a header line, wiped by the caller.
 */
#ifndef PROXIMO_HTTP_TOKEN_H
#define PROXIMO_HTTP_TOKEN_H

#include <stddef.h>

#include "base/problem.h"
#include "config/config.h"

#define TOKEN_FILE_LIMIT  512u
#define TOKEN_HEADER_SIZE (TOKEN_FILE_LIMIT + 64u)

/*
 * Writes "Authorization: PVEAPIToken=USER@REALM!TOKENID=SECRET" (Backup Server: "PBSAPIToken=...:SECRET"). 0,
 * or a negative error and p (PX-SECRET-FILE), which never holds what the file says. The caller wipes out with
 * explicit_bzero.
 */
int token_header(const char *file, enum config_site_kind kind, char out[TOKEN_HEADER_SIZE],
                 struct problem *p);
/*
 * Writes "Authorization: Bearer TOKEN" from a file that holds one line of printable ASCII. Errors and wiping
 * as of token_header.
 */
int token_bearer(const char *file, char out[TOKEN_HEADER_SIZE], struct problem *p);
/* The same from text of len bytes; NULL and "out" written, or a phrase that says what is wrong. */
const char *token_header_make(const char *text, size_t len, enum config_site_kind kind,
                              char out[TOKEN_HEADER_SIZE]);
/*
 * Overwrites each occurrence of the header's secret in len bytes with asterisks: an answer that echoes the
 * request (a proxy's error page, a hostile server) tells it to nobody. Secrets of fewer than 16 bytes are
 * left alone, as they could be any word. Pure.
 */
void token_hide(const char *header, char *bytes, size_t len);

#endif
