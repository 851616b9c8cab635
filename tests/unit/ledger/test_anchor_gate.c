/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: what somebody may do to the anchor or to the ledger, and a confirmation that is required. The
 * wall clock of the library under test is this file's. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "anchor_stand.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/thread.h"
#include "ledger/anchor.h"
#include "ledger/anchor_inner.h"

#define MINUTE_US ((int64_t)60 * 1000000)

static int64_t later_us;

int64_t __real_clock_wall_us(void);
int64_t __wrap_clock_wall_us(void);
int64_t __wrap_clock_wall_us(void)
{
    return __real_clock_wall_us() + later_us;
}

/* Every test begins now. */
static int now(void **state)
{
    (void)state;
    later_us = 0;
    return 0;
}

static bool published(struct stand *s, struct problem *p)
{
    return stand_published(s, 20000, p);
}

/* ---- contradictions */

static void expect_untouched(struct stand *s, const struct buf *before)
{
    CLEANUP_BUF struct buf now = BUF_INIT(65536);

    place_read(s->file, &now);
    assert_int_equal(now.len, before->len);
    assert_memory_equal(now.data, before->data, now.len);
}

/* Whatever is tried, nothing is written to the anchor and nothing may be changed. */
static void expect_contradiction(struct stand *s, const char *part)
{
    CLEANUP_BUF struct buf before = BUF_INIT(65536);
    struct problem p;

    place_read(s->file, &before);
    stand_gate(s, PX_ANCHOR, part);
    anchors_changed(s->anchors);
    stand_gate(s, PX_ANCHOR, part);
    assert_false(published(s, &p)); /* a person's wish does not make it right either */
    expect_untouched(s, &before);
    stand_says(s, "contradicts the ledger");
    assert_int_equal(stand_records(s, "contradicts"), 1);
    stand_gate(s, PX_ANCHOR, part);
}

static void test_other_ledger(void **state)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(65536);
    struct problem p;
    struct stand mine, other;

    (void)state;
    stand_with_file(&mine, 4);
    stand_with_file(&other, 9);
    assert_true(published(&mine, &p));
    assert_true(published(&other, &p));
    place_read(other.file, &bytes);
    place_write(mine.file, bytes.data, bytes.len);
    expect_contradiction(&mine, "another ledger");
    stand_close(&mine); /* a restart does not forget */
    stand_open(&mine);
    stand_gate(&mine, PX_ANCHOR, "another ledger");
    stand_done(&mine);
    stand_done(&other);
}

/* A signature that does not fit, and a note that no key signed. */
static void test_forged(void **state)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(65536);
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 4);
    assert_true(published(&s, &p));
    place_read(s.file, &bytes);
    char *size = strchr(bytes.data, '\n') + 1;
    assert_true(*size == '4');
    *size = '3';
    place_write(s.file, bytes.data, bytes.len);
    expect_contradiction(&s, "not what was signed");
    *size = '4';
    place_write(s.file, bytes.data, bytes.len); /* put right by a person */
    stand_gate(&s, "", NULL);
    assert_true(published(&s, &p));
    stand_done(&s);
}

