/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An executor "exec" of the plane "exec" (and "other" of plane "other") that does what a test says. Linked
 * with -Wl,--wrap for the functions of plane/exec.h.
 */
#ifndef PROXIMO_TEST_TRUST_RUN_FAKE_EXEC_H
#define PROXIMO_TEST_TRUST_RUN_FAKE_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plane/exec.h"

struct fake_exec {
    enum plane_exec_end end;
    int exit_status;
    const char *signal, *why;
    const char *out, *err;   /* what it writes */
    size_t out_len, err_len; /* 0: strlen */
    int refusal;             /* negative: the request itself is refused */
    bool waits;              /* until it is cancelled, then it ends as timed out */
    bool gone;               /* the executor is not loaded any more */
    void (*hook)(void);      /* while it runs */

    /* what it saw */
    unsigned runs;
    char argv[2048]; /* words, each in [ ] */
    char input[2048];
    char target[512];
    size_t output_limit;
    int64_t run_ms;
};
extern struct fake_exec fake_exec;
void fake_exec_reset(void);

#endif
