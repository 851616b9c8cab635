/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of private keys. OpenSSH's format is built here byte by byte, PEM by OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "plugins/exec/ssh_identity.h"

#include <cmocka.h>

struct bytes {
    unsigned char at[4096];
    size_t len;
};

static void add_u32(struct bytes *b, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        b->at[b->len++] = (unsigned char)(n >> shift);
}

static void add_string(struct bytes *b, const void *text, size_t len)
{
    add_u32(b, (uint32_t)len);
    memcpy(b->at + b->len, text, len);
    b->len += len;
}

/* The text of an OpenSSH key file around the first len bytes, in lines of 70. */
static const char *wrap(const struct bytes *b, size_t len)
{
    static char text[8192], file[8192 + 512];
    size_t at = 0;
    int n = EVP_EncodeBlock((unsigned char *)text, b->at, (int)len);
    at += (size_t)snprintf(file, sizeof(file), "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    for (int i = 0; i < n; i += 70)
        at += (size_t)snprintf(file + at, sizeof(file) - at, "%.70s\n", text + i);
    (void)snprintf(file + at, sizeof(file) - at, "-----END OPENSSH PRIVATE KEY-----\n");
    return file;
}

static struct bytes openssh(const char *type, const char *cipher, uint32_t keys)
{
    struct bytes b = {.len = 0}, public = {.len = 0};
    memcpy(b.at, "openssh-key-v1", 15);
    b.len = 15;
    add_string(&b, cipher, strlen(cipher));
    add_string(&b, "none", 4);
    add_string(&b, "", 0);
    add_u32(&b, keys);
    add_string(&public, type, strlen(type));
    add_string(&public, "0123456789abcdef0123456789abcdef", 32);
    add_string(&b, public.at, public.len);
    add_string(&b, "private", 7);
    return b;
}

static enum ssh_identity_kind kind(const char *text)
{
    return ssh_identity_kind(text, strlen(text));
}

static void openssh_keys(void **state)
{
    static const struct {
        const char *type, *cipher;
        uint32_t keys;
        enum ssh_identity_kind kind;
    } rows[] = {
        {"ssh-ed25519", "none", 1, SSH_IDENTITY_USABLE},
        {"ecdsa-sha2-nistp256", "none", 1, SSH_IDENTITY_USABLE},
        {"ecdsa-sha2-nistp384", "none", 1, SSH_IDENTITY_USABLE},
        {"ecdsa-sha2-nistp521", "none", 1, SSH_IDENTITY_USABLE},
        {"ssh-ed25519", "aes256-ctr", 1, SSH_IDENTITY_ENCRYPTED},
        {"ssh-rsa", "none", 1, SSH_IDENTITY_RSA},
        {"ssh-rsa", "aes256-ctr", 1, SSH_IDENTITY_RSA},
        {"ssh-dss", "none", 1, SSH_IDENTITY_OTHER},
        {"sk-ssh-ed25519@openssh.com", "none", 1, SSH_IDENTITY_OTHER},
        {"ssh-ed25519", "none", 2, SSH_IDENTITY_DAMAGED},
        {"ssh-ed25519", "none", 0, SSH_IDENTITY_DAMAGED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes b = openssh(rows[i].type, rows[i].cipher, rows[i].keys);
        assert_int_equal(kind(wrap(&b, b.len)), rows[i].kind);
    }
    struct bytes b = openssh("ssh-ed25519", "none", 1);
    for (size_t len = 0; len < b.len; len++)
        assert_int_equal(kind(wrap(&b, len)), SSH_IDENTITY_DAMAGED);
    /* A length that points outside. */
    b.at[15] = 0xff;
    assert_int_equal(kind(wrap(&b, b.len)), SSH_IDENTITY_DAMAGED);
}

static void cut_openssh_text(void **state)
{
    struct bytes b = openssh("ssh-ed25519", "none", 1);
    const char *text = wrap(&b, b.len);
    (void)state;
    for (size_t len = 0; len + 1 < strlen(text); len++) {
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, text, len);
        assert_int_not_equal(ssh_identity_kind(copy, len), SSH_IDENTITY_USABLE);
        free(copy);
    }
}

static enum ssh_identity_kind pem(EVP_PKEY *key, const char *passphrase, int traditional)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    assert_non_null(key);
    const EVP_CIPHER *cipher = passphrase ? EVP_aes_256_cbc() : NULL;
    const unsigned char *pass = (const unsigned char *)passphrase;
    int pass_len = passphrase ? (int)strlen(passphrase) : 0;
    if (traditional)
        assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, cipher, pass, pass_len, NULL, NULL),
                         1);
    else
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, passphrase, pass_len, NULL, NULL),
                         1);
    long len = BIO_get_mem_data(bio, &text);
    enum ssh_identity_kind found = ssh_identity_kind(text, (size_t)len);
    BIO_free(bio);
    return found;
}

