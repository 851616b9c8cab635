/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests that come and go: what creating, restoring and cloning share. A new guest is in the state, locked
 * and without a configuration, from the request on; its volumes are made when the task begins and go again
 * when it fails.
 */
#ifndef PROXIMO_SIM_GUEST_LIFE_H
#define PROXIMO_SIM_GUEST_LIFE_H

#include "guest.h"
#include "task_run.h"

/* ---- requests (guest_create.c) ---- */

/* Fails the call with "VM 120 already exists on node 'pve1'" behind `prefix` where a guest has the id. */
int sim_vmid_unused(struct sim_call *call, const char *vmid, const char *prefix);
/* May the caller make guest `vmid`, which goes into the parameter "pool"? `backup`: VM.Backup on it is
 * enough. Returns 0 or fails the call. */
int sim_may_create(struct sim_call *call, const char *vmid, bool backup);
/* A new guest on the node, without configuration. */
void sim_guest_reserve(struct sim_call *call, const char *vmid, const char *node, bool qemu);
/* The options among the parameters of a request that creates: owned. */
struct json_object *sim_options_given(struct sim_call *call);
/* May the caller use the storage for disks of a new guest, and can it hold them? Returns 0 or fails the call.
 */
int sim_may_store(struct sim_call *call, const char *storage, bool qemu);
/* May the caller set these options of a new guest, and use the storages and bridges that they name? Returns 0
 * or fails the call. */
int sim_options_allowed(struct sim_call *call, struct json_object *options, bool qemu);
/* Starts the task of a request for a guest that has its place in the state: takes `args`, which get what a
 * request says about pool, start and HA. */
int sim_life_task(struct sim_call *call, const struct sim_work *work, struct json_object *args);

/* A request with an archive in the place of options. (guest_restore.c) */
int sim_guest_restore(struct sim_call *call, bool qemu, const char *archive);
/* The options of an archive's text, whose description is in lines that begin with '#': owned.
 * (guest_restore_config.c) */
struct json_object *sim_archive_config(const char *text, bool qemu);
/* Every backup of the guest (NULL: of all guests) keeps the configuration that its guest has now, unless it
 * has one of its own. */
void sim_backups_freeze(struct json_object *state, const char *vmid);
/* The names of the guest's own volumes, those of its snapshots too, as members: owned. `unreferenced`: all
 * that have its number. (guest_destroy.c) */
struct json_object *sim_guest_volumes(struct json_object *state, const struct sim_guest *guest,
                                      bool unreferenced);
/* A network device without its address, so that it gets a new one: owned. */
char *sim_net_without_mac(bool qemu, const char *text);
/* May the caller read a volume, or is it root@pam that names a path? Returns 0 or fails the call. */
int sim_may_read(struct sim_call *call, const char *volid);

/* ---- steps of tasks (guest_create_run.c) ---- */

/* A job's arguments as a request, for what checks and stores options. */
void sim_worker_call(struct sim *sim, struct sim_job *job, struct sim_call *call);
/* The text that the call failed with, behind `prefix`, as the step's. Returns -EINVAL. */
int sim_worker_failed(struct sim_call *call, const char *prefix, char *why);
/* Takes back what a job made: volumes, and the guest if the job's member "new" says that it is. */
void sim_guest_unmake(struct sim *sim, struct sim_job *job);
/* What every new VM has: an id for its BIOS, one for its generation, who made it. */
void sim_qemu_identity(struct json_object *config, bool with_meta);
/* The guest gets the job's configuration and its places in pool and HA, and is started where that was asked
 * for. */
void sim_guest_made(struct sim *sim, struct sim_job *job, struct json_object *config);

enum sim_feature { SIM_CAN_BASE, SIM_CAN_LINK_BASE, SIM_CAN_LINK_SNAPSHOT, SIM_CAN_COPY_SNAPSHOT };
/* Can the volume become a template's base; be what a linked clone is of, as a base or in a snapshot; be
 * copied as it was in a snapshot? (guest_clone.c) */
bool sim_volume_can(struct json_object *state, const char *volid, bool qemu, enum sim_feature feature);

/* ---- volumes (guest_create_disks.c) ---- */

struct sim_new_volume {
    const char *storage, *node, *vmid;
    bool qemu;
    const char *format; /* NULL: the storage's own */
    const char *name;   /* "cloudinit"; NULL: the next disk */
    const char *base;   /* the volume that a linked clone is of; NULL: none */
    int64_t bytes;
};
/* Makes a volume and notes it among those that the job made. Its id is in `volid`. */
void sim_job_new_volume(struct sim *sim, struct sim_job *job, const struct sim_new_volume *want, char *volid,
                        size_t size);
/* "512M", "2G": with the largest unit that divides it. */
void sim_size_text(int64_t bytes, char *text, size_t size);
/* The storage of a volume's name, or of "STORAGE:SIZE". */
void sim_storage_of(const char *option, char *storage, size_t size);
/* Calls `each` for every disk of the options, in Proxmox's order. Returns what the first that is not 0 does.
 */
int sim_each_disk(struct json_object *options, bool qemu,
                  int (*each)(void *context, const char *key, const char *text), void *context);
/* A disk option as it is stored: "STORAGE:SIZE", "STORAGE:cloudinit" and import-from make a volume. The call
 * is a worker's; fails it. */
int sim_disk_made(struct sim_call *call, struct sim_job *job, const struct sim_guest *guest, const char *key,
                  const char *text, struct json_object *config);

#endif
