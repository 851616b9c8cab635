/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/resources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/catalog.h"
#include "mcp/client_requests.h"
#include "mcp/message.h"
#include "mcp/resources_core.h"
#include "mcp/shown.h"
#include "mcp/state.h"
#include "mcp/subscriptions.h"
#include "mcp/tools.h"
#include "mcp/uri_template.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"

#define SITE_VARIABLE "{site}"
#define FRESH         ",\"ttlMs\":0,\"cacheScope\":\"private\""

/* ---------------------------------------------------------------- lists */

bool resource_offered(const struct catalog *catalog, const struct server *server,
                      const struct resource_row *row)
{
    const struct tool *tool;

    if (row->tool)
        return catalog_find(catalog, row->tool, &tool) == CATALOG_OK;
    return catalog_allows(server->config, row->plane->name, row->name, NULL);
}

/* {site} alone stands for as many resources as there are sites. */
static bool only_site(const struct resource_row *row)
{
    return row->is_template && row->param_count == 0;
}

static void put_row(struct buf *out, const char *key, const char *uri, const char *name, const char *title,
                    const char *description, const char *mime)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, key, uri);
    json_put_key_string(out, "name", name);
    if (title)
        json_put_key_string(out, "title", title);
    if (description)
        json_put_key_string(out, "description", description);
    if (mime)
        json_put_key_string(out, "mimeType", mime);
    buf_char(out, '}');
}

static const char *mime_of(const struct resource_row *row)
{
    return row->mime ? row->mime : row->tool ? "application/json" : "text/plain";
}

static void put_of_sites(const struct server *server, const struct resource_row *row, struct buf *out)
{
    const struct config *config = server->config;

    for (size_t i = 0; i < config->site_count; i++) {
        CLEANUP_BUF struct buf uri = BUF_INIT(RESOURCE_URI_MOST), title = BUF_INIT(1024);
        const char *name = row->title ? row->title : row->name;

        uri_template_fill(row->uri, "site", config->sites[i].name, &uri);
        buf_printf(&title, config->site_count > 1 ? "%s of %s" : "%s", name, config->sites[i].name);
        if (buf_ok(&uri) && buf_ok(&title))
            put_row(out, "uri", uri.data, row->name, title.data, row->description, mime_of(row));
    }
}

static void put_plane_rows(const struct server *server, const struct catalog *catalog, bool templates,
                           struct buf *out)
{
    size_t count = server->planes ? planes_resource_count(server->planes) : 0;

    for (size_t i = 0; i < count; i++) {
        const struct resource_row *row = planes_resource_at(server->planes, i);

        if (!resource_offered(catalog, server, row) || !shown_is(server->shown, LIST_RESOURCES, row->uri))
            continue;
        if (only_site(row) && !templates)
            put_of_sites(server, row, out);
        else if (!only_site(row) && row->is_template == templates)
            put_row(out, templates ? "uriTemplate" : "uri", row->uri, row->name, row->title, row->description,
                    mime_of(row));
    }
}

static bool list(struct server *server, struct call *call, bool templates, struct buf *body,
                 struct message_error *error)
{
    struct problem p = PROBLEM_INIT;
    const struct catalog *catalog = server_catalog(server, call->deadline_ms, call->cancel, &p);
    const struct core_resource *own;

    if (!catalog) {
        message_error_problem(error, &p);
        return false;
    }
    json_put_key(body, templates ? "resourceTemplates" : "resources");
    buf_char(body, '[');
    for (size_t i = 0; (own = core_resource_at(i)) != NULL; i++) {
        if ((own->variable != NULL) == templates)
            put_row(body, templates ? "uriTemplate" : "uri", own->uri, own->name, own->title,
                    own->description, own->mime);
    }
    put_plane_rows(server, catalog, templates, body);
    buf_char(body, ']');
    if (call->modern)
        buf_str(body, MCP_LIST_CACHE);
    return true;
}

bool work_list_resources(struct server *server, struct call *call, struct buf *body,
                         struct message_error *error)
{
    return list(server, call, false, body, error);
}

