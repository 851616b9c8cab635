/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"), read whole and strictly from bytes. libssh2's own
 * reader is not used: 1.10 stops at the first line that it does not understand, takes a key marked @revoked
 * for good, knows neither wildcards nor negation, compares names by case and never finds a name of one or two
 * letters.
 *
 * Where this is stricter than OpenSSH: a key on an @revoked line is refused whatever names stand there; an
 * @revoked line that cannot be read refuses every key; and a host with a port other than 22 is looked for as
 * [host]:port only. @cert-authority lines are counted, never used (libssh2 takes no host certificates). Lines
 * that are not understood are counted and hide nothing.
 *
 * Nothing here allocates or keeps anything. Thread-safe.
 */
#ifndef PROXIMO_EXEC_SSH_KNOWN_HOSTS_H
#define PROXIMO_EXEC_SSH_KNOWN_HOSTS_H

#include <stddef.h>
#include <stdint.h>

#include "ssh_wire.h"

#define SSH_KNOWN_HOSTS_MOST ((size_t)4 << 20)
#define SSH_KNOWN_SHOWN      3u

enum ssh_known_verdict {
    SSH_KNOWN_MATCH,
    SSH_KNOWN_NONE,    /* no usable key of this host is there */
    SSH_KNOWN_CHANGED, /* keys of this host are there, and none is this one */
    SSH_KNOWN_REVOKED,
    SSH_KNOWN_BROKEN, /* an @revoked line cannot be read: no key can be said not to be revoked */
};

struct ssh_known {
    uint32_t types;       /* bit 1 << enum ssh_key_type: types of this host's keys that are not revoked */
    uint32_t lines;       /* of this host, with a key that is not revoked */
    uint32_t authorities; /* @cert-authority lines of this host */
    uint32_t not_read;    /* lines not understood, in the whole file */
    uint32_t first_not_read;
    uint32_t line; /* of the verdict: where the key matched or is revoked, or the broken line */
    /* Some of this host's keys, for a message. */
    uint32_t shown;
    char fingerprints[SSH_KNOWN_SHOWN][SSH_FINGERPRINT_SIZE];
    enum ssh_key_type shown_types[SSH_KNOWN_SHOWN];
};

/*
 * What the file says of host:port and this key blob; blob NULL: only what is known of the host, and the
 * verdict is NONE, CHANGED (there is something) or BROKEN. host in any case of letters. ret is always filled.
 */
enum ssh_known_verdict ssh_known_hosts_look(const char *file, size_t len, const char *host, unsigned port,
                                            const struct ssh_bytes *blob, struct ssh_known *ret);

#endif
