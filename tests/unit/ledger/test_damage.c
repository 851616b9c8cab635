/* SPDX-License-Identifier: Apache-2.0 */
/* What can be done to the files: bits, cuts, moved records, torn tails, links, lost files. */
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

#include "place.h"

#define RECORDS 20

static void refused(struct place *place, const char *code, const char *word)
{
    struct ledger *ledger = place_open(place);
    struct problem p = PROBLEM_INIT;

    assert_true(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p) < 0);
    assert_string_equal(p.code, code);
    if (!strstr(p.cause, word))
        fail_msg("%s lacks: %s", p.cause, word);
    ledger_free(ledger);
}

static void test_every_bit(void **state)
{
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20);
    struct ledger_report report;
    struct place place;

    (void)state;
    place_make(&place);
    place_fill(&place, RECORDS);
    place_read(place.file, &log);
    CLEANUP_BUF struct buf copy = BUF_INIT(1 << 20);
    for (size_t i = 0; i < log.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            int fd = open(place.file, O_WRONLY | O_CLOEXEC);
            char c = (char)(log.data[i] ^ (1 << bit));
            assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
            enum ledger_verdict verdict = place_verify(&place, &report);
            if (verdict != LEDGER_BROKEN && !(verdict == LEDGER_TORN_TAIL && i == log.len - 1))
                fail_msg("byte %zu bit %u: verdict %d", i, bit, verdict);
            assert_int_equal(pwrite(fd, &log.data[i], 1, (off_t)i), 1);
            (void)close(fd);
        }
    }
    assert_int_equal(place_verify(&place, &report), LEDGER_OK);
    place_done(&place);
}

static void test_every_cut(void **state)
{
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20);
    struct ledger_report report;
    struct place place;

    (void)state;
    place_make(&place);
    place_fill(&place, 3);
    place_read(place.file, &log);
    for (size_t cut = 0; cut < log.len; cut++) {
        bool clean = cut == 0 || log.data[cut - 1] == '\n';
        place_write(place.file, log.data, cut);
        assert_int_equal(place_verify(&place, &report), clean ? LEDGER_OK : LEDGER_TORN_TAIL);
    }
    /* A cut at a line's end is found by the head in the lock file, and by one kept elsewhere. */
    refused(&place, PX_LEDGER, "was cut");
    place_done(&place);
}

/* The records in the order that `order` names, from one ledger. */
static void test_moved(void **state)
{
    static const int orders[][6] = {{1, 0, 2, 3, 4, 5}, {0, 1, 1, 2, 3, 4},  {0, 2, 3, 4, 5, -1},
                                    {0, 1, 2, 4, 3, 5}, {1, 2, 3, 4, 5, -1}, {0, 1, 2, 3, 5, -1}};
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20), other = BUF_INIT(1 << 20);
    const char *starts[7];
    struct ledger_report report;
    struct place place, second;

    (void)state;
    place_make(&place);
    place_make(&second);
    place_fill(&place, 6);
    place_fill(&second, 6);
    place_read(place.file, &log);
    starts[0] = log.data;
    for (size_t i = 1; i < 7; i++)
        starts[i] = strchr(starts[i - 1], '\n') + 1;
    for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++) {
        buf_reset(&out);
        for (size_t i = 0; i < 6 && orders[k][i] >= 0; i++)
            buf_add(&out, starts[orders[k][i]], (size_t)(starts[orders[k][i] + 1] - starts[orders[k][i]]));
        place_write(place.file, out.data, out.len);
        assert_int_equal(place_verify(&place, &report), LEDGER_BROKEN);
    }
    /* a whole record of another ledger */
    place_read(second.file, &other);
    buf_reset(&out);
    buf_add(&out, log.data, (size_t)(starts[5] - log.data));
    buf_str(&out, strrchr((other.data[other.len - 1] = '\0', other.data), '\n') + 1);
    buf_char(&out, '\n');
    place_write(place.file, out.data, out.len);
    assert_int_equal(place_verify(&place, &report), LEDGER_BROKEN);
    assert_int_equal(report.seq, 6);
    place_done(&place);
    place_done(&second);
}

