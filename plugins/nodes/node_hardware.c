/* SPDX-License-Identifier: Apache-2.0 */
/* Disks and devices of one node. */
#include "nodes.h"

static const struct proximo_param node_only[] = {NODE_PARAM};
static const struct proximo_need node_audit[] = {NEED("/nodes/{node}", "Sys.Audit")};
static const struct proximo_need root_audit[] = {NEED("/", "Sys.Audit")};
static const struct proximo_need root_either[] = {NEED("/", "Sys.Audit|Sys.Modify")};
static const struct proximo_need root_modify[] = {NEED("/", "Sys.Modify")};

/* ---- pve_node_disks_list, pve_node_disk_smart: GET /nodes/{node}/disks/list, .../smart */

static const struct proximo_param disks_params[] = {
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "type", .choices = "unused,journal_disks",
          .description = "Only disks of this use: unused, or such that can hold journals of Ceph."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "include_partitions", .api_name = "include-partitions",
          .description = "Also the partitions of the disks."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "skipsmart",
          .description = "Do not ask the disks for their health: quicker, and sleeping disks stay asleep."),
};
static const struct proximo_column disks_columns[] = {
    COLUMN(.name = "devpath"),
    COLUMN(.name = "type"),
    COLUMN(.name = "size", .unit = "bytes"),
    COLUMN(.name = "used"),
    COLUMN(.name = "health"),
    COLUMN(.name = "wearout"),
    COLUMN(.name = "model", UNTRUSTED),
    COLUMN(.name = "serial", UNTRUSTED),
    COLUMN(.name = "mounted"),
    COLUMN(.name = "parent"),
    COLUMN(.name = "osdid-list"),
    COLUMN(.name = "vendor", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
    COLUMN(.name = "wwn", EXTRA),
    COLUMN(.name = "gpt", EXTRA),
    COLUMN(.name = "rpm", EXTRA),
    COLUMN(.name = "osdid", EXTRA),
    COLUMN(.name = "by_id_link", EXTRA),
};
static const struct proximo_param smart_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "disk", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 128,
          .description = "Device of the disk: /dev/sda"),
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "healthonly",
          .description = "Only the verdict, not the single values."),
};
static const struct proximo_column smart_columns[] = {
    COLUMN(.name = "health"),          COLUMN(.name = "type"),
    COLUMN(.name = "wearout"),         COLUMN(.name = "attributes"),
    COLUMN(.name = "text", UNTRUSTED),
};

/* ---- pve_node_pci_list, pve_node_usb_list: GET /nodes/{node}/hardware/pci, .../usb */

static const struct proximo_param pci_params[] = {
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "class_blacklist", .api_name = "pci-class-blacklist",
          .description = "Leave out these PCI classes (two hexadecimal digits each); absent: memory 05, "
                         "bridges 06 and processors 0b."),
};
static const struct proximo_column pci_columns[] = {
    COLUMN(.name = "id"),
    COLUMN(.name = "class"),
    COLUMN(.name = "vendor_name"),
    COLUMN(.name = "device_name"),
    COLUMN(.name = "iommugroup"),
    COLUMN(.name = "mdev"),
    COLUMN(.name = "vendor", EXTRA),
    COLUMN(.name = "device", EXTRA),
    COLUMN(.name = "subsystem_vendor", EXTRA),
    COLUMN(.name = "subsystem_vendor_name", EXTRA),
    COLUMN(.name = "subsystem_device", EXTRA),
    COLUMN(.name = "subsystem_device_name", EXTRA),
};
static const struct proximo_column usb_columns[] = {
    COLUMN(.name = "usbpath"),
    COLUMN(.name = "busnum"),
    COLUMN(.name = "devnum"),
    COLUMN(.name = "vendid"),
    COLUMN(.name = "prodid"),
    COLUMN(.name = "manufacturer", UNTRUSTED),
    COLUMN(.name = "product", UNTRUSTED),
    COLUMN(.name = "speed"),
    COLUMN(.name = "serial", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
    COLUMN(.name = "class", EXTRA),
    COLUMN(.name = "level", EXTRA),
    COLUMN(.name = "port", EXTRA),
};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_node_disks_list",
        .title = "Disks of a node",
        .description =
            "Lists the disks of one node: size, what they are used for, health by SMART, wear. Use it to "
            "find a failing or a free disk.",
        .params = PROXIMO_TABLE(disks_params),
        .path = "/nodes/{node}/disks/list",
        .columns = PROXIMO_TABLE(disks_columns),
        .count_by = "health",
        .sort_by = "devpath",
        .needs = PROXIMO_TABLE(node_audit),
    },
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE,
        .name = "pve_node_disk_smart",
        .title = "SMART values of a disk",
        .description =
            "Shows what one disk says about its own health: the verdict and, for ATA, the single values, "
            "else the report as text.",
        .params = PROXIMO_TABLE(smart_params),
        .path = "/nodes/{node}/disks/smart",
        .columns = PROXIMO_TABLE(smart_columns),
        .needs = PROXIMO_TABLE(root_audit),
    },
    {
        ROW(proximo_read),
        .name = "pve_node_pci_list",
        .title = "PCI devices of a node",
        .description =
            "Lists the PCI devices of one node with their IOMMU groups: what can be passed through to a "
            "guest together. iommugroup -1: no IOMMU is in use.",
        .params = PROXIMO_TABLE(pci_params),
        .path = "/nodes/{node}/hardware/pci",
        .columns = PROXIMO_TABLE(pci_columns),
        .sort_by = "id",
        .needs = PROXIMO_TABLE(root_either),
    },
    {
        ROW(proximo_read),
        .name = "pve_node_usb_list",
        .title = "USB devices of a node",
        .description =
            "Lists the USB devices that are plugged into one node. Proxmox wants Sys.Modify for this, "
            "although it only looks.",
        .params = PROXIMO_TABLE(node_only),
        .path = "/nodes/{node}/hardware/usb",
        .columns = PROXIMO_TABLE(usb_columns),
        .needs = PROXIMO_TABLE(root_modify),
    },
};

const struct topic nodes_topic_node_hardware = {
    .reads = PROXIMO_TABLE(reads),
};
