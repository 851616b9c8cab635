/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datastores that come, change and go. Creation and removal are tasks; jobs and entries of the access list go
 * with the request already, unless they are to stay.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOTAL INT64_C(500000000000)

static struct json_object *new_store(void)
{
    struct json_object *store = json_object_new_object(), *spaces = json_object_new_object(),
                       *root = json_object_new_object();

    sim_set_int(store, "total", TOTAL);
    sim_set_int(store, "used", 0);
    sim_set(store, "gc", json_object_new_object());
    sim_set(root, "groups", json_object_new_object());
    sim_set(spaces, "", root);
    sim_set(store, "namespaces", spaces);
    return store;
}

/* ---- creation ---- */

static int end_create(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "id", "");
    struct json_object *all = pbs_sections_of(sim->state, "datastore"),
                       *stores = sim_get(sim->state, "datastores"), *left = sim_at(sim->state, "/left"),
                       *config = sim_get(job->args, "config"), *old;
    const char *path = sim_str(config, "path", "");

    if (sim_get(all, name))
        return sim_why(why, "datastore '%s' already exists.", name);
    /* What an earlier datastore left at this path. */
    old = sim_get(left, path);
    if (old && !sim_int(job->args, "reuse", 0))
        return sim_why(why, "datastore path '%s' is not empty", path);
    if (!old && sim_int(job->args, "reuse", 0))
        return sim_why(why, "%s is not an existing datastore", path);
    sim_set(stores, name, old ? json_object_get(old) : new_store());
    if (old)
        json_object_object_del(left, path);
    sim_set(all, name, json_object_get(config));
    sim_job_log(job, false, "datastore '%s' created", name);
    return 0;
}

static const struct sim_work create = {.type = "create-datastore", .end = end_create};

/* Is one of the two paths inside the other, or the same? */
static bool nested(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), least = n < m ? n : m;

    return strncmp(a, b, least) == 0 && (n == m || (n > m ? a[least] : b[least]) == '/');
}

/* Retention given with a new datastore becomes a prune job of its own. */
static void add_prune_job(struct sim_call *call, const char *name)
{
    static const char *const keeps[] = {"keep-last",   "keep-hourly",  "keep-daily",
                                        "keep-weekly", "keep-monthly", "keep-yearly"};
    struct json_object *config;
    char id[100], uuid[37];
    bool any = false;

    for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++)
        any = any || sim_arg(call, keeps[i]);
    if (!any || !sim_arg(call, "prune-schedule") || sim_random_uuid(uuid) < 0)
        return;
    config = json_object_new_object();
    sim_set_str(config, "store", name);
    sim_set_str(config, "schedule", sim_arg(call, "prune-schedule"));
    for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++) {
        if (sim_arg(call, keeps[i]))
            sim_set_int(config, keeps[i], sim_arg_int(call, keeps[i], 0));
    }
    (void)snprintf(id, sizeof id, "default-%.14s-%.8s", name, uuid);
    sim_set(pbs_sections_of(call->state, "prune"), id, config);
}

#define NOT_KEPT                                                                                             \
    "name reuse-datastore overwrite-in-use keep-last keep-hourly keep-daily keep-weekly keep-monthly "       \
    "keep-yearly prune-schedule"

int pbs_datastore_create(struct sim_call *call)
{
    const char *name = sim_arg(call, "name"), *path = sim_arg(call, "path");
    struct json_object *args, *config;

    if (sim_get(pbs_sections_of(call->state, "datastore"), name))
        return sim_fail_param(call, "name", "datastore '%s' already exists.", name);
    if (path[0] != '/')
        return sim_fail_param(call, "path", "expected absolute path!");
    json_object_object_foreach(pbs_sections_of(call->state, "datastore"), other, section)
    {
        if (nested(path, sim_str(section, "path", "")))
            return sim_fail_param(call, "path", "nested datastores not allowed: '%s' already in '%s'", other,
                                  sim_str(section, "path", ""));
    }
    config = json_object_new_object();
    pbs_put_given(call, config, NOT_KEPT);
    add_prune_job(call, name);
    args = json_object_new_object();
    sim_set_str(args, "id", name);
    sim_set(args, "config", config);
    sim_set_int(args, "reuse", sim_arg_int(call, "reuse-datastore", 0));
    return pbs_call_task(call, &create, args);
}

/* ---- change ---- */

/* "read-only", or "type=read-only,message=...". */
static int check_mode(struct sim_call *call)
{
    const char *mode = sim_arg(call, "maintenance-mode"), *type = mode ? strstr(mode, "type=") : NULL;
    size_t n;

    type = type ? type + 5 : mode;
    n = type ? strcspn(type, ",") : 0;
    return !type || sim_word_in("read-only offline unmount", " ", type, n)
               ? 0
               : sim_fail_param(call, "maintenance-mode", "value '%.*s' is not defined in the enumeration.",
                                (int)n, type);
}

