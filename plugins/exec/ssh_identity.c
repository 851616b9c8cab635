/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSH's own format is the file PROTOCOL.key of OpenSSH; the others are PEM (RFC 7468), of which OpenSSL
 * tells the algorithm.
 */
#include "ssh_identity.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

static const char openssh_begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char openssh_end[] = "-----END OPENSSH PRIVATE KEY-----";

/* `text` at a place in the bytes; NULL: it is not there. */
static const char *find(const char *bytes, size_t len, const char *text)
{
    return memmem(bytes, len, text, strlen(text));
}

static enum ssh_identity_kind kind_of_type(enum ssh_key_type type)
{
    switch (type) {
    case SSH_KEY_ED25519:
    case SSH_KEY_ECDSA_256:
    case SSH_KEY_ECDSA_384:
    case SSH_KEY_ECDSA_521: return SSH_IDENTITY_USABLE;
    case SSH_KEY_RSA: return SSH_IDENTITY_RSA;
    default: return SSH_IDENTITY_OTHER;
    }
}

static enum ssh_identity_kind openssh_inside(const unsigned char *bytes, size_t len)
{
    static const char magic[] = "openssh-key-v1"; /* its NUL belongs to it */
    struct ssh_bytes b = {bytes, len}, cipher, kdf, options, public, private;
    uint32_t keys = 0;

    if (len < sizeof(magic) || memcmp(bytes, magic, sizeof(magic)) != 0)
        return SSH_IDENTITY_DAMAGED;
    b.ptr += sizeof(magic);
    b.len -= sizeof(magic);
    if (!ssh_take_string(&b, &cipher) || !ssh_take_string(&b, &kdf) || !ssh_take_string(&b, &options) ||
        !ssh_take_u32(&b, &keys) || keys != 1 || !ssh_take_string(&b, &public) ||
        !ssh_take_string(&b, &private))
        return SSH_IDENTITY_DAMAGED;
    /* The type first: an RSA key is of no use in an agent either. */
    enum ssh_identity_kind kind = kind_of_type(ssh_key_type_of_blob(public.ptr, public.len));
    if (kind == SSH_IDENTITY_USABLE && !ssh_bytes_are(&cipher, "none"))
        return SSH_IDENTITY_ENCRYPTED;
    return kind;
}

static enum ssh_identity_kind openssh_kind(const char *bytes, size_t len)
{
    char text[SSH_IDENTITY_MOST];
    unsigned char inside[SSH_IDENTITY_MOST];
    size_t n = 0, inside_len = 0;
    const char *from = bytes + strlen(openssh_begin);
    const char *end = find(bytes, len, openssh_end);
    enum ssh_identity_kind kind = SSH_IDENTITY_DAMAGED;

    if (!end || end < from || (size_t)(end - from) > sizeof(text))
        return SSH_IDENTITY_DAMAGED;
    for (; from < end; from++) {
        if (*from != '\n' && *from != '\r' && *from != ' ' && *from != '\t')
            text[n++] = *from;
    }
    if (ssh_base64(text, n, inside, sizeof(inside), &inside_len))
        kind = openssh_inside(inside, inside_len);
    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(inside, sizeof(inside));
    return kind;
}

/* Instead of asking at a terminal: there is no passphrase. */
static int no_passphrase(char *space, int size, int writing, void *asked)
{
    (void)space;
    (void)size;
    (void)writing;
    *(int *)asked = 1;
    return -1;
}

static enum ssh_identity_kind pem_kind(const char *bytes, size_t len)
{
    static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
    enum ssh_identity_kind kind = SSH_IDENTITY_OTHER;
    char curve[64];
    int asked = 0;
    BIO *bio = BIO_new_mem_buf(bytes, (int)len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked) : NULL;

    if (!key)
        kind = asked ? SSH_IDENTITY_ENCRYPTED : SSH_IDENTITY_DAMAGED;
    else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        kind = SSH_IDENTITY_RSA;
    else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
        kind = SSH_IDENTITY_USABLE;
    else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
             EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) == 1)
        for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
            kind = strcmp(curve, curves[i]) == 0 ? SSH_IDENTITY_USABLE : kind;
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return kind;
}

enum ssh_identity_kind ssh_identity_kind(const char *bytes, size_t len)
{
    static const char *const publics[] = {"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-",
                                          "---- BEGIN SSH2 PUBLIC"};

    while (len && (*bytes == ' ' || *bytes == '\t' || *bytes == '\r' || *bytes == '\n')) {
        bytes++;
        len--;
    }
    if (len == 0 || len > SSH_IDENTITY_MOST)
        return SSH_IDENTITY_UNKNOWN;
    if (find(bytes, len, openssh_begin) == bytes)
        return openssh_kind(bytes, len);
    if (find(bytes, len, "PuTTY-User-Key-File") == bytes)
        return SSH_IDENTITY_PUTTY;
    for (size_t i = 0; i < sizeof(publics) / sizeof(publics[0]); i++) {
        if (find(bytes, len, publics[i]) == bytes)
            return SSH_IDENTITY_PUBLIC;
    }
    if (find(bytes, len, "-----BEGIN PUBLIC KEY-----") == bytes)
        return SSH_IDENTITY_PUBLIC;
    if (find(bytes, len, "-----BEGIN RSA PRIVATE KEY-----") == bytes)
        return SSH_IDENTITY_RSA;
    if (find(bytes, len, "-----BEGIN DSA PRIVATE KEY-----") == bytes)
        return SSH_IDENTITY_OTHER;
    if (find(bytes, len, "PRIVATE KEY-----") && find(bytes, len, "-----BEGIN ") == bytes)
        return pem_kind(bytes, len);
    return SSH_IDENTITY_UNKNOWN;
}

const char *ssh_identity_advice(enum ssh_identity_kind kind)
{
    switch (kind) {
    case SSH_IDENTITY_USABLE: return "the private key can be used";
    case SSH_IDENTITY_ENCRYPTED:
        return "the private key is protected by a passphrase, which is not asked for here. Add the key to an "
               "ssh-agent (ssh-add) and configure the agent with the key's fingerprint, or use a key without "
               "a "
               "passphrase";
    case SSH_IDENTITY_RSA:
        return "the private key is an RSA key. libssh2 1.10 signs with RSA and SHA-1 only, which OpenSSH has "
               "refused "
               "since 8.8. Use an ed25519 key (ssh-keygen -t ed25519) or an ecdsa key, or the openssh back "
               "end";
    case SSH_IDENTITY_OTHER:
        return "the private key is of a kind that libssh2 cannot use (DSA, a security key, another curve). "
               "Use an "
               "ed25519 key (ssh-keygen -t ed25519) or an ecdsa key, or the openssh back end";
    case SSH_IDENTITY_PUBLIC:
        return "this is the public half of a key. Configure the file of the private key, the one without "
               ".pub";
    case SSH_IDENTITY_PUTTY:
        return "this is a private key in PuTTY's format. Convert it: puttygen KEY.ppk -O private-openssh -o "
               "KEY";
    case SSH_IDENTITY_DAMAGED:
        return "the private key is damaged or cut short. Copy its file again; `ssh-keygen -y -f KEY` must "
               "print its "
               "public half";
    case SSH_IDENTITY_UNKNOWN:
    default:
        return "this is no private key in a form that SSH uses. It begins with -----BEGIN OPENSSH PRIVATE "
               "KEY----- or "
               "another BEGIN ... PRIVATE KEY line";
    }
}
