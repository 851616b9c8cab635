/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about snapshots and undo points. */
#include "guests.h"

#define SNAPNAME_PARAM                                                                                       \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "snapname", .format = "snapname",                             \
          .flags = PROXIMO_PARAM_REQUIRED, .description = "Name of the snapshot.")

/* ---- pve_snapshot_list: GET .../snapshot */

static const struct proximo_column snapshot_columns[] = {
    COLUMN(.name = "name"),    COLUMN(.name = "snaptime", .unit = "epoch"), COLUMN(.name = "parent"),
    COLUMN(.name = "vmstate"), COLUMN(.name = "description", UNTRUSTED),
};
static const struct proximo_param guest_params[] = {GUEST_PARAMS};

/* ---- pve_undo_points: the same of one guest, or of all */

static const struct proximo_param points_params[] = {
    GUEST_FILTER_PARAMS,
};
static const struct proximo_need points_needs[] = {
    {ROW(proximo_need), .path = "/vms/{vmid}", .privilege = "VM.Audit"},
};
static const struct proximo_column points_columns[] = {
    COLUMN(.name = "vmid"),
    COLUMN(.name = "name", UNTRUSTED),
    COLUMN(.name = "node"),
    COLUMN(.name = "snapshot"),
    COLUMN(.name = "taken", .unit = "epoch"),
    COLUMN(.name = "age", .unit = "seconds"),
    COLUMN(.name = "complete"),
    COLUMN(.name = "ours"),
    COLUMN(.name = "kind", EXTRA),
    COLUMN(.name = "description", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
};

/* ---- pve_snapshot_config: GET .../snapshot/{snapname}/config */

static const struct proximo_param kept_params[] = {GUEST_PARAMS, SNAPNAME_PARAM};

/* ---- changes */

static const struct proximo_param create_params[] = {
    GUEST_PARAMS,
    SNAPNAME_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "description", .format = "lines", .maximum = 4096,
          .description = "A note kept with it."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "vmstate",
          .description = "Running machines: with the memory, so that a rollback goes on from there."),
};
static const struct proximo_param delete_params[] = {
    GUEST_PARAMS,
    SNAPNAME_PARAM,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force",
          .description = "Remove the entry even if a disk's snapshot cannot be removed."),
};
static const struct proximo_param update_params[] = {
    GUEST_PARAMS,
    SNAPNAME_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "description", .format = "lines", .maximum = 4096,
          .flags = PROXIMO_PARAM_REQUIRED,
          .description = "The note, in place of the present one; an empty text removes it."),
};
static const struct proximo_param rollback_params[] = {
    GUEST_PARAMS,
    SNAPNAME_PARAM,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "start",
          .description = "Start the guest afterwards. One with memory in the snapshot runs anyway."),
};
static const struct proximo_param prune_params[] = {
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "older_than_days", .minimum = 0, .maximum = 36500,
          .description = "Only those taken at least so many days ago."),
    GUEST_FILTER_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "names", .format = "snapname", .minimum = 1, .maximum = 40,
          .description = "Only these, by the snapshots' names."),
};

static const struct proximo_need snapshot_needs[] = {
    NEED("/vms/{vmid}", "VM.Snapshot"),
    NEED("/vms/{vmid}", "VM.Audit"),
};
static const struct proximo_need rollback_needs[] = {
    NEED("/vms/{vmid}", "VM.Snapshot.Rollback|VM.Snapshot"),
    NEED("/vms/{vmid}", "VM.Audit"),
};

