/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The storage plane: storages of the cluster, what is on them, backups and backup jobs. Sources: the API
 * paths in the topics' rows (Proxmox VE 8.4 and 9.2).
 */

#include "storage.h"

static const struct topic *const topics[] = {
    &storage_topic_config, &storage_topic_content, &storage_topic_backups,
    &storage_topic_jobs,   &storage_topic_prompts,
};

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES | PROXIMO_FEATURE_RESOURCES,
    .threading = PROXIMO_PARALLEL,
    .name = "storage",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary = "Storages of the cluster, their content, backups and backup jobs.",
    .open = plane_open,
    .close = plane_close,
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
