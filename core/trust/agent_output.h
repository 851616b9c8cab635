/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of a command that a plan itself runs in a guest: GET .../agent/exec-status, which hands it out
 * once and is refused to every read (http/get_table.h). A plan may ask for it in a wait or read step when an
 * earlier step of the same plan ran the command in the same guest, by the pid that this step got. Source: GET
 * /nodes/{node}/qemu/{vmid}/agent/exec-status. Pure; thread-safe.
 */
#ifndef PROXIMO_TRUST_AGENT_OUTPUT_H
#define PROXIMO_TRUST_AGENT_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>

/* Is it a wait or read step of a plan with that path? */
bool agent_output_asks(struct json_object *step);
/* Did a step of `earlier` (an array of plan steps; those from `step` itself on do not count) run it? */
bool agent_output_is_own(struct json_object *earlier, struct json_object *step);

#endif
