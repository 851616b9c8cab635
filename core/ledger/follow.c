/* SPDX-License-Identifier: Apache-2.0 */
/* Taking in records: each is checked against the chain, added to the tree, and may end the epoch. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/ledger_inner.h"

/* A bad line is a torn write only if blocks of it were never written and no line follows. */
static int bad_line(struct ledger *ledger, const char *why, bool torn, int64_t size, struct problem *p)
{
    if (torn)
        return ledger_set_aside_locked(ledger, size, p);
    if (*why == '\0')
        return ledger_fail(ledger, -ENOMEM, p, "cannot be checked: no memory");
    return ledger_fail(ledger, -EBADMSG, p, "is damaged at record %llu: %s",
                       (unsigned long long)ledger->head.seq + 1, why);
}

/* After a good record. */
static int taken(struct ledger *ledger, const struct record *record, struct problem *p)
{
    if (ledger->segment_us == 0)
        ledger->segment_us = record->time_us;
    if (ledger->epoch_us == 0)
        ledger->epoch_us = record->time_us;
    if (strcmp(record->kind, LEDGER_CHECKPOINT) == 0)
        ledger->checkpointed = record->seq;
    if (ledger->head.sealed) {
        if (seal_evolve(&ledger->seal, &ledger->key) < 0)
            return ledger_fail(ledger, -ENOMEM, p, "cannot be followed: no memory");
        ledger->epoch_first = record->seq + 1;
        ledger->epoch_us = 0;
    }
    return ledger_tree_add_locked(ledger, record->leaf, p);
}

/* Who ended the epoch may have died before the next key was on the disk. */
static int key_written(struct ledger *ledger, struct problem *p)
{
    struct ledger_key there;

    int r = ledger_key_read(ledger->key_file, &there, p);
    if (r < 0)
        return r;
    const bool behind = there.epoch < ledger->key.epoch;
    explicit_bzero(&there, sizeof there);
    r = behind ? ledger_key_write(ledger->key_file, &ledger->key, p) : 0;
    if (r == 0)
        ledger->key_on_disk = ledger->key.epoch;
    return r;
}

/* The lines of a piece that begins at the head; *ret_at is where the first incomplete one begins. */
static int take_lines(struct ledger *ledger, const char *piece, size_t len, int64_t size, size_t *ret_at,
                      struct problem *p)
{
    const bool to_the_end = size - ledger->head.end == (int64_t)len;
    size_t at = 0;

    for (const char *end; at < len && (end = memchr(piece + at, '\n', len - at)) != NULL;
         at = (size_t)(end - piece) + 1) {
        const size_t line = (size_t)(end - piece) - at;
        const bool last = to_the_end && !memchr(end + 1, '\n', len - at - line - 1);
        struct record record;
        const char *why =
            record_check(&ledger->seal, &ledger->head, piece + at, line, &ledger->head, &record);
        int r = why ? bad_line(ledger, why, last && memchr(piece + at, '\0', line), size, p)
                    : taken(ledger, &record, p);
        if (why || r < 0) {
            *ret_at = SIZE_MAX; /* set aside, or dead: nothing more is read */
            return r;
        }
    }
    *ret_at = at;
    return 0;
}

int ledger_take_in_locked(struct ledger *ledger, int64_t size, struct problem *p)
{
    CLEANUP_FREE char *piece = NULL;
    int r = 0;

    while (r == 0 && ledger->head.end < size) {
        const int64_t left = size - ledger->head.end;
        const size_t len = left < (int64_t)LEDGER_RECORD_LIMIT ? (size_t)left : LEDGER_RECORD_LIMIT;
        size_t at = 0;
        if (!piece && !(piece = malloc(LEDGER_RECORD_LIMIT)))
            return ledger_fail(ledger, -ENOMEM, p, "cannot be read: no memory");
        r = ledger_pread(ledger->fd, piece, len, ledger->head.end);
        if (r < 0)
            return ledger_fail(ledger, r, p, "cannot be read: %s", strerror(-r));
        r = take_lines(ledger, piece, len, size, &at, p);
        if (r == 0 && at == SIZE_MAX)
            break;
        if (r == 0 && at == 0)
            return bad_line(ledger, "its line does not end", len < LEDGER_RECORD_LIMIT, size, p);
    }
    if (r == 0 && ledger->key.epoch != ledger->key_on_disk)
        r = key_written(ledger, p);
    return r;
}
