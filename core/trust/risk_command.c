/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that are positively known as reads: none. */
#include "trust/risk_command.h"

#include <stdio.h>
#include <string.h>

#include "trust/risk.h"

#define PROGRAM_SHOWN 60u

void risk_command(const struct command_word *argv, size_t argc, const char *stdin_text, size_t stdin_len,
                  struct command_risk *ret)
{
    size_t len = argc && argv[0].known ? argv[0].len : 0;

    (void)stdin_text, (void)stdin_len;
    *ret = (struct command_risk){.risk = RISK_HIGH};
    if (len > PROGRAM_SHOWN)
        len = PROGRAM_SHOWN;
    (void)snprintf(ret->why, sizeof(ret->why), "runs %.*s, which is not known as a read", len ? (int)len : 9,
                   len ? argv[0].ptr : "a program");
    for (char *c = ret->why; *c; c++)
        *c = *c < 0x20 || *c > 0x7e ? '?' : *c;
}
