/* SPDX-License-Identifier: Apache-2.0 */
/* Appending: chain, key file, lock, single use, disks that are full. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "ledger/record.h"
#include "place.h"

static void hex(const unsigned char *bytes, char out[65])
{
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* The chain once more, from the description in docs/ledger.md, by OpenSSL alone. */
static void check_by_hand(const struct buf *log, const unsigned char key[32], size_t records)
{
    unsigned char prev_hash[32] = {0}, prev_mac[32] = {0}, leaf[32], hash[32], mac[32];
    char tail[256], leaf_hex[65], hash_hex[65], mac_hex[65];
    const char *line = log->data;
    size_t found = 0;

    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1, found++) {
        size_t covered = (size_t)(end - line) - 222;
        CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
        buf_char(&text, '\0');
        buf_add(&text, line, covered);
        assert_int_equal(EVP_Digest(text.data, text.len, leaf, NULL, EVP_sha256(), NULL), 1);
        buf_reset(&text);
        buf_add(&text, "proximo/ledger/v1/mac\0", 22);
        buf_add(&text, prev_mac, 32);
        buf_add(&text, line, covered);
        assert_non_null(HMAC(EVP_sha256(), key, 32, (unsigned char *)text.data, text.len, mac, NULL));
        buf_reset(&text);
        buf_add(&text, "proximo/ledger/v1/hash\0", 23);
        buf_add(&text, prev_hash, 32);
        buf_add(&text, leaf, 32);
        buf_add(&text, mac, 32);
        assert_int_equal(EVP_Digest(text.data, text.len, hash, NULL, EVP_sha256(), NULL), 1);
        hex(leaf, leaf_hex);
        hex(hash, hash_hex);
        hex(mac, mac_hex);
        (void)snprintf(tail, sizeof tail, ",\"leaf\":\"%s\",\"hash\":\"%s\",\"mac\":\"%s\"}", leaf_hex,
                       hash_hex, mac_hex);
        assert_int_equal(strlen(tail), 222);
        assert_memory_equal(line + covered, tail, 222);
        memcpy(prev_hash, hash, 32);
        memcpy(prev_mac, mac, 32);
    }
    assert_int_equal(found, records);
}

/* RFC 5869 with no salt and one block, in place: HMAC(HMAC(0, key), info || 1) */
static void mac_key_of(unsigned char key[32])
{
    static const unsigned char zeros[32];
    static const char info[] = "proximo/ledger/v1/mac-key\x01";
    unsigned char extracted[32];

    assert_non_null(HMAC(EVP_sha256(), zeros, 32, key, 32, extracted, NULL));
    assert_non_null(
        HMAC(EVP_sha256(), extracted, 32, (const unsigned char *)info, sizeof info - 1, key, NULL));
}

static void test_round_trip(void **state)
{
    CLEANUP_BUF struct buf log = BUF_INIT(1 << 20), key = BUF_INIT(1000), line = BUF_INIT(1 << 20);
    unsigned char bytes[32];
    struct ledger_report report;
    struct problem p = PROBLEM_INIT;
    struct place place;
    struct stat st;

    (void)state;
    place_make(&place);
    place_fill(&place, 5);
    place_fill(&place, 5); /* another opening goes on */
    assert_int_equal(place_verify(&place, &report), LEDGER_OK);
    assert_int_equal(report.records, 10);
    assert_int_equal(stat(place.key, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    place_read(place.file, &log);
    place_read(place.key, &key);
    const char *digits = strstr(key.data, "\nkey ");
    assert_non_null(digits);
    assert_true(hex_read(digits + 5, 64, bytes));
    mac_key_of(bytes);
    check_by_hand(&log, bytes, 10);
    struct ledger *ledger = place_open(&place);
    assert_int_equal(ledger_find(ledger, 7, &line, &p), 0);
    CLEANUP_JSON struct json_object *record = NULL;
    int64_t seq = 0;
    assert_int_equal(json_parse(line.data, line.len, &record, &p), 0);
    assert_int_equal(json_get_int(record, "seq", &seq), 0);
    assert_int_equal(seq, 7);
    assert_int_equal(ledger_find(ledger, 11, &line, &p), -ENOENT);
    ledger_free(ledger);
    assert_int_equal(ledger_verify(place.file, NULL, NULL, &report, &p), 0);
    assert_int_equal(report.verdict, LEDGER_KEY_MISSING);
    assert_int_equal(ledger_verify(place.file, place.key, report.head, &report, &p), 0);
    assert_int_equal(report.verdict, LEDGER_OK);
    char other[65];
    memset(other, '7', 64);
    other[64] = '\0';
    assert_int_equal(ledger_verify(place.file, place.key, other, &report, &p), 0);
    assert_int_equal(report.verdict, LEDGER_BEHIND);
    place_done(&place);
}

static int count_first(void *arg, struct problem *p)
{
    int *counts = arg;
    counts[0]++;
    return counts[2] ? problem_set(p, -EEXIST, PX_PLAN, "used") : 0;
}

static void count_undo(void *arg)
{
    ((int *)arg)[1]++;
}

/* design 3: "ledger "executing" under the ledger lock" */
static void test_append_with(void **state)
{
    int counts[3] = {0, 0, 1};
    struct problem p = PROBLEM_INIT;
    struct ledger_report report;
    struct place place;

    (void)state;
    place_make(&place);
    place_fill(&place, 2);
    struct ledger *ledger = place_open(&place);
    assert_int_equal(
        ledger_append_with(ledger, count_first, count_undo, counts, LEDGER_EXECUTING, "\"a\":1", 5, NULL, &p),
        -EEXIST);
    assert_string_equal(p.code, PX_PLAN);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 0);
    assert_int_equal(place_verify(&place, &report), LEDGER_OK);
    assert_int_equal(report.records, 2);
    counts[2] = 0;
    struct rlimit old, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = (rlim_t)report.bytes + 100; /* a short write */
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int r =
        ledger_append_with(ledger, count_first, count_undo, counts, LEDGER_EXECUTING, "\"a\":1", 5, NULL, &p);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(r < 0);
    assert_string_equal(p.code, PX_LEDGER);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 1);
    assert_int_equal(place_verify(&place, &report), LEDGER_OK); /* taken back */
    assert_int_equal(report.records, 2);
    /* design 3: "If the ledger cannot be written, nothing is changed" (dead, though there is room again) */
    assert_true(ledger_append(ledger, LEDGER_PLANNED, "", 0, NULL, &p) < 0);
    ledger_state(ledger, &p);
    assert_string_equal(p.code, PX_LEDGER);
    ledger_free(ledger);
    place_fill(&place, 1);
    place_done(&place);
}

