/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about storage.cfg: which storages the cluster has. */
#include "storage.h"

/* ---- pve_storage_config_list: GET /storage. Who may see a storage sees its entry. */

static const struct proximo_column config_columns[] = {
    COLUMN(.name = "storage"),
    COLUMN(.name = "type"),
    COLUMN(.name = "content", .unit = "list"),
    COLUMN(.name = "nodes", .unit = "list"),
    COLUMN(.name = "shared"),
    COLUMN(.name = "disable"),
    COLUMN(.name = "path", EXTRA),
    COLUMN(.name = "server", EXTRA),
    COLUMN(.name = "export", EXTRA),
    COLUMN(.name = "share", EXTRA),
    COLUMN(.name = "datastore", EXTRA),
    COLUMN(.name = "namespace", EXTRA),
    COLUMN(.name = "pool", EXTRA),
    COLUMN(.name = "vgname", EXTRA),
    COLUMN(.name = "thinpool", EXTRA),
    COLUMN(.name = "prune-backups", EXTRA),
};
static const struct proximo_need storage_audit[] = {
    NEED("/storage", "Datastore.Audit"),
};
static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_storage_config_list",
        .title = "Storage configuration",
        .description =
            "Lists the storages of the cluster as storage.cfg has them: type, content, nodes they are "
            "restricted to, shared, disabled. Free space is in pve_storage_status.",
        .path = "/storage",
        .columns = PROXIMO_TABLE(config_columns),
        .count_by = "type",
        .sort_by = "storage",
        .needs = PROXIMO_TABLE(storage_audit),
    },
};

const struct topic storage_topic_config = {
    .reads = PROXIMO_TABLE(reads),
};
