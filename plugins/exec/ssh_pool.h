/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions that are kept for the next command: at most SSH_IDLE_MOST a node, and none unused for longer than
 * settings->idle_ms (looked at whenever the pool is used: there is no thread for it). Also holds back when
 * many calls connect to one node at once, because sshd drops connections then (MaxStartups 10:30:100).
 * Thread-safe; a session that was taken belongs to the caller's thread.
 */
#ifndef PROXIMO_EXEC_SSH_POOL_H
#define PROXIMO_EXEC_SSH_POOL_H

#include "ssh_session.h"

#define SSH_IDLE_MOST    4u
#define SSH_CONNECT_MOST 4u /* connections being made to one node at a time */

struct ssh_pool;
struct ssh_pool *ssh_pool_new(int64_t idle_ms); /* NULL without memory */
void ssh_pool_free(struct ssh_pool *pool);      /* no session may be out */

/* An idle session to the run's node that seems usable, or NULL. */
struct ssh_session *ssh_pool_take(struct ssh_pool *pool, const struct ssh_work *work);
/* As ssh_session_open, after waiting for a turn. */
int32_t ssh_pool_connect(struct ssh_pool *pool, const struct ssh_work *work, struct ssh_session **ret);
/* Gives a session back on which nothing is under way; it is kept or closed. */
void ssh_pool_give(struct ssh_pool *pool, struct ssh_session *session);

#endif
