/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the datacenter: what options_tools.c changes and options_blast.c looks at. */
#ifndef PROXIMO_NODES_OPTIONS_H
#define PROXIMO_NODES_OPTIONS_H

#include "../common/config_object.h"
#include "nodes.h"

/* Does the option decide who can log in, or who may set tags that rules hang on? */
bool options_are_logins(const char *name);
/* Of a subject {"kind":"options","id":"datacenter","options":"a,b"}; without "options": all of them. */
int32_t options_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
