/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, changing and removing sync jobs. Sources: /config/sync, /config/sync/{id}. */
#include "jobs.h"

/* clang-format off */
#define VALUES                                                                                               \
    NS_PARAM, JOB_DEPTH_PARAM,                                                                               \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "remote", .format = "safeid", .maximum = 32,                  \
          .description = "Remote, as pbs_remotes_list has it; absent: a datastore of this server."),         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "remote_ns", .format = "namespace",                           \
          .description = "Namespace there; absent: the root namespace."),                                    \
    JOB_TEXT("schedule", "When: \"daily\", \"sat 03:00\" (a calendar event); absent: only by hand."),        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "owner", .maximum = 64,                                       \
          .description = "User or token that owns the copies; absent: root@pam."),                           \
    JOB_FLAG("remove_vanished", "true: what is gone at the source is removed in the copy as well."),         \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "group_filter",                                              \
          .description = "Only these: \"type:vm\", \"group:vm/100\", \"regex:...\", \"exclude:type:host\"."),\
    JOB_NUMBER("transfer_last", 1, 100000, "Only the newest so many of each group."),                        \
    JOB_FLAG("encrypted_only", "true: only encrypted backups."),                                             \
    JOB_FLAG("verified_only", "true: only verified backups."),                                               \
    JOB_FLAG("resync_corrupt", "true: copies that failed verification are fetched again."),                  \
    JOB_TEXT("rate_in", "Limit of traffic in, such as \"10 MB\" a second."),                                 \
    JOB_TEXT("rate_out", "Limit of traffic out."),                                                           \
    JOB_TEXT("comment", "A note kept with the job."),                                                        \
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",                                                    \
          .description = "Further options by their API names: burst-in, burst-out, run-on-mount, "           \
                         "unmount-on-done, worker-threads, active-encryption-key.")
/* clang-format on */

static const struct proximo_param create_params[] = {
    NEW_JOB_ID_PARAM,
    JOB_STORE_PARAM(PROXIMO_PARAM_REQUIRED, "Datastore of this server: the target, or the source of a push."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "remote_store", .format = "safeid",
          .flags = PROXIMO_PARAM_REQUIRED, .maximum = 32, .description = "Datastore at the other end."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "sync_direction", .choices = "pull,push",
          .description = "pull (absent): from there to here; push: from here to there."),
    VALUES};
static const struct proximo_param update_params[] = {
    JOB_ID_PARAM, JOB_STORE_PARAM(0, "Datastore of this server."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "remote_store", .format = "safeid", .maximum = 32,
          .description = "Datastore at the other end."),
    VALUES, JOB_DELETE_PARAM};
static const struct proximo_param delete_params[] = {JOB_ID_PARAM};

static const struct config_key keys[] = {
    {.name = "store"},
    {.name = "ns"},
    {.name = "max-depth"},
    {.name = "remote"},
    {.name = "remote-store"},
    {.name = "remote-ns"},
    {.name = "sync-direction", .flags = CONFIG_CREATE_ONLY, .absent = "pull"},
    {.name = "schedule"},
    {.name = "owner"},
    {.name = "remove-vanished", .absent = "0"},
    {.name = "group-filter", .flags = CONFIG_REPEAT},
    {.name = "transfer-last"},
    {.name = "encrypted-only", .absent = "0"},
    {.name = "verified-only", .absent = "0"},
    {.name = "resync-corrupt", .absent = "0"},
    {.name = "rate-in"},
    {.name = "rate-out"},
    {.name = "burst-in"},
    {.name = "burst-out"},
    {.name = "run-on-mount", .absent = "0"},
    {.name = "unmount-on-done", .absent = "0"},
    {.name = "worker-threads", .absent = "1"},
    {.name = "active-encryption-key"},
    {.name = "associated-key", .flags = CONFIG_REPEAT},
    {.name = "comment"},
};

static const char *after_or(const struct config_change *c, const char *key, const char *absent)
{
    const char *value = config_after(c, key);
    return value ? value : absent;
}

static int32_t may_far(const struct config_change *c, bool push)
{
    const struct proximo_need need =
        job_far_need(&c->ask, push, config_after(c, "remote"), after_or(c, "remote-store", ""),
                     after_or(c, "remote-ns", ""));
    return ask_privilege(&c->ask, need.path, need.privilege, "%s \"%s\" needs %s on %s", c->kind->what, c->id,
                         need.privilege, need.path ? need.path : "the other end");
}

