/* SPDX-License-Identifier: Apache-2.0 */
/* Calls inside a host: queue, worker threads, cancellation, the wait for an upcall's answer, the reply. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/thread.h"
#include "plane/host.h"

#define WORKER_STACK ((size_t)1 << 20)

struct proximo_call *host_call_find(uint64_t id)
{
    for (struct proximo_call *c = host.calls; c; c = c->next)
        if (c->id == id)
            return c;
    return NULL;
}

static void call_free(struct proximo_call *call)
{
    host_exec_done(call);
    host_draft_done(call);
    host_arena_done(call);
    buf_done(&call->reply);
    if (call->arguments_object)
        json_object_put(call->arguments_object);
    free(call->arguments);
    free(call->input);
    free(call->site_name);
    free(call->answer);
    (void)pthread_cond_destroy(&call->wake);
    (void)pthread_mutex_destroy(&call->upcall_lock);
    free(call);
}

static int32_t check_replied(struct proximo_call *call, int32_t code)
{
    if (code == 0 && !call->replied)
        return host_fail(call, PROXIMO_EINTERNAL, "it ended without an answer");
    return code;
}

static int32_t check_size(struct proximo_call *call, int32_t code)
{
    if (code == 0 && !buf_ok(&call->reply))
        return host_fail(call, PROXIMO_EINTERNAL, "its answer is too large");
    return code;
}

/* A reply of what tells nothing beside it. */
static int32_t end_reply(struct proximo_call *call, int32_t code)
{
    code = check_replied(call, code);
    if (code == 0)
        body_put_cstr(&call->reply, "");
    return check_size(call, code);
}

static int32_t run_read(struct proximo_call *call)
{
    struct proximo_read row;

    if (host_row(&call->plane->plane.reads, call->row, &row, sizeof(row)) < 0 || !row.read || !row.name)
        return PROXIMO_EINTERNAL;
    char who[64];
    (void)snprintf(who, sizeof(who), "tool %.48s", row.name);
    if (host_draft_begin(call, who, NULL) < 0)
        return PROXIMO_ENOMEM;
    int32_t code = check_replied(call, row.read(call->plane->instance, call));
    return check_size(call, host_draft_end_read(call, code, &call->reply));
}

static int32_t run_resource(struct proximo_call *call)
{
    struct proximo_resource row;

    if (host_row(&call->plane->plane.resources, call->row, &row, sizeof(row)) < 0 || !row.read)
        return PROXIMO_EINTERNAL;
    return end_reply(call, row.read(call->plane->instance, call));
}

static int32_t run_prompt(struct proximo_call *call)
{
    struct proximo_prompt row;

    if (host_row(&call->plane->plane.prompts, call->row, &row, sizeof(row)) < 0 || !row.get)
        return PROXIMO_EINTERNAL;
    return end_reply(call, row.get(call->plane->instance, call));
}

static int32_t run_plan(struct proximo_call *call)
{
    struct proximo_change row;
    char who[64];
    const struct proximo_text input = {call->input, call->input_len};
    bool undo = call->kind == PLANE_CALL_PLAN_UNDO;

    if (host_row(&call->plane->plane.changes, call->row, &row, sizeof(row)) < 0 || !row.name ||
        (undo ? !row.plan_undo : !row.plan))
        return PROXIMO_EINTERNAL;
    (void)snprintf(who, sizeof(who), "tool %.48s", row.name);
    if (host_draft_begin(call, who, &row) < 0)
        return PROXIMO_ENOMEM;
    int32_t code =
        undo ? row.plan_undo(call->plane->instance, call, input) : row.plan(call->plane->instance, call);
    return host_draft_end(call, code, &call->reply);
}

static int32_t run_blast(struct proximo_call *call)
{
    struct proximo_class row;
    char who[80];
    const struct proximo_text input = {call->input, call->input_len};

    if (host_row(&call->plane->plane.classes, call->row, &row, sizeof(row)) < 0 || !row.name || !row.blast)
        return PROXIMO_EINTERNAL;
    (void)snprintf(who, sizeof(who), "class %.64s", row.name);
    if (host_draft_begin(call, who, NULL) < 0)
        return PROXIMO_ENOMEM;
    int32_t code = row.blast(call->plane->instance, call, input);
    return host_draft_end(call, code, &call->reply);
}

