/* SPDX-License-Identifier: Apache-2.0 */
/* The answers as one thing: copies of it, and models. */
#include <errno.h>

#include "edit.h"

void access_done(struct access *access)
{
    json_object_put(access->users);
    json_object_put(access->groups);
    json_object_put(access->roles);
    json_object_put(access->acl);
    json_object_put(access->pools);
    *access = (struct access){0};
}

static bool copy(struct json_object *from, struct json_object **ret)
{
    return !from || json_object_deep_copy(from, ret, NULL) == 0;
}

int32_t access_copy(const struct access *from, struct access *ret)
{
    struct access made = {.incomplete = from->incomplete};
    if (copy(from->users, &made.users) && copy(from->groups, &made.groups) &&
        copy(from->roles, &made.roles) && copy(from->acl, &made.acl) && copy(from->pools, &made.pools)) {
        *ret = made;
        return PROXIMO_OK;
    }
    access_done(&made);
    return PROXIMO_ENOMEM;
}

int32_t access_model(const struct access *access, struct acl_model **ret)
{
    const struct {
        struct json_object *data;
        int (*read)(struct acl_model *model, struct json_object *data);
    } parts[] = {{access->users, acl_read_users},
                 {access->groups, acl_read_groups},
                 {access->roles, acl_read_roles},
                 {access->acl, acl_read_acl},
                 {access->pools, acl_read_pools}};
    struct acl_model *model = NULL;
    int r = acl_model_new(&model);
    for (size_t i = 0; r != -ENOMEM && i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].data)
            r = parts[i].read(model, parts[i].data); /* of what makes no sense it says so itself */
    }
    if (r != -ENOMEM && model) {
        acl_incomplete(model, access->incomplete);
        r = acl_seal(model);
    }
    if (r != 0 || !model) {
        acl_model_free(model);
        return PROXIMO_ENOMEM;
    }
    *ret = model;
    return PROXIMO_OK;
}
