/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datastores: which there are, how they are set up, how full they are, when their garbage was collected.
 * Sources: GET /admin/datastore, /admin/datastore/{store}/status, /admin/datastore/{store}/gc,
 * /config/datastore/{name}, /status/datastore-usage.
 */
#include "pbs.h"

static const struct proximo_param store_params[] = {STORE_PARAM};

static const struct proximo_column list_columns[] = {
    COLUMN(.name = "store"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "maintenance", UNTRUSTED),
    COLUMN(.name = "mount_status", .from = "/mount-status", EXTRA),
    COLUMN(.name = "backend_type", .from = "/backend-type", EXTRA),
};
static const struct proximo_need see_all[] = {NEED("/datastore", "Datastore.Audit|Datastore.Backup")};
/* With rights in a namespace alone the figures are answered as 0. */
static const struct proximo_need see_one[] = {NEED("/datastore/{store}", "Datastore.Audit|Datastore.Backup")};
static const struct proximo_need audit_one[] = {NEED("/datastore/{store}", "Datastore.Audit")};

static const struct proximo_param status_params[] = {
    STORE_PARAM,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "verbose", .default_json = "false",
          .description = "Also the numbers of groups and snapshots and the last garbage collection; slower."),
};
static const struct proximo_column status_columns[] = {
    COLUMN(.name = "total", .unit = "bytes"),
    COLUMN(.name = "used", .unit = "bytes"),
    COLUMN(.name = "avail", .unit = "bytes"),
    COLUMN(.name = "backend_type", .from = "/backend-type"),
    COLUMN(.name = "counts"),
    COLUMN(.name = "gc_status", .from = "/gc-status"),
    COLUMN(.name = "s3_statistics", .from = "/s3-statistics", EXTRA),
};

static const struct proximo_column config_columns[] = {
    COLUMN(.name = "name"),
    COLUMN(.name = "path"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "maintenance_mode", .from = "/maintenance-mode", UNTRUSTED),
    COLUMN(.name = "gc_schedule", .from = "/gc-schedule"),
    COLUMN(.name = "prune_schedule", .from = "/prune-schedule"),
    COLUMN(.name = "keep_last", .from = "/keep-last"),
    COLUMN(.name = "keep_hourly", .from = "/keep-hourly"),
    COLUMN(.name = "keep_daily", .from = "/keep-daily"),
    COLUMN(.name = "keep_weekly", .from = "/keep-weekly"),
    COLUMN(.name = "keep_monthly", .from = "/keep-monthly"),
    COLUMN(.name = "keep_yearly", .from = "/keep-yearly"),
    COLUMN(.name = "verify_new", .from = "/verify-new"),
    COLUMN(.name = "backend"),
    COLUMN(.name = "backing_device", .from = "/backing-device"),
    COLUMN(.name = "tuning"),
    COLUMN(.name = "notification_mode", .from = "/notification-mode"),
    COLUMN(.name = "notify"),
    COLUMN(.name = "notify_user", .from = "/notify-user"),
    COLUMN(.name = "gc_on_unmount", .from = "/gc-on-unmount"),
    COLUMN(.name = "notification_thresholds", .from = "/notification-thresholds", EXTRA),
    COLUMN(.name = "counter_reset_schedule", .from = "/counter-reset-schedule", EXTRA),
};

static const struct proximo_column usage_columns[] = {
    COLUMN(.name = "store"),
    COLUMN(.name = "total", .unit = "bytes"),
    COLUMN(.name = "used", .unit = "bytes"),
    COLUMN(.name = "avail", .unit = "bytes"),
    COLUMN(.name = "estimated_full_date", .from = "/estimated-full-date", .unit = "epoch"),
    COLUMN(.name = "error", UNTRUSTED),
    COLUMN(.name = "mount_status", .from = "/mount-status"),
    COLUMN(.name = "pending_bytes", .from = "/gc-status/pending-bytes", .unit = "bytes"),
    COLUMN(.name = "removed_bytes", .from = "/gc-status/removed-bytes", .unit = "bytes"),
    COLUMN(.name = "gc_upid", .from = "/gc-status/upid"),
    COLUMN(.name = "backend_type", .from = "/backend-type", EXTRA),
    COLUMN(.name = "history", EXTRA),
    COLUMN(.name = "history_start", .from = "/history-start", .unit = "epoch", EXTRA),
    COLUMN(.name = "history_delta", .from = "/history-delta", .unit = "seconds", EXTRA),
};

