/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extension io.modelcontextprotocol/tasks of the modern era: what proximo_apply began and has not ended
 * soon is answered as a task. A task is the run of a plan, and its id is the plan's: nothing else is kept for
 * it, so it is there after a restart as well. Source: the extension's specification, 2026-07-28.
 */
#ifndef PROXIMO_MCP_TASKS_H
#define PROXIMO_MCP_TASKS_H

#include <stdbool.h>

#include "base/buf.h"
#include "mcp/span.h"

struct message;
struct server;
struct tool_request;

#define TASKS_WAIT_MS 2000 /* a change that ends within that is answered as itself */

/* Does a client with these clientCapabilities take tasks? */
bool tasks_taken(struct span capabilities);
/* The same of a request that needs it; false: the message has the error. */
bool tasks_required(struct message *message);
/* The member "extensions" of the server's capabilities, comma first where one is due; nothing where there are
 * no changes. */
void put_extensions(const struct server *server, struct buf *out);
/*
 * structured: the facts that proximo_apply answers. True: they are of a run that goes on and the client takes
 * tasks; body has the inside of the result, and the call is marked.
 */
bool tasks_answer(struct server *server, const struct tool_request *request, const struct buf *structured,
                  struct buf *body);

/* Methods, as in server_lines.c. */
bool method_tasks_get(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_tasks_update(struct server *server, struct message *message, const char *id, struct buf *body);
bool method_tasks_cancel(struct server *server, struct message *message, const char *id, struct buf *body);

#endif
