/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are to a node: a private key from a file, or one key of an agent. Public key authentication only. */
#ifndef PROXIMO_EXEC_SSH_AUTH_H
#define PROXIMO_EXEC_SSH_AUTH_H

#include "ssh_agent.h"
#include "ssh_session.h"

struct ssh_auth {
    struct proximo_text identity; /* the private key; empty with an agent */
    struct ssh_agent_key key;     /* the agent's */
    int agent_fd;                 /* -1: none */
};

/* Before connecting: reads the key or asks the agent for it, and refuses what libssh2 cannot use. 0 or a code
 * whose words are said; ret is written, and to be given to ssh_auth_done, only with 0. */
int32_t ssh_auth_prepare(const struct ssh_work *work, struct ssh_auth *ret);
/* 0, or PROXIMO_EDENIED (refused by the node) or another code, words said. */
int32_t ssh_auth_run(const struct ssh_work *work, struct ssh_auth *auth, struct ssh_session *session);
void ssh_auth_done(struct ssh_auth *auth);

#endif
