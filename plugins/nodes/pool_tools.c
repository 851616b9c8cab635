/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about pools. */
#include "pools.h"

#define POOLID_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "poolid", .format = "poolid",                                 \
          .flags = PROXIMO_PARAM_REQUIRED, .description = "Name of the pool; a/b is the pool b in a.")
#define COMMENT_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "comment", .maximum = 512,                                    \
          .description = "A note kept with it.")

static const struct proximo_param create_params[] = {POOLID_PARAM, COMMENT_PARAM};
static const struct proximo_param update_params[] = {
    POOLID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "vms", .format = "vmid",
          .description = "Guest ids to take in, or out with delete."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "storage", .format = "storage",
          .description = "Storages to take in, or out with delete."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "delete",
          .description = "true: take vms and storage out of the pool."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "allow_move", .api_name = "allow-move",
          .description = "true: take guests out of the pool that they are in now."),
    COMMENT_PARAM,
};
static const struct proximo_param delete_params[] = {POOLID_PARAM};

static const struct proximo_need pool_needs[] = {
    NEED("/pool/{poolid}", "Pool.Allocate"),
    NEED("/pool/{poolid}", "Pool.Audit"),
};

static const struct proximo_param get_params[] = {POOLID_PARAM};
static const struct proximo_column list_columns[] = {
    COLUMN(.name = "poolid"),
    COLUMN(.name = "comment", UNTRUSTED),
};
static const struct proximo_column member_columns[] = {
    COLUMN(.name = "id"),
    COLUMN(.name = "type"),
    COLUMN(.name = "vmid"),
    COLUMN(.name = "storage"),
    COLUMN(.name = "name", UNTRUSTED),
    COLUMN(.name = "node"),
    COLUMN(.name = "status"),
    COLUMN(.name = "content", EXTRA),
    COLUMN(.name = "maxcpu", EXTRA),
    COLUMN(.name = "maxmem", .unit = "bytes", EXTRA),
    COLUMN(.name = "disk", .unit = "bytes", EXTRA),
    COLUMN(.name = "maxdisk", .unit = "bytes", EXTRA),
    COLUMN(.name = "plugintype", EXTRA),
    COLUMN(.name = "shared", EXTRA),
    COLUMN(.name = "template", EXTRA),
    COLUMN(.name = "uptime", .unit = "seconds", EXTRA),
};
static const struct proximo_need all_audit[] = {NEED("/pool", "Pool.Audit")};
static const struct proximo_need one_audit[] = {NEED("/pool/{poolid}", "Pool.Audit")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_pools_list", .title = "Pools",
     .description = "Lists the pools of the cluster; a/b is the pool b in the pool a. Members are in "
                    "pve_pool_get.",
     .path = POOL_PATH, .columns = PROXIMO_TABLE(list_columns), .sort_by = "poolid",
     .needs = PROXIMO_TABLE(all_audit)},
    {ROW(proximo_read), .name = "pve_pool_get", .title = "Pool",
     .description =
         "Shows one pool: its comment and its members, guests and storages. Members of pools in it "
         "are theirs, not its own.",
     .params = PROXIMO_TABLE(get_params), .columns = PROXIMO_TABLE(member_columns), .count_by = "type",
     .sort_by = "id", .needs = PROXIMO_TABLE(one_audit), .read = nodes_read_pool},
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .name = "pve_pool_create",
        .title = "Create a pool",
        .description = "Creates an empty pool. Undo deletes it as long as it is empty.",
        .params = PROXIMO_TABLE(create_params),
        .subject = "pool/{poolid}",
        .operation_class = "pool.create",
        .needs = PROXIMO_TABLE(pool_needs),
        .plan = nodes_plan_pool_create,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
        .undo_class = "pool.delete",
    },
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_pool_update",
        .title = "Change a pool",
        .description =
            "Takes guests and storages into a pool or out of it, or changes its comment. Rights on "
            "a pool hold on its members, so this can give and take rights; the plan names whose. "
            "Undo puts members and comment back.",
        .params = PROXIMO_TABLE(update_params),
        .subject = "pool/{poolid}",
        .operation_class = "pool.update",
        .needs = PROXIMO_TABLE(pool_needs),
        .plan = nodes_plan_pool_update,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
    {
        ROW(proximo_change),
        .name = "pve_pool_delete",
        .title = "Delete a pool",
        .description =
            "Deletes an empty pool; Proxmox refuses one with members or with pools in it. Grants at "
            "the pool's path go with it; undo creates the pool and gives them again.",
        .params = PROXIMO_TABLE(delete_params),
        .subject = "pool/{poolid}",
        .operation_class = "pool.delete",
        .needs = PROXIMO_TABLE(pool_needs),
        .plan = nodes_plan_pool_delete,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
        .undo_class = "pool.create",
    },
};

/* in, out: the members that come and go; from: the pools that they leave for this one. */
#define POOL_SCHEMA                                                                                          \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"pool\"},\"poolid\":{\"type\":\"string\"},"   \
    "\"in\":{\"type\":\"string\"},\"out\":{\"type\":\"string\"},\"from\":{\"type\":\"string\"}},"            \
    "\"required\":[\"kind\",\"poolid\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pool.create", .title = "create a pool",
     .description = "An empty pool; rights given above it reach it.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = POOL_SCHEMA},
    {ROW(proximo_class), .name = "pool.update", .title = "change a pool",
     .description = "Members come and go, and the rights that follow the pool with them.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .subject_schema = POOL_SCHEMA, .blast = nodes_blast_pool},
    {ROW(proximo_class), .name = "pool.delete", .title = "delete a pool",
     .description = "The pool and the grants at its path are gone.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = POOL_SCHEMA, .blast = nodes_blast_pool_delete},
};

const struct topic nodes_topic_pools = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
