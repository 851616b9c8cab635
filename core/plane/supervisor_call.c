/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on their way: handed to hosts in turn, stopped in time, and their hosts killed when they do not stop.
 * Under the lock. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "config/config.h"
#include "plane/site.h"
#include "plane/supervisor.h"

static bool is_exec(const struct call *call)
{
    return call->request->kind == PLANE_CALL_EXEC;
}

void call_finish(struct call *call, int error, const struct problem *p)
{
    if (call->state == CALL_RUNNING) {
        call->slot->running--;
        call->slot->host->running--;
        call->slot->host->execs -= is_exec(call);
        if (call->suspect)
            call->slot->host->alone = false;
    }
    call->state = CALL_DONE;
    call->error = error;
    if (p)
        call->problem = *p;
    call_stop_upcall(call);
    (void)pthread_cond_signal(&call->wake);
}

static void cancel_inner(struct call *call)
{
    for (size_t i = 0; i < UPCALL_WIDTH; i++)
        if (call->inner[i])
            cancel_set(call->inner[i]);
}

/* The requests under way for a call are of no use any more. */
void call_stop_upcall(struct call *call)
{
    call->upcall_ready = false;
    free(call->upcall_body);
    call->upcall_body = NULL;
    cancel_inner(call);
}

/* Has it a turn? A read may wait for a run of an executor of its own plane, so runs are counted apart and
 * wait for no call. */
static bool has_turn(struct call *call)
{
    const struct plane_slot *slot = call->slot;
    struct plane_host *host = slot->host;
    unsigned reads = host->running - host->execs;

    if (host->state != HOST_UP || !slot->opened)
        return false;
    if (is_exec(call))
        return host->execs < HOST_CALLS_MOST;
    if ((slot->info->threading == PROXIMO_SERIAL && slot->running) || reads >= HOST_CALLS_MOST ||
        host->alone || host->hold)
        return false;
    if (call->suspect && host->running) {
        host->hold = true; /* it was first: nobody overtakes it */
        return false;
    }
    return true;
}

static void put_input(const struct call *call, int64_t now, struct buf *body)
{
    CLEANUP_BUF struct buf request = BUF_INIT(MESSAGE_LIMIT / 2);

    if (!is_exec(call)) {
        body_put_cstr(body, call->request->input_json);
        return;
    }
    exec_put_request(call->request->exec, now, &request);
    body_put_text(body, request.data ? request.data : "", request.len);
    if (!buf_ok(&request))
        body->error = -EFBIG;
}

static bool dispatch(struct planes *planes, struct call *call, int64_t now)
{
    struct plane_slot *slot = call->slot;
    struct plane_host *host = slot->host;
    struct buf body = BUF_INIT(MESSAGE_LIMIT);

    if (!has_turn(call))
        return false;
    const struct config_site *site = call->request->site ? site_config(call->request->site) : NULL;
    body_put_u32(&body, call->request->kind);
    body_put_u32(&body, call_row(call->request));
    body_put_u64(&body, (uint64_t)(call->request->deadline_ms - now));
    body_put_cstr(&body, call->arguments ? call->arguments : call->request->arguments_json);
    put_input(call, now, &body);
    body_put_u32(&body, site ? (uint32_t)site->kind : 0);
    body_put_cstr(&body, site ? site->name : "");
    call->id = planes->next_call++;
    size_t len = body.len;
    bool ok = buf_ok(&body);
    if (!ok)
        buf_done(&body);
    if (!ok ||
        host_queue(host, &(struct message_head){.type = MESSAGE_CALL, .call = call->id, .seq = slot->index},
                   body.data, len, -1) < 0) {
        struct problem p = PROBLEM_INIT;
        (void)problem_set(&p, -ENOBUFS, PX_BUSY, "the plane \"%s\" has too much to read already", slot->name);
        call_finish(call, -ENOBUFS, &p);
        return false;
    }
    call->state = CALL_RUNNING;
    call->tries++;
    call->stop_sent = false;
    call->input_wanted = false;
    slot->running++;
    host->running++;
    host->execs += is_exec(call);
    host->alone = host->alone || call->suspect;
    return true;
}

/* True if the call ended here. */
static bool give_up(struct call *call, int64_t now)
{
    struct problem p = PROBLEM_INIT;
    const struct plane_slot *slot = call->slot;

    if (call->cancelled) {
        (void)problem_set(&p, -ECANCELED, PX_CANCELLED, "cancelled before the plane \"%s\" began",
                          slot->name);
        call_finish(call, -ECANCELED, &p);
    } else if (slot->out) {
        (void)problem_set(&p, -EIO, PX_PLANE, "the plane \"%s\" is out of service: %s", slot->name,
                          slot->problem.cause);
        if (*slot->problem.next)
            problem_next(&p, "%s", slot->problem.next);
        call_finish(call, -EIO, &p);
    } else if (now >= call->request->deadline_ms) {
        (void)problem_set(&p, -ETIMEDOUT, PX_TIMEOUT, "the plane \"%s\" had no turn for this call in time",
                          slot->name);
        problem_next(&p, "Make fewer calls at once, or allow more time.");
        call_finish(call, -ETIMEDOUT, &p);
    } else {
        return false;
    }
    return true;
}

/* A command that is cancelled has to be ended first. */
static int64_t overdue_ms(const struct call *call)
{
    return is_exec(call) && call->cancelled ? EXEC_GRACE_MS : OVERDUE_MS;
}

static void send_stop(struct call *call, int64_t now)
{
    struct message_head head = {.type = MESSAGE_CANCEL,
                                .call = call->id,
                                .code = call->cancelled ? PROXIMO_ECANCELLED : PROXIMO_EDEADLINE};

    (void)host_queue(call->slot->host, &head, NULL, 0, -1); /* without it the host is killed in time */
    call->stop_sent = true;
    call->kill_ms = now + overdue_ms(call);
    if (is_exec(call))
        cancel_inner(call); /* it may still ask how its process ended */
    else
        call_stop_upcall(call);
}

void calls_tend(struct planes *planes, int64_t now)
{
    for (struct plane_host *host = planes->hosts; host; host = host->next)
        host->hold = false;
    for (struct call *call = planes->calls, *next; call; call = next) {
        next = call->next;
        if (call->state == CALL_QUEUED) {
            if (!give_up(call, now))
                (void)dispatch(planes, call, now);
        } else if (call->state == CALL_RUNNING) {
            char why[96];
            if (!call->stop_sent && (call->cancelled || now >= call->request->deadline_ms))
                send_stop(call, now);
            if (is_exec(call))
                exec_child_tend(call->request->exec, call->stop_sent, now);
            if (!call->stop_sent || now < call->kill_ms)
                continue;
            (void)snprintf(why, sizeof(why), "hung: it went on for %d s after the call was %s",
                           (int)(overdue_ms(call) / 1000),
                           call->cancelled ? "cancelled" : "over its deadline");
            host_lost(planes, call->slot->host, call, why);
        }
    }
}

int64_t calls_next_ms(const struct planes *planes)
{
    int64_t next = INT64_MAX;

    for (const struct call *call = planes->calls; call; call = call->next) {
        int64_t at = call->state == CALL_DONE ? INT64_MAX
                     : call->stop_sent        ? call->kill_ms
                                              : call->request->deadline_ms;
        if (at < next)
            next = at;
        at = is_exec(call) && call->state == CALL_RUNNING
                 ? exec_child_next_ms(call->request->exec, call->stop_sent)
                 : INT64_MAX;
        if (at < next)
            next = at;
    }
    return next;
}
