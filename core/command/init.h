/* SPDX-License-Identifier: Apache-2.0 */
/* What `proximo init` asks (init_ask.c) and then writes (init.c). */
#ifndef PROXIMO_COMMAND_INIT_H
#define PROXIMO_COMMAND_INIT_H

#include <limits.h>
#include <stdbool.h>

#include "base/problem.h"
#include "command/ask.h"

struct init_answers {
    char config_folder[PATH_MAX];
    bool force;
    char site[ASK_SIZE];
    bool pbs;
    char url[ASK_SIZE]; /* "https://host:port" */
    char fingerprint[ASK_SIZE];
    char ca_file[ASK_SIZE];
    char token_file[ASK_SIZE];
    char token_id[ASK_SIZE];
    char secret[ASK_SIZE]; /* empty: token_file exists already */
    bool wrote_token;
    char node[ASK_SIZE];
    char mode[ASK_SIZE];
    char planes[ASK_SIZE]; /* names; empty: every built-in one but exec */
};

/* Asks everything. The secret in *a is the caller's to wipe, whatever is returned. 0, or negative and p. */
int init_ask(struct init_answers *a, struct problem *p);

#endif
