/* SPDX-License-Identifier: Apache-2.0 */
/* May something be changed? What the anchors have to say to that; and publishing for a person who waits. */
#include <errno.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "config/config.h"
#include "ledger/anchor_inner.h"

#define LOOK_MS   100 /* between looks at the call's cancellation */
#define MINUTE_US ((int64_t)60 * 1000000)

bool anchors_met(const struct anchors *anchors)
{
    const int64_t within = anchors->config->ledger.require_anchor_within * MINUTE_US;
    const int64_t now = clock_wall_us();

    for (size_t i = 0; i < anchors->count; i++) {
        const struct sink *sink = &anchors->sinks[i];
        /* A confirmation from the future tells of a clock that was put back, not of a fresh one. */
        if (sink->state != SINK_CONTRADICTS && sink->time_us && sink->time_us <= now &&
            now - sink->time_us <= within)
            return true;
    }
    return within == 0;
}

/* Waits with the mutex. */
static int wait_a_little(struct anchors *anchors, int64_t deadline_ms, struct cancel *cancel,
                         struct problem *p)
{
    const int64_t slice = clock_ms() + LOOK_MS;
    const struct timespec until = clock_timespec(slice < deadline_ms ? slice : deadline_ms);

    if (cancel_is_set(cancel) || anchors->stopping)
        return problem_set(p, -ECANCELED, PX_CANCELLED, "it was cancelled while the anchors were asked");
    if (clock_ms() >= deadline_ms)
        return -ETIMEDOUT;
    (void)pthread_cond_clockwait(&anchors->changed, &anchors->mutex, CLOCK_MONOTONIC, &until);
    return 0;
}

/* Asks a sink to look or publish and remembers up to which request is to be waited for. With the mutex. */
static uint64_t ask(struct sink *sink, unsigned wants)
{
    sink_ask(sink, wants);
    return sink->asked;
}

/* Until all is done that was asked for; met: or until one confirmation is there. With the mutex. */
static int wait_done(struct anchors *anchors, const uint64_t until[ANCHOR_SINKS], bool met,
                     int64_t deadline_ms, struct cancel *cancel, struct problem *p)
{
    for (;;) {
        bool all = true;
        for (size_t i = 0; i < anchors->count; i++)
            all = all && anchors->sinks[i].done >= until[i];
        if (all || (met && anchors_met(anchors)))
            return 0;
        int r = wait_a_little(anchors, deadline_ms, cancel, p);
        if (r < 0)
            return r;
    }
}

/* Every sink that can be read back is compared; of the others it is known what the ledger says of them. One
 * that has hung for long is not waited for again. */
static int look(struct anchors *anchors, int64_t deadline_ms, struct cancel *cancel, struct problem *p)
{
    uint64_t until[ANCHOR_SINKS] = {0};

    for (size_t i = 0; i < anchors->count; i++) {
        struct sink *sink = &anchors->sinks[i];
        const bool hangs = sink->busy_ms && clock_ms() - sink->busy_ms > ANCHOR_GATE_MS;
        if (!hangs && (sink->kind->read_back || !sink->recalled || sink->state == SINK_CONTRADICTS))
            until[i] = ask(sink, 0);
    }
    int r = wait_done(anchors, until, false, deadline_ms, cancel, p);
    return r == -ETIMEDOUT ? 0 : r;
}

static int publish_now(struct anchors *anchors, int64_t deadline_ms, struct cancel *cancel, struct problem *p)
{
    uint64_t until[ANCHOR_SINKS] = {0};

    anchors->wanted++;
    for (size_t i = 0; i < anchors->count; i++)
        until[i] = ask(&anchors->sinks[i], ASK_PUBLISH | ASK_AGAIN);
    int r = wait_done(anchors, until, true, deadline_ms, cancel, p);
    return r == -ETIMEDOUT ? 0 : r;
}

