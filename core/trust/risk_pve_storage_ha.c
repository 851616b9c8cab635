/* SPDX-License-Identifier: Apache-2.0 */
/* Storage and HA of Proxmox VE. See risk_rows.h for what the columns mean. */
#include "trust/risk_rows.h"

/* clang-format off */
static const struct risk_row rows[] = {
    PVE(POST, "/storage", HIGH, NONE, "adds a storage to the cluster",
        "@storage storage type h: authsupported base bwlimit content datastore disable export format "
        "iscsiprovider max-protected-backups maxfiles nodes path portal preallocation prune-backups share "
        "shared target thinpool vgname volume"),
    PVE(PUT, "/storage/{storage}", MEDIUM, DIGEST, "changes a storage of the cluster",
        "@storage digest delete=list m: bwlimit content disable format max-protected-backups maxfiles "
        "nodes preallocation prune-backups shared"),
    PVE(DELETE, "/storage/{storage}", HIGH, DESTROYS,
        "removes a storage from the cluster: guests and backups on it are out of reach", ""),
    PVE(POST, "/nodes/{node}/storage/{storage}/content", MEDIUM, NONE, "allocates a volume",
        "filename format size vmid"),
    PVE(PUT, "/nodes/{node}/storage/{storage}/content/{volume}", LOW, NONE,
        "changes notes or protection of a volume", "notes protected=keep-protection"),
    PVE(POST, "/nodes/{node}/storage/{storage}/content/{volume}", MEDIUM, ROOT_ONLY | TASK,
        "copies a volume", "m: target target_node"),
    PVE(DELETE, "/nodes/{node}/storage/{storage}/content/{volume}", HIGH, DESTROYS | TASK,
        "deletes a volume", "delay"),
    PVE(POST, "/nodes/{node}/storage/{storage}/upload", MEDIUM, TASK, "uploads an image, template or file",
        "checksum checksum-algorithm filename content=content-kind h: tmpfilename"),
    PVE(POST, "/nodes/{node}/storage/{storage}/download-url", MEDIUM, TASK,
        "downloads a file from the internet to the storage",
        "checksum checksum-algorithm compression filename url content=content-kind "
        "verify-certificates=no-verify"),
    PVE(POST, "/nodes/{node}/storage/{storage}/oci-registry-pull", MEDIUM, TASK,
        "downloads a container image from a registry", "filename reference"),
    PVE(DELETE, "/nodes/{node}/storage/{storage}/prunebackups", HIGH, DESTROYS | TASK,
        "deletes old backups", "prune-backups type vmid"),
    PVE(POST, "/cluster/ha/resources", MEDIUM, NONE, "puts a guest under HA",
        "auto-rebalance comment failback group max_relocate max_restart sid type state=ha-state"),
    PVE(PUT, "/cluster/ha/resources/{sid}", LOW, DIGEST, "changes how HA treats a guest",
        "comment digest delete=list state=ha-state m: auto-rebalance failback group max_relocate "
        "max_restart"),
    PVE(DELETE, "/cluster/ha/resources/{sid}", MEDIUM, NONE, "takes a guest out of HA", "m: purge"),
    PVE(POST, "/cluster/ha/resources/{sid}/migrate", MEDIUM, NONE, "asks HA to move a guest", "node"),
    PVE(POST, "/cluster/ha/resources/{sid}/relocate", HIGH, NONE,
        "asks HA to stop a guest and start it on another node", "node"),
    PVE(POST, "/cluster/ha/groups", MEDIUM, NONE, "creates an HA group",
        "comment group nodes nofailback restricted type"),
    PVE(PUT, "/cluster/ha/groups/{group}", MEDIUM, DIGEST, "changes an HA group: guests may move",
        "comment digest nodes nofailback restricted delete=list"),
    PVE(DELETE, "/cluster/ha/groups/{group}", MEDIUM, NONE, "removes an HA group", ""),
    PVE(POST, "/cluster/ha/rules", MEDIUM, NONE, "creates an HA rule: guests may move",
        "affinity comment disable nodes resources rule strict type"),
    PVE(PUT, "/cluster/ha/rules/{rule}", MEDIUM, DIGEST, "changes an HA rule: guests may move",
        "affinity comment digest disable nodes resources strict type delete=list"),
    PVE(DELETE, "/cluster/ha/rules/{rule}", MEDIUM, NONE, "removes an HA rule", ""),
    PVE(POST, "/cluster/ha/status/arm-ha", MEDIUM, NONE, "switches HA on again", ""),
    PVE(POST, "/cluster/ha/status/disarm-ha", HIGH, NONE, "switches HA off: no guest is recovered",
        "resource-mode"),
};
/* clang-format on */

const struct risk_table risk_pve_storage_ha = {rows, sizeof(rows) / sizeof(rows[0])};
