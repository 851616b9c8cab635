/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools and their members.
 */
#include "guest.h"
#include "handlers.h"

#include <string.h>

static struct json_object *members(struct sim_call *call, const char *name, struct json_object *pool)
{
    static const char *const hidden[] = {"pool", "tags", "hastate", "lock"};
    const char *type = sim_arg(call, "type");
    struct json_object *list = json_object_new_array(), *storage = sim_get(pool, "storage");

    json_object_object_foreach(sim_get(call->state, "guests"), vmid, entry)
    {
        struct json_object *item;
        struct sim_guest guest;

        sim_guest_view(vmid, entry, &guest);
        if (strcmp(sim_str(entry, "pool", ""), name) != 0 || (type && strcmp(type, guest.type) != 0))
            continue;
        item = sim_resource_guest(call->state, &guest);
        for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
            json_object_object_del(item, hidden[i]);
        json_object_array_add(list, item);
    }
    for (size_t i = 0;
         storage && (!type || strcmp(type, "storage") == 0) && i < json_object_array_length(storage); i++) {
        const char *id = json_object_get_string(json_object_array_get_idx(storage, i));

        if (!sim_get(sim_get(call->state, "storage"), id))
            continue; /* named, but there is none */
        json_object_object_foreach(sim_get(call->state, "nodes"), node, unused)
        {
            (void)unused;
            if (sim_storage_on_node(sim_get(sim_get(call->state, "storage"), id), node))
                json_object_array_add(list, sim_resource_storage(call->state, node, id));
        }
    }
    return list;
}

static struct json_object *pool_item(const char *name, struct json_object *pool)
{
    struct json_object *item = json_object_new_object();

    sim_set_str(item, "poolid", name);
    if (sim_str(pool, "comment", NULL) && *sim_str(pool, "comment", ""))
        sim_set_str(item, "comment", sim_str(pool, "comment", NULL));
    return item;
}

/* One pool with its members, as the list of one that ?poolid= asks for. */
static int one_pool(struct sim_call *call, const char *name, struct json_object **ret_item)
{
    struct json_object *pool = sim_get(sim_get(call->state, "pools"), name);
    char path[300], why[360];

    (void)snprintf(path, sizeof path, "/pool/%s", name);
    if (!sim_can(call, path, "Pool.Audit")) {
        (void)snprintf(why, sizeof why, " (%s, Pool.Audit)", path);
        return sim_fail_perm(call, why);
    }
    if (!pool)
        return sim_fail(call, 500, "pool '%s' does not exist\n", name);
    *ret_item = pool_item(name, pool);
    sim_set(*ret_item, "members", members(call, name, pool));
    return 0;
}

int sim_pools_list(struct sim_call *call)
{
    struct json_object *item = NULL;

    if (sim_arg(call, "poolid")) {
        if (one_pool(call, sim_arg(call, "poolid"), &item) < 0)
            return -1;
        call->data = json_object_new_array();
        json_object_array_add(call->data, item);
        return 0;
    }
    if (sim_arg(call, "type"))
        return sim_fail_param(call, "poolid", "missing property required by 'type'");
    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "pools"), name, pool)
    {
        char path[300];

        (void)snprintf(path, sizeof path, "/pool/%s", name);
        if (sim_can(call, path, "Pool.Audit"))
            json_object_array_add(call->data, pool_item(name, pool));
    }
    return 0;
}

int sim_pool_show(struct sim_call *call)
{
    return one_pool(call, sim_arg(call, "poolid"), &call->data);
}
