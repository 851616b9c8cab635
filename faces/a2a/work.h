/* SPDX-License-Identifier: Apache-2.0 */
/* What is done for a task, on threads of its own; and the one that looks for approvals. */
#ifndef PROXIMO_A2A_WORK_H
#define PROXIMO_A2A_WORK_H

struct engine;
struct task;
struct tasks;
struct work;

int work_new(struct engine *engine, struct tasks *tasks, struct work **ret);
/* After tasks_stop and once the door is closed: no work begins any more. What runs still ends by itself. */
void work_stop(struct work *work);
/* After work_stop, and after threads_settle: a worker uses it until its very end. */
void work_free(struct work *work);
/* Begins with a new task; its own reference is taken by it. -EBUSY: as much as can be done at once. */
int work_start(struct work *work, struct task *task);
/* Somebody asks how it stands: looks for an approval now. */
void work_nudge(struct work *work, struct task *task);

#endif
