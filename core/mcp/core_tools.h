/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read tools that no plane brings, because they look at the server itself: in the catalogue like any other,
 * found, described, allowed and denied by their names, run here. Any thread.
 */
#ifndef PROXIMO_MCP_CORE_TOOLS_H
#define PROXIMO_MCP_CORE_TOOLS_H

#include <json-c/json.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/problem.h"

struct server;
struct site;
struct tool;
struct tool_request;

#define CORE_PLANE "proximo" /* the name that stands for their plane */

size_t core_tool_count(void);
const struct tool *core_tool_at(size_t index);
const struct tool *core_tool_find(const char *name);
/* arguments: without `site`. site: NULL when none is configured. `structured` gets one JSON object. Blocks.
 */
int core_tool_run(struct server *server, const struct tool_request *request, const struct tool *tool,
                  struct json_object *arguments, struct site *site, struct buf *structured,
                  struct problem *p);

#endif
