/* SPDX-License-Identifier: Apache-2.0 */
/* Segments, epochs, checkpoints: how they follow one another, and what was done to them. */
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
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "place.h"

#define LOG_LIMIT ((size_t)4 << 20)

static void fill_to_segment(struct place *place, uint64_t segments)
{
    struct ledger_report report = {0};

    for (int i = 0; i < 400 && report.segments < segments; i++) {
        place_fill(place, 1);
        (void)place_verify(place, &report);
    }
    assert_int_equal(report.segments, segments);
}

static bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static struct ledger_report verify_by(const struct place *place, const char *key, const char *head,
                                      const struct ledger_anchor_point *anchors, size_t count,
                                      const struct note_key *signer)
{
    const struct ledger_verify_options options = {.file = place->file,
                                                  .key_file = key,
                                                  .expected_head = head,
                                                  .anchors = anchors,
                                                  .anchor_count = count,
                                                  .signer = signer};
    struct ledger_report report;
    struct problem p = PROBLEM_INIT;

    assert_int_equal(ledger_verify_with(&options, &report, &p), 0);
    return report;
}

static void test_rotation(void **state)
{
    CLEANUP_BUF struct buf escrow = BUF_INIT(1000), line = BUF_INIT(1 << 20);
    struct problem p = PROBLEM_INIT;
    struct place place;
    struct stat st;
    char path[128], k0[128];

    (void)state;
    place_make_small(&place);
    struct ledger *ledger = place_open(&place);
    assert_int_equal(ledger_escrow(ledger, &escrow, &p), 0);
    ledger_free(ledger);
    (void)snprintf(k0, sizeof k0, "%s/first.key", place.folder);
    place_write(k0, escrow.data, escrow.len);
    fill_to_segment(&place, 4);
    for (unsigned i = 1; i < 4; i++) {
        place_segment(&place, i, path);
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0400);
        assert_int_equal(st.st_nlink, 1);
    }
    /* numbers and tree go on over segments and epochs */
    struct ledger_report report = verify_by(&place, k0, NULL, NULL, 0, NULL);
    assert_int_equal(report.verdict, LEDGER_OK);
    assert_true(report.epochs > 3);
    assert_true(report.checkpoints > 3);
    /* with the key that is there the seals of ended epochs cannot be checked, and that is said */
    report = verify_by(&place, place.key, NULL, NULL, 0, NULL);
    assert_int_equal(report.verdict, LEDGER_MACS_UNCHECKED);
    assert_true(report.unchecked > 0 && report.unchecked < report.records);
    report = verify_by(&place, NULL, NULL, NULL, 0, NULL);
    assert_int_equal(report.verdict, LEDGER_KEY_MISSING);
    ledger = place_open(&place);
    assert_int_equal(ledger_escrow(ledger, &escrow, &p), -ENOKEY);
    for (uint64_t seq = 1; seq <= report.records; seq += 7)
        assert_int_equal(ledger_find(ledger, seq, &line, &p), 0);
    ledger_free(ledger);
    place_done(&place);
}

/* What is checked against the ledger alone, by a key file of its first epoch. */
struct three {
    struct place place;
    char paths[3][128], k0[128];
    struct buf bytes[3];
    struct note_key signer;
};

static void three_make(struct three *three)
{
    CLEANUP_BUF struct buf escrow = BUF_INIT(1000);
    struct problem p = PROBLEM_INIT;

    place_make_small(&three->place);
    three->place.config.ledger.segment_kib = 3;
    three->place.config.ledger.epoch_records = 4;
    struct ledger *ledger = place_open(&three->place);
    assert_int_equal(ledger_escrow(ledger, &escrow, &p), 0);
    assert_int_equal(ledger_note_key(ledger, &three->signer, &p), 0);
    ledger_free(ledger);
    (void)snprintf(three->k0, sizeof three->k0, "%s/first.key", three->place.folder);
    place_write(three->k0, escrow.data, escrow.len);
    fill_to_segment(&three->place, 3);
    place_segment(&three->place, 1, three->paths[0]);
    place_segment(&three->place, 2, three->paths[1]);
    (void)snprintf(three->paths[2], sizeof three->paths[2], "%s", three->place.file);
    for (size_t i = 0; i < 3; i++) {
        three->bytes[i] = BUF_INIT(LOG_LIMIT);
        place_read(three->paths[i], &three->bytes[i]);
        assert_int_equal(chmod(three->paths[i], 0600), 0);
    }
    assert_int_equal(verify_by(&three->place, three->k0, NULL, NULL, 0, &three->signer).verdict, LEDGER_OK);
}

