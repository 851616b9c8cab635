/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trust core of this program: planes, ledger and the one door that tools/call of MCP goes through as
 * well. Mode, allow and deny lists, records and consent are decided there. Any thread.
 */
#ifndef PROXIMO_A2A_ENGINE_H
#define PROXIMO_A2A_ENGINE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/problem.h"

struct cancel;
struct config;
struct engine;
struct skill;

/* config and bearer must outlive it. Waits for the planes. */
int engine_new(const struct config *config, const char *bearer, struct engine **ret, struct problem *p);
/* No change begins any more, and what runs is brought to a recorded end. False: something still runs. */
bool engine_stop(struct engine *engine);
void engine_free(struct engine *engine);
/* Does this skill exist here: its tool is there and allowed, and a change could be approved? */
bool engine_offers(void *engine, const struct skill *skill);
/* 0, or -EPERM and p, recorded: why it does not. */
int engine_may(struct engine *engine, const struct skill *skill, struct problem *p);
/* A message that was refused, by the name of the skill alone. */
void engine_refused(struct engine *engine, const char *skill, const struct problem *p);

struct engine_answer {
    struct json_object *facts; /* the structured answer, or the error; owned */
    bool failed;
};
void engine_answer_done(struct engine_answer *answer);
/* Runs a tool by its name. Takes arguments. Waits. Negative: no memory. */
int engine_call(struct engine *engine, const char *tool, struct json_object *arguments, struct cancel *cancel,
                struct engine_answer *ret);

#endif
