/* SPDX-License-Identifier: Apache-2.0 */
/* A call from its caller's side: put into the list, waited for, and its upcalls done meanwhile in the
 * caller's own thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "plane/draft.h"
#include "plane/supervisor.h"

struct hooked {
    struct planes *planes;
    struct call *call;
};

/* From whatever thread cancels: never with planes->lock held. */
static void on_cancel(void *arg)
{
    const struct hooked *hooked = arg;
    struct cancel *inner[UPCALL_WIDTH];

    (void)pthread_mutex_lock(&hooked->planes->lock);
    hooked->call->cancelled = true;
    for (size_t i = 0; i < UPCALL_WIDTH; i++)
        inner[i] = hooked->call->inner[i] ? cancel_ref(hooked->call->inner[i]) : NULL;
    (void)pthread_mutex_unlock(&hooked->planes->lock);
    supervisor_wake(hooked->planes);
    for (size_t i = 0; i < UPCALL_WIDTH; i++)
        if (inner[i]) {
            cancel_set(inner[i]);
            cancel_unref(inner[i]);
        }
}

const char *call_name(const struct plane_call *request)
{
    switch (request->kind) {
    case PLANE_CALL_BLAST: return request->class->name;
    case PLANE_CALL_RESOURCE: return request->resource->name;
    case PLANE_CALL_PROMPT: return request->prompt->name;
    case PLANE_CALL_EXEC: return request->exec->row->name;
    default: return request->tool->name;
    }
}

const struct plane_info *call_plane(const struct plane_call *request)
{
    switch (request->kind) {
    case PLANE_CALL_BLAST: return request->plane;
    case PLANE_CALL_RESOURCE: return request->resource->plane;
    case PLANE_CALL_PROMPT: return request->prompt->plane;
    case PLANE_CALL_EXEC: return request->exec->plane;
    default: return request->tool->plane;
    }
}

bool call_is_draft(const struct plane_call *request)
{
    return request->kind == PLANE_CALL_PLAN || request->kind == PLANE_CALL_PLAN_UNDO ||
           request->kind == PLANE_CALL_BLAST;
}

uint32_t call_row(const struct plane_call *request)
{
    switch (request->kind) {
    case PLANE_CALL_BLAST: return (uint32_t)(request->class - request->plane->classes);
    case PLANE_CALL_RESOURCE: return request->resource->index;
    case PLANE_CALL_PROMPT: return request->prompt->index;
    case PLANE_CALL_EXEC: return (uint32_t)(request->exec->row - request->exec->plane->executors);
    default: return request->tool->index;
    }
}

/* NULL, or why this call makes no sense. */
static const char *request_fault(const struct plane_call *request)
{
    const struct tool *tool = request->tool;

    switch (request->kind) {
    case PLANE_CALL_READ: return tool->kind == TOOL_READ_FUNCTION ? NULL : "is not a read function";
    case PLANE_CALL_PLAN: return tool->kind == TOOL_CHANGE && tool->has_plan ? NULL : "has no plan function";
    case PLANE_CALL_PLAN_UNDO:
        return tool->kind == TOOL_CHANGE && tool->has_plan_undo ? NULL : "has no plan_undo function";
    case PLANE_CALL_BLAST: return request->class->has_blast ? NULL : "has no blast function";
    case PLANE_CALL_RESOURCE: return request->resource->has_read ? NULL : "has no read function";
    case PLANE_CALL_PROMPT: return request->prompt->has_get ? NULL : "has no get function";
    case PLANE_CALL_EXEC: return request->exec ? NULL : "is no run of an executor";
    }
    return "is called in an unknown way";
}

/* A secret argument reaches no plane, whatever the caller put there. Resources and prompts have none. */
static int hide_secrets(struct call *call, struct problem *p)
{
    const enum plane_call_kind kind = call->request->kind;
    const bool of_tool = kind == PLANE_CALL_READ || kind == PLANE_CALL_PLAN || kind == PLANE_CALL_PLAN_UNDO;
    const struct tool *tool = of_tool ? call->request->tool : NULL;
    struct json_object *arguments CLEANUP_JSON = NULL;
    struct buf text CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT);
    bool any = false;

    for (size_t i = 0; tool && i < tool->param_count; i++)
        any = any || (tool->params[i].flags & PROXIMO_PARAM_SECRET);
    if (!any)
        return 0;
    int r = json_parse(call->request->arguments_json, strlen(call->request->arguments_json), &arguments, p);
    if (r < 0)
        return r;
    for (size_t i = 0; i < tool->param_count; i++) {
        const struct param_row *param = &tool->params[i];
        struct json_object *value, *mark;
        if (!(param->flags & PROXIMO_PARAM_SECRET) ||
            !json_object_object_get_ex(arguments, param->name, &value) || !value)
            continue;
        mark = json_object_new_object();
        if (!mark || json_object_object_add(mark, "secret", json_object_new_boolean(1)) < 0 ||
            json_object_object_add(arguments, param->name, mark) < 0)
            return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the arguments");
    }
    json_put_value(&text, arguments);
    call->arguments = buf_take(&text, NULL);
    return call->arguments ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the arguments");
}

