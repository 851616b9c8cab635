/* SPDX-License-Identifier: Apache-2.0 */
/* The model as a whole: parts, life, sealing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

static const struct acl_part parts[ACL_PARTS] = {
    {ACL_PART_ACL, "the access list", "GET /access/acl", "/access", "Sys.Audit"},
    {ACL_PART_USERS, "users and tokens", "GET /access/users?full=1", "/access/groups",
     "User.Modify|Sys.Audit"},
    {ACL_PART_GROUPS, "groups", "GET /access/groups", "/access/groups", "Sys.Audit|Group.Allocate"},
    {ACL_PART_ROLES, "roles", "GET /access/roles", NULL, NULL},
    {ACL_PART_POOLS, "pools and their members", "GET /pools", "/pool", "Pool.Audit"},
};

const struct acl_part *acl_part(uint32_t i)
{
    return i < ACL_PARTS ? &parts[i] : NULL;
}

int acl_model_new(struct acl_model **ret)
{
    struct acl_model *model = calloc(1, sizeof(*model));

    if (!model)
        return -ENOMEM;
    model->users.size = sizeof(struct read_user);
    model->tokens.size = sizeof(struct read_token);
    model->members.size = sizeof(struct read_pair);
    model->roles.size = sizeof(struct read_pair);
    model->entries.size = sizeof(struct read_entry);
    model->pools.size = sizeof(struct read_member);
    *ret = model;
    return 0;
}

static void read_done(struct acl_model *model)
{
    struct table *const tables[] = {&model->users, &model->tokens,  &model->members,
                                    &model->roles, &model->entries, &model->pools};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        free(tables[i]->rows);
        tables[i]->rows = NULL;
        tables[i]->count = tables[i]->room = 0;
    }
}

void acl_model_free(struct acl_model *model)
{
    if (!model)
        return;
    read_done(model);
    texts_done(&model->texts);
    free(model->ids.text);
    free(model->groups.text);
    free(model->role_names.text);
    free(model->nodes.text);
    free(model->pool_names.text);
    free(model->paths.text);
    free(model->principal);
    free(model->memberships);
    free(model->role);
    free(model->entry);
    free(model->spans);
    free(model->member);
    free(model->route);
    free(model->steps);
    free(model);
}

void acl_incomplete(struct acl_model *model, uint32_t which)
{
    model->incomplete |= which;
}

int acl_seal(struct acl_model *model)
{
    static int (*const steps[])(struct acl_model *) = {roles_build, principals_build, entries_build,
                                                       pools_build, paths_build};
    const uint32_t all = (1u << ACL_PARTS) - 1;
    int r = model->sealed ? -EINVAL : 0;

    model->unknown = (~model->read | model->incomplete) & all;
    for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
        r = steps[i](model);
    if (r != 0)
        return r;
    read_done(model);
    model->sealed = true;
    return 0;
}

uint32_t acl_unknown(const struct acl_model *model)
{
    return model->unknown;
}

uint32_t acl_path_count(const struct acl_model *model)
{
    return model->paths.count;
}

const char *acl_path_text(const struct acl_model *model, uint32_t i)
{
    return i < model->paths.count ? model->paths.text[i] : NULL;
}

uint32_t acl_principal_count(const struct acl_model *model)
{
    return model->ids.count;
}

const char *acl_principal(const struct acl_model *model, uint32_t i)
{
    return i < model->ids.count ? model->ids.text[i] : NULL;
}
