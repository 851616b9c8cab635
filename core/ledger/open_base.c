/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where checking begins when the ledger is opened: behind the record that ended the epoch before the key's.
 * What lies before it was sealed with a key that is gone; `proximo audit verify` reads it all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "ledger/ledger_inner.h"
#include "ledger/segment.h"

struct base {
    uint64_t key_epoch;
    struct buf line;
    int64_t end;
    uint64_t newest; /* epoch of the newest record; UINT64_MAX before one was seen */
};

/* 1: this is the one. A line that is no record is found when it is taken in. */
static int is_base(void *arg, const char *line, size_t len, int64_t offset)
{
    struct base *base = arg;
    struct record record;

    if (!record_read(line, len, &record))
        return 0;
    if (base->newest == UINT64_MAX)
        base->newest = record.epoch;
    if (record.epoch >= base->key_epoch)
        return 0;
    if (strcmp(record.kind, LEDGER_EPOCH_END) != 0)
        return -ERANGE;
    buf_add(&base->line, line, len);
    base->end = offset + (int64_t)len + 1;
    return buf_ok(&base->line) ? 1 : base->line.error;
}

/* The last record of the segment before the live one. */
static int from_closed(struct ledger *ledger, struct base *base, struct problem *p)
{
    CLEANUP_FREE char *path = segment_path(ledger->file, ledger->segment - 1);
    CLEANUP_FD int fd = -1;
    int64_t size = 0;

    int r = path ? segment_open(path, &fd, &size) : -ENOMEM;
    if (r == 0)
        r = segment_last_line(fd, size, &base->line);
    base->end = 0;
    return r < 0 ? ledger_fail(ledger, r, p, "lacks the segment before the live one: %s: %s",
                               path ? path : "?", strerror(-r))
                 : 0;
}

static int later_key(struct ledger *ledger, const struct base *base, struct problem *p)
{
    return ledger_fail(ledger, -ERANGE, p,
                       "was cut: its key is of epoch %llu, and its last record of epoch %llu",
                       (unsigned long long)base->key_epoch,
                       (unsigned long long)(base->newest == UINT64_MAX ? 0 : base->newest));
}

/* The tree before the record, out of the stored hashes or made anew, and the record's own leaf. */
static int take_tree(struct ledger *ledger, const struct record *record, const struct record_tree *tree,
                     struct problem *p)
{
    const struct merkle_hasher hasher = {ledger->seal.crypto, ledger->seal.sha256};
    unsigned char root[32];

    int r = tree_file_edge(&ledger->tree_file, tree->size, &ledger->tree);
    if (r == 0)
        r = merkle_root(&hasher, &ledger->tree, root);
    if (r == -ENOMEM)
        return ledger_fail(ledger, r, p, "cannot be checked: no memory");
    if (r < 0 || memcmp(root, tree->root, 32) != 0) {
        log_info("the stored hashes %s do not fit the ledger: made anew", ledger->tree_name);
        r = ledger_tree_rebuild_locked(ledger, tree->size, p);
        if (r == 0 && merkle_root(&hasher, &ledger->tree, root) < 0)
            return ledger_fail(ledger, -ENOMEM, p, "cannot be checked: no memory");
        if (r == 0 && memcmp(root, tree->root, 32) != 0)
            r = ledger_fail(ledger, -EBADMSG, p, "was changed before record %llu",
                            (unsigned long long)record->seq);
    }
    return r < 0 ? r : ledger_tree_add_locked(ledger, record->leaf, p);
}

/* Everything behind the base is of the key's epoch; a key that is older than that is moved forward. */
static int take_base(struct ledger *ledger, const struct base *base, struct problem *p)
{
    const char *line = base->line.data;
    struct record record;
    struct record_tree tree;

    if (!record_read(line, base->line.len, &record) || strcmp(record.kind, LEDGER_EPOCH_END) != 0 ||
        !record_tree_read(line, &record, &tree) ||
        !record_head(line, base->line.len, base->end, &ledger->head))
        return ledger_fail(ledger, -EBADMSG, p, "is damaged where its epoch ended");
    while (ledger->key.epoch <= record.epoch) {
        if (seal_evolve(&ledger->seal, &ledger->key) < 0)
            return ledger_fail(ledger, -ENOMEM, p, "cannot be checked: no memory");
    }
    if (ledger->key.epoch != record.epoch + 1)
        return later_key(ledger, base, p);
    if (strcmp(ledger->seal.key_id, tree.next_key) != 0)
        return ledger_fail(ledger, -EBADMSG, p, "is sealed with another key than %s", ledger->key_file);
    ledger->epoch_first = record.seq + 1;
    ledger->epoch_us = 0;
    return take_tree(ledger, &record, &tree, p);
}

int ledger_base_locked(struct ledger *ledger, int64_t size, struct problem *p)
{
    struct base base = {
        .key_epoch = ledger->key.epoch, .newest = UINT64_MAX, .line = BUF_INIT(LEDGER_RECORD_LIMIT)};

    ledger->tree.size = 0;
    ledger->epoch_first = 1;
    ledger->epoch_us = ledger->segment_us = 0;
    int r = segment_each_back(ledger->fd, size, is_base, &base);
    const bool at_start = r == 0 && ledger->segment == 1;
    if (r == -ERANGE || (at_start && ledger->key.epoch > 0))
        r = later_key(ledger, &base, p);
    else if (r < 0)
        r = ledger_fail(ledger, r, p, "is damaged: a line is too long");
    else if (r == 0 && !at_start)
        r = from_closed(ledger, &base, p);
    if (r >= 0 && base.line.len)
        r = take_base(ledger, &base, p);
    buf_done(&base.line);
    return r < 0 ? r : 0;
}
