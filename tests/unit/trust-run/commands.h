/* SPDX-License-Identifier: Apache-2.0 */
/* Plans that run a command, and what they left behind. */
#ifndef PROXIMO_TEST_TRUST_RUN_COMMANDS_H
#define PROXIMO_TEST_TRUST_RUN_COMMANDS_H

#include <stddef.h>

#include "bench.h"
#include "fake_exec.h"
#include "plans.h"

#define PUT "PUT " CONFIG
#define WHERE                                                                                                \
    "'kind':'executor','executor':'exec','plane':'exec','target':{'node':'pve1'},'deadline_ms':2000,"        \
    "'output_limit':1000"
#define RUN(name, words, more) "{'name':'" name "'," WHERE ",'argv':[" words "]" more "}"
#define LS                     "{'value':'ls'}"

/* A member of step i's output as text; "" when it is not there. */
const char *command_output(size_t i, const char *member);
/* What a step's result has of a stream. */
const char *command_wrote(const char *step, const char *stream);

#endif
