/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that change datastores, and the tasks that keep them in order. */
#include "../common/config_object.h"
#include "changes.h"
#include "ties.h"

/* ---- pbs_datastore_update: PUT /config/datastore/{name} */

static const struct config_key keys[] = {
    {.name = "comment"},
    {.name = "gc-schedule"},
    {.name = "gc-on-unmount", .absent = "0"},
    {.name = "notification-mode"},
    {.name = "notify"},
    {.name = "notify-user"},
    {.name = "verify-new", .absent = "0"},
    {.name = "maintenance-mode"},
    {.name = "tuning"},
    {.name = "notification-thresholds"},
    {.name = "counter-reset-schedule"},
};
static const char *const shown[] = {"name",         "path",        "backend",        "backing-device",
                                    "keep-last",    "keep-daily",  "keep-hourly",    "keep-weekly",
                                    "keep-monthly", "keep-yearly", "prune-schedule", NULL};
static const struct proximo_need config_needs[] = {NEED("/datastore/{store}", "Datastore.Audit")};

static int32_t check(struct config_change *c)
{
    const struct asking *a = &c->ask;
    const struct config_edit *mode = config_edited(c, "maintenance-mode"),
                             *gc = config_edited(c, "gc-schedule"), *tuning = config_edited(c, "tuning");
    const char *acl = ask_text(a, "/datastore/%s", c->id);
    int32_t r =
        ask_privilege(a, acl, "Datastore.Modify", "to change a datastore needs Datastore.Modify on %s", acl);
    c->subject_details = json_object_new_object();
    if (c->subject_details && mode)
        json_object_object_add(c->subject_details, "maintenance",
                               json_object_new_string(mode->to ? mode->to : "none"));
    if (c->subject_details && gc)
        json_object_object_add(c->subject_details, "gc", json_object_new_string(gc->to ? gc->to : "never"));
    if (r == PROXIMO_OK && mode && mode->to)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "under maintenance backups to this datastore fail, and offline restores as well");
    if (r == PROXIMO_OK && gc && !gc->to)
        r = a->host->risk(
            a->call, PROXIMO_RISK_MEDIUM,
            "without a schedule garbage collection never runs by itself, and the datastore fills up");
    if (r == PROXIMO_OK && tuning)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "tuning says how safely data is written and what garbage collection spares");
    return r;
}

static const struct config_kind kind = {
    .what = "datastore",
    .subject = "datastore",
    .subject_member = "store",
    .id = "store",
    .list = "/config/datastore",
    .one = "/config/datastore/{store}",
    .flags = CONFIG_DIGEST,
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
    .shown = shown,
    .needs = PROXIMO_TABLE(config_needs),
    .classes = {"pbs.datastore.create", "pbs.datastore.update", "pbs.datastore.delete"},
    .check = check,
};
CONFIG_FUNCTIONS(update, &kind, CONFIG_UPDATE)

/* Also for the way back, whose subject says what comes. */
int32_t pbs_blast_datastore_update(void *instance, struct proximo_call *call,
                                   struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *mode = member_text(subject, "maintenance"), *gc = member_text(subject, "gc");
    struct pbs_place at;
    int32_t r = place_of_subject(&a, subject, &at);
    if (r < 0)
        return r;
    const char *resource = ask_text(&a, "datastore/%s", at.store);
    const bool closes = mode && strcmp(mode, "none") != 0;
    if (!mode && !gc)
        return tell_affected(&a, PROXIMO_RISK_LOW, resource, NULL, "has other options; its backups stay",
                             NULL);
    if (gc)
        r = tell_affected(&a, PROXIMO_RISK_MEDIUM, resource, NULL,
                          ask_text(&a, "garbage collection runs: %s", gc), NULL);
    if (r == PROXIMO_OK && mode)
        r = tell_affected(
            &a, closes ? PROXIMO_RISK_HIGH : PROXIMO_RISK_LOW, resource, NULL,
            closes ? ask_text(&a,
                              "is under maintenance (%.200s): backups to it fail, and all access if "
                              "it is offline",
                              mode)
                   : "is no longer under maintenance: backups, prunes and deletions are possible again",
            NULL);
    return r == PROXIMO_OK && closes ? ties_tell(&at, TIES_BUSY | TIES_ALL | TIES_KEPT) : r;
}

