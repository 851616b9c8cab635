/* SPDX-License-Identifier: Apache-2.0 */
/* A witness whose cosignature comes with the receiver's answer: right, wrong, absent. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "base/thread.h"
#include "ledger/anchor.h"
#include "ledger/note.h"
#include "tests/integration/http/hostile.h"
#include "tests/unit/ledger/anchor_stand.h"

static struct {
    unsigned char seed[32];
    struct note_key key;
    char *text; /* of the key */
    const char *mode;
} witness;

static void witness_make(void)
{
    CLEANUP_BUF struct buf out = BUF_INIT(1024);
    const struct crypto_module *crypto = crypto_module_get(NULL);
    unsigned char public[32];

    assert_int_equal(crypto->ed25519_new(witness.seed, public), 0);
    assert_int_equal(note_key_make(crypto, "witness.example/w1", NOTE_COSIGNATURE, public, &witness.key), 0);
    note_key_print(crypto, &witness.key, &out);
    witness.text = buf_take(&out, NULL);
    witness.text[strcspn(witness.text, "\n")] = '\0';
}

/* "\u2014 NAME base64(id || time || signature)\n" over the text of the note that was posted. */
static void cosign(const char *note, const char *mode, char *out, size_t size)
{
    const struct crypto_module *crypto = crypto_module_get(NULL);
    const uint64_t time = 1785000000;
    unsigned char bytes[4 + 8 + 64];
    char message[4096], base64[128];
    const char *end = strstr(note, "\n\n");

    const int n =
        snprintf(message, sizeof(message), "cosignature/v1\ntime %llu\n%.*s",
                 (unsigned long long)time + (strcmp(mode, "wrong") == 0), (int)(end + 1 - note), note);
    memcpy(bytes, witness.key.id, 4);
    for (size_t i = 0; i < 8; i++)
        bytes[4 + i] = (unsigned char)(time >> (56 - 8 * i));
    assert_int_equal(crypto->ed25519_sign(witness.seed, message, (size_t)n, bytes + 12), 0);
    crypto->base64(bytes, sizeof(bytes), base64);
    snprintf(out, size, "\xe2\x80\x94 %s %s\n",
             strcmp(mode, "foreign") == 0 ? "somebody.example" : witness.key.name, base64);
}

static void serve_witness(struct hostile_conn *conn)
{
    char line[512] = "thank you\n";
    if (!hostile_read(conn))
        return;
    if (strcmp(witness.mode, "absent") != 0)
        cosign(strstr(conn->request, "\r\n\r\n") + 4, witness.mode, line, sizeof(line));
    if (strcmp(witness.mode, "malformed") == 0)
        snprintf(line, sizeof(line), "\xe2\x80\x94 %s !!!\n", witness.key.name);
    hostile_answer(conn, 200, "OK", line);
}

static void with_witness(const char *mode, bool good, const char *part)
{
    CLEANUP_BUF struct buf kept = BUF_INIT(NOTE_LIMIT);
    const struct crypto_module *crypto = crypto_module_get(NULL);
    struct hostile server;
    struct stand s;
    struct problem p;
    char kept_file[128];
    int64_t time = 0;

    witness.mode = mode;
    hostile_start(&server, "IP:127.0.0.1", serve_witness);
    stand_make(&s, 3);
    s.anchor->url = (struct config_endpoint){.url = server.url, .fingerprint = server.fingerprint};
    s.anchor->witness_key = witness.text;
    stand_open(&s);
    snprintf(kept_file, sizeof(kept_file), "%s.checkpoint.witnessed", s.place.file);
    assert_int_equal(stand_published(&s, 20000, &p), good);
    stand_says(&s, part);
    stand_gate(&s, good ? "" : PX_ANCHOR, NULL);
    if (strcmp(mode, "right") == 0) {
        place_read(kept_file, &kept);
        assert_int_equal(note_verify(crypto, kept.data, kept.len, &witness.key, &time), 0);
        assert_int_equal(time, 1785000000);
        stand_close(&s);
        stand_open(&s);
        stand_gate(&s, "", NULL);
        stand_says(&s, part); /* remembered */
    } else {
        assert_int_equal(access(kept_file, F_OK), -1);
    }
    stand_done(&s);
    hostile_stop(&server);
}

static void test_witness(void **state)
{
    (void)state;
    witness_make();
    with_witness("right", true, "\"witnessed\":\"2026-07-25T17:20:00Z\"");
    with_witness("absent", true, "\"witnessed\":\"no cosignature was given\"");
    with_witness("foreign", true, "\"witnessed\":\"no cosignature was given\"");
    with_witness("wrong", false, "cosignature of a checkpoint is wrong");
    with_witness("malformed", false, "cosignature of a checkpoint is wrong");
    free(witness.text);
}

static void test_witness_key(void **state)
{
    static char bad[] = "witness.example+01234567+AAAA";
    struct problem p = PROBLEM_INIT;
    struct hostile server;
    struct stand s;
    bool all = true;

    (void)state;
    hostile_start(&server, "IP:127.0.0.1", serve_well);
    stand_make(&s, 3);
    s.anchor->url = (struct config_endpoint){.url = server.url, .fingerprint = server.fingerprint};
    s.anchor->witness_key = bad;
    stand_open(&s);
    stand_gate(&s, PX_CONFIG, NULL);
    assert_true(anchors_publish(s.anchors, clock_ms() + 10000, NULL, &all, &p) < 0);
    assert_string_equal(p.code, PX_CONFIG);
    assert_int_equal(server.connections, 0);
    stand_done(&s);
    hostile_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_witness),
        cmocka_unit_test(test_witness_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
