/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What datastores tell about themselves: the list, how full they are, what is running, garbage collection.
 */
#include "pbs.h"

#include <string.h>

#define OF_SPACES "Datastore.Audit|Datastore.Read|Datastore.Modify|Datastore.Backup|Datastore.Prune"

static const char gc_names[] = "index-file-count index-data-bytes disk-bytes disk-chunks removed-bytes "
                               "removed-chunks pending-bytes pending-chunks removed-bad still-bad";

/* Calls `add` for each datastore of which the caller sees something; `full`: whether it may audit it. */
static int each_store(struct sim_call *call,
                      struct json_object *(*add)(struct sim_call *call, const char *name, bool full))
{
    call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/config/datastore"), name, config)
    {
        char path[200];
        bool full;

        (void)config;
        pbs_path(name, "", path, sizeof path);
        full = pbs_can(call, path, "Datastore.Audit|Datastore.Backup");
        if (full || pbs_can_below(call, path, OF_SPACES))
            json_object_array_add(call->data, add(call, name, full));
    }
    return 0;
}

static struct json_object *store_item(struct sim_call *call, const char *name, bool full)
{
    struct json_object *config = sim_get(sim_at(call->state, "/config/datastore"), name),
                       *item = json_object_new_object();

    sim_set_str(item, "store", name);
    if (full && sim_get(config, "comment"))
        sim_set(item, "comment", sim_copy(sim_get(config, "comment")));
    sim_set_str(item, "mount-status", "nonremovable");
    if (sim_get(config, "maintenance-mode"))
        sim_set(item, "maintenance", sim_copy(sim_get(config, "maintenance-mode")));
    sim_set_str(item, "backend-type", "filesystem");
    return item;
}

int pbs_stores(struct sim_call *call)
{
    return each_store(call, store_item);
}

static struct json_object *gc_values(struct json_object *gc)
{
    struct json_object *out = json_object_new_object();
    char name[64];

    for (const char *at = gc_names; *at; at += *at == ' ') {
        size_t n = strcspn(at, " ");

        (void)snprintf(name, sizeof name, "%.*s", (int)n, at);
        sim_set_int(out, name, sim_int(gc, name, 0));
        at += n;
    }
    return out;
}

/* The values of the last run, with its UPID where there was one. */
static struct json_object *gc_status(struct json_object *state, const char *name,
                                     struct json_object **ret_run)
{
    struct json_object *gc = sim_get(sim_get(sim_get(state, "datastores"), name), "gc"), *out = gc_values(gc);
    char job[100];

    (void)snprintf(job, sizeof job, "gc/%s", name);
    *ret_run = pbs_last_run(state, job);
    if (*ret_run)
        sim_set(out, "upid", sim_copy(sim_get(*ret_run, "upid")));
    return out;
}

static struct json_object *gc_item(struct sim_call *call, const char *name)
{
    const char *schedule =
        sim_str(sim_get(sim_at(call->state, "/config/datastore"), name), "gc-schedule", NULL);
    struct json_object *run, *item = gc_status(call->state, name, &run);
    int64_t now = (int64_t)time(NULL), next = schedule ? pbs_next_run(schedule, now) : 0;

    sim_set_str(item, "store", name);
    if (schedule)
        sim_set_str(item, "schedule", schedule);
    if (next)
        sim_set_int(item, "next-run", next);
    if (run) {
        sim_set(item, "last-run-state", sim_copy(sim_get(run, "status")));
        sim_set(item, "last-run-endtime", sim_copy(sim_get(run, "endtime")));
        sim_set_int(item, "duration", sim_int(run, "endtime", 0) - sim_int(run, "starttime", 0));
    }
    return item;
}

int pbs_gc_status(struct sim_call *call)
{
    const char *name = sim_arg(call, "store");

    if (!pbs_store(call, name, PBS_READ))
        return -1;
    call->data = gc_item(call, name);
    return 0;
}

int pbs_gc_list(struct sim_call *call)
{
    const char *only = sim_arg(call, "store");

    if (only && !pbs_store(call, only, PBS_LOOKUP))
        return -1;
    call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/config/datastore"), name, config)
    {
        char path[200];

        (void)config;
        pbs_path(name, "", path, sizeof path);
        if ((!only || strcmp(only, name) == 0) && pbs_can(call, path, "Datastore.Audit"))
            json_object_array_add(call->data, gc_item(call, name));
    }
    return 0;
}

/* Does the caller see the group: all of them where it audits or reads, otherwise its own? */
static bool counts(struct sim_call *call, const char *ns, struct json_object *group)
{
    char path[400];

    pbs_path(sim_arg(call, "store"), ns, path, sizeof path);
    return pbs_can(call, path, "Datastore.Audit|Datastore.Read") ||
           pbs_owns(call->who, sim_str(group, "owner", ""));
}

static void add_counts(struct sim_call *call, struct json_object *store, struct json_object *out)
{
    static const char *const types[] = {"ct", "host", "vm"};
    struct json_object *all = json_object_new_object();

    for (size_t i = 0; i < 3; i++) {
        int64_t groups = 0, snapshots = 0;
        struct json_object *count = json_object_new_object();

        json_object_object_foreach(sim_get(store, "namespaces"), ns, space)
        {
            json_object_object_foreach(sim_get(space, "groups"), name, group)
            {
                if (counts(call, ns, group) && strncmp(name, types[i], strlen(types[i])) == 0 &&
                    name[strlen(types[i])] == '/') {
                    groups++;
                    snapshots += (int64_t)json_object_array_length(sim_get(group, "snapshots"));
                }
            }
        }
        sim_set_int(count, "groups", groups);
        sim_set_int(count, "snapshots", snapshots);
        if (groups > 0)
            sim_set(all, types[i], count);
        else
            json_object_put(count);
    }
    sim_set(out, "counts", all);
}

