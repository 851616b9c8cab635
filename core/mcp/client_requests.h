/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plane with the grant client_requests asks of the client and tells it during one call: forms,
 * sampling, roots, log messages, changes of lists and resources. In the legacy era a question is a request of
 * ours, and the plane waits; in the modern era it is part of a result, and the plane's function runs again
 * when the client comes with the answers. Answers of earlier rounds travel in a sealed requestState. Nothing
 * here is ever consent to a change. Source: MCP 2025-11-25 and 2026-07-28, "Multi round-trip requests".
 */
#ifndef PROXIMO_MCP_CLIENT_REQUESTS_H
#define PROXIMO_MCP_CLIENT_REQUESTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/problem.h"
#include "mcp/span.h"

struct call;
struct client_requests;
struct message;
struct message_error;
struct plane_client;
struct plane_info;
struct server;

/* Names of the levels of log messages, least first (RFC 5424); the index of one of them, or -1. */
int log_level_of(struct span name);
#define LOG_LEVEL_DEFAULT 1 /* info: of a legacy client that set none */

/* What a client with these capabilities can be asked for: bits 1 << PROXIMO_ASK_... */
unsigned client_can(struct span capabilities);

/* Sets call->client, from the request. Transport thread; 0 or -ENOMEM. */
int client_requests_new(struct server *server, const struct message *message, struct call *call);
void client_requests_free(struct client_requests *client);
/*
 * For a call of a function of this plane: *ret is NULL without the grant. 0, or -EBADMSG and p when the
 * echoed requestState is not one of ours for this very request. On the call's thread.
 */
int client_requests_for(struct server *server, struct call *call, const struct plane_info *plane,
                        const struct plane_client **ret, struct problem *p);
/* After the plane's call has ended with -EINPROGRESS: the inside of the input_required result; sets
 * call->input_required. */
int client_requests_put(struct call *call, struct buf *body, struct problem *p);
/* Is this error of the protocol whatever the method: a state that is not ours, a capability that a modern
 * client does not declare? */
bool client_requests_protocol_error(const struct call *call, int r);
/* The error of a method whose result has no place for a model's errors; r: what failed, as p has it. */
void client_requests_error(const struct call *call, int r, const struct problem *p,
                           struct message_error *error);

#endif
