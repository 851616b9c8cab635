/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about one node. */
#include "nodes.h"

/* ---- pve_node_status: GET /nodes/{node}/status */

static const struct proximo_param node_only[] = {NODE_PARAM};
static const struct proximo_column node_status_columns[] = {
    COLUMN(.name = "uptime", .unit = "seconds"),
    COLUMN(.name = "cpu", .unit = "fraction"),
    COLUMN(.name = "cpus", .from = "/cpuinfo/cpus"),
    COLUMN(.name = "cpu_model", .from = "/cpuinfo/model"),
    COLUMN(.name = "loadavg"),
    COLUMN(.name = "wait", .unit = "fraction"),
    COLUMN(.name = "memory", .unit = "bytes"),
    COLUMN(.name = "swap", .unit = "bytes"),
    COLUMN(.name = "rootfs", .unit = "bytes"),
    COLUMN(.name = "pveversion"),
    COLUMN(.name = "kernel", .from = "/current-kernel/release"),
    COLUMN(.name = "boot_mode", .from = "/boot-info/mode"),
    COLUMN(.name = "secureboot", .from = "/boot-info/secureboot"),
    COLUMN(.name = "ksm", EXTRA),
    COLUMN(.name = "cpuinfo", EXTRA),
    COLUMN(.name = "current-kernel", EXTRA),
    COLUMN(.name = "kversion", EXTRA),
    COLUMN(.name = "idle", EXTRA),
};
static const struct proximo_need node_status_needs[] = {
    {ROW(proximo_need), .path = "/nodes/{node}", .privilege = "Sys.Audit"},
};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE,
        .name = "pve_node_status",
        .title = "Node status",
        .description =
            "Shows the health of one node: uptime, CPU and load, memory, swap, root file system, Proxmox and "
            "kernel "
            "version. Use it when a node is slow or full. Sizes are in bytes, cpu and wait are fractions "
            "of 1.",
        .params = PROXIMO_TABLE(node_only),
        .path = "/nodes/{node}/status",
        .columns = PROXIMO_TABLE(node_status_columns),
        .needs = PROXIMO_TABLE(node_status_needs),
    },
};

const struct topic nodes_topic_node = {
    .reads = PROXIMO_TABLE(reads),
};
