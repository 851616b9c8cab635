/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate of the simulator: made fresh (P-256, self-signed, valid for a year) or loaded; its
 * fingerprint.
 */
#include "server.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define VALID_SECONDS (365L * 24 * 3600)
#define PEM_MAX       (256 * 1024)

static int add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;
    int r;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (!extension)
        return -EIO;
    r = X509_add_ext(cert, extension, -1) == 1 ? 0 : -EIO;
    X509_EXTENSION_free(extension);
    return r;
}

static int fill(X509 *cert, EVP_PKEY *key, const char *names)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    uint32_t serial = 0;

    if (RAND_bytes((unsigned char *)&serial, sizeof serial) != 1)
        return -EIO;
    if (X509_set_version(cert, 2) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(cert), (long)(serial >> 1)) != 1 ||
        !X509_gmtime_adj(X509_getm_notBefore(cert), -3600) ||
        !X509_gmtime_adj(X509_getm_notAfter(cert), VALID_SECONDS) || X509_set_pubkey(cert, key) != 1)
        return -EIO;
    if (X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
                                   (const unsigned char *)"Proxmox Virtual Environment", -1, -1, 0) != 1 ||
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"proximo-sim", -1, -1,
                                   0) != 1 ||
        X509_set_issuer_name(cert, subject) != 1)
        return -EIO;
    if (add_extension(cert, NID_subject_alt_name, names) < 0 ||
        add_extension(cert, NID_basic_constraints, "critical,CA:TRUE") < 0)
        return -EIO;
    return X509_sign(cert, key, EVP_sha256()) > 0 ? 0 : -EIO;
}

static int put_fingerprint(X509 *cert, struct sim_identity *identity)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int n = 0;

    if (X509_digest(cert, EVP_sha256(), hash, &n) != 1 || sizeof identity->fingerprint < (size_t)n * 3)
        return -EIO;
    for (unsigned int i = 0; i < n; i++)
        (void)snprintf(identity->fingerprint + (size_t)i * 3, 4, "%02X%s", hash[i], i + 1 < n ? ":" : "");
    return 0;
}

/* The text that was written to a memory BIO (owned). */
static char *text_of(BIO *bio)
{
    char *bytes = NULL;
    long size = BIO_get_mem_data(bio, &bytes);

    return size > 0 ? strndup(bytes, (size_t)size) : NULL;
}

int sim_identity_make(struct sim_identity *identity, const char *names)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    BIO *cert_pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_secmem());
    struct sim_identity made = {0};
    int r = -EIO;

    if (key && cert && cert_pem && key_pem && fill(cert, key, names) == 0 &&
        PEM_write_bio_X509(cert_pem, cert) == 1 &&
        PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) == 1 &&
        put_fingerprint(cert, &made) == 0) {
        made.cert = text_of(cert_pem);
        made.key = text_of(key_pem);
        r = made.cert && made.key ? 0 : -EIO;
    }
    if (r == 0)
        *identity = made;
    else
        sim_identity_done(&made);
    BIO_free(cert_pem);
    BIO_free(key_pem);
    X509_free(cert);
    EVP_PKEY_free(key);
    return r;
}

/* A whole text file (owned). */
static int read_text(const char *file, char **ret_text)
{
    FILE *in = fopen(file, "re");
    char *text;
    size_t n;
    int r;

    if (!in)
        return -errno;
    text = malloc(PEM_MAX);
    n = text ? fread(text, 1, PEM_MAX, in) : 0;
    r = !text ? -ENOMEM : n == 0 || n == PEM_MAX || ferror(in) || memchr(text, 0, n) ? -EINVAL : 0;
    (void)fclose(in);
    if (r < 0) {
        free(text);
        return r;
    }
    text[n] = 0;
    *ret_text = text;
    return 0;
}

/* Do the two texts belong together? */
static int check(struct sim_identity *identity)
{
    BIO *cert_pem = BIO_new_mem_buf(identity->cert, -1), *key_pem = BIO_new_mem_buf(identity->key, -1);
    X509 *cert = cert_pem ? PEM_read_bio_X509(cert_pem, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = key_pem ? PEM_read_bio_PrivateKey(key_pem, NULL, NULL, NULL) : NULL;
    int r = -EINVAL;

    if (cert && key && X509_check_private_key(cert, key) == 1)
        r = put_fingerprint(cert, identity);
    EVP_PKEY_free(key);
    X509_free(cert);
    BIO_free(key_pem);
    BIO_free(cert_pem);
    return r;
}

int sim_identity_load(struct sim_identity *identity, const char *cert_file, const char *key_file)
{
    struct sim_identity loaded = {0};
    int r = read_text(cert_file, &loaded.cert);

    if (r == 0)
        r = read_text(key_file, &loaded.key);
    if (r == 0)
        r = check(&loaded);
    if (r == 0)
        *identity = loaded;
    else
        sim_identity_done(&loaded);
    return r;
}

int sim_identity_save(const struct sim_identity *identity, const char *cert_file)
{
    FILE *out = fopen(cert_file, "we");
    bool written;

    if (!out)
        return -errno;
    written = fputs(identity->cert, out) >= 0;
    return fclose(out) == 0 && written ? 0 : -EIO;
}

void sim_identity_done(struct sim_identity *identity)
{
    if (identity->key)
        OPENSSL_cleanse(identity->key, strlen(identity->key));
    free(identity->key);
    free(identity->cert);
    *identity = (struct sim_identity){0};
}
