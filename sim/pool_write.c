/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of pools and their members.
 */
#include "guest.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

int sim_pool_create(struct sim_call *call)
{
    const char *id = sim_arg(call, "poolid"), *slash = strrchr(id, '/');
    struct json_object *pools = sim_get(call->state, "pools"), *pool;
    char parent[300];

    if (sim_get(pools, id))
        return sim_fail(call, 500, "create pool failed: pool '%s' already exists\n", id);
    if (slash) {
        (void)snprintf(parent, sizeof parent, "%.*s", (int)(slash - id), id);
        if (!sim_get(pools, parent))
            return sim_fail(call, 500, "create pool failed: parent '%s' of pool '%s' does not exist\n",
                            parent, id);
    }
    pool = json_object_new_object();
    if (sim_arg(call, "comment"))
        sim_set_str(pool, "comment", sim_arg(call, "comment"));
    sim_set(pool, "storage", json_object_new_array());
    sim_set(pools, id, pool);
    sim_touch(call->sim);
    return 0;
}

/* The next word of a list; NULL at its end. `*at` moves on. */
static char *next_word(const char **at)
{
    char *word;
    size_t n;

    *at += strspn(*at, ",; ");
    n = strcspn(*at, ",; ");
    word = n ? strndup(*at, n) : NULL;
    *at += n;
    return word;
}

static int has_storage(struct json_object *list, const char *name)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name) == 0)
            return (int)i;
    }
    return -1;
}

/* Numbers of guests that do not exist are members too, unseen: Proxmox keeps them in its file. */
static struct json_object *strays(struct json_object *pool)
{
    if (!sim_get(pool, "strays"))
        sim_set(pool, "strays", json_object_new_object());
    return sim_get(pool, "strays");
}

/* The pool a guest is in; NULL: none. */
static const char *pool_of(struct sim_call *call, const char *vmid)
{
    struct json_object *guest = sim_get(sim_get(call->state, "guests"), vmid);

    if (guest)
        return sim_str(guest, "pool", NULL);
    json_object_object_foreach(sim_get(call->state, "pools"), name, pool)
    {
        if (sim_get(sim_get(pool, "strays"), vmid))
            return name;
    }
    return NULL;
}

/* May the caller move this guest into or out of a pool (`from`: the other pool that it leaves)? */
static int check_guest(struct sim_call *call, const char *vmid, const char *from)
{
    char path[300], why[360];

    (void)snprintf(path, sizeof path, "/vms/%s", vmid);
    (void)snprintf(why, sizeof why, " (%s, Permissions.Modify|VM.Allocate)", path);
    if (!sim_can_any(call, path, "Permissions.Modify|VM.Allocate"))
        return sim_fail_perm(call, why);
    if (!from)
        return 0;
    (void)snprintf(path, sizeof path, "/pool/%s", from);
    if (sim_can(call, path, "Pool.Allocate"))
        return 0;
    (void)snprintf(why, sizeof why, " (%s, Pool.Allocate)", path);
    return sim_fail_perm(call, why);
}

static void put_guest(struct sim_call *call, const char *id, struct json_object *pool, const char *vmid,
                      bool leave)
{
    struct json_object *guest = sim_get(sim_get(call->state, "guests"), vmid);

    if (guest && leave)
        json_object_object_del(guest, "pool");
    else if (guest)
        sim_set_str(guest, "pool", id);
    else if (leave)
        json_object_object_del(strays(pool), vmid);
    else
        sim_set_int(strays(pool), vmid, 1);
}

/* With `apply` false everything is checked and nothing changed: a refused request leaves no trace. */
static int update_guests(struct sim_call *call, const char *id, struct json_object *pool, bool apply)
{
    bool leave = sim_arg_int(call, "delete", 0) != 0, move = sim_arg_int(call, "allow-move", 0) != 0;
    const char *at = sim_arg(call, "vms");

    while (at && *at) {
        SIM_FREE_WITH(sim_freep) char *vmid = next_word(&at);
        const char *in;
        bool member;

        if (!vmid)
            break;
        in = pool_of(call, vmid);
        member = in && strcmp(in, id) == 0;
        if (apply) {
            put_guest(call, id, pool, vmid, leave);
            continue;
        }
        if (check_guest(call, vmid, in && !member && !leave ? in : NULL) < 0)
            return -1;
        if (leave && !member)
            return sim_fail(call, 500, "update pools failed: VM %s is not a pool member\n", vmid);
        if (!leave && member)
            return sim_fail(call, 500, "update pools failed: VM %s is already a pool member\n", vmid);
        if (!leave && in && !move)
            return sim_fail(
                call, 500,
                "update pools failed: VM %s belongs already to pool '%s' and 'allow-move' is not set\n", vmid,
                in);
    }
    return 0;
}