/* ---- parameters */

#define TEXT(argument, api, words)                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = (argument), .api_name = (api), .description = (words))
#define FLAG(argument, api, words)                                                                           \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = (argument), .api_name = (api), .description = (words))
#define SCHEDULE                                                                                             \
    TEXT("gc_schedule", "gc-schedule", "When garbage collection runs, a calendar event: daily, sat 03:00.")
#define MODE                                                                                                 \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "notification_mode", .api_name = "notification-mode",         \
          .choices = "legacy-sendmail,notification-system", .description = "Which way notifications go.")
#define TUNING                                                                                               \
    TEXT("tuning", "tuning", "Tuning options: chunk-order=inode,sync-level=filesystem,gc-atime-cutoff=1445.")

static const struct proximo_param store_params[] = {AT_STORE};
static const struct proximo_param verify_params[] = {AT_STORE, AT_NS, AT_TYPE(0), AT_ID(0)};
static const struct proximo_param create_params[] = {
    AT_STORE,
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .name = "path", .maximum = 4096,
          .description = "Absolute folder on the Backup Server."),
    TEXT("comment", NULL, "Words about it."),
    SCHEDULE,
    MODE,
    FLAG("verify_new", "verify-new", "Verify each backup when it is finished."),
    TUNING,
    FLAG("reuse_datastore", "reuse-datastore",
         "true: there is a datastore at this path already; take it over."),
};
static const struct proximo_param update_params[] = {
    AT_STORE,
    TEXT("comment", NULL, "Words about it."),
    SCHEDULE,
    MODE,
    FLAG("verify_new", "verify-new", "Verify each backup when it is finished."),
    TEXT("maintenance_mode", "maintenance-mode", "type=read-only or type=offline, with message=\"WORDS\"."),
    TUNING,
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",
          .description = "Further options by the API's names: gc-on-unmount, notify, notify-user ..."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Options to remove, by the API's names."),
};
static const struct proximo_param delete_params[] = {
    AT_STORE,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "destroy_data", .api_name = "destroy-data",
          .default_json = "false",
          .description = "true: every backup in it is destroyed; false: the data stays."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "keep_job_configs", .api_name = "keep-job-configs",
          .default_json = "false", .description = "true: its jobs and access entries stay configured."),
};

static const struct proximo_need modify[] = {NEED("/datastore/{store}", "Datastore.Modify")};
static const struct proximo_need verify_needs[] = {
    NEED("/datastore/{store}/{ns?}", "Datastore.Verify|Datastore.Backup")};
static const struct proximo_need allocate_all[] = {NEED("/datastore", "Datastore.Allocate")};
static const struct proximo_need allocate[] = {NEED("/datastore/{store}", "Datastore.Allocate")};

#define CHANGE(tool, words, class_name, http, api)                                                           \
    ROW(proximo_change), .name = (tool), .title = (words), .operation_class = (class_name),                  \
                         .subject = "datastore/{store}", .method = (http), .path = (api)

