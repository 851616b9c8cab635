/* SPDX-License-Identifier: Apache-2.0 */
/* A2A 1.0 over JSON-RPC 2.0: one request in, one answer or a stream of events out. Any thread; blocks. */
#ifndef PROXIMO_A2A_RPC_H
#define PROXIMO_A2A_RPC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct engine;
struct task;
struct tasks;
struct work;

#define RPC_ANSWER_LIMIT ((size_t)8 << 20)

struct rpc {
    struct engine *engine;
    struct tasks *tasks;
    struct work *work;
};
struct rpc_answer {
    struct buf body;   /* one JSON-RPC answer; of a stream: its first event's */
    struct task *task; /* of a stream, referenced; NULL: none */
    char *id;          /* of a stream: the request's id, its JSON; owned */
    size_t cursor;
    bool waits; /* a task that needs input does not end the stream */
};
void rpc_answer_done(struct rpc_answer *answer);
/* version: the header A2A-Version; may be NULL. */
void rpc_run(const struct rpc *rpc, const char *version, const char *text, size_t len,
             struct rpc_answer *ret);
/* The next event of a stream as of task_event, as a whole answer. */
int rpc_next(struct rpc_answer *answer, int ms, struct buf *out);

#endif
