/* SPDX-License-Identifier: Apache-2.0 */
/* Source: /cluster/sdn/zones. */
#include "sdn.h"

static const struct proximo_column columns[] = {
    COLUMN(.name = "zone"),
    COLUMN(.name = "type"),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_sdn_zones_list", .title = "SDN zones",
     .description = "Lists the zones of the software-defined network as edited; what is not applied yet is "
                    "said in state.",
     .path = "/cluster/sdn/zones", .columns = PROXIMO_TABLE(columns), .sort_by = "zone"},
};

const struct topic sdn_topic_zones = {
    .reads = PROXIMO_TABLE(reads),
};
