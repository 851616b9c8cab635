/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An approval: what an approver signs, and the signature. It is text, so that a person and any tool can read
 * it; lines in this order, each ended by a newline, no others:
 *
 *   proximo/approval/v1
 *   plan: 32 hex digits, the plan's id
 *   sha256: 64 hex digits, of the plan's canonical bytes (`proximo plan show --raw ID`)
 *   site: NAME
 *   principal: whom the plan belongs to
 *   action: the operation class
 *   subject: what the approver typed
 *   created: seconds since the epoch
 *   expires: seconds since the epoch, at most an hour later and not after the plan
 *   nonce: 32 hex digits
 *   key: 32 hex digits, the first half of SHA-256 over the public key's SubjectPublicKeyInfo (DER)
 *   signature: base64 of 64 bytes, Ed25519 (RFC 8032) over the lines before this one, newlines included
 *
 * There is one way to write an approval: what is read is written again and must be the same bytes. Pure
 * functions, any thread.
 */
#ifndef PROXIMO_TRUST_APPROVAL_H
#define PROXIMO_TRUST_APPROVAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

#define APPROVAL_LIMIT     ((size_t)8 << 10)
#define APPROVAL_LASTS_S   3600 /* at most */
#define APPROVAL_SKEW_S    300  /* by which the approver's clock may be ahead of the server's */
#define APPROVAL_KEY_SIZE  33
#define APPROVAL_NONCE_LEN 32u

struct crypto_module;
struct plan;

enum approval_field {
    APPROVAL_PLAN,
    APPROVAL_SHA256,
    APPROVAL_SITE,
    APPROVAL_PRINCIPAL,
    APPROVAL_ACTION,
    APPROVAL_SUBJECT,
    APPROVAL_CREATED,
    APPROVAL_EXPIRES,
    APPROVAL_NONCE,
    APPROVAL_KEY,
    APPROVAL_FIELDS,
};

struct approval {
    char *text; /* a copy, cut into the fields; owned */
    const char *fields[APPROVAL_FIELDS];
    size_t signed_len; /* of the lines before the signature */
    int64_t created_s, expires_s;
    unsigned char signature[64];
};
void approval_done(struct approval *approval);

/* The id of a public key, 32 hex digits. 0 or -ENOMEM. */
int approval_key_id(const struct crypto_module *crypto, const unsigned char public[32],
                    char ret[APPROVAL_KEY_SIZE]);
/*
 * Appends a signed approval of this plan, good from now_s for an hour or until the plan expires. seed: the
 * private key, the caller's to wipe. -EINVAL and p: the plan has a text that cannot stand in a line.
 */
int approval_sign(const struct crypto_module *crypto, const unsigned char seed[32], const struct plan *plan,
                  int64_t now_s, struct buf *out, struct problem *p);
/* Takes text apart; -EINVAL and p (PX-CONSENT): it is no approval. Nothing is verified yet. */
int approval_parse(const struct crypto_module *crypto, const char *text, size_t len, struct approval *ret,
                   struct problem *p);
/* Is it signed by this key? -EPERM and p: made with another one, or altered. text: as it was parsed. */
int approval_verify(const struct crypto_module *crypto, const struct approval *approval, const char *text,
                    const unsigned char public[32], struct problem *p);
/* Is it for this plan, and good at now_s? -EPERM and p, each mismatch with a cause of its own. */
int approval_fits(const struct approval *approval, const struct plan *plan, int64_t now_s, struct problem *p);

#endif
