/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that are well chained and sealed with the right key, and do not say the truth about tree, epoch or
 * segment: what somebody with the current key could write. And what is read back while it is changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/ledger_inner.h"
#include "place.h"

static void expect_broken(struct place *place, const char *word)
{
    struct ledger_report report;

    (void)place_verify(place, &report);
    if (report.verdict != LEDGER_BROKEN || !strstr(report.why, word))
        fail_msg("verdict %d: %s", report.verdict, report.why);
}

static void root_of(struct ledger *ledger, char ret[65])
{
    const struct merkle_hasher hasher = {ledger->seal.crypto, ledger->seal.sha256};
    unsigned char root[32];

    assert_int_equal(merkle_root(&hasher, &ledger->tree, root), 0);
    text_hex(root, 32, ret);
}

/* Writes one of the ledger's own records, with a body of the test's. */
static void write_own(struct place *place, const char *kind, bool right_root, unsigned first,
                      unsigned records)
{
    struct problem p = PROBLEM_INIT;
    char root[65], next[RECORD_KEY_ID], body[400];

    place_fill(place, 5);
    struct ledger *ledger = place_open(place);
    assert_int_equal(ledger_ready(ledger, &p), 0);
    assert_int_equal(ledger_lock(ledger, &p), 0);
    root_of(ledger, root);
    if (!right_root)
        root[7] = root[7] == 'a' ? 'b' : 'a';
    assert_int_equal(seal_next_id(&ledger->seal, next), 0);
    (void)snprintf(body, sizeof body, "\"size\":%llu,\"root\":\"%s\"", (unsigned long long)ledger->head.seq,
                   root);
    size_t len = strlen(body);
    if (strcmp(kind, LEDGER_EPOCH_END) == 0)
        (void)snprintf(body + len, sizeof body - len, ",\"next_key\":\"%s\",\"first\":%u,\"records\":%u",
                       next, first, records);
    else
        (void)snprintf(body + len, sizeof body - len, ",\"note\":\"\"");
    assert_int_equal(ledger_write_locked(ledger, kind, body, strlen(body), &p), 0);
    ledger_unlock(ledger);
    ledger_free(ledger);
}

static void test_own_records(void **state)
{
    static const struct {
        const char *kind, *word;
        bool right_root;
        unsigned first, records;
    } rows[] = {
        {LEDGER_CHECKPOINT, "the tree before it", false, 0, 0},
        {LEDGER_EPOCH_END, "the tree before it", false, 1, 6},
        {LEDGER_EPOCH_END, "other bounds", true, 2, 5},
        {LEDGER_EPOCH_END, "other bounds", true, 1, 5},
        {LEDGER_EPOCH_END, "other bounds", true, 1, 7},
        {LEDGER_CHECKPOINT, NULL, true, 0, 0},
        {LEDGER_EPOCH_END, NULL, true, 1, 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ledger_report report;
        struct place place;
        place_make(&place);
        write_own(&place, rows[i].kind, rows[i].right_root, rows[i].first, rows[i].records);
        if (rows[i].word)
            expect_broken(&place, rows[i].word);
        else
            assert_int_equal(place_verify(&place, &report), LEDGER_OK);
        place_done(&place);
    }
}

/* A segment that is closed without the end of its epoch, or does not begin with what it must. */
static void segment_by_hand(bool ends_epoch, const char *kind, long long more_bytes, const char *word)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    struct problem p = PROBLEM_INIT;
    char root[65], body[400], closed[128], hex[65];
    struct place place;
    struct head head;

    place_make(&place);
    place_fill(&place, 5);
    struct ledger *ledger = place_open(&place);
    assert_int_equal(ledger_ready(ledger, &p), 0);
    assert_int_equal(ledger_lock(ledger, &p), 0);
    if (ends_epoch)
        assert_int_equal(ledger_epoch_end_locked(ledger, &p), 0);
    root_of(ledger, root);
    assert_int_equal(ledger->seal.crypto->sha256_fd(ledger->fd, hex), 0);
    (void)snprintf(body, sizeof body,
                   "\"size\":%llu,\"root\":\"%s\",\"segment\":2,\"bytes\":%lld,\"sha256\":\"%s\"",
                   (unsigned long long)ledger->head.seq, root, (long long)ledger->head.end + more_bytes, hex);
    struct head before = ledger->head;
    before.end = 0;
    assert_int_equal(record_write(&ledger->seal, &before, 1, kind, body, strlen(body), &line, &head), 0);
    ledger_unlock(ledger);
    ledger_free(ledger);
    place_segment(&place, 1, closed);
    assert_int_equal(rename(place.file, closed), 0);
    place_write(place.file, line.data, line.len);
    if (word) {
        expect_broken(&place, word);
    } else {
        struct ledger_report report;
        assert_true(ledger_verdict_good(place_verify(&place, &report)));
        assert_int_equal(report.segments, 2);
    }
    place_done(&place);
}

