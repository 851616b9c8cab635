/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firewall plane: rules, options, aliases, IP sets and security groups of the cluster, nodes, guests and
 * VNets, what they do with a packet, and what a change of them cuts off. Sources: the API paths in the
 * topics' rows (Proxmox VE 8.4 and 9.2).
 */
#include "firewall.h"

static const struct topic *const topics[] = {
    &firewall_topic_reads,   &firewall_topic_look,    &firewall_topic_rules,
    &firewall_topic_options, &firewall_topic_objects, &firewall_topic_groups,
};

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES,
    .threading = PROXIMO_PARALLEL,
    .name = "firewall",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary =
        "Firewall rules, options, aliases, IP sets and security groups, and what they do with a packet.",
    .open = plane_open,
    .close = plane_close,
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
