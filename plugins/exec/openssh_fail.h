/* SPDX-License-Identifier: Apache-2.0 */
/* The words when ssh ended before the command began: what it said itself, and what to do about it. */
#ifndef PROXIMO_EXEC_OPENSSH_FAIL_H
#define PROXIMO_EXEC_OPENSSH_FAIL_H

#include <stdint.h>

#include "backend.h"
#include "marks.h"

/*
 * Both call host->fail. Their codes are those that the host takes for certain: nothing ran.
 * openssh_fail: from what came before the first mark: of stderr, else of stdout (may be NULL).
 * openssh_fail_over: its time was over (PROXIMO_EDEADLINE), the call cancelled, or the pipes broke.
 */
int32_t openssh_fail(const struct backend_run *run, const struct marks *err, const struct marks *out);
int32_t openssh_fail_over(const struct backend_run *run, int32_t code);

#endif