static void run(struct proximo_call *call)
{
    static int32_t (*const functions[])(struct proximo_call *) = {
        [PLANE_CALL_READ] = run_read,         [PLANE_CALL_PLAN] = run_plan,
        [PLANE_CALL_PLAN_UNDO] = run_plan,    [PLANE_CALL_BLAST] = run_blast,
        [PLANE_CALL_RESOURCE] = run_resource, [PLANE_CALL_PROMPT] = run_prompt,
        [PLANE_CALL_EXEC] = host_run_exec,
    };
    int32_t code = host_stopped(call);

    if (code == 0)
        code = functions[call->kind](call);
    struct message_head head = {.type = MESSAGE_REPLY, .call = call->id, .code = code};
    if (code == 0) {
        host_send(&head, call->reply.data, call->reply.len);
        return;
    }
    if (code > 0) {
        head.code = PROXIMO_EINTERNAL;
        (void)host_fail(call, head.code, "its function returned %d, which is neither 0 nor an error", code);
    }
    /* Words for another code are not words for this one. */
    size_t len = call->fail_code == head.code ? strlen(call->fail_text) : 0;
    host_send(&head, call->fail_text, len);
}

static void forget(struct proximo_call *call)
{
    pthread_mutex_lock(&host.lock);
    call->begun = false;
    while (call->cancelling)
        (void)pthread_cond_wait(&call->wake, &host.lock);
    for (struct proximo_call **c = &host.calls; *c; c = &(*c)->next)
        if (*c == call) {
            *c = call->next;
            break;
        }
    pthread_mutex_unlock(&host.lock);
    call_free(call);
}

static void *worker(void *unused)
{
    (void)unused;
    host_crash_stack();
    pthread_mutex_lock(&host.lock);
    for (;;) {
        host.idle++;
        while (!host.queue_head)
            (void)pthread_cond_wait(&host.work, &host.lock);
        host.idle--;
        struct proximo_call *call = host.queue_head;
        host.queue_head = call->queue_next;
        if (!host.queue_head)
            host.queue_tail = NULL;
        host.queued--;
        call->begun = true;
        if (call->stopped)
            host_exec_cancel(call);
        pthread_mutex_unlock(&host.lock);

        host_current_plane = call->plane;
        host_current_call = call->id;
        run(call);
        host_current_plane = NULL;
        host_current_call = 0;
        forget(call);
        pthread_mutex_lock(&host.lock);
    }
    return NULL;
}

/* With host.lock held. One more worker if nobody is free for what is queued. */
static int want_worker(void)
{
    if (host.idle >= host.queued || host.workers >= HOST_MAX_WORKERS)
        return 0;
    int r = thread_start(worker, NULL, WORKER_STACK);
    if (r == 0)
        host.workers++;
    return host.workers ? 0 : r;
}

/* As body_dup, of bytes of whatever kind. */
static char *bytes_dup(struct body *body, size_t *ret_len)
{
    const char *bytes = body_text(body, ret_len);
    char *copy = malloc(*ret_len + 1);

    if (!copy) {
        body->bad = true;
        return NULL;
    }
    memcpy(copy, bytes, *ret_len);
    copy[*ret_len] = '\0';
    return copy;
}

int host_call_start(const struct message_head *head, const char *packet, size_t len)
{
    struct body body = {packet, len, false};
    struct proximo_call *call = calloc(1, sizeof(*call));

    if (!call)
        return -ENOMEM;
    call->reply = BUF_INIT(MESSAGE_LIMIT);
    (void)pthread_mutex_init(&call->upcall_lock, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&call->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    call->id = head->call;
    uint32_t kind = body_u32(&body);
    call->row = body_u32(&body);
    call->deadline_ms = clock_ms() + (int64_t)body_u64(&body);
    call->arguments = body_dup(&body, MESSAGE_LIMIT);
    call->input =
        kind == PLANE_CALL_EXEC ? bytes_dup(&body, &call->input_len) : body_dup(&body, MESSAGE_LIMIT);
    call->site_kind = body_u32(&body);
    call->site_name = body_dup(&body, 256);
    if (!body_end(&body) || kind > PLANE_CALL_EXEC || head->seq >= host.plane_count ||
        !host.planes[head->seq].opened) {
        call_free(call);
        return -EPROTO;
    }
    call->kind = (enum plane_call_kind)kind;
    call->arguments_len = strlen(call->arguments);
    if (kind != PLANE_CALL_EXEC)
        call->input_len = strlen(call->input);
    call->plane_index = head->seq;
    call->plane = &host.planes[head->seq];

    pthread_mutex_lock(&host.lock);
    call->next = host.calls;
    host.calls = call;
    if (host.queue_tail)
        host.queue_tail->queue_next = call;
    else
        host.queue_head = call;
    host.queue_tail = call;
    host.queued++;
    int r = want_worker();
    pthread_cond_signal(&host.work);
    pthread_mutex_unlock(&host.lock);
    return r;
}

void host_call_stop(uint64_t id, int32_t code)
{
    pthread_mutex_lock(&host.lock);
    struct proximo_call *call = host_call_find(id);
    if (call && !call->stopped) {
        call->stopped = code;
        host_exec_cancel(call);
        pthread_cond_broadcast(&call->wake);
    }
    pthread_mutex_unlock(&host.lock);
}

/* The core is going: every call hears that it is cancelled and has a moment to end before stop() and close().
 */
void host_calls_stop_all(void)
{
    const struct timespec moment = {.tv_nsec = 5000000};

    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&host.lock);
        bool none = host.calls == NULL;
        for (struct proximo_call *c = host.calls; c; c = c->next) {
            c->stopped = c->stopped ? c->stopped : PROXIMO_ECANCELLED;
            pthread_cond_broadcast(&c->wake);
        }
        pthread_mutex_unlock(&host.lock);
        if (none)
            return;
        (void)nanosleep(&moment, NULL);
    }
}

