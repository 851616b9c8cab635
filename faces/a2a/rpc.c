/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of A2A. Source: A2A 1.0, JSON-RPC binding. */
#include "rpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "engine.h"
#include "skills.h"
#include "tasks.h"
#include "work.h"

#define SEND_WAIT_MS 120000 /* a blocking send answers by then, whatever the task does */
#define PAGE_MOST    100
#define PAGE_USUAL   50

#define INVALID_PARAMS (-32602)
#define NOT_FOUND      (-32001)
#define NOT_CANCELABLE (-32002)
#define NO_PUSH        (-32003)
#define UNSUPPORTED    (-32004)
#define NO_VERSION     (-32009)
#define INTERNAL       (-32603)

struct request {
    const struct rpc *rpc;
    struct json_object *params; /* an object, or NULL */
    char *id;                   /* its JSON */
    struct rpc_answer *answer;
    int code; /* of an error */
    const char *reason;
    char words[1024];
};

static int fail(struct request *q, int code, const char *reason, const char *words)
{
    q->code = code;
    q->reason = reason;
    (void)snprintf(q->words, sizeof(q->words), "%s", words);
    return -EINVAL;
}

static int fail_problem(struct request *q, const struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(4096);

    problem_text(p, &text);
    return fail(q, INVALID_PARAMS, NULL, text.data ? text.data : p->code);
}

static void open_answer(const char *id, const char *member, struct buf *out)
{
    buf_printf(out, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"%s\":", id, member);
}

static void put_error(struct request *q, struct buf *out)
{
    buf_reset(out);
    open_answer(q->id ? q->id : "null", "error", out);
    buf_printf(out, "{\"code\":%d", q->code);
    json_put_key_string(out, "message", q->words);
    if (q->reason)
        buf_printf(out,
                   ",\"data\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"%s\","
                   "\"domain\":\"a2a-protocol.org\"}]",
                   q->reason);
    buf_str(out, "}}");
}

void rpc_answer_done(struct rpc_answer *answer)
{
    buf_done(&answer->body);
    if (answer->task)
        task_unref(answer->task);
    free(answer->id);
    *answer = (struct rpc_answer){.body = BUF_INIT(RPC_ANSWER_LIMIT)};
}

/* ---- sending */

/* The one data part of a message; *ret_data NULL: there is text alone. */
static int find_data(struct request *q, struct json_object *message, struct json_object **ret_data)
{
    struct json_object *parts = NULL, *data = NULL;

    *ret_data = NULL;
    if (json_get(message, "parts", json_type_array, &parts) < 0 || json_object_array_length(parts) == 0)
        return fail(q, INVALID_PARAMS, NULL, "message.parts is missing or empty");
    for (size_t i = 0; i < json_object_array_length(parts); i++) {
        struct json_object *part = json_object_array_get_idx(parts, i);
        const char *text;
        if (json_get(part, "data", json_type_object, &data) == 0) {
            if (*ret_data)
                return fail(q, INVALID_PARAMS, NULL, "a message has one data part");
            *ret_data = data;
        } else if (json_get_string(part, "text", &text, NULL) < 0) {
            return fail(q, -32005, "CONTENT_TYPE_NOT_SUPPORTED", "parts are data or text");
        }
    }
    return 0;
}

static int refuse_skill(struct request *q, const char *name, struct problem *p)
{
    engine_refused(q->rpc->engine, name, p);
    return fail_problem(q, p);
}

/* What a data part asks for. */
static int read_skill(struct request *q, struct json_object *data, const struct skill **ret,
                      struct json_object **ret_arguments)
{
    struct json_object *params = NULL, *given = NULL;
    struct problem p = PROBLEM_INIT;
    const char *name = "";

