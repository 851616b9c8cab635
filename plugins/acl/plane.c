/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access-control plane: users, groups, roles, tokens, realms, entries, who can do what where, and what a
 * change of them gives and takes. Sources: the API paths in the topics' rows (Proxmox VE 8.4 and 9.2).
 */
#include "acl.h"
#include "realm_sync.h"

static const struct topic *const topics[] = {
    &acl_topic_entries, &acl_topic_questions, &acl_topic_users,      &acl_topic_groups, &acl_topic_roles,
    &acl_topic_tokens,  &acl_topic_realms,    &acl_topic_realm_sync, &acl_topic_tfa,
};

/* What a sync of a realm would do. */
static const struct proximo_param sync_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "realm", .format = "realm", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "The realm."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "scope", .choices = "users,groups,both",
          .description = "What is taken from the directory."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "remove_vanished", .api_name = "remove-vanished",
          .description = "What goes of those who are no longer there."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "enable_new", .api_name = "enable-new", .choices = "0,1",
          .description = "Whether users that come can log in.")};
static const struct proximo_field dry_run[] = {{ROW(proximo_field), .name = "dry-run", .value = "1"}};
static const struct proximo_probe probes[] = {
    {ROW(proximo_probe), .name = SYNC_PROBE, .description = "A task that logs what a sync would do.",
     .params = PROXIMO_TABLE(sync_params), .method = "POST", .path = "/access/domains/{realm}/sync",
     .fixed = PROXIMO_TABLE(dry_run)},
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
    .probes = PROXIMO_TABLE(probes),
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