static struct plane_slot *slot_of(struct planes *planes, const struct plane_info *info)
{
    for (size_t i = 0; i < planes->slot_count; i++)
        if (planes->slots[i].info == info)
            return &planes->slots[i];
    return NULL;
}

static void tell_progress(struct planes *planes, struct call *call)
{
    uint32_t done = call->progress_done, total = call->progress_total;
    char text[sizeof(call->progress_text)];

    memcpy(text, call->progress_text, sizeof(text));
    call->progress_ready = false;
    if (!call->request->progress)
        return;
    (void)pthread_mutex_unlock(&planes->lock);
    call->request->progress(call->request->progress_arg, done, total, text);
    (void)pthread_mutex_lock(&planes->lock);
}

static void do_upcall(struct planes *planes, struct call *call)
{
    struct message_head head = call->upcall;
    char *body = call->upcall_body;
    size_t len = call->upcall_len;

    call->upcall_body = NULL;
    call->upcall_ready = false;
    call->upcall_running = true;
    (void)pthread_mutex_unlock(&planes->lock);
    upcall_run(planes, call, &head, body, len);
    free(body);
    (void)pthread_mutex_lock(&planes->lock);
    call->upcall_running = false;
}

static void wait_done(struct planes *planes, struct call *call)
{
    while (call->state != CALL_DONE) {
        if (call->progress_ready)
            tell_progress(planes, call);
        else if (call->upcall_ready)
            do_upcall(planes, call);
        else
            (void)pthread_cond_wait(&call->wake, &planes->lock);
    }
    if (call->progress_ready) /* told right before its end */
        tell_progress(planes, call);
}

/* What the plane said, as an error with a code of ours. */
static int plane_failure(const struct call *call, struct problem *p)
{
    static const struct {
        int32_t code;
        int error;
        const char *px, *words;
    } codes[] = {
        {PROXIMO_EINVAL, -EINVAL, PX_ARG, "the arguments do not fit"},
        {PROXIMO_ENOMEM, -ENOMEM, PX_PLANE, "it ran out of memory"},
        {PROXIMO_ENOTFOUND, -ENOENT, PX_NOT_FOUND, "what was asked for does not exist"},
        {PROXIMO_EDENIED, -EACCES, PX_PRIVILEGE, "it was refused"},
        {PROXIMO_ENOTALLOWED, -EPERM, PX_TARGET, "the configuration leaves it out"},
        {PROXIMO_ESTATE, -EBUSY, PX_STATE, "its present state does not allow it"},
        {PROXIMO_EUNAVAIL, -ENOTCONN, PX_CONNECT, "something it needs cannot be reached"},
        {PROXIMO_EREMOTE, -EIO, PX_REMOTE, "Proxmox answered with an error"},
        {PROXIMO_ECANCELLED, -ECANCELED, PX_CANCELLED, "the call was cancelled"},
        {PROXIMO_EDEADLINE, -ETIMEDOUT, PX_TIMEOUT, "the call's time is over"},
        {PROXIMO_EPROTO, -EPROTO, PX_BAD_ANSWER, "an answer made no sense"},
        {PROXIMO_ENOSYS, -ENOSYS, PX_UNSUPPORTED, "it is not offered here"},
        {PROXIMO_ECAPABILITY, -EOPNOTSUPP, PX_UNSUPPORTED, "the client does not offer what it asks for"},
    };
    const char *text = call->body_len ? call->body : NULL;

    /* An upcall failed and the plane passed that on: the upcall's own problem says more, with the next step.
     */
    if (!text && call->upcall_code == call->code && *call->upcall_problem.code) {
        if (p)
            *p = call->upcall_problem;
        return call->code == PROXIMO_ECANCELLED    ? -ECANCELED
               : call->code == PROXIMO_ECAPABILITY ? -EOPNOTSUPP
                                                   : -EIO;
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].code == call->code)
            return problem_set(p, codes[i].error, codes[i].px, "%s: %s", call_name(call->request),
                               text ? text : codes[i].words);
    return problem_set(p, -EIO, PX_PLANE, "the plane \"%s\" failed in %s: %s", call->slot->name,
                       call_name(call->request), text ? text : "it gave no reason");
}

