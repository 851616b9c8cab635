/* SPDX-License-Identifier: Apache-2.0 */
/* Source: /access/roles. */
#include "acl.h"

static const struct proximo_column columns[] = {
    COLUMN(.name = "roleid"),
    COLUMN(.name = "privs"),
    COLUMN(.name = "special"),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_roles_list", .title = "Roles",
     .description = "Lists the roles with the privileges that they hold, builtin ones first.",
     .path = "/access/roles", .columns = PROXIMO_TABLE(columns), .sort_by = "roleid"},
};

const struct topic acl_topic_roles = {
    .reads = PROXIMO_TABLE(reads),
};
