/* SPDX-License-Identifier: Apache-2.0 */
/* tools/list and tools/call: the façade tools and the tools of the planes behind one door. */
#ifndef PROXIMO_MCP_TOOLS_H
#define PROXIMO_MCP_TOOLS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "mcp/message.h"

struct call;
struct catalog;
struct server;
struct tool;

struct tool_request {
    const char *name;
    struct json_object *arguments; /* an object, never NULL; may be changed */
    struct call *call;             /* NULL on the transport thread */
    int64_t deadline_ms;
};

/* tools.c */
/* Can this be answered without a site? */
bool tools_call_is_local(const char *name);
/* The inside of a tools/call result; false and error for an unknown tool. Any thread. */
bool tools_call_body(struct server *server, const struct tool_request *request, struct buf *body,
                     struct message_error *error);
/* The inside of the tools/list result. With the surface `full` it waits for the planes. */
int tools_list_body(struct server *server, bool modern, const struct call *call, struct buf *body,
                    struct problem *p);
/* The catalogue for this request. */
const struct catalog *tools_catalog(struct server *server, const struct tool_request *request,
                                    struct problem *p);

/* facade_table.c: the façade tools */
enum facade_kind { FACADE_FIND, FACADE_DESCRIBE, FACADE_READ, FACADE_STATUS };
struct facade_param {
    const char *name;
    enum json_type type;
    bool required;
    const char *schema; /* the inside of its JSON Schema, without type */
};
struct facade {
    const char *name, *title, *description;
    enum facade_kind kind;
    bool open_world; /* reaches beyond this machine */
    struct facade_param params[4];
};
const struct facade *facade_find_tool(const char *name);
const struct facade *facade_at(size_t index); /* NULL behind the last */
/* Unknown, missing and mistyped arguments, all named: -EINVAL and PX-ARG. */
int facade_arguments(const struct facade *facade, struct json_object *arguments, struct problem *p);
void facade_schema(const struct facade *facade, const struct server *server, struct buf *out);
/* "annotations":{...} */
void put_annotations(struct buf *out, const char *title, bool open_world);

/* One façade tool each: `structured` gets one JSON object; 0 or a negative error and p. */
int facade_find(const struct catalog *catalog, struct server *server, struct json_object *arguments,
                struct buf *structured, struct problem *p);
int facade_describe(const struct catalog *catalog, struct server *server, struct json_object *arguments,
                    struct buf *structured, struct problem *p);
/* The whole inside of the result; made at most once a second unless something happened meanwhile. */
void facade_status_body(struct server *server, struct buf *body);

#endif
