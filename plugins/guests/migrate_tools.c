/* SPDX-License-Identifier: Apache-2.0 */
/* The tool that moves one guest to another node; its class is in bulk_tools.c. */
#include "migrate.h"

static const struct proximo_param params[] = {
    GUEST_PARAMS, /* first: node is the one that it is on, also for the core */
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "target", .format = "node", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Node to move it to."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "online",
          .description = "Move it although it runs: a machine live, a container by a restart."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "with_local_disks", .api_name = "with-local-disks",
          .description = "Copy disks that are on storage of its node alone."),
};
static const struct proximo_need needs[] = {
    NEED("/vms/{vmid}", "VM.Migrate"),
    NEED("/vms/{vmid}", "VM.Audit"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_guest_migrate",
        .title = "Migrate a guest",
        .description =
            "Moves one guest to another node: stopped, or with online while it runs (a container is "
            "restarted). Disks that are on its node alone are copied with with_local_disks. What Proxmox "
            "would refuse is refused with the reason. Undo moves it back, where that is still possible.",
        .params = PROXIMO_TABLE(params),
        .operation_class = "guest.migrate",
        .needs = PROXIMO_TABLE(needs),
        .plan = guests_plan_migrate,
        .plan_undo = guests_undo_migrate,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = "guest.migrate",
    },
};

const struct topic guests_topic_migrate = {.changes = PROXIMO_TABLE(changes)};
