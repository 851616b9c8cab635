/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that change what is in a datastore: backups, groups, namespaces. */
#include "changes.h"
#include "prune.h"

#define REQUIRED PROXIMO_PARAM_REQUIRED

/* ---- parameters */

#define KEEP(argument, api, words)                                                                           \
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = (argument), .api_name = (api), .minimum = 1,                 \
          .maximum = 1000000, .description = (words))
#define KEEPS                                                                                                \
    KEEP("keep_last", "keep-last", "How many of the newest backups stay."),                                  \
        KEEP("keep_hourly", "keep-hourly", "For how many hours with backups the newest of each stays."),     \
        KEEP("keep_daily", "keep-daily", "For how many days with backups the newest of each stays."),        \
        KEEP("keep_weekly", "keep-weekly", "For how many weeks with backups the newest of each stays."),     \
        KEEP("keep_monthly", "keep-monthly", "For how many months with backups the newest of each stays."),  \
        KEEP("keep_yearly", "keep-yearly", "For how many years with backups the newest of each stays.")
#define NOTES                                                                                                \
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = REQUIRED, .name = "notes", .format = "lines",                \
          .maximum = 8192, .description = "The new notes; lists show their first line. Empty: none.")

static const struct proximo_param prune_params[] = {
    AT_STORE,
    KEEPS,
    AT_NS,
    AT_TYPE(0),
    AT_ID(0),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .flags = PROXIMO_PARAM_NOT_SENT, .name = "dry_run",
          .default_json = "true", .description = "true: only say what would go; false: plan the prune."),
};
static const struct proximo_param simulate_params[] = {AT_STORE, KEEPS, AT_NS, AT_TYPE(0), AT_ID(0)};
#define KEPT(name_)                                                                                          \
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = (name_), .minimum = 1, .maximum = 1000000000,                \
          .description = "How many are kept.")
static const struct proximo_param probe_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = REQUIRED, .name = "store", .format = "safeid",
          .description = "The datastore."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ns", .format = "namespace", .description = "The namespace."),
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = REQUIRED, .name = "backup-type", .choices = "vm,ct,host",
          .description = "Kind of the group."),
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = REQUIRED, .name = "backup-id", .format = "safeid",
          .description = "Id of the group."),
    KEPT("keep-last"),
    KEPT("keep-hourly"),
    KEPT("keep-daily"),
    KEPT("keep-weekly"),
    KEPT("keep-monthly"),
    KEPT("keep-yearly"),
};
static const struct proximo_param snapshot_params[] = {AT_STORE, AT_TYPE(REQUIRED), AT_ID(REQUIRED), AT_TIME,
                                                       AT_NS};
static const struct proximo_param group_params[] = {AT_STORE, AT_TYPE(REQUIRED), AT_ID(REQUIRED), AT_NS};
static const struct proximo_param snapshot_notes_params[] = {
    AT_STORE, AT_TYPE(REQUIRED), AT_ID(REQUIRED), AT_TIME, AT_NS, NOTES};
static const struct proximo_param group_notes_params[] = {AT_STORE, AT_TYPE(REQUIRED), AT_ID(REQUIRED), AT_NS,
                                                          NOTES};
static const struct proximo_param protect_params[] = {
    AT_STORE,
    AT_TYPE(REQUIRED),
    AT_ID(REQUIRED),
    AT_TIME,
    AT_NS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .flags = REQUIRED, .name = "protected",
          .description = "true: neither prune nor deletion takes it; false: they may."),
};
static const struct proximo_param owner_params[] = {
    AT_STORE,
    AT_TYPE(REQUIRED),
    AT_ID(REQUIRED),
    AT_NS,
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = REQUIRED, .name = "new_owner", .api_name = "new-owner",
          .minimum = 3, .maximum = 64,
          .description = "User (backup@pbs) or token (backup@pbs!pve) that is to own it."),
};
static const struct proximo_param namespace_create_params[] = {
    AT_STORE,
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = REQUIRED, .name = "name", .format = "safeid", .maximum = 32,
          .description = "Name of the new namespace, without those above it."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "parent", .format = "namespace",
          .description = "The namespace it is made in; absent: the root namespace."),
};
static const struct proximo_param namespace_delete_params[] = {
    AT_STORE,
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = REQUIRED, .name = "ns", .format = "namespace",
          .description = "The namespace; all below it goes as well."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "delete_groups", .api_name = "delete-groups",
          .default_json = "false",
          .description = "true: its backups are deleted too; false: only empty ones go."),
};

/* ---- what is needed; the owner's lesser rights are looked at by the plans */

static const struct proximo_need prune_needs[] = {
    NEED("/datastore/{store}/{ns?}", "Datastore.Modify|Datastore.Prune")};
static const struct proximo_need mark_needs[] = {
    NEED("/datastore/{store}/{ns?}", "Datastore.Modify|Datastore.Backup")};
