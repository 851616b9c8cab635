/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of pve_diagnose and pve_cluster_diagnose. */
#ifndef PROXIMO_NODES_DIAGNOSE_H
#define PROXIMO_NODES_DIAGNOSE_H

#include "../common/diagnosis.h"
#include "nodes.h"

/* ---- of a node */

void judge_node_services(struct diagnosis *d, struct json_object *list);
void judge_node_updates(struct diagnosis *d, struct json_object *list);
void judge_node_versions(struct diagnosis *d, struct json_object *list);
void judge_node_certificates(struct diagnosis *d, struct json_object *list);
void judge_node_network(struct diagnosis *d, struct json_object *list);
void judge_node_storages(struct diagnosis *d, struct json_object *list);
void judge_node_thin(struct diagnosis *d, struct json_object *list);
void judge_node_disks(struct diagnosis *d, struct json_object *list);
/* ZFS pools: their list, and each of them. Negative only when the call is over. */
int32_t diagnose_node_zfs(struct diagnosis *d);

/* ---- of a cluster */

struct guests_view;
/* What pve_cluster_diagnose has of the cluster; in d->own. */
struct cluster_view {
    struct spot *nodes; /* those that are online */
    uint32_t node_count, offline_count;
    bool clustered, qdevice, mixed;
    char version[32]; /* of the first node */
    struct name_list versions;
    struct guests_view *guests; /* diagnose_guests.c's own */
};

/* Each asks for what it judges. Negative only when the call is over. */
int32_t diagnose_access(struct diagnosis *d);
int32_t diagnose_replication(struct diagnosis *d);
int32_t diagnose_guests(struct diagnosis *d);

#endif
