/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of realms. A table says which options a type of realm has and which it must have; "pam" and "pve"
 * are always there: deleting one brings back what it is by itself.
 */
#include "access.h"

#include <errno.h>
#include <string.h>

#define COMMON "comment default tfa "
#define DIRECTORY                                                                                            \
    "server2 base_dn bind_dn capath case-sensitive cert certkey check-connection filter group_classes "      \
    "group_dn group_filter group_name_attr mode port secure server1 sslversion sync-defaults-options "       \
    "sync_attributes user_attr user_classes verify password "

static const struct realm_type {
    const char *name, *required, *options; /* words with spaces between; options: beside those required */
} types[] = {
    {"pam", "", COMMON},
    {"pve", "", COMMON},
    {"ldap", "server1 user_attr base_dn", COMMON DIRECTORY},
    {"ad", "server1 domain", COMMON DIRECTORY},
    {"openid", "issuer-url client-id",
     "comment default acr-values audiences autocreate client-key groups-autocreate groups-claim "
     "groups-overwrite prompt query-userinfo scopes username-claim"},
};

static struct json_object *realms(struct sim_call *call)
{
    return sim_at(call->state, "/access/realms");
}

/* The parameter's values are those of the table, so there is always one. */
static const struct realm_type *type_of(const char *name)
{
    size_t i = 0;

    while (i + 1 < sizeof types / sizeof *types && strcmp(types[i].name, name) != 0)
        i++;
    return &types[i];
}

static bool is_word(const char *list, const char *word)
{
    return sim_word_in(list, " ", word, strlen(word));
}

static bool has_option(const struct realm_type *type, const char *name)
{
    return is_word(type->required, name) || is_word(type->options, name);
}

/* What says something about the request, and what is kept elsewhere or nowhere. */
static bool stands_apart(const char *name)
{
    return is_word("realm type digest delete password check-connection", name);
}

static int check_options(struct sim_call *call, const struct realm_type *type, const char *prefix)
{
    json_object_object_foreach(call->params, name, value)
    {
        if (value && !is_word("realm type digest delete", name) && !has_option(type, name))
            return sim_fail(call, 500, "%sunexpected property '%s'\n", prefix, name);
    }
    return 0;
}

/* A connection that is to be tried needs somebody who answers. */
static int check_connection(struct sim_call *call, struct json_object *entry, const char *prefix)
{
    if (!sim_arg_int(call, "check-connection", 0) || sim_directory(call->state, entry))
        return 0;
    return sim_fail(call, 500, "%sunable to connect to LDAP server '%s'\n", prefix,
                    sim_str(entry, "server1", ""));
}

static void put_options(struct sim_call *call, struct json_object *entry)
{
    json_object_object_foreach(call->params, name, value)
    {
        if (value && !stands_apart(name))
            sim_set(entry, name, sim_copy(value));
    }
}

/* One realm at most is the default. */
static void take_default(struct sim_call *call, const char *realm)
{
    if (!sim_arg_int(call, "default", 0))
        return;
    json_object_object_foreach(realms(call), name, entry)
    {
        if (strcmp(name, realm) != 0)
            json_object_object_del(entry, "default");
    }
}

int sim_realm_create(struct sim_call *call)
{
    static const char prefix[] = "add auth server failed: ";
    const char *realm = sim_arg(call, "realm"), *kind = sim_arg(call, "type");
    const struct realm_type *type = type_of(kind);
    SIM_FREE_WITH(sim_json_freep) struct json_object *entry = json_object_new_object();
    const char *at = type->required;
    char word[64];

    if (sim_get(realms(call), realm))
        return sim_fail(call, 500, "%sdomain '%s' already exists\n", prefix, realm);
    if (strcmp(kind, "pam") == 0 || strcmp(kind, "pve") == 0)
        return sim_fail(call, 500, "%sunable to create builtin type '%s'\n", prefix, kind);
    if (check_options(call, type, prefix) < 0)
        return -EINVAL;
    while (*at) {
        size_t n = strcspn(at, " ");

        (void)snprintf(word, sizeof word, "%.*s", (int)n, at);
        if (!sim_arg(call, word))
            return sim_fail(call, 500, "%smissing value for required option '%s'\n", prefix, word);
        at += n + (at[n] == ' ');
    }
    sim_set_str(entry, "type", kind);
    put_options(call, entry);
    if (check_connection(call, entry, prefix) < 0)
        return -EINVAL;
    take_default(call, realm);
    sim_set(realms(call), realm, json_object_get(entry));
    sim_touch(call->sim);
    return 0;
}

static int check_deleted(struct sim_call *call, const struct realm_type *type, const char *prefix)
{
    const char *at = sim_arg(call, "delete");
    char word[64];

    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!has_option(type, word))
            return sim_fail(call, 500, "%sno such option '%s'\n", prefix, word);
        if (is_word(type->required, word))
            return sim_fail(call, 500, "%sunable to delete required option '%s'\n", prefix, word);
        if (sim_arg(call, word))
            return sim_fail(call, 500, "%scannot set and delete property '%s' at the same time!\n", prefix,
                            word);
    }
    return 0;
}

int sim_realm_update(struct sim_call *call)
{
    static const char prefix[] = "update auth server failed: ";
    const char *realm = sim_arg(call, "realm");
    struct json_object *entry = sim_get(realms(call), realm);
    SIM_FREE_WITH(sim_json_freep) struct json_object *changed = sim_copy(entry);
    const struct realm_type *type;

    if (sim_check_digest(call, realms(call), prefix) < 0)
        return -EINVAL;
    if (!entry)
        return sim_fail(call, 500, "%sdomain '%s' does not exist\n", prefix, realm);
    type = type_of(sim_str(entry, "type", ""));
    if (check_options(call, type, prefix) < 0 || check_deleted(call, type, prefix) < 0)
        return -EINVAL;
    put_options(call, changed);
    sim_drop_deleted(call, changed);
    if (check_connection(call, changed, prefix) < 0)
        return -EINVAL;
    take_default(call, realm);
    sim_set(realms(call), realm, json_object_get(changed));
    sim_touch(call->sim);
    return 0;
}

int sim_realm_delete(struct sim_call *call)
{
    static const struct {
        const char *name, *comment, *plugin;
    } builtin[] = {
        {"pam", "Linux PAM standard authentication", "PVE::Auth::PAM"},
        {"pve", "Proxmox VE authentication server", NULL},
    };
    const char *realm = sim_arg(call, "realm");

    if (!sim_get(realms(call), realm))
        return sim_fail(call, 500, "delete auth server failed: authentication domain '%s' does not exist\n",
                        realm);
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++) {
        struct json_object *entry;

        if (strcmp(builtin[i].name, realm) != 0)
            continue;
        entry = json_object_new_object();
        sim_set_str(entry, "type", realm);
        sim_set_str(entry, "comment", builtin[i].comment);
        if (builtin[i].plugin)
            sim_set_str(entry, "plugin", builtin[i].plugin);
        sim_set(realms(call), realm, entry);
        sim_touch(call->sim);
        return 0;
    }
    json_object_object_del(realms(call), realm);
    sim_touch(call->sim);
    return 0;
}
