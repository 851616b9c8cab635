/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes for the core, a module (proximo-crypto) so that a start does not load OpenSSL. Later parts append
 * members.
 */
#ifndef PROXIMO_BASE_CRYPTO_H
#define PROXIMO_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problem;

#define CRYPTO_MODULE_VERSION 3u

struct crypto_hmac;
struct crypto_sha256;
struct crypto_piece {
    const void *bytes;
    size_t len;
};

struct crypto_module {
    uint32_t version; /* CRYPTO_MODULE_VERSION */
    /* SHA-256 of a whole file from offset 0 (pread; the descriptor's position stays); 0 or -errno. */
    int (*sha256_fd)(int fd, char ret_hex[65]);
    int (*sha256)(const void *bytes, size_t len, unsigned char ret_digest[32]);
    /* HMAC-SHA256 over the pieces one after the other. 0 or -ENOMEM. */
    int (*hmac)(const unsigned char *key, size_t key_len, const struct crypto_piece *pieces, size_t count,
                unsigned char ret_mac[32]);
    /* The same, keyed once for many: verification of a long ledger. NULL without memory. */
    struct crypto_hmac *(*hmac_new)(const unsigned char *key, size_t key_len);
    int (*hmac_of)(struct crypto_hmac *hmac, const struct crypto_piece *pieces, size_t count,
                   unsigned char ret_mac[32]);
    void (*hmac_free)(struct crypto_hmac *hmac);
    int (*sha256_pieces)(const struct crypto_piece *pieces, size_t count, unsigned char ret_digest[32]);
    /* HKDF-SHA256 (RFC 5869) with no salt. */
    int (*hkdf)(const unsigned char *key, size_t key_len, const char *info, unsigned char ret_key[32]);
    int (*random)(unsigned char *ret, size_t len);           /* from the private generator; 0 or -EIO */
    bool (*equal)(const void *a, const void *b, size_t len); /* in constant time */
    void (*wipe)(void *bytes, size_t len);
    /* One context for many digests, one thread at a time; NULL without memory. */
    struct crypto_sha256 *(*sha256_new)(void);
    int (*sha256_with)(struct crypto_sha256 *context, const struct crypto_piece *pieces, size_t count,
                       unsigned char ret_digest[32]);
    void (*sha256_free)(struct crypto_sha256 *context);

    /* Ed25519 (RFC 8032). A private key is its 32-byte seed; the caller wipes it. 0, -ENOMEM or -EIO. */
    int (*ed25519_new)(unsigned char ret_seed[32], unsigned char ret_public[32]);
    int (*ed25519_public)(const unsigned char seed[32], unsigned char ret_public[32]);
    int (*ed25519_sign)(const unsigned char seed[32], const void *message, size_t len,
                        unsigned char ret_signature[64]);
    bool (*ed25519_verify)(const unsigned char public[32], const void *message, size_t len,
                           const unsigned char signature[64]);
    /* PEM: PKCS#8 (passphrase NULL: not encrypted; else PBES2 with scrypt and AES-256-CBC) and
     * SubjectPublicKeyInfo. malloc'd text, NULL without memory. Reading: 0, -EINVAL (no Ed25519 key in PEM),
     * -EACCES (a passphrase is needed and none was given), -EKEYREJECTED (it is wrong). */
    char *(*ed25519_to_pem)(const unsigned char seed[32], const char *passphrase);
    int (*ed25519_from_pem)(const char *pem, size_t len, const char *passphrase, unsigned char ret_seed[32]);
    char *(*ed25519_public_to_pem)(const unsigned char public[32]);
    int (*ed25519_public_from_pem)(const char *pem, size_t len, unsigned char ret_public[32]);

    /* Base64 with padding (RFC 4648). Encoding writes 4 * ((len + 2) / 3) characters and a NUL; decoding
     * takes nothing but the one way to write some bytes, into room for 3 * len / 4 of them. */
    void (*base64)(const void *bytes, size_t len, char *ret);
    int (*base64_decode)(const char *text, size_t len, unsigned char *ret, size_t *ret_len);
};

/* The module, loaded on first use; NULL and p when it cannot be. Thread-safe. */
const struct crypto_module *crypto_module_get(struct problem *p);

#endif