    (void)json_get_string(data, "skill", &name, NULL);
    const struct skill *skill = skill_find(name);
    if (!skill) {
        const char *why = skill_excluded(name);
        (void)problem_set(&p, -ENOENT, PX_TOOL, "there is no skill %.40s%s%s", *name ? name : "(none named)",
                          why ? ": " : "", why ? why : "");
        problem_next(&p, "the agent card lists the skills");
        return refuse_skill(q, skill_excluded(name) ? name : "unknown skill", &p);
    }
    json_object_object_foreach(data, key, value)
    {
        (void)value;
        if (strcmp(key, "skill") != 0 && strcmp(key, "params") != 0) {
            (void)problem_set(&p, -EINVAL, PX_ARG, "the data part has skill and params, and no \"%.40s\"",
                              key);
            problem_next(&p, "send {\"skill\": \"%s\", \"params\": {...}}", skill->id);
            return refuse_skill(q, skill->id, &p);
        }
    }
    if (json_object_object_get_ex(data, "params", &given) &&
        json_get(data, "params", json_type_object, &params) < 0) {
        (void)problem_set(&p, -EINVAL, PX_ARG, "params must be an object");
        return refuse_skill(q, skill->id, &p);
    }
    if (engine_may(q->rpc->engine, skill, &p) < 0) /* recorded there */
        return fail_problem(q, &p);
    if (skill_arguments(skill, params, ret_arguments, &p) < 0)
        return refuse_skill(q, skill->id, &p);
    *ret = skill;
    return 0;
}

static int new_task(struct request *q, struct json_object *message, struct task **ret)
{
    const struct rpc *rpc = q->rpc;
    const struct skill *skill = NULL;
    struct json_object *data = NULL, *arguments = NULL;
    const char *context = NULL;
    struct task *task = NULL;
    int r = find_data(q, message, &data);

    if (r == 0 && data)
        r = read_skill(q, data, &skill, &arguments);
    if (r < 0)
        return r;
    (void)json_get_string(message, "contextId", &context, NULL);
    if (context && strlen(context) > 128) {
        json_object_put(arguments);
        return fail(q, INVALID_PARAMS, NULL, "message.contextId is longer than 128 characters");
    }
    r = tasks_add(rpc->tasks, skill, arguments, context, message, &task);
    if (r < 0)
        return fail(q, INTERNAL, NULL, r == -EBUSY ? "too many tasks that have not ended" : "no memory");
    struct task *own = tasks_find(rpc->tasks, task_id(task)); /* the worker has the other */
    r = own ? work_start(rpc->work, task) : -ENOMEM;
    if (r < 0) {
        (void)task_set(task, TASK_REJECTED,
                       "as much is being done as can be done at once; send it again later", NULL);
        task_unref(task);
    }
    *ret = own;
    return own ? 0 : fail(q, INTERNAL, NULL, "no memory");
}

/* To a task that is there: nothing in the message counts, but it is looked at how the task stands. */
static int old_task(struct request *q, const char *id, const char *context, struct task **ret)
{
    struct task *task = tasks_find(q->rpc->tasks, id);

    if (!task)
        return fail(q, NOT_FOUND, "TASK_NOT_FOUND", "Task not found");
    if (task_ended(task_state_now(task))) {
        task_unref(task);
        return fail(q, UNSUPPORTED, "UNSUPPORTED_OPERATION", "Task is in a terminal state");
    }
    if (context && *context && strcmp(context, task_context(task)) != 0) {
        task_unref(task);
        return fail(q, INVALID_PARAMS, NULL, "the task is of another context");
    }
    work_nudge(q->rpc->work, task);
    *ret = task;
    return 0;
}

static int take_message(struct request *q, struct task **ret)
{
    struct json_object *message = NULL;
    const char *text = "", *id = NULL, *context = NULL;

    if (json_get(q->params, "message", json_type_object, &message) < 0 ||
        json_get_string(message, "messageId", &text, NULL) < 0 || !*text)
        return fail(q, INVALID_PARAMS, NULL, "message.messageId, role and parts are required");
    if (json_get_string(message, "role", &text, NULL) < 0 || strcmp(text, "ROLE_USER") != 0)
        return fail(q, INVALID_PARAMS, NULL, "message.role must be ROLE_USER");
    (void)json_get_string(message, "contextId", &context, NULL);
    if (json_get_string(message, "taskId", &id, NULL) == 0 && *id)
        return old_task(q, id, context, ret);
    return new_task(q, message, ret);
}

static bool wants_history(struct json_object *from)
{
    int64_t length = 1;

    return json_get_int(from, "historyLength", &length) < 0 || length > 0;
}

