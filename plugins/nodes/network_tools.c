/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about the network configuration of a node. */
#include "nodes.h"

/* ---- pve_network_list: GET /nodes/{node}/network */

static const struct proximo_param network_params[] = {
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "iface_type", .api_name = "type",
          .choices = "bridge,bond,eth,alias,vlan,OVSBridge,OVSBond,OVSPort,OVSIntPort,vnet,any_bridge,any_"
                     "local_bridge",
          .description = "Only interfaces of this type."),
};
static const struct proximo_column network_columns[] = {
    COLUMN(.name = "iface"),
    COLUMN(.name = "type"),
    COLUMN(.name = "active"),
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
static const struct proximo_need network_needs[] = {
    {ROW(proximo_need), .path = "/sdn/zones/localnetwork", .privilege = "SDN.Audit|SDN.Use"},
};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_network_list",
        .title = "Network interfaces",
        .description = "Lists the interfaces of one node as configured: bridges with their ports, bonds, "
                       "VLANs, addresses. "
                       "Changes that are staged but not applied are included.",
        .params = PROXIMO_TABLE(network_params),
        .path = "/nodes/{node}/network",
        .columns = PROXIMO_TABLE(network_columns),
        .count_by = "type",
        .sort_by = "iface",
        .needs = PROXIMO_TABLE(network_needs),
    },
};

const struct topic nodes_topic_network = {
    .reads = PROXIMO_TABLE(reads),
};
