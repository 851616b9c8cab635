/* SPDX-License-Identifier: Apache-2.0 */
/* Approvals against everybody who might alter, forge, swap or keep one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "trust/approval.h"
#include "trust/plan.h"

#define NOW   INT64_C(1790000000)
#define ID    "0123456789abcdef0123456789abcdef"
#define ID2   "0123456789abcdef0123456789abcdee"
#define HASH  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH2 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeefe"
#define DEFAULT                                                                                              \
    ((struct plan){.id = ID,                                                                                 \
                   .sha256 = HASH,                                                                           \
                   .site = "lab",                                                                            \
                   .principal = "uid:1 root@pam!x",                                                          \
                   .action = "guest.stop",                                                                   \
                   .subject = "guest/105",                                                                   \
                   .expires_s = NOW + 86400})

static const struct crypto_module *crypto;
static unsigned char seed[32], public[32];
static struct buf good = {.limit = APPROVAL_LIMIT}; /* of DEFAULT, made at NOW */

static int setup(void **state)
{
    const struct plan plan = DEFAULT;

    (void)state;
    crypto = crypto_module_get(NULL);
    return !crypto || crypto->ed25519_new(seed, public) < 0 ||
           approval_sign(crypto, seed, &plan, NOW, &good, NULL) < 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&good);
    return 0;
}

/* The whole check, as the server does it. */
static int judge(const char *text, size_t len, const unsigned char key[32], const struct plan *plan,
                 int64_t now_s, struct problem *p)
{
    struct approval approval = {0};

    *p = PROBLEM_INIT;
    int r = approval_parse(crypto, text, len, &approval, p);
    if (r == 0)
        r = approval_verify(crypto, &approval, text, key, p);
    if (r == 0)
        r = approval_fits(&approval, plan, now_s, p);
    approval_done(&approval);
    if (r < 0) {
        assert_string_equal(p->code, PX_CONSENT);
        assert_true(p->cause[0] && p->next[0]);
    }
    return r;
}

/* design 3: "a passphrase-protected Ed25519 key signs the plan hash" */
static void a_good_one(void **state)
{
    const struct plan plan = DEFAULT;
    struct problem p;
    struct approval approval = {0};

    (void)state;
    assert_int_equal(judge(good.data, good.len, public, &plan, NOW, &p), 0);
    assert_int_equal(judge(good.data, good.len, public, &plan, NOW + 3599, &p), 0);
    static const char begins[] = "proximo/approval/v1\nplan: " ID "\nsha256: " HASH "\nsite: lab\n"
                                 "principal: uid:1 root@pam!x\naction: guest.stop\nsubject: guest/105\n"
                                 "created: 1790000000\nexpires: 1790003600\nnonce: ";
    assert_true(good.len > sizeof(begins));
    assert_memory_equal(good.data, begins, sizeof(begins) - 1);
    assert_int_equal(approval_parse(crypto, good.data, good.len, &approval, &p), 0);
    assert_string_equal(approval.fields[APPROVAL_SUBJECT], "guest/105");
    assert_int_equal(approval.created_s, NOW);
    assert_int_equal(approval.expires_s, NOW + 3600);
    approval_done(&approval);
}

/* The hour, or what is left of the plan. */
static void lasts(void **state)
{
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    struct plan plan = DEFAULT;
    struct approval approval = {0};
    struct problem p;

    (void)state;
    plan.expires_s = NOW + 60;
    assert_int_equal(approval_sign(crypto, seed, &plan, NOW, &text, &p), 0);
    assert_int_equal(approval_parse(crypto, text.data, text.len, &approval, &p), 0);
    assert_int_equal(approval.expires_s, NOW + 60);
    approval_done(&approval);
}

/* Whatever bit it is. */
static void every_bit(void **state)
{
    const struct plan plan = DEFAULT;
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    struct problem p;

    (void)state;
    buf_add(&text, good.data, good.len);
    for (size_t i = 0; i < 8 * text.len; i++) {
        text.data[i / 8] ^= (char)(1u << (i % 8));
        if (judge(text.data, text.len, public, &plan, NOW, &p) == 0)
            fail_msg("bit %zu of byte %zu does not count", i % 8, i / 8);
        text.data[i / 8] ^= (char)(1u << (i % 8));
    }
    assert_int_equal(judge(text.data, text.len, public, &plan, NOW, &p), 0);
}

static void every_cut(void **state)
{
    const struct plan plan = DEFAULT;
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    struct problem p;

    (void)state;
    for (size_t i = 0; i < good.len; i++) {
        char *copy = strndup(good.data, i); /* so that a read behind the end is seen */
        assert_non_null(copy);
        if (judge(copy, i, public, &plan, NOW, &p) == 0)
            fail_msg("cut to %zu of %zu it is taken", i, good.len);
        free(copy);
    }
    /* and with more behind it */
    static const char *const more[] = {"\n", " ", "x", "signature: \n"};
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        buf_reset(&text);
        buf_add(&text, good.data, good.len);
        buf_str(&text, more[i]);
        assert_true(judge(text.data, text.len, public, &plan, NOW, &p) < 0);
    }
    assert_true(judge("", 0, public, &plan, NOW, &p) < 0);
    char *large = calloc(1, APPROVAL_LIMIT + 1);
    memset(large, 'a', APPROVAL_LIMIT + 1);
    assert_true(judge(large, APPROVAL_LIMIT + 1, public, &plan, NOW, &p) < 0);
    free(large);
}

static void refused(const struct plan *plan, const unsigned char key[32], int64_t now_s, const char *cause)
{
    struct problem p;

    if (judge(good.data, good.len, key, plan, now_s, &p) == 0 || !strstr(p.cause, cause))
        fail_msg("'%s' is not in: %s", cause, p.cause);
}