static int32_t check(struct config_change *c)
{
    static const char *const details[][2] = {{"remote", "remote"},
                                             {"remote-store", "remote-store"},
                                             {"remove-vanished", "remove-vanished"},
                                             {"sync-direction", "sync-direction"}};
    const bool push = strcmp(after_or(c, "sync-direction", "pull"), "push") == 0;
    const bool vanish = strcmp(after_or(c, "remove-vanished", "0"), "1") == 0 ||
                        strcmp(after_or(c, "remove-vanished", "0"), "true") == 0;
    int32_t r = job_may(c, push ? "Datastore.Read|Datastore.Backup" : "Datastore.Backup");
    if (r == PROXIMO_OK && vanish && !push)
        r = job_may(c, "Datastore.Prune");
    if (r == PROXIMO_OK)
        r = may_far(c, push);
    if (r == PROXIMO_OK && c->verb != CONFIG_DELETE && vanish)
        r = c->ask.host->risk(
            c->ask.call, PROXIMO_RISK_HIGH,
            "remove_vanished is on: what is lost or deleted at the source is removed in the "
            "copy as well");
    if (r == PROXIMO_OK)
        r = job_detail(c, "store", config_after(c, "store"));
    if (r == PROXIMO_OK)
        r = job_detail(c, "ns", config_after(c, "ns"));
    for (size_t i = 0; r == PROXIMO_OK && i < 4; i++)
        r = job_detail(c, details[i][0], config_after(c, details[i][1]));
    return r;
}

static const struct config_kind kind = {
    .what = "sync job",
    .subject = "sync-job",
    .subject_member = "id",
    .id = "id",
    .list = "/config/sync",
    .list_query = {ROW(proximo_field), .name = "sync-direction", .value = "all"},
    .one = "/config/sync/{id}",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
    .classes = {"pbs.job.sync-create", "pbs.job.sync-update", "pbs.job.sync-delete"},
    .check = check,
};
CONFIG_FUNCTIONS(create, &kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(update, &kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(delete, &kind, CONFIG_DELETE)

/* ---- blast */

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    return job_tell_sync(&a, subject);
}

static int32_t blast_gone(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const struct job_place place = job_place_of(subject);
    const bool push = member_is(subject, "sync-direction", "push");
    const char *remote = member_text(subject, "remote"), *far = member_text(subject, "remote-store");
    const char *there = ask_text(&a, "datastore %s%s%s", far ? far : "?", remote ? " of " : " of this server",
                                 remote ? remote : "");
    const char *here = job_where(&a, place.store, place.ns);
    if (!there || !here)
        return PROXIMO_ENOMEM;
    return tell_affected(&a, PROXIMO_RISK_MEDIUM, ask_text(&a, "datastore/%s", here), NULL,
                         push ? ask_text(&a, "new backups are no longer copied to %s", there)
                              : ask_text(&a, "gets no new copies from %s any more; those it has stay", there),
                         NULL);
}

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pbs_sync_job_create", .title = "Create a sync job",
     .description =
         "Creates a job that copies backups from another Backup Server or datastore, or to it. The "
         "plan names the groups in the target and, with remove_vanished, those it would remove. Undo "
         "removes the job; copies stay.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "pbs.job.sync-create",
     .subject = "sync-job/{id}", .plan = create_plan, .plan_undo = create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.job.sync-delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pbs_sync_job_update",
     .title = "Change a sync job",
     .description =
         "Changes what a sync job copies, where and when; what is not given stays. The plan names the "
         "groups in the target and, with remove_vanished, those it would remove. Undo writes the "
         "former values back.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "pbs.job.sync-update",
     .subject = "sync-job/{id}", .plan = update_plan, .plan_undo = update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pbs_sync_job_delete", .title = "Delete a sync job",
     .description =
         "Deletes a sync job; copies that were made stay, and no new ones come. Undo creates it again.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "pbs.job.sync-delete",
     .subject = "sync-job/{id}", .plan = delete_plan, .plan_undo = delete_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.job.sync-create"},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pbs.job.sync-create", .title = "create a sync job",
     .description = "Backups are copied on a schedule; some may be removed in the copy.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.job.sync-update", .title = "change a sync job",
     .description = "Other backups than before are copied or removed.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.job.sync-delete", .title = "remove a sync job",
     .description = "No new copies are made.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast_gone},
};

static const struct proximo_param scan_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .name = "name", .format = "safeid",
          .description = "The remote."),
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .name = "store", .format = "safeid",
          .description = "The datastore there."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "namespace", .format = "namespace",
          .description = "The namespace there."),
};
static const struct proximo_probe probes[] = {
    {ROW(proximo_probe), .name = PBS_SCAN_PROBE, .description = "Asks a remote for the groups that it has.",
     .method = "GET", .path = "/config/remote/{name}/scan/{store}/groups",
     .params = PROXIMO_TABLE(scan_params)},
};

const struct topic pbs_topic_job_sync = {
    .probes = PROXIMO_TABLE(probes),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
