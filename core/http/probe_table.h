/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's own table of probes: the few requests that are not GETs and yet have no effect, or GETs that
 * reach further than a read may (http/get_table.h) and yet only look. It is asked twice: when a plane
 * declares a probe (http_probe_allowed, on the template), and when one is sent (http_probe_check, on the
 * bytes). Pure data, part of the program; thread-safe.
 */
#ifndef PROXIMO_HTTP_PROBE_TABLE_H
#define PROXIMO_HTTP_PROBE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http.h"

/*
 * May a plane declare this probe? path_template has {name} for a segment filled in later; where the table has
 * a fixed word the template must have the same word. Every fixed parameter of the row must be among `fixed`
 * with its value (text, "1"), once, and further fixed ones must be known to the row. On refusal *ret_why (may
 * be NULL) is a static phrase.
 */
bool http_probe_allowed(const char *method, const char *path_template, const struct http_field *fixed,
                        size_t fixed_count, const char **ret_why);
/* Is a parameter of this name one that the caller of the probe may fill in? False for fixed names and unknown
 * ones. */
bool http_probe_parameter_allowed(const char *method, const char *path_template, const char *name);

/* May exactly this request be sent as a probe? 0, or -EACCES and p (PX-READ-ONLY). path is encoded. Fixed
 * parameters must stand exactly once with their value; no other name than the row's may appear, none twice.
 */
int http_probe_check(const char *method, const char *path, const struct http_field *fields,
                     size_t field_count, struct problem *p);

/* Does this probe run a fixed command in a machine? Then its answer is the command's output, which the core
 * fetches itself (plane/agent_probe.c). */
bool http_probe_runs_command(const char *method, const char *path_template);

/* The whole table, one "METHOD path name=value" a line, for documentation and tests. */
struct http_probe_row {
    const char *method;
    const char *path;  /* {} for any one segment */
    const char *fixed; /* "dry-run=1"; "": none */
    const char *open;  /* names a caller may fill in, comma separated */
    const char *why;   /* why it has no effect */
    /* Of agent/exec: the words, a blank between them. Each is a parameter `command`, in this order, and there
     * is nothing else. NULL: no command. */
    const char *command;
};
const struct http_probe_row *http_probe_rows(size_t *ret_count);

#endif
