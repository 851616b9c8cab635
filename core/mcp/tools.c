/* SPDX-License-Identifier: Apache-2.0 */
/* tools/list and tools/call. */
#include "mcp/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/catalog.h"
#include "mcp/client_requests.h"
#include "mcp/core_tools.h"
#include "mcp/not_offered.h"
#include "mcp/output.h"
#include "mcp/shown.h"
#include "mcp/state.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"

#define AUDIT_WAIT_MS 5000
#define DETAILS_LIMIT ((size_t)256 << 10)

/* ---------------------------------------------------------------- tools/list */

static void put_listed(struct buf *out, const char *name, const char *title, const char *description)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "name", name);
    json_put_key_string(out, "title", title ? title : name);
    json_put_key_string(out, "description", description ? description : "");
    json_put_key(out, "inputSchema");
}

static void put_plane_tools(const struct server *server, const struct catalog *catalog, struct buf *out)
{
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const struct tool *tool = catalog_at(catalog, i);

        if (catalog_hidden(catalog, i) || !shown_is(server->shown, LIST_TOOLS, tool->name))
            continue;
        put_listed(out, tool->name, tool->title, tool->description);
        tool_schema_write(tool, server->tool_sites, server->tool_sites ? server->config->site_count : 0, out);
        if (tool_has_output_schema(tool)) {
            json_put_key(out, "outputSchema");
            tool_output_schema_write(tool, out);
        }
        put_annotations(out, tool->title ? tool->title : tool->name, tool_gate(server, tool));
        buf_char(out, '}');
    }
}

static bool facade_denied(const struct server *server, const char *name)
{
    for (size_t i = 0; i < server->config->deny.count; i++) {
        if (strcmp(server->config->deny.items[i], name) == 0)
            return true;
    }
    return false;
}

int tools_list_body(struct server *server, bool modern, const struct call *call, struct buf *body,
                    struct problem *p)
{
    const struct catalog *catalog = NULL;
    const struct facade *facade;

    if (server->config->surface == CONFIG_FULL) {
        catalog =
            server_catalog(server, call ? call->deadline_ms : clock_ms(), call ? call->cancel : NULL, p);
        if (!catalog)
            return -EAGAIN;
    }
    buf_str(body, "\"tools\":[");
    for (size_t i = 0; (facade = facade_at(i)) != NULL; i++) {
        if (!facade_exists(facade, server) || facade_denied(server, facade->name))
            continue;
        put_listed(body, facade->name, facade->title, facade->description);
        facade_schema(facade, server, body);
        put_annotations(body, facade->title, facade->gate);
        buf_char(body, '}');
    }
    if (catalog)
        put_plane_tools(server, catalog, body);
    buf_char(body, ']');
    if (modern)
        buf_str(body, MCP_LIST_CACHE);
    return buf_ok(body) ? 0 : problem_set(p, -EFBIG, PX_INTERNAL, "the list of tools is too large");
}

/* ---------------------------------------------------------------- reads */

int tools_take_site(struct server *server, const struct tool *tool, struct json_object *arguments,
                    const char *site_name, struct site **ret, struct problem *p)
{
    char *site_copy CLEANUP_FREE = text_dup(site_name);
    struct json_object *site = NULL;

    if (site_name && !site_copy)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    if (json_object_object_get_ex(arguments, "site", &site)) {
        if (!json_object_is_type(site, json_type_string) ||
            (site_copy && strcmp(site_copy, json_object_get_string(site)) != 0)) {
            (void)problem_set(p, -EINVAL, PX_ARG,
                              "\"site\" must be one string; it was given twice or is of another type");
            problem_next(p, "Give the site once.");
            return -EINVAL;
        }
        if (!site_copy && !(site_copy = text_dup(json_object_get_string(site))))
            return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
        json_object_object_del(arguments, "site");
    }
    return sites_find_for(server->sites, site_copy, tool->plane ? tool->plane->site_kinds : 0, ret, p);
}

/* A tool of the server itself; without a site it says what is missing. */
static int run_core(struct server *server, const struct tool_request *request, const struct tool *tool,
                    struct json_object *arguments, const char *site_name, struct buf *body, struct problem *p)
{
    struct buf structured CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct site *site = NULL;
    int r =
        server->config->site_count > 0 ? tools_take_site(server, tool, arguments, site_name, &site, p) : 0;

    if (r == 0)
        r = core_tool_run(server, request, tool, arguments, site, &structured, p);
    if (r == 0)
        body_tool_result(body, &structured, NULL);
    return r;
}