static int send_message(struct request *q)
{
    struct json_object *configuration = NULL;
    struct task *task = NULL;
    bool at_once = false;
    int r = take_message(q, &task);

    if (r < 0)
        return r;
    if (json_get(q->params, "configuration", json_type_object, &configuration) == 0)
        (void)json_get_bool(configuration, "returnImmediately", &at_once);
    if (!at_once)
        task_wait(task, clock_ms() + SEND_WAIT_MS);
    buf_str(&q->answer->body, "{\"task\":");
    task_put(task, !configuration || wants_history(configuration), true, &q->answer->body, NULL);
    buf_char(&q->answer->body, '}');
    task_unref(task);
    return 0;
}

/* Takes the task. */
static void begin_stream(struct request *q, struct task *task, bool waits)
{
    struct rpc_answer *a = q->answer;

    buf_str(&a->body, "{\"task\":");
    task_put(task, false, true, &a->body, &a->cursor);
    buf_char(&a->body, '}');
    a->task = task;
    a->waits = waits;
}

static int send_streaming(struct request *q)
{
    struct task *task = NULL;
    int r = take_message(q, &task);

    if (r == 0)
        begin_stream(q, task, false);
    return r;
}

/* ---- tasks */

static int named_task(struct request *q, struct task **ret)
{
    const char *id = NULL;

    if (json_get_string(q->params, "id", &id, NULL) < 0)
        return fail(q, INVALID_PARAMS, NULL, "id is required");
    *ret = tasks_find(q->rpc->tasks, id);
    return *ret ? 0 : fail(q, NOT_FOUND, "TASK_NOT_FOUND", "Task not found");
}

static int subscribe(struct request *q)
{
    struct task *task = NULL;
    int r = named_task(q, &task);

    if (r < 0)
        return r;
    if (task_ended(task_state_now(task))) {
        task_unref(task);
        return fail(q, UNSUPPORTED, "UNSUPPORTED_OPERATION", "Task is in a terminal state");
    }
    begin_stream(q, task, true);
    return 0;
}

static int get_task(struct request *q)
{
    struct task *task = NULL;
    int r = named_task(q, &task);

    if (r < 0)
        return r;
    task_put(task, wants_history(q->params), true, &q->answer->body, NULL);
    task_unref(task);
    return 0;
}

static int list_tasks(struct request *q)
{
    struct tasks_query query = {.state = -1, .most = PAGE_USUAL};
    const char *text = NULL;
    int64_t n = 0;
    uint64_t from = 0;

    if (json_get_string(q->params, "contextId", &text, NULL) == 0 && *text)
        query.context = text;
    if (json_get_string(q->params, "status", &text, NULL) == 0 && *text &&
        strcmp(text, "TASK_STATE_UNSPECIFIED") != 0) {
        query.state = task_state_find(text);
        if (query.state < 0)
            return fail(q, INVALID_PARAMS, NULL, "status is no state of a task");
    }
    if (json_get_int(q->params, "pageSize", &n) == 0 && n != 0) {
        if (n < 1 || n > PAGE_MOST)
            return fail(q, INVALID_PARAMS, NULL, "pageSize is 1 to 100");
        query.most = (size_t)n;
    }
    if (json_get_string(q->params, "pageToken", &text, NULL) == 0 && *text &&
        text_to_u64(text, 1000000, &from) < 0)
        return fail(q, INVALID_PARAMS, NULL, "pageToken is none of this server's");
    query.from = (size_t)from;
    (void)json_get_bool(q->params, "includeArtifacts", &query.artifacts);
    query.history = json_get_int(q->params, "historyLength", &n) == 0 && n > 0;
    buf_char(&q->answer->body, '{');
    tasks_put(q->rpc->tasks, &query, &q->answer->body);
    buf_char(&q->answer->body, '}');
    return 0;
}

static int cancel_task(struct request *q)
{
    struct task *task = NULL;
    int r = named_task(q, &task);

    if (r < 0)
        return r;
    if (task_cancel_now(task))
        task_put(task, false, true, &q->answer->body, NULL);
    else
        r = fail(q, NOT_CANCELABLE, "TASK_NOT_CANCELABLE",
                 task_ended(task_state_now(task)) ? "Task has ended"
                                                  : "The change has begun; it is followed to its end");
    task_unref(task);
    return r;
}

