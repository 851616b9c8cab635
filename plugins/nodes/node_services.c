/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about the services of one node. */
#include "node.h"

#define SERVICE_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "service", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,   \
          .description = "Service as pve_node_services_list names it: pveproxy, corosync, chrony ...")

static const struct proximo_param list_params[] = {
    NODE_PARAM,
    FILTER("active-state", .name = "state", .choices = "active,inactive,failed",
           .description = "Only services in this state."),
};
static const struct proximo_param status_params[] = {SERVICE_PARAM, NODE_PARAM};
static const struct proximo_column columns[] = {
    COLUMN(.name = "service"), COLUMN(.name = "desc"),       COLUMN(.name = "active-state"),
    COLUMN(.name = "state"),   COLUMN(.name = "unit-state"), COLUMN(.name = "name", EXTRA),
};
static const struct proximo_need node_audit[] = {NEED("/nodes/{node}", "Sys.Audit")};
static const struct proximo_need control_needs[] = {
    NEED("/nodes/{node}", "Sys.Modify"),
    NEED("/nodes/{node}", "Sys.Audit"),
};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_node_services_list",
        .title = "Services of a node",
        .description =
            "Lists the services of one node that Proxmox looks after, and whether they run. unit-state "
            "not-found means that it is not installed: that is no fault.",
        .params = PROXIMO_TABLE(list_params),
        .path = "/nodes/{node}/services",
        .columns = PROXIMO_TABLE(columns),
        .count_by = "active-state",
        .sort_by = "service",
        .needs = PROXIMO_TABLE(node_audit),
    },
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE,
        .name = "pve_node_service_status",
        .title = "Service of a node",
        .description =
            "Says whether one service of a node is active, and whether it is enabled at boot. Its lines "
            "are in pve_node_syslog.",
        .params = PROXIMO_TABLE(status_params),
        .path = "/nodes/{node}/services/{service}/state",
        .columns = PROXIMO_TABLE(columns),
        .needs = PROXIMO_TABLE(node_audit),
    },
};

static const struct proximo_param control_params[] = {
    SERVICE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "action", .choices = "start,stop,restart,reload",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description = "reload: read the configuration again without a stop, where the service can."),
    NODE_PARAM,
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .name = "pve_node_service_control",
        .title = "Start, stop, restart or reload a service",
        .description =
            "Starts, stops, restarts or reloads one service of a node. The plan says what depends on it: "
            "the API and this connection, quorum and the votes that remain, guests under HA, the "
            "firewall, SSH. Undo of a stop is a start and the other way round; a restart has none.",
        .params = PROXIMO_TABLE(control_params),
        .subject = "service/{node}/{service}",
        .operation_class = "node.service",
        .needs = PROXIMO_TABLE(control_needs),
        .plan = nodes_plan_service,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = nodes_undo_service,
    },
};

#define SERVICE_SCHEMA                                                                                       \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"service\"},\"service\":{\"type\":"           \
    "\"string\"},\"action\":{\"enum\":[\"start\",\"stop\",\"restart\",\"reload\"]}},"                        \
    "\"required\":[\"kind\",\"service\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "node.service", .title = "stop or restart a service of a node",
     .description = "What goes through the service breaks off, for a moment or until it is started again.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = SERVICE_SCHEMA, .blast = nodes_blast_service},
    {ROW(proximo_class), .name = "node.service-start", .title = "start or reload a service of a node",
     .description = "The service begins to act, or reads its configuration again.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SERVICE_SCHEMA,
     .blast = nodes_blast_service},
};

const struct topic nodes_topic_node_services = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
