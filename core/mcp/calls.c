/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and threads. One mutex guards the table, the queues and the counts; it is never held while a call
 * runs. */
#include "mcp/calls.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/thread.h"
#include "mcp/client_requests.h"

#define BUCKETS       256 /* a power of two */
#define LOCAL_MOST    8192
#define STACK_BYTES   ((size_t)512 << 10)
#define IDLE_KEEP_MS  10000 /* how long a thread waits for another call */
#define WAIT_SLICE_MS 20

struct call_queue {
    struct call *first, **last;
};

struct calls {
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a call was queued, or the end */
    pthread_cond_t idle; /* a call or a thread has ended */
    void (*run)(void *arg, struct call *call);
    void *arg;
    struct call *buckets[BUCKETS];
    struct call_queue queues[CALL_LANES]; /* not begun yet */
    unsigned local_queued;
    bool local_taken;                  /* a thread serves the local queue */
    unsigned running;                  /* calls queued or being run */
    unsigned lane_running[CALL_LANES]; /* the same by lane */
    unsigned most;                     /* at once in each lane but CALL_LOCAL */
    unsigned threads;                  /* alive */
    bool ending;
};

int call_new(const char *id, struct call **ret)
{
    struct call *call = calloc(1, sizeof(*call));

    if (!call)
        return -ENOMEM;
    (void)pthread_mutex_init(&call->mutex, NULL);
    call->id = text_dup(id);
    call->cancel = cancel_new();
    if (!call->id || !call->cancel) {
        call_free(call);
        return -ENOMEM;
    }
    *ret = call;
    return 0;
}

void call_free(struct call *call)
{
    if (!call)
        return;
    client_requests_free(call->client);
    if (call->arguments)
        json_object_put(call->arguments);
    if (call->params)
        json_object_put(call->params);
    if (call->responses)
        json_object_put(call->responses);
    if (call->cancel)
        cancel_unref(call->cancel);
    (void)pthread_mutex_destroy(&call->mutex);
    free(call->id);
    free(call->tool);
    free(call->progress_token);
    free(call->request_state);
    form_reply_done(&call->given);
    free(call);
}

bool call_claim_answer(struct call *call)
{
    bool claimed;

    (void)pthread_mutex_lock(&call->mutex);
    claimed = !call->silent;
    call->silent = true;
    (void)pthread_mutex_unlock(&call->mutex);
    return claimed;
}

int calls_new(unsigned most, void (*run)(void *arg, struct call *call), void *arg, struct calls **ret)
{
    struct calls *calls = calloc(1, sizeof(*calls));

    if (!calls)
        return -ENOMEM;
    (void)pthread_mutex_init(&calls->mutex, NULL);
    (void)pthread_cond_init(&calls->work, NULL);
    (void)pthread_cond_init(&calls->idle, NULL);
    for (int lane = 0; lane < CALL_LANES; lane++)
        calls->queues[lane].last = &calls->queues[lane].first;
    calls->most = most;
    calls->run = run;
    calls->arg = arg;
    *ret = calls;
    return 0;
}

static struct call **calls_bucket(struct calls *calls, const char *id)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (const unsigned char *c = (const unsigned char *)id; *c; c++)
        hash = (hash ^ *c) * 16777619u;
    return &calls->buckets[hash & (BUCKETS - 1)];
}

/* Where the call with this id hangs; *result is NULL if there is none. */
static struct call **calls_place(struct calls *calls, const char *id)
{
    struct call **place = calls_bucket(calls, id);

    while (*place && strcmp((*place)->id, id) != 0)
        place = &(*place)->next;
    return place;
}

/* ---------------------------------------------------------------- threads */

static struct call *queue_take(struct call_queue *queue)
{
    struct call *call = queue->first;

    if (call) {
        queue->first = call->queued;
        if (!queue->first)
            queue->last = &queue->first;
        call->queued = NULL;
    }
    return call;
}

/* The next call for a thread; local ones one after the other. With the mutex held. */
static struct call *calls_take(struct calls *calls)
{
    struct call *call = queue_take(&calls->queues[CALL_WAITS]);

    if (!call)
        call = queue_take(&calls->queues[CALL_LONG]);
    if (!call && !calls->local_taken) {
        call = queue_take(&calls->queues[CALL_LOCAL]);
        if (call) {
            calls->local_queued--;
            calls->local_taken = true;
        }
    }
    return call;
}

/* Runs one call and forgets it. With the mutex held, which is released meanwhile. */
static void calls_run_one(struct calls *calls, struct call *call)
{
    struct call **place;

    (void)pthread_mutex_unlock(&calls->mutex);
    calls->run(calls->arg, call);
    (void)pthread_mutex_lock(&calls->mutex);
    for (place = calls_bucket(calls, call->id); *place != call; place = &(*place)->next)
        ;
    *place = call->next;
    if (call->lane == CALL_LOCAL)
        calls->local_taken = false;
    calls->lane_running[call->lane]--;
    if (--calls->running == 0)
        (void)pthread_cond_broadcast(&calls->idle);
    call_free(call);
}

static bool calls_queued(const struct calls *calls)
{
    bool any = false;

    for (int lane = 0; lane < CALL_LANES; lane++)
        any = any || calls->queues[lane].first;
    return any;
}

