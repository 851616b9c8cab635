/* SPDX-License-Identifier: Apache-2.0 */
/* The names of planes in a configuration: serve, `config check` and init look whether they exist. */
#ifndef PROXIMO_COMMAND_PLANE_NAMES_H
#define PROXIMO_COMMAND_PLANE_NAMES_H

#include <stdbool.h>

struct config;
struct problem;

/* 0, or negative and p when the configuration names a plane that has no file. */
int plane_names_check(const struct config *config, struct problem *p);
/* Is there a plane of this name in the plane folder? */
bool plane_name_known(char *name);

#endif
