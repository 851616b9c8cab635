/* SPDX-License-Identifier: Apache-2.0 */
/* Giving the ledger's first key (K0) to the operator. */
#ifndef PROXIMO_COMMAND_ESCROW_H
#define PROXIMO_COMMAND_ESCROW_H

#include "base/problem.h"

struct config;

/* Makes the ledger of this configuration if there is none, and writes its first key to a new file (mode 600),
 * or to standard output when path is NULL. -ENOKEY (PX-LEDGER): it is gone already. */
int escrow_give(const struct config *config, const char *path, struct problem *p);

#endif
