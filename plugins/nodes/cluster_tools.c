/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about the cluster as a whole. */
#include "nodes.h"

/* ---- pve_cluster_status: GET /cluster/status */

static const struct proximo_column cluster_status_columns[] = {
    COLUMN(.name = "type"),
    COLUMN(.name = "name"),
    COLUMN(.name = "id"),
    COLUMN(.name = "nodeid"),
    COLUMN(.name = "ip"),
    COLUMN(.name = "online"),
    COLUMN(.name = "local"),
    COLUMN(.name = "quorate"),
    COLUMN(.name = "nodes"),
    COLUMN(.name = "level", EXTRA),
    COLUMN(.name = "version", EXTRA),
};
static const struct proximo_need root_audit[] = {
    {ROW(proximo_need), .path = "/", .privilege = "Sys.Audit"},
};

/* ---- pve_cluster_resources: GET /cluster/resources */

static const struct proximo_param resources_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "resource_type", .api_name = "type",
          .choices = "vm,storage,node,sdn", .description = "Only resources of this type; absent: all."),
};
static const struct proximo_column resources_columns[] = {
    COLUMN(.name = "id"),
    COLUMN(.name = "type"),
    COLUMN(.name = "node"),
    COLUMN(.name = "name", UNTRUSTED),
    COLUMN(.name = "status"),
    COLUMN(.name = "cpu", .unit = "fraction"),
    COLUMN(.name = "maxcpu"),
    COLUMN(.name = "mem", .unit = "bytes"),
    COLUMN(.name = "maxmem", .unit = "bytes"),
    COLUMN(.name = "disk", .unit = "bytes"),
    COLUMN(.name = "maxdisk", .unit = "bytes"),
    COLUMN(.name = "uptime", .unit = "seconds"),
    COLUMN(.name = "vmid", EXTRA),
    COLUMN(.name = "template", EXTRA),
    COLUMN(.name = "tags", .unit = "list", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
    COLUMN(.name = "pool", EXTRA),
    COLUMN(.name = "lock", EXTRA),
    COLUMN(.name = "hastate", EXTRA),
    COLUMN(.name = "storage", EXTRA),
    COLUMN(.name = "plugintype", EXTRA),
    COLUMN(.name = "content", EXTRA),
    COLUMN(.name = "shared", EXTRA),
    COLUMN(.name = "level", EXTRA),
    COLUMN(.name = "sdn", EXTRA),
    COLUMN(.name = "network", EXTRA),
    COLUMN(.name = "network-type", EXTRA),
    COLUMN(.name = "zone-type", EXTRA),
    COLUMN(.name = "protocol", EXTRA),
    COLUMN(.name = "memhost", .unit = "bytes", EXTRA),
    COLUMN(.name = "netin", .unit = "bytes", EXTRA),
    COLUMN(.name = "netout", .unit = "bytes", EXTRA),
    COLUMN(.name = "diskread", .unit = "bytes", EXTRA),
    COLUMN(.name = "diskwrite", .unit = "bytes", EXTRA),
    COLUMN(.name = "cgroup-mode", EXTRA),
    COLUMN(.name = "host-arch", EXTRA),
};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_cluster_status",
        .title = "Cluster status",
        .description =
            "Shows quorum and membership: which nodes belong to the cluster, which are online, with their "
            "addresses. A single node without a cluster is listed alone.",
        .path = "/cluster/status",
        .columns = PROXIMO_TABLE(cluster_status_columns),
        .count_by = "type",
        .needs = PROXIMO_TABLE(root_audit),
    },
    {
        ROW(proximo_read),
        .name = "pve_cluster_resources",
        .title = "Cluster resources",
        .description =
            "Lists everything in the cluster at a glance: guests, storages, nodes, SDN, with usage. The "
            "numbers "
            "are some seconds old; for one guest's present state use pve_guest_status. Sizes are in bytes, "
            "cpu is a fraction of 1.",
        .params = PROXIMO_TABLE(resources_params),
        .path = "/cluster/resources",
        .columns = PROXIMO_TABLE(resources_columns),
        .count_by = "status",
        .read = nodes_read_resources,
    },
};

const struct topic nodes_topic_cluster = {
    .reads = PROXIMO_TABLE(reads),
};
