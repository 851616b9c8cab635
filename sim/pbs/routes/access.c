/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes of the Backup Server: users, tokens, access list.
 */
#include "words.h"

static const struct sim_route rows[] = {
    {.method = "GET",
     .path = "/access/acl",
     .params =
         PARAMS({.name = "exact", .type = SIM_BOOLEAN, .optional = true},
                {.name = "path", .pattern = ACL_PATH, .min_length = 1, .max_length = 128, .optional = true}),
     .rule = ALL,
     .run = pbs_acl},
    {.method = "GET", .path = "/access/domains", .params = NO_PARAMS, .rule = WORLD, .run = pbs_domains},
    {.method = "GET",
     .path = "/access/permissions",
     .params =
         PARAMS({.name = "auth-id", .pattern = AUTH_ID, .min_length = 3, .max_length = 64, .optional = true},
                {.name = "path", .pattern = ACL_PATH, .min_length = 1, .max_length = 128, .optional = true}),
     .rule = ALL,
     .run = pbs_permissions},
    {.method = "GET", .path = "/access/roles", .params = NO_PARAMS, .rule = ALL, .run = pbs_role_list},
    {.method = "GET",
     .path = "/access/users",
     .params = PARAMS({.name = "include_tokens", .type = SIM_BOOLEAN, .optional = true}),
     .rule = ALL,
     .run = pbs_users},
    {.method = "GET",
     .path = "/access/users/{userid}",
     .params = PARAMS(P_USERID),
     .rule = OR(PERM("/access/users", "Sys.Audit"), SELF),
     .run = pbs_user},
    {.method = "GET",
     .path = "/access/users/{userid}/token",
     .params = PARAMS(P_USERID),
     .rule = OR(PERM("/access/users", "Sys.Audit"), SELF),
     .run = pbs_user_tokens},
    {.method = "GET",
     .path = "/access/users/{userid}/token/{token-name}",
     .params = PARAMS(P_TOKEN_NAME, P_USERID),
     .rule = OR(PERM("/access/users", "Sys.Audit"), SELF),
     .run = pbs_user_token},
    {.method = "POST",
     .path = "/access/users/{userid}/token/{token-name}",
     .params = PARAMS(P_COMMENT_OPT, P_DIGEST_OPT, {.name = "enable", .type = SIM_BOOLEAN, .optional = true},
                      {.name = "expire", .type = SIM_INTEGER, .has_min = true, .optional = true},
                      P_TOKEN_NAME, P_USERID),
     .rule = OR(PERM("/access/users", "Permissions.Modify"), SELF),
     .run = pbs_token_create},
    {.method = "PUT",
     .path = "/access/users/{userid}/token/{token-name}",
     .params =
         PARAMS(P_COMMENT_OPT, {.name = "delete", .type = SIM_ARRAY, .values = "comment", .optional = true},
                P_DIGEST_OPT, {.name = "enable", .type = SIM_BOOLEAN, .optional = true},
                {.name = "expire", .type = SIM_INTEGER, .has_min = true, .optional = true},
                {.name = "regenerate", .type = SIM_BOOLEAN, .optional = true}, P_TOKEN_NAME, P_USERID),
     .rule = OR(PERM("/access/users", "Permissions.Modify"), SELF),
     .run = pbs_token_update},
    {.method = "DELETE",
     .path = "/access/users/{userid}/token/{token-name}",
     .params = PARAMS(P_DIGEST_OPT, P_TOKEN_NAME, P_USERID),
     .rule = OR(PERM("/access/users", "Permissions.Modify"), SELF),
     .run = pbs_token_delete},
};

const struct sim_route_table pbs_routes_access = {rows, sizeof rows / sizeof *rows};
