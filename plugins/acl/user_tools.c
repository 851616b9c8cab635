/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about users. Sources: /access/users, /access/users/{userid}. */
#include "users.h"

CONFIG_FUNCTIONS(user_create, &user_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(user_delete, &user_kind, CONFIG_DELETE)

static int32_t user_update_plan(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    if (ask_flag(&a, "append") && !ask_argument(&a, "groups"))
        return a.host->fail(call, PROXIMO_EINVAL, "append goes with groups: which is he to be put into?");
    return config_plan(a.host, call, &user_kind, CONFIG_UPDATE);
}

static int32_t user_update_undo(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return config_plan_undo(((struct plane_instance *)instance)->host, call, &user_kind, record_json);
}

#define VALUES                                                                                               \
    COMMENT_PARAM, PARAM(.type = PROXIMO_TYPE_STRING, .name = "email", .description = "His mail address."),  \
        PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "enable",                                                \
              .description = "false: he cannot log in, and his tokens do not work."),                        \
        EXPIRE_PARAM,                                                                                        \
        PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "groups",                                                \
              .description = "The groups that he is in: all of them, unless append is there."),              \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "firstname", .description = "First name."),               \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "lastname", .description = "Last name.")

static const struct proximo_param one_params[] = {USERID_PARAM};
static const struct proximo_param create_params[] = {
    USERID_PARAM, VALUES,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "password", .flags = PROXIMO_PARAM_SECRET, .minimum = 8,
          .maximum = 64,
          .description = "Of realms that keep passwords (pve, pam): 8 characters at least. Never shown.")};
static const struct proximo_param update_params[] = {
    USERID_PARAM, VALUES,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "append",
          .description = "true: groups come to those that he is in.")};
static const struct proximo_param list_params[] = {
    FILTER("realm-type", .name = "realm_type", .description = "Only users of realms of this type."),
};

static const struct proximo_column list_columns[] = {
    COLUMN(.name = "userid"),
    COLUMN(.name = "enable"),
    COLUMN(.name = "expire", .unit = "epoch"),
    COLUMN(.name = "groups", .unit = "list"),
    COLUMN(.name = "realm-type"),
    COLUMN(.name = "firstname", UNTRUSTED),
    COLUMN(.name = "lastname", UNTRUSTED),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "totp-locked"),
    COLUMN(.name = "tfa-locked-until", .unit = "epoch"),
    COLUMN(.name = "email", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
    COLUMN(.name = "tokens", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
};
static const struct proximo_column get_columns[] = {
    COLUMN(.name = "enable"),
    COLUMN(.name = "expire", .unit = "epoch"),
    COLUMN(.name = "groups"),
    COLUMN(.name = "tokens", UNTRUSTED),
    COLUMN(.name = "firstname", UNTRUSTED),
    COLUMN(.name = "lastname", UNTRUSTED),
    COLUMN(.name = "email", UNTRUSTED),
    COLUMN(.name = "comment", UNTRUSTED),
};
static const struct proximo_field full[] = {{ROW(proximo_field), .name = "full", .value = "1"}};
static const struct proximo_need users_needs[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_users_list", .title = "Users",
     .description =
         "Lists the users with their groups, whether each is enabled and when it expires; expire 0 "
         "is never. fields=tokens adds their API tokens.",
     .params = PROXIMO_TABLE(list_params), .path = "/access/users", .fixed = PROXIMO_TABLE(full),
     .columns = PROXIMO_TABLE(list_columns), .count_by = "realm-type", .sort_by = "userid",
     .needs = PROXIMO_TABLE(users_needs)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_user_get", .title = "User",
     .description = "Shows one user: groups, API tokens, whether it is enabled, when it expires.",
     .params = PROXIMO_TABLE(one_params), .path = "/access/users/{userid}",
     .columns = PROXIMO_TABLE(get_columns), .needs = PROXIMO_TABLE(users_needs)},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_user_create", .title = "Create a user",
     .description =
         "Creates a user of a realm, with groups and, where the realm keeps passwords, a password. "
         "The plan names the rights that the groups bring. Undo deletes the user, as long as nothing "
         "was given to it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "user.create", .subject = "user/{userid}",
     .plan = user_create_plan, .plan_undo = user_create_undo, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .undo_class = "user.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_user_update",
     .title = "Change a user",
     .description =
         "Sets a user's groups, names, mail address, comment, or whether and how long it may log in. "
         "The plan names the rights that come and go with groups. Undo writes the values from before. "
         "A password cannot be set by an API token.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "user.update", .subject = "user/{userid}",
     .plan = user_update_plan, .plan_undo = user_update_undo, .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_user_delete", .title = "Delete a user",
     .description =
         "Deletes a user with its tokens, second factors, memberships and entries of the access list. "
         "Undo creates it again with groups and entries; password, tokens and second factors stay "
         "lost, and the plan says which there are.",
     .params = PROXIMO_TABLE(one_params), .operation_class = "user.delete", .subject = "user/{userid}",
     .plan = user_delete_plan, .plan_undo = user_delete_undo, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .undo_class = "user.restore"},
};

#define USER_SCHEMA ACCESS_SCHEMA("user", "userid")
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "user.create", .title = "create a user",
     .description = "Somebody new can log in, with the rights of its groups.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = USER_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "user.update", .title = "change a user",
     .description = "Its groups, or whether it can log in: rights come and go.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .flags = PROXIMO_CLASS_WIDENS | PROXIMO_CLASS_CUTS_OFF,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = USER_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "user.delete", .title = "delete a user",
     .description = "It, its tokens and its second factors are gone.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS | PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = USER_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "user.restore", .title = "create a deleted user again",
     .description = "With its groups and entries, without password, tokens and second factors.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .subject_schema = USER_SCHEMA, .blast = access_blast_back},
};

const struct topic acl_topic_users = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
