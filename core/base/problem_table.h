/* SPDX-License-Identifier: Apache-2.0 */
/* What the codes of problem.h mean, for people. */
#ifndef PROXIMO_BASE_PROBLEM_TABLE_H
#define PROXIMO_BASE_PROBLEM_TABLE_H

#include <stddef.h>

#include "base/problem.h"

struct problem_row {
    const char *code;
    const char *meaning; /* sentences */
    const char *causes;  /* what usually causes it, as the end of a sentence */
    const char *next;    /* what to do, sentences */
    const char *page;    /* file in docs/ that says more; NULL: none */
};

extern const struct problem_row problem_table[];
extern const size_t problem_table_count;

/* The row of a code ("PX-ARG"); NULL: there is none. */
const struct problem_row *problem_table_find(const char *code);

#endif
