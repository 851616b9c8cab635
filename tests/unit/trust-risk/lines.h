/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines for the judge of commands, as tests write them. */
#ifndef TEST_TRUST_RISK_LINES_H
#define TEST_TRUST_RISK_LINES_H

#include <stddef.h>

#include "trust/risk_command.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The words of a line, split at spaces; '...' and "..." (with \" inside) are one word, without their quotes.
 */
struct command_risk line_judge(const char *line, const char *input);
/* How many of them are judged otherwise than `want`; those are printed. */
size_t lines_wrong(const char *const *lines, size_t count, unsigned want);

#endif
