/* SPDX-License-Identifier: Apache-2.0 */
/* The tool that restores a guest from a backup, and its class. */
#include "destroy.h"
#include "restore.h"

static const struct proximo_param params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "vmid", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Number of the guest that comes: unused, or with force the one to overwrite."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "archive", .format = "volid", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Backup as pve_backup_list shows it: storage:backup/name."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "storage", .format = "storage",
          .flags = PROXIMO_PARAM_REQUIRED, .description = "Storage for all its disks."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .choices = "lxc,qemu",
          .description = "Not needed: the archive's name says it. A wrong one is an error."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",
          .description = "Node to put it on; one that is overwritten stays on its own."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force", .default_json = "false",
          .description = "Overwrite the guest that has the number: what it is now is destroyed."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "pool", .format = "poolid",
          .description = "Pool to put it in: who has rights there has them on it."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "unique",
          .description =
              "New MAC addresses and SMBIOS id. Absent: yes, but not over the archive's own guest."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "start", .description = "Start it when it is restored."),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_restore",
        .title = "Restore a guest from a backup",
        .description =
            "Creates a guest from a backup, or with force overwrites the one that has the number, which must "
            "be stopped. The plan says CREATES or OVERWRITES, how old and how well verified the backup is, "
            "whether it fits, and what is lost. Undo destroys a guest that was created, if untouched; of an "
            "overwritten one there is none.",
        .params = PROXIMO_TABLE(params),
        .operation_class = RESTORE_CLASS,
        .plan = guests_plan_restore,
        .plan_undo = guests_undo_restore,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = DESTROY_CLASS,
    },
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = RESTORE_CLASS, .title = "restore a guest from a backup",
     .description = "A guest is created from a backup, or overwritten with one.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = RESTORE_SUBJECT_SCHEMA, .blast = guests_blast_restore},
};

const struct topic guests_topic_restore = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
