/* SPDX-License-Identifier: Apache-2.0 */
/* The three pipes of a program that the host started, served together so that none of them blocks another. */
#ifndef PROXIMO_EXEC_PIPES_H
#define PROXIMO_EXEC_PIPES_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"

#define PIPES_TURN_MS    100                 /* cancellation is to be looked for at least so often */
#define PIPES_INPUT_MOST ((uint64_t)1 << 20) /* bytes of a secret input */

struct pipes {
    int32_t in, out, err; /* -1: closed */
    const char *input;    /* what is still to be written to `in`; borrowed */
    uint64_t input_len;
    bool keep_in; /* `in` stays open when the input is written */
    bool cut;     /* the program went on without all of its input, or is gone */
};

/* Bytes that came from a stream (BACKEND_STDOUT, BACKEND_STDERR); len 0: its end. A code but 0 ends the turn.
 */
typedef int32_t pipes_take(void *arg, uint32_t stream, const char *bytes, uint64_t len);

/* Starts a program of the configuration; all descriptors do not block. As host->spawn, words included.
 * SIGPIPE is ignored from here on, in the whole process, unless it is handled. */
int32_t pipes_start(struct pipes *pipes, const struct backend_run *run, const char *program,
                    const struct proximo_text *argv, uint32_t argc);
/*
 * Waits until something can be done, wait_ms or PIPES_TURN_MS at most, and does it: writes input, reads at
 * most one piece of each stream. take's code, or PROXIMO_EINTERNAL.
 */
int32_t pipes_turn(struct pipes *pipes, int64_t wait_ms, pipes_take *take, void *arg);
void pipes_close(struct pipes *pipes);
void pipes_close_in(struct pipes *pipes);

/* The run's input as bytes: its text, or what the pipe with the secret holds, copied into the call's arena.
 * PROXIMO_EINVAL over PIPES_INPUT_MOST (words said). */
int32_t pipes_input(const struct backend_run *run, struct proximo_text *ret);

int64_t pipes_now_ms(void); /* CLOCK_MONOTONIC */

#endif
