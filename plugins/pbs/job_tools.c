/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prune, verify and sync jobs with how their last runs ended. Sources: GET /admin/prune, /admin/verify,
 * /admin/sync (state), /config/prune/{id} and so on (configuration).
 */
#include "pbs.h"

/* clang-format off */
#define JOB_COLUMNS                                                                                          \
    COLUMN(.name = "type"),                                                                                  \
    COLUMN(.name = "id"),                                                                                    \
    COLUMN(.name = "store"),                                                                                 \
    COLUMN(.name = "ns"),                                                                                    \
    COLUMN(.name = "max_depth", .from = "/max-depth"),                                                       \
    COLUMN(.name = "schedule"),                                                                              \
    COLUMN(.name = "disable"),                                                                               \
    COLUMN(.name = "outcome"),                                                                               \
    COLUMN(.name = "last_run_state", .from = "/last-run-state", UNTRUSTED),                                  \
    COLUMN(.name = "last_run_endtime", .from = "/last-run-endtime", .unit = "epoch"),                        \
    COLUMN(.name = "last_run_upid", .from = "/last-run-upid"),                                               \
    COLUMN(.name = "next_run", .from = "/next-run", .unit = "epoch"),                                        \
    COLUMN(.name = "comment", UNTRUSTED)
/* clang-format on */
static const struct proximo_column list_columns[] = {
    JOB_COLUMNS,
    COLUMN(.name = "keep_last", .from = "/keep-last", EXTRA),
    COLUMN(.name = "keep_hourly", .from = "/keep-hourly", EXTRA),
    COLUMN(.name = "keep_daily", .from = "/keep-daily", EXTRA),
    COLUMN(.name = "keep_weekly", .from = "/keep-weekly", EXTRA),
    COLUMN(.name = "keep_monthly", .from = "/keep-monthly", EXTRA),
    COLUMN(.name = "keep_yearly", .from = "/keep-yearly", EXTRA),
    COLUMN(.name = "remote"),
    COLUMN(.name = "remote_store", .from = "/remote-store"),
    COLUMN(.name = "sync_direction", .from = "/sync-direction"),
};
static const struct proximo_param list_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "type", .choices = "prune,verify,sync",
          .description = "Only jobs of this type."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "store", .format = "safeid", .maximum = 32,
          .description = "Only jobs of this datastore."),
    FILTER("outcome", .name = "outcome", .choices = "ok,warning,error,unknown,running,never",
           .description = "Only jobs whose last run ended so."),
};
static const struct proximo_param get_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "type", .flags = PROXIMO_PARAM_REQUIRED,
          .choices = "prune,verify,sync", .description = "Type of the job."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "id", .format = "safeid", .flags = PROXIMO_PARAM_REQUIRED,
          .maximum = 32, .description = "Id of the job; pbs_jobs_list names them."),
};

static const struct proximo_need see_all[] = {NEED("/datastore", "Datastore.Audit|Datastore.Verify")};
static const struct proximo_need see_one[] = {NEED("/datastore/{store}", "Datastore.Audit|Datastore.Verify")};
/* A sync job is shown to those who see both its ends. */
static const struct proximo_need see_syncs[] = {NEED("/datastore", "Datastore.Audit"),
                                                NEED("/remote", "Remote.Audit")};
static const struct proximo_need see_syncs_of[] = {NEED("/datastore/{store}", "Datastore.Audit"),
                                                   NEED("/remote", "Remote.Audit")};

/* What doctor and proximo_describe are told; the GETs below name the rest. */
static const struct proximo_need see_list[] = {
    NEED("/datastore/{store?}", "Datastore.Audit|Datastore.Verify")};

static const struct job_type {
    const char *name, *path;
    struct proximo_table all, one;
} types[] = {
    {"prune", "/admin/prune", PROXIMO_TABLE(see_all), PROXIMO_TABLE(see_one)},
    {"verify", "/admin/verify", PROXIMO_TABLE(see_all), PROXIMO_TABLE(see_one)},
    {"sync", "/admin/sync", PROXIMO_TABLE(see_syncs), PROXIMO_TABLE(see_syncs_of)},
};

