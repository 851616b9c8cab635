/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define COUNT(list) (uint32_t)(sizeof(list) / sizeof((list)[0]))
#define ANY(list)   (list)[chance_below(chance, COUNT(list))]

static const char *const users[] = {"alice@pve", "bob@pve", "carol@pam", "ghost@pve", "root@pam"};
static const char *const tokens[] = {"alice@pve!sep", "alice@pve!full", "bob@pve!ci", "root@pam!ci",
                                     "carol@pam!gone"};
static const char *const groups[] = {"ops", "dev", "all", "none"};
static const char *const roles[] = {"R1",         "R2",       "R3",        "Empty",         "NoAccess",
                                    "PVEAuditor", "PVEAdmin", "PVEVMUser", "Administrator", "Undefined"};
static const char *const privileges[] = {"VM.Audit",  "VM.PowerMgmt",    "VM.Console", "Sys.Audit",
                                         "SDN.Use",   "Datastore.Audit", "Pool.Audit", "Permissions.Modify",
                                         "VM.Migrate"};
static const char *const places[] = {"/",
                                     "/vms",
                                     "/vms/100",
                                     "/vms/101",
                                     "/vms/102",
                                     "/storage",
                                     "/storage/local",
                                     "/storage/nfs1",
                                     "/pool",
                                     "/pool/prod",
                                     "/pool/prod/sub",
                                     "/pool/dev",
                                     "/nodes",
                                     "/nodes/pve1",
                                     "/sdn/zones/z1",
                                     "/sdn/zones/z1/v1",
                                     "/access/groups",
                                     "/mapping/pci"};
static const char *const odd[] = {
    "vms/100",  "/vms/100/",  "//vms/100",     "/vms//100", "/vms/0",         "/0", "//", "/vms/10",
    "/VMS/100", "/vms/100/x", "storage/local", "/pool/",    "/nodes/pve1/y/z"};
static const char *const pools[] = {"prod", "prod/sub", "dev", "x/y/z"};

uint32_t chance_below(struct chance *chance, uint32_t limit)
{
    uint64_t x = chance->state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    chance->state = x;
    return (uint32_t)((x >> 16) % limit);
}

const char *random_path(struct chance *chance)
{
    return chance_below(chance, 4) == 0 ? ANY(odd) : ANY(places);
}

const char *random_who(struct chance *chance)
{
    return chance_below(chance, 2) == 0 ? ANY(users) : ANY(tokens);
}

static void put(struct json_object *of, const char *name, const char *value)
{
    json_object_object_add(of, name, json_object_new_string(value));
}

static const char *of(struct json_object *entry, const char *name)
{
    return json_object_get_string(json_object_object_get(entry, name));
}

static bool there(struct json_object *acl, struct json_object *entry)
{
    for (size_t i = 0; i < json_object_array_length(acl); i++) {
        struct json_object *one = json_object_array_get_idx(acl, i);

        if (strcmp(of(one, "path"), of(entry, "path")) == 0 &&
            strcmp(of(one, "ugid"), of(entry, "ugid")) == 0 &&
            strcmp(of(one, "roleid"), of(entry, "roleid")) == 0)
            return true;
    }
    return false;
}

struct json_object *random_entry(struct chance *chance, struct json_object *acl, const char *type,
                                 const char *role)
{
    static const char *const types[] = {"user", "group", "token"};

    for (;;) {
        struct json_object *entry = json_object_new_object();
        const char *kind = type ? type : ANY(types);

        put(entry, "path", ANY(places));
        json_object_object_add(entry, "propagate", json_object_new_int(chance_below(chance, 3) != 0));
        put(entry, "roleid", role ? role : ANY(roles));
        put(entry, "type", kind);
        put(entry, "ugid", kind[0] == 'u' ? ANY(users) : kind[0] == 'g' ? ANY(groups) : ANY(tokens));
        if (!there(acl, entry))
            return entry;
        json_object_put(entry);
    }
}