static void test_segments_by_hand(void **state)
{
    (void)state;
    segment_by_hand(true, LEDGER_SEGMENT_START, 0, NULL);
    segment_by_hand(false, LEDGER_SEGMENT_START, 0, "ends within an epoch");
    segment_by_hand(true, LEDGER_SEGMENT_START, 1, "does not begin here");
}

/* Changed behind the back of an open ledger: what a way back or a count rests on is not believed. */
static void test_read_back(void **state)
{
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20), line = BUF_INIT(1 << 20);
    struct problem p = PROBLEM_INIT;
    struct place place;

    (void)state;
    place_make(&place);
    place_fill(&place, 10);
    struct ledger *ledger = place_open(&place);
    assert_int_equal(ledger_find(ledger, 3, &line, &p), 0);
    place_read(place.file, &log);
    const char *third = strstr(log.data, "\"n\":2,");
    assert_non_null(third);
    const int fd = open(place.file, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "7", 1, third + 4 - log.data), 1);
    assert_int_equal(ledger_find(ledger, 8, &line, &p), 0);
    assert_int_equal(ledger_find(ledger, 3, &line, &p), -EBADMSG);
    assert_string_equal(p.code, PX_LEDGER);
    assert_non_null(strstr(p.cause, "record 3"));
    p = PROBLEM_INIT;
    assert_int_equal(ledger_find(ledger, 1, &line, &p), -EBADMSG);
    (void)close(fd);
    ledger_free(ledger);
    place_done(&place);
}

/* The last record replaced by another one, well made: an open ledger and the lock file remember which it was.
 */
static void test_replaced(void **state)
{
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20), line = BUF_INIT(LEDGER_RECORD_LIMIT),
                           kept = BUF_INIT(1 << 20);
    struct problem p = PROBLEM_INIT;
    struct place place;

    (void)state;
    for (int open_before = 0; open_before < 2; open_before++) {
        place_make(&place);
        place_fill(&place, 6);
        struct ledger *ledger = place_open(&place);
        if (open_before)
            assert_int_equal(ledger_ready(ledger, &p), 0);
        place_read(place.file, &log);
        log.data[log.len - 1] = '\0';
        const size_t last = (size_t)(strrchr(log.data, '\n') + 1 - log.data);
        struct ledger_key key;
        struct seal seal;
        struct head head = {0}, made;
        struct record sixth;
        assert_true(record_read(log.data + last, log.len - 1 - last, &sixth)); /* as long as that one */
        assert_int_equal(ledger_key_read(place.key, &key, &p), 0);
        assert_int_equal(seal_init(&seal, &key, &p), 0);
        const char *at = log.data;
        for (int i = 0; i < 5; i++) {
            const char *end = strchr(at, '\n');
            assert_true(record_head(at, (size_t)(end - at), end + 1 - log.data, &head));
            at = end + 1;
        }
        assert_int_equal(record_write(&seal, &head, sixth.time_us, LEDGER_PLANNED,
                                      "\"n\":5,\"text\":\"guest/6\"", 22, &line, &made),
                         0);
        buf_reset(&kept);
        buf_add(&kept, log.data, last);
        buf_add(&kept, line.data, line.len);
        place_write(place.file, kept.data, kept.len);
        struct ledger_report report;
        assert_int_equal(place_verify(&place, &report), LEDGER_OK);
        assert_true(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p) < 0);
        assert_string_equal(p.code, PX_LEDGER);
        ledger_free(ledger);
        seal_done(&seal);
        place_done(&place);
    }
}

