/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the access list that go with the thing whose path they stand at, and how they are given again.
 * Source: GET and PUT /access/acl.
 */
#ifndef PROXIMO_PLUGINS_GRANTS_H
#define PROXIMO_PLUGINS_GRANTS_H

#include "../rows.h"

#define GRANTS_MOST 100u

/* GET /access/acl into looked (its data is the caller's); complete with Sys.Audit on /access. Negative when
 * the call is over. */
int32_t grants_look(const struct asking *a, struct looked *ret);
/* The whole entries at exactly this path. New array; NULL: no memory. */
struct json_object *grants_at(struct json_object *acl, const char *path);
/* One PUT /access/acl for each, at most GRANTS_MOST, called grant0, grant1 ...; steps has room for them.
 * Texts and fields live as long as the call. 0 and the number, or PROXIMO_ENOMEM. */
int32_t grants_steps(const struct asking *a, struct json_object *grants, struct proximo_step *steps,
                     uint32_t *ret_count);

#endif
