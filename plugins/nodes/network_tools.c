/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about the network configuration of a node. */
#include "network.h"

/* ---- reads */

#define IFACE_PARAM                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "iface", .format = "iface", .flags = PROXIMO_PARAM_REQUIRED,  \
          .description = "Name of the interface: vmbr0, bond0, eno1.20")

static const struct proximo_param list_params[] = {
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "iface_type", .api_name = "type",
          .choices = "bridge,bond,eth,alias,vlan,OVSBridge,OVSBond,OVSPort,OVSIntPort,vnet,any_bridge,any_"
                     "local_bridge",
          .description = "Only interfaces of this type."),
};
static const struct proximo_param one_params[] = {IFACE_PARAM, NODE_PARAM};
static const struct proximo_param node_params[] = {NODE_PARAM};
static const struct proximo_column list_columns[] = {
    COLUMN(.name = "iface"),
    COLUMN(.name = "type"),
    COLUMN(.name = "active"),
    COLUMN(.name = "pending"),
    COLUMN(.name = "autostart"),
    COLUMN(.name = "method"),
    COLUMN(.name = "cidr"),
    COLUMN(.name = "gateway"),
    COLUMN(.name = "cidr6"),
    COLUMN(.name = "gateway6"),
    COLUMN(.name = "bridge_ports"),
    COLUMN(.name = "bridge_vlan_aware"),
    COLUMN(.name = "slaves"),
    COLUMN(.name = "bond_mode"),
    COLUMN(.name = "vlan-id"),
    COLUMN(.name = "vlan-raw-device"),
    COLUMN(.name = "mtu"),
    COLUMN(.name = "comments", UNTRUSTED),
    COLUMN(.name = "method6", EXTRA),
    COLUMN(.name = "address", EXTRA),
    COLUMN(.name = "netmask", EXTRA),
    COLUMN(.name = "address6", EXTRA),
    COLUMN(.name = "netmask6", EXTRA),
    COLUMN(.name = "families", EXTRA),
    COLUMN(.name = "priority", EXTRA),
    COLUMN(.name = "exists", EXTRA),
    COLUMN(.name = "altnames", EXTRA),
    COLUMN(.name = "bridge_vids", EXTRA),
    COLUMN(.name = "bridge_stp", EXTRA),
    COLUMN(.name = "bridge_fd", EXTRA),
    COLUMN(.name = "bond-primary", EXTRA),
    COLUMN(.name = "bond_xmit_hash_policy", EXTRA),
    COLUMN(.name = "ovs_bridge", EXTRA),
    COLUMN(.name = "ovs_ports", EXTRA),
    COLUMN(.name = "ovs_bonds", EXTRA),
    COLUMN(.name = "ovs_tag", EXTRA),
    COLUMN(.name = "ovs_options", EXTRA),
    COLUMN(.name = "options", EXTRA),
    COLUMN(.name = "options6", EXTRA),
    COLUMN(.name = "comments6", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
};
static const struct proximo_column pending_columns[] = {
    COLUMN(.name = "iface"),
    COLUMN(.name = "change"),
    COLUMN(.name = "differences", UNTRUSTED),
    COLUMN(.name = "lines", UNTRUSTED),
};
static const struct proximo_need list_needs[] = {
    NEED("/sdn/zones/localnetwork", "SDN.Audit|SDN.Use"),
};
static const struct proximo_need audit[] = {NEED("/nodes/{node}", "Sys.Audit")};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_network_list",
        .title = "Network interfaces (iface)",
        .description = "Lists the interfaces of one node as configured: bridges with their ports, bonds, "
                       "VLANs, addresses. Changes that are staged but not applied are included: pending says "
                       "of such a row new, changed or deleted (then it is shown as it still runs).",
        .params = PROXIMO_TABLE(list_params),
        .path = NETWORK_PATH,
        .columns = PROXIMO_TABLE(list_columns),
        .count_by = "type",
        .sort_by = "iface",
        .needs = PROXIMO_TABLE(list_needs),
        .read = nodes_read_network_list,
    },
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
        .name = "pve_network_get",
        .title = "One network interface",
        .description =
            "Shows one interface of a node with all its values: running_values are in force, "
            "pending_values wait to be applied (null: nothing waits, or it goes away), differences "
            "lists each value that will change.",
        .params = PROXIMO_TABLE(one_params),
        .path = NETWORK_PATH,
        .needs = PROXIMO_TABLE(audit),
        .read = nodes_read_network_get,
    },
    {
        ROW(proximo_read),
        .name = "pve_network_pending",
        .title = "Waiting network changes",
        .description = "Shows what waits to be applied in a node's network, whoever staged it: per interface "
                       "what will be otherwise, as values and as the lines of its file.",
        .params = PROXIMO_TABLE(node_params),
        .path = NETWORK_PATH,
        .columns = PROXIMO_TABLE(pending_columns),
        .count_by = "change",
        .needs = PROXIMO_TABLE(audit),
        .read = nodes_read_network_pending,
    },
};

/* ---- changes */

#define OPTIONS_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",                                                    \
          .description =                                                                                     \
              "Values by their API names: cidr, gateway, bridge_ports, bridge_vlan_aware, slaves, "          \
              "bond_mode, vlan-raw-device, mtu, autostart, comments ...")

