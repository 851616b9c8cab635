/* SPDX-License-Identifier: Apache-2.0 */
/* Between tools.c, tools_grant.c and nodes.c. */
#ifndef PROXIMO_DOCTOR_TOOLS_H
#define PROXIMO_DOCTOR_TOOLS_H

#include <json-c/json.h>

struct buf;
struct doctor_site;

/* The first names of an array, and how many more there are. */
void doctor_put_names(struct json_object *names, struct buf *out);
/* The lines that grant what is missing: {path: {privilege: [tool]}} of reads, and of changes. */
void doctor_say_grants(const struct doctor_site *s, struct json_object *reads, struct json_object *changes);

#endif
