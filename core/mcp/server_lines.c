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
#include "mcp/message.h"
#include "mcp/server_methods.h"
#include "mcp/state.h"
#include "mcp/subscriptions.h"
#include "mcp/tasks.h"

#define ID_BYTES 8192

#define ERA_LEGACY 1u
#define ERA_MODERN 2u

struct method {
    const char *name;
    unsigned eras;
    /* Appends the inside of the result to body, or sets the message's error. True: a call was started,
     * nothing is to be answered now. */
    bool (*run)(struct server *server, struct message *message, const char *id, struct buf *body);
};

/* ---------------------------------------------------------------- lines */

static const struct method methods[] = {
    {"tools/call", ERA_LEGACY | ERA_MODERN, method_call},
    {"tools/list", ERA_LEGACY | ERA_MODERN, method_list},
    {"ping", ERA_LEGACY, method_ping},
    {"initialize", ERA_LEGACY, method_initialize},
    {"server/discover", ERA_MODERN, method_discover},
    {"resources/list", ERA_LEGACY | ERA_MODERN, method_list_resources},
    {"resources/templates/list", ERA_LEGACY | ERA_MODERN, method_list_templates},
    {"resources/read", ERA_LEGACY | ERA_MODERN, method_read_resource},
    {"resources/subscribe", ERA_LEGACY, method_subscribe},
    {"resources/unsubscribe", ERA_LEGACY, method_unsubscribe},
    {"subscriptions/listen", ERA_MODERN, method_listen},
    {"prompts/list", ERA_LEGACY | ERA_MODERN, method_list_prompts},
    {"prompts/get", ERA_LEGACY | ERA_MODERN, method_get_prompt},
    {"completion/complete", ERA_LEGACY | ERA_MODERN, method_complete},
    {"logging/setLevel", ERA_LEGACY, method_set_level},
    {"tasks/get", ERA_MODERN, method_tasks_get},
    {"tasks/update", ERA_MODERN, method_tasks_update},
    {"tasks/cancel", ERA_MODERN, method_tasks_cancel},
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

    if ((server->calls && calls_has(server->calls, id)) ||
        (server->subscriptions && subscriptions_has(server->subscriptions, id))) {
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
    if (buf_ok(&id) && !(server->subscriptions && subscriptions_cancel(server->subscriptions, id.data)))
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
