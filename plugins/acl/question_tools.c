/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that answer who may do what where. */
#include "acl.h"

#include "edit.h"

static const struct proximo_param permissions_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "who", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,
          .maximum = 200, .description = "A user (name@realm) or token (name@realm!token)."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "path", .minimum = 1, .maximum = 256,
          .description = "Where, such as /vms/105. Absent: every path that has entries."),
};
static const struct proximo_column permissions_columns[] = {
    COLUMN(.name = "path"),       COLUMN(.name = "count"),     COLUMN(.name = "privilege"),
    COLUMN(.name = "privileges"), COLUMN(.name = "propagate"), COLUMN(.name = "not_below"),
    COLUMN(.name = "from"),       COLUMN(.name = "note"),
};
static const struct proximo_param who_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "privilege", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,
          .maximum = 64, .description = "A privilege, such as VM.PowerMgmt."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "path", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,
          .maximum = 256, .description = "Where, such as /vms/105 or /."),
};
static const struct proximo_column who_columns[] = {
    COLUMN(.name = "who"),
    COLUMN(.name = "kind"),
    COLUMN(.name = "holds"),
    COLUMN(.name = "propagate"),
    COLUMN(.name = "may_authenticate"),
    COLUMN(.name = "from"),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_permissions", .title = "Effective permissions",
     .description =
         "Shows what any user or token may do at a path: each privilege, whether it is handed down, and the "
         "entry, role, group or pool that it comes from; and whether it can authenticate. Without path all "
         "paths that have entries.",
     .params = PROXIMO_TABLE(permissions_params), .columns = PROXIMO_TABLE(permissions_columns),
     .read = acl_read_permissions},
    {ROW(proximo_read), .name = "pve_who_can", .title = "Who can do what: holders of a privilege",
     .description =
         "Lists all users and tokens that hold a privilege at a path, where each has it from, and whether it "
         "can authenticate. root@pam holds everything.",
     .params = PROXIMO_TABLE(who_params), .columns = PROXIMO_TABLE(who_columns), .count_by = "kind",
     .read = acl_read_who_can},
    {ROW(proximo_read), .name = "pve_overbroad_grants", .title = "Grants that reach too far",
     .description =
         "Shows grants that reach too far or are of no use, as findings with numbers, the worst first. "
         "Administrator and other changing roles at /, tokens without privilege separation, tokens of "
         "root@pam, "
         "NoAccess that keeps nobody out, entries for nobody, entries that do nothing, rights of disabled "
         "users.",
     .read = acl_read_overbroad},
};

const struct topic acl_topic_questions = {
    .reads = PROXIMO_TABLE(reads),
};