void host_call_answer(const struct message_head *head, char *body, size_t len)
{
    pthread_mutex_lock(&host.lock);
    struct proximo_call *call = host_call_find(head->call);
    if (call && call->waiting && call->seq == head->seq && !call->answered) {
        call->answered = true;
        call->answer_code = body ? head->code : PROXIMO_ENOMEM;
        call->answer = body;
        call->answer_len = len;
        body = NULL;
        pthread_cond_broadcast(&call->wake);
    }
    pthread_mutex_unlock(&host.lock);
    free(body); /* nobody waits for it any more */
}

int32_t host_stopped(struct proximo_call *call)
{
    pthread_mutex_lock(&host.lock);
    if (!call->stopped && clock_ms() >= call->deadline_ms)
        call->stopped = PROXIMO_EDEADLINE;
    int32_t stopped = call->stopped;
    pthread_mutex_unlock(&host.lock);
    return stopped;
}

/* Waits for the answer, with host.lock held. late: a stop alone does not end the wait; what is awaited ends
 * soon. */
static int32_t await(struct proximo_call *call, bool late)
{
    struct timespec until = clock_timespec(late ? INT64_MAX / 2 : call->deadline_ms);

    while (!call->answered && (late || !call->stopped))
        if (pthread_cond_timedwait(&call->wake, &host.lock, &until) == ETIMEDOUT && !call->stopped)
            call->stopped = PROXIMO_EDEADLINE;
    call->waiting = false;
    return call->stopped && !late ? call->stopped : call->answer_code;
}

static int32_t upcall(struct proximo_call *call, uint32_t type, const struct buf *body, bool late,
                      char **ret_answer, size_t *ret_len)
{
    *ret_answer = NULL;
    *ret_len = 0;
    if (!buf_ok(body))
        return PROXIMO_ENOMEM;
    pthread_mutex_lock(&call->upcall_lock);
    pthread_mutex_lock(&host.lock);
    struct message_head head = {.type = type, .call = call->id, .seq = ++call->seq};
    call->waiting = true;
    call->answered = false;
    pthread_mutex_unlock(&host.lock);
    host_send(&head, body->data, body->len);

    pthread_mutex_lock(&host.lock);
    int32_t code = await(call, late);
    *ret_answer = call->answered ? call->answer : NULL;
    *ret_len = call->answered ? call->answer_len : 0;
    call->answer = NULL;
    pthread_mutex_unlock(&host.lock);
    pthread_mutex_unlock(&call->upcall_lock);
    return code;
}

/* Sends an upcall and waits. *ret_answer is malloc'd (the caller puts it into the arena), NULL on failure
 * without words. */
int32_t host_upcall(struct proximo_call *call, uint32_t type, const struct buf *body, char **ret_answer,
                    size_t *ret_len)
{
    int32_t code = host_stopped(call);

    *ret_answer = NULL;
    *ret_len = 0;
    return code ? code : upcall(call, type, body, false, ret_answer, ret_len);
}

int32_t host_upcall_late(struct proximo_call *call, uint32_t type, const struct buf *body, struct body *ret)
{
    char *bytes;
    size_t len;
    int32_t code = upcall(call, type, body, true, &bytes, &len);

    if (bytes && host_arena_adopt(call, bytes) < 0)
        return PROXIMO_ENOMEM;
    *ret = (struct body){bytes ? bytes : "", len, false};
    return code;
}

int32_t host_fail(struct proximo_call *call, int32_t code, const char *format, ...)
{
    va_list ap;

    if (!call)
        return code;
    va_start(ap, format);
    (void)vsnprintf(call->fail_text, sizeof(call->fail_text), format, ap);
    va_end(ap);
    call->fail_code = code;
    return code;
}
