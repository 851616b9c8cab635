/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health: what works on the backups by itself: jobs, how they ended, what none of them reaches, failed
 * tasks. Sources: GET /admin/prune, /admin/verify, /admin/sync, /config/datastore, /nodes/localhost/tasks.
 */
#include <math.h>

#include "health.h"
#include "jobs.h"

#define TASKS_MOST "1000"

static const struct kind {
    const char *type, *path, *words;
} kinds[] = {
    {"prune", "/admin/prune", "prune job"},
    {"verify", "/admin/verify", "verification job"},
    {"sync", "/admin/sync", "sync job"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- jobs */

static void suggest_job(struct health *h, const struct kind *kind, const char *id)
{
    findings_only_argument(&h->d.found, "type", kind->type);
    findings_argument(&h->d.found, "id", id);
}

static void judge_job(struct health *h, const struct kind *kind, struct json_object *job)
{
    const char *id = member_text(job, "id"), *state = member_text(job, "last-run-state"),
               *upid = member_text(job, "last-run-upid"), *schedule = member_text(job, "schedule"),
               *store = member_text(job, "store");
    const bool off = member_true(job, "disable"), ran = upid || state, scheduled = schedule && *schedule;
    if (!id)
        return;
    const char *what = health_text(h, "%s %.60s", kind->words, id);
    const char *where =
        job_where(&h->d.ask, store ? store : "?", member_text(job, "ns") ? member_text(job, "ns") : "");
    const char *outcome = pbs_outcome(state ? state : ran ? NULL : "");
    if (ran && (strcmp(outcome, "error") == 0 || strcmp(outcome, "unknown") == 0)) {
        findings_state(&h->d.found, PBS_JOB_FAILED, what, 0, "on %.100s at %s it ended with \"%.300s\"",
                       where ? where : "?", time_text(&h->d.ask, integer_of(job, "last-run-endtime")), state);
        findings_only_argument(&h->d.found, "upid", upid);
    }
    /* A removable datastore's job may begin when that is mounted. */
    if (off || (!scheduled && !member_true(job, "run-on-mount"))) {
        findings_state(&h->d.found, PBS_JOB_OFF, what, 0, "on %.100s: %s", where ? where : "?",
                       off ? "it is disabled" : "it has no schedule");
        suggest_job(h, kind, id);
    } else if (!ran && scheduled) {
        findings_state(&h->d.found, PBS_JOB_NEVER, what, 0, "on %.100s; schedule %.60s, next %s",
                       where ? where : "?", schedule, time_text(&h->d.ask, integer_of(job, "next-run")));
        suggest_job(h, kind, id);
    }
}

/* ---- what nothing reaches */

struct care {
    struct json_object *jobs[KINDS]; /* NULL: not read */
    struct json_object *configs;
};

/* Namespaces with backups that no job of the kind works on. */
static void judge_care(struct health *h, const struct care *care, size_t k, uint32_t check,
                       struct json_object *config)
{
    const char *store = member_text(config, "name");
    struct name_list left = {0};
    char names[500];
    uint32_t with = 0;
    for (uint32_t i = 0; i < h->contents.space_count; i++) {
        const struct health_space *space = &h->contents.spaces[i];
        bool reached = false;
        if (space->site || !space->count || strcmp(space->store, store) != 0)
            continue;
        with++;
        for (size_t j = 0; j < json_object_array_length(care->jobs[k]) && !reached; j++) {
            struct json_object *job = json_object_array_get_idx(care->jobs[k], j);
            const struct job_place place = job_place_of(job);
            reached = job_is_on(job, kinds[k].type) && job_place_has(&place, space->store, space->ns);
        }
        if (!reached)
            names_add(&left, "%.60s", *space->ns ? space->ns : "the root namespace");
    }
    names_text(&left, names, sizeof(names));
    if (findings_measure(&h->d.found, check, health_text(h, "datastore %.60s", store), left.count,
                         "of %u namespaces with backups: %s%s", with, names,
                         h->d.found.failed[FROM_PBS_JOBS] ? "; a job that this token does not see may do it"
                                                          : ""))
        findings_only_argument(&h->d.found, "store", store);
}

static void judge_config(struct health *h, const struct care *care, struct json_object *config)
{
    const char *store = member_text(config, "name"), *gc = member_text(config, "gc-schedule"),
               *prune = member_text(config, "prune-schedule");
    if (!gc || !*gc) {
        findings_state(&h->d.found, PBS_NO_GC, health_text(h, "datastore %.60s", store), 0,
                       "what is deleted there is never freed");
        findings_only_argument(&h->d.found, "store", store);
    }
    if (care->jobs[0] && !(prune && *prune && job_keeps_any(config)))
        judge_care(h, care, 0, PBS_NO_PRUNE, config);
    if (care->jobs[1] && !member_true(config, "verify-new"))
        judge_care(h, care, 1, PBS_NO_VERIFY, config);
}

static int32_t look(struct health *h, struct care *care)
{
    int32_t r = PROXIMO_OK;
    for (size_t k = 0; r == PROXIMO_OK && k < KINDS; k++) {
        const bool sync = strcmp(kinds[k].type, "sync") == 0;
        r = health_list(h, FROM_PBS_JOBS, kinds[k].path,
                        sync ? "Datastore.Audit" : "Datastore.Audit|Datastore.Verify", sync, &care->jobs[k]);
        for (size_t i = 0; r == PROXIMO_OK && care->jobs[k] && i < json_object_array_length(care->jobs[k]);
             i++) {
            struct json_object *job = json_object_array_get_idx(care->jobs[k], i);
            if (health_wants(h, job, "store"))
                judge_job(h, &kinds[k], job);
        }
    }
    if (r == PROXIMO_OK)
        r = health_list(h, FROM_PBS_CONFIG, "/config/datastore", "Datastore.Audit", false, &care->configs);
    return r;
}

int32_t health_judge_jobs(struct health *h)
{
    struct care care = {{0}, NULL};
    int32_t r = look(h, &care);
    for (size_t i = 0; r == PROXIMO_OK && care.configs && i < json_object_array_length(care.configs); i++) {
        struct json_object *config = json_object_array_get_idx(care.configs, i);
        if (health_wants(h, config, "name"))
            judge_config(h, &care, config);
    }
    if (care.configs && care.jobs[0] && care.jobs[1])
        findings_read(&h->d.found, FROM_PBS_CARE);
    else if (r == PROXIMO_OK)
        findings_unread(&h->d.found, FROM_PBS_CARE, NULL,
                        "the settings of the datastores or the jobs could not be read");
    /* A job, a setting or a namespace that is not seen may be the one that is missed. */
    if (h->d.found.failed[FROM_PBS_JOBS] || h->d.found.failed[FROM_PBS_CONFIG] ||
        h->d.found.failed[FROM_PBS_SNAPSHOTS] || h->d.found.failed[FROM_PBS_SPACES])
        h->d.found.failed[FROM_PBS_CARE] = 1;
    for (size_t k = 0; k < KINDS; k++)
        json_object_put(care.jobs[k]);
    json_object_put(care.configs);
    return r;
}

/* ---- tasks */

/* judge_tasks() goes by the names that Proxmox VE has. */
static int32_t rename_rows(struct json_object *list)
{
    static const char *const names[][2] = {{"worker_type", "type"}, {"worker_id", "id"}};
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *task = json_object_array_get_idx(list, i);
        for (size_t k = 0; k < 2 && json_object_is_type(task, json_type_object); k++) {
            struct json_object *value = member_of(task, names[k][0]);
            if (value && json_object_object_add(task, names[k][1], json_object_get(value)) < 0)
                return PROXIMO_ENOMEM;
        }
    }
    return PROXIMO_OK;
}

/* Tasks of the last day that failed, and the backups that are being made. */
int32_t health_judge_tasks(struct health *h)
{
    static const struct proximo_need need[] = {NEED("/system/tasks", "Sys.Audit")};
    static const char missing[] = "this token sees only its own tasks and those that it could have started";
    const int64_t since = h->d.now - DAY_S;
    const struct proximo_field failed[] = {FIELD("errors", "1"), FIELD("limit", TASKS_MOST),
                                           FIELD("since", health_text(h, "%lld", (long long)since)),
                                           FIELD("store", h->store)},
                               running[] = {FIELD("running", "1"), FIELD("typefilter", "backup"),
                                            FIELD("limit", TASKS_MOST)};
    const struct proximo_get gets[] = {
        {ROW(proximo_get), .path = "/nodes/" PBS_NODE "/tasks", .fields = failed,
         .field_count = h->store ? 4 : 3, .needs = ONE_NEED(need)},
        {ROW(proximo_get), .path = "/nodes/" PBS_NODE "/tasks", .fields = running, .field_count = 3,
         .needs = ONE_NEED(need)},
    };
    static const uint32_t sources[] = {FROM_PBS_TASKS, FROM_PBS_RUNNING};
    struct looked looked[2];
    int32_t r = health_look(h, gets, 2, looked);
    for (uint32_t i = 0; r == PROXIMO_OK && i < 2; i++) {
        if (!json_object_is_type(looked[i].data, json_type_array)) {
            findings_unread(&h->d.found, sources[i], NULL, looked[i].why);
            continue;
        }
        findings_read(&h->d.found, sources[i]);
        if (!looked[i].complete ||
            json_object_array_length(looked[i].data) >= digits_of(TASKS_MOST, UINT32_MAX))
            findings_unread(&h->d.found, sources[i], NULL,
                            looked[i].complete ? "there are more than are looked at" : missing);
    }
    if (r == PROXIMO_OK && json_object_is_type(looked[0].data, json_type_array)) {
        r = rename_rows(looked[0].data);
        if (r == PROXIMO_OK)
            judge_tasks(&h->d, PBS_TASK_FAILED, FROM_PBS_TASKS, looked[0].data, since);
    }
    if (json_object_is_type(looked[1].data, json_type_array))
        h->running = json_object_get(looked[1].data);
    json_object_put(looked[0].data);
    json_object_put(looked[1].data);
    return r;
}