static int contradicted(const struct anchors *anchors, struct problem *p)
{
    for (size_t i = 0; i < anchors->count; i++) {
        if (anchors->sinks[i].state != SINK_CONTRADICTS)
            continue;
        if (p)
            *p = anchors->sinks[i].problem;
        return -EBADE;
    }
    return 0;
}

/* Nothing leaves a ledger that does not verify or cannot be opened, and nothing is changed on its word. */
static int ledger_refused(const struct anchors *anchors, struct problem *p)
{
    const struct problem *why = anchors->refused.code[0] ? &anchors->refused : NULL;

    for (size_t i = 0; i < anchors->count && !why; i++) {
        const struct sink *sink = &anchors->sinks[i];
        if (!sink->recalled && sink->state == SINK_FAILED)
            why = &sink->problem;
    }
    if (why && p)
        *p = *why;
    return why ? -EBADMSG : 0;
}

static int not_met(const struct anchors *anchors, struct problem *p)
{
    const char *why = "no answer in time";

    for (size_t i = 0; i < anchors->count; i++) {
        if (anchors->sinks[i].state == SINK_FAILED)
            why = anchors->sinks[i].problem.cause;
    }
    (void)problem_set(p, -ENOLINK, PX_ANCHOR,
                      "no anchor has confirmed a checkpoint of the ledger within %u minutes "
                      "(ledger.require_anchor_within): %s",
                      anchors->config->ledger.require_anchor_within, why);
    problem_next(
        p, "the operator mends the anchor, and `proximo audit anchor` shows whether it takes a checkpoint; "
           "then apply again");
    return -ENOLINK;
}

int anchors_gate(struct anchors *anchors, int64_t deadline_ms, struct cancel *cancel, struct problem *p)
{
    const int64_t most = clock_ms() + ANCHOR_GATE_MS;
    const int64_t deadline = deadline_ms < most ? deadline_ms : most;

    if (!anchors_configured(anchors))
        return 0;
    (void)pthread_mutex_lock(&anchors->mutex);
    int r = look(anchors, deadline, cancel, p);
    if (r == 0)
        r = contradicted(anchors, p);
    if (r == 0)
        r = ledger_refused(anchors, p);
    if (r == 0 && !anchors_met(anchors))
        r = publish_now(anchors, deadline, cancel, p);
    if (r == 0)
        r = contradicted(anchors, p);
    if (r == 0)
        r = ledger_refused(anchors, p);
    if (r == 0 && !anchors_met(anchors))
        r = not_met(anchors, p);
    (void)pthread_mutex_unlock(&anchors->mutex);
    return r;
}

int anchors_publish(struct anchors *anchors, int64_t deadline_ms, struct cancel *cancel, bool *ret_all,
                    struct problem *p)
{
    uint64_t until[ANCHOR_SINKS] = {0};
    bool all = true;

    if (!anchors_configured(anchors)) {
        (void)problem_set(p, -ENOENT, PX_CONFIG, "no anchor is configured");
        problem_next(
            p, "set ledger.anchor.file, ledger.anchor.url or ledger.anchor.syslog; docs/anchors.md helps");
        return -ENOENT;
    }
    (void)pthread_mutex_lock(&anchors->mutex);
    anchors->wanted++;
    for (size_t i = 0; i < anchors->count; i++)
        until[i] = ask(&anchors->sinks[i], ASK_PUBLISH | ASK_AGAIN | ASK_PERSON);
    int r = wait_done(anchors, until, false, deadline_ms, cancel, p);
    for (size_t i = 0; i < anchors->count; i++) {
        struct sink *sink = &anchors->sinks[i];
        if (sink->done < until[i]) {
            sink->state = SINK_FAILED;
            (void)problem_set(&sink->problem, -ETIMEDOUT, PX_TIMEOUT, "it does not answer in time");
        }
        all = all && sink->state == SINK_CONFIRMED;
    }
    if (r == -ETIMEDOUT)
        r = 0;
    if (r == 0)
        r = ledger_refused(anchors, p);
    (void)pthread_mutex_unlock(&anchors->mutex);
    if (r == 0)
        *ret_all = all;
    return r;
}
