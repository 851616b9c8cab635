/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes: the published ones of Go's sumdb/note and of C2SP, and everything that is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "ledger/note.h"
#include "ledger/record.h"

static const struct crypto_module *crypto;

#define DASH "\xe2\x80\x94 "

/* golang.org/x/mod, sumdb/note/note_test.go; the seed is that of its "PRIVATE+KEY+PeterNeumann+...". */
#define PETER_KEY  "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SEED "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_LINE                                                                                           \
    DASH "PeterNeumann "                                                                                     \
         "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_KEY "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define ENOCH_LINE                                                                                           \
    DASH "EnochRoot "                                                                                        \
         "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
#define TEXT                                                                                                 \
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"

/* c2sp.org/tlog-checkpoint */
#define SOFA                                                                                                 \
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" DASH           \
    "example.com/behind-the-sofa "                                                                           \
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

static struct note_key key_of(const char *text)
{
    struct problem p = PROBLEM_INIT;
    struct note_key key;

    if (note_key_parse(crypto, text, &key, &p) < 0)
        fail_msg("%s", p.cause);
    return key;
}

static int verify(const char *note, const struct note_key *key)
{
    return note_verify(crypto, note, strlen(note), key, NULL);
}

static void test_published(void **state)
{
    const struct note_key peter = key_of(PETER_KEY);
    CLEANUP_BUF struct buf out = BUF_INIT(NOTE_LIMIT);
    unsigned char seed[33];
    size_t len = 0;

    (void)state;
    assert_string_equal(peter.name, "PeterNeumann");
    note_key_print(crypto, &peter, &out);
    assert_string_equal(out.data, PETER_KEY);
    buf_reset(&out);
    assert_int_equal(crypto->base64_decode(PETER_SEED, strlen(PETER_SEED), seed, &len), 0);
    assert_int_equal(note_sign(crypto, TEXT, strlen(TEXT), &peter, seed + 1, &out), 0);
    assert_string_equal(out.data, TEXT "\n" PETER_LINE);
    assert_int_equal(verify(TEXT "\n" PETER_LINE, &peter), 0);
    assert_int_equal(verify(TEXT "\n" ENOCH_LINE PETER_LINE, &peter), 0);
    assert_int_equal(verify(TEXT "\n" ENOCH_LINE, &peter), -ENOENT);
    seed[1] ^= 1;
    assert_int_equal(note_sign(crypto, TEXT, strlen(TEXT), &peter, seed + 1, &out), -EKEYREJECTED);
}

static void test_other_lines(void **state)
{
    const struct note_key peter = key_of(PETER_KEY), enoch = key_of(ENOCH_KEY);

    (void)state;
    assert_int_equal(verify(TEXT "\n" PETER_LINE ENOCH_LINE, &enoch), 0);
    assert_int_equal(verify(TEXT "\n" PETER_LINE PETER_LINE, &peter), 0);
    /* the same name with another number, the same number with another name: other keys */
    assert_int_equal(verify(TEXT "\n" DASH "PeterNeumann AAAAAAAA\n" PETER_LINE, &peter), 0);
    assert_int_equal(verify(TEXT "\n" DASH "Someone x08go/AA\n" PETER_LINE, &peter), 0);
    /* one that is wrong spoils the note */
    assert_int_equal(verify(TEXT "\n" PETER_LINE DASH "PeterNeumann x08go/AA\n", &peter), -EBADMSG);
    assert_int_equal(verify(TEXT "\n" DASH "PeterNeumann x08go/AA\n" PETER_LINE, &peter), -EBADMSG);
}