static const struct proximo_need owner_needs[] = {NEED("/datastore/{store}/{ns?}", "Datastore.Modify")};
static const struct proximo_need create_needs[] = {NEED("/datastore/{store}/{parent?}", "Datastore.Modify")};
static const struct proximo_need audit_needs[] = {NEED("/datastore/{store}/{ns?}", "Datastore.Audit")};

/* ---- rows */

static const struct proximo_column simulate_columns[] = {
    COLUMN(.name = "backup-type"),
    COLUMN(.name = "backup-id"),
    COLUMN(.name = "backup-time", .unit = "epoch"),
    COLUMN(.name = "time"),
    COLUMN(.name = "result"),
    COLUMN(.name = "ns"),
};
static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pbs_prune_simulate", .title = "Prune, simulated",
     .description =
         "Lists which backups a prune with these numbers would delete and which stay, by the Backup "
         "Server's own dry run; nothing is changed. Without backup_id every group of the namespace "
         "(not of those below) is looked at.",
     .params = PROXIMO_TABLE(simulate_params), .columns = PROXIMO_TABLE(simulate_columns),
     .count_by = "result", .needs = PROXIMO_TABLE(audit_needs), .read = pbs_read_prune},
};

static const struct proximo_field dry[] = {{ROW(proximo_field), .name = "dry-run", .value = "1"}};
static const struct proximo_probe probes[] = {
    {ROW(proximo_probe), .name = PBS_PRUNE_PROBE,
     .description = "Asks which backups of a group a prune would delete.", .method = "POST",
     .path = PBS_STORE_PATH "/prune", .params = PROXIMO_TABLE(probe_params), .fixed = PROXIMO_TABLE(dry)},
};

#define CHANGE(tool, words, class_name, subject_words, http, api)                                            \
    ROW(proximo_change), .name = (tool), .title = (words), .operation_class = (class_name),                  \
                         .subject = (subject_words), .method = (http), .path = PBS_STORE_PATH api

static const struct proximo_change changes[] = {
    {CHANGE("pbs_prune", "Prune backups", "pbs.prune", "datastore/{store}", "POST", "/prune"),
     .description = "Deletes old backups of a group, or of every group of one namespace, but those that the "
                    "given numbers keep. "
                    "With dry_run (the default) it only says what would go. The plan names every backup and "
                    "which guests lose "
                    "their last or last verified one; if that changes, it is refused. Protected ones stay. "
                    "No undo; space comes "
                    "back with garbage collection.",
     .params = PROXIMO_TABLE(prune_params), .needs = PROXIMO_TABLE(prune_needs), .plan = pbs_plan_prune,
     .undo_kind = PROXIMO_UNDO_NONE},
    {CHANGE("pbs_snapshot_delete", "Delete a backup", "pbs.snapshot.delete", "snapshot/{store}", "DELETE",
            "/snapshots"),
     .description =
         "Deletes one backup of a group for good. The plan says whether it is the guest's last or last "
         "verified one there. A protected backup is refused. There is no undo; space comes back with "
         "garbage collection.",
     .params = PROXIMO_TABLE(snapshot_params), .needs = PROXIMO_TABLE(prune_needs),
     .plan = pbs_plan_snapshot_delete, .undo_kind = PROXIMO_UNDO_NONE},
    {CHANGE("pbs_group_delete", "Delete a group of backups", "pbs.group.delete", "backup-group/{store}",
            "DELETE", "/groups"),
     .description =
         "Deletes a group with all its backups for good, but protected ones, which keep the group. The "
         "plan names each backup. There is no undo; space comes back with garbage collection.",
     .params = PROXIMO_TABLE(group_params), .needs = PROXIMO_TABLE(prune_needs),
     .plan = pbs_plan_group_delete, .undo_kind = PROXIMO_UNDO_NONE},
    {CHANGE("pbs_namespace_create", "Create a namespace", "pbs.namespace.create", "namespace/{store}", "POST",
            "/namespace"),
     .description =
         "Creates a namespace in a datastore, below another one if parent is given. Undo deletes it while "
         "it is empty.",
     .params = PROXIMO_TABLE(namespace_create_params), .needs = PROXIMO_TABLE(create_needs),
     .plan = pbs_plan_namespace_create, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .undo_class = "pbs.namespace.delete"},
    {CHANGE("pbs_namespace_delete", "Delete a namespace", "pbs.namespace.delete", "namespace/{store}",
            "DELETE", "/namespace"),
     .description = "Deletes a namespace and every one below it; with delete_groups also all backups in "
                    "them, but protected "
                    "ones, which keep their namespaces. Without it namespaces that hold backups are refused. "
                    "The plan names "
                    "each namespace and backup, and jobs that use them. No undo.",
     .params = PROXIMO_TABLE(namespace_delete_params), .plan = pbs_plan_namespace_delete,
     .undo_kind = PROXIMO_UNDO_NONE},
    {CHANGE("pbs_snapshot_notes_set", "Set a backup's notes", "pbs.snapshot.notes", "snapshot/{store}", "PUT",
            "/notes"),
     .description = "Changes the notes of one backup. Undo brings the old ones back.",
     .params = PROXIMO_TABLE(snapshot_notes_params), .needs = PROXIMO_TABLE(mark_needs),
     .plan = pbs_plan_snapshot_notes, .undo_kind = PROXIMO_UNDO_TEMPLATE},
    {CHANGE("pbs_snapshot_protect", "Protect a backup", "pbs.snapshot.protect", "snapshot/{store}", "PUT",
            "/protected"),
     .description =
         "Changes whether one backup is protected against prune and deletion. Taking the protection away "
         "is of high risk: the plan names the jobs that may delete it. Undo sets it back.",
     .params = PROXIMO_TABLE(protect_params), .needs = PROXIMO_TABLE(mark_needs),
     .plan = pbs_plan_snapshot_protect, .undo_kind = PROXIMO_UNDO_TEMPLATE},
    {CHANGE("pbs_group_notes_set", "Set a group's notes", "pbs.group.notes", "backup-group/{store}", "PUT",
            "/group-notes"),
     .description = "Changes the notes of a group of backups. Undo brings the old ones back.",
     .params = PROXIMO_TABLE(group_notes_params), .needs = PROXIMO_TABLE(mark_needs),
     .plan = pbs_plan_group_notes, .undo_kind = PROXIMO_UNDO_TEMPLATE},
    {CHANGE("pbs_group_owner_change", "Change a group's owner", "pbs.group.owner", "backup-group/{store}",
            "POST", "/change-owner"),
     .description =
         "Changes who owns a group: only the owner may back up into it. The old owner's next backup is "
         "refused. Undo gives it back.",
     .params = PROXIMO_TABLE(owner_params), .needs = PROXIMO_TABLE(owner_needs), .plan = pbs_plan_group_owner,
     .undo_kind = PROXIMO_UNDO_TEMPLATE},
};

