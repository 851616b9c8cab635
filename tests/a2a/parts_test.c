/* SPDX-License-Identifier: Apache-2.0 */
/* The pure parts of the A2A face: canonical JSON, the signed card, the guards, the skills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "config/config.h"
#include "faces/a2a/card.h"
#include "faces/a2a/guard.h"
#include "faces/a2a/jcs.h"
#include "faces/a2a/sign.h"

/* ---- RFC 8785 */

static void test_jcs(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"{\"b\":1,\"a\":[true,null,-2],\"\":{}}", "{\"\":{},\"a\":[true,null,-2],\"b\":1}"},
        {"{\"a\":\"\\u000a\\u0001\\/\\\"\\\\\\u00f6\\u007f\"}",
         "{\"a\":\"\\n\\u0001/\\\"\\\\\xc3\xb6\x7f\"}"},
        /* the order of RFC 8785, 3.2.3: by UTF-16 units, so an emoji stands before U+FB33 */
        {"{\"\\ufb33\":1,\"\\ud83d\\ude00\":2,\"\\u20ac\":3,\"\\r\":4,\"1\":5,\"\\u0080\":6,\"\\u00f6\":7}",
         "{\"\\r\":4,\"1\":5,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":3,\"\xf0\x9f\x98\x80\":2,"
         "\"\xef\xac\xb3\":1}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out CLEANUP_BUF = BUF_INIT(4096);
        struct json_object *value CLEANUP_JSON = NULL;
        assert_int_equal(json_parse(rows[i].in, strlen(rows[i].in), &value, NULL), 0);
        assert_int_equal(jcs_put(value, &out), 0);
        assert_string_equal(out.data, rows[i].out);
    }
    struct buf out CLEANUP_BUF = BUF_INIT(64);
    struct json_object *value CLEANUP_JSON = json_tokener_parse("[1.5]");
    assert_true(jcs_put(value, &out) < 0);
}

/* ---- ES256 */

static EVP_PKEY *make_key(char path[64])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    (void)snprintf(path, 64, "/tmp/proximo-a2a-key.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    (void)fclose(file);
    return key;
}

static size_t unbase64url(const char *text, size_t len, unsigned char *ret)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, have = 0;
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        const char *digit = strchr(digits, text[i]);
        assert_true(digit && *digit);
        bits = bits << 6 | (unsigned)(digit - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            ret[n++] = (unsigned char)(bits >> have);
        }
    }
    return n;
}

static bool always(void *arg, const struct skill *skill)
{
    (void)arg;
    (void)skill;
    return true;
}

/* OpenSSL's own verification over the card without its signatures. */
static bool verifies(EVP_PKEY *key, struct json_object *card)
{
    struct json_object *list = NULL;
    struct buf text CLEANUP_BUF = BUF_INIT(1 << 20), payload CLEANUP_BUF = BUF_INIT(1 << 20);
    const char *head = NULL, *signature = NULL;
    unsigned char raw[96], *der = NULL;

    assert_int_equal(json_get(card, "signatures", json_type_array, &list), 0);
    struct json_object *own CLEANUP_JSON = json_object_get(list), *first = json_object_array_get_idx(own, 0);
    assert_int_equal(json_get_string(first, "protected", &head, NULL), 0);
    assert_int_equal(json_get_string(first, "signature", &signature, NULL), 0);
    json_object_object_del(card, "signatures");
    assert_int_equal(jcs_put(card, &payload), 0);
    buf_printf(&text, "%s.", head);
    base64url_put(payload.data, payload.len, &text);
    assert_int_equal(unbase64url(signature, strlen(signature), raw), 64);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    assert_int_equal(ECDSA_SIG_set0(pair, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL)), 1);
    const int len = i2d_ECDSA_SIG(pair, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool good =
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, der, (size_t)len, (const unsigned char *)text.data, text.len) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    (void)json_object_object_add(card, "signatures", json_object_get(own));
    return good;
}

/* docs/a2a: "The card is signed with ES256" */
static void test_card(void **state)
{
    struct signer *signer = NULL;
    char path[64];
    struct buf text CLEANUP_BUF = BUF_INIT(1 << 20), jwks CLEANUP_BUF = BUF_INIT(4096);
    struct json_object *card CLEANUP_JSON = NULL, *value = NULL;
    unsigned char head[1024];
    EVP_PKEY *key = make_key(path);

    (void)state;
    assert_int_equal(signer_open(path, &signer, NULL), 0);
    const struct card_facts facts = {
        .url = "http://127.0.0.1:41241", .bearer = true, .offered = always, .signer = signer};
    assert_int_equal(card_make(&facts, &text, NULL), 0);
    assert_int_equal(json_parse(text.data, text.len, &card, NULL), 0);
    assert_int_equal(json_object_array_length(json_object_object_get(card, "skills")), 16);
    assert_true(verifies(key, card));
    assert_int_equal(json_pointer_get(card, "/signatures/0/protected", &value), 0);
    const size_t len =
        unbase64url(json_object_get_string(value), strlen(json_object_get_string(value)), head);
    head[len] = '\0';
    assert_non_null(strstr((char *)head, "\"alg\":\"ES256\""));
    assert_non_null(strstr((char *)head, signer_kid(signer)));
    (void)json_object_object_add(card, "name", json_object_new_string("Mallory"));
    assert_false(verifies(key, card));
    signer_put_jwks(signer, &jwks);
    assert_non_null(strstr(jwks.data, signer_kid(signer)));
    assert_null(strstr(jwks.data, "\"d\""));
    signer_free(signer);
    /* others could read it */
    struct problem p = PROBLEM_INIT;
    assert_int_equal(chmod(path, 0644), 0);
    assert_true(signer_open(path, &signer, &p) < 0);
    assert_string_equal(p.code, PX_SECRET_FILE);
    assert_int_equal(unlink(path), 0);
    EVP_PKEY_free(key);
}

