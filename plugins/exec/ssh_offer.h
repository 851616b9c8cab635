/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a key exchange found nothing in common. libssh2 does not tell what the server offered, so this looks
 * itself: a second connection on which only the server's greeting and its SSH_MSG_KEXINIT (RFC 4253 sections
 * 4.2 and 7.1) are read.
 */
#ifndef PROXIMO_EXEC_SSH_OFFER_H
#define PROXIMO_EXEC_SSH_OFFER_H

#include "ssh_wire.h"
#include "ssh_work.h"

enum ssh_method { SSH_METHOD_KEX, SSH_METHOD_HOSTKEY, SSH_METHOD_CIPHER, SSH_METHOD_MAC, SSH_METHODS };

#define SSH_WHY_MOST 1024u

/* wanted: comma lists, what this side accepts. ret: a clause for a message; empty when nothing can be said.
 * Words of the server are cleaned and cut. Thread-safe. */
void ssh_offer_explain(const struct ssh_work *work, const char *const wanted[SSH_METHODS],
                       char ret[SSH_WHY_MOST]);
/* The same from the payload of a KEXINIT. */
void ssh_offer_compare(const struct ssh_bytes *payload, const char *const wanted[SSH_METHODS],
                       char ret[SSH_WHY_MOST]);

#endif
