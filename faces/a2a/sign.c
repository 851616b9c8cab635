/* SPDX-License-Identifier: Apache-2.0 */
/* The signing of the card: one algorithm, ES256, whatever anybody asks for. */
#include "sign.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "jcs.h"

#define PEM_LIMIT  ((size_t)16 << 10)
#define CARD_LIMIT ((size_t)256 << 10)
#define HALF       32 /* bytes of r, of s and of a coordinate */

struct signer {
    EVP_PKEY *key;
    char x[44], y[44], kid[44]; /* base64url of 32 bytes */
};

void base64url_put(const void *bytes, size_t len, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i += 3) {
        const unsigned left = len - i < 3 ? (unsigned)(len - i) : 3;
        const unsigned bits = (unsigned)at[i] << 16 | (left > 1 ? (unsigned)at[i + 1] << 8 : 0) |
                              (left > 2 ? (unsigned)at[i + 2] : 0);
        for (unsigned k = 0; k <= left; k++)
            buf_char(out, digits[bits >> (18 - 6 * k) & 63]);
    }
}

static void fixed64(const unsigned char bytes[HALF], char ret[44])
{
    CLEANUP_BUF struct buf out = BUF_INIT(64);

    base64url_put(bytes, HALF, &out);
    ret[0] = '\0';
    if (buf_ok(&out) && out.len == 43)
        memcpy(ret, out.data, 44);
}

static bool coordinate(EVP_PKEY *key, const char *name, char ret[44])
{
    unsigned char bytes[HALF];
    BIGNUM *n = NULL;
    const bool good = EVP_PKEY_get_bn_param(key, name, &n) == 1 && BN_bn2binpad(n, bytes, HALF) == HALF;

    BN_free(n);
    if (good)
        fixed64(bytes, ret);
    return good;
}

/* RFC 7638: SHA-256 over the members that make the key, in the order of their names. */
static bool describe(struct signer *s)
{
    CLEANUP_BUF struct buf text = BUF_INIT(512);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char curve[32] = "";
    size_t len = 0;

    if (EVP_PKEY_get_base_id(s->key) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(s->key, curve, sizeof(curve), &len) != 1 ||
        (strcmp(curve, "prime256v1") != 0 && strcmp(curve, "P-256") != 0) ||
        !coordinate(s->key, OSSL_PKEY_PARAM_EC_PUB_X, s->x) ||
        !coordinate(s->key, OSSL_PKEY_PARAM_EC_PUB_Y, s->y))
        return false;
    buf_printf(&text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", s->x, s->y);
    if (!buf_ok(&text) || EVP_Digest(text.data, text.len, digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    fixed64(digest, s->kid);
    return s->kid[0] != '\0';
}

/* A key with a passphrase is not asked for one at the terminal. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

int signer_open(const char *path, struct signer **ret, struct problem *p)
{
    struct signer *s = calloc(1, sizeof(*s));
    struct buf pem = BUF_INIT(PEM_LIMIT);
    CLEANUP_FD int fd = -1;
    BIO *bio = NULL;
    int r = s ? file_open_secret(path, &fd, p) : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");

    if (r == 0 && fd_read_all(fd, &pem) == 0 && pem.len)
        bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (bio)
        s->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    if (pem.data)
        OPENSSL_cleanse(pem.data, pem.cap);
    buf_done(&pem);
    if (r == 0 && (!s->key || !describe(s))) {
        r = problem_set(p, -EINVAL, PX_SECRET_FILE, "a2a.signing_key_file: %s holds no EC P-256 private key",
                        path);
        problem_next(p,
                     "make one: openssl ecparam -name prime256v1 -genkey -noout -out FILE && chmod 600 FILE");
    }
    if (r < 0) {
        signer_free(s);
        return r;
    }
    *ret = s;
    return 0;
}

void signer_free(struct signer *signer)
{
    if (signer)
        EVP_PKEY_free(signer->key);
    free(signer);
}

const char *signer_kid(const struct signer *signer)
{
    return signer->kid;
}

void signer_put_jwks(const struct signer *s, struct buf *out)
{
    buf_printf(out,
               "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\",\"kid\":\"%s\","
               "\"alg\":\"ES256\",\"use\":\"sig\"}]}",
               s->x, s->y, s->kid);
}

/* JWS wants r and s side by side; OpenSSL writes them as DER. */
static bool raw_signature(const unsigned char *der, size_t len, unsigned char ret[2 * HALF])
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    const bool good = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret, HALF) == HALF &&
                      BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret + HALF, HALF) == HALF;

    ECDSA_SIG_free(pair);
    return good;
}

static bool sign_bytes(const struct signer *s, const struct buf *text, struct buf *out)
{
    unsigned char der[160], raw[2 * HALF];
    size_t len = sizeof(der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool good = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, s->key) == 1 &&
                      EVP_DigestSign(context, der, &len, (const unsigned char *)text->data, text->len) == 1 &&
                      raw_signature(der, len, raw);

    EVP_MD_CTX_free(context);
    if (good)
        base64url_put(raw, sizeof(raw), out);
    return good;
}

static void put_head(const struct signer *s, const char *jku, struct buf *out)
{
    CLEANUP_BUF struct buf head = BUF_INIT(4096);

    buf_str(&head, "{\"alg\":\"ES256\"");
    json_put_key_string(&head, "jku", jku);
    json_put_key_string(&head, "kid", s->kid);
    buf_str(&head, ",\"typ\":\"JOSE\"}");
    base64url_put(head.data ? head.data : "", head.len, out);
}

int signer_sign(const struct signer *s, const char *jku, struct json_object *card, struct problem *p)
{
    CLEANUP_BUF struct buf payload = BUF_INIT(CARD_LIMIT);
    CLEANUP_BUF struct buf text = BUF_INIT(2 * CARD_LIMIT);
    CLEANUP_BUF struct buf signature = BUF_INIT(256);
    CLEANUP_BUF struct buf member = BUF_INIT(8192);
    struct json_object *list = NULL;

    if (jcs_put(card, &payload) < 0)
        return problem_set(p, -EINVAL, PX_INTERNAL, "the card has no canonical form");
    put_head(s, jku, &text);
    const size_t head = text.len;
    buf_char(&text, '.');
    base64url_put(payload.data, payload.len, &text);
    if (!buf_ok(&text) || !sign_bytes(s, &text, &signature) || !buf_ok(&signature))
        return problem_set(p, -EIO, PX_INTERNAL, "the card could not be signed");
    buf_str(&member, "[{\"protected\":");
    json_put_string(&member, text.data, head);
    json_put_key_string(&member, "signature", signature.data);
    buf_str(&member, "}]");
    if (!buf_ok(&member) || json_parse(member.data, member.len, &list, p) < 0 ||
        json_object_object_add(card, "signatures", list) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    return 0;
}