bool work_list_templates(struct server *server, struct call *call, struct buf *body,
                         struct message_error *error)
{
    return list(server, call, true, body, error);
}

/* ---------------------------------------------------------------- reading */

/* The code that the era has for it, with the URI. */
static bool not_found(const struct call *call, const char *uri, const struct problem *p,
                      struct message_error *error)
{
    CLEANUP_BUF struct buf data = BUF_INIT(sizeof(error->data) - 1);

    message_error_problem(error, p); /* what it is that is not there */
    if (!p->code[0])
        (void)snprintf(error->text, sizeof(error->text),
                       "Resource not found. resources/list and resources/templates/list show what there is.");
    error->code = call->modern ? RPC_INVALID_PARAMS : RPC_RESOURCE_NOT_FOUND;
    buf_char(&data, '{');
    json_put_key_string(&data, "uri", uri);
    buf_char(&data, '}');
    if (buf_ok(&data))
        (void)snprintf(error->data, sizeof(error->data), "%s", data.data);
    return false;
}

static int take_site(const struct server *server, struct json_object *values, struct site **ret,
                     struct problem *p)
{
    const char *name = NULL;
    int r;

    (void)json_get_string(values, "site", &name, NULL);
    if (!name && server->config->site_count != 1) /* a resource of no site, or of no certain one */
        return 0;
    r = sites_find(server->sites, name, ret, p);
    json_object_object_del(values, "site");
    return r;
}

/* A fixed argument is text; a parameter that is no string takes the value that the text is. */
static struct json_object *fixed_value(const struct tool *tool, const struct field_row *fixed)
{
    struct json_object *value = NULL;

    for (size_t i = 0; i < tool->param_count; i++) {
        if (strcmp(tool->params[i].name, fixed->name) == 0 && tool->params[i].type == PROXIMO_TYPE_STRING)
            return json_object_new_string(fixed->value);
    }
    return json_parse(fixed->value, strlen(fixed->value), &value, NULL) == 0
               ? value
               : json_object_new_string(fixed->value);
}

/* The answer of the tool that the row names, as if it had been called. */
static int read_tool(struct server *server, struct call *call, const struct resource_row *row,
                     const char *uri, struct json_object *values, struct buf *body, struct problem *p)
{
    struct progress progress = {server, call};
    struct read_result result = {0};
    struct read_call read = {
        .tool = planes_tool_find(server->planes, row->tool),
        .planes = server->planes,
        .arguments = values,
        .deadline_ms = call->deadline_ms,
        .cancel = call->cancel,
        .progress = tools_progress,
        .progress_arg = &progress,
    };
    int r = take_site(server, values, &read.site, p);

    for (size_t i = 0; r == 0 && i < row->fixed_count; i++) {
        struct json_object *value = fixed_value(read.tool, &row->fixed[i]);

        if (!value || json_object_object_add(values, row->fixed[i].name, value) < 0)
            r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    }
    if (r == 0)
        r = read_run(&read, &result, p);
    if (r < 0)
        return r;
    tools_note_untrusted(server, read.tool, &result);
    core_resource_put(body, uri, mime_of(row), result.structured.data ? result.structured.data : "{}");
    read_result_done(&result);
    return 0;
}

/* What the plane's own function gives. */
static int read_function(struct server *server, struct call *call, const struct resource_row *row,
                         const char *uri, struct json_object *values, struct buf *body, struct problem *p)
{
    struct progress progress = {server, call};
    struct plane_reply reply = {0};
    struct plane_call plane_call = {
        .kind = PLANE_CALL_RESOURCE,
        .resource = row,
        .deadline_ms = call->deadline_ms,
        .cancel = call->cancel,
        .progress = tools_progress,
        .progress_arg = &progress,
    };
    int r = take_site(server, values, &plane_call.site, p);

    if (r == 0)
        r = client_requests_for(server, call, row->plane, &plane_call.client, p);
    if (r < 0)
        return r;
    plane_call.arguments_json = json_object_to_json_string_ext(values, JSON_C_TO_STRING_PLAIN);
    r = planes_call(server->planes, &plane_call, &reply, p);
    if (r == 0)
        r = reply_put_contents(&reply, uri, mime_of(row), body, p);
    plane_reply_done(&reply);
    return r;
}

