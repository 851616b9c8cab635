/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `--via COMMAND`: another user's or another machine's proximo, reached by a command that runs what stands
 * behind it (`sudo -u proximo`, `ssh host sudo -u proximo`). No shell takes part here: words are separated by
 * spaces,
 * '...' keeps a word together, and what a shell would act on is refused. One thread.
 */
#ifndef PROXIMO_COMMAND_VIA_H
#define PROXIMO_COMMAND_VIA_H

#include <stddef.h>

#include "base/buf.h"

#define VIA_WORDS_MOST 32u

struct problem;

struct via {
    char *room; /* owned; the words are in it */
    char *words[VIA_WORDS_MOST];
    size_t count;
};

/* -EINVAL and p (PX-ARG): empty, an open quote, too many words, or a character that a shell would act on. */
int via_parse(const char *text, struct via *ret, struct problem *p);
void via_done(struct via *via);
/*
 * Runs the words and `more` (NULL at the end) behind them. in (at most 8 KiB; NULL: nothing) is its standard
 * input, what it prints is appended to out, its standard error is this program's. *ret_status: its exit
 * status, 128 + the signal that ended it. -EFBIG: it printed more than out may hold. Negative and p.
 */
int via_run(const struct via *via, const char *const *more, const void *in, size_t in_len, struct buf *out,
            int *ret_status, struct problem *p);

#endif