static void test_torn(void **state)
{
    static const char zeros[300];
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
    struct ledger_report report;
    struct place place;

    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        place_make(&place);
        place_fill(&place, 4);
        place_read(place.file, &log);
        buf_reset(&out);
        buf_add(&out, log.data, log.len);
        if (kind == 0)
            buf_str(&out, "{\"v\":1,\"seq\":5,\"ti");
        else
            buf_add(&out, zeros, sizeof zeros);
        if (kind == 2)
            buf_str(&out, "rest\"}\n");
        place_write(place.file, out.data, out.len);
        assert_int_equal(place_verify(&place, &report), LEDGER_TORN_TAIL);
        assert_int_equal(report.records, 4);
        place_fill(&place, 1);
        assert_int_equal(place_verify(&place, &report), LEDGER_OK);
        assert_int_equal(report.records, 6);
        assert_int_equal(place_count(&place, ".torn."), 1);
        place_read(place.file, &log);
        assert_non_null(strstr(log.data, "\"kind\":\"recovered\""));
        place_done(&place);
    }
    /* bad, and whole: no torn write, and nothing is mended */
    place_make(&place);
    place_fill(&place, 4);
    place_read(place.file, &log);
    log.data[log.len - 300] ^= 1;
    place_write(place.file, log.data, log.len);
    refused(&place, PX_LEDGER, "damaged at record 4");
    assert_int_equal(place_count(&place, ".torn."), 0);
    place_done(&place);
}

static void test_lost_and_linked(void **state)
{
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20);
    struct place place;
    char aside[120];

    (void)state;
    place_make(&place);
    (void)snprintf(aside, sizeof aside, "%s/aside", place.folder);
    place_fill(&place, 2);
    assert_int_equal(rename(place.file, aside), 0);
    refused(&place, PX_LEDGER, "missing");
    assert_int_equal(symlink(aside, place.file), 0);
    refused(&place, PX_LEDGER, "symbolic link");
    assert_int_equal(rename(aside, place.file), 0);
    assert_int_equal(rename(place.key, aside), 0);
    refused(&place, PX_SECRET_FILE, "No such file");
    assert_int_equal(symlink(aside, place.key), 0);
    refused(&place, PX_SECRET_FILE, "symbolic link");
    assert_int_equal(rename(aside, place.key), 0);
    assert_int_equal(chmod(place.key, 0640), 0);
    refused(&place, PX_SECRET_FILE, "others");
    assert_int_equal(chmod(place.key, 0600), 0);
    assert_int_equal(rename(place.lock, aside), 0);
    assert_int_equal(symlink(aside, place.lock), 0);
    refused(&place, PX_LEDGER, "symbolic link");
    assert_int_equal(rename(aside, place.lock), 0);
    place_fill(&place, 1);
    place_write(place.key, "abc\n", 4);
    refused(&place, PX_SECRET_FILE, "not such a key file");
    place_done(&place);
}

/* A ledger of the first format, with its key: it verifies for ever. */
static void test_golden(void **state)
{
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20), key = BUF_INIT(1000);
    struct ledger_report report;
    struct place place;
    char path[4096];

    (void)state;
    if (!source)
        skip();
    place_make(&place);
    (void)snprintf(path, sizeof path, "%s/tests/unit/ledger/golden/v1.log", source);
    place_read(path, &log);
    (void)snprintf(path, sizeof path, "%s/tests/unit/ledger/golden/v1.key", source);
    place_read(path, &key);
    place_write(place.file, log.data, log.len);
    place_write(place.key, key.data, key.len);
    (void)snprintf(path, sizeof path, "%s/tests/unit/ledger/golden/v1.signing.pem", source);
    place_read(path, &key);
    place_write(place.sign, key.data, key.len);
    assert_int_equal(place_verify(&place, &report), LEDGER_OK);
    assert_int_equal(report.records, 3);
    place_fill(&place, 1); /* and it can be continued */
    assert_int_equal(place_verify(&place, &report), LEDGER_OK);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_bit),       cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_moved),           cmocka_unit_test(test_torn),
        cmocka_unit_test(test_lost_and_linked), cmocka_unit_test(test_golden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
