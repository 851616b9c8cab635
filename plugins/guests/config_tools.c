/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about a guest's configuration. */
#include "guests.h"

#define DELETE_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete", .maximum = 64, .minimum = 1,                       \
          .description = "Options to remove, by name.")

/* ---- pve_guest_config_get: GET .../config */

static const struct proximo_param config_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "snapshot", .format = "snapname",
          .description = "The configuration kept in this snapshot."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "current",
          .description = "true: what is running now; otherwise with changes that wait for the next start."),
};
static const struct proximo_need guest_needs[] = {
    {ROW(proximo_need), .path = "/vms/{vmid}", .privilege = "VM.Audit"},
};

/* ---- changes */

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

/* What each option needs is looked at when the plan is made. */
static const struct proximo_need config_needs[] = {
    NEED("/vms/{vmid}", "VM.Audit"),
};

/* ---- the tools */

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
        .name = "pve_guest_config_get",
        .title = "Guest configuration, notes and tags",
        .description = "Shows the configuration of one guest: cores, memory, disks, network devices, boot "
                       "order, options, with "
                       "the digest that tells whether it changed. Passwords are never shown.",
        .params = PROXIMO_TABLE(config_params),
        .path = "/nodes/{node}/{kind}/{vmid}/config",
        .needs = PROXIMO_TABLE(guest_needs),
    },
};

static const struct proximo_change changes[] = {
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

static const struct proximo_class classes[] = {
    GUEST_CLASS("guest.config", "change a guest's configuration", PROXIMO_RISK_LOW, PROXIMO_UNDO_TEMPLATE,
                PROXIMO_CLASS_SNAPSHOT_FIRST, guests_blast_config,
                "Options change; the risk is that of each option."),
};

const struct topic guests_topic_config = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
