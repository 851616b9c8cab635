/* SPDX-License-Identifier: Apache-2.0 */
/* Pools as the API shows them, and whole configurations of recorded cases. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "read.h"

static int pool_row(struct acl_model *model, const char *pool, const char *what, bool members)
{
    const char *of = texts_add(&model->texts, pool, strlen(pool));
    const char *text = what ? texts_add(&model->texts, what, strlen(what)) : NULL;
    void *row;
    int r;

    if (!of || (what && !text))
        return -ENOMEM;
    r = table_add(&model->pools, &row);
    if (r == 0)
        *(struct read_member *)row = (struct read_member){of, text, members};
    return r;
}

int pool_add(struct acl_model *model, const char *pool, bool members)
{
    return pool_row(model, pool, NULL, members);
}

int pool_member_add(struct acl_model *model, const char *pool, const char *kind, const char *id)
{
    char path[ACL_PATH_MOST];
    const int length = snprintf(path, sizeof(path), "/%s/%s", kind, id);

    return length < 0 || (size_t)length >= sizeof(path) ? -E2BIG : pool_row(model, pool, path, false);
}

/* {type: "qemu" | "lxc" | "storage", vmid, storage}; other types are nothing that rights reach. */
static int read_pool_member(struct acl_model *model, const char *poolid, struct json_object *row)
{
    const char *type = read_text(row, "type");
    struct json_object *id;

    if (!type)
        return -EINVAL;
    if (strcmp(type, "storage") == 0)
        id = read_member(row, "storage");
    else if (strcmp(type, "qemu") == 0 || strcmp(type, "lxc") == 0)
        id = read_member(row, "vmid");
    else
        return 0;
    return id ? pool_member_add(model, poolid, type[0] == 's' ? "storage" : "vms", json_object_get_string(id))
              : -EINVAL;
}

int acl_read_pool(struct acl_model *model, const char *poolid, struct json_object *data)
{
    struct json_object *members = read_member(data, "members");
    int r = json_object_is_type(members, json_type_array) ? pool_add(model, poolid, true) : -EINVAL;

    for (size_t i = 0; r == 0 && i < json_object_array_length(members); i++)
        r = read_pool_member(model, poolid, json_object_array_get_idx(members, i));
    if (r != 0)
        model->incomplete |= ACL_PART_POOLS;
    return r;
}

static int read_pool_row(struct acl_model *model, struct json_object *row)
{
    const char *poolid = read_text(row, "poolid");

    if (!poolid)
        return -EINVAL;
    return read_member(row, "members") ? acl_read_pool(model, poolid, row) : pool_add(model, poolid, false);
}

int acl_read_pools(struct acl_model *model, struct json_object *data)
{
    return read_part(model, ACL_PART_POOLS, data, read_pool_row);
}

static int case_vms(struct acl_model *model, const char *pool, const char *id)
{
    return pool_member_add(model, pool, "vms", id);
}

static int case_storage(struct acl_model *model, const char *pool, const char *id)
{
    return pool_member_add(model, pool, "storage", id);
}

static int case_pool(struct acl_model *model, const char *pool, struct json_object *value)
{
    int r = pool_add(model, pool, true);

    if (r == 0)
        r = read_words(model, read_member(value, "vms"), pool, case_vms);
    return r == 0 ? read_words(model, read_member(value, "storage"), pool, case_storage) : r;
}

static int case_role(struct acl_model *model, const char *role, struct json_object *value)
{
    const int r = role_add(model, role, NULL);

    return r == 0 ? read_words(model, value, role, role_add) : r;
}

static int case_group(struct acl_model *model, const char *group, struct json_object *value)
{
    const int r = group_add(model, group, NULL);

    return r == 0 ? read_words(model, value, group, group_add) : r;
}

static int case_token(struct acl_model *model, struct json_object *row)
{
    const char *id = read_text(row, "tokenid");

    return id ? token_add(model, id, strlen(id), row) : -EINVAL;
}

/* Maps from a name to what it holds. */
static const struct {
    const char *name;
    int (*row)(struct acl_model *model, const char *name, struct json_object *value);
} maps[] = {{"roles", case_role}, {"groups", case_group}, {"pools", case_pool}};
static const struct {
    const char *name;
    read_row_fn *row;
} lists[] = {{"users", read_user}, {"tokens", case_token}};

int acl_read_case(struct acl_model *model, struct json_object *config)
{
    struct json_object *acl = read_member(config, "acl");
    int r = json_object_is_type(config, json_type_object) ? acl_builtin_roles(model) : -EINVAL;

    for (size_t i = 0; r == 0 && i < sizeof(maps) / sizeof(maps[0]); i++) {
        struct json_object *map = read_member(config, maps[i].name);

        if (map && !json_object_is_type(map, json_type_object))
            return -EINVAL;
        if (!map)
            continue;
        json_object_object_foreach(map, name, value)
        {
            if (r == 0)
                r = maps[i].row(model, name, value);
        }
    }
    for (size_t i = 0; r == 0 && i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct json_object *list = read_member(config, lists[i].name);

        r = list ? read_each(model, list, lists[i].row) : 0;
    }
    if (r == 0 && acl)
        r = acl_read_acl(model, acl);
    if (r == 0)
        model->read = (1u << ACL_PARTS) - 1;
    return r;
}
