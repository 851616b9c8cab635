/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 by OpenSSL's EVP, keys in the forms that OpenSSL's own tools read and write, base64. */
#include "base/crypto_sign.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <string.h>

#define PASSPHRASE_MOST 1024

static EVP_PKEY *private_key(const unsigned char seed[32])
{
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
}

static int public_of(EVP_PKEY *key, unsigned char ret_public[32])
{
    size_t len = 32;

    return EVP_PKEY_get_raw_public_key(key, ret_public, &len) == 1 && len == 32 ? 0 : -EINVAL;
}

int crypto_ed25519_new(unsigned char ret_seed[32], unsigned char ret_public[32])
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    size_t len = 32;

    int r = key && EVP_PKEY_get_raw_private_key(key, ret_seed, &len) == 1 && len == 32 ? 0 : -EIO;
    if (r == 0)
        r = public_of(key, ret_public);
    EVP_PKEY_free(key);
    return r;
}

int crypto_ed25519_public(const unsigned char seed[32], unsigned char ret_public[32])
{
    EVP_PKEY *key = private_key(seed);
    int r = key ? public_of(key, ret_public) : -ENOMEM;

    EVP_PKEY_free(key);
    return r;
}

int crypto_ed25519_sign(const unsigned char seed[32], const void *message, size_t len,
                        unsigned char ret_signature[64])
{
    EVP_PKEY *key = private_key(seed);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t signature_len = 64;

    int r = key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                    EVP_DigestSign(context, ret_signature, &signature_len, message, len) == 1 &&
                    signature_len == 64
                ? 0
                : -EIO;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return r;
}

bool crypto_ed25519_verify(const unsigned char public[32], const void *message, size_t len,
                           const unsigned char signature[64])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    bool good = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, 64, message, len) == 1;
    ERR_clear_error();
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

/* What a memory BIO holds, as text of malloc's. */
static char *bio_take(BIO *bio)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(bio, &bytes);

    return len > 0 ? strndup(bytes, (size_t)len) : NULL;
}

static int encrypted(BIO *bio, EVP_PKEY *key, const char *passphrase)
{
    X509_ALGOR *scheme = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 1 << 14, 8, 1);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    X509_SIG *sealed = NULL;
    int r = -ENOMEM;

    /* PKCS8_set0_pbe_ex takes the scheme when it succeeds. */
    if (scheme && info)
        sealed = PKCS8_set0_pbe_ex(passphrase, (int)strlen(passphrase), info, scheme, NULL, NULL);
    if (sealed && PEM_write_bio_PKCS8(bio, sealed) == 1)
        r = 0;
    if (!sealed)
        X509_ALGOR_free(scheme);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
    return r;
}

char *crypto_ed25519_to_pem(const unsigned char seed[32], const char *passphrase)
{
    EVP_PKEY *key = private_key(seed);
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text = NULL;

    if (key && bio &&
        (passphrase ? encrypted(bio, key, passphrase) == 0
                    : PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1))
        text = bio_take(bio);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return text;
}

struct asked {
    const char *passphrase;
    bool needed;
};

static int give_passphrase(char *text, int size, int writing, void *arg)
{
    struct asked *asked = arg;
    const size_t len = asked->passphrase ? strnlen(asked->passphrase, PASSPHRASE_MOST + 1) : 0;

    (void)writing;
    asked->needed = true;
    if (!asked->passphrase || len > PASSPHRASE_MOST || (int)len > size)
        return -1;
    memcpy(text, asked->passphrase, len);
    return (int)len;
}

int crypto_ed25519_from_pem(const char *pem, size_t len, const char *passphrase, unsigned char ret_seed[32])
{
    struct asked asked = {.passphrase = passphrase};
    BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &asked) : NULL;
    unsigned char seed[32];
    size_t seed_len = sizeof seed;
    int r = -EINVAL;

    if (!key && asked.needed)
        r = passphrase ? -EKEYREJECTED : -EACCES;
    else if (key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
             EVP_PKEY_get_raw_private_key(key, seed, &seed_len) == 1 && seed_len == sizeof seed) {
        memcpy(ret_seed, seed, sizeof seed);
        r = 0;
    }
    OPENSSL_cleanse(seed, sizeof seed);
    ERR_clear_error();
    EVP_PKEY_free(key);
    BIO_free(bio);
    return r;
}

char *crypto_ed25519_public_to_pem(const unsigned char public[32])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, 32);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = key && bio && PEM_write_bio_PUBKEY(bio, key) == 1 ? bio_take(bio) : NULL;

    BIO_free(bio);
    EVP_PKEY_free(key);
    return text;
}

int crypto_ed25519_public_from_pem(const char *pem, size_t len, unsigned char ret_public[32])
{
    BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    unsigned char public[32];

    int r = key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? public_of(key, public) : -EINVAL;
    if (r == 0)
        memcpy(ret_public, public, sizeof public);
    ERR_clear_error();
    EVP_PKEY_free(key);
    BIO_free(bio);
    return r;
}

void crypto_base64(const void *bytes, size_t len, char *ret)
{
    (void)EVP_EncodeBlock((unsigned char *)ret, bytes, (int)len);
}

int crypto_base64_decode(const char *text, size_t len, unsigned char *ret, size_t *ret_len)
{
    size_t padding = 0;

    if (len % 4 || len > INT_MAX / 2)
        return -EINVAL;
    while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
        padding++;
    unsigned char *bytes = malloc(len ? len : 1);
    char *again = malloc(len + 1);
    int r = bytes && again ? -EINVAL : -ENOMEM;
    int n = bytes && again ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) : -1;
    if (n >= 0 && (size_t)n >= padding) {
        crypto_base64(bytes, (size_t)n - padding, again); /* EVP takes spaces and stray bits; we do not */
        if (memcmp(again, text, len) == 0) {
            memcpy(ret, bytes, (size_t)n - padding);
            *ret_len = (size_t)n - padding;
            r = 0;
        }
    }
    ERR_clear_error();
    free(bytes);
    free(again);
    return r;
}
