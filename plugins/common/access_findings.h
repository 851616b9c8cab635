/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of grants and tokens that reach further than they need, wherever it is said. */
#ifndef PROXIMO_PLUGINS_ACCESS_FINDINGS_H
#define PROXIMO_PLUGINS_ACCESS_FINDINGS_H

#include "findings.h"

/* ACL-ADMIN: who has the role Administrator at "/" beside root@pam. acl: GET /access/acl. */
void access_judge_admins(struct findings *f, struct json_object *acl);
/* TOKEN-NO-PRIVSEP: tokens that can do all that their user can, as far as both are enabled and not expired at
 * `now` (epoch). users: GET /access/users?full=1. */
void access_judge_tokens(struct findings *f, struct json_object *users, int64_t now);

#endif
