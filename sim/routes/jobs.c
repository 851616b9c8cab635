/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: changes of backup jobs.
 */
#include "routes.h"

/* clang-format off */
#define FLAG(what)    {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define TEXT(what)    {.name = (what), .optional = true}
#define NATURAL(what) {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true}
#define NUMBER(what)  {.name = (what), .type = SIM_INTEGER, .optional = true}
#define JOB_ID        {.name = "id", .pattern = "[^[:space:]]+", .max_length = 50}
#define MAY_CHANGE    PERM("/", "Sys.Modify")

static const struct sim_param fleecing[] = {
    {.name = "enabled", .type = SIM_BOOLEAN, .optional = true, .unnamed = true},
    {.name = "storage", .optional = true, .format = "pve-storage-id"},
    {.name = NULL},
};
static const struct sim_param performance[] = {
    {.name = "max-workers", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1, .has_max = true, .max = 256},
    {.name = "pbs-entries-max", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1},
    {.name = NULL},
};

/* What a backup job may be given when it is made and later. */
#define JOB_OPTIONS \
    FLAG("all"), NATURAL("bwlimit"), {.name = "comment", .optional = true, .max_length = 512}, \
    {.name = "compress", .optional = true, .values = "0, 1, gzip, lzo, zstd"}, \
    {.name = "dow", .optional = true, .format = "pve-day-of-week-list", .needs = "starttime"}, TEXT("dumpdir"), \
    FLAG("enabled"), {.name = "exclude", .optional = true, .format = "pve-vmid-list"}, \
    {.name = "exclude-path", .type = SIM_ARRAY, .optional = true}, \
    {.name = "fleecing", .optional = true, .sub = fleecing}, \
    {.name = "ionice", .type = SIM_INTEGER, .optional = true, .has_min = true, .has_max = true, .max = 8}, \
    NATURAL("lockwait"), {.name = "mailnotification", .optional = true, .values = "always, failure"}, \
    {.name = "mailto", .optional = true, .format = "email-or-username-list"}, \
    {.name = "mode", .optional = true, .values = "snapshot, suspend, stop"}, \
    {.name = "node", .optional = true, .format = "pve-node"}, \
    {.name = "notes-template", .optional = true, .max_length = 1024, .needs = "storage"}, \
    {.name = "notification-mode", .optional = true, .values = "auto, legacy-sendmail, notification-system"}, \
    {.name = "pbs-change-detection-mode", .optional = true, .values = "legacy, data, metadata"}, \
    {.name = "performance", .optional = true, .sub = performance}, NUMBER("pigz"), TEXT("pool"), \
    {.name = "protected", .type = SIM_BOOLEAN, .optional = true, .needs = "storage"}, \
    {.name = "prune-backups", .optional = true, .format = "prune-backups"}, FLAG("quiet"), FLAG("remove"), \
    FLAG("repeat-missed"), {.name = "schedule", .optional = true, .format = "pve-calendar-event", .max_length = 128}, \
    TEXT("script"), {.name = "starttime", .optional = true, .pattern = "[0-9]{1,2}:[0-9]{1,2}"}, \
    FLAG("stdexcludes"), FLAG("stop"), NATURAL("stopwait"), \
    {.name = "storage", .optional = true, .format = "pve-storage-id"}, TEXT("tmpdir"), \
    {.name = "vmid", .optional = true, .format = "pve-vmid-list"}, NUMBER("zstd")

static const struct sim_route rows[] = {
    {.method = "POST", .path = "/cluster/backup",
     .params = PARAMS({.name = "id", .optional = true, .format = "pve-configid"}, JOB_OPTIONS),
     .rule = MAY_CHANGE, .run = sim_backup_create},
    {.method = "PUT", .path = "/cluster/backup/{id}",
     .params = PARAMS(JOB_ID, JOB_OPTIONS, {.name = "delete", .optional = true, .format = "pve-configid-list"}),
     .rule = MAY_CHANGE, .run = sim_backup_update},
    {.method = "DELETE", .path = "/cluster/backup/{id}", .params = PARAMS(JOB_ID),
     .rule = MAY_CHANGE, .run = sim_backup_delete},
};
/* clang-format on */
const struct sim_route_table sim_routes_jobs = {rows, sizeof rows / sizeof *rows};
