/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept beside the rows and compared: whole plans, and one example answer of each read. What differs
 * from run to run is replaced by a word for it. PROXIMO_UPDATE_PLANS=1 writes what differs. */
#ifndef PROXIMO_TESTS_TOOLS_KEPT_H
#define PROXIMO_TESTS_TOOLS_KEPT_H

#include <json-c/json.h>

struct stage;

/* Compares with plans/TOOL[-N].json, value by value. */
void kept_plan(struct stage *stage, const char *arguments, struct json_object *plan);
/* The tool's first row: compares the keys with examples/TOOL.json. */
void kept_example(struct stage *stage, const char *arguments, struct json_object *answer);

#endif
