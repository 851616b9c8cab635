/* SPDX-License-Identifier: Apache-2.0 */
/* The actions of pve_guest_power that hold a guest still, let it go on or reset it. */
#ifndef PROXIMO_GUESTS_POWER_H
#define PROXIMO_GUESTS_POWER_H

#include "guests.h"

bool power_holds(const char *action); /* suspend, hibernate, resume, reset */
/* Their plan; arguments: the call's parameters are for this action, not for the one that is undone. */
int32_t power_plan_hold(struct guest *g, const char *action, bool arguments);
/* The action that brings back what the record's first guard (of status/current) holds. */
const char *power_hold_back(const struct guest *g, struct json_object *before);

#endif
