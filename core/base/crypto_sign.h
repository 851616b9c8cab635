/* SPDX-License-Identifier: Apache-2.0 */
/* proximo-crypto's own: Ed25519, its PEM forms, base64. See struct crypto_module. */
#ifndef PROXIMO_BASE_CRYPTO_SIGN_H
#define PROXIMO_BASE_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>

int crypto_ed25519_new(unsigned char ret_seed[32], unsigned char ret_public[32]);
int crypto_ed25519_public(const unsigned char seed[32], unsigned char ret_public[32]);
int crypto_ed25519_sign(const unsigned char seed[32], const void *message, size_t len,
                        unsigned char ret_signature[64]);
bool crypto_ed25519_verify(const unsigned char public[32], const void *message, size_t len,
                           const unsigned char signature[64]);
char *crypto_ed25519_to_pem(const unsigned char seed[32], const char *passphrase);
int crypto_ed25519_from_pem(const char *pem, size_t len, const char *passphrase, unsigned char ret_seed[32]);
char *crypto_ed25519_public_to_pem(const unsigned char public[32]);
int crypto_ed25519_public_from_pem(const char *pem, size_t len, unsigned char ret_public[32]);
void crypto_base64(const void *bytes, size_t len, char *ret);
int crypto_base64_decode(const char *text, size_t len, unsigned char *ret, size_t *ret_len);

#endif
