/* SPDX-License-Identifier: Apache-2.0 */
/* Source: /cluster/firewall/groups. */
#include "firewall.h"

static const struct proximo_column columns[] = {
    COLUMN(.name = "group"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "digest", EXTRA),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_security_groups_list", .title = "Security groups",
     .description =
         "Lists the security groups of the datacenter; their rules are read with pve_firewall_rules_list.",
     .path = "/cluster/firewall/groups", .columns = PROXIMO_TABLE(columns), .sort_by = "group"},
};

const struct topic firewall_topic_groups = {
    .reads = PROXIMO_TABLE(reads),
};
