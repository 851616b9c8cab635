/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks: the extension's wire format around trust_task() and trust_stop_plan(). */
#include "mcp/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/message.h"
#include "mcp/state.h"
#include "mcp/tools.h"
#include "trust/trust.h"

#define EXTENSION     MCP_META "tasks"
#define POLL_MS       2000
#define MISSING_TASKS "{\"requiredCapabilities\":{\"extensions\":{\"" EXTENSION "\":{}}}}"

bool tasks_taken(struct span capabilities)
{
    return span_type(span_find(span_find(capabilities, "extensions"), EXTENSION)) == json_type_object;
}

/* Without changes nothing takes so long that it could be a task. */
static bool tasks_exist(const struct server *server)
{
    return server->config->mode == CONFIG_GUARDED;
}

void put_extensions(const struct server *server, struct buf *out)
{
    if (!tasks_exist(server))
        return;
    json_put_key(out, "extensions");
    buf_str(out, "{\"" EXTENSION "\":{}}");
}

/* ---------------------------------------------------------------- the wire format */

static void put_time(struct buf *out, const char *name, int64_t wall_s)
{
    const time_t when = (time_t)wall_s;
    struct tm tm = {0};
    char text[32] = "";

    (void)gmtime_r(&when, &tm);
    if (strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
        json_put_key_string(out, name, text);
}

/* What a task and the answers about it have in common. */
static void put_task(struct buf *out, const char *id, const struct trust_task *task)
{
    static const char *const words[] = {
        [TRUST_TASK_WORKING] = "working",
        [TRUST_TASK_ENDED] = "completed", /* also where the change failed: that is its result */
        [TRUST_TASK_STOPPED] = "cancelled",
    };

    json_put_key_string(out, "taskId", id);
    json_put_key_string(out, "status", words[task->state]);
    if (task->message[0])
        json_put_key_string(out, "statusMessage", task->message);
    put_time(out, "createdAt", task->created_s);
    put_time(out, "lastUpdatedAt", task->updated_s);
    json_put_key(out, "ttlMs");
    if (task->keep_ms < 0)
        buf_str(out, "null");
    else
        buf_i64(out, task->keep_ms);
    json_put_key_int(out, "pollIntervalMs", POLL_MS);
}

bool tasks_answer(struct server *server, const struct tool_request *request, const struct buf *structured,
                  struct buf *body)
{
    const struct trust_call call = {.deadline_ms = request->deadline_ms, .cancel = request->call->cancel};
    struct json_object *facts CLEANUP_JSON = NULL;
    const char *outcome = "", *plan_id = "";
    struct trust_task task = {0};
    struct problem p = PROBLEM_INIT;

    if (!request->call->takes_tasks || !structured->data ||
        json_parse(structured->data, structured->len, &facts, NULL) < 0 ||
        json_get_string(facts, "outcome", &outcome, NULL) < 0 || strcmp(outcome, "running") != 0 ||
        json_get_string(facts, "plan_id", &plan_id, NULL) < 0)
        return false;
    /* As tasks/get would say it now: there is one. */
    if (trust_task(server->trust, &call, plan_id, &task, &p) < 0)
        return false;
    put_task(body, plan_id, &task);
    trust_task_done(&task);
    request->call->task = true;
    return true;
}

/* ---------------------------------------------------------------- the methods, on threads of the calls */

static bool refuse(struct message_error *error, int r, const struct problem *p)
{
    if (r != -ENOENT && r != -EBUSY) {
        message_error_problem(error, p);
        return false;
    }
    *error = (struct message_error){.code = r == -ENOENT ? RPC_INVALID_PARAMS : RPC_INTERNAL_ERROR};
    (void)snprintf(error->text, sizeof(error->text), "%s",
                   r == -ENOENT
                       ? "Task not found: no change of this user and token has this id"
                       : "Cannot cancel: another process of proximo runs this change; cancel it there");
    return false;
}

/* The trust spine, the planes it asks, and the first record of this run: as before a call of a tool. */
static bool begin(struct server *server, struct call *call, struct message_error *error, const char **ret_id)
{
    struct problem p = PROBLEM_INIT;

    if (!server_catalog(server, call->deadline_ms, call->cancel, &p)) {
        message_error_problem(error, &p);
        return false;
    }
    server_first_call(server);
    if (json_get_string(call->params, "taskId", ret_id, NULL) == 0)
        return true;
    return refuse(error, -ENOENT, NULL); /* U+0000 is in no id */
}

/* -ENOENT for what is no task, else as trust_task. once: what is shown once may be in it (trust_call). */
static int look(struct server *server, struct call *call, const char *id, bool once, struct trust_task *ret,
                struct problem *p)
{
    const struct trust_call trust_call = {
        .deadline_ms = call->deadline_ms, .once = once, .cancel = call->cancel};

    return trust_task(server->trust, &trust_call, id, ret, p);
}

static bool work_get(struct server *server, struct call *call, struct buf *body, struct message_error *error)
{
    struct problem p = PROBLEM_INIT;
    struct trust_task task = {0};
    const char *id = "";

    if (!begin(server, call, error, &id))
        return false;
    const int r = look(server, call, id, true, &task, &p);
    if (r < 0)
        return refuse(error, r, &p);
    put_task(body, id, &task);
    if (task.state == TRUST_TASK_ENDED) {
        struct buf result CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
        body_tool_result(&result, &task.facts, NULL);
        json_put_key(body, "result");
        buf_char(body, '{');
        buf_add(body, result.data ? result.data : "", result.len);
        buf_char(body, '}');
    }
    trust_task_done(&task);
    return true;
}

/* We never ask for input within a task, so there is no response that could be outstanding: all are ignored.
 */
static bool work_update(struct server *server, struct call *call, struct buf *body,
                        struct message_error *error)
{
    struct problem p = PROBLEM_INIT;
    struct trust_task task = {0};
    const char *id = "";

    (void)body;
    if (!begin(server, call, error, &id))
        return false;
    const int r = look(server, call, id, false, &task, &p);
    if (r < 0)
        return refuse(error, r, &p);
    trust_task_done(&task);
    return true;
}

static bool work_cancel(struct server *server, struct call *call, struct buf *body,
                        struct message_error *error)
{
    struct problem p = PROBLEM_INIT;
    const char *id = "";

    (void)body;
    if (!begin(server, call, error, &id))
        return false;
    const int r = trust_stop_plan(server->trust, id, &p);
    return r < 0 ? refuse(error, r, &p) : true;
}

/* ---------------------------------------------------------------- the methods, on the transport thread */

bool tasks_required(struct message *message)
{
    if (tasks_taken(message->meta_capabilities))
        return true;
    message_fail(message, RPC_MISSING_CAPABILITY,
                 "Missing required client capability: extensions[\"" EXTENSION "\"]");
    (void)snprintf(message->error.data, sizeof(message->error.data), "%s", MISSING_TASKS);
    return false;
}

static bool start(struct server *server, struct message *message, const char *id, struct buf *body,
                  call_work_fn work)
{
    if (!tasks_exist(server) || !server->calls) {
        message_fail(message, RPC_METHOD_NOT_FOUND, "Method not found: this server has no tasks");
    } else if (!tasks_required(message)) {
        return false;
    } else if (span_type(span_find(message->params, "taskId")) != json_type_string) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"taskId\" must be a string");
    } else {
        return server_start_call(server, message, id, CALL_WAITS, work, body);
    }
    return false;
}

bool method_tasks_get(struct server *server, struct message *message, const char *id, struct buf *body)
{
    return start(server, message, id, body, work_get);
}

bool method_tasks_update(struct server *server, struct message *message, const char *id, struct buf *body)
{
    if (tasks_taken(message->meta_capabilities) && span_type(message->input_responses) != json_type_object) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"inputResponses\" must be an object");
        return false;
    }
    return start(server, message, id, body, work_update);
}

bool method_tasks_cancel(struct server *server, struct message *message, const char *id, struct buf *body)
{
    return start(server, message, id, body, work_cancel);
}
