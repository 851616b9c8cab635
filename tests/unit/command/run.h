/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the built program, or another one, as a user does. */
#ifndef PROXIMO_TESTS_COMMAND_RUN_H
#define PROXIMO_TESTS_COMMAND_RUN_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"

#define WORDS_MAX 12

extern char program[PATH_MAX];  /* ours; run_setup */
extern char home[PATH_MAX + 8]; /* "HOME=...": its environment, with one variable more */

struct outcome {
    struct buf out, err;
    int status;
};
void outcome_done(struct outcome *o);
#define CLEANUP_OUTCOME __attribute__((cleanup(outcome_done)))

/* false: there is no such program. */
bool run_setup(const char *home_folder);
/* words: NULL at the end, or WORDS_MAX of them; input: its standard input; variable: "NAME=VALUE" or NULL. */
struct outcome run(const char *const *words, const char *input, const char *variable);
/* The same with another program and a PATH. */
struct outcome run_other(const char *path, const char *const *words);

#endif
