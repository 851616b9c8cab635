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

#define CRYPTO_MODULE_VERSION 2u

struct crypto_hmac;
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
};

/* The module, loaded on first use; NULL and p when it cannot be. Thread-safe. */
const struct crypto_module *crypto_module_get(struct problem *p);

#endif
