/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody can do who has the disk and the key of the current epoch: seal history anew with it, cut and
 * go on, splice. And what a clock does. The first key finds all of it; without that, an anchor does.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ledger/ledger_inner.h"
#include "place.h"

static int64_t clock_back_us; /* how far the wall clock was set back */

int64_t __real_clock_wall_us(void);
int64_t __wrap_clock_wall_us(void);
int64_t __wrap_clock_wall_us(void)
{
    return __real_clock_wall_us() - clock_back_us;
}

struct scene {
    struct place place;
    char k0[128];
    struct ledger_anchor_point anchor; /* of the middle */
    struct ledger_key key;             /* of the current epoch: what the attacker has */
    struct buf log;
};

/* Some epochs, two of them empty, in one segment. */
static void scene_make(struct scene *scene)
{
    CLEANUP_BUF struct buf escrow = BUF_INIT(1000);
    struct problem p = PROBLEM_INIT;

    place_make(&scene->place);
    struct ledger *ledger = place_open(&scene->place);
    assert_int_equal(ledger_escrow(ledger, &escrow, &p), 0);
    (void)snprintf(scene->k0, sizeof scene->k0, "%s/first.key", scene->place.folder);
    place_write(scene->k0, escrow.data, escrow.len);
    for (int epoch = 0; epoch < 6; epoch++) {
        for (int i = 0; i < 3 && epoch != 3 && epoch != 4; i++)
            assert_int_equal(ledger_append(ledger, LEDGER_PLANNED, "\"a\":1", 5, NULL, &p), 0);
        assert_int_equal(ledger_lock(ledger, &p), 0);
        assert_int_equal(ledger_epoch_end_locked(ledger, &p), 0);
        ledger_unlock(ledger);
    }
    assert_int_equal(ledger_append(ledger, LEDGER_OUTCOME, "\"a\":2", 5, NULL, &p), 0);
    scene->anchor.size = 14;
    assert_int_equal(ledger_root_at(ledger, scene->anchor.size, scene->anchor.root, &p), 0);
    ledger_free(ledger);
    assert_int_equal(ledger_key_read(scene->place.key, &scene->key, &p), 0);
    assert_int_equal(scene->key.epoch, 6);
    scene->log = BUF_INIT(1 << 20);
    place_read(scene->place.file, &scene->log);
}

static void scene_done(struct scene *scene)
{
    buf_done(&scene->log);
    place_done(&scene->place);
}

static enum ledger_verdict judge(const struct scene *scene, const char *key, bool anchored)
{
    const struct ledger_verify_options options = {.file = scene->place.file,
                                                  .key_file = key,
                                                  .anchors = &scene->anchor,
                                                  .anchor_count = anchored ? 1 : 0};
    struct ledger_report report;

    assert_int_equal(ledger_verify_with(&options, &report, NULL), 0);
    return report.verdict;
}

/* What an attacker makes of a chain: all after `keep` again, changed, sealed with the key of today. */
struct forgery {
    uint64_t keep;
    bool skip_epochs; /* go on in today's epoch at once */
    bool name_key;    /* if the last that is kept ends an epoch, let it name today's key */
    bool borrow_ids;  /* claim the ids of the keys that are gone; else its own key's */
};