/* The type and how its last run ended, added to a job of /admin. */
static int32_t job_add(struct json_object *job, const char *type)
{
    const char *state = member_text(job, "last-run-state");
    const char *outcome = member_text(job, "last-run-upid") || state ? pbs_outcome(state) : "never";
    int r = json_object_object_add(job, "type", json_object_new_string(type));
    r |= json_object_object_add(job, "outcome", json_object_new_string(outcome));
    return r == 0 ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* The jobs of one type. */
static int32_t look(const struct asking *a, const struct job_type *type, const char *store,
                    struct looked *ret)
{
    struct proximo_field fields[2];
    uint32_t count = 0;
    if (store)
        fields[count++] = FIELD("store", store);
    if (strcmp(type->name, "sync") == 0)
        fields[count++] = FIELD("sync-direction", "all");
    const struct proximo_get get = {ROW(proximo_get), .path = type->path, .fields = fields,
                                    .field_count = count, .needs = store ? type->one : type->all};
    return ask_look(a, &get, ret);
}

static int32_t take_jobs(const struct asking *a, const struct job_type *type, const struct looked *looked,
                         struct json_object *rows)
{
    if (!json_object_is_type(looked->data, json_type_array))
        return a->host->incomplete(a->call, ask_text(a, "the %s jobs", type->name), looked->why);
    for (size_t i = 0; i < json_object_array_length(looked->data); i++) {
        struct json_object *job = json_object_array_get_idx(looked->data, i);
        if (!json_object_is_type(job, json_type_object))
            continue;
        if (job_add(job, type->name) < 0 || json_object_array_add(rows, json_object_get(job)) < 0)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

static int32_t read_list(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *only = ask_argument(&a, "type"), *store = ask_argument(&a, "store");
    struct json_object *rows DROP_JSON = json_object_new_array();
    bool complete = true;
    int32_t r = PROXIMO_OK;

    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(types) / sizeof(types[0]); i++) {
        struct looked looked = {0};
        if (only && strcmp(only, types[i].name) != 0)
            continue;
        r = look(&a, &types[i], store, &looked);
        if (r == PROXIMO_OK)
            r = take_jobs(&a, &types[i], &looked, rows);
        complete = complete && looked.complete && looked.data;
        json_object_put(looked.data);
    }
    return r < 0 ? r : pbs_reply_rows(&a, json_object_get(rows), !complete, 0);
}

/* What the list of states says of this job; its members that the configuration lacks are added. */
static int32_t add_state(struct json_object *job, struct json_object *list, const char *type, const char *id)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (!member_is(row, "id", id))
            continue;
        json_object_object_foreach(row, name, value)
        {
            if (!json_object_object_get_ex(job, name, NULL) &&
                json_object_object_add(job, name, json_object_get(value)) < 0)
                return PROXIMO_ENOMEM;
        }
        return job_add(job, type);
    }
    return PROXIMO_OK;
}

static int32_t read_one(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *type = ask_argument(&a, "type"), *id = ask_argument(&a, "id");
    if (!type || !id)
        return PROXIMO_ENOMEM;
    const struct job_type *which = types;
    while (strcmp(which->name, type) != 0)
        which++;
    const struct proximo_field fields[] = {FIELD("type", type), FIELD("id", id)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/config/{type}/{id}", .fields = fields,
                                    .field_count = 2};
    struct json_object *job = NULL;
    struct looked states = {0};
    int32_t r = ask_get(&a, &get, json_type_object, &job);
    if (r == PROXIMO_OK)
        r = look(&a, which, member_text(job, "store"), &states);
    if (r == PROXIMO_OK && json_object_is_type(states.data, json_type_array))
        r = add_state(job, states.data, type, id);
    else if (r == PROXIMO_OK)
        r = a.host->incomplete(call, "how its last run ended", states.why);
    const bool complete = states.complete;
    json_object_put(states.data);
    if (r == PROXIMO_OK)
        r = pbs_untrusted(job, "comment", "last-run-state");
    if (r == PROXIMO_OK)
        return pbs_reply_object(&a, job, !complete, 0);
    json_object_put(job);
    return r;
}

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pbs_jobs_list", .title = "Prune, verify and sync jobs",
     .description = "Lists the prune, verify and sync jobs of a Backup Server with how the last run of each "
                    "ended and when it runs next. outcome is ok, warning, error, unknown, running or never. "
                    "Garbage collection is the datastore's own: pbs_gc_status.",
     .params = PROXIMO_TABLE(list_params), .columns = PROXIMO_TABLE(list_columns), .count_by = "outcome",
     .needs = PROXIMO_TABLE(see_list), .read = read_list},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pbs_job_get", .title = "One job",
     .description = "Shows all settings of one prune, verify or sync job, with how its last run ended.",
     .params = PROXIMO_TABLE(get_params), .needs = PROXIMO_TABLE(see_all), .read = read_one},
};

const struct topic pbs_topic_jobs = {
    .reads = PROXIMO_TABLE(reads),
};
