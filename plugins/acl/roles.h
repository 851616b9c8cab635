/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a change of a role. */
#ifndef PROXIMO_ACL_ROLES_H
#define PROXIMO_ACL_ROLES_H

#include "../rows.h"

/* verb: CONFIG_CREATE, CONFIG_UPDATE, CONFIG_DELETE. */
int32_t role_plan(const struct proximo_host *host, struct proximo_call *call, uint32_t verb);

#endif
