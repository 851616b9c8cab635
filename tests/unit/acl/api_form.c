/* SPDX-License-Identifier: Apache-2.0 */
#include "api_form.h"

#include "evaluate/builtin.h"
#include "rig.h"

static void put(struct json_object *of, const char *name, const char *value)
{
    json_object_object_add(of, name, json_object_new_string(value));
}

static struct json_object *row(struct json_object *list, const char *name, const char *value)
{
    struct json_object *one = json_object_new_object();
    put(one, name, value);
    json_object_array_add(list, one);
    return one;
}

static struct json_object *of(struct json_object *config, const char *name)
{
    struct json_object *value = json_object_object_get(config, name);
    assert_non_null(value);
    return value;
}

/* The elements with commas between them. */
static void put_words(struct json_object *to, const char *name, struct json_object *list)
{
    char text[2000] = "";
    size_t used = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : "",
                                 json_object_get_string(json_object_array_get_idx(list, i)));
    assert_true(used < sizeof(text));
    put(to, name, text);
}

static struct json_object *users_of(struct json_object *config)
{
    struct json_object *list = json_object_new_array(), *from = of(config, "users"),
                       *tokens = of(config, "tokens");
    for (size_t i = 0; i < json_object_array_length(from); i++) {
        struct json_object *user = json_object_array_get_idx(from, i), *mine = json_object_new_array();
        const char *id = json_object_get_string(of(user, "userid"));
        struct json_object *one = row(list, "userid", id);
        json_object_object_add(one, "enable", json_object_get(of(user, "enable")));
        json_object_object_add(one, "expire", json_object_get(of(user, "expire")));
        put_words(one, "groups", of(user, "groups"));
        for (size_t k = 0; k < json_object_array_length(tokens); k++) {
            struct json_object *token = json_object_array_get_idx(tokens, k), *made;
            const char *name = json_object_get_string(of(token, "tokenid"));
            if (strncmp(name, id, strlen(id)) != 0 || name[strlen(id)] != '!')
                continue;
            made = row(mine, "tokenid", name + strlen(id) + 1);
            json_object_object_add(made, "privsep", json_object_get(of(token, "privsep")));
            json_object_object_add(made, "expire", json_object_get(of(token, "expire")));
        }
        json_object_object_add(one, "tokens", mine);
    }
    return list;
}

static struct json_object *roles_of(struct json_object *config)
{
    struct json_object *list = json_object_new_array();
    for (uint32_t i = 0; i < builtin_role_count; i++) {
        struct json_object *names = json_object_new_array();
        for (uint32_t k = 0; k < builtin_privilege_count; k++) {
            if (builtin_privileges[k].roles & builtin_roles[i].bit)
                json_object_array_add(names, json_object_new_string(builtin_privileges[k].name));
        }
        put_words(row(list, "roleid", builtin_roles[i].name), "privs", names);
        json_object_put(names);
    }
    json_object_object_foreach(of(config, "roles"), name, privs)
    {
        put_words(row(list, "roleid", name), "privs", privs);
    }
    return list;
}

static struct json_object *pools_of(struct json_object *config)
{
    struct json_object *list = json_object_new_array();
    json_object_object_foreach(of(config, "pools"), name, pool)
    {
        struct json_object *members = json_object_new_array();
        json_object_object_add(row(list, "poolid", name), "members", members);
        for (size_t i = 0; i < json_object_array_length(of(pool, "vms")); i++)
            json_object_object_add(row(members, "type", "qemu"), "vmid",
                                   json_object_get(json_object_array_get_idx(of(pool, "vms"), i)));
        for (size_t i = 0; i < json_object_array_length(of(pool, "storage")); i++)
            json_object_object_add(row(members, "type", "storage"), "storage",
                                   json_object_get(json_object_array_get_idx(of(pool, "storage"), i)));
    }
    return list;
}

struct access api_form(struct json_object *config)
{
    struct access access = {.users = users_of(config),
                            .groups = json_object_new_array(),
                            .roles = roles_of(config),
                            .pools = pools_of(config)};
    json_object_object_foreach(of(config, "groups"), name, members)
    {
        put_words(row(access.groups, "groupid", name), "users", members);
    }
    assert_int_equal(json_object_deep_copy(of(config, "acl"), &access.acl, NULL), 0);
    return access;
}

uint64_t api_differences(const struct access *before, const struct access *after, uint64_t *ret_gained,
                         bool (*each)(const struct acl_change *change, void *context), void *context)
{
    struct acl_model *first = NULL, *then = NULL;
    struct acl_diff diff;
    assert_int_equal(access_model(before, &first), 0);
    assert_int_equal(access_model(after, &then), 0);
    assert_int_equal(acl_diff(first, then, UINT32_MAX, UINT64_MAX, &diff), 0);
    assert_false(diff.cut);
    assert_int_equal(diff.unknown, 0);
    for (uint32_t i = 0; each && i < diff.count; i++) {
        const struct acl_change *change = &diff.changes[i];
        if (!each(change, context))
            fail_msg("%s at %s: %s %d -> %d", change->who, change->path, change->privilege, change->before,
                     change->after);
    }
    const uint64_t total = diff.total;
    if (ret_gained)
        *ret_gained = diff.gained;
    acl_diff_done(&diff);
    acl_model_free(first);
    acl_model_free(then);
    return total;
}