static void note_run(const struct call *call, struct exec_run *run)
{
    run->replied = call->error == 0;
    run->stopped = call->cancelled || call->stop_sent;
    run->code = call->code;
}

static int finish(const struct call *call, struct plane_reply *ret, struct problem *p)
{
    if (call->request->kind == PLANE_CALL_EXEC)
        note_run(call, call->request->exec);
    if (call->error < 0) {
        if (p)
            *p = call->problem;
        return call->error;
    }
    /* However the plane put it, the caller knows why it ended. */
    if (call->code != 0 && call->cancelled)
        return problem_set(p, -ECANCELED, PX_CANCELLED, "%s was cancelled", call_name(call->request));
    bool stopped = call->code == PROXIMO_EDEADLINE || call->code == PROXIMO_ECANCELLED;
    if (call->code != 0 && (call->stop_sent || (stopped && clock_ms() >= call->request->deadline_ms))) {
        int r = problem_set(p, -ETIMEDOUT, PX_TIMEOUT, "%s did not end in time", call_name(call->request));
        problem_next(p,
                     "Ask for less (a filter, one node), or raise the limit of a call in the configuration.");
        return r;
    }
    if (call->code == PROXIMO_EINPUT && call->input_wanted)
        return problem_set(p, -EINPROGRESS, PX_INTERNAL, "%s waits for the client's answer",
                           call_name(call->request));
    if (call->code == PROXIMO_EINPUT)
        return problem_set(
            p, -EIO, PX_PLANE,
            "the plane \"%s\" says in %s that the client is being asked, and asked for nothing",
            call->slot->name, call_name(call->request));
    if (call->code != 0)
        return plane_failure(call, p);
    if (call->request->kind == PLANE_CALL_EXEC)
        return exec_take_reply(call->request->exec, call->body, call->body_len, p);
    if (!call_is_draft(call->request))
        return plane_reply_read(call->slot->name,
                                call->request->kind == PLANE_CALL_READ ? call->request->tool : NULL,
                                call->body, call->body_len, ret, p);
    return draft_read(call->request->kind, call->request->tool, call->request->class, call->body,
                      call->body_len, call->request->ret_draft, p);
}

int planes_call(struct planes *planes, const struct plane_call *request, struct plane_reply *ret,
                struct problem *p)
{
    struct call call = {.request = request, .state = CALL_QUEUED};
    struct hooked hooked = {planes, &call};

    const char *fault = request_fault(request);

    if (fault)
        return problem_set(p, -EINVAL, PX_INTERNAL, "%s %s", call_name(request), fault);
    call.slot = slot_of(planes, call_plane(request));
    if (!call.slot)
        return problem_set(p, -EINVAL, PX_INTERNAL, "%s belongs to no plane", call_name(request));
    int r = hide_secrets(&call, p);
    if (r < 0)
        return r;
    (void)pthread_cond_init(&call.wake, NULL);

    (void)pthread_mutex_lock(&planes->lock);
    struct call **last = &planes->calls;
    while (*last)
        last = &(*last)->next;
    *last = &call;
    (void)pthread_mutex_unlock(&planes->lock);
    cancel_hook(request->cancel, on_cancel, &hooked);
    supervisor_wake(planes);

    (void)pthread_mutex_lock(&planes->lock);
    wait_done(planes, &call);
    (void)pthread_mutex_unlock(&planes->lock);
    cancel_unhook(request->cancel);

    (void)pthread_mutex_lock(&planes->lock);
    for (struct call **c = &planes->calls; *c; c = &(*c)->next)
        if (*c == &call) {
            *c = call.next;
            break;
        }
    (void)pthread_mutex_unlock(&planes->lock);
    supervisor_wake(planes); /* its turn is free */

    r = finish(&call, ret, p);
    (void)pthread_cond_destroy(&call.wake);
    free(call.upcall_body);
    free(call.body);
    free(call.arguments);
    return r;
}
