/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the door, as pure functions. */
#ifndef PROXIMO_A2A_GUARD_H
#define PROXIMO_A2A_GUARD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/problem.h"

struct config_a2a;

struct guard_address {
    struct sockaddr_storage where;
    socklen_t size;
    char text[INET6_ADDRSTRLEN + 2]; /* as in a URL, brackets included */
    bool loopback;                   /* nobody but this machine reaches it */
    bool any;                        /* every address of this machine */
};
/* Where to listen. An empty host is every address. -EINVAL and p: no address. */
int guard_address(const char *host, uint32_t port, struct guard_address *ret, struct problem *p);
/* May this configuration listen there? PX-CONFIG. */
int guard_listen(const struct config_a2a *a2a, const struct guard_address *address, struct problem *p);
/* Is this Host header one of ours? NULL: none was sent. */
bool guard_host(const struct config_a2a *a2a, const struct guard_address *address, const char *host);
/* application/json, with or without parameters. */
bool guard_content_type(const char *type);
/* A page of another origin, as browsers tell; both may be NULL. */
bool guard_foreign(const char *origin, const char *fetch_site);
/* [A-Za-z0-9._-]{1,64} */
bool guard_name(const char *name);

#endif
