/* SPDX-License-Identifier: Apache-2.0 */
/* Source: GET /admin/datastore. */
#include "pbs.h"

static const struct proximo_column list_columns[] = {
    COLUMN(.name = "store"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "maintenance"),
    COLUMN(.name = "mount-status", EXTRA),
    COLUMN(.name = "backend-type", EXTRA),
};
static const struct proximo_need audit_all[] = {NEED("/datastore", "Datastore.Audit|Datastore.Backup")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pbs_datastores_list", .title = "Datastores",
     .description = "Lists the datastores of a Backup Server that this token sees.",
     .path = "/admin/datastore", .columns = PROXIMO_TABLE(list_columns), .sort_by = "store",
     .needs = PROXIMO_TABLE(audit_all)},
};

const struct topic pbs_topic_datastores = {
    .reads = PROXIMO_TABLE(reads),
};
