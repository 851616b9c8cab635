/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call: the names and tokens of a2a.token_file. Of a token its hash alone is kept. */
#ifndef PROXIMO_A2A_BEARERS_H
#define PROXIMO_A2A_BEARERS_H

#include <stddef.h>

#include "base/problem.h"

#define BEARERS_MOST     8u /* each has a trust core of its own */
#define BEARER_NAME_SIZE 65u

struct bearer {
    char name[BEARER_NAME_SIZE];
    unsigned char digest[32]; /* SHA-256 of the token */
};
struct bearers {
    struct bearer all[BEARERS_MOST];
    size_t count;
};

/*
 * Reads the file: one line with a token alone, whose bearer is `name` (NULL: "bearer"), or lines `NAME
 * TOKEN`, and then name must be NULL. Empty lines and those that begin with # are passed over.
 * PX-SECRET-FILE: the file's mode, or a line that is neither, named by its number and never quoted;
 * PX-CONFIG: both kinds of names. *ret is written only on success.
 */
int bearers_read(const char *path, const char *name, struct bearers *ret, struct problem *p);
/* The index of the bearer of this Authorization header (may be NULL); -1: it is nobody's. All are compared,
 * each in constant time, whichever fits: the time tells neither which one nor how much of it. Any thread. */
int bearers_find(const struct bearers *bearers, const char *authorization);

#endif
