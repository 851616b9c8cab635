/* SPDX-License-Identifier: Apache-2.0 */
/* An answer without what differs from run to run. */
#ifndef PROXIMO_TESTS_TOOLS_NORMAL_H
#define PROXIMO_TESTS_TOOLS_NORMAL_H

#include <json-c/json.h>
#include <stdbool.h>

/* A copy in which ids, times, hashes, task ids and ports are words for them: "<id>", "<time>"; members that
 * only repeat others in other words (text) are left out. The caller's. */
struct json_object *normal(struct json_object *answer);
/* A copy for a page: lists and texts cut, "..." where they were. The caller's. */
struct json_object *shortened(struct json_object *answer);
/* Do both have the same members, down to the first row of each list? */
bool alike(struct json_object *a, struct json_object *b);

#endif
