/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts of MCP: the core's own and those that planes declare. */
#ifndef PROXIMO_MCP_PROMPTS_H
#define PROXIMO_MCP_PROMPTS_H

#include <stdbool.h>

#include "base/buf.h"

struct call;
struct message_error;
struct prompt_row;
struct server;

/* Of calls: see call_work_fn. */
bool work_list_prompts(struct server *server, struct call *call, struct buf *body,
                       struct message_error *error);
bool work_get_prompt(struct server *server, struct call *call, struct buf *body, struct message_error *error);

/* The prompt of this name, of the core or of an enabled plane; NULL: none. After the planes are loaded. */
const struct prompt_row *prompt_find(const struct server *server, const char *name);

#endif
