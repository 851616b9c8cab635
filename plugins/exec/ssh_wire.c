/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_wire.h"

#include <openssl/evp.h>
#include <string.h>

bool ssh_take_u32(struct ssh_bytes *b, uint32_t *ret)
{
    if (b->len < 4)
        return false;
    *ret = (uint32_t)b->ptr[0] << 24 | (uint32_t)b->ptr[1] << 16 | (uint32_t)b->ptr[2] << 8 | b->ptr[3];
    b->ptr += 4;
    b->len -= 4;
    return true;
}

bool ssh_take_string(struct ssh_bytes *b, struct ssh_bytes *ret)
{
    struct ssh_bytes rest = *b;
    uint32_t len = 0;

    if (!ssh_take_u32(&rest, &len) || len > rest.len)
        return false;
    *ret = (struct ssh_bytes){rest.ptr, len};
    *b = (struct ssh_bytes){rest.ptr + len, rest.len - len};
    return true;
}

bool ssh_bytes_are(const struct ssh_bytes *b, const char *text)
{
    return b->len == strlen(text) && memcmp(b->ptr, text, b->len) == 0;
}

static int digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool ssh_base64(const char *text, size_t len, unsigned char *ret, size_t most, size_t *ret_len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t out = 0;

    if (len % 4 == 0 && len && text[len - 1] == '=')
        len -= text[len - 2] == '=' ? 2 : 1;
    if (len % 4 == 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        int value = digit((unsigned char)text[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (out == most)
            return false;
        ret[out++] = (unsigned char)(bits >> held);
        bits &= (1u << held) - 1;
    }
    if (bits)
        return false;
    *ret_len = out;
    return true;
}

bool ssh_fingerprint(const void *blob, size_t len, char ret[SSH_FINGERPRINT_SIZE])
{
    unsigned char digest[32];
    unsigned char text[45]; /* 44 characters of base64, the last is padding */

    if (EVP_Digest(blob, len, digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    (void)EVP_EncodeBlock(text, digest, (int)sizeof(digest));
    memcpy(ret, "SHA256:", 7);
    memcpy(ret + 7, text, 43);
    ret[50] = '\0';
    return true;
}

bool ssh_fingerprint_equal(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);

    while (a_len && a[a_len - 1] == '=')
        a_len--;
    while (b_len && b[b_len - 1] == '=')
        b_len--;
    return a_len && a_len == b_len && memcmp(a, b, a_len) == 0;
}

static const char *const names[SSH_KEY_TYPES] = {
    [SSH_KEY_OTHER] = "another type",
    [SSH_KEY_ED25519] = "ssh-ed25519",
    [SSH_KEY_ECDSA_256] = "ecdsa-sha2-nistp256",
    [SSH_KEY_ECDSA_384] = "ecdsa-sha2-nistp384",
    [SSH_KEY_ECDSA_521] = "ecdsa-sha2-nistp521",
    [SSH_KEY_RSA] = "ssh-rsa",
};

enum ssh_key_type ssh_key_type_of(const char *name, size_t len)
{
    for (int i = SSH_KEY_OTHER + 1; i < SSH_KEY_TYPES; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return (enum ssh_key_type)i;
    }
    return SSH_KEY_OTHER;
}

enum ssh_key_type ssh_key_type_of_blob(const void *blob, size_t len)
{
    struct ssh_bytes b = {blob, len}, name;

    return ssh_take_string(&b, &name) ? ssh_key_type_of((const char *)name.ptr, name.len) : SSH_KEY_OTHER;
}

const char *ssh_key_type_name(enum ssh_key_type type)
{
    return names[type < SSH_KEY_TYPES ? type : SSH_KEY_OTHER];
}
