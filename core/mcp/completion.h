/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion/complete: values for an argument of a prompt or a variable of a resource template. What is
 * offered comes from the parameter's choices or its format: guests, nodes and storages of the site, plans,
 * sites.
 */
#ifndef PROXIMO_MCP_COMPLETION_H
#define PROXIMO_MCP_COMPLETION_H

#include <stdbool.h>

#include "base/buf.h"

struct call;
struct message_error;
struct server;

/* See call_work_fn. */
bool work_complete(struct server *server, struct call *call, struct buf *body, struct message_error *error);

#endif
