/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of MCP on the transport thread: what each checks, and whether it is answered at once or becomes
 * a call on a thread of its own. */
#include "mcp/server_methods.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/capabilities.h"
#include "mcp/client_requests.h"
#include "mcp/completion.h"
#include "mcp/forms.h"
#include "mcp/instructions.h"
#include "mcp/prompts.h"
#include "mcp/resources.h"
#include "mcp/state.h"
#include "mcp/subscriptions.h"
#include "mcp/tasks.h"
#include "mcp/tools.h"
#include "proximo/plane.h"

static const char *instructions(const struct server *server)
{
    return server->config->mode == CONFIG_GUARDED ? MCP_INSTRUCTIONS_GUARDED : MCP_INSTRUCTIONS_READ;
}

bool method_initialize(struct server *server, struct message *message, const char *id, struct buf *body)
{
    const char *version = MCP_LATEST_LEGACY;

    (void)id;
    if (span_type(message->protocol_version) != json_type_string) {
        message_fail(message, RPC_INVALID_PARAMS,
                     "Invalid params: initialize needs \"protocolVersion\", a string");
        return false;
    }
    (void)mcp_legacy_version(message->protocol_version, &version);
    server->initialized = true;
    /* Revisions are dates: their order as text is their order in time. */
    server->can_ask = strcmp(version, MCP_FIRST_FORMS) >= 0 && forms_taken(message->capabilities);
    server->form_has_mode = strcmp(version, MCP_FIRST_FORMS) > 0;
    server->can_ask_for = client_can(message->capabilities);
    if (!server->can_ask)
        server->can_ask_for &= ~(1u << PROXIMO_ASK_ELICITATION);
    if (server->subscriptions && server->plane_may_ask)
        subscriptions_legacy(server->subscriptions);
    json_put_key_string(body, "protocolVersion", version);
    put_capabilities(server, false, body);
    buf_str(body, ",\"serverInfo\":");
    put_server_info(body);
    buf_str(body, ",\"instructions\":");
    json_put_cstr(body, instructions(server));
    return false;
}

bool method_discover(struct server *server, struct message *message, const char *id, struct buf *body)
{
    (void)message;
    (void)id;
    buf_str(body, "\"supportedVersions\":[\"" MCP_MODERN_VERSION "\"]");
    put_capabilities(server, true, body);
    buf_str(body, ",\"instructions\":");
    json_put_cstr(body, instructions(server));
    buf_str(body, MCP_LIST_CACHE);
    return false;
}

bool method_ping(struct server *server, struct message *message, const char *id, struct buf *body)
{
    (void)server;
    (void)message;
    (void)id;
    (void)body;
    return false;
}

/* ---------------------------------------------------------------- tools */

bool method_list(struct server *server, struct message *message, const char *id, struct buf *body)
{
    struct buf *list = &server->list_body[message->modern];
    struct problem p = PROBLEM_INIT;

    if (message->cursor.at) {
        message_fail(message, RPC_INVALID_PARAMS,
                     "Invalid params: unknown cursor; the list of tools has one page");
        return false;
    }
    if (server->list_version != shown_version(server->shown)) {
        server->list_version = shown_version(server->shown);
        for (size_t i = 0; i < 2; i++)
            buf_reset(&server->list_body[i]);
    }
    if (list->len == 0) {
        if (server->calls && server->config->surface == CONFIG_FULL && !server_catalog_ready(server)) {
            return server_start_call(server, message, id, CALL_LOCAL, work_list_tools, body);
        }
        if (tools_list_body(server, message->modern, NULL, list, &p) < 0) {
            buf_reset(list);
            message_fail(message, RPC_INTERNAL_ERROR, "%s: %s", p.code, p.cause);
            return false;
        }
    }
    buf_add(body, list->data, list->len);
    return false;
}

/* On the transport thread: nothing that waits. */
static void call_at_once(struct server *server, struct message *message, const char *name, struct buf *body)
{
    struct tool_request request = {.name = name, .deadline_ms = clock_ms()};
    struct json_object *arguments CLEANUP_JSON = NULL;

    if (message->arguments.at && !span_is_empty_object(message->arguments))
        (void)json_parse(message->arguments.at, message->arguments.len, &arguments, NULL);
    else
        arguments = json_object_get(server->no_arguments);
    request.arguments = arguments;
    if (!arguments)
        message_fail(message, RPC_INTERNAL_ERROR, "Internal error: no memory");
    else if (!tools_call_body(server, &request, body, &message->error))
        message->kind = MESSAGE_BAD;
}

bool method_call(struct server *server, struct message *message, const char *id, struct buf *body)
{
    char *name CLEANUP_FREE = span_type(message->name) == json_type_string ? span_text(message->name) : NULL;
    enum call_lane lane;

    if (!name) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: tools/call needs \"name\", a string");
        return false;
    }
    if (message->arguments.at && span_type(message->arguments) != json_type_object) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"arguments\" must be an object");
        return false;
    }
    if (message->modern && message->input_responses.at &&
        span_type(message->input_responses) != json_type_object) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"inputResponses\" must be an object");
        return false;
    }
    lane = tools_call_lane(server, name, message->arguments);
    /* The first call of all writes a record: not on this thread. */
    if (server->calls &&
        !(lane == CALL_LOCAL && server_first_call_done(server) && server_catalog_ready(server)))
        return server_start_call(server, message, id, lane, work_tool, body);
    call_at_once(server, message, name, body);
    return false;
}

