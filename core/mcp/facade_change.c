/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes: planning by a change tool's name or through proximo_plan, proximo_apply with the form that asks a
 * person, proximo_undo, the state of one plan, and the check of the ledger. What may be done is decided by
 * the trust spine alone; here requests become its calls and its answers results.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "mcp/catalog.h"
#include "mcp/forms.h"
#include "mcp/resources.h"
#include "mcp/state.h"
#include "mcp/tasks.h"
#include "mcp/tools.h"
#include "plane/manifest.h"
#include "trust/trust.h"

#define FORMS_MOST      3 /* in one call of the legacy era */
#define HEAD_CHARS      64
#define FIRST_RECORD_MS 5000

/* What the trust spine is told of a request. */
static struct trust_call trust_call_of(const struct tool_request *request, struct progress *progress)
{
    return (struct trust_call){
        .deadline_ms = request->deadline_ms,
        .cancel = request->call->cancel,
        .once = true,
        .progress = tools_progress,
        .progress_arg = progress,
    };
}

/* Only a server without planes has no trust spine and no calls. */
static int need_trust(const struct server *server, const struct tool_request *request, struct problem *p)
{
    if (server->trust && request->call)
        return 0;
    return problem_set(p, -ENOSYS, PX_INTERNAL, "this server runs without planes");
}

/* ---------------------------------------------------------------- plan */

/* `confirm` is taken out: true and nothing like it. */
static int take_confirm(struct json_object *arguments, bool *ret, struct problem *p)
{
    struct json_object *confirm = NULL;

    *ret = false;
    if (!json_object_object_get_ex(arguments, "confirm", &confirm))
        return 0;
    if (!json_object_is_type(confirm, json_type_boolean)) {
        (void)problem_set(p, -EINVAL, PX_ARG, "\"confirm\" must be true or false");
        problem_next(p, "Leave it away: a change is planned first and applied with proximo_apply.");
        problem_valid(p, "true, false");
        return -EINVAL;
    }
    *ret = json_object_get_boolean(confirm);
    json_object_object_del(arguments, "confirm");
    return 0;
}

int tools_plan(struct server *server, const struct tool_request *request, const struct tool *tool,
               struct json_object *arguments, const char *site_name, struct buf *body, struct problem *p)
{
    struct buf structured CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct progress progress = {server, request->call};
    struct trust_call call;
    struct site *site = NULL;
    bool confirm = false;
    int r = need_trust(server, request, p);

    if (r == 0)
        r = take_confirm(arguments, &confirm, p);
    /* What is announced as reading never acts. */
    if (r == 0 && confirm && tool_gate(server, tool).acts && strcmp(request->name, tool->name) != 0) {
        (void)problem_set(p, -EINVAL, PX_ARG, "proximo_plan only plans; it takes no confirm");
        problem_next(p, "Call %s by its name with confirm to plan and apply in one call.", tool->name);
        return -EINVAL;
    }
    if (r == 0)
        r = tools_take_site(server, tool, arguments, site_name, &site, p);
    if (r < 0)
        return r;
    call = trust_call_of(request, &progress);
    r = trust_plan(server->trust, &call, tool, site, arguments, confirm, &structured, p);
    resources_ledger_changed(server); /* a refusal is a record too */
    if (r == 0)
        body_tool_result(body, &structured, NULL);
    return r;
}

int facade_plan(const struct catalog *catalog, struct server *server, const struct tool_request *request,
                struct buf *body, struct problem *p)
{
    struct named_call named = {0};
    int r = tools_named(catalog, server, request, true, &named, p);

    return r < 0 ? r : tools_plan(server, request, named.tool, named.arguments, named.site, body, p);
}

/* ---------------------------------------------------------------- apply */

/* The modern era asks by the result itself; the client comes again with the answer and the state. */
static int put_input_required(struct call *call, const struct trust_ask *ask, struct buf *body)
{
    json_put_key(body, "inputRequests");
    buf_str(body, "{\"" FORM_CONSENT_KEY "\":{\"method\":\"elicitation/create\",\"params\":");
    form_put_params(body, true, ask);
    buf_str(body, "}}");
    json_put_key_string(body, "requestState", ask->sealed_state ? ask->sealed_state : "");
    call->input_required = true;
    return 0;
}

/* A person is to be asked, and this client cannot: the trust spine should have refused. */
static int cannot_ask(struct problem *p)
{
    (void)problem_set(p, -EPERM, PX_CONSENT,
                      "a person must consent, and this client cannot show them a form");
    problem_next(p, "Use an MCP client that supports elicitation, or let the operator make the change.");
    return -EPERM;
}

/* What was asked last and answered; owns its text. */
struct asked {
    struct trust_ask ask;
    struct form_reply reply;
};

static void asked_done(struct asked *asked)
{
    trust_ask_done(&asked->ask);
    form_reply_done(&asked->reply);
    *asked = (struct asked){0};
}

static struct trust_consent consent_of(const struct call *call, const struct asked *asked)
{
    const struct form_reply *reply = call->modern ? &call->given : &asked->reply;

    return (struct trust_consent){
        .can_ask = call->can_ask,
        .reply = reply->reply,
        .typed = reply->typed,
        .sealed_state = call->modern ? call->request_state : asked->ask.sealed_state,
    };
}

/* Applies; where a person is to be asked, asks and applies with the answer (legacy), or lets the client come
 * again with it (modern). */
