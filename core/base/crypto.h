/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes for the core, a module (proximo-crypto) so that a start does not load OpenSSL. Later parts append
 * members.
 */
#ifndef PROXIMO_BASE_CRYPTO_H
#define PROXIMO_BASE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

struct problem;

#define CRYPTO_MODULE_VERSION 1u

struct crypto_module {
    uint32_t version; /* CRYPTO_MODULE_VERSION */
    /* SHA-256 of a whole file from offset 0 (pread; the descriptor's position stays); 0 or -errno. */
    int (*sha256_fd)(int fd, char ret_hex[65]);
    int (*sha256)(const void *bytes, size_t len, unsigned char ret_digest[32]);
};

/* The module, loaded on first use; NULL and p when it cannot be. Thread-safe. */
const struct crypto_module *crypto_module_get(struct problem *p);

#endif
