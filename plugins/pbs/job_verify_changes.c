/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, changing and removing verification jobs. Sources: /config/verify, /config/verify/{id}. */
#include "jobs.h"

/* clang-format off */
#define VALUES                                                                                               \
    NS_PARAM, JOB_DEPTH_PARAM,                                                                               \
    JOB_TEXT("schedule", "When: \"daily\", \"sat 03:00\" (a calendar event); absent: only by hand."),        \
    JOB_FLAG("ignore_verified", "false: backups that were verified are verified again each time."),          \
    JOB_NUMBER("outdated_after", 0, 100000, "Days after which a verification is made again."),               \
    JOB_NUMBER("read_threads", 1, 32, "Threads that read."),                                                 \
    JOB_NUMBER("verify_threads", 1, 32, "Threads that compute."),                                            \
    JOB_TEXT("comment", "A note kept with the job.")
/* clang-format on */

static const struct proximo_param create_params[] = {
    NEW_JOB_ID_PARAM, JOB_STORE_PARAM(PROXIMO_PARAM_REQUIRED, "Datastore that is verified."), VALUES};
static const struct proximo_param update_params[] = {
    JOB_ID_PARAM, JOB_STORE_PARAM(0, "Datastore that is verified."), VALUES, JOB_DELETE_PARAM};
static const struct proximo_param delete_params[] = {JOB_ID_PARAM};

static const struct config_key keys[] = {
    {.name = "store"},
    {.name = "ns"},
    {.name = "max-depth", .absent = "7"},
    {.name = "schedule"},
    {.name = "ignore-verified", .absent = "1"},
    {.name = "outdated-after"},
    {.name = "read-threads", .absent = "1"},
    {.name = "verify-threads", .absent = "4"},
    {.name = "comment"},
};

static int32_t check(struct config_change *c)
{
    int32_t r = job_may(c, "Datastore.Verify");
    if (r == PROXIMO_OK)
        r = job_place_details(c);
    return r == PROXIMO_OK ? job_detail(c, "schedule", config_after(c, "schedule")) : r;
}

static const struct config_kind kind = {
    .what = "verification job",
    .subject = "verify-job",
    .subject_member = "id",
    .id = "id",
    .list = "/config/verify",
    .one = "/config/verify/{id}",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
    .classes = {"pbs.job.verify-create", "pbs.job.verify-update", "pbs.job.verify-delete"},
    .check = check,
};
CONFIG_FUNCTIONS(create, &kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(update, &kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(delete, &kind, CONFIG_DELETE)

/* ---- blast */

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json), *was DROP_JSON = NULL;
    const struct job_place after = job_place_of(subject);
    const char *id = member_text(subject, "id"), *schedule = member_text(subject, "schedule");
    const char *where = job_where(&a, after.store, after.ns);
    if (!id || !where)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject has no id");
    int32_t r = job_look(&a, "verify", id, &was);
    const struct job_place before = job_place_of(was);
    if (r == PROXIMO_OK && was)
        r = schedule ? job_tell_reach(&a, "verify", id, &before, &after)
                     : job_tell_left(&a, "verify", id, &before);
    if (r < 0)
        return r;
    return tell_affected(&a, PROXIMO_RISK_LOW, ask_text(&a, "datastore/%s", where), NULL,
                         schedule ? "is verified by this job: its disks are read while it runs"
                                  : "is verified by this job when somebody runs it: it has no schedule",
                         NULL);
}

static int32_t blast_gone(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const struct job_place place = job_place_of(subject);
    return job_tell_left(&a, "verify", member_text(subject, "id"), &place);
}

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pbs_verify_job_create", .title = "Create a verification job",
     .description =
         "Creates a job that reads the backups of a datastore or namespace on a schedule and marks "
         "those that are damaged. Undo removes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "pbs.job.verify-create",
     .subject = "verify-job/{id}", .plan = create_plan, .plan_undo = create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.job.verify-delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pbs_verify_job_update",
     .title = "Change a verification job",
     .description = "Changes what a verification job reads, and when; what is not given stays. The plan says "
                    "what nobody verifies any more. Undo writes the former values back.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "pbs.job.verify-update",
     .subject = "verify-job/{id}", .plan = update_plan, .plan_undo = update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pbs_verify_job_delete", .title = "Delete a verification job",
     .description =
         "Deletes a verification job; what was verified stays marked. The plan says whether anything "
         "else verifies there. Undo creates it again.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "pbs.job.verify-delete",
     .subject = "verify-job/{id}", .plan = delete_plan, .plan_undo = delete_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.job.verify-create"},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pbs.job.verify-create", .title = "create a verification job",
     .description = "Backups are read on a schedule.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.job.verify-update", .title = "change a verification job",
     .description = "Backups may no longer be verified.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.job.verify-delete", .title = "remove a verification job",
     .description = "Damage to backups may not be noticed.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast_gone},
};

const struct topic pbs_topic_job_verify = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
