/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round of one sink, in its own thread: look at what the ledger says of it, compare what can be read
 * back, publish if that was asked for, record what came of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "config/config.h"
#include "ledger/anchor_inner.h"

static void refuse(struct anchors *anchors, const struct problem *p)
{
    (void)pthread_mutex_lock(&anchors->mutex);
    anchors->refused = *p;
    (void)pthread_mutex_unlock(&anchors->mutex);
}

/* Keys; once. With `work`. */
static int prepare(struct anchors *anchors, struct problem *p)
{
    const char *witness = anchors->config->ledger.anchor.witness_key;

    if (anchors->prepared)
        return 0;
    anchors->crypto = crypto_module_get(p);
    if (!anchors->crypto)
        return -ELIBACC;
    if (witness) {
        struct problem local = PROBLEM_INIT;
        int r = note_key_parse(anchors->crypto, witness, &anchors->witness, &local);
        if (r == 0 && anchors->witness.algorithm != NOTE_COSIGNATURE)
            r = -EINVAL;
        if (r < 0) {
            (void)problem_set(p, r, PX_CONFIG, "ledger.anchor.witness_key is no key for cosignature/v1");
            problem_next(p, "copy the witness's own text: NAME+8 hexadecimal digits+BASE64, algorithm 4");
            refuse(anchors, p);
            return r;
        }
        anchors->has_witness = true;
    }
    int r = ledger_note_key(anchors->ledger, &anchors->key, p);
    anchors->prepared = r == 0;
    return r;
}

/* The whole ledger, once in a process, before anything of it is published. With `work`. */
static int verify_once(struct anchors *anchors, struct problem *p)
{
    const struct config *config = anchors->config;
    struct ledger_report report = {0};

    ledger_state(anchors->ledger, p);
    if (p->code[0])
        return -EIO;
    if (anchors->verified)
        return 0;
    char *file = ledger_file(config), *key = ledger_key_file(config);
    int r = file && key ? ledger_verify(file, key, config->ledger.expected_head, &report, p)
                        : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory to verify the ledger");
    free(file);
    free(key);
    if (r < 0)
        return r;
    if (!ledger_verdict_good(report.verdict) && report.verdict != LEDGER_TORN_TAIL) { /* being written */
        (void)problem_set(p, -EBADMSG, PX_LEDGER,
                          "the ledger does not verify, so nothing of it is published: %s", report.why);
        problem_next(p, "run `proximo audit verify`, find the cause, and start proximo again");
        refuse(anchors, p);
        return -EBADMSG;
    }
    anchors->verified = true;
    return 0;
}

/* The checkpoint to publish: a new one if one was asked for since the last was made. Copied. */
static int checkpoint_take(struct anchors *anchors, struct ledger_checkpoint *ret, struct problem *p)
{
    struct ledger_checkpoint found = {.note = BUF_INIT(NOTE_LIMIT)};

    (void)pthread_mutex_lock(&anchors->mutex);
    const uint64_t wanted = anchors->wanted;
    (void)pthread_mutex_unlock(&anchors->mutex);
    int r = wanted > anchors->made ? ledger_checkpoint(anchors->ledger, &found, p)
                                   : ledger_last_checkpoint(anchors->ledger, &found, p);
    if (r == 0) {
        anchors->made = wanted;
        *ret = found;
        return 0;
    }
    buf_done(&found.note);
    return r;
}

static int checkpoint_get(struct anchors *anchors, struct ledger_checkpoint *ret, struct problem *p)
{
    (void)pthread_mutex_lock(&anchors->work);
    int r = verify_once(anchors, p);
    if (r == 0)
        r = checkpoint_take(anchors, ret, p);
    (void)pthread_mutex_unlock(&anchors->work);
    return r;
}

/* ---- what came of it */

static void set_failed(struct sink *sink, const struct problem *p, bool contrary)
{
    (void)pthread_mutex_lock(&sink->anchors->mutex);
    sink->state = contrary ? SINK_CONTRADICTS : SINK_FAILED;
    sink->problem = *p;
    sink->failed_us = clock_wall_us();
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
}

static void set_confirmed(struct sink *sink, uint64_t size, int64_t witness_s)
{
    (void)pthread_mutex_lock(&sink->anchors->mutex);
    sink->state = SINK_CONFIRMED;
    sink->problem = PROBLEM_INIT;
    sink->size = size;
    sink->time_us = clock_wall_us();
    if (witness_s)
        sink->witness_s = witness_s;
    sink->retries = 0;
    sink->retry_ms = 0;
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
}

/* Another try by itself, later and later; after the last one the next change is the next try. */
static void plan_retry(struct sink *sink)
{
    static const int64_t pauses_ms[ANCHOR_RETRIES] = {5000, 30000, 120000, 600000, 1800000};

    (void)pthread_mutex_lock(&sink->anchors->mutex);
    sink->retry_ms = 0;
    if (sink->retries < ANCHOR_RETRIES)
        sink->retry_ms = clock_ms() + pauses_ms[sink->retries++];
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
}

static enum sink_state state_of(struct sink *sink)
{
    (void)pthread_mutex_lock(&sink->anchors->mutex);
    const enum sink_state state = sink->state;
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
    return state;
}

/* ---- comparing */

