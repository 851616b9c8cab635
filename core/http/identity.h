/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the server must be: a certificate of a given SHA-256 fingerprint, or one that a CA file or the system
 * store vouches for under the endpoint's name. Checked while TLS is set up and again before every request, on
 * new, reused and resumed connections alike. An identity does not change while a client uses it.
 */
#ifndef PROXIMO_HTTP_IDENTITY_H
#define PROXIMO_HTTP_IDENTITY_H

#include <curl/curl.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct config_endpoint;

struct identity {
    bool pinned;
    unsigned char pin[32]; /* SHA-256 of the leaf certificate (DER) */
    char *ca_file;         /* owned; NULL: the system store. Not looked at when pinned */
};

int identity_init(struct identity *id, const struct config_endpoint *endpoint); /* 0, -EINVAL or -ENOMEM */
void identity_done(struct identity *id);
const char *identity_rule(const struct identity *id); /* "fingerprint", "CA file", "system store" */

/* Sets all TLS options of a handle; id must outlive every connection the handle makes. */
CURLcode identity_apply(struct identity *id, CURL *easy);
/* The last word before a request leaves: is the peer of the handle's connection the right one? Only while the
 * handle has a connection (CURLOPT_PREREQFUNCTION). */
bool identity_peer_ok(const struct identity *id, CURL *easy);
/* The peer certificate of the handle's connection, to be freed with X509_free; NULL without one. */
X509 *identity_peer(CURL *easy);

#endif
