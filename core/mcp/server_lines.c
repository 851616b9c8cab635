/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a line to its answer: the table of methods, what each of them checks, and whether it is answered at
 * once or becomes a call on a thread of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/instructions.h"
#include "mcp/message.h"
#include "mcp/output.h"
#include "mcp/state.h"
#include "mcp/tools.h"

#define TOKEN_LIMIT  1024
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
    json_put_key_string(body, "protocolVersion", version);
    buf_str(body, "," CAPABILITIES ",\"serverInfo\":");
    put_server_info(body);
    buf_str(body, ",\"instructions\":");
    json_put_cstr(body, MCP_INSTRUCTIONS);
    return false;
}

static bool method_discover(struct server *server, struct message *message, const char *id, struct buf *body)
{
    (void)server;
    (void)message;
    (void)id;
    buf_str(body, "\"supportedVersions\":[\"" MCP_MODERN_VERSION "\"]," CAPABILITIES ",\"instructions\":");
    json_put_cstr(body, MCP_INSTRUCTIONS);
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

/* ---------------------------------------------------------------- calls */

/* The token under which progress may be told. */
static bool progress_token_ok(struct message *message)
{
    enum json_type type = span_type(message->meta_progress);

    if (!message->meta_progress.at)
        return true;
    if (type != json_type_int && type != json_type_string && type != json_type_double)
        message_fail(message, RPC_INVALID_PARAMS,
                     "Invalid params: progressToken must be a string or a number");
    else if (message->meta_progress.len > TOKEN_LIMIT)
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: progressToken is longer than %d bytes",
                     TOKEN_LIMIT);
    return message->kind != MESSAGE_BAD;
}

/* Too many calls: an answer to the model, not to the protocol. */
static void busy_body(struct server *server, int error, struct buf *body)
{
    struct problem p = PROBLEM_INIT;

    atomic_fetch_add(&server->calls_busy, 1);
    atomic_fetch_add(&server->calls_seen, 1);
    if (error == -EBUSY)
        (void)problem_set(&p, error, PX_BUSY,
                          "%u calls are in progress already, the most this server runs at once",
                          calls_running(server->calls));
    else
        (void)problem_set(&p, error, PX_BUSY, "this machine gives no thread for another call");
    problem_next(&p, "Wait for some of them to be answered, then call again.");
    body_tool_problem(body, &p);
}

/* Everything a call keeps of its message. */
static int call_from(const struct message *message, const char *id, struct call **ret)
{
    struct call *call;
    int r = call_new(id, &call);

    if (r < 0)
        return r;
    call->modern = message->modern;
    if (message->meta_progress.at) {
        call->progress_token = strndup(message->meta_progress.at, message->meta_progress.len);
        r = call->progress_token ? 0 : -ENOMEM;
    }
    if (r == 0 && message->name.at) {
        call->tool = span_text(message->name);
        r = call->tool ? 0 : -ENOMEM;
    }
    if (r == 0 && message->arguments.at)
        r = json_parse(message->arguments.at, message->arguments.len, &call->arguments, NULL);
    if (r < 0) {
        call_free(call);
        return r;
    }
    *ret = call;
    return 0;
}

/* Hands the request over to a thread. */
static bool start_call(struct server *server, struct message *message, const char *id, enum call_lane lane,
                       struct buf *body)
{
    struct call *call;
    int r;

    if (!progress_token_ok(message))
        return false;
    if (call_from(message, id, &call) < 0) {
        message_fail(message, RPC_INTERNAL_ERROR, "Internal error: no memory for another call");
        return false;
    }
    call->lane = lane;
    call->deadline_ms = clock_ms() + (int64_t)server->config->call_timeout_s * 1000;
    r = calls_start(server->calls, call);
    if (r == 0) {
        atomic_fetch_add(&server->calls_seen, 1);
        return true;
    }
    call_free(call);
    if (message->name.at)
        busy_body(server, r, body);
    else /* tools/list has no place for a model's errors */
        message_fail(message, RPC_INTERNAL_ERROR, "Internal error: too many requests wait for the planes");
    return false;
}

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
            return start_call(server, message, id, CALL_LOCAL, body);
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
    bool local;

    if (!name) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: tools/call needs \"name\", a string");
        return false;
    }
    if (message->arguments.at && span_type(message->arguments) != json_type_object) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"arguments\" must be an object");
        return false;
    }
    local = tools_call_is_local(name);
    if (server->calls && !(local && server_catalog_ready(server)))
        return start_call(server, message, id, local ? CALL_LOCAL : CALL_WAITS, body);
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
        answer_end(out, message->modern);
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

/* ---------------------------------------------------------------- on a thread of the calls */

/* The inside of the result, or an error. */
static bool call_body(struct server *server, struct call *call, struct buf *body, struct message *message)
{
    struct tool_request request = {.name = call->tool, .call = call, .deadline_ms = call->deadline_ms};
    struct problem p = PROBLEM_INIT;

    if (!call->tool) {
        if (tools_list_body(server, call->modern, call, body, &p) == 0)
            return true;
        message_fail(message, RPC_INTERNAL_ERROR, "%s: %s", p.code, p.cause);
        return false;
    }
    if (!call->arguments)
        call->arguments = json_object_new_object();
    request.arguments = call->arguments;
    if (request.arguments)
        return tools_call_body(server, &request, body, &message->error);
    message_fail(message, RPC_INTERNAL_ERROR, "Internal error: no memory");
    return false;
}

void server_run_call(void *arg, struct call *call)
{
    struct server *server = arg;
    struct buf out CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct message message = {.kind = MESSAGE_BAD};
    bool ok;

    answer_begin(&out, call->id);
    ok = call_body(server, call, &out, &message);
    answer_end(&out, call->modern);
    if (ok && !buf_ok(&out)) {
        ok = false;
        message_fail(&message, RPC_INTERNAL_ERROR, "Internal error: the answer is too large");
    }
    if (!ok) {
        buf_reset(&out);
        answer_error(&out, call->id, &message.error);
    }
    atomic_fetch_add(&server->calls_seen, 1);
    if (call_claim_answer(call) && buf_ok(&out))
        (void)output_send(server->output, out.data, out.len);
    if (atomic_load(&server->refused) && server->stop_write >= 0 && write(server->stop_write, "", 1) < 0)
        log_debug("the server has been told to end already");
}
