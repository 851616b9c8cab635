/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for the rows of the Backup Server's routes: patterns and parameters that many methods share.
 * Source: the API description of Proxmox Backup Server 4.2.
 */
#ifndef PROXIMO_SIM_PBS_ROUTES_H
#define PROXIMO_SIM_PBS_ROUTES_H

#include "../../routes/routes.h"
#include "../pbs.h"

/* clang-format off */
#define SAFE_ID     "[A-Za-z0-9_][A-Za-z0-9._-]*"
#define ONE_LINE    "[^[:cntrl:]]*"
#define HOST_LABEL  "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
#define HOST_NAME   "[][A-Za-z0-9.:_-]+"
#define CIDR        "[0-9a-fA-F.:]+/[0-9]{1,3}"
#define SHA256      "[a-f0-9]{64}"
#define NAMESPACE   "((" SAFE_ID "/){0,7}" SAFE_ID ")?"
#define GROUP_ID    "[^[:space:]:/[:cntrl:]]+"
#define USERID      GROUP_ID "@" SAFE_ID
#define AUTH_ID     USERID "(!" SAFE_ID ")?"
#define FINGERPRINT "[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){31}"
#define ACL_PATH    "/|(/" SAFE_ID ")+"
#define UPID_TEXT \
    "UPID:[a-zA-Z0-9-]+:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8,16}:[0-9A-Fa-f]{8}:" \
    "[^:[:space:]]+:[^:[:space:]]*:[^:[:space:]]+:"

#define P_BACKUP_ID {.name = "backup-id", .pattern = SAFE_ID}
#define P_BACKUP_TIME {.name = "backup-time", .type = SIM_INTEGER, .has_min = true, .min = 1}
#define P_BACKUP_TYPE {.name = "backup-type", .values = "vm, ct, host"}
#define P_BURST_IN_OPT {.name = "burst-in", .min_length = 1, .max_length = 64, .optional = true}
#define P_BURST_OUT_OPT {.name = "burst-out", .min_length = 1, .max_length = 64, .optional = true}
#define P_COMMENT_OPT {.name = "comment", .pattern = ONE_LINE, .max_length = 128, .optional = true}
#define P_DIGEST_OPT {.name = "digest", .pattern = SHA256, .optional = true}
#define P_ID {.name = "id", .pattern = SAFE_ID, .min_length = 3, .max_length = 32}
#define P_KEEP_DAILY_OPT \
    {.name = "keep-daily", .type = SIM_INTEGER, .has_min = true, .min = 1, .optional = true}
#define P_KEEP_HOURLY_OPT \
    {.name = "keep-hourly", .type = SIM_INTEGER, .has_min = true, .min = 1, .optional = true}
#define P_KEEP_LAST_OPT \
    {.name = "keep-last", .type = SIM_INTEGER, .has_min = true, .min = 1, .optional = true}
#define P_KEEP_MONTHLY_OPT \
    {.name = "keep-monthly", .type = SIM_INTEGER, .has_min = true, .min = 1, .optional = true}
#define P_KEEP_WEEKLY_OPT \
    {.name = "keep-weekly", .type = SIM_INTEGER, .has_min = true, .min = 1, .optional = true}
#define P_KEEP_YEARLY_OPT \
    {.name = "keep-yearly", .type = SIM_INTEGER, .has_min = true, .min = 1, .optional = true}
#define P_MAX_DEPTH_OPT \
    {.name = "max-depth", .type = SIM_INTEGER, .has_min = true, .has_max = true, .max = 7, \
     .optional = true}
#define P_MAX_DEPTH_OPT_2 \
    {.name = "max-depth", .type = SIM_INTEGER, .has_min = true, .has_max = true, .max = 7, \
     .optional = true}
#define P_NAME {.name = "name", .pattern = SAFE_ID, .min_length = 3, .max_length = 32}
#define P_NODE {.name = "node", .pattern = HOST_LABEL}
#define P_NS_OPT {.name = "ns", .pattern = NAMESPACE, .max_length = 256, .optional = true}
#define P_RATE_IN_OPT {.name = "rate-in", .min_length = 1, .max_length = 64, .optional = true}
#define P_RATE_OUT_OPT {.name = "rate-out", .min_length = 1, .max_length = 64, .optional = true}
#define P_SCHEDULE_OPT {.name = "schedule", .optional = true}
#define P_STORE_OPT \
    {.name = "store", .pattern = SAFE_ID, .min_length = 3, .max_length = 32, .optional = true}
#define P_STORE {.name = "store", .pattern = SAFE_ID, .min_length = 3, .max_length = 32}
#define P_TOKEN_NAME {.name = "token-name", .pattern = SAFE_ID}
#define P_USERID {.name = "userid", .pattern = USERID, .min_length = 3, .max_length = 64}

