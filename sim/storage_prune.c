/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: which backups of a guest stay, and a prune that removes the others.
 */
#include "handlers.h"
#include "pbs/retention.h"
#include "storage.h"
#include "task_run.h"

#include <ctype.h>
#include <stdlib.h>

/* The count of a key, 0 if it is absent. */
static int64_t keep_count(const char *rules, const char *key)
{
    int64_t value = 0;

    for (const char *at = rules ? rules : ""; *at; at += *at == ',') {
        size_t n = strcspn(at, ","), name = strcspn(at, "=");

        if (name < n && name == strlen(key) && strncmp(at, key, name) == 0) {
            value = 0;
            for (size_t i = name + 1; i < n && isdigit((unsigned char)at[i]) && value < 1000000; i++)
                value = value * 10 + (at[i] - '0');
        }
        at += n;
    }
    return value;
}

int64_t sim_keep_total(const char *rules)
{
    int64_t total = 0;

    if (keep_count(rules, "keep-all") > 0)
        return 0;
    for (size_t i = 0; i < SIM_KEEP_COUNT; i++)
        total += keep_count(rules, sim_keep_names[i]);
    return total;
}

static int newest_first(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;
    int64_t x = sim_int(*left, "ctime", 0), y = sim_int(*right, "ctime", 0);

    return x < y ? 1 : x > y ? -1 : 0;
}

/* Those that the rules are about, which are marked "remove" until one of them keeps them. */
static void keep(struct json_object *list, const char *rules)
{
    size_t n = json_object_array_length(list), count = 0;
    struct sim_retained *retained = calloc(n + 1, sizeof *retained);
    int64_t numbers[SIM_KEEP_COUNT];

    if (!retained)
        abort();
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(item, "mark", ""), "remove") == 0)
            retained[count++].time = sim_int(item, "ctime", 0);
    }
    for (size_t i = 0; i < SIM_KEEP_COUNT; i++)
        numbers[i] = keep_count(rules, sim_keep_names[i]);
    sim_retention(retained, count, numbers, sim_local_utc);
    count = 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(item, "mark", ""), "remove") == 0 && retained[count++].mark == SIM_MARK_KEEP)
            sim_set_str(item, "mark", "keep");
    }
    free(retained);
}

/* A backup that does not have the name that was given to it is never pruned. */
static bool renamed(const char *volid)
{
    const char *at = strstr(volid, "vzdump-"), *time;

    if (!strstr(volid, ":backup/vzdump-"))
        return strstr(volid, ":backup/vm/") == NULL && strstr(volid, ":backup/ct/") == NULL;
    at += 7;
    at += strncmp(at, "qemu-", 5) == 0 ? 5 : strncmp(at, "lxc-", 4) == 0 ? 4 : 0;
    time = strchr(at, '-');
    return !time || strspn(at, "0123456789") != (size_t)(time - at) || strspn(time, "0123456789_-") < 20;
}

/* Marks the backups of one guest, newest first. */
static void mark(struct json_object *list, const char *rules)
{
    bool all = sim_keep_total(rules) == 0;

    json_object_array_sort(list, newest_first);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        bool is_protected = sim_int(item, "protected", 0) != 0;

        json_object_object_del(item, "protected");
        sim_set_str(item, "mark",
                    is_protected                          ? "protected"
                    : renamed(sim_str(item, "volid", "")) ? "renamed"
                    : all                                 ? "keep"
                                                          : "remove");
    }
    if (!all)
        keep(list, rules);
}

static struct json_object *prune_item(struct json_object *volume)
{
    struct json_object *item = json_object_new_object();

    sim_set_str(item, "volid", sim_str(volume, "volid", ""));
    sim_set_int(item, "ctime", sim_int(volume, "ctime", 0));
    if (sim_get(volume, "vmid"))
        sim_set_int(item, "vmid", sim_int(volume, "vmid", 0));
    sim_set_str(item, "type", sim_str(volume, "subtype", "unknown"));
    sim_set_int(item, "protected", sim_int(volume, "protected", 0));
    return item;
}

