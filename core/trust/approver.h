/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of an approver's consent: the public key that the operator put there, and the approval
 * that lies beside a waiting plan. The private key is never here. Any thread.
 */
#ifndef PROXIMO_TRUST_APPROVER_H
#define PROXIMO_TRUST_APPROVER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/problem.h"
#include "trust/approval.h"

struct plan;
struct trust;

/*
 * Reads a public key (PEM) anew. The file must be a regular one, not a symbolic link, owned by root or the
 * running user and not writable by anybody else; so must its folder. PX-CONSENT with the line that mends it.
 */
int approver_key_load(const char *path, unsigned char ret_public[32], char ret_id[APPROVAL_KEY_SIZE],
                      struct problem *p);
/*
 * Consent to apply a plan that needs the approver: 1, the approval beside it is good now, and that is
 * recorded with its text and signature; negative and p: there is none, or it is refused.
 */
int approver_consent(struct trust *trust, const struct plan *plan, struct problem *p);
/* Member "approval" of the status of a waiting plan that needs one, by what lies beside it now. */
void approver_put_status(struct trust *trust, const struct plan *plan, struct buf *out);

#endif
