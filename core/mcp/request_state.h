/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requestState of multi round-trip requests of planes: the answers of earlier rounds, sealed with a key
 * that lives as long as this process, bound to the very request and expiring. The client may read it and can
 * change nothing in it. (The state of a form of consent is another one, in core/trust.)
 */
#ifndef PROXIMO_MCP_REQUEST_STATE_H
#define PROXIMO_MCP_REQUEST_STATE_H

#include <json-c/json.h>

#include "base/problem.h"

struct call;
struct server;

/* *ret is malloc'd. 0 or a negative error and p. Any thread. */
int request_state_seal(struct server *server, const struct call *call, struct json_object *answers,
                       char **ret, struct problem *p);
/* Opens call->request_state. -EBADMSG and p: not sealed by us for this request, or expired. Any thread. */
int request_state_open(struct server *server, const struct call *call, struct json_object **ret_answers,
                       struct problem *p);

#endif