/* Who set a cut record aside died before it was recorded: the next one says so. */
static void test_cut_unrecorded(void **state)
{
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20);
    struct ledger_report report;
    struct place place;
    char pending[128];

    (void)state;
    for (int was_cut = 0; was_cut < 2; was_cut++) {
        place_make(&place);
        place_fill(&place, 4);
        (void)snprintf(pending, sizeof pending, "%s.torn", place.file);
        place_write(pending, "{\"v\":1,\"seq\":5", 14);
        if (!was_cut) { /* even before the ledger itself was cut */
            place_read(place.file, &log);
            buf_str(&log, "{\"v\":1,\"seq\":5");
            place_write(place.file, log.data, log.len);
        }
        place_fill(&place, 1);
        assert_int_equal(place_verify(&place, &report), LEDGER_OK);
        assert_int_equal(report.records, 6);
        assert_int_equal(place_count(&place, ".torn."), 1);
        assert_int_equal(place_count(&place, ".torn"), 1);
        place_read(place.file, &log);
        assert_non_null(strstr(log.data, "\"kind\":\"recovered\""));
        assert_non_null(strstr(log.data, "\"length\":14,"));
        assert_int_equal(strstr(log.data, "\"offset\":") != NULL, !was_cut);
        place_done(&place);
    }
}

/* What was appended is signed when the ledger is closed, once. */
static void test_close(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct ledger_report report;
    struct place place;

    (void)state;
    place_make(&place);
    for (int i = 0; i < 3; i++) {
        struct ledger *ledger = place_open(&place);
        if (i < 2)
            assert_int_equal(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p), 0);
        else
            assert_int_equal(ledger_ready(ledger, &p), 0);
        ledger_close(ledger);
        ledger_close(ledger);
        ledger_free(ledger);
        assert_int_equal(place_verify(&place, &report), LEDGER_OK);
        assert_int_equal(report.checkpoints, i < 2 ? i + 1 : 2);
    }
    place_done(&place);
}

/* A stored hash that is not on the tree's right edge is missed only when it is used. */
static void test_one_stored_hash(void **state)
{
    CLEANUP_BUF struct buf line = BUF_INIT(1 << 20);
    struct merkle_proof first, again;
    struct problem p = PROBLEM_INIT;
    struct place place;

    (void)state;
    place_make(&place);
    place_fill(&place, 50);
    struct ledger *ledger = place_open(&place);
    assert_int_equal(ledger_prove(ledger, 10, 50, &line, &first, &p), 0);
    const int fd = open(place.tree, O_RDWR | O_CLOEXEC);
    for (unsigned level = 0; level < 4; level++) {
        const off_t at = (off_t)(merkle_stored_index(level, 8u >> level) * 32 + 5);
        char c = 0;
        assert_int_equal(pread(fd, &c, 1, at), 1);
        c ^= 1;
        assert_int_equal(pwrite(fd, &c, 1, at), 1);
        assert_int_equal(ledger_prove(ledger, 10, 50, &line, &again, &p), 0);
        assert_int_equal(again.count, first.count);
        assert_memory_equal(again.hashes, first.hashes, first.count * 32);
    }
    (void)close(fd);
    ledger_free(ledger);
    place_done(&place);
}

/* The key of an epoch that has ended is nowhere in memory any more. */
static void test_key_is_gone(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct ledger_key key, before;
    struct seal seal;

    (void)state;
    const struct crypto_module *crypto = crypto_module_get(&p);
    assert_int_equal(ledger_key_make(crypto, &key), 0);
    before = key;
    assert_int_equal(seal_init(&seal, &key, &p), 0);
    assert_int_equal(seal_evolve(&seal, &key), 0);
    assert_int_equal(key.epoch, 1);
    assert_null(memmem(&seal, sizeof seal, before.key, 32));
    assert_null(memmem(&key, sizeof key, before.key, 32));
    assert_memory_equal(key.derive, before.derive, 32);
    assert_int_equal(seal_move(&seal, 0), -ENOKEY);
    assert_int_equal(seal_move(&seal, 5), 0);
    assert_int_equal(seal_move(&seal, 1), 0);
    seal_done(&seal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_records), cmocka_unit_test(test_segments_by_hand),
        cmocka_unit_test(test_read_back),   cmocka_unit_test(test_one_stored_hash),
        cmocka_unit_test(test_key_is_gone), cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_close),       cmocka_unit_test(test_cut_unrecorded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