static void test_bodies(void **state)
{
    static const char *const bad[] = {"\"a\":1}", "\"a\"",     "\"seq\":9",         "\"a\":1,\"a\":2",
                                      "\"a\":1,", "\"a\":\n1", "\"a\":1},{\"b\":2", "\"mac\":1"};
    struct problem p = PROBLEM_INIT;
    struct place place;

    (void)state;
    place_make(&place);
    struct ledger *ledger = place_open(&place);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_true(ledger_append(ledger, LEDGER_CONFIG, bad[i], strlen(bad[i]), NULL, &p) < 0);
    assert_true(ledger_append(ledger, "Bad Kind", "", 0, NULL, &p) < 0);
    CLEANUP_BUF struct buf big = BUF_INIT(1 << 20);
    buf_str(&big, "\"a\":\"");
    while (big.len < LEDGER_RECORD_LIMIT)
        buf_char(&big, 'x');
    buf_char(&big, '"');
    assert_int_equal(ledger_append(ledger, LEDGER_CONFIG, big.data, big.len, NULL, &p), -EFBIG);
    assert_int_equal(ledger_append(ledger, LEDGER_CONFIG, "", 0, NULL, &p), 0);
    ledger_free(ledger);
    place_done(&place);
}

static void test_redaction(void **state)
{
    CLEANUP_BUF struct buf body = BUF_INIT(1 << 16), log = BUF_INIT(1 << 20);
    static const char secret[] = "{\"password\":\"canary-4711\"}";
    struct problem p = PROBLEM_INIT;
    struct place place;

    (void)state;
    place_make(&place);
    struct ledger *ledger = place_open(&place);
    buf_str(&body, "\"tool\":\"x\"");
    ledger_put_body(ledger, &body, "arguments", secret, strlen(secret));
    assert_non_null(strstr(body.data, ",\"arguments\":{\"redacted\":\"hmac-sha256:"));
    assert_int_equal(ledger_append(ledger, LEDGER_PLANNED, body.data, body.len, NULL, &p), 0);
    ledger_free(ledger);
    place_read(place.file, &log);
    assert_null(strstr(log.data, "canary"));
    place.config.ledger.redact = false;
    ledger = place_open(&place);
    buf_reset(&body);
    ledger_put_body(ledger, &body, "arguments", secret, strlen(secret));
    assert_string_equal(body.data, "\"arguments\":{\"password\":\"canary-4711\"}");
    ledger_free(ledger);
    place_done(&place);
}

static void test_two_alternate(void **state)
{
    struct ledger_report report;
    struct problem p = PROBLEM_INIT;
    struct place place;

    (void)state;
    place_make(&place);
    struct ledger *a = place_open(&place), *b = place_open(&place);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ledger_append(i % 2 ? a : b, LEDGER_PLANNED, "\"a\":1", 5, NULL, &p), 0);
        assert_int_equal(ledger_append(i % 3 ? a : b, LEDGER_OUTCOME, "\"a\":1", 5, NULL, &p), 0);
    }
    ledger_free(a);
    ledger_free(b);
    assert_int_equal(place_verify(&place, &report), LEDGER_OK);
    assert_int_equal(report.records, 40);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_append_with),
        cmocka_unit_test(test_bodies),        cmocka_unit_test(test_redaction),
        cmocka_unit_test(test_two_alternate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
