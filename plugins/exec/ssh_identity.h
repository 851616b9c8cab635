/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of private key the bytes of a file are, seen before any connection, so that a key that libssh2
 * 1.10 cannot use is refused with the reason and not with "authentication failed". Nothing is kept.
 */
#ifndef PROXIMO_EXEC_SSH_IDENTITY_H
#define PROXIMO_EXEC_SSH_IDENTITY_H

#include <stddef.h>

#include "ssh_wire.h"

#define SSH_IDENTITY_MOST 32768u

enum ssh_identity_kind {
    SSH_IDENTITY_USABLE,
    SSH_IDENTITY_ENCRYPTED, /* a passphrase protects it */
    SSH_IDENTITY_RSA,       /* libssh2 1.10 signs with SHA-1 only, which servers refuse */
    SSH_IDENTITY_OTHER,     /* DSA, a security key, a curve that SSH has not */
    SSH_IDENTITY_PUBLIC,    /* the public half, or a certificate */
    SSH_IDENTITY_PUTTY,
    SSH_IDENTITY_DAMAGED, /* begins as a private key and does not go on as one */
    SSH_IDENTITY_UNKNOWN, /* no private key at all */
};

/* Thread-safe. */
enum ssh_identity_kind ssh_identity_kind(const char *bytes, size_t len);
/* What to do about a kind that is not USABLE: a sentence for a person. */
const char *ssh_identity_advice(enum ssh_identity_kind kind);

#endif