/* Runs a read tool and writes the inside of its result. arguments may hold `site`, which is taken out. */
static int run_read(struct server *server, const struct tool_request *request, const struct tool *tool,
                    struct json_object *arguments, const char *site_name, struct buf *body, struct problem *p)
{
    struct progress progress = {server, request->call};
    struct read_result result = {0};
    struct read_call call = {
        .tool = tool,
        .planes = server->planes,
        .arguments = arguments,
        .deadline_ms = request->deadline_ms,
        .cancel = request->call ? request->call->cancel : NULL,
        .progress = request->call ? tools_progress : NULL,
        .progress_arg = &progress,
    };
    int r = tools_take_site(server, tool, arguments, site_name, &call.site, p);

    if (r == 0)
        r = client_requests_for(server, request->call, tool->plane, &call.client, p);
    if (r == 0)
        r = read_run(&call, &result, p);
    if (r == -EINPROGRESS)
        return client_requests_put(request->call, body, p);
    if (r == 0) {
        tools_note_untrusted(server, tool, &result);
        body_tool_result(body, &result.structured, &result.content);
        read_result_done(&result);
    }
    return r;
}

static int not_of_kind(const struct tool *tool, bool change, struct problem *p)
{
    if (change) {
        (void)problem_set(p, -EINVAL, PX_TOOL, "%s only reads; there is nothing to plan", tool->name);
        problem_next(p, "Run it with proximo_read {tool, arguments}.");
        return -EINVAL;
    }
    (void)problem_set(p, -EPERM, PX_TOOL, "%s changes something; proximo_read only reads", tool->name);
    problem_next(p, "Plan it with proximo_plan {tool, arguments}.");
    return -EPERM;
}

int tools_named(const struct catalog *catalog, const struct server *server,
                const struct tool_request *request, bool change, struct named_call *ret, struct problem *p)
{
    struct named_call named = {.site = NULL};
    const char *name = "";

    (void)json_get_string(request->arguments, "tool", &name, NULL);
    (void)json_get_string(request->arguments, "site", &named.site, NULL);
    if (facade_find_tool(name)) {
        (void)problem_set(p, -EINVAL, PX_TOOL, "%s is not %s", name,
                          change ? "a change that could be planned" : "run through proximo_read");
        problem_next(p, "Call %s itself.", name);
        return -EINVAL;
    }
    const enum catalog_answer answer = catalog_find(catalog, name, &named.tool);
    if (answer != CATALOG_OK)
        return tools_left_out(catalog, server, request, answer, name, p);
    if ((named.tool->kind == TOOL_CHANGE) != change)
        return not_of_kind(named.tool, change, p);
    if (json_get(request->arguments, "arguments", json_type_object, &named.arguments) < 0) {
        named.arguments = json_object_new_object();
        if (!named.arguments || json_object_object_add(request->arguments, "arguments", named.arguments) < 0)
            return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    }
    *ret = named;
    return 0;
}

/* proximo_read {tool, arguments, site}. */
static int facade_read(const struct catalog *catalog, struct server *server,
                       const struct tool_request *request, struct buf *body, struct problem *p)
{
    struct named_call named = {0};
    int r = tools_named(catalog, server, request, false, &named, p);

    if (r < 0 || !named.tool)
        return r;
    if (named.tool->kind == TOOL_READ_CORE)
        return run_core(server, request, named.tool, named.arguments, named.site, body, p);
    return run_read(server, request, named.tool, named.arguments, named.site, body, p);
}

/* ---------------------------------------------------------------- tools/call */

enum call_lane tools_call_lane(const struct server *server, const char *name, struct span arguments)
{
    const struct facade *facade = facade_find_tool(name);

    if (!facade)
        return CALL_WAITS;
    switch (facade->kind) {
    case FACADE_FIND: return CALL_LOCAL;
    case FACADE_DESCRIBE: return server->config->site_count > 0 ? CALL_WAITS : CALL_LOCAL;
    case FACADE_APPLY: return CALL_LONG;
    case FACADE_STATUS: break;
    default: return CALL_WAITS;
    }
    /* With a plan, the site may be asked what became of it. */
    return span_find(arguments, "plan_id").at ? CALL_WAITS : CALL_LOCAL;
}

const struct catalog *tools_catalog(struct server *server, const struct tool_request *request,
                                    struct problem *p)
{
    return server_catalog(server, request->deadline_ms, request->call ? request->call->cancel : NULL, p);
}

static int facade_status(struct server *server, const struct tool_request *request, struct buf *body,
                         struct problem *p)
{
    const char *plan_id = NULL;

    if (json_get_string(request->arguments, "plan_id", &plan_id, NULL) == 0)
        return facade_plan_status(server, request, plan_id, body, p);
    facade_status_body(server, body);
    return 0;
}

static int call_facade(struct server *server, const struct facade *facade, const struct catalog *catalog,
                       const struct tool_request *request, struct buf *body, struct buf *details,
                       struct problem *p)
{
    struct buf structured CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    int r = facade_arguments(facade, request->arguments, p);

