/* SPDX-License-Identifier: Apache-2.0 */
/* Users, tokens and entries of the access list. Sources: GET /access/users, /access/acl. */
#include "pbs.h"

static const struct proximo_need see_users[] = {NEED("/access/users", "Sys.Audit")};
static const struct proximo_column users_columns[] = {
    COLUMN(.name = "userid"),
    COLUMN(.name = "enable"),
    COLUMN(.name = "expire", .unit = "epoch"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "email", UNTRUSTED),
    COLUMN(.name = "firstname", UNTRUSTED),
    COLUMN(.name = "lastname", UNTRUSTED),
    COLUMN(.name = "totp_locked", .from = "/totp-locked", EXTRA),
    COLUMN(.name = "tfa_locked_until", .from = "/tfa-locked-until", .unit = "epoch", EXTRA),
};

static const struct proximo_param tokens_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "userid", .format = "userid", .flags = PROXIMO_PARAM_NOT_SENT,
          .description = "Only the tokens of this user."),
};
static const struct proximo_column tokens_columns[] = {
    COLUMN(.name = "tokenid"),
    COLUMN(.name = "userid"),
    COLUMN(.name = "enable"),
    COLUMN(.name = "expire", .unit = "epoch"),
    COLUMN(.name = "comment", UNTRUSTED),
};

static const struct proximo_param acl_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "path", .maximum = 128,
          .description = "Only entries on this path and below it, such as /datastore/main."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "exact", .default_json = "false",
          .description = "With path: not those below it."),
    FILTER("ugid", .name = "ugid", .maximum = 128,
           .description = "Only entries of this user, token (user@realm!name) or group."),
};
static const struct proximo_column acl_columns[] = {
    COLUMN(.name = "path"),      COLUMN(.name = "ugid"),   COLUMN(.name = "ugid_type"),
    COLUMN(.name = "propagate"), COLUMN(.name = "roleid"),
};
static const struct proximo_need see_acl[] = {NEED("/access/acl", "Sys.Audit")};

/* The tokens of one user of the list, each with whose it is. */
static int32_t take_tokens(struct json_object *user, struct json_object *rows)
{
    struct json_object *tokens = member_of(user, "tokens");
    const char *userid = member_text(user, "userid");

    if (!json_object_is_type(tokens, json_type_array))
        return PROXIMO_OK;
    for (size_t i = 0; i < json_object_array_length(tokens); i++) {
        struct json_object *token = json_object_array_get_idx(tokens, i);
        if (!json_object_is_type(token, json_type_object))
            continue;
        if (json_object_object_add(token, "userid", json_object_new_string(userid ? userid : "")) < 0 ||
            json_object_array_add(rows, json_object_get(token)) < 0)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

static int32_t read_tokens(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *only = ask_argument(&a, "userid");
    const struct proximo_field fields[] = {FIELD("include_tokens", "1")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/users", .fields = fields,
                                    .field_count = 1, .needs = ONE_NEED(see_users)};
    struct looked users = {0};
    int32_t r = ask_look(&a, &get, &users);
    struct json_object *list DROP_JSON = users.data;
    struct json_object *rows DROP_JSON = json_object_new_array();

    if (r < 0)
        return r;
    if (!json_object_is_type(list, json_type_array))
        return a.host->fail(call, PROXIMO_EREMOTE, "the list of users could not be read: %s", users.why);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *user = json_object_array_get_idx(list, i);
        if (!only || member_is(user, "userid", only))
            r = take_tokens(user, rows);
    }
    return r < 0 ? r : pbs_reply_rows(&a, json_object_get(rows), !users.complete, 0);
}

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pbs_users_list", .title = "Users of a Backup Server",
     .description = "Lists the users of a Backup Server; expire 0 or absent means never.",
     .path = "/access/users", .columns = PROXIMO_TABLE(users_columns), .sort_by = "userid",
     .needs = PROXIMO_TABLE(see_users)},
    {ROW(proximo_read), .name = "pbs_tokens_list", .title = "API tokens of a Backup Server",
     .description = "Lists the API tokens of a Backup Server, of all users or of one. A token never has more "
                    "rights than its user; pbs_acl_list shows what each was given.",
     .params = PROXIMO_TABLE(tokens_params), .columns = PROXIMO_TABLE(tokens_columns), .sort_by = "tokenid",
     .needs = PROXIMO_TABLE(see_users), .read = read_tokens},
    {ROW(proximo_read), .name = "pbs_acl_list", .title = "Access list of a Backup Server",
     .description = "Lists who has which role on which path of a Backup Server. For one user or token the "
                    "entries on the deepest path count, those above it no longer do.",
     .params = PROXIMO_TABLE(acl_params), .path = "/access/acl", .columns = PROXIMO_TABLE(acl_columns),
     .count_by = "roleid", .sort_by = "path", .needs = PROXIMO_TABLE(see_acl)},
};

const struct topic pbs_topic_access = {
    .reads = PROXIMO_TABLE(reads),
};
