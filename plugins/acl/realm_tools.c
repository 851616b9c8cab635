/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about realms. Sources: /access/domains, /access/domains/{realm}. */
#include "access.h"
#include "realms.h"

static int32_t plan_create(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &realm_kind, CONFIG_CREATE);
}

static int32_t plan_update(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &realm_kind, CONFIG_UPDATE);
}

static int32_t plan_delete(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &realm_kind, CONFIG_DELETE);
}

static int32_t undo(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    return realm_plan_undo(&a, record_json);
}

#define REALM_PARAM                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "realm", .format = "realm", .flags = PROXIMO_PARAM_REQUIRED,  \
          .description = "Name of the realm, the part of a user behind the @.")
#define SECRET_PARAMS                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "bind_password", .flags = PROXIMO_PARAM_SECRET,               \
          .description = "LDAP, AD: the password of bind_dn. Written, never shown."),                        \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "client_key", .flags = PROXIMO_PARAM_SECRET,              \
              .description = "OpenID: the client's key. Written, never shown.")
#define OPTIONS_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",                                                    \
          .description = "Options as the API names them: server1, port, mode, verify, base_dn, bind_dn, "    \
                         "user_attr, domain, issuer-url, client-id, default, tfa, sync-defaults-options "    \
                         "and so on.")

static const struct proximo_param one_params[] = {REALM_PARAM};
static const struct proximo_param create_params[] = {
    REALM_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "realm_type", .flags = PROXIMO_PARAM_REQUIRED,
          .choices = "ad,ldap,openid", .description = "What it looks users up in."),
    COMMENT_PARAM, SECRET_PARAMS, OPTIONS_PARAM};
static const struct proximo_param update_params[] = {
    REALM_PARAM, COMMENT_PARAM, SECRET_PARAMS, OPTIONS_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Options to remove, by the API's names.")};

static const struct proximo_column list_columns[] = {
    COLUMN(.name = "realm"),   COLUMN(.name = "type"), COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "default"), COLUMN(.name = "tfa"),
};
static const struct proximo_need audit[] = {NEED("/access/realm", "Realm.Allocate|Sys.Audit")};
static const struct proximo_need allocate[] = {NEED("/access/realm", "Realm.Allocate")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_realms_list", .title = "Realms",
     .description =
         "Lists the realms that users log in by: type, which is the default, which requires a second "
         "factor.",
     .path = "/access/domains", .columns = PROXIMO_TABLE(list_columns), .count_by = "type",
     .sort_by = "realm"},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS, .name = "pve_realm_get",
     .title = "Realm",
     .description = "Shows how one realm is configured: servers, names, sync options. Passwords and keys are "
                    "never shown.",
     .params = PROXIMO_TABLE(one_params), .path = "/access/domains/{realm}", .needs = PROXIMO_TABLE(audit)},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_realm_create", .title = "Create a realm",
     .description =
         "Creates a realm: a directory (LDAP, AD) or an OpenID provider by which users log in. Its "
         "passwords and keys are secrets. Undo deletes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "realm.create", .subject = "realm/{realm}",
     .needs = PROXIMO_TABLE(allocate), .plan = plan_create, .plan_undo = undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "realm.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_realm_update",
     .title = "Change a realm",
     .description =
         "Sets how users of a realm log in: servers, names, second factors, whether it is the default. A "
         "mistake keeps them all out. Undo writes the values from before; a password or key that "
         "changes has no way back.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "realm.update", .subject = "realm/{realm}",
     .needs = PROXIMO_TABLE(allocate), .plan = plan_update, .plan_undo = undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_realm_delete", .title = "Delete a realm",
     .description = "Deletes a realm: its users stay, but none of them can log in by it. pam and pve are not "
                    "deleted. Undo creates it again without its password or key.",
     .params = PROXIMO_TABLE(one_params), .operation_class = "realm.delete", .subject = "realm/{realm}",
     .needs = PROXIMO_TABLE(allocate), .plan = plan_delete, .plan_undo = undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "realm.create"},
};

#define REALM_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"realm\"},\"realm\":{\"type\":\"string\"},"   \
    "\"edit\":{\"type\":\"string\"},\"tfa\":{\"type\":\"string\"},\"autocreate\":{\"type\":\"string\"},"     \
    "\"groups-claim\":{\"type\":\"string\"}},\"required\":[\"kind\",\"realm\",\"edit\"]}"
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "realm.create", .title = "create a realm",
     .description = "Others say from now on who somebody is.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = REALM_SCHEMA,
     .blast = access_blast_realm},
    {ROW(proximo_class), .name = "realm.update", .title = "change a realm",
     .description = "How its users log in, or whether they can.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_WIDENS | PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = REALM_SCHEMA, .blast = access_blast_realm},
    {ROW(proximo_class), .name = "realm.delete", .title = "delete a realm",
     .description = "Its users can no longer log in.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS | PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = REALM_SCHEMA, .blast = acl_blast},
};

const struct topic acl_topic_realms = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
