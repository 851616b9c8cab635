/* SPDX-License-Identifier: Apache-2.0 */
/* proximo-crypto: SHA-256, HMAC, HKDF and random bytes by OpenSSL's EVP. */
#include "base/crypto.h"
#include "base/crypto_sign.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int sha256(const void *bytes, size_t len, unsigned char ret_digest[32])
{
    return EVP_Digest(bytes, len, ret_digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

static int hash_fd(EVP_MD_CTX *context, int fd)
{
    off_t offset = 0;

    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        return -ENOMEM;
    for (;;) {
        char piece[16384];
        ssize_t n = pread(fd, piece, sizeof piece, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        if (EVP_DigestUpdate(context, piece, (size_t)n) != 1)
            return -ENOMEM;
        offset += n;
    }
}

static int sha256_fd(int fd, char ret_hex[65])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[32] = {0};
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context)
        return -ENOMEM;
    int r = hash_fd(context, fd);
    if (r == 0 && EVP_DigestFinal_ex(context, digest, NULL) != 1)
        r = -ENOMEM;
    EVP_MD_CTX_free(context);
    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof digest; i++) {
        ret_hex[2 * i] = hex[digest[i] >> 4];
        ret_hex[2 * i + 1] = hex[digest[i] & 15];
    }
    ret_hex[64] = '\0';
    return 0;
}

/* Fetched once: EVP_sha256() looks the implementation up on every call. Never freed. */
static EVP_MD *fetched_sha256;
static EVP_MAC *fetched_hmac;
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    fetched_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    fetched_hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

static int sha256_pieces(const struct crypto_piece *pieces, size_t count, unsigned char ret_digest[32])
{
    (void)pthread_once(&fetch_once, fetch);
    EVP_MD_CTX *context = fetched_sha256 ? EVP_MD_CTX_new() : NULL;
    int r = context && EVP_DigestInit_ex2(context, fetched_sha256, NULL) == 1 ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < count; i++) {
        if (pieces[i].len && EVP_DigestUpdate(context, pieces[i].bytes, pieces[i].len) != 1)
            r = -ENOMEM;
    }
    if (r == 0 && EVP_DigestFinal_ex(context, ret_digest, NULL) != 1)
        r = -ENOMEM;
    EVP_MD_CTX_free(context);
    return r;
}

struct crypto_sha256 {
    EVP_MD_CTX *context;
};

static void sha256_free(struct crypto_sha256 *sha256)
{
    if (!sha256)
        return;
    EVP_MD_CTX_free(sha256->context);
    free(sha256);
}

static struct crypto_sha256 *sha256_new(void)
{
    (void)pthread_once(&fetch_once, fetch);
    struct crypto_sha256 *sha256 = fetched_sha256 ? calloc(1, sizeof *sha256) : NULL;
    if (!sha256)
        return NULL;
    sha256->context = EVP_MD_CTX_new();
    if (!sha256->context || EVP_DigestInit_ex2(sha256->context, fetched_sha256, NULL) != 1) {
        sha256_free(sha256);
        return NULL;
    }
    return sha256;
}

static int sha256_with(struct crypto_sha256 *sha256, const struct crypto_piece *pieces, size_t count,
                       unsigned char ret_digest[32])
{
    if (EVP_DigestInit_ex2(sha256->context, NULL, NULL) != 1)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len && EVP_DigestUpdate(sha256->context, pieces[i].bytes, pieces[i].len) != 1)
            return -ENOMEM;
    }
    return EVP_DigestFinal_ex(sha256->context, ret_digest, NULL) == 1 ? 0 : -ENOMEM;
}

struct crypto_hmac {
    EVP_MAC_CTX *context;
};

static void hmac_free(struct crypto_hmac *hmac)
{
    if (!hmac)
        return;
    EVP_MAC_CTX_free(hmac->context);
    free(hmac);
}

static struct crypto_hmac *hmac_new(const unsigned char *key, size_t key_len)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};

    (void)pthread_once(&fetch_once, fetch);
    struct crypto_hmac *hmac = fetched_hmac ? calloc(1, sizeof *hmac) : NULL;
    if (!hmac)
        return NULL;
    hmac->context = EVP_MAC_CTX_new(fetched_hmac);
    if (!hmac->context || EVP_MAC_init(hmac->context, key, key_len, params) != 1) {
        hmac_free(hmac);
        return NULL;
    }
    return hmac;
}

static int hmac_of(struct crypto_hmac *hmac, const struct crypto_piece *pieces, size_t count,
                   unsigned char ret_mac[32])
{
    size_t len = 0;

    if (EVP_MAC_init(hmac->context, NULL, 0, NULL) != 1)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len && EVP_MAC_update(hmac->context, pieces[i].bytes, pieces[i].len) != 1)
            return -ENOMEM;
    }
    return EVP_MAC_final(hmac->context, ret_mac, &len, 32) == 1 && len == 32 ? 0 : -ENOMEM;
}

static int hmac(const unsigned char *key, size_t key_len, const struct crypto_piece *pieces, size_t count,
                unsigned char ret_mac[32])
{
    struct crypto_hmac *keyed = hmac_new(key, key_len);
    int r = keyed ? hmac_of(keyed, pieces, count, ret_mac) : -ENOMEM;

    hmac_free(keyed);
    return r;
}

/* One block of output suffices, so RFC 5869 is two HMACs: extract under zeros, expand info || 0x01. */
static int hkdf(const unsigned char *key, size_t key_len, const char *info, unsigned char ret_key[32])
{
    static const unsigned char zeros[32], one = 1;
    const struct crypto_piece material = {key, key_len};
    const struct crypto_piece label[] = {{info, strlen(info)}, {&one, 1}};
    unsigned char extracted[32];

    int r = hmac(zeros, sizeof zeros, &material, 1, extracted);
    if (r == 0)
        r = hmac(extracted, sizeof extracted, label, 2, ret_key);
    OPENSSL_cleanse(extracted, sizeof extracted);
    return r;
}

static int random_bytes(unsigned char *ret, size_t len)
{
    return RAND_priv_bytes_ex(NULL, ret, len, 0) == 1 ? 0 : -EIO;
}

static bool equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

static void wipe(void *bytes, size_t len)
{
    OPENSSL_cleanse(bytes, len);
}

static const struct crypto_module table = {
    .version = CRYPTO_MODULE_VERSION,
    .sha256_fd = sha256_fd,
    .sha256 = sha256,
    .hmac = hmac,
    .hmac_new = hmac_new,
    .hmac_of = hmac_of,
    .hmac_free = hmac_free,
    .sha256_pieces = sha256_pieces,
    .hkdf = hkdf,
    .random = random_bytes,
    .equal = equal,
    .wipe = wipe,
    .sha256_new = sha256_new,
    .sha256_with = sha256_with,
    .sha256_free = sha256_free,
    .ed25519_new = crypto_ed25519_new,
    .ed25519_public = crypto_ed25519_public,
    .ed25519_sign = crypto_ed25519_sign,
    .ed25519_verify = crypto_ed25519_verify,
    .ed25519_to_pem = crypto_ed25519_to_pem,
    .ed25519_from_pem = crypto_ed25519_from_pem,
    .ed25519_public_to_pem = crypto_ed25519_public_to_pem,
    .ed25519_public_from_pem = crypto_ed25519_public_from_pem,
    .base64 = crypto_base64,
    .base64_decode = crypto_base64_decode,
};

__attribute__((visibility("default"))) const struct crypto_module *proximo_module_crypto(void);
const struct crypto_module *proximo_module_crypto(void)
{
    return &table;
}