/* The variables as the row's parameters want them. */
static int check_values(const struct resource_row *row, struct json_object *values, struct problem *p)
{
    for (size_t i = 0; i < row->param_count; i++) {
        const struct param_row *param = &row->params[i];
        const char *text = "", *why = NULL;
        size_t len = 0;

        (void)json_get_string(values, param->name, &text, &len);
        if (param->format && argument_format_check(param->format, text, len, &why) < 0)
            return problem_set(p, -EINVAL, PX_ARG, "%s of the URI: %s", param->name, why ? why : "not valid");
        if (param->choices && !text_in_list(param->choices, text))
            return problem_set(p, -EINVAL, PX_ARG, "%s of the URI must be one of %s", param->name,
                               param->choices);
    }
    return 0;
}

static const struct resource_row *find_row(const struct server *server, const struct catalog *catalog,
                                           const char *uri, struct json_object **ret_values)
{
    size_t count = server->planes ? planes_resource_count(server->planes) : 0;

    for (size_t i = 0; i < count; i++) {
        const struct resource_row *row = planes_resource_at(server->planes, i);

        if (resource_offered(catalog, server, row) && uri_template_match(row->uri, uri, ret_values))
            return row;
    }
    return NULL;
}

/* -ENOENT: there is no such resource. */
static int read_resource(struct server *server, struct call *call, const struct catalog *catalog,
                         const char *uri, struct buf *body, struct problem *p)
{
    struct json_object *values CLEANUP_JSON = NULL;
    const struct core_resource *own = core_resource_find(uri, &values);
    const struct resource_row *row;
    int r;

    if (own)
        return own->put(server, call, uri, values, body, p);
    row = find_row(server, catalog, uri, &values);
    if (!row)
        return -ENOENT;
    r = check_values(row, values, p);
    if (r < 0)
        return r;
    return row->tool ? read_tool(server, call, row, uri, values, body, p)
                     : read_function(server, call, row, uri, values, body, p);
}

bool work_read_resource(struct server *server, struct call *call, struct buf *body,
                        struct message_error *error)
{
    struct problem p = PROBLEM_INIT;
    const struct catalog *catalog = server_catalog(server, call->deadline_ms, call->cancel, &p);
    CLEANUP_BUF struct buf contents = BUF_INIT(BODY_LIMIT);
    const char *uri = "";
    int r;

    (void)json_get_string(call->params, "uri", &uri, NULL);
    if (!catalog) {
        message_error_problem(error, &p);
        return false;
    }
    server_first_call(server);
    r = read_resource(server, call, catalog, uri, &contents, &p);
    if (r == -ENOENT)
        return not_found(call, uri, &p, error);
    if (r == -EINPROGRESS && client_requests_put(call, body, &p) == 0)
        return true;
    if (r < 0) {
        client_requests_error(call, r, &p, error);
        return false;
    }
    buf_str(body, "\"contents\":");
    buf_add(body, contents.data, contents.len);
    if (call->modern)
        buf_str(body, FRESH);
    return true;
}

void resources_plan_changed(struct server *server, const char *plan_id)
{
    CLEANUP_BUF struct buf uri = BUF_INIT(RESOURCE_URI_MOST);

    if (!server->subscriptions)
        return;
    uri_template_fill(RESOURCE_PLAN, "plan_id", plan_id, &uri);
    if (buf_ok(&uri))
        subscriptions_updated(server->subscriptions, uri.data);
    resources_ledger_changed(server);
}

void resources_ledger_changed(struct server *server)
{
    if (server->subscriptions)
        subscriptions_updated(server->subscriptions, RESOURCE_LEDGER_HEAD);
}
