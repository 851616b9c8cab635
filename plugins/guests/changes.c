/* SPDX-License-Identifier: Apache-2.0 */
/* The change tools and operation classes of the guests plane. */
#include "guests.h"

#define SNAPNAME_PARAM                                                                                       \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "snapname", .format = "snapname",                             \
          .flags = PROXIMO_PARAM_REQUIRED, .description = "Name of the snapshot.")
#define DELETE_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete", .maximum = 64, .minimum = 1,                       \
          .description = "Options to remove, by name.")

static const struct proximo_param power_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "action", .choices = "start,stop,shutdown,reboot",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description =
              "start; shutdown (asks the guest); stop (cuts the power); reboot (shutdown and start)."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "timeout", .minimum = 1, .maximum = 3600,
          .description = "shutdown, reboot: seconds that the guest is given."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force_stop", .api_name = "forceStop",
          .description = "shutdown: stop it if it has not shut down in time."),
};
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
static const struct proximo_param rollback_params[] = {
    GUEST_PARAMS,
    SNAPNAME_PARAM,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "start",
          .description = "Start the guest afterwards. One with memory in the snapshot runs anyway."),
};
static const struct proximo_param set_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "changes",
          .description = "Option names and values as Proxmox takes them: {\"cores\":4,\"onboot\":true}."),
    DELETE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "cipassword", .flags = PROXIMO_PARAM_SECRET, .maximum = 1024,
          .description = "Machines: password for cloud-init. Never shown, so it has no way back."),
};
static const struct proximo_param revert_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "prior_config",
          .description =
              "Values to write back. A whole configuration (with its digest) also removes what was "
              "not in it; disks are left alone."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "pending", .minimum = 1, .maximum = 64,
          .description = "Options whose change waits for a restart and is thrown away."),
};

static const struct proximo_param prune_params[] = {
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "older_than_days", .minimum = 0, .maximum = 36500,
          .description = "Only those taken at least so many days ago."),
    GUEST_FILTER_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "names", .format = "snapname", .minimum = 1, .maximum = 40,
          .description = "Only these, by the snapshots' names."),
};

static const struct proximo_need power_needs[] = {
    NEED("/vms/{vmid}", "VM.PowerMgmt"),
    NEED("/vms/{vmid}", "VM.Audit"),
};
static const struct proximo_need snapshot_needs[] = {
    NEED("/vms/{vmid}", "VM.Snapshot"),
    NEED("/vms/{vmid}", "VM.Audit"),
};
static const struct proximo_need rollback_needs[] = {
    NEED("/vms/{vmid}", "VM.Snapshot.Rollback|VM.Snapshot"),
    NEED("/vms/{vmid}", "VM.Audit"),
};
/* What each option needs is looked at when the plan is made. */
static const struct proximo_need config_needs[] = {
    NEED("/vms/{vmid}", "VM.Audit"),
};

#define SUBJECT .subject = "guest/{vmid}"

const struct proximo_change guests_changes[GUESTS_CHANGES] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_guest_power",
        .title = "Start, stop, shut down or reboot a guest",
        .description = "Starts, shuts down, stops (cuts the power) or reboots one guest. A guest under HA is "
                       "handled by the HA manager, which takes longer. A guest that is already so is left "
                       "alone.",
        .params = PROXIMO_TABLE(power_params),
        .operation_class = "guest.stop",
        .needs = PROXIMO_TABLE(power_needs),
        .plan = guests_plan_power,
        .plan_undo = guests_undo_power,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
        .undo_class = "guest.start",
    },
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
        .title = "Roll a guest back",
        .description = "Puts a guest's disks and configuration back to a snapshot. Everything since is lost, "
                       "a running guest is cut off, and there is no way back: take a snapshot first.",
        .params = PROXIMO_TABLE(rollback_params),
        .operation_class = "guest.rollback",
        .needs = PROXIMO_TABLE(rollback_needs),
        .plan = guests_plan_rollback,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_guest_config_set",
        .title = "Change a guest's configuration",
        .description =
            "Sets and removes options of one guest's configuration in one request that fails if it "
            "changed meanwhile. Options that are so already are left out; the plan says which may "
            "wait for a restart. Undo writes the old values back.",
        .params = PROXIMO_TABLE(set_params),
        .operation_class = "guest.config",
        .needs = PROXIMO_TABLE(config_needs),
        .plan = guests_plan_config_set,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_guest_config_revert",
        .title = "Revert a guest's configuration",
        .description = "Writes earlier values of a guest's configuration back, for instance what "
                       "pve_guest_config_get showed before, or throws away changes that wait for a restart. "
                       "Disks and passwords are left alone. After a change of Proximo's own, proximo_undo is "
                       "exact.",
        .params = PROXIMO_TABLE(revert_params),
        .operation_class = "guest.config",
        .needs = PROXIMO_TABLE(config_needs),
        .plan = guests_plan_config_revert,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
};

#define GUEST_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"}},"  \
    "\"required\":[\"kind\",\"vmid\"]}"
#define CLASS(class_name, class_title, class_risk, class_undo, class_flags, class_blast, class_text)         \
    {                                                                                                        \
        ROW(proximo_class), .risk_floor = (class_risk), .flags = (class_flags), .undo_kind = (class_undo),   \
                            .name = (class_name), .title = (class_title), .description = (class_text),       \
                            .subject_schema = GUEST_SCHEMA, .blast = (class_blast)                           \
    }

const struct proximo_class guests_classes[GUESTS_CLASSES] = {
    CLASS("guest.start", "start a guest", PROXIMO_RISK_LOW, PROXIMO_UNDO_FUNCTION, 0, guests_blast_start,
          "A stopped guest runs."),
    CLASS("guest.stop", "cut the power of a guest", PROXIMO_RISK_HIGH, PROXIMO_UNDO_TEMPLATE, 0,
          guests_blast_stop, "A running guest is stopped without being asked."),
    CLASS("guest.shutdown", "shut a guest down", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_TEMPLATE, 0,
          guests_blast_shutdown, "A running guest is asked to end."),
    CLASS("guest.reboot", "reboot a guest", PROXIMO_RISK_HIGH, PROXIMO_UNDO_NONE, 0, guests_blast_reboot,
          "A running guest ends and starts again."),
    CLASS("guest.rollback", "roll a guest back", PROXIMO_RISK_HIGH, PROXIMO_UNDO_NONE, PROXIMO_CLASS_DESTROYS,
          guests_blast_rollback, "Everything since a snapshot is lost."),
    CLASS("guest.config", "change a guest's configuration", PROXIMO_RISK_LOW, PROXIMO_UNDO_TEMPLATE,
          PROXIMO_CLASS_SNAPSHOT_FIRST, guests_blast_config,
          "Options change; the risk is that of each option."),
    CLASS("snapshot.create", "take a snapshot", PROXIMO_RISK_LOW, PROXIMO_UNDO_FUNCTION, 0,
          guests_blast_snapshot, "The present state is kept beside the guest."),
    CLASS("snapshot.delete", "delete a snapshot", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_NONE, 0,
          guests_blast_snapshot, "A state that was kept is gone."),
};
