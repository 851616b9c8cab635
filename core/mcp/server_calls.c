/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that become calls on threads of their own: what they keep of their message, and their running. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/client_requests.h"
#include "mcp/forms.h"
#include "mcp/message.h"
#include "mcp/output.h"
#include "mcp/state.h"
#include "mcp/tasks.h"
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
static int call_from(struct server *server, const struct message *message, const char *id, call_work_fn work,
                     struct call **ret)
{
    struct call *call;
    int r = call_new(id, &call);

    if (r < 0)
        return r;
    call->modern = message->modern;
    call->work = work;
    call->takes_tasks = message->modern && tasks_taken(message->meta_capabilities);
    r = call_forms(server, message, call);
    if (r == 0 && message->meta_progress.at) {
        call->progress_token = strndup(message->meta_progress.at, message->meta_progress.len);
        r = call->progress_token ? 0 : -ENOMEM;
    }
    if (r == 0 && work == work_tool && message->name.at) {
        call->tool = span_text(message->name);
        r = call->tool ? 0 : -ENOMEM;
    }
    if (r == 0 && work == work_tool && message->arguments.at)
        r = json_parse(message->arguments.at, message->arguments.len, &call->arguments, NULL);
    else if (r == 0 && message->params.at)
        r = json_parse(message->params.at, message->params.len, &call->params, NULL);
    if (r == 0 && message->modern && span_type(message->input_responses) == json_type_object)
        r = json_parse(message->input_responses.at, message->input_responses.len, &call->responses, NULL);
    if (r == 0 && server->plane_may_ask)
        r = client_requests_new(server, message, call);
    if (r < 0) {
        call_free(call);
        return r;
    }
    *ret = call;
    return 0;
}

/* Hands the request over to a thread. */
bool server_start_call(struct server *server, struct message *message, const char *id, enum call_lane lane,
                       call_work_fn work, struct buf *body)
{
    struct call *call;
    int r;

    if (!progress_token_ok(message))
        return false;
    if (call_from(server, message, id, work, &call) < 0) {
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
    if (work == work_tool)
        busy_body(server, r, body);
    else /* only the results of tools have a place for a model's errors */
        message_fail(message, RPC_INTERNAL_ERROR, "Internal error: too many requests are in progress");
    return false;
}

/* ---------------------------------------------------------------- on a thread of the calls */

bool work_tool(struct server *server, struct call *call, struct buf *body, struct message_error *error)
{
    struct tool_request request = {.name = call->tool, .call = call, .deadline_ms = call->deadline_ms};

    if (!call->arguments)
        call->arguments = json_object_new_object();
    request.arguments = call->arguments;
    if (request.arguments)
        return tools_call_body(server, &request, body, error);
    error->code = RPC_INTERNAL_ERROR;
    (void)snprintf(error->text, sizeof(error->text), "Internal error: no memory");
    return false;
}

bool work_list_tools(struct server *server, struct call *call, struct buf *body, struct message_error *error)
{
    struct problem p = PROBLEM_INIT;

    if (tools_list_body(server, call->modern, call, body, &p) == 0)
        return true;
    message_error_problem(error, &p);
    return false;
}

void server_run_call(void *arg, struct call *call)
{
    struct server *server = arg;
    struct buf out CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct message message = {.kind = MESSAGE_BAD};
    bool ok;

    answer_begin(&out, call->id);
    ok = call->work(server, call, &out, &message.error);
    answer_end(&out, call->modern,
               call->input_required ? "input_required"
               : call->task         ? "task"
                                    : "complete");
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
