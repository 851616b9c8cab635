/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to a node that is known and has let us in. Always non-blocking; every step looks at the
 * deadline and at cancellation. One session is for one thread at a time. libssh2 is not built for being
 * interrupted in the middle of a step: after any failure a session is closed, not used again.
 */
#ifndef PROXIMO_EXEC_SSH_SESSION_H
#define PROXIMO_EXEC_SSH_SESSION_H

#include <libssh2.h>

#include "ssh_hostkey.h"
#include "ssh_work.h"

struct ssh_session {
    struct ssh_session *next; /* the pool's */
    LIBSSH2_SESSION *ssh;
    int fd;
    int64_t idle_since; /* ssh_now_ms */
    char node[];
};

/*
 * Connects through host->connect, checks the host key, authenticates. 0, or a code whose words are said;
 * nothing was run then. The caller closes *ret.
 */
int32_t ssh_session_open(const struct ssh_work *work, struct ssh_session **ret);
/* polite: takes leave first, which may take 200 ms. NULL is allowed. */
void ssh_session_close(struct ssh_session *session, bool polite);
/* Can an idle session still be used: alive as far as can be seen, and its host key still accepted? Says no
 * words. */
bool ssh_session_usable(const struct ssh_work *work, struct ssh_session *session);
/* Waits for what libssh2 waits for. As ssh_work_wait. */
int32_t ssh_session_wait(const struct ssh_work *work, const struct ssh_session *session);
short ssh_session_events(const struct ssh_session *session); /* POLLIN, POLLOUT: what libssh2 waits for */
/* libssh2's words for its last error; borrowed, valid until the next call of libssh2. */
const char *ssh_session_error(const struct ssh_session *session);

#endif
