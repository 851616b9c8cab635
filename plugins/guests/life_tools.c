/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that make and destroy guests. */
#include "destroy.h"

static const struct proximo_param delete_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "purge", .default_json = "false",
          .description = "true: also take it out of HA, replication and backup jobs."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force", .default_json = "false",
          .description = "true: a running guest is stopped as by pulling the plug. Overrides nothing else."),
};
static const struct proximo_need delete_needs[] = {
    NEED("/vms/{vmid}", "VM.Allocate"),
    NEED("/vms/{vmid}", "VM.Audit"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_delete_guest",
        .title = "Destroy a guest",
        .description =
            "Destroys a machine or container with its disks and snapshots, for good; the plan says "
            "what refers to it and which backup could bring it back. Refused for one that is "
            "protected, locked, running without force, under HA or replicated without purge, or a "
            "template with linked clones.",
        .params = PROXIMO_TABLE(delete_params),
        .operation_class = DESTROY_CLASS,
        .needs = PROXIMO_TABLE(delete_needs),
        .plan = guests_plan_destroy,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = DESTROY_CLASS, .title = "destroy a guest",
     .description = "A guest, its disks and its snapshots are gone for good.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema = DESTROY_SUBJECT_SCHEMA, .blast = guests_blast_destroy},
};

const struct topic guests_topic_life = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
