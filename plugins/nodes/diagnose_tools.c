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
            "Looks for what is wrong with a node (host) and ranks it: services, load, memory, swap, pressure, "
            "I/O wait, root file system, storages, thin pools, ZFS, disks and SMART, failed tasks, updates, "
            "kernel, certificates, clock, interfaces. Each finding has the measured number, its threshold, "
            "evidence and the tool that shows more. What could not be read comes first: it is not known to be "
            "fine. Changes nothing.",
        .params = PROXIMO_TABLE(params),
        .read = nodes_read_diagnose,
    },
    {
        ROW(proximo_read),
        .name = "pve_cluster_diagnose",
        .title = "Diagnose the cluster",
        .description =
            "Looks for what is wrong with the cluster and ranks it: quorum and votes, offline nodes, mixed "
            "versions, HA, replication, guests without backup job or fresh backup, forgotten snapshots and "
            "undo points, guests that are locked, paused or in error, shared storages that a node lacks, "
            "tokens and users that may do everything. Guests are judged together. What could not be read "
            "comes first: it is not known to be fine. Changes nothing.",
        .read = nodes_read_cluster_diagnose,
    },
};

const struct topic nodes_topic_diagnose = {.reads = PROXIMO_TABLE(reads)};