static void three_done(struct three *three)
{
    for (size_t i = 0; i < 3; i++)
        buf_done(&three->bytes[i]);
    place_done(&three->place);
}

static void restore(struct three *three)
{
    for (size_t i = 0; i < 3; i++)
        place_write(three->paths[i], three->bytes[i].data, three->bytes[i].len);
}

/* Every bit: with the keys gone that sealed most of it, too (the chain of hashes finds it). */
static void test_every_bit(void **state)
{
    struct three three;

    (void)state;
    three_make(&three);
    for (size_t k = 0; k < 3; k++) {
        const struct buf *log = &three.bytes[k];
        const int fd = open(three.paths[k], O_WRONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        for (size_t i = 0; i < log->len; i++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                const char c = (char)(log->data[i] ^ (1 << bit));
                assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
                const enum ledger_verdict verdict =
                    verify_by(&three.place, bit % 2 ? three.k0 : three.place.key, NULL, NULL, 0, NULL)
                        .verdict;
                if (verdict != LEDGER_BROKEN && !(verdict == LEDGER_TORN_TAIL && k == 2 && i == log->len - 1))
                    fail_msg("segment %zu byte %zu bit %u: verdict %d", k + 1, i, bit, verdict);
            }
            assert_int_equal(pwrite(fd, &log->data[i], 1, (off_t)i), 1);
        }
        (void)close(fd);
    }
    three_done(&three);
}

/* A closed segment that is cut anywhere is broken; the live one torn, or short of its key and its anchor. */
static void test_every_cut(void **state)
{
    struct ledger_report whole;
    struct three three;
    struct ledger_anchor_point anchor;
    struct problem p = PROBLEM_INIT;

    (void)state;
    three_make(&three);
    whole = verify_by(&three.place, three.k0, NULL, NULL, 0, NULL);
    struct ledger *ledger = place_open(&three.place);
    anchor.size = whole.records;
    assert_int_equal(ledger_root_at(ledger, anchor.size, anchor.root, &p), 0);
    ledger_free(ledger);
    for (size_t k = 0; k < 3; k++) {
        for (size_t cut = 0; cut < three.bytes[k].len; cut++) {
            const bool clean = cut == 0 || three.bytes[k].data[cut - 1] == '\n';
            place_write(three.paths[k], three.bytes[k].data, cut);
            const struct ledger_report report =
                verify_by(&three.place, three.place.key, NULL, &anchor, 1, NULL);
            enum ledger_verdict wanted = k < 2 ? LEDGER_BROKEN : LEDGER_BEHIND;
            if (k == 2 && cut == 0) /* no segment says which it is: the closed ones are not asked for */
                wanted = LEDGER_BEHIND;
            if (report.verdict != wanted)
                fail_msg("segment %zu cut at %zu (%d): verdict %d %s", k + 1, cut, clean, report.verdict,
                         report.why);
        }
        restore(&three);
    }
    three_done(&three);
}

static void lines_of(const struct buf *log, const char *starts[64], size_t *ret_count)
{
    size_t n = 0;

    starts[0] = log->data;
    while (n < 62 && starts[n] < log->data + log->len) {
        starts[n + 1] = strchr(starts[n], '\n') + 1;
        n++;
    }
    *ret_count = n;
}

