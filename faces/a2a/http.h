/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door: libmicrohttpd, a thread a connection, one request a connection. What the guards refuse is never
 * parsed. A connection that is slow to send its request or to read its answer is closed.
 */
#ifndef PROXIMO_A2A_HTTP_H
#define PROXIMO_A2A_HTTP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/problem.h"
#include "bearers.h"
#include "guard.h"
#include "rpc.h"

struct config_a2a;
struct door;

struct door_options {
    const struct config_a2a *a2a;
    struct guard_address address;
    int fd;                       /* listens; taken over */
    struct bearers bearers;       /* none: whoever reaches the port may call */
    const char *card, *jwks;      /* borrowed; jwks NULL: none */
    struct rpc rpc[BEARERS_MOST]; /* of each bearer, or the first one for all; each with tasks of its own */
};
int door_open(const struct door_options *options, struct door **ret, struct problem *p);
/* After tasks_stop, or streams would be waited for. */
void door_close(struct door *door);
/* Binds and listens; *ret_port is the port. PX-CONFIG. */
int door_listen(const struct guard_address *address, int *ret_fd, unsigned *ret_port, struct problem *p);

#endif
