/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about entries of the access list. Source: /access/acl. */
#include "acl.h"

#include "entries.h"

#define PATH_WORDS "Where, as Proxmox writes it: /, /vms/105, /storage/local, /pool/web, /nodes/pve1."

static const struct proximo_column list_columns[] = {
    COLUMN(.name = "path"),   COLUMN(.name = "type"),      COLUMN(.name = "ugid"),
    COLUMN(.name = "roleid"), COLUMN(.name = "propagate"),
};
static const struct proximo_param list_params[] = {
    FILTER("path", .name = "path", .description = "Only entries at exactly this path."),
    FILTER("ugid", .name = "ugid", .description = "Only entries of this user, group or token."),
};
static const struct proximo_need list_needs[] = {NEED("/access", "Sys.Audit")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_acl_list", .title = "Access-control entries",
     .description = "Lists the entries of the access list: which role is given to whom at which path, and "
                    "whether it is handed down. What somebody may do in the end says pve_permissions.",
     .params = PROXIMO_TABLE(list_params), .path = "/access/acl", .columns = PROXIMO_TABLE(list_columns),
     .count_by = "type", .sort_by = "path", .needs = PROXIMO_TABLE(list_needs)},
};

static const struct proximo_param modify_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "path", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 256,
          .minimum = 1, .description = PATH_WORDS),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "roles", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Names of roles."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "target", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 130,
          .minimum = 1, .description = "To whom: user name@realm, token name@realm!token, or a group."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .choices = "user,group,token",
          .description = "What target is; by its form when absent."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "propagate", .default_json = "true",
          .description = "false: the role holds at the path itself, not below it."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "delete", .description = "true: takes the roles away."),
};

static const struct proximo_param prune_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "path", .minimum = 1, .maximum = 256,
          .description = "Only entries at or below it. Absent: everywhere."),
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_acl_modify",
     .title = "Grant or revoke roles",
     .description =
         "Adds access-control entries or removes them: grants or revokes a role of a user, group or token at "
         "a "
         "path. An entry takes the place of those above it, so granting can take rights away, and revoking "
         "can "
         "give them back: the plan says who gains and loses which permissions where, and who can still "
         "administer. Undo puts each entry back as it was.",
     .params = PROXIMO_TABLE(modify_params), .operation_class = "acl.modify", .subject = "acl/{target}",
     .plan = acl_plan_modify, .plan_undo = acl_plan_undo_entries, .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_acl_prune",
     .title = "Clean up unused access entries",
     .description = "Removes unused access-control entries: of things that are gone, for root@pam, and "
                    "covered by another "
                    "entry of the same principal at the same path. Only what is shown to change nobody's "
                    "rights on anything that is there is removed; "
                    "the plan lists each with its reason, and those that stay. Undo puts them back.",
     .params = PROXIMO_TABLE(prune_params), .operation_class = "acl.modify", .subject = "acl/unused",
     .plan = acl_plan_prune, .plan_undo = acl_plan_undo_entries, .undo_kind = PROXIMO_UNDO_FUNCTION},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "acl.modify", .title = "give or take roles",
     .description = "Users, groups or tokens gain or lose rights, some of them elsewhere than at the path.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_WIDENS | PROXIMO_CLASS_CUTS_OFF,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = ACL_SUBJECT_SCHEMA("acl", "id"),
     .blast = acl_blast},
};

const struct topic acl_topic_entries = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
