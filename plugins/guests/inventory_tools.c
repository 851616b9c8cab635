/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which guests there are, and what one is at present. Sources: the API paths in the rows (Proxmox VE 8.4 and
 * 9.2).
 */
#include "guests.h"

/* ---- pve_list_guests: GET /cluster/resources?type=vm */

static const struct proximo_param list_params[] = {
    FILTER("node", .name = "node", .format = "node", .description = "Only guests of this node."),
    FILTER("kind", .name = "kind", .choices = "lxc,qemu",
           .description = "Only containers (lxc) or machines (qemu)."),
    FILTER("status", .name = "status", .choices = "running,stopped,paused,suspended,unknown",
           .description = "Only guests in this state."),
    FILTER("name", .name = "name", .maximum = 128, .description = "Only guests of exactly this name."),
    FILTER("tags", .name = "tag", .maximum = 128, .description = "Only guests with this tag."),
    FILTER("pool", .name = "pool", .format = "poolid", .description = "Only guests of this pool."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "template", .flags = PROXIMO_PARAM_NOT_SENT,
          .column = "template", .description = "true: only templates; false: none of them."),
};
/* Few by default: 28 guests are to fit into 2,000 bytes (tested). The rest comes for the asking. */
static const struct proximo_column list_columns[] = {
    COLUMN(.name = "vmid"),
    COLUMN(.name = "name", UNTRUSTED),
    COLUMN(.name = "kind", .from = "/type"),
    COLUMN(.name = "status"),
    COLUMN(.name = "lock"),
    COLUMN(.name = "node", EXTRA),
    COLUMN(.name = "cpu", .unit = "fraction", EXTRA),
    COLUMN(.name = "maxcpu", EXTRA),
    COLUMN(.name = "mem", .unit = "bytes", EXTRA),
    COLUMN(.name = "maxmem", .unit = "bytes", EXTRA),
    COLUMN(.name = "uptime", .unit = "seconds", EXTRA),
    COLUMN(.name = "tags", .unit = "list", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
    COLUMN(.name = "pool", EXTRA),
    COLUMN(.name = "template", EXTRA),
    COLUMN(.name = "hastate", EXTRA),
    COLUMN(.name = "disk", .unit = "bytes", EXTRA),
    COLUMN(.name = "maxdisk", .unit = "bytes", EXTRA),
    COLUMN(.name = "memhost", .unit = "bytes", EXTRA),
    COLUMN(.name = "netin", .unit = "bytes", EXTRA),
    COLUMN(.name = "netout", .unit = "bytes", EXTRA),
    COLUMN(.name = "diskread", .unit = "bytes", EXTRA),
    COLUMN(.name = "diskwrite", .unit = "bytes", EXTRA),
    COLUMN(.name = "id", EXTRA),
};
static const struct proximo_field list_fixed[] = {
    {ROW(proximo_field), .name = "type", .value = "vm"},
};
static const struct proximo_need list_needs[] = {
    {ROW(proximo_need), .path = "/vms", .privilege = "VM.Audit"},
};

/* ---- pve_guest_status: GET .../status/current */

static const struct proximo_param guest_params[] = {GUEST_PARAMS};
static const struct proximo_column status_columns[] = {
    COLUMN(.name = "vmid"),
    COLUMN(.name = "name", UNTRUSTED),
    COLUMN(.name = "status"),
    COLUMN(.name = "qmpstatus"),
    COLUMN(.name = "lock"),
    COLUMN(.name = "template"),
    COLUMN(.name = "uptime", .unit = "seconds"),
    COLUMN(.name = "cpu", .unit = "fraction"),
    COLUMN(.name = "cpus"),
    COLUMN(.name = "mem", .unit = "bytes"),
    COLUMN(.name = "maxmem", .unit = "bytes"),
    COLUMN(.name = "swap", .unit = "bytes"),
    COLUMN(.name = "maxswap", .unit = "bytes"),
    COLUMN(.name = "disk", .unit = "bytes"),
    COLUMN(.name = "maxdisk", .unit = "bytes"),
    COLUMN(.name = "memhost", .unit = "bytes"),
    COLUMN(.name = "agent"),
    COLUMN(.name = "ha"),
    COLUMN(.name = "tags", .unit = "list", UNTRUSTED),
    COLUMN(.name = "pressurecpusome", .unit = "percent"),
    COLUMN(.name = "pressurecpufull", .unit = "percent"),
    COLUMN(.name = "pressurememorysome", .unit = "percent"),
    COLUMN(.name = "pressurememoryfull", .unit = "percent"),
    COLUMN(.name = "pressureiosome", .unit = "percent"),
    COLUMN(.name = "pressureiofull", .unit = "percent"),
    COLUMN(.name = "netin", .unit = "bytes"),
    COLUMN(.name = "netout", .unit = "bytes"),
    COLUMN(.name = "diskread", .unit = "bytes"),
    COLUMN(.name = "diskwrite", .unit = "bytes"),
    COLUMN(.name = "pid", EXTRA),
    COLUMN(.name = "running-machine", EXTRA),
    COLUMN(.name = "running-qemu", EXTRA),
    COLUMN(.name = "balloon", .unit = "bytes", EXTRA),
    COLUMN(.name = "ballooninfo", EXTRA),
    COLUMN(.name = "blockstat", EXTRA),
    COLUMN(.name = "nics", EXTRA),
    COLUMN(.name = "proxmox-support", EXTRA),
    COLUMN(.name = "freemem", .unit = "bytes", EXTRA),
    COLUMN(.name = "spice", EXTRA),
    COLUMN(.name = "serial", EXTRA),
    COLUMN(.name = "clipboard", EXTRA),
    COLUMN(.name = "type", EXTRA),
};
static const struct proximo_need guest_needs[] = {
    {ROW(proximo_need), .path = "/vms/{vmid}", .privilege = "VM.Audit"},
};

/* ---- pve_guest_feature: GET .../feature */

static const struct proximo_param feature_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "feature", .choices = "clone,snapshot,copy",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description = "snapshot; clone (linked, as from a template); copy (full clone)."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "snapname", .format = "snapname",
          .description = "As of this snapshot; absent: as it is now."),
};
static const struct proximo_column feature_columns[] = {
    COLUMN(.name = "hasFeature"),
    COLUMN(.name = "nodes"),
};

