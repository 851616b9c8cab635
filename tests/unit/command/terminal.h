/* SPDX-License-Identifier: Apache-2.0 */
/* A program in a terminal of its own, and the person at it; or in none. For tests alone: what goes wrong ends
 * the test. */
#ifndef PROXIMO_TESTS_TERMINAL_H
#define PROXIMO_TESTS_TERMINAL_H

#include <sys/types.h>

#include "base/buf.h"

struct terminal {
    int fd;
    pid_t pid;
    struct buf seen; /* all that it showed */
    size_t told;     /* of it, what terminal_expect() has found */
};

/* argv and environment: NULL at the end. Its standard streams and its /dev/tty are the terminal. */
void terminal_start(struct terminal *terminal, const char *const *argv, const char *const *environment);
/* Reads until it shows `mark` behind what was expected before. */
void terminal_expect(struct terminal *terminal, const char *mark);
/* Types a line. */
void terminal_type(struct terminal *terminal, const char *line);
/* Expects `mark`, waits until the echo is off, types. */
void terminal_type_secret(struct terminal *terminal, const char *mark, const char *line);
/* Reads to its end and returns the exit status (128 + signal). terminal->seen stays until terminal_done(). */
int terminal_end(struct terminal *terminal);
void terminal_done(struct terminal *terminal);

/* Runs it to its end in a session without a terminal; *ret (may be NULL): what it printed on both streams. */
int run_without_terminal(const char *const *argv, const char *const *environment, const char *input,
                         char **ret);

#endif
