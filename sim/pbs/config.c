/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration as it is read: sections of one file for each kind, shown to whoever may audit what they are
 * about, with the digest of the file beside; jobs also with their last and next run.
 */
#include "config.h"
#include "../schedule.h"

#include <stdlib.h>
#include <string.h>

const struct pbs_section pbs_sections[] = {
    {"datastore", "datastore", "name", "datastore", "Datastore.Audit", NULL, PBS_OF_STORE},
    {"prune", "prune", "id", "job", "Datastore.Audit", "Datastore.Modify", PBS_OF_JOB},
    {"verify", "verification", "id", "job", "Datastore.Audit|Datastore.Verify", "Datastore.Verify",
     PBS_OF_JOB},
    {"sync", "sync", "id", "job", "Datastore.Audit", NULL, PBS_OF_JOB},
    {"remote", "remote", "name", "remote", "Remote.Audit", NULL, PBS_OF_REMOTE},
    {"traffic-control", "rule", "name", "traffic control rule", NULL, NULL, PBS_OF_NOTHING},
    {"s3", "s3-endpoint", "id", "s3 endpoint", "Sys.Audit", NULL, PBS_OF_ENDPOINT},
};

const struct pbs_section *pbs_section_of(struct sim_call *call)
{
    const char *at = strchr(call->route->path + 1, '/');
    size_t n = at ? strcspn(at + 1, "/") : 0;

    for (size_t i = 0; at && i < sizeof pbs_sections / sizeof *pbs_sections; i++) {
        if (strlen(pbs_sections[i].kind) == n && strncmp(pbs_sections[i].kind, at + 1, n) == 0)
            return &pbs_sections[i];
    }
    return &pbs_sections[0];
}

void pbs_section_path(const struct pbs_section *section, const char *id, struct json_object *config,
                      char *path, size_t size)
{
    switch (section->of) {
    case PBS_OF_STORE: pbs_path(id, "", path, size); return;
    case PBS_OF_JOB: pbs_path(sim_str(config, "store", ""), sim_str(config, "ns", ""), path, size); return;
    case PBS_OF_REMOTE: (void)snprintf(path, size, "/remote/%s", id); return;
    case PBS_OF_ENDPOINT: (void)snprintf(path, size, "/system/s3-endpoint/%s", id); return;
    case PBS_OF_NOTHING: break;
    }
    (void)snprintf(path, size, "/");
}

/* A job that copies between servers shows itself only to whoever may also see the other one. */
static bool sees_remote(struct sim_call *call, struct json_object *config)
{
    const char *remote = sim_str(config, "remote", NULL);
    char path[200];

    if (!remote)
        return true;
    (void)snprintf(path, sizeof path, "/remote/%s", remote);
    return pbs_can(call, path, "Remote.Audit");
}

bool pbs_section_visible(struct sim_call *call, const struct pbs_section *section, const char *id,
                         struct json_object *config)
{
    char path[400];

    pbs_section_path(section, id, config, path, sizeof path);
    return !section->audit || (pbs_can(call, path, section->audit) && sees_remote(call, config));
}

struct json_object *pbs_sections_of(struct json_object *state, const char *kind)
{
    return sim_atf(state, "/config/%s", kind);
}

void pbs_config_digest(struct json_object *state, const char *kind, char ret_hex[65])
{
    sim_digest_sha256(pbs_sections_of(state, kind), ret_hex);
}

static void add_digest(struct sim_call *call, const char *kind)
{
    char digest[65];

    pbs_config_digest(call->state, kind, digest);
    if (!call->extra)
        call->extra = json_object_new_object();
    sim_set_str(call->extra, "digest", digest);
}

/* A section as it is shown: with its name, without what is never shown. */
static struct json_object *item_of(const struct pbs_section *section, const char *id,
                                   struct json_object *config)
{
    struct json_object *item = json_object_new_object();

    sim_set_str(item, section->key, id);
    sim_merge(item, config);
    json_object_object_del(item, "password");
    json_object_object_del(item, "secret-key");
    return item;
}

/* Lists of sync jobs show those that pull unless asked otherwise. */
static bool wanted(struct sim_call *call, const struct pbs_section *section, struct json_object *config)
{
    const char *store = sim_arg(call, "store"), *direction = sim_str(call->params, "sync-direction", "pull");

    if (store && strcmp(store, sim_str(config, "store", "")) != 0)
        return false;
    return strcmp(section->kind, "sync") != 0 || strcmp(direction, "all") == 0 ||
           strcmp(direction, sim_str(config, "sync-direction", "pull")) == 0;
}

static int list(struct sim_call *call, void (*more)(struct sim_call *call, const struct pbs_section *section,
                                                    const char *id, struct json_object *item))
{
    const struct pbs_section *section = pbs_section_of(call);

    call->data = json_object_new_array();
    json_object_object_foreach(pbs_sections_of(call->state, section->kind), id, config)
    {
        struct json_object *item;

        if (!wanted(call, section, config) || !pbs_section_visible(call, section, id, config))
            continue;
        item = item_of(section, id, config);
        if (more)
            more(call, section, id, item);
        json_object_array_add(call->data, item);
    }
    add_digest(call, section->kind);
    return 0;
}

