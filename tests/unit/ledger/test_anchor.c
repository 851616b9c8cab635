/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors in a file: what is written there, and what the disk or a torn write may do to it. */
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

static bool published(struct stand *s, struct problem *p)
{
    return stand_published(s, 20000, p);
}

/* ---- the file */

static void test_publish(void **state)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(65536);
    const struct crypto_module *crypto = crypto_module_get(NULL);
    struct checkpoint checkpoint;
    struct note_key key;
    struct problem p;
    struct stat st;
    struct stand s;

    (void)state;
    stand_with_file(&s, 5);
    assert_true(published(&s, &p));
    stand_says(&s, "\"state\":\"confirmed\"");
    stand_says(&s, "on the ledger's own file system");
    stand_add(&s);
    assert_true(published(&s, &p));
    assert_int_equal(stat(s.file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    struct stand_notes found = stand_notes(s.file);
    assert_int_equal(found.count, 2);
    assert_int_equal(ledger_note_key(s.ledger, &key, &p), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(note_verify(crypto, found.notes[i], strlen(found.notes[i]), &key, NULL), 0);
        assert_int_equal(checkpoint_parse(crypto, found.notes[i], strlen(found.notes[i]), &checkpoint, &p),
                         0);
        assert_int_equal(checkpoint.size, i == 0 ? 5 : 8); /* a checkpoint, an anchor and a record later */
    }
    place_read(s.file, &bytes);
    char *whole = NULL;
    assert_true(asprintf(&whole, "%s\n%s\n", found.notes[0], found.notes[1]) > 0);
    assert_string_equal(bytes.data, whole);
    free(whole);
    assert_int_equal(stand_records(&s, "ok"), 2);
    stand_gate(&s, "", NULL);
    stand_done(&s);
}

/* Nothing is published over and over: an anchor's record asks for no checkpoint. */
static void test_no_loop(void **state)
{
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 3);
    anchors_changed(s.anchors);
    assert_true(anchors_stop(s.anchors, clock_ms() + 20000));
    assert_int_equal(stand_records(&s, "ok"), 1);
    ledger_close(s.ledger);
    stand_close(&s);
    stand_open(&s);
    anchors_start(s.anchors); /* closing signed a checkpoint over the anchor's record: that one, once */
    assert_true(anchors_stop(s.anchors, clock_ms() + 20000));
    assert_int_equal(stand_records(&s, "ok"), 2);
    anchors_free(s.anchors);
    assert_int_equal(anchors_new(&s.place.config, s.ledger, &s.anchors), 0);
    anchors_start(s.anchors); /* known from the records, nothing new */
    assert_true(anchors_stop(s.anchors, clock_ms() + 20000));
    assert_int_equal(stand_records(&s, "ok"), 2);
    assert_int_equal(stand_notes(s.file).count, 2);
    (void)p;
    stand_done(&s);
}

/* The last write cut short at every byte: what is whole stays whole, and the next note is found behind it. */
static void test_torn(void **state)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(65536);
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 4);
    assert_true(published(&s, &p));
    assert_true(published(&s, &p));
    place_read(s.file, &bytes);
    struct stand_notes whole = stand_notes(s.file);
    assert_int_equal(whole.count, 2);
    const size_t first = strlen(whole.notes[0]) + 1;
    for (size_t cut = first; cut <= bytes.len; cut += cut % 7 == 0 || cut + 3 >= bytes.len ? 1 : 3) {
        place_write(s.file, bytes.data, cut);
        struct stand_notes found = stand_notes(s.file);
        const size_t left = cut >= first + strlen(whole.notes[1]) ? 2 : 1;
        assert_int_equal(found.count, left);
        stand_gate(&s, "", NULL);
        if (!published(&s, &p))
            fail_msg("cut at %zu of %zu: %s", cut, bytes.len, p.cause);
        found = stand_notes(s.file);
        assert_int_equal(found.count, left + 1);
        for (size_t i = 0; i < left; i++)
            assert_string_equal(found.notes[i], whole.notes[i]);
    }
    stand_done(&s);
}