/* Each mismatch has its own cause: another key, another plan, another target, another time. */
static void every_mismatch(void **state)
{
    unsigned char other_seed[32], other[32];
    struct plan plan = DEFAULT;

    (void)state;
    assert_int_equal(crypto->ed25519_new(other_seed, other), 0);
    refused(&plan, other, NOW, "made with the key");
#define WITH(member, value, cause)                                                                           \
    do {                                                                                                     \
        plan = DEFAULT;                                                                                      \
        plan.member = (value);                                                                               \
        refused(&plan, public, NOW, cause);                                                                  \
    } while (0)
    memcpy(plan.id, ID2, sizeof(plan.id));
    refused(&plan, public, NOW, "another plan");
    plan = DEFAULT;
    memcpy(plan.sha256, HASH2, sizeof(plan.sha256));
    refused(&plan, public, NOW, "other content");
    WITH(site, "prod", "another site");
    WITH(principal, "uid:2 root@pam!x", "another user or token");
    WITH(action, "guest.destroy", "another action");
    WITH(subject, "guest/106", "another subject");
    WITH(expires_s, NOW + 60, "longer than the plan");
    plan = DEFAULT;
    refused(&plan, public, NOW + 3600, "has expired");
    refused(&plan, public, NOW + 86400, "has expired");
    refused(&plan, public, NOW - APPROVAL_SKEW_S - 1, "not valid yet");
    struct problem p;
    assert_int_equal(judge(good.data, good.len, public, &plan, NOW - APPROVAL_SKEW_S, &p), 0);
}

/* Two values swapped, or the lines: well-formed, and signed by nobody. Signed by the approver it is refused
 * for what it says. */
static void swapped(void **state)
{
    const struct plan plan = DEFAULT;
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    struct problem p;

    (void)state;
    const char *action = strstr(good.data, "action: "), *subject = strstr(good.data, "subject: ");
    const char *created = strstr(good.data, "created: ");
    buf_add(&text, good.data, (size_t)(action - good.data));
    buf_str(&text, "action: guest/105\nsubject: guest.stop\n");
    buf_str(&text, created);
    assert_true(judge(text.data, text.len, public, &plan, NOW, &p) < 0);
    assert_non_null(strstr(p.cause, "altered or forged"));
    buf_reset(&text);
    buf_add(&text, good.data, (size_t)(action - good.data));
    buf_add(&text, subject, (size_t)(created - subject));
    buf_add(&text, action, (size_t)(subject - action));
    buf_str(&text, created);
    assert_true(judge(text.data, text.len, public, &plan, NOW, &p) < 0);
    assert_non_null(strstr(p.cause, "'action: ' is missing or wrong"));
    struct plan other = DEFAULT;
    other.action = "guest/105";
    other.subject = "guest.stop";
    buf_reset(&text);
    assert_int_equal(approval_sign(crypto, seed, &other, NOW, &text, &p), 0);
    assert_true(judge(text.data, text.len, public, &plan, NOW, &p) < 0);
    assert_non_null(strstr(p.cause, "another action"));
}

/* Signed by the right key over the wrong words: signatures for other uses are none here. */
static void signed_otherwise(void **state)
{
    static const char *const headers[] = {"proximo/approval/v2\n", "proximo/checkpoint/v1\n",
                                          "Proximo/approval/v1\n", ""};
    const struct plan plan = DEFAULT;
    struct problem p;

    (void)state;
    const char *body = strchr(good.data, '\n') + 1, *end = strstr(good.data, "signature: ");
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
        unsigned char signature[64];
        char base64[89];
        buf_str(&text, headers[i]);
        buf_add(&text, body, (size_t)(end - body));
        assert_int_equal(crypto->ed25519_sign(seed, text.data, text.len, signature), 0);
        crypto->base64(signature, 64, base64);
        buf_printf(&text, "signature: %s\n", base64);
        assert_true(judge(text.data, text.len, public, &plan, NOW, &p) < 0);
    }
    /* longer than an hour, by the right key */
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    unsigned char signature[64];
    char base64[89];
    const char *expires = strstr(good.data, "expires: "), *nonce = strstr(good.data, "nonce: ");
    buf_add(&text, good.data, (size_t)(expires - good.data));
    buf_printf(&text, "expires: %lld\n", (long long)(NOW + 3601));
    buf_add(&text, nonce, (size_t)(end - nonce));
    assert_int_equal(crypto->ed25519_sign(seed, text.data, text.len, signature), 0);
    crypto->base64(signature, 64, base64);
    buf_printf(&text, "signature: %s\n", base64);
    assert_true(judge(text.data, text.len, public, &plan, NOW, &p) < 0);
    assert_non_null(strstr(p.cause, "longer than an hour"));
}

/* A plan whose words would break the lines is not signed. */
static void no_such_line(void **state)
{
    static const char *const bad[] = {"",     "guest/105\nsubject: guest/106", "a\tb", "a\x1b[2J", "a\xff",
                                      "a\x7f"};
    struct problem p;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
        struct plan plan = DEFAULT;
        plan.subject = bad[i];
        assert_true(approval_sign(crypto, seed, &plan, NOW, &text, &p) < 0);
        assert_string_equal(p.code, PX_CONSENT);
        assert_int_equal(text.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one),       cmocka_unit_test(lasts),        cmocka_unit_test(every_bit),
        cmocka_unit_test(every_cut),        cmocka_unit_test(swapped),      cmocka_unit_test(every_mismatch),
        cmocka_unit_test(signed_otherwise), cmocka_unit_test(no_such_line),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
