/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The high-availability plane: resources, rules, groups, status and maintenance, and what moves or restarts
 * where. Sources: the API paths in the topics' rows (Proxmox VE 8.4 and 9.2).
 */
#include "ha.h"

static const struct topic *const topics[] = {
    &ha_topic_resources, &ha_topic_rules,  &ha_topic_groups,
    &ha_topic_moves,     &ha_topic_status, &ha_topic_switch,
};

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES,
    .threading = PROXIMO_PARALLEL,
    .name = "ha",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary = "High availability: resources, rules, groups, status, maintenance, and what a failed node "
               "would mean.",
    .open = plane_open,
    .close = plane_close,
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
