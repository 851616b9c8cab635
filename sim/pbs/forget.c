/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking away snapshots, groups and namespaces. What they alone held stays on the disk until a garbage
 * collection finds that nobody has touched it for long enough.
 */
#include "pbs.h"

#include <errno.h>
#include <string.h>

static bool busy(struct json_object *group, struct json_object *snapshot)
{
    return sim_get(group, "busy") || sim_get(snapshot, "busy");
}

/* Chunks were touched last by the garbage collection that found them in use, or when they were written. */
static void add_garbage(struct json_object *store, struct json_object *snapshot)
{
    struct json_object *garbage = sim_get(store, "garbage"), *item = json_object_new_object();
    int64_t touched = sim_int(sim_get(store, "gc"), "touched", 0), when = sim_int(snapshot, "backup-time", 0);

    if (!garbage) {
        garbage = json_object_new_array();
        sim_set(store, "garbage", garbage);
    }
    sim_set_int(item, "bytes", sim_int(snapshot, "unique", 0));
    sim_set_int(item, "touched", when > touched ? when : touched);
    json_object_array_add(garbage, item);
}

int pbs_forget(struct json_object *store, struct json_object *group, struct json_object *snapshot)
{
    struct json_object *list = sim_get(group, "snapshots");

    if (busy(group, snapshot))
        return -EBUSY;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (json_object_array_get_idx(list, i) != snapshot)
            continue;
        add_garbage(store, snapshot);
        (void)json_object_array_del_idx(list, i, 1);
        break;
    }
    return 0;
}

static void count(struct json_object *stats, const char *name, int64_t more)
{
    sim_set_int(stats, name, sim_int(stats, name, 0) + more);
}

int pbs_forget_group(struct json_object *store, struct json_object *space, const char *name,
                     struct json_object *stats)
{
    struct json_object *group = sim_get(sim_get(space, "groups"), name), *list = sim_get(group, "snapshots");
    size_t i = 0;

    while (i < json_object_array_length(list)) {
        struct json_object *snapshot = json_object_array_get_idx(list, i);

        if (sim_int(snapshot, "protected", 0)) {
            count(stats, "protected-snapshots", 1);
            i++;
            continue;
        }
        if (pbs_forget(store, group, snapshot) < 0)
            return -EBUSY;
        count(stats, "removed-snapshots", 1);
    }
    if (i > 0)
        return -EEXIST;
    json_object_object_del(sim_get(space, "groups"), name);
    count(stats, "removed-groups", 1);
    return 0;
}

static struct json_object *new_stats(void)
{
    struct json_object *stats = json_object_new_object();

    sim_set_int(stats, "protected-snapshots", 0);
    sim_set_int(stats, "removed-groups", 0);
    sim_set_int(stats, "removed-snapshots", 0);
    return stats;
}

static int in_use(struct sim_call *call, const char *what, const char *name)
{
    return sim_fail(call, 400, "unable to acquire lock on %s '%s' - possibly running or in use", what, name);
}

/* A snapshot, protected or not, is there or the call has failed already. */
int pbs_snapshot_delete(struct sim_call *call)
{
    struct pbs_place place;

    if (pbs_enter(call, "Datastore.Modify", "Datastore.Prune", PBS_WRITE, &place) < 0)
        return -1;
    if (sim_int(place.snapshot, "protected", 0))
        return sim_fail(call, 400, "cannot remove protected snapshot");
    if (pbs_forget(place.store, place.group, place.snapshot) < 0)
        return in_use(call, "snapshot", place.group_name);
    if (json_object_array_length(sim_get(place.group, "snapshots")) == 0)
        json_object_object_del(sim_get(place.space, "groups"), place.group_name);
    sim_touch(call->sim);
    return 0;
}

#define PARTIAL "group only partially deleted due to protected snapshots"

/* What is not protected is gone even where the answer is an error. */
int pbs_group_delete(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *stats = new_stats();
    struct pbs_place place;
    int r;

    if (pbs_enter(call, "Datastore.Modify", "Datastore.Prune", PBS_WRITE, &place) < 0)
        return -1;
    r = pbs_forget_group(place.store, place.space, place.group_name, stats);
    sim_touch(call->sim);
    if (r == -EBUSY)
        return in_use(call, "group", place.group_name);
    if (r == -EEXIST && sim_arg_int(call, "error-on-protected", 1))
        return sim_fail(call, 400, PARTIAL);
    call->data = json_object_get(stats);
    return 0;
}

/* All groups of one namespace, or nothing where there are any and they are to stay. Is it empty then? */
static bool empty(struct json_object *store, struct json_object *space, bool groups,
                  struct json_object *stats)
{
    struct json_object *list = sim_get(space, "groups");
    struct json_object_iterator at = json_object_iter_begin(list), end = json_object_iter_end(list);

    while (groups && !json_object_iter_equal(&at, &end)) {
        char name[200];

        (void)snprintf(name, sizeof name, "%s", json_object_iter_peek_name(&at));
        json_object_iter_next(&at);
        (void)pbs_forget_group(store, space, name, stats);
    }
    return json_object_object_length(list) == 0;
}

/* From the deepest namespace up. Returns whether all of them are gone. */
static bool forget_below(struct json_object *store, const char *top, bool groups, struct json_object *stats)
{
    struct json_object *spaces = sim_get(store, "namespaces");
    bool all = true;

    for (int64_t depth = PBS_DEPTH_MAX; depth >= 0; depth--) {
        struct json_object_iterator at = json_object_iter_begin(spaces), end = json_object_iter_end(spaces);

        while (!json_object_iter_equal(&at, &end)) {
            struct json_object *space = json_object_iter_peek_value(&at);
            char ns[300], above[302];
            bool has_child = false;

            (void)snprintf(ns, sizeof ns, "%s", json_object_iter_peek_name(&at));
            json_object_iter_next(&at);
            if (!pbs_below(ns, top, depth) || (depth > 0 && pbs_below(ns, top, depth - 1)))
                continue;
            (void)snprintf(above, sizeof above, "%s/", ns);
            json_object_object_foreach(spaces, other, unused)
            {
                (void)unused;
                has_child = has_child || strncmp(other, above, strlen(above)) == 0;
            }
            if (!empty(store, space, groups, stats) || has_child)
                all = false;
            else
                json_object_object_del(spaces, ns);
        }
    }
    return all;
}

int pbs_namespace_delete(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *stats = new_stats();
    const char *ns = sim_str(call->params, "ns", ""), *slash = strrchr(ns, '/');
    bool groups = sim_arg_int(call, "delete-groups", 0) != 0;
    struct json_object *found;
    char parent[300];

    if (!*ns)
        return sim_fail(call, 400, "Cannot create/delete root namespace!");
    (void)snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - ns) : 0, ns);
    found = pbs_store_modify(call, sim_arg(call, "store"), parent);
    if (!found)
        return -1;
    if (!pbs_space(found, ns))
        return sim_fail(call, 400, PBS_NOT_THERE);
    if (!forget_below(found, ns, groups, stats)) {
        sim_touch(call->sim);
        if (sim_arg_int(call, "error-on-protected", 1))
            return sim_fail(
                call, 400, "%s",
                groups ? PARTIAL
                       : "only partially deleted due to existing groups but `delete-groups` not true");
    }
    sim_touch(call->sim);
    call->data = json_object_get(stats);
    return 0;
}
