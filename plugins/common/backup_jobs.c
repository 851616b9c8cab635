/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_jobs.h"

#include <stdlib.h>

#define JOBS_MOST 2000u

/* ---- pools */

static int ascending(const void *left, const void *right)
{
    const int64_t l = *(const int64_t *)left, r = *(const int64_t *)right;
    return (l > r) - (l < r);
}

static int32_t take_members(const struct asking *a, struct json_object *pool, struct job_pool *into)
{
    struct json_object *members = member_of(pool, "members");
    const size_t count =
        json_object_is_type(members, json_type_array) ? json_object_array_length(members) : 0;
    int64_t *vmids = a->host->alloc(a->call, (count + 1) * sizeof(*vmids));
    if (!vmids)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *vmid = member_text(json_object_array_get_idx(members, i), "vmid");
        if (vmid)
            vmids[into->count++] = (int64_t)digits_of(vmid, 999999999);
    }
    qsort(vmids, into->count, sizeof(*vmids), ascending);
    into->vmids = vmids;
    return PROXIMO_OK;
}

static int32_t read_pool(const struct asking *a, struct backup_jobs *jobs, const char *poolid)
{
    for (uint32_t i = 0; i < jobs->pool_count; i++) {
        if (strcmp(jobs->pools[i].poolid, poolid) == 0)
            return PROXIMO_OK;
    }
    if (jobs->pool_count == JOB_POOLS_MOST)
        return PROXIMO_OK; /* its job's guests stay unknown */
    const char *path = ask_text(a, "/pool/%s", poolid), *name = ask_text(a, "%s", poolid);
    if (!path || !name)
        return PROXIMO_ENOMEM;
    const struct proximo_need need[] = {NEED(path, "Pool.Audit")};
    const struct proximo_field field = FIELD("poolid", poolid);
    const struct proximo_get get = {ROW(proximo_get), .path = "/pools", .fields = &field, .field_count = 1,
                                    .needs = ROWS(need, 1)};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    struct job_pool *into = &jobs->pools[jobs->pool_count++];
    struct json_object *pool =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_get_idx(looked.data, 0) : NULL;
    *into = (struct job_pool){.poolid = name, .read = pool && looked.complete};
    r = take_members(a, pool, into);
    json_object_put(looked.data);
    return r;
}

/* ---- retention */

const char *prune_text(const struct asking *a, struct json_object *value)
{
    static const char *const keys[] = {"keep-all",    "keep-last",    "keep-hourly", "keep-daily",
                                       "keep-weekly", "keep-monthly", "keep-yearly"};
    const char *text = NULL;
    if (json_object_is_type(value, json_type_string))
        return *json_object_get_string(value) ? ask_text(a, "%s", json_object_get_string(value)) : NULL;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *count = member_text(value, keys[i]);
        if (count)
            text = ask_text(a, "%s%s%s=%s", text ? text : "", text ? "," : "", keys[i],
                            strcmp(count, "true") == 0 ? "1" : count);
    }
    return text;
}

/* ---- jobs */

static const char *kept(const struct asking *a, struct json_object *job, const char *key)
{
    const char *text = member_text(job, key);
    return text && *text ? ask_text(a, "%s", text) : NULL;
}

int32_t backup_job_of(const struct asking *a, struct backup_jobs *jobs, struct json_object *job,
                      struct backup_job *ret)
{
    const char *pool = kept(a, job, "pool"), *remove = member_text(job, "remove");
    const char *files = member_text(job, "maxfiles"); /* Proxmox VE 8: so many are kept, 0: all */
    int32_t r = pool ? read_pool(a, jobs, pool) : PROXIMO_OK;
    *ret = (struct backup_job){.json = job,
                               .storage = kept(a, job, "storage"),
                               .schedule = kept(a, job, "schedule"),
                               .mode = kept(a, job, "mode"),
                               .prune = prune_text(a, member_of(job, "prune-backups")),
                               .prunes = !remove || member_true(job, "remove")};
    if (!ret->prune && files && digits_of(files, 100000))
        ret->prune = ask_text(a, "keep-last=%u", (unsigned)digits_of(files, 100000));
    return r == PROXIMO_OK ? job_pick(a, job, jobs->pools, jobs->pool_count, &ret->pick) : r;
}

int32_t backup_jobs_read(const struct asking *a, struct backup_jobs *ret)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/backup",
                                    .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    *ret = (struct backup_jobs){0};
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    ret->list = looked.data;
    ret->pools = a->host->alloc(a->call, JOB_POOLS_MOST * sizeof(*ret->pools));
    if (!ret->pools)
        return PROXIMO_ENOMEM;
    if (!json_object_is_type(looked.data, json_type_array)) {
        ret->why = looked.why ? looked.why : "the list of backup jobs is none";
        return PROXIMO_OK;
    }
    size_t count = json_object_array_length(looked.data);
    if (count > JOBS_MOST) {
        ret->why = "there are more backup jobs than are looked at";
        count = JOBS_MOST;
    }
    ret->rows = a->host->alloc(a->call, (count + 1) * sizeof(*ret->rows));
    for (size_t i = 0; r == PROXIMO_OK && ret->rows && i < count; i++)
        r = backup_job_of(a, ret, json_object_array_get_idx(looked.data, i), &ret->rows[ret->count++]);
    return ret->rows ? r : PROXIMO_ENOMEM;
}

void backup_jobs_done(struct backup_jobs *jobs)
{
    json_object_put(jobs->list);
}

const struct backup_job *backup_jobs_find(const struct backup_jobs *jobs, const char *id)
{
    for (uint32_t i = 0; i < jobs->count; i++) {
        if (strcmp(jobs->rows[i].pick.id, id) == 0)
            return &jobs->rows[i];
    }
    return NULL;
}
