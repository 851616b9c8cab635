/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a firewall that an edit changes, each in a copy of its own. */
#ifndef PROXIMO_FIREWALL_EDIT_PARTS_H
#define PROXIMO_FIREWALL_EDIT_PARTS_H

#include <json-c/json.h>

struct edit {
    struct json_object *json, *value;
    const char *op, *name;
    const char *words; /* what is wrong with it (static); NULL: nothing */
};
/* Sets the words; -EINVAL. */
int edit_wrong(struct edit *edit, const char *words);

/* `part` is a copy that may be changed or replaced. 0, -EINVAL, -ENOMEM. */
int edit_rules(struct edit *edit, struct json_object **part);
int edit_options(struct edit *edit, struct json_object **part);
int edit_aliases(struct edit *edit, struct json_object **part);
int edit_ipset(struct edit *edit, struct json_object **part);
int edit_groups(struct edit *edit, struct json_object **part);

#endif
