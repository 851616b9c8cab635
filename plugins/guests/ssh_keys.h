/* SPDX-License-Identifier: Apache-2.0 */
/* SSH keys for a guest's user: what is one, and how Proxmox wants them. */
#ifndef PROXIMO_GUESTS_SSH_KEYS_H
#define PROXIMO_GUESTS_SSH_KEYS_H

#include "guests.h"

/* Percent-encoded, as Proxmox keeps `sshkeys` of a machine and wants them; arena, NULL: no memory. */
const char *ssh_keys_encoded(const struct asking *a, const char *keys, size_t len);

/* Fails unless every line that is not empty and no comment is a public key: a known type and, in base64, a
 * key that names the same type (RFC 4253, 6.6). Nothing of a line is repeated: it could be a private key.
 * *ret_count: how many. */
int32_t ssh_keys_check(const struct asking *a, const char *keys, uint32_t *ret_count);

#endif