static const struct proximo_change changes[] = {
    {CHANGE("pbs_gc_start", "Start garbage collection", "pbs.gc", "POST", PBS_STORE_PATH "/gc"),
     .description =
         "Removes what no backup uses any more from a datastore (garbage collection), as a task that is "
         "followed. Only this gives the space of deleted backups back. What it removes is gone: no undo. "
         "The plan says what waits, and who is at work there.",
     .params = PROXIMO_TABLE(store_params), .needs = PROXIMO_TABLE(modify), .plan = pbs_plan_gc,
     .undo_kind = PROXIMO_UNDO_NONE},
    {CHANGE("pbs_verify_start", "Start a verification", "pbs.verify", "POST", PBS_STORE_PATH "/verify"),
     .description =
         "Starts a verification of the backups of a datastore, of a namespace with all below it, or of one "
         "group, as a task that is followed. Backups that are verified already are left out. It reads "
         "only, so there is nothing to undo.",
     .params = PROXIMO_TABLE(verify_params), .needs = PROXIMO_TABLE(verify_needs), .plan = pbs_plan_verify,
     .undo_kind = PROXIMO_UNDO_NONE},
    {CHANGE("pbs_datastore_create", "Create a datastore", "pbs.datastore.create", "POST",
            "/config/datastore"),
     .description =
         "Creates a datastore in a folder of the Backup Server, or with reuse_datastore takes over one that "
         "is there. Undo takes it out of the configuration; its data stays in the folder.",
     .params = PROXIMO_TABLE(create_params), .needs = PROXIMO_TABLE(allocate_all),
     .plan = pbs_plan_datastore_create, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .undo_class = "pbs.datastore.delete"},
    {CHANGE("pbs_datastore_update", "Change a datastore", "pbs.datastore.update", "PUT",
            "/config/datastore/{store}"),
     .description =
         "Changes options of a datastore: comment, garbage collection, verification, notifications, "
         "maintenance, tuning. The plan shows each value before and after, and whom a maintenance mode "
         "stops. Undo brings the old values back.",
     .params = PROXIMO_TABLE(update_params), .needs = PROXIMO_TABLE(modify), .plan = update_plan,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .plan_undo = update_undo},
    {CHANGE("pbs_datastore_delete", "Remove a datastore", "pbs.datastore.delete", "DELETE",
            "/config/datastore/{store}"),
     .description =
         "Removes a datastore from the configuration, and with destroy_data all its backups for good, "
         "protected ones too. Its jobs and access entries go as well unless keep_job_configs. The plan names "
         "what dies, what is out of reach, and every job. No undo.",
     .params = PROXIMO_TABLE(delete_params), .needs = PROXIMO_TABLE(allocate),
     .plan = pbs_plan_datastore_delete, .undo_kind = PROXIMO_UNDO_NONE},
};

#define STORE_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"datastore\"},\"store\":{\"type\":"           \
    "\"string\"}},"                                                                                          \
    "\"required\":[\"kind\",\"store\"]}"
#define PLACE_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"enum\":[\"datastore\",\"namespace\",\"backup-group\"]" \
    "},"                                                                                                     \
    "\"store\":{\"type\":\"string\"}},\"required\":[\"kind\",\"store\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pbs.gc", .title = "collect garbage",
     .description = "What no backup refers to is removed for good.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = STORE_SCHEMA,
     .blast = pbs_blast_gc},
    {ROW(proximo_class), .name = "pbs.verify", .title = "verify backups",
     .description = "Backups are read and checked.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = PLACE_SCHEMA, .blast = pbs_blast_verify},
    {ROW(proximo_class), .name = "pbs.datastore.create", .title = "create a datastore",
     .description = "A datastore more; nothing backs up to it yet.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = STORE_SCHEMA},
    {ROW(proximo_class), .name = "pbs.datastore.update", .title = "change a datastore",
     .description = "Other options; maintenance stops who uses it.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = STORE_SCHEMA, .blast = pbs_blast_datastore_update},
    {ROW(proximo_class), .name = "pbs.datastore.delete", .title = "remove a datastore",
     .description = "Its backups are out of reach; the data stays on the disks.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema = STORE_SCHEMA, .blast = pbs_blast_datastore_delete},
    {ROW(proximo_class), .name = "pbs.datastore.destroy", .title = "destroy a datastore",
     .description = "All its backups are destroyed.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = STORE_SCHEMA,
     .blast = pbs_blast_datastore_destroy},
};

const struct topic pbs_topic_datastore_changes = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
