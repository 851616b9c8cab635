/* SPDX-License-Identifier: Apache-2.0 */
/* Names of privileges, and roles as sets of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builtin.h"
#include "inner.h"

const char *const builtin_no_access = "NoAccess";

int role_add(struct acl_model *model, const char *role, const char *privilege)
{
    struct read_pair *row;
    void *added;
    const char *of = texts_add(&model->texts, role, strlen(role));
    const char *what = privilege ? texts_add(&model->texts, privilege, strlen(privilege)) : NULL;
    int r;

    if (!of || (privilege && !what))
        return -ENOMEM;
    r = table_add(&model->roles, &added);
    if (r != 0)
        return r;
    row = added;
    *row = (struct read_pair){.of = of, .what = what};
    return 0;
}

int acl_builtin_roles(struct acl_model *model)
{
    int r = 0;

    for (uint32_t p = 0; r == 0 && p < builtin_privilege_count; p++) {
        if (acl_privilege(model, builtin_privileges[p].name) != ACL_PRIVS_MOST)
            continue;
        if (model->privilege_count == ACL_PRIVS_MOST)
            return -E2BIG;
        model->privilege[model->privilege_count++] = builtin_privileges[p].name;
    }
    for (uint32_t i = 0; r == 0 && i < builtin_role_count; i++) {
        r = role_add(model, builtin_roles[i].name, NULL);
        for (uint32_t p = 0; r == 0 && p < builtin_privilege_count; p++) {
            if (builtin_privileges[p].roles & builtin_roles[i].bit)
                r = role_add(model, builtin_roles[i].name, builtin_privileges[p].name);
        }
    }
    model->read |= ACL_PART_ROLES;
    return r;
}

uint32_t acl_privilege(const struct acl_model *model, const char *name)
{
    for (uint32_t i = 0; i < model->privilege_count; i++) {
        if (strcmp(model->privilege[i], name) == 0)
            return i;
    }
    return ACL_PRIVS_MOST;
}

const char *acl_privilege_name(const struct acl_model *model, uint32_t privilege)
{
    return privilege < model->privilege_count ? model->privilege[privilege] : NULL;
}

/* A perl program takes the name 0 for none. */
static bool role_name(const char *name)
{
    return name_plain(name) && strcmp(name, "0") != 0;
}

static int grant(struct acl_model *model, struct acl_set *set, const char *privilege)
{
    uint32_t bit = acl_privilege(model, privilege);

    if (bit == ACL_PRIVS_MOST) {
        if (!model->any_privilege || !name_plain(privilege))
            return 0;
        if (model->privilege_count == ACL_PRIVS_MOST)
            return -E2BIG;
        bit = model->privilege_count++;
        model->privilege[bit] = privilege;
    }
    set->word[bit / 64] |= UINT64_C(1) << (bit % 64);
    return 0;
}

/* Entries may name roles that were not seen; while not all were, these are roles too, of unknown content. */
static uint32_t role_list(const struct acl_model *model, const char **list)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < model->roles.count; i++) {
        const struct read_pair *row = table_row(&model->roles, i);

        if (role_name(row->of))
            list[count++] = row->of;
    }
    for (uint32_t i = 0; model->unknown & ACL_PART_ROLES && i < model->entries.count; i++) {
        const struct read_entry *row = table_row(&model->entries, i);

        if (role_name(row->role))
            list[count++] = row->role;
    }
    return count;
}

int roles_build(struct acl_model *model)
{
    const char **list = calloc((size_t)model->roles.count + model->entries.count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    (void)names_build(&model->role_names, list, role_list(model, list));
    model->role = calloc((size_t)model->role_names.count + 1, sizeof(*model->role));
    if (!model->role)
        return -ENOMEM;
    for (uint32_t i = 0; i < model->roles.count; i++) {
        const struct read_pair *row = table_row(&model->roles, i);
        const uint32_t at = names_find(&model->role_names, row->of);
        int r;

        if (at == NONE)
            continue;
        model->role[at].known = true;
        r = row->what ? grant(model, &model->role[at].privs, row->what) : 0;
        if (r != 0)
            return r;
    }
    model->no_access = names_find(&model->role_names, builtin_no_access);
    model->administrator = names_find(&model->role_names, "Administrator");
    /* What this one means needs no reading. */
    if (model->no_access != NONE)
        model->role[model->no_access].known = true;
    if (model->administrator != NONE && !model->role[model->administrator].known)
        model->administrator = NONE;
    return 0;
}