static void pem_keys(void **state)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256"), *other = EVP_EC_gen("secp256k1"), *rsa = EVP_RSA_gen(1024);
    EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    (void)state;
    assert_int_equal(pem(ec, NULL, 1), SSH_IDENTITY_USABLE);
    assert_int_equal(pem(ec, NULL, 0), SSH_IDENTITY_USABLE);
    assert_int_equal(pem(ec, "secret", 1), SSH_IDENTITY_ENCRYPTED);
    assert_int_equal(pem(ec, "secret", 0), SSH_IDENTITY_ENCRYPTED);
    assert_int_equal(pem(other, NULL, 1), SSH_IDENTITY_OTHER);
    assert_int_equal(pem(rsa, NULL, 1), SSH_IDENTITY_RSA);
    assert_int_equal(pem(rsa, "secret", 1), SSH_IDENTITY_RSA);
    assert_int_equal(pem(rsa, NULL, 0), SSH_IDENTITY_RSA);
    assert_int_equal(pem(rsa, "secret", 0), SSH_IDENTITY_ENCRYPTED); /* nobody can know */
    assert_int_equal(pem(ed, NULL, 0), SSH_IDENTITY_USABLE);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(other);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ed);
}

static void others(void **state)
{
    static const struct {
        const char *text;
        enum ssh_identity_kind kind;
    } rows[] = {
        {"", SSH_IDENTITY_UNKNOWN},
        {"\n\n", SSH_IDENTITY_UNKNOWN},
        {"hello", SSH_IDENTITY_UNKNOWN},
        {"ssh-ed25519 AAAA root@pve1", SSH_IDENTITY_PUBLIC},
        {"ecdsa-sha2-nistp256 AAAA", SSH_IDENTITY_PUBLIC},
        {"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", SSH_IDENTITY_PUBLIC},
        {"---- BEGIN SSH2 PUBLIC KEY ----\n", SSH_IDENTITY_PUBLIC},
        {"PuTTY-User-Key-File-3: ssh-ed25519\n", SSH_IDENTITY_PUTTY},
        {"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", SSH_IDENTITY_DAMAGED},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n", SSH_IDENTITY_UNKNOWN},
    };
    static char big[SSH_IDENTITY_MOST + 2];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(kind(rows[i].text), rows[i].kind);
    memset(big, 'A', sizeof(big) - 1);
    memcpy(big, "-----BEGIN OPENSSH PRIVATE KEY-----", 35);
    assert_int_equal(kind(big), SSH_IDENTITY_UNKNOWN);
    for (int k = SSH_IDENTITY_USABLE; k <= SSH_IDENTITY_UNKNOWN; k++)
        assert_true(strlen(ssh_identity_advice((enum ssh_identity_kind)k)) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssh_keys),
        cmocka_unit_test(cut_openssh_text),
        cmocka_unit_test(pem_keys),
        cmocka_unit_test(others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
