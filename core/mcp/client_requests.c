/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of struct plane_client, for one call. All of them run on the call's own thread. */
#include "mcp/client_requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "mcp/asked.h"
#include "mcp/calls.h"
#include "mcp/forms.h"
#include "mcp/message.h"
#include "mcp/output.h"
#include "mcp/request_state.h"
#include "mcp/shown.h"
#include "mcp/state.h"
#include "mcp/subscriptions.h"
#include "plane/manifest.h"
#include "plane/planes.h"

#define LOG_LINE ((size_t)64 << 10)

struct client_requests {
    struct server *server;
    struct call *call;
    struct plane_client functions;
    unsigned can;
    int log_level; /* least that is sent; -1: none */
    bool begun;
    bool refused;                /* the echoed state is not ours */
    struct json_object *answers; /* {key: result}, of all rounds */
    struct json_object *asked;   /* modern: what has to be asked now, {key: {method, params}} */
    unsigned lacking;            /* kinds that were asked for and are not offered */
};

static const char *const log_levels[] = {"debug", "info",     "notice", "warning",
                                         "error", "critical", "alert",  "emergency"};

int log_level_of(struct span name)
{
    for (size_t i = 0; span_type(name) == json_type_string && i < sizeof(log_levels) / sizeof(log_levels[0]);
         i++) {
        if (span_equals(name, log_levels[i]))
            return (int)i;
    }
    return -1;
}

unsigned client_can(struct span capabilities)
{
    unsigned can = forms_taken(capabilities) ? 1u << PROXIMO_ASK_ELICITATION : 0;

    if (span_type(span_find(capabilities, "sampling")) == json_type_object)
        can |= 1u << PROXIMO_ASK_SAMPLING;
    if (span_type(span_find(capabilities, "roots")) == json_type_object)
        can |= 1u << PROXIMO_ASK_ROOTS;
    return can;
}

/* ---------------------------------------------------------------- the functions */

static bool can_ask(void *arg, uint32_t kind)
{
    const struct client_requests *client = arg;

    return kind <= PROXIMO_ASK_ROOTS && (client->can & (1u << kind));
}

/* A question of which there is no answer yet. Legacy: waits for it. Modern: it is noted. */
static int ask_one(struct client_requests *client, const struct plane_info *plane,
                   const struct plane_ask *ask, struct problem *p)
{
    CLEANUP_BUF struct buf params = BUF_INIT(ASKED_LIMIT);
    struct json_object *request CLEANUP_JSON = NULL, *answer CLEANUP_JSON = NULL;
    int r = asked_params(plane->name, ask, client->call->form_has_mode, &params, p);

    if (r < 0)
        return r;
    if (client->call->modern) {
        request = asked_request(ask->kind, params.data, params.len);
        return request && json_object_object_add(client->asked, ask->key, json_object_get(request)) == 0
                   ? 0
                   : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a question");
    }
    r = forms_request(client->server->forms, asked_method(ask->kind), params.data, client->call->cancel,
                      client->call->deadline_ms, &answer, p);
    if (r == 0 && !asked_fits(ask, answer))
        return problem_set(p, -EPROTO, PX_BAD_ANSWER, "the client's answer does not fit what it was asked");
    if (r == 0 && json_object_object_add(client->answers, ask->key, json_object_get(answer)) < 0)
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for an answer");
    return r;
}

