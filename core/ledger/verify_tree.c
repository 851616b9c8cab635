/* SPDX-License-Identifier: Apache-2.0 */
/* What needs all records before: the tree and what was said of it, the bounds of epochs and segments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "ledger/verify_inner.h"

static int broken(struct verification *v, uint64_t seq, const char *why)
{
    v->report->seq = seq;
    return verify_verdict(v, LEDGER_BROKEN, "record %llu: %s", (unsigned long long)seq, why);
}

static int root_is(struct verification *v, const unsigned char root[32])
{
    const struct merkle_hasher hasher = {v->seal.crypto, v->seal.sha256};
    unsigned char now[32];

    if (merkle_root(&hasher, &v->tree, now) < 0)
        return -ENOMEM;
    return memcmp(now, root, 32) == 0;
}

/* Anchors whose tree is the one that stands now. */
static int compare_anchors(struct verification *v)
{
    while (v->anchor_at < v->options->anchor_count && v->anchors[v->anchor_at].size <= v->tree.size) {
        const struct ledger_anchor_point *anchor = &v->anchors[v->anchor_at];
        int r = anchor->size == v->tree.size ? root_is(v, anchor->root) : 0;
        if (r < 0)
            return r;
        if (r == 0)
            return broken(v, anchor->size, "the records up to it are not those that were anchored");
        v->anchor = anchor->size > v->anchor ? anchor->size : v->anchor;
        v->anchor_at++;
    }
    return 0;
}

static int take_note(struct verification *v, const char *line, size_t len, const struct record_tree *tree)
{
    CLEANUP_JSON struct json_object *object = NULL;
    const char *note = NULL;
    size_t note_len = 0;

    v->report->checkpoints++;
    v->newest_size = tree->size;
    memcpy(v->newest_root, tree->root, 32);
    buf_reset(&v->newest_note);
    if (v->options->signer && json_parse(line, len, &object, NULL) == 0 &&
        json_get_string(object, "note", &note, &note_len) == 0)
        buf_add(&v->newest_note, note, note_len);
    return 0;
}

/* A record that says where the tree stands, before its own leaf is added. */
static int take_mark(struct verification *v, const struct verify_slice *slice, const struct verify_mark *mark)
{
    const char *line = slice->bytes + mark->at;
    const bool first_of_file = slice->before.end == 0 && mark->at == 0;
    struct record record;
    struct record_tree tree;

    if (!record_read(line, mark->len, &record) || !record_tree_read(line, &record, &tree))
        return broken(v, v->tree.size + 1, "it does not say where the tree stands");
    int r = root_is(v, tree.root);
    if (r <= 0)
        return r < 0 ? r : broken(v, record.seq, "the tree before it is not the one that it names");
    if (strcmp(record.kind, LEDGER_CHECKPOINT) == 0)
        return take_note(v, line, mark->len, &tree);
    if (strcmp(record.kind, LEDGER_SEGMENT_START) == 0)
        return first_of_file && tree.segment == v->segment && (int64_t)tree.bytes == v->file_bytes_before
                   ? 0
                   : broken(v, record.seq, "a segment does not begin here");
    if (tree.first != v->epoch_first || tree.records != record.seq - v->epoch_first + 1)
        return broken(v, record.seq, "the epoch that it ends has other bounds");
    v->epoch_first = record.seq + 1;
    v->report->epochs++;
    return 0;
}

/* Every segment but the first says which it is. */
static bool begins_well(const struct verification *v, const struct verify_slice *slice)
{
    struct record record;

    if (slice->before.end > 0 || slice->count == 0 || v->segment == 1)
        return true;
    return slice->mark_count > 0 && slice->marks[0].at == 0 &&
           record_read(slice->bytes, slice->marks[0].len, &record) &&
           strcmp(record.kind, LEDGER_SEGMENT_START) == 0;
}

int verify_take(struct verification *v, struct verify_slice *slice)
{
    const struct merkle_hasher hasher = {v->seal.crypto, v->seal.sha256};
    size_t mark = 0;
    int r = begins_well(v, slice) ? 0 : broken(v, v->head.seq + 1, "it does not begin its segment");

    for (size_t i = 0; r == 0 && i < slice->count; i++) {
        if (mark < slice->mark_count && slice->marks[mark].index == i)
            r = take_mark(v, slice, &slice->marks[mark++]);
        if (r == 0)
            r = merkle_add(&hasher, &v->tree, slice->leaves[i], NULL, NULL);
        if (r == 0 && v->anchor_at < v->options->anchor_count)
            r = compare_anchors(v);
    }
    if (r != 0)
        return r;
    if (v->head.seq == 0 && slice->count)
        v->report->first_us = slice->first_us;
    v->report->unchecked += slice->unchecked;
    v->report->bytes += slice->after.end - slice->before.end;
    if (slice->seen > v->anchor)
        v->anchor = slice->seen;
    if (slice->seen)
        v->report->anchored = true;
    v->head = slice->after;
    v->report->last_us = v->head.time_us;
    return 0;
}
