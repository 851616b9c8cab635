/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger with records, its anchors, and a folder elsewhere for a file of notes. What fails fails the test.
 */
#ifndef PROXIMO_TESTS_LEDGER_ANCHOR_STAND_H
#define PROXIMO_TESTS_LEDGER_ANCHOR_STAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ledger/anchor.h"
#include "place.h"

#define STAND_NOTES 8u

struct stand {
    struct place place;
    struct config_anchor *anchor; /* its keys, to be set while it is closed */
    char folder[64], file[96];    /* of notes; not configured unless the test does */
    struct ledger *ledger;
    struct anchors *anchors;
};

void stand_make(struct stand *s, size_t records);      /* closed */
void stand_with_file(struct stand *s, size_t records); /* the file of notes configured, and open */
void stand_open(struct stand *s);
void stand_close(struct stand *s);
void stand_done(struct stand *s); /* of an open one; removes everything */

void stand_add(struct stand *s); /* a record */
/* Publishes as a person does. Did all confirm? */
bool stand_published(struct stand *s, int within_ms, struct problem *p);
/* The gate must say this code, "" for yes, and a cause with this part (may be NULL). */
void stand_gate(struct stand *s, const char *code, const char *part);
/* The state must have this part. */
void stand_says(struct stand *s, const char *part);
/* Records of kind anchor with this result. */
size_t stand_records(struct stand *s, const char *result);
void stand_newest_note(struct stand *s, struct buf *note);

struct stand_notes {
    size_t count;
    char notes[STAND_NOTES][2048];
};
struct stand_notes stand_notes(const char *path); /* the whole ones */

#endif
