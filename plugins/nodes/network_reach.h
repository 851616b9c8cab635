/* SPDX-License-Identifier: Apache-2.0 */
/* What is reached over a node's interfaces, in the state that runs and in the one that waits. */
#ifndef PROXIMO_NODES_NETWORK_REACH_H
#define PROXIMO_NODES_NETWORK_REACH_H

#include "network.h"

struct net_ip {
    uint8_t bytes[16];
    bool six;
};
/* "10.0.0.1", "fd00::1", "[fd00::1]", also with "/24" behind it; a name is none. */
bool net_ip_of(const char *text, struct net_ip *ret);
bool net_ip_same(const struct net_ip *one, const struct net_ip *other);
bool net_ip_is_loopback(const struct net_ip *ip);
/* Is it within the network of "10.0.0.1/24"? */
bool net_ip_within(const struct net_ip *ip, const char *cidr);

/* The values of an interface in one of the states; NULL: it is not there. */
struct json_object *net_in(const struct net_iface *iface, bool pending);
/* The interface that has the address; NULL: none, in that state. */
const struct net_iface *net_holder(const struct net *net, const struct net_ip *ip, bool pending);

/* How an address is reached. */
struct net_way {
    const struct net_iface *iface; /* NULL: there is no way */
    const char *gateway;           /* NULL: directly */
};
struct net_way net_way_to(const struct net *net, const struct net_ip *ip, bool pending);
/* Is the interface reconfigured: itself, or one that it rests on? */
bool net_touched(const struct net *net, const struct net_iface *iface);
/* Does any address, gateway or interface with an address change, so that ways can be others? */
bool net_ways_change(const struct net *net);
/* Does it have an interface whose address comes by DHCP or the like, so that not all addresses are known? */
bool net_has_dynamic(const struct net *net);

/* One network device of a guest of the node. */
struct net_guest {
    int64_t vmid;
    const char *name, *slot, *bridge; /* name may be NULL */
    bool running, template;
};
/* Each network device that has a bridge, guest by guest in the order of their numbers: 0, or negative when
 * the call is over. What could not be read is told as incomplete. */
int32_t net_guests(const struct asking *a, const char *node,
                   int32_t (*visit)(void *context, const struct net_guest *guest), void *context);

/* Guests that hang on bridges, a row for each guest with all its devices. */
struct net_hanging {
    const struct asking *ask;
    /* What happens to a device on this bridge; NULL: nothing. */
    const char *(*effect)(void *context, const struct net_guest *guest, uint32_t *ret_risk);
    void *context;
    struct net_guest last;
    const char *text;
    uint32_t risk;
};
int32_t net_tell_hanging(struct net_hanging *hanging, const char *node);
/* Is a storage or zone there, by its "nodes"? */
bool net_on_node(struct json_object *row, const char *node);
/* SDN zones of the node that are on this bridge, or (bridge NULL) each of them is asked about. */
int32_t net_tell_zones(const struct asking *a, const char *node,
                       const char *(*effect)(void *context, const char *bridge, uint32_t *ret_risk),
                       void *context);

/* For apply: this connection, the cluster's links, other nodes, storages, the operator's addresses. */
int32_t net_tell_ends(const struct net *net);
int32_t net_tell_peers(const struct net *net);

#endif
