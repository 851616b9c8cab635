/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `doctor` tells of an endpoint's certificate. Two connections, neither of which carries a request: one
 * under the configured rule gives the verdict, one that verifies nothing shows what was presented.
 */
#include <curl/curl.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "http/client.h"
#include "http/identity.h"
#include "http/module.h"

#define REPORT_MS 10000L

static void copy_clean(char *out, size_t out_size, const char *text, size_t len)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(8192);
    text_clean(&clean, text, len < 2048 ? len : text_utf8_cut(text, 2048), false);
    const size_t keep = clean.len < out_size ? clean.len : text_utf8_cut(clean.data, out_size - 1);
    if (keep > 0)
        memcpy(out, clean.data, keep);
    out[keep] = '\0';
}

static void copy_bio(char *out, size_t out_size, BIO *bio)
{
    char *bytes = NULL;
    const long len = BIO_get_mem_data(bio, &bytes);
    copy_clean(out, out_size, bytes, len > 0 ? (size_t)len : 0);
    (void)BIO_reset(bio);
}

static void describe_names(const X509 *certificate, BIO *bio)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (i > 0)
            (void)BIO_puts(bio, ", ");
        (void)GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
}

static void describe(X509 *certificate, struct http_tls_report *report)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    size_t at = 0;
    BIO *bio = BIO_new(BIO_s_mem());
    if (X509_digest(certificate, EVP_sha256(), digest, &len) == 1) {
        for (unsigned int i = 0; i < len && at + 3 < sizeof(report->fingerprint); i++)
            at += (size_t)snprintf(report->fingerprint + at, sizeof(report->fingerprint) - at, "%s%02X",
                                   i > 0 ? ":" : "", digest[i]);
    }
    if (bio == NULL)
        return;
    (void)X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0,
                             XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    copy_bio(report->subject, sizeof(report->subject), bio);
    describe_names(certificate, bio);
    copy_bio(report->names, sizeof(report->names), bio);
    (void)ASN1_TIME_print(bio, X509_get0_notAfter(certificate));
    copy_bio(report->not_after, sizeof(report->not_after), bio);
    BIO_free(bio);
}

static int accept_any(X509_STORE_CTX *ctx, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    return 1;
}

static CURLcode on_inspect_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    SSL_CTX_set_cert_verify_callback(ssl_ctx, accept_any, arg);
    return CURLE_OK;
}

/* What the look at a connection shall find out. */
struct look {
    CURL *easy;
    const struct identity *id; /* NULL: only look */
    bool reached, trusted;
    struct http_tls_report *report;
    char error[CURL_ERROR_SIZE];
};

/* TLS stands. Look, and go no further: no request is ever sent. */
static int on_before_request(void *arg, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
    struct look *look = arg;
    (void)peer_ip, (void)local_ip, (void)peer_port, (void)local_port;
    look->reached = true;
    if (look->id != NULL) {
        look->trusted = identity_peer_ok(look->id, look->easy);
        return CURL_PREREQFUNC_ABORT;
    }
    X509 *certificate = identity_peer(look->easy);
    if (certificate != NULL)
        describe(certificate, look->report);
    X509_free(certificate);
    return CURL_PREREQFUNC_ABORT;
}

#define SET(option, value)                                                                                   \
    do {                                                                                                     \
        if (rc == CURLE_OK)                                                                                  \
            rc = curl_easy_setopt(look->easy, option, value);                                                \
    } while (0)

static CURLcode look_at(struct look *look, const char *url)
{
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PREREQFUNCTION, on_before_request);
    SET(CURLOPT_PREREQDATA, look);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_TIMEOUT_MS, REPORT_MS);
    SET(CURLOPT_ERRORBUFFER, look->error);
    return rc == CURLE_OK ? curl_easy_perform(look->easy) : rc;
}

static void inspect(const char *url, struct http_tls_report *report)
{
    struct look look = {.easy = curl_easy_init(), .report = report};
    if (look.easy == NULL)
        return;
    if (curl_easy_setopt(look.easy, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
        curl_easy_setopt(look.easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
        curl_easy_setopt(look.easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
        curl_easy_setopt(look.easy, CURLOPT_SSL_CTX_FUNCTION, on_inspect_ctx) == CURLE_OK)
        (void)look_at(&look, url);
    report->connected = look.reached;
    curl_easy_cleanup(look.easy);
}

static void give_verdict(struct http_tls_report *report, const struct look *look, CURLcode result)
{
    const char *why = look->error[0] != '\0' ? look->error : curl_easy_strerror(result);
    report->verified = look->reached && look->trusted;
    (void)snprintf(report->rule, sizeof(report->rule), "%s", identity_rule(look->id));
    if (report->verified)
        (void)snprintf(report->verdict, sizeof(report->verdict), "verified by the %s", report->rule);
    else if (look->id->pinned && (result == CURLE_PEER_FAILED_VERIFICATION || look->reached))
        (void)snprintf(report->verdict, sizeof(report->verdict),
                       "the certificate has another fingerprint than the one that is pinned");
    else
        copy_clean(report->verdict, sizeof(report->verdict), why, strlen(why));
}

int tls_report(const struct config_site *site, size_t endpoint, struct http_tls_report *ret,
               struct problem *p)
{
    struct http_tls_report report = {.connected = false};
    struct identity id = {.pinned = false};
    struct look look = {.id = &id};
    if (endpoint >= site->endpoint_count)
        return problem_set(p, -EINVAL, PX_CONFIG, "Site '%s' has no endpoint %zu.", site->name, endpoint + 1);
    const struct config_endpoint *ep = &site->endpoints[endpoint];
    const int rc = identity_init(&id, ep);
    look.easy = rc == 0 ? curl_easy_init() : NULL;
    if (look.easy == NULL) {
        identity_done(&id);
        return problem_set(p, rc != 0 ? rc : -ENOMEM, rc == -EINVAL ? PX_CONFIG : PX_INTERNAL,
                           "Endpoint %zu of site '%s' cannot be tested.", endpoint + 1, site->name);
    }
    CURLcode result = identity_apply(&id, look.easy);
    if (result == CURLE_OK)
        result = look_at(&look, ep->url);
    give_verdict(&report, &look, result);
    curl_easy_cleanup(look.easy);
    inspect(ep->url, &report);
    identity_done(&id);
    *ret = report;
    return 0;
}
