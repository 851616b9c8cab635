/* SPDX-License-Identifier: Apache-2.0 */
/* Other Backup Servers, object stores, limits of traffic. Sources: GET /config/remote, /config/s3,
 * /admin/traffic-control. */
#include "pbs.h"

static const struct proximo_column remotes_columns[] = {
    COLUMN(.name = "name"),
    COLUMN(.name = "host"),
    COLUMN(.name = "port"),
    COLUMN(.name = "auth_id", .from = "/auth-id"),
    COLUMN(.name = "fingerprint"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "use_node_proxy", .from = "/use-node-proxy", EXTRA),
};
static const struct proximo_need see_remotes[] = {NEED("/remote", "Remote.Audit")};

static const struct proximo_column s3_columns[] = {
    COLUMN(.name = "id"),
    COLUMN(.name = "endpoint"),
    COLUMN(.name = "port"),
    COLUMN(.name = "region"),
    COLUMN(.name = "fingerprint"),
    COLUMN(.name = "path_style", .from = "/path-style"),
    COLUMN(.name = "rate_in", .from = "/rate-in"),
    COLUMN(.name = "rate_out", .from = "/rate-out"),
    COLUMN(.name = "put_rate_limit", .from = "/put-rate-limit", EXTRA),
    COLUMN(.name = "provider_quirks", .from = "/provider-quirks", EXTRA),
};
static const struct proximo_need see_s3[] = {NEED("/system/s3-endpoint", "Sys.Audit")};

static const struct proximo_column traffic_columns[] = {
    COLUMN(.name = "name"),
    COLUMN(.name = "network"),
    COLUMN(.name = "users"),
    COLUMN(.name = "timeframe"),
    COLUMN(.name = "rate_in", .from = "/rate-in"),
    COLUMN(.name = "rate_out", .from = "/rate-out"),
    COLUMN(.name = "burst_in", .from = "/burst-in"),
    COLUMN(.name = "burst_out", .from = "/burst-out"),
    COLUMN(.name = "cur_rate_in", .from = "/cur-rate-in", .unit = "bytes"),
    COLUMN(.name = "cur_rate_out", .from = "/cur-rate-out", .unit = "bytes"),
    COLUMN(.name = "comment", UNTRUSTED),
};
static const struct proximo_need see_traffic[] = {NEED("/", "Sys.Audit")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pbs_remotes_list", .title = "Remotes",
     .description = "Lists the other Backup Servers that sync jobs pull from or push to. Passwords are never "
                    "shown.",
     .path = "/config/remote", .columns = PROXIMO_TABLE(remotes_columns), .sort_by = "name",
     .needs = PROXIMO_TABLE(see_remotes)},
    {ROW(proximo_read), .name = "pbs_s3_list", .title = "Object stores",
     .description = "Lists the S3 endpoints that datastores can lie on. Keys are not shown.",
     .path = "/config/s3", .columns = PROXIMO_TABLE(s3_columns), .sort_by = "id",
     .needs = PROXIMO_TABLE(see_s3)},
    {ROW(proximo_read), .name = "pbs_traffic_controls_list", .title = "Limits of traffic",
     .description = "Lists the rules that limit the traffic of backups and restores, by network, user and "
                    "time, with the present rates in bytes a second.",
     .path = "/admin/traffic-control", .columns = PROXIMO_TABLE(traffic_columns), .sort_by = "name",
     .needs = PROXIMO_TABLE(see_traffic)},
};

const struct topic pbs_topic_remotes = {
    .reads = PROXIMO_TABLE(reads),
};
