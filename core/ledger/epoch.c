/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an epoch: a record under its key that names the next key's id; then the next key is put on the
 * disk in the old one's place, before anything is sealed with it.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "ledger/ledger_inner.h"

int ledger_epoch_end_locked(struct ledger *ledger, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(1024);
    char next[RECORD_KEY_ID];

    if (ledger_put_tree(ledger, &body) < 0 || seal_next_id(&ledger->seal, next) < 0)
        return problem_set(p, -ENOMEM, PX_LEDGER, "no memory to end an epoch of the ledger");
    json_put_key_string(&body, "next_key", next);
    json_put_key_int(&body, "first", (long long)ledger->epoch_first);
    json_put_key_int(&body, "records", (long long)(ledger->head.seq + 2 - ledger->epoch_first));
    if (!buf_ok(&body))
        return problem_set(p, -ENOMEM, PX_LEDGER, "no memory to end an epoch of the ledger");
    int r = ledger_write_locked(ledger, LEDGER_EPOCH_END, body.data, body.len, p);
    if (r < 0)
        return r;
    if (seal_evolve(&ledger->seal, &ledger->key) < 0)
        return ledger_fail(ledger, -ENOMEM, p, "cannot be continued: no memory");
    ledger->epoch_first = ledger->head.seq + 1;
    ledger->epoch_us = 0;
    r = ledger_key_write(ledger->key_file, &ledger->key, p);
    if (r < 0)
        return ledger_fail(ledger, r, p, "has a key file that cannot be written: %s: %s", ledger->key_file,
                           strerror(-r));
    ledger->key_on_disk = ledger->key.epoch;
    return 0;
}

/* A clock that was set back must not keep an epoch or a segment open for ever. */
static bool is_old(int64_t since_us, int64_t now_us, int64_t most_us)
{
    return since_us != 0 && (now_us - since_us >= most_us || since_us - now_us >= most_us);
}

int ledger_due_locked(struct ledger *ledger, struct problem *p)
{
    const struct ledger_limits *limits = &ledger->limits;
    const int64_t now = clock_wall_us();

    if (ledger->head.end > 0 &&
        (ledger->head.end >= limits->segment_bytes || is_old(ledger->segment_us, now, limits->segment_us)))
        return ledger_rotate_locked(ledger, p);
    if (ledger->head.seq + 1 >= ledger->epoch_first + limits->epoch_records ||
        is_old(ledger->epoch_us, now, limits->epoch_us))
        return ledger_epoch_end_locked(ledger, p);
    return 0;
}
