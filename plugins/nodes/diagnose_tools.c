/* SPDX-License-Identifier: Apache-2.0 */
/* pve_diagnose and pve_cluster_diagnose: their rows. */
#include "diagnose.h"

static const struct proximo_param params[] = {NODE_PARAM};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_diagnose",
        .title = "Diagnose one node",
        .description =
            "Shows what is wrong with one node (diagnosis), ranked, with measured numbers. Looks at "
            "services, "
            "load, use of resources, I/O wait, root file system, storages, thin pools, ZFS, SMART, failed "
            "tasks, updates, kernel, certificates, clock, interfaces. Each finding has its threshold, "
            "evidence "
            "and a tool that shows more. What could not be read comes first: it is not known to be fine.",
        .params = PROXIMO_TABLE(params),
        .path = "/nodes/{node}/status", /* the node is found when it is not named */
        .read = nodes_read_diagnose,
    },
    {
        ROW(proximo_read),
        .name = "pve_cluster_diagnose",
        .title = "Diagnose the cluster",
        .description =
            "Shows what is wrong with the cluster (diagnosis), ranked, with measured numbers. Looks at "
            "quorum, "
            "offline nodes, mixed versions, HA, replication, guests without job or fresh backup, forgotten "
            "snapshots, guests locked, paused or in error, shared storages that a node lacks, tokens that "
            "may "
            "do everything. Guests are judged together. What could not be read comes first: it is not known "
            "to "
            "be fine.",
        .read = nodes_read_cluster_diagnose,
    },
};

const struct topic nodes_topic_diagnose = {.reads = PROXIMO_TABLE(reads)};
