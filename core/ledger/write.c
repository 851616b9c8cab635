/* SPDX-License-Identifier: Apache-2.0 */
/* One record on the disk, and its leaf in the tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/ledger_inner.h"
#include "ledger/segment.h"

/* Writes and syncs once. What fails is taken back while the lock keeps others from having seen it. */
static int write_record(struct ledger *ledger, const struct buf *line)
{
    ssize_t n;

    do
        n = write(ledger->fd, line->data, line->len);
    while (n < 0 && errno == EINTR);
    int r = n < 0 ? -errno : (size_t)n < line->len ? -ENOSPC : 0;
    if (r == 0 && fdatasync(ledger->fd) < 0)
        r = -errno;
    if (r < 0 && n > 0 && ftruncate(ledger->fd, (off_t)ledger->head.end) < 0)
        return r; /* the next process to open it sets the rest aside */
    return r;
}

/* What cannot be stored is made anew when it is missed; the right edge in memory is what counts. */
int ledger_tree_add_locked(struct ledger *ledger, const unsigned char leaf[32], struct problem *p)
{
    const struct merkle_hasher hasher = {ledger->seal.crypto, ledger->seal.sha256};

    int r = tree_file_add(&ledger->tree_file, &hasher, &ledger->tree, leaf);
    if (r < 0 && r != -ENOMEM)
        r = merkle_add(&hasher, &ledger->tree, leaf, NULL, NULL);
    return r < 0 ? ledger_fail(ledger, r, p, "cannot be continued: no memory") : 0;
}

int ledger_put_tree(struct ledger *ledger, struct buf *body)
{
    const struct merkle_hasher hasher = {ledger->seal.crypto, ledger->seal.sha256};
    unsigned char root[32];
    char hex[65];

    int r = merkle_root(&hasher, &ledger->tree, root);
    if (r < 0)
        return r;
    text_hex(root, 32, hex);
    json_put_key_int(body, "size", (long long)ledger->tree.size);
    json_put_key_string(body, "root", hex);
    return 0;
}

int ledger_write_locked(struct ledger *ledger, const char *kind, const char *body, size_t len,
                        struct problem *p)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    struct record record = {0};
    struct head head = {0};

    int r = record_write(&ledger->seal, &ledger->head, clock_wall_us(), kind, body, len, &line, &head);
    if (r == 0 && !record_read(line.data, line.len - 1, &record))
        r = -EINVAL;
    if (r < 0)
        return problem_set(p, r, PX_LEDGER, "a record of the ledger could not be made: %s", strerror(-r));
    r = write_record(ledger, &line);
    if (r < 0) {
        ledger->open = true; /* dead from here on, whether it was being opened or not */
        return ledger_fail(ledger, r, p, "could not be written: %s", strerror(-r));
    }
    ledger->head = head;
    if (ledger->epoch_us == 0)
        ledger->epoch_us = record.time_us;
    if (ledger->segment_us == 0)
        ledger->segment_us = record.time_us;
    ledger_memo_write(ledger);
    return ledger_tree_add_locked(ledger, record.leaf, p);
}

/* ---- the stored tree made anew */

struct rebuild {
    struct ledger *ledger;
    struct merkle_hasher hasher;
    struct merkle tree;
    uint64_t size;
};

static int add_lines(struct rebuild *rebuild, const char *bytes, size_t len, size_t *ret_used)
{
    size_t at = 0;
    int r = 0;

    for (const char *end; r == 0 && rebuild->tree.size < rebuild->size && at < len &&
                          (end = memchr(bytes + at, '\n', len - at)) != NULL;
         at = (size_t)(end - bytes) + 1) {
        const size_t line = (size_t)(end - bytes) - at;
        unsigned char leaf[32];
        if (line <= RECORD_TAIL || !hex_read(bytes + at + line - RECORD_TAIL + RECORD_TAIL_LEAF, 64, leaf))
            return -EBADMSG;
        r = tree_file_add(&rebuild->ledger->tree_file, &rebuild->hasher, &rebuild->tree, leaf);
    }
    *ret_used = at;
    return r;
}

static int add_segment(void *arg, const char *path, bool live)
{
    struct rebuild *rebuild = arg;
    CLEANUP_FREE char *bytes = malloc(2 * LEDGER_RECORD_LIMIT);
    CLEANUP_FD int fd = -1;
    int64_t size = 0, at = 0;

    (void)live;
    int r = bytes ? segment_open(path, &fd, &size) : -ENOMEM;
    while (r == 0 && at < size && rebuild->tree.size < rebuild->size) {
        size_t len =
            size - at < (int64_t)(2 * LEDGER_RECORD_LIMIT) ? (size_t)(size - at) : 2 * LEDGER_RECORD_LIMIT;
        size_t used = 0;
        r = ledger_pread(fd, bytes, len, at);
        if (r == 0)
            r = add_lines(rebuild, bytes, len, &used);
        if (r == 0 && used == 0)
            r = -EBADMSG;
        at += (int64_t)used;
    }
    return r;
}

int ledger_tree_rebuild_locked(struct ledger *ledger, uint64_t size, struct problem *p)
{
    struct rebuild rebuild = {
        .ledger = ledger, .hasher = {ledger->seal.crypto, ledger->seal.sha256}, .size = size};

    int r = size ? ledger_each_segment(ledger->file, add_segment, &rebuild, p) : 0;
    if (r == 0 && rebuild.tree.size < size)
        r = -ENODATA;
    if (r < 0)
        return ledger_fail(ledger, r, p, "has lost hashes that cannot be made anew: %s", strerror(-r));
    ledger->tree = rebuild.tree;
    return 0;
}