int pbs_datastore_update(struct sim_call *call)
{
    const char *name = sim_arg(call, "name");
    struct json_object *config = sim_get(pbs_sections_of(call->state, "datastore"), name);

    if (check_mode(call) < 0 || pbs_check_digest(call, "datastore") < 0)
        return -1;
    if (!config)
        return sim_fail(call, 400, "no such datastore '%s'", name);
    pbs_drop_deleted(call, config);
    pbs_put_given(call, config, "name digest delete");
    sim_touch(call->sim);
    return 0;
}

/* ---- removal ---- */

static int end_delete(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "id", "");
    struct json_object *all = pbs_sections_of(sim->state, "datastore"),
                       *stores = sim_get(sim->state, "datastores"), *store = sim_get(stores, name),
                       *left = sim_get(sim->state, "left");
    char path[4200];

    (void)why;
    (void)snprintf(path, sizeof path, "%s", sim_str(sim_get(all, name), "path", ""));
    if (sim_int(job->args, "destroy", 0)) {
        sim_job_log(job, false, "Deleting datastore data...");
    } else {
        if (!left) {
            left = json_object_new_object();
            sim_set(sim->state, "left", left);
        }
        sim_set(left, path, json_object_get(store));
    }
    sim_job_log(job, false, "Removing datastore from config...");
    json_object_object_del(stores, name);
    json_object_object_del(all, name);
    return 0;
}

/* A task that ended without removing leaves the datastore as it was. */
static void keep(struct sim *sim, struct sim_job *job)
{
    struct json_object *config =
        sim_get(pbs_sections_of(sim->state, "datastore"), sim_str(job->args, "id", ""));

    if (!config)
        return;
    if (sim_get(job->args, "mode"))
        sim_set(config, "maintenance-mode", sim_copy(sim_get(job->args, "mode")));
    else
        json_object_object_del(config, "maintenance-mode");
}

static int begin_delete(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *config =
        sim_get(pbs_sections_of(sim->state, "datastore"), sim_str(job->args, "id", ""));

    (void)why;
    if (sim_get(config, "maintenance-mode"))
        sim_set(job->args, "mode", sim_copy(sim_get(config, "maintenance-mode")));
    sim_set_str(config, "maintenance-mode", "type=delete");
    job->undo = keep;
    return 0;
}

static const struct sim_work delete = {.type = "delete-datastore", .begin = begin_delete, .end = end_delete};

static void drop_jobs(struct json_object *state, const char *kind, const char *name)
{
    struct json_object *all = pbs_sections_of(state, kind);
    struct json_object_iterator at = json_object_iter_begin(all), end = json_object_iter_end(all);

    while (!json_object_iter_equal(&at, &end)) {
        struct json_object *config = json_object_iter_peek_value(&at);
        char id[100];

        (void)snprintf(id, sizeof id, "%s", json_object_iter_peek_name(&at));
        json_object_iter_next(&at);
        /* The list of sync jobs that the server goes by has those that pull. */
        if (strcmp(sim_str(config, "store", ""), name) == 0 &&
            strcmp(sim_str(config, "sync-direction", "pull"), "push") != 0)
            json_object_object_del(all, id);
    }
}

static void drop_acl(struct json_object *state, const char *name)
{
    struct json_object *list = sim_at(state, "/access/acl");
    char path[200];
    size_t n;

    pbs_path(name, "", path, sizeof path);
    n = strlen(path);
    for (size_t i = 0; i < json_object_array_length(list);) {
        const char *at = sim_str(json_object_array_get_idx(list, i), "path", "");

        if (strncmp(at, path, n) == 0 && (at[n] == 0 || at[n] == '/'))
            (void)json_object_array_del_idx(list, i, 1);
        else
            i++;
    }
}

int pbs_datastore_delete(struct sim_call *call)
{
    static const char *const kinds[] = {"verify", "sync", "prune"};
    const char *name = sim_arg(call, "name");
    struct json_object *args;

    if (pbs_check_digest(call, "datastore") < 0)
        return -1;
    if (!sim_get(pbs_sections_of(call->state, "datastore"), name))
        return sim_fail(call, 404, "datastore '%s' does not exist.", name);
    if (!sim_arg_int(call, "keep-job-configs", 0)) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            drop_jobs(call->state, kinds[i], name);
        drop_acl(call->state, name);
    }
    args = json_object_new_object();
    sim_set_str(args, "id", name);
    sim_set_int(args, "destroy", sim_arg_int(call, "destroy-data", 0));
    return pbs_call_task(call, &delete, args);
}
