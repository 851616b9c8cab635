/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's network: "network" of the node is what its configuration says, edited or not; while there are
 * edits "network-before" is what it said when it was applied last.
 */
#ifndef PROXIMO_SIM_NETWORK_H
#define PROXIMO_SIM_NETWORK_H

#include "sim.h"

/* The interfaces as the text of /etc/network/interfaces (owned); `headed`: with the lines that the program
 * writes above its own files. NULL: out of memory. (network_text.c) */
char *sim_network_text(struct json_object *network, bool headed);
/* Starts the task of `who` that applies a node's edits and takes over what is applied of SDN. Returns the
 * task (borrowed). (network_write.c) */
struct json_object *sim_network_reload(struct sim *sim, const char *who, const char *node);
/* What waits to be applied, as a diff (owned); NULL: nothing does. (network_text.c) */
char *sim_network_changes(struct json_object *node);
/* The lines of two texts compared, unified with three lines of context, under names for the two files. Owned;
 * NULL: they are equal. (text_diff.c) */
char *sim_text_diff(const char *old_name, const char *old_text, const char *new_name, const char *new_text);

#endif