static int no_card(struct request *q)
{
    return fail(q, UNSUPPORTED, "UNSUPPORTED_OPERATION", "There is no extended agent card");
}

static int no_push(struct request *q)
{
    return fail(q, NO_PUSH, "PUSH_NOTIFICATION_NOT_SUPPORTED", "Push notifications are not supported");
}

static const struct {
    const char *name;
    int (*run)(struct request *q);
} methods[] = {{"SendMessage", send_message},
               {"SendStreamingMessage", send_streaming},
               {"GetTask", get_task},
               {"ListTasks", list_tasks},
               {"CancelTask", cancel_task},
               {"SubscribeToTask", subscribe},
               {"GetExtendedAgentCard", no_card},
               {"CreateTaskPushNotificationConfig", no_push},
               {"GetTaskPushNotificationConfig", no_push},
               {"ListTaskPushNotificationConfigs", no_push},
               {"DeleteTaskPushNotificationConfig", no_push}};

static int run_method(struct request *q, struct json_object *message, const char *version)
{
    const char *text = NULL;
    struct json_object *params = NULL;

    if (json_get_string(message, "jsonrpc", &text, NULL) < 0 || strcmp(text, "2.0") != 0 ||
        json_get_string(message, "method", &text, NULL) < 0)
        return fail(q, -32600, NULL, "Request payload validation error");
    if (!version || strcmp(version, "1.0") != 0)
        return fail(q, NO_VERSION, "VERSION_NOT_SUPPORTED",
                    "only A2A version 1.0 is spoken here (header A2A-Version)");
    if (json_object_object_get_ex(message, "params", &params) && params &&
        !json_object_is_type(params, json_type_object))
        return fail(q, INVALID_PARAMS, NULL, "params must be an object");
    q->params = params;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(methods[i].name, text) == 0) {
            open_answer(q->id, "result", &q->answer->body);
            return methods[i].run(q);
        }
    }
    return fail(q, -32601, NULL, "Method not found");
}

/* Text, number or nothing, as JSON. */
static int take_id(struct request *q, struct json_object *message)
{
    struct json_object *id = NULL;

    if (json_object_is_type(message, json_type_object))
        (void)json_object_object_get_ex(message, "id", &id);
    if (id && !json_object_is_type(id, json_type_string) && !json_object_is_type(id, json_type_int))
        return fail(q, -32600, NULL, "id must be a text or an integer");
    q->id = text_dup(id ? json_object_to_json_string_ext(id, JSON_C_TO_STRING_PLAIN) : "null");
    if (!q->id)
        return fail(q, INTERNAL, NULL, "no memory");
    return json_object_is_type(message, json_type_object)
               ? 0
               : fail(q, -32600, NULL, "Request payload validation error");
}

void rpc_run(const struct rpc *rpc, const char *version, const char *text, size_t len, struct rpc_answer *ret)
{
    struct request q = {.rpc = rpc, .answer = ret};
    CLEANUP_JSON struct json_object *message = NULL;

    *ret = (struct rpc_answer){.body = BUF_INIT(RPC_ANSWER_LIMIT)};
    int r = json_parse(text, len, &message, NULL);
    if (r < 0)
        r = fail(&q, -32700, NULL, "Invalid JSON payload");
    else
        r = take_id(&q, message);
    if (r == 0)
        r = run_method(&q, message, version);
    if (r == 0) {
        buf_char(&ret->body, '}');
        r = buf_ok(&ret->body) ? 0 : fail(&q, INTERNAL, NULL, "the answer is too large");
    }
    if (r < 0)
        put_error(&q, &ret->body);
    if (r < 0 && ret->task) {
        task_unref(ret->task);
        ret->task = NULL;
    }
    ret->id = q.id;
}

int rpc_next(struct rpc_answer *answer, int ms, struct buf *out)
{
    CLEANUP_BUF struct buf event = BUF_INIT(RPC_ANSWER_LIMIT);
    const int r = task_event(answer->task, &answer->cursor, answer->waits, ms, &event);

    if (r != 1)
        return r;
    open_answer(answer->id ? answer->id : "null", "result", out);
    buf_add(out, event.data ? event.data : "null", event.len);
    buf_char(out, '}');
    return 1;
}