/* ---- the tools */

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_list_guests",
        .title = "Guests: virtual machines (VM) and containers",
        .description =
            "Lists all virtual machines and containers of the cluster with their state, counted by status. "
            "Node, usage, tags and more come with fields. "
            "Filters: node, kind, status, name, tag, pool. The numbers are some seconds old; for one guest "
            "use pve_guest_status. Sizes are in bytes, cpu is a fraction of 1.",
        .params = PROXIMO_TABLE(list_params),
        .path = "/cluster/resources",
        .fixed = PROXIMO_TABLE(list_fixed),
        .columns = PROXIMO_TABLE(list_columns),
        .count_by = "status",
        .sort_by = "vmid",
        .needs = PROXIMO_TABLE(list_needs),
    },
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE,
        .name = "pve_guest_status",
        .title = "Guest status",
        .description =
            "Shows the present state of one guest: running or not, CPU, memory, disk, network, lock, HA and, "
            "on "
            "Proxmox VE 9, pressure (how long it had to wait for CPU, memory or disk, in percent). Sizes "
            "are in bytes, cpu is a fraction of 1.",
        .params = PROXIMO_TABLE(guest_params),
        .path = "/nodes/{node}/{kind}/{vmid}/status/current",
        .columns = PROXIMO_TABLE(status_columns),
        .needs = PROXIMO_TABLE(guest_needs),
    },
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE,
        .name = "pve_guest_feature",
        .title = "Feature check",
        .description = "Says whether the disks of one guest allow a snapshot, a linked clone or a full copy, "
                       "and on which nodes. It depends on the storage of every disk.",
        .params = PROXIMO_TABLE(feature_params),
        .path = GUEST_PATH "/feature",
        .columns = PROXIMO_TABLE(feature_columns),
        .needs = PROXIMO_TABLE(guest_needs),
    },
};

const struct topic guests_topic_inventory = {
    .reads = PROXIMO_TABLE(reads),
};