static void test_no_notes(void **state)
{
    static const char *const bad[] = {
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT "\n",
        "\n" PETER_LINE,
        TEXT PETER_LINE,
        "\n\n" PETER_LINE,
        "\x01" TEXT "\n" PETER_LINE,
        "\xff" TEXT "\n" PETER_LINE,
        TEXT "\r\n" PETER_LINE,
        TEXT "\n" PETER_LINE "Unexpected line.\n",
        TEXT "\n" PETER_LINE "\n",
        TEXT "\n\n" PETER_LINE,
        TEXT "\n" DASH "Bad Name x08go/AA\n" PETER_LINE,
        TEXT "\n" DASH "Bad+Name x08go/AA\n" PETER_LINE,
        TEXT "\n" DASH "Bad\xc2\xa0Name x08go/AA\n" PETER_LINE,
        TEXT "\n" DASH " x08go/AA\n" PETER_LINE,
        TEXT "\n" DASH "PeterNeumann\n" PETER_LINE,
        TEXT "\n" DASH "Someone x08go\n" PETER_LINE,
        TEXT "\n" DASH "Someone x08go/AB=\n" PETER_LINE,
        TEXT "\n" DASH "Someone x08goA=\n" PETER_LINE,
        TEXT "\n" DASH "Someone x08goB==\n" PETER_LINE,
        TEXT "\n" DASH "Someone x08gow==\n" PETER_LINE,
        TEXT "\n- PeterNeumann x08go/AA\n" PETER_LINE,
        TEXT "\n" DASH "Someone x08go/AA \n" PETER_LINE,
    };
    const struct note_key peter = key_of(PETER_KEY);
    char note[] = TEXT "\n" PETER_LINE;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (verify(bad[i], &peter) != -EBADMSG)
            fail_msg("taken: %s", bad[i]);
    }
    for (size_t len = 0; len < strlen(note); len++)
        assert_int_equal(note_verify(crypto, note, len, &peter, NULL), -EBADMSG);
    assert_int_equal(note_verify(crypto, note, sizeof note, &peter, NULL), -EBADMSG); /* with a NUL */
}

/* No bit of it may change: then it is no note, not signed by this key, or wrongly. */
static void test_bits(void **state)
{
    const struct note_key peter = key_of(PETER_KEY);
    char note[] = TEXT "\n" PETER_LINE;

    (void)state;
    for (size_t bit = 0; bit < 8 * (sizeof note - 1); bit++) {
        note[bit / 8] = (char)(note[bit / 8] ^ 1 << bit % 8);
        int r = note_verify(crypto, note, sizeof note - 1, &peter, NULL);
        assert_true(r == -EBADMSG || r == -ENOENT);
        note[bit / 8] = (char)(note[bit / 8] ^ 1 << bit % 8);
    }
    struct note_key other = peter;
    for (size_t bit = 0; bit < 8 * 32; bit++) {
        other.public[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_int_equal(verify(note, &other), -EBADMSG);
        other = peter;
    }
    for (size_t bit = 0; bit < 8 * 4; bit++) {
        other.id[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_int_equal(verify(note, &other), -ENOENT);
        other = peter;
    }
    other.name[0] = 'p';
    assert_int_equal(verify(note, &other), -ENOENT);
}

static void test_keys(void **state)
{
    static const char *const bad[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    };
    static const char *const bad_names[] = {"",
                                            "a b",
                                            "a+b",
                                            "a\nb",
                                            "a\tb",
                                            "a\x7f"
                                            "b",
                                            "a\xc2\xa0"
                                            "b",
                                            "a\xff",
                                            "a\xe2\x80\x83"
                                            "b",
                                            "a\xe3\x80\x80"
                                            "b",
                                            " a"};
    struct problem p = PROBLEM_INIT;
    unsigned char public[32] = {1};
    struct note_key key, wide = key_of(" \r\n" PETER_KEY "\n\n ");
    char text[] = PETER_KEY, name[NOTE_NAME_SIZE + 1];

    (void)state;
    assert_string_equal(wide.name, "PeterNeumann");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(note_key_parse(crypto, bad[i], &key, &p), -EINVAL);
        assert_string_equal(p.code, PX_ARG);
        assert_string_not_equal(p.next, "");
    }
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i]++;
        assert_int_equal(note_key_parse(crypto, text, &key, &p), -EINVAL);
        text[i]--;
        char kept = text[i];
        text[i] = '\0';
        assert_int_equal(note_key_parse(crypto, text, &key, &p), -EINVAL);
        text[i] = kept;
    }
    for (size_t i = 0; i < sizeof bad_names / sizeof bad_names[0]; i++)
        assert_int_equal(note_key_make(crypto, bad_names[i], NOTE_ED25519, public, &key), -EINVAL);
    memset(name, 'x', sizeof name);
    name[NOTE_NAME_SIZE] = '\0';
    assert_int_equal(note_key_make(crypto, name, NOTE_ED25519, public, &key), -EINVAL);
    name[NOTE_NAME_SIZE - 1] = '\0';
    assert_int_equal(note_key_make(crypto, name, NOTE_ED25519, public, &key), 0);
    assert_int_equal(note_key_make(crypto, "proximo/host", 2, public, &key), -EINVAL);
    assert_int_equal(note_key_make(crypto, "proximo/h\xc3\xb6st", NOTE_ED25519, public, &key), 0);
}

