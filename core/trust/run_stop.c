/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stopping: the caller's token says that no new step begins. What is in flight gets a little longer for its
 * answer, and everything together a little more; a thread of the run turns that into two further tokens.
 */
#include <errno.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "trust/run_inner.h"

#define LOOK_MS 50 /* between two looks at the caller's token, whose one hook belongs to others */

/* Waits until `at_ms`; false: the run is over. */
static bool wait_until(struct run_stop *stop, int64_t at_ms)
{
    struct timespec at = clock_timespec(at_ms);
    while (!stop->done && clock_ms() < at_ms)
        (void)pthread_cond_clockwait(&stop->changed, &stop->mutex, CLOCK_MONOTONIC, &at);
    return !stop->done;
}

static void *watch(void *arg)
{
    struct run_stop *stop = arg;
    pthread_mutex_lock(&stop->mutex);
    while (!stop->done && !cancel_is_set(stop->asked))
        (void)wait_until(stop, clock_ms() + LOOK_MS);
    int64_t at = clock_ms();
    if (wait_until(stop, at + stop->times->stop_answer)) {
        pthread_mutex_unlock(&stop->mutex);
        cancel_set(stop->answer);
        pthread_mutex_lock(&stop->mutex);
    }
    if (wait_until(stop, at + stop->times->stop_end)) {
        pthread_mutex_unlock(&stop->mutex);
        cancel_set(stop->end);
        pthread_mutex_lock(&stop->mutex);
    }
    pthread_mutex_unlock(&stop->mutex);
    return NULL;
}

int run_stop_begin(struct run_stop *stop, struct cancel *asked, const struct run_times *times)
{
    memset(stop, 0, sizeof(*stop));
    stop->asked = asked;
    stop->times = times;
    stop->answer = cancel_new();
    stop->end = cancel_new();
    pthread_mutex_init(&stop->mutex, NULL);
    pthread_cond_init(&stop->changed, NULL);
    if (stop->answer && stop->end && pthread_create(&stop->thread, NULL, watch, stop) == 0)
        return 0;
    if (stop->answer)
        cancel_unref(stop->answer);
    if (stop->end)
        cancel_unref(stop->end);
    pthread_cond_destroy(&stop->changed);
    pthread_mutex_destroy(&stop->mutex);
    memset(stop, 0, sizeof(*stop));
    return -ENOMEM;
}

void run_stop_done(struct run_stop *stop)
{
    if (!stop->answer)
        return;
    pthread_mutex_lock(&stop->mutex);
    stop->done = true;
    pthread_cond_broadcast(&stop->changed);
    pthread_mutex_unlock(&stop->mutex);
    pthread_join(stop->thread, NULL);
    cancel_unref(stop->answer);
    cancel_unref(stop->end);
    pthread_cond_destroy(&stop->changed);
    pthread_mutex_destroy(&stop->mutex);
    memset(stop, 0, sizeof(*stop));
}

bool run_stopped(const struct run *run)
{
    return cancel_is_set(run->request->stop);
}

struct site_call run_call(struct run *run, bool always, int64_t ms)
{
    bool last = always || run_stopped(run);
    return (struct site_call){.deadline_ms = clock_ms() + ms,
                              .cancel = last ? run->stop.end : run->stop.answer};
}

bool run_sleep(struct run *run, bool always, int64_t ms, int64_t deadline_ms)
{
    int64_t until = clock_ms() + ms;
    if (until > deadline_ms)
        until = deadline_ms;
    for (int64_t now = clock_ms(); now < until; now = clock_ms()) {
        if (always ? cancel_is_set(run->stop.end) : run_stopped(run))
            return false;
        int64_t slice = until - now < LOOK_MS ? until - now : LOOK_MS;
        struct timespec t = {.tv_nsec = (long)slice * 1000000};
        (void)nanosleep(&t, NULL);
    }
    return clock_ms() < deadline_ms && !(always ? cancel_is_set(run->stop.end) : run_stopped(run));
}