static struct json_object *random_roles(struct chance *chance)
{
    struct json_object *all = json_object_new_object();

    for (int digit = '1'; digit <= '3'; digit++) {
        const char name[] = {'R', (char)digit, '\0'};
        struct json_object *privs = json_object_new_array();

        for (uint32_t i = 0; i < COUNT(privileges); i++) {
            if (chance_below(chance, 3) == 0)
                json_object_array_add(privs, json_object_new_string(privileges[i]));
        }
        json_object_object_add(all, name, privs);
    }
    json_object_object_add(all, "Empty", json_object_new_array());
    return all;
}

static struct json_object *random_pools(struct chance *chance)
{
    struct json_object *all = json_object_new_object();

    for (uint32_t p = 0; p < COUNT(pools); p++) {
        struct json_object *pool = json_object_new_object(), *vms = json_object_new_array(),
                           *storage = json_object_new_array();

        for (int32_t vmid = 100; vmid <= 102; vmid++) {
            if (chance_below(chance, 3) == 0)
                json_object_array_add(vms, json_object_new_int(vmid));
        }
        if (chance_below(chance, 2) == 0)
            json_object_array_add(storage, json_object_new_string("local"));
        if (chance_below(chance, 3) == 0)
            json_object_array_add(storage, json_object_new_string("nfs1"));
        json_object_object_add(pool, "vms", vms);
        json_object_object_add(pool, "storage", storage);
        json_object_object_add(all, pools[p], pool);
    }
    return all;
}

/* Users with their groups, and the groups' members, which say the same. */
static void random_users(struct chance *chance, struct json_object *config)
{
    struct json_object *list = json_object_new_array(), *members = json_object_new_object();

    for (uint32_t g = 0; g < COUNT(groups); g++)
        json_object_object_add(members, groups[g], json_object_new_array());
    for (uint32_t u = 0; u < COUNT(users); u++) {
        struct json_object *user = json_object_new_object(), *mine = json_object_new_array();

        put(user, "userid", users[u]);
        json_object_object_add(user, "enable", json_object_new_int(chance_below(chance, 4) != 0));
        json_object_object_add(user, "expire",
                               json_object_new_int64(chance_below(chance, 4) == 0 ? 1000000000 : 0));
        json_object_object_add(user, "groups", mine);
        for (uint32_t g = 0; g < COUNT(groups) - 1; g++) {
            if (chance_below(chance, 2) == 0)
                continue;
            json_object_array_add(mine, json_object_new_string(groups[g]));
            json_object_array_add(json_object_object_get(members, groups[g]),
                                  json_object_new_string(users[u]));
        }
        /* ghost@pve is a member and in entries, but no user. */
        if (strcmp(users[u], "ghost@pve") == 0)
            json_object_put(user);
        else
            json_object_array_add(list, user);
    }
    json_object_object_add(config, "users", list);
    json_object_object_add(config, "groups", members);
}

struct json_object *random_config(struct chance *chance)
{
    struct json_object *config = json_object_new_object(), *acl = json_object_new_array(),
                       *list = json_object_new_array();
    const uint32_t entries = chance_below(chance, 28);

    random_users(chance, config);
    for (uint32_t t = 0; t < COUNT(tokens) - 1; t++) {
        struct json_object *token = json_object_new_object();

        put(token, "tokenid", tokens[t]);
        json_object_object_add(
            token, "privsep",
            json_object_new_int(strstr(tokens[t], "full") ? 0 : chance_below(chance, 5) != 0));
        json_object_object_add(token, "expire",
                               json_object_new_int64(chance_below(chance, 4) == 0 ? 1000000000 : 0));
        json_object_array_add(list, token);
    }
    json_object_object_add(config, "tokens", list);
    json_object_object_add(config, "roles", random_roles(chance));
    json_object_object_add(config, "pools", random_pools(chance));
    json_object_object_add(config, "acl", acl);
    for (uint32_t i = 0; i < entries; i++)
        json_object_array_add(acl, random_entry(chance, acl, NULL, NULL));
    return config;
}
