/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a line to its answer: the table of methods, what each of them checks, and whether it is answered at
 * once or becomes a call on a thread of its own.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/forms.h"
#include "mcp/instructions.h"
#include "mcp/message.h"
#include "mcp/state.h"
#include "mcp/tools.h"

#define ID_BYTES     8192
#define LIST_CACHE   "\"ttlMs\":300000,\"cacheScope\":\"public\""
#define CAPABILITIES "\"capabilities\":{\"tools\":{}}"

#define ERA_LEGACY 1u
#define ERA_MODERN 2u

struct method {
    const char *name;
    unsigned eras;
    /* Appends the inside of the result to body, or sets the message's error. True: a call was started,
     * nothing is to be answered now. */
    bool (*run)(struct server *server, struct message *message, const char *id, struct buf *body);
};

static const char *instructions(const struct server *server)
{
    return server->config->mode == CONFIG_GUARDED ? MCP_INSTRUCTIONS_GUARDED : MCP_INSTRUCTIONS_READ;
}

static bool method_initialize(struct server *server, struct message *message, const char *id,
                              struct buf *body)
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
    json_put_key_string(body, "protocolVersion", version);
    buf_str(body, "," CAPABILITIES ",\"serverInfo\":");
    put_server_info(body);
    buf_str(body, ",\"instructions\":");
    json_put_cstr(body, instructions(server));
    return false;
}

static bool method_discover(struct server *server, struct message *message, const char *id, struct buf *body)
{
    (void)message;
    (void)id;
    buf_str(body, "\"supportedVersions\":[\"" MCP_MODERN_VERSION "\"]," CAPABILITIES ",\"instructions\":");
    json_put_cstr(body, instructions(server));
    buf_str(body, "," LIST_CACHE);
    return false;
}

static bool method_ping(struct server *server, struct message *message, const char *id, struct buf *body)
{
    (void)server;
    (void)message;
    (void)id;
    (void)body;
    return false;
}

/* ---------------------------------------------------------------- tools */

static bool method_list(struct server *server, struct message *message, const char *id, struct buf *body)
{
    struct buf *list = &server->list_body[message->modern];
    struct problem p = PROBLEM_INIT;

    if (message->cursor.at) {
        message_fail(message, RPC_INVALID_PARAMS,
                     "Invalid params: unknown cursor; the list of tools has one page");
        return false;
    }
    if (list->len == 0) {
        if (server->calls && server->config->surface == CONFIG_FULL && !server_catalog_ready(server)) {
            message->name = message->arguments = (struct span){0};
            return server_start_call(server, message, id, CALL_LOCAL, body);
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

static bool method_call(struct server *server, struct message *message, const char *id, struct buf *body)
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
    lane = tools_call_lane(name, message->arguments);
    /* The first call of all writes a record: not on this thread. */
    if (server->calls &&
        !(lane == CALL_LOCAL && server_first_call_done(server) && server_catalog_ready(server)))
        return server_start_call(server, message, id, lane, body);
    call_at_once(server, message, name, body);
    return false;
}

/* ---------------------------------------------------------------- lines */

static const struct method methods[] = {
    {"tools/call", ERA_LEGACY | ERA_MODERN, method_call},
    {"tools/list", ERA_LEGACY | ERA_MODERN, method_list},
    {"ping", ERA_LEGACY, method_ping},
    {"initialize", ERA_LEGACY, method_initialize},
    {"server/discover", ERA_MODERN, method_discover},
};

static const struct method *method_find(const struct message *message)
{
    unsigned era = message->modern ? ERA_MODERN : ERA_LEGACY;

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if ((methods[i].eras & era) && span_equals(message->method, methods[i].name))
            return &methods[i];
    }
    return NULL;
}

static void server_request(struct server *server, struct message *message, const char *id, struct buf *out)
{
    size_t mark = out->len;
    const struct method *method;

    if (server->calls && calls_has(server->calls, id)) {
        message_fail(message, RPC_INVALID_REQUEST,
                     "Invalid request: a request with this id is still in progress");
    } else if (message_era_ok(message, server->initialized)) {
        method = method_find(message);
        if (!method) {
            message_fail(message, RPC_METHOD_NOT_FOUND, "Method not found: %.*s",
                         (int)(message->method.len < 80 ? message->method.len : 80), message->method.at);
        } else {
            answer_begin(out, id);
            if (method->run(server, message, id, out)) {
                answer_cut(out, mark);
                return;
            }
        }
    }
    if (message->kind == MESSAGE_BAD) {
        answer_cut(out, mark);
        answer_error(out, id, &message->error);
    } else {
        answer_end(out, message->modern, "complete");
    }
    server->answered = true;
}

/* The only one that means something to us; every other is ignored, as the specification asks. */
static void server_notification(struct server *server, struct message *message)
{
    struct buf id CLEANUP_BUF = BUF_INIT(ID_BYTES);
    enum json_type type = span_type(message->request_id);

    if (!server->calls || !span_equals(message->method, "notifications/cancelled"))
        return;
    if (type != json_type_int && type != json_type_string)
        return;
    put_id(&id, message->request_id);
    if (buf_ok(&id))
        (void)calls_cancel(server->calls, id.data);
}

void server_line(struct server *server, const char *line, size_t len, struct buf *out)
{
    struct span whole = span_whole(line, len);
    struct buf *id = &server->id;
    struct message message;

    if (whole.len == 0)
        return;
    message_read(&message, whole.at, whole.len);
    if (message.kind == MESSAGE_NOTIFICATION)
        server_notification(server, &message);
    if (message.kind == MESSAGE_RESPONSE && server->forms)
        forms_answer(server->forms, message.id, message.result);
    if (message.kind == MESSAGE_NOTIFICATION || message.kind == MESSAGE_RESPONSE)
        return;
    buf_reset(id);
    put_id(id, message.id);
    if (!buf_ok(id) || id->len == 0)
        message_fail(&message, RPC_INTERNAL_ERROR, "Internal error: no memory for this message");
    if (message.kind == MESSAGE_BAD)
        answer_error(out, buf_ok(id) && id->len ? id->data : "null", &message.error);
    else
        server_request(server, &message, id->data, out);
}

void server_line_too_long(struct buf *out)
{
    struct message message = {.kind = MESSAGE_BAD};

    message_fail(&message, RPC_INVALID_REQUEST,
                 "Invalid request: a line is longer than 4 MiB; it was skipped");
    answer_error(out, "null", &message.error);
}
