/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large clusters for tests, made from the first node of a seed.
 */
#ifndef PROXIMO_SIM_LARGE_H
#define PROXIMO_SIM_LARGE_H

#include "sim.h"

/* Nodes pve1 to pveCOUNT, all like the seed's pve1. */
void sim_generate_nodes(struct json_object *state, int count);
/* Guests 100 and up on all nodes in turn, with their disks and backups, in place of the seed's. */
void sim_generate_guests(struct json_object *state, int count);

#endif
