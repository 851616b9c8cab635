/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of steps and guards, wherever they stand: in a change's tables (manifest_check_rows.c), told by a
 * plan function (host_draft.c, so that the plane hears of it at once) and as they arrive (draft_check.c,
 * because a host is not believed). As JSON, with the members of plane.h by their names.
 */
#ifndef PROXIMO_PLANE_STEP_CHECK_H
#define PROXIMO_PLANE_STEP_CHECK_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "plane/manifest_check.h"

#define STEP_DEADLINE_MS 86400000 /* longest that one step may take */
#define STEP_INTERVAL_MS 200      /* shortest time between two looks of a wait */
#define STEP_FIELDS_MOST 256u

struct step_rules {
    const char *who;          /* "tool pve_x" in messages */
    struct param_list params; /* of the tool: secrets; and in tables and undo, what {x} of a path may be */
    bool table;               /* a row's own tables, not what a function told */
    bool undo;                /* before.N, after.N and argument are references as well */
    bool wait_only;
    bool no_secrets;             /* none can be had here */
    size_t guard_count;          /* for before.N and after.N */
    struct json_object *earlier; /* an object whose keys are the steps that came before; NULL: not checked */
};
int step_check(const struct step_rules *rules, struct json_object *step, struct problem *p);
int guard_check(const struct step_rules *rules, struct json_object *guard, struct problem *p);
/* [a-z][a-z0-9-]*(\.[a-z0-9-]+)*, at most 64 bytes. */
int check_class_name(const char *who, const char *name, struct problem *p);

#endif