static void test_sign_refuses(void **state)
{
    static const char *const bad[] = {"", "a", "\n", "a\n\nb", "a\r\n", "a\x01\n", "a\xff\n"};
    CLEANUP_BUF struct buf out = BUF_INIT(NOTE_LIMIT);
    unsigned char seed[32], public[32];
    struct note_key key, witness;

    (void)state;
    assert_int_equal(crypto->ed25519_new(seed, public), 0);
    assert_int_equal(note_key_make(crypto, "log", NOTE_ED25519, public, &key), 0);
    assert_int_equal(note_key_make(crypto, "log", NOTE_COSIGNATURE, public, &witness), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (note_sign(crypto, bad[i], strlen(bad[i]), &key, seed, &out) != -EINVAL)
            fail_msg("signed: %s", bad[i]);
    }
    assert_int_equal(note_sign(crypto, "a\0\n", 3, &key, seed, &out), -EINVAL);
    assert_int_equal(note_sign(crypto, "a\n", 2, &witness, seed, &out), -EINVAL);
    assert_int_equal(out.len, 0);
    assert_int_equal(note_sign(crypto, "a\n\nb\n", 5, &key, seed, &out), 0); /* text may have empty lines */
    assert_int_equal(note_verify(crypto, out.data, out.len, &key, NULL), 0);
}

static void test_checkpoint(void **state)
{
    static const char *const bad[] = {
        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", /* no note */
        "log\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n+1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n1 \nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n18446744073709551616\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n\n" PETER_LINE, /* not the one way to write it
                                                                                */
        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n\n" PETER_LINE, /* 31 bytes */
        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n\n" PETER_LINE,
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "a log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n1\n\n" PETER_LINE,
        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nmore\n\n" PETER_LINE,
    };
    CLEANUP_BUF struct buf out = BUF_INIT(NOTE_LIMIT);
    struct checkpoint checkpoint;
    struct problem p = PROBLEM_INIT;

    (void)state;
    assert_int_equal(checkpoint_parse(crypto, SOFA, strlen(SOFA), &checkpoint, &p), 0);
    assert_string_equal(checkpoint.origin, "example.com/behind-the-sofa");
    assert_int_equal(checkpoint.size, 20852163);
    checkpoint_text(crypto, &checkpoint, &out);
    assert_int_equal(out.len, strstr(SOFA, "\n\n") + 1 - SOFA);
    assert_memory_equal(out.data, SOFA, out.len);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        p = PROBLEM_INIT;
        if (checkpoint_parse(crypto, bad[i], strlen(bad[i]), &checkpoint, &p) != -EINVAL)
            fail_msg("taken: %s", bad[i]);
        assert_string_equal(p.code, PX_ARG);
    }
    static const char *const good[] = {
        "log\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n18446744073709551615\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" PETER_LINE,
        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension, more\n\n" PETER_LINE,
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(checkpoint_parse(crypto, good[i], strlen(good[i]), &checkpoint, &p), 0);
}

