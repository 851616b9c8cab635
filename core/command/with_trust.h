/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that look at, or act on, what the trust spine keeps: without sites and planes. Not thread-safe. */
#ifndef PROXIMO_COMMAND_WITH_TRUST_H
#define PROXIMO_COMMAND_WITH_TRUST_H

#include "base/buf.h"
#include "base/problem.h"
#include "command/command.h"

struct json_object;
struct trust;

#define WITH_TRUST_TEXT ((size_t)16 << 20) /* most that such a command prints */

/* Runs f with a trust spine of this configuration (NULL: the usual files) and returns what it returns: no
 * plane is loaded, no connection made. Negative and p when there is no such configuration. */
int local_trust(const char *config_file, int (*f)(struct trust *trust, void *arg, struct problem *p),
                void *arg, struct problem *p);
/* Loads the configuration (--config), makes a spine, runs, prints `out`. The exit status: that of run where
 * it is not negative, of its problem where it is. */
int with_trust(const struct command_line *line,
               int (*run)(struct trust *trust, const struct command_line *line, struct buf *out,
                          struct problem *p));

/* What a list of the spine (a JSON array) says: with --json as it is, else a row each, or `none`. */
struct rows_words {
    const char *none;
    void (*head)(struct buf *out); /* before the first row; may be NULL */
    void (*row)(struct json_object *row, struct buf *out);
};
int with_trust_rows(struct trust *trust, const struct command_line *line,
                    int (*list)(struct trust *trust, struct buf *out, struct problem *p),
                    const struct rows_words *words, struct buf *out, struct problem *p);

#endif
