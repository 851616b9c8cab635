/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MCP server over a pair of descriptors: newline-delimited JSON-RPC, both protocol eras, each request classified by
 * itself. Runs until end of input or SIGTERM; calls in progress are cancelled and joined before it returns.
 */
#ifndef PROXIMO_MCP_SERVER_H
#define PROXIMO_MCP_SERVER_H

struct config;
struct planes;
struct sites;

struct server_options {
    const struct config *config;
    struct sites *sites;
    struct planes *planes;
    int in_fd;
    int out_fd;
};

/* The exit status: 0 at end of input, 1 when the output is gone, EXIT_USAGE when the planes refuse the start. */
int server_run(const struct server_options *options);

#endif
