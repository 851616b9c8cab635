/* SPDX-License-Identifier: Apache-2.0 */
/* proximo-crypto: SHA-256 by OpenSSL's EVP. */
#include "base/crypto.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
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

static const struct crypto_module table = {
    .version = CRYPTO_MODULE_VERSION,
    .sha256_fd = sha256_fd,
    .sha256 = sha256,
};

__attribute__((visibility("default"))) const struct crypto_module *proximo_module_crypto(void);
const struct crypto_module *proximo_module_crypto(void)
{
    return &table;
}
