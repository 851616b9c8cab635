/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that make and destroy guests. */
#include "destroy.h"
#include "life.h"

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

static const struct proximo_param clone_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "newid", .format = "vmid", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Number of the clone, unused in the whole cluster: pve_cluster_nextid."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "name", .minimum = 1, .maximum = 255,
          .description = "Name of the clone (a container's host name)."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "full", .default_json = "false",
          .description =
              "Of a template: true: a full copy, false: a linked clone. Others are always copied."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "pool", .format = "poolid",
          .description = "Pool to put it in: who has rights there has them on it."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "storage", .format = "storage",
          .description = "Of a full copy: storage for its disks. Absent: where the original's are."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "target", .format = "node",
          .description = "Node to put it on; all disks must be on shared storage. Absent: the original's."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "snapname", .format = "snapname",
          .description = "Clone it as it was at this snapshot."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "description", .format = "lines", .maximum = 8192,
          .description = "A note kept with the clone."),
};
static const struct proximo_need clone_needs[] = {
    NEED("/vms/{vmid}", "VM.Clone"),
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
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_clone",
        .title = "Clone a guest",
        .description =
            "Clones a machine or container to a new number: a template as a linked clone, which binds it, or "
            "with full as a copy; any other guest always as a full copy. The plan says whether it fits and "
            "what "
            "it takes along. Undo destroys the clone as long as nobody started or changed it.",
        .params = PROXIMO_TABLE(clone_params),
        .operation_class = CLONE_CLASS,
        .needs = PROXIMO_TABLE(clone_needs),
        .plan = guests_plan_clone,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = guests_undo_clone,
        .undo_class = DESTROY_CLASS,
    },
};

/* newid, full, target, storage, pool: what is to be made of it. */
#define CLONE_SUBJECT_SCHEMA                                                                                 \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"newid\":{\"type\":\"integer\"},\"full\":{\"type\":\"boolean\"},\"target\":{\"type\":\"string\"},"     \
    "\"storage\":{\"type\":\"string\"},\"pool\":{\"type\":\"string\"}},\"required\":[\"kind\",\"vmid\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = DESTROY_CLASS, .title = "destroy a guest",
     .description = "A guest, its disks and its snapshots are gone for good.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema = DESTROY_SUBJECT_SCHEMA, .blast = guests_blast_destroy},
    {ROW(proximo_class), .name = CLONE_CLASS, .title = "clone a guest",
     .description = "A guest is copied to a new one; a linked clone binds its template.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = CLONE_SUBJECT_SCHEMA, .blast = guests_blast_clone},
};

const struct topic guests_topic_life = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
