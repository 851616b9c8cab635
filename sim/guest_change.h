/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of a guest's options: who may make them, what is stored, what waits for the guest to stop.
 */
#ifndef PROXIMO_SIM_GUEST_CHANGE_H
#define PROXIMO_SIM_GUEST_CHANGE_H

#include "guest.h"

/* May the caller set this option to `value`, or delete or revert it (value NULL)? Returns 0 or fails the call
 * as Proxmox does. Disks of a VM only once the guest is known: `guest` may be NULL before. (guest_privs.c) */
int sim_option_allowed(struct sim_call *call, const struct sim_guest *guest, bool qemu, const char *key,
                       const char *value);
/* May the caller connect to the bridges that the new network devices name? */
int sim_bridges_allowed(struct sim_call *call, struct json_object *set);
/* Is the volume "STORAGE:SIZE", one that is to be allocated? */
bool sim_volume_is_new(const char *option);

/* What is stored for an option; *ret_value is NULL where an empty value removes it. New volumes are
 * allocated. Returns 0 or fails the call. (guest_options.c) */
int sim_option_value(struct sim_call *call, const struct sim_guest *guest, const char *key,
                     struct json_object *value, struct json_object **ret_value);

/* Is the option one of the list: words with spaces between, "net[n]" for every numbered one? (guest_privs.c)
 */
bool sim_option_listed(const char *options, const char *key);
/* Does a change of this option take effect in a running guest? (guest_pending.c) */
bool sim_option_is_hot(const struct sim_guest *guest, const char *key, bool set);
/* Can it not be taken out of the guest as it runs now? */
bool sim_option_is_stuck(const struct sim_guest *guest, const char *key);
/* Sets options, deletes and reverts: {"set": {...}, "delete": {key: 1}, "revert": {key: 1}, "force": 0}. */
void sim_guest_change(struct sim *sim, const struct sim_guest *guest, struct json_object *change);

#endif
