/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seeds, compiled in from sim/seed/ by cmake/embed.cmake.
 */
#ifndef PROXIMO_SIM_SEED_H
#define PROXIMO_SIM_SEED_H

#include <stddef.h>

struct sim_seed {
    const char *name;
    const unsigned char *text;
    size_t size;
};
extern const struct sim_seed sim_seeds[];
extern const size_t sim_seed_count;

#endif
