/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of one slice. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/verify_inner.h"

static bool grow(void *array, size_t *room, size_t count, size_t item)
{
    void **place = array;

    if (count < *room)
        return true;
    const size_t more = *room ? *room * 2 : 256;
    void *bigger = realloc(*place, more * item);
    if (!bigger)
        return false;
    *place = bigger;
    *room = more;
    return true;
}

static bool keep(struct verify_slice *slice, const struct record *record, size_t at, size_t len)
{
    if (!grow(&slice->leaves, &slice->room, slice->count, sizeof *slice->leaves))
        return false;
    if (record_has_tree(record)) {
        if (!grow(&slice->marks, &slice->mark_room, slice->mark_count, sizeof *slice->marks))
            return false;
        slice->marks[slice->mark_count++] = (struct verify_mark){.at = at, .len = len, .index = slice->count};
    }
    memcpy(slice->leaves[slice->count++], record->leaf, 32);
    return true;
}

void verify_slice(struct seal *seal, struct verify_slice *slice)
{
    slice->after = slice->before;
    slice->why = NULL;
    slice->count = slice->mark_count = 0;
    slice->unchecked = slice->seen = 0;
    slice->first_us = 0;
    seal->unchecked = 0;
    for (size_t at = 0; at < slice->len;) {
        const char *end = memchr(slice->bytes + at, '\n', slice->len - at);
        const size_t len = end ? (size_t)(end - slice->bytes) - at : slice->len - at;
        struct record record;
        slice->why = end ? record_check(seal, &slice->after, slice->bytes + at, len, &slice->after, &record)
                         : "its line does not end";
        if (!slice->why && !keep(slice, &record, at, len))
            slice->why = "";
        if (slice->why) {
            slice->bad_at = at;
            slice->bad_len = len;
            break;
        }
        if (slice->count == 1)
            slice->first_us = record.time_us;
        if (slice->expected && memcmp(record.hash, slice->expected, 32) == 0)
            slice->seen = record.seq;
        at += len + 1;
    }
    slice->unchecked = seal->unchecked;
}

void verify_slice_done(struct verify_slice *slice)
{
    free(slice->leaves);
    free(slice->marks);
    *slice = (struct verify_slice){0};
}