/* Swapped, dropped, doubled, and a whole segment of another ledger in its place. */
static void test_moved(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(LOG_LIMIT);
    const char *starts[64];
    struct three three, other;
    size_t count = 0;

    (void)state;
    three_make(&three);
    three_make(&other);
    for (size_t k = 0; k < 3; k++) {
        lines_of(&three.bytes[k], starts, &count);
        for (size_t i = 0; i + 1 < count; i++) {
            for (int way = 0; way < 3; way++) {
                buf_reset(&out);
                buf_add(&out, starts[0], (size_t)(starts[i] - starts[0]));
                if (way != 1)
                    buf_add(&out, starts[i + 1], (size_t)(starts[i + 2] - starts[i + 1]));
                if (way == 0)
                    buf_add(&out, starts[i], (size_t)(starts[i + 1] - starts[i]));
                else
                    buf_add(&out, starts[i + 1], (size_t)(starts[i + 2] - starts[i + 1]));
                buf_add(&out, starts[i + 2],
                        (size_t)(three.bytes[k].data + three.bytes[k].len - starts[i + 2]));
                place_write(three.paths[k], out.data, out.len);
                assert_int_equal(verify_by(&three.place, three.k0, NULL, NULL, 0, NULL).verdict,
                                 LEDGER_BROKEN);
                assert_int_equal(verify_by(&three.place, NULL, NULL, NULL, 0, NULL).verdict, LEDGER_BROKEN);
            }
        }
        place_write(three.paths[k], other.bytes[k].data, other.bytes[k].len);
        assert_int_equal(verify_by(&three.place, three.k0, NULL, NULL, 0, NULL).verdict, LEDGER_BROKEN);
        restore(&three);
        /* a segment that is gone, or stands in another's place */
        char aside[160];
        (void)snprintf(aside, sizeof aside, "%s/aside", three.place.folder);
        assert_int_equal(rename(three.paths[k], aside), 0);
        assert_int_equal(verify_by(&three.place, three.k0, NULL, NULL, 0, NULL).verdict,
                         k == 2 ? LEDGER_MISSING : LEDGER_BROKEN);
        assert_int_equal(symlink(aside, three.paths[k]), 0);
        assert_int_equal(verify_by(&three.place, three.k0, NULL, NULL, 0, NULL).verdict, LEDGER_UNREADABLE);
        assert_int_equal(rename(aside, three.paths[k]), 0);
    }
    place_write(three.paths[0], three.bytes[1].data, three.bytes[1].len);
    assert_int_equal(verify_by(&three.place, three.k0, NULL, NULL, 0, NULL).verdict, LEDGER_BROKEN);
    three_done(&three);
    three_done(&other);
}

static void test_anchors(void **state)
{
    struct ledger_anchor_point points[2];
    struct three three;
    struct problem p = PROBLEM_INIT;

    (void)state;
    three_make(&three);
    struct ledger_report report = verify_by(&three.place, three.k0, NULL, NULL, 0, NULL);
    struct ledger *ledger = place_open(&three.place);
    points[0].size = report.records;
    points[1].size = 5;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(ledger_root_at(ledger, points[i].size, points[i].root, &p), 0);
    assert_int_equal(ledger_root_at(ledger, report.records + 1, points[0].root, &p), -ENOENT);
    ledger_free(ledger);
    report = verify_by(&three.place, three.k0, NULL, points, 2, NULL);
    assert_int_equal(report.verdict, LEDGER_OK);
    assert_int_equal(report.unanchored, 0);
    report = verify_by(&three.place, three.k0, NULL, points + 1, 1, NULL);
    assert_int_equal(report.verdict, LEDGER_UNANCHORED);
    assert_int_equal(report.unanchored, report.records - 5);
    points[1].root[3] ^= 1;
    report = verify_by(&three.place, three.k0, NULL, points + 1, 1, NULL);
    assert_int_equal(report.verdict, LEDGER_BROKEN);
    points[1].size = report.records + 1000;
    report = verify_by(&three.place, three.k0, NULL, points + 1, 1, NULL);
    assert_int_equal(report.verdict, LEDGER_BEHIND);
    /* the newest checkpoint was signed by this ledger's key, and by no other */
    assert_true(verify_by(&three.place, three.k0, NULL, NULL, 0, &three.signer).signed_good);
    three.signer.public[0] ^= 1;
    assert_int_equal(verify_by(&three.place, three.k0, NULL, NULL, 0, &three.signer).verdict, LEDGER_BROKEN);
    three_done(&three);
}

/* The stored hashes are a cache: lost, cut or spoiled, proofs are the same. */
static void test_stored_hashes(void **state)
{
    CLEANUP_BUF struct buf tree = BUF_INIT(LOG_LIMIT), line = BUF_INIT(1 << 20);
    struct merkle_proof proof, first;
    struct problem p = PROBLEM_INIT;
    struct place place;

    (void)state;
    place_make_small(&place);
    place_fill(&place, 100);
    place_read(place.tree, &tree);
    for (int way = 0; way < 4; way++) {
        if (way == 1)
            assert_int_equal(unlink(place.tree), 0);
        else if (way == 2)
            place_write(place.tree, tree.data, tree.len / 3);
        else if (way == 3) {
            for (size_t i = 0; i < tree.len; i += 40)
                tree.data[i] ^= 1;
            place_write(place.tree, tree.data, tree.len);
        }
        struct ledger *ledger = place_open(&place);
        assert_int_equal(ledger_prove(ledger, 37, 100, &line, &proof, &p), 0);
        if (way == 0)
            first = proof;
        assert_int_equal(proof.count, first.count);
        assert_memory_equal(proof.hashes, first.hashes, proof.count * 32);
        assert_int_equal(ledger_prove_consistency(ledger, 33, 100, &proof, &p), 0);
        assert_int_equal(ledger_prove(ledger, 0, 100, &line, &proof, &p), -ENOENT);
        assert_int_equal(ledger_prove(ledger, 101, 100, &line, &proof, &p), -ENOENT);
        ledger_free(ledger);
        p = PROBLEM_INIT;
    }
    place_done(&place);
}

