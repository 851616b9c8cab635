/* SPDX-License-Identifier: Apache-2.0 */
/* A file in slices that end at a line's end, several at once, each checked by a thread of its own. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/verify_inner.h"

#define WORKERS_MOST 4u

struct worker {
    struct seal seal; /* made when there is work */
    struct verify_slice slice;
    pthread_t thread;
    bool started;
};

struct verify_pool {
    size_t count;
    char *bytes;
    size_t room;
    struct worker workers[WORKERS_MOST];
};

int verify_pool_new(struct verify_pool **ret)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct verify_pool *pool = calloc(1, sizeof *pool);

    if (!pool)
        return -ENOMEM;
    pool->count = processors < 1 ? 1 : processors > (long)WORKERS_MOST ? WORKERS_MOST : (size_t)processors;
    *ret = pool;
    return 0;
}

/* Room for so many bytes, and a seal for each of the first `count` workers. */
static int ready(struct verification *v, struct verify_pool *pool, size_t len)
{
    const size_t count = len / VERIFY_SLICE + 1 < pool->count ? len / VERIFY_SLICE + 1 : pool->count;
    int r = 0;

    if (len > pool->room) {
        char *bigger = realloc(pool->bytes, len);
        if (!bigger)
            return -ENOMEM;
        pool->bytes = bigger;
        pool->room = len;
    }
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (!pool->workers[i].seal.crypto)
            r = seal_init(&pool->workers[i].seal, v->has_key ? &v->key : NULL, NULL);
    }
    return r;
}

void verify_pool_free(struct verify_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->count; i++) {
        seal_done(&pool->workers[i].seal);
        verify_slice_done(&pool->workers[i].slice);
    }
    free(pool->bytes);
    free(pool);
}

static void *work(void *arg)
{
    struct worker *worker = arg;

    verify_slice(&worker->seal, &worker->slice);
    return NULL;
}

/* Cuts bytes[0..len) at line ends for the workers. Returns how many slices. */
static size_t cut(struct verification *v, struct verify_pool *pool, size_t len, bool rest)
{
    struct head before = v->head;
    size_t at = 0, n = 0;

    while (n < pool->count && at < len && pool->workers[n].seal.crypto) {
        size_t want = len - at < VERIFY_SLICE ? len - at : VERIFY_SLICE;
        const char *last = memrchr(pool->bytes + at, '\n', want);
        if (!(rest && at + want == len)) { /* a line may go on behind */
            if (!last)
                break;
            want = (size_t)(last - (pool->bytes + at)) + 1;
        }
        struct verify_slice *slice = &pool->workers[n++].slice;
        slice->bytes = pool->bytes + at;
        slice->len = want;
        slice->before = before;
        slice->expected = v->expects ? v->expected : NULL;
        at += want;
        /* What the next slice follows stands in this one's last line; if that is bad, nothing after it
         * counts. */
        const char *line = want > 1 ? memrchr(slice->bytes, '\n', want - 1) : NULL;
        const size_t start = line ? (size_t)(line - slice->bytes) + 1 : 0;
        if (!last || !record_head(slice->bytes + start, want - 1 - start, v->head.end + (int64_t)at, &before))
            break;
    }
    return n;
}

static void check_slices(struct verify_pool *pool, size_t count)
{
    for (size_t i = 1; i < count; i++)
        pool->workers[i].started =
            pthread_create(&pool->workers[i].thread, NULL, work, &pool->workers[i]) == 0;
    if (count)
        (void)work(&pool->workers[0]);
    for (size_t i = 1; i < count; i++) {
        if (pool->workers[i].started)
            (void)pthread_join(pool->workers[i].thread, NULL);
        else
            (void)work(&pool->workers[i]);
    }
}

static int bad_line(struct verification *v, const struct verify_slice *slice, bool last, bool live)
{
    const char *line = slice->bytes + slice->bad_at;
    const bool ends = slice->bad_at + slice->bad_len < slice->len;

    if (*slice->why == '\0')
        return -ENOMEM;
    /* A write that was cut short: nothing follows it, and it does not end or has blocks that were never
     * written. */
    if (live && last && slice->bad_at + slice->bad_len + (ends ? 1 : 0) == slice->len &&
        slice->bad_len < LEDGER_RECORD_LIMIT && (!ends || memchr(line, '\0', slice->bad_len)))
        return verify_verdict(v, LEDGER_TORN_TAIL, "the last record is incomplete, from byte %lld on",
                              (long long)v->head.end);
    v->report->seq = v->head.seq + 1;
    return verify_verdict(v, LEDGER_BROKEN, "record %llu at byte %lld of segment %u: %s",
                          (unsigned long long)v->report->seq, (long long)v->head.end, v->segment, slice->why);
}

static int take_slices(struct verification *v, struct verify_pool *pool, size_t count, int64_t size,
                       bool live)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        struct verify_slice *slice = &pool->workers[i].slice;
        const bool last = slice->before.end + (int64_t)slice->len == size;
        r = verify_take(v, slice);
        if (r == 0 && slice->why)
            r = bad_line(v, slice, last, live);
    }
    return r;
}

int verify_file(struct verification *v, struct verify_pool *pool, int fd, int64_t size, bool live)
{
    const size_t most = pool->count * VERIFY_SLICE;
    int r = 0;

    while (r == 0 && v->head.end < size) {
        const int64_t left = size - v->head.end;
        const size_t len = left < (int64_t)most ? (size_t)left : most;
        r = ready(v, pool, len);
        if (r < 0)
            return r;
        r = ledger_pread(fd, pool->bytes, len, v->head.end);
        if (r < 0)
            return verify_verdict(v, LEDGER_UNREADABLE, "segment %u cannot be read: %s", v->segment,
                                  strerror(-r));
        const size_t count = cut(v, pool, len, (int64_t)len == left);
        if (count == 0) {
            v->report->seq = v->head.seq + 1;
            return verify_verdict(v, LEDGER_BROKEN, "record %llu at byte %lld of segment %u: it is too long",
                                  (unsigned long long)v->report->seq, (long long)v->head.end, v->segment);
        }
        check_slices(pool, count);
        r = take_slices(v, pool, count, size, live);
    }
    return r;
}