/* "cosignature/v1\ntime T\n" and the text; eight bytes of time before the signature. */
static void cosign(const char *text, const struct note_key *key, const unsigned char seed[32], uint64_t time,
                   struct buf *out)
{
    unsigned char bytes[4 + 8 + 64];
    char base64[128], message[512];

    int n =
        snprintf(message, sizeof message, "cosignature/v1\ntime %llu\n%s", (unsigned long long)time, text);
    memcpy(bytes, key->id, 4);
    for (size_t i = 0; i < 8; i++)
        bytes[4 + i] = (unsigned char)(time >> (56 - 8 * i));
    assert_int_equal(crypto->ed25519_sign(seed, message, (size_t)n, bytes + 12), 0);
    crypto->base64(bytes, sizeof bytes, base64);
    buf_printf(out, "%s\n" DASH "%s %s\n", text, key->name, base64);
}

static void test_cosignature(void **state)
{
    static const char text[] = "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT);
    unsigned char seed[32], public[32];
    struct note_key witness, plain;
    int64_t time_s = -1;

    (void)state;
    assert_int_equal(crypto->ed25519_new(seed, public), 0);
    assert_int_equal(note_key_make(crypto, "witness/1", NOTE_COSIGNATURE, public, &witness), 0);
    assert_int_equal(note_key_make(crypto, "witness/1", NOTE_ED25519, public, &plain), 0);
    assert_memory_not_equal(witness.id, plain.id, 4);
    cosign(text, &witness, seed, 1679315147, &note);
    assert_int_equal(note_verify(crypto, note.data, note.len, &witness, &time_s), 0);
    assert_int_equal(time_s, 1679315147);
    assert_int_equal(note_verify(crypto, note.data, note.len, &plain, NULL), -ENOENT);
    for (size_t bit = 0; bit < 8 * note.len; bit++) {
        note.data[bit / 8] = (char)(note.data[bit / 8] ^ 1 << bit % 8);
        int r = note_verify(crypto, note.data, note.len, &witness, &time_s);
        assert_true(r == -EBADMSG || r == -ENOENT);
        note.data[bit / 8] = (char)(note.data[bit / 8] ^ 1 << bit % 8);
    }
    assert_int_equal(time_s, 1679315147);
    buf_reset(&note);
    cosign(text, &witness, seed, (uint64_t)1 << 63, &note); /* over 2^63 - 1 */
    assert_int_equal(note_verify(crypto, note.data, note.len, &witness, &time_s), -EBADMSG);
    buf_reset(&note); /* a signature over the bare text is no cosignature, though the number fits */
    plain.id[0] = witness.id[0], plain.id[1] = witness.id[1];
    plain.id[2] = witness.id[2], plain.id[3] = witness.id[3];
    assert_int_equal(note_sign(crypto, text, strlen(text), &plain, seed, &note), 0);
    assert_int_equal(note_verify(crypto, note.data, note.len, &witness, &time_s), -EBADMSG);
}

/* Sixteen signatures are the least that a reader has to take. */
static void test_many(void **state)
{
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT + 1024);
    const struct note_key peter = key_of(PETER_KEY);

    (void)state;
    buf_str(&note, TEXT "\n");
    for (size_t i = 0; i < 31; i++)
        buf_printf(&note, DASH "witness/%zu x08go/AA\n", i);
    buf_str(&note, PETER_LINE);
    assert_int_equal(note_verify(crypto, note.data, note.len, &peter, NULL), 0);
    while (note.len <= NOTE_LIMIT)
        buf_str(&note, DASH "witness x08go/AA\n");
    assert_int_equal(note_verify(crypto, note.data, note.len, &peter, NULL), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),  cmocka_unit_test(test_other_lines),
        cmocka_unit_test(test_no_notes),   cmocka_unit_test(test_bits),
        cmocka_unit_test(test_keys),       cmocka_unit_test(test_sign_refuses),
        cmocka_unit_test(test_checkpoint), cmocka_unit_test(test_cosignature),
        cmocka_unit_test(test_many),
    };
    struct problem p = PROBLEM_INIT;

    crypto = crypto_module_get(&p);
    return crypto ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