/* ---------------------------------------------------------------- resources, prompts, completion */

/* A member of params that must be a string of at most `most` bytes; NULL and the message's error. */
static char *take_string(struct message *message, const char *member, size_t most)
{
    struct span found = span_find(message->params, member);
    char *text;

    text = span_type(found) == json_type_string && found.len <= most + 2 ? span_text(found) : NULL;
    if (!text || !*text) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"%s\" must be a string of 1 to %zu bytes",
                     member, most);
        free(text);
        return NULL;
    }
    return text;
}

/* Server without planes: these are for a server that has some. */
static bool start(struct server *server, struct message *message, const char *id, enum call_lane lane,
                  call_work_fn work, struct buf *body)
{
    if (server->calls)
        return server_start_call(server, message, id, lane, work, body);
    message_fail(message, RPC_INTERNAL_ERROR, "Internal error: this server runs without planes");
    return false;
}

static bool start_list(struct server *server, struct message *message, const char *id, call_work_fn work,
                       struct buf *body)
{
    if (!message->cursor.at)
        return start(server, message, id, CALL_LOCAL, work, body);
    message_fail(message, RPC_INVALID_PARAMS, "Invalid params: unknown cursor; the list has one page");
    return false;
}

bool method_list_resources(struct server *server, struct message *message, const char *id, struct buf *body)
{
    return start_list(server, message, id, work_list_resources, body);
}

bool method_list_templates(struct server *server, struct message *message, const char *id, struct buf *body)
{
    return start_list(server, message, id, work_list_templates, body);
}

bool method_list_prompts(struct server *server, struct message *message, const char *id, struct buf *body)
{
    return start_list(server, message, id, work_list_prompts, body);
}

bool method_read_resource(struct server *server, struct message *message, const char *id, struct buf *body)
{
    char *uri CLEANUP_FREE = take_string(message, "uri", RESOURCE_URI_MOST);

    return uri && start(server, message, id, CALL_WAITS, work_read_resource, body);
}

bool method_get_prompt(struct server *server, struct message *message, const char *id, struct buf *body)
{
    char *name CLEANUP_FREE = take_string(message, "name", 128);

    if (!name)
        return false;
    if (message->arguments.at && span_type(message->arguments) != json_type_object) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"arguments\" must be an object");
        return false;
    }
    return start(server, message, id, CALL_WAITS, work_get_prompt, body);
}

bool method_complete(struct server *server, struct message *message, const char *id, struct buf *body)
{
    return start(server, message, id, CALL_WAITS, work_complete, body);
}

/* ---------------------------------------------------------------- logging, subscriptions */

bool method_set_level(struct server *server, struct message *message, const char *id, struct buf *body)
{
    int level;

    (void)id;
    (void)body;
    if (!server->plane_may_ask) {
        message_fail(message, RPC_METHOD_NOT_FOUND,
                     "Method not found: no plane of this server writes to the log");
        return false;
    }
    level = log_level_of(span_find(message->params, "level"));
    if (level < 0)
        message_fail(
            message, RPC_INVALID_PARAMS,
            "Invalid params: level must be one of debug, info, notice, warning, error, critical, alert, "
            "emergency");
    else
        atomic_store(&server->log_level, level);
    return false;
}

static bool too_many(struct message *message, int r)
{
    if (r == -E2BIG)
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: too many subscriptions");
    else if (r < 0)
        message_fail(message, RPC_INTERNAL_ERROR, "Internal error: no memory for a subscription");
    return false;
}

bool method_subscribe(struct server *server, struct message *message, const char *id, struct buf *body)
{
    char *uri CLEANUP_FREE = take_string(message, "uri", RESOURCE_URI_MOST);

    (void)id;
    (void)body;
    return uri && server->subscriptions && too_many(message, subscriptions_add(server->subscriptions, uri));
}

bool method_unsubscribe(struct server *server, struct message *message, const char *id, struct buf *body)
{
    char *uri CLEANUP_FREE = take_string(message, "uri", RESOURCE_URI_MOST);

    (void)id;
    (void)body;
    if (uri && server->subscriptions)
        subscriptions_remove(server->subscriptions, uri);
    return false;
}

bool method_listen(struct server *server, struct message *message, const char *id, struct buf *body)
{
    struct json_object *filter CLEANUP_JSON = NULL;
    struct span notifications = span_find(message->params, "notifications");
    int r;

    (void)body;
    if (span_type(notifications) == json_type_object)
        (void)json_parse(notifications.at, notifications.len, &filter, NULL);
    if (!filter) {
        message_fail(message, RPC_INVALID_PARAMS,
                     "Invalid params: subscriptions/listen needs \"notifications\", an object");
        return false;
    }
    /* What the extension adds is for those who declare it. Its own notifications are not offered: the
     * acknowledgement says so, and tasks/get tells the same. */
    if (json_object_object_get_ex(filter, "taskIds", NULL) && !tasks_required(message))
        return false;
    r = server->subscriptions ? subscriptions_listen(server->subscriptions, id, filter, server->plane_may_ask)
                              : -ENOMEM;
    if (r < 0)
        return too_many(message, r);
    return true; /* answered when it ends */
}
