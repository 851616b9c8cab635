/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Backup Server plane: datastores, namespaces, groups, snapshots, what verifies, prunes, syncs and cleans
 * them, and whether there is a way back at all. Sources: the API paths in the topics' rows (Proxmox Backup
 * Server 4.2).
 */
#include "pbs.h"

/* clang-format off */
static const struct topic *const topics[] = {
    &pbs_topic_health,
    &pbs_topic_datastores,
    &pbs_topic_content_changes,
    &pbs_topic_datastore_changes,
    &pbs_topic_snapshots,
    &pbs_topic_jobs,
    &pbs_topic_job_prune,
    &pbs_topic_job_verify,
    &pbs_topic_job_sync,
    &pbs_topic_job_run,
    &pbs_topic_remotes,
    &pbs_topic_remote_changes,
    &pbs_topic_traffic,
    &pbs_topic_tasks,
    &pbs_topic_access,
    &pbs_topic_tape,
    &pbs_topic_node,
};
/* clang-format on */

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES,
    .threading = PROXIMO_PARALLEL,
    .name = "pbs",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary =
        "Backup Servers: datastores, snapshots, prune, verify, sync, garbage collection and their jobs.",
    .open = plane_open,
    .close = plane_close,
    .site_kinds = PROXIMO_FOR_PBS,
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
