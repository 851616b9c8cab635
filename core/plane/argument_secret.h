/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's own two ways to give a secret parameter P of a change: P_file names a file that holds it,
 * P_generate lets the core make it. A plane knows nothing of them: it sees P, as a secret.
 */
#ifndef PROXIMO_PLANE_ARGUMENT_SECRET_H
#define PROXIMO_PLANE_ARGUMENT_SECRET_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/problem.h"

struct param_row;
struct tool;

#define SECRET_PATH_MAX        4095
#define SECRET_GENERATED_CHARS 24u /* of 56 different ones: 139 bits */

enum secret_way { SECRET_GIVEN, SECRET_FILE, SECRET_GENERATE };

/* The argument that gives a parameter in this way: "cipassword", "cipassword_file", "cipassword_generate". */
void secret_way_name(const struct param_row *param, enum secret_way way, char ret[80]);
/* Does this tool take the parameter in this way? Not when it has a parameter of that name itself. */
bool secret_way_offered(const struct tool *tool, const struct param_row *param, enum secret_way way);
/* The secret parameter that the argument `name` gives by file or generated; NULL: none. */
const struct param_row *secret_way_find(const struct tool *tool, const char *name, enum secret_way *ret_way);
/* What the schema says of both ways: properties, each with a comma before it. */
void secret_ways_write(const struct tool *tool, const struct param_row *param, struct buf *out);

/* The argument `name` as a parameter to be checked; its texts are borrowed. False: it is no such argument. */
bool secret_way_row(const struct tool *tool, const char *name, struct param_row *ret);
/* Does another argument than the parameter itself give it? arguments may be NULL. */
bool secret_is_given_otherwise(const struct tool *tool, const struct param_row *param,
                               struct json_object *arguments);

/*
 * A secret that did not come as an argument against its parameter's format and bounds. PX-ARG with words that
 * do not hold it.
 */
int argument_secret_check(const struct tool *tool, const struct param_row *param, const char *value,
                          size_t len, struct problem *p);

#endif
