/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anchors: the ledger's checkpoints (note.h), published to places that whoever has this machine cannot
 * rewrite. What is configured under ledger.anchor is a sink; each has a thread of its own while it has
 * something to do. A sink that can be read back is compared with the ledger before anything is published
 * there. What contradicts the ledger stops changes (PX-ANCHOR) until a person has looked. All functions may
 * be called from any thread.
 */
#ifndef PROXIMO_LEDGER_ANCHOR_H
#define PROXIMO_LEDGER_ANCHOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

#define LEDGER_ANCHOR                                                                                        \
    "anchor"                 /* kind of record: sink, target, result, size, root, witness_time; code, cause */
#define ANCHOR_GATE_MS 10000 /* the longest a change waits for an anchor */

struct anchors;
struct cancel;
struct config;
struct ledger;

/* config and ledger must live as long. Opens nothing. 0 or -ENOMEM. */
int anchors_new(const struct config *config, struct ledger *ledger, struct anchors **ret);
/* Nothing new is taken on; what was asked for is cancelled shortly before the time is over. False: a sink's
 * thread still hangs at deadline_ms (clock_ms()); then nothing that it uses may be freed. */
bool anchors_stop(struct anchors *anchors, int64_t deadline_ms);
void anchors_free(struct anchors *anchors); /* NULL is fine */
bool anchors_configured(const struct anchors *anchors);

/* Publishes the newest checkpoint where it is not published yet. Does not wait. */
void anchors_start(struct anchors *anchors);
/* After a change: makes a checkpoint and publishes it. Does not wait. */
void anchors_changed(struct anchors *anchors);
/*
 * May something be changed now? Compares what can be read back, and where ledger.require_anchor_within is set
 * and nothing was confirmed within it, makes a checkpoint and publishes it. Waits until deadline_ms
 * (clock_ms()) at most, and never longer than ANCHOR_GATE_MS. 0, or PX-ANCHOR, PX-LEDGER, PX-CANCELLED.
 */
int anchors_gate(struct anchors *anchors, int64_t deadline_ms, struct cancel *cancel, struct problem *p);
/*
 * For a person: makes a checkpoint and publishes it everywhere, also where an earlier contradiction stopped
 * it. *ret_all: every sink confirmed. The caller has verified the ledger completely. PX-CONFIG without a
 * sink.
 */
int anchors_publish(struct anchors *anchors, int64_t deadline_ms, struct cancel *cancel, bool *ret_all,
                    struct problem *p);
/* {"sinks":[{"kind","target","state",...}],"require_within_minutes":N,"met":true}; makes and asks nothing. */
void anchors_json(struct anchors *anchors, struct buf *out);
/* The same for people, a line for each sink. */
void anchors_text(struct anchors *anchors, struct buf *out);
/* What speaks against the file sink of this configuration, without writing; NULL: nothing. `text` has room
 * for the sentence. */
const char *anchor_file_fault(const struct config *config, char *text, size_t size);
/* Is that file on the file system that the ledger is on? */
bool anchor_file_beside_ledger(const struct config *config);

/*
 * Calls f for every whole note in a file of notes, the oldest first, until it returns non-zero, which is
 * returned. Pieces of notes are passed over. Needs no ledger. PX-ANCHOR when the file cannot be read.
 */
int anchor_file_each(const char *path, int (*f)(void *arg, const char *note, size_t len), void *arg,
                     struct problem *p);

#endif
