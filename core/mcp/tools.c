/* SPDX-License-Identifier: Apache-2.0 */
/* tools/list and tools/call. */
#include "mcp/tools.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/catalog.h"
#include "mcp/output.h"
#include "mcp/state.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"

#define PROGRESS_EVERY_MS 20
#define PROGRESS_TEXT     200 /* bytes of a message */

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

        put_listed(out, tool->name, tool->title, tool->description);
        tool_schema_write(tool, server->site_names, server->site_names ? server->config->site_count : 0, out);
        put_annotations(out, tool->title ? tool->title : tool->name, true);
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
        if (facade_denied(server, facade->name))
            continue;
        put_listed(body, facade->name, facade->title, facade->description);
        facade_schema(facade, server, body);
        put_annotations(body, facade->title, facade->open_world);
        buf_char(body, '}');
    }
    if (catalog)
        put_plane_tools(server, catalog, body);
    buf_char(body, ']');
    if (modern)
        buf_str(body, ",\"ttlMs\":300000,\"cacheScope\":\"public\"");
    return buf_ok(body) ? 0 : problem_set(p, -EFBIG, PX_INTERNAL, "the list of tools is too large");
}

/* ---------------------------------------------------------------- reads */

struct progress {
    struct server *server;
    struct call *call;
};

/* Tells progress for a live token: strictly increasing, none after the answer, dropped while the client is
 * slow. */
static void on_progress(void *arg, uint32_t done, uint32_t total, const char *message)
{
    const struct progress *progress = arg;
    struct call *call = progress->call;
    struct buf line CLEANUP_BUF = BUF_INIT(8192), text CLEANUP_BUF = BUF_INIT(1024);
    int64_t now = clock_ms();
    bool whole = total > 0 && done >= total;

    if (!call->progress_token)
        return;
    (void)pthread_mutex_lock(&call->mutex);
    if (!call->silent && (!call->progress_told || done > call->progress_done) &&
        (now - call->progress_ms >= PROGRESS_EVERY_MS || (whole && !call->progress_whole))) {
        buf_str(&line,
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":");
        buf_str(&line, call->progress_token);
        json_put_key_int(&line, "progress", done);
        if (total > 0)
            json_put_key_int(&line, "total", total);
        if (message) {
            text_clean(&text, message, text_utf8_cut(message, strnlen(message, PROGRESS_TEXT)), false);
            json_put_key_string(&line, "message", text.data ? text.data : "");
        }
        buf_str(&line, "}}\n");
        if (buf_ok(&line) && output_offer(progress->server->output, line.data, line.len) == 0) {
            call->progress_told = true;
            call->progress_whole = call->progress_whole || whole;
            call->progress_done = done;
            call->progress_ms = now;
        }
    }
    (void)pthread_mutex_unlock(&call->mutex);
}

/* Runs a read tool and writes the inside of its result. arguments may hold `site`, which is taken out. */
static int run_read(struct server *server, const struct tool_request *request, const struct tool *tool,
                    struct json_object *arguments, const char *site_name, struct buf *body, struct problem *p)
{
    char *site_copy CLEANUP_FREE = text_dup(site_name);
    struct progress progress = {server, request->call};
    struct read_result result = {0};
    struct json_object *site = NULL;
    struct read_call call = {
        .tool = tool,
        .planes = server->planes,
        .arguments = arguments,
        .deadline_ms = request->deadline_ms,
        .cancel = request->call ? request->call->cancel : NULL,
        .progress = request->call ? on_progress : NULL,
        .progress_arg = &progress,
    };
    int r;

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
    r = sites_find(server->sites, site_copy, &call.site, p);
    if (r == 0)
        r = read_run(&call, &result, p);
    if (r == 0) {
        body_tool_result(body, &result.structured, &result.content);
        read_result_done(&result);
    }
    return r;
}

