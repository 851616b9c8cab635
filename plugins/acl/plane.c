/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access-control plane: users, groups, roles, tokens, realms, entries, who can do what where, and what a
 * change of them gives and takes. Sources: the API paths in the topics' rows (Proxmox VE 8.4 and 9.2).
 */
#include "acl.h"

static const struct topic *const topics[] = {
    &acl_topic_entries, &acl_topic_questions, &acl_topic_users,      &acl_topic_groups, &acl_topic_roles,
    &acl_topic_tokens,  &acl_topic_realms,    &acl_topic_realm_sync, &acl_topic_tfa,
};

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES,
    .threading = PROXIMO_PARALLEL,
    .name = "acl",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary =
        "Users, groups, roles, API tokens, realms and access-control entries, and who can do what where.",
    .open = plane_open,
    .close = plane_close,
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
