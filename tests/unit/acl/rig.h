/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models for tests, written short. A text of statements with ; between them and blanks between words:
 *   u ID [groups [enable [expire]]]   a user; groups with commas, - for none
 *   t ID privsep [expire]             a token
 *   g NAME members                    a group
 *   r NAME privileges                 a role
 *   p NAME members                    a pool; numbers are guests
 *   e PATH flag ROLE u|g|t WHO        an entry of the access list
 * It becomes the JSON that the API answers with, and is read as such. Roles that need no statement: A (a), B
 * (b), C (c), AB (a and b), Empty, NoAccess, Administrator (a, b, c).
 */
#ifndef PROXIMO_TESTS_ACL_RIG_H
#define PROXIMO_TESTS_ACL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evaluate/evaluate.h"

/* Privileges of the letters a, b, c. */
extern const char *const rig_privileges[3];

/* Without: ACL_PART_... that are not read at all. */
struct acl_model *rig_model(const char *statements, uint32_t without);
/* What who holds at path: "a1b0"; "" nothing. ret has room for 32. */
void rig_answer(const struct acl_model *model, const char *who, const char *path, char *ret);
/* A model of a configuration as recorded cases have it. */
struct acl_model *rig_case(struct json_object *config);

#endif
