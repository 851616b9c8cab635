/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests that start and stop, and what others need of it.
 */
#ifndef PROXIMO_SIM_POWER_H
#define PROXIMO_SIM_POWER_H

#include "guest.h"
#include "task_run.h"

/* Makes the guest run or not, as of now; /cluster/resources shows its past for a while. */
void sim_guest_set_running(struct sim *sim, const char *vmid, bool running);
/* Looks the job's guest up again; fails as Proxmox does where it is gone. */
int sim_job_guest(struct sim *sim, struct sim_job *job, struct sim_guest *guest, char *why);
/* "VM is locked (snapshot)" in `why` if the guest is. Returns 0 or -EINVAL. */
int sim_guest_check_lock(const struct sim_guest *guest, char *why);
/* One of the operations "start", "shutdown", "resume", "suspend" and "hibernate" (of VMs) as a task of `who`
 * (borrowed). */
struct json_object *sim_guest_power(struct sim *sim, const struct sim_guest *guest, const char *who,
                                    const char *verb);
/* ---- memory that is kept (guest_state.c) ---- */

/* A VM to disk; the argument "statestorage" says where to. */
extern const struct sim_work sim_todisk_work;
/* May the caller do that? Returns 0 or fails the call. */
int sim_suspend_allowed(struct sim_call *call, const struct sim_guest *guest);
/* Is this a VM that was suspended to disk? */
bool sim_guest_hibernated(const struct sim_guest *guest);
/* Removes the saved memory of a VM, and the lock that stands for it. */
void sim_guest_forget_state(struct sim *sim, const struct sim_guest *guest);
/* The ends of a container's tasks: it stops with a checkpoint, and goes on from there. */
sim_step sim_checkpoint, sim_restore_checkpoint;

/* Starts the guest as a task of `who`. */
void sim_guest_start(struct sim *sim, const struct sim_guest *guest, const char *who);
/* Moves pending changes into the configuration (guest_pending.c). */
void sim_guest_apply_pending(struct json_object *state, struct json_object *entry);

#endif