/* RFC 7638 over the members that jwks shows. */
static void test_thumbprint(void **state)
{
    struct buf jwks CLEANUP_BUF = BUF_INIT(4096), text CLEANUP_BUF = BUF_INIT(512),
                    kid CLEANUP_BUF = BUF_INIT(64);
    struct json_object *keys CLEANUP_JSON = NULL, *x = NULL, *y = NULL;
    struct signer *signer = NULL;
    unsigned char digest[32];
    char path[64];
    EVP_PKEY *key = make_key(path);

    (void)state;
    assert_int_equal(signer_open(path, &signer, NULL), 0);
    signer_put_jwks(signer, &jwks);
    assert_int_equal(json_parse(jwks.data, jwks.len, &keys, NULL), 0);
    assert_int_equal(json_pointer_get(keys, "/keys/0/x", &x), 0);
    assert_int_equal(json_pointer_get(keys, "/keys/0/y", &y), 0);
    buf_printf(&text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
               json_object_get_string(x), json_object_get_string(y));
    assert_int_equal(EVP_Digest(text.data, text.len, digest, NULL, EVP_sha256(), NULL), 1);
    base64url_put(digest, sizeof(digest), &kid);
    assert_string_equal(kid.data, signer_kid(signer));
    signer_free(signer);
    EVP_PKEY_free(key);
    assert_int_equal(unlink(path), 0);
}

/* ---- guards */

static void test_addresses(void **state)
{
    static const struct {
        const char *host;
        bool loopback, any;
    } rows[] = {{NULL, true, false},         {"127.9.9.9", true, false},
                {"::1", true, false},        {"localhost", true, false},
                {"", false, true},           {"  ", false, true},
                {"0.0.0.0", false, true},    {"::", false, true},
                {"192.0.2.7", false, false}, {"::ffff:127.0.0.1", false, false}};
    struct guard_address address;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(guard_address(rows[i].host, 1, &address, NULL), 0);
        assert_int_equal(address.loopback, rows[i].loopback);
        assert_int_equal(address.any, rows[i].any);
        const struct config_a2a open = {0};
        assert_int_equal(guard_listen(&open, &address, NULL) == 0, rows[i].loopback);
    }
    assert_true(guard_address("example.org", 1, &address, NULL) < 0);
    assert_true(guard_address("127.1", 1, &address, NULL) < 0);
}

static void test_hosts(void **state)
{
    static const char *const good[] = {"127.0.0.1", "localhost:41241", "LOCALHOST",
                                       "[::1]:1",   "192.0.2.7",       "a.example:80"};
    static const char *const bad[] = {"",
                                      "evil.example",
                                      "localhost.evil.example",
                                      "localhost:",
                                      "localhost:1x",
                                      "[::1",
                                      "localhost@evil",
                                      "127.0.0.1.",
                                      "a.example.evil",
                                      ":80"};
    const struct config_a2a a2a = {.allowed_hosts = (char[]){"b.example, a.example"}};
    struct guard_address address;

    (void)state;
    assert_int_equal(guard_address("192.0.2.7", 1, &address, NULL), 0);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(guard_host(&a2a, &address, good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(guard_host(&a2a, &address, bad[i]));
    assert_false(guard_host(&a2a, &address, NULL));
    assert_true(guard_content_type("Application/JSON; charset=utf-8"));
    assert_false(guard_content_type("application/jsonp"));
    assert_true(guard_foreign("null", NULL));
    assert_true(guard_foreign(NULL, "same-site"));
    assert_false(guard_foreign(NULL, "none"));
}

/* ---- skills */

static void test_skills(void **state)
{
    size_t count = 0, changes = 0;
    const struct skill *skill;

    (void)state;
    for (; (skill = skill_at(count)) != NULL; count++) {
        changes += skill->changes;
        assert_null(skill_excluded(skill->id));
        for (size_t i = 0; i < SKILL_PARAMS_MOST && skill->params[i].name; i++) {
            assert_string_not_equal(skill->params[i].name, "confirm");
            assert_null(strstr(skill->params[i].name, "password"));
        }
    }
    assert_int_equal(count, 16);
    assert_int_equal(changes, 6);
    struct json_object *params CLEANUP_JSON = json_tokener_parse("{\"vmid\":\"105\",\"delete\":[\"a\",1]}");
    struct json_object *arguments = NULL;
    struct problem p = PROBLEM_INIT;
    assert_true(skill_arguments(skill_find("config_set"), params, &arguments, &p) < 0);
    assert_non_null(strstr(p.cause, "a list of texts"));
    json_object_object_del(params, "delete");
    assert_int_equal(skill_arguments(skill_find("diagnose_container"), params, &arguments, &p), 0);
    assert_non_null(json_object_object_get(arguments, "ctid"));
    json_object_put(arguments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_jcs),        cmocka_unit_test(test_card),
                                       cmocka_unit_test(test_thumbprint), cmocka_unit_test(test_addresses),
                                       cmocka_unit_test(test_hosts),      cmocka_unit_test(test_skills)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
