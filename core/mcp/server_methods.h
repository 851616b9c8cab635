/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the methods of MCP check and start. Each appends the inside of the result to body, or sets the
 * message's error; true: a call was started, or nothing is to be answered now. Transport thread.
 */
#ifndef PROXIMO_MCP_SERVER_METHODS_H
#define PROXIMO_MCP_SERVER_METHODS_H

#include <stdbool.h>

#include "base/buf.h"
#include "mcp/message.h"

struct server;

bool method_initialize(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_discover(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_ping(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_list(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_call(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_set_level(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_subscribe(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_unsubscribe(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_listen(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_list_resources(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_list_templates(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_read_resource(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_list_prompts(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_get_prompt(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_complete(struct server *server, struct message *message, const char *id, struct buf *body);

#endif