struct json_object *sim_prune_list(struct json_object *state, const char *node, const char *storage,
                                   const char *vmid, const char *type, const char *rules)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *by_guest = json_object_new_object();
    struct json_object *list = sim_get(sim_get(state, "volumes"), storage), *out = json_object_new_array();

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);
        const char *of = sim_str(volume, "vmid", ""), *kind = sim_str(volume, "subtype", "");
        char group[64];

        if (strcmp(sim_str(volume, "content", ""), "backup") != 0 || !sim_volume_here(volume, node) ||
            (vmid && strcmp(vmid, of) != 0) || (type && strcmp(type, kind) != 0))
            continue;
        (void)snprintf(group, sizeof group, "%s/%s", kind, of);
        if (!sim_get(by_guest, group))
            sim_set(by_guest, group, json_object_new_array());
        json_object_array_add(sim_get(by_guest, group), prune_item(volume));
    }
    json_object_object_foreach(by_guest, guest, backups)
    {
        (void)guest;
        mark(backups, rules);
        for (size_t i = 0; i < json_object_array_length(backups); i++)
            json_object_array_add(out, json_object_get(json_object_array_get_idx(backups, i)));
    }
    return out;
}

/* ---- requests ---- */

/* The rules of the request, else those of the storage. */
static const char *rules_of(struct sim_call *call)
{
    const char *rules = sim_arg(call, "prune-backups");

    return rules ? rules
                 : sim_str(sim_storage_config(call->state, sim_arg(call, "storage")), "prune-backups", NULL);
}

int sim_storage_prune(struct sim_call *call)
{
    if (sim_storage_usable(call, sim_arg(call, "storage")) < 0)
        return -1;
    call->data = sim_prune_list(call->state, sim_arg(call, "node"), sim_arg(call, "storage"),
                                sim_arg(call, "vmid"), sim_arg(call, "type"), rules_of(call));
    return 0;
}

/* What a worker decides when it begins goes at its end. */
static int prune(struct sim *sim, struct sim_job *job, char *why)
{
    const char *node = sim_str(job->args, "node", "");
    SIM_FREE_WITH(sim_json_freep)
    struct json_object *list =
        sim_prune_list(sim->state, node, sim_str(job->args, "storage", ""), sim_str(job->args, "of", NULL),
                       sim_str(job->args, "type", NULL), sim_str(job->args, "rules", NULL));

    (void)why;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(item, "mark", ""), "remove") == 0)
            sim_volume_remove(sim->state, node, sim_str(item, "volid", ""));
    }
    return 0;
}

static const struct sim_work prune_work = {.type = "prunebackups", .end = prune};

/* Datastore.Allocate, or, for one guest, AllocateSpace and VM.Backup. */
static int may_prune(struct sim_call *call)
{
    const char *vmid = sim_arg(call, "vmid");
    char storage[160], guest[40], why[300];

    (void)snprintf(storage, sizeof storage, "/storage/%s", sim_arg(call, "storage"));
    (void)snprintf(guest, sizeof guest, "/vms/%s", vmid ? vmid : "");
    if (sim_can(call, storage, "Datastore.Allocate"))
        return 0;
    if (!vmid)
        (void)snprintf(why, sizeof why, " (%s, Datastore.Allocate)", storage);
    else if (!sim_can(call, storage, "Datastore.AllocateSpace"))
        (void)snprintf(why, sizeof why, " (%s, Datastore.AllocateSpace)", storage);
    else if (!sim_can(call, guest, "VM.Backup"))
        (void)snprintf(why, sizeof why, " (%s, VM.Backup)", guest);
    else
        return 0;
    return sim_fail_perm(call, why);
}

int sim_storage_prune_run(struct sim_call *call)
{
    const char *storage = sim_arg(call, "storage"), *vmid = sim_arg(call, "vmid");
    struct json_object *args, *task;
    char id[160];

    if (may_prune(call) < 0 || sim_storage_usable(call, storage) < 0)
        return -1;
    (void)snprintf(id, sizeof id, "%s%s%s", vmid ? vmid : "", vmid ? "@" : "", storage);
    args = json_object_new_object();
    sim_set_str(args, "id", id);
    sim_set_str(args, "node", sim_arg(call, "node"));
    sim_set_str(args, "storage", storage);
    sim_set_str(args, "of", vmid);
    sim_set_str(args, "type", sim_arg(call, "type"));
    sim_set_str(args, "rules", rules_of(call));
    task = sim_task_start(call->sim, &prune_work, call->who, sim_arg(call, "node"), args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}
