/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a token hold what a tool needs? Asked of the sites, for proximo_describe and for
 * surface.hide_unprivileged. Bounded in time, and never a failure: what could not be found out is unknown.
 */
#ifndef PROXIMO_MCP_PRIVILEGES_H
#define PROXIMO_MCP_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct cancel;
struct catalog;
struct need_row;
struct server;
struct tool;

#define PRIVILEGES_SITES 16 /* asked at most */

/* A round of questions; a site that does not answer is asked once. */
struct privileges {
    const struct server *server;
    int64_t deadline_ms;
    struct cancel *cancel;
    const char *only;            /* name of a site; NULL: all of them */
    bool down[PRIVILEGES_SITES]; /* by the index of the site */
};

/* deadline_ms: of the request; waits PRIVILEGES_WAIT_MS at most. cancel, only: may be NULL. */
struct privileges privileges_of(const struct server *server, int64_t deadline_ms, struct cancel *cancel,
                                const char *only);
#define PRIVILEGES_WAIT_MS 3000

/* Adds "held":true|false|null, and with null "held_why"; with several sites "held_on":{SITE:...} as well. */
void privileges_put(struct privileges *asked, const struct tool *tool, const struct need_row *need,
                    struct buf *out);
/* Could this tool be of use: is there a site on which each of its needs is held somewhere, or may be? */
bool privileges_suffice(struct privileges *asked, const struct tool *tool);

#endif