    if (r < 0)
        return r;
    switch (facade->kind) {
    case FACADE_READ: return facade_read(catalog, server, request, body, p);
    case FACADE_STATUS: return facade_status(server, request, body, p);
    case FACADE_PLAN: return facade_plan(catalog, server, request, body, p);
    case FACADE_APPLY: return facade_apply(server, request, body, details, p);
    case FACADE_UNDO: return facade_undo(server, request, body, p);
    case FACADE_FIND: r = facade_find(catalog, server, request->arguments, &structured, p); break;
    case FACADE_DESCRIBE: r = facade_describe(catalog, server, request, &structured, p); break;
    case FACADE_AUDIT: r = facade_audit(server, request->arguments, &structured, p); break;
    }
    if (r == 0)
        body_tool_result(body, &structured, NULL);
    return r;
}

/* -32602, with the names that are near, or why there is none. */
static bool unknown_tool(const struct catalog *catalog, const char *name, struct message_error *error)
{
    struct message message = {.kind = MESSAGE_BAD};
    char near[256] = "";
    const struct not_offered *left_out = not_offered_find(name);
    bool any = !left_out && catalog_nearest(catalog, name, near, sizeof(near));

    if (left_out)
        message_fail(&message, RPC_INVALID_PARAMS, "Not offered: %.50s. %.160s", name, left_out->why);
    else
        message_fail(&message, RPC_INVALID_PARAMS,
                     "Unknown tool: %.60s%s%s. proximo_find searches the tools.", name, any ? ". Near: " : "",
                     any ? near : "");
    *error = message.error;
    return false;
}

/* The catalogue, and with it the first record of this run. The ledger can be verified without planes: a call
 * that does so waits for them a little, to be recorded like any other, and goes on without. */
static const struct catalog *call_catalog(struct server *server, const struct facade *facade,
                                          const struct tool_request *request, struct problem *p)
{
    struct tool_request wait = *request;
    const struct catalog *catalog;

    if (facade && facade->kind == FACADE_AUDIT && clock_ms() + AUDIT_WAIT_MS < wait.deadline_ms)
        wait.deadline_ms = clock_ms() + AUDIT_WAIT_MS;
    catalog = tools_catalog(server, &wait, p);
    if (catalog && request->call)
        server_first_call(server);
    return catalog;
}

static int run_facade(struct server *server, const struct facade *facade, const struct catalog *catalog,
                      const struct tool_request *request, struct buf *body, struct buf *details,
                      struct problem *p)
{
    if (!facade_exists(facade, server)) {
        (void)problem_set(p, -EPERM, PX_READ_ONLY, "%s does not exist here: this server is in mode read",
                          facade->name);
        problem_next(p, "Only the operator can allow changes, with mode: guarded in the configuration file; "
                        "read with the tools that proximo_find lists.");
        tools_refused(server, request, facade->name, p);
        return -EPERM;
    }
    if (facade_denied(server, facade->name))
        return tools_left_out(catalog, server, request, CATALOG_DENIED, facade->name, p);
    if (!catalog && facade->kind != FACADE_AUDIT)
        return -EAGAIN; /* p says why */
    return call_facade(server, facade, catalog, request, body, details, p);
}

static int run_tool(struct server *server, const struct tool_request *request, const struct tool *tool,
                    struct buf *body, struct problem *p)
{
    if (tool->kind == TOOL_CHANGE)
        return tools_plan(server, request, tool, request->arguments, NULL, body, p);
    if (tool->kind == TOOL_READ_CORE)
        return run_core(server, request, tool, request->arguments, NULL, body, p);
    return run_read(server, request, tool, request->arguments, NULL, body, p);
}

bool tools_call_body(struct server *server, const struct tool_request *request, struct buf *body,
                     struct message_error *error)
{
    const struct facade *facade = facade_find_tool(request->name);
    struct buf details CLEANUP_BUF = BUF_INIT(DETAILS_LIMIT);
    struct problem p = PROBLEM_INIT;
    const struct catalog *catalog = call_catalog(server, facade, request, &p);
    enum catalog_answer answer;
    const struct tool *tool;
    size_t mark = body->len;
    int r = -EAGAIN;

    if (facade) {
        r = run_facade(server, facade, catalog, request, body, &details, &p);
    } else if (catalog) {
        answer = catalog_find(catalog, request->name, &tool);
        if (answer == CATALOG_UNKNOWN)
            return unknown_tool(catalog, request->name, error);
        r = answer == CATALOG_OK ? run_tool(server, request, tool, body, &p)
                                 : tools_left_out(catalog, server, request, answer, request->name, &p);
    }
    if (request->call) {
        atomic_fetch_add(&server->calls_done, 1);
        atomic_fetch_add(&server->calls_failed, r < 0);
    }
    if (client_requests_protocol_error(request->call, r)) {
        client_requests_error(request->call, r, &p, error);
        return false;
    }
    if (r < 0) {
        answer_cut(body, mark);
        body_tool_problem(body, &p, &details);
    }
    return true;
}
