/* SPDX-License-Identifier: Apache-2.0 */
/* Which values a realm of each type has, and which it must have. Sources: POST, PUT /access/domains. */
#include "realms.h"

#include "access.h"

#define COMMON "comment default"
#define DIRECTORY                                                                                            \
    COMMON " tfa server1 server2 base_dn bind_dn password capath case-sensitive cert certkey "               \
           "check-connection filter group_classes group_dn group_filter group_name_attr mode port secure "   \
           "sslversion sync-defaults-options sync_attributes user_attr user_classes verify"

static const struct realm_type {
    const char *type, *must, *may; /* may: all that it knows */
} types[] = {
    {"pam", "", COMMON " tfa"},
    {"pve", "", COMMON " tfa"},
    {"ldap", "server1 base_dn user_attr", DIRECTORY},
    {"ad", "server1 domain", DIRECTORY " domain"},
    {"openid", "issuer-url client-id",
     COMMON " issuer-url client-id client-key acr-values audiences autocreate groups-autocreate groups-claim "
            "groups-overwrite prompt query-userinfo scopes username-claim"},
};

const struct config_key realm_keys[REALM_KEYS] = {
    {.name = "type", .argument = "realm_type", .flags = CONFIG_CREATE_ONLY},
    {.name = "comment"},
    {.name = "default", .absent = "0"},
    {.name = "tfa"},
    {.name = "server1"},
    {.name = "server2"},
    {.name = "port"},
    {.name = "mode"},
    {.name = "secure"},
    {.name = "sslversion"},
    {.name = "verify", .absent = "0"},
    {.name = "capath"},
    {.name = "cert"},
    {.name = "certkey", .flags = CONFIG_WRITE_ONLY},
    {.name = "domain"},
    {.name = "base_dn"},
    {.name = "bind_dn"},
    {.name = "password", .argument = "bind_password", .flags = CONFIG_WRITE_ONLY},
    {.name = "user_attr"},
    {.name = "user_classes"},
    {.name = "filter"},
    {.name = "group_dn"},
    {.name = "group_name_attr"},
    {.name = "group_classes"},
    {.name = "group_filter"},
    {.name = "case-sensitive", .absent = "1"},
    {.name = "sync_attributes"},
    {.name = "sync-defaults-options", .flags = CONFIG_REWRITTEN},
    {.name = "check-connection"},
    {.name = "issuer-url"},
    {.name = "client-id"},
    {.name = "client-key", .argument = "client_key", .flags = CONFIG_WRITE_ONLY},
    {.name = "username-claim", .flags = CONFIG_CREATE_ONLY},
    {.name = "autocreate", .absent = "0"},
    {.name = "scopes"},
    {.name = "prompt"},
    {.name = "acr-values"},
    {.name = "audiences", .flags = CONFIG_SINCE_9},
    {.name = "query-userinfo", .absent = "1"},
    {.name = "groups-claim"},
    {.name = "groups-autocreate", .absent = "0"},
    {.name = "groups-overwrite", .absent = "0"},
};

static const struct realm_type *type_find(const char *type)
{
    for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].type, type) == 0)
            return &types[i];
    }
    return NULL;
}

/* The first word of the list that the realm will not have; NULL: it has them all. */
static const char *missing_word(const struct config_change *c, const char *list)
{
    while (*list) {
        const size_t len = strcspn(list, " ");
        const char *word = ask_text(&c->ask, "%.*s", (int)len, list);
        if (word && !config_after(c, word))
            return word;
        list += len + (list[len] == ' ');
    }
    return NULL;
}

int32_t realm_check_type(const struct config_change *c)
{
    const char *name = config_after(c, "type");
    const struct realm_type *type = type_find(name);
    if (!type) /* one that came later: Proxmox judges */
        return PROXIMO_OK;
    for (uint32_t i = 0; i < c->count; i++) {
        const char *key = c->edits[i].key->name;
        if (strcmp(key, "type") != 0 && !config_list_has(type->may, key))
            return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                     "a realm of the type %s has no \"%s\"; it has: %s", name, key,
                                     type->may);
    }
    const char *missing = missing_word(c, type->must);
    return missing ? c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                       "a realm of the type %s needs %s (in options); it needs: %s", name,
                                       missing, type->must)
                   : PROXIMO_OK;
}
