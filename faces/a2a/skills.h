/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The skills: one table from names to tools of the planes with the parameters that may be given. What is not
 * in it cannot be reached over A2A. Immutable; any thread.
 */
#ifndef PROXIMO_A2A_SKILLS_H
#define PROXIMO_A2A_SKILLS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/problem.h"

#define SKILL_PARAMS_MOST 10u

enum skill_type { SKILL_TEXT = 1, SKILL_GUEST, SKILL_INTEGER, SKILL_BOOLEAN, SKILL_OBJECT, SKILL_TEXTS };

struct skill_param {
    const char *name; /* NULL: behind the last */
    enum skill_type type;
    bool required;
    const char *tool_name; /* what the tool calls it, where that differs */
};
struct skill {
    const char *id, *tool, *name, *description;
    bool changes;
    bool no_site; /* is about this server: takes no `site` */
    struct skill_param params[SKILL_PARAMS_MOST];
};

const struct skill *skill_at(size_t index); /* NULL behind the last */
const struct skill *skill_find(const char *id);
/* Why a skill that others have is left out here; NULL: nobody would look for it. */
const char *skill_excluded(const char *id);
/*
 * Unknown, missing and mistyped parameters, all named, never their values: -EINVAL and PX-ARG. ret: a new
 * object of the tool's arguments, the caller's.
 */
int skill_arguments(const struct skill *skill, struct json_object *params, struct json_object **ret,
                    struct problem *p);

#endif