/* ---- the tools */

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_snapshot_list",
        .title = "Snapshots (checkpoints)",
        .description = "Lists the snapshots of one guest, oldest first, with time, parent and description. "
                       "`current` says on "
                       "which snapshot the guest's present state is based.",
        .params = PROXIMO_TABLE(guest_params),
        .path = "/nodes/{node}/{kind}/{vmid}/snapshot",
        .columns = PROXIMO_TABLE(snapshot_columns),
        .sort_by = "snaptime",
        .read = guests_read_snapshots,
    },
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
        .name = "pve_snapshot_config",
        .title = "Kept configuration",
        .description =
            "Shows the configuration of one guest that a snapshot holds: what pve_rollback would bring "
            "back, with the snapshot's time, parent and description. Passwords are never shown.",
        .params = PROXIMO_TABLE(kept_params),
        .path = GUEST_SNAPS "/{snapname}/config",
        .needs = PROXIMO_TABLE(points_needs),
    },
    {
        ROW(proximo_read),
        .name = "pve_undo_points",
        .title = "Undo points",
        .description =
            "Lists the snapshots that Proximo took before a change (snapshot_first), of one guest or of all, "
            "oldest "
            "first: "
            "when, how old, whether complete. `ours` is false for one that is only called so, which "
            "pve_undo_points_prune leaves alone.",
        .params = PROXIMO_TABLE(points_params),
        .columns = PROXIMO_TABLE(points_columns),
        .sort_by = "taken",
        .needs = PROXIMO_TABLE(points_needs),
        .read = guests_read_undo_points,
    },
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_snapshot_create",
        .title = "Take a snapshot",
        .description = "Takes a snapshot of one guest's disks and configuration; of a running machine with "
                       "vmstate also of its memory. Undo deletes it as long as nothing is based on it.",
        .params = PROXIMO_TABLE(create_params),
        .operation_class = "snapshot.create",
        .needs = PROXIMO_TABLE(snapshot_needs),
        .plan = guests_plan_snapshot_create,
        .plan_undo = guests_undo_snapshot_create,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = "snapshot.delete",
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_snapshot_delete",
        .title = "Delete a snapshot",
        .description =
            "Deletes one snapshot of a guest; the guest itself and its other snapshots stay. There "
            "is no way back.",
        .params = PROXIMO_TABLE(delete_params),
        .operation_class = "snapshot.delete",
        .needs = PROXIMO_TABLE(snapshot_needs),
        .plan = guests_plan_snapshot_delete,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_snapshot_update",
        .title = "Change a snapshot's note",
        .description =
            "Writes the note (description) that is kept with one snapshot of a guest; what the snapshot "
            "holds does not change. Undo writes the old note back.",
        .params = PROXIMO_TABLE(update_params),
        .operation_class = "snapshot.update",
        .needs = PROXIMO_TABLE(snapshot_needs),
        .plan = guests_plan_snapshot_update,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_undo_points_prune",
        .title = "Delete undo points",
        .description =
            "Deletes snapshots that Proximo took before changes (snapshot_first): by age, by guest or by "
            "name. Others are never touched, and one that cannot be deleted does not keep the rest. "
            "There is no way back.",
        .params = PROXIMO_TABLE(prune_params),
        .operation_class = "snapshot.delete",
        .needs = PROXIMO_TABLE(snapshot_needs),
        .plan = guests_plan_undo_points_prune,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_rollback",
        .title = "Roll a guest back to a snapshot",
        .description = "Puts a guest's disks and configuration back to a snapshot. Everything since is lost, "
                       "a running guest is cut off, and there is no way back: take a snapshot first.",
        .params = PROXIMO_TABLE(rollback_params),
        .operation_class = "guest.rollback",
        .needs = PROXIMO_TABLE(rollback_needs),
        .plan = guests_plan_rollback,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
};

static const struct proximo_class classes[] = {
    GUEST_CLASS("guest.rollback", "roll a guest back", PROXIMO_RISK_HIGH, PROXIMO_UNDO_NONE,
                PROXIMO_CLASS_DESTROYS, guests_blast_rollback, "Everything since a snapshot is lost."),
    GUEST_CLASS("snapshot.create", "take a snapshot", PROXIMO_RISK_LOW, PROXIMO_UNDO_FUNCTION, 0,
                guests_blast_snapshot, "The present state is kept beside the guest."),
    GUEST_CLASS("snapshot.delete", "delete a snapshot", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_NONE, 0,
                guests_blast_snapshot, "A state that was kept is gone."),
    GUEST_CLASS("snapshot.update", "write the note of a snapshot", PROXIMO_RISK_LOW, PROXIMO_UNDO_TEMPLATE, 0,
                guests_blast_snapshot_note, "The note kept with a snapshot changes."),
};

const struct topic guests_topic_snapshots = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
