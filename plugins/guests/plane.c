/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guests plane: virtual machines and containers. A guest is named by its id or its name; the
 * host finds its node and kind. Sources: the API paths in the rows (Proxmox VE 8.4 and 9.2).
 */
#include <stdlib.h>

#include "guests.h"

/* clang-format off */
static const struct topic *const topics[] = {
    &guests_topic_inventory,
    &guests_topic_power,
    &guests_topic_snapshots,
    &guests_topic_config,
    &guests_topic_pending,
    &guests_topic_agent,
    &guests_topic_diagnose,
    &guests_topic_inside,
    &guests_topic_notes,
    &guests_topic_disks,
    &guests_topic_cloudinit,
    &guests_topic_template,
    &guests_topic_life,
    &guests_topic_provision,
    &guests_topic_backup,
    &guests_topic_restore,
    &guests_topic_migrate,
    &guests_topic_bulk,
    &guests_topic_prompts,
};
/* clang-format on */

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES | PROXIMO_FEATURE_RESOURCES,
    .threading = PROXIMO_PARALLEL,
    .name = "guests",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary =
        "Virtual machines and containers: inventory, state, power, configuration, snapshots, undo points.",
    .open = plane_open,
    .close = plane_close,
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
