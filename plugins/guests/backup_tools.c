/* SPDX-License-Identifier: Apache-2.0 */
/* The tool that backs one guest up, and its class. */
#include "backup.h"

static const struct proximo_param params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "storage", .format = "storage",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Storage for the archive; one with content backup."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "mode", .choices = "snapshot,suspend,stop",
          .default_json = "\"snapshot\"",
          .description = "Of a running guest: snapshot goes on, suspend stands still, stop shuts it down."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "compress", .choices = "zstd,gzip,lzo,none",
          .default_json = "\"zstd\"", .description = "How the archive is compressed."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "notes", .api_name = "notes-template", .format = "lines",
          .minimum = 1, .maximum = 1024,
          .description =
              "Notes kept with it; {{guestname}}, {{vmid}}, {{node}} and {{cluster}} are filled in."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "protected",
          .description = "Neither pruning nor anybody can delete it until that is taken away."),
};
static const struct proximo_need needs[] = {
    NEED("/vms/{vmid}", "VM.Backup"),
    NEED("/vms/{vmid}", "VM.Audit"),
    NEED("/storage/{storage}", "Datastore.AllocateSpace"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_backup",
        .title = "Take a backup",
        .description =
            "Takes a backup of one guest now (vzdump). The plan says what interrupts the guest, which disks "
            "are not in it, whether it fits, and which older backups the storage's retention removes after "
            "it. Undo deletes that very archive.",
        .params = PROXIMO_TABLE(params),
        .operation_class = "backup.create",
        .needs = PROXIMO_TABLE(needs),
        .plan = guests_plan_backup,
        .plan_undo = guests_undo_backup,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = "backup.delete",
    },
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "backup.create", .title = "back a guest up",
     .description =
         "An archive of a guest is made; it may interrupt the guest, and older ones may be pruned.",
     .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = BACKUP_SUBJECT_SCHEMA, .blast = guests_blast_backup},
};

const struct topic guests_topic_backup = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
