/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate of the simulator: made fresh (P-256, self-signed, valid for a year) or loaded; its
 * fingerprint.
 */
#include "server.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#define VALID_SECONDS (365L * 24 * 3600)

SSL_CTX *sim_tls_new(void)
{
    static const unsigned char session_id[] = "proximo-sim";
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

    if (!tls)
        return NULL;
    (void)SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    (void)SSL_CTX_set_session_id_context(tls, session_id, sizeof session_id - 1);
    (void)SSL_CTX_set_mode(tls, SSL_MODE_AUTO_RETRY);
    return tls;
}

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

static int write_pem(X509 *cert, const char *file)
{
    BIO *out = BIO_new_file(file, "w");
    int r;

    if (!out)
        return -EIO;
    r = PEM_write_bio_X509(out, cert) == 1 ? 0 : -EIO;
    BIO_free(out);
    return r;
}

int sim_tls_make(SSL_CTX *tls, const char *names, const char *cert_file)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    int r = -EIO;

    if (key && cert && fill(cert, key, names) == 0 && SSL_CTX_use_certificate(tls, cert) == 1 &&
        SSL_CTX_use_PrivateKey(tls, key) == 1)
        r = cert_file ? write_pem(cert, cert_file) : 0;
    X509_free(cert);
    EVP_PKEY_free(key);
    return r;
}

int sim_tls_load(SSL_CTX *tls, const char *cert_file, const char *key_file)
{
    if (SSL_CTX_use_certificate_chain_file(tls, cert_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls) != 1)
        return -EINVAL;
    return 0;
}

int sim_tls_fingerprint(SSL_CTX *tls, char *ret_text, size_t size)
{
    X509 *cert = SSL_CTX_get0_certificate(tls);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int n = 0;

    if (!cert || X509_digest(cert, EVP_sha256(), hash, &n) != 1 || size < (size_t)n * 3)
        return -EIO;
    for (unsigned int i = 0; i < n; i++)
        (void)snprintf(ret_text + (size_t)i * 3, 4, "%02X%s", hash[i], i + 1 < n ? ":" : "");
    return 0;
}
