/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firewall as it is: what the API answers, put together as the input of a model (evaluate/evaluate.h).
 * What could not be read is absent there and told as incomplete. Functions of a call: its thread, its arena;
 * they are negative only when the call is over.
 *
 *     struct world w;
 *     world_open(&w, asking)            the datacenter's firewall, the nodes, the cluster's links
 *     world_node(&w, node)              a node's firewall and network
 *     world_guests(&w, node, ...)       guests of it
 *     world_input(&w, node)             the input of a model of this node
 *     world_done(&w)
 *
 * Sources: GET /cluster/firewall/..., /cluster/status, /cluster/config/{nodes,totem},
 * /nodes/{node}/firewall/..., /nodes/{node}/network, /cluster/resources, guests' config and firewall,
 * /cluster/sdn/vnets.
 */
#ifndef PROXIMO_FIREWALL_WORLD_H
#define PROXIMO_FIREWALL_WORLD_H

#include "../common/guest_disks.h"
#include "evaluate/evaluate.h"

#define WORLD_NODES_MOST     64u   /* looked at by one call */
#define WORLD_NODES_MORE     8u    /* that the list does not have */
#define WORLD_LISTS_MOST     1024u /* IP sets and security groups of the datacenter whose content is read */
#define WORLD_GUESTS_MOST    256u  /* guests whose rules are read by one call */
#define WORLD_CONFIGS_MOST   2000u /* guests whose configurations and options are read by one call */
#define WORLD_ADDRESSES_MOST 8u    /* of a node */

/* An address of a node, on which interface, and its network. */
struct world_address {
    struct fw_address address;
    const char *text, *iface;
    const char *cidr; /* "10.0.0.11/24" */
};
struct world_node {
    const char *name, *ip;                                /* ip: that of the cluster's list; NULL: not said */
    bool online, local;                                   /* local: the node that answers */
    bool read;                                            /* world_read_nodes was here */
    bool network_whole;                                   /* the list has all interfaces */
    struct json_object *host;                             /* options, rules; what was not read is absent */
    struct json_object *network;                          /* the list; NULL: not read */
    struct world_address addresses[WORLD_ADDRESSES_MOST]; /* that of the cluster first, if it is known */
    uint32_t address_count;
    const char *local_network; /* NULL: not known */
    struct json_object *nics, *guests;
};
struct world {
    struct asking ask;
    struct json_object *cluster;  /* options, rules, aliases, ipset, groups */
    struct json_object *lists;    /* what the lists of sets and groups, /cluster/status etc. answered */
    struct json_object *corosync; /* {} without a cluster; NULL: not known */
    struct json_object *vnets;    /* {vnet: {options, rules}}; NULL: not read */
    bool vnets_tried;
    struct json_object *sdn; /* names of SDN's sets, their content unknown; NULL: not read */
    struct world_node *nodes;
    uint32_t node_count, added;
    bool nodes_read;
    struct known_guests guests;
    bool guests_listed;
    uint32_t guests_read, configs_read;
    struct world_get *gets; /* room for those of guests */
};

int32_t world_open(struct world *w, const struct asking *a);
void world_done(struct world *w);

/* Of a node that the cluster lists; NULL: none. */
struct world_node *world_find(struct world *w, const char *node);
/* A node that the list does not have, or that could not be listed: taken for online. */
int32_t world_add_node(struct world *w, const char *node);
/* Reads the firewall and network of these nodes (all online ones when `only` is NULL). */
int32_t world_read_nodes(struct world *w, const char *only);

/* The list of all guests, once. */
int32_t world_list_guests(struct world *w);
/* Which guests' rules are to be read. */
enum world_depth {
    WORLD_NICS,    /* none: NICs alone */
    WORLD_ENABLED, /* of those whose firewall is on, with such a NIC */
    WORLD_ALL      /* of any, even if no NIC has firewall=1 */
};
/*
 * Reads the NICs and firewalls of the guests of a node: of one (vmid), or of all (0), templates left out.
 * Guests over a limit are told as incomplete.
 */
int32_t world_read_guests(struct world *w, struct world_node *node, int64_t vmid, enum world_depth depth);
/* Has any NIC of this row of `nics` firewall=1? The firewall looks at no other. */
bool world_is_flagged(struct json_object *row);
/* The VNets' firewalls, once; they matter with the nftables engine alone. */
int32_t world_read_vnets(struct world *w);

/* The input of a model of this node; the caller's. NULL: no memory. */
struct json_object *world_input(const struct world *w, const struct world_node *node);
/* Does the node use the nftables engine? FW_MAYBE: its options were not read. */
enum fw_tri world_nftables(const struct world_node *node);

/* ---- reading many at once */

struct world_get {
    const char *path;
    struct proximo_field fields[4];
    uint32_t field_count;
    const struct proximo_need *need; /* NULL: Proxmox refuses what is not allowed, nothing is shortened */
    json_type type;
    struct json_object *into; /* the answer becomes its member `key` */
    const char *key;
    const char *what; /* told as incomplete when it cannot be read; NULL: nothing is told */
    bool *ret_whole;  /* NULL: not asked; was the answer whole? */
};
int32_t world_get_all(const struct asking *a, const struct world_get *gets, uint32_t count);

#endif
