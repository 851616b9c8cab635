/* SPDX-License-Identifier: Apache-2.0 */
/* ES256 (RFC 7518) with one EC P-256 key, its public half as a JWK (RFC 7517), its name by RFC 7638. */
#ifndef PROXIMO_A2A_SIGN_H
#define PROXIMO_A2A_SIGN_H

#include <json-c/json.h>

#include "base/buf.h"
#include "base/problem.h"

struct signer;

/* The key of a PEM file that nobody else can read (file_open_secret); PX-SECRET-FILE. */
int signer_open(const char *path, struct signer **ret, struct problem *p);
void signer_free(struct signer *signer);
const char *signer_kid(const struct signer *signer); /* the thumbprint */
/* {"keys":[...]} with this one key. */
void signer_put_jwks(const struct signer *signer, struct buf *out);
/*
 * Adds "signatures" to a card without one: a JWS (RFC 7515) with detached payload over the card's canonical
 * form. jku: where the JWKS is. 0, or negative and p; the card is then as before.
 */
int signer_sign(const struct signer *signer, const char *jku, struct json_object *card, struct problem *p);

/* base64url without padding. */
void base64url_put(const void *bytes, size_t len, struct buf *out);

#endif
