/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends a remote command whose time is over or that nobody wants any more: a second channel on the same
 * connection (a call that was cancelled gets no new one from the host) runs backend_end_line. See backend.h.
 */
#ifndef PROXIMO_EXEC_SSH_END_H
#define PROXIMO_EXEC_SSH_END_H

#include "ssh_flow.h"

/* BACKEND_END_...; negative: that could not be found out within about four seconds. flow goes on meanwhile,
 * its output dropped; when the command's own channel closes, that is its end: GONE. */
int ssh_end(struct ssh_flow *flow, const char mark[BACKEND_MARK_LEN + 1]);

#endif
