/* SPDX-License-Identifier: Apache-2.0 */
#include "privileges.h"

#include <stdlib.h>

#define SHOWN 8u /* names in a sentence */

/*
 * The worst first: who has the first ones can give himself all others, run code on nodes or in guests, or
 * destroy data. What is not here changes something (medium) or looks (ends with Audit: low).
 */
static const struct {
    const char *name;
    uint32_t risk;
} worst[] = {
    {"Permissions.Modify", PROXIMO_RISK_HIGH},
    {"Sys.Modify", PROXIMO_RISK_HIGH},
    {"Sys.Console", PROXIMO_RISK_HIGH},
    {"VM.Monitor", PROXIMO_RISK_HIGH},
    {"VM.GuestAgent.Unrestricted", PROXIMO_RISK_HIGH},
    {"User.Modify", PROXIMO_RISK_HIGH},
    {"Realm.Allocate", PROXIMO_RISK_HIGH},
    {"Realm.AllocateUser", PROXIMO_RISK_HIGH},
    {"Sys.PowerMgmt", PROXIMO_RISK_HIGH},
    {"Datastore.Allocate", PROXIMO_RISK_HIGH},
    {"Sys.AccessNetwork", PROXIMO_RISK_HIGH},
    {"Group.Allocate", PROXIMO_RISK_MEDIUM},
    {"VM.GuestAgent.FileWrite", PROXIMO_RISK_MEDIUM},
    {"VM.GuestAgent.FileRead", PROXIMO_RISK_MEDIUM},
    {"VM.Allocate", PROXIMO_RISK_MEDIUM},
    {"VM.Console", PROXIMO_RISK_MEDIUM},
    {"Mapping.Modify", PROXIMO_RISK_MEDIUM},
    {"SDN.Allocate", PROXIMO_RISK_MEDIUM},
    {"Pool.Allocate", PROXIMO_RISK_MEDIUM},
    {"VM.Config.HWType", PROXIMO_RISK_MEDIUM},
    {"VM.Config.Options", PROXIMO_RISK_MEDIUM},
    {"VM.Snapshot.Rollback", PROXIMO_RISK_MEDIUM},
    {"VM.PowerMgmt", PROXIMO_RISK_MEDIUM},
};
#define WORST ((uint32_t)(sizeof(worst) / sizeof(worst[0])))

static bool only_looks(const char *privilege)
{
    const size_t len = strlen(privilege);
    return (len > 6 && strcmp(privilege + len - 6, ".Audit") == 0) || strcmp(privilege, "Sys.Syslog") == 0;
}

/* The greater the worse; never 0. */
static uint32_t weight_of(const char *privilege)
{
    for (uint32_t i = 0; i < WORST; i++) {
        if (strcmp(worst[i].name, privilege) == 0)
            return WORST - i + 2;
    }
    return only_looks(privilege) ? 1 : 2;
}

uint32_t privilege_risk(const char *privilege)
{
    const uint32_t weight = weight_of(privilege);
    return weight > 2 ? worst[WORST + 2 - weight].risk : weight == 2 ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW;
}

uint32_t privileges_place(struct privileges *all, const char *name)
{
    for (uint32_t i = 0; i < all->count; i++) {
        if (strcmp(all->name[i], name) == 0)
            return i;
    }
    if (all->count == PRIVILEGES_MOST)
        return PRIVILEGES_MOST;
    all->name[all->count] = name;
    return all->count++;
}

struct privilege_set privileges_of(struct privileges *all, const struct acl_model *model,
                                   const struct acl_set *set)
{
    struct privilege_set made = {{0}};
    for (uint32_t i = 0; i < ACL_PRIVS_MOST; i++) {
        if (acl_has(set, i))
            set_put(&made, privileges_place(all, acl_privilege_name(model, i)));
    }
    return made;
}

bool set_empty(const struct privilege_set *set)
{
    return set_size(set) == 0;
}

bool set_equal(const struct privilege_set *a, const struct privilege_set *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

struct privilege_set set_without(const struct privilege_set *a, const struct privilege_set *b)
{
    struct privilege_set made;
    for (size_t i = 0; i < sizeof(made.word) / sizeof(made.word[0]); i++)
        made.word[i] = a->word[i] & ~b->word[i];
    return made;
}

uint32_t set_size(const struct privilege_set *set)
{
    uint32_t size = 0;
    for (size_t i = 0; i < sizeof(set->word) / sizeof(set->word[0]); i++)
        size += (uint32_t)__builtin_popcountll(set->word[i]);
    return size;
}

uint32_t set_weight(const struct privileges *all, const struct privilege_set *set)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        if (set_has(set, i) && weight_of(all->name[i]) > most)
            most = weight_of(all->name[i]);
    }
    return most;
}

uint32_t set_risk(const struct privileges *all, const struct privilege_set *set)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        if (set_has(set, i) && privilege_risk(all->name[i]) > most)
            most = privilege_risk(all->name[i]);
    }
    return most;
}

static int worse(const void *a, const void *b)
{
    const char *left = *(const char *const *)a, *right = *(const char *const *)b;
    const uint32_t x = weight_of(left), y = weight_of(right);
    return x != y ? (x > y ? -1 : 1) : strcmp(left, right);
}

static uint32_t ordered(const struct privileges *all, const struct privilege_set *set,
                        const char *ret[PRIVILEGES_MOST])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        if (set_has(set, i))
            ret[count++] = all->name[i];
    }
    qsort(ret, count, sizeof(*ret), worse);
    return count;
}

const char *set_text(const struct asking *a, const struct privileges *all, const struct privilege_set *set)
{
    const char *names[PRIVILEGES_MOST], *text = "";
    const uint32_t count = ordered(all, set, names);
    /* One name is no longer than "and 1 more". */
    const uint32_t shown = count <= SHOWN + 1 ? count : SHOWN;
    for (uint32_t i = 0; text && i < shown; i++)
        text = ask_text(a, "%s%s%s", text, i ? ", " : "", names[i]);
    return text && count > shown ? ask_text(a, "%s and %u more", text, (unsigned)(count - shown)) : text;
}

struct json_object *set_names(const struct privileges *all, const struct privilege_set *set)
{
    const char *names[PRIVILEGES_MOST];
    const uint32_t count = ordered(all, set, names);
    struct json_object *list = json_object_new_array();
    for (uint32_t i = 0; list && i < count; i++)
        json_object_array_add(list, json_object_new_string(names[i]));
    return list;
}