/* proximo_read {tool, arguments, site}. */
static int facade_read(const struct catalog *catalog, struct server *server,
                       const struct tool_request *request, struct buf *body, struct problem *p)
{
    struct json_object *arguments = NULL, *empty CLEANUP_JSON = NULL;
    const char *name = "", *site = NULL;
    const struct tool *tool;
    enum catalog_answer answer;

    (void)json_get_string(request->arguments, "tool", &name, NULL);
    (void)json_get_string(request->arguments, "site", &site, NULL);
    if (facade_find_tool(name)) {
        (void)problem_set(p, -EINVAL, PX_TOOL, "%s is not run through proximo_read", name);
        problem_next(p, "Call %s itself.", name);
        return -EINVAL;
    }
    answer = catalog_find(catalog, name, &tool);
    if (answer != CATALOG_OK)
        return catalog_problem(catalog, answer, name, p);
    if (json_get(request->arguments, "arguments", json_type_object, &arguments) < 0) {
        empty = json_object_new_object();
        arguments = empty;
    }
    if (!arguments)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    return run_read(server, request, tool, arguments, site, body, p);
}

/* ---------------------------------------------------------------- tools/call */

bool tools_call_is_local(const char *name)
{
    const struct facade *facade = facade_find_tool(name);

    return facade && facade->kind != FACADE_READ;
}

const struct catalog *tools_catalog(struct server *server, const struct tool_request *request,
                                    struct problem *p)
{
    return server_catalog(server, request->deadline_ms, request->call ? request->call->cancel : NULL, p);
}

static int call_facade(struct server *server, const struct facade *facade, const struct catalog *catalog,
                       const struct tool_request *request, struct buf *body, struct problem *p)
{
    struct buf structured CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    int r = facade_arguments(facade, request->arguments, p);

    if (r < 0)
        return r;
    switch (facade->kind) {
    case FACADE_READ: return facade_read(catalog, server, request, body, p);
    case FACADE_STATUS: facade_status_body(server, body); return 0;
    case FACADE_FIND: r = facade_find(catalog, server, request->arguments, &structured, p); break;
    case FACADE_DESCRIBE: r = facade_describe(catalog, server, request->arguments, &structured, p); break;
    }
    if (r == 0)
        body_tool_result(body, &structured, NULL);
    return r;
}

/* -32602, with the names that are near. */
static bool unknown_tool(const struct catalog *catalog, const char *name, struct message_error *error)
{
    struct message message = {.kind = MESSAGE_BAD};
    char near[256] = "";
    bool any = catalog_nearest(catalog, name, near, sizeof(near));

    message_fail(&message, RPC_INVALID_PARAMS, "Unknown tool: %.60s%s%s. proximo_find searches the tools.",
                 name, any ? ". Near: " : "", any ? near : "");
    *error = message.error;
    return false;
}

bool tools_call_body(struct server *server, const struct tool_request *request, struct buf *body,
                     struct message_error *error)
{
    const struct facade *facade = facade_find_tool(request->name);
    struct problem p = PROBLEM_INIT;
    const struct catalog *catalog = tools_catalog(server, request, &p);
    enum catalog_answer answer;
    const struct tool *tool;
    size_t mark = body->len;
    int r = -EAGAIN;

    if (catalog && facade && facade_denied(server, facade->name)) {
        r = catalog_problem(catalog, CATALOG_DENIED, facade->name, &p);
    } else if (catalog && facade) {
        r = call_facade(server, facade, catalog, request, body, &p);
    } else if (catalog) {
        answer = catalog_find(catalog, request->name, &tool);
        if (answer == CATALOG_UNKNOWN)
            return unknown_tool(catalog, request->name, error);
        r = answer == CATALOG_OK ? run_read(server, request, tool, request->arguments, NULL, body, &p)
                                 : catalog_problem(catalog, answer, request->name, &p);
    }
    if (request->call) {
        atomic_fetch_add(&server->calls_done, 1);
        atomic_fetch_add(&server->calls_failed, r < 0);
    }
    if (r < 0) {
        answer_cut(body, mark);
        body_tool_problem(body, &p);
    }
    return true;
}