static void forge(struct scene *scene, const struct forgery *forgery, struct buf *out)
{
    const bool skip_epochs = forgery->skip_epochs, name_key = forgery->name_key;
    const uint64_t keep = forgery->keep;
    char own_id[RECORD_KEY_ID];

    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    struct merkle_hasher hasher;
    struct merkle tree = {0};
    struct head head = {0};
    struct seal seal;
    const char *at = scene->log.data;
    uint64_t epoch_first = 1;

    assert_int_equal(seal_init(&seal, &scene->key, NULL), 0);
    hasher = (struct merkle_hasher){seal.crypto, seal.sha256};
    memcpy(own_id, seal.key_id, sizeof own_id);
    for (const char *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        struct record old;
        char body[512];
        unsigned char root[32];
        assert_true(record_read(at, (size_t)(end - at), &old));
        /* the last that is kept may be an epoch's end that names the attacker's key */
        const bool renamed = name_key && old.seq == keep && strcmp(old.kind, LEDGER_EPOCH_END) == 0;
        if (old.seq <= keep && !renamed) { /* as it was */
            buf_add(out, at, (size_t)(end - at) + 1);
            assert_true(record_head(at, (size_t)(end - at), 0, &head));
            assert_int_equal(merkle_add(&hasher, &tree, old.leaf, NULL, NULL), 0);
            if (head.sealed)
                epoch_first = head.seq + 1;
            continue;
        }
        const bool ends = strcmp(old.kind, LEDGER_EPOCH_END) == 0;
        if (skip_epochs && !renamed && (ends || old.epoch < scene->key.epoch))
            continue;
        seal.now.epoch = old.epoch;
        memcpy(seal.key_id, forgery->borrow_ids ? old.key_id : own_id, sizeof own_id);
        const char *next = own_id;
        struct record_tree said;
        if (ends && forgery->borrow_ids && !renamed && record_tree_read(at, &old, &said))
            next = said.next_key;
        (void)snprintf(body, sizeof body, "\"a\":\"forged\"");
        if (ends) {
            char hex[65];
            assert_int_equal(merkle_root(&hasher, &tree, root), 0);
            for (size_t i = 0; i < 32; i++)
                (void)snprintf(hex + 2 * i, 3, "%02x", root[i]);
            (void)snprintf(
                body, sizeof body,
                "\"size\":%llu,\"root\":\"%s\",\"next_key\":\"%s\",\"first\":%llu,\"records\":%llu",
                (unsigned long long)tree.size, hex, next, (unsigned long long)epoch_first,
                (unsigned long long)(head.seq + 2 - epoch_first));
        }
        assert_int_equal(record_write(&seal, &head, old.time_us, old.kind, body, strlen(body), &line, &head),
                         0);
        if (head.sealed)
            epoch_first = head.seq + 1;
        buf_add(out, line.data, line.len);
        struct record made;
        assert_true(record_read(line.data, line.len - 1, &made));
        assert_int_equal(merkle_add(&hasher, &tree, made.leaf, NULL, NULL), 0);
    }
    seal_done(&seal);
}

/* All of it, or from some record on, sealed again with the key of today. */
static void test_sealed_again(void **state)
{
    struct scene scene;

    (void)state;
    scene_make(&scene);
    assert_int_equal(judge(&scene, scene.k0, true), LEDGER_UNANCHORED);
    for (uint64_t i = 0; i < 38; i++) {
        const struct forgery forgery = {.keep = i / 2, .borrow_ids = i % 2};
        CLEANUP_BUF struct buf out = BUF_INIT(1 << 20);
        forge(&scene, &forgery, &out);
        place_write(scene.place.file, out.data, out.len);
        assert_int_equal(judge(&scene, scene.k0, false), forgery.keep == 18 ? LEDGER_OK : LEDGER_BROKEN);
        /* Without the first key a forgery that claims the right ids is found only by what is elsewhere, and
         * verification does not say more than it knows. One that names its own key does not follow the rest.
         */
        const bool follows = forgery.borrow_ids || forgery.keep == 0 || forgery.keep == 18;
        assert_int_equal(judge(&scene, scene.place.key, false),
                         follows ? LEDGER_MACS_UNCHECKED : LEDGER_BROKEN);
        if (forgery.keep < 13) /* record 14 says the same when it is made anew */
            assert_int_equal(judge(&scene, scene.place.key, true), LEDGER_BROKEN);
    }
    scene_done(&scene);
}

