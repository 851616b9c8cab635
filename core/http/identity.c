/* SPDX-License-Identifier: Apache-2.0 */
/* The server's identity: TLS options, the fingerprint check in OpenSSL's verification and before each
 * request. */
#include "http/identity.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"

int identity_init(struct identity *id, const struct config_endpoint *endpoint)
{
    memset(id, 0, sizeof(*id));
    if (endpoint->fingerprint != NULL) {
        if (strlen(endpoint->fingerprint) != 2 * sizeof(id->pin))
            return -EINVAL;
        for (size_t i = 0; i < sizeof(id->pin); i++) {
            const int high = text_hex_digit(endpoint->fingerprint[2 * i]);
            const int low = text_hex_digit(endpoint->fingerprint[2 * i + 1]);
            if (high < 0 || low < 0)
                return -EINVAL;
            id->pin[i] = (unsigned char)(high * 16 + low);
        }
        id->pinned = true;
    }
    if (endpoint->ca_file != NULL) {
        id->ca_file = text_dup(endpoint->ca_file);
        if (id->ca_file == NULL)
            return -ENOMEM;
    }
    return 0;
}

void identity_done(struct identity *id)
{
    free(id->ca_file);
    memset(id, 0, sizeof(*id));
}

const char *identity_rule(const struct identity *id)
{
    if (id->pinned)
        return "fingerprint";
    return id->ca_file != NULL ? "CA file" : "system store";
}

static bool is_pinned_certificate(const struct identity *id, const X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (certificate == NULL || X509_digest(certificate, EVP_sha256(), digest, &len) != 1)
        return false;
    return len == sizeof(id->pin) && CRYPTO_memcmp(digest, id->pin, len) == 0;
}

/* Takes the place of chain building: a pinned certificate is trusted for itself, everything else not at all.
 */
static int verify_pinned(X509_STORE_CTX *ctx, void *arg)
{
    const struct identity *id = arg;
    const bool ok = is_pinned_certificate(id, X509_STORE_CTX_get0_cert(ctx));
    X509_STORE_CTX_set_error(ctx, ok ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return ok ? 1 : 0;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    SSL_CTX_set_cert_verify_callback(ssl_ctx, verify_pinned, arg);
    return CURLE_OK;
}

CURLcode identity_apply(struct identity *id, CURL *easy)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* A resumed session skips the verification: none is kept. */
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    /* The pin names one certificate, whatever name it carries; without a pin the name must fit. */
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, id->pinned ? 0L : 2L);
    if (rc == CURLE_OK && (id->pinned || id->ca_file != NULL))
        rc = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (rc == CURLE_OK && (id->pinned || id->ca_file != NULL))
        rc = curl_easy_setopt(easy, CURLOPT_CAINFO, id->pinned ? NULL : id->ca_file);
    if (rc == CURLE_OK && id->pinned)
        rc = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    if (rc == CURLE_OK && id->pinned)
        rc = curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, id);
    /* A changed CA file is noticed within a minute. */
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 60L);
    return rc;
}

static SSL *peer_ssl(CURL *easy)
{
    struct curl_tlssessioninfo *info = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL ||
        info->backend != CURLSSLBACKEND_OPENSSL)
        return NULL;
    return info->internals;
}

X509 *identity_peer(CURL *easy)
{
    SSL *ssl = peer_ssl(easy);
    return ssl == NULL ? NULL : SSL_get1_peer_certificate(ssl);
}

bool identity_peer_ok(const struct identity *id, CURL *easy)
{
    SSL *ssl = peer_ssl(easy);
    X509 *certificate = ssl == NULL ? NULL : SSL_get1_peer_certificate(ssl);
    bool ok = certificate != NULL && SSL_version(ssl) >= TLS1_2_VERSION;
    if (ok && id->pinned)
        ok = is_pinned_certificate(id, certificate);
    else if (ok)
        ok = SSL_get_verify_result(ssl) == X509_V_OK;
    X509_free(certificate);
    return ok;
}