/* 0: it agrees, or there is nothing. A contradiction is recorded when it is new. */
static int compare(struct sink *sink, struct problem *p)
{
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT);
    const enum sink_state before = state_of(sink);
    uint64_t size = 0;
    int64_t witness_s = 0;

    int r = sink->kind->read_back(sink->anchors->config, &note, p);
    if (r == -ENOENT)
        r = 0;
    else if (r == 0)
        r = anchor_compare(sink->anchors, note.data, note.len, &size, &witness_s, p);
    if (r == -EBADE) {
        set_failed(sink, p, true);
        if (before != SINK_CONTRADICTS) {
            log_error("anchor %s: %s", sink->kind->name, p->cause);
            sink_record(sink, NULL, p, 0);
        }
    } else if (r < 0) {
        if (before != SINK_CONTRADICTS)
            set_failed(sink, p, false);
    } else if (before == SINK_CONTRADICTS || witness_s) {
        (void)pthread_mutex_lock(&sink->anchors->mutex);
        if (before == SINK_CONTRADICTS) { /* a person has put it right: it is as if nothing had been said */
            sink->state = size ? SINK_CONFIRMED : SINK_NEW;
            sink->problem = PROBLEM_INIT;
        }
        sink->witness_s = witness_s ? witness_s : sink->witness_s;
        (void)pthread_mutex_unlock(&sink->anchors->mutex);
    }
    return r;
}

/* ---- publishing */

/* Confirmed is what can be read back. */
static int read_again(struct sink *sink, uint64_t size, int64_t *ret_witness_s, struct problem *p)
{
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT);
    uint64_t there = 0;

    int r = sink->kind->read_back(sink->anchors->config, &note, p);
    if (r == 0)
        r = anchor_compare(sink->anchors, note.data, note.len, &there, ret_witness_s, p);
    if (r == -ENOENT || (r == 0 && there < size))
        r = problem_set(p, -EIO, PX_ANCHOR, "what was published cannot be read back");
    return r;
}

static int publish_checkpoint(struct sink *sink, const struct ledger_checkpoint *checkpoint, bool known,
                              int64_t *ret_witness_s, struct problem *p)
{
    CLEANUP_BUF struct buf answer = BUF_INIT((size_t)128 << 10);
    const struct anchor_task task = {.config = sink->anchors->config,
                                     .note = checkpoint->note.data,
                                     .len = checkpoint->note.len,
                                     .size = checkpoint->size,
                                     .time_us = checkpoint->time_us,
                                     .known = known,
                                     .deadline_ms = clock_ms() + ANCHOR_SINK_MS,
                                     .cancel = sink->anchors->cancel};

    int r = sink->kind->publish(&task, &answer, p);
    if (r == 0 && sink->kind->read_back)
        return read_again(sink, checkpoint->size, ret_witness_s, p);
    return r < 0 ? r : anchor_witness(sink->anchors, &checkpoint->note, &answer, ret_witness_s, p);
}

static void publish(struct sink *sink, bool again)
{
    struct ledger_checkpoint checkpoint = {.note = BUF_INIT(NOTE_LIMIT)};
    struct problem p = PROBLEM_INIT;
    int64_t witness_s = 0;

    int r = checkpoint_get(sink->anchors, &checkpoint, &p);
    (void)pthread_mutex_lock(&sink->anchors->mutex);
    const uint64_t before = sink->size;
    const bool there = sink->state == SINK_CONFIRMED && before >= checkpoint.size;
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
    if (r == -ENOENT || (r == 0 && there && !again)) { /* nothing to publish */
        buf_done(&checkpoint.note);
        return;
    }
    if (r < 0) { /* the ledger's fault, not the sink's: it would not take a record either */
        set_failed(sink, &p, false);
        return;
    }
    r = publish_checkpoint(sink, &checkpoint, before != 0, &witness_s, &p);
    if (r == 0) {
        set_confirmed(sink, checkpoint.size, witness_s);
        sink_record(sink, &checkpoint, NULL, witness_s);
    } else if (!cancel_is_set(sink->anchors->cancel)) {
        set_failed(sink, &p, r == -EBADE);
        sink_record(sink, &checkpoint, &p, 0);
        log_warn("anchor %s: %s: %s", sink->kind->name, p.code, p.cause);
        if (r != -EBADE)
            plan_retry(sink);
    }
    buf_done(&checkpoint.note);
}

/* What the ledger itself says of this sink: once, and again while a receiver's contradiction stands, because
 * a person may have published since by `proximo audit anchor`. */
static int recall(struct sink *sink, struct problem *p)
{
    (void)pthread_mutex_lock(&sink->anchors->mutex);
    const bool due = !sink->recalled || (!sink->kind->read_back && sink->state == SINK_CONTRADICTS);
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
    return due ? sink_recall(sink, p) : 0;
}

void sink_round(struct sink *sink, unsigned wants)
{
    struct anchors *anchors = sink->anchors;
    struct problem p = PROBLEM_INIT;

    (void)pthread_mutex_lock(&anchors->work);
    int r = prepare(anchors, &p);
    (void)pthread_mutex_unlock(&anchors->work);
    if (r == 0)
        r = recall(sink, &p);
    if (r < 0) {
        set_failed(sink, &p, false);
        return;
    }
    if (sink->kind->read_back)
        r = compare(sink, &p);
    if (r == 0 && (wants & ASK_PUBLISH) && ((wants & ASK_PERSON) || state_of(sink) != SINK_CONTRADICTS)) {
        publish(sink, wants & (ASK_AGAIN | ASK_PERSON));
    } else if (r < 0 && r != -EBADE && (wants & ASK_PUBLISH)) {
        sink_record(sink, NULL, &p, 0);
        plan_retry(sink);
    }
}
