/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks of the state: /tasks is a list, newest first. A task has node, pid, pstart, starttime, type, id,
 * user, tokenid, upid, log (lines) and, once it has ended, endtime and status ("OK", "WARNINGS: n" or the
 * error). /task_lines has lines that tasks of a type write on their way, {vmid} standing for the guest.
 */
#ifndef PROXIMO_SIM_TASKS_H
#define PROXIMO_SIM_TASKS_H

#include "sim.h"

/* Sets "upid" from the task's own members. */
void sim_task_set_upid(struct json_object *task);
/* The task with this upid, or NULL. Borrowed. */
struct json_object *sim_task_find(struct json_object *state, const char *upid);
/* May the caller read this task? Its own tasks, those of its user for a full token, all with Sys.Audit on the
 * node. */
bool sim_task_visible(struct sim_call *call, struct json_object *task);
/* Finds the task that a request is about; who does not own it needs the privilege on the node. Returns 0
 * (`*ret_task` stays as it is when there is no such task) or fails the call. */
int sim_task_of_call(struct sim_call *call, const char *priv, struct json_object **ret_task);

#endif
