/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Older releases. The tables of routes are those of 9.2; what came after 8.4 is listed in release.c.
 */
#ifndef PROXIMO_SIM_RELEASE_H
#define PROXIMO_SIM_RELEASE_H

#include "sim.h"

/* Makes the cluster one of this release: "9.2" or "8.4". Returns 0 or -EINVAL. */
int sim_release_set(struct sim *sim, const char *release);
/* Is this method too new for the release? */
bool sim_release_lacks(const struct sim *sim, const struct sim_route *route);
/* Collects an error for each parameter and each choice that the release does not know. Returns 0 or -EINVAL.
 */
int sim_release_check(const struct sim *sim, const struct sim_route *route, struct json_object *given,
                      struct json_object *errors);
/* The groups of HA resources that 8.4 has in place of rules of node affinity. */
int sim_release_ha_groups(struct sim_call *call);
/* Does a resource go back to the node that is preferred? 8.4 has that in its group. */
bool sim_release_failback(const struct sim *sim, const char *sid, struct json_object *entry);
/* How 8.4 shows an HA resource. */
void sim_release_ha_resource(struct sim_call *call, const char *sid, struct json_object *item);

#endif
