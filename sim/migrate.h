/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests that go to another node.
 */
#ifndef PROXIMO_SIM_MIGRATE_H
#define PROXIMO_SIM_MIGRATE_H

#include "guest.h"
#include "task_run.h"

/* ---- what stands in the way (migrate_check.c) ---- */

/* The storage of a volume ("STORAGE:..."); false for a path or nothing. */
bool sim_volume_storage(const char *option, char *storage, size_t size);
bool sim_storage_shared(struct json_object *state, const char *storage);
/* Where a local storage's volumes go by a map like "target", "a:b,c:d" or "1"; NULL: to the same. */
void sim_storage_mapped(const char *map, const char *storage, char *target, size_t size);
/* Is every storage that the guest uses there on the target? Returns 0 or -EINVAL with the text in `why`. */
int sim_migrate_storages(struct json_object *state, const struct sim_guest *guest, const char *target,
                         const char *map, char *why);
/* Devices of the node that hold the guest there, as a list of option names: owned. `mapped` those that
 * mappings stand for; else the others. */
struct json_object *sim_migrate_devices(const struct sim_guest *guest, bool mapped);
/* Volumes that cannot go. Writes about them into the job's log. Returns 0 or -EINVAL with the text. */
int sim_migrate_volumes(struct sim *sim, struct sim_job *job, const struct sim_guest *guest, char *why);

/* ---- going (migrate.c) ---- */

/* Starts the task of `who` that moves a guest, online if it runs (a container is started anew), or requests
 * it of the HA manager that manages it. Returns the task (borrowed). */
struct json_object *sim_migrate_start(struct sim *sim, const struct sim_guest *guest, const char *who,
                                      const char *target, bool with_local_disks);
/* The HA manager moves a guest: a task of root@pam (borrowed). */
struct json_object *sim_migrate_by_manager(struct sim *sim, const struct sim_guest *guest,
                                           const char *target);

#endif
