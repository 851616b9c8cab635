/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's public functions that write: append, derive, redaction. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_check.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger_inner.h"

#define FRAME_BYTES 512u /* more than a record has around its body */

int ledger_new(const struct config *config, struct ledger **ret)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);

    if (!ledger)
        return -ENOMEM;
    (void)pthread_mutex_init(&ledger->mutex, NULL);
    ledger->fd = ledger->lock_fd = -1;
    ledger->redact = config->ledger.redact;
    ledger->file = ledger_file(config);
    ledger->key_file = ledger_key_file(config);
    if (ledger->file) {
        struct buf name = BUF_INIT(4096);
        buf_str(&name, ledger->file);
        buf_str(&name, ".lock");
        ledger->lock_file = buf_take(&name, NULL);
    }
    *ret = ledger;
    return 0;
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    fd_close(&ledger->fd);
    fd_close(&ledger->lock_fd);
    if (ledger->seal.crypto)
        ledger->seal.crypto->hmac_free(ledger->seal.hmac);
    explicit_bzero(ledger->key, sizeof ledger->key);
    (void)pthread_mutex_destroy(&ledger->mutex);
    free(ledger->file);
    free(ledger->key_file);
    free(ledger->lock_file);
    free(ledger);
}

int ledger_ready(struct ledger *ledger, struct problem *p)
{
    int r = ledger_lock(ledger, p);

    if (r < 0)
        return r;
    r = ledger_follow_locked(ledger, p);
    ledger_unlock(ledger);
    return r;
}

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

int ledger_write_locked(struct ledger *ledger, const char *kind, const char *body, size_t len,
                        struct problem *p)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    struct head head;

    int r = record_write(&ledger->seal, &ledger->head, clock_wall_us(), kind, body, len, &line, &head);
    if (r < 0)
        return problem_set(p, r, PX_LEDGER, "a record of the ledger could not be made: %s", strerror(-r));
    r = write_record(ledger, &line);
    if (r < 0) {
        ledger->open = true; /* dead from here on, whether it was being opened or not */
        return ledger_fail(ledger, r, p, "could not be written: %s", strerror(-r));
    }
    ledger->head = head;
    ledger_memo_write(ledger);
    return 0;
}

/* The body must be members, and none of the record's own names: one validator over the whole line sees both.
 */
static int check_body(const char *kind, const char *body, size_t len, struct problem *p)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    struct json_check check = {.max_depth = JSON_CHECK_MAX_DEPTH};

    if (!record_kind_ok(kind))
        return problem_set(p, -EINVAL, PX_INTERNAL, "a record's kind is not a word");
    if (len > LEDGER_RECORD_LIMIT - FRAME_BYTES)
        return problem_set(p, -EFBIG, PX_TOO_LARGE, "a record of %zu bytes is too long for the ledger", len);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)body[i] < 0x20)
            return problem_set(p, -EINVAL, PX_INTERNAL, "a record's body has a control character");
    }
    buf_str(&line, "{\"v\":1,\"seq\":1,\"time\":1,\"epoch\":0,\"key\":0,\"kind\":0,\"prev\":0");
    if (len)
        buf_char(&line, ',');
    buf_add(&line, body, len);
    buf_str(&line, ",\"leaf\":0,\"hash\":0,\"mac\":0}");
    if (!buf_ok(&line))
        return problem_set(p, line.error, PX_INTERNAL, "no memory for a record");
    if (json_check(&check, line.data, line.len) < 0)
        return problem_set(p, -EINVAL, PX_INTERNAL, "a record's body is not JSON members: %s",
                           json_fault_name(check.fault));
    return 0;
}

int ledger_append_with(struct ledger *ledger, int (*first)(void *arg, struct problem *p),
                       void (*undo)(void *arg), void *arg, const char *kind, const char *body, size_t len,
                       struct ledger_receipt *ret, struct problem *p)
{
    int r = check_body(kind, body, len, p);

    if (r == 0)
        r = ledger_lock(ledger, p);
    if (r < 0)
        return r;
    r = ledger_follow_locked(ledger, p);
    if (r == 0 && first)
        r = first(arg, p);
    else if (r < 0)
        undo = NULL;
    if (r < 0) {
        ledger_unlock(ledger);
        return r;
    }
    r = ledger_write_locked(ledger, kind, body, len, p);
    if (r < 0 && undo)
        undo(arg);
    if (r == 0 && ret) {
        ret->seq = ledger->head.seq;
        ret->time_us = ledger->head.time_us;
        text_hex(ledger->head.hash, 32, ret->hash);
    }
    ledger_unlock(ledger);
    return r;
}

int ledger_append(struct ledger *ledger, const char *kind, const char *body, size_t len,
                  struct ledger_receipt *ret, struct problem *p)
{
    return ledger_append_with(ledger, NULL, NULL, NULL, kind, body, len, ret, p);
}

void ledger_state(struct ledger *ledger, struct problem *ret)
{
    (void)pthread_mutex_lock(&ledger->mutex);
    *ret = ledger->dead;
    (void)pthread_mutex_unlock(&ledger->mutex);
}

int ledger_derive(struct ledger *ledger, const char *purpose, unsigned char ret_key[32], struct problem *p)
{
    int r = ledger_ready(ledger, p);

    if (r == 0 && ledger->seal.crypto->hkdf(ledger->key, 32, purpose, ret_key) < 0)
        r = problem_set(p, -ENOMEM, PX_LEDGER, "no memory to derive a key");
    return r;
}

void ledger_put_body(struct ledger *ledger, struct buf *out, const char *name, const char *json, size_t len)
{
    unsigned char key[32], mac[32];
    const struct crypto_piece piece = {json, len};
    char hex[33];

    json_put_comma(out);
    json_put_cstr(out, name);
    buf_char(out, ':');
    if (!ledger->redact) {
        buf_add(out, json, len);
        return;
    }
    /* A key of its own: what is short could be guessed from a plain hash. */
    if (ledger_derive(ledger, "proximo/ledger/v1/redact", key, NULL) < 0 ||
        ledger->seal.crypto->hmac(key, sizeof key, &piece, 1, mac) < 0) {
        buf_printf(out, "{\"redacted\":\"unkeyed\",\"bytes\":%zu}", len);
        return;
    }
    explicit_bzero(key, sizeof key);
    text_hex(mac, 16, hex);
    buf_printf(out, "{\"redacted\":\"hmac-sha256:%s\",\"bytes\":%zu}", hex, len);
}
