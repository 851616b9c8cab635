/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seeds, compiled in from sim/seed/ by cmake/embed.cmake.
 */
#ifndef PROXIMO_SIM_SEED_H
#define PROXIMO_SIM_SEED_H

#include "sim.h"

struct sim_seed {
    const char *name;
    const unsigned char *text;
    size_t size;
};
extern const struct sim_seed sim_seeds[];
extern const size_t sim_seed_count;

/* A cluster's seed (state.c): generated nodes and guests, names of backups, limits of guests, tasks. */
void sim_seed_finish(struct json_object *state, int nodes, int guests);
/* Sorts the tasks of a seed, newest first, and gives each its process numbers and upid. */
void sim_seed_number_tasks(struct json_object *state);

#endif