/* The very first note cut short is gone on behind; any other file is left alone. */
static void test_first_torn(void **state)
{
    static const char other[] = "shopping list\n- milk\n";
    CLEANUP_BUF struct buf bytes = BUF_INIT(65536);
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 4);
    assert_true(published(&s, &p));
    place_read(s.file, &bytes);
    stand_close(&s);
    struct stand fresh;
    stand_with_file(&fresh, 4);
    place_write(fresh.file, other, sizeof other - 1);
    assert_false(published(&fresh, &p));
    stand_says(&fresh, "holds something else than notes");
    place_read(fresh.file, &bytes);
    assert_string_equal(bytes.data, other);
    assert_int_equal(stand_records(&fresh, "failed"), 1);
    struct note_key key;
    assert_int_equal(ledger_note_key(fresh.ledger, &key, &p), 0);
    place_write(fresh.file, key.name, strlen(key.name) / 2);
    assert_true(published(&fresh, &p));
    assert_int_equal(stand_notes(fresh.file).count, 1);
    stand_done(&fresh);
    stand_open(&s);
    stand_done(&s);
}

static void expect_unusable(struct stand *s, const char *part)
{
    struct problem p;

    assert_false(published(s, &p));
    stand_says(s, "\"state\":\"failed\"");
    stand_says(s, part);
    stand_gate(s, "", NULL); /* an anchor that is not required stops nothing */
}

static void test_unusable(void **state)
{
    static char device[] = "/dev/full";
    char elsewhere[128], missing[128], text[256];
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 2);
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", s.folder);
    place_write(elsewhere, "", 0);
    assert_int_equal(symlink(elsewhere, s.file), 0);
    expect_unusable(&s, "symbolic link");
    assert_string_equal(anchor_file_fault(&s.place.config, text, sizeof text), "it is a symbolic link");
    assert_int_equal(unlink(s.file), 0);
    assert_int_equal(unlink(elsewhere), 0);
    assert_int_equal(mkdir(s.file, 0700), 0);
    expect_unusable(&s, "is no regular file");
    assert_int_equal(rmdir(s.file), 0);
    assert_int_equal(mkfifo(s.file, 0600), 0);
    expect_unusable(&s, "is no regular file");
    assert_int_equal(unlink(s.file), 0);
    stand_close(&s);

    s.anchor->file = device;
    stand_open(&s);
    expect_unusable(&s, "is no regular file");
    stand_close(&s);

    (void)snprintf(missing, sizeof missing, "%s/not/there", s.folder);
    s.anchor->file = missing;
    stand_open(&s);
    expect_unusable(&s, "No such file");
    assert_non_null(anchor_file_fault(&s.place.config, text, sizeof text));
    stand_close(&s);

    s.anchor->file = s.file;
    stand_open(&s);
    assert_null(anchor_file_fault(&s.place.config, text, sizeof text));
    assert_true(published(&s, &p));
    stand_done(&s);
}

/* A mount that is gone leaves its folder: no second file is begun there. */
static void test_gone(void **state)
{
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 2);
    assert_true(published(&s, &p));
    assert_int_equal(unlink(s.file), 0);
    assert_false(published(&s, &p));
    stand_says(&s, "is gone, though something was published there before");
    stand_close(&s);
    stand_open(&s); /* and after a restart as well */
    assert_false(published(&s, &p));
    assert_int_equal(access(s.file, F_OK), -1);
    place_write(s.file, "", 0);
    assert_false(published(&s, &p));
    stand_says(&s, "no whole note");
    stand_done(&s);
}

