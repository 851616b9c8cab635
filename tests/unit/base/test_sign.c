/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 by the vectors of RFC 8032, its PEM forms, base64 by RFC 4648, threads that are waited for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/problem.h"
#include "base/text.h"
#include "base/thread.h"

static const struct crypto_module *crypto;

static void bytes_of(const char *hex, unsigned char *ret)
{
    for (size_t i = 0; hex[i]; i += 2)
        ret[i / 2] = (unsigned char)(text_hex_digit(hex[i]) << 4 | text_hex_digit(hex[i + 1]));
}

/* RFC 8032, section 7.1 */
static const struct {
    const char *seed, *public, *message, *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f"
     "0595"
     "bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2ea"
     "eb43"
     "02aeeb00d291612bb0c00"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        unsigned char seed[32], public[32], derived[32], message[4], wanted[64], signature[64];
        const size_t len = strlen(vectors[i].message) / 2;
        bytes_of(vectors[i].seed, seed);
        bytes_of(vectors[i].public, public);
        bytes_of(vectors[i].message, message);
        bytes_of(vectors[i].signature, wanted);
        assert_int_equal(crypto->ed25519_public(seed, derived), 0);
        assert_memory_equal(derived, public, 32);
        assert_int_equal(crypto->ed25519_sign(seed, message, len, signature), 0);
        assert_memory_equal(signature, wanted, 64);
        assert_true(crypto->ed25519_verify(public, message, len, signature));
        for (size_t bit = 0; bit < 512; bit++) {
            signature[bit / 8] ^= (unsigned char)(1u << bit % 8);
            assert_false(crypto->ed25519_verify(public, message, len, signature));
            signature[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
}

static void test_pem(void **state)
{
    unsigned char seed[32], public[32], read[32];

    (void)state;
    assert_int_equal(crypto->ed25519_new(seed, public), 0);
    char *plain = crypto->ed25519_to_pem(seed, NULL), *sealed = crypto->ed25519_to_pem(seed, "open it");
    char *shown = crypto->ed25519_public_to_pem(public);
    assert_non_null(plain);
    assert_non_null(sealed);
    assert_non_null(shown);
    assert_non_null(strstr(sealed, "BEGIN ENCRYPTED PRIVATE KEY"));
    assert_int_equal(crypto->ed25519_from_pem(plain, strlen(plain), NULL, read), 0);
    assert_memory_equal(read, seed, 32);
    memset(read, 0, sizeof read);
    assert_int_equal(crypto->ed25519_from_pem(sealed, strlen(sealed), NULL, read), -EACCES);
    assert_int_equal(crypto->ed25519_from_pem(sealed, strlen(sealed), "open", read), -EKEYREJECTED);
    assert_int_equal(crypto->ed25519_from_pem(sealed, strlen(sealed), "open it", read), 0);
    assert_memory_equal(read, seed, 32);
    assert_int_equal(crypto->ed25519_public_from_pem(shown, strlen(shown), read), 0);
    assert_memory_equal(read, public, 32);
    assert_int_equal(crypto->ed25519_public_from_pem(plain, strlen(plain), read), -EINVAL);
    assert_int_equal(crypto->ed25519_from_pem("nothing", 7, NULL, read), -EINVAL);
    free(plain);
    free(sealed);
    free(shown);
}

static void test_base64(void **state)
{
    static const struct {
        const char *bytes, *text;
    } good[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"}};
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zh==", "Zm9=", " Zg==", "Zg==\n", "====", "Zg==Zg==", "Zm-v"};
    unsigned char bytes[16];
    char text[32];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        crypto->base64(good[i].bytes, strlen(good[i].bytes), text);
        assert_string_equal(text, good[i].text);
        assert_int_equal(crypto->base64_decode(text, strlen(text), bytes, &len), 0);
        assert_int_equal(len, strlen(good[i].bytes));
        assert_memory_equal(bytes, good[i].bytes, len);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(crypto->base64_decode(bad[i], strlen(bad[i]), bytes, &len), -EINVAL);
}

static atomic_int done;

static void *work(void *arg)
{
    (void)usleep(20000);
    atomic_fetch_add(&done, 1);
    return arg;
}

static void test_threads(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(thread_start(work, NULL, (size_t)64 << 10), 0);
    assert_false(threads_settle(clock_ms()));
    assert_true(threads_settle(clock_ms() + 5000));
    assert_int_equal(atomic_load(&done), 8);
    assert_true(threads_settle(clock_ms()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors), cmocka_unit_test(test_pem),
                                       cmocka_unit_test(test_base64), cmocka_unit_test(test_threads)};
    struct problem p = PROBLEM_INIT;

    crypto = crypto_module_get(&p);
    return crypto ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