static int apply_and_ask(struct server *server, const struct tool_request *request, struct asked *asked,
                         struct buf *structured, struct buf *body, struct buf *details, struct problem *p)
{
    struct progress progress = {server, request->call};
    struct call *call = request->call;
    const char *plan_id = "", *action = "", *subject = "";
    bool wait = true;

    (void)json_get_string(request->arguments, "plan_id", &plan_id, NULL);
    (void)json_get_bool(request->arguments, "wait", &wait);
    (void)json_get_string(request->arguments, "action", &action, NULL);
    (void)json_get_string(request->arguments, "subject", &subject, NULL);
    for (unsigned forms = 0;; forms++) {
        struct trust_call trust_call = trust_call_of(request, &progress);
        struct trust_consent consent = consent_of(call, asked);
        enum trust_result result = TRUST_DONE;
        struct trust_ask ask = {0};
        int r;

        trust_call.deadline_ms = clock_ms() + TRUST_APPLY_ANSWER_MS;
        trust_call.wait_ms = !wait ? -1 : call->takes_tasks ? TASKS_WAIT_MS : 0;
        r = trust_apply(server->trust, &trust_call, plan_id, action, subject, &consent, &result, &ask,
                        structured, details, p);
        asked_done(asked);
        if (r < 0 || result == TRUST_DONE) {
            trust_ask_done(&ask);
            return r;
        }
        asked->ask = ask;
        if (!call->can_ask || !ask.message || !ask.subject)
            return cannot_ask(p);
        if (call->modern)
            return put_input_required(call, &asked->ask, body);
        if (forms == FORMS_MOST)
            return problem_set(p, -EPERM, PX_CONSENT, "the person was asked %d times without consent",
                               FORMS_MOST);
        buf_reset(structured);
        r = forms_ask(server->forms, call->form_has_mode, &asked->ask, call->cancel, &asked->reply, p);
        if (r < 0)
            return r;
    }
}

int facade_apply(struct server *server, const struct tool_request *request, struct buf *body,
                 struct buf *details, struct problem *p)
{
    struct buf structured CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct asked asked = {0};
    const char *plan_id = "";
    int r = need_trust(server, request, p);

    if (r < 0)
        return r;
    r = apply_and_ask(server, request, &asked, &structured, body, details, p);
    (void)json_get_string(request->arguments, "plan_id", &plan_id, NULL);
    resources_plan_changed(server, plan_id);
    asked_done(&asked);
    if (r == 0 && !request->call->input_required && !tasks_answer(server, request, &structured, body))
        body_tool_result(body, &structured, NULL);
    return r;
}

/* ---------------------------------------------------------------- undo, status */

int facade_undo(struct server *server, const struct tool_request *request, struct buf *body,
                struct problem *p)
{
    struct buf structured CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct progress progress = {server, request->call};
    const char *key = NULL, *plan_id = NULL;
    struct trust_call call;
    char number[24];
    int64_t seq = 0;
    int given = 0, r = need_trust(server, request, p);

    if (r < 0)
        return r;
    given += json_get_string(request->arguments, "receipt", &key, NULL) == 0;
    if (json_get_string(request->arguments, "plan_id", &plan_id, NULL) == 0) {
        given++;
        key = plan_id;
    }
    if (json_get_int(request->arguments, "seq", &seq) == 0) {
        given++;
        (void)snprintf(number, sizeof(number), "%lld", (long long)seq);
        key = number;
    }
    if (given != 1 || !key || seq < 0 || (key == number && seq == 0)) {
        (void)problem_set(p, -EINVAL, PX_ARG, "proximo_undo needs one of receipt, plan_id and seq (from 1)");
        problem_next(p, "Give the receipt that proximo_apply returned.");
        problem_valid(p, "receipt, plan_id, seq");
        return -EINVAL;
    }
    call = trust_call_of(request, &progress);
    r = trust_undo(server->trust, &call, key, &structured, p);
    resources_ledger_changed(server);
    if (r == 0)
        body_tool_result(body, &structured, NULL);
    return r;
}

int facade_plan_status(struct server *server, const struct tool_request *request, const char *plan_id,
                       struct buf *body, struct problem *p)
{
    struct buf structured CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct progress progress = {server, request->call};
    struct trust_call call;
    int r = need_trust(server, request, p);

    if (r < 0)
        return r;
    call = trust_call_of(request, &progress);
    r = trust_plan_status(server->trust, &call, plan_id, &structured, p);
    if (r == 0)
        body_tool_result(body, &structured, NULL);
    return r;
}

/* ---------------------------------------------------------------- audit_verify */

int facade_audit(const struct server *server, struct json_object *arguments, struct buf *structured,
                 struct problem *p)
{
    const char *head = NULL;
    struct ledger_report report = {0};
    int r;

    if (json_get_string(arguments, "expected_head", &head, NULL) == 0 &&
        (strlen(head) != HEAD_CHARS || strspn(head, "0123456789abcdef") != HEAD_CHARS)) {
        (void)problem_set(p, -EINVAL, PX_ARG, "expected_head must be 64 lower-case hexadecimal digits");
        problem_next(p, "Give the head that audit_verify or `proximo audit head` showed earlier.");
        return -EINVAL;
    }
    if (server->trust) /* this run's own first record is part of it */
        trust_wait_first(server->trust, clock_ms() + FIRST_RECORD_MS);
    r = ledger_verify_configured(server->config, head, &report, p);
    if (r == 0)
        ledger_report_json(&report, structured);
    return r;
}