int pbs_config_list(struct sim_call *call)
{
    return list(call, NULL);
}

int pbs_config_show(struct sim_call *call)
{
    const struct pbs_section *section = pbs_section_of(call);
    const char *id = sim_arg(call, section->key);
    struct json_object *config = sim_get(pbs_sections_of(call->state, section->kind), id);
    char path[400];

    if (!config)
        return sim_fail(call, 400, "no such %s '%s'", section->type, id);
    pbs_section_path(section, id, config, path, sizeof path);
    if (section->of == PBS_OF_JOB && !pbs_can(call, path, section->audit))
        return pbs_lacks(call, section->audit, path);
    if (!sees_remote(call, config))
        return sim_fail(call, 400, "permission check failed");
    call->data = item_of(section, id, config);
    add_digest(call, section->kind);
    return 0;
}

struct json_object *pbs_last_run(struct json_object *state, const char *job)
{
    struct json_object *tasks = sim_get(state, "tasks");

    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);

        if (sim_get(task, "status") && strcmp(sim_str(task, "job", ""), job) == 0)
            return task;
    }
    return NULL;
}

int64_t pbs_next_run(const char *schedule, int64_t now)
{
    time_t moment = (time_t)now;
    int64_t next = 0;
    struct tm tm;

    /* Calendar events are of the server's own clock. */
    (void)localtime_r(&moment, &tm);
    return sim_schedule_next(schedule, now + tm.tm_gmtoff, &next) < 0 ? 0 : next - tm.tm_gmtoff;
}

static void add_runs(struct sim_call *call, const struct pbs_section *section, const char *id,
                     struct json_object *item)
{
    const char *schedule = sim_str(item, "schedule", NULL);
    int64_t next = schedule ? pbs_next_run(schedule, (int64_t)time(NULL)) : 0;
    struct json_object *run;
    char job[100];

    (void)snprintf(job, sizeof job, "%s/%s", section->kind, id);
    run = pbs_last_run(call->state, job);
    if (run) {
        sim_set(item, "last-run-upid", sim_copy(sim_get(run, "upid")));
        sim_set(item, "last-run-state", sim_copy(sim_get(run, "status")));
        sim_set(item, "last-run-endtime", sim_copy(sim_get(run, "endtime")));
    }
    if (next && !sim_int(item, "disable", 0))
        sim_set_int(item, "next-run", next);
}

int pbs_jobs(struct sim_call *call)
{
    return list(call, add_runs);
}

static void add_rates(struct sim_call *call, const struct pbs_section *section, const char *id,
                      struct json_object *item)
{
    struct json_object *now = sim_get(sim_at(call->state, "/traffic"), id);

    (void)section;
    sim_set_int(item, "cur-rate-in", sim_int(now, "in", 0));
    sim_set_int(item, "cur-rate-out", sim_int(now, "out", 0));
}

int pbs_traffic(struct sim_call *call)
{
    return list(call, add_rates);
}

int pbs_empty_list(struct sim_call *call)
{
    call->data = json_object_new_array();
    return 0;
}

/* ---- another server, as this one sees it ---- */

/* The datastores of the remote that the request names; NULL: the call has failed. */
static struct json_object *outside(struct sim_call *call)
{
    const char *name = sim_arg(call, "name");
    struct json_object *config = sim_get(sim_at(call->state, "/config/remote"), name), *stores;

    if (!config) {
        (void)sim_fail(call, 400, "no such remote '%s'", name);
        return NULL;
    }
    stores = sim_get(sim_get(sim_at(call->state, "/outside"), sim_str(config, "host", "")), "datastores");
    if (!stores)
        (void)sim_fail(call, 400,
                       "remote connection to '%s' failed - error trying to connect: tcp connect error", name);
    return stores;
}

int pbs_remote_scan(struct sim_call *call)
{
    struct json_object *stores = outside(call);

    if (!stores)
        return -1;
    call->data = json_object_new_array();
    json_object_object_foreach(stores, name, unused)
    {
        struct json_object *item = json_object_new_object();

        (void)unused;
        sim_set_str(item, "store", name);
        sim_set_str(item, "mount-status", "nonremovable");
        sim_set_str(item, "backend-type", "filesystem");
        json_object_array_add(call->data, item);
    }
    return 0;
}

static struct json_object *outside_store(struct sim_call *call)
{
    struct json_object *stores = outside(call), *store = sim_get(stores, sim_arg(call, "store"));

    if (stores && !store)
        (void)sim_fail(call, 400, "no such datastore '%s'", sim_arg(call, "store"));
    return store;
}

int pbs_remote_groups(struct sim_call *call)
{
    struct json_object *store = outside_store(call),
                       *space = pbs_space(store, sim_str(call->params, "namespace", ""));

    if (!store)
        return -1;
    if (!space)
        return sim_fail(call, 400, "namespace not found");
    call->data = pbs_group_list(space, NULL);
    return 0;
}

int pbs_remote_namespaces(struct sim_call *call)
{
    struct json_object *store = outside_store(call);

    if (!store)
        return -1;
    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(store, "namespaces"), ns, unused)
    {
        struct json_object *item = json_object_new_object();

        (void)unused;
        sim_set_str(item, "ns", ns);
        json_object_array_add(call->data, item);
    }
    return 0;
}
