/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that change many guests in one plan, and the class of migrations. */
#include "bulk.h"
#include "migrate.h"

/* Which guests: what all three have. `exclude` wins over the others. */
#define SELECT_PARAMS                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",                                     \
          .description = "Only guests that are on this node."),                                              \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "pool", .format = "poolid",                               \
              .description = "Only guests of this pool."),                                                   \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "tag", .maximum = 128,                                    \
              .description = "Only guests with this tag."),                                                  \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .choices = "lxc,qemu",                            \
              .description = "Only containers (lxc) or machines (qemu)."),                                   \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "name", .maximum = 128,                                   \
              .description = "Only guests of this name; with * at the end, of this beginning: web*."),       \
        PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "vmids", .format = "vmid",                               \
              .description = "Only these guests, by id; one alone too."),                                    \
        PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "exclude", .format = "vmid",                             \
              .description = "Never these guests, by id.")

static const struct proximo_param start_params[] = {SELECT_PARAMS};
static const struct proximo_param shutdown_params[] = {
    SELECT_PARAMS,
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "timeout", .minimum = 1, .maximum = 3600,
          .description = "Seconds that each guest is given."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force_stop", .api_name = "forceStop",
          .description = "Stop one that has not shut down in time."),
};
static const struct proximo_param migrate_params[] = {
    SELECT_PARAMS, /* first: node is the one that they are on, also for the core */
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "target", .format = "node", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Node to move them to."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "online",
          .description = "Move running guests too: machines live, containers by a restart."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "with_local_disks", .api_name = "with-local-disks",
          .description = "Copy disks that are on storage of their node alone."),
};

/* No single row of needs says it: each guest's privileges are looked at when the plan is made. */
static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .name = "pve_bulk_start",
        .title = "Start many guests",
        .description =
            "Starts all stopped guests that fit node, pool, tag, kind, name or vmids, one step each, in "
            "startup order. Those that run, are templates, locked or suspended are left alone and named; one "
            "that fails does not keep the others. At most 200 a plan. Undo shuts down those it started.",
        .params = PROXIMO_TABLE(start_params),
        .operation_class = "guest.start",
        .subject = "guest/{vmids}",
        .plan = guests_plan_bulk_start,
        .plan_undo = guests_undo_bulk_power,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = "guest.shutdown",
    },
    {
        ROW(proximo_change),
        .name = "pve_bulk_shutdown",
        .title = "Shut many guests down",
        .description =
            "Shuts down all running guests that fit node, pool, tag, kind, name or vmids, one step each, "
            "against the startup order. Those that are stopped or locked are left alone and named; one that "
            "fails does not keep the others. At most 200 a plan. Undo starts those it brought down.",
        .params = PROXIMO_TABLE(shutdown_params),
        .operation_class = "guest.shutdown",
        .subject = "guest/{vmids}",
        .plan = guests_plan_bulk_shutdown,
        .plan_undo = guests_undo_bulk_power,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = "guest.start",
    },
    {
        ROW(proximo_change),
        .name = "pve_bulk_migrate",
        .title = "Migrate many guests",
        .description =
            "Moves all guests that fit node, pool, tag, kind, name or vmids to another node, one step each. "
            "Those that Proxmox would refuse to move are left alone, with the reason; one that fails does "
            "not "
            "keep the others. At most 200 a plan. Undo moves back those it moved, where that is still "
            "possible.",
        .params = PROXIMO_TABLE(migrate_params),
        .operation_class = "guest.migrate",
        .subject = "guest/{vmids}",
        .plan = guests_plan_bulk_migrate,
        .plan_undo = guests_undo_bulk_migrate,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = "guest.migrate",
    },
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "guest.migrate", .title = "move a guest to another node",
     .description = "A guest goes to another node, with or without its disks.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = MIGRATE_SUBJECT_SCHEMA, .blast = guests_blast_migrate},
};

const struct topic guests_topic_bulk = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