static void run(const char *program, const char *a, const char *b, const char *c)
{
    int status = -1;
    const pid_t pid = fork();

    if (pid == 0) {
        (void)execlp(program, program, a, b, c, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    assert_int_equal(status, 0);
}

static void copy_folder(const char *from, const char *to)
{
    run("rm", "-rf", to, NULL);
    run("cp", "-a", from, to);
}

/* The whole folder put back to an earlier day: seals and lock file agree, only the anchor knows better. */
static void test_behind(void **state)
{
    char saved[80];
    struct problem p;
    struct ledger_report report;
    struct stand s;

    (void)state;
    stand_with_file(&s, 4);
    stand_close(&s);
    (void)snprintf(saved, sizeof saved, "%s-saved", s.place.folder);
    copy_folder(s.place.folder, saved);
    stand_open(&s);
    for (int i = 0; i < 6; i++)
        stand_add(&s);
    assert_true(published(&s, &p));
    stand_close(&s);
    copy_folder(saved, s.place.folder);
    assert_int_equal(place_verify(&s.place, &report), LEDGER_OK); /* by itself it is flawless */
    stand_open(&s);
    expect_contradiction(&s, "behind the anchor");
    stand_close(&s);

    /* And grown again past the anchored size: another history. */
    copy_folder(saved, s.place.folder);
    stand_open(&s);
    for (int i = 0; i < 20; i++)
        stand_add(&s);
    expect_contradiction(&s, "are not those that were anchored");
    copy_folder(saved, s.place.folder);
    run("rm", "-rf", saved, NULL);
    stand_done(&s);
}

/* A ledger that does not verify is not published, and with anchors nothing is changed. segment_kib 0: the
 * damage is in the live segment and seen when it is opened; else in a closed one, which only a whole
 * verification sees. */
static void damaged(uint32_t segment_kib)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(1 << 20), before = BUF_INIT(65536);
    char first[128];
    struct problem p;
    struct stand s;

    later_us = 0;
    stand_with_file(&s, 0);
    s.place.config.ledger.segment_kib = segment_kib;
    s.place.config.ledger.require_anchor_within = 30;
    stand_close(&s);
    place_fill(&s.place, 40);
    stand_open(&s);
    assert_true(published(&s, &p));
    stand_close(&s);
    (void)snprintf(first, sizeof first, "%s%s", s.place.file, segment_kib ? ".000001" : "");
    place_read(s.file, &before);
    place_read(first, &bytes);
    char *text = memmem(bytes.data, bytes.len, "guest/3\"", 8);
    assert_non_null(text);
    text[6] = '4';
    place_write(first, bytes.data, bytes.len);
    stand_open(&s);
    later_us = 31 * MINUTE_US;
    stand_gate(&s, PX_LEDGER, segment_kib ? "does not verify" : "damaged");
    anchors_changed(s.anchors);
    anchors_start(s.anchors);
    assert_false(published(&s, &p));
    assert_string_equal(p.code, PX_LEDGER);
    stand_gate(&s, PX_LEDGER, segment_kib ? "does not verify" : "damaged");
    expect_untouched(&s, &before);
    stand_done(&s);
}

static void test_damaged(void **state)
{
    (void)state;
    damaged(0);
    damaged(4);
}

/* ---- required */

static void test_required(void **state)
{
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 3);
    s.place.config.ledger.require_anchor_within = 30;
    assert_int_equal(mkdir(s.file, 0700), 0); /* in its way */
    stand_gate(&s, PX_ANCHOR, "within 30 minutes");
    stand_says(&s, "\"met\":false");
    assert_int_equal(rmdir(s.file), 0);
    stand_gate(&s, "", NULL); /* published by the gate itself */
    stand_says(&s, "\"met\":true");
    assert_int_equal(stand_notes(s.file).count, 1);
    stand_gate(&s, "", NULL);
    assert_int_equal(stand_notes(s.file).count, 1); /* still good */
    stand_close(&s);

    stand_open(&s); /* a restart knows it from the records */
    later_us = 29 * MINUTE_US;
    stand_gate(&s, "", NULL);
    assert_int_equal(stand_notes(s.file).count, 1);
    later_us = 31 * MINUTE_US;
    stand_gate(&s, "", NULL);
    assert_int_equal(stand_notes(s.file).count, 2);
    later_us = -MINUTE_US; /* a clock that was put back confirms nothing */
    stand_gate(&s, "", NULL);
    assert_int_equal(stand_notes(s.file).count, 3);
    later_us = 100 * MINUTE_US;
    assert_int_equal(rename(s.file, s.place.key), 0);
    assert_true(anchors_gate(s.anchors, clock_ms() + 20000, NULL, &p) < 0);
    assert_string_equal(p.code, PX_ANCHOR);
    stand_done(&s);
}

/* One record of failure an hour. */
static void test_failures(void **state)
{
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 3);
    assert_int_equal(mkdir(s.file, 0700), 0);
    for (int i = 0; i < 4; i++)
        assert_false(published(&s, &p));
    assert_int_equal(stand_records(&s, "failed"), 1);
    stand_close(&s);
    stand_open(&s);
    assert_false(published(&s, &p));
    assert_int_equal(stand_records(&s, "failed"), 1);
    later_us = 61 * MINUTE_US;
    assert_false(published(&s, &p));
    assert_int_equal(stand_records(&s, "failed"), 2);
    assert_int_equal(rmdir(s.file), 0);
    stand_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_forged, now),   cmocka_unit_test_setup(test_other_ledger, now),
        cmocka_unit_test_setup(test_behind, now),   cmocka_unit_test_setup(test_damaged, now),
        cmocka_unit_test_setup(test_required, now), cmocka_unit_test_setup(test_failures, now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
