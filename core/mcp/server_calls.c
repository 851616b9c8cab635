/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that become calls on threads of their own: what they keep of their message, and their running. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/forms.h"
#include "mcp/message.h"
#include "mcp/output.h"
#include "mcp/state.h"
#include "mcp/tools.h"

#define TOKEN_LIMIT 1024

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
    body_tool_problem(body, &p, NULL);
}

/* What the client can be asked, and what it says a person has answered. Only the modern era answers inside of
 * a request. */
static int call_forms(const struct server *server, const struct message *message, struct call *call)
{
    if (!message->modern) {
        call->can_ask = server->can_ask;
        call->form_has_mode = server->form_has_mode;
        return 0;
    }
    call->can_ask = forms_taken(message->meta_capabilities);
    call->form_has_mode = true;
    forms_given(message->input_responses, &call->given);
    if (span_type(message->request_state) == json_type_string) {
        call->request_state = span_text(message->request_state);
        /* NULL: no memory, or U+0000, which no state of ours has; an empty one is no state either. */
        if (!call->request_state)
            call->request_state = text_dup("");
        return call->request_state ? 0 : -ENOMEM;
    }
    return 0;
}

/* Everything a call keeps of its message. */
static int call_from(const struct server *server, const struct message *message, const char *id,
                     struct call **ret)
{
    struct call *call;
    int r = call_new(id, &call);

    if (r < 0)
        return r;
    call->modern = message->modern;
    r = call_forms(server, message, call);
    if (r == 0 && message->meta_progress.at) {
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
bool server_start_call(struct server *server, struct message *message, const char *id, enum call_lane lane,
                       struct buf *body)
{
    struct call *call;
    int r;

    if (!progress_token_ok(message))
        return false;
    if (call_from(server, message, id, &call) < 0) {
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
    answer_end(&out, call->modern, call->input_required ? "input_required" : "complete");
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
