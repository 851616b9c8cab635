/* SPDX-License-Identifier: Apache-2.0 */
/* One request at a time for what many want at once. */
#include <errno.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "plane/site_inner.h"

#define FLIGHT_POLL_MS 50 /* how soon a waiter sees its own cancellation */

int flight_init(struct flight *f)
{
    memset(f, 0, sizeof(*f));
    if (pthread_mutex_init(&f->lock, NULL) != 0)
        return -ENOMEM;
    if (pthread_cond_init(&f->ended, NULL) != 0) {
        pthread_mutex_destroy(&f->lock);
        return -ENOMEM;
    }
    return 0;
}

void flight_done(struct flight *f)
{
    pthread_cond_destroy(&f->ended);
    pthread_mutex_destroy(&f->lock);
}

/* With f->lock held; waits for the flight in the air to end. */
static int flight_wait(struct flight *f, const struct site_call *call, struct problem *p)
{
    uint64_t generation = f->generation;
    while (f->busy && f->generation == generation) {
        int64_t now = clock_ms();
        if (cancel_is_set(call->cancel))
            return problem_set(p, -ECANCELED, PX_CANCELLED, "the call was cancelled");
        if (call->deadline_ms > 0 && now >= call->deadline_ms)
            return problem_set(p, -ETIMEDOUT, PX_TIMEOUT, "the time of this call is over");
        struct timespec until = clock_timespec(now + FLIGHT_POLL_MS);
        (void)pthread_cond_clockwait(&f->ended, &f->lock, CLOCK_MONOTONIC, &until);
    }
    return 0;
}

int flight_enter(struct flight *f, const struct site_call *call, int64_t not_before_ms, bool *ret_leader,
                 struct problem *p)
{
    pthread_mutex_lock(&f->lock);
    for (;;) {
        if (f->filled && f->filled_ms >= not_before_ms) {
            *ret_leader = false;
            return 0;
        }
        if (!f->busy) {
            f->busy = true;
            f->began_ms = clock_ms();
            pthread_mutex_unlock(&f->lock);
            *ret_leader = true;
            return 0;
        }
        int r = flight_wait(f, call, p);
        if (r < 0) {
            pthread_mutex_unlock(&f->lock);
            return r;
        }
        /* The leader's own end (cancelled, out of time) is not ours; a failure of the site is. */
        if (f->error < 0 && f->error != -ECANCELED && f->error != -ETIMEDOUT) {
            r = f->error;
            if (p)
                *p = f->problem;
            pthread_mutex_unlock(&f->lock);
            return r;
        }
    }
}

void flight_end(struct flight *f, int error, const struct problem *p)
{
    f->busy = false;
    f->generation++;
    f->error = error;
    if (error == 0) {
        f->filled = true;
        f->filled_ms = f->began_ms;
    } else if (p) {
        f->problem = *p;
    }
    pthread_cond_broadcast(&f->ended);
}