/* Parameters that come together. */
#define DATASTORE_OPTIONS \
    P_COMMENT_OPT, {.name = "counter-reset-schedule", .optional = true}, {.name = "gc-on-unmount", \
    .type = SIM_BOOLEAN, .optional = true}, {.name = "gc-schedule", .optional = true}, \
    {.name = "maintenance-mode", .optional = true}, P_NAME, {.name = "notification-mode", \
    .values = "legacy-sendmail, notification-system", .optional = true}, \
    {.name = "notification-thresholds", .optional = true}, {.name = "notify", .optional = true}, \
    {.name = "notify-user", .pattern = USERID, .min_length = 3, .max_length = 64, \
    .optional = true}, {.name = "prune-schedule", .optional = true}, {.name = "tuning", \
    .optional = true}, {.name = "verify-new", .type = SIM_BOOLEAN, .optional = true}
#define SYNC_OPTIONS \
    {.name = "active-encryption-key", .pattern = SAFE_ID, .min_length = 3, .max_length = 32, \
    .optional = true}, {.name = "associated-key", .type = SIM_ARRAY, .pattern = SAFE_ID, \
    .min_length = 3, .max_length = 32, .optional = true}, P_BURST_IN_OPT, P_BURST_OUT_OPT, \
    P_COMMENT_OPT, {.name = "encrypted-only", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "group-filter", .type = SIM_ARRAY, .optional = true}, P_ID, P_MAX_DEPTH_OPT_2, \
    P_NS_OPT, {.name = "owner", .pattern = AUTH_ID, .min_length = 3, .max_length = 64, \
    .optional = true}, P_RATE_IN_OPT, P_RATE_OUT_OPT, {.name = "remote", .pattern = SAFE_ID, \
    .min_length = 3, .max_length = 32, .optional = true}, {.name = "remote-ns", \
    .pattern = NAMESPACE, .max_length = 256, .optional = true}, {.name = "remove-vanished", \
    .type = SIM_BOOLEAN, .optional = true}, {.name = "resync-corrupt", .type = SIM_BOOLEAN, \
    .optional = true}, {.name = "run-on-mount", .type = SIM_BOOLEAN, .optional = true}, \
    P_SCHEDULE_OPT, {.name = "sync-direction", .values = "pull, push", .optional = true}, \
    {.name = "transfer-last", .type = SIM_INTEGER, .has_min = true, .min = 1, .optional = true}, \
    {.name = "unmount-on-done", .type = SIM_BOOLEAN, .optional = true}, {.name = "verified-only", \
    .type = SIM_BOOLEAN, .optional = true}, {.name = "worker-threads", .type = SIM_INTEGER, \
    .has_min = true, .min = 1, .has_max = true, .max = 32, .optional = true}
#define VERIFY_OPTIONS \
    P_COMMENT_OPT, P_ID, {.name = "ignore-verified", .type = SIM_BOOLEAN, .optional = true}, \
    P_MAX_DEPTH_OPT, P_NS_OPT, {.name = "outdated-after", .type = SIM_INTEGER, .has_min = true, \
    .optional = true}, {.name = "read-threads", .type = SIM_INTEGER, .has_min = true, .min = 1, \
    .has_max = true, .max = 32, .optional = true}, P_SCHEDULE_OPT, {.name = "verify-threads", \
    .type = SIM_INTEGER, .has_min = true, .min = 1, .has_max = true, .max = 32, .optional = true}
#define PRUNE_OPTIONS \
    P_COMMENT_OPT, {.name = "disable", .type = SIM_BOOLEAN, .optional = true}, P_ID, \
    P_MAX_DEPTH_OPT_2, P_NS_OPT
#define REMOTE_OPTIONS \
    P_COMMENT_OPT, {.name = "fingerprint", .pattern = FINGERPRINT, .optional = true}, P_NAME, \
    {.name = "port", .type = SIM_INTEGER, .optional = true}, {.name = "use-node-proxy", \
    .type = SIM_BOOLEAN, .optional = true}
#define TRAFFIC_OPTIONS \
    P_BURST_IN_OPT, P_BURST_OUT_OPT, P_COMMENT_OPT, P_NAME, P_RATE_IN_OPT, P_RATE_OUT_OPT, \
    {.name = "timeframe", .type = SIM_ARRAY, .optional = true}, {.name = "users", \
    .type = SIM_ARRAY, .pattern = USERID, .min_length = 3, .max_length = 64, .optional = true}
#define KEEPS \
    P_KEEP_LAST_OPT, P_KEEP_HOURLY_OPT, P_KEEP_DAILY_OPT, P_KEEP_WEEKLY_OPT, P_KEEP_MONTHLY_OPT, \
    P_KEEP_YEARLY_OPT
#define SNAPSHOT P_BACKUP_ID, P_BACKUP_TIME, P_BACKUP_TYPE, P_NS_OPT, P_STORE
#define GROUP P_BACKUP_ID, P_BACKUP_TYPE, P_NS_OPT, P_STORE
/* clang-format on */

extern const struct sim_route_table pbs_routes_store, pbs_routes_jobs, pbs_routes_config, pbs_routes_access,
    pbs_routes_node, pbs_routes_store_write, pbs_routes_config_write;

#endif
