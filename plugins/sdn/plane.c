/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software-defined network plane: zones, VNets, subnets, controllers and what applies them. Sources: the
 * API paths in the topics' rows (Proxmox VE 8.4 and 9.2).
 */
#include "sdn.h"

static const struct topic *const topics[] = {
    &sdn_topic_zones,   &sdn_topic_vnets, &sdn_topic_subnets, &sdn_topic_controllers,
    &sdn_topic_servers, &sdn_topic_state, &sdn_topic_apply,   &sdn_topic_lock,
};

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES,
    .threading = PROXIMO_PARALLEL,
    .name = "sdn",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary = "Software-defined network: zones, VNets, subnets, controllers, IPAM, DNS, and applying them.",
    .open = plane_open,
    .close = plane_close,
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