static const struct proximo_param create_params[] = {
    IFACE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "iface_type", .flags = PROXIMO_PARAM_REQUIRED,
          .choices = "bridge,bond,eth,alias,vlan,OVSBridge,OVSBond,OVSPort,OVSIntPort",
          .description = "What it is."),
    NODE_PARAM,
    OPTIONS_PARAM,
};
static const struct proximo_param update_params[] = {
    IFACE_PARAM,
    NODE_PARAM,
    OPTIONS_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Names of values to remove: gateway, mtu, comments ..."),
};
static const struct proximo_need modify[] = {NEED("/nodes/{node}", "Sys.Modify"),
                                             NEED("/nodes/{node}", "Sys.Audit")};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .name = "pve_network_iface_create",
        .title = "Stage a new interface",
        .description = "Adds an interface to what waits to be applied on a node; it is not made before "
                       "pve_network_apply. Undo takes it away again.",
        .params = PROXIMO_TABLE(create_params),
        .subject = "interface/{iface}",
        .operation_class = "network.iface-create",
        .needs = PROXIMO_TABLE(modify),
        .plan = nodes_plan_network_create,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = nodes_undo_network_edit,
    },
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_network_iface_update",
        .title = "Stage a change of an interface",
        .description =
            "Changes values of an interface in what waits to be applied on a node; what is not named "
            "stays, and nothing happens before pve_network_apply. The plan names the guests, "
            "interfaces and SDN zones that hang on it. Undo brings back exactly what was there.",
        .params = PROXIMO_TABLE(update_params),
        .subject = "interface/{iface}",
        .operation_class = "network.iface-update",
        .needs = PROXIMO_TABLE(modify),
        .plan = nodes_plan_network_update,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = nodes_undo_network_edit,
    },
    {
        ROW(proximo_change),
        .name = "pve_network_iface_delete",
        .title = "Stage the removal of an interface",
        .description = "Deletes an interface from what waits to be applied on a node; it runs on until "
                       "pve_network_apply. The plan names the guests, interfaces and SDN zones that hang on "
                       "it. Undo brings it back exactly.",
        .params = PROXIMO_TABLE(one_params),
        .subject = "interface/{iface}",
        .operation_class = "network.iface-delete",
        .needs = PROXIMO_TABLE(modify),
        .plan = nodes_plan_network_delete,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = nodes_undo_network_edit,
    },
    {
        ROW(proximo_change),
        .name = "pve_network_apply",
        .title = "Apply the waiting network changes of a node",
        .description =
            "Applies everything that waits in a node's network, also what others staged, and reloads "
            "it. The plan shows the difference per interface and names what can be cut off: this "
            "connection, the cluster's links, guests, storages. Undo writes what ran before and "
            "applies that, if the node can still be reached.",
        .params = PROXIMO_TABLE(node_params),
        .subject = "node/{node}",
        .operation_class = "network.apply",
        .needs = PROXIMO_TABLE(modify),
        .plan = nodes_plan_network_apply,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = nodes_undo_network_apply,
    },
    {
        ROW(proximo_change),
        .name = "pve_network_revert",
        .title = "Discard the waiting network changes of a node",
        .description = "Takes back everything that waits in a node's network, also what others staged; what "
                       "runs stays. Undo stages it again.",
        .params = PROXIMO_TABLE(node_params),
        .subject = "node/{node}",
        .operation_class = "network.revert",
        .needs = PROXIMO_TABLE(modify),
        .plan = nodes_plan_network_revert,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
};

#define IFACE_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"interface\"},"                               \
    "\"iface\":{\"type\":\"string\"},\"verb\":{\"type\":\"string\"},\"options\":{\"type\":\"string\"},"      \
    "\"cidr\":{\"type\":\"string\"},\"cidr6\":{\"type\":\"string\"},\"gateway\":{\"type\":\"string\"},"      \
    "\"gateway6\":{\"type\":\"string\"}},\"required\":[\"kind\",\"iface\"]}"

#define APPLY_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"node\"},\"node\":{\"type\":\"string\"},"     \
    "\"back\":{\"type\":\"string\"}},\"required\":[\"kind\",\"node\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "network.iface-create", .title = "stage a new network interface",
     .description = "An interface waits to be made.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = IFACE_SCHEMA, .blast = nodes_blast_network_edit},
    {ROW(proximo_class), .name = "network.iface-update", .title = "stage a change of a network interface",
     .description = "An interface waits to be otherwise, with the guests on it.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = IFACE_SCHEMA,
     .blast = nodes_blast_network_edit},
    {ROW(proximo_class), .name = "network.iface-delete", .title = "stage the removal of a network interface",
     .description = "An interface waits to go away, with the guests on it.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = IFACE_SCHEMA,
     .blast = nodes_blast_network_edit},
    {ROW(proximo_class), .name = "network.apply", .title = "apply a node's waiting network changes",
     .description = "The network of a node is reloaded with everything that waits: addresses, gateways and "
                    "bridges can go, and the way to the node with them.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = APPLY_SCHEMA, .blast = nodes_blast_network_apply},
    {ROW(proximo_class), .name = "network.revert", .title = "discard a node's waiting network changes",
     .description = "What was staged and not applied is lost; what runs stays.",
     .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = NODE_SCHEMA,
     .blast = nodes_blast_network_revert},
};

const struct topic nodes_topic_network = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