/* One process writes several segments while another one has the first open. */
static void test_far_behind(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct ledger_report report;
    struct place place;

    (void)state;
    place_make_small(&place);
    struct ledger *slow = place_open(&place);
    assert_int_equal(ledger_append(slow, LEDGER_PLANNED, "", 0, NULL, &p), 0);
    fill_to_segment(&place, 4);
    if (ledger_append(slow, LEDGER_PLANNED, "", 0, NULL, &p) < 0)
        fail_msg("%s", p.cause);
    ledger_free(slow);
    /* and one that dies with both names on the old file, while the other has it open */
    slow = place_open(&place);
    assert_int_equal(ledger_append(slow, LEDGER_PLANNED, "", 0, NULL, &p), 0);
    char path[128];
    place_segment(&place, 4, path);
    assert_int_equal(link(place.file, path), 0);
    for (int i = 0; i < 40; i++) {
        if (ledger_append(slow, LEDGER_PLANNED, "", 0, NULL, &p) < 0)
            fail_msg("%s", p.cause);
    }
    ledger_free(slow);
    assert_true(ledger_verdict_good(place_verify(&place, &report)));
    assert_true(report.segments > 4);
    place_done(&place);
}

/* A crash at each step of closing a segment. */
static void test_rotation_crash(void **state)
{
    struct ledger_report report;
    struct place place;
    char path[128], next[128];

    (void)state;
    place_make_small(&place);
    fill_to_segment(&place, 2);
    (void)snprintf(next, sizeof next, "%s.next", place.file);
    place_segment(&place, 2, path);
    /* the next file was being written */
    place_write(next, "{\"v\":1", 6);
    place_fill(&place, 1);
    assert_false(exists(next));
    /* the old one has its second name, the new one has not taken its place */
    assert_int_equal(link(place.file, path), 0);
    place_fill(&place, 1);
    assert_false(exists(path));
    (void)place_verify(&place, &report);
    assert_int_equal(report.verdict, LEDGER_MACS_UNCHECKED);
    fill_to_segment(&place, 3);
    /* the key of the epoch that ended was never put in place */
    place_done(&place);
}

/* Segments, epochs and checkpoints of the first format, with the first key and the public one: they verify
 * for ever. */
static void test_golden(void **state)
{
    static const char *const files[] = {
        "audit.log.000001", "audit.log.000002", "audit.log.000003",     "audit.log",
        "first.key",        "audit.key",        "audit.signing.pem.pub"};
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    CLEANUP_BUF struct buf bytes = BUF_INIT(LOG_LIMIT);
    struct problem p = PROBLEM_INIT;
    struct note_key signer;
    struct place place;
    char from[4096], to[200];

    (void)state;
    if (!source)
        skip();
    place_make(&place);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(from, sizeof from, "%s/tests/unit/ledger/golden/segments/%s", source, files[i]);
        (void)snprintf(to, sizeof to, "%s/%s", place.folder, files[i]);
        place_read(from, &bytes);
        place_write(to, bytes.data, bytes.len);
    }
    assert_int_equal(note_key_parse(crypto_module_get(NULL), bytes.data, &signer, &p), 0);
    (void)snprintf(to, sizeof to, "%s/first.key", place.folder);
    const struct ledger_report report = verify_by(&place, to, NULL, NULL, 0, &signer);
    assert_int_equal(report.verdict, LEDGER_OK);
    assert_int_equal(report.segments, 4);
    assert_true(report.signed_good);
    assert_int_equal(verify_by(&place, place.key, NULL, NULL, 0, NULL).verdict, LEDGER_MACS_UNCHECKED);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotation),       cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_every_cut),      cmocka_unit_test(test_moved),
        cmocka_unit_test(test_anchors),        cmocka_unit_test(test_stored_hashes),
        cmocka_unit_test(test_rotation_crash), cmocka_unit_test(test_far_behind),
        cmocka_unit_test(test_golden)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
