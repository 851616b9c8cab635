/* SPDX-License-Identifier: Apache-2.0 */
/* A note from elsewhere against the ledger here, and the words of a witness. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/file.h"
#include "ledger/anchor_inner.h"

#define WITNESS_LINES 16u

static int contradiction(struct problem *p, const char *what)
{
    (void)problem_set(p, -EBADE, PX_ANCHOR, "%s", what);
    problem_next(p,
                 "keep ledger and anchor as they are and find out who changed which; once that is known, a "
                 "person moves the anchor or the ledger away and runs `proximo audit anchor`");
    return -EBADE;
}

/* 0 with *ret_s, which is 0 when the note has no cosignature of the witness. */
static int check_witness(struct anchors *anchors, const char *note, size_t len, int64_t *ret_s,
                         struct problem *p)
{
    int64_t time_s = 0;

    *ret_s = 0;
    if (!anchors->has_witness)
        return 0;
    int r = note_verify(anchors->crypto, note, len, &anchors->witness, &time_s);
    if (r == -ENOENT)
        return 0;
    if (r == -ENOMEM)
        return problem_set(p, r, PX_INTERNAL, "no memory to verify a cosignature");
    if (r < 0)
        return contradiction(p, "the witness's cosignature of a checkpoint is wrong");
    *ret_s = time_s > 0 ? time_s : 1;
    return 0;
}

int anchor_compare(struct anchors *anchors, const char *note, size_t len, uint64_t *ret_size,
                   int64_t *ret_witness_s, struct problem *p)
{
    struct checkpoint there;
    unsigned char root[32];
    char text[256];

    int r = note_verify(anchors->crypto, note, len, &anchors->key, NULL);
    if (r == -ENOMEM)
        return problem_set(p, r, PX_INTERNAL, "no memory to verify an anchor");
    if (r < 0)
        return contradiction(p, r == -ENOENT
                                    ? "another ledger: the anchor's last note is not signed by this one's key"
                                    : "the anchor's last note is not what was signed");
    if (checkpoint_parse(anchors->crypto, note, len, &there, p) < 0)
        return contradiction(p, "the anchor's last note is no checkpoint");
    if (strcmp(there.origin, anchors->key.name) != 0)
        return contradiction(p, "another ledger: the anchor's last note names another origin");
    r = there.size ? ledger_root_at(anchors->ledger, there.size, root, p) : 0;
    if (r == -ENOENT) {
        (void)snprintf(
            text, sizeof text,
            "the ledger is behind the anchor: it has fewer than the %llu records that were anchored",
            (unsigned long long)there.size);
        return contradiction(p, text);
    }
    if (r < 0)
        return r;
    if (there.size && memcmp(root, there.root, sizeof root) != 0) {
        (void)snprintf(text, sizeof text,
                       "another ledger: its first %llu records are not those that were anchored",
                       (unsigned long long)there.size);
        return contradiction(p, text);
    }
    *ret_size = there.size;
    return check_witness(anchors, note, len, ret_witness_s, p);
}

/* Appends the lines of the answer that look like signatures. */
static unsigned take_lines(const struct buf *answer, struct buf *note)
{
    const char *at = answer->data, *end = at ? at + answer->len : NULL;
    unsigned count = 0;

    while (at < end && count < WITNESS_LINES) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t len = stop ? (size_t)(stop - at) : (size_t)(end - at);
        if (note_line_is_signature(at, len)) {
            buf_add(note, at, len);
            buf_char(note, '\n');
            count++;
        }
        at += len + 1;
    }
    return count;
}

int anchor_witness(struct anchors *anchors, const struct buf *note, const struct buf *answer, int64_t *ret_s,
                   struct problem *p)
{
    CLEANUP_BUF struct buf both = BUF_INIT(NOTE_LIMIT);

    *ret_s = 0;
    buf_add(&both, note->data, note->len);
    if (!anchors->has_witness || take_lines(answer, &both) == 0)
        return 0;
    if (!buf_ok(&both))
        return problem_set(p, both.error, PX_TOO_LARGE, "the receiver's cosignatures are too long");
    int r = check_witness(anchors, both.data, both.len, ret_s, p);
    if (r == 0 && *ret_s && anchors->witnessed_file) {
        r = file_write_atomic(anchors->witnessed_file, both.data, both.len, 0600);
        if (r < 0)
            return problem_set(p, r, PX_ANCHOR, "the cosigned checkpoint could not be kept in %s: %s",
                               anchors->witnessed_file, strerror(-r));
    }
    return r;
}
