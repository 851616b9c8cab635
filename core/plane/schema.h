/* SPDX-License-Identifier: Apache-2.0 */
/* A value against a schema of a plane: the keywords of section_check.c. */
#ifndef PROXIMO_PLANE_SCHEMA_H
#define PROXIMO_PLANE_SCHEMA_H

#include <json-c/json.h>

#include "base/problem.h"

/* 0, or -EINVAL and p; `what` names the value in its words. schema_json NULL: only an empty object fits. Any
 * thread. */
int schema_check(const char *what, struct json_object *value, const char *schema_json, struct problem *p);

#endif
