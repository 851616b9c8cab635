/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is inside of a guest. The member "agent" of a guest's entry (seeds) has what cannot be derived from
 * its configuration: silent (1: the agent does not answer), os (a row of the systems in agent.c), used (share
 * of its disks), users (a list). With it the answers are complete; without it they are those of a plain
 * Debian. The member "files" has what was written inside: path -> content.
 */
#ifndef PROXIMO_SIM_AGENT_H
#define PROXIMO_SIM_AGENT_H

#include "guest.h"

/* Finds the guest of the call and fails the call unless its agent answers. Returns 0 or -EINVAL. */
int sim_agent_reach(struct sim_call *call, struct sim_guest *guest);
/* Does what a command that only acts asks for, and answers the call. (agent_action.c) */
int sim_agent_action(struct sim_call *call, const struct sim_guest *guest, const char *command);
/* The end of a command that looks at the system, as agent/exec-status tells it, owned; NULL: it is none of
 * those. (agent_inside.c) */
struct json_object *sim_inside_run(const struct sim_guest *guest, struct json_object *words);
/* Is the program said to be absent? */
bool sim_inside_lacks(const struct sim_guest *guest, const char *program);
/* Runs on Windows? */
bool sim_guest_is_windows(const struct sim_guest *guest);
/* The interfaces with their addresses, as the agent lists them. Owned. (agent_net.c) */
struct json_object *sim_guest_interfaces(const struct sim_guest *guest);
/* The content of a file inside; NULL: none. Borrowed from the guest or `text`. */
const char *sim_guest_file(const struct sim_guest *guest, const char *path, char *text, size_t size);

#endif
