/* SPDX-License-Identifier: Apache-2.0 */
#include "acl_state.h"

#include <stdio.h>
#include <string.h>

static struct json_object *object(void)
{
    return json_object_new_object();
}

struct json_object *acl_state(struct json_object *config)
{
    struct json_object *state = object(), *access = object(), *users = object(), *groups = object(),
                       *pools = object();
    struct json_object *guests = object(), *list = sim_get(config, "users");

    sim_set(access, "users", users);
    sim_set(access, "groups", groups);
    sim_set(access, "roles", sim_copy(sim_get(config, "roles")));
    sim_set(access, "acl",
            sim_get(config, "acl") ? sim_copy(sim_get(config, "acl")) : json_object_new_array());
    sim_set(state, "access", access);
    sim_set(state, "pools", pools);
    sim_set(state, "guests", guests);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *user = sim_copy(json_object_array_get_idx(list, i));

        sim_set(user, "tokens", object());
        sim_set(users, sim_str(user, "userid", ""), user);
    }
    if (!sim_get(users, "root@pam")) {
        /* Always there, listed or not. */
        struct json_object *root = object();

        sim_set(root, "tokens", object());
        sim_set(users, "root@pam", root);
    }
    list = sim_get(config, "tokens");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *token = json_object_array_get_idx(list, i);
        const char *id = sim_str(token, "tokenid", ""), *bang = strchr(id, '!');
        char user[200];

        if (!bang)
            continue;
        (void)snprintf(user, sizeof user, "%.*s", (int)(bang - id), id);
        if (sim_get(users, user))
            sim_set(sim_get(sim_get(users, user), "tokens"), bang + 1, sim_copy(token));
    }
    if (sim_get(config, "groups")) {
        json_object_object_foreach(sim_get(config, "groups"), group, members)
        {
            struct json_object *entry = object();

            sim_set(entry, "users", sim_copy(members));
            sim_set(groups, group, entry);
        }
    }
    if (sim_get(config, "pools")) {
        json_object_object_foreach(sim_get(config, "pools"), pool, members)
        {
            struct json_object *vms = sim_get(members, "vms");

            sim_set(pools, pool, sim_copy(members));
            for (size_t i = 0; vms && i < json_object_array_length(vms); i++) {
                const char *vmid = json_object_get_string(json_object_array_get_idx(vms, i));
                struct json_object *guest = sim_get(guests, vmid);

                if (guest && strcmp(sim_str(guest, "pool", ""), pool) < 0)
                    continue;
                guest = object();
                sim_set_str(guest, "pool", pool);
                sim_set(guests, vmid, guest);
            }
        }
    }
    return state;
}