/* Cut, and gone on with in the epoch of today's key, across epochs that were empty. */
static void test_cut_and_continued(void **state)
{
    struct scene scene;

    (void)state;
    scene_make(&scene);
    /* a record of epoch 6 cannot be one of the first six */
    for (uint64_t keep = 6; keep < 18; keep++) {
        CLEANUP_BUF struct buf out = BUF_INIT(1 << 20);
        forge(&scene, &(struct forgery){.keep = keep, .skip_epochs = true}, &out);
        place_write(scene.place.file, out.data, out.len);
        assert_int_equal(judge(&scene, scene.k0, false), LEDGER_BROKEN);
        assert_int_equal(judge(&scene, scene.place.key, false), LEDGER_BROKEN);
        assert_int_equal(judge(&scene, NULL, false), LEDGER_BROKEN);
    }
    /* an epoch's end forged to name the key of three epochs later */
    for (uint64_t keep = 8; keep < 15; keep++) {
        CLEANUP_BUF struct buf out = BUF_INIT(1 << 20);
        const struct forgery forgery = {
            .keep = keep, .skip_epochs = true, .name_key = true, .borrow_ids = true};
        forge(&scene, &forgery, &out);
        place_write(scene.place.file, out.data, out.len);
        assert_int_equal(judge(&scene, scene.place.key, false), LEDGER_BROKEN);
    }
    /* only cut: the key is of a later epoch than the end */
    const char *at = scene.log.data;
    for (int i = 0; i < 18; i++) {
        place_write(scene.place.file, scene.log.data, (size_t)(at - scene.log.data));
        assert_int_equal(judge(&scene, scene.place.key, false), LEDGER_BEHIND);
        (void)unlink(scene.place.lock); /* even without the head that it remembers */
        struct ledger *ledger = place_open(&scene.place);
        struct problem p = PROBLEM_INIT;
        assert_true(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p) < 0);
        assert_string_equal(p.code, PX_LEDGER);
        ledger_free(ledger);
        at = strchr(at, '\n') + 1;
    }
    scene_done(&scene);
}

/* The key file of before, or of another ledger. */
static void test_other_keys(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct scene scene, other;

    (void)state;
    scene_make(&scene);
    scene_make(&other);
    assert_int_equal(judge(&scene, other.k0, false), LEDGER_BROKEN);
    assert_int_equal(judge(&scene, other.place.key, false), LEDGER_BROKEN);
    CLEANUP_BUF struct buf key = BUF_INIT(1000);
    place_read(other.place.key, &key);
    place_write(scene.place.key, key.data, key.len);
    struct ledger *ledger = place_open(&scene.place);
    assert_true(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p) < 0);
    assert_string_equal(p.code, PX_LEDGER);
    ledger_free(ledger);
    /* the escrowed first key is no key to write with */
    place_read(scene.k0, &key);
    place_write(scene.place.key, key.data, key.len);
    ledger = place_open(&scene.place);
    assert_true(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p) < 0);
    assert_string_equal(p.code, PX_SECRET_FILE);
    ledger_free(ledger);
    scene_done(&scene);
    scene_done(&other);
}

/* A key file that was left behind by a crash, or came from a backup, is brought forward by the ledger. */
static void test_older_key(void **state)
{
    CLEANUP_BUF struct buf before = BUF_INIT(1000);
    struct problem p = PROBLEM_INIT;
    struct ledger_key key;
    struct place place;

    (void)state;
    place_make(&place);
    place_fill(&place, 2);
    place_read(place.key, &before);
    struct ledger *ledger = place_open(&place);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p), 0);
        assert_int_equal(ledger_lock(ledger, &p), 0);
        assert_int_equal(ledger_epoch_end_locked(ledger, &p), 0);
        ledger_unlock(ledger);
        place_write(place.key, before.data, before.len);
        place_fill(&place, 1); /* another process */
        assert_int_equal(ledger_key_read(place.key, &key, &p), 0);
        assert_int_equal(key.epoch, i + 1);
    }
    ledger_free(ledger);
    place_write(place.key, before.data, before.len);
    struct ledger_report report;
    assert_int_equal(place_verify(&place, &report), LEDGER_OK); /* that key checks all */
    place_done(&place);
}

/* Time goes back: numbers go on, epochs and segments still end. */
static void test_clock(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct ledger_report report;
    struct place place;

    (void)state;
    place_make(&place);
    place.config.ledger.epoch_minutes = 60;
    place.config.ledger.segment_days = 1;
    clock_back_us = 0;
    struct ledger *ledger = place_open(&place);
    for (int i = 0; i < 12; i++) {
        clock_back_us = (int64_t)i * 7 * 3600 * 1000000 * (i % 2 ? 1 : -1);
        assert_int_equal(ledger_append(ledger, LEDGER_PLANNED, "\"a\":1", 5, NULL, &p), 0);
    }
    clock_back_us = 0;
    ledger_free(ledger);
    (void)place_verify(&place, &report);
    assert_int_equal(report.verdict, LEDGER_MACS_UNCHECKED);
    assert_true(report.segments > 4);
    assert_true(report.epochs > report.segments - 1);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_again), cmocka_unit_test(test_cut_and_continued),
        cmocka_unit_test(test_other_keys), cmocka_unit_test(test_older_key), cmocka_unit_test(test_clock)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
