/* SPDX-License-Identifier: Apache-2.0 */
/* tools/list and tools/call: the façade tools and the tools of the planes behind one door. */
#ifndef PROXIMO_MCP_TOOLS_H
#define PROXIMO_MCP_TOOLS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "mcp/calls.h"
#include "mcp/catalog.h"
#include "mcp/message.h"
#include "mcp/span.h"

struct catalog;
struct server;
struct site;
struct read_result;
struct tool;

struct tool_request {
    const char *name;
    struct json_object *arguments; /* an object, never NULL; may be changed */
    struct call *call;             /* NULL on the transport thread */
    int64_t deadline_ms;
};

/* tools.c */
/* What a call of this tool waits for; arguments: an object, or at NULL. */
enum call_lane tools_call_lane(const struct server *server, const char *name, struct span arguments);
/* The inside of a tools/call result; false and error for an unknown tool. Any thread. */
bool tools_call_body(struct server *server, const struct tool_request *request, struct buf *body,
                     struct message_error *error);
/* The inside of the tools/list result. With the surface `full` it waits for the planes. */
int tools_list_body(struct server *server, bool modern, const struct call *call, struct buf *body,
                    struct problem *p);
/* Of tools/call and tools/list, as a call on a thread. */
bool work_tool(struct server *server, struct call *call, struct buf *body, struct message_error *error);
bool work_list_tools(struct server *server, struct call *call, struct buf *body, struct message_error *error);
/* The catalogue for this request. */
const struct catalog *tools_catalog(struct server *server, const struct tool_request *request,
                                    struct problem *p);

/* The site that is meant, of those that the tool is for: `site` is taken out of arguments, or site_name,
 * which may be NULL. */
int tools_take_site(struct server *server, const struct tool *tool, struct json_object *arguments,
                    const char *site_name, struct site **ret, struct problem *p);
/* progress.c: for trust_call and read_call: tells progress of request->call; NULL for none. */
void tools_progress(void *arg, uint32_t done, uint32_t total, const char *message);
struct progress {
    struct server *server;
    struct call *call;
};

/* facade_table.c: the façade tools */
enum facade_kind {
    FACADE_FIND,
    FACADE_DESCRIBE,
    FACADE_READ,
    FACADE_STATUS,
    FACADE_PLAN,
    FACADE_APPLY,
    FACADE_UNDO,
    FACADE_AUDIT,
};
/* What a tool may do: what lets it act is what its annotations are made from. */
struct tool_gate {
    bool acts;       /* may change something; without it a tool reads or plans */
    bool open_world; /* reaches beyond this machine */
};
struct facade_param {
    const char *name;
    enum json_type type;
    bool required;
    const char *schema; /* the inside of its JSON Schema, without type */
};
struct facade {
    const char *name, *title, *description;
    enum facade_kind kind;
    bool guarded_only; /* does not exist in mode read */
    struct tool_gate gate;
    struct facade_param params[4];
};
const struct facade *facade_find_tool(const char *name);
const struct facade *facade_at(size_t index); /* NULL behind the last */
/* Does it exist in this server's mode? */
bool facade_exists(const struct facade *facade, const struct server *server);
/* Unknown, missing and mistyped arguments, all named: -EINVAL and PX-ARG. */
int facade_arguments(const struct facade *facade, struct json_object *arguments, struct problem *p);
void facade_schema(const struct facade *facade, const struct server *server, struct buf *out);
/* Of a plane's tool: a change only plans, unless the operator allows changes in one call. */
struct tool_gate tool_gate(const struct server *server, const struct tool *tool);
/* "annotations":{...} */
void put_annotations(struct buf *out, const char *title, struct tool_gate gate);

/* One façade tool each: `structured` gets one JSON object; 0 or a negative error and p. */
int facade_find(const struct catalog *catalog, struct server *server, struct json_object *arguments,
                struct buf *structured, struct problem *p);
/* Waits for the sites a little: do their tokens hold what the tools need? */
int facade_describe(const struct catalog *catalog, struct server *server, const struct tool_request *request,
                    struct buf *structured, struct problem *p);
/* The least risk of a change, by its class: "low", "medium" or "high"; NULL for reads and where the class
 * says nothing. The plan may say more. */
const char *tool_risk(const struct server *server, const struct tool *tool);
/* The whole inside of the result; made at most once a second unless something happened meanwhile. */
void facade_status_body(struct server *server, struct buf *body);

/* What {tool, arguments, site} of proximo_read and proximo_plan name; all borrowed from the request, which
 * gets empty arguments where none were given. change: which kind it must be. */
struct named_call {
    const struct tool *tool;
    struct json_object *arguments;
    const char *site;
};
int tools_named(const struct catalog *catalog, const struct server *server,
                const struct tool_request *request, bool change, struct named_call *ret, struct problem *p);

/* tools_trust.c: what the trust spine hears of calls that do not pass through it. */
/* Untrusted text in an answer, before it goes out. */
void tools_note_untrusted(const struct server *server, const struct tool *tool,
                          const struct read_result *result);
/* A refusal that the ledger is to have. */
void tools_refused(const struct server *server, const struct tool_request *request, const char *name,
                   const struct problem *p);
/* catalog_problem(), recorded where the mode or the lists leave the tool out. */
int tools_left_out(const struct catalog *catalog, const struct server *server,
                   const struct tool_request *request, enum catalog_answer answer, const char *name,
                   struct problem *p);

/* facade_change.c: plan, apply, undo. The inside of the result goes to body. */
/* Plans a change; arguments may hold `site` and `confirm`, which are taken out. */
int tools_plan(struct server *server, const struct tool_request *request, const struct tool *tool,
               struct json_object *arguments, const char *site_name, struct buf *body, struct problem *p);
int facade_plan(const struct catalog *catalog, struct server *server, const struct tool_request *request,
                struct buf *body, struct problem *p);
/* details: further members of the error. */
int facade_apply(struct server *server, const struct tool_request *request, struct buf *body,
                 struct buf *details, struct problem *p);
int facade_undo(struct server *server, const struct tool_request *request, struct buf *body,
                struct problem *p);
int facade_plan_status(struct server *server, const struct tool_request *request, const char *plan_id,
                       struct buf *body, struct problem *p);
int facade_audit(const struct server *server, struct json_object *arguments, struct buf *structured,
                 struct problem *p);

#endif
