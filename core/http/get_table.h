/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GETs that are not plain reads: they act, disclose what a plan should show first, reach out to a place the
 * caller names, or open a channel. Reads, plans and planes never get them. The table was decided over every
 * GET of the API schemas of Proxmox VE 8.4 and 9.2 and Proxmox Backup Server 4.2. Pure data, part of the
 * program; thread-safe.
 */
#ifndef PROXIMO_HTTP_GET_TABLE_H
#define PROXIMO_HTTP_GET_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http.h"

struct http_get_row {
    const char *path; /* {} for any one element, ** at the end for everything below */
    const char *kind; /* "acts", "discloses", "reaches out", "opens a channel" */
    const char *what; /* what it does, a verb phrase */
    /* "type=network,meta": allowed when the field stands once with one of the values; NULL: never. The value
     * {pxar} is any base64 of a path into an archive of files (*.pxar.didx). */
    const char *unless;
    unsigned site_kind; /* enum config_site_kind; 0: both */
};
const struct http_get_row *http_get_rows(size_t *ret_count);

/* 0, or -EACCES and p (PX-REFUSED-GET). site_kind: enum config_site_kind, 0 when unknown. path must have
 * passed http_path_check; a template with {names} may be asked too, fields then being its fixed parameters.
 */
int http_get_check(unsigned site_kind, const char *path, const struct http_field *fields, size_t field_count,
                   struct problem *p);

/* Is it the GET for the output of a command in a guest, by its pid? Refused to reads like the others; the
 * step runner may send it for a command of the same plan (trust/agent_output.h). */
bool http_get_is_agent_output(const char *path, const struct http_field *fields, size_t field_count);

/* Are the bytes of value equal to text? */
bool http_field_is(const struct http_field *field, const char *text);

#endif
