/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MCP server over a pair of descriptors: newline-delimited JSON-RPC, both protocol eras, each request
 * classified by itself. Runs until end of input or SIGTERM; then a change in progress is brought to a
 * recorded end, and calls in progress are cancelled and joined before it returns.
 */
#ifndef PROXIMO_MCP_SERVER_H
#define PROXIMO_MCP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct planes;
struct problem;
struct sites;

#define SERVER_ENDED       0 /* end of input or a signal */
#define SERVER_OUTPUT_GONE 1
#define SERVER_REFUSED     2 /* the planes refuse the start; EXIT_USAGE */

struct server_options {
    const struct config *config;
    struct sites *sites;
    struct planes *planes;
    int in_fd; /* both borrowed; their flags are not changed */
    int out_fd;
    /* What must be done before a plane is started or a site used (the demo waits for its simulator); may be
     * NULL. Called on the thread of a call, one at a time, until it succeeds; then the planes are started
     * with the first call only. */
    int (*prepare)(void *arg, struct problem *p);
    void *prepare_arg;
    int64_t form_ms; /* how long a person has for a form; 0: TRUST_FORM_MS. For tests */
};

/*
 * Returns one of SERVER_... *ret_stuck says that a call or a change did not end in time: config, sites and
 * planes are still in use and must not be freed; the process is to exit. Changes the process's handling of
 * SIGPIPE, SIGTERM, SIGINT and SIGHUP while it runs.
 */
int server_run(const struct server_options *options, bool *ret_stuck);

/* For fuzzing and tests: one line through a server without planes, threads or output. Always 0. */
int mcp_line_fuzz(const uint8_t *data, size_t size);

#endif
