/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about roles. Sources: /access/roles, /access/roles/{roleid}. */
#include "access.h"
#include "roles.h"

static int32_t plan_create(void *instance, struct proximo_call *call)
{
    return role_plan(((struct plane_instance *)instance)->host, call, CONFIG_CREATE);
}

static int32_t plan_update(void *instance, struct proximo_call *call)
{
    return role_plan(((struct plane_instance *)instance)->host, call, CONFIG_UPDATE);
}

static int32_t plan_delete(void *instance, struct proximo_call *call)
{
    return role_plan(((struct plane_instance *)instance)->host, call, CONFIG_DELETE);
}

#define ROLEID_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "roleid", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,      \
          .maximum = 128, .description = "Name of the role.")
static const struct proximo_param one_params[] = {ROLEID_PARAM};
static const struct proximo_param create_params[] = {
    ROLEID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "privs",
          .description = "Privileges that it holds, such as VM.Audit; without any it is an empty role.")};
static const struct proximo_param update_params[] = {
    ROLEID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "privs", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "The privileges that it holds afterwards: all of them, unless append is there."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "append",
          .description = "true: they come to those that it holds.")};

static const struct proximo_column columns[] = {
    COLUMN(.name = "roleid"),
    COLUMN(.name = "privs", .unit = "list"),
    COLUMN(.name = "special"),
};
static const struct proximo_need modify[] = {NEED("/access", "Sys.Modify")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_roles_list", .title = "Roles",
     .description = "Lists the roles with the privileges that they hold; special is 1 for builtin ones.",
     .path = "/access/roles", .columns = PROXIMO_TABLE(columns), .sort_by = "roleid"},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS, .name = "pve_role_get",
     .title = "Role", .description = "Shows the privileges that one role holds.",
     .params = PROXIMO_TABLE(one_params), .path = "/access/roles/{roleid}"},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_role_create", .title = "Create a role",
     .description =
         "Creates a role that holds these privileges. Nobody has it until an entry of the access list "
         "gives it. Undo deletes it, as long as no entry gives it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "role.create", .subject = "role/{roleid}",
     .needs = PROXIMO_TABLE(modify), .plan = plan_create, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .undo_class = "role.restore"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_role_update",
     .title = "Change a role",
     .description =
         "Sets the privileges of a role, or adds some with append. Everybody who has the role gains or "
         "loses them at once; the plan names who. Builtin roles cannot be changed. Undo puts the "
         "privileges back exactly.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "role.update", .subject = "role/{roleid}",
     .needs = PROXIMO_TABLE(modify), .plan = plan_update, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .undo_class = "role.restore"},
    {ROW(proximo_change), .name = "pve_role_delete", .title = "Delete a role",
     .description =
         "Deletes a role with every entry of the access list that gives it; the plan names who loses "
         "what. Builtin roles cannot be deleted. Undo creates it again and gives the entries again.",
     .params = PROXIMO_TABLE(one_params), .operation_class = "role.delete", .subject = "role/{roleid}",
     .needs = PROXIMO_TABLE(modify), .plan = plan_delete, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .undo_class = "role.restore"},
};

#define ROLE_SCHEMA ACCESS_SCHEMA("role", "roleid")
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "role.create", .title = "create a role",
     .description = "A set of privileges that nobody has yet.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = ROLE_SCHEMA,
     .blast = acl_blast},
    {ROW(proximo_class), .name = "role.update", .title = "change a role",
     .description = "Everybody who has it gains or loses privileges.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_WIDENS | PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .subject_schema = ROLE_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "role.delete", .title = "delete a role",
     .description = "The role and the entries that give it are gone.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS | PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .subject_schema = ROLE_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "role.restore", .title = "put a role back",
     .description = "As it was before a change: its privileges and the entries that gave it.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_WIDENS | PROXIMO_CLASS_CUTS_OFF,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = ROLE_SCHEMA, .blast = access_blast_back},
};

const struct topic acl_topic_roles = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