#define SUBJECT_SCHEMA(kind, name)                                                                           \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"" kind "\"},\"" name                         \
    "\":{\"type\":\"string\"}},\"required\":[\"kind\",\"" name "\"]}"
#define ANY_PLACE                                                                                            \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"enum\":[\"datastore\",\"namespace\",\"backup-group\"]" \
    "},"                                                                                                     \
    "\"store\":{\"type\":\"string\"}},\"required\":[\"kind\",\"store\"]}"
#define SNAPSHOT_SCHEMA  SUBJECT_SCHEMA("snapshot", "id")
#define GROUP_SCHEMA     SUBJECT_SCHEMA("backup-group", "id")
#define NAMESPACE_SCHEMA SUBJECT_SCHEMA("namespace", "id")

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pbs.prune", .title = "prune backups",
     .description = "Old backups are deleted for good.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = ANY_PLACE,
     .blast = pbs_blast_prune},
    {ROW(proximo_class), .name = "pbs.snapshot.delete", .title = "delete a backup",
     .description = "The backup is gone for good.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = SNAPSHOT_SCHEMA,
     .blast = pbs_blast_backups_delete},
    {ROW(proximo_class), .name = "pbs.group.delete", .title = "delete a group of backups",
     .description = "All backups of a guest or host in one namespace are gone for good.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema = GROUP_SCHEMA, .blast = pbs_blast_backups_delete},
    {ROW(proximo_class), .name = "pbs.namespace.create", .title = "create a namespace",
     .description = "A namespace more; nothing uses it yet.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = NAMESPACE_SCHEMA},
    {ROW(proximo_class), .name = "pbs.namespace.delete", .title = "delete a namespace",
     .description = "The namespaces and, where said so, all their backups are gone for good.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema = NAMESPACE_SCHEMA, .blast = pbs_blast_namespace_delete},
    {ROW(proximo_class), .name = "pbs.snapshot.notes", .title = "change a backup's notes",
     .description = "Only words change.", .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .subject_schema = SNAPSHOT_SCHEMA},
    {ROW(proximo_class), .name = "pbs.snapshot.protect", .title = "change a backup's protection",
     .description = "Prunes and deletions spare it, or no longer do.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = SNAPSHOT_SCHEMA, .blast = pbs_blast_protect},
    {ROW(proximo_class), .name = "pbs.group.notes", .title = "change a group's notes",
     .description = "Only words change.", .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .subject_schema = GROUP_SCHEMA},
    {ROW(proximo_class), .name = "pbs.group.owner", .title = "change the owner of a group of backups",
     .description = "Another user or token may back up into it, restore and prune it.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .subject_schema = GROUP_SCHEMA, .blast = pbs_blast_owner},
};

const struct topic pbs_topic_content_changes = {
    .reads = PROXIMO_TABLE(reads),
    .probes = PROXIMO_TABLE(probes),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
