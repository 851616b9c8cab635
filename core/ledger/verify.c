/* SPDX-License-Identifier: Apache-2.0 */
/* Verification: the chain from its first byte, by position, without parsing JSON. */
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
#include "base/json.h"
#include "base/text.h"
#include "ledger/ledger_inner.h"
#include "ledger/scan.h"

#define PIECE (4 * LEDGER_RECORD_LIMIT)

struct verification {
    struct ledger_report *report;
    struct seal seal;
    struct head head;
    unsigned char expected[32];
    bool expects, seen;
};

static void verdict(struct ledger_report *report, enum ledger_verdict what, const char *why, ...)
    __attribute__((format(printf, 3, 4)));
static void verdict(struct ledger_report *report, enum ledger_verdict what, const char *why, ...)
{
    va_list ap;

    report->verdict = what;
    va_start(ap, why);
    (void)vsnprintf(report->why, sizeof report->why, why, ap);
    va_end(ap);
}

static int bad_line(struct verification *v, const char *why, bool torn)
{
    if (*why == '\0')
        return -ENOMEM;
    if (torn) {
        verdict(v->report, LEDGER_TORN_TAIL, "the last record is incomplete, from byte %lld on",
                (long long)v->head.end);
        return 1;
    }
    v->report->seq = v->head.seq + 1;
    verdict(v->report, LEDGER_BROKEN, "record %llu at byte %lld: %s", (unsigned long long)v->report->seq,
            (long long)v->head.end, why);
    return 1;
}

/* The lines of bytes[0..len), which are `left` bytes from the end of the file; 1: the verdict stands. */
static int verify_lines(struct verification *v, const char *bytes, size_t len, int64_t left)
{
    size_t at = 0;

    for (const char *end; at < len && (end = memchr(bytes + at, '\n', len - at)) != NULL;) {
        size_t line = (size_t)(end - bytes) - at;
        bool last = (int64_t)len == left && !memchr(end + 1, '\n', len - at - line - 1);
        const char *why = record_check(&v->seal, &v->head, bytes + at, line, &v->head);
        if (why)
            return bad_line(v, why, last && memchr(bytes + at, '\0', line));
        v->report->last_us = v->head.time_us;
        if (v->head.seq == 1)
            v->report->first_us = v->head.time_us;
        if (v->expects && memcmp(v->head.hash, v->expected, 32) == 0)
            v->seen = true;
        at = (size_t)(end - bytes) + 1;
    }
    if (at == 0)
        return bad_line(v, "its line does not end", len < LEDGER_RECORD_LIMIT);
    return 0;
}

static int verify_file(struct verification *v, int fd, int64_t size)
{
    CLEANUP_FREE char *bytes = malloc(PIECE);

    if (!bytes)
        return -ENOMEM;
    while (v->head.end < size) {
        int64_t left = size - v->head.end;
        size_t len = left < (int64_t)PIECE ? (size_t)left : PIECE;
        int r = ledger_pread(fd, bytes, len, v->head.end);
        if (r < 0) {
            verdict(v->report, LEDGER_UNREADABLE, "it cannot be read: %s", strerror(-r));
            return 1;
        }
        r = verify_lines(v, bytes, len, left);
        if (r != 0)
            return r;
    }
    return 0;
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
    return ledger_open_read(file, ret_fd, ret_size);
}

static int read_key(struct verification *v, const char *key_file, char *why, size_t why_size)
{
    unsigned char key[32];
    struct problem p = PROBLEM_INIT;
    int r = key_file ? ledger_key_read(key_file, key, &p) : -ENOENT;

    (void)snprintf(why, why_size, "%.160s", key_file ? p.cause : "no key was given");
    if (r < 0)
        return ledger_seal_init(&v->seal, NULL, &p);
    r = ledger_seal_init(&v->seal, key, &p);
    explicit_bzero(key, sizeof key);
    return r;
}

static void finish(struct verification *v, const char *no_key)
{
    struct ledger_report *report = v->report;

    report->records = v->head.seq;
    report->bytes = v->head.end;
    if (v->head.seq)
        text_hex(v->head.hash, 32, report->head);
    if (report->verdict != LEDGER_OK && report->verdict != LEDGER_TORN_TAIL)
        return;
    if (v->expects && !v->seen)
        verdict(report, LEDGER_BEHIND, "the expected head is not in it: it was cut short or replaced");
    else if (report->verdict == LEDGER_OK && !v->seal.hmac)
        verdict(report, LEDGER_KEY_MISSING, "%s", no_key);
}

int ledger_verify(const char *file, const char *key_file, const char *expected_head,
                  struct ledger_report *ret, struct problem *p)
{
    struct verification v = {.report = ret};
    CLEANUP_FD int fd = -1;
    char no_key[200];
    int64_t size = 0;

    *ret = (struct ledger_report){.verdict = LEDGER_OK};
    if (expected_head && *expected_head) {
        v.expects = strlen(expected_head) == 64 && hex_read(expected_head, 64, v.expected);
        if (!v.expects)
            return problem_set(p, -EINVAL, PX_ARG,
                               "the expected head is not 64 lower-case hexadecimal digits");
    }
    int r = file ? size_at_rest(file, &fd, &size) : -ENOENT;
    if (r < 0) {
        verdict(ret, r == -ENOENT ? LEDGER_MISSING : LEDGER_UNREADABLE, "%s",
                r == -ENOENT  ? "there is no such file"
                : r == -ELOOP ? "it is a symbolic link"
                              : strerror(-r));
        return 0;
    }
    r = read_key(&v, key_file, no_key, sizeof no_key);
    if (r == 0)
        r = verify_file(&v, fd, size);
    if (v.seal.crypto && r >= 0)
        finish(&v, no_key);
    if (v.seal.crypto)
        v.seal.crypto->hmac_free(v.seal.hmac);
    return r < 0 ? problem_set(p, r, PX_LEDGER, "no memory to verify the ledger") : 0;
}

void ledger_report_json(const struct ledger_report *report, struct buf *out)
{
    static const char *const names[] = {
        [LEDGER_OK] = "ok",
        [LEDGER_BROKEN] = "broken",
        [LEDGER_TORN_TAIL] = "torn-tail",
        [LEDGER_KEY_MISSING] = "key-missing",
        [LEDGER_BEHIND] = "behind",
        [LEDGER_MISSING] = "missing",
        [LEDGER_UNREADABLE] = "unreadable",
    };

    buf_char(out, '{');
    json_put_key_string(out, "verdict", names[report->verdict]);
    json_put_key_int(out, "records", (long long)report->records);
    json_put_key_int(out, "bytes", report->bytes);
    json_put_key_string(out, "head", report->head);
    if (report->verdict == LEDGER_BROKEN)
        json_put_key_int(out, "seq", (long long)report->seq);
    if (report->records) {
        json_put_key_int(out, "first_us", report->first_us);
        json_put_key_int(out, "last_us", report->last_us);
    }
    if (*report->why)
        json_put_key_string(out, "why", report->why);
    buf_char(out, '}');
}
