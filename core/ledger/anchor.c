/* SPDX-License-Identifier: Apache-2.0 */
/* The anchors of a ledger: their life, and the thread that each sink has while there is something to do. */
#include "ledger/anchor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "config/config.h"
#include "ledger/anchor_inner.h"

#define STACK_BYTES ((size_t)512 << 10)
#define CANCEL_MS   300  /* for what is cancelled to end, at the end of the time there is */
#define FREE_MS     2000 /* how long freeing waits */

static const struct anchor_kind *const kinds[ANCHOR_SINKS] = {&anchor_file, &anchor_post, &anchor_syslog};

int anchors_new(const struct config *config, struct ledger *ledger, struct anchors **ret)
{
    struct anchors *anchors = calloc(1, sizeof *anchors);
    CLEANUP_FREE char *file = ledger_file(config);

    if (!anchors)
        return -ENOMEM;
    (void)pthread_mutex_init(&anchors->mutex, NULL);
    (void)pthread_mutex_init(&anchors->work, NULL);
    (void)pthread_cond_init(&anchors->changed, NULL);
    anchors->config = config;
    anchors->ledger = ledger;
    for (size_t i = 0; i < ANCHOR_SINKS; i++) {
        struct sink *sink = &anchors->sinks[anchors->count];
        if (!kinds[i]->target(config, sink->target))
            continue;
        sink->anchors = anchors;
        sink->kind = kinds[i];
        anchors->count++;
    }
    anchors->cancel = cancel_new();
    if (file && asprintf(&anchors->witnessed_file, "%s.checkpoint.witnessed", file) < 0)
        anchors->witnessed_file = NULL;
    if (!anchors->cancel || (file && !anchors->witnessed_file)) {
        anchors_free(anchors);
        return -ENOMEM;
    }
    *ret = anchors;
    return 0;
}

bool anchors_configured(const struct anchors *anchors)
{
    return anchors->count > 0;
}

/* With the mutex. */
static bool any_runs(const struct anchors *anchors)
{
    for (size_t i = 0; i < anchors->count; i++) {
        if (anchors->sinks[i].running)
            return true;
    }
    return false;
}

/* With the mutex. */
static void wait_ended(struct anchors *anchors, int64_t deadline_ms)
{
    const struct timespec until = clock_timespec(deadline_ms);

    while (any_runs(anchors) && clock_ms() < deadline_ms)
        (void)pthread_cond_clockwait(&anchors->changed, &anchors->mutex, CLOCK_MONOTONIC, &until);
}

bool anchors_stop(struct anchors *anchors, int64_t deadline_ms)
{
    (void)pthread_mutex_lock(&anchors->mutex);
    anchors->stopping = true;
    (void)pthread_cond_broadcast(&anchors->changed);
    wait_ended(anchors, deadline_ms - CANCEL_MS);
    (void)pthread_mutex_unlock(&anchors->mutex);
    cancel_set(anchors->cancel); /* without the mutex: it wakes whoever waits for a receiver */
    (void)pthread_mutex_lock(&anchors->mutex);
    wait_ended(anchors, deadline_ms);
    const bool ended = !any_runs(anchors);
    (void)pthread_mutex_unlock(&anchors->mutex);
    return ended;
}

void anchors_free(struct anchors *anchors)
{
    if (!anchors)
        return;
    if (anchors->cancel && !anchors_stop(anchors, clock_ms() + FREE_MS)) {
        log_warn("an anchor hangs; it is left behind");
        return;
    }
    if (anchors->cancel)
        cancel_unref(anchors->cancel);
    (void)pthread_cond_destroy(&anchors->changed);
    (void)pthread_mutex_destroy(&anchors->work);
    (void)pthread_mutex_destroy(&anchors->mutex);
    free(anchors->witnessed_file);
    free(anchors);
}

/* ---- the thread of a sink */

/* With the mutex, which is given up meanwhile. */
static void work(struct sink *sink, unsigned wants)
{
    const uint64_t asked = sink->asked;

    sink->wants = 0;
    sink->retry_ms = 0;
    sink->busy_ms = clock_ms();
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
    sink_round(sink, wants);
    (void)pthread_mutex_lock(&sink->anchors->mutex);
    sink->busy_ms = 0;
    sink->done = asked;
    (void)pthread_cond_broadcast(&sink->anchors->changed);
}

static void *sink_thread(void *arg)
{
    struct sink *sink = arg;
    struct anchors *anchors = sink->anchors;

    (void)pthread_mutex_lock(&anchors->mutex);
    for (;;) {
        const bool asked = sink->asked > sink->done && !cancel_is_set(anchors->cancel);
        if (asked) {
            work(sink, sink->wants);
            continue;
        }
        if (anchors->stopping || !sink->retry_ms)
            break;
        if (clock_ms() >= sink->retry_ms) {
            work(sink, ASK_PUBLISH);
        } else {
            const struct timespec until = clock_timespec(sink->retry_ms);
            (void)pthread_cond_clockwait(&anchors->changed, &anchors->mutex, CLOCK_MONOTONIC, &until);
        }
    }
    sink->running = false;
    (void)pthread_cond_broadcast(&anchors->changed);
    (void)pthread_mutex_unlock(&anchors->mutex);
    return NULL;
}

void sink_ask(struct sink *sink, unsigned wants)
{
    if (sink->anchors->stopping)
        return;
    sink->asked++;
    sink->wants |= wants;
    if (wants & ASK_PUBLISH)
        sink->retries = 0;
    if (sink->running) {
        (void)pthread_cond_broadcast(&sink->anchors->changed);
        return;
    }
    sink->running = true;
    if (thread_start(sink_thread, sink, STACK_BYTES) < 0) {
        log_warn("no thread for the anchor %s", sink->kind->name);
        sink->running = false;
        sink->done = sink->asked;
    }
}

static void ask_all(struct anchors *anchors, bool checkpoint)
{
    if (!anchors_configured(anchors))
        return;
    (void)pthread_mutex_lock(&anchors->mutex);
    anchors->wanted += checkpoint;
    for (size_t i = 0; i < anchors->count; i++)
        sink_ask(&anchors->sinks[i], ASK_PUBLISH);
    (void)pthread_mutex_unlock(&anchors->mutex);
}

void anchors_start(struct anchors *anchors)
{
    ask_all(anchors, false);
}

void anchors_changed(struct anchors *anchors)
{
    ask_all(anchors, true);
}
