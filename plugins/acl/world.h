/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that says who may do what: users with their tokens, groups, roles, the access list, pools with
 * their members. Sources: GET /access/users?full=1, /access/groups, /access/roles, /access/acl, /pools.
 */
#ifndef PROXIMO_ACL_WORLD_H
#define PROXIMO_ACL_WORLD_H

#include "edit.h"

#define WORLD_POOLS_MOST 512u /* pools whose members are read */

struct world {
    struct access access;
    const char *why[ACL_PARTS]; /* why the part is not known whole; NULL: it is. In the call's arena */
    struct acl_model *model;    /* of all of it, as it is */
    const char *token, *user;   /* whose rights this server has; NULL: not known */
    int64_t now;
};
/* Reads it and builds the model. Negative only when the call is over. world_done drops it. */
int32_t world_read(const struct asking *a, struct world *ret);
void world_done(struct world *world);

/* What is not known whole, told as incomplete: of the parts in `parts` (ACL_PART_...). */
int32_t world_tell_unknown(const struct asking *a, const struct world *world, uint32_t parts);

#endif
