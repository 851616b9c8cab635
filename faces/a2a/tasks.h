/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tasks of this program, in its memory alone: state, artifact, what happened to each. A bounded number;
 * the oldest that ended makes room. Any thread; a task that was given out lives until task_unref.
 */
#ifndef PROXIMO_A2A_TASKS_H
#define PROXIMO_A2A_TASKS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct cancel;
struct skill;
struct task;
struct tasks;

enum task_state {
    TASK_SUBMITTED,
    TASK_WORKING,
    TASK_INPUT_REQUIRED,
    TASK_COMPLETED,
    TASK_FAILED,
    TASK_CANCELED,
    TASK_REJECTED,
    TASK_STATES,
};
#define TASK_ID_SIZE 37

int tasks_new(struct tasks **ret);
/* Every wait ends; nothing waits any more. */
void tasks_stop(struct tasks *tasks);
void tasks_free(struct tasks *tasks); /* after the last task_unref */
bool tasks_stopping(struct tasks *tasks);

/* message: what was sent; skill NULL: text alone. Takes arguments. -EBUSY: too many that have not ended. */
int tasks_add(struct tasks *tasks, const struct skill *skill, struct json_object *arguments,
              const char *context, struct json_object *message, struct task **ret);
struct task *tasks_find(struct tasks *tasks, const char *id); /* NULL: none */
void task_unref(struct task *task);

/* Immutable, but for the plan, which the one who works on the task sets and reads. */
const char *task_id(const struct task *task);
const char *task_context(const struct task *task);
const struct skill *task_skill(const struct task *task);
struct json_object *task_arguments(const struct task *task);
struct cancel *task_cancel(const struct task *task);
struct json_object *task_plan(const struct task *task);
void task_set_plan(struct task *task, struct json_object *plan); /* takes it */

enum task_state task_state_now(struct task *task);
bool task_ended(enum task_state state);
const char *task_state_name(enum task_state state);
int task_state_find(const char *name); /* -1: none */
/*
 * A new state with words for a person (may be NULL), and for INPUT_REQUIRED facts (borrowed, may be NULL).
 * False: it has ended, and stays as it is. Other words in the same state are told as well.
 */
bool task_set(struct task *task, enum task_state state, const char *words, struct json_object *facts);
/* The same with an end and a result. */
bool task_finish(struct task *task, enum task_state state, const char *words, struct json_object *result);
/* Who works on a task that waits for input? True: the caller, until task_release. */
bool task_claim(struct task *task);
void task_release(struct task *task, int64_t again_ms); /* not before then (clock_ms) */
/* Only while nothing of a change has begun: false otherwise. */
bool task_cancel_now(struct task *task);
/* The next that waits for input and is due, claimed; NULL: none. The caller's reference. */
struct task *tasks_due(struct tasks *tasks, int64_t now_ms);
void tasks_sleep(struct tasks *tasks, int64_t ms); /* or until they stop */

/* Waits until it has ended or needs input, or until deadline_ms. */
void task_wait(struct task *task, int64_t deadline_ms);
/* Waits so long for it to be cancelled or the tasks to stop. */
void task_pause(struct task *task, int64_t ms);
/* Appends the event at *cursor, which moves on: 1; 0: none within ms; -1: there will be none any more.
 * waits: a task that needs input is no end. */
int task_event(struct task *task, size_t *cursor, bool waits, int64_t ms, struct buf *out);
/* As it is on the wire. *ret_cursor (may be NULL): the event after this. */
void task_put(struct task *task, bool history, bool artifacts, struct buf *out, size_t *ret_cursor);

struct tasks_query {
    const char *context; /* NULL: any */
    int state;           /* -1: any */
    size_t from, most;
    bool artifacts, history;
};
/* The members of the answer to ListTasks, the newest first. */
void tasks_put(struct tasks *tasks, const struct tasks_query *query, struct buf *out);

#endif