static const struct proximo_column gc_columns[] = {
    COLUMN(.name = "store"),
    COLUMN(.name = "schedule"),
    COLUMN(.name = "last_run_endtime", .from = "/last-run-endtime", .unit = "epoch"),
    COLUMN(.name = "last_run_state", .from = "/last-run-state", UNTRUSTED),
    COLUMN(.name = "next_run", .from = "/next-run", .unit = "epoch"),
    COLUMN(.name = "duration", .unit = "seconds"),
    COLUMN(.name = "upid"),
    COLUMN(.name = "index_data_bytes", .from = "/index-data-bytes", .unit = "bytes"),
    COLUMN(.name = "disk_bytes", .from = "/disk-bytes", .unit = "bytes"),
    COLUMN(.name = "disk_chunks", .from = "/disk-chunks"),
    COLUMN(.name = "removed_bytes", .from = "/removed-bytes", .unit = "bytes"),
    COLUMN(.name = "removed_chunks", .from = "/removed-chunks"),
    COLUMN(.name = "pending_bytes", .from = "/pending-bytes", .unit = "bytes"),
    COLUMN(.name = "pending_chunks", .from = "/pending-chunks"),
    COLUMN(.name = "removed_bad", .from = "/removed-bad"),
    COLUMN(.name = "still_bad", .from = "/still-bad"),
    COLUMN(.name = "index_file_count", .from = "/index-file-count", EXTRA),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pbs_datastores_list", .title = "Datastores",
     .description = "Lists the datastores of a Backup Server that this token sees, with their maintenance "
                    "mode. pbs_datastore_usage has the figures.",
     .path = "/admin/datastore", .columns = PROXIMO_TABLE(list_columns), .sort_by = "store",
     .needs = PROXIMO_TABLE(see_all)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pbs_datastore_status",
     .title = "Datastore status",
     .description = "Shows how full a datastore is; with verbose also the numbers of groups and snapshots "
                    "and the last garbage collection.",
     .params = PROXIMO_TABLE(status_params), .path = "/admin/datastore/{store}/status",
     .columns = PROXIMO_TABLE(status_columns), .needs = PROXIMO_TABLE(see_one)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pbs_datastore_get",
     .title = "Datastore configuration",
     .description = "Shows how a datastore is set up: path, schedules, retention, verification of new "
                    "backups, maintenance, notifications.",
     .params = PROXIMO_TABLE(store_params), .path = "/config/datastore/{store}",
     .columns = PROXIMO_TABLE(config_columns), .needs = PROXIMO_TABLE(audit_one)},
    {ROW(proximo_read), .name = "pbs_datastore_usage", .title = "Use of all datastores",
     .description = "Lists how full each datastore is, when it is expected to be full, and what the last "
                    "garbage collection freed and left pending. fields=history adds the past use.",
     .path = "/status/datastore-usage", .columns = PROXIMO_TABLE(usage_columns), .sort_by = "store",
     .needs = PROXIMO_TABLE(see_all)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pbs_gc_status",
     .title = "Garbage collection status",
     .description = "Shows when the garbage of a datastore was collected last, what that freed, what waits "
                    "(chunks stay a day after their last use) and when it runs next. Without last_run_state "
                    "it never ran: space of deleted backups has not come back.",
     .params = PROXIMO_TABLE(store_params), .path = "/admin/datastore/{store}/gc",
     .columns = PROXIMO_TABLE(gc_columns), .needs = PROXIMO_TABLE(audit_one)},
};

const struct topic pbs_topic_datastores = {
    .reads = PROXIMO_TABLE(reads),
};
