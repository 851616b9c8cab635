/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an executor is asked to run and what came of it. An executor (struct proximo_executor of plane.h) runs
 * in a host process of its own plane; the core hands it connected sockets, processes and material that the
 * configuration names for that plane, and keeps the output within its limits.
 */
#ifndef PROXIMO_PLANE_EXEC_H
#define PROXIMO_PLANE_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct cancel;
struct planes;
struct site;

#define EXEC_WORDS_MOST          512u                /* words of one argv */
#define EXEC_ARGV_MOST           ((size_t)128 << 10) /* bytes of all words together */
#define EXEC_STDIN_MOST          ((size_t)1 << 20)
#define EXEC_OUTPUT_MOST         ((size_t)4 << 20) /* bytes of one stream that a caller may ask to keep */
#define EXEC_OUTPUT_DEFAULT      ((size_t)64 << 10)
#define EXEC_DEADLINE_DEFAULT_MS 60000

struct plane_exec_word {
    const char *ptr; /* no NUL within */
    size_t len;
};

struct plane_exec {
    const char *executor; /* its name, unique over all planes */
    struct site *site;
    const char *target_json; /* an object, checked against the executor's target_schema */
    const struct plane_exec_word *argv;
    size_t argc;             /* 1..EXEC_WORDS_MOST */
    const char *stdin_bytes; /* may be a secret: it goes to the executor's stdin only, never to a log */
    size_t stdin_len;
    size_t output_limit;   /* bytes kept of each stream; 0: EXEC_OUTPUT_DEFAULT */
    int64_t run_ms;        /* after so long the executor ends the command; 0: EXEC_DEADLINE_DEFAULT_MS */
    struct cancel *cancel; /* may be NULL; ends the remote command too, as far as the executor can */
    bool change;           /* a step of a plan: not started (PX-READ-ONLY) where the mode allows no changes */
};

enum plane_exec_end {
    EXEC_NOT_STARTED, /* certain: nothing ran (refused, no connection, no authentication) */
    EXEC_EXITED,      /* exit_status holds */
    EXEC_SIGNALLED,   /* signal holds */
    EXEC_TIMED_OUT,   /* it ran and was ended at its deadline, or by cancellation */
    EXEC_UNKNOWN,     /* the connection was lost or the executor died: it may have run, and may run still */
};

struct plane_exec_stream {
    struct buf kept;
    uint64_t total; /* bytes that came, kept or not */
};

struct plane_exec_result {
    enum plane_exec_end end;
    int exit_status;
    char signal[16];                   /* "KILL", without SIG */
    struct plane_exec_stream out, err; /* raw bytes of an untrusted machine */
    struct problem why;                /* of NOT_STARTED, TIMED_OUT and UNKNOWN */
};

/*
 * Runs it and waits, in the caller's thread. 0 whenever an executor took it, whatever came of it: see
 * ret->end. Negative and p only when no executor of this name is loaded or the request itself is wrong; then
 * nothing ran. ret is to be given to plane_exec_result_done in both cases.
 */
int planes_exec(struct planes *planes, const struct plane_exec *exec, struct plane_exec_result *ret,
                struct problem *p);
/* Is an executor of this name loaded? Of which plane and with which target_schema (either may be NULL). */
bool planes_executor_find(struct planes *planes, const char *name, const char **ret_plane,
                          const char **ret_target_schema);
void plane_exec_result_done(struct plane_exec_result *result);

#endif
