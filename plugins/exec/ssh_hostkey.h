/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this the node that it should be? Either its key has the configured fingerprint (settings->hostkey; then
 * known_hosts is not read), or known_hosts has the key under the node's name, as with HostKeyAlias of ssh:
 * addresses and ports do not matter. A key is never trusted because it is the first one seen.
 */
#ifndef PROXIMO_EXEC_SSH_HOSTKEY_H
#define PROXIMO_EXEC_SSH_HOSTKEY_H

#include "ssh_known_hosts.h"
#include "ssh_work.h"

struct ssh_hostkey {
    uint32_t types;            /* bit 1 << enum ssh_key_type: which types to ask the server for */
    struct proximo_text known; /* the bytes of known_hosts; empty with a pin */
};

/* Before connecting. 0, or a code whose words are said: nothing usable is known of this node. */
int32_t ssh_hostkey_prepare(const struct ssh_work *work, struct ssh_hostkey *ret);
bool ssh_hostkey_pinned(const struct ssh_work *work, const struct ssh_bytes *blob);
/* With the key that the server has proved to hold. 0, or PROXIMO_EDENIED, words said. */
int32_t ssh_hostkey_check(const struct ssh_work *work, const struct ssh_hostkey *expected,
                          const struct ssh_bytes *blob);

#endif
