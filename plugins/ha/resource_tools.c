/* SPDX-License-Identifier: Apache-2.0 */
/* Source: /cluster/ha/resources. */
#include "ha.h"

static const struct proximo_column columns[] = {
    COLUMN(.name = "sid"),           COLUMN(.name = "type"),
    COLUMN(.name = "state"),         COLUMN(.name = "group"),
    COLUMN(.name = "max_restart"),   COLUMN(.name = "max_relocate"),
    COLUMN(.name = "failback"),      COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "digest", EXTRA),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_ha_resources_list", .title = "HA resources",
     .description =
         "Lists the guests that high availability keeps running, with the state that was asked for.",
     .path = "/cluster/ha/resources", .columns = PROXIMO_TABLE(columns), .sort_by = "sid"},
};

const struct topic ha_topic_resources = {
    .reads = PROXIMO_TABLE(reads),
};