/* Two servers on one ledger and one file: notes stay whole, and none goes back behind another. */
static void test_two(void **state)
{
    const struct crypto_module *crypto = crypto_module_get(NULL);
    struct checkpoint checkpoint = {.size = 0};
    struct ledger *ledger = NULL;
    struct anchors *anchors = NULL;
    uint64_t before = 0;
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 2);
    assert_int_equal(ledger_new(&s.place.config, &ledger), 0);
    assert_int_equal(anchors_new(&s.place.config, ledger, &anchors), 0);
    for (int i = 0; i < 3; i++) {
        anchors_changed(anchors);
        anchors_changed(s.anchors);
        stand_gate(&s, "", NULL);
        assert_int_equal(anchors_gate(anchors, clock_ms() + 20000, NULL, &p), 0);
    }
    anchors_free(anchors);
    ledger_free(ledger);
    assert_true(anchors_stop(s.anchors, clock_ms() + 20000));
    struct stand_notes found = stand_notes(s.file);
    assert_true(found.count >= 2);
    for (size_t i = 0; i < found.count; i++) {
        assert_int_equal(checkpoint_parse(crypto, found.notes[i], strlen(found.notes[i]), &checkpoint, &p),
                         0);
        assert_true(checkpoint.size > before);
        before = checkpoint.size;
    }
    assert_int_equal(stand_records(&s, "failed") + stand_records(&s, "contradicts"), 0);
    stand_done(&s);
}

static void test_full_disk(void **state)
{
    char filler[128];
    static char zeros[65536];
    struct problem p;
    struct stand s;

    (void)state;
    stand_with_file(&s, 2);
    if (mount("tmpfs", s.folder, "tmpfs", 0, "size=20k") < 0) {
        print_message("no mount here: a full disk is not tested\n");
        stand_done(&s);
        skip();
    }
    (void)snprintf(filler, sizeof filler, "%s/filler", s.folder);
    CLEANUP_FD int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(write(fd, zeros, 8192) == 8192);
    int r = 0;
    for (int i = 0; i < 100 && r == 0; i++)
        r = published(&s, &p) ? 0 : -1;
    assert_int_equal(unlink(filler), 0);
    fd_close(&fd);
    assert_int_equal(r, -1);
    stand_says(&s, "No space left");
    stand_gate(&s, "", NULL);
    assert_true(published(&s, &p)); /* behind the piece that the full disk left */
    stand_says(&s, "confirmed");
    assert_true(umount(s.folder) == 0);
    stand_done(&s);
}

/* ---- notes */

static size_t walk(const char *bytes, size_t len)
{
    struct notes notes = {.bytes = bytes, .len = len};
    const char *note = NULL;
    size_t count = 0;

    for (size_t note_len = 0; notes_next(&notes, &note, &note_len); count++)
        assert_true(note >= bytes && note + note_len <= bytes + len && note_len > 0);
    return count;
}

static void test_walk(void **state)
{
    static const struct {
        const char *bytes;
        size_t count;
    } cases[] = {
        {"", 0},
        {"\n\n\n", 0},
        {"o\n1\nr\n\n\xe2\x80\x94 n sig\n", 1},
        {"o\n1\nr\n\n\xe2\x80\x94 n sig", 0}, /* its last newline is missing */
        {"o\n1\nr\n\n\xe2\x80\x94 n sig\n\xe2\x80\x94 w co", 0},
        {"o\n1\nr\n\n\xe2\x80\x94 n sig\n\xe2\x80\x94 w cosig\n\no\n2\nr\n\n\xe2\x80\x94 n sig\n\n", 2},
        {"o\n1\nr\n\xe2\x80\x94 n sig\n\n", 0}, /* no empty line before the signature */
        {"\xe2\x80\x94 n sig\n\n", 0},
        {"o\n1\nr\n\n\xe2\x80\x94 n si\n(cut short)\n\no\n2\nr\n\n\xe2\x80\x94 n sig\n\n", 1},
        {"o\n1\n(cut short)\n\no\n2\nr\n\n\xe2\x80\x94 n sig\n\n", 1},
        {"o\n1\nr\n\n\n\xe2\x80\x94 n sig\n\n", 0}, /* two empty lines */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (walk(cases[i].bytes, strlen(cases[i].bytes)) != cases[i].count)
            fail_msg("case %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish),    cmocka_unit_test(test_no_loop),  cmocka_unit_test(test_torn),
        cmocka_unit_test(test_first_torn), cmocka_unit_test(test_unusable), cmocka_unit_test(test_gone),
        cmocka_unit_test(test_full_disk),  cmocka_unit_test(test_two),      cmocka_unit_test(test_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