static int ask(void *arg, const struct plane_info *plane, const struct plane_ask *asks, size_t count,
               struct buf *ret_json, struct problem *p)
{
    struct client_requests *client = arg;
    int r = 0;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(asks[i].key, FORM_CONSENT_KEY) == 0)
            return problem_set(p, -EINVAL, PX_PLANE, "the key \"%s\" is kept for consent to a change",
                               asks[i].key);
        if (!can_ask(client, asks[i].kind))
            client->lacking |= 1u << asks[i].kind;
    }
    if (client->lacking)
        return problem_set(p, -EOPNOTSUPP, PX_UNSUPPORTED,
                           "this client does not offer what it would be asked for");
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct json_object *answer = NULL;

        if (!json_object_object_get_ex(client->answers, asks[i].key, &answer) ||
            !asked_fits(&asks[i], answer))
            r = ask_one(client, plane, &asks[i], p);
    }
    if (r < 0)
        return r;
    if (json_object_object_length(client->asked) > 0)
        return problem_set(p, -EINPROGRESS, PX_CONSENT_PENDING, "the client is asked");
    buf_char(ret_json, '{');
    for (size_t i = 0; i < count; i++) {
        json_put_key(ret_json, asks[i].key);
        json_put_value(ret_json, json_object_object_get(client->answers, asks[i].key));
    }
    buf_char(ret_json, '}');
    return 0;
}

