/* SPDX-License-Identifier: Apache-2.0 */
/* Verification: every segment from its first byte, by position, without parsing JSON. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/segment.h"
#include "ledger/verify_inner.h"

int verify_verdict(struct verification *v, enum ledger_verdict what, const char *why, ...)
{
    va_list ap;

    v->report->verdict = what;
    va_start(ap, why);
    (void)vsnprintf(v->report->why, sizeof v->report->why, why, ap);
    va_end(ap);
    return 1;
}

/* Held only while the size is read: a writer must not be seen in the middle of a record. */
static int size_at_rest(const char *file, int *ret_fd, int64_t *ret_size)
{
    CLEANUP_BUF struct buf name = BUF_INIT(4096);
    CLEANUP_FD int lock = -1;

    buf_str(&name, file);
    buf_str(&name, ".lock");
    if (buf_ok(&name))
        lock = open(name.data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    for (int tries = 0; lock >= 0 && tries < 1000 && flock(lock, LOCK_SH | LOCK_NB) < 0; tries++)
        (void)usleep(2000);
    return segment_open(file, ret_fd, ret_size);
}

/* ---- what it is checked by */

static int by_size(const void *a, const void *b)
{
    const struct ledger_anchor_point *x = a, *y = b;

    return x->size < y->size ? -1 : x->size > y->size;
}

static int begin(struct verification *v, struct problem *p)
{
    const struct ledger_verify_options *options = v->options;
    struct problem key = PROBLEM_INIT;

    if (options->expected_head && *options->expected_head) {
        v->expects =
            strlen(options->expected_head) == 64 && hex_read(options->expected_head, 64, v->expected);
        if (!v->expects)
            return problem_set(p, -EINVAL, PX_ARG,
                               "the expected head is not 64 lower-case hexadecimal digits");
    }
    if (options->anchor_count) {
        v->anchors = calloc(options->anchor_count, sizeof *v->anchors);
        if (!v->anchors)
            return problem_set(p, -ENOMEM, PX_LEDGER, "no memory to verify the ledger");
        memcpy(v->anchors, options->anchors, options->anchor_count * sizeof *v->anchors);
        qsort(v->anchors, options->anchor_count, sizeof *v->anchors, by_size);
    }
    v->has_key = options->key_file && ledger_key_read(options->key_file, &v->key, &key) == 0;
    (void)snprintf(v->no_key, sizeof v->no_key, "%.160s", options->key_file ? key.cause : "no key was given");
    return seal_init(&v->seal, NULL, p);
}

/* ---- the files */

static int missing(struct verification *v, int error, const char *path)
{
    return verify_verdict(v, error == -ENOENT ? LEDGER_MISSING : LEDGER_UNREADABLE, "%s%.150s%s",
                          path ? path : "", path ? ": " : "",
                          error == -ENOENT  ? "there is no such file"
                          : error == -ELOOP ? "it is a symbolic link"
                                            : strerror(-error));
}

static int closed_segment(struct verification *v, struct verify_pool *pool, uint32_t number)
{
    CLEANUP_FREE char *path = segment_path(v->options->file, number);
    CLEANUP_FD int fd = -1;
    int64_t size = 0;

    int r = path ? segment_open(path, &fd, &size) : -ENOMEM;
    if (r == -ENOMEM)
        return r;
    if (r == -ENOENT) {
        v->report->seq = v->head.seq + 1;
        return verify_verdict(v, LEDGER_BROKEN, "record %llu: segment %u, which holds it, is missing",
                              (unsigned long long)v->report->seq, number);
    }
    if (r < 0)
        return missing(v, r, path);
    v->segment = number;
    v->head.end = 0;
    r = verify_file(v, pool, fd, size, false);
    v->file_bytes_before = size;
    if (r == 0 && !v->head.sealed) {
        v->report->seq = v->head.seq + 1;
        r = verify_verdict(v, LEDGER_BROKEN, "record %llu: segment %u ends within an epoch",
                           (unsigned long long)v->report->seq, number);
    }
    return r;
}

static int all_segments(struct verification *v)
{
    struct verify_pool *pool = NULL;
    CLEANUP_FD int fd = -1;
    int64_t size = 0;
    uint32_t live = 1;

    int r = v->options->file ? size_at_rest(v->options->file, &fd, &size) : -ENOENT;
    if (r < 0)
        return missing(v, r, NULL);
    r = segment_number(fd, size, &live);
    if (r < 0 && r != -ENOMEM)
        return verify_verdict(v, LEDGER_BROKEN, "the live segment does not begin with a record");
    if (r == 0)
        r = verify_pool_new(&pool);
    for (uint32_t i = 1; r == 0 && i < live; i++)
        r = closed_segment(v, pool, i);
    if (r == 0) {
        v->segment = live;
        v->head.end = 0;
        r = verify_file(v, pool, fd, size, true);
    }
    v->report->segments = live;
    verify_pool_free(pool);
    return r;
}

/* ---- the verdict */

/* What is good as far as it goes: is it all there, and the one that was expected? */
static int check_end(struct verification *v)
{
    const struct ledger_verify_options *options = v->options;
    const uint64_t last_epoch = v->head.seq == 0 ? 0 : v->head.epoch + (v->head.sealed ? 1 : 0);
    struct ledger_report *report = v->report;

    if (v->has_key && v->key.has_derive && v->key.epoch > last_epoch)
        return verify_verdict(v, LEDGER_BEHIND,
                              "its key is of epoch %llu, and it ends in epoch %llu: it was cut",
                              (unsigned long long)v->key.epoch, (unsigned long long)last_epoch);
    if (v->expects && !report->anchored)
        return verify_verdict(v, LEDGER_BEHIND,
                              "the expected head is not in it: it was cut short or replaced");
    if (v->anchor_at < options->anchor_count)
        return verify_verdict(
            v, LEDGER_BEHIND, "%llu records were anchored, and it has %llu: it was cut short",
            (unsigned long long)v->anchors[options->anchor_count - 1].size, (unsigned long long)v->head.seq);
    if (options->anchor_count)
        report->anchored = true;
    if (report->anchored)
        report->unanchored = v->head.seq - v->anchor;
    return 0;
}

static int check_signature(struct verification *v)
{
    struct checkpoint checkpoint;
    const struct buf *note = &v->newest_note;

    if (!v->options->signer || v->report->checkpoints == 0)
        return 0;
    const char *bytes = note->data ? note->data : "";
    if (note_verify(v->seal.crypto, bytes, note->len, v->options->signer, NULL) < 0 ||
        checkpoint_parse(v->seal.crypto, bytes, note->len, &checkpoint, NULL) < 0 ||
        checkpoint.size != v->newest_size || memcmp(checkpoint.root, v->newest_root, 32) != 0) {
        v->report->seq = v->newest_size + 1;
        return verify_verdict(v, LEDGER_BROKEN, "record %llu: the checkpoint in it is not signed by this key",
                              (unsigned long long)v->report->seq);
    }
    v->report->signed_good = true;
    return 0;
}

static void finish(struct verification *v)
{
    const struct merkle_hasher hasher = {v->seal.crypto, v->seal.sha256};
    struct ledger_report *report = v->report;
    unsigned char root[32];

    report->records = v->head.seq;
    if (v->head.seq)
        text_hex(v->head.hash, 32, report->head);
    if (merkle_root(&hasher, &v->tree, root) == 0)
        text_hex(root, 32, report->root);
    if ((report->verdict != LEDGER_OK && report->verdict != LEDGER_TORN_TAIL) || check_end(v) != 0 ||
        check_signature(v) != 0 || report->verdict == LEDGER_TORN_TAIL)
        return;
    if (!v->has_key)
        (void)verify_verdict(v, LEDGER_KEY_MISSING, "%s", v->no_key);
    else if (report->unchecked)
        (void)verify_verdict(v, LEDGER_MACS_UNCHECKED,
                             "MACs of sealed epochs not checked: %llu records before epoch %llu",
                             (unsigned long long)report->unchecked, (unsigned long long)v->key.epoch);
    else if (report->unanchored)
        (void)verify_verdict(v, LEDGER_UNANCHORED, "its last %llu records came after the newest anchor",
                             (unsigned long long)report->unanchored);
}

int ledger_verify_with(const struct ledger_verify_options *options, struct ledger_report *ret,
                       struct problem *p)
{
    struct verification v = {
        .options = options, .report = ret, .epoch_first = 1, .newest_note = BUF_INIT(2 * NOTE_LIMIT)};

    *ret = (struct ledger_report){.verdict = LEDGER_OK};
    int r = begin(&v, p);
    if (r == 0)
        r = all_segments(&v);
    if (r >= 0)
        finish(&v);
    seal_done(&v.seal);
    explicit_bzero(&v.key, sizeof v.key);
    buf_done(&v.newest_note);
    free(v.anchors);
    if (r == -ENOMEM && p && !p->code[0])
        (void)problem_set(p, r, PX_LEDGER, "no memory to verify the ledger");
    return r < 0 ? r : 0;
}

int ledger_verify(const char *file, const char *key_file, const char *expected_head,
                  struct ledger_report *ret, struct problem *p)
{
    const struct ledger_verify_options options = {
        .file = file, .key_file = key_file, .expected_head = expected_head};

    return ledger_verify_with(&options, ret, p);
}