static int update_storages(struct sim_call *call, struct json_object *list, bool apply)
{
    bool leave = sim_arg_int(call, "delete", 0) != 0;
    const char *at = sim_arg(call, "storage");

    while (at && *at) {
        SIM_FREE_WITH(sim_freep) char *name = next_word(&at);
        char path[300], why[360];
        int index;

        if (!name)
            break;
        index = has_storage(list, name);
        if (apply) {
            if (leave)
                (void)json_object_array_del_idx(list, (size_t)index, 1);
            else
                json_object_array_add(list, json_object_new_string(name));
            continue;
        }
        (void)snprintf(path, sizeof path, "/storage/%s", name);
        (void)snprintf(why, sizeof why, " (%s, Permissions.Modify|Datastore.Allocate)", path);
        if (!sim_can_any(call, path, "Permissions.Modify|Datastore.Allocate"))
            return sim_fail_perm(call, why);
        if (leave != (index >= 0))
            return sim_fail(call, 500, "update pools failed: Storage '%s' is %s a pool member\n", name,
                            leave ? "not" : "already");
    }
    return 0;
}

int sim_pool_update(struct sim_call *call)
{
    const char *id = sim_arg(call, "poolid"), *comment = sim_arg(call, "comment");
    struct json_object *pool = sim_get(sim_get(call->state, "pools"), id), *list;

    if (!pool)
        return sim_fail(call, 500, "update pools failed: pool '%s' does not exist\n", id);
    if (!sim_get(pool, "storage"))
        sim_set(pool, "storage", json_object_new_array());
    list = sim_get(pool, "storage");
    for (int apply = 0; apply < 2; apply++) {
        if (update_guests(call, id, pool, apply != 0) < 0 || update_storages(call, list, apply != 0) < 0)
            return -1;
    }
    if (comment)
        sim_set_str(pool, "comment", comment);
    sim_touch(call->sim);
    return 0;
}

/* What keeps a pool from being deleted, as text; false: nothing. */
static bool contains(struct sim_call *call, const char *id, struct json_object *pool, char *text, size_t size)
{
    struct json_object *storage = sim_get(pool, "storage");

    json_object_object_foreach(sim_get(call->state, "pools"), name, other)
    {
        (void)other;
        if (strncmp(name, id, strlen(id)) == 0 && name[strlen(id)] == '/') {
            (void)snprintf(text, size, "pool '%s'", name);
            return true;
        }
    }
    json_object_object_foreach(sim_get(call->state, "guests"), vmid, guest)
    {
        if (strcmp(sim_str(guest, "pool", ""), id) == 0) {
            (void)snprintf(text, size, "VM %s", vmid);
            return true;
        }
    }
    for (size_t i = 0; storage && i < json_object_array_length(storage); i++) {
        const char *member = json_object_get_string(json_object_array_get_idx(storage, i));

        if (!sim_get(sim_get(call->state, "storage"), member))
            continue;
        (void)snprintf(text, size, "storage '%s'", member);
        return true;
    }
    return false;
}

int sim_pool_delete(struct sim_call *call)
{
    const char *id = sim_arg(call, "poolid");
    struct json_object *pool = sim_get(sim_get(call->state, "pools"), id);
    char text[300];

    if (!pool)
        return sim_fail(call, 500, "delete pool failed: pool '%s' does not exist\n", id);
    if (contains(call, id, pool, text, sizeof text))
        return sim_fail(call, 500, "delete pool failed: pool '%s' is not empty (contains %s)\n", id, text);
    json_object_object_del(sim_get(call->state, "pools"), id);
    (void)snprintf(text, sizeof text, "/pool/%s", id);
    sim_acl_forget(call->state, text);
    sim_touch(call->sim);
    return 0;
}
