/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: changes of users, tokens, groups, roles, realms and second factors.
 */
#include "routes.h"

/* clang-format off */
#define TEXT(what)        {.name = (what), .optional = true}
#define FLAG(what)        {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define LONG(what, size)  {.name = (what), .optional = true, .max_length = (size)}
#define SECRET(what, low) {.name = (what), .optional = true, .min_length = (low), .max_length = 64}
#define USER              {.name = "userid", .format = "pve-userid", .max_length = 64}
#define TOKEN             {.name = "tokenid", .pattern = "[A-Za-z][A-Za-z0-9._-]+"}
#define EXPIRE            {.name = "expire", .type = SIM_INTEGER, .optional = true, .has_min = true}
#define GROUP             {.name = "groupid", .format = "pve-groupid"}
#define ROLE              {.name = "roleid", .format = "pve-roleid"}
#define REALM             {.name = "realm", .format = "pve-realm", .max_length = 32}
#define PRIVS             {.name = "privs", .optional = true, .format = "pve-priv-list"}
#define MODIFY_USER       USERID_GROUP("User.Modify")
#define REALM_OF_USER     USERID_REALM("Realm.AllocateUser")
#define USER_OPTIONS \
    LONG("comment", 2048), {.name = "email", .optional = true, .format = "email-opt", .max_length = 254}, \
    FLAG("enable"), EXPIRE, LONG("firstname", 1024), \
    {.name = "groups", .optional = true, .format = "pve-groupid-list"}, \
    {.name = "keys", .optional = true, .pattern = "[0-9a-zA-Z!=]*", .max_length = 4096}, LONG("lastname", 1024)
#define TOKEN_PATH        "/access/users/{userid}/token/{tokenid}"
#define TOKEN_OPTIONS     USER, TOKEN, TEXT("comment"), EXPIRE, FLAG("privsep")
#define ATTR(what)        {.name = (what), .optional = true, .format = "ldap-simple-attr", .max_length = 256}
#define ATTRS(what)       {.name = (what), .optional = true, .format = "ldap-simple-attr-list"}
#define SERVER(what)      {.name = (what), .optional = true, .format = "pve-storage-server", .max_length = 256}
#define REALM_OPTIONS \
    REALM, {.name = "acr-values", .optional = true, .pattern = "[^[:cntrl:] <>#\"]*"}, \
    {.name = "audiences", .optional = true, .pattern = "[^[:cntrl:] <>#\"]*"}, FLAG("autocreate"), \
    LONG("base_dn", 256), LONG("bind_dn", 256), TEXT("capath"), FLAG("case-sensitive"), TEXT("cert"), \
    TEXT("certkey"), FLAG("check-connection"), LONG("client-id", 256), LONG("client-key", 256), \
    LONG("comment", 4096), FLAG("default"), \
    {.name = "domain", .optional = true, .pattern = "[^[:space:]]+", .max_length = 256}, LONG("filter", 2048), \
    ATTRS("group_classes"), LONG("group_dn", 256), LONG("group_filter", 2048), ATTR("group_name_attr"), \
    FLAG("groups-autocreate"), \
    {.name = "groups-claim", .optional = true, .pattern = "[A-Za-z0-9._-]+", .max_length = 256}, \
    FLAG("groups-overwrite"), LONG("issuer-url", 256), \
    {.name = "mode", .optional = true, .values = "ldap, ldaps, ldap+starttls"}, TEXT("password"), \
    {.name = "port", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1, .has_max = true, .max = 65535}, \
    {.name = "prompt", .optional = true, .pattern = "[^[:space:]]+"}, FLAG("query-userinfo"), TEXT("scopes"), \
    FLAG("secure"), SERVER("server1"), SERVER("server2"), \
    {.name = "sslversion", .optional = true, .values = "tlsv1, tlsv1_1, tlsv1_2, tlsv1_3"}, \
    {.name = "sync-defaults-options", .optional = true, .format = "realm-sync-options"}, \
    {.name = "sync_attributes", .optional = true, \
     .pattern = "[A-Za-z0-9_]+=[^,]+(,[[:space:]]*[A-Za-z0-9_]+=[^,]+)*"}, \
    {.name = "tfa", .optional = true, .format = "pve-tfa-config", .max_length = 128}, \
    {.name = "user_attr", .optional = true, .pattern = "[^[:space:]]{2,}", .max_length = 256}, \
    ATTRS("user_classes"), FLAG("verify")
#define ROUTE(verb, where, handler, who, ...) \
    {.method = (verb), .path = (where), .run = (handler), .rule = who, .params = PARAMS(__VA_ARGS__)}
#define TICKET_ROUTE(verb, where, handler, who, ...) \
    {.method = (verb), .path = (where), .run = (handler), .rule = who, .flags = SIM_TICKET, \
     .params = PARAMS(__VA_ARGS__)}

