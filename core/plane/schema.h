/* SPDX-License-Identifier: Apache-2.0 */
/* What an executor is told of where, against its schema: by the rules of section_check.c. */
#ifndef PROXIMO_PLANE_SCHEMA_H
#define PROXIMO_PLANE_SCHEMA_H

#include "base/problem.h"

/* The target of a run against the executor's target_schema; PX-ARG. Without one it is empty. */
int target_check(const char *target_json, const char *schema, struct problem *p);

#endif
