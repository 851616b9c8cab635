/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's public functions that write: append, derive, redaction. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_check.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger_inner.h"

#define FRAME_BYTES 512u /* more than a record has around its body */

static uint64_t or_default(uint32_t value, uint64_t fallback)
{
    return value ? value : fallback;
}

static void take_limits(struct ledger_limits *limits, const struct config_ledger *config)
{
    const int64_t minute = (int64_t)60 * 1000000;

    limits->segment_bytes = (int64_t)or_default(config->segment_kib, 65536) << 10;
    limits->segment_us = (int64_t)or_default(config->segment_days, 30) * 24 * 60 * minute;
    limits->epoch_records = or_default(config->epoch_records, 1000);
    limits->epoch_us = (int64_t)or_default(config->epoch_minutes, 60) * minute;
    limits->checkpoint_records = or_default(config->checkpoint_records, 100);
}

static char *with_suffix(const char *file, const char *suffix)
{
    char *name = NULL;

    return asprintf(&name, "%s%s", file, suffix) < 0 ? NULL : name;
}

int ledger_new(const struct config *config, struct ledger **ret)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);

    if (!ledger)
        return -ENOMEM;
    (void)pthread_mutex_init(&ledger->mutex, NULL);
    ledger->fd = ledger->lock_fd = ledger->tree_file.fd = -1;
    ledger->redact = config->ledger.redact;
    take_limits(&ledger->limits, &config->ledger);
    ledger->file = ledger_file(config);
    ledger->key_file = ledger_key_file(config);
    ledger->sign_file = ledger_sign_file(config);
    if (ledger->file) {
        ledger->lock_file = with_suffix(ledger->file, ".lock");
        ledger->tree_name = with_suffix(ledger->file, ".tree");
        ledger->note_name = with_suffix(ledger->file, ".checkpoint");
        ledger->next_name = with_suffix(ledger->file, ".next");
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
    tree_file_close(&ledger->tree_file);
    seal_done(&ledger->seal);
    explicit_bzero(&ledger->key, sizeof ledger->key);
    explicit_bzero(ledger->sign_seed, sizeof ledger->sign_seed);
    (void)pthread_mutex_destroy(&ledger->mutex);
    char *const names[] = {ledger->file,      ledger->key_file,  ledger->sign_file, ledger->lock_file,
                           ledger->tree_name, ledger->note_name, ledger->next_name};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        free(names[i]);
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

/* The body must be members, and none of the record's own names: one validator over the whole line sees both.
 */
static int check_body(const char *kind, const char *body, size_t len, struct problem *p)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    struct json_check check = {.max_depth = JSON_CHECK_MAX_DEPTH};

    static const char *const own[] = {LEDGER_EPOCH_END, LEDGER_SEGMENT_START, LEDGER_CHECKPOINT};

    if (!record_kind_ok(kind))
        return problem_set(p, -EINVAL, PX_INTERNAL, "a record's kind is not a word");
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(kind, own[i]) == 0)
            return problem_set(p, -EINVAL, PX_INTERNAL, "records of kind %s are the ledger's own", kind);
    }
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

/* The record stands; that no checkpoint could follow it kills the ledger, not the record. */
static void appended(struct ledger *ledger, struct ledger_receipt *ret)
{
    struct problem p = PROBLEM_INIT;

    ledger->appended = ledger->head.seq;
    if (ret) {
        ret->seq = ledger->head.seq;
        ret->time_us = ledger->head.time_us;
        text_hex(ledger->head.hash, 32, ret->hash);
    }
    if (ledger->head.seq - ledger->checkpointed >= ledger->limits.checkpoint_records &&
        ledger_checkpoint_locked(ledger, &p) < 0)
        log_error("no checkpoint could be signed: %s", p.cause);
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
    if (r == 0)
        r = ledger_due_locked(ledger, p);
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
    if (r == 0)
        appended(ledger, ret);
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

    if (r == 0 && ledger->seal.crypto->hkdf(ledger->key.derive, 32, purpose, ret_key) < 0)
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