static const struct sim_route rows[] = {
    ROUTE("POST", "/access/users", sim_user_create, AND(REALM_OF_USER, GROUPS_NEW("User.Modify")),
          USER, USER_OPTIONS, SECRET("password", 8)),
    ROUTE("PUT", "/access/users/{userid}", sim_user_update, GROUPS_SET("User.Modify"), USER, USER_OPTIONS,
          {.name = "append", .type = SIM_BOOLEAN, .optional = true, .needs = "groups"}),
    ROUTE("DELETE", "/access/users/{userid}", sim_user_delete, AND(REALM_OF_USER, MODIFY_USER), USER),
    ROUTE("PUT", "/access/users/{userid}/unlock-tfa", sim_user_unlock, MODIFY_USER, USER),
    ROUTE("POST", TOKEN_PATH, sim_token_create, OR(SELF, MODIFY_USER), TOKEN_OPTIONS),
    ROUTE("PUT", TOKEN_PATH, sim_token_update, OR(SELF, MODIFY_USER), TOKEN_OPTIONS, FLAG("regenerate"),
          {.name = "delete", .optional = true, .format = "pve-configid-list"}),
    ROUTE("DELETE", TOKEN_PATH, sim_token_delete, OR(SELF, MODIFY_USER), USER, TOKEN),
    TICKET_ROUTE("PUT", "/access/password", sim_password_change, OR(SELF, AND(REALM_OF_USER, MODIFY_USER)), USER,
                 {.name = "password", .min_length = 8, .max_length = 64}, SECRET("confirmation-password", 5)),
    TICKET_ROUTE("PUT", "/access/tfa/{userid}/{id}", sim_tfa_update, OR(SELF, MODIFY_USER), USER, {.name = "id"},
                 LONG("description", 255), FLAG("enable"), SECRET("password", 5)),
    TICKET_ROUTE("DELETE", "/access/tfa/{userid}/{id}", sim_tfa_delete, OR(SELF, MODIFY_USER), USER,
                 {.name = "id"}, SECRET("password", 5)),
    ROUTE("POST", "/access/vncticket", sim_vncticket_check, WORLD, {.name = "authid", .max_length = 64},
          {.name = "path", .max_length = 64}, {.name = "port", .type = SIM_INTEGER, .optional = true},
          {.name = "privs", .format = "pve-priv-list", .max_length = 64}, {.name = "vncticket"}),
    ROUTE("POST", "/access/groups", sim_group_create, PERM("/access/groups", "Group.Allocate"), GROUP,
          TEXT("comment")),
    ROUTE("PUT", "/access/groups/{groupid}", sim_group_update, PERM("/access/groups", "Group.Allocate"), GROUP,
          TEXT("comment")),
    ROUTE("DELETE", "/access/groups/{groupid}", sim_group_delete, PERM("/access/groups", "Group.Allocate"), GROUP),
    ROUTE("POST", "/access/roles", sim_role_create, PERM("/access", "Sys.Modify"), ROLE, PRIVS),
    ROUTE("PUT", "/access/roles/{roleid}", sim_role_update, PERM("/access", "Sys.Modify"), ROLE, PRIVS,
          {.name = "append", .type = SIM_BOOLEAN, .optional = true, .needs = "privs"}),
    ROUTE("DELETE", "/access/roles/{roleid}", sim_role_delete, PERM("/access", "Sys.Modify"), ROLE),
    ROUTE("POST", "/access/domains", sim_realm_create, PERM("/access/realm", "Realm.Allocate"), REALM_OPTIONS,
          TEXT("username-claim"), {.name = "type", .values = "ad, ldap, openid, pam, pve"}),
    ROUTE("PUT", "/access/domains/{realm}", sim_realm_update, PERM("/access/realm", "Realm.Allocate"),
          REALM_OPTIONS, LONG("digest", 64),
          {.name = "delete", .optional = true, .format = "pve-configid-list", .max_length = 4096}),
    ROUTE("DELETE", "/access/domains/{realm}", sim_realm_delete, PERM("/access/realm", "Realm.Allocate"), REALM),
    ROUTE("POST", "/access/domains/{realm}/sync", sim_realm_sync,
          AND(PERM("/access/realm/{realm}", "Realm.AllocateUser"), PERM("/access/groups", "User.Modify")), REALM,
          FLAG("dry-run"), FLAG("enable-new"), FLAG("full"), FLAG("purge"),
          {.name = "remove-vanished", .optional = true,
           .pattern = "((acl|properties|entry);)*(acl|properties|entry)|none"},
          {.name = "scope", .optional = true, .values = "users, groups, both"}),
};
/* clang-format on */
const struct sim_route_table sim_routes_access_write = {rows, sizeof rows / sizeof *rows};
