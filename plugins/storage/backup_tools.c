/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about backups: which there are, how fresh they are, their notes and protection, deletion. */
#include "content.h"

/* ---- pve_backup_list */

static const struct proximo_param list_params[] = {
    STORAGE_PARAM,
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "vmid",
          .description = "Only of this guest."),
    FILTER("verified", .name = "verified", .choices = "ok,failed,not",
           .description = "Only those whose verification ended so."),
};
static const struct proximo_column list_columns[] = {
    COLUMN(.name = "volid"),
    COLUMN(.name = "vmid"),
    COLUMN(.name = "subtype"),
    COLUMN(.name = "ctime", .unit = "epoch"),
    COLUMN(.name = "age", .unit = "seconds"),
    COLUMN(.name = "age_text"),
    COLUMN(.name = "size", .unit = "bytes"),
    COLUMN(.name = "verified"),
    COLUMN(.name = "protected"),
    COLUMN(.name = "encrypted"),
    COLUMN(.name = "notes", UNTRUSTED),
    COLUMN(.name = "format", EXTRA),
    COLUMN(.name = "verify_upid", .from = "/verification/upid", EXTRA),
};

/* ---- pve_backup_freshness */

static const struct proximo_param freshness_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "vmid", .description = "Only this guest."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node", .flags = PROXIMO_PARAM_NOT_SENT,
          .description = "Only guests of this node; absent: of all."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "older_than_days", .minimum = 0, .maximum = 36500,
          .description = "Only guests whose newest backup is older than this, or that have none."),
};
static const struct proximo_column freshness_columns[] = {
    COLUMN(.name = "vmid"),
    COLUMN(.name = "name", UNTRUSTED),
    COLUMN(.name = "node"),
    COLUMN(.name = "type"),
    COLUMN(.name = "state"),
    COLUMN(.name = "age", .unit = "seconds"),
    COLUMN(.name = "age_text"),
    COLUMN(.name = "verified"),
    COLUMN(.name = "verified_age", .unit = "seconds"),
    COLUMN(.name = "storage"),
    COLUMN(.name = "archives"),
    COLUMN(.name = "protected"),
    COLUMN(.name = "encrypted", EXTRA),
    COLUMN(.name = "volid", EXTRA),
    COLUMN(.name = "ctime", .unit = "epoch", EXTRA),
    COLUMN(.name = "archive_node", EXTRA),
    COLUMN(.name = "template", EXTRA),
};

/* ---- pve_backup_files */

static const struct proximo_param files_params[] = {
    STORAGE_PARAM,
    VOLID_PARAM,
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "filepath", .maximum = 2000, .default_json = "\"/\"",
          .description = "Folder as the answer names it; /: the backup's archives."),
};
static const struct proximo_column files_columns[] = {
    COLUMN(.name = "filepath", UNTRUSTED),   COLUMN(.name = "type"),
    COLUMN(.name = "size", .unit = "bytes"), COLUMN(.name = "mtime", .unit = "epoch"),
    COLUMN(.name = "leaf", EXTRA),
};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_backup_list",
        .title = "Backups of guests on a storage",
        .description =
            "Lists the backups on one storage, counted by guest: age, size, protected, encrypted, and "
            "whether a "
            "Backup Server verified them (ok, failed, not). pve_backup_freshness looks over all storages.",
        .params = PROXIMO_TABLE(list_params),
        .path = CONTENT_PATH,
        .columns = PROXIMO_TABLE(list_columns),
        .count_by = "vmid",
        .sort_by = "volid",
        .read = storage_read_backups,
    },
    {
        ROW(proximo_read),
        .name = "pve_backup_freshness",
        .title = "Newest backup of each guest",
        .description =
            "Says for every guest how old its newest backup over all storages is, where it is, whether it is "
            "verified, and which guests have none. not_seen names the storages that could not be looked at: "
            "a "
            "guest without a backup here may have one there. verified_age is of the newest verified one.",
        .params = PROXIMO_TABLE(freshness_params),
        .columns = PROXIMO_TABLE(freshness_columns),
        .count_by = "state",
        .sort_by = "vmid",
        .read = storage_read_freshness,
    },
    {
        ROW(proximo_read),
        .name = "pve_backup_files",
        .title = "Files in a backup",
        .description = "Lists the archives in one backup on a Proxmox Backup Server, and folder by folder "
                       "the files in an "
                       "archive of files (containers, hosts; file restore): path, type (d folder, f file, l "
                       "link), size, "
                       "time. It hands out no file, and does not look into disk images: that would start a "
                       "machine on the "
                       "node.",
        .params = PROXIMO_TABLE(files_params),
        .path = FILES_PATH,
        .columns = PROXIMO_TABLE(files_columns),
        .count_by = "type",
        .sort_by = "filepath",
        .read = storage_read_backup_files,
    },
};

/* ---- changes */

static const struct proximo_param delete_params[] = {STORAGE_PARAM, VOLID_PARAM, NODE_PARAM};
static const struct proximo_param set_params[] = {
    STORAGE_PARAM,
    VOLID_PARAM,
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "notes", .format = "lines", .maximum = 4096,
          .description = "Notes kept with the backup; an empty text removes them."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "protected",
          .description = "true: neither pruning nor anybody can delete it; false: they can."),
};
static const struct proximo_need backup_needs[] = {
    NEED("/storage/{storage}", "Datastore.Allocate|Datastore.AllocateSpace"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .name = "pve_backup_delete",
        .title = "Delete a backup",
        .description = "Deletes one backup of a guest. The plan says whether it is the last copy, the last "
                       "verified or the "
                       "newest one, and which others stay; there is no undo. A protected one is refused.",
        .params = PROXIMO_TABLE(delete_params),
        .subject = "volume/{volid}",
        .operation_class = "backup.delete",
        .needs = PROXIMO_TABLE(backup_needs),
        .method = "DELETE",
        .path = CONTENT_PATH "/{volid}",
        .plan = storage_plan_backup_delete,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_storage_volume_set",
        .title = "Annotate or protect a backup",
        .description = "Sets the notes of a backup, or protects it against removal and pruning. Undo "
                       "writes back what "
                       "was there.",
        .params = PROXIMO_TABLE(set_params),
        .subject = "volume/{volid}",
        .operation_class = "backup.set",
        .needs = PROXIMO_TABLE(backup_needs),
        .method = "PUT",
        .path = CONTENT_PATH "/{volid}",
        .plan = storage_plan_volume_set,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "backup.delete", .title = "delete a backup",
     .description = "One way back of a guest is gone, perhaps the last.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = VOLUME_SCHEMA,
     .blast = storage_blast_backup},
    {ROW(proximo_class), .name = "backup.set", .title = "change notes or protection of a backup",
     .description = "Notes change; without protection pruning may delete it.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = VOLUME_SCHEMA},
};

const struct topic storage_topic_backups = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
