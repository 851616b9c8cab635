/* SPDX-License-Identifier: Apache-2.0 */
/* How HA is, and what a lost node would mean. Sources: GET /cluster/ha/status/current, .../manager_status. */
#include "ha.h"

static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

static const struct proximo_param status_params[] = {
    FILTER("type", .name = "type", .choices = "quorum,master,lrm,service,fencing",
           .description = "Only rows of this kind: services are the guests."),
};
static const struct proximo_param failover_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",
          .description = "Node that is lost. Without: each node in turn."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "event", .choices = "fails,maintenance",
          .default_json = "\"fails\"",
          .description = "fails: it is off at once. maintenance: HA empties it first."),
};

static const struct proximo_column status_columns[] = {
    COLUMN(.name = "id"),
    COLUMN(.name = "type"),
    COLUMN(.name = "node"),
    COLUMN(.name = "status"),
    COLUMN(.name = "sid"),
    COLUMN(.name = "state"),
    COLUMN(.name = "request_state"),
    COLUMN(.name = "quorate"),
    COLUMN(.name = "armed-state"),
    COLUMN(.name = "resource_mode"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "crm_state", EXTRA),
    COLUMN(.name = "max_restart", EXTRA),
    COLUMN(.name = "max_relocate", EXTRA),
    COLUMN(.name = "failback", EXTRA),
    COLUMN(.name = "auto-rebalance", EXTRA),
    COLUMN(.name = "timestamp", .unit = "epoch", EXTRA),
};
static const struct proximo_column failover_columns[] = {
    COLUMN(.name = "lost"),
    COLUMN(.name = "vmid"),
    COLUMN(.name = "name", UNTRUSTED),
    COLUMN(.name = "ha"),
    COLUMN(.name = "fate"),
    COLUMN(.name = "to"),
    COLUMN(.name = "says"),
    COLUMN(.name = "maxmem", .unit = "bytes"),
    COLUMN(.name = "kind", EXTRA),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_ha_status", .title = "Status of high availability",
     .description =
         "Shows how high availability is: quorum, the manager's node, the nodes' own managers, and each "
         "guest "
         "(service) with its node, its state and the state that was asked for. Requests are seen here "
         "when the manager acts on them.",
     .params = PROXIMO_TABLE(status_params), .path = HA_STATUS, .columns = PROXIMO_TABLE(status_columns),
     .count_by = "type", .sort_by = "id", .needs = PROXIMO_TABLE(audit)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS, .name = "pve_ha_manager_status",
     .title = "Status of the HA manager",
     .description =
         "Shows what the HA manager itself has written down: its node, the state of each node (online, "
         "maintenance, fence, unknown), and where each service is on its way to.",
     .path = "/cluster/ha/status/manager_status", .needs = PROXIMO_TABLE(audit)},
    {ROW(proximo_read), .name = "pve_ha_failover", .title = "Loss of a node",
     .description =
         "Says what the failure or maintenance of a node means: which guests HA starts or moves where, "
         "which have nowhere to go and why, which nobody starts, whether the other nodes have room for "
         "them. Nothing is changed. Where HA chooses among nodes, all of them are named.",
     .params = PROXIMO_TABLE(failover_params), .path = HA_STATUS, .columns = PROXIMO_TABLE(failover_columns),
     .count_by = "fate", .needs = PROXIMO_TABLE(audit), .read = ha_read_failover},
};

const struct topic ha_topic_status = {
    .reads = PROXIMO_TABLE(reads),
};
