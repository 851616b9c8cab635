/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, changing and removing prune jobs. Sources: /config/prune, /config/prune/{id}. */
#include "jobs.h"
#include "prune.h"

/* clang-format off */
#define KEEPS                                                                                                \
    JOB_NUMBER("keep_last", 1, 100000, "Of each group the newest so many stay."),                            \
    JOB_NUMBER("keep_hourly", 1, 100000, "One for each of the last so many hours that have one."),           \
    JOB_NUMBER("keep_daily", 1, 100000, "One for each of the last so many days."),                           \
    JOB_NUMBER("keep_weekly", 1, 100000, "One for each of the last so many weeks."),                         \
    JOB_NUMBER("keep_monthly", 1, 100000, "One for each of the last so many months."),                       \
    JOB_NUMBER("keep_yearly", 1, 100000, "One for each of the last so many years.")
#define VALUES                                                                                               \
    NS_PARAM, JOB_DEPTH_PARAM, KEEPS,                                                                        \
    JOB_FLAG("disable", "true: it is kept, but its schedule does not run it."),                              \
    JOB_TEXT("comment", "A note kept with the job.")
/* clang-format on */

static const struct proximo_param create_params[] = {
    NEW_JOB_ID_PARAM, JOB_STORE_PARAM(PROXIMO_PARAM_REQUIRED, "Datastore that is pruned."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "schedule", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 128,
          .description = "When: \"daily\", \"02:30\", \"sat 03:00\" (a calendar event)."),
    VALUES};
static const struct proximo_param update_params[] = {
    JOB_ID_PARAM, JOB_STORE_PARAM(0, "Datastore that is pruned."),
    JOB_TEXT("schedule", "When: \"daily\", \"02:30\", \"sat 03:00\" (a calendar event)."), VALUES,
    JOB_DELETE_PARAM};
static const struct proximo_param delete_params[] = {JOB_ID_PARAM};

static const struct config_key keys[] = {
    {.name = "store"},
    {.name = "ns"},
    {.name = "max-depth"},
    {.name = "schedule"},
    {.name = "disable", .absent = "0"},
    {.name = "keep-last"},
    {.name = "keep-hourly"},
    {.name = "keep-daily"},
    {.name = "keep-weekly"},
    {.name = "keep-monthly"},
    {.name = "keep-yearly"},
    {.name = "comment"},
};

/* What will be kept, as one text. */
static const char *keep_after(const struct config_change *c)
{
    const char *keep[PBS_KEEPS];
    for (uint32_t i = 0; i < PBS_KEEPS; i++)
        keep[i] = config_after(c, pbs_keep_names[i]);
    return prune_keep_words(&c->ask, keep);
}

static int32_t check(struct config_change *c)
{
    int32_t r = job_may(c, "Datastore.Modify");
    if (r == PROXIMO_OK && c->verb != CONFIG_DELETE && !config_after(c, "schedule"))
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "a prune job always has a schedule; to stop it, set disable");
    if (r == PROXIMO_OK)
        r = job_place_details(c);
    if (r == PROXIMO_OK)
        r = job_detail(c, "keep", keep_after(c));
    return r == PROXIMO_OK ? job_detail(c, "disable", config_after(c, "disable")) : r;
}

static const struct config_kind kind = {
    .what = "prune job",
    .subject = "prune-job",
    .subject_member = "id",
    .id = "id",
    .list = "/config/prune",
    .one = "/config/prune/{id}",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
    .classes = {"pbs.job.prune-create", "pbs.job.prune-update", "pbs.job.prune-delete"},
    .check = check,
};
CONFIG_FUNCTIONS(create, &kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(update, &kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(delete, &kind, CONFIG_DELETE)

/* ---- blast */

/* What the job will remove at its next run, and where it prunes no more. */
static int32_t tell_job(const struct asking *a, struct json_object *subject)
{
    const struct job_place after = job_place_of(subject);
    const char *id = member_text(subject, "id"), *keep = member_text(subject, "keep");
    const bool off = member_true(subject, "disable");
    struct json_object *was DROP_JSON = NULL, *keeps DROP_JSON = NULL;
    if (!id)
        return a->host->fail(a->call, PROXIMO_EINVAL, "the subject has no id");
    int32_t r = job_look(a, "prune", id, &was);
    const struct job_place before = job_place_of(was);
    if (r == PROXIMO_OK && was)
        r = off ? job_tell_left(a, "prune", id, &before) : job_tell_reach(a, "prune", id, &before, &after);
    if (r < 0)
        return r;
    if (off)
        return tell_affected(a, PROXIMO_RISK_LOW, ask_text(a, "prune-job/%s", id), NULL,
                             "is disabled: its schedule removes nothing", NULL);
    keeps = job_keep_members(a, keep);
    return keeps ? job_tell_prune(a, &after, keeps) : PROXIMO_ENOMEM;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    return tell_job(&a, subject);
}

static int32_t blast_gone(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const struct job_place place = job_place_of(subject);
    return job_tell_left(&a, "prune", member_text(subject, "id"), &place);
}

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pbs_prune_job_create", .title = "Create a prune job",
     .description =
         "Creates a job that removes old backups from a datastore or namespace on a schedule. The "
         "plan names what its next run would remove, by the server's own dry run. Undo removes the "
         "job; backups that it removed do not come back.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "pbs.job.prune-create",
     .subject = "prune-job/{id}", .plan = create_plan, .plan_undo = create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.job.prune-delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pbs_prune_job_update",
     .title = "Change a prune job",
     .description = "Changes what a prune job keeps, where and when; what is not given stays. The plan names "
                    "what its next run would remove. Undo writes the former values back; backups removed "
                    "meanwhile do not come back.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "pbs.job.prune-update",
     .subject = "prune-job/{id}", .plan = update_plan, .plan_undo = update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pbs_prune_job_delete", .title = "Delete a prune job",
     .description = "Deletes a prune job; no backup is removed. The plan says whether anything else prunes "
                    "there: otherwise the datastore fills up. Undo creates the job again.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "pbs.job.prune-delete",
     .subject = "prune-job/{id}", .plan = delete_plan, .plan_undo = delete_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.job.prune-create"},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pbs.job.prune-create", .title = "create a prune job",
     .description = "Old backups are removed on a schedule.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.job.prune-update", .title = "change a prune job",
     .description = "Other backups than before are removed on a schedule.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.job.prune-delete", .title = "remove a prune job",
     .description = "Old backups stay.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast_gone},
};

const struct topic pbs_topic_job_prune = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