static void *calls_thread(void *arg)
{
    struct calls *calls = arg;

    (void)pthread_mutex_lock(&calls->mutex);
    for (;;) {
        struct call *call = calls_take(calls);
        struct timespec until;
        int r = 0;

        if (call) {
            calls_run_one(calls, call);
            continue;
        }
        if (calls->ending)
            break;
        until = clock_timespec(clock_ms() + IDLE_KEEP_MS);
        r = pthread_cond_clockwait(&calls->work, &calls->mutex, CLOCK_MONOTONIC, &until);
        if (r == ETIMEDOUT && !calls_queued(calls))
            break;
    }
    calls->threads--;
    (void)pthread_cond_broadcast(&calls->idle);
    (void)pthread_mutex_unlock(&calls->mutex);
    return NULL;
}

/* One more thread, with the mutex held. */
static int calls_add_thread(struct calls *calls)
{
    int r = thread_start(calls_thread, calls, STACK_BYTES);

    if (r < 0)
        return r;
    calls->threads++;
    return 0;
}

int calls_start(struct calls *calls, struct call *call)
{
    struct call_queue *queue = &calls->queues[call->lane];
    unsigned wanted;
    int r = 0;

    (void)pthread_mutex_lock(&calls->mutex);
    if (call->lane == CALL_LOCAL ? calls->local_queued >= LOCAL_MOST
                                 : calls->lane_running[call->lane] >= calls->most)
        r = -EBUSY;
    if (r == 0) {
        /* A thread for every call that waits, and one for the local queue. */
        wanted = calls->lane_running[CALL_WAITS] + calls->lane_running[CALL_LONG];
        wanted += call->lane != CALL_LOCAL;
        wanted += calls->local_taken || calls->local_queued > 0 || call->lane == CALL_LOCAL;
        if (calls->threads < wanted && calls_add_thread(calls) < 0 && calls->threads == 0)
            r = -EAGAIN;
    }
    if (r == 0) {
        struct call **bucket = calls_bucket(calls, call->id);

        call->next = *bucket;
        *bucket = call;
        *queue->last = call;
        queue->last = &call->queued;
        calls->running++;
        calls->lane_running[call->lane]++;
        calls->local_queued += call->lane == CALL_LOCAL;
        (void)pthread_cond_signal(&calls->work);
    }
    (void)pthread_mutex_unlock(&calls->mutex);
    return r;
}

bool calls_has(struct calls *calls, const char *id)
{
    bool has;

    (void)pthread_mutex_lock(&calls->mutex);
    has = calls->running > 0 && *calls_place(calls, id);
    (void)pthread_mutex_unlock(&calls->mutex);
    return has;
}

bool calls_cancel(struct calls *calls, const char *id)
{
    struct cancel *cancel = NULL;
    struct call *call;

    (void)pthread_mutex_lock(&calls->mutex);
    call = *calls_place(calls, id);
    if (call) {
        (void)pthread_mutex_lock(&call->mutex);
        call->silent = true;
        (void)pthread_mutex_unlock(&call->mutex);
        cancel = cancel_ref(call->cancel);
    }
    (void)pthread_mutex_unlock(&calls->mutex);
    if (cancel) {
        cancel_set(cancel);
        cancel_unref(cancel);
    }
    return cancel != NULL;
}

void calls_stop(struct calls *calls)
{
    (void)pthread_mutex_lock(&calls->mutex);
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct call *call = calls->buckets[i]; call; call = call->next)
            cancel_set(call->cancel);
    }
    (void)pthread_mutex_unlock(&calls->mutex);
}

unsigned calls_running(struct calls *calls)
{
    unsigned n;

    (void)pthread_mutex_lock(&calls->mutex);
    n = calls->running;
    (void)pthread_mutex_unlock(&calls->mutex);
    return n;
}

bool calls_wait_idle(struct calls *calls, int64_t deadline_ms, int stop_fd)
{
    bool idle = false, stopped = false;

    (void)pthread_mutex_lock(&calls->mutex);
    while (!(idle = calls->running == 0) && !stopped && clock_ms() < deadline_ms) {
        struct pollfd p = {.fd = stop_fd, .events = POLLIN};
        int64_t slice = clock_ms() + WAIT_SLICE_MS;
        struct timespec until = clock_timespec(slice < deadline_ms ? slice : deadline_ms);

        (void)pthread_cond_clockwait(&calls->idle, &calls->mutex, CLOCK_MONOTONIC, &until);
        stopped = stop_fd >= 0 && poll(&p, 1, 0) > 0;
    }
    (void)pthread_mutex_unlock(&calls->mutex);
    return idle;
}

void calls_free(struct calls *calls)
{
    if (!calls)
        return;
    (void)pthread_mutex_lock(&calls->mutex);
    calls->ending = true;
    (void)pthread_cond_broadcast(&calls->work);
    while (calls->threads > 0)
        (void)pthread_cond_wait(&calls->idle, &calls->mutex);
    (void)pthread_mutex_unlock(&calls->mutex);
    (void)pthread_cond_destroy(&calls->work);
    (void)pthread_cond_destroy(&calls->idle);
    (void)pthread_mutex_destroy(&calls->mutex);
    free(calls);
}