static int log_line(void *arg, const struct plane_info *plane, uint32_t level, const char *logger,
                    const char *data_json, struct problem *p)
{
    static const int levels[] = {
        [PROXIMO_LOG_ERROR] = 4, [PROXIMO_LOG_WARN] = 3, [PROXIMO_LOG_INFO] = 1, [PROXIMO_LOG_DEBUG] = 0};
    struct client_requests *client = arg;
    CLEANUP_BUF struct buf line = BUF_INIT(LOG_LINE), name = BUF_INIT(512);

    if (level < PROXIMO_LOG_ERROR || level > PROXIMO_LOG_DEBUG)
        return problem_set(p, -EINVAL, PX_PLANE, "no such level of log messages");
    if (client->log_level < 0 || levels[level] < client->log_level)
        return 0;
    buf_printf(&name, "plane/%s%s", plane->name, logger && *logger ? "/" : "");
    if (logger)
        text_clean(&name, logger, text_utf8_cut(logger, strnlen(logger, 100)), false);
    buf_str(&line, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{");
    json_put_key_string(&line, "level", log_levels[levels[level]]);
    json_put_key_string(&line, "logger", name.data ? name.data : "plane");
    json_put_key(&line, "data");
    buf_str(&line, data_json);
    buf_str(&line, "}}\n");
    if (!buf_ok(&line))
        return problem_set(p, -E2BIG, PX_TOO_LARGE, "a log message is too long");
    (void)pthread_mutex_lock(&client->call->mutex);
    if (!client->call->silent)
        (void)output_offer(client->server->output, line.data, line.len);
    (void)pthread_mutex_unlock(&client->call->mutex);
    return 0;
}

static int show(void *arg, const struct plane_info *plane, uint32_t what, const char *name, bool on,
                struct problem *p)
{
    static const enum list_kind lists[] = {[PROXIMO_SHOW_TOOL] = LIST_TOOLS,
                                           [PROXIMO_SHOW_RESOURCE] = LIST_RESOURCES,
                                           [PROXIMO_SHOW_PROMPT] = LIST_PROMPTS};
    const struct client_requests *client = arg;
    bool changed = false;

    (void)plane; /* its rows alone: checked where they are known */
    if (what < PROXIMO_SHOW_TOOL || what > PROXIMO_SHOW_PROMPT)
        return problem_set(p, -EINVAL, PX_PLANE, "no such list");
    if (shown_set(client->server->shown, lists[what], name, on, &changed) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a list");
    if (changed)
        subscriptions_list_changed(client->server->subscriptions, lists[what]);
    return 0;
}

static int updated(void *arg, const struct plane_info *plane, const char *uri, struct problem *p)
{
    const struct client_requests *client = arg;

    (void)plane;
    (void)p;
    subscriptions_updated(client->server->subscriptions, uri);
    return 0;
}

/* ---------------------------------------------------------------- one call */

int client_requests_new(struct server *server, const struct message *message, struct call *call)
{
    struct client_requests *client = calloc(1, sizeof(*client));

    if (!client)
        return -ENOMEM;
    client->server = server;
    client->call = call;
    client->functions = (struct plane_client){client, can_ask, ask, log_line, show, updated};
    client->can = message->modern ? client_can(message->meta_capabilities) : server->can_ask_for;
    client->log_level =
        message->modern ? log_level_of(message->meta_log_level) : atomic_load(&server->log_level);
    client->asked = json_object_new_object();
    client->answers = call->responses ? json_object_get(call->responses) : json_object_new_object();
    call->client = client;
    return client->asked && client->answers ? 0 : -ENOMEM;
}

void client_requests_free(struct client_requests *client)
{
    if (!client)
        return;
    json_object_put(client->asked);
    json_object_put(client->answers);
    free(client);
}

/* The answers of earlier rounds, which came in the state; those of this round win. */
static int begin(struct client_requests *client, struct problem *p)
{
    struct json_object *earlier CLEANUP_JSON = NULL;
    int r;

    client->begun = true;
    if (!client->call->request_state)
        return 0;
    r = request_state_open(client->server, client->call, &earlier, p);
    client->refused = r == -EBADMSG;
    if (r < 0)
        return r;
    json_object_object_foreach(earlier, key, value)
    {
        if (!json_object_object_get_ex(client->answers, key, NULL) &&
            json_object_object_add(client->answers, key, json_object_get(value)) < 0)
            return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the answers");
    }
    return 0;
}

int client_requests_for(struct server *server, struct call *call, const struct plane_info *plane,
                        const struct plane_client **ret, struct problem *p)
{
    int r;

    *ret = NULL;
    if (!call || !call->client || !planes_may_ask(server->planes, plane))
        return 0;
    r = call->client->begun ? 0 : begin(call->client, p);
    if (r == 0)
        *ret = &call->client->functions;
    return r;
}

int client_requests_put(struct call *call, struct buf *body, struct problem *p)
{
    struct client_requests *client = call->client;
    CLEANUP_FREE char *state = NULL;
    int r;

    if (!client || !call->modern)
        return problem_set(p, -EPROTO, PX_PLANE, "a plane waits for answers that nobody was asked for");
    r = request_state_seal(client->server, call, client->answers, &state, p);
    if (r < 0)
        return r;
    json_put_key(body, "inputRequests");
    json_put_value(body, client->asked);
    json_put_key_string(body, "requestState", state);
    call->input_required = true;
    return 0;
}

static void capability_error(const struct call *call, struct message_error *error)
{
    static const char *const names[] = {[PROXIMO_ASK_ELICITATION] = "elicitation",
                                        [PROXIMO_ASK_SAMPLING] = "sampling",
                                        [PROXIMO_ASK_ROOTS] = "roots"};
    CLEANUP_BUF struct buf data = BUF_INIT(sizeof(error->data) - 1);

    error->code = RPC_MISSING_CAPABILITY;
    (void)snprintf(error->text, sizeof(error->text),
                   "Missing required client capability: this needs what the client does not declare");
    buf_str(&data, "{\"requiredCapabilities\":{");
    for (uint32_t kind = PROXIMO_ASK_ELICITATION; kind <= PROXIMO_ASK_ROOTS; kind++) {
        if (call->client && (call->client->lacking & (1u << kind))) {
            json_put_key(&data, names[kind]);
            buf_str(&data, "{}");
        }
    }
    buf_str(&data, "}}");
    if (buf_ok(&data))
        (void)snprintf(error->data, sizeof(error->data), "%s", data.data);
}

bool client_requests_protocol_error(const struct call *call, int r)
{
    return call && call->client &&
           ((r == -EBADMSG && call->client->refused) ||
            (r == -EOPNOTSUPP && call->modern && call->client->lacking));
}

void client_requests_error(const struct call *call, int r, const struct problem *p,
                           struct message_error *error)
{
    if (r != -EBADMSG && client_requests_protocol_error(call, r)) {
        capability_error(call, error);
        return;
    }
    message_error_problem(error, p);
    if (r == -EBADMSG || r == -EINVAL)
        error->code = RPC_INVALID_PARAMS;
}
