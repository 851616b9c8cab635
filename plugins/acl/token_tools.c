/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about API tokens. Source: /access/users/{userid}/token. */
#include "access.h"
#include "tokens.h"

static int32_t plan(void *instance, struct proximo_call *call, uint32_t verb)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    int32_t r = token_check(&a);
    return r == PROXIMO_OK ? config_plan(a.host, call, &token_kind, verb) : r;
}

static int32_t plan_create(void *instance, struct proximo_call *call)
{
    return plan(instance, call, CONFIG_CREATE);
}

static int32_t plan_update(void *instance, struct proximo_call *call)
{
    return plan(instance, call, CONFIG_UPDATE);
}

static int32_t plan_revoke(void *instance, struct proximo_call *call)
{
    return plan(instance, call, CONFIG_DELETE);
}

static int32_t plan_regenerate(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    return token_plan_regenerate(&a);
}

static int32_t undo(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return config_plan_undo(((struct plane_instance *)instance)->host, call, &token_kind, record_json);
}

#define TOKENID_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "tokenid", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,     \
          .maximum = 128, .description = "Name of the token, the part behind the !: automation.")
#define TOKEN_PARAMS USERID_PARAM, TOKENID_PARAM

static const struct proximo_param user_params[] = {USERID_PARAM};
static const struct proximo_param one_params[] = {TOKEN_PARAMS};
static const struct proximo_param create_params[] = {
    TOKEN_PARAMS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "privsep", .default_json = "true",
          .description = "true: it has only what entries of its own give it; false: all rights of its user."),
    COMMENT_PARAM, EXPIRE_PARAM};
static const struct proximo_param update_params[] = {
    TOKEN_PARAMS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "privsep",
          .description = "true: it has only what entries of its own give it; false: all rights of its user."),
    COMMENT_PARAM, EXPIRE_PARAM};

static const struct proximo_column columns[] = {
    COLUMN(.name = "tokenid"),
    COLUMN(.name = "full_id"),
    COLUMN(.name = "privsep"),
    COLUMN(.name = "expire", .unit = "epoch"),
    COLUMN(.name = "comment", UNTRUSTED),
};
static const struct proximo_need audit[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_tokens_list", .title = "API tokens of a user",
     .description =
         "Lists the API tokens of one user: whether their privileges are separated, when they expire. "
         "Values are never shown.",
     .params = PROXIMO_TABLE(user_params), .columns = PROXIMO_TABLE(columns), .sort_by = "tokenid",
     .needs = PROXIMO_TABLE(audit), .read = token_read_list},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_token_get", .title = "API token",
     .description = "Shows one API token: privilege separation, expiry, comment. Its value is never shown.",
     .params = PROXIMO_TABLE(one_params), .needs = PROXIMO_TABLE(audit), .read = token_read_one},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_token_create", .title = "Create an API token",
     .description = "Creates an API token of a user. Its value is in the answer of the apply, once, and is "
                    "recorded nowhere. Without privsep it may do all that its user may. Undo revokes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "token.create",
     .subject = "token/{userid}!{tokenid}", .plan = plan_create, .plan_undo = undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "token.revoke"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_token_update",
     .title = "Change an API token",
     .description =
         "Sets privilege separation, expiry or comment of an API token; its value stays. The plan names "
         "the rights that it gains or loses. Undo writes the values from before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "token.update",
     .subject = "token/{userid}!{tokenid}", .plan = plan_update, .plan_undo = undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_token_regenerate", .title = "Give an API token a new value",
     .description =
         "Changes the value of an API token, since Proxmox VE 9: the former one stops working at once. "
         "The new one is in the answer of the apply, once. Its rights stay. There is no way back.",
     .params = PROXIMO_TABLE(one_params), .operation_class = "token.regenerate",
     .subject = "token/{userid}!{tokenid}", .plan = plan_regenerate, .undo_kind = PROXIMO_UNDO_NONE},
    {ROW(proximo_change), .name = "pve_token_revoke", .title = "Revoke an API token",
     .description =
         "Removes an API token with its entries of the access list: whoever uses it is shut out at "
         "once. There is no way back, because its value is gone.",
     .params = PROXIMO_TABLE(one_params), .operation_class = "token.revoke",
     .subject = "token/{userid}!{tokenid}", .plan = plan_revoke, .undo_kind = PROXIMO_UNDO_NONE},
};

#define TOKEN_SCHEMA ACCESS_SCHEMA("token", "tokenid")
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "token.create", .title = "create an API token",
     .description = "Whoever has its value may act by it.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = TOKEN_SCHEMA,
     .blast = acl_blast},
    {ROW(proximo_class), .name = "token.update", .title = "change an API token",
     .description = "What it may do, or for how long.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_WIDENS | PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = TOKEN_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "token.regenerate", .title = "give an API token a new value",
     .description = "Whoever has the former value is shut out.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = TOKEN_SCHEMA,
     .blast = access_blast_value},
    {ROW(proximo_class), .name = "token.revoke", .title = "revoke an API token",
     .description = "It and its entries are gone.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS | PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema = TOKEN_SCHEMA, .blast = acl_blast},
};

const struct topic acl_topic_tokens = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
