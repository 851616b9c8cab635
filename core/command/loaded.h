/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration with its sites, its loaded planes and the tools that they offer: for commands that look at
 * tools. Not thread-safe. */
#ifndef PROXIMO_COMMAND_LOADED_H
#define PROXIMO_COMMAND_LOADED_H

#include "base/problem.h"

struct catalog;
struct config;
struct config_options;
struct planes;
struct sites;

struct loaded {
    struct config *config;
    struct sites *sites;
    struct planes *planes;   /* NULL: they could not be made */
    int result;              /* of planes_wait */
    struct problem problem;  /* where it is not 0 */
    struct catalog *catalog; /* NULL: the planes did not load */
};

/* Negative and p when there is no configuration or no memory. Planes that do not load are no failure here:
 * see result. */
int loaded_open(const struct config_options *options, struct loaded *ret, struct problem *p);
void loaded_close(struct loaded *loaded);

#endif
