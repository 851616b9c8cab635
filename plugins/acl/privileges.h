/* SPDX-License-Identifier: Apache-2.0 */
/* Privileges by what they can do, and lists of them for people. */
#ifndef PROXIMO_ACL_PRIVILEGES_H
#define PROXIMO_ACL_PRIVILEGES_H

#include "edit.h"

/* Privileges of one or two models, by name; a bit is a place in `name`. */
#define PRIVILEGES_MOST (2 * ACL_PRIVS_MOST)
struct privileges {
    const char *name[PRIVILEGES_MOST];
    uint32_t count;
};
struct privilege_set {
    uint64_t word[PRIVILEGES_MOST / 64];
};
/* The place of a name, added if need be; PRIVILEGES_MOST: no room. */
uint32_t privileges_place(struct privileges *all, const char *name);
/* The privileges of an answer about this model. */
struct privilege_set privileges_of(struct privileges *all, const struct acl_model *model,
                                   const struct acl_set *set);

static inline void set_put(struct privilege_set *set, uint32_t place)
{
    if (place < PRIVILEGES_MOST)
        set->word[place / 64] |= UINT64_C(1) << (place % 64);
}
static inline bool set_has(const struct privilege_set *set, uint32_t place)
{
    return place < PRIVILEGES_MOST && (set->word[place / 64] >> (place % 64) & 1);
}
bool set_empty(const struct privilege_set *set);
bool set_equal(const struct privilege_set *a, const struct privilege_set *b);
/* What of a is not in b. */
struct privilege_set set_without(const struct privilege_set *a, const struct privilege_set *b);
uint32_t set_size(const struct privilege_set *set);

/* PROXIMO_RISK_... of having it: high for what lets its holder take more, or take the site down; low for
 * looking; medium for the rest. */
uint32_t privilege_risk(const char *privilege);
/* How bad the worst of the set is: 0 none; the greater the worse, also within one risk. */
uint32_t set_weight(const struct privileges *all, const struct privilege_set *set);
uint32_t set_risk(const struct privileges *all, const struct privilege_set *set);

/* "Permissions.Modify, Sys.Modify and 12 more": the worst first. In the call's arena; NULL: no memory. */
const char *set_text(const struct asking *a, const struct privileges *all, const struct privilege_set *set);
/* All of them, the worst first, as a list. New array; NULL: no memory. */
struct json_object *set_names(const struct privileges *all, const struct privilege_set *set);

#endif