static void add_usage(struct json_object *store, struct json_object *out)
{
    int64_t total = sim_int(store, "total", 0), used = sim_int(store, "used", 0);

    sim_set_int(out, "total", total);
    sim_set_int(out, "used", used);
    sim_set_int(out, "avail", total - used);
}

int pbs_store_status(struct sim_call *call)
{
    const char *name = sim_arg(call, "store");
    struct json_object *store, *run;
    char path[200];
    bool full;

    pbs_path(name, "", path, sizeof path);
    full = pbs_can(call, path, "Datastore.Audit|Datastore.Backup");
    if (!full && !pbs_can_below(call, path, OF_SPACES))
        return pbs_forbid(call, NULL, NULL);
    store = pbs_store(call, name, PBS_READ);
    if (!store)
        return -1;
    call->data = json_object_new_object();
    add_usage(full ? store : NULL, call->data);
    sim_set_str(call->data, "backend-type", "filesystem");
    if (sim_arg_int(call, "verbose", 0)) {
        add_counts(call, store, call->data);
        sim_set(call->data, "gc-status", full ? gc_status(call->state, name, &run) : NULL);
    }
    return 0;
}

/* One value for each day of the last month, from what the datastore gains in a day. */
static void add_history(struct json_object *store, struct json_object *item)
{
    struct json_object *history = json_object_new_array();
    int64_t total = sim_int(store, "total", 1), used = sim_int(store, "used", 0),
            growth = sim_int(store, "growth", 0), now = (int64_t)time(NULL);

    for (int64_t day = 29; day >= 0; day--)
        json_object_array_add(history, json_object_new_double((double)(used - growth * day) / (double)total));
    sim_set(item, "history", history);
    sim_set_int(item, "history-start", now - 29 * (int64_t)86400);
    sim_set_int(item, "history-delta", 86400);
    sim_set_int(item, "estimated-full-date", growth > 0 ? now + (total - used) / growth * 86400 : 0);
}

static struct json_object *usage_item(struct sim_call *call, const char *name, bool full)
{
    struct json_object *item = json_object_new_object(), *run,
                       *store = sim_get(sim_get(call->state, "datastores"), name);
    char text[300], error[400];
    const char *why = pbs_maintenance(call->state, name, PBS_READ, text, sizeof text);

    sim_set_str(item, "store", name);
    sim_set_str(item, "mount-status", "nonremovable");
    sim_set_str(item, "backend-type", "filesystem");
    if (why) {
        (void)snprintf(error, sizeof error, "datastore '%s' is unavailable: %s", name, why);
        sim_set_str(item, "error", error);
    } else if (full) {
        add_usage(store, item);
        add_history(store, item);
        sim_set(item, "gc-status", gc_status(call->state, name, &run));
    }
    return item;
}

int pbs_store_usage(struct sim_call *call)
{
    return each_store(call, usage_item);
}

/* Groups and snapshots that somebody reads just now. */
static int64_t readers(struct json_object *store)
{
    int64_t count = 0;

    json_object_object_foreach(sim_get(store, "namespaces"), ns, space)
    {
        (void)ns;
        json_object_object_foreach(sim_get(space, "groups"), name, group)
        {
            struct json_object *list = sim_get(group, "snapshots");

            (void)name;
            count += sim_get(group, "busy") != NULL;
            for (size_t i = 0; i < json_object_array_length(list); i++)
                count += sim_get(json_object_array_get_idx(list, i), "busy") != NULL;
        }
    }
    return count;
}

int pbs_store_active(struct sim_call *call)
{
    struct json_object *store = pbs_store(call, sim_arg(call, "store"), PBS_LOOKUP),
                       *operations = sim_get(store, "operations");

    if (!store)
        return -1;
    call->data = json_object_new_object();
    sim_set_int(call->data, "read", sim_int(operations, "read", 0) + readers(store));
    sim_set_int(call->data, "write", sim_int(operations, "write", 0));
    return 0;
}

/* Seventy points of the time frame. */
int pbs_store_rrd(struct sim_call *call)
{
    static const struct {
        const char *name;
        int64_t step;
    } frames[] = {{"hour", 60},     {"day", 1800},    {"week", 10800},
                  {"month", 43200}, {"year", 518400}, {"decade", 5184000}};
    struct json_object *store = pbs_store(call, sim_arg(call, "store"), PBS_READ);
    int64_t now = (int64_t)time(NULL), step = 60, growth = sim_int(store, "growth", 0);

    if (!store)
        return -1;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        if (strcmp(frames[i].name, sim_arg(call, "timeframe")) == 0)
            step = frames[i].step;
    }
    call->data = json_object_new_array();
    for (int64_t at = now / step - 69; at <= now / step; at++) {
        struct json_object *point = json_object_new_object();
        int64_t used = sim_int(store, "used", 0) - growth * (now - at * step) / 86400;

        sim_set_int(point, "time", at * step);
        sim_set_num(point, "total", (double)sim_int(store, "total", 0));
        sim_set_num(point, "used", (double)(used > 0 ? used : 0));
        json_object_array_add(call->data, point);
    }
    return 0;
}
