/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of the ssh-agent protocol (draft-miller-ssh-agent) for one key: the one whose fingerprint is
 * configured. libssh2's own wants the agent's path; here the host hands over a connected socket. The agent
 * is not trusted: its answers are bounded and checked.
 */
#ifndef PROXIMO_EXEC_SSH_AGENT_H
#define PROXIMO_EXEC_SSH_AGENT_H

#include "ssh_wire.h"
#include "ssh_work.h"

#define SSH_AGENT_ANSWER_MOST 262144u /* as OpenSSH's agent */
#define SSH_AGENT_KEYS_MOST   2048u
#define SSH_SIGNATURE_MOST    1024u

struct ssh_agent_key {
    struct ssh_bytes blob; /* in the call's arena */
    enum ssh_key_type type;
};

/*
 * fd is the agent's socket, made non-blocking; the caller closes it. Both return 0 or a PROXIMO_E... code
 * whose words are said. PROXIMO_ENOTFOUND: the agent has no such key; PROXIMO_EINVAL: it is an RSA or another
 * key that libssh2 1.10 cannot use; PROXIMO_EPROTO: an answer that makes no sense; PROXIMO_EDENIED: it does
 * not sign (locked, not confirmed). One thread at a time.
 */
int32_t ssh_agent_find(const struct ssh_work *work, int fd, const char *fingerprint,
                       struct ssh_agent_key *ret);
/* The signature alone, without the name of its method, as libssh2's callback wants it; ret: malloc'd. */
int32_t ssh_agent_sign(const struct ssh_work *work, int fd, const struct ssh_agent_key *key,
                       const struct ssh_bytes *data, struct ssh_bytes *ret);

#endif
