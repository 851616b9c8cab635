/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for one test, and a configuration that puts ledger and key into it. */
#ifndef PROXIMO_TESTS_LEDGER_PLACE_H
#define PROXIMO_TESTS_LEDGER_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "config/config.h"
#include "ledger/ledger.h"

struct place {
    char folder[64], file[96], key[96], lock[96], sign[96], tree[96];
    struct config config;
};

/* Fails the test when it cannot. One segment, one epoch, no checkpoint, unless the test says otherwise. */
void place_make(struct place *place);
/* The same with small segments and epochs and many checkpoints. */
void place_make_small(struct place *place);
void place_done(struct place *place); /* removes everything */
struct ledger *place_open(struct place *place);
void place_read(const char *path, struct buf *out);
void place_write(const char *path, const void *bytes, size_t len);
size_t place_count(const struct place *place, const char *part); /* files with `part` in their names */
void place_fill(struct place *place, size_t records);            /* by a ledger of its own */
void place_segment(const struct place *place, unsigned number, char ret_path[128]);
enum ledger_verdict place_verify(struct place *place, struct ledger_report *ret);

#endif
